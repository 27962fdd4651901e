"""Each violation has programs that show it, and each of those a corrected twin that is silent.

The table of codes is shim/model/violation.def; what a program shows is promised in its opening comment.
SPDX-License-Identifier: Apache-2.0
"""

import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from at_once import load_tests  # pylint: disable=unused-import,wrong-import-position
from socksan_test import SockSanTest, expectations, find, programs, shapes, twin  # pylint: disable=wrong-import-position

CODES = re.findall(r'^VIOLATION\(\w+, "([a-z-]+)"', find("shim/model/violation.def").read_text(encoding="utf-8"), re.M)

SHAPES = 3  # of each code, at least: programs, or shapes of one program

# A shim that knows nothing of the machine cannot follow the jump out of the part of a finalizer that compilers put elsewhere: see
# shim/arch/arch.h.
UNTOLD = {"gc-closed", "interpreter-end"} if os.environ.get("SOCKSAN_GENERIC_ARCH") else set()


def shown_by(code):
    """The programs of a code, and their twins, in C and in Python."""
    slug = code.replace("-", "_")
    return programs(slug) + programs(slug, ".py")


def source(name):
    return find("tests/programs/" + (name if name.endswith(".py") else name + ".c"))


class Violations(SockSanTest):
    def test_the_table_of_violations_is_read(self):
        self.assertIn("double-close", CODES, "expected rows VIOLATION(id, \"slug\", ...) in shim/model/violation.def")

    def test_every_cause_of_never_closed_has_a_program(self):
        causes = {expected.cause for name in shown_by("never-closed") for expected in expectations(source(name))}
        rows = re.findall(r'^CAUSE\(\w+, "([a-z-]+)"\)', find("shim/model/cause.def").read_text(encoding="utf-8"), re.M)
        self.assertIn("connect-failed", rows, "expected rows CAUSE(id, \"slug\") in shim/model/cause.def")
        for cause in rows:
            self.assertIn(cause, causes)


def add_tests(code):
    def has_programs(self):
        shown = [name for name in shown_by(code) if "_fixed" not in name]
        self.assertGreaterEqual(sum(len(shapes(source(name))) or 1 for name in shown), SHAPES, f"expected {SHAPES} different shapes of {code}")
        for name in shown:
            promised = [expected.code for expected in expectations(source(name))]
            self.assertIn(code, promised, f"{name}: expected its opening comment to promise {code}")
            self.assertEqual(expectations(source(twin(name))), [], f"expected {twin(name)} to be silent")
            self.assertEqual(shapes(source(name)), shapes(source(twin(name))), f"expected {twin(name)} to correct each shape")

    setattr(Violations, f"test_{code.replace('-', '_')}_has_programs_with_corrected_twins", has_programs)
    for name in shown_by(code):
        shows = "is_silent" if "_fixed" in name else "is_reported"
        told = {word for one in expectations(source(name)) for word in (one.code, one.cause)}
        for args in [[shape] for shape in shapes(source(name))] or [[]]:
            title = "_".join(["test", name.replace(".py", "_in_python"), *args, shows])
            Violations.add_promise(title, name, *args)
            if told & UNTOLD and shows == "is_reported":
                setattr(Violations, title, unittest.skip(f"{code} is not told without ARCH_JUMP")(getattr(Violations, title)))


for each in CODES:
    add_tests(each)

if __name__ == "__main__":
    unittest.main()
