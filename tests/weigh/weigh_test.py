"""The weight of a violation: whose code it is in, and the evidence for it.

The rule is the contract's: in the user's own code a violation has the severity of its row; elsewhere it needs evidence, and is a note
without it. A note is counted and in JSON, takes a line of the text, and never fails.
SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import shutil
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, program, socksan  # pylint: disable=wrong-import-position

OWN, SYSTEM = "/home/u/server", "/usr/sbin/server"
SECOND = 1_000_000_000
PEER = {"local": "127.0.0.1:80", "peer": "127.0.0.1:4000"}


class Trace:
    """The lines of one process, which lives from 0 to 100 s unless told otherwise."""

    def __init__(self, exe, argv=None, frames=True):
        self.lines = [{"ev": "process", "t": 1, "pid": 9, "schema": 1, "wall": 1.5, "ppid": 1, "exe": exe, "argv": argv or [exe], "how": "exec",
                       "nofile": 1024, "start": 9, "boot": "b", "host": "h"}]
        self.sock = 0
        if frames:
            self.lines += [{"ev": "module", "t": 1, "pid": 9, "id": 1, "path": exe, "base": "0x0"},
                           {"ev": "module", "t": 1, "pid": 9, "id": 2, "path": "/lib/x86_64-linux-gnu/libc.so.6", "base": "0x0"}]
            self.lines += [{"ev": "stack", "t": 1, "pid": 9, "id": number, "frames": [f"1+0x{number}010", "2+0x1000"]} for number in (1, 2)]
        self.frames = frames

    def line(self, t, fd, **more):
        at = {"stack": more.pop("stack", 1)} if self.frames else {}
        self.lines.append({"ev": "fd", "t": int(t * SECOND), "pid": 9, "tid": 9, "fd": fd, "sock": self.sock, "ret": 0, **at, **more})

    def socket(self, t, fd):
        self.sock += 1
        self.line(t, fd, op="socket", **{"from": None, "to": "CLOSED"}, ret=fd, family="AF_INET", type="SOCK_STREAM")

    def connect(self, t, fd):
        self.line(t, fd, op="connect", **{"from": "CLOSED", "to": "ESTABLISHED"}, **PEER)

    def close(self, t, fd, state="CLOSED"):
        self.line(t, fd, op="close", **{"from": state, "to": "CLOSED"})

    def close_again(self, t, fd):
        self.line(t, fd, op="close", ret=-1, errno="EBADF", violation="double-close", stack=2)

    def gone(self, t, fd):
        self.line(t, fd, op="recv", **{"from": "ESTABLISHED", "to": "CLOSE_WAIT"})

    def end(self, t, *left, status=0):
        """`left`: (fd, sock, state) of what is open."""
        self.lines += [{"ev": "leak", "t": int(t * SECOND), "pid": 9, "fd": fd, "sock": sock, "state": state, "violation": "never-closed",
                        **({"stack": 1} if self.frames else {})} for fd, sock, state in left]
        self.lines.append({"ev": "exit", "t": int(t * SECOND), "pid": 9, "status": status, "open": len(left), "events": 1, "dropped": 0})
        return self


def leaks(exe, *times, end=100, **more):
    """One that opens a socket at each time, and closes none."""
    trace = Trace(exe, **more)
    for n, t in enumerate(times):
        trace.socket(t, 3 + n)
    return trace.end(end, *((3 + n, 1 + n, "CLOSED") for n in range(len(times))))


class WeighTest(SockSanTest):
    def report(self, trace, *options):
        path = pathlib.Path(self.tmp) / "trace.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in trace.lines), encoding="utf-8")
        return self.socksan_report(*options, str(path))

    def assert_weighs(self, trace, severity, *options, why=None, own=None, about=""):
        """The one violation."""
        result = self.report(trace, *options)
        self.assertEqual(1, len(result.report["violations"]), f"{about}: expected one violation\n{result.stdout}")
        found = result.report["violations"][0]
        self.assertEqual(severity, found["severity"], f"{about}: expected it to be of that severity\n{result.stdout}{found}")
        self.assertEqual(23 if severity == "error" else 0, result.status, f"{about}: expected an error alone to fail\n{result.stdout}")
        if own is not None:
            self.assertEqual(own, found["own"], f"{about}: expected `own` to say whose code it is")
        if why is not None:
            self.assertEqual(why, found.get("evidence", {}).get("why", []), f"{about}: expected these reasons")
        return result


class WhoseCode(WeighTest):
    def test_one_socket_forgotten_in_own_code_is_an_error(self):
        self.assert_weighs(leaks(OWN, 99), "error", own=True)

    def test_one_socket_left_by_a_packaged_program_is_a_note(self):
        result = self.assert_weighs(leaks(SYSTEM, 99), "note", own=False)
        self.assertRegex(result.stdout, r"note: 1 violation in code that is not your own, or in what it keeps for later, without evidence of harm: "
                         r"1 never-closed at \S.* \(all of them",
                         "expected a line that counts it and says where")
        self.assertNotIn("[never-closed]", result.stdout, "expected it to be folded")
        self.assertIn("no violations but 1 note in", result.stdout)

    def test_a_note_never_fails(self):
        for option in ("--fail-on=warning", "--fail-on=never-closed"):
            self.assert_weighs(leaks(SYSTEM, 99), "note", option)

    def test_strict_takes_no_account_of_whose_code_it_is(self):
        self.assert_weighs(leaks(SYSTEM, 99), "error", "--strict", own=False)

    def test_patterns_say_what_the_rule_cannot_know(self):
        self.assert_weighs(leaks(SYSTEM, 99), "error", "--own=/usr/sbin/server", own=True)
        self.assert_weighs(leaks(OWN, 99), "note", "--system=^/home/u/", own=False)
        self.assert_weighs(leaks(OWN, 99), "error", "--system=^/home/u/", "--own=server", own=True, about="the last that matches")
        self.assert_weighs(leaks(SYSTEM, 99), "note", "--own=/opt/", own=False, about="a pattern that matches nothing")

    def test_what_is_no_pattern_is_refused(self):
        for options in (["--own="], ["--system="], ["--own", "--"], ["--system", "--strict"]):
            status, _, stderr = self.finish(self.start([socksan(), "report", *options, "x"]))
            self.assertEqual(2, status, stderr)
            self.assertIn("wants a pattern", stderr)

    def test_without_stacks_the_program_tells(self):
        self.assert_weighs(leaks(OWN, 99, frames=False), "error", own=True)
        self.assert_weighs(leaks(SYSTEM, 99, frames=False), "note", own=False)

    def test_an_interpreter_is_as_its_script(self):
        for argv, own in ((["node", "server.js"], True), (["node", "--inspect", "/srv/app/server.js"], True), (["node", "/usr/bin/npm", "ci"], False),
                          (["node", "/srv/app/node_modules/.bin/x"], False), (["node", "-e", "/usr/1"], True), (["node"], True)):
            self.assert_weighs(leaks("/usr/bin/node", 99, argv=argv), "error" if own else "note", own=own, about=str(argv))
        for argv, own in ((["java", "-cp", "/usr/share/java", "Main"], True), (["java", "-jar", "/usr/share/java/x.jar"], False),
                          (["java", "-Xmx1g", "-jar", "x.jar"], True)):
            self.assert_weighs(leaks("/usr/lib/jvm/java-17/bin/java", 99, argv=argv), "error" if own else "note", own=own, about=str(argv))

    def test_a_thread_of_a_library_in_ones_own_program_is_ones_own(self):
        """What the program had it do may have left no frame, as it ended by the call."""
        for exe, own in ((OWN, True), (SYSTEM, False)):
            trace = leaks(exe, 99)
            trace.lines[2:2] = [{"ev": "module", "t": 1, "pid": 9, "id": 3, "path": "/usr/lib/libstdc++.so.6", "base": "0x0"}]
            for line in trace.lines:
                line.update({"frames": ["3+0x10", "2+0x10"]} if line["ev"] == "stack" else {})
            self.assert_weighs(trace, "error" if own else "note", own=own, about=exe)

    def test_a_shell_and_others_are_as_their_scripts(self):
        """A word that an option takes is no script, wherever it lies."""
        for exe, argv, own in (("bash", "bash sync.sh", True), ("bash", "bash -eu -o pipefail /usr/bin/tool", False), ("bash", "bash -ec /usr/bin/x", True),
                               ("bash", "/bin/bash /usr/bin/tool /srv/data", False), ("gawk", "gawk -v x=1 -f /srv/ask.awk", True),
                               ("perl", "perl -I /usr/share/perl5 ask.pl", True), ("perl", "perl -w -I/usr/share/perl5 /usr/bin/tool", False),
                               ("perl", "perl -MSocket /usr/bin/tool", False), ("perl", "perl -lne 1", True), ("ruby", "ruby -r /usr/lib/x ask.rb", True),
                               ("ruby", "ruby -Ilib /usr/bin/irb", False), ("node", "node --require /usr/lib/x.js ask.js", True),
                               ("python3.11", "python3 -X dev /usr/bin/tool", False), ("python3.11", "python3 -Wdefault /usr/bin/tool", False),
                               ("lua5.4", "lua -l /usr/share/x ask.lua", True)):
            self.assert_weighs(leaks(f"/usr/bin/{exe}", 99, argv=argv.split()), "error" if own else "note", own=own, about=argv)

    def test_a_real_packaged_program(self):
        """Python itself is the system's, and what it is told to run is the user's."""
        leak = "import socket; socket.socket().detach()"
        ended = self.socksan_run(["/usr/bin/python3", "-c", leak])
        self.assertEqual([("never-closed", "error", True)], [(one["code"], one["severity"], one["own"]) for one in ended.report["violations"]])

    def test_a_real_program_of_ones_own(self):
        ended = self.socksan_run([program("double_close")])
        self.assertEqual({True}, {one["own"] for one in ended.report["violations"]}, ended.stderr)


class Evidence(WeighTest):
    def test_what_a_place_loses_again_and_again_is_an_error_anywhere(self):
        self.assert_weighs(leaks(SYSTEM, 10, 15, 20), "error", why=["abandoned", "repeats"][::-1])

    def test_three_at_once_do_not_repeat(self):
        self.assert_weighs(leaks(SYSTEM, 10, 10.1, 19), "note", why=["abandoned"])

    def test_two_do_not_repeat(self):
        self.assert_weighs(leaks(SYSTEM, 96, 99), "note", why=["abandoned"])

    def test_a_socket_whose_connect_failed_is_an_error_anywhere_where_it_was_kept(self):
        for t, severity in ((10, "error"), (99, "note")):
            trace = Trace(SYSTEM)
            trace.socket(t, 3)
            trace.line(t, 3, op="connect", **{"from": "CLOSED", "to": "CLOSED"}, ret=-1, errno="ECONNREFUSED")
            self.assert_weighs(trace.end(100, (3, 1, "CLOSED")), severity, why=["abandoned"], about=f"opened at {t}")

    def test_what_a_daemon_keeps_for_whoever_might_come_is_no_error(self):
        self.assert_weighs(leaks(SYSTEM, 10), "note", why=["abandoned"])

    def test_one_that_is_in_use_to_the_end_is_not_abandoned(self):
        trace = Trace(SYSTEM)
        trace.socket(10, 3)
        trace.connect(10, 3)
        trace.end(100, (3, 1, "ESTABLISHED"))
        trace.lines[-2] |= {"rx": 5, "tx": 5}
        self.assert_weighs(trace, "note", why=[])

    def test_a_peer_is_gone_for_longer_than_the_limit(self):
        for left, severity, why in ((99, "note", []), (10, "error", ["abandoned"])):
            trace = Trace(SYSTEM)
            trace.socket(5, 3)
            trace.connect(5, 3)
            trace.gone(left, 3)
            self.assert_weighs(trace.end(100, (3, 1, "CLOSE_WAIT")), severity, why=why, about=f"gone at {left}")

    def test_one_that_others_of_its_place_outlived_is_an_error_anywhere(self):
        trace = Trace(SYSTEM)
        trace.socket(10, 3)
        trace.socket(20, 4)
        trace.close(21, 4)
        self.assert_weighs(trace.end(100, (3, 1, "CLOSED")), "error", why=["outlived", "abandoned"])

    def test_places_that_no_stack_tells_apart_are_not_one(self):
        """Without stacks, and in an interpreter whose scripts have no frames, all sockets would seem to be of one place."""
        for about, exe, frames, severity in (("a program with stacks", SYSTEM, True, "error"), ("one without", SYSTEM, False, "note"),
                                             ("an interpreter", "/usr/bin/perl", True, "note")):
            trace = Trace(exe, argv=[exe, "/usr/bin/tool"], frames=frames)
            for n, t in enumerate((10, 20, 30)):
                trace.socket(t, 3 + n)
                trace.connect(t, 3 + n)
            trace.socket(40, 9)
            trace.close(41, 9)
            trace.end(100, *((3 + n, 1 + n, "ESTABLISHED") for n in range(3)))
            for line in trace.lines:
                line.update({"rx": 5, "tx": 5} if line["ev"] == "leak" else {})
            result = self.assert_weighs(trace, severity, why=["repeats", "outlived"] if severity == "error" else [], about=about)
            self.assertEqual(frames, "4 sockets opened here" in self.report(trace, "--strict").stdout, about)
            self.assertEqual(1, len(result.report["violations"]), about)

    def test_one_that_was_closed_late_is_not_as_old_as_the_process(self):
        """It was outlived by those that were opened later and closed before it."""
        for closed, why in ((30, []), (50, ["outlived"])):
            trace = Trace(OWN)
            trace.socket(10, 3)
            trace.connect(10, 3)
            trace.gone(11, 3)
            trace.socket(20, 4)
            trace.sock = 1
            trace.close(closed, 3, "CLOSE_WAIT")
            trace.sock = 2
            trace.close(40 if closed == 50 else 31, 4)
            result = self.assert_weighs(trace.end(100), "warning", why=why, about=f"closed at {closed}")
            self.assertEqual((closed - 10) * SECOND, result.report["violations"][0]["evidence"]["oldest_ns"], result.stdout)

    def test_the_other_end_of_a_pair_outlives_nothing(self):
        """One end is closed and the other used, as after a fork; and a listener is for the whole of a life."""
        trace = Trace(SYSTEM)
        for fd in (3, 4):
            trace.sock += 1
            trace.line(10 + fd / 1000, fd, op="socketpair", **{"from": None, "to": "ESTABLISHED"}, ret=0, family="AF_UNIX", type="SOCK_STREAM")
        trace.close(20, 4, "ESTABLISHED")
        self.assert_weighs(trace.end(100, (3, 1, "ESTABLISHED")), "note", why=["abandoned"], about="a pair")
        trace = Trace(SYSTEM)
        for t, left in ((10, 3), (20, 4)):
            for fd in (left, 9):
                trace.sock += 1
                trace.line(t + fd / 1000, fd, op="socketpair", **{"from": None, "to": "ESTABLISHED"}, ret=0, family="AF_UNIX", type="SOCK_STREAM")
            trace.close(t + 1, 9, "ESTABLISHED")
        self.assert_weighs(trace.end(100, (3, 1, "ESTABLISHED"), (4, 3, "ESTABLISHED")), "note", why=["abandoned"], about="two pairs, one end of each")
        trace = Trace(SYSTEM)
        for fd in (3, 4):
            trace.socket(10 + fd, fd)
            trace.line(10 + fd, fd, op="listen", **{"from": "CLOSED", "to": "LISTENING"})
        trace.close(20, 4, "LISTENING")
        self.assert_weighs(trace.end(100, (3, 1, "LISTENING")), "note", why=[], about="listeners")

    def test_a_client_that_stays_connected_is_no_evidence_against_the_server(self):
        """Others came and went, and a few were still there when the server ended in order, or was ended."""
        for exe, end, severity in ((SYSTEM, "exit", "note"), (OWN, "exit", "error"), (OWN, "signal", "warning")):
            for moved in (5, 0):
                trace = Trace(exe)
                for n, t in enumerate((10, 20, 30, 40)):
                    trace.sock += 1
                    trace.line(t, 3 + n, op="accept4", **{"from": None, "to": "ESTABLISHED"}, ret=3 + n, family="AF_INET", type="SOCK_STREAM", **PEER)
                trace.close(50, 6, "ESTABLISHED")
                if end == "exit":
                    trace.end(100, *((3 + n, 1 + n, "ESTABLISHED") for n in range(3)))
                    for line in trace.lines:
                        line.update({"rx": moved, "tx": moved} if line["ev"] == "leak" else {})
                else:
                    trace.lines.append({**trace.lines[-1], "t": 100 * SECOND})
                self.assert_weighs(trace, severity, "--allow-dropped", about=f"{exe}, {end}, {moved} bytes")

    def broken(self, exe, *times):
        """A process that answers and closes with bytes unread."""
        trace = Trace(exe)
        for t in times:
            trace.sock += 1
            trace.line(t, 3, op="accept4", **{"from": None, "to": "ESTABLISHED"}, ret=3, family="AF_INET", type="SOCK_STREAM", **PEER)
            trace.line(t + 0.5, 3, op="close", **{"from": "ESTABLISHED", "to": "CLOSED"}, rx=5, tx=5, unread=7, violation="unread-data")
        return trace.end(100)

    def test_what_is_done_wrong_again_and_again_is_told_anywhere(self):
        self.assert_weighs(self.broken(SYSTEM, 10, 20, 30), "warning", why=["repeats"])
        self.assert_weighs(self.broken(SYSTEM, 10, 90), "note", why=[])
        self.assert_weighs(self.broken(OWN, 10), "warning", why=[])

    def test_what_was_handed_over_is_no_leak_that_adds_up(self):
        """A descriptor that the other program uses was meant for it, and speaks for nothing."""
        self.assert_weighs(self.passed_on(used=()), "warning", why=["repeats"], about="three, and nobody uses them")
        self.assert_weighs(self.passed_on(used=(1, 2)), "note", why=[], about="one that nobody uses")

    @staticmethod
    def passed_on(used):
        """Three programs get a socket each of one place; those of `used` go on with it."""
        trace = Trace(SYSTEM)
        for n, t in enumerate((1, 40, 80)):
            trace.socket(t, 3 + n)
            trace.line(t, 3 + n, op="posix_spawn", **{"from": "CLOSED", "to": "CLOSED"}, cookie=str(n + 1))
            child = {"pid": 20 + n, "tid": 20 + n, "fd": 3 + n, "sock": 1}
            fresh = {"op": "execve", "from": None, "to": "CLOSED", "inherited": True, "cookie": str(n + 1), "family": "AF_INET", "type": "SOCK_STREAM"}
            trace.lines += [{"ev": "spawn", "t": t * SECOND + 1, "pid": 9, "tid": 9, "op": "posix_spawn", "child": 20 + n, "stack": 2},
                            {**trace.lines[0], "t": t * SECOND + 2, "pid": 20 + n, "ppid": 9, "start": 20 + n, "exe": "/bin/date", "argv": ["date"]},
                            {"ev": "fd", "t": t * SECOND + 3, **child, **fresh}]
            if n in used:
                trace.lines.append({"ev": "fd", "t": t * SECOND + 4, **child, "op": "send", "from": "CLOSED", "to": "CLOSED", "note": "first-use"})
            trace.lines.append({"ev": "exit", "t": t * SECOND + 5, "pid": 20 + n, "status": 0, "open": 1, "events": 1, "dropped": 0})
            trace.close(t + 1, 3 + n)
        return trace.end(100)

    def test_a_write_to_who_is_gone_fails_anyway(self):
        for exe, severity in ((SYSTEM, "note"), (OWN, "warning")):
            trace = Trace(exe)
            trace.socket(1, 3)
            trace.connect(1, 3)
            for t in (2, 3):
                trace.line(t, 3, op="send", **{"from": "CLOSE_WAIT", "to": "CLOSE_WAIT"}, ret=-1, errno="EPIPE", violation="broken-pipe")
            trace.close(4, 3, "CLOSE_WAIT")
            self.assert_weighs(trace.end(100), severity, why=[], about=exe)

    def test_one_that_came_after_those_that_were_closed_was_not_outlived(self):
        trace = Trace(SYSTEM)
        trace.socket(10, 3)
        trace.close(11, 3)
        trace.socket(97, 3)
        self.assert_weighs(trace.end(100, (3, 2, "CLOSED")), "note", why=["abandoned"])

    def test_a_misuse_whose_call_failed_is_an_error_anywhere(self):
        trace = Trace(SYSTEM)
        trace.socket(10, 3)
        trace.close(11, 3)
        trace.close_again(12, 3)
        self.assert_weighs(trace.end(100), "error", why=["failed"])

    def test_how_many_were_opened_here_and_what_became_of_them(self):
        trace = Trace(OWN)
        for n in range(100):
            trace.socket(n / 10, 3 + n)
        for n in range(100):
            trace.sock = n + 1
            if n not in (20, 40):
                trace.close(20 + n / 100, 3 + n)
        result = self.assert_weighs(trace.end(100, (23, 21, "CLOSED"), (43, 41, "CLOSED")), "error", why=["outlived", "abandoned"])
        self.assertEqual({"opened": 100, "closed": 98, "open": 2, "oldest_ns": 98 * SECOND},
                         {key: value for key, value in result.report["violations"][0]["evidence"].items() if key != "why"})
        self.assertIn("evidence: 98 of 100 sockets opened here were closed, the others were not; the oldest was open for 98 s", result.stdout)

    def killed(self, state, n):
        """A server that was ended by SIGTERM with n connections open in that state."""
        trace = Trace(OWN)
        for i in range(n):
            trace.socket(i / 2, 3 + i)
            trace.connect(i / 2, 3 + i)
            if state == "CLOSE_WAIT":
                trace.gone(i / 2 + 0.1, 3 + i)
        trace.lines.append({**trace.lines[-1], "t": 100 * SECOND})
        return trace

    def test_hundreds_in_close_wait_outweigh_how_the_process_ended(self):
        self.assert_weighs(self.killed("CLOSE_WAIT", 200), "error", about="200 of one place in CLOSE_WAIT")
        self.assert_weighs(self.killed("CLOSE_WAIT", 2), "warning", "--allow-dropped", about="two of them")
        self.assert_weighs(self.killed("ESTABLISHED", 200), "warning", "--allow-dropped", about="200 that are in use")

    def test_what_only_a_signal_left_open_shares_a_line(self):
        killed = "import os, signal, socket; a = socket.socketpair(); l = socket.create_server(('127.0.0.1', 0)); os.kill(os.getpid(), signal.SIGTERM)"
        result = self.socksan_run(["/usr/bin/python3", "-c", killed])
        self.assertEqual({"warning"}, {one["severity"] for one in result.report["violations"]}, result.stderr)
        self.assertNotIn("[never-closed]", result.stderr, "expected them to be folded")
        self.assertRegex(result.stderr, r"warning: process \d+ was ended by a signal with sockets open: 2 in use, 1 listening \(--fail-on=warning shows where they were opened\)\n")
        result = self.socksan_run(["/usr/bin/python3", "-c", killed], "--fail-on=warning")
        self.assertIn("warning[never-closed]", result.stderr, "expected what fails to be shown")

    def test_what_others_left_open_at_their_end_is_not_folded_with_what_a_signal_did(self):
        children = ("import os, signal, socket\n"
                    "for number in (signal.SIGTERM, 0):\n"
                    "    child = os.fork()\n"
                    "    if not child:\n"
                    "        l = socket.create_server(('127.0.0.1', 0))\n"
                    "        os.kill(os.getpid(), number)\n"
                    "        os._exit(0)\n"
                    "    os.waitpid(child, 0)\n")
        path = pathlib.Path(self.tmp) / "report.json"
        result = self.socksan_run(["/usr/bin/python3", "-c", children])
        path.write_text(json.dumps(result.report), encoding="utf-8")
        _, merged, _ = self.finish(self.start([socksan(), "merge", str(path)]))
        for text in (result.stderr, merged):
            self.assertIn("still listening when the process was killed (2 times)", text, "expected it to be told by itself, with its place")
            self.assertNotIn("by a signal with", text)

    def test_files_that_a_signal_left_open_are_no_sockets(self):
        killed = "import os, signal; a = open('/etc/passwd'); os.kill(os.getpid(), signal.SIGTERM)"
        result = self.socksan_run(["/usr/bin/python3", "-c", killed], "--kinds=file")
        self.assertRegex(result.stderr, r"was ended by a signal with descriptors open: 1 in use")

    @unittest.skipUnless(shutil.which("php"), "no php here")
    def test_what_an_interpreter_opens_for_itself_is_its_own_also_in_a_program_that_the_script_starts(self):
        """PHP keeps the file of the script open, without close-on-exec."""
        found = {}
        for opens in ("", "$mine = fopen('/dev/null', 'r');"):
            path = pathlib.Path(self.tmp) / "starts.php"
            path.write_text(f"<?php {opens} proc_close(proc_open(['sleep', '0'], [], $pipes)); {opens and 'fclose($mine);'}", encoding="utf-8")
            result = self.socksan_run(["php", str(path)], "--kinds=file")
            found[bool(opens)] = sorted(violation["severity"] for violation in result.report["violations"])
        self.assertEqual({False: ["note"], True: ["note", "warning"]}, found, result.stderr)

    def test_a_socket_at_a_standard_number_is_remarked_upon(self):
        trace = Trace(OWN)
        trace.socket(1, 1)
        self.assertIn("= note: 1 is the number of standard output: was that closed before", self.report(trace.end(100, (1, 1, "CLOSED"))).stdout)
        self.assertNotIn("is the number of", self.report(leaks(OWN, 1)).stdout)

    def test_the_order_of_a_report_comes_from_the_evidence(self):
        trace = Trace(OWN)
        trace.socket(1, 3)
        trace.close(2, 3)
        trace.close_again(3, 3)
        for n, t in enumerate((10, 50, 90)):
            trace.socket(t, 4 + n)
        result = self.report(trace.end(100, *((4 + n, 2 + n, "CLOSED") for n in range(3))))
        self.assertEqual(["never-closed", "double-close"], [one["code"] for one in result.report["violations"]],
                         f"expected what repeats to come first\n{result.stdout}")

    def test_merging_adds_up(self):
        first = self.report(leaks(SYSTEM, 10, 15, 20)).report
        path = pathlib.Path(self.tmp) / "one.json"
        path.write_text(json.dumps(first), encoding="utf-8")
        status, stdout, stderr = self.finish(self.start([socksan(), "merge", "-f", "json", str(path), str(path)]))
        self.assertEqual(23, status, stderr)
        merged = json.loads(stdout)["violations"][0]
        self.assertEqual(("error", False, 6, 6), (merged["severity"], merged["own"], merged["count"], merged["evidence"]["opened"]), stdout)


class Grouping(WeighTest):
    """By where the user's own code did it, whatever lies above and below."""

    def bad_calls(self, exe, *stacks):
        """A process with a misuse for each of the stacks: each a list of frames."""
        trace = Trace(exe)
        trace.lines += [{"ev": "module", "t": 1, "pid": 9, "id": 3, "path": "/usr/lib/libevent.so", "base": "0x0"}]
        for n, frames in enumerate(stacks):
            trace.lines += [{"ev": "stack", "t": 1, "pid": 9, "id": 10 + n, "frames": frames},
                            {"ev": "fd", "t": n + 2, "pid": 9, "tid": 9, "op": "send", "fd": -1, "ret": -1, "errno": "EBADF", "violation": "bad-fd", "stack": 10 + n}]
        return trace.end(100)

    def counts(self, trace, *options):
        result = self.report(trace, *options)
        return sorted((one["count"] for one in result.report["violations"]), reverse=True), result

    def test_one_misuse_at_one_own_frame_is_one_violation(self):
        counts, result = self.counts(self.bad_calls(OWN, ["1+0x100", "1+0x200"], ["3+0x7", "1+0x100", "1+0x300"], ["1+0x100", "3+0x9", "1+0x200"]))
        self.assertEqual([3], counts, f"expected libraries and lines of callers to make no difference\n{result.stdout}")

    def test_other_own_frames_are_other_violations(self):
        counts, result = self.counts(self.bad_calls(OWN, ["1+0x100", "1+0x200"], ["1+0x110", "1+0x200"]))
        self.assertEqual([1, 1], counts, result.stdout)

    def test_a_caller_with_another_name_is_another_violation(self):
        """Else a new one would hide behind a known one that went through the same wrapper."""
        counts, result = self.counts(self.bad_calls(OWN, ["1+0x100"], ["1+0x100", "1+0x200"]))
        self.assertEqual([1, 1], counts, f"expected what has other fingerprints to stay apart\n{result.stdout}")

    def test_without_own_frames_the_whole_stack_tells(self):
        counts, result = self.counts(self.bad_calls(SYSTEM, ["1+0x100", "1+0x200"], ["1+0x100", "1+0x300"]), "--strict")
        self.assertEqual([1, 1], counts, result.stdout)

    def many(self, n):
        return self.bad_calls(OWN, *([f"1+{i:#x}"] for i in range(0x100, 0x100 + n)))

    def test_a_long_report_opens_with_what_matters_and_stops(self):
        _, result = self.counts(self.many(300))
        self.assertRegex(result.stdout, r"\A +times +code +places +file\n +300 +bad-fd +300 +/home/u/server\n\n", "expected a table by code and file")
        self.assertEqual(20, result.stdout.count("error[bad-fd]"), "expected twenty to be shown")
        self.assertIn("... and 280 more (--max=0 shows all)", result.stdout)
        self.assertIn("300 errors in 1 process", result.stdout)

    def test_how_many_are_shown(self):
        for option, n in (("--max=0", 300), ("--max=5", 5), ("--max=300", 300)):
            _, result = self.counts(self.many(300), option)
            self.assertEqual(n, result.stdout.count("error[bad-fd]"), option)
            self.assertEqual(n == 5, "more (--max=0" in result.stdout, option)
        for value in ("", "-1", "x", "5x", "99999999999999999999"):
            status, _, stderr = self.finish(self.start([socksan(), "report", f"--max={value}", "x"]))
            self.assertEqual(2, status, value)
            self.assertIn(f"--max wants a number, 0 for all, not '{value}'", stderr)

    def two_facts(self, *, same):
        """A use after the close, and a second close: of one socket, or of two that had one number, one after the other."""
        trace = Trace(OWN)
        trace.socket(1, 3)
        trace.close(2, 3)
        trace.line(3, 3, op="send", ret=-1, errno="EBADF", violation="use-after-close")
        if not same:
            trace.socket(4, 3)
            trace.close(5, 3)
        trace.close_again(6, 3)
        return self.report(trace.end(100))

    def test_what_was_done_to_one_descriptor_is_one_entry_with_both_facts(self):
        result = self.two_facts(same=True)
        self.assertEqual(2, len(result.report["violations"]), "expected both in JSON")
        self.assertEqual(1, len(re.findall(r"(?m)^error\[", result.stdout)), f"expected one entry\n{result.stdout}")
        self.assertRegex(result.stdout, r"(?m)^   = also error\[(use-after-close|double-close)\]: ")
        self.assertIn("2 errors in 1 process", result.stdout)

    def test_two_sockets_that_had_one_number_are_two_entries(self):
        result = self.two_facts(same=False)
        self.assertEqual(2, len(re.findall(r"(?m)^error\[", result.stdout)), f"expected an entry for each socket\n{result.stdout}")
        self.assertNotIn("= also", result.stdout)

    def test_a_sibling_with_another_fate_is_named(self):
        trace = Trace(OWN)
        trace.socket(1, 3)
        trace.socket(1.5, 7)
        trace.close(2, 7)
        self.assertIn("1 of 2 sockets opened here was closed as descriptor 7, this one was not", self.report(trace.end(3, (3, 1, "CLOSED"))).stdout)

    def test_a_short_report_has_no_table(self):
        _, result = self.counts(self.many(10))
        self.assertNotIn("places", result.stdout)


if __name__ == "__main__":
    unittest.main()
