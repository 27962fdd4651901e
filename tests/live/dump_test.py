"""The file in which a process lists what it has open, when descriptors run out or on a signal: dump_at, dump_signal, and EMFILE.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import re
import resource
import signal
import threading
import time
import unittest

from live_test_base import SERVER, LiveTest, Server, check, read_profile, shim, socksan
from socksan_test import program


def limited(soft):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


class DumpTest(LiveTest):
    def limited_server(self, soft, options=""):
        folder = self.folder("traces")
        env = self.environment(SOCKSAN_OPTIONS=f"log_path={folder}/t" + (":" + options if options else ""), LD_PRELOAD=shim())
        process = self.start(["/usr/bin/python3", SERVER], env=env, stdin=-1, preexec_fn=limited(soft))
        server = Server(process, folder)
        server.hear("ready")
        return server

    def path(self, server):
        return pathlib.Path(server.folder, f"t.{server.pid}.open.json")

    def written(self, server, settled=True):
        """The document, which is held to its schema, and its lines to that of traces. Not `settled`: stacks may be on their way to it."""
        path = self.path(server)
        self.assertTrue(path.exists(), f"expected {path}, there is {os.listdir(server.folder)}")
        document = json.loads(path.read_text(encoding="utf-8"))
        check("shim/model/open.schema.json", document, path)
        for line in [document["process"], *document["modules"], *document["stacks"]]:
            check("shim/model/trace.schema.json", line, path)
        stacks = {line["id"] for line in document["stacks"]}
        for place in document["places"]:
            self.assertEqual(place["open"], sum(place["states"].values()), "expected a state of each")
            if settled and "stack" in place:
                self.assertIn(place["stack"], stacks, "expected the stack of each place")
        self.assertEqual(document["open"], sum(place["open"] for place in document["places"]) + document.get("rest", 0))
        return document

    def assert_none(self, server, why):
        self.assertFalse(self.path(server).exists(), f"expected no file: {why}")

    def end(self, server):
        """What the server said on standard error; it has ended."""
        server.process.stdin.close()
        server.process.wait()
        return server.process.stderr.read()

    def await_file(self, path):
        deadline = time.monotonic() + 60
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertTrue(path.exists(), f"expected {path} within a minute")


class When(DumpTest):
    def test_at_a_number(self):
        server = self.server(options="dump_at=40")
        inherited = len(os.listdir(f"/proc/{server.pid}/fd"))
        server.tell("files", 39 - inherited)
        self.assert_none(server, "39 are open, and 40 were named")
        server.tell("files", 1)
        document = self.written(server)
        self.assertEqual(("dump_at", 40), (document["why"], document["open"]))
        path = self.path(server)
        self.assertEqual(0o600, path.stat().st_mode & 0o7777, "expected what only its owner may read, as the trace is")
        said = self.end(server)
        self.assertEqual(1, said.count("\n"), f"expected one line: {said}")
        self.assertRegex(said, rf"^socksan: 40 descriptors are open, of \d+: `socksan snapshot {re.escape(str(path))}` shows what opened them\n$")

    def test_at_90_percent_of_the_limit_by_itself(self):
        server = self.limited_server(100)
        server.tell("files", 89 - len(os.listdir(f"/proc/{server.pid}/fd")))
        self.assert_none(server, "89 of 100 are open")
        server.tell("files", 1)
        document = self.written(server)
        self.assertEqual(("dump_at", 90, 100), (document["why"], document["open"], document["limit"]),
                         "expected files to count, though only sockets are judged")

    def test_at_another_percentage(self):
        server = self.limited_server(200, "dump_at=25%")
        server.tell("dial", 30)
        self.assertGreaterEqual(self.written(server)["open"], 50)
        self.assertLessEqual(self.written(server)["open"], 52)

    def test_at_the_first_failure_for_want_of_a_number(self):
        source = """
import resource, socket
resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))  # lower than it was when the program began
kept = []
try:
    while True:
        kept.append(socket.socket())
except OSError:
    input()
"""
        folder = self.folder("traces")
        process = self.start(["/usr/bin/python3", "-c", source], stdin=-1,
                             env=self.environment(SOCKSAN_OPTIONS=f"log_path={folder}/t", LD_PRELOAD=shim()))
        server = Server(process, folder)
        self.await_file(self.path(server))
        document = self.written(server)
        self.assertEqual(("emfile", 60, 60), (document["why"], document["open"], document["limit"]))
        self.assertEqual([], [name for name in os.listdir(f"/proc/{process.pid}/fd") if "open.json" in os.readlink(f"/proc/{process.pid}/fd/{name}")])

    def test_not_when_a_number_was_free(self):
        """EMFILE has other causes: here the limit of inotify instances, or of what a test sets by hand."""
        source = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
kept = [libc.inotify_init() for _ in range(5000)]
assert kept[-1] == -1, kept[-1]
print(os.strerror(ctypes.get_errno()))
"""
        folder = self.folder("traces")
        process = self.start(["/usr/bin/python3", "-c", source], preexec_fn=limited(20000),
                             env=self.environment(SOCKSAN_OPTIONS=f"log_path={folder}/t:kinds=all", LD_PRELOAD=shim()))
        status, out, err = self.finish(process)
        if status:
            self.skipTest(f"as many inotify instances as one wants: {err}")
        self.assertEqual(("Too many open files\n", ""), (out, err), "expected no word, as descriptors were left")
        self.assertEqual([], list(pathlib.Path(folder).glob("*.open.json")))

    def test_not_for_a_high_number_alone(self):
        source = """
import os, socket
kept = socket.socket()
os.dup2(kept.fileno(), 95)
for _ in range(3):
    os.dup2(kept.fileno(), 97)
"""
        folder = self.folder("traces")
        process = self.start(["/usr/bin/python3", "-c", source], preexec_fn=limited(100),
                             env=self.environment(SOCKSAN_OPTIONS=f"log_path={folder}/t", LD_PRELOAD=shim()))
        self.assertEqual((0, "", ""), self.finish(process))
        self.assertEqual([], list(pathlib.Path(folder).glob("*.open.json")), "expected nothing: most numbers are free")

    def test_a_limit_that_the_program_raised_counts(self):
        source = """
import resource, socket
resource.setrlimit(resource.RLIMIT_NOFILE, (200, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
kept = [socket.socket() for _ in range(120)]
print("far", flush=True); input()
kept += [socket.socket() for _ in range(70)]
print("near", flush=True); input()
"""
        folder = self.folder("traces")
        process = self.start(["/usr/bin/python3", "-c", source], stdin=-1, preexec_fn=limited(100),
                             env=self.environment(SOCKSAN_OPTIONS=f"log_path={folder}/t", LD_PRELOAD=shim()))
        server = Server(process, folder)
        server.hear("far")
        self.assert_none(server, "120 of 200 are open")
        process.stdin.write("\n")
        process.stdin.flush()
        server.hear("near")
        self.assertEqual(180, self.written(server)["open"])

    def test_on_a_signal(self):
        for word in ("USR2", "SIGUSR2", str(int(signal.SIGUSR2)), str(int(signal.SIGRTMIN) + 3)):
            with self.subTest(word):
                server = self.server(options=f"dump_signal={word}")
                server.tell("leak", 3)
                os.kill(server.pid, int(word) if word.isdigit() else signal.SIGUSR2)
                server.tell("use", 1)
                self.await_file(self.path(server))
                self.assertEqual("dump_signal", self.written(server)["why"])
                self.assertEqual(1, self.end(server).count("\n"))

    def test_never_twice_within_a_minute(self):
        server = self.server(options="dump_signal=USR2:dump_at=30")
        for _ in range(20):
            os.kill(server.pid, signal.SIGUSR2)
            server.tell("leak", 2)
        self.assertEqual(1, self.end(server).count("\n"), "expected one file and one line, of whatever came first")

    def test_never_when_it_is_off(self):
        server = self.limited_server(60, "dump_at=0")
        server.process.stdin.write("files 100\n")
        self.assertIn("Too many open files", self.end(server))
        self.assertEqual([], list(pathlib.Path(server.folder).glob("*.open.json")))

    def test_a_handler_of_the_program_goes_before(self):
        source = """
import os, signal, socket
kept = socket.socket()
signal.signal(signal.SIGUSR2, lambda *_: print("mine", flush=True))
os.kill(os.getpid(), signal.SIGUSR2)
"""
        folder = self.folder("traces")
        env = self.environment(SOCKSAN_OPTIONS=f"log_path={folder}/t:dump_signal=USR2", LD_PRELOAD=shim())
        status, out, err = self.finish(self.start(["/usr/bin/python3", "-c", source], env=env))
        self.assertEqual((0, "mine\n"), (status, out), err)
        self.assertEqual([], list(pathlib.Path(folder).glob("*.open.json")))
        self.assertEqual("socksan: dump_signal: the program handles that signal itself, so nothing was written on it\n", err)

    def test_bad_values(self):
        for pair in ("dump_at=many", "dump_at=0%", "dump_at=101%", "dump_at=", "dump_at=-1", "dump_signal=KILL", "dump_signal=9",
                     "dump_signal=SEGV", "dump_signal=USR3", "dump_signal=65", "dump_signal=32"):
            env = self.environment(SOCKSAN_OPTIONS=f"log_path={self.tmp}/t:{pair}", LD_PRELOAD=shim())
            with self.subTest(pair):
                self.assertEqual((0, "", f"socksan: SOCKSAN_OPTIONS: bad value in '{pair}': the default is kept\n"),
                                 self.finish(self.start(["/bin/true"], env=env)))
                if not pair.endswith("="):
                    status, _, err = self.say("run", f"--option={pair}", "--", "true")
                    self.assertEqual(125, status, err)
                    self.assertRegex(err, rf"--option={pair}: dump_\w+ wants .*, not '.*'")

    def test_no_place_for_it(self):
        server = self.server(options="dump_at=30")
        os.mkdir(f"{server.folder}/t.{server.pid}.open.json")
        server.tell("leak", 40)
        self.assertEqual("", self.end(server), "expected no word, and a program that goes on")
        self.assertEqual([], [name for name in os.listdir(server.folder) if name.endswith(".new")])

    def test_what_a_killed_process_left_is_no_obstacle(self):
        server = self.server(options="dump_at=30")
        pathlib.Path(f"{self.path(server)}.new").write_text("{", encoding="utf-8")
        server.tell("leak", 40)
        self.written(server)
        self.assertFalse(os.path.exists(f"{self.path(server)}.new"))

    def test_a_link_is_not_followed(self):
        server = self.server(options="dump_at=30")
        victim = pathlib.Path(self.tmp, "victim")
        victim.write_text("mine", encoding="utf-8")
        for name in (self.path(server), f"{self.path(server)}.new"):
            os.symlink(victim, name)
        server.tell("leak", 40)
        self.written(server)
        self.assertEqual("mine", victim.read_text(encoding="utf-8"))

    def test_a_forked_child_has_its_own(self):
        server = self.server(options="dump_at=40:dump_signal=USR2")
        server.tell("fork", 38)
        [path] = pathlib.Path(server.folder).glob("*.open.json")
        document = json.loads(path.read_text(encoding="utf-8"))
        self.assertNotEqual(server.pid, document["pid"])
        self.assertEqual(("fork", document["pid"]), (document["process"]["how"], document["process"]["pid"]))
        inherited = [place for place in document["places"] if "op" not in place]
        self.assertIn({"LISTENING": 1}, [place["states"] for place in inherited], "expected the listener, which the parent opened")


class What(DumpTest):
    def test_places_with_their_frames(self):
        server = self.server(options="dump_at=30:kinds=socket")
        server.tell("dial", 4)
        server.tell("files", 5)
        server.tell("leak", 20)
        document = self.written(server)
        stacks = {line["id"]: line for line in document["stacks"]}
        by, files = {}, 0
        for place in document["places"]:
            frames = stacks[place["stack"]].get("py", []) if "stack" in place else []
            key = (place.get("op"), next((frame.rpartition(" ")[2] for frame in frames if "live_server.py" in frame), None))
            by[key] = place
            if key == ("open64", "hold"):  # Python may call open() in another way once it has adapted to it: a place of its own
                files += place["open"]
                self.assertEqual("file", place["kind"])
        self.assertEqual(5, files, f"expected what is not judged with its frames: {list(by)}")
        leak = by["accept4", "leak"]
        self.assertEqual({"ESTABLISHED": leak["open"]}, leak["states"])
        times = [example["t"] for example in leak["examples"]]
        self.assertEqual((3, sorted(times)), (len(times), times), "expected the three oldest, the oldest first")
        for example in leak["examples"]:
            self.assertEqual(server.pid, example["tid"])
            self.assertRegex(example["local"], r"^127\.0\.0\.1:\d+$")
            self.assertGreater(example["close_wait"], 0, "expected the kernel's word that the client is gone")

    def test_counters(self):
        source = """
import os, socket, sys
a, b = socket.socketpair()
a.send(b"x" * 1000); b.recv(1000); b.send(b"y" * 10)
os.kill(os.getpid(), 12)
"""
        folder = self.folder("traces")
        env = self.environment(SOCKSAN_OPTIONS=f"log_path={folder}/t:dump_signal=12", LD_PRELOAD=shim())
        process = self.start(["/usr/bin/python3", "-c", source], env=env)
        self.assertEqual(0, self.finish(process)[0])
        document = self.written(Server(process, folder))
        [pair] = [place for place in document["places"] if place.get("op") == "socketpair"]
        self.assertEqual((2, 1000, 1010), (pair["open"], pair["rx"], pair["tx"]))
        self.assertEqual({"SOCK_STREAM"}, {pair["type"]})

    def test_ten_thousand_are_a_short_text(self):
        if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 12000:
            self.skipTest("no room for as many descriptors")
        source = "import os, socket\nkept = [socket.socket() for _ in range(10000)]\nos.kill(os.getpid(), 12)\n"
        folder = self.folder("traces")
        env = self.environment(SOCKSAN_OPTIONS=f"log_path={folder}/t:dump_signal=12:dump_at=0", LD_PRELOAD=shim())
        process = self.start(["/usr/bin/python3", "-c", source], env=env, preexec_fn=limited(12000))
        self.assertEqual(0, self.finish(process)[0])
        self.assertGreaterEqual(self.written(Server(process, folder))["open"], 10000)
        self.assertLess(self.path(Server(process, folder)).stat().st_size, 16384, "expected places, not a record for each")


class Readers(DumpTest):
    def setUp(self):
        super().setUp()
        self.running = self.server(options="dump_at=40:dump_signal=USR2")
        self.running.tell("files", 3)
        self.running.tell("leak", 40)
        self.file = str(self.path(self.running))

    def test_snapshot_as_json(self):
        snapshot = self.snapshot(self.file)
        accepted = {**snapshot, "places": [place for place in snapshot["places"] if place.get("op") != "socket"]}
        leak = self.place(accepted, "leak")
        self.assertEqual(("accept4", "TCP socket", True), (leak["op"], leak["what"], leak["own"]))
        self.assertEqual([{"pid": self.running.pid, "open": leak["open"]}], leak["processes"])
        self.assertNotIn("opened", leak, "expected no count of what was opened before, which is not known")
        self.assertEqual({"file": 3}, self.place(snapshot, "hold")["kinds"])
        [process] = snapshot["processes"]
        self.assertEqual((40, 40, "running"), (process["open"], process["descriptors"], process["end"]))
        self.assertEqual(self.place(self.snapshot(self.running.pid), "leak")["key"], leak["key"], "expected the key that the trace gives the place")

    def test_snapshot_as_text_and_profile(self):
        status, text, err = self.say("snapshot", self.file)
        self.assertEqual((0, ""), (status, err))
        self.assertRegex(text, r"(?m)^  --> \S*live_server.py:\d+ in leak$")
        self.assertRegex(text, r"(?m)^   = the oldest: descriptor \d+, CLOSE_WAIT, 127\.0\.0\.1:\d+ to 127\.0\.0\.1:\d+$")
        self.assertIn("   = inherited, or opened where SockSan does not see\n", text)
        self.assertIn("note: the process wrote this itself; descriptors are counted, of every kind\n", text)
        packed = self.start([socksan(), "snapshot", "--format=pprof", self.file], text=False, errors=None)
        profile = read_profile(self.finish(packed)[1])
        self.assertEqual(40, sum(sample["values"]["open"] for sample in profile["samples"]))

    def test_diff(self):
        self.running.tell("leak", 10)
        later = self.write("later.json", [self.say("snapshot", "--format=json", self.running.pid)[1]])
        status, out, err = self.say("diff", self.file, later)
        self.assertEqual((1, ""), (status, err), out)
        self.assertRegex(out, r"grew: \d+ more TCP sockets")
        self.assertEqual(0, self.say("diff", self.file, self.file)[0], "expected a file to equal itself")

    def test_report_names_it(self):
        for what in (self.running.folder, f"{self.running.folder}/t.{self.running.pid}.jsonl"):
            _, out, _ = self.say("report", what)
            self.assertIn(f"process {self.running.pid} wrote what it had open, 40 of ", out)
            self.assertIn(f"`socksan snapshot {self.file}` shows it", out)

    def test_a_run_that_removes_its_traces_removes_it(self):
        parent = self.folder("temporary")
        status, _, err = self.say("run", "--option=dump_at=20", "--", "/usr/bin/python3", "-c",
                                  "import socket\nkept = [socket.socket() for _ in range(30)]\nfor one in kept: one.close()",
                                  env=self.environment(TMPDIR=parent))
        self.assertEqual(0, status, err)
        self.assertEqual([], os.listdir(parent))
        self.assertNotIn("wrote what it had open", err)

    def test_bad_files(self):
        good = json.loads(pathlib.Path(self.file).read_text(encoding="utf-8"))

        def changed(**keys):
            return json.dumps({**good, **keys})

        place = good["places"][0]
        for text, says in (
                ("", "not JSON"), ("{", "not JSON"), ("[]", "written by another version of SockSan"), (changed(schema="socksan-open/2"), "written by another version of SockSan"),
                (changed(places=3), "no places"), (changed(open=-1), "cannot be"), (changed(open=1 << 62), "cannot be"),
                (changed(places=[{**place, "open": 0}]), "cannot be"), (changed(places=[{**place, "states": {"NOWHERE": place["open"]}}]), "cannot be"),
                (changed(places=[{**place, "states": {}}]), "cannot be"), (changed(places=[{**place, "kind": "lamp"}]), "cannot be"),
                (changed(places=[{**place, "open": 1 << 60}]), "cannot be"), (changed(places=[7]), "cannot be"),
                (changed(process={"ev": "exit"}), "lines of the process"), (changed(stacks=[{}]), "lines of the process"),
                (changed(modules="x", stacks=None, process=None), "lines of the process"), (changed(pid=1 << 40), "no process of that number")):
            with self.subTest(says=says, text=text[:60]):
                path = self.write("bad.open.json", [text])
                status, out, err = self.say("snapshot", path)
                self.assertEqual((2, ""), (status, out), err)
                self.assertIn(says, err)
        self.assert_refused("snapshot", f"{self.tmp}/absent.open.json", says="No such file")


class Stress(DumpTest):
    def test_signals_in_the_middle_of_everything(self):
        """Threads that open and close up to their limit, and signals at any instruction; errno and results are the program's own."""
        folder = self.folder("traces")
        env = self.environment(SOCKSAN_OPTIONS=f"log_path={folder}/t:dump_signal=USR2:dump_at=50%", LD_PRELOAD=shim())
        process = self.start([program("host_dumped"), "3"], env=env, preexec_fn=limited(128))
        ended = threading.Event()

        def pester():
            while not ended.is_set():
                try:
                    os.kill(process.pid, signal.SIGUSR2)
                except ProcessLookupError:
                    return
                time.sleep(0.0005)

        self.assertEqual("ready\n", process.stdout.readline())
        thread = threading.Thread(target=pester)
        thread.start()
        status, out, err = self.finish(process)
        ended.set()
        thread.join()
        self.assertEqual((0, ""), (status, out), f"expected a program that notices nothing: {err}")
        self.assertEqual(1, err.count("\n"), f"expected one line: {err}")
        self.written(Server(process, folder), settled=False)


if __name__ == "__main__":
    unittest.main()
