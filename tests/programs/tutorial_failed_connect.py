"""A worker tries again and again to connect, and keeps the sockets that failed.


Expect: never-closed cause=connect-failed count=3
SPDX-License-Identifier: Apache-2.0
"""

import socket
import threading

tried = threading.Event()


def dial(address):
    tries = []
    for _ in range(3):
        connection = socket.socket()
        tries.append(connection)
        try:
            connection.connect(address)
        except ConnectionRefusedError as error:
            print(error)
    tried.set()
    threading.Event().wait()  # the worker of a service that runs as long as its process


def main():
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        threading.Thread(target=dial, args=[nobody_listens.getsockname()], daemon=True).start()
        tried.wait()


main()
