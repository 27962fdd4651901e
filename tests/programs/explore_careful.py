# Explore: --everywhere
# SPDX-License-Identifier: Apache-2.0
"""A client and a server that handle every failure: nothing is reported, whatever fails."""

import socket
import sys


def talk():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(2)
        with socket.create_connection(server.getsockname(), timeout=2) as client:
            peer, _ = server.accept()
            with peer:
                peer.settimeout(2)
                client.sendall(b"hello\n")
                got = b""
                while not got.endswith(b"\n"):
                    more = peer.recv(16)
                    if not more:
                        raise ConnectionError("the stream ended")
                    got += more
                print(got.decode().strip())


try:
    talk()
except OSError as error:
    sys.exit(f"failed: {error}")
