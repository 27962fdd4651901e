"""`socksan fleet report` and `top` over two servers: a host's lines are on one of them, and each answers for both.

SPDX-License-Identifier: Apache-2.0
"""

import json
import re
import unittest

import clickhouse
from socksan_test import SockSanTest, find, socksan

TRACES = find("tests/traces/minimal/hand.jsonl").parent.parent
VIEWS = re.findall(r'^VIEW\("([a-z-]+)"', find("analyzer/fleet/view.def").read_text(encoding="utf-8"), re.M)
CASES = ("close_wait", "never_closed_causes", "address_in_use", "ports_exhausted", "scm_rights_kept", "held_by_child")
EVER = "--since=1970-01-02"


class ClusterReportTest(SockSanTest):
    def socksan(self, *args, statuses=(0,)):
        status, out, errors = self.finish(self.start([socksan(), *args]))
        self.assertIn(status, statuses, f"{args}: {out}{errors}")
        return out

    def groups(self):
        """The cases, each of a host of its own."""
        for case in CASES:
            folder = self.folder(case)
            for path in sorted((TRACES / case).glob("*.jsonl")):
                text = re.sub('"host":"[^"]*"', f'"host":"h-{case}"', path.read_text(encoding="utf-8"))
                with open(f"{folder}/{path.name}", "w", encoding="utf-8") as file:
                    file.write(text)
            yield folder

    def views(self, server):
        return {view: json.loads(self.socksan("fleet", "top", "-f", "json", EVER, "--max=0", f"--view={view}", "--from=" + server.url))["data"]
                for view in VIEWS}

    def test_two_servers_say_what_one_says(self):
        groups = list(self.groups())
        (one,) = clickhouse.start(self)
        two = clickhouse.start(self, 2)
        self.socksan("fleet", "init", "--to=" + one.url)
        self.socksan("fleet", "init", f"--cluster={clickhouse.CLUSTER}", *("--to=" + server.url for server in two))
        for server in (one, two[0]):
            self.socksan("ship", "--to=" + server.url, f"--spool={self.tmp}/spool-{server.http}", "--label=service=shop", "--label=version=1", *groups)
        lines = one.number("SELECT count() FROM events")
        counts = [server.number("SELECT count() FROM events_local") for server in two]
        self.assertEqual(lines, sum(counts))
        self.assertTrue(all(counts), f"expected hosts on both servers: {counts}")
        self.assertTrue(all(server.number("SELECT count() FROM clues_local") for server in two), "expected the clues beside their lines")
        expected = self.views(one)
        self.assertTrue(all(expected.values()), "expected each view to have something to show")
        for server in two:
            self.assertEqual(expected, self.views(server))
        reports = [json.loads(self.socksan("fleet", "report", "-f", "json", EVER, "--quiet=0s", "--from=" + server.url, statuses=(0, 23, 24)))
                   for server in (one, *two)]
        self.assertTrue(reports[0]["violations"])
        for report in reports[1:]:
            self.assertEqual(json.dumps(reports[0]["violations"], indent=1), json.dumps(report["violations"], indent=1))
            self.assertEqual(reports[0]["totals"], report["totals"])


if __name__ == "__main__":
    unittest.main()
