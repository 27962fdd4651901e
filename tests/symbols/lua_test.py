"""Where it happened in Lua: the frames of each of Lua 5.1 to 5.4 and LuaJIT that is at hand with LuaSocket, and what their collector closes.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import platform
import shutil
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from marks import frames, frames_of, line, source  # pylint: disable=wrong-import-position
from socksan_test import SockSanTest, select  # pylint: disable=wrong-import-position

PROGRAMS = ["lua5.1", "lua5.2", "lua5.3", "lua5.4", "luajit"]

# What places.lua loses, in its order: the frames of each, innermost first. How a function that no name led to is called differs: see named().
PLACES = [
    ["<main>=server"],
    ["open", "field", "method", "global", "<main>=main_global"],
    ["open", "upvalue", "nested", "<main>=main_nested"],
    ["TAIL=open", "<main>=main_tail"],
    ["open", "inner", "<anonymous>=call_inner"],
    ["open", "outer", "<anonymous>=call_outer"],
    ["open", "protected", "<anonymous>=call_protected", "<main>=main_pcall"],
    ["open", "order", "<anonymous>=call_order", "<main>=main_sort"],
    ["open", "search", "INDEX=index", "<main>=main_index"],
    None,
    ["open", "recursive=deepest", *["recursive"] * 30, "<main>=main_deep"],
    ["open", "iterate", "<anonymous>=iterator", "<main>=main_iterator"],
]


class Lua(SockSanTest):
    """The tests of one interpreter: see the end of the file."""

    program = None

    def setUp(self):
        super().setUp()
        if not shutil.which(self.program) or self.bare([self.program, "-e", "require 'socket'"]).status != 0:
            self.skipTest(f"no {self.program} with LuaSocket here")

    def run_lua(self, name, *args):
        return self.socksan_run([self.program, str(source(name)), *args])

    def run_text(self, text):
        path = pathlib.Path(self.tmp, "script.lua")
        path.write_text(text, encoding="utf-8")
        return self.socksan_run([self.program, str(path)])

    def violations(self, result, code, count):
        found = [violation for violation in result.report["violations"] if violation["code"] == code]
        self.assertEqual(count, len(found), f"expected {count} different violations of {code}\n{result.stderr}")
        return found

    def assert_clean(self, result):
        self.assertEqual(0, result.status, f"expected status 0\n{result.stderr}")
        self.assert_silent(result)
        self.assert_all_read(result)

    def named(self, marks):
        """LuaJIT names the function of a tail call by the one that it took the place of."""
        jit, version = self.program == "luajit", self.program[-3:]
        tail = "tail" if jit else "<anonymous>"
        index = "<anonymous>" if version == "5.1" else "index" if version == "5.4" else "__index"
        return [mark.replace("TAIL", tail).replace("INDEX", index) for mark in marks]

    def test_each_place_is_named(self):
        result = self.run_lua("places.lua")
        leaks = sorted(self.violations(result, "never-closed", len(PLACES)), key=lambda leak: leak["fds"][0])
        for expected, leak in zip(PLACES, leaks):
            found = [frame for frame in frames_of(leak, "opened", "lua") if frame[1] != "socket.lua"]
            if expected:
                self.assertEqual(frames("places.lua", *self.named(expected)), found)
            else:
                self.assertEqual([("<main>", "generated", 3), *frames("places.lua", "<main>=main_generated")], found[1:])
                self.assertEqual(("places.lua", line("places.lua", "open")), found[0][1:])
            self.assertEqual("interpreter-end", leak["cause"])
        self.assertEqual("bind", frames_of(leaks[0], "opened", "lua")[0][0], "expected the library's frame too")
        self.assert_codes(result, {"never-closed": len(PLACES)})
        self.assertIn(f"places.lua:{line('places.lua', 'server')} in <main>\n", result.stderr, "expected the user's line, not the library's")

    def test_what_a_script_closes_is_closed(self):
        self.assert_clean(self.run_lua("places.lua", "fixed"))

    def test_what_the_collector_closed_is_told_from_what_code_closed(self):
        result = self.run_lua("collected.lua")
        both, = self.violations(result, "gc-closed", 1)
        self.assertEqual(2, both["count"], "expected one opening, wherever the collector ran")
        self.assertEqual(frames("collected.lua", "connect", "lose", "<main>=main_lose"), frames_of(both, "opened", "lua"))
        self.assertNotIn("at", both["stacks"], "expected no place of the collector's, which runs anywhere")
        self.assertIn("<close>", both["help"])
        self.assert_codes(result, {"gc-closed": 2})

    def test_what_finalizers_and_hooks_of_the_program_close(self):
        self.assert_clean(self.run_lua("collected.lua", "fixed"))

    def test_a_double_close_names_both_lines(self):
        result = self.run_lua("misuse.lua", "twice")
        twice, = self.violations(result, "double-close", 1)
        self.assertEqual(frames("misuse.lua", "second", "<main>=main_second"), frames_of(twice, "at", "lua"))
        self.assertEqual(frames("misuse.lua", "first", "<main>=main_first"), frames_of(twice, "closed", "lua"))
        self.assertEqual(frames("misuse.lua", "<main>=opened"), frames_of(twice, "opened", "lua"))

    def test_a_use_after_close_names_both_lines(self):
        result = self.run_lua("misuse.lua", "use")
        used, = self.violations(result, "use-after-close", 1)
        self.assertEqual(frames("misuse.lua", "<main>=use"), frames_of(used, "at", "lua"))
        self.assertEqual(frames("misuse.lua", "first", "<main>=main_first"), frames_of(used, "closed", "lua"))

    def test_no_misuse(self):
        self.assert_clean(self.run_lua("misuse.lua", "fixed"))

    def test_code_that_takes_the_place_of_other_code_is_told_apart(self):
        result = self.run_text("""
local load = loadstring or load
socket = require "socket"
for i = 1, 50 do
    load(("\\n"):rep(i) .. "local s = socket.udp() s:setsockname('127.0.0.1', 0) s:close()", "=made" .. i)()
    collectgarbage()
end
""")
        self.assert_clean(result)
        made = {frame for stack in select(result.traces, ev="stack") for frame in stack.get("lua", []) if frame.startswith("made")}
        self.assertEqual({f"made{i}:{i + 1} <main>" for i in range(1, 51)}, made)

    def test_a_stack_is_recorded_once(self):
        result = self.run_text("""
local socket = require "socket"
local function cycle()
    local one = socket.udp()
    one:setsockname("127.0.0.1", 0)
    one:close()
end
for i = 1, 200 do
    cycle()
    coroutine.wrap(cycle)()
end
""")
        self.assert_clean(result)
        stacks = [tuple(stack["lua"]) for stack in select(result.traces, ev="stack")]
        self.assertEqual(4, len({stack for stack in stacks if len(stack) == 2} | {stack for stack in stacks if len(stack) == 1}),
                         f"expected a stack of socket and one of close, called and in a coroutine\n{set(stacks)}")
        self.assertLess(len(stacks), 12, "expected few stacks for many events")

    def test_coroutines_that_end_while_the_collector_runs(self):
        self.assert_clean(self.run_text("""
local socket = require "socket"
local function work(depth)
    local one = socket.udp()
    one:setsockname("127.0.0.1", 0)
    coroutine.yield()
    if depth > 0 then
        local inner = coroutine.wrap(work)
        inner(depth - 1)
        inner()
    end
    one:close()
end
for i = 1, 300 do
    local run = coroutine.wrap(work)
    run(i % 4)
    local waste = {}
    for j = 1, 50 do waste[j] = {tostring(j)} end
    if i % 7 == 0 then collectgarbage() end
    pcall(error, {})
    run()
end
"""))


for each in PROGRAMS:
    name = each.replace(".", "_").capitalize()
    globals()[name] = type(name, (Lua,), {"program": each})
del Lua

# Where the shim does not know in which registers a function keeps what its caller had, there are no frames: see shim/arch/arch.h.
if os.environ.get("SOCKSAN_GENERIC_ARCH") or platform.machine() != "x86_64":
    for each in PROGRAMS:
        del globals()[each.replace(".", "_").capitalize()]

if __name__ == "__main__":
    unittest.main()
