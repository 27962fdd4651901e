"""A command that dies by SIGPIPE: only who waits for it knows.

SPDX-License-Identifier: Apache-2.0
"""

import os
import signal
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from run_test_base import PYTHON, RunTest  # noqa: E402  pylint: disable=wrong-import-position

SOURCE = """
import signal, socket, sys
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
server.accept()[0].close()
if "told" in sys.argv:
    client.recv(1)
while "pipe" not in sys.argv:
    client.send(b"x")
client.close()
server.close()
while True:
    print("x", flush=True)
"""


class Sigpipe(RunTest):
    def broken(self, *args, **popen):
        result = self.socksan_run([PYTHON, "-c", SOURCE, *args], **popen)
        self.assertEqual(128 + signal.SIGPIPE, result.status, result.stderr)
        return [one for one in result.report["violations"] if one["code"] == "broken-pipe"]

    def test_a_death_on_a_socket_is_told(self):
        found = self.broken()
        self.assertEqual([1], [one["count"] for one in found])
        self.assertIn("death by SIGPIPE", found[0]["message"])

    def test_a_death_that_was_foretold_is_not_told_again(self):
        found = self.broken("told")
        self.assertEqual([1], [one["count"] for one in found])
        self.assertIn("at", found[0]["stacks"], "expected the write that was told before it happened")

    def test_a_death_on_a_pipe_is_no_violation(self):
        reader, writer = os.pipe()
        os.close(reader)
        try:
            self.assertEqual([], self.broken("pipe", stdout=writer), "expected no word: no socket was left to write to")
        finally:
            os.close(writer)


if __name__ == "__main__":
    unittest.main()
