"""A server that loses a connection and closes a descriptor twice. `line: NAME` marks the lines that the test expects.

SPDX-License-Identifier: Apache-2.0
"""

import os
import socket
import threading


class Server:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.kept = []

    def accept_one(self):
        connection, _ = self.listener.accept()  # line: accept_one
        self.kept.append(connection)

    def close_twice(self):
        connection, _ = self.listener.accept()  # line: close_twice
        number = connection.detach()
        os.close(number)  # line: first
        try:
            os.close(number)  # line: second
        except OSError:
            pass


def client(address, count):
    for _ in range(count):
        with socket.create_connection(address):
            pass


def serve(server):
    server.accept_one()  # line: serve_accept
    server.close_twice()  # line: serve_twice


def main():
    server = Server()
    thread = threading.Thread(target=client, args=(server.listener.getsockname(), 2))
    thread.start()
    serve(server)  # line: main
    thread.join()
    server.listener.close()
    os._exit(0)  # the interpreter would close what is left


main()  # line: module
