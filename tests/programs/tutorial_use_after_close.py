"""The number is used after its socket object was closed.


Expect: use-after-close
SPDX-License-Identifier: Apache-2.0
"""

import os
import socket

ours, theirs = socket.socketpair()
with theirs:
    number = ours.fileno()
    ours.close()
    try:
        os.write(number, b"bye")
    except OSError as error:
        print("write:", error.strerror)
