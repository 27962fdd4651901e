"""A trace with a size limit: recording never ends at max_bytes. The oldest lines are removed, what is open is carried over, and the report is the same.

SPDX-License-Identifier: Apache-2.0
"""

import glob
import json
import os
import pathlib
import random
import re
import struct
import subprocess
import threading
import unittest

from socksan_test import SockSanTest, check, program, read_report, select, shim, socksan

ROOM = 4 << 20


def size(folder):
    total = 0
    for path in glob.glob(f"{folder}/*.jsonl"):
        try:
            total += os.path.getsize(path)
        except FileNotFoundError:  # a segment that has just gone
            pass
    return total


class Watcher:
    """The most bytes that the traces of a folder have while the block runs."""

    def __init__(self, folder):
        self.folder, self.most, self.done = folder, 0, threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while not self.done.wait(0.002):
            self.most = max(self.most, size(self.folder))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()


class Bounded(SockSanTest):
    def churn(self, *args, room=ROOM):
        """Run tests/programs/bounded.c: the Result, and the most bytes that its traces had."""
        os.mkdir(os.path.join(self.tmp, "traces"))
        folder, report = os.path.join(self.tmp, "traces"), os.path.join(self.tmp, "report.json")
        cmd = [socksan(), "run", f"--trace-dir={folder}", f"--output=json={report}", f"--option=max_bytes={room}", "--", program("bounded"),
               *map(str, args)]
        with Watcher(folder) as watcher:
            status, _, stderr = self.finish(self.start(cmd))
        return status, stderr, read_report(report), folder, watcher.most

    def events(self, folder, killed=0):
        """The lines of the folder's traces; all that are not about a call are held to the schema. A kill may have cut one line short in each
        of so many threads: about once in 2000 kills of a process that does nothing but write lines."""
        events, torn = [], []
        for path in glob.glob(f"{folder}/*.jsonl"):
            with open(path, encoding="utf-8") as lines:
                for line in lines:
                    if line.startswith("{") and not line.endswith("}\n"):
                        torn.append(line)
                    elif line != "\n":
                        events.append(json.loads(line))
        self.assertLessEqual(len(torn), killed, f"expected each line to be whole: {torn}")
        for event in events:
            if event["ev"] != "fd":
                check("shim/model/trace.schema.json", event, folder)
        return events

    def found_in(self, connections, room):
        status, stderr, report, folder, most = self.churn(connections, connections // 100, room=room)
        self.assertEqual(status, 23, f"expected the leaks to be found\n{stderr}")
        self.assertLessEqual(most, room, "expected the trace to stay within max_bytes at any moment")
        self.assertGreater(len(glob.glob(f"{folder}/*.s*.jsonl")), 2, "expected the events to go to segments")
        self.assertEqual([(v["code"], v["count"]) for v in report["violations"]], [("never-closed", 100)], "expected all leaks, of one place")
        self.assertEqual(report["violations"][0]["stacks"]["opened"][0]["function"], "leak")
        self.assertEqual(report["totals"]["sockets"], 2 * connections, "expected those summed up to be counted with the others, each once")
        self.assertEqual((report["totals"]["dropped"], report.get("incomplete")), (0, None), "expected nothing to be missing")
        self.assertGreater(report["processes"][0]["summed_up"], connections // 2)
        self.assertIn("sockets from 2 places were closed and are only counted", stderr)
        evidence = report["violations"][0]["evidence"]
        self.assertEqual((evidence["opened"], evidence["closed"]), (200, 100), "expected the evidence to count what is summed up")

    def test_a_leak_is_found_whatever_went_before(self):
        self.found_in(100000, ROOM)

    def test_segments_may_be_as_long_as_their_windows(self):
        self.found_in(120000, 8 * ROOM)

    def test_any_file_of_a_trace_stands_for_all(self):
        _, _, report, folder, _ = self.churn(30000, 1000)
        for path in sorted(glob.glob(f"{folder}/*.jsonl")):
            result = self.bare([socksan(), "report", "--format=json", path])
            self.assertEqual(json.loads(result.stdout)["totals"], report["totals"], f"{path}: expected the report of the whole trace")

    def test_threads_lose_nothing(self):
        for threads in (2, 8):
            with self.subTest(threads=threads):
                self.tmp = self.folder("threads")
                status, stderr, report, _, most = self.churn(96000, 500, threads, 20, room=2 * ROOM)
                self.assertEqual(status, 23, stderr)
                self.assertLessEqual(most, 2 * ROOM)
                self.assertEqual(sum(v["count"] for v in report["violations"]), 96000 // threads // 500 * threads, stderr)
                self.assertEqual({v["code"] for v in report["violations"]}, {"never-closed"}, "expected no violation that the program has not")
                self.assertEqual((report["totals"]["sockets"], report["totals"]["dropped"]), (2 * 96000 + 20, 0))

    def test_checkpoints_tell_what_is_open(self):
        _, _, _, folder, _ = self.churn(60000, 2000, 1, 40)
        events = self.events(folder)
        lines = select(events, ev="checkpoint")
        self.assertTrue(lines, "expected what is open to be carried on")
        held = [line for line in lines if line.get("family") == "AF_INET"]
        self.assertEqual({line["op"] for line in held}, {"socket"})
        self.assertEqual({line["state"] for line in held}, {"CLOSED"})
        for end in select(events, ev="round"):
            if end["round"]:
                there = len([line for line in lines if line["round"] == end["round"]])
                self.assertLessEqual(there, end["lines"])
        self.assertEqual(select(events, ev="lost"), [], "expected a trace with bounds to lose nothing")

    def test_a_kill_loses_nothing(self):
        random.seed(1)
        for turn in range(25):
            threads = 1 + turn % 3
            folder = self.folder("kill")
            count = os.path.join(folder, "count")
            env = self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={folder}/t:max_bytes={ROOM}", OPEN_COUNT=count)
            process = self.start([program("bounded"), "100000000", "300", str(threads), "50"], env=env, stderr=subprocess.DEVNULL)
            while not glob.glob(f"{folder}/*.s8.jsonl"):
                self.assertIsNone(process.poll(), "expected the program to run on")
            threading.Event().wait(random.random() / 2)
            process.kill()
            process.wait()
            open_then = struct.unpack("q", pathlib.Path(count).read_bytes()[:8])[0]
            self.events(folder, killed=threads)
            result = self.bare([socksan(), "snapshot", "--format=json", folder])
            found = json.loads(result.stdout)["totals"]["open"]
            # A thread may have been between a call and its count, with both ends of a pair.
            self.assertTrue(open_then <= found <= open_then + 2 * threads + 1,
                            f"turn {turn}, {threads} threads: {open_then} were open, {found} are in the trace {folder}")

    def test_forks_and_execs_have_traces_with_bounds(self):
        folder, report = self.folder("traces"), os.path.join(self.tmp, "report.json")
        n, programs, children = 15000, 3, 2
        status, _, stderr = self.finish(self.start([socksan(), "run", f"--trace-dir={folder}", f"--output=json={report}",
                                                    f"--option=max_bytes={ROOM}", "--", program("bounded_execs"),
                                                    *map(str, (n, programs, children))]))
        self.assertEqual(status, 23, stderr)
        found = read_report(report)
        self.assertEqual([(v["code"], v["count"]) for v in found["violations"]], [("never-closed", programs * children + 1)],
                         "expected what the children left, and the last program; what closes on exec is closed")
        self.assertEqual(found["totals"]["dropped"], 0)
        self.assertEqual(sorted(process["sockets"] for process in found["processes"]),
                         programs * children * [2 * n + 1] + programs * [4 * n + 1], "expected each process and program to count what it made")
        self.assertEqual(found["totals"]["sockets"], programs * (4 * n + 1) + programs * children * (2 * n + 1))
        self.assertEqual(found["totals"]["torn"], 0)
        by_process = {}
        for path in glob.glob(f"{folder}/*.jsonl"):
            pid = os.path.basename(path).split(".")[1]
            by_process[pid] = by_process.get(pid, 0) + os.path.getsize(path)
        self.assertEqual(len(by_process), 1 + programs * children)
        self.assertLessEqual(max(by_process.values()), ROOM, "expected the programs of a process to share its room")

    def test_a_forked_child_counts_its_own_alone(self):
        source = """
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
static void churn(int pairs)
{
	for (int fds[2]; pairs-- > 0 && !socketpair(AF_UNIX, SOCK_STREAM, 0, fds); close(fds[1]))
		close(fds[0]);
}
int main(void)
{
	churn(30000);
	if (!fork()) {
		churn(10000);
		exit(0);
	}
	wait(NULL);
	return 0;
}
"""
        folder = self.folder("traces")
        path = self.compile("churns_and_forks", source)
        self.finish(self.start([socksan(), "run", f"--trace-dir={folder}", f"--option=max_bytes={ROOM}", "--", path]))
        closed = {}
        for event in self.events(folder):
            how = "fork" if event["ev"] == "process" and event["how"] == "fork" else None
            closed.setdefault(event["pid"], {"fork": False, "places": {}})["fork"] |= how is not None
            if event["ev"] == "place":
                places = closed[event["pid"]]["places"]
                places[event.get("stack")] = max(places.get(event.get("stack"), 0), event["closed"])
        [child] = [sum(one["places"].values()) for one in closed.values() if one["fork"]]
        self.assertGreater(child, 0, "expected the child's trace to have bounds")
        self.assertLessEqual(child, 20000, "expected no more than the child closed itself")
    def test_what_was_counted_before_there_are_segments_is_not_counted_twice(self):
        for n in (1200, 1600, 2000, 2400):
            with self.subTest(n=n):
                report = os.path.join(self.tmp, "few.json")
                self.finish(self.start([socksan(), "run", f"--output=json={report}", f"--option=max_bytes={ROOM}", "--",
                                        program("bounded_execs"), str(n), "2", "0"]))
                self.assertEqual([process["sockets"] for process in read_report(report)["processes"]], 2 * [4 * n + 1])

    def test_a_program_that_drops_its_rights(self):
        """Segments are made as long as the user may make them."""
        if os.geteuid() != 0:
            self.skipTest("only root can become another user")
        source = """#include <stdlib.h>
            #include <sys/socket.h>
            #include <unistd.h>
            int main(void) {
                int fds[2];
                if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) || close(fds[0]) || setgid(65534) || setuid(65534)) return 1;
                for (long i = 0; i < 30000; i++)
                    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) || close(fds[0]) || close(fds[1])) return 2;
                return 0;
            }"""
        cmd = [self.compile("rights", source)]
        os.chmod(self.tmp, 0o755)
        for mode, whole in ((0o777, True), (0o755, False)):
            with self.subTest(mode=oct(mode)):
                folder = self.folder("traces")
                os.chmod(folder, mode)
                env = self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={folder}/t:max_bytes={ROOM}")
                self.assertEqual(self.finish(self.start(cmd, env=env))[0], 0)
                lost = select(self.events(folder), ev="lost")
                self.assertEqual(bool(lost), not whole, f"expected {'nothing' if whole else 'something'} to be lost: {lost}")
                self.assertLessEqual(size(folder), ROOM)

    def judged(self, room):
        """What a report says of tests/programs/bounded_mix.c, without what differs from run to run."""
        report, folder = os.path.join(self.tmp, "mix.json"), self.folder("mix")
        status, _, stderr = self.finish(self.start([socksan(), "run", f"--trace-dir={folder}", f"--output=json={report}",
                                                    f"--option=max_bytes={room}", "--option=unread_every=1", "--", program("bounded_mix"),
                                                    "30000", "150"]))
        self.assertEqual(status, 23, stderr)
        found = read_report(report)
        # A busy machine makes calls wait, which has a line of its own; it is kept.
        found["totals"]["events"] -= sum("waited" in event for event in self.events(folder))
        keys = ("code", "cause", "severity", "count", "message", "help", "fingerprint", "state")
        return found["totals"], [{**{key: violation.get(key) for key in keys},
                                  "evidence": {key: violation.get("evidence", {}).get(key) for key in ("opened", "closed", "open", "why")},
                                  "history": [(step["op"], step.get("to")) for step in violation.get("history", [])]}
                                 for violation in found["violations"]]

    def test_the_report_is_that_of_a_trace_without_bounds(self):
        totals, bounded = self.judged(ROOM)
        all_of_it, whole = self.judged(1 << 30)
        self.assertEqual(bounded, whole, "expected the same violations, each as often and with the same story")
        for key in ("sockets", "events", "dropped", "by_code"):
            self.assertEqual(totals[key], all_of_it[key], key)

    def judged_family(self, room):
        report = os.path.join(self.tmp, "family.json")
        status, _, stderr = self.finish(self.start([socksan(), "run", f"--output=json={report}", f"--option=max_bytes={room}",
                                                    "--limit=held-by-child=100ms", "--", program("bounded_forks"), "6000"]))
        self.assertIn(status, (0, 23), stderr)
        self.assertNotIn("left there", stderr, "expected the private folder to go with all files of the traces")
        found = read_report(report)
        bounded = [process["summed_up"] for process in found["processes"] if "summed_up" in process]
        keys = ("code", "cause", "severity", "count", "message", "help", "fingerprint", "state", "at_least")
        return (found["totals"]["sockets"], sorted(re.sub(r"pid \d+|for [\d.]+ m?s", "", repr({key: violation.get(key) for key in keys}))
                                                  for violation in found["violations"])), bounded

    def test_a_family_is_judged_as_by_traces_without_bounds(self):
        whole, none = self.judged_family(1 << 30)
        self.assertEqual(none, [])
        self.assertEqual([violation.split("'")[3] for violation in whole[1]], ["held-by-child", "leaked-to-exec"])
        bounded, summed = self.judged_family(ROOM)
        self.assertGreaterEqual(len(summed), 6, "expected the processes to have dropped lines")
        self.assertEqual(bounded, whole, "expected the same verdicts, and the same number of sockets")

    def test_a_count_whose_lines_are_gone_is_said_to_be_at_least(self):
        report = os.path.join(self.tmp, "many.json")
        for room in (ROOM, 1 << 30):
            with self.subTest(room=room):
                _, _, stderr = self.finish(self.start([socksan(), "run", f"--output=json={report}", f"--option=max_bytes={room}",
                                                       "--option=unread_every=1", "--", program("bounded_mix"), "24000", "40"]))
                found = read_report(report)["violations"]
                for code in ("double-close", "use-after-close", "wrong-state", "unread-data"):
                    violation, = [v for v in found if v["code"] == code]
                    if room == ROOM:
                        self.assertTrue(violation.get("at_least"), f"{code}: expected it to be said that not each is known")
                        self.assertTrue(32 <= violation["count"] < 100, f"{code}: {violation['count']}")
                    else:
                        self.assertEqual((violation["count"], violation.get("at_least")), (100, None), code)
                for violation in found:
                    if violation["code"] == "never-closed":
                        self.assertEqual((violation["count"], violation.get("at_least")), (100, None), "expected each leak to be known")
                self.assertEqual("(at least " in stderr, room == ROOM, stderr)

    def test_less_room_than_segments_need_ends_the_trace(self):
        status, stderr, report, folder, _ = self.churn(20000, 1000, room=ROOM - 1)
        self.assertEqual(status, 23, stderr)
        self.assertEqual(glob.glob(f"{folder}/*.s*.jsonl"), [], "expected one file")
        self.assertGreater(report["totals"]["dropped"], 0)


if __name__ == "__main__":
    unittest.main()
