"""The server of example_server.py with its mistakes mended: each connection has one owner, and a `with` that closes it.

Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import queue
import socket
import threading


class Server:
    def __init__(self, upstream):
        self.upstream = upstream
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.jobs = queue.Queue()
        self.subscribers = []
        threading.Thread(target=self.work, daemon=True).start()

    def accept(self):
        self.jobs.put(self.listener.accept()[0])

    def work(self):
        while True:
            self.handle(self.jobs.get())
            self.jobs.task_done()

    def handle(self, connection):
        request = connection.recv(64)
        if request == b"subscribe":
            connection.sendall(b"subscribed")
            self.subscribers.append(connection)  # stop() is now its owner
            return
        with connection:
            if request == b"fetch":
                connection.sendall(self.fetch())
            else:
                connection.sendall(b"hello to you" if request == b"hello" else b"what?")

    def fetch(self):
        try:
            with socket.create_connection(self.upstream, timeout=5) as upstream:
                return upstream.recv(64)
        except ConnectionRefusedError:
            return b"nobody there"

    def stop(self):
        self.jobs.join()
        for connection in self.subscribers:
            with connection:
                connection.sendall(b"goodbye")
        self.listener.close()


with socket.socket() as nobody_listens:
    nobody_listens.bind(("127.0.0.1", 0))
    server = Server(nobody_listens.getsockname())
    for question in ("hello", "nonsense", "fetch", "subscribe"):
        with socket.create_connection(server.listener.getsockname(), timeout=5) as client:
            server.accept()
            client.sendall(question.encode())
            print(question, "->", client.recv(64).decode())
    server.stop()
