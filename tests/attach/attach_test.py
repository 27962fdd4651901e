"""`socksan attach` and `socksan detach`: what is recorded of a process that was already running, and what the process notices.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

from attach_test_base import AttachTest, CYCLES, mapped, select, shim, socksan, until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "live"))
from live_test_base import SERVER, Server  # noqa: E402  pylint: disable=wrong-import-position

PLUGIN = """
#include <sys/socket.h>
int plugin_socket(void) { return socket(AF_UNIX, SOCK_STREAM, 0); }
"""

# As long as several attempts take, so that most of them meet a wait that the kernel has begun anew already.
LONG_WAITS = ["long_nanosleep", "long_poll", "long_sem"]
WAITS = ["poll", "ppoll", "select", "epoll", "nanosleep", *LONG_WAITS, "read", "recv", "sem", "accept", "wait4", "busy", "sigsuspend"]


class Waits(AttachTest):
    """A thread in each kind of call goes on as if nothing had been."""

    def cycle(self, host):
        folder = self.attach(host.pid)
        until(lambda: b'"op":"socket"' in self.trace(folder, host.pid).read_bytes(), "a socket in the trace")
        self.detach(host.pid)
        return self.events(folder, host.pid)

    def test_calls_neither_fail_nor_end_early(self):
        for wait in WAITS:
            with self.subTest(wait):
                host = self.host(wait)
                for _ in range(CYCLES):
                    events = self.cycle(host)
                    self.assertEqual(("process", "attach"), (events[0]["ev"], events[0]["how"]))
                    self.assertEqual("detach", events[-1]["ev"], "expected the trace to end with its detach")
                self.end_host(host)

    def test_objects_that_are_loaded_later(self):
        plugin = self.compile("plugin.so", PLUGIN, "-shared", "-fPIC")
        host = self.host("load", PLUGIN=plugin)
        events = self.cycle(host)
        modules = {event["id"]: event["path"] for event in select(events, ev="module")}
        stacks = {event["id"]: event["frames"] for event in select(events, ev="stack")}
        of_plugin = [event for event in select(events, op="socket")
                     if modules.get(int(stacks[event["stack"]][0].partition("+")[0])) == plugin]
        self.assertTrue(of_plugin, f"expected sockets made by {plugin}: {modules}")
        self.end_host(host)

    def test_socksan_killed_in_the_midst(self):
        """Whatever is done by then: the host goes on, and can be attached to and detached from later."""
        rng = random.Random(18)
        for wait in ("poll", "read", "nanosleep", "sem", *LONG_WAITS):
            with self.subTest(wait):
                host = self.host(wait)
                for turn in range(6 * CYCLES):
                    self.killed(host, turn, rng)
                self.goes_on(host)

    def test_threads_of_which_several_are_held_by_what_was_killed(self):
        rng = random.Random(19)
        for wait in ("poll", "nanosleep"):
            with self.subTest(wait):
                host = self.host(wait, "6")
                for turn in range(12 * CYCLES):
                    self.killed(host, turn, rng)
                    self.say("detach" if turn % 3 else "attach", host.pid)
                self.goes_on(host)

    def killed(self, host, turn, rng):
        folder = self.folder("killed")
        command = [socksan(), "detach"] if turn % 2 else [socksan(), "attach", f"--trace-dir={folder}"]
        killed = self.start([*command, str(host.pid)])
        time.sleep(rng.uniform(0.001, 0.02))
        killed.kill()
        killed.wait()
        if host.poll() is not None:
            self.fail(f"expected the host to go on, turn {turn}: {host.communicate()}")

    def goes_on(self, host):
        time.sleep(0.5)  # a thread that was parked has returned by then
        self.say("detach", host.pid)
        self.attach(host.pid)
        self.detach(host.pid)
        self.end_host(host)


EXHAUSTS = """
import resource, socket
resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))
print("ready", flush=True)
while input() == "again":
    kept = []
    try:
        while True:
            kept.append(socket.socket())
    except OSError as error:
        print(error.errno, flush=True)
"""


class Dumps(AttachTest):
    """What is open when descriptors run out is written as in a program that is preloaded, from the attach to the detach."""

    def test_when_descriptors_run_out(self):
        host = self.start(["/usr/bin/python3", "-c", EXHAUSTS], stdin=subprocess.PIPE)
        self.assertEqual("ready\n", host.stdout.readline())
        folder = self.attach(host.pid)
        self.exhaust(host)
        path = pathlib.Path(folder, f"socksan.{host.pid}.open.json")
        self.assertTrue(path.exists(), f"expected {path}, there is {os.listdir(folder)}")
        document = json.loads(path.read_text(encoding="utf-8"))
        self.assertEqual(("attach", 60), (document["process"]["how"], document["limit"]))
        self.assertGreaterEqual(document["open"], 54, "expected it from 90 % of the limit on")
        self.detach(host.pid)
        path.unlink()
        left = self.contents(folder)
        self.exhaust(host)
        self.assertEqual(left, self.contents(folder), "expected nothing to be written after the detach")
        again = self.attach(host.pid, "--option=dump_at=0")
        self.exhaust(host)
        self.assertEqual([f"socksan.{host.pid}.jsonl"], os.listdir(again), "expected none where dump_at is off, though it was on before")
        self.detach(host.pid)
        host.stdin.close()
        host.wait()

    def exhaust(self, host):
        host.stdin.write("again\n")
        host.stdin.flush()
        self.assertEqual("24\n", host.stdout.readline(), "expected EMFILE, as without SockSan")

    @staticmethod
    def contents(folder):
        return {path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir()}


class OfAServer(AttachTest):
    """A server in Python, which does what it is told."""

    def server(self):
        process = self.start(["/usr/bin/python3", SERVER], stdin=subprocess.PIPE)
        server = Server(process, None)
        server.hear("ready")
        return server

    def test_what_was_open_before_is_adopted_and_no_leak(self):
        server = self.server()
        server.tell("leak", 3)
        folder = self.attach(server.pid)
        server.tell("leak", 2)
        server.tell("use", 4)
        server.tell("shut", 1)
        self.detach(server.pid)
        events = self.events(folder, server.pid)
        adopted = select(events, op="attach")
        self.assertEqual((4, {True}), (len(adopted), {event["inherited"] for event in adopted}), "expected the listener and three connections")
        self.assertEqual(["ESTABLISHED"] * 3 + ["LISTENING"], sorted(event["to"].replace("CLOSE_WAIT", "ESTABLISHED") for event in adopted))
        self.assertEqual(6, len(select(events, op="accept4")))
        stacks = {event["id"]: event for event in select(events, ev="stack")}
        self.assertTrue(all(any("live_server.py" in line for line in stacks[event["stack"]]["py"]) for event in select(events, op="accept4")),
                        "expected stacks with the lines of the server")
        result = self.socksan_report(folder)
        self.assertEqual(({}, 0), (result.report["totals"]["by_code"], result.status), f"expected no violation\n{result.stdout}")
        [process] = result.report["processes"]
        self.assertEqual(("attach", "detached"), (process["how"], process["end"]))
        self.assertIn("was detached from: what it had open then is not judged", json.dumps(result.report["notes"]))
        server.tell("use", 1)

    def test_shim_under_another_name(self):
        """A copy, or what a link leads to: both commands know it by what it exports."""
        copy = shutil.copy(shim(), f"{self.tmp}/copy.so.1")
        env = self.environment(SOCKSAN_SHIM=copy)
        server = self.server()
        folder = self.folder("attached")
        for command, says in (("attach", f"its trace is in {folder}"), ("detach", "detached from process")):
            status, out, err = self.say(command, *[f"--trace-dir={folder}"] * (command == "attach"), server.pid, env=env)
            self.assertEqual((0, ""), (status, err), f"{command}: expected no complaint")
            self.assertIn(says, out)
            server.tell("use", 1)
        self.assertEqual(1, len(select(self.events(folder, server.pid), op="accept4")))

    def test_trace_that_a_process_left_is_named_once_it_is_gone(self):
        server = self.server()
        status, out, err = self.say("attach", server.pid)
        self.assertEqual((0, ""), (status, err))
        folder = re.search(r"its trace is in (/tmp/socksan-\S+);", out)[1]
        self.addCleanup(shutil.rmtree, folder)
        server.process.kill()
        server.process.wait()
        for command in ("snapshot", "detach", "attach"):
            self.refused(f"there is no process {server.pid} any more; one of this number left its trace in {folder}, which `socksan report` reads", command, server.pid)

    def test_only_what_was_open_at_the_last_detach_is_listed(self):
        server = self.server()
        folder = self.folder("periods")
        for leaks in (1, 2):
            self.assertEqual(0, self.say("attach", f"--trace-dir={folder}", server.pid)[0])
            server.tell("leak", leaks)
            self.detach(server.pid)
        result = self.socksan_report(folder)
        self.assertEqual([2], [place["sockets"] for place in result.report["open"]], "expected the two of the second time alone")
        notes = [note for note in result.report["notes"] if "detached from" in note]
        self.assertEqual(1, len(notes))
        self.assertEqual(1, notes[0].count(str(server.pid)), "expected the process to be named once")
        self.assertIn("when it was detached from", self.socksan_report(folder, "--format=text").stdout)

    def test_leaks_after_it_are_judged_at_the_end(self):
        server = self.server()
        server.tell("leak", 3)
        folder = self.attach(server.pid)
        server.tell("leak", 5)
        server.process.stdin.close()
        until(lambda: server.process.poll() is not None, "the server's end")
        result = self.socksan_report(folder)
        self.assertEqual({"never-closed": 5}, result.report["totals"]["by_code"], f"expected those of after it alone\n{result.stdout}")
        self.assertEqual("exit", result.report["processes"][0]["end"])

    def test_children_are_part_of_it(self):
        server = self.server()
        folder = self.attach(server.pid)
        server.tell("fork", 3)
        server.tell("child", 2)
        status, out, err = self.say("snapshot", "--format=json", server.pid)
        self.assertEqual(0, status, err)
        self.assertEqual(3, sum(place["open"] for place in json.loads(out)["places"] if place["op"] == "accept4"))
        self.detach(server.pid)
        self.assertEqual(3, len(list(pathlib.Path(folder).glob("*.jsonl"))), "expected a trace of the server and one of each child")

    def test_nothing_is_left_but_the_object(self):
        server = self.server()
        before = sorted(os.listdir(f"/proc/{server.pid}/fd"))
        for _ in range(CYCLES):
            folder = self.attach(server.pid)
            server.tell("use", 1)
            self.assertEqual((1, True), mapped(server.pid))
            self.detach(server.pid)
            self.assertEqual((1, False), mapped(server.pid), "expected the object to stay, and no trace")
            size = sum(os.path.getsize(path) for path in pathlib.Path(folder).iterdir())
            server.tell("use", 2)
            self.assertEqual(size, sum(os.path.getsize(path) for path in pathlib.Path(folder).iterdir()),
                             "expected nothing to be recorded any more")
        self.assertEqual(before, sorted(os.listdir(f"/proc/{server.pid}/fd")))
        self.assertEqual("0", self.status(server.pid, "TracerPid"))

    @staticmethod
    def status(pid, key):
        text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        return text.split(f"\n{key}:")[1].split("\n")[0].strip()

    def test_where_it_may_not(self):
        server = self.server()
        self.refused("is not attached to$", "detach", server.pid)
        self.attach(server.pid)
        self.refused("is already attached to", "attach", server.pid)
        preloaded = self.preloaded()
        self.refused("is already observed, since its start", "attach", preloaded.pid)
        self.refused("has been observed since its start", "detach", preloaded.pid)
        gone = self.start(["true"])
        gone.wait()
        self.refused("there is no process", "attach", gone.pid)
        for word, why in (("x", "is not a PID"), ("-1", "unrecognized|invalid"), ("0", "is not a PID"), ("4194305000000", "is not a PID"), ("", "is not a PID")):
            status, _, err = self.say("attach", word)
            self.assertEqual(2, status, err)
            self.assertRegex(err, why)
        for options, why in ((["--option=quarantine=3"], "works only from the start of a program"), (["--option=nonsense=1"], "has no option"),
                             (["--kinds=cats"], "cats"), (["--trace-dir=/proc/nowhere"], "cannot keep traces in /proc/nowhere")):
            status, _, err = self.say("attach", *options, server.pid if "trace" not in options[0] else self.server().pid)
            self.assertEqual(2, status, err)
            self.assertRegex(err, why)

    def preloaded(self):
        folder = self.folder("traces")
        env = self.environment(LD_PRELOAD=os.environ.get("SOCKSAN_SHIM"), SOCKSAN_OPTIONS=f"log_path={folder}/t")
        process = self.start(["/usr/bin/python3", SERVER], env=env, stdin=subprocess.PIPE)
        Server(process, folder).hear("ready")
        return process

    def test_processes_that_nothing_can_be_put_into(self):
        static = self.compile("static", "#include <unistd.h>\nint main(void) { for (;;) pause(); }", "-static")
        self.refused("is statically linked", "attach", self.start([static]).pid)
        stopped = self.start(["sleep", "1000"])
        os.kill(stopped.pid, signal.SIGSTOP)
        until(lambda: self.status(stopped.pid, "State").startswith("T"), "a stop")
        self.refused("is stopped", "attach", stopped.pid)
        zombie = self.start(["/usr/bin/python3", "-c", "import subprocess, time; p = subprocess.Popen(['true']); print(p.pid, flush=True); time.sleep(1000)"])
        pid = int(zombie.stdout.readline())
        until(lambda: self.status(pid, "State").startswith("Z"), "a zombie")
        self.refused("has ended", "attach", pid)

    @unittest.skipIf(os.getuid() != 0, "needs root, to be another user")
    def test_processes_of_another_user(self):
        sleeper = self.start(["sleep", "1000"])
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        env = self.environment(SOCKSAN_SHIM=self.for_every_user(shim()))
        status, _, err = self.finish(self.start([*nobody, self.for_every_user(socksan()), "attach", str(sleeper.pid)], cwd="/", env=env))
        self.assertEqual(2, status, err)
        self.assertRegex(err, "belongs to another user: attach as root, or as root")

    @unittest.skipIf(os.getuid() != 0, "needs root, to be another user")
    def test_a_host_of_another_user_writes_its_trace(self):
        host = self.start(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sleep", "1000"], cwd="/")
        until(lambda: self.status(host.pid, "Uid").split()[1] == "65534" and "sleep" in pathlib.Path(f"/proc/{host.pid}/comm").read_text(encoding="utf-8"), "sleep")
        env = self.environment(SOCKSAN_SHIM=self.for_every_user(shim()))
        status, out, err = self.say("attach", host.pid, env=env)
        self.assertEqual((0, ""), (status, err), f"expected it to be attached to\n{out}")
        found = re.match(r"attached to process \d+ \(sleep\): its trace is in (/tmp/socksan-\S+);", out)
        self.assertIsNotNone(found, out)
        shutil.rmtree(found[1])


if __name__ == "__main__":
    unittest.main()
