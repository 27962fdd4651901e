"""A program with a bit of everything that the page draws: connections, some of which are never closed, threads, a fork, a socket
passed on by SCM_RIGHTS, and a child that starts another program.

SPDX-License-Identifier: Apache-2.0
"""

import array
import os
import socket
import subprocess
import sys
import threading
import time

LEAKS = 4
KEPT = []


def leak(address):
    connection = socket.create_connection(address)
    connection.sendall(b"x" * 1200)
    connection.recv(2)
    KEPT.append(connection.detach())


def client(address):
    for _ in range(10):
        with socket.create_connection(address) as connection:
            connection.sendall(b"hello")
            connection.recv(2)


def serve(listener):
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.recv(2000)
            connection.sendall(b"ok")


def hand_over(address):
    """A forked child gets a connection by SCM_RIGHTS and closes it."""
    here, there = socket.socketpair()
    child = os.fork()
    if child == 0:
        here.close()
        _, ancillary, _, _ = there.recvmsg(1, socket.CMSG_SPACE(4))
        os.close(array.array("i", ancillary[0][2][:4])[0])
        there.close()
        os._exit(3)
    there.close()
    with socket.create_connection(address) as connection:
        here.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [connection.fileno()]))])
    os.waitpid(child, 0)
    here.close()


def main():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    address = listener.getsockname()
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    clients = [threading.Thread(target=client, args=(address,)) for _ in range(2)]
    for thread in clients:
        thread.start()
    for _ in range(LEAKS):
        leak(address)
        time.sleep(float(sys.argv[1]))
    for thread in clients:
        thread.join()
    hand_over(address)
    subprocess.run([sys.executable, "-c", "import socket; socket.socket().close()"], check=True)
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()


main()
