"""What the tests of real programs share: start them with and without SockSan, talk to them, count what was really done.

SPDX-License-Identifier: Apache-2.0
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import Result, SockSanTest, TIMEOUT, codes, select  # pylint: disable=wrong-import-position

REQUESTS = 1000


def needs(*tools):
    """Skip a test, and say so, where a tool is missing."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    return unittest.skipIf(missing, f"not installed: {', '.join(missing)}")


def here(name):
    """A file beside this one."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), name)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def fetch(port, path="/"):
    """The whole answer to one HTTP request, over a connection of its own."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def fetch_many(port, body, count=REQUESTS, path="/"):
    """count requests, four at a time, each over a connection of its own; every answer must be 200 and end on body."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for answer in pool.map(lambda _: fetch(port, path), range(count)):
            if b" 200 " not in answer.split(b"\r\n")[0] or not answer.endswith(body):
                raise AssertionError(f"expected 200 and {body[:50]}, got {answer[:200]}")


def until(truth, what):
    """Wait for something that comes soon, and complain when it does not."""
    end = time.monotonic() + TIMEOUT
    while True:
        value = truth()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"expected within {TIMEOUT} s: {what}")
        time.sleep(0.02)


def connects(port):
    """Whether somebody listens; a connection made is at once closed, and counts as one."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT).close()
        return True
    except ConnectionRefusedError:
        return False


def children(pid):
    """The processes whose parent is pid."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text(errors="replace").rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
        except OSError:  # gone meanwhile
            pass
    return found


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def inet_sockets(pid):
    """How many sockets a process has open that are not Unix ones. A table of /proc/net may lack what changes while it is read: Unix
    sockets stay as they are, and one that is missed counts too much, never too little."""
    table = pathlib.Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]
    unix = {line.split()[6] for line in table}
    count = 0
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(link)
        except OSError:  # closed meanwhile
            continue
        count += target.startswith("socket:") and target[8:-1] not in unix
    return count


def made(traces, **keys):
    """How many sockets the traces say were made, of those that fit."""
    makers = ("socket", "socketpair", "accept", "accept4")
    return sum(event["op"] in makers and event.get("from") is None and event.get("to") is not None
               for event in select(traces, ev="fd", **keys))


class RealTest(SockSanTest):
    """A test that runs one scenario twice, without SockSan and under it, and wants to see no difference.

    A scenario is a function of begin, which starts a command as subprocess.Popen would. It uses the program, stops it
    as its users do, and returns the process with whatever it counted.
    """

    def start(self, cmd, **popen):
        """As the parent's, but with both outputs in files: a server that nobody listens to must not wait on a pipe."""
        folder = self.folder("output")
        outputs = [open(f"{folder}/{name}", "w+", encoding="utf-8", errors="replace") for name in ("stdout", "stderr")]
        process = super().start(cmd, **{**popen, "stdout": outputs[0], "stderr": outputs[1]})
        process.outputs = outputs
        for output in outputs:
            self.addCleanup(output.close)
        return process

    def finish(self, process, timeout=TIMEOUT):
        status = super().finish(process, timeout)[0]
        return (status, *map(self.text, process.outputs))

    @staticmethod
    def text(output):
        return pathlib.Path(output.name).read_text(encoding="utf-8", errors="replace")

    def said(self, process, pattern):
        """What a running program said on standard output, once it has."""
        def look():
            self.assertIsNone(process.poll(), f"expected {process.args} to run\n{self.text(process.outputs[1])}")
            return re.search(pattern, self.text(process.outputs[0]))

        return until(look, f"{pattern} on standard output of {process.args}")[1]

    def wait(self, process):
        """Wait for a program that ends by itself."""
        try:
            process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.fail(f"{process.args}: no end within {TIMEOUT} s")

    def server(self, process):
        """The process that serves: itself, or what `socksan run` started."""
        if not hasattr(process, "socksan_folder"):
            return process.pid
        return until(lambda: children(process.pid), "a child of socksan run")[0]

    def at_rest(self, pid, sockets=1):
        """Wait until a server has closed what its clients have left; its listener remains."""
        until(lambda: inet_sockets(pid) <= sockets, f"at most {sockets} TCP sockets in process {pid}")

    def side_by_side(self, scenario, hide=r"\d+"):
        """Run the scenario twice; the Result under SockSan, and what was counted there.

        hide matches what differs between any two runs: numbers of ports and processes, dates.
        """
        bare, _ = scenario(self.start)
        bare = Result(*self.finish(bare), None, [], None)
        process, counted = scenario(lambda cmd, **popen: self.start_socksan(cmd, "--fail-on=never", **popen))
        result = self.end_socksan(process)
        self.assertEqual(result.status, bare.status, f"expected the status that it has without SockSan\n{result.stderr}")

        def visible(text):
            return re.sub(hide, "*", text)

        self.assertEqual(visible(result.stdout), visible(bare.stdout), "expected the output that it has without SockSan")
        self.assertTrue(visible(result.stderr).startswith(visible(bare.stderr)),
                        f"expected its standard error first, as it is without SockSan:\n{bare.stderr}\n{result.stderr}")
        self.assert_all_read(result)
        return result, counted

    def assert_sockets(self, result, expected, what):
        self.assertEqual(result.report["totals"]["sockets"], expected, f"expected {expected} sockets: {what}\n{result.stderr}")


__all__ = ["REQUESTS", "RealTest", "alive", "codes", "connects", "fetch", "fetch_many", "free_port", "here", "made", "needs",
           "until"]
