"""The number is closed with os.close behind the back of the socket object, which then closes it again.


Expect: double-close
SPDX-License-Identifier: Apache-2.0
"""

import os
import socket

ours, theirs = socket.socketpair()
with theirs:
    os.close(ours.fileno())
    try:
        ours.close()
    except OSError as error:
        print("close:", error.strerror)
