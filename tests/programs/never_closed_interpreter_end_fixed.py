"""The same closes both: one by an exit handler, one by a with block.

Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import atexit
import socket

with socket.create_server(("127.0.0.1", 0)) as server:
    connection = socket.create_connection(server.getsockname())
    atexit.register(connection.close)
