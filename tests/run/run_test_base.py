"""What the tests of `socksan run` share.

SPDX-License-Identifier: Apache-2.0
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

from socksan_test import SockSanTest, find, socksan  # noqa: E402  pylint: disable=wrong-import-position

PYTHON = "/usr/bin/python3"


class RunTest(SockSanTest):
    """A test of `socksan run` whose private folders are looked for in self.private."""

    def setUp(self):
        super().setUp()
        self.private = self.folder("private")

    def start_run(self, cmd, *options, env=None, **popen):
        """`socksan run OPTIONS -- cmd` with nothing but what the test asks for."""
        return self.start([socksan(), "run", *options, "--", *cmd],
                          env=self.environment(TMPDIR=self.private, **(env or {})), **popen)

    def run_(self, cmd, *options, **popen):
        """(status, stdout, stderr) of that, at its end."""
        return self.finish(self.start_run(cmd, *options, **popen))

    def assert_status(self, ended, expected, about):
        self.assertEqual(ended[0], expected, f"{about}: expected status {expected}, not {ended[0]}\n{ended[1]}\n{ended[2]}")

    def assert_nothing_left(self):
        self.assertEqual(os.listdir(self.private), [], "expected the private folder to be removed")

    def write(self, name, text, mode=0o755):
        """A file in self.tmp; its path."""
        path = os.path.join(self.tmp, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path
