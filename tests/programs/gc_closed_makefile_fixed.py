"""The corrected twin of gc_closed_makefile: with blocks for both.

Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import socket


def first_line(address):
    with socket.create_connection(address) as connection, connection.makefile("w") as lines:
        lines.write("hello")


with socket.create_server(("127.0.0.1", 0)) as server:
    first_line(server.getsockname())
