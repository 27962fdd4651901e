"""Leaks one socket from each place of Python code that has a frame of its own, and some where none is expected to be lost.
`line: NAME` marks the lines that the test expects in a stack; the calls are in the order of the test's table.

SPDX-License-Identifier: Apache-2.0
"""

import _socket
import ctypes
import os
import socket
import threading

kept = []


class Socket(socket.socket):
    pass


def größe_文():
    return socket.socket()  # line: names


def generator():
    yield socket.socket()  # line: generator


async def coroutine():
    return socket.socket()  # line: coroutine


def run_coroutine():
    try:
        coroutine().send(None)  # line: run_coroutine
    except StopIteration as stop:
        return stop.value


class Maker:
    def __call__(self):
        return Socket()  # line: call

    @property
    def made(self):
        return socket.socket()  # line: property

    def __lt__(self, other):
        kept.append(socket.socket())  # line: less
        return True


def sort():
    sorted([Maker(), Maker()])  # line: sort


def gil_held():
    return ctypes.PyDLL(None).socket(2, 1, 0)  # line: held


def gil_released():
    return ctypes.CDLL(None).socket(2, 1, 0)  # line: released


def recursive(depth):
    return recursive(depth - 1) if depth else _socket.socket()  # line: recursive


def in_thread():
    kept.append(socket.socket())  # line: thread


def main():
    kept.append(größe_文())  # line: main_names
    kept.extend(generator())  # line: main_generator
    kept.append(run_coroutine())  # line: main_coroutine
    kept.append(Maker()())  # line: main_call
    kept.append(Maker().made)  # line: main_property
    sort()  # line: main_sort
    kept.append((lambda: _socket.socket())())  # line: lambda
    kept.append(gil_held())  # line: main_held
    kept.append(gil_released())  # line: main_released
    exec(compile("\n\nkept.append(_socket.socket())", "a generated file", "exec"))  # line: exec
    kept.append(recursive(30))  # line: deep
    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join()
    os._exit(0)


main()  # line: module
