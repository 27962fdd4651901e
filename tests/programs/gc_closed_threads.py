"""A thread for each connection, and each forgets its own.

Expect: gc-closed function=serve count=3
SPDX-License-Identifier: Apache-2.0
"""

import socket
import threading


def serve(server):
    connection, _ = server.accept()
    assert connection.recv(5, socket.MSG_WAITALL) == b"hello"
    del connection


with socket.create_server(("127.0.0.1", 0)) as server:
    for _ in range(3):
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        with socket.create_connection(server.getsockname()) as visitor:
            visitor.sendall(b"hello")
            thread.join()
