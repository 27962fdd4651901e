"""The structure of the code is as ARCHITECTURE.md says: includes go one way, files and functions stay small, a name means one thing.

The order of the rooms is read from ARCHITECTURE.md: in a line `shim: a b c` a file of b may include what lies in a or b, never in c.
SPDX-License-Identifier: Apache-2.0
"""

import collections
import pathlib
import re
import unittest

from socksan_test import find

TOP = find("shim/model/hooks.def").resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include "((?:shim|analyzer)/[^"]+)"', re.M)
TAG = re.compile(r"^(?:static (?:const )?|typedef )?(?:struct|union|enum) (\w+)(?: \{|$)", re.M)  # where one is defined, not just named
SHARED = "shim/kernel/runtime.h"  # what `socksan run` and the shim do alike
# What stands in a room of shim/ alone, and the files that may name it too: socksan.h is installed alone, options and the table of languages have the name.
KEPT = {
    "arch": (r"__x86_64__|__aarch64__|%%?r[abcds][xip]\b", {"shim/api/socksan.h"}),
    "lang": (r"(?i)python", {"shim/model/lang.def", "shim/model/options.h", "shim/state/options.h"}),
    "libc": (r"__GLIBC__|_dl_find_object\(|dladdr1|RTLD_DL|__rlimit_resource|fcloseall", set()),
}
LINES_PER_FILE = 500
LINES_PER_FUNCTION = 70


def sources():
    """Every source and header of both halves, as paths below the top."""
    return sorted(str(path.relative_to(TOP)) for half in ("shim", "analyzer") for path in (TOP / half).rglob("*")
                  if path.suffix in (".c", ".h", ".def"))


def order():
    """{half: [room, ...]}, the lowest room first."""
    text = find("ARCHITECTURE.md").read_text(encoding="utf-8")
    return {half: rooms.split() for half, rooms in re.findall(r"^(shim|analyzer): ([a-z ]+)$", text, re.M)}


def room(path):
    half, name, *rest = path.split("/")
    return half, name if rest else ""


def module(path):
    """A header and its source are one step."""
    return path.rpartition(".")[0]


def code(path):
    """A file without its comments, which may cite what they speak of."""
    return re.sub(r"/\*.*?\*/", "", (TOP / path).read_text(encoding="utf-8"), flags=re.S)


def functions(text):
    """(name, lines) of each function of a C file, as clang-format lays it out: braces in the first column."""
    lines = text.split("\n")
    start = None
    for number, line in enumerate(lines):
        if line == "{":
            start = number
        elif line.startswith("}") and start is not None:
            head = " ".join(lines[max(0, start - 4):start])
            name = re.findall(r"(\w+)\s*\(", head)
            yield (name[-1] if name else "?"), number - start + 1
            start = None


class House(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.order = order()
        cls.includes = {path: INCLUDE.findall((TOP / path).read_text(encoding="utf-8")) for path in sources()}

    def test_every_room_is_in_the_order(self):
        rooms = {room(path) for path in self.includes if room(path)[0] in self.order}
        told = {(half, name) for half, names in self.order.items() for name in names}
        self.assertIn("shim", self.order)
        self.assertEqual(rooms, told, "expected the rooms to be those that ARCHITECTURE.md orders")

    def test_includes_never_go_up(self):
        wrong = []
        for path, included in self.includes.items():
            half, own = room(path)
            for other in included:
                their_half, their = room(other)
                if half != their_half:
                    if not (half == "analyzer" and (their == "model" or other == SHARED)):
                        wrong.append(f"{path} includes {other}, which is not in shim/model")
                elif half in self.order and self.order[half].index(their) > self.order[half].index(own):
                    wrong.append(f"{path} includes {other}, which lies above")
        self.assertEqual(wrong, [], "expected includes to go down the order of ARCHITECTURE.md")

    def test_no_circle(self):
        graph = collections.defaultdict(set)
        for path, included in self.includes.items():
            if room(path)[0] not in self.order:
                continue
            graph[module(path)] |= {module(other) for other in included} - {module(path)}
        state, stack = {}, []

        def visit(node):
            state[node] = 1
            stack.append(node)
            for other in sorted(graph[node]):
                if state.get(other) == 1:
                    self.fail("a circle of includes: " + " -> ".join(stack[stack.index(other):] + [other]))
                if not state.get(other):
                    visit(other)
            stack.pop()
            state[node] = 2

        for node in sorted(graph):
            if not state.get(node):
                visit(node)

    def test_machine_language_and_libc_are_named_in_their_rooms_alone(self):
        for own, (names, others) in KEPT.items():
            with self.subTest(own):
                found = {f"{path}: {match[0]}" for path in self.includes if path.startswith("shim/") and path not in others
                         and room(path)[1] != own for match in [re.search(names, code(path))] if match}
                self.assertEqual(found, set(), f"expected this in shim/{own} alone")

    def test_files_and_functions_are_small(self):
        large = []
        for path in self.includes:
            text = (TOP / path).read_text(encoding="utf-8")
            if path.endswith((".c", ".h")) and text.count("\n") > LINES_PER_FILE:
                large.append(f"{path}: {text.count(chr(10))} lines")
            if path.endswith(".c"):
                large += [f"{path}: {name} has {n} lines" for name, n in functions(text) if n > LINES_PER_FUNCTION]
        self.assertEqual(large, [], f"expected at most {LINES_PER_FILE} lines a file, {LINES_PER_FUNCTION} a function")

    def test_a_name_means_one_thing(self):
        places = collections.defaultdict(list)
        for path in self.includes:
            for name in TAG.findall((TOP / path).read_text(encoding="utf-8")):
                places[name].append(path)
        twice = {name: paths for name, paths in places.items() if len(paths) > 1}
        self.assertIn("state", places, "expected the enums of shim/model among those found")
        self.assertEqual(twice, {}, "expected each struct, union and enum of shim and analyzer to have a name of its own")


if __name__ == "__main__":
    unittest.main()
