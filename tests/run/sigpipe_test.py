"""A command that dies by SIGPIPE: only its waiting parent knows.

SPDX-License-Identifier: Apache-2.0
"""

import os
import signal
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from run_test_base import PYTHON, RunTest, find, socksan  # noqa: E402  pylint: disable=wrong-import-position

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
if "open" in sys.argv:
    client.sendall(b"x")
else:
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
            result = self.socksan_run([PYTHON, "-c", SOURCE, "pipe", "open"], stdout=writer)
            self.assertEqual(128 + signal.SIGPIPE, result.status, result.stderr)
            self.assertEqual(["never-closed"], [one["code"] for one in result.report["violations"]],
                             "expected no word of the socket that was left, as the pipe was written to")
        finally:
            os.close(writer)


class LeavingReader(RunTest):
    """Whoever reads the report may leave, as head(1) does: that ends no run before its time, and leaves nothing behind."""

    LEAKS = [PYTHON, "-c", "import socket\nfor _ in range(200): socket.socket().detach()"]

    def shell(self, line, *args):
        """(status of the command before the pipe, standard error) of a line of bash."""
        script = f"set -o pipefail; {line}; echo ${{PIPESTATUS[0]}}"
        ended = self.finish(self.start(["bash", "-c", script, "bash", *args], env=self.environment(TMPDIR=self.private)))
        return int(ended[1].split()[-1]), ended[2]

    def test_a_run_goes_on_to_its_end(self):
        for form in ("text", "json", "html"):
            status, _ = self.shell('"$@" 2>&1 | true', socksan(), "run", f"--format={form}", "--", *self.LEAKS)
            self.assertEqual(23, status, f"{form}: expected the status of a leak, though nobody read the report")
            self.assert_nothing_left()

    def test_a_command_that_dies_of_it_leaves_nothing_behind(self):
        status, _ = self.shell('"$@" 2>&1 | head -1 > /dev/null', socksan(), "run", "--", "seq", "1", "1000000")
        self.assertEqual(128 + signal.SIGPIPE, status, "expected the command to have SIGPIPE as without SockSan")
        self.assert_nothing_left()

    def test_where_it_is_ignored_the_others_end_quietly(self):
        trace = str(find("tests/traces/double_close/expected.txt").parent)
        for args, expected in ((["report", trace], 23), (["explain"], 2), (["explain", "idle"], 2)):
            status, stderr = self.shell("trap '' PIPE; (sleep 0.3; \"$@\") | true", socksan(), *args)
            self.assertEqual((expected, ""), (status, stderr), f"{args}: expected no word")
            status, stderr = self.shell("(sleep 0.3; exec \"$@\") | true", socksan(), *args)
            self.assertEqual((128 + signal.SIGPIPE, ""), (status, stderr), f"{args}: expected to end as filters do")


if __name__ == "__main__":
    unittest.main()
