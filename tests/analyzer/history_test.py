"""The history of a descriptor: what happened to it, in order, with results and places, up to where it was lost.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, check, find, socksan  # pylint: disable=wrong-import-position

TRACES = find("tests/traces/minimal/hand.jsonl").parent.parent
SCHEMA = "analyzer/report/report.schema.json"
# Each program is a main() of its own; a line is named by the comment at its end.
HEAD = """
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
static struct sockaddr_in loopback(int port) {
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}
#define ADDRESS(a) (struct sockaddr *)&(a), sizeof(a)
"""
CONNECT = HEAD + """
int main(void) {
    struct sockaddr_in a = loopback(1); /* nobody listens there */
    int fd = socket(AF_INET, SOCK_STREAM, 0); /* open */
    return connect(fd, ADDRESS(a)) == 0; /* connect */
}
"""
LATER = HEAD + """
int main(void) {
    struct sockaddr_in a = loopback(1);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error; /* open */
    socklen_t n = sizeof error;
    connect(fd, ADDRESS(a));
    struct pollfd p = {fd, POLLOUT, 0};
    poll(&p, 1, 10000);
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n); /* ask */
}
"""
BIND = HEAD + """
int main(void) {
    struct sockaddr_in a = loopback(0);
    socklen_t n = sizeof a;
    int first = socket(AF_INET, SOCK_STREAM, 0);
    bind(first, ADDRESS(a));
    listen(first, 1);
    getsockname(first, (struct sockaddr *)&a, &n);
    int second = socket(AF_INET, SOCK_STREAM, 0); /* open */
    bind(second, ADDRESS(a)); /* bind */
    return close(first);
}
"""
THREADS = HEAD + """
static int fds[2];
static void *closer(void *none) {
    close(fds[0]); /* first */
    return none;
}
int main(void) {
    pthread_t thread;
    socketpair(AF_UNIX, SOCK_STREAM, 0, fds); /* open */
    shutdown(fds[0], SHUT_WR);
    pthread_create(&thread, NULL, closer, NULL);
    pthread_join(thread, NULL);
    close(fds[0]); /* second */
    return close(fds[1]);
}
"""
CHILD = HEAD + """
int main(void) {
    int fds[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, fds); /* open */
    if (!fork()) { /* fork */
        close(fds[0]); /* first */
        close(fds[0]); /* second */
        _exit(0);
    }
    wait(NULL);
    close(fds[0]);
    return close(fds[1]);
}
"""
USED = HEAD + """
int main(void) {
    struct sockaddr_in a = loopback(1);
    int fd = socket(AF_INET, SOCK_STREAM, 0), status; /* open */
    if (!fork()) { /* fork */
        connect(fd, ADDRESS(a)); /* connect */
        shutdown(fd, SHUT_RDWR); /* first */
        shutdown(fd, SHUT_RDWR); /* second */
        _exit(0);
    }
    wait(&status);
    return close(fd);
}
"""
EXECS = HEAD + """
int main(int argc, char **argv) {
    int fd = 5;
    if (argc == 1) {
        int made = socket(AF_INET, SOCK_STREAM, 0); /* open */
        return dup2(made, fd) < 0 || execl("/proc/self/exe", argv[0], "again", NULL); /* exec */
    }
    close(fd); /* first */
    return close(fd) == 0; /* second */
}
"""
RETRY = HEAD + """
int main(void) {
    struct sockaddr_in a = loopback(1);
    int fd = socket(AF_INET, SOCK_STREAM, 0); /* open */
    for (int i = 0; i < 3; i++)
        connect(fd, ADDRESS(a)); /* first */
    for (int i = 0; i < 3; i++) {
        connect(fd, ADDRESS(a)); /* second */
        connect(fd, ADDRESS(a)); /* third */
    }
    return 0;
}
"""
END = HEAD + """
int main(void) {
    int fds[2];
    char byte;
    socketpair(AF_UNIX, SOCK_STREAM, 0, fds); /* open */
    close(fds[1]);
    return (int)recv(fds[0], &byte, 1, 0);
}
"""
REUSED = HEAD + """
static int fd;
static void *closes_twice(void *barrier) {
    close(fd); /* first */
    pthread_barrier_wait(barrier);
    pthread_barrier_wait(barrier);
    close(fd); /* stale */
    return NULL;
}
int main(void) {
    pthread_barrier_t barrier;
    pthread_t thread;
    char byte;
    pthread_barrier_init(&barrier, NULL, 2);
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    pthread_create(&thread, NULL, closes_twice, &barrier);
    pthread_barrier_wait(&barrier);
    int own = socket(AF_INET, SOCK_DGRAM, 0); /* open */
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    return recv(own, &byte, 1, MSG_DONTWAIT) < 0 ? 0 : 1; /* lost */
}
"""


class HistoryTest(SockSanTest):
    def run_program(self, source):
        """(the violation, {name: line number}, its line of the text report) of a program, the only violation of its code."""
        self.lines = {mark: number for number, line in enumerate(source.split("\n"), 1) for mark in re.findall(r"/\* (\w+) \*/$", line)}
        path = pathlib.Path(self.tmp) / "server.c"
        path.write_text(source, encoding="utf-8")
        # `#include` keeps the file's name, as the program is given on standard input.
        program = self.compile("server", f'#include "{path}"\n', "-g", "-pthread")
        return self.socksan_run([program])

    def violation(self, result, code):
        (one,) = [each for each in result.report["violations"] if each["code"] == code]
        return one

    def story(self, violation):
        """[(op, errno, place), ...], the place by its name in the source."""
        names = {line: name for name, line in self.lines.items()}
        return [(step["op"], step.get("errno"), names.get(step.get("frame", {}).get("line"))) for step in violation["history"]]

    def assert_told(self, result, told):
        """`told` may name a line as {open}, a thread as T."""
        line = "   = history: " + told.format(**self.lines)
        self.assertRegex(result.stderr, "(?m)^" + re.escape(line).replace("T", r"\d+") + "$", f"expected this history\n{line}")


class WhatHappened(HistoryTest):
    def test_a_connect_that_fails_and_nothing_more(self):
        result = self.run_program(CONNECT)
        one = self.violation(result, "never-closed")
        self.assertEqual([("socket", None, "open"), ("connect", "ECONNREFUSED", "connect")], self.story(one))
        self.assert_told(result, "socket server.c:{open} -> connect :{connect} ECONNREFUSED -> nothing more")
        for step in one["history"]:
            self.assertEqual((one["pids"][0], one["pids"][0]), (step["pid"], step["tid"]), "expected the main thread")
        self.assertLess(one["history"][0]["t"], one["history"][1]["t"], "expected the order of time")

    def test_a_connect_whose_failure_is_asked_for_later(self):
        result = self.run_program(LATER)
        self.assertEqual([("socket", None, "open"), ("connect", "EINPROGRESS", None), ("getsockopt", "ECONNREFUSED", "ask")],
                         self.story(self.violation(result, "never-closed")))
        self.assert_told(result, "socket server.c:{open} -> connect EINPROGRESS -> getsockopt :{ask} ECONNREFUSED -> nothing more")

    def test_a_bind_that_fails(self):
        result = self.run_program(BIND)
        expected = [("socket", None, "open"), ("bind", "EADDRINUSE", "bind")]
        self.assertEqual(expected, self.story(self.violation(result, "never-closed")))
        self.assertEqual(expected, self.story(self.violation(result, "address-in-use")), "expected it to end with the call that failed")
        self.assert_told(result, "socket server.c:{open} -> bind :{bind} EADDRINUSE -> nothing more")
        self.assertEqual(1, result.stderr.count("= history:"), "expected one entry for both, as they are of one socket")
        self.assertRegex(result.stderr, r"= also warning\[address-in-use\]: bind .*\n  --> server\.c:\d+ in main\n")

    def test_threads_are_named_where_more_than_one_had_part(self):
        result = self.run_program(THREADS)
        one = self.violation(result, "double-close")
        self.assertEqual([("socketpair", None, "open"), ("shutdown", None, None), ("close", None, "first"), ("close", "EBADF", "second")],
                         self.story(one))
        self.assert_told(result, "main: socketpair server.c:{open} -> shutdown -> thread T: close :{first} -> main: close :{second} EBADF")
        main, other = one["history"][0]["tid"], one["history"][2]["tid"]
        self.assertEqual([main, main, other, main], [step["tid"] for step in one["history"]])
        self.assertEqual("FIN_WAIT", one["history"][1]["to"], "expected the state that shutdown led to")

    def test_a_socket_that_came_by_a_fork_begins_in_the_parent(self):
        result = self.run_program(CHILD)
        one = self.violation(result, "double-close")
        self.assertEqual([("socketpair", None, "open"), ("fork", None, "fork"), ("close", None, "first"), ("close", "EBADF", "second")],
                         self.story(one))
        parent, child = (process["pid"] for process in result.report["processes"])
        self.assertEqual([parent, child, child, child], [step["pid"] for step in one["history"]])
        self.assertRegex(result.stderr, f"history: pid {parent}: socketpair .* -> pid {child}: fork .* -> close .* -> close .* EBADF\n")
        self.assertEqual({"op": "socketpair", "thread": parent, "pid": parent}, one["calls"]["opened"], "expected the parent's call")
        self.assertEqual(self.lines["open"], one["stacks"]["opened"][0]["line"], "expected the parent's place")
        self.assertIn(f"   = opened by socketpair, in process {parent}:\n", result.stderr)

    def test_the_first_call_on_what_was_inherited_is_told_once(self):
        one = self.run_program(USED).report["violations"][0]
        self.assertEqual([("socket", None, "open"), ("fork", None, "fork"), ("connect", "ECONNREFUSED", "connect"), ("shutdown", "ENOTCONN", "first")],
                         self.story(one)[:4])

    def test_a_socket_that_came_by_an_exec_begins_before_it(self):
        result = self.run_program(EXECS)
        one = self.violation(result, "double-close")
        self.assertEqual([("socket", None, "open"), ("execve", None, "exec"), ("close", None, "first"), ("close", "EBADF", "second")], self.story(one))
        self.assertEqual(1, len({step["pid"] for step in one["history"]}), "expected one process")
        self.assertIn("   = opened by socket, before the exec:\n", result.stderr)
        self.assert_told(result, "socket server.c:{open} -> execve :{exec} -> close :{first} -> close :{second} EBADF")

    def test_equal_calls_are_one_and_of_many_the_last_are_told(self):
        result = self.run_program(RETRY)
        one = self.violation(result, "never-closed")
        refused = "ECONNREFUSED"
        self.assertEqual([("socket", None, "open"), ("connect", refused, "third"), ("connect", refused, "second"), ("connect", refused, "third"),
                          ("connect", refused, "second"), ("connect", refused, "third")], self.story(one))
        self.assertEqual([None, 4, None, None, None, None], [step.get("omitted") for step in one["history"]],
                         "expected the first loop's three, and the first of the other's, to be counted")
        self.assertIn(f"socket server.c:{self.lines['open']} -> ... -> connect :{self.lines['third']} ECONNREFUSED", result.stderr)

    def test_a_count_of_equal_calls(self):
        result = self.run_program(RETRY.replace("connect(fd, ADDRESS(a)); /* second */", ";").replace("connect(fd, ADDRESS(a)); /* third */", ";"))
        self.assertEqual(3, self.violation(result, "never-closed")["history"][1]["count"])
        self.assert_told(result, "socket server.c:{open} -> connect :{first} ECONNREFUSED (3 times) -> nothing more")

    def test_the_end_of_a_stream(self):
        result = self.run_program(END)
        self.assertEqual("CLOSE_WAIT", self.violation(result, "never-closed")["history"][1]["to"])
        self.assert_told(result, "socketpair server.c:{open} -> recv end of stream -> never closed")

    def test_a_close_that_hits_a_later_life_begins_with_the_one_before(self):
        result = self.run_program(REUSED)
        one = self.violation(result, "stale-close")
        self.assertEqual([("close", None, "first"), ("socket", None, "open"), ("close", None, "stale"), ("recv", "EBADF", "lost")], self.story(one))
        self.assert_told(result, "thread T: close server.c:{first} -> main: socket :{open} -> thread T: close :{stale} -> main: recv :{lost} EBADF")

    def test_the_line_of_a_failed_call_has_its_stack(self):
        for source in (CONNECT, LATER, BIND):
            result = self.run_program(source)
            failed = [event for event in result.traces if event.get("errno") not in (None, "EINPROGRESS")]
            self.assertTrue(failed)
            for event in failed:
                self.assertIn("stack", event, "expected the place of the call that failed")


class InReports(HistoryTest):
    def report(self, *args):
        """JSON of `socksan ARGS`."""
        report = json.loads(self.finish(self.start([socksan(), *args]))[1])
        check(SCHEMA, report, args)
        return report

    def test_merge_keeps_it(self):
        result = self.run_program(CONNECT)
        path = f"{self.tmp}/one.json"
        pathlib.Path(path).write_text(json.dumps(result.report), encoding="utf-8")
        merged = self.report("merge", "-f", "json", path)
        self.assertEqual([each["history"] for each in result.report["violations"]], [each["history"] for each in merged["violations"]])
        text = self.finish(self.start([socksan(), "merge", path]))[1]
        (line,) = re.findall(r"^ *= history: .*$", result.stderr, re.M)
        self.assertIn(line, text, "expected the text of the merged report to tell it too")

    def test_merge_keeps_that_of_one_of_them(self):
        histories = []
        for name in "ab":
            result = self.run_program(CONNECT)
            pathlib.Path(f"{self.tmp}/{name}.json").write_text(json.dumps(result.report), encoding="utf-8")
            histories.append(result.report["violations"][0]["history"])
        merged = [self.report("merge", "-f", "json", *(f"{self.tmp}/{name}.json" for name in order)) for order in ("ab", "ba")]
        self.assertEqual(merged[0], merged[1], "expected the order not to matter")
        (one,) = merged[0]["violations"]
        self.assertEqual(2, one["count"])
        self.assertIn(one["history"], histories)

    def test_what_is_no_history_is_refused(self):
        report = json.loads((TRACES / "double_close/expected.json").read_text(encoding="utf-8"))
        good = report["violations"][0]["history"][0]
        for bad in ({}, ["close"], [{"op": "close"}], [{**good, "count": 0}], [{**good, "to": "OPENED"}], [{**good, "frame": []}], [good] * 7):
            report["violations"][0]["history"] = bad
            pathlib.Path(f"{self.tmp}/bad.json").write_text(json.dumps(report), encoding="utf-8")
            status, _, stderr = self.finish(self.start([socksan(), "merge", f"{self.tmp}/bad.json"]))
            self.assertEqual(2, status, bad)
            self.assertRegex(stderr, r"violations\[0\]: .*history", f"expected to be told what is wrong with {bad}")

    def test_what_an_interpreter_left_is_told_though_its_number_is_given_again(self):
        made = {"ev": "fd", "pid": 7, "tid": 7, "op": "socket", "fd": 3, "from": None, "to": "CLOSED", "ret": 3, "family": "AF_INET", "type": "SOCK_STREAM"}
        closed = {"ev": "fd", "pid": 7, "tid": 7, "op": "close", "fd": 3, "from": "CLOSED", "to": "CLOSED", "ret": 0}
        trace = [{"ev": "process", "t": 1, "pid": 7, "schema": 1, "exe": "/x", "argv": ["x"], "how": "exec"},
                 {**made, "t": 2, "sock": 1}, {**closed, "t": 3, "sock": 1, "note": "interpreter-end"},
                 {**made, "t": 4, "sock": 2}, {**closed, "t": 5, "sock": 2, "note": "interpreter-end"},
                 {**made, "t": 6, "sock": 3}, {**closed, "t": 7, "sock": 3},
                 {"ev": "exit", "t": 8, "pid": 7, "status": 0, "open": 0, "events": 6, "dropped": 0}]
        path = pathlib.Path(self.tmp) / "t.7.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in trace), encoding="utf-8")
        report = json.loads(self.finish(self.start([socksan(), "report", "-f", "json", str(path)]))[1])
        check(SCHEMA, report, "what an interpreter left")
        self.assertEqual([("never-closed", "interpreter-end", 2, [3])],
                         [(each["code"], each["cause"], each["count"], each["fds"]) for each in report["violations"]],
                         "expected both sockets that interpreters left, and not the one that was closed")
        self.assertEqual([2], [step["t"] for step in report["violations"][0]["history"]], "expected neither the interpreter's close nor the number's later lives")

    def test_nothing_from_a_trace_steers_the_terminal(self):
        evil = "\x1b[2J\n"
        trace = [{"ev": "process", "t": 1, "pid": 7, "schema": 1, "exe": "/x", "argv": ["x"], "how": "exec"},
                 {"ev": "fd", "t": 2, "pid": 7, "tid": 7, "op": "socket", "fd": 3, "sock": 1, "from": None, "to": "CLOSED", "ret": 3,
                  "family": "AF_INET", "type": "SOCK_STREAM"},
                 {"ev": "fd", "t": 3, "pid": 7, "tid": 7, "op": "connect" + evil, "fd": 3, "sock": 1, "from": "CLOSED", "to": "CLOSED", "ret": -1,
                  "errno": "E" + evil},
                 {"ev": "leak", "t": 4, "pid": 7, "fd": 3, "sock": 1, "state": "CLOSED", "violation": "never-closed"},
                 {"ev": "exit", "t": 5, "pid": 7, "status": 0, "open": 1, "events": 2, "dropped": 0}]
        path = pathlib.Path(self.tmp) / "t.7.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in trace), encoding="utf-8")
        for name in ("text", "markdown", "html", "github"):
            stdout = self.finish(self.start([socksan(), "report", "-f", name, str(path)]))[1]
            self.assertIn("connect", stdout, name)
            self.assertNotIn("\x1b", stdout, f"expected the format {name} to escape what a trace names")
            self.assertNotIn("[2J\n", stdout, f"expected the format {name} to escape what a trace names")


if __name__ == "__main__":
    unittest.main()
