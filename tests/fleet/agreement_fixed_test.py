"""`socksan fleet report` says of traces of the corrected twins of the test programs what `socksan report` says.

SPDX-License-Identifier: Apache-2.0
"""

import unittest

from agreement import Agreement


class FixedTest(Agreement):
    def test_corrected_twins(self):
        groups = self.run_programs(lambda name, text: "Expect: silent" in text and "_fixed" in name)
        self.assertGreater(len(groups), 100)
        self.compare_exact(groups, self.compare(groups))


if __name__ == "__main__":
    unittest.main()
