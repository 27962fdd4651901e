"""What must never fire: programs that look odd and are right, tests/programs/silent_*.

SPDX-License-Identifier: Apache-2.0
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, programs, select  # pylint: disable=wrong-import-position


class Silent(SockSanTest):
    def test_close_unseen_is_noted(self):
        result = self.assert_keeps_promise("silent_unseen_close")
        self.assertGreaterEqual(len(select(result.traces, note="closed-unseen")), 2, "expected a note for each unseen close")

    def test_static_program_is_run_and_said_to_be_unseen(self):
        result = self.assert_keeps_promise("unseen_static")
        self.assertIn("static", result.stderr, "expected the report to say why nothing was observed")


for each in programs("silent") + programs("silent", ".py"):
    Silent.add_promise(f"test_{each}".replace(".py", "_in_python"), each)

if __name__ == "__main__":
    unittest.main()
