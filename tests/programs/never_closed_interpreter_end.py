"""A module keeps a connection to the end: the interpreter closes it then, the program never does. So it does with its listener.

Expect: never-closed cause=interpreter-end severity=error function=<module>
Expect: never-closed cause=interpreter-end severity=warning function=<module>
SPDX-License-Identifier: Apache-2.0
"""

import socket

server = socket.create_server(("127.0.0.1", 0))
connection = socket.create_connection(server.getsockname())
