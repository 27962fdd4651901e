"""Golden traces: each folder of tests/traces has trace files and what `socksan report` makes of them.

    expected.txt     standard output
    expected.json    the JSON report, without the version of the tool
    expected.err     standard error; absent when there is none

After an intended change, SOCKSAN_UPDATE=1 rewrites them; read the diff before you commit it.
SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, check, find, read_trace, socksan  # pylint: disable=wrong-import-position

TRACES = find("tests/traces/minimal/hand.jsonl").parent.parent
FORMATS = re.findall(r"^FORMAT\((\w+),", find("analyzer/report/format.def").read_text(encoding="utf-8"), re.M)
UPDATE = os.environ.get("SOCKSAN_UPDATE")


def normalised(report):
    report["tool"]["version"] = "VERSION"
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


class GoldenTest(SockSanTest):
    def compare(self, case, name, actual):
        path = TRACES / case / name
        if UPDATE:
            path = path.resolve()
            if actual:
                path.write_text(actual, encoding="utf-8")
            else:
                path.unlink(missing_ok=True)
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
        self.assertEqual(expected, actual, f"{case}/{name} is not what was expected; SOCKSAN_UPDATE=1 writes it anew")

    def judge(self, case):
        out = f"{self.tmp}/report.json"
        # The other formats are judged in tests/formats; here they are written too, for the sanitizers to see.
        others = [f"--output={name}=/dev/null" for name in FORMATS if name not in ("text", "json")]
        process = self.start([socksan(), "report", f"--output=json={out}", *others, case], cwd=str(TRACES))
        status, stdout, stderr = self.finish(process)
        report = json.loads(pathlib.Path(out).read_text(encoding="utf-8"))
        check("analyzer/report/report.schema.json", report, case)
        errors = any(violation["severity"] == "error" for violation in report["violations"])
        expected = 23 if errors else 24 if "incomplete" in report else 0
        self.assertEqual(expected, status, f"{case}: expected 23 for an error, else 24 for what is missing, else 0\n{stdout}{stderr}")
        allowed = self.finish(self.start([socksan(), "report", "--allow-dropped", case], cwd=str(TRACES)))
        self.assertEqual((23 if errors else 0, stdout), allowed[:2], f"{case}: expected --allow-dropped to change the status alone")
        self.compare(case, "expected.txt", stdout)
        self.compare(case, "expected.json", normalised(report))
        self.compare(case, "expected.err", stderr)


def add(case):
    setattr(GoldenTest, f"test_{case}", lambda self: self.judge(case))


CASES = sorted(path.name for path in TRACES.iterdir() if path.is_dir())
for name in CASES:
    add(name)


class TheTracesTest(unittest.TestCase):
    """The golden traces that are no bad input are traces as the shim writes them, but for those made by hand."""

    def test_obey_the_schema(self):
        for case in CASES:
            if case.startswith("bad_") or case == "minimal":
                continue
            for path in sorted((TRACES / case).glob("*.jsonl")):
                read_trace(str(path))

    def test_there_are_cases_for_every_code(self):
        reported = set()
        for case in CASES:
            report = json.loads((TRACES / case / "expected.json").read_text(encoding="utf-8"))
            reported |= set(report["totals"]["by_code"])
        table = re.findall(r'^VIOLATION\(\w+, "([a-z-]+)"', find("shim/model/violation.def").read_text(encoding="utf-8"), re.M)
        running = {"leak-suspect"}  # which no file can have, as it is judged while the process runs: tests/live/suspect_test.py
        self.assertEqual(set(table) - running, reported, "expected a golden trace for every code")


if __name__ == "__main__":
    unittest.main()
