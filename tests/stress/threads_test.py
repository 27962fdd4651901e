"""Signal handlers in the middle of hooks, threads that share sockets in turn or race for them, and sudden deaths.

SPDX-License-Identifier: Apache-2.0
"""

import collections
import json
import os
import pathlib
import random
import shutil
import signal
import struct
import time
import unittest

from socksan_test import program, select, shim, torn_lines
from stress_base import ITERATIONS, StressTest

KILLS = int(os.environ.get("STRESS_KILLS", "500"))


class ThreadsTest(StressTest):
    def test_a_signal_handler_opens_and_closes_sockets(self):
        own, _ = self.run_watched("stress_signal", ITERATIONS)
        self.assert_clean(own)

    def test_a_handler_jumps_out_of_what_it_interrupted(self):
        # A jump out of the very copying of a line leaves it torn, as a death would; all others are whole.
        folder = self.folder("jump")
        env = self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={folder}/t:max_bytes=4g")
        process = self.start([program("stress_escape"), "jump", str(ITERATIONS)], env=env)
        self.assertEqual(self.finish(process), (0, f"{ITERATIONS} times\n", ""))
        whole, torn = collections.Counter(), 0
        for line in pathlib.Path(f"{folder}/t.{process.pid}.jsonl").read_bytes().split(b"\n"):
            try:
                whole[json.loads(line)["ev"] if line else None] += 1
            except (ValueError, TypeError, KeyError):
                torn += 1
        self.assertEqual((whole["process"], whole["exit"]), (1, 1), "expected the first line and the last")
        self.assertGreater(whole["fd"], ITERATIONS)
        self.assertLessEqual(torn, 1 + ITERATIONS // 100, "expected hardly any torn line")

    def test_a_handler_forks_where_it_interrupted(self):
        own, children = self.run_watched("stress_escape", "fork", ITERATIONS // 10)
        self.assertEqual((own.exit["status"], own.exit["dropped"], own.violations), (0, 0, []))
        self.assertGreaterEqual(len(children), ITERATIONS // 10, "expected a trace of each child")
        for child in children:
            self.assertEqual((child.first["how"], child.violations), ("fork", []), f"in the trace of {child.first}")

    def test_coroutines_on_stacks_that_come_and_go(self):
        own, _ = self.run_watched("stress_escape", "stacks", ITERATIONS)
        self.assert_clean(own)

    def test_sixteen_threads_that_share_sockets_in_turn_make_no_mistake(self):
        own, _ = self.run_watched("stress_shared", ITERATIONS)
        self.assert_clean(own)
        self.assertEqual(own.notes, [], "expected every close to be seen")

    def test_sixteen_threads_that_race_do_no_harm(self):
        own, _ = self.run_watched("stress_racing", ITERATIONS)
        self.assertEqual((own.exit["status"], own.exit["dropped"]), (0, 0))
        self.assertEqual(own.exit["events"], own.fds)

    def test_a_disk_that_is_slow_as_the_process_ends_leaves_nothing_behind_the_last_line(self):
        # Each growth of the file takes 40 ms more, so that one is nearly always under way at the end.
        if self.bare(["strace", "-o", "/dev/null", "true"]).status:
            self.skipTest("strace does not work here")
        for _ in range(5):
            folder = self.folder("slow")
            ended = self.bare(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=writev", "-e", "inject=writev:delay_enter=40000",
                               "-E", f"LD_PRELOAD={shim()}", "-E", f"SOCKSAN_OPTIONS=log_path={folder}/t", program("stress_left"), "400"])
            self.assertEqual((ended.status, ended.stderr), (0, ""))
            time.sleep(0.1)  # what adds to the file is a process of its own, which may outlive the program
            [path] = pathlib.Path(folder).glob("*.jsonl")
            self.assertEqual(path.read_bytes()[-2:], b"}\n", "expected the last line to be whole, and no blank line behind it")

    def killed(self):
        """Kills a busy program at a random instant: its trace, and how many calls of which threads had returned."""
        folder = self.folder("killed")
        env = self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={folder}/t:max_bytes=4g")
        process = self.start([program("stress_killed"), f"{folder}/notes"], env=env)
        self.assertEqual(process.stdout.readline(), "ready\n")
        time.sleep(min(random.expovariate(1 / 0.005), 0.1))
        process.send_signal(signal.SIGKILL)
        self.assertEqual(process.wait(), -signal.SIGKILL)
        process.stdout.close()
        process.stderr.close()
        notes = struct.unpack("8Q", pathlib.Path(f"{folder}/notes").read_bytes()[:64])
        trace = pathlib.Path(f"{folder}/t.{process.pid}.jsonl")
        return trace, dict(zip(notes[::2], notes[1::2]))

    def test_death_at_any_instant_loses_no_line_of_a_call_that_returned(self):
        lines = 0
        for _ in range(KILLS):
            trace, returned = self.killed()
            text = trace.read_text(encoding="utf-8") if trace.exists() else ""  # killed before the first call returned
            torn = torn_lines(text)
            events = [json.loads(line) for line in text.split("\n") if line and line not in torn]
            written = collections.Counter(event["tid"] for event in select(events, ev="fd"))
            for tid, calls in returned.items():
                lines += calls
                self.assertIn(written[tid] - calls, (0, 1),
                              f"thread {tid}: {calls} calls returned, {written[tid]} lines: expected as many, or one more")
            self.assertLessEqual(len(torn), len(returned), "expected one torn line per thread at most")
            if torn:
                told = self.socksan_report(trace).report["totals"]["torn"]
                self.assertEqual(told, len(torn), "expected the report to count the torn lines")
            shutil.rmtree(trace.parent)
        self.assertGreater(lines, 0, "expected calls to have returned before the deaths")


if __name__ == "__main__":
    unittest.main()
