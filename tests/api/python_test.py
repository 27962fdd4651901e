"""The recipe of docs/ that calls the in-test API from Python.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from documents import recipe  # pylint: disable=wrong-import-position
from socksan_test import SockSanTest  # pylint: disable=wrong-import-position

USE = """
import socket
import socksan
kept = socket.socket()
print(socksan.check("leaves one"), socksan.check("no more"))
kept.close()
socket.socket().close()
print(socksan.check("closes"))
"""


class Python(SockSanTest):
    def setUp(self):
        super().setUp()
        pathlib.Path(self.tmp, "socksan.py").write_text(recipe("socksan.py"), encoding="utf-8")
        pathlib.Path(self.tmp, "use.py").write_text(USE, encoding="utf-8")

    def test_without_the_shim(self):
        result = self.bare(["/usr/bin/python3", "use.py"])
        self.assertEqual((result.status, result.stdout, result.stderr), (0, "0 0\n0\n", ""))

    def test_with_the_shim(self):
        result = self.socksan_run(["/usr/bin/python3", "use.py"])
        self.assertEqual((result.status, result.stdout), (0, "1 0\n0\n"), result.stderr)
        self.assertIn("socksan: leaves one: error[never-closed]: descriptor 3 is open", result.stderr)
        self.assert_silent(result)


if __name__ == "__main__":
    unittest.main()
