"""The help text is about the case at hand: who closes, and where.

SPDX-License-Identifier: Apache-2.0
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, command  # pylint: disable=wrong-import-position


class Advice(SockSanTest):
    def assert_helps(self, name, *words):
        result = self.socksan_run(command(name))
        helps = [one["help"] for one in result.report["violations"]]
        for word in words:
            self.assertTrue(any(word in text for text in helps), f"{name}: expected help that says '{word}', not {helps}")
            self.assertIn(word, result.stderr, f"{name}: expected the text report to have it")

    def test_a_path_is_named_by_the_call_that_failed(self):
        self.assert_helps("never_closed_bind_failed", "close it on the path that follows the failed bind at never_closed_bind_failed.c:")

    def test_two_functions_close_it(self):
        self.assert_helps("double_close", "finish and main both close it: let one of them own the descriptor")

    def test_two_threads_close_it(self):
        self.assert_helps("double_close_threads", "two threads close it", "atomic exchange")


if __name__ == "__main__":
    unittest.main()
