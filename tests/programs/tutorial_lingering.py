"""The peer has gone; the server no longer watches the connection, but still holds it.


Expect: never-closed cause=peer-closed
SPDX-License-Identifier: Apache-2.0
"""

import selectors
import socket
import threading

gone = threading.Event()


def serve(connection):
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                if not key.fileobj.recv(64):
                    selector.unregister(key.fileobj)
        gone.set()
        threading.Event().wait()  # a service waits here for more to do


def main():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        visitor = socket.create_connection(listener.getsockname())
        threading.Thread(target=serve, args=[listener.accept()[0]], daemon=True).start()
        with visitor:
            visitor.sendall(b"hello")
        gone.wait()


main()
