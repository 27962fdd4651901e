"""Places in a script that a test names by marks: a line that ends in "line: MARK", whatever begins a comment there.

SPDX-License-Identifier: Apache-2.0
"""

import os
import re

from socksan_test import find


def source(name):
    return find("tests/symbols/" + name)


def line(name, mark):
    for number, text in enumerate(source(name).read_text(encoding="utf-8").splitlines(), 1):
        if re.search(rf"line: {re.escape(mark)}$", text):
            return number
    raise AssertionError(f"{name}: expected a line marked 'line: {mark}'")


def frames(name, *marks):
    """(function, file, line) for each FUNCTION=MARK; FILE/FUNCTION=MARK is in another file."""
    found = []
    for mark in marks:
        file, _, rest = mark.rpartition("/")
        function, _, at = rest.rpartition("=")
        found.append((function or at, file or name, line(file or name, at)))
    return found


def frames_of(violation, role, lang):
    """(function, file, line) of the frames in a language."""
    return [(frame["function"], os.path.basename(frame["file"]), frame["line"])
            for frame in violation["stacks"].get(role, []) if frame["lang"] == lang]
