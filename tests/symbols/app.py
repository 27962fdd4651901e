"""A server that loses a connection, closes a descriptor twice and uses one after its close; with an argument it does none of that.
`line: NAME` marks the lines that the test expects.

SPDX-License-Identifier: Apache-2.0
"""

import contextlib
import os
import socket
import sys
import threading

RIGHT = len(sys.argv) > 1


class Server:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.kept = []

    def accept_one(self):
        connection, _ = self.listener.accept()  # line: accept_one
        self.kept.append(connection)
        if RIGHT:
            connection.close()

    def close_twice(self):
        connection, _ = self.listener.accept()  # line: close_twice
        number = connection.detach()
        os.close(number)  # line: first
        with contextlib.suppress(OSError):
            if not RIGHT:
                os.close(number)  # line: second

    def use_after_close(self):
        connection, _ = self.listener.accept()  # line: use
        stale = socket.socket(fileno=os.dup(connection.fileno())) if RIGHT else socket.socket(fileno=connection.fileno())
        connection.close()  # line: close
        with contextlib.suppress(OSError):
            stale.send(b"")  # line: send
        stale.close() if RIGHT else stale.detach()


def client(address, count):
    for _ in range(count):
        with socket.create_connection(address):
            pass


def serve(server):
    server.accept_one()  # line: serve_accept
    server.close_twice()  # line: serve_twice
    server.use_after_close()  # line: serve_use


def main():
    server = Server()
    thread = threading.Thread(target=client, args=(server.listener.getsockname(), 3))
    thread.start()
    serve(server)  # line: main
    thread.join()
    server.listener.close()
    os._exit(0)  # the interpreter would close what is left


main()  # line: module
