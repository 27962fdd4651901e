"""Sockets are handed to programs that are started, by subprocess's pass_fds and by multiprocessing: close-on-exec but for these.

Expect: silent
SPDX-License-Identifier: Apache-2.0
"""

import multiprocessing
import socket
import subprocess
import sys


def answer(pipe):
    with pipe:
        pipe.send(pipe.recv().upper())


if __name__ == "__main__":
    ours, theirs = socket.socketpair()
    with ours, theirs:
        echo = "import socket, sys; s = socket.socket(fileno=int(sys.argv[1])); s.sendall(b'passed'); s.close()"
        subprocess.run([sys.executable, "-S", "-c", echo, str(theirs.fileno())], pass_fds=[theirs.fileno()], check=True)
        print(ours.recv(64).decode())
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=answer, args=(theirs,))
    process.start()
    theirs.close()
    ours.send("sent")
    print(ours.recv())
    process.join()
    ours.close()
