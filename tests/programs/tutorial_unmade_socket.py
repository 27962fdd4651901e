"""`finally: s.close()` on a socket that never came to be: the clean-up fails and hides the true error.


It is a mistake of the program, but no call on a socket is ever made, so there is nothing to report.
Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import socket


def fetch():
    try:
        connection = socket.socket(socket.AF_INET, socket.SOCK_SEQPACKET)  # TCP has no such type: fails
        return connection.recv(1)
    finally:
        connection.close()


try:
    fetch()
except UnboundLocalError:
    print("the clean-up failed")
