"""A host in a seccomp sandbox that kills for every call it does not know: the recorder makes none, and loses nothing.

SPDX-License-Identifier: Apache-2.0
"""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from socksan_test import SockSanTest, command  # noqa: E402


class Sandbox(SockSanTest):
    def check(self, how, sockets):
        result = self.preload(command("hook_sandbox", how))
        self.assertEqual((result.status, result.stdout), (3, "done\n"), f"{how}: expected the status and output of a run without the shim")
        made = [e for e in result.traces if e["ev"] == "fd" and e["op"] == "socket"]
        self.assertEqual(len(made), sockets, f"{how}: expected a line for every socket, in the sandbox too")
        (end,) = [e for e in result.traces if e["ev"] == "exit"]
        self.assertEqual((end["status"], end["dropped"]), (3, 0), f"{how}: expected the exit line, and nothing lost")
        return result

    def test_a_filter_set_by_prctl_is_survived(self):
        self.check("prctl", 2002)

    def test_a_filter_set_by_syscall_is_survived(self):
        self.check("syscall", 2002)

    def test_a_first_socket_inside_the_sandbox_is_recorded(self):
        self.check("late", 2001)

    def test_a_socket_left_open_is_told_though_the_kernel_cannot_be_asked(self):
        result = self.check("leaves", 2003)
        self.assertEqual([e["op"] for e in result.traces if e.get("note") == "closed-unseen"], [], "expected nobody to have closed it")
        self.assertEqual(len([e for e in result.traces if e["ev"] == "leak"]), 1, "expected a leak line")


if __name__ == "__main__":
    unittest.main()
