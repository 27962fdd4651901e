"""`socksan fleet report` says of the golden traces what `socksan report` says.

SPDX-License-Identifier: Apache-2.0
"""

import unittest

from agreement import Agreement
from socksan_test import find

TRACES = find("tests/traces/minimal/hand.jsonl").parent.parent
# Lines that no shipment can put under a host: there is no process line before them.
HOMELESS = {"minimal"}
# The analyzer ignores what ops do that it does not know; the database does not know which it knows.
UNKNOWN = {"unknown_op"}


class GoldensTest(Agreement):
    def test_goldens(self):
        groups = [self.group(path.name, path) for path in sorted(TRACES.iterdir()) if path.is_dir() and path.name not in HOMELESS]
        reports = self.compare(groups, UNKNOWN)
        good = [(group, report) for group, report in zip(groups, reports) if not group.name.startswith(("bad_", "after_a_fault"))]
        self.compare_exact(*zip(*good))


if __name__ == "__main__":
    unittest.main()
