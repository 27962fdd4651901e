"""The corrected twin of gc_closed_threads: each closes its own.

Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import socket
import threading


def serve(server):
    connection, _ = server.accept()
    with connection:
        assert connection.recv(5, socket.MSG_WAITALL) == b"hello"


with socket.create_server(("127.0.0.1", 0)) as server:
    for _ in range(3):
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        with socket.create_connection(server.getsockname()) as visitor:
            visitor.sendall(b"hello")
            thread.join()
