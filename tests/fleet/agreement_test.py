"""`socksan fleet report` says of traces in a database what `socksan report` says of the same files: violation by violation, with its
fingerprint, evidence, stacks and history.

Each group of traces has a host of its own, so that one shipment takes them all. FLEET_HISTORIES says how many random histories, 1 000
without it; FLEET_PART=1 takes all test programs.
SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import clickhouse  # pylint: disable=wrong-import-position
from socksan_test import SockSanTest, command, expectations, find, programs, socksan  # pylint: disable=wrong-import-position

TRACES = find("tests/traces/minimal/hand.jsonl").parent.parent
HISTORIES = int(os.environ.get("FLEET_HISTORIES", "1000"))
AT_ONCE = 250  # random histories in a group
EVER = "--since=1970-01-02"
ENDED = "--quiet=0s"  # what has no end has ended, as for `socksan report`
PART = int(os.environ.get("FLEET_PART", "6"))  # of the test programs, one in so many; 1 for all takes minutes
# Lines that no shipment can put under a host: there is no process line before them.
HOMELESS = {"minimal"}


def is_slow(name):
    """Whether it waits for seconds, or is no program to run alone."""
    source = find("tests/programs/" + name + ".c").read_text(encoding="utf-8")
    return "Looked at while it runs." in source or re.search(r"--limit=\S+=\d+s\b", source)


class Agreement(SockSanTest):
    def setUp(self):
        super().setUp()
        (self.server,) = clickhouse.start(self)
        self.socksan("fleet", "init", "--to=" + self.server.url)

    def socksan(self, *args, statuses=(0,)):
        process = self.start([socksan(), *args])
        status, out, errors = self.finish(process)
        self.assertIn(status, statuses, f"{args}: {out}{errors}")
        return out

    def group(self, name, folder):
        """A copy of the traces, without what lies beside them, as of a host h-NAME."""
        copy = pathlib.Path(self.tmp, "groups", name)
        copy.mkdir(parents=True)
        for path in sorted(pathlib.Path(folder).glob("*.jsonl")):
            text = re.sub(rb'"host":"[^"]*"', b'"host":"h-' + name.encode() + b'"', path.read_bytes())
            (copy / path.name).write_bytes(text)
        return copy

    def compare(self, groups):
        self.socksan("ship", "--to=" + self.server.url, f"--spool={self.tmp}/spool", *map(str, groups))
        for group in groups:
            here = json.loads(self.socksan("report", "-f", "json", "--kinds=all", str(group), statuses=(0, 23, 24)))
            there = json.loads(self.socksan("fleet", "report", "-f", "json", "--kinds=all", "--from=" + self.server.url, EVER, ENDED,
                                            f"--host=h-{group.name}", statuses=(0, 23, 24)))
            self.assertEqual(json.dumps(here["violations"], indent=1), json.dumps(there["violations"], indent=1),
                             f"{group.name}: expected the same of the files and of the database")
            self.assertEqual(here.get("incomplete"), there.get("incomplete"), f"{group.name}: expected the same to be unknown")
        return groups

    def compare_exact(self, groups):
        """What SQL alone says of the rules that are exact, against the judge."""
        rules = find("analyzer/judge/violations/idle.sql").parent
        where = " AND ".join(["host IN (%s)" % ", ".join(f"'h-{group.name}'" for group in groups)])
        told = {}
        for group in groups:
            report = json.loads(self.socksan("report", "-f", "json", "--kinds=all", str(group), statuses=(0, 23, 24)))
            for code, count in report["totals"]["by_code"].items():
                told[code] = told.get(code, 0) + count
        checked = set()
        for path in sorted(rules.glob("*.sql")):
            text = path.read_text(encoding="utf-8")
            if not text.startswith("-- exact"):
                continue
            code = path.stem.replace("_", "-")
            sql = text.replace("{clues}", "fleet.clues").replace("{range}", where).replace("{limit}", "10000000000")
            sql = "\n".join(line for line in sql.splitlines() if not line.startswith("--"))
            found = int(self.server.query(f"SELECT count() FROM (SELECT DISTINCT host, process, sock, fd, t FROM ({sql}))"))
            self.assertEqual(told.get(code, 0), found, f"{code}: expected SQL to count what the judge counts")
            if found:
                checked.add(code)
        return checked

    def test_goldens(self):
        groups = [self.group(path.name, path) for path in sorted(TRACES.iterdir()) if path.is_dir() and path.name not in HOMELESS]
        self.compare(groups)
        good = [group for group in groups if not group.name.startswith(("bad_", "after_a_fault"))]
        self.assertGreaterEqual(self.compare_exact(good), {"address-in-use", "no-timeout", "ports-exhausted"})

    def test_random_histories(self):
        groups = []
        for first in range(1, HISTORIES + 1, AT_ONCE):
            traces = f"{self.tmp}/random-{first}"
            process = self.start([socksan(), "run", f"--trace-dir={traces}", "-f", "json", "--", *command("random_calls", str(first), str(AT_ONCE))])
            self.finish(process, timeout=600)
            groups.append(self.group(f"random-{first}", traces))
        self.compare(groups)

    def test_programs(self):
        groups = []
        for name in programs("")[::PART]:
            source = find("tests/programs/" + name + ".c").read_text(encoding="utf-8")
            if "Expect: " not in source or name.startswith("explore") or is_slow(name) or not os.path.exists(command(name)[0]):
                continue
            shapes = " ".join(re.findall(r"^[ *#]*Shapes: (.*)$", source, re.M)).split()
            traces = f"{self.tmp}/traces-{name}"
            options = " ".join(re.findall(r"^[ *#]*Options: (.*)$", source, re.M)).split()
            process = self.start([socksan(), "run", f"--trace-dir={traces}", "-f", "json", *options, "--", *command(name, *shapes[:1])])
            self.finish(process)
            if list(pathlib.Path(traces).glob("*.jsonl")):
                groups.append(self.group(name, traces))
        self.assertGreater(len(groups), 150 // PART)
        self.compare_together(groups)

    def compare_together(self, groups):
        """All at once: the reports of each group, merged, against one of the whole database."""
        self.socksan("ship", "--to=" + self.server.url, f"--spool={self.tmp}/spool", *map(str, groups))
        reports = []
        for group in groups:
            path = f"{self.tmp}/{group.name}.json"
            self.socksan("report", "--no-default-suppressions", f"--output=json={path}", str(group), statuses=(0, 23, 24))
            reports.append(path)
        here = json.loads(self.socksan("merge", "-f", "json", *reports, statuses=(0, 23, 24)))
        there = json.loads(self.socksan("fleet", "report", "-f", "json", "--from=" + self.server.url, EVER, ENDED, statuses=(0, 23, 24)))

        def key(violation):
            return violation["fingerprint"], violation["code"], violation.get("cause") or "", json.dumps(violation["stacks"])

        def told(report):
            return sorted((violation["fingerprint"], violation["code"], violation["severity"], violation["count"]) for violation in report["violations"])

        self.assertEqual(told(here), told(there), "expected the same of the files and of the database")


if __name__ == "__main__":
    unittest.main()
