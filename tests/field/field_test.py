"""The labels of the field suite, and how violations are matched with them. The programs are not run here.

SPDX-License-Identifier: Apache-2.0
"""

import collections
import contextlib
import io
import pathlib
import re
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
import field  # noqa: E402  pylint: disable=wrong-import-position
from lab import PROGRAMS  # noqa: E402  pylint: disable=wrong-import-position
from labels import Labels, Malformed, distinct, told  # noqa: E402  pylint: disable=wrong-import-position
from socksan_test import find  # noqa: E402  pylint: disable=wrong-import-position


def violation(code="never-closed", severity="error", function="leak", module="/usr/bin/prog", offset="0x10", **more):
    frame = {"function": function, "module": module, "offset": offset}
    return {"code": code, "severity": severity, "message": "m", "count": 1, "stacks": {"opened": [frame]}, **more}


def labels(text):
    """The Labels of a file with that text."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "labels.txt")
        path.write_text(text, encoding="utf-8")
        return Labels.read(path)


def of(*lines):
    """Those of the program `p`, each a line."""
    return labels("[p]\n" + "\n".join(lines) + "\n").of("p")


def tally(entries, *lines):
    """(what is wrong, what is lost, Tally) when these violations are told of a program with these labels."""
    result = field.Tally()
    with contextlib.redirect_stderr(io.StringIO()):
        result.add("p", "1.0", [{"totals": {"sockets": 1}, "violations": entries}], of(*lines))
    return result


class TheList(unittest.TestCase):
    """labels.txt itself."""

    @classmethod
    def setUpClass(cls):
        cls.labels = Labels.read(HERE / "labels.txt")

    def test_each_section_is_a_program_of_the_suite(self):
        self.assertLessEqual(set(self.labels.programs), set(PROGRAMS), "expected the sections to be programs that are run")
        self.assertEqual(sorted(self.labels.programs), list(self.labels.programs), "expected the sections in order")

    def test_each_code_is_one(self):
        known = set(re.findall(r'^VIOLATION\(\w+, "([a-z-]+)"', find("shim/model/violation.def").read_text(encoding="utf-8"), re.M))
        self.assertIn("never-closed", known, "expected violation.def to hold the codes")
        for program, own in self.labels.programs.items():
            for label in own:
                self.assertIn(label.code, known, f"{program}: expected a violation's code")

    def test_each_bug_can_be_reported(self):
        for program, own in self.labels.programs.items():
            for label in own:
                if label.verdict == "bug":
                    self.assertTrue(label.at, f"{program}: expected the place of the bug in a line `at:`")
                for place in label.at:
                    self.assertRegex(place, r"^[a-z0-9.+-]+ [0-9]\S*[0-9a-z] \S+\.(c|cc|py|pl|rb|js)\b",
                                     f"{program}: expected the package, its version and a file")

    def test_each_reason_is_a_sentence(self):
        for program, own in self.labels.programs.items():
            for label in own:
                self.assertRegex(label.reason, r"^[A-Z/a-z].*\.$", f"{program}: expected a sentence")

    def test_no_label_is_for_a_whole_code_of_every_program(self):
        for program, own in self.labels.programs.items():
            for label in own:
                self.assertTrue(label.patterns or label.keys, f"{program}: expected {label.verdict} {label.code} to say where")


class ThePrograms(unittest.TestCase):
    def test_there_are_enough(self):
        self.assertGreaterEqual(len(PROGRAMS), 40, "expected the field to be wide")

    def test_each_names_its_package_and_a_probe(self):
        for program in PROGRAMS.values():
            self.assertTrue(program.packages, f"{program.name}: expected its package")
            for line in program.packages:
                self.assertRegex(line, r"^\S+ \S+$", f"{program.name}: expected 'PACKAGE PROBE'")


class Matching(unittest.TestCase):
    def test_a_label_asks_for_code_and_cause(self):
        (label,) = of("by-design never-closed/in-use leak: Why.")
        self.assertTrue(label.matches(violation(cause="in-use")))
        self.assertFalse(label.matches(violation(cause="peer-closed")), "expected another cause not to match")
        self.assertFalse(label.matches(violation("close-wait", cause="in-use")), "expected another code not to match")
        self.assertTrue(of("false never-closed leak: Why.")[0].matches(violation(cause="anything")), "expected any cause where none is given")

    def test_patterns_are_those_of_suppressions(self):
        for pattern, matches in (("leak", True), ("lea", True), ("^leak$", True), ("^lea$", False), ("^l*k$", True), ("prog", True), ("^prog$", True),
                                 ("prog+0x10", True), ("prog+0x11", False), ("l.ak", False), ("opened:leak", True), ("at:leak", False)):
            self.assertEqual(matches, of(f"bug never-closed {pattern}: Why.")[0].matches(violation()), f"expected of the pattern {pattern}")

    def test_all_conditions_must_hold(self):
        self.assertTrue(of("bug never-closed leak prog state=LISTEN*: Why.")[0].matches(violation(state="LISTENING")))
        self.assertFalse(of("bug never-closed leak prog state=LISTEN*: Why.")[0].matches(violation(state="BOUND")))
        self.assertFalse(of("bug never-closed leak other: Why.")[0].matches(violation()))

    def test_a_colon_is_part_of_names_and_reasons(self):
        (label,) = of("bug never-closed A::leak: Why: because.")
        self.assertEqual("Why: because.", label.reason)
        self.assertTrue(label.matches(violation(function="A::leak")))
        self.assertFalse(label.matches(violation(function="leak")))

    def test_severity_is_not_asked_for(self):
        for severity in "error", "warning", "note":
            self.assertTrue(of("bug never-closed leak: Why.")[0].matches(violation(severity=severity)))

    def test_the_first_label_counts(self):
        own = of("bug never-closed leak: One.", "by-design never-closed prog: Two.")
        self.assertEqual("One.", own.find(violation()).reason)
        self.assertEqual("Two.", own.find(violation(function="other")).reason)
        self.assertIsNone(own.find(violation("idle")))

    def test_lines_that_are_none_are_refused(self):
        for text in ("bug never-closed x: Why.", "[p]\nbug never-closed x", "[p]\nmaybe never-closed x: Why.", "[p]\n    at: nowhere", "[p]\n[p]",
                     "[p]\nfalse never-closed x: Why.\n    at: a 1 b.c", "[p]\nbug never-closed colour=red: Why."):
            with self.assertRaises(Malformed, msg=f"expected {text!r} to be refused"):
                labels(text + "\n")


class Counting(unittest.TestCase):
    def test_the_same_stacks_of_several_runs_count_once(self):
        reports = [{"violations": [violation(peer="127.0.0.1:1")]}, {"violations": [violation(peer="127.0.0.1:2"), violation(offset="0x20")]}]
        self.assertEqual(2, len(distinct(reports)))

    def test_what_is_suppressed_or_a_note_is_not_told(self):
        self.assertTrue(told(violation()) and told(violation(severity="warning")))
        self.assertFalse(told(violation(severity="note")) or told(violation(suppressed=True)) or told(violation(known=True)))

    def test_precision_is_of_what_is_told(self):
        lines = "bug double-close twice: Why.", "    at: a 1 b.c", "by-design never-closed leak: Why.", "false idle leak: Why."
        result = tally([violation("double-close", function="twice"), violation(), violation(severity="note", offset="0x20"),
                        violation("idle", "warning")], *lines)
        self.assertEqual([], result.wrong)
        self.assertEqual((1, 2), result.precision("error"))
        self.assertEqual((0, 1), result.precision("warning"))
        lines, good = result.verdict(True)
        self.assertFalse(good, "expected 50 % of the errors and 0 % of the warnings to be too little")
        self.assertRegex(lines[0], "^errors: 1 of 2 are bugs, 50 %; 60 % are the least; 1 by design, 0 false$")
        self.assertTrue(result.verdict(False)[1], "expected no goals for a part of the programs")

    def test_what_has_no_label_fails(self):
        result = tally([violation("idle", "note")])
        self.assertRegex("".join(result.wrong), "^unlabelled: p: note idle/, m: opened leak .prog.$")
        self.assertFalse(result.verdict(False)[1])

    def test_a_bug_that_is_not_told_fails_but_where_the_label_says_why(self):
        lines = "bug never-closed leak: Why.", "    at: a 1 b.c:3 f"
        for entries in [], [violation(severity="note")], [violation(suppressed=True)]:
            result = tally(entries, *lines)
            self.assertEqual(["p: never-closed in a 1 b.c:3 f. Why."], result.lost)
            self.assertFalse(result.verdict(False)[1])
            result = tally(entries, *lines, "    quiet: Once in a process.")
            self.assertEqual(([], ["p: never-closed in a 1 b.c:3 f. Once in a process."]), (result.lost, result.quiet))
            self.assertTrue(result.verdict(False)[1])
        self.assertTrue(tally([violation()], *lines).verdict(True)[1])

    def test_a_row_has_the_columns_of_the_results(self):
        (row,) = tally([violation()], "by-design never-closed leak: Why.").rows
        self.assertEqual(len(field.COLUMNS), len(row))
        self.assertEqual(collections.Counter({1: 3}), collections.Counter(cell for cell in row if cell == 1), "expected a report, a socket, an error")


if __name__ == "__main__":
    unittest.main()
