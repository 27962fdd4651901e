"""A server for tests of running processes. It obeys commands, one word and one number per line, and confirms each.

    leak N      accept N connections and keep them, though their clients are gone
    dial N      keep N connections to itself, and both their ends
    use N       accept N connections and close them
    fork N      a child that keeps N accepted connections of its own
    child N     a child that makes N sockets and ends
    files N     keep N files open
    shut N      close the N oldest that were leaked

SPDX-License-Identifier: Apache-2.0
"""

import os
import socket
import sys
import time

LISTENER = socket.create_server(("127.0.0.1", 0), backlog=1000)
kept, pairs, files = [], [], []


def connect():
    return socket.create_connection(LISTENER.getsockname())


def leak():
    client = connect()
    kept.append(LISTENER.accept()[0])
    client.close()


def dial():
    pairs.append((connect(), LISTENER.accept()[0]))


def use():
    with connect():
        LISTENER.accept()[0].close()


def hold():
    files.append(open("/dev/null", "rb"))  # pylint: disable=consider-using-with


def fork(count):
    parent = os.getpid()
    if os.fork() == 0:
        for _ in range(count):
            leak()
        print("forked", flush=True)
        while os.getppid() == parent:  # it is nobody's otherwise, when a test ends
            time.sleep(0.1)
        os._exit(0)


def child(count):
    pid = os.fork()
    if pid == 0:
        made = [socket.socket() for _ in range(count)]
        for one in made:
            one.close()
        os._exit(0)
    os.waitpid(pid, 0)


def main():
    print("ready", flush=True)
    for line in sys.stdin:
        word, number = line.split()
        if word == "fork":
            fork(int(number))
            continue
        if word == "child":
            child(int(number))
            number = 0
        for _ in range(int(number)):
            if word == "shut":
                kept.pop(0).close()
            else:
                {"leak": leak, "dial": dial, "use": use, "files": hold}[word]()
        print("done", flush=True)


main()
