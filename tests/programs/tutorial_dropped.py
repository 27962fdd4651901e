"""Sockets that are dropped, hang in a cycle or in a module global: CPython closes them, at the latest when it ends.

It is a bad habit, since nobody can say when, but they are closed.
Expect: gc-closed severity=warning count=4
SPDX-License-Identifier: Apache-2.0
"""

import socket

listener = socket.create_server(("127.0.0.1", 0))
kept = []


def drop():
    socket.create_connection(listener.getsockname())


def cycle():
    ring = [socket.create_connection(listener.getsockname())]
    ring.append(ring)


def keep():
    kept.append(listener.accept()[0])


drop()
cycle()
keep()
