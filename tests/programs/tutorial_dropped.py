"""Sockets that are dropped, hang in a cycle or in a module global: CPython closes the first while it runs, the others when it ends.

What is closed while it runs is a bad habit, since nobody can say when, but it is closed. What only the end closes, the program leaked.
Expect: gc-closed severity=warning function=drop
Expect: never-closed cause=interpreter-end severity=error function=cycle
Expect: never-closed cause=interpreter-end severity=error function=keep
Expect: never-closed cause=interpreter-end severity=warning function=<module>
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
