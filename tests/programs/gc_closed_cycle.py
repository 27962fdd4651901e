"""A connection that knows its handler, which knows the connection: only the collector of cycles finds them.

Expect: gc-closed function=<module>
SPDX-License-Identifier: Apache-2.0
"""

import gc
import socket


class Handler:
    def __init__(self, connection):
        self.connection = connection
        self.callbacks = [self.handle]

    def handle(self):
        self.connection.sendall(b"hello")


with socket.create_server(("127.0.0.1", 0)) as server:
    Handler(socket.create_connection(server.getsockname())).handle()
    gc.collect()
