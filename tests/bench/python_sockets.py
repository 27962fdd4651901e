#!/usr/bin/python3
"""socket + close in Python, some calls deep, as tests/bench/loops.c has them in C: python_sockets.py SIZE WARMUP prints the time
of one, in ns.

SPDX-License-Identifier: Apache-2.0
"""

import socket
import sys
import time


def loop(size):
    for _ in range(size):
        socket.socket().close()


def called(depth, size):
    return called(depth - 1, size) if depth else loop(size)


called(6, int(sys.argv[2]))
started = time.monotonic_ns()
called(6, int(sys.argv[1]))
print((time.monotonic_ns() - started) / max(1, int(sys.argv[1])))
