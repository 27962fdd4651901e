"""The last word is sent before the close.


Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import os
import socket

ours, theirs = socket.socketpair()
with theirs, ours:
    os.write(ours.fileno(), b"bye")
    print("read:", theirs.recv(3).decode())
