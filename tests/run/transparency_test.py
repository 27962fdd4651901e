"""A command sees of `socksan run` only LD_PRELOAD and SOCKSAN_OPTIONS.

SPDX-License-Identifier: Apache-2.0
"""

import glob
import os
import signal
import subprocess
import unittest

from run_test_base import PYTHON, RunTest
from socksan_test import shim, socksan

# What a process can tell of itself: its environment, signals, descriptors, process group.
SELF = """
import os, json, sys
status = dict(line.rstrip().split(":\\t", 1) for line in open("/proc/self/status") if line.startswith("Sig"))
fds = {}
for fd in os.listdir("/proc/self/fd"):
    try:
        fds[fd] = os.readlink("/proc/self/fd/" + fd)
    except OSError:
        pass
fds = {fd: at for fd, at in fds.items() if fd != sys.argv[1] and not at.startswith("/proc/") and ".jsonl" not in at and not at.startswith("/dev/null")}
seen = {"env": dict(os.environ), "blocked": status["SigBlk"], "ignored": status["SigIgn"], "fds": sorted(fds),
        "group_of_parent": os.getpgrp() == os.getpgid(os.getppid()), "session_of_parent": os.getsid(0) == os.getsid(os.getppid()), "cwd": os.getcwd(), "umask": os.umask(0)}
os.write(int(sys.argv[1]), json.dumps(seen).encode())
"""

# Starts the command in argv[1:] with odd signals and closed descriptors.
ODD = """
import os, signal, sys
for number in (signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD, signal.SIGTERM, signal.SIGTSTP):
    signal.signal(number, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGUSR1, signal.SIGQUIT, signal.SIGCHLD})
os.umask(0o27)
os.execvp(sys.argv[1], sys.argv[1:])
"""


# A parent in the same session and group, which does not exec.
SHELL = '"$0" "$@"; exit $?'


class Transparency(RunTest):
    def seen(self, start, wrapper=(), **popen):
        """What SELF sees when it is started with start(command). It goes into a file: a pipe may have no room for an environment."""
        told = os.path.join(self.tmp, "seen")
        write = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        program = self.write("self.py", SELF)
        # -S and -I keep Python's own doings out of it; -c would not survive ODD's exec.
        process = start([*wrapper, PYTHON, "-S", program, str(write)], pass_fds=[write], **popen)
        os.close(write)
        ended = self.finish(process)
        with open(told, encoding="utf-8") as file:
            text = file.read()
        self.assertTrue(text, f"expected the command to run: {ended}")
        return eval(text.replace("true", "True").replace("false", "False"))  # its own JSON

    def compare(self, **popen):
        bare = self.seen(lambda cmd, **more: self.start(["sh", "-c", SHELL, PYTHON, "-c", ODD, *cmd], **more), **popen)
        under = self.seen(lambda cmd, **more: self.start(["sh", "-c", SHELL, PYTHON, "-c", ODD, socksan(), "run", *cmd], **more), **popen)
        for seen in (bare, under):
            for name in ("LD_PRELOAD", "SOCKSAN_OPTIONS", "_"):
                seen["env"].pop(name, None)
        self.assertEqual(under, bare, "expected the command to see the same with and without `socksan run`")

    def test_signals_descriptors_group_and_environment_are_as_given(self):
        self.compare()

    def test_the_environment_may_be_empty(self):
        self.compare(env={"SOCKSAN_SHIM": shim()})

    def test_descriptors_that_are_closed_stay_closed(self):
        for closed in ((0,), (1,), (2,), (0, 1, 2)):
            read, write = os.pipe()
            script = f"exec {' '.join(f'{fd}>&-' for fd in closed)}; exec \"$@\""
            listing = f"import os; os.write({write}, b' '.join(str(fd).encode() for fd in range(3) if os.path.exists(f'/proc/self/fd/{{fd}}')))"
            process = self.start(["sh", "-c", script, "sh", socksan(), "run", PYTHON, "-c", listing], pass_fds=[write])
            os.close(write)
            ended = self.finish(process)
            with os.fdopen(read) as file:
                found = file.read()
            # Python itself leaves closed descriptors alone.
            self.assertEqual(found, " ".join(str(fd) for fd in range(3) if fd not in closed), f"closed {closed}: {ended}")
            self.assertEqual(ended[0], 0, f"closed {closed}: {ended}")

    def test_standard_input_and_output_belong_to_the_command(self):
        process = self.start_run(["cat"], stdin=subprocess.PIPE)
        stdout, stderr = process.communicate("through\n", timeout=60)
        self.assertEqual((process.returncode, stdout), (0, "through\n"), stderr)

    def test_options_after_the_command_are_the_commands(self):
        ended = self.finish(self.start([socksan(), "run", "echo", "--help", "-f", "--", "x"]))
        self.assertEqual(ended[1], "--help -f -- x\n", ended[2])

    def test_a_former_preload_and_former_options_are_kept(self):
        former = "/usr/lib/x86_64-linux-gnu/libdl.so.2"
        if not os.path.exists(former):
            self.skipTest(f"{former} is not here to be preloaded")
        ended = self.run_(["sh", "-c", "echo $LD_PRELOAD; echo $SOCKSAN_OPTIONS"], "--option=stack_depth=5", "--option=python=0",
                          env={"LD_PRELOAD": former, "SOCKSAN_OPTIONS": "stack_depth=9"})
        preload, options = ended[1].splitlines()
        self.assertEqual(preload, f"{os.path.realpath(shim())}:{former}")
        self.assertRegex(options, r"^stack_depth=9:log_path=/.*/socksan:board=\d+:kinds=socket:stack_depth=5:python=0$")

    def test_a_nested_run_records_for_itself_and_preloads_once(self):
        inner, outer = self.tmp + "/inner", self.tmp + "/outer"
        show = ["sh", "-c", f"echo $LD_PRELOAD; exec {PYTHON} -c 'import socket; socket.socket().close()'"]
        ended = self.run_([socksan(), "run", f"--trace-dir={inner}", *show], f"--trace-dir={outer}")
        self.assertEqual((ended[0], ended[1]), (0, os.path.realpath(shim()) + "\n"), ended[2])
        self.assertEqual(len(glob.glob(f"{inner}/*.jsonl")), 1, "expected the inner command's trace in the inner folder")

    def test_the_parent_of_an_orphan_is_not_changed(self):
        orphan = ("import os, sys, time\n"
                  "if os.fork() == 0:\n"
                  "    while os.getppid() == int(sys.argv[1]) or os.getppid() == os.getpid(): time.sleep(0.01)\n"
                  "    print(os.getppid(), flush=True)\n"
                  "    os._exit(0)\n"
                  "os._exit(0)\n")
        program = self.write("orphan.py", orphan)
        script = f"exec {PYTHON} {program} $$"
        bare = self.bare(["sh", "-c", script])
        under = self.run_(["sh", "-c", script])
        self.assertEqual(under[1], bare.stdout, "expected an orphan to get the parent it gets without SockSan")

    def test_a_command_keeps_its_working_folder_and_relative_traces_are_kept(self):
        use = f"pwd; cd /; exec {PYTHON} -c 'import socket; socket.socket().close()'"
        ended = self.run_(["sh", "-c", use], "--trace-dir=relative/traces")
        self.assertEqual(ended[1], os.path.realpath(self.tmp) + "\n")
        self.assertEqual(len(glob.glob(f"{self.tmp}/relative/traces/*.jsonl")), 1, "expected the trace there")

    def test_ignored_sigchld_does_not_cost_the_status(self):
        ended = self.finish(self.start(["sh", "-c", "trap '' CHLD; exec \"$@\"", "sh", socksan(), "run", "sh", "-c", "exit 6"]))
        self.assert_status(ended, 6, "exit 6 with SIGCHLD ignored")

    def test_a_reader_of_the_report_who_leaves_does_not_cost_the_status(self):
        process = self.start_run(["sh", "-c", "read line; exit 6"], stdin=subprocess.PIPE)
        process.stderr.close()
        process.stdin.write("go\n")
        process.stdin.flush()
        self.assertEqual(process.wait(60), 6)
        process.stderr = None
        self.assertEqual(signal.getsignal(signal.SIGPIPE), signal.SIG_IGN, "this test's own SIGPIPE")


if __name__ == "__main__":
    unittest.main()
