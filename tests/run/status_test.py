"""The exit status of `socksan run`, and its messages when it fails.

SPDX-License-Identifier: Apache-2.0
"""

import contextlib
import os
import shutil
import signal
import subprocess
import unittest

from run_test_base import PYTHON, RunTest
from socksan_test import shim, socksan

LEAK = [PYTHON, "-c", "import socket, os; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.detach()"]


class Status(RunTest):
    def test_a_clean_command_gives_0(self):
        self.assert_status(self.run_(["true"]), 0, "true")
        self.assert_nothing_left()

    def test_a_violation_gives_23(self):
        self.assert_status(self.run_(LEAK), 23, "a leak")

    def test_error_exitcode_names_another_status(self):
        self.assert_status(self.run_(LEAK, "--error-exitcode=77"), 77, "a leak")

    def test_fail_on_never_lets_a_violation_pass(self):
        self.assert_status(self.run_(LEAK, "--fail-on=never"), 0, "a leak")

    def test_the_command_that_failed_gives_its_own_status(self):
        self.assert_status(self.run_(["sh", "-c", "exit 7"]), 7, "exit 7")
        failing_leak = [*LEAK[:-1], LEAK[-1] + "; os._exit(9)"]
        self.assert_status(self.run_(failing_leak), 9, "a leak and status 9")

    def test_a_command_that_a_signal_ended_gives_128_and_its_number(self):
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGINT):
            result = self.socksan_run(["sh", "-c", f"kill -{int(number)} $$"])
            self.assert_status(result, 128 + number, f"death by {number.name}")
            self.assertIn(f"ended by signal {int(number)}", result.stderr)
            first = result.report["processes"][0]
            self.assertEqual((first["end"], first.get("signal")), ("signal", number), "expected the report to tell the signal")

    def test_a_command_that_is_not_found_gives_127(self):
        for name in ("no-such-command", "./no-such-command", "/no/such/command", ""):
            ended = self.run_([name])
            self.assert_status(ended, 127, repr(name))
            self.assertIn("not found", ended[2], "expected a message that says so")
        self.assert_nothing_left()

    def test_a_command_whose_interpreter_is_missing_gives_127_and_says_so(self):
        ended = self.run_([self.write("script", "#!/no/such/interpreter\n")])
        self.assert_status(ended, 127, "missing interpreter")
        self.assertIn("interpreter", ended[2])
        self.assert_nothing_left()

    def test_a_command_that_cannot_be_run_gives_126(self):
        plain = self.write("plain", "#!/bin/sh\n", mode=0o644)
        broken = os.path.join(self.tmp, "broken")
        with open(broken, "wb") as file:
            file.write(b"\177ELF" + b"\1" * 60)
        os.chmod(broken, 0o755)
        for path, why in ((plain, "Permission denied"), (self.tmp, "Is a directory"), (broken, "Exec format error")):
            ended = self.run_([path])
            self.assert_status(ended, 126, path)
            self.assertIn(why, ended[2], "expected the reason in the message")
        self.assert_nothing_left()

    def test_a_script_without_interpreter_line_is_run_by_the_shell(self):
        ended = self.run_([self.write("script", "echo \"$# $1 $2\"\nexit 5\n"), "a b", "c"])
        self.assert_status(ended, 5, "script")
        self.assertEqual(ended[1], "2 a b c\n")

    def test_an_empty_file_is_an_empty_script(self):
        self.assert_status(self.run_([self.write("empty", "")]), 0, "empty file")

    def test_a_command_is_searched_in_path_past_what_cannot_be_run(self):
        first, second = self.folder("first"), self.folder("second")
        os.mkdir(os.path.join(first, "tool"))
        shutil.copy(self.write("tool-source", "#!/bin/sh\necho found\n"), os.path.join(second, "tool"))
        ended = self.run_(["tool"], env={"PATH": f"{first}::{second}:/usr/bin:/bin"})
        self.assertEqual((ended[0], ended[1]), (0, "found\n"), ended[2])

    def test_a_denied_command_in_path_gives_126(self):
        folder = self.folder("denied")
        shutil.copy(self.write("tool-source", "", mode=0o644), os.path.join(folder, "tool"))
        self.assert_status(self.run_(["tool"], env={"PATH": folder}), 126, "not executable in PATH")


class Incomplete(RunTest):
    """Events that were not recorded are no clean bill."""

    # More than fits into the trace, and nothing is wrong with it.
    MUCH = [PYTHON, "-c", "import socket\nfor _ in range(5000): socket.socket().close()"]
    FEW = "--option=max_bytes=65536"

    def test_a_trace_that_was_full_gives_24_and_says_what_is_missing(self):
        result = self.socksan_run(self.MUCH, self.FEW)
        self.assert_status(result, 24, "dropped events")
        self.assert_silent(result)
        self.assertGreater(result.report["totals"]["dropped"], 0)
        self.assertRegex(result.stderr, r"socksan: incomplete: \d+ events of process \d+ \(python3\) were not recorded")

    def test_allow_dropped_gives_0_and_says_it_all_the_same(self):
        ended = self.run_(self.MUCH, self.FEW, "--allow-dropped")
        self.assert_status(ended, 0, "dropped events that may be")
        self.assertIn("socksan: incomplete:", ended[2])

    def test_what_fails_otherwise_keeps_its_status(self):
        leak = [*self.MUCH[:-1], "import socket; socket.socket().detach()\n" + self.MUCH[-1]]
        self.assert_status(self.run_(leak, self.FEW), 23, "a leak, and dropped events")
        self.assert_status(self.run_([*self.MUCH[:-1], self.MUCH[-1] + "\nexit(3)"], self.FEW), 3, "status 3, and dropped events")
        killed = [*self.MUCH[:-1], self.MUCH[-1] + "\nimport os; os.kill(os.getpid(), 9)"]
        self.assert_status(self.run_(killed, self.FEW), 137, "killed, and dropped events")

    def test_what_fails_with_status_0_hides_nothing_of_it(self):
        leak = [*self.MUCH[:-1], "import socket; socket.socket().detach()\n" + self.MUCH[-1]]
        traces = os.path.join(self.tmp, "traces")
        self.assert_status(self.run_(leak, self.FEW, "--error-exitcode=0", f"--trace-dir={traces}"), 24, "a leak that gives 0, and dropped events")
        self.assert_status(self.socksan_report("--error-exitcode=0", traces), 24, "the report of them")
        self.assert_status(self.socksan_report("--error-exitcode=0", "--allow-dropped", traces), 0, "with --allow-dropped")
        self.assert_status(self.run_(LEAK, "--error-exitcode=0"), 0, "a leak that gives 0, and a complete trace")

    def test_what_the_report_of_a_folder_says(self):
        traces = os.path.join(self.tmp, "traces")
        self.assert_status(self.run_(self.MUCH, self.FEW, f"--trace-dir={traces}"), 24, "dropped events")
        self.assert_status(self.socksan_report(traces), 24, "the report of them")
        self.assert_status(self.socksan_report("--allow-dropped", traces), 0, "with --allow-dropped")

    def test_a_command_without_sockets_is_complete_and_listed(self):
        result = self.socksan_run(["sh", "-c", "exit 0", "x"], "--require-shim")
        self.assert_status(result, 0, "no sockets at all")
        process, = result.report["processes"]
        self.assertEqual((process["argv"], process["end"], process["status"], process["sockets"]), (["sh", "-c", "exit 0", "x"], "exit", 0, 0))
        self.assertNotIn("incomplete", result.report)
        self.assertNotIn("notes", result.report)

    def test_an_end_without_a_word_is_told(self):
        # Past libc, so that no shim sees it.
        end = ("import ctypes, socket, mmap\n"
               "socket.socket().detach()\n"
               "code = mmap.mmap(-1, 4096, prot=7)\n"
               "code.write(bytes.fromhex('31ffb8e70000000f05'))\n"  # exit_group(0)
               "ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()\n")
        if os.uname().machine != "x86_64":
            self.skipTest("machine code of x86-64")
        result = self.socksan_run([PYTHON, "-c", end], "--fail-on=never")
        self.assert_status(result, 24, "an end that nobody recorded")
        self.assertEqual(["end"], [one["why"] for one in result.report["incomplete"]])


class OwnFailures(RunTest):
    """125, with a message, and the command is not run."""

    def assert_refused(self, ended, *words):
        self.assert_status(ended, 125, "SockSan's own failure")
        self.assertEqual(ended[1], "", "expected that COMMAND was not run")
        for word in words:
            self.assertIn(word, ended[2], "expected a clear message")

    def test_no_command(self):
        self.assert_refused(self.finish(self.start([socksan(), "run"])), "COMMAND")

    def test_an_unknown_option(self):
        self.assert_refused(self.run_(["echo", "ran"], "--no-such-option"), "--no-such-option")

    def test_a_limit_that_is_no_time(self):
        self.assert_refused(self.run_(["echo", "ran"], "--limit=idle=5"), "--limit", "'5' is not a time")

    def test_a_missing_shim(self):
        self.assert_refused(self.run_(["echo", "ran"], env={"SOCKSAN_SHIM": "/no/such/shim.so"}), "/no/such/shim.so")

    def test_a_shim_that_is_none(self):
        self.assert_refused(self.run_(["echo", "ran"], env={"SOCKSAN_SHIM": self.write("shim.so", "text")}), "shim.so")

    def test_a_shim_whose_path_cannot_be_preloaded(self):
        for name in ("with space", "with:colon"):
            folder = os.path.join(self.tmp, name)
            os.mkdir(folder)
            path = shutil.copy(shim(), folder)
            self.assert_refused(self.run_(["echo", "ran"], env={"SOCKSAN_SHIM": path}), name, "preload")

    def test_an_option_for_the_shim_that_is_malformed(self):
        for option in ("stack_depth", "=3", "stack_depth=", "a=b:c", "log_path=/x"):
            self.assert_refused(self.run_(["echo", "ran"], f"--option={option}"), option)

    def test_an_option_that_the_shim_does_not_know(self):
        self.assert_refused(self.run_(["echo", "ran"], "--option=foo=1"), "--option=foo=1", "no option 'foo'", " stack_depth", " max_bytes")
        self.assert_refused(self.run_(["echo", "ran"], "--option=stak_depth=1"), "did you mean 'stack_depth'?")
        for internal in ("board", "eager"):
            ended = self.run_(["echo", "ran"], f"--option={internal}=1")
            self.assert_refused(ended, f"no option '{internal}'")
            self.assertNotIn(f" {internal} ", ended[2].partition("known are")[2] + " ", "expected what only 'run' gives not to be offered")

    def test_a_value_that_the_shim_would_refuse(self):
        for option, allowed in (("stack_depth=65", "0 to 64"), ("stack_depth=x", "0 to 64"), ("stack_depth=-1", "0 to 64"), ("stack_depth=4k", "0 to 64"),
                                ("python=2", "0 to 1"), ("max_bytes=2X", "K, M or G"), ("max_bytes=9999999999G", "K, M or G"),
                                ("max_bytes=2 M", "K, M or G"), ("max_bytes=M", "K, M or G"), ("max_bytes=99999999999999999999", "K, M or G")):
            self.assert_refused(self.run_(["echo", "ran"], f"--option={option}"), f"--option={option}", option.partition("=")[2], allowed)

    def test_sizes_are_understood(self):
        for size, told in (("4096", 4096), ("512k", 512 << 10), ("2M", 2 << 20), ("2MB", 2 << 20), ("2MiB", 2 << 20), ("1g", 1 << 30)):
            ended = self.run_(["sh", "-c", "echo $SOCKSAN_OPTIONS"], f"--option=max_bytes={size}")
            self.assert_status(ended, 0, size)
            self.assertIn(f":max_bytes={told}", ended[1], f"{size}: expected the shim to be told the number of bytes")

    def test_an_output_that_cannot_be_written(self):
        for path in ("/no/such/folder/report.json", self.tmp, "/proc/version/x"):
            self.assert_refused(self.run_(["echo", "ran"], f"--output=json={path}"), path)

    def test_a_trace_folder_that_cannot_be_made(self):
        self.assert_refused(self.run_(["echo", "ran"], "--trace-dir=/proc/no/traces"), "/proc/no/traces")
        self.assert_refused(self.run_(["echo", "ran"], f"--trace-dir={self.write('file', '')}"), "file")
        self.assert_refused(self.run_(["echo", "ran"], f"--trace-dir={self.tmp}/with:colon"), "with:colon")

    def test_a_temporary_folder_that_cannot_be_made(self):
        process = self.start([socksan(), "run", "echo", "ran"], env=self.environment(TMPDIR="/proc"))
        self.assert_refused(self.finish(process), "/proc", "--trace-dir")

    @unittest.skipIf(os.getuid() != 0, "a small disk takes root")
    def test_a_temporary_folder_on_a_full_disk(self):
        disk = self.folder("disk")
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", disk], stderr=subprocess.DEVNULL, check=False).returncode:
            self.skipTest("no disk can be mounted here")
        self.addCleanup(subprocess.run, ["umount", disk], check=False)
        with open(disk + "/fill", "wb", buffering=0) as fill, contextlib.suppress(OSError):
            while True:
                fill.write(bytes(4096))
        process = self.start([socksan(), "run", "echo", "ran"], env=self.environment(TMPDIR=disk))
        self.assert_refused(self.finish(process), disk, "No space left")
        self.assertEqual(os.listdir(disk), ["fill"], "expected nothing to be left behind")

    def test_two_runs_at_once_in_one_folder(self):
        slow = self.start([socksan(), "run", "--require-shim", f"--trace-dir={self.tmp}/both", "sh", "-c", "echo; read line"],
                          stdin=subprocess.PIPE)
        slow.stdout.readline()
        self.assert_status(self.run_(["true"], "--require-shim", f"--trace-dir={self.tmp}/both"), 0, "the second of two runs")
        ended = slow.communicate("x\n", timeout=60)
        self.assertEqual((slow.returncode, "nothing was observed" in ended[1]), (0, False), f"the first of two runs\n{ended[1]}")

    def test_a_report_that_fails_gives_125_unless_the_command_failed(self):
        traces = f"--trace-dir={self.tmp}/traces"
        full = [traces, "--output=json=/dev/full"]
        self.assert_status(self.run_(["true"], *full), 125, "report to a full disk")
        self.assert_status(self.run_(["sh", "-c", "exit 3"], *full), 3, "report to a full disk, command failed")

    def test_traces_of_a_report_that_failed_are_kept_and_named(self):
        ended = self.run_(["true"], "--output=json=/dev/full")
        kept = os.listdir(self.private)
        self.assertEqual(len(kept), 1, f"expected the folder to be kept\n{ended[2]}")
        self.assertIn(kept[0], ended[2], "expected the message to name the folder")


class Vanished(RunTest):
    """A process that nobody saw end: killed by one who is not its parent."""

    SOURCE = """
import os, signal, socket, sys, time
ready = os.pipe()
if os.fork() == 0:
    if os.fork() == 0:
        kept = socket.socket()
        if sys.argv[1] == "closed":
            kept.close()
        os.write(ready[1], os.getpid().to_bytes(4, "little"))
        time.sleep(60)
    os._exit(0)
os.wait()
pid = int.from_bytes(os.read(ready[0], 4), "little")
os.kill(pid, signal.SIGKILL)
try:
    while open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
except OSError:
    pass # gone, or it went as it was read
"""

    def vanish(self, what):
        result = self.socksan_run([PYTHON, "-c", self.SOURCE, what], "--fail-on=error")
        return result.status, [one["why"] for one in result.report.get("incomplete", [])]

    def test_what_it_left_open_is_not_known(self):
        self.assertEqual((24, ["end"]), self.vanish("open"), "expected the report to say that the fate of a socket is not known")

    def test_it_hides_nothing_when_nothing_was_open(self):
        self.assertEqual((0, []), self.vanish("closed"), "expected a complete report of a process without an open socket")

    def test_h_is_help(self):
        for command in ("run", "report", "merge", "explain"):
            said = [self.finish(self.start([socksan(), command, option]))[:2] for option in ("-h", "--help")]
            self.assertEqual(said[0], said[1], command)
            self.assertEqual(said[0][0], 0)

    def test_help_that_nobody_can_read_is_a_failure_with_a_reason(self):
        for args, status in ((["--help"], 2), (["--version"], 2), (["explain"], 2), (["explain", "idle"], 2), (["report", "--help"], 2), (["run", "--help"], 125)):
            with open("/dev/full", "w", encoding="utf-8") as full:
                ended = subprocess.run([socksan(), *args], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
            self.assertEqual((ended.returncode, ended.stderr), (status, "socksan: standard output: No space left on device\n"), args)


if __name__ == "__main__":
    unittest.main()
