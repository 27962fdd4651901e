"""How other people's suites are compared: what counts as a difference, as flaky, as explained. The suites are not run here.

SPDX-License-Identifier: Apache-2.0
"""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import suites  # noqa: E402  pylint: disable=wrong-import-position
from others import cpython  # noqa: E402  pylint: disable=wrong-import-position


class Compared(unittest.TestCase):
    def test_the_same_outcomes_are_no_difference(self):
        self.assertEqual([], suites.compare({"a": "ok", "b": "failed"}, {"b": "failed", "a": "ok"}))

    def test_a_test_that_is_missing_on_one_side_differs(self):
        found = suites.compare({"a": "ok"}, {"b": "ok"})
        self.assertEqual([("a", ["ok"], ["not run"], False), ("b", ["not run"], ["ok"], False)], [tuple(d) for d in found])

    def test_what_differs_without_socksan_already_is_flaky(self):
        (found,) = suites.compare({"a": "ok"}, {"a": "failed"}, lambda test: (["ok", "failed"], ["ok", "ok"]))
        self.assertTrue(found.flaky, "expected flaky, for it fails without SockSan too")

    def test_what_fails_but_once_and_under_socksan_alone_is_a_difference(self):
        (found,) = suites.compare({"a": "ok"}, {"a": "failed"}, lambda test: (["ok"] * 3, ["ok"] * 3))
        self.assertFalse(found.flaky, "expected a difference, for nothing says that it would fail without SockSan")
        self.assertEqual(["failed", "ok", "ok", "ok"], found.socksan)

    def test_a_status_that_follows_from_flaky_tests_is_flaky(self):
        def again(test):
            self.assertEqual("a", test, "expected no rerun for a status")
            return ["ok", "failed"], ["ok", "ok"]

        found = suites.compare({"a": "ok", "(exit status)": "ok"}, {"a": "failed", "(exit status)": "failed"}, again)
        self.assertEqual([True, True], [difference.flaky for difference in found])
        (found,) = suites.compare({"a": "ok", "(exit status)": "ok"}, {"a": "ok", "(exit status)": "failed"}, again)
        self.assertFalse(found.flaky, "expected a difference, for no test accounts for it")

    def test_many_differences_are_not_run_again(self):
        many = {str(n): "failed" for n in range(suites.MANY + 1)}
        found = suites.compare({}, many, lambda test: self.fail("expected no rerun"))
        self.assertEqual(len(many), len(found))

    def test_an_explanation_is_for_its_suite_and_test(self):
        with tempfile.NamedTemporaryFile("w+", encoding="utf-8") as file:
            file.write("# a comment: no line\none a.b: because\none c.*: all of c\n")
            file.flush()
            path = pathlib.Path(file.name)
            self.assertEqual("because", suites.explanation(path, "one", "a.b"))
            self.assertEqual("all of c", suites.explanation(path, "one", "c.d"))
            self.assertIsNone(suites.explanation(path, "two", "a.b"))
            self.assertIsNone(suites.explanation(path, "one", "a.bc"))

    def test_results_keep_the_rows_of_other_suites(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "RESULTS.md")
            suites.Results(path).put("b", ["1.0", 3, 3, 2, 0, 1, 0, 0, "day"], ["`x`: different"])
            suites.Results(path).put("a", ["2.0", 1, 1, 1, 0, 0, 0, 0, "day"], [])
            once = path.read_text(encoding="utf-8")
            self.assertIn("| a | 2.0 | 1 |", once)
            self.assertIn("| b | 1.0 | 3 |", once)
            self.assertIn("## b\n\n- `x`: different\n", once)
            suites.Results(path).put("b", ["1.0", 3, 3, 3, 0, 0, 0, 0, "day"], [])
            again = path.read_text(encoding="utf-8")
            self.assertNotIn("## b", again, "expected the section to go with the difference")
            self.assertIn("| a | 2.0 | 1 |", again)

    def test_a_kind_of_violation_that_comes_in_many_runs_is_told_once(self):
        violation = {"code": "unread-data", "count": 2, "message": "m", "stacks": {"at": [{"function": "f", "file": "/d/f.c", "line": 1}]}}
        known = {**violation, "suppressed": True}
        count, new = suites.violations([{"violations": [violation]}, {"violations": [known, violation]}])
        self.assertEqual(6, count, "expected all occurrences, known or not")
        self.assertEqual({("unread-data", "", "m", "f f.c:1"): 4}, dict(new), "expected one kind, with those that are not known")

    def test_of_a_name_that_comes_twice_the_worst_counts(self):
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
            file.write('<testsuites><testsuite><testcase name="t.a"/><testcase name="t.a"><failure/></testcase>'
                       '<testcase name="t.b"><skipped/></testcase><testcase name="t.c"/></testsuite></testsuites>')
            file.flush()
            self.assertEqual({"t.a": "failed", "t.b": "skipped", "t.c": "ok"}, cpython.read_outcomes(file.name))

    def test_every_suite_has_a_name_of_its_own_and_says_what_it_needs(self):
        names = [suite.name for suite in suites.SUITES]
        self.assertEqual(sorted(set(names)), sorted(names))
        for suite in suites.SUITES:
            for line in suite.packages:
                self.assertRegex(line, r"^\S+ \S+$", f"{suite.name}: expected 'PACKAGE PROBE'")


if __name__ == "__main__":
    unittest.main()
