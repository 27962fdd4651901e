# A connect fails: the exception skips the close, and whoever catches it keeps the socket.
# Finds: connect ECONNREFUSED never-closed dial
# Finds: connect ENETUNREACH never-closed dial
# Finds: connect ETIMEDOUT never-closed dial
# SPDX-License-Identifier: Apache-2.0
"""A socket that a list keeps."""

import socket
import sys

kept = []


def dial(address):
    fd = socket.socket()
    kept.append(fd)
    fd.connect(address)
    return fd


with socket.create_server(("127.0.0.1", 0)) as server:
    try:
        with dial(server.getsockname()) as client:
            pass
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
