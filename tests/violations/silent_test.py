"""What must never fire: programs that look odd and are right, tests/programs/silent_*.

SPDX-License-Identifier: Apache-2.0
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, programs, select  # pylint: disable=wrong-import-position

# What must never fire, and the programs that show it.
NEVER = {
    "descriptors inherited from a parent": ["silent_exec_child", "silent_inetd", "silent_standard_numbers", "silent_double_fork"],
    "a forked child that exits with its parent's sockets": ["silent_fork_child_exits", "silent_fork_server", "silent_raw_fork",
                                                          "silent_held_by_worker", "silent_shutdown_handed_over"],
    "a socket handed away with SCM_RIGHTS and then closed": ["silent_scm_rights", "silent_peeked_rights"],
    "also while still in flight": ["silent_scm_rights_in_flight", "silent_dropped_rights"],
    "an intended dup2 over a socket": ["silent_dup2_over", "silent_dup2_same", "silent_freopen"],
    "close-on-exec sockets that an exec closed": ["silent_exec_cloexec", "silent_close_range_cloexec"],
    "a socket made by one thread and closed by another in turn": ["silent_thread_handover"],
    "two threads that wait in accept on one listener": ["silent_two_acceptors"],
    "two threads that share one socket for different directions": ["silent_two_directions"],
    "a thread cancelled or jumped out of a call": ["silent_thread_cancelled", "silent_jumped_out", "silent_left_call"],
    "a socket closed by a path the shim cannot see": ["silent_unseen_close"],
    "a number that now belongs to a file": ["silent_file_takes_number", "silent_pipe_takes_number", "silent_wait_for_nothing"],
    "a loop that closes a whole range of numbers": ["silent_close_loop", "silent_close_loop_down", "silent_close_loop_keeping",
                                                    "silent_close_loop_child", "silent_close_loop_listed", "silent_close_loop_handed",
                                                    "silent_close_range", "silent_closefrom", "silent_daemon"],
}


class Silent(SockSanTest):
    def test_what_must_never_fire_has_its_programs(self):
        for what, shown in NEVER.items():
            self.assertEqual(sorted(set(shown) - set(programs("silent"))), [], f"expected programs for {what}")

    def test_close_unseen_is_noted(self):
        result = self.assert_keeps_promise("silent_unseen_close")
        self.assertGreaterEqual(len(select(result.traces, note="closed-unseen")), 2, "expected a note for each unseen close")

    def test_static_program_is_run_and_said_to_be_unseen(self):
        result = self.assert_keeps_promise("unseen_static")
        self.assertIn("static", result.stderr, "expected the report to say why nothing was observed")


for each in programs("silent") + programs("silent", ".py"):
    Silent.add_promise(f"test_{each}".replace(".py", "_in_python"), each)

if __name__ == "__main__":
    unittest.main()
