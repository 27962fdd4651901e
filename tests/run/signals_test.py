"""Signals that are sent to `socksan run`, by processes and by a terminal: the command gets each once, and the report is written.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

from run_test_base import PYTHON, RunTest
from socksan_test import TIMEOUT, socksan

# Writes the name of each signal it gets to a file, and ends with status 5 when the test says so.
LISTENER = """
import os, signal, sys, time
log = open(sys.argv[1], "a", buffering=1)
def got(number, frame):
    log.write(signal.Signals(number).name + "\\n")
for name in ("HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "WINCH", "CONT"):
    signal.signal(getattr(signal, "SIG" + name), got)
log.write("ready\\n")
while not os.path.exists(sys.argv[1] + ".end"):
    time.sleep(0.01)
os._exit(5)
"""


class SignalTest(RunTest):
    def setUp(self):
        super().setUp()
        self.log = os.path.join(self.tmp, "log")
        self.listener = [PYTHON, self.write("listener.py", LISTENER), self.log]

    def logged(self):
        return pathlib.Path(self.log).read_text(encoding="utf-8").split() if os.path.exists(self.log) else []

    def until(self, truth, about):
        """Wait for what must come; the bound is there only to end a test that hangs."""
        end = time.monotonic() + TIMEOUT
        while not truth():
            if time.monotonic() > end:
                self.fail(f"waited for {about} in vain; log: {self.logged()}")
            time.sleep(0.01)

    def start_listener(self, *options, **popen):
        process = self.start_run(self.listener, *options, **popen)
        self.until(lambda: "ready" in self.logged(), "the command to be ready")
        return process

    def end_listener(self):
        pathlib.Path(self.log + ".end").touch()

    def child(self, process):
        """The command's id: the only child of `socksan run`."""
        return int(pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8").split()[0])

    def assert_reported(self, ended, status):
        self.assert_status(ended, status, "the command's own status")
        self.assertRegex(ended[2], r"\d process", "expected the report")
        self.assert_nothing_left()


class FromProcesses(SignalTest):
    def test_each_signal_reaches_the_command_once_and_the_report_is_written(self):
        process = self.start_listener()
        sent = [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH, signal.SIGTERM]
        for count, number in enumerate(sent, 2):
            process.send_signal(number)
            self.until(lambda expected=count: len(self.logged()) >= expected, f"{number.name} in the command")
        self.end_listener()
        self.assert_reported(self.finish(process), 5)
        self.assertEqual(self.logged()[1:], [number.name for number in sent])

    def test_a_signal_that_ends_the_command_gives_128_and_its_number(self):
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
            process = self.start_run(["sh", "-c", "ulimit -c 0; echo ready; exec sleep 1000"])
            self.assertEqual(process.stdout.readline(), "ready\n")
            process.send_signal(number)
            self.assert_reported(self.finish(process), 128 + number)

    def test_a_report_for_tools_stays_whole_when_the_command_is_ended_by_a_signal(self):
        cmd = ["sh", "-c", "ulimit -c 0; kill -ABRT $$"]
        said = "was ended by signal 6"
        self.assertIn(said, self.finish(self.start_run(cmd))[2], "expected a word to people")
        status, _, stderr = self.finish(self.start([socksan(), "run", "--format=json", "--", *cmd]))
        self.assertEqual(128 + signal.SIGABRT, status)
        self.assertEqual([("signal", 6)], [(process["end"], process["signal"]) for process in json.loads(stderr)["processes"]])

    def test_a_signal_that_run_was_told_to_ignore_still_reaches_a_command_that_listens(self):
        process = self.start(["sh", "-c", "trap '' HUP QUIT; exec \"$@\"", "sh", socksan(), "run", *self.listener],
                             env=self.environment(TMPDIR=self.private))
        self.until(lambda: "ready" in self.logged(), "the command to be ready")
        process.send_signal(signal.SIGHUP)
        self.until(lambda: "SIGHUP" in self.logged(), "SIGHUP in the command")
        self.end_listener()
        self.assert_reported(self.finish(process), 5)

    def test_nohup_holds_for_the_command(self):
        process = self.start_run(["sh", "-c", "echo ready; read line; exit 4"], stdin=subprocess.PIPE,
                                 preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.send_signal(signal.SIGHUP)
        process.stdin.write("\n")
        process.stdin.flush()
        self.assert_reported(self.finish(process), 4)

    def test_a_command_that_signals_its_group_gets_that_signal_once(self):
        # start_new_session: the group is theirs alone.
        script = (f"import os, signal, sys, time\n"
                  f"count = 0\n"
                  f"def got(number, frame):\n"
                  f"    global count\n"
                  f"    count += 1\n"
                  f"signal.signal(signal.SIGTERM, got)\n"
                  f"os.kill(0, signal.SIGTERM)\n"
                  f"os.kill(os.getppid(), signal.SIGUSR1)\n"
                  f"time.sleep(0.3)\n"
                  f"os._exit(count)\n")
        ended = self.finish(self.start_run([PYTHON, self.write("group.py", script)], start_new_session=True))
        self.assert_reported(ended, 1)

    def test_stop_and_continue_work_on_the_command_alone(self):
        process = self.start_listener()
        child = self.child(process)
        os.kill(child, signal.SIGSTOP)
        self.until(lambda: self.state(child) == "T", "the command to stop")
        process.send_signal(signal.SIGCONT)
        self.until(lambda: "SIGCONT" in self.logged(), "the command to be continued through run")
        self.end_listener()
        self.assert_reported(self.finish(process), 5)

    @staticmethod
    def state(pid):
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]


class FromATerminal(SignalTest):
    def start_on_terminal(self, cmd):
        """`socksan run -- cmd` as the foreground job of a new terminal; (process, terminal)."""
        terminal, end = os.openpty()
        self.addCleanup(os.close, terminal)
        # setsid, then take the terminal: what a login does.
        session = ("import fcntl, os, signal, sys, termios\n"
                   "keys = (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP)\n"
                   "for number in keys: signal.signal(number, signal.SIG_IGN)\n"
                   "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
                   "child = os.fork()\n"
                   "if child == 0:\n"
                   "    for number in keys: signal.signal(number, signal.SIG_DFL)\n"
                   "    os.execv(sys.argv[1], sys.argv[1:])\n"
                   "_, status = os.waitpid(child, 0)\n"
                   "os._exit(os.waitstatus_to_exitcode(status) & 255)\n")
        process = self.start([PYTHON, "-c", session, socksan(), "run", "--", *cmd], stdin=end, stdout=end, stderr=subprocess.PIPE,
                             start_new_session=True, env=self.environment(TMPDIR=self.private))
        os.close(end)
        return process, terminal

    def test_interrupt_and_quit_keys_reach_the_command_once(self):
        process, terminal = self.start_on_terminal(self.listener)
        self.until(lambda: "ready" in self.logged(), "the command to be ready")
        os.write(terminal, b"\x03")
        self.until(lambda: "SIGINT" in self.logged(), "SIGINT in the command")
        os.write(terminal, b"\x1c")
        self.until(lambda: "SIGQUIT" in self.logged(), "SIGQUIT in the command")
        self.end_listener()
        self.assert_reported(self.finish(process), 5)
        self.assertEqual(self.logged(), ["ready", "SIGINT", "SIGQUIT"])

    def test_the_interrupt_key_ends_a_command_and_the_report_is_written(self):
        process, terminal = self.start_on_terminal(["sh", "-c", f"echo > {self.log} ready; exec sleep 1000"])
        self.until(lambda: "ready" in self.logged(), "the command to be ready")
        os.write(terminal, b"\x03")
        self.assert_reported(self.finish(process), 128 + signal.SIGINT)

    def test_the_suspend_key_stops_run_with_the_command_and_both_go_on(self):
        shell = ("set -m\n"  # job control
                 f"\"$@\" & fg >/dev/null; echo stopped >> {self.log}.shell; fg > /dev/null; echo \"ended $?\" >> {self.log}.shell\n")
        terminal, end = os.openpty()
        self.addCleanup(os.close, terminal)
        bash = ["bash", "-c", shell, "bash", socksan(), "run", "--", *self.listener]
        take = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
        process = self.start([PYTHON, "-c", take, *bash], stdin=end, stdout=end, stderr=end, start_new_session=True,
                             env=self.environment(TMPDIR=self.private))
        os.close(end)
        self.until(lambda: "ready" in self.logged(), "the command to be ready")
        os.write(terminal, b"\x1a")
        said = pathlib.Path(self.log + ".shell")
        self.until(lambda: said.exists() and "stopped" in said.read_text(encoding="utf-8"), "the shell to see the job stop")
        self.until(lambda: "SIGCONT" in self.logged(), "the command to go on after fg")
        self.end_listener()
        self.until(lambda: "ended 5" in said.read_text(encoding="utf-8"), "the shell to see the job end")
        process.wait(TIMEOUT)
        self.assert_nothing_left()

    def test_a_hangup_reaches_the_command_of_a_session_leader(self):
        terminal, end = os.openpty()
        take = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
        process = self.start([PYTHON, "-c", take, socksan(), "run", *self.listener], stdin=end, stdout=subprocess.PIPE,
                             start_new_session=True, env=self.environment(TMPDIR=self.private))
        os.close(end)
        self.until(lambda: "ready" in self.logged(), "the command to be ready")
        os.close(terminal)
        self.until(lambda: "SIGHUP" in self.logged(), "SIGHUP in the command")
        self.end_listener()
        self.assert_reported(self.finish(process), 5)


class WhileReporting(SignalTest):
    def start_stuck(self):
        """A run whose report cannot be written until somebody reads it; the command has ended."""
        fifo = os.path.join(self.tmp, "fifo")
        os.mkfifo(fifo)
        process = self.start_run(["sh", "-c", "exit 3"], f"--output=json={fifo}")
        self.until(lambda: self.catches_int(process.pid), "the report to begin")
        return process, fifo

    def test_a_signal_to_the_command_is_answered_at_once_when_the_report_takes_time(self):
        """A large trace keeps the report from being quick: who asked for the end is told what goes on, and may ask again."""
        fifo = os.path.join(self.tmp, "fifo")
        os.mkfifo(fifo)
        fill = ("import glob, os, signal, socket, sys\n"
                "socket.socket().close()\n"
                f"path = glob.glob({self.private!r} + '/*/socksan.*.jsonl')[0]\n"
                "with open(os.path.join(os.path.dirname(path), 'socksan.1.jsonl'), 'w') as file:\n"
                "    file.writelines('{\"ev\":\"module\",\"t\":%d,\"pid\":1,\"id\":%d,\"path\":\"/nowhere\",\"base\":\"0x1000\"}\\n' % (t, t) for t in range(1, 300000))\n"
                f"open({self.log!r}, 'w').write('ready')\n"
                "signal.pause()\n")
        process = self.start_run([PYTHON, "-c", fill], f"--output=json={fifo}")
        self.until(lambda: "ready" in self.logged(), "the trace to be large")
        process.send_signal(signal.SIGTERM)
        lines = iter(process.stderr.readline, "")
        self.assertTrue(any("writing the report" in line for line in lines), "expected to be told before the report is there")
        process.send_signal(signal.SIGTERM)
        status, _, stderr = self.finish(process)
        self.assertEqual(status, -signal.SIGTERM, stderr)
        kept = os.listdir(self.private)
        self.assertEqual(len(kept), 1, "expected the traces to be kept")
        self.assertIn(kept[0], stderr, "expected the message to name the folder")
        self.assertNotIn("no violations", stderr, "expected no report")

    def until_answered(self, process):
        self.assertTrue(any("interrupt again to give up" in line for line in iter(process.stderr.readline, "")), "expected an answer to the signal")

    @staticmethod
    def catches_int(pid):
        status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        caught = int(next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")), 16)
        return bool(caught >> (signal.SIGINT - 1) & 1)

    def test_the_first_signal_is_answered_and_the_report_still_written(self):
        process, fifo = self.start_stuck()
        process.send_signal(signal.SIGINT)
        self.until_answered(process)
        report = pathlib.Path(fifo).read_text(encoding="utf-8")
        self.assertIn("socksan-report/1", report)
        self.assert_status(self.finish(process), 3, "exit 3")
        self.assert_nothing_left()

    def test_the_second_one_ends_run_and_the_traces_are_kept_and_named(self):
        process, _ = self.start_stuck()
        process.send_signal(signal.SIGINT)
        self.until_answered(process)
        process.send_signal(signal.SIGINT)
        ended = self.finish(process)
        self.assertEqual(ended[0], -signal.SIGINT, ended[2])
        self.assertEqual(len(os.listdir(self.private)), 1)
        self.assertIn(os.listdir(self.private)[0], ended[2], "expected the message to name the folder")


if __name__ == "__main__":
    unittest.main()
