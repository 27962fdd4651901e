"""Whoever calls detach() closes the number.


Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import os
import socket


def number_of_connection(address):
    connection = socket.create_connection(address)
    connection.sendall(b"hello")
    return connection.detach()


with socket.create_server(("127.0.0.1", 0)) as server:
    number = number_of_connection(server.getsockname())
    server.accept()[0].close()
    os.close(number)
