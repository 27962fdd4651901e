"""A thread reads from a socket, which is closed once it has what it waits for.

Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import os
import socket
import threading

SYS_RECVFROM = "45"  # of x86-64


def reader(connection):
    connection.recv(1)


def until_inside(thread, call):
    while open(f"/proc/self/task/{thread.native_id}/syscall", encoding="ascii").read().split()[0] != call:
        pass


ours, theirs = socket.socketpair()
worker = threading.Thread(target=reader, args=(ours,))
worker.start()
until_inside(worker, SYS_RECVFROM)
theirs.send(b"x")
worker.join()
os.close(ours.detach())
theirs.close()
