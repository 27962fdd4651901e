"""Sockets at odd moments of an interpreter: from many threads, in forked children, at exit, as it ends under daemon threads, in
subinterpreters. Each ends with status 0 and has no fault. lifetimes.py CASE.

SPDX-License-Identifier: Apache-2.0
"""

import atexit
import contextlib
import multiprocessing
import os
import socket
import struct
import sys
import threading
import time

CODE = """
import socket
def inner():
    with socket.socket():
        return socket.socket()
def outer():
    return inner()
for _ in range(10):
    outer().close()
"""


def churn(count=None):
    while count is None or count > 0:
        with socket.socket():
            pass
        count = count and count - 1


def threads(count, target, *args, daemon=False):
    started = [threading.Thread(target=target, args=args, daemon=daemon) for _ in range(count)]
    for thread in started:
        thread.start()
    return started


def many_threads():
    for thread in threads(8, churn, 150):
        thread.join()


def forks():
    going = threads(2, churn, 200)
    for turn in range(16):
        child = os.fork()
        if child == 0:
            churn(5)
            if turn % 2:
                os._exit(0)
            sys.exit()
        assert os.waitpid(child, 0)[1] == 0
    for thread in going:
        thread.join()


def processes():
    going = threads(2, churn, 200)
    for method in ("fork", "spawn"):
        process = multiprocessing.get_context(method).Process(target=churn, args=(20,))
        process.start()
        process.join()
        assert process.exitcode == 0
    for thread in going:
        thread.join()


class Late:
    def __init__(self):
        self.made = socket.socket()

    def __del__(self):
        self.made.close()


def at_exit():
    atexit.register(churn, 3)
    sys.late = Late()
    globals()["late"] = Late()


def daemon_threads():
    at_exit()
    listener = socket.create_server(("127.0.0.1", 0))
    atexit.register(listener.close)

    # The listener is closed under them; a traceback of a daemon thread would meet the lock of an ending interpreter.
    def accept():
        with contextlib.suppress(OSError):
            while True:
                listener.accept()[0].close()

    def connect():
        with contextlib.suppress(OSError):
            while True:
                with socket.create_connection(listener.getsockname()) as connection:
                    # Ended by a reset: one in TIME_WAIT would keep a port for a minute.
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    threads(2, accept, daemon=True)
    threads(2, connect, daemon=True)
    threads(4, churn, daemon=True)
    time.sleep(0.05)


def subinterpreters():
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters

    def run():
        for _ in range(3):
            one = interpreters.create()
            if hasattr(interpreters, "run_string"):
                assert interpreters.run_string(one, CODE) is None
            else:
                assert interpreters.exec(one, CODE) is None
            interpreters.destroy(one)

    going = threads(3, churn, 200) + threads(2, run)
    run()
    for thread in going:
        thread.join()


if __name__ == "__main__":
    globals()[sys.argv[1]]()
