"""A server that keeps the connections of some clients, and clients that leave: one in four leaks.

SPDX-License-Identifier: Apache-2.0
"""

import socket
import time

listener = socket.create_server(("127.0.0.1", 0))
carts = []


def serve():
    connection, _ = listener.accept()
    if connection.recv(100) == b"buy":
        carts.append(connection)  # the mistake: it is kept after the client has left
        connection.recv(100)
    else:
        connection.close()


def visit(wish):
    with socket.create_connection(listener.getsockname()) as client:
        client.sendall(wish)
    serve()


for number in range(10**9):
    visit(b"look" if number % 4 else b"buy")
    time.sleep(0.02)
