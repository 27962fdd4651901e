"""The same worker with create_connection, which closes the socket itself when the connect fails.


Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import socket
import threading

tried = threading.Event()


def dial(address):
    tries = []
    for _ in range(3):
        try:
            tries.append(socket.create_connection(address, timeout=5))
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
