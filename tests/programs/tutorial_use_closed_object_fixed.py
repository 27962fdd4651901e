"""A closed socket object says so: its fileno() is -1.


Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import socket

ours, theirs = socket.socketpair()
with theirs:
    ours.close()
    if ours.fileno() < 0:
        print("already closed")
    else:
        ours.send(b"bye")
