"""A descriptor is closed behind the back of its socket, which closes it once more as it goes: one mistake, where the first close is.

Expect: double-close function=main count=1
SPDX-License-Identifier: Apache-2.0
"""

import os
import socket


def serve():
    return socket.create_server(("127.0.0.1", 0))


def main():
    server = serve()
    os.close(server.fileno())
    del server


main()
