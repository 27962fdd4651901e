"""Writes the tables of `socksan init` as C: the sections of runners.ini and services.ini, and the templates.

    tables.py FILE...      FILE: all of analyzer/init; to standard output

A section has lines `KEY = VALUE`; the values of a key may stand below it, one a line, after a tab.
SPDX-License-Identifier: Apache-2.0
"""

import os
import re
import sys

LISTS = ("seen", "build", "test", "script", "packages", "bare", "options", "examples", "notes")
TEXTS = ("image", "name", "file", "next")
FLAGS = ("build_system", "last", "alone")


class Fault(Exception):
    def __init__(self, path, number, what):
        super().__init__(f"{path}:{number}: {what}")


def c_string(text):
    """As C, a line of text to a line; no trigraph comes about."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?")
    return "\n\t".join('"' + line.replace("\n", "\\n") + '"' for line in escaped.splitlines(True))


def read(path):
    """{section: {key: [(value, the number of its line), ...]}}"""
    sections, keys, values = {}, None, None
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip()
            if not line or line.startswith("#"):
                continue
            section, pair = re.fullmatch(r"\[(\w+)\]", line), re.fullmatch(r"(\w+) = ?(.*)", line)
            if section and section[1] not in sections:
                keys = sections[section[1]] = {}
            elif pair and keys is not None and pair[1] in LISTS + TEXTS + FLAGS and pair[1] not in keys:
                values = keys[pair[1]] = [(pair[2], number)] if pair[2] else []
            elif line.startswith("\t") and values is not None:
                values.append((line[1:], number))
            else:
                raise Fault(path, number, f"expected a section, KEY = VALUE with a key of its own, or one more value, not '{line}'")
    return sections


def recipe_line(path, key, value, number):
    """A value of a list: a condition in brackets may stand before it. What is seen is a condition itself."""
    match = re.fullmatch(r"\[(.*?)\] (\S.*)", value)
    if key != "seen" and value.startswith("[") and not match:
        raise Fault(path, number, "expected [CONDITION] and a text")
    when, text = (match[1], match[2]) if match and key != "seen" else (None, value)
    return f"{{{c_string(when) if when else 'NULL'}, {c_string(text)}}},"


def print_row(path, keys, more):
    print("\t{")
    for key, text in more.items():
        print(f"\t\t.{key} =\n\t{c_string(text)},")
    for key, values in keys.items():
        if key in LISTS:
            print(f"\t\t.{key} = (const struct recipe_line[]){{")
            for value, number in values:
                print("\t\t\t" + recipe_line(path, key, value, number))
            print("\t\t\t{0},\n\t\t},")
        elif len(values) != 1:
            raise Fault(path, values[1][1] if values else 1, f"expected one value of {key}")
        else:
            print(f"\t\t.{key} = " + (c_string(values[0][0]) if key in TEXTS else "true") + ",")
    print("\t},")


def main(*paths):
    files = {os.path.basename(path): path for path in paths}

    def text(name):
        if name not in files:
            raise Fault(name, 1, "there is no such template")
        with open(files[name], encoding="utf-8") as file:
            return file.read()

    print('/* Written by tables.py: the tables and templates of analyzer/init. */\n#include <stddef.h>\n\n#include "analyzer/init/tables.h"\n')
    print("const struct test_runner test_runners[] = {")
    for name, keys in read(files["runners.ini"]).items():
        print_row(files["runners.ini"], keys, {"name": name})
    print("\t{0},\n};\n\nconst struct ci_service ci_services[] = {")
    for word, keys in read(files["services.ini"]).items():
        print_row(files["services.ini"], keys, {"word": word, "template": text(word + ".yml")})
    print(f'\t{{0}},\n}};\n\nconst char suppressions_template[] =\n\t{c_string(text("socksan.supp"))};')


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except Fault as fault:
        sys.exit(str(fault))
