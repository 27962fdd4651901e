"""Sockets that CPython closes as it throws them away, and sockets that code closes at that moment, which is not the same.
`line: NAME` marks the lines that the test expects.

SPDX-License-Identifier: Apache-2.0
"""

import _socket
import contextlib
import gc
import os
import socket
import threading
import warnings


def dropped():
    socket.socket()  # line: dropped


def dropped_bare():
    _socket.socket()  # line: dropped_bare


def cycle():
    ring = [socket.socket()]
    ring.append(ring)
    del ring
    gc.collect()  # line: cycle


def unwound():
    try:
        made = socket.socket()
        raise ValueError(made)
    except ValueError:
        pass
    del made  # line: unwound


class Closes:
    def __init__(self):
        self.made = _socket.socket()

    def __del__(self):
        self.made.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.made.close()


class Warns:
    """Holds that whoever lets it close has forgotten to."""

    def __init__(self):
        self.made = _socket.socket()

    def __del__(self):
        warnings.warn("unclosed", ResourceWarning, source=self)
        self.made.close()  # line: warns


def warned():
    Warns()  # line: warned


class ClosesItself(_socket.socket):
    def __del__(self):
        self.close()


class ClosesNumber:
    def __init__(self):
        self.number = socket.socket().detach()

    def __del__(self):
        os.close(self.number)


def closed():
    socket.socket().close()
    with socket.socket():
        pass
    with contextlib.closing(socket.socket()):
        pass
    with Closes():
        pass
    Closes()
    ClosesItself()
    ClosesNumber()
    ring = [Closes(), ClosesItself()]
    ring.append(ring)
    del ring
    gc.collect()


def main():
    closed()
    dropped()  # line: main_dropped
    dropped_bare()  # line: main_bare
    cycle()  # line: main_cycle
    unwound()  # line: main_unwound
    warned()  # line: main_warned
    thread = threading.Thread(target=dropped)
    thread.start()
    thread.join()
    closed()


main()  # line: module
