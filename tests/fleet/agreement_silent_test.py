"""`socksan fleet report` says of traces of the corrected test programs what `socksan report` says.

SPDX-License-Identifier: Apache-2.0
"""

import unittest

from agreement import Agreement


class SilentTest(Agreement):
    def test_silent_programs(self):
        groups = self.run_programs(lambda text: "Expect: silent" in text)
        self.assertGreater(len(groups), 150)
        self.compare_exact(groups, self.compare(groups))


if __name__ == "__main__":
    unittest.main()
