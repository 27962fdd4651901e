"""`socksan explore`: what programs do wrong on the paths that a failure takes, exactly that, and nothing of their corrected twins.

A program of tests/programs/explore_* promises in its opening comment what is found: lines "Finds: CALL ERROR CODE FUNCTION", of the call that
fails, and of the function that is named. "Explore:" are options of its own.
SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import re
import shlex
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, command, find, programs, read_report, socksan  # pylint: disable=wrong-import-position

NAMES = programs("explore_") + programs("explore_", ".py")


def promise(name):
    """(options, {(call, error, code)}, {(code, function)}) of a program."""
    text = find("tests/programs/" + (name if name.endswith(".py") else name + ".c")).read_text(encoding="utf-8")
    options = re.findall(r"^[ #]\*? ?Explore: (.*)$", text, re.M)
    finds = [line.split() for line in re.findall(r"^[ #]\*? ?Finds: (.*)$", text, re.M)]
    return (shlex.split(options[0]) if options else [], {(call, error, code) for call, error, code, _ in finds},
            {(code, function) for _, _, code, function in finds})


class ExploreTest(SockSanTest):
    def explore(self, cmd, *options, status=None):
        """The JSON report."""
        path = pathlib.Path(self.tmp, f"report{len(os.listdir(self.tmp))}.json")
        result = self.bare([socksan(), "explore", "--skip=scaffold", f"--output=json={path}", *options, "--", *cmd])
        if status is not None:
            self.assertEqual(status, result.status, f"expected `socksan explore -- {cmd}` to end so\n{result.stderr}")
        self.text = result.stderr
        return read_report(path)

    @staticmethod
    def found(report):
        """{(call, error, code)} of all that was tried."""
        return {(site["call"], fault["errno"], code) for site in report["explored"]["sites"] for fault in site["faults"]
                for code in fault.get("codes", "").split()}

    @staticmethod
    def places(report):
        """{(code, function)}: of the stack that the violation is told by."""
        def function(violation):
            stack = violation["stacks"].get("opened" if violation["code"] == "never-closed" else "at", [])
            return next((frame.get("function", "").rsplit(".", 1)[-1] for frame in stack if frame.get("file", "").rpartition("/")[2].startswith("explore_")), "")
        return {(violation["code"], function(violation)) for violation in report["violations"]}

    def hold(self, name):
        options, finds, places = promise(name)
        report = self.explore(command(name), *options, status=23 if any(self.is_error(code) for _, _, code in finds) else 0)
        self.assertEqual(finds, self.found(report), f"{name}: expected exactly the failures of its comment to lead to violations\n{self.text}")
        self.assertEqual({code for code, _ in places}, {code for code, _ in self.places(report)}, f"{name}\n{self.text}")
        self.assertLessEqual({place for place in places if place[1] not in ("main", "dial")}, self.places(report) | {("", "")},
                             f"{name}: expected the violations there\n{self.text}")
        for violation in report["violations"]:
            self.assertIn((violation["injected"]["call"], violation["injected"]["errno"], violation["code"]), finds)
        return report

    @staticmethod
    def is_error(code):
        return code not in ("unreported-fault", "gc-closed", "broken-pipe", "listen-unbound")


def add(name):
    def test(self):
        self.hold(name)

    setattr(ExploreTest, f"test_{name.replace('.py', '_py')}", test)


for each in NAMES:
    add(each)

if __name__ == "__main__":
    unittest.main()
