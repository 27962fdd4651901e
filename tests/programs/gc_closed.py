"""A function forgets its connection when it returns: CPython closes it then, another interpreter some day.

Expect: gc-closed function=<module>
SPDX-License-Identifier: Apache-2.0
"""

import socket


def ask(address):
    connection = socket.create_connection(address)
    return connection.getpeername()


with socket.create_server(("127.0.0.1", 0)) as server:
    ask(server.getsockname())
