"""Writes the numbered SQL files of analyzer/fleet/sql as C, in their order.

    steps.py FILE...      to standard output

SPDX-License-Identifier: Apache-2.0
"""

import os
import re
import sys


def c_string(text):
    """As C, a line of text to a line; no trigraph comes about."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?")
    return "\n\t\t".join('"' + line.replace("\n", "\\n") + '"' for line in escaped.splitlines(True))


def main(*paths):
    print('/* Written by steps.py from the files of analyzer/fleet/sql. */\n#include <stddef.h>\n\n#include "analyzer/fleet/schema.h"\n')
    print("const struct schema_step schema_steps[] = {")
    numbers = {}
    for path in sorted(paths, key=os.path.basename):
        name = os.path.basename(path)
        match = re.fullmatch(r"(\d{3})_\w+\.sql", name)
        if not match:
            sys.exit(f"{path}: expected a name such as 001_events.sql")
        if match[1] in numbers:
            sys.exit(f"{path}: its number is also that of {numbers[match[1]]}")
        numbers[match[1]] = path
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if not text.rstrip().endswith(";"):
            sys.exit(f"{path}: expected each statement to end with ';'")
        print(f'\t{{{int(match[1])}, "{name}",\n\t\t{c_string(text)}}},')
    print("\t{0, NULL, NULL},\n};")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
