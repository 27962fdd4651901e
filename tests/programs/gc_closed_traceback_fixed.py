"""The corrected twin of gc_closed_traceback: closed on the way out, whatever becomes of the exception.

Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import socket


def ask(address):
    with socket.create_connection(address) as connection:
        connection.sendall(b"hello")
        raise ValueError("no answer")


with socket.create_server(("127.0.0.1", 0)) as server:
    kept = None
    try:
        ask(server.getsockname())
    except ValueError as error:
        kept = error
    kept = None
