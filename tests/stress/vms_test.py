"""Threads that open, close and end while the virtual machine of a language collects and at last exits, each way that it can: no crash, no hang,
nothing lost, no frame but the program's.

STRESS_ITERATIONS says how many rounds for each interpreter, 60 without it.
SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../symbols"))
import java_test  # pylint: disable=wrong-import-position
import lua_test  # pylint: disable=wrong-import-position
import perl_test  # pylint: disable=wrong-import-position
import python_test  # pylint: disable=wrong-import-position
from marks import source  # pylint: disable=wrong-import-position
from stress_base import StressTest  # pylint: disable=wrong-import-position

ITERATIONS = int(os.environ.get("STRESS_ITERATIONS", "60"))
TURNS = 250  # rounds of one process at most


class Vm(StressTest):
    """One interpreter: see the end of the file."""

    program = None  # a file beside the tests of languages
    key = None  # of its frames in a trace
    functions = None  # matches the names of its functions, as frames have them
    ends = ()  # how its processes end, in turn

    def command(self, turns, end):
        raise NotImplementedError

    def assert_frames(self, path):
        """Each frame in the program is of one of its functions, at a line that it has. How many there are."""
        name, count = os.path.basename(self.program), 0
        lines = len(source(self.program).read_text(encoding="utf-8").splitlines())
        for stack in (json.loads(text) for text in path.read_bytes().splitlines() if b'"ev":"stack"' in text):
            for frame in stack.get(self.key, []):
                file, line, function = re.fullmatch(r"(.+?):(\d+)(?::\d+)? (.+)", frame).groups()
                if os.path.basename(file) == name:
                    count += 1
                    self.assertRegex(function, f"^({self.functions})$", frame)
                    self.assertLessEqual(int(line), lines, frame)
        return count

    def check(self, own, children, end):
        for trace in [own, *children]:
            told = {line["violation"] for line in [*trace.violations, *trace.leaks]}
            self.assertLessEqual(told, {"never-closed", "gc-closed"}, f"{end}: expected what is lost to be told, and no misuse")
        for trace in children + ([own] if end != "kill" else []):
            self.assertIsNotNone(trace.exit, f"{end}: expected an exit line in the trace of {trace.first}")
            self.assertEqual((0, 0), (trace.exit["status"], trace.exit["dropped"]), f"{end}: {trace.exit}")

    def test_threads_that_end_while_it_collects_and_exits(self):
        processes = max(len(self.ends), -(-ITERATIONS // TURNS))
        for number in range(processes):
            end = self.ends[number % len(self.ends)]
            command = self.command(-(-ITERATIONS // processes), end)
            own, children = self.watch(command, killed=end == "kill")
            self.check(own, children, end)
            self.assertGreater(sum(self.assert_frames(trace.path) for trace in [own, *children]), 0, f"{command}: expected frames of {self.key}")
            shutil.rmtree(own.path.parent)


class Python(Vm):
    program, key, ends = "lives.py", "py", ("exit", "_exit", "kill")
    functions = "<module>|accept|held|open_one|nest|collect|go_on|start"
    version = None

    def command(self, turns, end):
        path = python_test.interpreter(self.version)
        if not path:
            self.skipTest(f"CPython {self.version} is not at hand")
        return [path, str(source(self.program)), str(turns), end]


class Script(Vm):
    """Of an interpreter that is named like its command."""

    path, options = None, ()

    def command(self, turns, end):
        if not self.path or not shutil.which(self.path):
            self.skipTest(f"no {self.path} here")
        return [self.path, *self.options, str(source(self.program)), str(turns), end]


class Ruby(Script):
    program, key, ends, path = "lives.rb", "ruby", ("exit", "exit!", "kill"), "ruby"
    functions = r"(block (\(\d levels\) )?in )?(open_one|nest|<main>)"


class Perl(Script):
    program, key, ends = "lives.pl", "perl", ("exit", "_exit", "kill")
    options = ["-X"]  # no word of threads that go on as it ends
    functions = r"main::(open_one|nest|__ANON__)|\(main\)|\(eval\)"


class Php(Script):
    program, key, ends, path = "lives.php", "php", ("return", "exit", "kill"), "php"
    functions = r"open_one|nest|held|fibers|child|Last::__destruct|\{main\}"


class Lua(Script):
    program, key, ends = "lives.lua", "lua", ("return", "exit", "close")
    functions = r"<main>|<anonymous>|datagram|open_one|nest|four|__gc"  # Lua 5.3 calls so what a finalizer interrupts

    def command(self, turns, end):
        command = super().command(turns, end)
        if self.bare([self.path, "-e", "require 'socket'"]).status:
            self.skipTest(f"no LuaSocket for {self.path} here")
        return command


class Node(Vm):
    """A round is a connection: some workers make as many each."""

    program, key, ends = "node_stress.js", "js", ("return", "exit")
    functions = r"<anonymous>|work|next|start|main|caller\d+"

    def command(self, turns, end):
        if not shutil.which("node"):
            self.skipTest("no node here")
        workers = max(turns // 60, 3)
        return ["node", "--expose-gc", str(source(self.program)), str(-(-turns // workers)), str(workers), *(["exit"] if end == "exit" else [])]


class Java(Vm):
    program, key = "JavaChurn.java", "java"
    ends = ("return", "exit", "halt", "return-busy", "exit-busy", "halt-busy")
    functions = r"JavaChurn(\$Work|\$Loader)?\.(deep|run|churn|main|lambda\$main\$\d|loadClass|<init>|<clinit>)"
    version = home = None

    def setUp(self):
        super().setUp()
        self.classes = self.folder("classes")
        compiler = [f"{self.home}/bin/javac", "-encoding", "UTF-8", "-d", self.classes]
        self.assertEqual(0, self.bare(compiler + [str(source(name)) for name in ("JavaChurn.java", "JavaNative.java")]).status)
        subprocess.run(["gcc", "-shared", "-fPIC", f"-I{self.home}/include", f"-I{self.home}/include/linux", "-o", f"{self.classes}/native.so",
                        str(source("java_native.c"))], check=True)

    def command(self, turns, end):
        quiet = ["--enable-native-access=ALL-UNNAMED"] if self.version >= 22 else []
        return [f"{self.home}/bin/java", *quiet, "-Xmx64m", "-cp", self.classes, "JavaChurn", end, str(turns), f"{self.classes}/native.so"]


def add(base, name, **keys):
    name = base.__name__ + re.sub(r"\W", "_", name)
    globals()[name] = type(name, (base,), keys)


for each in python_test.VERSIONS:
    add(Python, each, version=each)
for each in lua_test.PROGRAMS:
    add(Lua, each, path=each)
for each, at in perl_test.perls().items():
    add(Perl, each, path=at)
for each, at in java_test.HOMES.items():
    add(Java, str(each), version=each, home=at)
del Vm, Script, Python, Lua, Perl, Java

if __name__ == "__main__":
    unittest.main()
