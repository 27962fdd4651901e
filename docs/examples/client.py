"""A client that forgets the connections it does not like, and a server for it to talk to.

SPDX-License-Identifier: Apache-2.0
"""

import socket
import threading

listener = socket.create_server(("127.0.0.1", 0))
refused = []


def greet():
    for greeting in (b"220 ready", b"421 too busy"):
        connection, _ = listener.accept()
        with connection:
            connection.sendall(greeting)


def fetch():
    connection = socket.create_connection(listener.getsockname())
    greeting = connection.recv(100)
    if not greeting.startswith(b"220"):
        refused.append(connection)  # the mistake: nobody closes it
        return
    connection.close()


threading.Thread(target=greet).start()
fetch()
fetch()
listener.close()
