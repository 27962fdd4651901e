"""`socksan report` on input that is missing, broken or foreign, its exit statuses, outputs and colours.

SPDX-License-Identifier: Apache-2.0
"""

import gzip
import json
import os
import pathlib
import pty
import re
import shutil
import subprocess
import signal
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, find, read_report, shim, socksan  # pylint: disable=wrong-import-position

GOLDEN = find("tests/traces/minimal/hand.jsonl").parent.parent
LEAK = [
    '{"ev":"fd","t":1,"pid":9,"tid":9,"op":"accept","fd":4,"sock":1,"from":null,"to":"ESTABLISHED","ret":4}',
    '{"ev":"leak","t":2,"pid":9,"fd":4,"sock":1,"state":"ESTABLISHED","violation":"never-closed"}',
    '{"ev":"exit","t":3,"pid":9,"status":0,"open":1,"events":1,"dropped":0}',
]


def golden(case):
    return str(GOLDEN / case)


class ReportTest(SockSanTest):
    def write(self, name, data):
        path = pathlib.Path(self.tmp) / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return str(path)

    def assert_unusable(self, *args, says, **popen):
        result = self.socksan_report(*args, **popen)
        self.assertEqual(2, result.status, f"report {args}: expected status 2\n{result.stdout}{result.stderr}")
        self.assertIn(says, result.stderr, f"report {args}: expected a message that says so")
        self.assertTrue(result.stderr.startswith("socksan"), result.stderr)
        return result

    def assert_one_leak(self, *args, **popen):
        """The leak that stands beside the bad input is still found."""
        result = self.socksan_report(*args, **popen)
        self.assertEqual(23, result.status, f"report {args}: expected status 23\n{result.stderr}")
        self.assert_codes(result, {"never-closed": 1})
        return result


class InputThatCannotBeUsed(ReportTest):
    def test_a_missing_file(self):
        self.assert_unusable("nowhere.jsonl", says="nowhere.jsonl: No such file or directory")

    def test_an_empty_file(self):
        self.assert_unusable(self.write("empty.jsonl", ""), says="empty.jsonl: empty")

    def test_a_file_of_blank_lines(self):
        self.assert_unusable(self.write("blank.jsonl", "\n" * 70000), says="no usable line")

    def test_a_folder_without_traces(self):
        os.mkdir(f"{self.tmp}/traces")
        self.write("traces/notes.txt", "no trace")
        self.assert_unusable(f"{self.tmp}/traces", says=f"{self.tmp}/traces: no traces in this folder (their names end in .jsonl); "
                             f"`socksan run --trace-dir={self.tmp}/traces -- COMMAND` writes some")

    def test_a_folder_with_traces_in_one_below(self):
        os.makedirs(f"{self.tmp}/traces/monday")
        self.write("traces/monday/t.1.jsonl", "")
        self.assert_unusable(f"{self.tmp}/traces", says=f"but there are some in {self.tmp}/traces/monday")

    def test_garbage(self):
        result = self.assert_unusable(self.write("garbage.jsonl", "what\nis\nthis\n"), says="garbage.jsonl:2: not JSON")
        self.assertIn("no usable line", result.stderr)

    def test_random_bytes(self):
        self.assert_unusable(self.write("random.jsonl", bytes(range(256)) * 4000), says="random.jsonl:1: ")

    def test_a_compressed_trace(self):
        self.assert_unusable(self.write("t.jsonl.gz", gzip.compress(b"{}\n")), says="t.jsonl.gz: compressed by gzip")

    def test_a_program(self):
        self.assert_unusable("/bin/true", says="/bin/true: a program, not a trace")

    def test_a_report(self):
        path = f"{self.tmp}/report.json"
        self.finish(self.start([socksan(), "report", "--output=json=" + path, golden("double_close")]))
        self.assert_unusable(path, says="report.json: a report of SockSan, not a trace")

    def test_a_json_array(self):
        self.assert_unusable(self.write("array.jsonl", "[]\n[1]\n"), says="array.jsonl:1: a JSON array")

    def test_a_fifo_is_not_opened(self):
        os.mkfifo(f"{self.tmp}/fifo.jsonl")
        self.assert_unusable(f"{self.tmp}/fifo.jsonl", says="fifo.jsonl: not a file or a folder")

    def test_a_device_is_not_read(self):
        self.assert_unusable("/dev/zero", says="/dev/zero: not a file or a folder")

    def test_empty_standard_input(self):
        self.assert_unusable("-", says="<standard input>: empty")

    def test_a_folder_of_empty_files(self):
        os.mkdir(f"{self.tmp}/traces")
        self.write("traces/a.jsonl", "")
        self.assert_unusable(f"{self.tmp}/traces", says="a.jsonl: empty")

    def test_a_newer_schema_alone(self):
        line = '{"ev":"process","t":1,"pid":9,"schema":3}\n'
        self.assert_unusable(self.write("newer.jsonl", line + LEAK[0] + "\n"), says="newer.jsonl:1: written by a newer SockSan")


class BrokenInputBesideGood(ReportTest):
    def test_a_missing_file(self):
        good = self.write("good.jsonl", "\n".join(LEAK) + "\n")
        self.assertIn("nowhere: No such", self.assert_one_leak("nowhere", good).stderr)

    def test_a_missing_file_is_told_by_the_status_when_nothing_else_fails(self):
        self.assert_unusable("nowhere", golden("fork_daemon"), says="nowhere: No such")

    def test_an_empty_file_in_a_folder_does_no_harm(self):
        os.mkdir(f"{self.tmp}/traces")
        self.write("traces/a.jsonl", "")
        self.write("traces/b.jsonl", LEAK[0] + "\n" + LEAK[0].replace('"t":1', '"t":2').replace("accept", "close") + "\n")
        self.assertEqual(0, self.socksan_report("--allow-dropped", f"{self.tmp}/traces").status)

    def test_a_line_of_10_mb_is_read_and_told(self):
        long = LEAK[1].replace('"fd":4', '"fd":4,"more":"' + "x" * 10_000_000 + '"')
        result = self.assert_one_leak(self.write("long.jsonl", "\n".join([LEAK[0], long, LEAK[2]])))
        self.assertIn("long.jsonl:2: a line longer than any in a trace", result.stderr)

    def test_10_mb_of_garbage_in_a_line(self):
        result = self.assert_one_leak(self.write("long.jsonl", "\n".join([LEAK[0], "x" * 10_000_000, *LEAK[1:]])))
        self.assertIn("long.jsonl:2: not JSON", result.stderr)
        self.assertLess(len(result.stderr), 1000, "expected a message of bounded length")

    def test_a_line_of_40_mb_is_left_out(self):
        result = self.assert_one_leak(self.write("long.jsonl", "\n".join([LEAK[0], "x" * 40_000_000, *LEAK[1:]])))
        self.assertIn("long.jsonl:2: longer than 16 MiB", result.stderr)

    def test_a_torn_last_line_is_counted(self):
        result = self.assert_one_leak(self.write("torn.jsonl", "\n".join(LEAK) + '\n{"ev":"fd","t":4,"op":"clo'))
        self.assertEqual(1, result.report["totals"]["torn"])
        self.assertIn("torn.jsonl:4: a torn line", result.stderr)

    def test_what_was_open_when_a_trace_was_cut_may_have_been_closed(self):
        """But what was found open at the end was not."""
        for lines, expected in ((LEAK[:1], {}), (LEAK[:2], {"never-closed": 1})):
            result = self.socksan_report(self.write("cut.jsonl", "\n".join(lines) + '\n{"ev":"fd","t":4,"pid":9,"tid":9,"op":"clo'))
            self.assertEqual(24, result.status, f"expected the report to be incomplete\n{result.stderr}")
            self.assert_codes(result, expected)

    def test_a_torn_line_before_unfilled_space_is_counted(self):
        result = self.assert_one_leak(self.write("torn.jsonl", '{"ev":"fd","t":1,"pi' + "\n" * 4000 + "\n".join(LEAK)))
        self.assertEqual(1, result.report["totals"]["torn"])

    def test_a_last_line_without_newline_is_whole(self):
        self.assertEqual(0, self.assert_one_leak(self.write("whole.jsonl", "\n".join(LEAK))).report["totals"]["torn"])

    def test_lines_that_end_as_those_of_windows_do(self):
        text = "\r\n" * 3 + "\r\n \t\r\n".join(LEAK)
        for name, end in ("whole.jsonl", ""), ("ended.jsonl", "\r\n"), ("blank.jsonl", "\r\n\r\n" * 9), ("unended.jsonl", "\r\n \r"):
            result = self.assert_one_leak(self.write(name, (text + end).encode()))
            self.assertEqual(("", 0), (result.stderr, result.report["totals"]["torn"]), name)

    def test_nul_bytes_after_a_crash_of_the_machine(self):
        result = self.assert_one_leak(self.write("nul.jsonl", "\n".join(LEAK).encode() + b"\n" + bytes(9000)))
        self.assertIn("nul.jsonl:4: NUL bytes", result.stderr)

    def test_the_same_file_twice_counts_once(self):
        path = self.write("t.jsonl", "\n".join(LEAK))
        self.assert_one_leak(path, path, self.tmp)

    def test_a_symbolic_link_to_a_trace(self):
        path = self.write("t.trace", "\n".join(LEAK))
        os.symlink(path, f"{self.tmp}/link.jsonl")
        self.assert_one_leak(f"{self.tmp}/link.jsonl")

    def test_traces_of_two_processes_in_one_stream(self):
        both = "\n".join(LEAK) + "\n" + "\n".join(LEAK).replace('"pid":9', '"pid":10') + "\n"
        with open(self.write("both", both), "rb") as stream:
            result = self.socksan_report("-", stdin=stream)
        self.assertEqual([9, 10], [process["pid"] for process in result.report["processes"]])
        self.assert_codes(result, {"never-closed": 2})

    def test_a_pipe_as_standard_input(self):
        command = f"cat {golden('double_close')}/*.jsonl | {socksan()} report -"
        status, stdout, _ = self.finish(self.start(["/bin/sh", "-c", command]))
        self.assertEqual(23, status)
        self.assertIn("error[double-close]", stdout)

    def test_a_hundred_thousand_runs(self):
        lines = [LEAK[0].replace('"t":1', f'"t":{n}').replace('"fd":4,"sock":1', f'"fd":{n},"sock":{n}') for n in range(100_000, 4, -1)]
        result = self.socksan_report(self.write("backwards.jsonl", "\n".join(lines)))
        self.assertEqual(len(lines), result.report["totals"]["sockets"], result.stderr)
        self.assertEqual(len(lines), result.report["totals"]["open_peak"])


class EndOfAProcess(ReportTest):
    def trace_of(self, pid, start):
        boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        process = {"ev": "process", "t": 0, "pid": pid, "schema": 1, "wall": 1.5, "ppid": 1, "exe": "/x", "argv": ["x"], "how": "exec",
                   "nofile": 1024, "boot": boot, "host": os.uname().nodename, "start": start}
        return self.write(f"t.{pid}.jsonl", json.dumps(process) + "\n" + LEAK[0].replace('"pid":9', f'"pid":{pid}') + "\n")

    def test_a_title_is_no_path(self):
        for title in ("srv: worker -p /run/zz", "worker --socket=/run/zz", "/usr/sbin/server -x /run/zz"):
            trace = self.write("t.jsonl", json.dumps({"ev": "process", "t": 0, "pid": 9, "schema": 1, "wall": 1.5, "ppid": 1, "exe": "/opt/example/server",
                                                      "argv": [title], "how": "exec", "nofile": 1024}) + "\n" + LEAK[0] + "\n")
            self.assertIn("in process 9 (server)", self.socksan_report(trace).stdout, title)

    @staticmethod
    def start_time(pid):
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])

    def test_a_process_that_still_runs_is_not_judged(self):
        pid = os.getpid()
        result = self.socksan_report(self.trace_of(pid, self.start_time(pid)))
        self.assertEqual("running", result.report["processes"][0]["end"])
        self.assert_silent(result)
        self.assertIn("still runs", result.stdout)

    def test_what_a_process_that_still_runs_has_open(self):
        pid = os.getpid()
        result = self.socksan_report(self.trace_of(pid, self.start_time(pid)))
        self.assertEqual(1, len(result.report["open"]), "expected one place of creation")
        place = result.report["open"][0]
        self.assertEqual((pid, 1, [4], "ESTABLISHED"), (place["pid"], place["sockets"], place["fds"], place["state"]))
        self.assertGreater(place["oldest"], 0)
        self.assertEqual({1}, set(place["growth"]["open"]), "expected it to be open at every step")
        self.assertIn("open: 1 socket for ", result.stdout)

    def test_a_leak_shows_by_how_it_grew(self):
        pid, second, began = os.getpid(), 1_000_000_000, time.monotonic_ns() - 100 * 1_000_000_000
        if began < 0:
            self.skipTest("this machine began less than 100 s ago")
        trace = json.loads(pathlib.Path(self.trace_of(pid, self.start_time(pid))).read_text(encoding="utf-8").splitlines()[0])
        lines = [{**trace, "t": began}]
        for n in range(12):  # one each 8 s, which is the step that 100 s are told by
            made = {"ev": "fd", "t": began + (8 * n + 4) * second, "pid": pid, "tid": pid, "op": "socket", "fd": 10 + n, "sock": 1 + n,
                    "from": None, "to": "CLOSED", "ret": 10 + n, "family": "AF_INET", "type": "SOCK_STREAM"}
            lines.append(made)
            if n == 4:
                lines.append({**made, "t": made["t"] + second, "op": "close", "from": "CLOSED", "ret": 0})
        result = self.socksan_report(self.write(f"t.{pid}.jsonl", "".join(json.dumps(line) + "\n" for line in lines)))
        place = result.report["open"][0]
        self.assertEqual((place["sockets"], place["growth"]["step"]), (11, 8))
        self.assertEqual(place["growth"]["open"][:13], [1, 2, 3, 4, 4, 5, 6, 7, 8, 9, 10, 11, 11])
        self.assertIn("open: 11 TCP sockets, the oldest for ", result.stdout)
        self.assertIn("over time, every 8 s: 1 2 3 4 4 5 6 7 8 9 10 11 11", result.stdout)

    def test_a_leak_in_a_server_shows_while_it_runs(self):
        source = ("import socket, sys\n"
                  "server = socket.create_server(('127.0.0.1', 0))\n"
                  "kept = [(socket.create_connection(server.getsockname()), server.accept()[0]) for _ in range(20)]\n"
                  "for client, peer in kept[:5]:\n"
                  "    client.close()\n"
                  "    peer.recv(1)\n"
                  "print('there', flush=True)\n"
                  "sys.stdin.read()\n")
        folder = self.folder("trace")
        process = self.start(["/usr/bin/python3", "-c", source], stdin=subprocess.PIPE,
                             env=self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={folder}/t"))
        self.assertEqual("there\n", process.stdout.readline())
        time.sleep(0.2)
        result = self.socksan_report("--limit=close-wait=100ms", folder)
        self.assertEqual(["running"], [one["end"] for one in result.report["processes"]])
        self.assertEqual(36, sum(place["sockets"] for place in result.report["open"]), result.stdout)
        accepted = [place for place in result.report["open"] if place["sockets"] == 20]
        self.assertEqual(["CLOSE_WAIT"], [place["state"] for place in accepted], "expected the oldest one that was accepted")
        self.assertEqual([{"ESTABLISHED": 15, "CLOSE_WAIT": 5}], [place["states"] for place in accepted])
        self.assertIn("   = 15 ESTABLISHED, 5 CLOSE_WAIT\n", result.stdout)
        self.assert_codes(result, {"close-wait": 5})
        self.assert_silent(self.socksan_report("--limit=close-wait=1h", folder))
        process.stdin.close()

    def test_a_process_that_is_gone_without_a_word_is_told_as_gone(self):
        pid = os.getpid()
        result = self.socksan_report(self.trace_of(pid, self.start_time(pid) - 1))
        self.assertEqual("signal", result.report["processes"][0]["end"])
        self.assert_violation(result, "never-closed", severity="warning", cause="in-use")
        self.assertIn("still open when the process was gone", result.stdout, "expected not to be told that it was killed, which nobody saw")
        self.assertEqual(24, result.status, "expected that a warning does not fail, but that nobody saw it killed")
        self.assertEqual([("end", pid)], [(one["why"], one.get("pid")) for one in result.report["incomplete"]])

    def test_a_process_of_another_machine_is_unknown(self):
        result = self.socksan_report(golden("never_closed_killed"))
        self.assertEqual("unknown", result.report["processes"][0]["end"])


class StatusAndOutputs(ReportTest):
    def status(self, *args):
        return self.socksan_report(*args).status

    def test_fail_on(self):
        for case, option, expected in (
                ("double_close", "error", 23), ("double_close", "warning", 23), ("double_close", "never", 0),
                ("double_close", "double-close", 23), ("double_close", "bad-fd", 0), ("double_close", "bad-fd,double-close", 23),
                ("never_closed_killed", "error", 24), ("never_closed_killed", "warning", 23),
                ("never_closed_killed", "never-closed", 23), ("fork_daemon", "warning", 0)):
            self.assertEqual(expected, self.status("--fail-on=" + option, golden(case)), f"{case} with --fail-on={option}")

    def test_limits(self):
        for case, options, expected in (
                ("close_wait", [], 4), ("close_wait", ["--limit=close-wait=10s"], 2), ("close_wait", ["--limit", "close-wait=1h"], 0),
                ("close_wait", ["--limit=close-wait=1h", "--limit=close-wait=500ms"], 5), ("close_wait", ["--limit=idle=0.1min"], 4),
                ("idle", ["--limit=idle=99.5s"], 1), ("idle", ["--limit=idle=1.6min"], 2)):
            result = self.socksan_report(*options, golden(case))
            self.assertEqual(expected, sum(result.report["totals"]["by_code"].values()), f"{case} {options}\n{result.stdout}")

    def test_bad_limits(self):
        trace = golden("close_wait")
        for limit, says in (("close-wait", "wants CODE=TIME"), ("close-wait=", "'' is not a time"), ("idle=5", "'5' is not a time"),
                            ("idle=-1s", "'-1s' is not a time"), ("idle=5 s", "is not a time"), ("idle=0x5s", "is not a time"),
                            ("idle=1e300h", "is not a time"), ("idle=nans", "is not a time"), ("=5s", "no code ''"),
                            ("double-close=5s", "no limit for 'double-close'"), ("idel=5s", "no code 'idel'")):
            self.assert_unusable(f"--limit={limit}", trace, says=says)

    def test_error_exitcode(self):
        self.assertEqual(7, self.status("--error-exitcode=7", golden("double_close")))
        self.assertEqual(7, self.status("--error-exitcode", "7", golden("double_close")))
        self.assertEqual(0, self.status("--error-exitcode=0", golden("double_close")))

    def test_unusable_options(self):
        trace = golden("double_close")
        for option, says in (("--fail-on=eror", "did you mean 'error'?"), ("--fail-on=", "no code ''"), ("--fail-on=never,error", "stands alone"),
                             ("--error-exitcode=256", "0 to 255"), ("--error-exitcode=x", "0 to 255"), ("--format=yaml", "'yaml'"),
                             ("--output=report.json", "FMT=FILE"), ("--output=json=", "FMT=FILE"),
                             ("--colour", "colour")):
            self.assert_unusable(option, trace, says=says)
        self.assert_unusable(says="no TRACE")

    def test_an_output_that_cannot_be_written(self):
        self.assert_unusable("--output=text=/nowhere/report.txt", golden("fork_daemon"), says="/nowhere/report.txt: no such folder")

    def test_a_reader_who_leaves_costs_neither_the_status_nor_a_file(self):
        self.write("many.jsonl", "\n".join(LEAK))
        self.write("noise.jsonl", "x\n")
        made = f"{self.tmp}/made.json"
        self.socksan_report("-ojson=" + f"{self.tmp}/again.json", golden("bad_fd"))
        for command in (["report", "many.jsonl", "noise.jsonl"], ["report", "--format=html", "many.jsonl", "noise.jsonl"],
                        ["merge", "--fail-on=bad-fd", "again.json"]):
            reader, writer = os.pipe()
            os.close(reader)
            with os.fdopen(writer) as gone:
                process = self.start([socksan(), *command, f"-ojson={made}"], stdout=gone, stderr=gone,
                                     preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL))
                self.assertEqual(23, process.wait(60), command)
            self.assertTrue(json.loads(pathlib.Path(made).read_text(encoding="utf-8"))["violations"], command)
            os.remove(made)

    def test_every_output_is_written(self):
        first, second = f"{self.tmp}/1.json", f"{self.tmp}/2.txt"
        process = self.start([socksan(), "report", "-o", f"json={first}", "--output", f"text={second}", golden("bad_fd")])
        _, stdout, _ = self.finish(process)
        read_report(first)
        self.assertEqual(stdout, pathlib.Path(second).read_text(encoding="utf-8"))

    def test_json_on_standard_output(self):
        process = self.start([socksan(), "report", "--format", "json", golden("bad_fd")])
        self.assertEqual({"bad-fd": 3}, json.loads(self.finish(process)[1])["totals"]["by_code"])

    def test_a_full_disk_is_told(self):
        for name in "text", "json", "sarif", "junit", "github", "gitlab", "markdown", "html":
            with open("/dev/full", "wb") as full:
                status, _, stderr = self.finish(self.start([socksan(), "report", f"--format={name}", golden("bad_fd")], stdout=full))
            self.assertEqual((2, "socksan: the report cannot be written: No space left on device\n"), (status, stderr), name)


class OnATerminal(ReportTest):
    def on_terminal(self, *args, **env):
        """What `socksan report` shows on a terminal."""
        ours, theirs = pty.openpty()
        process = self.start([socksan(), "report", *args], stdout=theirs, env=self.environment(TERM="xterm", **env))
        os.close(theirs)
        shown = b""
        try:
            while True:
                block = os.read(ours, 65536)
                if not block:
                    break
                shown += block
        except OSError:  # the terminal's other side is gone
            pass
        os.close(ours)
        self.finish(process)
        return shown.decode()

    def test_colour(self):
        self.assertIn("\033[1;31merror[double-close]\033[0m", self.on_terminal(golden("double_close")))

    def test_no_colour_with_no_color(self):
        self.assertNotIn("\033", self.on_terminal(golden("double_close"), NO_COLOR="1"))

    def test_no_colour_in_a_file(self):
        self.assertNotIn("\033", self.finish(self.start([socksan(), "report", golden("double_close")]))[1])

    def test_nothing_from_a_trace_steers_the_terminal(self):
        for options in ([], ["--format=json"]):
            shown = self.on_terminal(*options, golden("bad_control_bytes"), NO_COLOR="1")
            self.assertIsNone(re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]", shown), shown)


class Symbols(ReportTest):
    """A real program, so that addresses have names: built here, when there is a compiler."""

    SOURCE = """
#include <stdio.h>
__attribute__((noinline)) void *inner(void) { void *p = __builtin_return_address(0); __asm__ volatile(""); return p; }
static inline __attribute__((always_inline)) void *inlined(void) { return inner(); }
__attribute__((noinline)) void *outer(void) { void *p = inlined(); __asm__ volatile(""); return p; }
extern char __executable_start;
int main(void) { printf("%lx %lx\\n", (unsigned long)&__executable_start, (unsigned long)outer()); return 0; }
"""

    def build(self, *flags):
        compiler = shutil.which("cc") or self.skipTest("no C compiler here")
        self.write("prog.c", self.SOURCE)
        subprocess.run([compiler, "-O1", "-g", *flags, "prog.c", "-o", "prog"], cwd=self.tmp, check=True)
        base, address = (int(word, 16) for word in subprocess.run([f"{self.tmp}/prog"], stdout=subprocess.PIPE, check=True).stdout.split())
        return base, address - base

    def frames(self, base, offset, **module):
        lines = [{"ev": "module", "t": 0, "pid": 9, "id": 1, "path": f"{self.tmp}/prog", "base": hex(base), **module},
                 {"ev": "stack", "t": 0, "pid": 9, "id": 1, "frames": [f"1+{offset:#x}"]}]
        text = "\n".join([json.dumps(line) for line in lines] + LEAK).replace('"sock":1', '"sock":1,"stack":1')
        result = self.socksan_report(self.write("t.jsonl", text))
        return result.report["violations"][0]["stacks"]["opened"], result

    def assert_named(self, frames, line=True):
        self.assertEqual(["inlined", "outer"] if line else ["outer"], [frame.get("function") for frame in frames])
        if line:
            self.assertEqual(["prog.c", "prog.c"], [os.path.basename(frame["file"]) for frame in frames])
            self.assertEqual([4, 5], [frame["line"] for frame in frames])

    def test_functions_lines_and_inlines_of_a_position_independent_program(self):
        self.assert_named(self.frames(*self.build("-pie", "-fPIE"))[0])

    def test_a_program_at_a_fixed_address(self):
        base, offset = self.build("-no-pie", "-fno-pie")
        self.assert_named(self.frames(base, offset)[0])
        self.assert_named(self.frames(0, base + offset)[0])

    def test_a_stripped_program_has_dynamic_symbols(self):
        base, offset = self.build("-pie", "-fPIE", "-rdynamic", "-s")
        self.assert_named(self.frames(base, offset)[0], line=False)

    def test_a_build_that_is_another_is_said_not_guessed(self):
        frames, result = self.frames(*self.build(), build_id="00" * 20)
        self.assertEqual([{"module": f"{self.tmp}/prog", "lang": "c"}], [{k: f[k] for k in f if k != "offset"} for f in frames])
        self.assertIn("prog is another build", result.stdout)

    def test_the_fingerprint_outlives_a_move_of_lines_and_folders(self):
        first = self.frames(*self.build())[1].report["violations"][0]["fingerprint"]
        self.SOURCE = "\n\n\n" + self.SOURCE
        moved = f"{self.tmp}/elsewhere"
        os.mkdir(moved)
        self.tmp = moved
        self.assertEqual(first, self.frames(*self.build())[1].report["violations"][0]["fingerprint"])


class Size(ReportTest):
    def test_memory_does_not_grow_with_events(self):
        def peak(cycles):
            lines = []
            for n in range(cycles):
                fact = f'"pid":9,"tid":9,"fd":4,"sock":{n + 1}'
                lines.append(f'{{"ev":"fd","t":{3 * n},{fact},"op":"accept","from":null,"to":"ESTABLISHED","ret":4}}')
                lines.append(f'{{"ev":"fd","t":{3 * n + 1},{fact},"op":"close","from":"ESTABLISHED","to":"CLOSED","ret":0}}')
            path = self.write(f"{cycles}.jsonl", "\n".join(lines))
            # A small interpreter in between: the peak of children is told of the largest that was ever waited for.
            script = "import resource, subprocess, sys; subprocess.run(sys.argv[1:]); " \
                     "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
            # ASan would keep what is freed for a while.
            env = self.environment(ASAN_OPTIONS="quarantine_size_mb=1:thread_local_quarantine_size_kb=64")
            out = self.finish(self.start([sys.executable, "-c", script, socksan(), "report", path], env=env))[1].splitlines()
            self.assertIn(f"{cycles} sockets", out[-2])
            return int(out[-1])

        few, many = peak(1_000), peak(100_000)
        self.assertLess(many, few + 4096, f"expected the memory for 1 000 sockets in turn, {few} KiB, to do for 100 000")


if __name__ == "__main__":
    unittest.main()
