"""Where it happened: the functions, files and lines of stacks, compared frame by frame.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, find  # pylint: disable=wrong-import-position

COMPILERS = {"c": ["gcc", "clang"], "cc": ["g++", "clang++"]}
LEVELS = ["-O0", "-O1", "-O2", "-O3"]


def source(name):
    return find("tests/symbols/" + name)


def line(name, mark):
    """The line of a source that `line: MARK` marks."""
    for number, text in enumerate(source(name).read_text(encoding="utf-8").splitlines(), 1):
        if re.search(rf"line: {mark}\b", text):
            return number
    raise AssertionError(f"{name}: expected a line marked 'line: {mark}'")


def frames(name, *marks):
    """(function, file, line) of each marked line; a mark FUNCTION=MARK tells a function whose mark is another."""
    pairs = [mark.rpartition("=") for mark in marks]
    return [(function or mark, name, line(name, mark)) for function, _, mark in pairs]


def frames_of(violation, role="opened", path=False):
    """(function, file, line) of the frames up to main."""
    found = [(frame.get("function"), frame.get("file"), frame.get("line")) for frame in violation["stacks"][role]]
    found = [(function, file if path or not file else os.path.basename(file), number) for function, file, number in found]
    for i, frame in enumerate(found):
        if frame[0] == "main":
            return found[:i + 1]
    return found


C_FRAMES = frames("frames.c", "make", "inlined_deeper", "inlined", "serve", "main")


class SymbolsTest(SockSanTest):
    def build(self, name, out, *flags, compiler="gcc"):
        path = os.path.join(self.tmp, out)
        subprocess.run([compiler, "-o", path, str(source(name)), *flags], check=True)
        return path

    def opened(self, result):
        self.assert_codes(result, {"never-closed": 1})
        return result.report["violations"][0]

    def assert_frames(self, violation, expected, what, role="opened"):
        self.assertEqual(expected, frames_of(violation, role), f"{what}: expected exactly these frames")


class NativeTest(SymbolsTest):
    def each_build(self, name, expected, *flags):
        for compiler in COMPILERS[name.partition(".")[2]]:
            for level in LEVELS:
                built = self.build(name, "program", "-g", level, *flags, compiler=compiler)
                violation = self.opened(self.socksan_run([built]))
                self.assert_frames(violation, expected, f"{compiler} {level} {' '.join(flags)}")

    def test_c(self):
        self.each_build("frames.c", C_FRAMES)

    def test_c_without_position_independence(self):
        self.each_build("frames.c", C_FRAMES, "-no-pie")

    def test_cpp(self):
        self.each_build("frames.cc", frames(
            "frames.cc", "net::Pool<int>::take=take", "net::open_one<2>=open_one", "net::(anonymous namespace)::hidden=hidden",
            "net::inlined=inlined", "net::Server::run=run", "main"))


if __name__ == "__main__":
    unittest.main()
