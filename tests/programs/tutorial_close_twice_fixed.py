"""Only the socket object closes; its close() may be called twice, as it forgets its number at the first.


Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import socket

ours, theirs = socket.socketpair()
with theirs:
    ours.close()
    ours.close()
