"""An accept loop that closes each connection when its request is done, and ends when it is told to.


Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import socket
import threading


def serve(listener, requests):
    for _ in range(requests):
        connection, _ = listener.accept()
        with connection:
            while request := connection.recv(64):
                connection.sendall(request)


def main():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve, args=[listener, 3])
        server.start()
        for _ in range(3):
            with socket.create_connection(listener.getsockname()) as visitor:
                visitor.sendall(b"hello")
                visitor.recv(64)
        server.join()


main()
