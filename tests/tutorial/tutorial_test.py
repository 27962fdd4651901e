"""The mistakes of a socket tutorial, in C and in Python: each is reported, its corrected twin and good habits are silent.

SPDX-License-Identifier: Apache-2.0
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, expectations, find, programs, twin  # pylint: disable=wrong-import-position

MISTAKES = ["accept_loop", "failed_connect", "close_twice", "use_after_close", "unmade_socket", "lingering"]


class Tutorial(SockSanTest):
    def test_every_mistake_is_there_in_both_languages_with_its_twin(self):
        for mistake in MISTAKES:
            self.assertIn(f"tutorial_{mistake}", programs("tutorial"))
            self.assertIn(f"tutorial_{mistake}.py", programs("tutorial", ".py"))
        for name in programs("tutorial") + programs("tutorial", ".py"):
            source = name if name.endswith(".py") else name + ".c"
            if expectations(find("tests/programs/" + source)):
                self.assertIn(twin(name), programs("tutorial") + programs("tutorial", ".py"))


def add_test(name):
    shows = "is_silent" if "_fixed" in name or "good_habits" in name else "keeps_its_promise"
    title = name.replace(".py", "_in_python") if name.endswith(".py") else name + "_in_c"
    Tutorial.add_promise(f"test_{title}_{shows}", name)


for each in programs("tutorial") + programs("tutorial", ".py"):
    add_test(each)

if __name__ == "__main__":
    unittest.main()
