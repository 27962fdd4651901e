"""Sockets made and lost in Python that C calls: callbacks.py LIBRARY, made of callbacks.c. `line: NAME` marks the lines that the test
expects.

SPDX-License-Identifier: Apache-2.0
"""

import _socket
import ctypes
import os
import socket
import sys

library = ctypes.CDLL(sys.argv[1])
callback = ctypes.CFUNCTYPE(None)
kept = []


def lose():
    kept.append(socket.socket())  # line: lose


def innermost():
    lose()  # line: innermost


def between():
    library.inner_call(callback(innermost))  # line: between


def dropping():
    unused = _socket.socket()  # noqa: F841 pylint: disable=unused-variable


def dropped():
    library.inner_call(callback(dropping))  # line: dropped


def main():
    library.outer_call(callback(between))  # line: main_lost
    library.outer_call(callback(dropped))  # line: main_dropped
    os._exit(0)


main()  # line: module
