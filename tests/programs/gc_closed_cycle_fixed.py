"""The corrected twin of gc_closed_cycle: closed while it is still known, one by a finalizer of the program's own, amid a collection.

Expect: silent
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


class Closer(Handler):
    def __del__(self):
        self.connection.close()


with socket.create_server(("127.0.0.1", 0)) as server:
    handler = Handler(socket.create_connection(server.getsockname()))
    handler.handle()
    handler.connection.close()
    del handler
    known = socket.create_connection(server.getsockname())
    Closer(known).handle()
    gc.collect()
