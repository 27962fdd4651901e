"""Good habits: context managers, timeouts, a check before close, errors handled where the socket lives.


Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import contextlib
import socket
import threading


def serve(listener):
    with contextlib.suppress(socket.timeout):
        while True:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(5)
                connection.sendall(connection.recv(64))


def ask(address):
    try:
        with socket.create_connection(address, timeout=5) as connection:
            connection.sendall(b"hello")
            connection.shutdown(socket.SHUT_WR)
            return connection.recv(64).decode()
    except ConnectionRefusedError as error:
        return error.strerror


def main():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.5)
        address = listener.getsockname()
        server = threading.Thread(target=serve, args=[listener])
        server.start()
        print(ask(address))
        server.join()
    print(ask(address))
    connection = None
    try:
        connection = socket.socket()
        connection.settimeout(5)
        connection.connect(address)
    except ConnectionRefusedError as error:
        print(error.strerror)
    finally:
        if connection is not None:
            connection.close()


main()
