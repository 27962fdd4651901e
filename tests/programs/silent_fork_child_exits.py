"""A child that leaves in the orderly way: as its interpreter ends, it closes what it has of its parent's sockets.

Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import os
import socket
import sys

made = socket.socket()
kept = [socket.socket()]
child = os.fork()
if child == 0:
    kept.pop()
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
made.close()
kept.pop().close()
