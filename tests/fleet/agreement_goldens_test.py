"""`socksan fleet report` says of the golden traces what `socksan report` says.

SPDX-License-Identifier: Apache-2.0
"""

import json
import unittest

from agreement import ENDED, EVER, JUDGED, TOTALS, Agreement
from socksan_test import find

TRACES = find("tests/traces/minimal/hand.jsonl").parent.parent
# Lines that no shipment can put under a host: there is no process line before them.
HOMELESS = {"minimal"}
# The analyzer ignores what ops do that it does not know; the database does not know which it knows.
UNKNOWN = {"unknown_op"}
PORTION = 32  # hosts: PORTION_HOMES in analyzer/fleet/fetch_ahead.h


class GoldensTest(Agreement):
    def test_goldens(self):
        groups = [self.group(path.name, path) for path in sorted(TRACES.iterdir()) if path.is_dir() and path.name not in HOMELESS]
        reports = self.compare(groups, UNKNOWN)
        good = [(group, report) for group, report in zip(groups, reports) if not group.name.startswith(("bad_", "after_a_fault"))]
        self.compare_exact(*zip(*good))

    def test_more_hosts_than_are_judged_together(self):
        groups = [self.group(f"{name}-{i:03}", TRACES / name) for name in ("fork_child_exits_with_sockets", "scm_rights_kept") for i in range(PORTION)]
        folders = [str(group.folder) for group in groups]
        self.socksan("ship", "--to=" + self.server.url, f"--spool={self.tmp}/spool", *folders)
        here = json.loads(self.socksan("report", "-f", "json", *folders, statuses=JUDGED))
        there = json.loads(self.socksan("fleet", "report", "-f", "json", "--from=" + self.server.url, EVER, ENDED, statuses=JUDGED))
        self.assertEqual(PORTION, len(here["violations"][0]["hosts"]))
        self.assertEqual(json.dumps(here["violations"], indent=1), json.dumps(there["violations"], indent=1), "expected the same of all hosts")
        self.assertEqual(TOTALS(here["totals"]), TOTALS(there["totals"]))


if __name__ == "__main__":
    unittest.main()
