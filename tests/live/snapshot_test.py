"""`socksan snapshot`: what a running process has open, by the place that opened it.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from live_test_base import SERVER, LiveTest, check, find, read_profile, shim, socksan

def read(path):
    return pathlib.Path(path).read_text(encoding="utf-8")


PROCESS = {"ev": "process", "t": 1, "pid": 9, "schema": 1, "wall": 1700000000.5, "ppid": 1, "how": "exec", "nofile": 100, "start": 5,
           "boot": "00000000-0000-0000-0000-000000000000", "host": "elsewhere", "exe": "/opt/shop/server", "argv": ["server"]}


def opened(number, t, **more):
    return {"ev": "fd", "t": t, "pid": 9, "tid": 9, "op": "accept4", "fd": 3 + number, "sock": number, "from": None, "to": "ESTABLISHED",
            "ret": 3 + number, "family": "AF_INET", "type": "SOCK_STREAM", "peer": f"10.0.0.{number % 3}:{40000 + number}", "stack": 1, **more}


def closed(number, t):
    return {"ev": "fd", "t": t, "pid": 9, "tid": 9, "op": "close", "fd": 3 + number, "sock": number, "from": "ESTABLISHED", "to": "CLOSED", "ret": 0}


class OfAProcess(LiveTest):
    def test_places_counts_and_limit(self):
        server = self.server()
        server.tell("leak", 7)
        server.tell("use", 4)
        server.tell("shut", 2)
        snapshot = self.snapshot(server.pid)
        leak = self.place(snapshot, "leak")
        self.assertEqual((5, 7, 2), (leak["open"], leak["opened"], leak["closed"]))
        self.assertEqual(({"ESTABLISHED": 5}, {"socket": 5}), (leak["states"], leak["kinds"]))
        self.assertEqual([{"peer": "127.0.0.1", "open": 5}], leak["peers"], "expected clients without their ports")
        self.assertEqual(("accept4", "TCP socket", True), (leak["op"], leak["what"], leak["own"]))
        self.assertEqual([{"pid": server.pid, "open": 5}], leak["processes"])
        [process] = snapshot["processes"]
        self.assertEqual(("running", 6), (process["end"], process["open"]))
        self.assertEqual(len(os.listdir(f"/proc/{server.pid}/fd")), process["descriptors"], "expected what the kernel counts")
        limit = re.search(r"^Max open files +(\d+)", read(f"/proc/{server.pid}/limits"), re.M)[1]
        self.assertEqual(int(limit), process["nofile"])
        totals = snapshot["totals"]
        self.assertEqual((6, 2, {"ESTABLISHED": 5, "LISTENING": 1}), (totals["open"], totals["places"], totals["states"]))

    def test_the_process_is_left_alone(self):
        server = self.server()
        before = read(f"/proc/{server.pid}/status")
        trace = self.start(["strace", "-f", "-e", "trace=ptrace,kill,tgkill,process_vm_readv,pidfd_send_signal", "-o",
                            f"{self.tmp}/calls", socksan(), "snapshot", str(server.pid)])
        status, _, err = self.finish(trace)
        self.assertEqual(0, status, err)
        calls = read(f"{self.tmp}/calls")
        self.assertNotRegex(calls, r"ptrace\(|kill\(|process_vm_readv\(", "expected none of these calls")
        counts = [re.findall(r"^(?:SigPnd|ShdPnd|TracerPid):.*", text, re.M)
                  for text in (before, read(f"/proc/{server.pid}/status"))]
        self.assertEqual(counts[0], counts[1])
        server.tell("use", 1)

    def test_children_are_part_of_it(self):
        server = self.server()
        server.tell("leak", 2)
        server.tell("fork", 3)
        snapshot = self.snapshot(server.pid)
        [process] = self.place(snapshot, "fork")["processes"]
        self.assertEqual(3, process["open"])
        self.assertEqual({server.pid: 3, process["pid"]: 3}, {counted["pid"]: counted["open"] for counted in snapshot["processes"]},
                         "expected the listener, which the child inherited, to count once")
        self.assertEqual(6, snapshot["totals"]["open"])
        alone = self.snapshot(process["pid"])
        self.assertEqual([process["pid"]], [counted["pid"] for counted in alone["processes"]], "expected a child alone when it is asked for")

    def test_kinds_beside_sockets(self):
        server = self.server(options="kinds=all")
        server.tell("files", 3)
        hold = self.place(self.snapshot(server.pid), "hold")
        self.assertEqual(({"file": 3}, {"OPEN": 3}), (hold["kinds"], hold["states"]))

    def test_the_second_sees_what_came_since(self):
        server = self.server()
        server.tell("leak", 1)
        first = self.snapshot(server.pid)
        server.tell("leak", 3)
        second = self.snapshot(server.pid)
        self.assertEqual((1, 4), tuple(self.place(snapshot, "leak")["open"] for snapshot in (first, second)))
        self.assertEqual(self.place(first, "leak")["key"], self.place(second, "leak")["key"])
        self.assertGreater(second["time"]["t"], first["time"]["t"])

    def test_a_key_outlives_the_process(self):
        keys = set()
        for count in (1, 2):
            server = self.server()
            server.tell("leak", count)
            keys.add(self.place(self.snapshot(server.pid), "leak")["key"])
        self.assertEqual(1, len(keys), "expected the same key after a restart")

    def test_text(self):
        server = self.server()
        server.tell("leak", 12)
        status, text, err = self.say("snapshot", server.pid)
        self.assertEqual((0, ""), (status, err))
        self.assertRegex(text, r"(?m)^open: 12 TCP sockets, the oldest for \S+ m?s$")
        self.assertRegex(text, r"(?m)^  --> \S*live_server.py:\d+ in leak$")
        self.assertIn("   = 12 ESTABLISHED; opened 12, closed 0\n   = peer: 127.0.0.1 (12)\n", text)
        self.assertRegex(text, rf"(?m)^process {server.pid} \(python3 live_server.py\): 13 open of \d+ opened; "
                               r"\d+ of \d+ descriptors in use \(\d+ %\)$")
        self.assertTrue(text.endswith("socksan: 13 sockets open from 2 places in 1 process: 12 ESTABLISHED, 1 LISTENING\n"), text)
        self.assertIn("... and 1 more places (--max=0 shows all)", self.say("snapshot", "--max=1", server.pid)[1])

    def test_a_folder_is_the_same(self):
        server = self.server()
        server.tell("leak", 3)
        self.assertEqual(self.place(self.snapshot(server.pid), "leak")["open"], self.place(self.snapshot(server.folder), "leak")["open"])

    def test_a_trace_below_the_root_of_the_process(self):
        if os.getuid() != 0:
            self.skipTest("only root may change its root")
        root = self.folder("root")
        source = f"""
import os, socket, sys
os.mkdir({root!r} + '/t')
os.chroot({root!r}); os.chdir('/')
kept = socket.socketpair()
print('ready', flush=True)
sys.stdin.read()
"""
        process = self.start(["/usr/bin/python3", "-c", source], stdin=-1,
                             env=self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={self.tmp}/seen"))
        self.assertEqual("ready\n", process.stdout.readline())
        self.assertEqual(2, self.snapshot(process.pid)["totals"]["open"])


    def test_in_another_pid_namespace(self):
        """Seen from outside it has another number, and the limit is known all the same."""
        process = self.start(["unshare", "--pid", "--fork", "--kill-child", "/usr/bin/python3", SERVER], stdin=-1,
                             env=self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={self.tmp}/t"))
        if process.stdout.readline() != "ready\n":
            self.skipTest(f"no namespaces here: {process.stderr.read()}")
        [pid] = read(f"/proc/{process.pid}/task/{process.pid}/children").split()
        snapshot = self.snapshot(pid)
        [inner] = [one for one in snapshot["processes"] if one["pid"] == 1]
        self.assertEqual(("running", 1), (inner["end"], inner["open"]))
        self.assertEqual(len(os.listdir(f"/proc/{pid}/fd")), inner["descriptors"])


class ThatCannotBe(LiveTest):
    def test_a_process_that_is_gone(self):
        process = self.start(["true"])
        process.wait()
        self.assert_refused("snapshot", process.pid, says=f"there is no process {process.pid} (any more)")
        self.assert_refused("snapshot", 0, says="there is no process 0")

    def test_one_that_has_ended_and_is_not_waited_for(self):
        server = self.server()
        os.kill(server.pid, signal.SIGKILL)
        while read(f"/proc/{server.pid}/stat").rsplit(")", 1)[1].split()[0] != "Z":
            time.sleep(0.01)
        self.assert_refused("snapshot", server.pid, says=f"there is no process {server.pid} (any more)")

    def test_one_that_is_not_traced(self):
        server = self.server(preload=False)
        self.assert_refused("snapshot", server.pid, says=f"is not traced: trace it from now on with `socksan attach {server.pid}`, or start it with `socksan run --trace-dir=DIR -- COMMAND`")

    def test_one_without_a_socket(self):
        process = self.start(["sleep", "1000"], env=self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={self.tmp}/t"))
        while "libsocksan" not in read(f"/proc/{process.pid}/maps"):
            time.sleep(0.01)
        self.assert_refused("snapshot", process.pid, says="is observed, but has no trace yet: it has used no socket")

    def test_one_whose_trace_was_removed(self):
        server = self.server()
        shutil.rmtree(server.folder)
        self.assert_refused("snapshot", server.pid, says="is traced, but its trace was removed")

    def test_one_of_another_user(self):
        if os.getuid() != 0:
            self.skipTest("only root can become another user")
        server = self.server()
        with tempfile.TemporaryDirectory() as folder:  # where another user may go
            os.chmod(folder, 0o755)
            tool = shutil.copy(socksan(), folder)
            status, out, err = self.finish(self.start([tool, "snapshot", str(server.pid)], user="nobody", cwd="/"))
        self.assertEqual((2, ""), (status, out), err)
        self.assertIn("belongs to another user: run socksan as root", err)

    def test_a_folder_without_traces(self):
        self.assert_refused("snapshot", self.folder("empty"), says="no traces in this folder")

    def test_words(self):
        self.assertIn("no PID, DIR or TRACE", self.say("snapshot")[2])
        self.assertIn("one PID, DIR or TRACE at a time", self.say("snapshot", "1", "2")[2])
        self.assertIn("no format 'xml'; there are text json pprof", self.say("snapshot", "--format=xml", "1")[2])
        self.assertEqual(2, self.say("snapshot", "--max=x", "1")[0])


class OfATrace(LiveTest):
    def test_of_another_machine(self):
        path = self.write("t.jsonl", [PROCESS, *[opened(n, 1000 + n) for n in range(6)], closed(0, 3_000_000_000)])
        snapshot = self.snapshot(path)
        self.assertEqual(["unknown"], [process["end"] for process in snapshot["processes"]])
        [place] = snapshot["places"]
        self.assertEqual((5, 6, 1, 2.999), (place["open"], place["opened"], place["closed"], place["oldest"]))
        self.assertEqual([("10.0.0.1", 2), ("10.0.0.2", 2), ("10.0.0.0", 1)], [(peer["peer"], peer["open"]) for peer in place["peers"]])
        self.assertEqual({"t": 3_000_000_000, "wall": 1700000003.499, "boot": PROCESS["boot"], "host": "elsewhere"}, snapshot["time"])
        self.assertEqual(["whether the processes still run is not known here: this is what was open when the trace stopped"],
                         snapshot["notes"])

    def test_a_number_is_a_process_and_a_path_a_file(self):
        self.write("99999999", [PROCESS, opened(1, 2)])
        self.assert_refused("snapshot", "99999999", says="there is no process 99999999")
        self.assertEqual(1, self.snapshot("./99999999")["totals"]["open"])

    def test_of_processes_that_have_ended(self):
        server = self.server()
        server.tell("leak", 3)
        server.process.stdin.close()
        server.process.wait()
        snapshot = self.snapshot(server.folder)
        self.assertEqual((["exit"], 3), ([process["end"] for process in snapshot["processes"]], self.place(snapshot, "leak")["open"]))
        self.assertEqual(["none of the processes runs any more: this is what was open when they ended"], snapshot["notes"])

    def test_lines_that_are_being_written(self):
        whole = [PROCESS, opened(1, 2)]
        torn = json.dumps(opened(2, 3))
        path = self.write("t.jsonl", [*whole, torn[:80] + "\n" * 200, opened(3, 4), torn[:30]])
        self.assertEqual(2, self.snapshot(path)["totals"]["open"], "expected the whole lines alone, and no complaint")

    def test_a_file_that_shrinks(self):
        lines = [PROCESS, *[opened(n, 1000 + n) for n in range(20000)]]
        path = self.write("t.jsonl", lines)
        for at in (100, 5000, 300000):
            process = self.start([socksan(), "snapshot", "--format=json", path])
            os.truncate(path, at)
            status, out, err = self.finish(process)
            self.assertIn(status, (0, 2), f"expected an end, at {at}\n{out}{err}")
            self.write("t.jsonl", lines)

    def test_times_that_cannot_be(self):
        most = 2**63 - 1
        path = self.write("t.jsonl", [{**PROCESS, "wall": 8e9}, opened(1, 0), opened(2, 1), opened(3, most)])
        self.assertEqual(3, self.snapshot(path)["totals"]["open"])
        packed = subprocess.run([socksan(), "snapshot", "--format=pprof", path], check=True, stdout=subprocess.PIPE).stdout
        self.assertEqual(most, read_profile(packed)["samples"][0]["values"]["age"])

    def test_events_that_were_lost(self):
        path = self.write("t.jsonl", [PROCESS, opened(1, 2), {"ev": "lost", "t": 3, "pid": 9, "tid": 9, "why": "max_bytes", "dropped": 12}])
        self.assertIn("12 events were not recorded: some that are shown may be closed, others missing", self.snapshot(path)["notes"])

    def test_input_of_no_use(self):
        self.assert_refused("snapshot", self.write("t.jsonl", ["what is this\n"]), says="no usable line")
        self.assert_refused("snapshot", "/bin/true", says="a program, not a trace")
        self.assert_refused("snapshot", f"{self.tmp}/nowhere", says="No such file or directory")

    def test_a_socket_counts_where_it_still_is(self):
        """Its maker gave it to a child and closed it: it is the child's, and of the maker's place."""
        child = {**PROCESS, "t": 50, "pid": 10, "ppid": 9, "how": "fork"}
        trace = [PROCESS, opened(1, 20, cookie="c1"), closed(1, 90)]
        inherits = {"ev": "fd", "t": 60, "pid": 10, "tid": 10, "op": "fork", "fd": 4, "sock": 0, "from": None, "to": "ESTABLISHED",
                    "inherited": True, "cookie": "c1", "family": "AF_INET", "type": "SOCK_STREAM"}
        folder = os.path.dirname(self.write("family/a.jsonl", trace))
        self.write("family/b.jsonl", [child, inherits])
        [place] = self.snapshot(folder)["places"]
        self.assertEqual(("accept4", 1, [{"pid": 10, "open": 1}]), (place["op"], place["open"], place["processes"]))


class OfEveryGoldenTrace(LiveTest):
    """Whatever is in a trace, the snapshot is what its schema says, and the profile what the format says."""

    def test_each(self):
        for folder in sorted(path for path in find("tests/traces/minimal/hand.jsonl").parent.parent.iterdir() if list(path.glob("*.jsonl"))):
            with self.subTest(folder.name):
                status, out, err = self.say("snapshot", "--format=json", folder)
                self.assertIn(status, (0, 2), err)
                if status == 2:
                    self.assertTrue(err.startswith("socksan: "), err)
                    continue
                snapshot = json.loads(out)
                check("analyzer/report/snapshot.schema.json", snapshot, folder.name)
                self.assertEqual(snapshot["totals"]["open"], sum(place["open"] for place in snapshot["places"]))
                self.assertEqual(snapshot["totals"]["open"], sum(process["open"] for process in snapshot["processes"]))
                packed = subprocess.run([socksan(), "snapshot", "--format=pprof", folder], check=True, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL).stdout
                self.assertEqual(snapshot["totals"]["open"], sum(sample["values"]["open"] for sample in read_profile(packed)["samples"]))
                self.assertEqual(0, self.say("top", "-n", 1, folder)[0])


class Profile(LiveTest):
    def pprof(self, what):
        packed = subprocess.run([socksan(), "snapshot", "--format=pprof", str(what)], check=True, stdout=subprocess.PIPE).stdout
        path = os.path.join(self.tmp, "open.pb.gz")
        with open(path, "wb") as file:
            file.write(packed)
        return path, read_profile(packed)

    def test_open_descriptors_by_stack(self):
        server = self.server()
        server.tell("leak", 5)
        before = time.time_ns()
        _, profile = self.pprof(server.pid)
        self.assertEqual(([("open", "count"), ("age", "nanoseconds")], "open"), (profile["types"], profile["default"]))
        self.assertLess(abs(profile["time"] - before), 600 * 10**9, "expected the time of day")
        by_state = {sample["labels"]["state"]: sample for sample in profile["samples"]}
        self.assertEqual({"ESTABLISHED": 5, "LISTENING": 1}, {state: sample["values"]["open"] for state, sample in by_state.items()})
        self.assertGreater(by_state["ESTABLISHED"]["values"]["age"], 0)
        functions = [function for function, _, _ in by_state["ESTABLISHED"]["stack"]]
        self.assertEqual(["accept", "leak", "main", "live_server.py <module>"], functions[:4])
        self.assertTrue(all(file.endswith("live_server.py") and line > 0 for _, file, line in by_state["ESTABLISHED"]["stack"][1:4]))

    def test_no_stack(self):
        _, profile = self.pprof(self.write("t.jsonl", [PROCESS, opened(1, 2)]))
        self.assertEqual([("(no stack was recorded)", "", 0)], profile["samples"][0]["stack"])

    def test_nothing_open(self):
        _, profile = self.pprof(self.write("t.jsonl", [PROCESS]))
        self.assertEqual([], profile["samples"])

    def test_go_reads_it(self):
        if shutil.which("go") is None:
            self.skipTest("no go here")
        server = self.server()
        server.tell("leak", 5)
        path, _ = self.pprof(server.pid)
        status, text, err = self.bare(["go", "tool", "pprof", "-top", path], env=self.environment(HOME=self.tmp))[:3]
        self.assertEqual(0, status, err)
        self.assertRegex(text, r"(?m)^ +5 83.33% 83.33% +5 83.33% +accept$")
        self.assertRegex(text, r"(?m)^ +0 .* 5 83.33% +leak$")

    def test_a_terminal_is_no_place_for_it(self):
        path = self.write("t.jsonl", [PROCESS, opened(1, 2)])
        controller, terminal = os.openpty()
        status, _, err = self.say("snapshot", "--format=pprof", path, stdout=terminal)
        os.close(terminal)
        os.close(controller)
        self.assertEqual(2, status)
        self.assertIn("a profile is binary", err)


if __name__ == "__main__":
    unittest.main()
