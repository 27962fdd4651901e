"""Sockets go to worker processes, by fork and by SCM_RIGHTS; each side closes its own descriptors.

Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import multiprocessing
import socket


def echo(connection):
    with connection:
        connection.sendall(connection.recv(64))


def receiver(channel):
    with channel:
        _, numbers, _, _ = socket.recv_fds(channel, 1, 1)
        echo(socket.socket(fileno=numbers[0]))


def asked(connection):
    connection.sendall(b"hello")
    return connection.recv(64).decode()


def by_fork(fork):
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            worker = fork.Process(target=echo, args=[theirs])
            worker.start()
        print(asked(ours))
        worker.join()


def by_passing(fork):
    channel, far_end = socket.socketpair()
    with channel:
        with far_end:
            worker = fork.Process(target=receiver, args=[far_end])
            worker.start()
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                socket.send_fds(channel, [b"x"], [theirs.fileno()])
            print(asked(ours))
        worker.join()


by_fork(multiprocessing.get_context("fork"))
by_passing(multiprocessing.get_context("fork"))
