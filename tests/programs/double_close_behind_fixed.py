"""The corrected twin of double_close_behind: the descriptor is taken from its socket, and closed once.

Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import os
import socket


def serve():
    return socket.create_server(("127.0.0.1", 0))


def main():
    server = serve()
    os.close(server.detach())
    del server


main()
