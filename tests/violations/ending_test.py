"""A trace is valid however its process ended: also in the middle of it all, with threads that were about to write.

SPDX-License-Identifier: Apache-2.0
"""

import os
import signal
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, command, select  # pylint: disable=wrong-import-position

TIMES = 20


class Ending(SockSanTest):
    def test_trace_is_valid_after_return_from_main_under_running_threads(self):
        for _ in range(TIMES):
            result = self.preload(command("ends_in_churn"), "stack_depth=0")  # which reads the trace, and jq does
            self.assertEqual(result.status, 0, result.stderr)
            self.assertEqual(len(select(result.traces, ev="exit")), 1, "expected a line for the orderly end")

    def test_trace_is_valid_after_sigkill(self):
        for _ in range(TIMES):
            result = self.preload(command("ends_in_churn", "killed"), "stack_depth=0")
            self.assertEqual(result.status, -signal.SIGKILL, result.stderr)
            self.assertEqual(select(result.traces, ev="exit"), [], "expected no line for an orderly end")

    def test_report_of_a_killed_program_warns_of_what_was_open(self):
        result = self.socksan_run(command("ends_in_churn", "killed"))
        self.assertEqual(result.status, 128 + signal.SIGKILL, "expected the status of a program that was killed")
        self.assertEqual([process["end"] for process in result.report["processes"]], ["signal"])
        self.assertEqual({violation["severity"] for violation in result.report["violations"]} - {"warning"}, set(),
                         "expected warnings only, as it had no chance to close")


if __name__ == "__main__":
    unittest.main()
