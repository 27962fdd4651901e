"""`socksan fleet report` says of traces of the test programs with a violation what `socksan report` says.

SPDX-License-Identifier: Apache-2.0
"""

import unittest

from agreement import Agreement, exact_rules


class ProgramsTest(Agreement):
    def test_programs(self):
        groups = self.run_programs(lambda _, text: "Expect: silent" not in text)
        reports = self.compare(groups)
        self.assertGreater(len(groups), 150)
        self.assertEqual(set(exact_rules()), set(self.compare_exact(groups, reports)), "expected each exact rule to have something to tell")


if __name__ == "__main__":
    unittest.main()
