"""Every interposed function, called by its own name, and the line that it writes: a case for each row of shim/model/hooks.def.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import time
import unittest

from socksan_test import TIMEOUT, SockSanTest, find, program, read_traces, select, shim

TABLE = find("shim/model/hooks.def").read_text(encoding="utf-8")
# name: (family, effect, inside, number)
ROWS = {name: row for name, *row in re.findall(r"^HOOK\((\w+), (\w+), (\w+), (\w+)(?:, SYS_(\w+))?\)$", TABLE, re.M)}
ALIASES = dict(re.findall(r"^ALIAS\((\w+), (\w+)\)$", TABLE, re.M))
NUMBERS = set(re.findall(r"^(?:HOOK|NUMBER)\((\w+), .*, SYS_\w+\)$", TABLE, re.M))

# What each LIFE function writes for what `hook_calls NAME` does, in order of time. A value that begins with $ is one that the
# program told; a key that is None must be absent or null.
TCP = {"family": "AF_INET", "type": "SOCK_STREAM"}
WRONG = {"violation": "wrong-state"}
EBADF = {"ret": -1, "errno": "EBADF"}
LIFE = {
    "socket": [
        {"fd": "$fd", "from": None, "to": "CLOSED", "ret": "$fd", "cloexec": True, **TCP},
        {"fd": "$fd6", "from": None, "to": "CLOSED", "ret": "$fd6", "cloexec": None, "family": "AF_INET6", "type": "SOCK_DGRAM"},
        {"fd": -1, "from": None, "to": None, "ret": -1, "errno": "EAFNOSUPPORT", "sock": None},
    ],
    "socketpair": [
        {"fd": "$fd", "from": None, "to": "ESTABLISHED", "ret": 0, "family": "AF_UNIX", "type": "SOCK_SEQPACKET"},
        {"fd": "$other", "from": None, "to": "ESTABLISHED", "ret": 0, "family": "AF_UNIX", "type": "SOCK_SEQPACKET"},
        {"fd": -1, "from": None, "to": None, "ret": -1, "errno": "EOPNOTSUPP", "sock": None},
    ],
    "bind": [
        {"from": "CLOSED", "to": "BOUND", "ret": 0, "local": "127.0.0.1:$port"},
        {"fd": "$fd", "from": "CLOSED", "to": "BOUND", "ret": 0, "local": "127.0.0.1:$chosen", "violation": None},
        {"fd": "$fd", "from": "BOUND", "to": "BOUND", "ret": -1, "errno": "EINVAL", **WRONG},
        {"fd": "$third", "from": "CLOSED", "to": "CLOSED", "ret": -1, "errno": "EADDRINUSE", "local": "127.0.0.1:$port",
         "violation": "address-in-use"},
    ],
    "listen": [{"fd": "$fd", "from": "BOUND", "to": "LISTENING", "ret": 0, "backlog": 7}],
    "connect": [
        {"fd": "$fd", "from": "CLOSED", "to": "ESTABLISHED", "ret": 0, "peer": "127.0.0.1:$port"},
        {"fd": "$fd", "from": "ESTABLISHED", "to": "ESTABLISHED", "ret": -1, "errno": "EISCONN", **WRONG},
        {"fd": "$refused", "from": "CLOSED", "to": "CLOSED", "ret": -1, "errno": "ECONNREFUSED", "violation": None},
    ],
    "accept": [
        {"fd": "$fd", "listener": "$listener", "from": None, "to": "ESTABLISHED", "ret": "$fd", "peer": "127.0.0.1:$port", **TCP},
        {"fd": "$unasked", "listener": "$listener", "from": None, "to": "ESTABLISHED", "ret": "$unasked", **TCP},
    ],
    "accept4": [
        {"fd": "$fd", "listener": "$listener", "from": None, "to": "ESTABLISHED", "ret": "$fd", "peer": "127.0.0.1:$port",
         "cloexec": True, **TCP},
        {"fd": "$unasked", "listener": "$listener", "from": None, "to": "ESTABLISHED", "ret": "$unasked", "cloexec": None, **TCP},
    ],
    "shutdown": [
        {"fd": "$fd", "from": "ESTABLISHED", "to": "FIN_WAIT", "ret": 0},
        {"fd": "$other", "from": "ESTABLISHED", "to": "FIN_WAIT", "ret": 0},
        {"fd": "$unconnected", "from": "CLOSED", "to": "CLOSED", "ret": -1, "errno": "ENOTCONN", **WRONG},
    ],
    "setsockopt": [{"fd": "$fd", **EBADF, "violation": "use-after-close"}],
    "getsockopt": [
        {"fd": "$fd", "from": "CONNECTING", "to": "ESTABLISHED", "ret": 0, "violation": None},
        {"fd": "$closed", **EBADF, "violation": "use-after-close"},
    ],
    "getsockname": [{"fd": "$fd", **EBADF, "violation": "use-after-close"}],
    "getpeername": [{"fd": "$fd", **EBADF, "violation": "use-after-close"}],
    "close": [
        {"fd": "$fd", "from": "CLOSED", "to": "CLOSED", "ret": 0, "violation": None},
        {"fd": "$fd", **EBADF, "violation": "double-close"},
    ],
    "close_range": [
        {"fd": "$fd", "from": "CLOSED", "to": "CLOSED", "ret": 0},
        {"fd": 301, "from": "CLOSED", "to": "CLOSED", "ret": 0},
        {"fd": "$whole", "from": "ESTABLISHED", "to": "CLOSED", "ret": 0},
    ],
    "closefrom": [
        {"fd": "$first", "from": "CLOSED", "to": "CLOSED", "ret": 0},
        {"fd": "$second", "from": "CLOSED", "to": "CLOSED", "ret": 0},
    ],
    "fclose": [{"fd": "$fd", "from": "ESTABLISHED", "to": "CLOSED", "ret": 0}],
    "freopen": [{"fd": "$fd", "from": "ESTABLISHED", "to": "CLOSED"}],
    "freopen64": [{"fd": "$fd", "from": "ESTABLISHED", "to": "CLOSED"}],
    "dup": [{"fd": "$fd", "newfd": "$newfd", "from": "CLOSED", "to": "CLOSED", "ret": "$newfd"}],
    "dup2": [
        {"fd": "$over", "from": "CLOSED", "to": "CLOSED", "newfd": None, "violation": None},
        {"fd": "$fd", "newfd": "$over", "from": "CLOSED", "to": "CLOSED", "ret": "$over"},
        {"fd": "$fd", "newfd": "$newfd", "from": "CLOSED", "to": "CLOSED", "ret": "$newfd"},
    ],
    "dup3": [
        {"fd": "$over", "from": "CLOSED", "to": "CLOSED", "newfd": None, "violation": None},
        {"fd": "$fd", "newfd": "$over", "from": "CLOSED", "to": "CLOSED", "ret": "$over", "cloexec": True},
        {"fd": "$fd", "newfd": "$newfd", "from": "CLOSED", "to": "CLOSED", "ret": "$newfd", "cloexec": None},
    ],
    "fcntl": [
        {"fd": "$fd", "newfd": "$newfd", "ret": "$newfd", "cloexec": None},
        {"fd": "$fd", "newfd": "$cloexec", "ret": "$cloexec", "cloexec": True},
    ],
    "fcntl64": [
        {"fd": "$fd", "newfd": "$newfd", "ret": "$newfd", "cloexec": None},
        {"fd": "$fd", "newfd": "$cloexec", "ret": "$cloexec", "cloexec": True},
    ],
    "ioctl": [{"fd": "$fd", **EBADF, "violation": "use-after-close"}],
}

# What it returns for a number that is closed.
WAIT = {"poll": 1, "ppoll": 1, "__poll_chk": 1, "__ppoll_chk": 1, "select": -1, "pselect": -1,
        "epoll_wait": -1, "epoll_pwait": -1, "epoll_pwait2": -1}

IN = ["read", "readv", "recv", "recvfrom", "recvmsg", "recvmmsg", "__read_chk", "__recv_chk", "__recvfrom_chk", "splice"]
OUT = ["write", "writev", "send", "sendto", "sendmsg", "sendmmsg", "sendfile", "sendfile64", "splice"]

# On which side of its socket a thread waits in a call.
INSIDE = {**dict.fromkeys(IN, "READING"), **dict.fromkeys(OUT, "WRITING"), "accept": "READING", "accept4": "READING", "connect": "WRITING",
          **dict.fromkeys(["poll", "ppoll", "__poll_chk", "__ppoll_chk"], "POLLING"),
          **dict.fromkeys(["epoll_wait", "epoll_pwait", "epoll_pwait2"], "WATCHING"),
          **dict.fromkeys(["splice", "sendfile", "sendfile64"], "NEVER")}

# What the lines of an op say of the number, where no case of LIFE shows it.
EFFECTS = {"connect": "CONNECTS", "recvmsg": "RECEIVES", "recvmmsg": "RECEIVES", "sendmsg": "PASSES", "sendmmsg": "PASSES",
           "fork": "INHERITS", "execve": "INHERITS", "pidfd_getfd": "RECEIVES"}

# Calls that are looked at when their number is closed, and only then.
USE = [name for name, row in ROWS.items() if row[0] == "use"]

# Calls that make sense on sockets alone: on a number that was never a descriptor they are a mistake.
SOCKET_CALLS = {"recv", "recvfrom", "recvmsg", "recvmmsg", "__recv_chk", "__recvfrom_chk", "send", "sendto", "sendmsg", "sendmmsg",
                "bind", "listen", "connect", "accept", "accept4", "shutdown", "setsockopt", "getsockopt", "getsockname",
                "getpeername"}
OTHER_CALLS = {"read", "readv", "__read_chk", "splice", "write", "writev", "sendfile", "sendfile64", "dup", "dup2", "dup3", "fcntl",
               "fcntl64", "ioctl", "epoll_ctl", "fdopen", "fdopendir", "pidfd_getfd", "openat", "openat64", "__openat_2", "__openat64_2", "openat2", *USE}

FORK = {"fork": "fork", "_Fork": "_Fork"}
EXEC = ["execve", "execv", "execvp", "execvpe", "execl", "execlp", "execle", "fexecve", "execveat"]
SPAWN = ["posix_spawn", "posix_spawnp", "system", "popen"]
TAKE_ENVIRON = ["system", "popen"]
END = ["_exit", "_Exit", "quick_exit"]
# At the limit of descriptors each is tried in transparency_test.py; what they make is shown in kinds_test.py, as is the end of what owns one.
MAKE = [name for name, row in ROWS.items() if row[0] == "make"]
OWNERS = ["pclose", "closedir", "mq_close"]
# Each has a test of its own, or is among the misuses: below, clone and unshare in clone_test.py, prctl in sandbox_test.py, limits, dlclose
# and waits in transparency_test.py.
ELSEWHERE = {"epoll_ctl", "fdopen", "fdopendir", "vfork", "daemon", "syscall", "prctl", "setrlimit", "setrlimit64", "prlimit", "prlimit64",
             "dlclose", "clone", "wait", "waitpid", "wait3", "wait4", "waitid"}

# After them the trace's name may lead nowhere: it is made before, with or without an event.
SECLUDED = ["chroot", "pivot_root", "setuid", "seteuid", "setreuid", "setresuid", "unshare", "setns"]
BY_NUMBER = ["chroot", "pivot_root", "setuid", "setreuid", "setresuid", "unshare", "setns", "landlock_restrict_self"]

ENVIRONMENTS = ["kept", "cleared", "own"]

# What `./dev fuzz difference` leaves out, and why; other tests compare each of them. All else has a row or a scene in difference_calls.c.
NOT_COMPARED = {
    "who it is, or where, for good": ["chroot", "pivot_root", "setuid", "seteuid", "setreuid", "setresuid", "setns", "unshare",
                                      "landlock_restrict_self", "fchdir"],
    "names and numbers that all processes share": ["shm_open", "mq_open", "mq_close", "posix_openpt", "getpt", "openpty", "forkpty",
                                                   "pidfd_open", "fanotify_init", "fchmod", "bpf", "perf_event_open"],
    "chance": ["mkstemp", "mkstemp64", "mkostemp", "mkostemp64", "mkstemps", "mkstemps64", "mkostemps", "mkostemps64", "tmpfile", "tmpfile64",
               "timerfd_settime"],
    "its argument is another's own, which random bits are not": ["closedir", "fdopendir", "clone3"],
    "by number alone, as its function": ["openat2", "memfd_secret", "userfaultfd", "io_uring_setup"],
}


def effect(name):
    """What a case's lines do to their number."""
    lines = LIFE.get(name, [])
    if name in EFFECTS:
        return EFFECTS[name]
    if any(line.get("newfd") for line in lines):
        return "DUPS"
    if name in [*MAKE, "popen", "daemon"] or any(line.get("from", "") is None and line["to"] for line in lines):
        return "MAKES"
    if name in OWNERS or any(line.get("from") and line["to"] == "CLOSED" and line.get("ret") != -1 for line in lines):
        return "CLOSES"
    return "KEEPS"


def exported(path):
    """The functions that a shared object exports."""
    lines = subprocess.run(["nm", "-D", "--defined-only", path], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {line.split()[2].partition("@")[0] for line in lines.splitlines()}


class HooksTest(SockSanTest):
    def call(self, *args, status=0, **kinds):
        """Run `hook_calls ARGS` under the shim: its events, and what it told of itself."""
        result = self.preload([program("hook_calls"), *map(str, args)], **kinds)
        self.assertEqual(result.status, status, f"hook_calls {args}: expected status {status}\n{result.stdout}{result.stderr}")
        self.assertEqual(result.stderr, "", f"hook_calls {args}: expected nothing on standard error")
        self.told = {}
        for line in result.stdout.splitlines():
            key, _, value = line.partition("=")
            self.told[key] = int(value) if re.fullmatch(r"-?\d+", value) else value
        self.check_stacks(result.traces)
        return result.traces

    def check_stacks(self, events):
        """Each stack that a line names, and each module that a stack names, stands in the trace; a program begins anew."""
        known = {(event["pid"], event["ev"], event["id"]) for event in events if event["ev"] in ("stack", "module")}
        for event in events:
            for stack in (event[key] for key in ("stack", "registered", "closed") if key in event):
                self.assertIn((event["pid"], "stack", stack), known, f"expected the stack that {event} names")
            for frame in event.get("frames", []):
                self.assertIn((event["pid"], "module", int(frame.partition("+")[0])), known, f"expected the module of {frame}")

    def fill(self, value):
        if not isinstance(value, str):
            return value
        if re.fullmatch(r"\$\w+", value):
            return self.told[value[1:]]
        return re.sub(r"\$(\w+)", lambda name: str(self.told[name[1]]), value)

    def assert_lines(self, lines, expected, what):
        expected = [{key: self.fill(value) for key, value in line.items()} for line in expected]
        self.assertEqual(len(lines), len(expected),
                         f"{what}: expected {len(expected)} lines {expected}, got\n" + "\n".join(map(str, lines)))
        for line, wanted in zip(lines, expected):
            for key, value in wanted.items():
                self.assertEqual(line.get(key), value, f"{what}: expected {key} = {value} in {line}")

    def only(self, events, **keys):
        """The one event with these values."""
        found = select(events, **keys)
        self.assertEqual(len(found), 1, f"expected one line with {keys}, got {found} among\n" + "\n".join(map(str, events)))
        return found[0]


class Table(HooksTest):
    def test_every_row_has_a_case_and_every_case_a_row(self):
        cases = set(LIFE) | set(IN) | set(OUT) | set(WAIT) | set(FORK) | set(EXEC) | set(SPAWN) | set(END) | set(MAKE) | set(OWNERS) | set(SECLUDED) | set(USE) | ELSEWHERE
        self.assertEqual(cases, set(ROWS), "the cases of this test and the rows of shim/model/hooks.def differ")

    def test_every_row_is_read(self):
        self.assertEqual(len(ROWS), len(re.findall(r"^HOOK\(", TABLE, re.M)), "expected each HOOK row to have the shape that its head tells")

    def test_each_row_says_what_its_case_shows(self):
        for name, row in ROWS.items():
            families = ({"socket", "close", "dup"} if name in [*LIFE, *OWNERS, "fdopen", "fdopendir"] else {"data", "message"} if name in IN + OUT else
                        {"wait"} if name in [*WAIT, "epoll_ctl"] else {"make"} if name in MAKE else {"use"} if name in USE else
                        {"process", "clone", "secluded", "syscall"})
            self.assertIn(row[0], families, f"{name}: shim/model/hooks.def says {row[0]}")
            self.assertEqual(row[1], effect(name), f"{name}: shim/model/hooks.def says {row[1]}")
            self.assertEqual(row[2], INSIDE.get(name, "NEVER"), f"{name}: shim/model/hooks.def says {row[2]}")

    def test_every_case_calls_its_function_by_name(self):
        folder = find("tests/programs/hook_calls.c").resolve().parent
        source = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("hook_*.c")))
        missing = [name for name in sorted(ROWS) if not re.search(rf"\b{name}\(|\bBOTH\({name},", source)]
        self.assertEqual(missing, [], "expected a call of each in tests/programs/hook_*.c")

    def test_every_function_that_makes_a_descriptor_is_tried_at_the_limit(self):
        source = find("tests/programs/hook_makers.c").read_text(encoding="utf-8")
        makers = [name for name, row in ROWS.items() if row[0] == "make" or row[1] in ("MAKES", "DUPS") and name not in ("dup2", "dup3", "popen", "daemon")]
        self.assertEqual([name for name in makers if not re.search(rf"\bBOTH\({name}, |\bMAKER\({name}, [^\n]*\b{name}\(", source)], [],
                         "expected a MAKER or a BOTH of each in hook_makers.c")

    def test_every_maker_that_takes_a_descriptor_is_tried_with_a_closed_one(self):
        source = find("shim/hooks/make.c").read_text(encoding="utf-8")
        takers = set(re.findall(r'(?:told_below\(|call_check\(&c, )"(\w+)"', source))
        self.assertLessEqual({"openat", "pidfd_getfd"}, takers, "expected to find them by what their bodies call")
        self.assertEqual(takers - OTHER_CALLS, set(), "expected a FAILS of each in do_misuse() of hook_calls.c, and its name in OTHER_CALLS")

    def test_random_calls_are_compared_of_each_row(self):
        source = re.sub(r"/\*.*?\*/", "", find("tests/programs/difference_calls.c").read_text(encoding="utf-8"), flags=re.S)
        rows = {*ROWS, *re.findall(r"^NUMBER\((\w+)", TABLE, re.M)}
        compared = {name for name in rows if re.search(rf"\b(?:SYS_)?{name}\b", source)}
        left_out = {name for names in NOT_COMPARED.values() for name in names}
        self.assertEqual(rows - compared, left_out, "expected a row in tests/programs/difference_calls.c of each hook, or why there is none")

    def test_the_shim_exports_the_rows_the_api_and_nothing_else(self):
        api = set(re.findall(r"^(?:int|long long|size_t) (socksan_\w+)\(", find("shim/api/socksan.h").read_text(encoding="utf-8"), re.M))
        runtimes = {name for name in exported(shim()) if name == "napi_register_module_v1" or name.startswith("Java_socksan_SockSanExtension_")}
        attaching = set(re.findall(r"\b(socksan_\w+_1)\b", find("shim/hooks/attach.h").read_text(encoding="utf-8")))
        self.assertEqual(4, len(attaching))
        failing = set(re.findall(r"^int (socksan_\w+)\(", find("shim/model/fault.h").read_text(encoding="utf-8"), re.M))
        self.assertEqual({"socksan_fault"}, failing)
        self.assertEqual(exported(shim()), set(ROWS) | set(ALIASES) | api | runtimes | attaching | failing,
                         "expected the exported names to be the rows of shim/model/hooks.def, what shim/api/socksan.h declares, what `socksan "
                         "attach` and libsocksan-inject.so call, and that for Node.js and Java, which find it by such names")

    def test_every_name_of_a_row_that_libc_exports_has_an_alias(self):
        libc = re.search(r"libc\.so\.6 => (\S+)", subprocess.run(["ldd", shim()], stdout=subprocess.PIPE, text=True, check=True).stdout)[1]
        lines = subprocess.run(["nm", "-D", "--defined-only", libc], stdout=subprocess.PIPE, text=True, check=True).stdout
        names = {}
        for value, kind, name in (line.split() for line in lines.splitlines()):
            if kind in "TWi" and "@@" in name and not name.endswith("GLIBC_PRIVATE"):  # what is private, libc alone calls
                names.setdefault(value, set()).add(name.partition("@")[0])
        for same in names.values():
            if same & set(ROWS):
                self.assertEqual(same - set(ROWS) - set(ALIASES), set(), f"expected an ALIAS of each name of {same & set(ROWS)}")

    def test_the_shim_needs_libc_alone(self):
        lines = subprocess.run(["readelf", "-d", shim()], check=True, stdout=subprocess.PIPE, text=True).stdout
        needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", lines))
        self.assertLessEqual(needed, {"libc.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"})

    def test_every_rule_of_the_lifecycle_has_a_case_in_its_unit_test(self):
        text = find("shim/track/lifecycle.c").read_text(encoding="utf-8")
        rules = [act for act, body in re.findall(r"^\s*\[(ACT_\w+)\] =\s*RULES\{\n(.*?)\{0\}", text, re.M | re.S)
                 for _ in re.findall(r"^\s*\{", body, re.M)]
        cases = re.findall(r"^\s*ROW\((ACT_\w+),", find("tests/unit/lifecycle_test.c").read_text(encoding="utf-8"), re.M)
        rules.sort()
        cases.sort()
        self.assertGreater(len(rules), 40, "expected to find the rules")
        self.assertEqual(cases, rules, "expected as many ROWs of each act in tests/unit/lifecycle_test.c as shim/track/lifecycle.c has rules")


class Life(HooksTest):
    def test_calls_write_the_lines_they_should(self):
        for name, expected in LIFE.items():
            with self.subTest(name):
                events = self.call(name)
                self.assert_lines(select(events, ev="fd", op=name), expected, name)

    def test_both_ends_of_a_pair_are_sockets_of_their_own(self):
        lines = select(self.call("socketpair"), op="socketpair")
        self.assertNotEqual(lines[0]["sock"], lines[1]["sock"], "expected two numbers of sockets")

    def test_a_second_close_names_the_closed_socket(self):
        lines = select(self.call("close"), op="close")
        self.assertEqual(lines[1].get("sock"), lines[0]["sock"], "expected the number of the socket that was closed")

    def test_a_duplicate_is_the_same_socket(self):
        for name in ("dup", "dup2", "dup3", "fcntl", "fcntl64"):
            with self.subTest(name):
                events = self.call(name)
                made = self.only(events, op="socket", fd=self.told["fd"])
                for line in select(events, op=name):
                    if "newfd" in line:
                        self.assertEqual(line["sock"], made["sock"], f"expected the socket of {made} in {line}")

    def test_a_failed_accept_that_is_to_be_tried_again_is_no_line(self):
        for name in ("accept", "accept4"):
            self.assertEqual(select(self.call(name), op=name, errno="EAGAIN"), [], "expected no line for EAGAIN")

    def test_lines_where_descriptors_are_made_and_closed_have_stacks(self):
        for name in ("socket", "accept", "accept4", "socketpair", "dup", "close"):
            for line in select(self.call(name), ev="fd", op=name):
                self.assertIn("stack", line, f"expected a stack in {line}")

    def test_calls_on_a_closed_number_are_use_after_close(self):
        events = self.call("misuse", "closed")
        for name in SOCKET_CALLS | OTHER_CALLS:
            with self.subTest(name):
                line = self.only(events, ev="fd", op=name)
                self.assertEqual(line.get("violation"), "use-after-close")
                self.assertEqual((line["fd"], line["ret"], line["errno"]), (self.told["fd"], -1, "EBADF"))
                self.assertEqual(line["sock"], self.only(events, op="socket")["sock"], "expected the closed socket's number")

    def test_socket_calls_on_a_number_that_never_was_are_bad_fd(self):
        events = self.call("misuse", "never")
        for name in SOCKET_CALLS:
            with self.subTest(name):
                line = self.only(events, ev="fd", op=name)
                self.assertEqual(line.get("violation"), "bad-fd")
                self.assertEqual((line["fd"], line["ret"], line["errno"]), (-1, -1, "EBADF"))
        for name in OTHER_CALLS:
            self.assertEqual(select(events, ev="fd", op=name), [], f"{name} of -1: expected no line, it may be meant for a file")


    def test_who_waits_for_a_closed_number_is_told_once(self):
        for name, returned in WAIT.items():
            with self.subTest(name):
                events = self.call("wait", name)
                line = self.only(events, ev="fd", op=name)
                self.assertEqual((line["fd"], line["ret"], line.get("errno"), line["violation"]),
                                 (self.told["fd"], returned, "EBADF" if returned < 0 else None, "use-after-close"))
                closed = self.only(events, op="close", fd=self.told["fd"])
                self.assertEqual(line["sock"], closed["sock"], "expected the closed socket's number")

    def test_a_bad_descriptor_beside_a_good_one_is_not_taken_for_it(self):
        for what in ("dup2", "dup3", "sendfile", "splice", "sendmsg", "sendmmsg", "epoll_ctl"):
            with self.subTest(what):
                events = self.call("beside", what)
                self.assertEqual([e for e in events if "note" in e], [], "expected no word of an unseen close: the socket is open")
                line = self.only(events, ev="fd", op="close", fd=self.told["fd"])
                self.assertEqual((line["to"], line["ret"], line.get("violation")), ("CLOSED", 0, None))

    def test_a_program_may_ask_whether_a_number_is_open(self):
        events = self.call("asked")
        self.assertEqual([e for e in events if "violation" in e and e["ev"] == "fd"], [], "expected F_GETFD to be no misuse")

    def test_a_number_closed_unseen_is_noted_before_its_next_life(self):
        events = self.call("unseen")
        noted = self.only(events, ev="fd", note="closed-unseen")
        first, second = select(events, ev="fd", op="socket", fd=self.told["fd"], note=None)
        self.assertEqual((noted["fd"], noted["sock"], noted["to"]), (self.told["fd"], first["sock"], "CLOSED"))
        self.assertLess(noted["t"], second["t"], "expected the end of the old life before the start of the next")
        self.assertEqual(select(events, ev="leak"), [])


class Data(HooksTest):
    def moved(self, direction, name, rx, tx, lines):
        events = self.call(direction, name)
        closed = self.only(events, op="close", fd=self.told["fd"])
        self.assertEqual((closed.get("rx", 0), closed.get("tx", 0)), (rx, tx), f"{name}: expected rx, tx on {closed}")
        self.assert_lines(select(events, ev="fd", op=name), lines, name)

    def test_what_is_received_is_counted_and_only_changes_are_lines(self):
        end = {"fd": "$fd", "from": "ESTABLISHED", "to": "CLOSE_WAIT", "ret": 0, "violation": None}
        misuse = {"fd": "$fd", **EBADF, "violation": "use-after-close"}
        for name in IN:
            with self.subTest(name):
                self.moved("in", name, 777, 0, [end, misuse])

    def test_what_is_sent_is_counted_and_writes_no_line(self):
        for name in OUT:
            with self.subTest(name):
                self.moved("out", name, 0, 777, [{"fd": "$fd", **EBADF, "violation": "use-after-close"}])

    def test_descriptors_passed_are_given_by_one_side_and_made_by_the_other(self):
        for kind, give, take in (("one", "sendmsg", "recvmsg"), ("many", "sendmmsg", "recvmmsg")):
            with self.subTest(kind):
                events = self.call("rights", kind)
                given = self.only(events, ev="fd", op=give)
                made = self.only(events, ev="fd", op=take)
                self.assert_lines([given, made], [
                    {"fd": "$passed", "from": "CLOSED", "to": "CLOSED"},
                    {"fd": "$received", "from": None, "to": "CLOSED", **TCP},
                ], kind)
                self.assertEqual(made["cookie"], given["cookie"], "expected one cookie for one socket")
                self.assertNotEqual(made["sock"], given["sock"], "expected a number of its own: it was made here")


class Process(HooksTest):
    def inherits(self, events, op, child, how, inherited_op):
        """The child's trace says where it comes from, and its socket is the one that the parent gave."""
        parent = next(event["pid"] for event in events if event["ev"] == "process" and event["pid"] != child)
        started = select(events, ev="process", pid=child)[0]
        self.assertEqual(started["how"], how, f"expected how = {how} in {started}")
        if op != "daemon":
            self.assertEqual(started["ppid"], parent, f"expected the parent's pid in {started}")
        given = self.only(events, ev="fd", op=op, pid=parent)
        self.assertEqual((given["fd"], given["from"], given["to"]), (self.told["fd"], "CLOSED", "CLOSED"))
        taken = select(events, ev="fd", op=inherited_op, pid=child)[0]
        self.assertEqual((taken["fd"], taken["from"], taken["to"], taken["inherited"]), (self.told["fd"], None, "CLOSED", True))
        self.assertEqual(taken["cookie"], given["cookie"], "expected the same cookie on both sides")
        return parent

    def exits(self, events, pid, status, **keys):
        line = self.only(events, ev="exit", pid=pid)
        self.assertEqual(line["status"], status, f"expected the exit status in {line}")
        for key, value in keys.items():
            self.assertEqual(line[key], value, f"expected {key} = {value} in {line}")
        self.assertEqual(line["dropped"], 0)
        self.assertEqual(line["events"], len([e for e in events if e["ev"] == "fd" and e["pid"] == pid and e["t"] < line["t"]]),
                         f"expected the number of fd lines in {line}")

    def test_fork_children_have_a_trace_of_their_own(self):
        for name in FORK:
            with self.subTest(name):
                events = self.call(name)
                child = self.told["child"]
                parent = self.inherits(events, name, child, "fork", "fork")
                self.only(events, ev="fd", op="socket", pid=child)
                self.assertEqual(len(select(events, ev="fd", op="close", pid=child)), 2)
                self.exits(events, child, 7, open=0)
                self.exits(events, parent, 0, open=0)

    def test_a_child_made_behind_libcs_back_has_a_trace_of_its_own(self):
        events = self.call("raw_fork")
        child = self.told["child"]
        self.assertEqual(select(events, ev="process", pid=child)[0]["how"], "fork")
        self.only(events, ev="fd", op="socket", pid=child)
        self.exits(events, child, 7, open=0)
        self.assertEqual(select(events, ev="leak"), [])

    def test_a_vfork_child_leaves_its_parents_table_right(self):
        events = self.call("vfork")
        fd = self.told["fd"]
        self.assertEqual({event["pid"] for event in events} - {self.told["child"]}, {event["pid"] for event in events},
                         "expected no trace of a vfork child, which runs on its parent's memory")
        closes = select(events, ev="fd", op="close", fd=fd)
        self.assert_lines(closes, [{"from": "CLOSED", "to": "CLOSED", "ret": 0, "violation": None, "note": None},
                                   {"ret": -1, "violation": "double-close"}], "vfork")
        self.assertEqual(len(select(events, ev="fd", op="socket")), 1, "expected the parent's socket alone")

    def test_a_daemon_goes_on_in_its_child(self):
        for keep in (1, 0):
            with self.subTest(keep_files=keep):
                folder = self.folder("daemon")
                env = self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={folder}/t")
                status, stdout, stderr = self.finish(self.start([program("hook_calls"), "daemon", str(keep)], env=env))
                self.assertEqual((status, stderr), (0, ""))
                self.told = {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", stdout)}
                deadline = time.monotonic() + TIMEOUT
                while time.monotonic() < deadline and len(select(self.raw(folder), ev="exit")) < 2:
                    time.sleep(0.02)
                events = read_traces(folder)
                child = next(e["pid"] for e in events if e["ev"] == "process" and e["pid"] != self.told["parent"])
                self.inherits(events, "daemon", child, "fork", "fork")
                self.exits(events, self.told["parent"], 0, open=1)
                self.assertEqual(select(events, ev="leak", pid=self.told["parent"]), select(events, ev="leak"),
                                 "expected no leak in the daemon")
                self.exits(events, child, 6, open=0)

    @staticmethod
    def raw(folder):
        """What can be read now, of processes that may still run."""
        events = []
        for path in pathlib.Path(folder).glob("*.jsonl"):
            for line in path.read_bytes().splitlines():
                try:
                    events.append(json.loads(line))
                except ValueError:
                    pass
        return events

    def program_follows(self, events, name, kind, pid):
        """The next program has the shim, its options, and what the host gave it."""
        self.assertEqual(self.told["program"], pid)
        preload = self.told["preload"].split(":")
        self.assertIn(shim(), preload, f"{name}, environment {kind}: expected the shim in LD_PRELOAD")
        if kind == "own":
            self.assertIn("libutil.so.1", preload, f"{name}: expected the host's own LD_PRELOAD to be kept")
            self.assertEqual(self.told["mark"], "here", f"{name}: expected the host's own environment to be kept")
        image = select(events, ev="process", pid=pid)[-1]
        self.assertEqual(image["how"], "exec")
        self.assertEqual(os.path.basename(image["exe"]), "hook_calls")
        self.assertEqual(image["argv"][1:], ["after", str(self.told["fd"])])
        self.assertEqual(len(select(events, ev="fd", op="close", pid=pid, fd=self.told["fd"])), 1)
        self.exits(events, pid, 5) if len(select(events, ev="process", pid=pid)) == 1 else self.only(events, ev="exit", pid=pid)

    def test_a_program_that_takes_over_goes_on_in_the_same_trace(self):
        for name in EXEC:
            for kind in ENVIRONMENTS:
                with self.subTest(name, environment=kind):
                    events = self.call("exec", name, kind, status=5)
                    pid = self.told["parent"]
                    self.assertEqual(len(select(events, ev="process", pid=pid, how="exec")), 2, "expected two programs")
                    line = self.only(events, ev="exec", pid=pid)
                    self.assertEqual(line["op"], name)
                    self.assertNotIn("errno", line)
                    given = self.only(events, ev="fd", op=name, inherited=None)
                    taken = next(e for e in select(events, ev="fd", op="execve", inherited=True))
                    self.assertEqual((taken["fd"], taken["cookie"]), (self.told["fd"], given["cookie"]))
                    self.program_follows(events, name, kind, pid)
                    self.assertEqual(select(events, ev="leak"), [], "expected no leak: it was inherited, and closed")

    def test_a_vfork_child_that_becomes_another_program_is_traced(self):
        for name in EXEC:
            for kind in ENVIRONMENTS:
                with self.subTest(name, environment=kind):
                    events = self.call("vexec", name, kind)
                    child = self.told["child"]
                    self.inherits(events, "vfork", child, "exec", "execve")
                    self.program_follows(events, name, kind, child)
                    self.exits(events, self.told["parent"], 0, open=0)

    def test_an_exec_that_fails_says_so_and_goes_on(self):
        events = self.call("failed_exec")
        names = ["execve", "execv", "execl", "execle", "execlp", "execvp", "execvpe", "fexecve", "execveat"]
        lines = select(events, ev="exec")
        self.assertEqual([line["op"] for line in lines], [name for name in names for _ in range(2)])
        self.assertEqual(["errno" in line for line in lines], [False, True] * len(names))
        pid = lines[0]["pid"]
        self.only(events, ev="fd", op="close")
        self.exits(events, pid, 0, open=0)

    def test_spawned_programs_are_traced(self):
        for name in SPAWN:
            for kind in ["kept"] if name in TAKE_ENVIRON else ENVIRONMENTS:
                with self.subTest(name, environment=kind):
                    events = self.call(name, kind)
                    child = self.told["program"]
                    self.inherits(events, name, child, "exec", "execve")
                    self.program_follows(events, name, kind, child)
                    self.exits(events, self.told["parent"], 0, open=0)

    def test_what_libc_starts_without_the_shim_is_not_traced(self):
        """It takes `environ` as the host has made it, which is the host's alone."""
        for name in TAKE_ENVIRON:
            for kind in ("cleared", "own"):
                with self.subTest(name, environment=kind):
                    events = self.call(name, kind)
                    self.assertEqual({event["pid"] for event in events}, {self.told["parent"]}, "expected the trace of the parent alone")
                    self.assertEqual(self.told["preload"], "libutil.so.1" if kind == "own" else "", "expected the host's environment as it is")
                    self.exits(events, self.told["parent"], 0, open=0)

    def test_children_are_not_followed_when_that_is_not_wanted(self):
        for args in (["fork"], ["_Fork"], ["vexec", "execve", "own"], ["posix_spawn", "own"], ["system", "own"], ["popen", "own"],
                     ["posix_spawn", "kept"], ["system", "kept"], ["popen", "kept"]):
            with self.subTest(args):
                events = self.call(*args, options="follow=0")
                self.assertEqual(len({event["pid"] for event in events}), 1, "expected the trace of the parent alone")
                if "preload" in self.told:
                    self.assertEqual(self.told["preload"], "libutil.so.1" if args[-1] == "own" else "", "expected the shim to be gone, and nothing else")

    def test_each_orderly_end_has_its_status_and_its_leak(self):
        ways = END + ["exit", "exit_group", "raw_exit", "return", "thread"]
        for way in ways:
            for status in (0, 42, 255):
                with self.subTest(way, status=status):
                    events = self.call("end", way, status, status=status)
                    leak = self.only(events, ev="leak")
                    self.assertEqual((leak["fd"], leak["state"], leak["violation"]), (self.told["fd"], "CLOSED", "never-closed"))
                    self.assertEqual(leak["stack"], self.only(events, op="socket")["stack"])
                    self.exits(events, leak["pid"], status, open=1)

    def test_the_last_thread_to_leave_ends_the_process_well(self):
        events = self.call("end", "pthread_exit", 0)
        self.assertEqual(self.only(events, ev="exit")["status"], 0)

    def test_death_by_a_signal_leaves_every_line_and_no_exit(self):
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGPIPE):
            with self.subTest(number):
                events = self.call("end", "raise", int(number), status=-number)
                self.only(events, ev="fd", op="socket")
                self.assertEqual(select(events, ev="exit") + select(events, ev="leak"), [])
        events = self.call("end", "abort", 0, status=-signal.SIGABRT)
        self.assertEqual(select(events, ev="exit"), [])


class Start(HooksTest):
    def test_sockets_that_were_there_at_the_start_are_inherited(self):
        with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
            fds = listener.fileno(), client.fileno()
            events = self.call("after", fds[1], status=5, pass_fds=fds)
            port, own = listener.getsockname()[1], client.getsockname()[1]
        lines = {line["fd"]: line for line in select(events, ev="fd", inherited=True)}
        self.assert_lines([lines[fds[0]], lines[fds[1]]], [
            {"op": "execve", "from": None, "to": "LISTENING", "local": f"127.0.0.1:{port}", **TCP},
            {"op": "execve", "from": None, "to": "ESTABLISHED", "local": f"127.0.0.1:{own}", "peer": f"127.0.0.1:{port}", **TCP},
        ], "inherited at the start")
        self.assertTrue(all(line["cookie"] for line in lines.values()), "expected a cookie on what was inherited")
        self.assertEqual(select(events, ev="leak"), [], "expected no leak of what was inherited and stays open")
        self.assertEqual(self.only(events, ev="exit")["open"], 1)

    def test_a_program_without_sockets_makes_no_trace(self):
        for options in ("", "board=1"):
            result = self.preload(["/bin/true"], options=options)
            self.assertEqual((result.stderr, os.listdir(result.folder)), ("", []))

    def test_sockets_as_standard_streams_alone_make_no_trace(self):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self.assertEqual(self.preload(["/bin/true"], stdin=theirs).traces, [])

    def test_what_is_wrong_with_the_options_is_said_in_a_line_each(self):
        result = self.preload(["/bin/true"], options="colour=red:stack_depth=deep")
        lines = result.stderr.splitlines()
        self.assertEqual((result.status, len(lines)), (0, 2), f"expected two lines\n{result.stderr}")
        self.assertIn("colour=red", lines[0])
        self.assertIn("stack_depth=deep", lines[1])

    def test_a_line_stays_one_whatever_is_in_the_options(self):
        result = self.preload(["/bin/true"], options="co\nlo\x1b[31mur=red:stack_depth=\r\x7f")
        lines = result.stderr.split("\n")
        self.assertEqual((result.status, len(lines)), (0, 3), f"expected two lines\n{result.stderr!r}")
        self.assertIn("'co?lo?[31mur=red'", lines[0])
        self.assertIn("'stack_depth=??'", lines[1])

    def test_children_in_a_folder_with_a_colon_write_beside_their_parent(self):
        folder = os.path.join(self.tmp, "a:b")
        os.mkdir(folder)
        leak = "import socket; socket.socket().detach()"
        code = f"import subprocess, sys; {leak}; subprocess.run([sys.executable, '-c', {leak!r}], check=True)"
        for options in None, "log_path=mine", "log_path=mine:stack_depth=3":
            env = self.environment(LD_PRELOAD=shim(), **({"SOCKSAN_OPTIONS": options} if options else {}))
            ended = self.finish(self.start(["/usr/bin/python3", "-c", code], cwd=folder, env=env))
            self.assertEqual((ended[0], ended[2]), (0, ""), options)
            name = "mine" if options else "socksan"
            self.assertEqual([2, 2], [len([found for found in os.listdir(folder) if found.startswith(start)]) for start in (name, "")],
                             f"{options}: {os.listdir(folder)}, {os.listdir(self.tmp)}")
            for found in os.listdir(folder):
                os.remove(os.path.join(folder, found))

    def test_verbosity_says_what_the_shim_did(self):
        result = self.preload([program("hook_calls"), "close"], options="verbosity=1")
        self.assertEqual(result.status, 0)
        self.assertIn("trace: ", result.stderr)

    def test_no_depth_means_no_stacks(self):
        events = self.call("close", options="stack_depth=0")
        self.assertEqual([event for event in events if "stack" in event or event["ev"] in ("stack", "module")], [])


class Unread(HooksTest):
    """What a close leaves unread is asked of the kernel at each close, and at a place with many clean ones at some."""

    def found(self, calm, unread, options=None):
        result = self.preload([program("hook_unread"), str(calm), str(unread)], options=options)
        self.assertEqual((result.status, result.stderr), (0, ""))
        return sum(event.get("violation") == "unread-data" for event in result.traces)

    def test_each_of_the_first_closes_at_a_place_is_asked(self):
        self.assertEqual(self.found(40, 20), 20)

    def test_after_many_clean_closes_one_in_eight_is_asked(self):
        self.assertEqual(self.found(200, 8), 1)

    def test_once_a_place_left_bytes_it_is_asked_at_each_close_again(self):
        self.assertGreaterEqual(self.found(200, 40), 33)

    def test_unread_every_1_asks_at_each_close(self):
        self.assertEqual(self.found(200, 3, options="unread_every=1"), 3)

    def test_descriptors_of_one_socket_that_came_through_exec_are_one_socket(self):
        code = ("import os, socket\n"
                "one, other = socket.socket(), socket.socket()\n"
                "os.dup2(one.fileno(), 40)\n"
                "for number in one.fileno(), other.fileno():\n"
                "    os.set_inheritable(number, True)\n"
                "os.execv('/bin/true', ['true'])\n")
        events = self.preload(["/usr/bin/python3", "-c", code]).traces
        lines = select(events, ev="fd", op="execve", inherited=True)
        self.assertEqual([line["fd"] for line in lines][2:], [40], "expected three descriptors")
        self.assertEqual((lines[2]["sock"], lines[2]["cookie"]), (lines[0]["sock"], lines[0]["cookie"]), "expected the first one's socket")
        self.assertNotEqual(lines[1]["sock"], lines[0]["sock"])


class Inside(HooksTest):
    """A close while another thread waits in a call on the number."""

    def test_a_close_meets_who_its_row_says_is_inside(self):
        waits = [name for name, row in ROWS.items() if row[2] != "NEVER"]
        self.assertGreaterEqual(len(waits), 22)
        for name in [*waits, "splice", "select", "pselect"]:
            with self.subTest(name):
                options = "kinds=epoll" if ROWS[name][2] == "WATCHING" else ""
                result = self.preload([program("hook_blocking"), "closed", name.strip("_")], options)
                self.assertEqual((result.status, result.stderr), (0, ""), f"hook_blocking closed {name}")
                found = [(line["violation"], line["op"]) for line in select(result.traces, ev="fd") if line.get("violation")]
                expected = [("close-in-use", "close")] if name in waits else []
                self.assertEqual(found, expected, f"{name}: shim/model/hooks.def says {ROWS[name][2]}")


class Syscall(HooksTest):
    def shape(self, how, name="hook_syscall", kinds="all"):
        """The fd lines of a program, without what differs from run to run."""
        result = self.preload([program(name), how], f"kinds={kinds}")
        self.assertEqual((result.status, result.stderr), (0, ""), f"{name} {how}")
        keys = ("kind", "op", "fd", "sock", "from", "to", "errno", "newfd", "rx", "tx", "backlog", "listener", "violation", "inherited",
                "family", "type", "cloexec")
        lines = [{key: event[key] for key in keys if key in event} for event in result.traces if event["ev"] in ("fd", "leak")]
        return result.stdout, lines, [event["op"] for event in result.traces if event["ev"] == "exec"]

    def test_every_number_is_seen_as_its_function_is(self):
        by_name, by_number = self.shape("name"), self.shape("number")
        self.assertEqual(by_number[0], by_name[0], "expected the same results by syscall() as by name")
        self.assertEqual(by_number[2], by_name[2], "expected the same exec lines by syscall() as by name")
        for name, number in zip(by_name[1], by_number[1]):
            self.assertEqual(number, name, "expected the same line by syscall() as by name")
        self.assertEqual(len(by_number[1]), len(by_name[1]))

    def test_every_alias_is_seen_as_its_function_is(self):
        by_name, by_alias = (self.shape(how, "hook_aliases", "socket") for how in ("name", "alias"))
        self.assertEqual(by_alias[0], by_name[0], "expected the same results by alias as by name")
        self.assertEqual(by_alias[1], by_name[1], "expected the same lines by alias as by name")
        source = find("tests/programs/hook_aliases.c").read_text(encoding="utf-8")
        self.assertEqual(dict(re.findall(r"BY\((\w+), (\w+)\)\(", source)), ALIASES, "expected a call BY(alias, name) of each ALIAS row")

    def test_every_number_of_the_hook_has_a_case(self):
        source = find("tests/programs/hook_syscall.c").resolve().read_text(encoding="utf-8")
        makers = find("tests/programs/hook_makers.c").read_text(encoding="utf-8")
        called = {*re.findall(r"(?:CALL|BOTH|EITHER|ALONE)\((\w+)\b", source), *re.findall(r"\bBOTH\((\w+)\b", makers), *BY_NUMBER}
        self.assertEqual(NUMBERS - called, set(), "expected a CALL in hook_syscall.c, or a BOTH in hook_makers.c, of each number")
        self.assertGreaterEqual(len(NUMBERS), 75)


@unittest.skipIf(os.getuid() != 0, "another root, user or namespace takes root")
class Secluded(HooksTest):
    """A process that had no event yet goes where its trace's name does not lead."""

    def secluded(self, name, *args, number=False, **popen):
        root, folder = self.folder("root"), self.folder("trace")
        if subprocess.run(["unshare", "-m", "true"], check=False, stderr=subprocess.DEVNULL).returncode:
            self.skipTest("a mount namespace cannot be made here")
        cmd = ["unshare", "-m", "env", f"LD_PRELOAD={shim()}", program("hook_calls"), "by_number" if number else "secluded", name, root]
        env = self.environment(SOCKSAN_OPTIONS=f"log_path={folder}/t")
        status, _, stderr = self.finish(self.start([*cmd, *args], cwd="/", env=env, **popen))
        if status == 77:
            self.skipTest(f"{name} cannot be called here: {stderr}")
        self.assertEqual((status, stderr), (0, ""), f"{name}: expected what it does without the shim")
        return read_traces(folder)

    def check_sockets(self, name, **kinds):
        events = self.secluded(name, **kinds)
        self.assertEqual([event["op"] for event in select(events, ev="fd")], ["socket", "close"] * 500)
        (end,) = select(events, ev="exit")
        self.assertEqual((end["dropped"], end["open"]), (0, 0), "expected nothing to be lost")

    def test_what_comes_after_is_recorded(self):
        for number, names in ((False, SECLUDED), (True, BY_NUMBER)):
            for name in names:
                with self.subTest(name, number=number):
                    self.check_sockets(name, number=number)

    def test_though_hardly_a_descriptor_is_there(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))

        self.check_sockets("chroot", preexec_fn=few)

    def test_no_file_is_left_where_it_can_be_removed(self):
        for name in SECLUDED:
            with self.subTest(name):
                left = [event["ev"] for event in self.secluded(name, "silent")]
                reached = name in ("unshare", "setns")
                self.assertEqual(left, [] if reached else ["process", "exit"], "expected no trace of a process without an event")

    def test_nothing_is_made_for_one_who_stays_who_it_is(self):
        for name in ("setuid", "seteuid", "setreuid", "setresuid"):
            self.assertEqual(self.secluded(name, "silent", "itself"), [])


if __name__ == "__main__":
    unittest.main()
