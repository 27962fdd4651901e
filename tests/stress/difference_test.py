"""The host sees no difference: random calls, good and bad, give the same without the shim and under it.

DIFFERENCE_CALLS says how many calls, 200 000 without it; DIFFERENCE_SEED with which sequence to begin.
SPDX-License-Identifier: Apache-2.0
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, find  # pylint: disable=wrong-import-position

CALLS = os.environ.get("DIFFERENCE_CALLS", "200000")
SEED = os.environ.get("DIFFERENCE_SEED", "1")


class Difference(SockSanTest):
    def compare(self, *options):
        env = self.environment(TMPDIR=self.tmp)
        process = self.start([sys.executable, str(find("tests/support/difference.py")), *options], env=env)
        status, told, errors = self.finish(process, timeout=1800)
        self.assertEqual(status, 0, f"expected no difference in {' '.join(options)}\n{told}\n{errors}")

    def test_the_host_sees_no_difference(self):
        self.compare(f"--runs={CALLS}", f"--seed={SEED}")

    def test_two_runs_without_the_shim_are_the_same(self):
        self.compare("--self", "--runs=40000", f"--seed={SEED}")


if __name__ == "__main__":
    unittest.main()
