"""The same sockets, each closed by a with block before anything can drop it.

Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import socket

with socket.create_server(("127.0.0.1", 0)) as listener:
    with socket.create_connection(listener.getsockname()):
        with listener.accept()[0]:
            pass
    ring = []
    with socket.create_connection(listener.getsockname()) as caught:
        ring.extend([caught, ring])
