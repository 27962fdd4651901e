"""What the field suite's programs share: a Lab that starts them under SockSan, clients that behave or do not, servers that do not.

A program is a function of a Lab, a row of PROGRAMS by the decorator `program`. Its workload ends by itself within seconds, and uses
loopback and UNIX sockets alone.
SPDX-License-Identifier: Apache-2.0
"""

import collections
import contextlib
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(os.path.abspath(__file__)).parent.parent / "real"))
from others import Side, children, free_ports  # noqa: E402  pylint: disable=wrong-import-position

SETTLED = 0.3  # seconds in which a server has done with the clients that have gone
SOON = 20  # seconds until a program that does not answer or end is given up
GET = b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n"
PROGRAMS = {}

Program = collections.namedtuple("Program", "name run packages")


def program(name, *packages):
    """A decorator: the function is the workload of this program. packages: `PACKAGE PROBE` as in `dev`; the first is the program's."""
    def add(run):
        assert name not in PROGRAMS, f"two programs are called {name}"
        PROGRAMS[name] = Program(name, run, packages)
        return run

    return add


def until(truth, what, seconds=SOON):
    """The first true value of truth(), which comes soon."""
    end = time.monotonic() + seconds
    while True:
        value = truth()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"expected within {seconds} s: {what}")
        time.sleep(0.05)


def family(address):
    return socket.AF_UNIX if isinstance(address, str) else socket.AF_INET


def answers(address):
    """Whether somebody listens there; the connection made is at once closed."""
    with socket.socket(family(address)) as connection:
        connection.settimeout(SOON)
        with contextlib.suppress(OSError):
            connection.connect(address)
            return True
    return False


def ask(address, request=GET, most=1 << 20, wait=SOON):
    """What a server says to a request until it is done, or has said enough, or says nothing for a time."""
    with socket.socket(family(address)) as connection:
        connection.settimeout(wait)
        answer = b""
        with contextlib.suppress(OSError):
            connection.connect(address)
            connection.sendall(request)
            while len(answer) < most:
                part = connection.recv(65536)
                if not part:
                    break
                answer += part
        return answer


def abort(address, request=b""):
    """A client that resets its connection in the midst of what it has to say."""
    with socket.socket(family(address)) as connection:
        connection.settimeout(SOON)
        connection.connect(address)
        connection.sendall(request)
        time.sleep(0.05)
        if not isinstance(address, str):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def datagram(address, request, wait=2):
    with socket.socket(family(address), socket.SOCK_DGRAM) as asker:
        asker.settimeout(wait)
        with contextlib.suppress(OSError):
            asker.connect(address)
            asker.send(request)
            return asker.recv(65536)
    return b""


class Lab:
    """Where one program is tried: a folder, ports, and the reports of all that was run."""

    def __init__(self, folder):
        self.side = Side(folder, True, pathlib.Path("/nonexistent"))
        self.folder = folder
        self.trouble = []  # what a workload should have done and did not

    @staticmethod
    def port():
        return free_ports(1)[0]

    @staticmethod
    def nobody():
        """An address that refuses."""
        return "127.0.0.1", free_ports(1)[0]

    def path(self, name):
        return str(self.folder / name)

    def file(self, name, text="", mode=0o644):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.write_bytes if isinstance(text, bytes) else path.write_text)(text)
        path.chmod(mode)
        return str(path)

    def dir(self, name, mode=0o755):
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)
        return str(path)

    def expect(self, truth, what):
        if not truth:
            self.trouble.append(what)

    @contextlib.contextmanager
    def serve(self, command, ready=None, stop=signal.SIGTERM, **options):
        """A server, for the body of a `with`, that is then stopped with a signal (None: the body stops it) and waited for.

        ready: the address at which it listens, or a function that says so.
        """
        with self.side.start(command, **options) as process:
            try:
                if ready:
                    until(lambda: process.poll() is not None or (ready() if callable(ready) else answers(ready)), f"{command[0]} at work")
                if process.poll() is not None:
                    raise AssertionError(f"{command[0]} ended at once: {self.said(process)}")
                yield process
                time.sleep(SETTLED)
            finally:
                self.end(process, stop, command[0])

    @staticmethod
    def said(process):
        return " / ".join(pathlib.Path(process.folder, name).read_text(errors="replace")[-300:] for name in ("stdout", "stderr"))

    def end(self, process, stop, name):
        if process.poll() is None and stop is not None:
            process.send_signal(stop)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(SOON)
            return
        self.trouble.append(f"{name} did not end")
        for pid in children(process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(SOON)

    def tell(self, process, number, settle=0.5):
        """A signal to the program itself: a reload, or what else it takes one for."""
        for pid in children(process.pid)[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        time.sleep(settle)

    def run(self, command, status=None, send=None, seconds=SOON, **options):
        """A command that ends by itself: Ended, of which `stdout` and `status` are of use. send: what it reads at standard input."""
        if send is not None:
            options["stdin"] = open(self.file(f"input-{len(self.side.reports)}", send), "rb")  # pylint: disable=consider-using-with
        try:
            with self.side.start(command, **options) as process:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(seconds)
                self.end(process, signal.SIGTERM, command[0])
        finally:
            if send is not None:
                options["stdin"].close()
        if status is not None:
            self.expect(process.ended.status == status, f"{' '.join(map(str, command))}: expected status {status}, got "
                                                        f"{process.ended.status}: {process.ended.stderr[-300:]}")
        return process.ended

    def bare(self, command, seconds=SOON, **options):
        """The same without SockSan."""
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("cwd", self.folder)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return subprocess.run(list(map(str, command)), timeout=seconds, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True, errors="replace", check=False, **options)
        return None

    @contextlib.contextmanager
    def helper(self, command, ready=None, **options):
        """A server without SockSan, for a client that is tried."""
        with open(self.path(f"helper-{os.path.basename(command[0])}"), "wb") as log:
            process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                       start_new_session=True, **options)
            try:
                if ready:
                    until(lambda: process.poll() is not None or (ready() if callable(ready) else answers(ready)), f"{command[0]} at work")
                yield process
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(5)
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def clients(self, address, good=GET, part=b"GET / HT", garbage=b"\0\xff garbage\r\n\r\n", hello=False, times=4, wait=None):
        """Clients as a server meets them: good ones, some that reset, that say nothing, that say nonsense, that leave before the answer.

        hello: a server that waits for more when it has answered; wait: so long until a silence is the end of an answer.
        """
        wait = wait or (1 if hello else 5)
        said = [ask(address, good, 1 if hello else 1 << 20, wait) for _ in range(times)]
        self.expect(all(said), f"{address}: a good client got no answer")
        for _ in range(3):
            abort(address, part)
            abort(address, good)
            answers(address)
        ask(address, garbage, wait=1)
        idle = socket.socket(family(address))
        idle.connect(address)
        time.sleep(0.1)
        idle.close()
        return said[-1:]

    @contextlib.contextmanager
    def peer(self, behave):
        """A server that behaves as it should not: behave(connection) is called for each, and it is then closed. Its address."""
        listener = socket.create_server(("127.0.0.1", 0))
        done = threading.Event()

        def serve():
            while not done.is_set():
                with contextlib.suppress(OSError):
                    connection = listener.accept()[0]
                    with connection:
                        connection.settimeout(2)
                        if done.is_set():
                            break
                        behave(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            done.set()
            answers(listener.getsockname())
            thread.join(5)
            listener.close()


# How a peer behaves that is none.


def closes(connection):
    """At once, without a word."""
    connection.close()


def resets(connection):
    """When it was asked."""
    connection.recv(100)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def says(text, linger=False):
    """Says that, whatever it was asked, and closes: short answers, wrong ones."""
    def behave(connection):
        if not linger:
            connection.recv(4096)
        connection.sendall(text)
        if linger:
            connection.recv(4096)
    return behave


HTTP_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n"
HTTP_SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 600000\r\n\r\nhello\n"
HTTP_KEPT = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"
HTTP_ERROR = b"HTTP/1.1 404 Not Found\r\nContent-Length: 6\r\n\r\ngone!\n"
