"""A filter has ended: a flush says so, and the program closes its stream, which writes once more what it kept.

Expect: silent
Options: --kinds=all
SPDX-License-Identifier: Apache-2.0
"""

import os

there, here = os.pipe()
os.close(there)
pipe = open(here, "wb")
try:
    pipe.write(b"line\n")
    pipe.flush()
except BrokenPipeError:
    pass
try:
    pipe.close()
except BrokenPipeError:
    pass
