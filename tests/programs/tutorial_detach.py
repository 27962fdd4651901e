"""detach() gives the number away, and nobody takes it: the garbage collector cannot close it any more.


Expect: never-closed cause=peer-closed
SPDX-License-Identifier: Apache-2.0
"""

import socket


def number_of_connection(address):
    connection = socket.create_connection(address)
    connection.sendall(b"hello")
    return connection.detach()


with socket.create_server(("127.0.0.1", 0)) as server:
    number_of_connection(server.getsockname())
    with server.accept()[0] as peer:
        peer.recv(5, socket.MSG_WAITALL)
