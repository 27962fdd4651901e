# A connect fails: the socket is closed, no matter who keeps it.
# SPDX-License-Identifier: Apache-2.0
"""A socket that a list keeps."""

import socket
import sys

kept = []


def dial(address):
    fd = socket.socket()
    kept.append(fd)
    try:
        fd.connect(address)
    except OSError:
        fd.close()
        raise
    return fd


with socket.create_server(("127.0.0.1", 0)) as server:
    try:
        with dial(server.getsockname()) as client:
            pass
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
