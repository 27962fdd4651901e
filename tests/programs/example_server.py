"""A threaded server with four real mistakes, and the clients that bring them out: `./dev run` shows SockSan at work on it.

It talks to itself on 127.0.0.1, ends within a second, and with status 0: nothing but a report tells of the mistakes.
Expect: never-closed cause=peer-closed
Expect: never-closed cause=connect-failed
Expect: use-after-close
Expect: double-close
Sockets: 11
SPDX-License-Identifier: Apache-2.0
"""

import os
import queue
import socket
import threading


class Server:
    def __init__(self, upstream):
        self.upstream = upstream
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.jobs = queue.Queue()
        self.rejected, self.upstreams, self.subscribers = [], [], []
        threading.Thread(target=self.work, daemon=True).start()

    def accept(self):
        self.jobs.put(self.listener.accept()[0])

    def work(self):
        while True:
            self.handle(self.jobs.get())
            self.jobs.task_done()

    def handle(self, connection):
        request = connection.recv(64)
        if request == b"fetch":
            connection.sendall(self.fetch())
        elif request == b"subscribe":
            self.subscribers.append(connection.fileno())
            connection.sendall(b"subscribed")
        elif request != b"hello":
            connection.sendall(b"what?")
            self.rejected.append(connection)
            return  # mistake: this path never closes the connection
        else:
            connection.sendall(b"hello to you")
        connection.close()

    def fetch(self):
        upstream = socket.socket()
        self.upstreams.append(upstream)
        if upstream.connect_ex(self.upstream) != 0:
            return b"nobody there"  # mistake: the socket stays open, though the connect failed
        return upstream.recv(64)

    def stop(self):
        self.jobs.join()
        for number in self.subscribers:
            try:
                os.write(number, b"goodbye")  # mistake: handle() closed this connection long ago
            except OSError as error:
                print("goodbye:", error.strerror)
                try:
                    os.close(number)  # mistake: and this closes it once more
                except OSError:
                    pass
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
