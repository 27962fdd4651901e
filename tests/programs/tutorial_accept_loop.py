"""An accept loop in a daemon thread that forgets to close what it accepts.


The interpreter closes what module globals hold when it ends, but never unwinds a daemon thread.
Expect: never-closed cause=peer-closed count=3
Expect: never-closed cause=listener severity=warning
SPDX-License-Identifier: Apache-2.0
"""

import socket
import threading

served = threading.Semaphore(0)


def serve(listener):
    connections = []
    while True:
        connection, _ = listener.accept()
        connections.append(connection)
        while request := connection.recv(64):
            connection.sendall(request)
        served.release()


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    threading.Thread(target=serve, args=[listener], daemon=True).start()
    for _ in range(3):
        with socket.create_connection(address) as visitor:
            visitor.sendall(b"hello")
            visitor.recv(64)
        served.acquire()


main()
