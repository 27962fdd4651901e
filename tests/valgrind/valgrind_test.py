"""What Valgrind's --track-fds finds, case by case: SockSan finds it too, with the same number and place, or the row says why not.

A row is a case of tests/programs/valgrind_cases.c. Its findings are what Valgrind says, as seen with a build of its development version
3.28; what the installed version can say is compared with what it does say. "~" marks what only Valgrind finds, for a reason given in the
row, "+" what only SockSan finds.
SPDX-License-Identifier: Apache-2.0
"""

import collections
import fcntl
import os
import re
import shutil
import subprocess
import unittest

from socksan_test import SockSanTest, command

# Since when Valgrind says it, unless the row says another version. Of what is no leak some came later: COMPLETE has all.
SINCE = {"never-closed": (3, 0), "double-close": (3, 23), "use-after-close": (3, 24), "bad-fd": (3, 24)}
COMPLETE = (3, 28)

LEAK = "never-closed 3 {name}"
BOTH = "never-closed 3 {name}, never-closed 4 {name}"
TWICE = "double-close 3 close_again after close_first"
USED = "use-after-close 3 {name} after close_first"

STANDARD = "what takes the place of a standard stream stays open to the end on purpose"
CHILD = "what a forked child inherited is its parent's to close"
MANY = "a loop or a call that closes a range of numbers means to close what is there"
MINUS_ONE = "a close of what was never made is harmless"
NO_SOCKET = "bad-fd is about calls on sockets"
ASKING = "fstat is how a program asks whether a number is open"
INSIDE_LIBC = "the calls of libc's own streams do not pass the shim"
MEMORY = "mmap is as much a call on memory, which allocators make before the shim is up"

Case = collections.namedtuple("Case", "name kind findings why since valgrind socksan", defaults=(None, "", "", None, (), ()))

CASES = (
    # Left open
    Case("leak_open", "file", LEAK),
    Case("leak_open_path", "dir", LEAK),
    Case("leak_open_directory", "dir", LEAK),
    Case("leak_openat", "file", LEAK),
    Case("leak_openat2", "file", LEAK, since=(3, 21)),
    Case("leak_creat", "file", LEAK),
    Case("leak_mkstemp", "file", LEAK),
    Case("leak_dup", "file", "never-closed 3 open_null, never-closed 4 leak_dup"),
    Case("leak_dup2", "file", "never-closed 3 open_null, never-closed 20 leak_dup2"),
    Case("leak_dup3", "file", "never-closed 3 open_null, never-closed 20 leak_dup3"),
    Case("leak_dup2_over", "file", "never-closed 3 open_null, never-closed 4 leak_dup2_over"),
    Case("leak_duplicate", "file", "never-closed 4 leak_duplicate"),
    Case("leak_fcntl", "file", "never-closed 3 open_null, never-closed 10 leak_fcntl"),
    Case("leak_fcntl_cloexec", "file", "never-closed 3 open_null, never-closed 10 leak_fcntl_cloexec"),
    Case("leak_pipe", "pipe", BOTH),
    Case("leak_pipe2", "pipe", BOTH),
    Case("leak_pipe_end", "pipe", LEAK),
    Case("leak_socketpair", "socket", BOTH),
    Case("leak_tcp", "socket", LEAK),
    Case("leak_tcp6", "socket", LEAK),
    Case("leak_udp", "socket", LEAK),
    Case("leak_unix", "socket", LEAK),
    Case("leak_tcp_connected", "socket", BOTH + ", never-closed 5 {name}"),
    Case("leak_tcp6_connected", "socket", "never-closed 3 listener6, never-closed 4 {name}, never-closed 5 {name}"),
    Case("leak_unix_connected", "socket", BOTH + ", never-closed 5 {name}"),
    Case("leak_received", "file", "never-closed 5 receive_one"),
    Case("leak_received_socket", "socket", "never-closed 5 receive_one"),
    Case("leak_epoll", "epoll", LEAK),
    Case("leak_eventfd", "eventfd", LEAK),
    Case("leak_inotify", "inotify", LEAK, since=(3, 24)),
    Case("leak_memfd", "memfd", LEAK),
    Case("leak_pidfd", "pidfd", LEAK, since=(3, 21)),
    Case("leak_signalfd", "signalfd", LEAK),
    Case("leak_timerfd", "timerfd", LEAK),
    Case("leak_terminal", "terminal", LEAK),
    Case("leak_fopen", "file", LEAK),
    Case("leak_fdopen", "file", "never-closed 3 open_null"),
    Case("leak_freopen", "file", LEAK),
    Case("leak_tmpfile", "file", LEAK),
    Case("leak_popen", "pipe", LEAK),
    Case("leak_opendir", "dir", LEAK),
    Case("leak_fdopendir", "dir", LEAK),
    Case("leak_child", "eventfd", "never-closed 4 leak_child, ~never-closed 3 open_null", CHILD),
    Case("leak_standard_reopened", "file", "~never-closed 0 open_null", STANDARD),
    # Closed twice. Valgrind 3.24 dies of a second close of what it inherited, whose opening it has not seen.
    Case("twice_file", "file", TWICE),
    Case("twice_creat", "file", TWICE),
    Case("twice_directory", "dir", TWICE),
    Case("twice_pipe", "pipe", TWICE),
    Case("twice_tcp", "socket", TWICE),
    Case("twice_unix", "socket", TWICE),
    Case("twice_connected", "socket", TWICE),
    Case("twice_eventfd", "eventfd", TWICE),
    Case("twice_epoll", "epoll", TWICE),
    Case("twice_timerfd", "timerfd", TWICE),
    Case("twice_memfd", "memfd", TWICE),
    Case("twice_udp", "socket", TWICE),
    Case("twice_inotify", "inotify", TWICE),
    Case("twice_signalfd", "signalfd", TWICE),
    Case("twice_pidfd", "pidfd", TWICE),
    Case("twice_terminal", "terminal", TWICE),
    Case("twice_duplicate", "pipe", TWICE),
    Case("twice_received", "file", "double-close 5 close_again after close_first"),
    Case("twice_received_socket", "socket", "double-close 5 close_again after close_first"),
    Case("twice_inherited", "file", "double-close * close_again after close_first", since=COMPLETE),
    Case("twice_input", "file", "double-close 0 close_again after close_first", since=COMPLETE),
    Case("twice_output", "pipe", "double-close 1 close_again after close_first", since=COMPLETE),
    Case("twice_error", "pipe", "double-close 2 close_again after close_first", since=COMPLETE),
    Case("twice_standard", None, "double-close 0 close_again after close_first, double-close 1 close_again after close_first", since=COMPLETE),
    Case("twice_fclose", "file", "double-close 3 close_again after twice_fclose"),
    Case("twice_under_stream", "file", "double-close 3 fclose_again after close_first"),
    Case("twice_under_pipe", "pipe", "double-close 3 pclose_again after close_first"),
    Case("twice_under_standard_stream", "pipe", "double-close 1 fclose_again after close_first", since=COMPLETE),
    Case("twice_closedir", "dir", "double-close 3 close_again after twice_closedir"),
    Case("twice_under_directory", "dir", "double-close 3 closedir_again after close_first"),
    Case("twice_after_range", "file", "double-close 3 close_again after close_all"),
    Case("twice_range", "file", "~double-close 5 close_all_again after close_all, ~double-close 7 close_all_again after close_all", MANY),
    # Used after the close
    Case("used_read", "file", USED),
    Case("used_write", "file", USED),
    Case("used_readv", "file", USED),
    Case("used_writev", "file", USED),
    Case("used_pread", "file", "+" + USED),
    Case("used_pwrite", "file", "+" + USED),
    Case("used_preadv", "file", USED),
    Case("used_pwritev", "file", USED),
    Case("used_lseek", "file", "+" + USED),
    Case("used_fsync", "file", USED),
    Case("used_fdatasync", "file", USED),
    Case("used_ftruncate", "file", USED),
    Case("used_fchmod", "file", USED),
    Case("used_fchdir", "dir", USED),
    Case("used_fstat", "file", "~" + USED, ASKING),
    Case("used_mmap", "file", "~" + USED, MEMORY),
    Case("used_openat", "dir", USED),
    Case("used_timerfd_settime", "timerfd", USED),
    Case("used_dup", "file", "+" + USED),
    Case("used_dup2", "file", USED),
    Case("used_fcntl", "file", USED),
    Case("used_ioctl", "file", "+" + USED),
    Case("used_fdopen", "file", USED),
    Case("used_pipe_read", "pipe", USED),
    Case("used_directory_read", "dir", USED),
    Case("used_eventfd_read", "eventfd", USED),
    Case("used_eventfd_write", "eventfd", USED),
    Case("used_timerfd_read", "timerfd", USED),
    Case("used_inotify_read", "inotify", USED),
    Case("used_signalfd_read", "signalfd", USED),
    Case("used_memfd_write", "memfd", USED),
    Case("used_terminal_write", "terminal", USED),
    Case("used_inherited_write", "file", "use-after-close * {name} after close_first"),
    Case("used_received_socket_write", "socket", "use-after-close 5 {name} after close_first"),
    Case("used_epoll_ctl", "epoll", "+" + USED),
    Case("used_epoll_wait", "epoll", "+" + USED),
    Case("used_duplicate_write", "pipe", USED),
    Case("used_received_write", "file", "use-after-close 5 {name} after close_first"),
    Case("used_send", "socket", "+" + USED),
    Case("used_recv", "socket", "+" + USED),
    Case("used_sendmsg", "socket", "+" + USED),
    Case("used_recvmsg", "socket", "+" + USED),
    Case("used_bind", "socket", "+" + USED),
    Case("used_listen", "socket", "+" + USED),
    Case("used_accept", "socket", "+" + USED),
    Case("used_connect", "socket", "+" + USED),
    Case("used_shutdown", "socket", "+" + USED),
    Case("used_setsockopt", "socket", "+" + USED),
    Case("used_getsockopt", "socket", "+" + USED),
    Case("used_getsockname", "socket", "+" + USED),
    Case("used_input", "file", "use-after-close 0 {name} after close_first"),
    Case("used_output", "pipe", "use-after-close 1 {name} after close_first"),
    Case("used_error", "pipe", "use-after-close 2 {name} after close_first"),
    Case("used_stream", "file", "~use-after-close 3 flush after close_first", INSIDE_LIBC),
    Case("used_standard_stream", "pipe", "~use-after-close 1 flush after close_first", INSIDE_LIBC),
    Case("used_later", "file", "use-after-close * used_later after close_first", since=(3, 25), valgrind=("--modify-fds=high",),
         socksan=("--option=quarantine=64",)),
    # Never one
    Case("never_read", "file", "~bad-fd 50 {name}", NO_SOCKET),
    Case("never_write", "file", "~bad-fd 50 {name}", NO_SOCKET),
    Case("never_negative_write", "file", "~bad-fd -7 {name}", NO_SOCKET),
    Case("never_send", "socket", "+bad-fd 50 {name}"),
    Case("never_negative_send", "socket", "+bad-fd -1 {name}"),
    Case("never_close", None, ""),
    Case("never_negative_close", None, "~bad-fd -1 {name}", MINUS_ONE),
    # As it should be
    Case("right_inherited"),
    Case("right_inherited_closed"),
    Case("right_inherited_child"),
    Case("right_exec_child"),
    Case("right_replaced", None, "~never-closed 1 {name}", STANDARD),
    Case("right_daemon", None, "~never-closed 0 {name}, ~never-closed 1 {name}, ~never-closed 2 {name}", STANDARD),
    Case("right_all_closed", None, "~double-close 3 {name}", MANY),
    Case("right_range_closed"),
    Case("right_asked"),
    Case("right_received"),
    Case("right_streams"),
)

# What a tool says: of which number, in which function of the program, and in which one it was closed before.
Finding = collections.namedtuple("Finding", "code fd function closed")

SOURCE = "valgrind_cases.c"
HEADS = (
    (r"Open .*(?:descriptor|socket) (\d+):", "never-closed"),
    (r"File descriptor (-?\d+): .* is already closed", "double-close"),
    (r"File descriptor (-?\d+) was closed already", "use-after-close"),
    (r"File descriptor (-?\d+) (?:was never created|Invalid file descriptor)", "bad-fd"),
)


def findings(case, marks):
    """The findings of a row that have one of these marks; "=" is none."""
    found = re.findall(r"([~+]?)([a-z-]+) (-?\d+|\*) (\w+)(?: after (\w+))?", case.findings.format(name=case.name))
    return {Finding(code, fd, function, closed) for mark, code, fd, function, closed in found if (mark or "=") in marks}


def said_by_valgrind(text):
    """A headline has stacks below it: of the error, of the close before, of the opening. Without own functions it is not the program's."""
    errors = []
    for line in re.sub(r"^==\d+== ?", "", text, flags=re.M).splitlines():
        heads = [(code, match[1]) for head, code in HEADS if (match := re.match(head, line))]
        if heads:
            errors.append((*heads[0], [[]]))
        elif errors and line in (" Previously closed", " Originally opened"):
            errors[-1][2].append([])
        elif errors and (match := re.match(rf"   (?:at|by) 0x\w+: (\w+) \({SOURCE}:\d+\)", line)):
            errors[-1][2][-1].append(match[1])
    return {Finding(code, fd, at[0], before[0][0] if before and before[0] else "") for code, fd, (at, *before) in errors if at}


def own(frames):
    return next((frame["function"] for frame in frames if os.path.basename(frame.get("file", "")) == SOURCE), "")


def said_by_socksan(report):
    """Findings, and beside each the kind and the other places that are told of it: where a leaked descriptor was duplicated."""
    said = {}
    for violation in report["violations"]:
        stacks = violation["stacks"]
        place = own(stacks["opened"] if violation["code"] == "never-closed" else stacks["at"])
        others = {own([step["frame"]]) for step in violation.get("history", ()) if "frame" in step and step["op"].startswith(("dup", "fcntl"))}
        for fd in violation["fds"]:
            said[Finding(violation["code"], str(fd), place, own(stacks.get("closed", ())))] = (violation["kind"], others)
    return said


class ValgrindTest(SockSanTest):
    version = None

    @classmethod
    def setUpClass(cls):
        """Which Valgrind there is: None for none that works."""
        if shutil.which("valgrind"):
            tried = subprocess.run(["valgrind", "--tool=none", "/bin/true"], stderr=subprocess.PIPE, text=True, errors="replace", check=False)
            if found := re.search(r"Valgrind-(\d+)\.(\d+)", tried.stderr):
                cls.version = (int(found[1]), int(found[2]))

    def setUp(self):
        super().setUp()
        with open("/dev/null", "rb") as null:
            self.inherited = fcntl.fcntl(null, fcntl.F_DUPFD, 30)
        self.addCleanup(os.close, self.inherited)

    def command(self, case):
        return command("valgrind_cases", case.name, str(self.inherited))

    def valgrind(self, case):
        """What the installed Valgrind says, and its whole text."""
        options = ["--tool=none", "--track-fds=all", "--read-inline-info=yes", *case.valgrind]
        ended = self.bare(["valgrind", *options, *self.command(case)], pass_fds=[self.inherited])
        self.assertEqual(0, ended.status, ended.stderr)
        return said_by_valgrind(ended.stderr), ended.stderr

    @staticmethod
    def same(one, other, places=()):
        """Whether two findings are of one error."""
        return (one.code == other.code and (one.fd == other.fd or "*" in (one.fd, other.fd))
                and one.function in (other.function, *places) and one.closed == other.closed)

    def check(self, case):
        result = self.socksan_run(self.command(case), "--kinds=all", "--fail-on=never", *case.socksan, pass_fds=[self.inherited])
        self.assertEqual(0, result.status, result.stderr)
        said = said_by_socksan(result.report)

        def told(finding):
            return [by for by, (_, places) in said.items() if self.same(finding, by, places)]

        wanted = findings(case, "=+")
        for finding in wanted:
            self.assertTrue(told(finding), f"expected SockSan to say {finding}\n{result.stderr}")
        self.assertEqual(len(wanted), len(said), f"expected SockSan to say nothing but {wanted}\n{result.stderr}")
        if case.kind:
            self.assertLessEqual({kind for kind, _ in said.values()}, {case.kind}, result.stderr)

        row = findings(case, "=~")
        if not self.version or not [f for f in row if self.version >= (case.since or SINCE[f.code])]:
            return
        found, text = self.valgrind(case)
        for finding in found:
            listed = [f for f in row if self.same(f, finding)]
            self.assertTrue(listed, f"expected the row to have what Valgrind says, {finding}\n{text}")
            self.assertTrue(told(listed[0]) or listed[0] not in wanted,
                            f"expected SockSan to find what Valgrind finds, {finding}\n{text}\n{result.stderr}")
        for finding in row:
            if finding.code == "never-closed" or self.version >= COMPLETE:
                self.assertTrue([f for f in found if self.same(finding, f)], f"expected Valgrind to say {finding}\n{text}")


class Table(SockSanTest):
    def test_each_case_of_the_program_has_a_row(self):
        self.assertEqual(sorted(self.bare(command("valgrind_cases")).stdout.split()), sorted(case.name for case in CASES))

    def test_what_is_missed_has_a_reason(self):
        for case in CASES:
            self.assertEqual("~" in case.findings, bool(case.why), case.name)


def test_of(case):
    return lambda self: self.check(case)


for each in CASES:
    setattr(ValgrindTest, "test_" + each.name, test_of(each))


if __name__ == "__main__":
    unittest.main()
