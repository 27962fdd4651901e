"""The example that `./dev run` shows: its four mistakes are found, and the corrected server is silent.

SPDX-License-Identifier: Apache-2.0
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest  # pylint: disable=wrong-import-position


class Example(SockSanTest):
    def test_example_server_shows_its_mistakes(self):
        self.assert_keeps_promise("example_server.py")

    def test_mended_example_server_is_silent(self):
        self.assert_keeps_promise("example_server_fixed.py")


if __name__ == "__main__":
    unittest.main()
