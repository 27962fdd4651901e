"""Descriptors other than sockets: what is judged with --kinds, and what is known of the others nevertheless.

SPDX-License-Identifier: Apache-2.0
"""

import functools
import itertools
import json
import os
import re
import subprocess
import unittest

from socksan_test import SockSanTest, check, find, program, socksan

KINDS = re.findall(r'^KIND\((\w+), "([a-z ]+)"\)$', find("shim/model/kind.def").read_text(encoding="utf-8"), re.M)
WORDS = dict(KINDS, socket="TCP socket")


@functools.lru_cache(maxsize=None)
def names():
    """The kinds that the program can make here: for what has no name of its own it depends on the kernel and the user."""
    other = subprocess.run([program("kinds"), "leak", "other"], stderr=subprocess.DEVNULL, check=False).returncode == 0
    return [name for name, _ in KINDS if name != "other" or other]


class KindsTest(SockSanTest):
    def kinds(self, *args, kinds):
        """What a run of the program with these arguments is judged as: read as it is, for there are many."""
        path = f"{self.tmp}/report.json"
        cmd = [socksan(), "run", f"--output=json={path}", f"--kinds={kinds}", "--", program("kinds"), *args]
        ended = self.bare(cmd)
        with open(path, encoding="utf-8") as file:
            return ended._replace(report=json.load(file))

    def only(self, result, code, kind):
        """The one violation that is expected."""
        self.assert_codes(result, {code: 1})
        violation = result.report["violations"][0]
        self.assertEqual(kind, violation["kind"], violation["message"])
        return violation


class EachKind(KindsTest):
    """A mistake with a descriptor of each kind, and the same without it."""

    def test_one_that_is_left_open(self):
        for kind in names():
            for kinds in ("all", kind):
                violation = self.only(self.kinds("leak", kind, kinds=kinds), "never-closed", kind)
                self.assertEqual(f"{WORDS[kind]} {'never used, ' * (kind == 'socket')}still open when the process ended", violation["message"])
                self.assertEqual("connect fails" in violation["help"], kind == "socket", violation["help"])
                self.assertIn("make_kind", [frame.get("function") for frame in violation["stacks"]["opened"]], kind)
            self.assert_silent(self.kinds("leak", kind, "right", kinds="all"))

    def test_kinds_that_one_line_or_one_call_makes_are_told_apart(self):
        path = f"{self.tmp}/report.json"
        for arguments, code, expected in (([], "never-closed", [("epoll", 1), ("pipe", 2)]),
                                          (["once"], "never-closed", [("dir", 2), ("file", 1)]),
                                          (["twice"], "double-close", [("dir", 2), ("file", 1)])):
            self.bare([socksan(), "run", f"--output=json={path}", "--kinds=all", "--", program("kinds_at_a_line"), *arguments])
            with open(path, encoding="utf-8") as file:
                violations = json.load(file)["violations"]
            self.assertEqual([(code, *one) for one in expected],
                             sorted((violation["code"], violation["kind"], violation["count"]) for violation in violations))

    def test_one_that_is_closed_twice(self):
        for kind in names():
            violation = self.only(self.kinds("close_twice", kind, kinds="all"), "double-close", kind)
            self.assertEqual(f"close of a descriptor whose {WORDS[kind]} is already closed", violation["message"])
            for role, function in (("opened", "make_kind"), ("closed", "close_twice"), ("at", "close_twice")):
                self.assertEqual(function, violation["stacks"][role][0].get("function"), f"{kind}: {role}")
            self.assert_silent(self.kinds("close_twice", kind, "right", kinds="all"))

    def test_one_that_is_closed_twice_with_a_stream_between(self):
        """Whether the stream or what had the number before is closed twice cannot be known: both are named."""
        for kind in names():
            violation = self.only(self.kinds("close_after_stream", kind, kinds="all"), "double-close", "file")
            before = "socket" if kind == "socket" else WORDS[kind]
            self.assertEqual(f"close of a descriptor that is already closed: the stream that had the number last, or the {before} before it",
                             violation["message"])
            self.assertEqual("close_after_stream", violation["stacks"]["other"][0]["function"], "expected the first close")
            self.assertNotIn("both close it", violation["help"])
            self.assert_silent(self.kinds("close_after_stream", kind, "right", kinds="all"))
            self.assert_silent(self.kinds("close_after_stream", kind, kinds=kind) if kind != "file" else
                               self.kinds("close_after_stream", kind, kinds="socket"))

    def test_one_that_is_used_when_it_is_closed(self):
        for kind in names():
            violation = self.only(self.kinds("use_closed", kind, kinds="all"), "use-after-close", kind)
            self.assertEqual(f"read on a descriptor whose {WORDS[kind]} is closed", violation["message"])
            self.assert_silent(self.kinds("use_closed", kind, "right", kinds="all"))

    def test_one_that_goes_along_to_another_program(self):
        for kind in names():
            violation = self.only(self.kinds("pass", kind, kinds="all"), "leaked-to-exec", kind)
            self.assertRegex(violation["message"], f"^{WORDS[kind]} without close-on-exec entered another program: parent .* passed it to child ")
            self.assertIn("make_kind", [frame.get("function") for frame in violation["stacks"]["opened"]], kind)
            self.assertEqual("SOCK_CLOEXEC" in violation["help"], kind == "socket", violation["help"])
            self.assert_silent(self.kinds("pass", kind, "right", kinds="all"))
            self.assert_silent(self.kinds("pass_used", kind, kinds="all"))

    def test_one_that_goes_along_without_a_fork_s_lines(self):
        """By vfork, posix_spawn or system: the child writes none of its own, so that only what the kernel identifies is known for certain."""
        for how, kind in itertools.product(("vfork", "spawn", "system"), names()):
            result = self.kinds(f"pass_{how}", kind, kinds="all")
            if kind in ("socket", "pipe"):
                violation = self.only(result, "leaked-to-exec", kind)
                self.assertIn("make_kind", [frame.get("function") for frame in violation["stacks"]["opened"]], f"{how}: {kind}")
                self.assertIn("pass_on", [frame.get("function") for frame in violation["stacks"]["other"]], f"{how}: {kind}")
            else:
                self.assert_silent(result)
            self.assert_silent(self.kinds(f"pass_{how}", kind, "right", kinds="all"))
            self.assert_silent(self.kinds(f"pass_{how}_used", kind, kinds="all"))

    def test_one_that_is_closed_while_another_thread_waits_for_it(self):
        for kind in ("socket", "pipe", "epoll", "eventfd", "timerfd", "signalfd", "inotify", "terminal"):
            call = "epoll_wait" if kind == "epoll" else "read"
            violation = self.only(self.kinds("close_in_use", kind, kinds="all"), "close-in-use", kind)
            words = "a Unix stream socket" if kind == "socket" else ("an " if kind[0] in "ei" else "a ") + WORDS[kind]
            self.assertEqual(f"close of {words} while another thread is inside a call on it", violation["message"])
            self.assertEqual("shut the socket down" in violation["help"], kind == "socket", violation["help"])
            self.assertEqual((call, "waits"), (violation["calls"]["other"]["op"], violation["stacks"]["other"][0]["function"]), kind)
            self.assert_silent(self.kinds("close_in_use", kind, "right", kinds="all"))

    def test_so_many_that_few_numbers_are_left(self):
        for kind in names():
            violation = self.only(self.kinds("exhaust", kind, kinds="all"), "fd-exhaustion", kind)
            self.assertRegex(violation["message"], f"open {'sockets' if kind == 'socket' else 'descriptors'} passed 90 % of the limit")
            self.assert_silent(self.kinds("exhaust", kind, "right", kinds="all"))

    def test_one_that_an_epoll_set_goes_on_to_hand_out(self):
        for kind in ("socket", "pipe", "epoll", "eventfd", "timerfd", "signalfd", "inotify", "pidfd", "terminal"):
            violation = self.only(self.kinds("stale_epoll", kind, kinds="all"), "stale-epoll", kind)
            self.assertRegex(violation["message"], f"^epoll_wait returned an event of a descriptor that is closed; its {WORDS[kind]} is open through ")
            self.assert_silent(self.kinds("stale_epoll", kind, "right", kinds="all"))

    def test_none_of_it_is_told_of_a_kind_that_is_not_judged(self):
        for kind, mistake in itertools.product(names()[1:], ("leak", "close_twice", "use_closed", "pass", "exhaust")):
            self.assert_silent(self.kinds(mistake, kind, kinds="socket"))


class Registered(KindsTest):
    """What is told of an epoll set that is left open, or misused: what is registered in it, and where that was opened."""

    PLACES = [(2, "socketpair", "open_pair"), (1, "eventfd", "open_counter")]

    def told(self, *args, kinds="all"):
        """The message about the set, how many are registered, and where they were opened; the text of the report is kept."""
        outputs = [f"--output={kind}={self.tmp}/{kind}" for kind in ("json", "text")]
        self.bare([socksan(), "run", *outputs, f"--kinds={kinds}", "--strict", "--", program("kinds_registered"), *args])
        with open(f"{self.tmp}/json", encoding="utf-8") as file:
            report = json.load(file)
        check("analyzer/report/report.schema.json", report, "the report")
        with open(f"{self.tmp}/text", encoding="utf-8") as file:
            self.text = file.read()
        found = [violation for violation in report["violations"] if violation["kind"] == "epoll"]
        if not found:
            return None
        registered = found[0].get("registered", {})
        places = [(place["count"], place["op"], place["frame"]["function"]) for place in registered.get("places", ())]
        return found[0]["message"], registered.get("count"), places

    def test_a_set_that_is_left_open(self):
        still = "epoll set still open when the process ended"
        self.assertEqual((f"{still}; 3 descriptors are registered in it", 3, self.PLACES), self.told("leak"))
        self.assertEqual((still, None, []), self.told("emptied"), "expected each close to have taken its descriptor out of the set")

    def test_what_is_registered_but_closed_is_counted_alone(self):
        self.assertEqual(("epoll set still open when the process ended; 2 descriptors are registered in it", 2, self.PLACES[1:]), self.told("parted"))
        self.assertIn("1 opened by eventfd at ", self.text)
        self.assertIn("in open_counter, and 1 more\n", self.text)

    def test_what_is_of_a_kind_that_is_not_judged_is_counted_alone(self):
        self.assertEqual(("epoll set still open when the process ended; 3 descriptors are registered in it", 3, self.PLACES[:1]),
                         self.told("leak", kinds="epoll"))

    def test_more_of_them_than_a_line_has_room_for(self):
        _, count, places = self.told("leak", "50")
        self.assertEqual(53, count)
        self.assertLessEqual({function for _, _, function in places}, {"open_pair", "open_counter"})
        self.assertGreater(sum(n for n, _, _ in places), 20, "expected the places of as many as there is room for")

    def test_a_set_that_is_as_it_should_be(self):
        self.assertIsNone(self.told("right"))

    def test_misuse_of_a_set_that_is_closed(self):
        for how, message in (("twice", "close of a descriptor whose epoll set is already closed"),
                             ("used", "epoll_wait on a descriptor whose epoll set is closed")):
            self.assertEqual((f"{message}; 3 descriptors were registered in it", 3, self.PLACES), self.told(how))
            self.assertRegex(self.text, r" = registered in it: 2 opened by socketpair at .*kinds_registered\.c:\d+ in open_pair, "
                                        r"1 opened by eventfd at .*kinds_registered\.c:\d+ in open_counter\n")

    def test_reports_of_it_can_be_merged(self):
        self.told("twice")
        merged = self.bare([socksan(), "merge", "--format=json", f"{self.tmp}/json", f"{self.tmp}/json"])
        (violation,) = json.loads(merged.stdout)["violations"]
        self.assertEqual((3, 2), (violation["registered"]["count"], len(violation["registered"]["places"])), merged.stderr)


class Makers(KindsTest):
    """What each function makes, by the rows of shim/model/hooks.def and of tests/programs/hook_makers.c."""

    ROWS = re.findall(r"^\t(MAKER|BOTH)\((\w+), (\w+), ", find("tests/programs/hook_makers.c").read_text(encoding="utf-8"), re.M)

    def made(self):
        """The lines that each maker, a child of its own, writes when it makes: {id: [line, ...]}. What this machine lacks is left out."""
        run = self.preload([program("hook_makers"), "32"], "kinds=all")
        starts = sorted((line for line in run.traces if line["ev"] == "process"), key=lambda line: line["t"])
        traced = {line["pid"] for line in starts}
        children = [line["pid"] for line in starts if line["exe"] == os.path.realpath(program("hook_makers")) and line["ppid"] not in traced]
        ids = list(dict.fromkeys(re.findall(r"^(\w+) -?\d+ \S+$", run.stdout, re.M)))
        self.assertEqual(len(ids), len(children), "expected a trace of each maker's child")
        lines = {pid: [] for pid in children}
        for line in sorted(run.traces, key=lambda line: line["t"]):
            if line["ev"] == "fd" and line["pid"] in lines:
                lines[line["pid"]].append(line)
        lacking = set(re.findall(r"^(\w+) -1 (?!EMFILE)", run.stdout, re.M))
        return {name: lines[pid] for name, pid in zip(ids, children) if name not in lacking}

    def test_each_maker_says_what_it_made(self):
        made, rows = self.made(), dict(row[1:] for row in self.ROWS)
        for name in re.findall(r"^HOOK\((\w+), make, ", find("shim/model/hooks.def").read_text(encoding="utf-8"), re.M):
            if name not in made:
                continue
            lines = [line for line in made[name] if line["op"] == name and not line["from"] and line["to"]]
            self.assertTrue(lines, f"{name}: expected lines of what it made")
            # A line of a socket has no kind.
            self.assertEqual({rows[name]}, {line.get("kind", "socket") for line in lines}, name)

    def test_each_number_writes_the_lines_of_its_function(self):
        made, keys = self.made(), ("kind", "op", "fd", "from", "to", "errno", "newfd", "family", "type", "cloexec", "violation")
        both = [name for macro, name, _ in self.ROWS if macro == "BOTH" and name in made]
        self.assertGreater(len(both), 3)
        for name in both:
            lines = [[{key: line.get(key) for key in keys} for line in made[which] if line["op"] == name] for which in (name, f"raw_{name}")]
            self.assertTrue(lines[0], f"{name}: expected lines of what it made")
            self.assertEqual(lines[0], lines[1], f"{name}: expected the same lines by syscall() as by name")

    def test_what_owns_a_descriptor_ends_it(self):
        self.assert_silent(self.socksan_run([program("hook_owners"), "right"], "--kinds=all"))

    def test_a_number_that_is_closed_under_its_owner(self):
        result = self.socksan_run([program("hook_owners"), "closed"], "--kinds=all")
        told = [(v["message"].partition(" of")[0], v["stacks"]["closed"][0]["function"], v["code"]) for v in result.report["violations"]]
        ends = ["fclose", "fclose", "closedir", "closedir", "pclose"] + ["mq_close"] * (len(told) == 6)
        self.assertEqual([(end, "known", "double-close") for end in ends], told, result.stderr)


PASSED = """
import os, socket, sys
a, b = socket.socketpair()
fd = os.open("/dev/null", os.O_RDONLY)
socket.send_fds(a, [b"x"], [fd])
os.close(fd)
got = socket.recv_fds(b, 1, 1)[1][0]
for _ in range({closes}):
    try:
        os.close(got)
    except OSError:
        pass
a.close()
b.close()
"""


class Passed(KindsTest):
    """A file that a message brought."""

    def passed(self, closes):
        return self.socksan_run(["/usr/bin/python3", "-c", PASSED.format(closes=closes)], "--kinds=file,socket")

    def test_it_is_this_process_s_to_close(self):
        violation = self.only(self.passed(0), "never-closed", "file")
        self.assertEqual("recvmsg", violation["calls"]["opened"]["op"])
        self.assert_silent(self.passed(1))

    def test_it_can_be_closed_twice(self):
        self.only(self.passed(2), "double-close", "file")


class WhatTheKernelSays(KindsTest):
    """A leak is told when the number is still what it was made as, by the kernel's word."""

    def told(self, name, body, *options):
        headers = ("dlfcn", "fcntl", "mqueue", "stdio", "stdlib", "sys/fanotify", "sys/socket", "sys/syscall", "sys/un", "sys/wait", "unistd")
        source = "".join(f"#include <{header}.h>\n" for header in headers) + f"int main(void) {{\n{body}\nreturn 0;\n}}\n"
        return self.socksan_run([self.compile(name, source, "-g", "-D_GNU_SOURCE", "-lrt")], "--kinds=all", *options)

    def leak(self, name, body, kind):
        result = self.told(name, body)
        self.assertNotIn("closed-unseen", result.stderr)
        return self.only(result, "never-closed", kind)

    def test_the_name_of_a_socket_is_no_socket(self):
        body = f"""struct sockaddr_un a = {{AF_UNIX, "{self.tmp}/s"}};
            int fd = socket(AF_UNIX, SOCK_STREAM, 0);
            if (bind(fd, (void *)&a, sizeof a)) abort();
            close(fd);
            if (open(a.sun_path, O_PATH) != fd) abort();
            unlink(a.sun_path);"""
        self.leak("name", body, "file")
        self.assert_silent(self.told("name_closed", body + "close(fd);"))

    def test_the_name_of_a_symbolic_link(self):
        self.leak("link", 'if (open("/proc/self/exe", O_PATH | O_NOFOLLOW) < 0) abort();', "file")

    def test_what_flags_say_and_what_they_do_not(self):
        fifo, new = f"{self.tmp}/fifo", f"{self.tmp}/new"
        os.mkfifo(fifo)
        for number, (path, flags, kind) in enumerate((
                (new, "O_RDWR | O_CREAT | O_EXCL", "file"), (new, "O_RDWR | O_CREAT", "file"), (self.tmp, "O_RDWR | O_TMPFILE | O_EXCL", "file"),
                (self.tmp, "O_DIRECTORY", "dir"), (self.tmp, "O_PATH | O_DIRECTORY", "dir"), (self.tmp, "O_RDONLY", "dir"),
                (self.tmp, "O_PATH | O_TMPFILE", "dir"), (fifo, "O_RDWR | O_CREAT", "pipe"), (fifo, "O_RDWR | O_EXCL", "pipe"),
                (fifo, "O_PATH | O_CREAT | O_EXCL", "pipe"))):
            self.leak(f"flags{number}", f'if (open("{path}", {flags}, 0600) < 0) abort();', kind)

    def test_a_message_queue(self):
        body = """char name[32];
            struct mq_attr one = {.mq_maxmsg = 1, .mq_msgsize = 1};
            sprintf(name, "/kinds.%d", getpid());
            mqd_t fd = mq_open(name, O_CREAT | O_RDWR, 0600, &one);
            mq_unlink(name);
            if (fd < 0) exit(77);"""
        if self.told("queue", body).status == 77:
            self.skipTest("no message queues here")
        self.leak("queue", body, "other")

    def test_memory_that_is_secret(self):
        body = "int fd = (int)syscall(447 /* memfd_secret */, 0);\nif (fd < 0) exit(77);"
        if self.told("secret", body).status == 77:
            self.skipTest("no secret memory here")
        self.leak("secret", body, "memfd")

    OTHER = """char params[120] = {0}; /* of io_uring_setup */
            int fd = fanotify_init(0, O_RDONLY);
            if (fd < 0 && (fd = (int)syscall(425, 1, params)) < 0) exit(77);"""

    def test_a_number_that_was_closed_unseen(self):
        result = self.told("unseen", self.OTHER + """void *libc = dlopen("libc.so.6", RTLD_LAZY);
            ((long (*)(long, ...))dlsym(libc, "syscall"))(SYS_close, fd);""")
        if result.status == 77:
            self.skipTest("nothing of another kind here")
        self.assert_silent(result)
        self.assertIn("closed-unseen", result.stderr)

    def test_a_child_has_what_was_not_closed(self):
        result = self.told("child", self.OTHER + """int twin = dup(fd);
            close(fd);
            if (!fork()) _exit(0);
            wait(NULL);
            close(twin);""")
        if result.status == 77:
            self.skipTest("nothing of another kind here")
        self.assert_silent(result)
        inherited = [line for line in result.traces if line.get("op") == "fork" and line.get("kind") == "other"]
        self.assertEqual(1, len(inherited), "expected the duplicate alone")

    def test_what_takes_a_number_unseen_while_a_duplicate_lives(self):
        result = self.told("taken", """int first = open("/dev/null", O_RDONLY), twin = dup(first);
            close(first);
            void *libc = dlopen("libc.so.6", RTLD_LAZY);
            long taken = ((long (*)(long, ...))dlsym(libc, "syscall"))(SYS_openat, AT_FDCWD, "/dev/zero", O_RDONLY);
            if (taken != first) abort();
            if (!fork()) _exit(0);
            wait(NULL);
            close((int)taken);
            close(twin);""")
        self.assert_silent(result)
        self.assertNotIn(".jsonl:", result.stderr, "expected lines that agree with each other")
        made = [line["sock"] for line in result.traces if line.get("op") == "open" and line["from"] is None]
        inherited = [line["fd"] for line in result.traces if line.get("inherited") and line["op"] == "fork" and line["sock"] in made]
        self.assertEqual(1, len(inherited), "expected the child to have the duplicate, and to know nothing of the other")

    def test_what_was_inherited_ends_before_there_is_a_trace(self):
        for name, replace in (("daemon", "if (daemon(1, 0)) abort();"),
                              ("dup2", "if (fork()) exit(0); int null = open(\"/dev/null\", O_RDWR); dup2(null, 0); close(null);")):
            result = self.told(name, replace)
            self.assertNotIn(".jsonl:", result.stderr, f"{name}: expected lines that agree with each other")

    def test_a_stream_that_is_opened_again(self):
        body = """FILE *f = fopen("/dev/null", "r");
            f = freopen("/", "r", f);
            f = freopen("/dev/null", "r", f);"""
        self.leak("reopened", body, "file")
        result = self.told("reopened_closed", body + "fclose(f);")
        self.assert_silent(result)
        self.assertNotIn(".jsonl:", result.stderr, "expected lines that agree with each other")


class Standard(KindsTest):
    """0, 1 and 2 came with the process, and go with it."""

    def test_they_are_no_leaks_and_may_be_replaced(self):
        self.assert_silent(self.socksan_run(["/bin/sh", "-c", "exec 0< /dev/null; :"], "--kinds=all"))

    def test_they_can_be_closed_twice_and_used_closed(self):
        source = "#include <unistd.h>\nint main(void) { close(0); close(0); char c; return read(0, &c, 1) > 0; }"
        result = self.socksan_run([self.compile("standard", source, "-g")], "--kinds=all")
        self.assert_codes(result, {"double-close": 1, "use-after-close": 1})


class Options(KindsTest):
    def test_a_kind_that_is_none(self):
        for command in (["run", "--kinds=sokcet,file", "true"], ["report", "--kinds=sokcet,file", "/"]):
            result = self.bare([socksan(), *command])
            self.assertEqual(125 if command[0] == "run" else 2, result.status, result.stderr)
            self.assertIn("--kinds: no kind 'sokcet'; did you mean 'socket'? there are socket, file, dir,", result.stderr)
        result = self.bare([socksan(), "run", "--option=kinds=all", "true"])
        self.assertEqual(125, result.status)
        self.assertIn("use --kinds=KINDS", result.stderr)

    def test_a_report_judges_what_it_is_asked_for(self):
        run = self.socksan_run([program("kinds"), "leak", "pipe"], "--kinds=all")
        self.assert_codes(self.socksan_report("--kinds=pipe,dir", run.folder), {"never-closed": 1})
        self.assert_silent(self.socksan_report(run.folder))


class StaleCloses(KindsTest):
    """A thread closes a number again, which is another thread's by now: told at the one that closes, whatever either is."""

    def stale(self, former, laters, kinds):
        """One thread of the former kind, and one of each later kind, by turns: each is told once."""
        result = self.kinds("stale", former, *laters, kinds=kinds)
        self.assert_codes(result, {"stale-close": len(laters)})
        told = {violation["kind"]: violation for violation in result.report["violations"]}
        self.assertEqual(set(laters), set(told), f"{former}: expected one of each kind")
        for later, violation in told.items():
            what = "number" if former == later else f"number whose {'socket' if former == 'socket' else WORDS[former]}"
            self.assertEqual(f"close of a {what}{' that' if former == later else ''} this thread had closed before, "
                             f"and that is another thread's {WORDS[later]} by now", violation["message"])
            for role, function in (("at", "former_owner"), ("closed", "former_owner"), ("opened", "later_owner")):
                self.assertIn(function, [frame.get("function") for frame in violation["stacks"][role]], f"{former}, {later}: {role}")

    def test_each_pair_of_kinds(self):
        for former in names():
            self.stale(former, names(), "all")

    def test_a_socket_and_a_kind_that_is_not_judged(self):
        self.stale("socket", names()[1:], "socket")
        for former in names()[1:]:
            self.stale(former, ["socket"], "socket")

    def test_two_kinds_that_are_not_judged(self):
        for former, later in (("eventfd", "file"), ("file", "file")):
            self.assert_silent(self.kinds("stale", former, later, kinds="socket"))

    def test_a_thread_that_closes_once(self):
        for former in names():
            self.assert_silent(self.kinds("stale", former, *names(), "right", kinds="all"))

    def test_sockets_are_told_once_whatever_is_judged(self):
        run = self.socksan_run([program("silent_close_loop_handed")], "--kinds=file")
        self.assert_silent(run)
        self.assert_all_read(run)
        self.assertNotIn(".jsonl:", run.stderr, "expected lines that agree with each other")
        self.assertEqual([], [line for line in run.traces if line.get("note") == "recalled"], "expected sockets to have their lines already")

    def test_what_is_told_of_a_kind_that_is_not_judged(self):
        run = self.preload([program("kinds"), "stale", "eventfd", "socket"])
        lines = [line for line in run.traces if line["ev"] == "fd" and line.get("note") == "recalled"]
        self.assertEqual([("eventfd", None, "OPEN", "eventfd"), ("close", "OPEN", "CLOSED", None)],
                         [(line["op"], line["from"], line["to"], line.get("kind")) for line in sorted(lines, key=lambda x: x["t"])])
        self.assertEqual(1, len({(line["fd"], line["sock"], line["tid"]) for line in lines}), "expected one life, of one thread")
        self.assertTrue(all("stack" in line for line in lines), "expected to be told from where it was made and closed")

    def test_a_plugin_that_is_gone_is_not_taken_for_what_lies_in_its_place(self):
        source = "#include <sys/eventfd.h>\nint make(void) { return NAME(); }\nint NAME(void) { return eventfd(0, 0) + 0; }\n"
        source = "int NAME(void);\n" + source
        plugins = [self.compile(f"{name}.so", source.replace("NAME", name), "-shared", "-fPIC") for name in ("first", "other")]
        run = self.socksan_run([program("kinds_unloaded"), *plugins])
        self.assert_codes(run, {"stale-close": 1})
        self.assertEqual([], [line["path"] for line in run.traces if line["ev"] == "module" and line["path"] in plugins],
                         "expected no frames in either: the one is gone, and the other made nothing")


if __name__ == "__main__":
    unittest.main()
