"""Only the file over the connection is kept, and that is dropped in the end.

Expect: gc-closed function=first_line
SPDX-License-Identifier: Apache-2.0
"""

import socket


def first_line(address):
    lines = socket.create_connection(address).makefile("w")
    lines.write("hello")
    lines.flush()
    del lines


with socket.create_server(("127.0.0.1", 0)) as server:
    first_line(server.getsockname())
