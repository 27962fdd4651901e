"""Traces made to harm their reader: each gives an honest report or a clear error, quickly, and of what they name only regular files are
opened, and nothing is written to or run.

The inputs are so large that an algorithm of quadratic time would exceed a test's time limit.
SPDX-License-Identifier: Apache-2.0
"""

import ctypes
import json
import os
import pathlib
import pty
import re
import shutil
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, find, read_report, socksan  # pylint: disable=wrong-import-position

SYNTAX = dict(re.findall(r"^FORMAT\((\w+), (\w+),", find("analyzer/report/format.def").read_text(encoding="utf-8"), re.M))
FORMATS = list(SYNTAX)
CONTROLS = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]"
IN_OPEN = 0x20


def opening(t, pid=9, fd=4, sock=1, **more):
    return {"ev": "fd", "t": t, "pid": pid, "tid": pid, "op": "socket", "fd": fd, "sock": sock, "from": None, "to": "CLOSED", "ret": fd, **more}


def leak(t, pid=9, fd=4, sock=1, **more):
    return {"ev": "leak", "t": t, "pid": pid, "fd": fd, "sock": sock, "state": "CLOSED", "violation": "never-closed", **more}


def process(t, pid=9, ppid=1, **more):
    return {"ev": "process", "t": t, "pid": pid, "schema": 1, "wall": 1.5, "ppid": ppid, "exe": "/x", "argv": ["x"], "how": "fork", "nofile": 1024,
            "start": pid, "boot": "b", "host": "h", **more}


def module(number, path, **more):
    return {"ev": "module", "t": 0, "pid": 9, "id": number, "path": path, "base": "0x0", **more}


def stack(number, *frames, **more):
    return {"ev": "stack", "t": 0, "pid": 9, "id": number, "frames": list(frames), **more}


class HostileTest(SockSanTest):
    def trace(self, lines):
        path = f"{self.tmp}/trace.jsonl"
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines)
        return path

    def assert_honest(self, lines, *options, about="", formats=("text", "json"), schema=True):
        """The report, which says what the schema allows, and steers no terminal; None for a clear error, or without JSON. To
        hold large reports to the schema takes too long."""
        outputs = [f"--output={name}={self.tmp}/out.{name}" for name in formats]
        for output in outputs:
            pathlib.Path(output.rpartition("=")[2]).unlink(missing_ok=True)
        status, stdout, stderr = self.finish(self.start([socksan(), "report", *outputs, *options, self.trace(lines)]))
        self.assertIn(status, (0, 2, 23, 24), f"{about}: expected a report or an error\n{stderr[:2000]}")
        self.assertIsNone(re.search(CONTROLS, stdout + stderr), f"{about}: expected nothing that steers a terminal")
        if status == 2:
            self.assertRegex(stderr, "^socksan: ", f"{about}: expected an error that says why")
            return None
        if "json" not in formats:
            return None
        if schema:
            return read_report(f"{self.tmp}/out.json")
        return json.loads(pathlib.Path(f"{self.tmp}/out.json").read_text(encoding="utf-8"))


class Values(HostileTest):
    NUMBERS = [-2**63, -2**31, -1, 0, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 10**400, 1.5, -0.0, 1e308, None, True, "", "1", [], {}, [[]]]

    def lines(self):
        return [process(1), {"ev": "module", "t": 2, "pid": 9, "id": 1, "path": "/x", "base": "0x1000", "build_id": "aa" * 20},
                {"ev": "stack", "t": 3, "pid": 9, "id": 1, "frames": ["1+0x10"], "py": ["x.py:1 f"]},
                opening(4, stack=1, cookie="1", family="AF_INET", type="SOCK_STREAM"),
                {"ev": "fd", "t": 5, "pid": 9, "tid": 9, "op": "dup2", "fd": 4, "newfd": 5, "sock": 1, "from": "CLOSED", "to": "CLOSED", "ret": 5, "stack": 1},
                {"ev": "fd", "t": 6, "pid": 9, "tid": 9, "op": "recv", "fd": 4, "sock": 1, "from": "CLOSED", "to": "CLOSE_WAIT", "ret": 0, "rx": 1, "tx": 1,
                 "last": 1, "gap": 1, "waited": 1, "timeout": 0, "close_wait": 1, "unread": 1, "violation": "unread-data", "stack": 1},
                {"ev": "fd", "t": 6, "pid": 9, "tid": 9, "op": "epoll_wait", "fd": 5, "sock": 1, "from": None, "to": None, "ret": 1, "stack": 1,
                 "epoll": 3, "registered": 1, "closed": 1, "violation": "stale-epoll"},
                {"ev": "exec", "t": 7, "pid": 9, "tid": 9, "ret": -1}, leak(8), leak(8, fd=5),
                {"ev": "exit", "t": 9, "pid": 9, "status": 0, "open": 2, "events": 4, "dropped": 0}]

    def test_any_value_of_any_key(self):
        """One trace for each value: every key of every kind of line has it once."""
        for value in self.NUMBERS:
            lines = []
            for number, line in enumerate(self.lines()):
                for key in line.keys() - {"schema"}:  # a newer one is not read
                    pid = 100 * (number + 1) + len(lines) % 100
                    lines += [{**other, "pid": pid} for other in self.lines()[:number]]
                    lines.append({**line, "pid": pid, key: value})
                    lines += [{**other, "pid": pid} for other in self.lines()[number + 1:]]
            with self.subTest(value=value):
                text = "".join(json.dumps(line) + "\n" for line in lines)
                self.assertIsNotNone(self.assert_honest([text], about=repr(value)[:80], formats=FORMATS), "expected what is well to be reported")

    def test_counts_that_no_number_holds(self):
        report = self.assert_honest([{"ev": "exit", "t": 1, "pid": pid, "status": 0, "dropped": 2**63 - 1} for pid in range(1, 5)])
        self.assertEqual(2**63 - 1, report["totals"]["dropped"], "expected the largest number that JSON's readers hold")

    def test_stacks_modules_and_sockets_given_again(self):
        report = self.assert_honest(
            [module(1, "/a"), stack(1, "1+0x10"), opening(1, stack=1), module(1, "/b"), stack(1, "1+0x20"), opening(2, fd=5, stack=1), opening(3, fd=4, stack=1),
             opening(4, pid=10, stack=1), leak(5), leak(5), leak(6, fd=7)] * 2)
        self.assertGreater(report["totals"]["by_code"]["never-closed"], 0)

    def test_frames_of_modules_that_are_not_there(self):
        frames = ["1+0x0", "1+0xffffffffffffffff", "0+0x10", "-1+0x10", "9223372036854775807+0x10", "99999999999999999999+0x10", "1+0x" + "f" * 40]
        report = self.assert_honest([module(1, "/bin/true", base="0xffffffffffffffff"), stack(1, *frames), opening(1, stack=1)])
        self.assertEqual(len(frames), len(report["violations"][0]["stacks"]["opened"]), "expected each frame, with or without a module")

    def test_deep_and_wide(self):
        self.assertIsNone(self.assert_honest(["[" * 1_000_000 + "\n", "{" * 1_000_000 + "\n", '{"a":' * 1_000_000 + "\n"], about="brackets"))
        deep = json.dumps(opening(1)).replace("}", ',"more":' + "[" * 100_000 + "]" * 100_000 + "}\n")
        self.assertIsNone(self.assert_honest([deep], about="a deep value"))
        report = self.assert_honest([process(1, argv=["x"] * 100_000), stack(1, *["1+0x10"] * 100_000, py=["a.py:1 f"] * 100_000), opening(1, stack=1)], schema=False)
        self.assertEqual(200_000, len(report["violations"][0]["stacks"]["opened"]))
        self.assertEqual(100_000, len(report["processes"][0]["argv"]))


class Size(HostileTest):
    def test_a_hundred_thousand_modules(self):
        n = 100_000
        lines = (json.dumps(line) + "\n" for i in range(n) for line in
                 (module(i, f"/nowhere/{i}", base=hex(i << 40)), stack(i, f"{i}+0x10"), opening(i, fd=i, sock=i, stack=i)))
        self.assertIsNone(self.assert_honest(lines, "--max=0", formats=("text",)))
        text = pathlib.Path(f"{self.tmp}/out.text").read_text(encoding="utf-8")
        self.assertEqual(n, text.count("warning[never-closed]"))
        self.assertLess(text.count("note:"), 20, "expected not a note for each module")

    def test_a_program_that_is_mapped_everywhere(self):
        n = 2_000
        program = shutil.which("true")
        lines = [line for i in range(n) for line in (module(i, program, base=hex(i * 4096), build_id="%040x" % i), stack(i, f"{i}+{i:#x}"),
                                                     module(n + i, program, base=hex(i * 4096)), stack(n + i, f"{n + i}+{i << 20:#x}"),
                                                     opening(i, fd=i, sock=i, stack=i), opening(n + i, fd=n + i, sock=n + i, stack=n + i))]
        report = self.assert_honest(lines, schema=False)
        for violation in report["violations"]:
            for frame in violation["stacks"]["opened"]:
                if int(frame["offset"], 16) > os.path.getsize(program) + 2**24:
                    self.assertEqual({"module", "offset", "lang"}, set(frame), "expected no name outside of the program")

    def test_thousands_of_processes_that_pass_one_socket_on(self):
        """Each forks the next, inherits the socket, and says that it made it."""
        n = 10_000
        lines = []
        for i in range(n):
            lines += [process(3 * i, pid=i + 10, ppid=i + 9), opening(3 * i + 1, pid=i + 10, sock=1, cookie="1", inherited=True, op="fork"),
                      opening(3 * i + 2, pid=i + 10, fd=5, sock=2, cookie="1")]
        self.assertEqual(n, self.assert_honest(lines, schema=False)["totals"]["processes"])

    def test_processes_that_are_their_own_parents(self):
        lines = [line for i in range(10_000) for line in
                 (opening(4 * i, pid=10 + i % 3, sock=i, cookie="1"), process(4 * i + 1, pid=10 + i % 3, ppid=10 + (i + 1) % 3),
                  opening(4 * i + 2, pid=10 + i % 3, fd=5, sock=i + 1, cookie="1", inherited=True, op="fork"))]
        self.assert_honest(lines, schema=False)

    def test_every_format_with_thousands_of_processes_and_violations(self):
        n = 2_000
        lines = [line for i in range(n) for line in
                 ({**stack(1, f"1+{i:#x}"), "pid": 10 + i}, opening(i, pid=10 + i, stack=1),
                  {"ev": "fd", "t": i, "pid": 10 + i, "tid": 1, "op": "close", "fd": -1, "ret": -1, "errno": "EBADF", "violation": "bad-fd"})]
        self.assertEqual(n + 1, len(self.assert_honest(lines, formats=FORMATS, schema=False)["violations"]))

    def test_reports_of_a_hundred_thousand(self):
        n = 100_000
        violations = [{"code": "bad-fd", "severity": "error", "fingerprint": "0" * 16, "message": "m", "count": 1, "pids": [n - i], "fds": [n - i], "stacks": {}}
                      for i in range(n)]
        violations += [{**violations[0], "fingerprint": "%016x" % i, "pids": [5]} for i in range(1, n // 4)]
        processes = [{"pid": 5, "exe": "/x", "end": "exit", "sockets": 0, "events": 0, "dropped": 0}] * (n // 4)
        totals = {key: 0 for key in ("processes", "sockets", "events", "dropped", "torn", "open_peak")}
        path = f"{self.tmp}/report.json"
        pathlib.Path(path).write_text(json.dumps({"schema": "socksan-report/1", "processes": processes, "totals": totals, "violations": violations}), encoding="utf-8")
        status, _, stderr = self.finish(self.start([socksan(), "merge", f"--output=json={self.tmp}/out.json", path]))
        self.assertEqual(23, status, stderr)
        self.assertEqual(n // 4, len(json.loads(pathlib.Path(f"{self.tmp}/out.json").read_text(encoding="utf-8"))["violations"]))


class Opened:
    """Which of these paths are opened, other than to look at what they are."""

    def __init__(self, paths):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.fd = self.libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self.paths = {self.libc.inotify_add_watch(self.fd, os.fsencode(path), IN_OPEN): path for path in paths}
        assert self.fd >= 0 and -1 not in self.paths, os.strerror(ctypes.get_errno())

    def end(self):
        try:
            events = os.read(self.fd, 1 << 16)
        except BlockingIOError:
            events = b""
        os.close(self.fd)
        return sorted({self.paths[int.from_bytes(events[at:at + 4], sys.byteorder)] for at in range(0, len(events), 16)})


class Files(HostileTest):
    def everywhere(self, path):
        """A trace that has the path in each place of one."""
        return [process(1, exe=path, argv=[path, "--output=json=" + path], boot=path, host=path), module(1, path, build_id="aa" * 20), module(2, path),
                stack(1, "1+0x1010", "2+0x1010", py=[f"{path}:3 f"]), opening(4, stack=1, local="unix:" + path, peer="unix:" + path),
                {**opening(5, fd=5, ret=-1, stack=1, violation="bad-fd"), "op": path, "errno": path}, leak(6),
                {"ev": "exit", "t": 7, "pid": 9, "status": 0, "open": 1, "events": 2, "dropped": 0}]

    def test_nothing_but_regular_files_is_opened(self):
        os.mkfifo(f"{self.tmp}/fifo")
        os.symlink("fifo", f"{self.tmp}/link")
        os.mkdir(f"{self.tmp}/folder")
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(f"{self.tmp}/socket")
        regular = f"{self.tmp}/regular"
        shutil.copy(shutil.which("true"), regular)
        special = [f"{self.tmp}/fifo", f"{self.tmp}/folder", f"{self.tmp}/socket", "/dev/zero", "/dev/full", "/dev/ptmx"]
        for path in [*special, f"{self.tmp}/link", "/dev/stdin", "/dev/fd/0", "/proc/self/mem", "/proc/kmsg", "/proc/self/fd/0", "//proc/self/mem", "/dev/tty"]:
            seen = []
            for _ in range(5):  # others on this machine open devices too: what the report opens, it opens each time
                opened = Opened(special)
                report = self.assert_honest(self.everywhere(path), about=path, formats=FORMATS)
                seen = opened.end()
                if not any(one.startswith("/dev/") for one in seen):
                    break
            self.assertEqual([], seen, f"{path}: expected it not to be opened")
            self.assertIn("is no file", " ".join(report["notes"]), f"{path}: expected a note that says so")
        opened = Opened([regular])
        self.assert_honest(self.everywhere(regular))
        self.assertEqual([regular], opened.end(), "expected a regular file to be opened: else this test sees nothing")

    def test_nothing_but_regular_files_is_opened_in_folders_of_debug_files(self):
        folder = f"{self.tmp}/debug"
        build_id = "ab" * 20
        os.makedirs(f"{folder}/.build-id/ab")
        os.makedirs(f"{folder}/x")
        fifos = [f"{folder}/.build-id/ab/{build_id[2:]}{suffix}" for suffix in ("", ".debug")] + [f"{folder}/x/gone", f"{folder}/gone"]
        for path in fifos:
            os.mkfifo(path)
        opened = Opened(fifos)
        self.assert_honest([module(1, "/x/gone", build_id=build_id), stack(1, "1+0x10"), opening(1, stack=1)], f"--debug-dir={folder}")
        self.assertEqual([], opened.end(), "expected no FIFO to be opened")

    def test_a_build_id_is_no_path(self):
        outside = f"{self.tmp}/outside"
        shutil.copy(shutil.which("true"), outside)
        os.makedirs(f"{self.tmp}/debug/.build-id")
        for build_id in ("../../outside", "aa/../../../outside", "", "..", "/" + outside, "a" * 100_000, "%s%n", "AA" * 20, "aa\n" * 7):
            opened = Opened([outside])
            report = self.assert_honest([module(1, "/nowhere/x", build_id=build_id), stack(1, "1+0x10"), opening(1, stack=1)], f"--debug-dir={self.tmp}/debug")
            self.assertEqual([], opened.end(), f"{build_id[:40]}: expected it not to lead out of the folder")
            self.assertIn("/nowhere/x is gone", " ".join(report["notes"]))

    def test_a_wrong_build_id_is_said(self):
        report = self.assert_honest([module(1, shutil.which("true"), build_id="ab" * 20), stack(1, "1+0x1010"), opening(1, stack=1)])
        self.assertIn("is another build than the traced one", " ".join(report["notes"]))
        self.assertEqual({"module", "offset", "lang"}, set(report["violations"][0]["stacks"]["opened"][0]), "expected no name that may be wrong")

    def test_files_that_only_begin_like_programs(self):
        program = pathlib.Path(shutil.which("true")).read_bytes()
        for about, content in (("a head alone", program[:64]), ("half", program[:len(program) // 2]), ("no sections", program[:40] + b"\xff" * 24 + program[64:]),
                               ("nothing", b""), ("zeros", b"\0" * 4096), ("magic alone", b"\x7fELF"), ("text", b"hello\n"),
                               ("noise", program[:64] + bytes(range(256)) * 64)):
            pathlib.Path(f"{self.tmp}/program").write_bytes(content)
            report = self.assert_honest([module(1, f"{self.tmp}/program"), stack(1, "1+0x1010", "1+0x10"), opening(1, stack=1)], about=about)
            self.assertEqual(2, len(report["violations"][0]["stacks"]["opened"]), about)

    def test_nothing_that_a_trace_names_is_written_to(self):
        os.mkdir(f"{self.tmp}/victim")
        there = pathlib.Path(f"{self.tmp}/victim/there")
        there.write_text("as it was", encoding="utf-8")
        there.chmod(0o666)
        for path in (str(there), f"{self.tmp}/victim/new", "victim/new", "--output=json=victim/new", f"$(touch {self.tmp}/victim/new)", f"|touch {self.tmp}/victim/new"):
            self.assert_honest(self.everywhere(path), about=path, formats=FORMATS)
            self.assertEqual(["there"], os.listdir(f"{self.tmp}/victim"), f"{path}: expected nothing new")
            self.assertEqual("as it was", there.read_text(encoding="utf-8"), f"{path}: expected it unchanged")

    def test_names_in_a_program_steer_no_terminal(self):
        """Of functions and of sources, which may hold any byte."""
        compiler = shutil.which("gcc") or self.skipTest("no compiler here")
        source = pathlib.Path(f"{self.tmp}/evil.c")
        source.write_bytes(b"void plain(void);\n#line 7 \"/src/\\x1b[2J\\xff\\xe2\\x80\\xae::error::.c\"\nvoid plain(void) {}\n")
        name = b"f\x1b]0;x\x07\xc2\x9b31m\xff]]>\n::error::<b>"
        for flag in ("-g", "-g0"):
            library = f"{self.tmp}/evil{flag}.so"
            subprocess.run([compiler, flag, "-shared", "-fPIC", "-o", library, str(source)], check=True)
            symbols = subprocess.run(["nm", library], stdout=subprocess.PIPE, text=True, check=True).stdout
            offset = int(re.search(r"^(\w+) T plain$", symbols, re.M)[1], 16) + 1
            subprocess.run([b"objcopy", b"--redefine-sym", b"plain=" + name, library.encode()], check=True)
            lines = [module(1, library), stack(1, f"1+{offset:#x}"), opening(1, stack=1)]
            self.assert_honest(lines, about=flag, formats=FORMATS)
            for kind in FORMATS:
                text = pathlib.Path(f"{self.tmp}/out.{kind}").read_bytes().decode()
                if SYNTAX[kind] != "JSON":
                    self.assertIsNone(re.search(CONTROLS, text), f"{flag} {kind}: expected nothing that steers a terminal")
                self.assertNotRegex(text, "(?m)^::error::", f"{flag} {kind}: expected no command of the name's")
            frame = json.loads(pathlib.Path(f"{self.tmp}/out.json").read_text(encoding="utf-8"))["violations"][0]["stacks"]["opened"][0]
            self.assertIn("\x1b", frame.get("file", "") + frame.get("function", ""), f"{flag}: expected the name to be told, or this test sees nothing")

    def test_names_of_files_steer_no_terminal(self):
        name = b"\x1b[2J\xff\xe2\x80\xae\n.jsonl"
        with open(os.fsencode(self.tmp) + b"/" + name, "wb") as file:
            file.write(b"no line of a trace\n")
        ours, theirs = pty.openpty()
        started = self.start([socksan().encode(), b"report", name, b"gone" + name, os.fsencode(self.tmp)], stdout=theirs, stderr=theirs,
                             env=self.environment(TERM="xterm", NO_COLOR="1"))
        os.close(theirs)
        shown = b""
        try:
            while block := os.read(ours, 65536):
                shown += block
        except OSError:  # the terminal's other side is gone
            pass
        os.close(ours)
        self.assertEqual(2, started.wait())
        self.assertIsNone(re.search(CONTROLS, shown.decode().replace("\r\n", "\n")), shown)


if __name__ == "__main__":
    unittest.main()
