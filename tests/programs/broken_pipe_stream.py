"""A filter has ended: a flush says so, and the program writes to it again.

Expect: broken-pipe function=feed
Options: --kinds=all
SPDX-License-Identifier: Apache-2.0
"""

import os


def feed(stream):
    for _ in range(2):
        try:
            stream.write(b"line\n")
        except BrokenPipeError:
            pass


there, here = os.pipe()
os.close(there)
with open(here, "wb", buffering=0) as pipe:
    feed(pipe)
