"""Threads that open, lose and close while the collector runs; the program ends in their midst, by itself, by "_exit" or by "kill".
lives.py TIMES END.

SPDX-License-Identifier: Apache-2.0
"""

import contextlib
import gc
import itertools
import os
import signal
import socket
import sys
import threading
import time


def accept(listener):
    while True:
        listener.accept()[0].close()


def held():
    with socket.socket():
        yield


def open_one(turn):
    if turn % 5 == 0:
        socket.create_connection(ADDRESS).close()
    elif turn % 5 == 1:
        lost = [socket.socket()]
        lost.append(lost)  # a cycle, which the collector breaks
    elif turn % 5 == 2:
        for one in socket.socketpair():
            one.close()
    elif turn % 5 == 3:
        exec(compile("\n" * (turn % 7) + "with socket.socket(type=socket.SOCK_DGRAM):\n    pass", "<made>", "exec"))
    else:
        next(held())  # whose frame goes while it waits


def nest(depth, turn):
    if depth == 0:
        open_one(turn)
    else:
        for one in map(nest, [depth - 1], [turn]):
            assert one is None


def collect():
    for turn in itertools.count():
        gc.collect(turn % 3)
        time.sleep(0.001)


def go_on(first):
    with contextlib.suppress(OSError):  # the listener may go before this thread does
        for turn in itertools.count(first):
            nest(turn % 9, turn)


def start(target, *args, daemon=True):
    thread = threading.Thread(target=target, args=args, daemon=daemon)
    thread.start()
    return thread


LISTENER = socket.create_server(("127.0.0.1", 0), backlog=100)
ADDRESS = LISTENER.getsockname()
start(accept, LISTENER)
start(collect)
for turn in range(int(sys.argv[1])):
    for thread in [start(nest, (turn + i) % 9, turn + i, daemon=False) for i in range(4)]:
        thread.join()
for i in range(4):
    start(go_on, i)
time.sleep(0.05)
if sys.argv[2] == "_exit":
    os._exit(0)
if sys.argv[2] == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
