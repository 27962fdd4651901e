"""A trace is valid however its process ended: also in the middle of work, with threads that were about to write.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import signal
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, command, read_trace, select, shim, torn_lines  # pylint: disable=wrong-import-position

TIMES = 20
CHURNING = 3  # threads of ends_in_churn


class Ending(SockSanTest):
    def test_trace_is_valid_after_return_from_main_under_running_threads(self):
        for _ in range(TIMES):
            result = self.preload(command("ends_in_churn"), "stack_depth=0")  # which reads the trace, and jq does
            self.assertEqual(result.status, 0, result.stderr)
            self.assertEqual(len(select(result.traces, ev="exit")), 1, "expected a line for the orderly end")

    def test_trace_is_valid_after_sigkill_but_for_lines_that_threads_were_copying(self):
        for turn in range(TIMES):
            path = f"{self.folder('killed')}/t"
            env = self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"stack_depth=0:log_path={path}")
            killed = self.bare(command("ends_in_churn", "killed"), env=env)
            self.assertEqual(killed.status, -signal.SIGKILL, killed.stderr)
            (trace,) = pathlib.Path(path).parent.iterdir()
            self.assertEqual(select(read_trace(trace, may_be_torn=True), ev="exit"), [], "expected no line for an orderly end")
            torn = len(torn_lines(trace.read_text(encoding="utf-8")))
            self.assertLessEqual(torn, CHURNING, "expected one torn line per thread at most")
            if torn or not turn:
                told = self.socksan_report(trace).report["totals"]["torn"]
                self.assertEqual(told, torn, "expected the report to count the torn lines")

    def test_report_of_a_killed_program_warns_of_what_was_open(self):
        result = self.socksan_run(command("ends_in_churn", "killed"))
        self.assertEqual(result.status, 128 + signal.SIGKILL, "expected the status of a program that was killed")
        self.assertEqual([process["end"] for process in result.report["processes"]], ["signal"])
        self.assertEqual({violation["severity"] for violation in result.report["violations"]} - {"warning"}, set(),
                         "expected warnings only, as it had no chance to close")


if __name__ == "__main__":
    unittest.main()
