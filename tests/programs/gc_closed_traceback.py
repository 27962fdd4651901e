"""An exception that is kept keeps the frame of the function that failed, and with it the connection.

Expect: gc-closed function=<module>
SPDX-License-Identifier: Apache-2.0
"""

import socket


def ask(address):
    connection = socket.create_connection(address)
    connection.sendall(b"hello")
    raise ValueError("no answer")


with socket.create_server(("127.0.0.1", 0)) as server:
    kept = None
    try:
        ask(server.getsockname())
    except ValueError as error:
        kept = error
    kept = None
