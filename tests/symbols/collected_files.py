"""Files that CPython closes as it throws them away, and files that code closes at that moment, which is not the same. `line: NAME` marks the
lines that the test expects.

SPDX-License-Identifier: Apache-2.0
"""

import gc
import io
import os
import pathlib
import subprocess
import tempfile


def text():
    return open(__file__, encoding="utf-8").read()  # line: text


def unbuffered():
    open(__file__, "rb", 0)  # line: unbuffered


def number():
    io.FileIO(os.open(__file__, os.O_RDONLY))  # line: number


def cycle():
    ring = [open(__file__, "rb")]
    ring.append(ring)
    del ring
    gc.collect()  # line: cycle


class Closes:
    def __init__(self):
        self.file = open(__file__, "rb")

    def __del__(self):
        self.file.close()


def generates():
    with open(__file__, "rb") as file:
        yield file.readline()
        yield file.readline()


def closed():
    open(__file__, "rb").close()
    with open(__file__, encoding="utf-8") as file:
        file.readline()
    pathlib.Path(__file__).read_text(encoding="utf-8")
    Closes()
    next(generates())  # its with block ends as it is thrown away
    subprocess.run(["true"], stdout=subprocess.PIPE, check=True)
    with tempfile.TemporaryFile() as file:
        file.write(b"x")
    ring = [Closes(), generates()]
    next(ring[1])
    ring.append(ring)
    del ring
    gc.collect()


closed()
text()  # line: main_text
unbuffered()  # line: main_unbuffered
number()  # line: main_number
cycle()  # line: main_cycle
closed()
