"""A closed socket object is used: it has forgotten its number, so what the system sees is a send on -1.


Expect: bad-fd
SPDX-License-Identifier: Apache-2.0
"""

import socket

ours, theirs = socket.socketpair()
with theirs:
    ours.close()
    try:
        ours.send(b"bye")
    except OSError as error:
        print("send:", error.strerror)
