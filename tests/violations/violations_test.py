"""Each violation has programs that show it, and each of those a corrected twin that is silent.

The table of codes is shim/violation.def; what a program shows is promised in its opening comment.
SPDX-License-Identifier: Apache-2.0
"""

import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, expectations, find, programs, twin  # pylint: disable=wrong-import-position

CODES = re.findall(r'^VIOLATION\(\w+, "([a-z-]+)"', find("shim/violation.def").read_text(encoding="utf-8"), re.M)

# Not recorded by this version: a program cannot show it.
LATER = {"gc-closed"}


class Violations(SockSanTest):
    def test_the_table_of_violations_is_read(self):
        self.assertIn("double-close", CODES, "expected rows VIOLATION(id, \"slug\", ...) in shim/violation.def")

    def test_every_cause_of_never_closed_has_a_program(self):
        causes = {expected.cause for name in programs("never_closed")
                  for expected in expectations(find(f"tests/programs/{name}.c"))}
        for cause in ("connect-failed", "peer-closed", "never-used", "listener", "in-use"):
            self.assertIn(cause, causes)


def add_tests(code):
    slug = code.replace("-", "_")

    def has_programs(self):
        shown = [name for name in programs(slug) if "_fixed" not in name]
        self.assertTrue(shown, f"expected a program tests/programs/{slug}*.c for {code}")
        for name in shown:
            promised = [expected.code for expected in expectations(find(f"tests/programs/{name}.c"))]
            self.assertIn(code, promised, f"{name}: expected its opening comment to promise {code}")
            self.assertEqual(expectations(find(f"tests/programs/{twin(name)}.c")), [], f"expected {twin(name)} to be silent")

    setattr(Violations, f"test_{slug}_has_programs_with_corrected_twins", has_programs)
    for name in programs(slug):
        shows = "is_silent" if "_fixed" in name else "is_reported"
        Violations.add_promise(f"test_{name}_{shows}", name)


for each in (code for code in CODES if code not in LATER):
    add_tests(each)

if __name__ == "__main__":
    unittest.main()
