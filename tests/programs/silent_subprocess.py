"""Programs are started while sockets are open: subprocess closes, duplicates and passes descriptors in the child.

Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import socket
import subprocess
import sys

ours, theirs = socket.socketpair()
with ours, theirs:
    print(subprocess.run(["echo", "hello"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip())
    subprocess.run(["cat"], stdin=subprocess.DEVNULL, stdout=theirs, check=True)
    subprocess.run(["echo", "over a socket"], stdout=theirs, check=True)
    print(ours.recv(64).decode().strip())
    subprocess.run([sys.executable, "-c", "import socket; socket.socket().close()"], check=True)
