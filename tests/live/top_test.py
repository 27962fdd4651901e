"""`socksan top`: live, from what was added to the traces since the last refresh; with --batch, and on terminals of any size.

SPDX-License-Identifier: Apache-2.0
"""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

from live_test_base import LiveTest, shim, socksan
from snapshot_test import PROCESS, closed, opened

SECOND = 10**9
DEADLINE = 40  # seconds, after which something hangs


class Terminal:
    """A VT100, as far as curses needs one: what stands on its screen."""

    def __init__(self, columns, lines):
        self.columns, self.lines = columns, lines
        self.clear()
        self.x = self.y = 0
        self.top, self.bottom = 0, lines - 1  # of what scrolls
        self.rest = ""

    def clear(self):
        self.cells = [[" "] * self.columns for _ in range(self.lines)]

    def text(self):
        return "\n".join("".join(row).rstrip() for row in self.cells)

    def feed(self, data):
        data = self.rest + data
        at = 0
        while at < len(data):
            escape = re.compile(r"\x1b\[([\d;?]*)([A-Za-z@])|\x1b[()][0-9A-B]|\x1b[=>78MDE]").match(data, at)
            if escape:
                self.act(escape)
                at = escape.end()
            elif data[at] == "\x1b" and len(data) - at < 12:
                break  # the rest is to come
            else:
                self.put(data[at])
                at += 1
        self.rest = data[at:]

    def put(self, char):
        if char == "\r":
            self.x = 0
        elif char == "\n":
            self.index()
        elif char == "\b":
            self.x = max(self.x - 1, 0)
        elif char == "\t":
            self.x = min(self.x // 8 * 8 + 8, self.columns - 1)
        elif char >= " ":
            if self.y < self.lines and self.x < self.columns:
                self.cells[self.y][self.x] = char
            self.x = min(self.x + 1, self.columns)

    def index(self):
        if self.y == self.bottom:
            self.cells.insert(self.bottom, self.cells.pop(self.top))
            self.erase(self.bottom, 0)
        else:
            self.y = min(self.y + 1, self.lines - 1)

    def reverse_index(self):
        if self.y == self.top:
            self.cells.insert(self.top, self.cells.pop(self.bottom))
            self.erase(self.top, 0)
        else:
            self.y = max(self.y - 1, 0)

    def act(self, escape):
        what = escape[2]
        if escape[0] == "\x1bM":
            self.reverse_index()
        elif escape[0] == "\x1bD":
            self.index()
        numbers = [int(n or 0) for n in (escape[1] or "").lstrip("?").split(";")]
        if what == "r":
            self.top, self.bottom = max(numbers[0], 1) - 1, min((numbers + [self.lines])[1] or self.lines, self.lines) - 1
            self.x = self.y = 0
        elif what == "H":
            self.y, self.x = max(numbers[0], 1) - 1, max((numbers + [1])[1], 1) - 1
        elif what == "J":
            if numbers[0] == 2:
                self.clear()
            else:
                self.erase(self.y, self.x)
                for row in range(self.y + 1, self.lines):
                    self.erase(row, 0)
        elif what == "K":
            if numbers[0] == 1:
                for x in range(min(self.x + 1, self.columns)):
                    self.cells[self.y][x] = " "
            else:
                self.erase(self.y, self.x)
        elif what in ("A", "B", "C", "D"):
            step = max(numbers[0], 1)
            self.y = min(max(self.y + {"A": -step, "B": step}.get(what, 0), 0), self.lines - 1)
            self.x = min(max(self.x + {"C": step, "D": -step}.get(what, 0), 0), self.columns - 1)

    def erase(self, row, column):
        if row < self.lines:
            for x in range(column, self.columns):
                self.cells[row][x] = " "


class Screen:
    """`socksan top` on a terminal of its own."""

    def __init__(self, test, *args, columns=100, lines=24, term="vt100"):
        self.test, self.terminal, self.said = test, Terminal(columns, lines), ""
        self.child, self.fd = pty.fork()
        if self.child == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            os.execve(socksan(), ["socksan", "top", *map(str, args)], {**test.environment(), "TERM": term, "LC_ALL": "C.UTF-8"})
        test.addCleanup(self.end)
        self.status = None

    def read(self):
        """Whether there was something to read."""
        if not select.select([self.fd], [], [], 0.1)[0]:
            return False
        try:
            data = os.read(self.fd, 65536).decode(errors="replace")
        except OSError:
            data = ""
        self.said += data
        self.terminal.feed(data)
        return bool(data)

    def until(self, pattern):
        end = time.monotonic() + DEADLINE
        while not re.search(pattern, self.terminal.text(), re.M):
            if time.monotonic() > end:
                self.test.fail(f"expected {pattern} on the screen:\n{self.terminal.text()}")
            self.read()
        return self.terminal.text()

    def press(self, keys):
        os.write(self.fd, keys.encode())

    def resize(self, columns, lines):
        self.terminal = Terminal(columns, lines)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        os.kill(self.child, signal.SIGWINCH)

    def wait(self):
        """The exit status; what is still said is read."""
        end = time.monotonic() + DEADLINE
        while self.status is None:
            self.read()
            child, status = os.waitpid(self.child, os.WNOHANG)
            if child:
                self.status = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > end:
                self.test.fail(f"no end after {DEADLINE} s:\n{self.terminal.text()}")
        while self.read():
            pass
        return self.status

    def end(self):
        if self.status is None:
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
        os.close(self.fd)


def row(count, growth, where):
    return rf"(?m)^ +{count} +{re.escape(growth)} .*{where}"


class Batch(LiveTest):
    def batch(self, what, *options):
        status, out, err = self.say("top", "--batch", "-n", "1", *options, what)
        self.assertEqual((0, ""), (status, err), out)
        return out

    def test_of_a_process(self):
        server = self.server()
        server.tell("leak", 7)
        text = self.batch(server.pid)
        self.assertRegex(text, r"^socksan top: 8 open, \d+ % of the limit, 2 places, 1 process\n")
        self.assertRegex(text, rf"(?m)^process {server.pid} \(python3 live_server.py\): 8 open, \d+ of \d+ descriptors \(\d+ %\)$")
        self.assertRegex(text, r"(?m)^  \*OPEN   \+1MIN    OLDEST   ESTAB    WAIT  PLACE$")
        self.assertRegex(text, row(7, "+7", r"live_server.py:\d+ in leak, accept4$"))

    def test_each_look_has_what_came_since(self):
        server = self.server()
        process = self.start([socksan(), "top", "--batch", "--every=100ms", str(server.pid)])

        def until(count):
            while True:
                line = process.stdout.readline()
                self.assertTrue(line, f"expected {count} open before the end")
                if re.match(rf"socksan top: {count} open", line):
                    return

        until(1)
        for step in range(1, 6):
            server.tell("leak", 3)
            until(1 + 3 * step)
        server.tell("shut", 10)
        until(6)
        server.tell("fork", 4)
        until(10)
        server.process.kill()
        server.process.wait()
        rest = process.stdout.read()
        self.assertIn("; the process is gone", rest)
        self.assertEqual(0, process.wait(), "expected it to end with the process")

    def test_a_program_that_becomes_another(self):
        """The next one goes on in the same trace."""
        source = ("import os, socket, sys\n"
                  "kept = [socket.socket() for _ in range(int(sys.argv[1]))]\n"
                  "print('ready', flush=True)\n"
                  "sys.stdin.readline()\n"
                  "if sys.argv[1] == '2':\n"
                  "    os.execv(sys.executable, [sys.executable, '-c', sys.argv[2], '5', ''])\n")
        process = self.start(["/usr/bin/python3", "-c", source, "2", source], stdin=-1,
                             env=self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={self.tmp}/t"))
        self.assertEqual("ready\n", process.stdout.readline())
        watched = self.start([socksan(), "top", "--batch", "--every=100ms", str(process.pid)])

        def until(count):
            line = ""
            while not re.match(f"socksan top: {count} open", line):
                line = watched.stdout.readline()
                self.assertTrue(line, f"expected {count} open before the end")

        until(2)
        process.stdin.write("\n")
        process.stdin.flush()
        self.assertEqual("ready\n", process.stdout.readline())
        until(5)

    def test_traces_of_those_that_ended_are_left_alone(self):
        server = self.server()
        for _ in range(8):
            server.tell("child", 1)
        calls = f"{self.tmp}/calls"
        process = self.start(["strace", "-e", "trace=openat", "-o", calls, socksan(), "top", "--batch", "--every=100ms", str(server.folder)])
        for _ in range(3):
            while not process.stdout.readline().startswith("socksan top: 1 open"):
                self.assertIsNone(process.poll(), "expected it to run on")
        with open(calls, encoding="utf-8") as file:
            before = file.read().count(".jsonl")
        for _ in range(3):
            while not process.stdout.readline().startswith("socksan top: 1 open"):
                self.assertIsNone(process.poll(), "expected it to run on")
        process.kill()
        with open(calls, encoding="utf-8") as file:
            after = [line for line in file.read().splitlines() if ".jsonl" in line][before:]
        self.assertTrue(after, "expected the trace of the process that runs to be looked at again")
        others = [line for line in after if f".{server.pid}.jsonl" not in line]
        self.assertEqual([], others, "expected only the trace of the process that runs to be opened again")

    def test_only_what_is_new_is_read(self):
        """Of a trace of some size, a look reads no more than the blocks that threads have begun, and what came."""
        lines = [PROCESS, *[line for n in range(20000) for line in (opened(n, 1000 + 2 * n), closed(n, 1001 + 2 * n))], opened(30000, 10**6)]
        path = self.write("t.jsonl", lines)
        size = os.path.getsize(path)
        calls = f"{self.tmp}/calls"
        process = self.start(["strace", "-e", "trace=pread64", "-o", calls, socksan(), "top", "--batch", "-n", "4", "--every=200ms", path])
        for count in (1, 2, 3):
            while not re.match(rf"socksan top: {count} open", process.stdout.readline()):
                self.assertIsNone(process.poll(), "expected it to run on")
            with open(path, "a", encoding="utf-8") as file:
                file.write(json.dumps(opened(30000 + count, 10**6 + count)) + "\n")
        self.assertEqual(0, self.finish(process)[0])
        with open(calls, encoding="utf-8", errors="replace") as file:
            read = sum(int(n) for n in re.findall(r"= (\d+)$", file.read(), re.M))
        self.assertLess(read, 2 * size + 100000, f"expected two readings of the {size} bytes, to find and to take the lines, and little more")

    def test_growth_is_that_of_the_last_minute(self):
        now = 1000 * SECOND
        trace = [PROCESS, *[opened(n, n * SECOND) for n in range(1, 11)], *[opened(n, now - 30 * SECOND + n) for n in range(20, 25)],
                 *[closed(n, now + n) for n in range(1, 3)]]
        self.assertRegex(self.batch(self.write("t.jsonl", trace)), row(13, "+3", "accept4"))
        trace.append(opened(50, now + 120 * SECOND))
        self.assertRegex(self.batch(self.write("t.jsonl", trace)), row(14, "+1", "accept4"))

    def test_what_was_open_before_an_attach_has_not_grown(self):
        trace = [PROCESS, *[opened(n, 1000 * SECOND + n, op="attach", inherited=True) for n in range(1, 6)], opened(9, 1010 * SECOND)]
        text = self.batch(self.write("t.jsonl", trace))
        self.assertRegex(text, row(5, "0", "attach"))
        self.assertRegex(text, row(1, "+1", "accept4"))

    def test_order(self):
        stack = {"ev": "stack", "pid": 9}
        trace = [PROCESS, {"ev": "module", "t": 2, "pid": 9, "id": 1, "path": "/opt/shop/server", "build_id": "00", "base": "0x0"},
                 *[{**stack, "t": 3 + n, "id": n, "frames": [f"1+0x{n}000"]} for n in range(1, 5)],
                 opened(1, 10, stack=1),
                 *[opened(10 + n, 20 + n, stack=2) for n in range(5)],
                 *[opened(20 + n, 200 * SECOND + n, stack=3) for n in range(3)],
                 *[opened(30 + n, 30 + n, stack=4, to="CLOSE_WAIT") for n in range(4)]]
        path = self.write("t.jsonl", trace)
        for order, wanted in (("open", "2431"), ("growth", "3"), ("oldest", "1"), ("wait", "4")):
            places = "".join(re.findall(r"server\+0x(\d)000", self.batch(path, f"--sort={order}")))
            self.assertTrue(places.startswith(wanted), f"--sort={order}: expected {wanted} first, not {places}")
        self.assertIn("... and 2 more places (--max=0 shows all)", self.batch(path, "--max=2"))

    def test_many_processes(self):
        for pid in range(100, 150):
            self.write(f"many/{pid}.jsonl", [{**PROCESS, "pid": pid}, *[{**opened(n, 10 + n), "pid": pid} for n in range(3)]])
        text = self.batch(f"{self.tmp}/many")
        self.assertRegex(text, r"^socksan top: 150 open, 1 place, 50 processes")
        self.assertIn("... and 30 more processes (--max=0 shows all)", text)

    def test_new_files_of_a_folder(self):
        path = self.write("grows/1.jsonl", [PROCESS, opened(1, 2)])
        process = self.start([socksan(), "top", "--batch", "--every=100ms", os.path.dirname(path)])
        self.assertRegex(process.stdout.readline(), "1 open")
        self.write("grows/2.jsonl", [{**PROCESS, "pid": 10}, {**opened(1, 3), "pid": 10}])
        while not re.match("socksan top: 2 open", process.stdout.readline()):
            self.assertIsNone(process.poll())

    def test_files_that_go(self):
        path = self.write("gone/1.jsonl", [PROCESS, *[opened(n, 2 + n) for n in range(500)]])
        process = self.start([socksan(), "top", "--batch", "-n", "6", "--every=100ms", os.path.dirname(path)])
        self.assertRegex(process.stdout.readline(), "500 open")
        os.truncate(path, 1000)
        time.sleep(0.2)
        os.unlink(path)
        status, out, err = self.finish(process)
        self.assertEqual((0, ""), (status, err))
        self.assertRegex(out, "500 open")

    def test_without_a_terminal_it_is_a_batch(self):
        path = self.write("t.jsonl", [PROCESS, opened(1, 2)])
        self.assertRegex(self.say("top", "-n", 1, path)[1], "^socksan top: 1 open")

    def test_a_reader_who_leaves(self):
        path = self.write("t.jsonl", [PROCESS, opened(1, 2)])
        process = self.start(["sh", "-c", f"{socksan()} top --every=100ms {path} | head -n 1"])
        status, out, _ = self.finish(process)
        self.assertEqual((0, 1), (status, out.count("\n")))

    def test_words(self):
        self.assert_refused("top", self.folder("none"), says="no traces in this folder")
        for args, says in (((), "no PID, DIR or TRACE"), (("a", "b"), "one PID, DIR or TRACE"), (("--every=1ms", "a"), "--every wants 100ms at least"),
                           (("--every=soon", "a"), "'soon' is not a time"), (("-n", "x", "a"), "--iterations wants a number"),
                           (("--sort=size", "a"), "no order 'size'; there are open growth oldest wait")):
            status, _, err = self.say("top", *args)
            self.assertEqual(2, status)
            self.assertIn(says, err)


class OnATerminal(LiveTest):
    def test_keys(self):
        server = self.server()
        server.tell("leak", 3)
        screen = Screen(self, "--every=100ms", server.pid)
        screen.until(row(3, "+3", "in leak"))
        server.tell("leak", 2)
        screen.until(row(5, "+5", "in leak"))
        screen.until(rf"^process {server.pid} \(python3 live_server.py\): 6 open, \d+ of \d+ descriptors")
        for key, title in (("g", r"\*\+1MIN"), ("a", r"\*OLDEST"), ("w", r"\*WAIT"), ("o", r"\*OPEN"), ("s", r"\*\+1MIN"), ("o", r"\*OPEN")):
            screen.press(key)
            screen.until(title)
        screen.press("\r")
        for shown in (r"^   = peer: 127\.0\.0\.1 \(5\)$", r"^   = opened by accept4:$", r"^ +\S*live_server.py:\d+ in leak$"):
            screen.until(shown)  # a terminal is drawn in parts
        server.tell("leak", 1)
        screen.until(r"^   = peer: 127\.0\.0\.1 \(6\)$")
        screen.press("q")
        screen.until(r"q quit")
        screen.press("q")
        self.assertEqual(0, screen.wait())

    def test_the_selected_place_stays_the_one(self):
        server = self.server()
        server.tell("leak", 3)
        server.tell("dial", 2)
        screen = Screen(self, "--every=100ms", server.pid)
        screen.until(row(3, "+3", "in leak"))
        screen.press("\r")
        screen.until(r"= 3 ESTABLISHED")
        server.tell("dial", 9)  # which is first now
        server.tell("leak", 1)
        screen.until(r"= 4 ESTABLISHED; opened 4")
        screen.press("q")
        screen.until(row(11, "+11", "in dial"))
        screen.press("qq")
        self.assertEqual(0, screen.wait())

    def test_when_the_process_goes(self):
        server = self.server()
        server.tell("leak", 3)
        screen = Screen(self, "--every=100ms", server.pid)
        screen.until(row(3, "+3", "in leak"))
        server.process.kill()
        server.process.wait()
        screen.until(r"the process is gone")
        screen.until(row(3, "+3", "in leak"))
        screen.press("q")
        self.assertEqual(0, screen.wait())

    def test_terminals_of_any_size(self):
        server = self.server()
        server.tell("leak", 3)
        for columns, lines in ((20, 24), (20, 3), (1, 1), (2, 50), (300, 2), (80, 5)):
            with self.subTest(columns=columns, lines=lines):
                screen = Screen(self, "--every=100ms", server.pid, columns=columns, lines=lines)
                screen.until("s")
                for key in ("g", "\r", "j", "j", "\x1b[6~", "k", "q", "j", "\x1b[B", "k", "\x1b[5~"):
                    screen.press(key)
                    time.sleep(0.01)
                time.sleep(0.15)  # a look amid it
                screen.press("qq")
                self.assertEqual(0, screen.wait())
        screen = Screen(self, "--every=100ms", server.pid, columns=20)
        self.assertEqual("socksan top: 4 open,", screen.until("socksan top: 4 open,").split("\n")[0][:20])

    def test_it_follows_the_size(self):
        server = self.server()
        server.tell("leak", 3)
        screen = Screen(self, "--every=100ms", server.pid)
        screen.until("in leak")
        for columns, lines in ((20, 5), (120, 40), (1, 1), (80, 24)):
            screen.resize(columns, lines)
            screen.until("s")
        screen.until("in leak")
        screen.press("q")
        self.assertEqual(0, screen.wait())

    def test_two_at_once(self):
        server = self.server()
        screens = [Screen(self, "--every=100ms", server.pid) for _ in range(2)]
        server.tell("leak", 4)
        for screen in screens:
            screen.until(row(4, "+4", "in leak"))
            screen.press("q")
            self.assertEqual(0, screen.wait())

    def test_the_terminal_is_given_back(self):
        server = self.server()
        screen = Screen(self, "-n", "2", "--every=100ms", server.pid)
        before = termios.tcgetattr(screen.fd)
        self.assertEqual(0, screen.wait(), "expected it to end after two looks")
        after = termios.tcgetattr(screen.fd)
        self.assertEqual(before[3] & (termios.ECHO | termios.ICANON), after[3] & (termios.ECHO | termios.ICANON))

    def test_an_interrupt_ends_it(self):
        server = self.server()
        screen = Screen(self, "--every=100ms", server.pid)
        screen.until("LISTEN|open")
        screen.press("\x03")
        screen.wait()
        self.assertTrue(termios.tcgetattr(screen.fd)[3] & termios.ECHO, "expected the terminal to echo again")
        server.tell("use", 1)

    def test_a_terminal_without_a_cursor_gets_a_batch(self):
        path = self.write("t.jsonl", [PROCESS, opened(1, 2)])
        for term in ("dumb", "", "no-such-terminal"):
            screen = Screen(self, "-n", "1", path, term=term)
            self.assertEqual(0, screen.wait())
            self.assertIn("socksan top: 1 open", screen.said)

    def test_names_do_not_steer_the_terminal(self):
        path = self.write("t.jsonl", [{**PROCESS, "exe": "/opt/\x1b[2Jevil\x07"}, opened(1, 2, peer="\x1b]0;evil\x07")])
        screen = Screen(self, "-n", "1", path)
        screen.wait()
        self.assertNotIn("\x1b]0;", screen.said)
        self.assertIn("\\x1b[2Jevil\\x07", screen.said)


class OfSize(LiveTest):
    def test_a_hundred_thousand_open(self):
        """They are all there; how long it takes is for ./dev bench."""
        path = self.write("t.jsonl", [PROCESS, *[opened(n, 1000 + n) for n in range(100_000)]])
        result = subprocess.run([socksan(), "top", "-n", "2", "--every=100ms", path], stdout=subprocess.PIPE, text=True, check=True)
        self.assertEqual(2, len(re.findall(r"(?m)^socksan top: 100000 open", result.stdout)))
        self.assertEqual(100_000, self.snapshot(path)["totals"]["open"])


if __name__ == "__main__":
    unittest.main()
