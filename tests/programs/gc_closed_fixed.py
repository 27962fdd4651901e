"""The corrected twin of gc_closed: a with block closes it.

Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import socket


def ask(address):
    with socket.create_connection(address) as connection:
        return connection.getpeername()


with socket.create_server(("127.0.0.1", 0)) as server:
    ask(server.getsockname())
