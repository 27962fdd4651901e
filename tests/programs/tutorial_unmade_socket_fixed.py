"""`with` has nothing to clean up where nothing was made, and the true error comes out.


Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import socket


def fetch():
    with socket.socket(socket.AF_INET, socket.SOCK_SEQPACKET) as connection:  # TCP has no such type: fails
        return connection.recv(1)


try:
    fetch()
except OSError as error:
    print("socket:", error.strerror)
