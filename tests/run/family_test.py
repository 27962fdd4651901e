"""What a command leaves behind: daemons are waited for, since their ends belong in the report.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import signal
import time
import unittest

from run_test_base import PYTHON, RunTest
from socksan_test import TIMEOUT

# A daemon as the textbook has it, with a socket that it leaks; it ends when its file goes.
DAEMON = """
import os, socket, sys, time
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
null = os.open("/dev/null", os.O_RDWR)
for fd in range(3): os.dup2(null, fd)
leak = socket.socket()
open(sys.argv[1] + ".pid", "w").write(str(os.getpid()) + "\\n")
while not os.path.exists(sys.argv[1] + ".end"): time.sleep(0.01)
os._exit(0)
"""

# A child becomes a program that outlives its parent; what it did before with the socket, the program may have.
EXEC = """
import os, socket, sys
s = socket.socket()
told, tells = os.pipe()
if os.fork() == 0:
    if sys.argv[1] == "dup2": os.dup2(s.fileno(), 9)
    if sys.argv[1] == "inheritable": os.set_inheritable(s.fileno(), True)
    os.execv("/bin/sleep", ["sleep", "1"])
os.close(tells)
os.read(told, 1)  # until the exec has closed it
os._exit(0)
"""


class Family(RunTest):
    def setUp(self):
        super().setUp()
        self.log = os.path.join(self.tmp, "daemon")
        self.daemon = [PYTHON, self.write("daemon.py", DAEMON), self.log]
        self.addCleanup(self.end_daemon)

    def end_daemon(self):
        pathlib.Path(self.log + ".end").touch()

    def pid(self):
        """The daemon's id, once it is there."""
        path, end = pathlib.Path(self.log + ".pid"), time.monotonic() + TIMEOUT
        while not (path.exists() and path.read_text(encoding="utf-8").endswith("\n")):
            if time.monotonic() > end:
                self.fail("waited for the daemon in vain")
            time.sleep(0.01)
        return int(path.read_text(encoding="utf-8"))

    def test_a_daemon_is_waited_for_and_its_leak_reported(self):
        process = self.start_socksan(self.daemon)
        self.pid()
        self.assertIsNone(process.poll(), "expected run to wait for the daemon")
        self.end_daemon()
        result = self.end_socksan(process)
        self.assert_status(result, 23, "a daemon that leaks")
        self.assert_violation(result, "never-closed")
        self.assertNotIn("running", [one["end"] for one in result.report["processes"]])

    def test_no_daemon_is_missed_however_quickly_its_parent_ends(self):
        self.end_daemon()
        for _ in range(10):
            result = self.socksan_run(self.daemon)
            self.assert_violation(result, "never-closed")

    def test_a_background_job_of_a_shell_is_waited_for(self):
        job = "import socket, time; time.sleep(0.3); socket.socket().detach()"
        result = self.socksan_run(["sh", "-c", "\"$0\" -c \"$1\" & exit 0", PYTHON, job])
        self.assert_violation(result, "never-closed")

    def test_the_wait_is_told_with_the_names_of_those_waited_for(self):
        process = self.start_run(self.daemon)
        pid = self.pid()
        self.assertIn(f"waiting for 1 background process it left: {pid} python3 (interrupt to report now)", process.stderr.readline())
        self.end_daemon()
        self.assert_status(self.finish(process), 23, "a daemon that leaks")
        self.assert_nothing_left()

    def test_an_ending_signal_stops_the_waiting_and_not_the_daemon(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            for path in pathlib.Path(self.tmp).glob("daemon.[pe]*d"):
                path.unlink()
            process = self.start_socksan(self.daemon)
            pid = self.pid()
            self.assertIn("waiting for", process.stderr.readline())
            process.send_signal(number)
            result = self.end_socksan(process)
            self.assert_status(result, 0, f"{number.name} while waiting")
            self.assertEqual([one["end"] for one in result.report["processes"] if one["pid"] == pid], ["running"])
            self.assert_silent(result)
            os.kill(pid, 0)  # it is still there
            self.end_daemon()
            self.wait_for_end(pid)

    def wait_for_end(self, pid):
        end = time.monotonic() + TIMEOUT
        while os.path.exists(f"/proc/{pid}") and not self.is_zombie(pid):
            if time.monotonic() > end:
                self.fail(f"waited for {pid} to end in vain")
            time.sleep(0.01)

    @staticmethod
    def is_zombie(pid):
        try:
            return ") Z " in pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        except OSError:
            return True

    def test_what_a_child_may_have_got_that_has_told_nothing_yet_is_not_judged(self):
        done = f"{self.tmp}/done"
        self.addCleanup(pathlib.Path(done).touch)
        # By number, so that no hook sees the child: it is there before its trace is.
        hands_on = self.compile("hands_on", "#include <sys/socket.h>\n#include <sys/syscall.h>\n#include <unistd.h>\n"
                                "int main(int n, char **a) { int s = socket(AF_INET, SOCK_STREAM, 0); if (syscall(SYS_fork)) _exit(0);"
                                " for (int i = 0; i < 3000 && access(a[1], F_OK); i++) usleep(10000); return close(s); }")
        ended = self.run_(["sh", "-c", "exec \"$@\" >/dev/null 2>&1", "sh", hands_on, done], "--no-wait")
        self.assert_status(ended, 0, "a socket that a child goes on with")
        self.assertRegex(ended[2], r"note: process \d+ still runs and has recorded nothing yet: sockets that were handed on to a child are not judged")
        self.assertNotIn("never-closed", ended[2])

    def test_what_a_forked_child_lost_by_its_exec_is_its_parents_to_close(self):
        program = self.write("exec.py", EXEC)
        for what, codes in (("keep", ["never-closed"]), ("dup2", []), ("inheritable", [])):
            with self.subTest(what):
                result = self.socksan_run([PYTHON, program, what])
                found = [one["code"] for one in result.report["violations"]]
                self.assertEqual(found, codes, "a close-on-exec socket ends with the child's exec; one without may go on")

    def test_no_wait_reports_at_once_and_keeps_the_traces(self):
        ended = self.run_(self.daemon, "--no-wait")
        pid = self.pid()
        self.assert_status(ended, 0, "--no-wait")
        os.kill(pid, 0)  # it is still there
        self.end_daemon()
        self.wait_for_end(pid)
        kept = os.listdir(self.private)
        if kept:
            self.assertIn(kept[0], ended[2], "expected the message to name the folder")

    def test_processes_that_are_not_recorded_are_not_waited_for(self):
        source = "int pause(void); int fork(void); int alarm(int); int main(void) { return fork() ? 0 : (alarm(20), pause()); }"
        static = self.compile("static", source, "-static")
        ended = self.run_(["sh", "-c", f"{static} <&- >&- 2>&-"])
        self.assert_status(ended, 0, "an unobserved process left behind")
        self.assertNotIn("waiting", ended[2])

    def test_a_command_whose_main_thread_ended_is_waited_for(self):
        source = """
            #include <pthread.h>
            #include <sys/socket.h>
            #include <unistd.h>
            static void *work(void *x) { usleep(300000); socket(AF_INET, SOCK_STREAM, 0); _exit(0); return x; }
            int main(void) { pthread_t t; if (fork()) return 0; pthread_create(&t, 0, work, 0); pthread_exit(0); }
            """
        result = self.socksan_run([self.compile("headless", source, "-pthread")])
        self.assert_violation(result, "never-closed")


if __name__ == "__main__":
    unittest.main()
