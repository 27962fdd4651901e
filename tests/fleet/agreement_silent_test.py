"""`socksan fleet report` says of traces of the test programs that must stay silent what `socksan report` says.

SPDX-License-Identifier: Apache-2.0
"""

import unittest

from agreement import Agreement


class SilentTest(Agreement):
    def test_silent_programs(self):
        groups = self.run_programs(lambda name, text: "Expect: silent" in text and "_fixed" not in name)
        self.assertGreater(len(groups), 80)
        self.compare_exact(groups, self.compare(groups))


if __name__ == "__main__":
    unittest.main()
