"""Where it happened in Ruby: the frames of the Ruby that is at hand, what its collector closes, and what only its end does.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from marks import line, source  # pylint: disable=wrong-import-position
from scripts import ScriptTest  # pylint: disable=wrong-import-position
from socksan_test import select  # pylint: disable=wrong-import-position

END = ["main", "<main>=main"]
HTTP = ["socket.rb:connect_internal", "socket.rb:connect", "socket.rb:block in tcp", "socket.rb:foreach", "socket.rb:tcp",
        "http.rb:connect", "http.rb:do_start", "http.rb:start", "http.rb:start"]

# What places.rb leaks, in its order: the frames of each, innermost first. EVAL stands for the code of an eval.
EVAL = ("main", "(eval)", 3)
PLACES = [
    ["<main>=listener"],
    ["initialize=new", "open", "main=main_new", "<main>=main"],
    ["block in each_block=block", "each_block=each", "<internal:kernel>:tap", "main=main_block", "<main>=main"],
    ["method_missing=missing", "main=main_missing", "<main>=main"],
    ["block in <class:Client>=defined", "main=main_defined", "<main>=main"],
    ["rescue in rescued=rescued", "rescued=rescued_def", "main=main_rescued", "<main>=main"],
    ["ensured", "main=main_ensured", "<main>=main"],
    ["größe_文_with_a_name_that_is_too_long_for_its_object=names", "main=main_names", "<main>=main"],
    EVAL,
    [*HTTP, "main=main_http", "<main>=main"],
    ["main=main_unix", "<main>=main"],
    ["main=main_accept", "<main>=main"],
    ["block in main=fiber"],
    ["initialize=new", "open", "block in main=thread"],
    [*["deep"] * 41, "main=main_deep", "<main>=main"],
]


class Ruby(ScriptTest):
    lang = "ruby"
    library = r"^<internal:|/lib/ruby/\d"

    def setUp(self):
        super().setUp()
        self.path = shutil.which("ruby")
        if not self.path:
            self.skipTest("no Ruby is at hand")
        exported = "require 'fiddle'; exit Fiddle.dlopen(nil)['ruby_current_vm_ptr'] != 0"
        if self.bare([self.path, "-e", exported]).status != 0:
            self.skipTest("this Ruby does not export where its threads are, so its frames cannot be read")

    def run_ruby(self, name, *args, options=(), **popen):
        return self.socksan_run([self.path, str(source(name)), *args], *options, **popen)

    def jits(self):
        """The options for each way in which this Ruby can run: its interpreter, and a compiler that it may have."""
        return [options for options in ([], ["--yjit", "--yjit-call-threshold=1"])
                if self.bare([self.path, *options, "-e", "exit"]).status == 0]

    def run_text(self, text, **popen):
        program = pathlib.Path(self.tmp, "program.rb")
        program.write_text('require "socket"\n' + text, encoding="utf-8")
        return self.socksan_run([self.path, str(program)], **popen)

    def test_each_place_is_named(self):
        for jit in self.jits():
            with self.subTest(jit):
                self.names_each_place(jit)

    def names_each_place(self, jit):
        path = os.path.join(self.folder("sockets"), "socket")
        result = self.socksan_run([self.path, *jit, str(source("places.rb")), path])
        leaks = self.violations(result, "never-closed", len(PLACES))
        for place, leak in zip(PLACES, leaks):
            expected = [EVAL, *self.frames("places.rb", "main=main_eval", "<main>=main")] if place is EVAL else self.frames("places.rb", *place)
            found = [(function, "(eval)" if file.startswith("(eval") else file, at) for function, file, at in self.frames_of(leak, "opened")]
            self.assertEqual(expected, found)
            self.assertEqual("interpreter-end", leak["cause"])
        self.assert_codes(result, {"never-closed": len(PLACES)})
        self.assertIn(f"places.rb:{line('places.rb', 'main_http')} in main\n", result.stderr,
                      "expected the headline to name the user's line, not that of the library")

    def test_one_that_is_kept_is_graded_as_in_other_languages(self):
        result = self.run_text('listener = TCPServer.new("127.0.0.1", 0)\nKEPT = TCPSocket.new("127.0.0.1", listener.addr[1])\n')
        listener, kept = self.violations(result, "never-closed", 2)
        self.assertEqual(("warning", [("<main>", "program.rb", 2)]), (listener["severity"], self.frames_of(listener, "opened")))
        self.assertEqual(("error", [("<main>", "program.rb", 3)]), (kept["severity"], self.frames_of(kept, "opened")))

    def test_however_it_ends(self):
        for end in ["exit(0)", "at_exit { nil }", "raise SystemExit", "Thread.new { sleep }", "Thread.main.exit"]:
            with self.subTest(end):
                result = self.run_text(f"3.times {{ UDPSocket.new }}\n{end}\n")
                leak, = self.violations(result, "never-closed", 1)
                self.assertEqual([("block in <main>", "program.rb", 2), ("<main>", "program.rb", 2)],
                                 [frame for frame in self.frames_of(leak, "opened") if frame[2]])
                self.assert_codes(result, {"never-closed": 3})

    def test_what_the_collector_closed_is_told_by_its_opening(self):
        result = self.run_ruby("collected.rb")
        dropped, looped = sorted(self.violations(result, "gc-closed", 2), key=lambda violation: violation["count"])
        self.assert_codes(result, {"gc-closed": 6})
        self.assertEqual(self.frames("collected.rb", "drop", "block in <main>=main_drop"), self.frames_of(dropped, "opened"))
        self.assertEqual(self.frames("collected.rb", "block in drop_in_loop=loop"), self.frames_of(looped, "opened")[:1])
        self.assertEqual(self.frames("collected.rb", "block in <main>=main_loop"), self.frames_of(looped, "opened")[-1:])
        for violation in dropped, looped:
            self.assertNotIn("at", violation["stacks"], "expected nothing of where the collector happened to run")
            self.assertEqual("warning", violation["severity"])

    def test_what_is_closed_before_is_not_the_collectors(self):
        result = self.run_ruby("collected.rb", "closed")
        self.assertEqual(0, result.status, f"expected status 0\n{result.stderr}")
        self.assert_silent(result)

    def test_what_a_finalizer_closes_the_program_closed(self):
        result = self.run_text('class Holder\n  def initialize\n    s = UDPSocket.new\n    KEPT << s\n'
                               '    ObjectSpace.define_finalizer(self, s.method(:close).to_proc.then { |c| proc { c.call } })\n'
                               '  end\nend\nKEPT = []\nThread.new { Holder.new; nil }.join\n'
                               'Thread.new { 100_000.times { "x" * 50 } }.join\nGC.start\n')
        self.assertEqual(0, result.status, f"expected status 0\n{result.stderr}")
        self.assert_silent(result)

    def test_a_double_close_and_a_use_after_close_name_their_lines(self):
        result = self.run_ruby("twice.rb")
        twice, = self.violations(result, "double-close", 1)
        used, = self.violations(result, "use-after-close", 1)
        opened = ["pair", "close_twice=opened_twice", "<main>=twice"]
        self.assertEqual(self.frames("twice.rb", "close_twice=second", "<main>=twice"), self.frames_of(twice, "at"))
        self.assertEqual(self.frames("twice.rb", "close_twice=first", "<main>=twice"), self.frames_of(twice, "closed"))
        self.assertEqual(self.frames("twice.rb", *opened), self.frames_of(twice, "opened"))
        self.assertEqual(self.frames("twice.rb", "use_closed=used", "<main>=use"), self.frames_of(used, "at"))
        self.assertEqual(self.frames("twice.rb", "use_closed=closed", "<main>=use"), self.frames_of(used, "closed"))

    def test_one_owner_is_silent(self):
        result = self.run_ruby("twice.rb", "fixed")
        self.assertEqual(0, result.status, f"expected status 0\n{result.stderr}")
        self.assert_silent(result)

    def test_a_gem_and_the_library_are_no_code_of_the_users(self):
        gem = pathlib.Path(self.tmp, "gems/tool-1.0/lib/tool.rb")
        gem.parent.mkdir(parents=True)
        gem.write_text('require "socket"\nmodule Tool\n  def self.open = UDPSocket.new\nend\nTOP = UDPSocket.new\n', encoding="utf-8")
        result = self.run_text(f'require "{gem}"\nKEPT = Tool.open\n')
        top, opened = self.violations(result, "never-closed", 2)
        self.assertEqual([("open", "tool.rb", 3), ("<main>", "program.rb", 3)], self.frames_of(opened, "opened"))
        self.assertEqual(("<top (required)>", "tool.rb", 5), self.frames_of(top, "opened")[0])
        for at in 2, 3:
            self.assertIn(f"--> program.rb:{at} in <main>\n", result.stderr, "expected the user's line as the place")

    def test_a_stack_is_recorded_once(self):
        result = self.run_text("300.times { UDPSocket.new.close }\n")
        self.assert_silent(result)
        stacks = {tuple(stack["ruby"]) for stack in select(result.traces, ev="stack")}
        self.assertEqual(1, len(stacks), f"expected one stack of Ruby\n{stacks}")
        self.assertLess(len(select(result.traces, ev="stack")), 20, "expected few stacks for many events")

    def test_code_that_lies_where_other_code_was(self):
        text = "".join(f'eval("\\n" * {n} + "KEPT << UDPSocket.new")\nGC.start\n' for n in range(12))
        result = self.run_text("KEPT = []\n" + text)
        found = sorted(self.frames_of(leak, "opened")[0][2] for leak in self.violations(result, "never-closed", 12))
        self.assertEqual(list(range(1, 13)), found, "expected the line in each piece of code")

    def test_ractors(self):
        result = self.run_text("Warning[:experimental] = false\ndef nest(n) = n.zero? ? UDPSocket.new : nest(n - 1)\n"
                               "2.times.map { |i| Ractor.new(i) { |n| 20.times { |k| nest((n + k) % 5).close }; nest(2); nil } }.each(&:take)\n"
                               "Thread.new { 100_000.times { 'x' * 50 } }.join\nGC.start\nGC.compact\n")
        lost = [violation for violation in result.report["violations"] if violation["code"] in ("gc-closed", "never-closed")]
        self.assertEqual(2, sum(violation["count"] for violation in lost), f"expected what each ractor lost\n{result.stderr}")
        for violation in lost:
            self.assertEqual([("nest", "program.rb", 3)] * 3 + [("block (2 levels) in <main>", "program.rb", 4)], self.frames_of(violation, "opened"))

    def test_forked_children(self):
        result = self.run_text("def child = 2.times { |n| UDPSocket.new.close; UDPSocket.new if n == 1 }\n"
                               "3.times { fork { child } }\nProcess.waitall\n")
        leak, = self.violations(result, "never-closed", 1)
        self.assertEqual(3, leak["count"], f"expected a leak in each child\n{result.stderr}")
        self.assertEqual(("block in child", "program.rb", 2), self.frames_of(leak, "opened")[0])

    def test_a_collector_that_moves_objects_under_threads(self):
        for end in "exit", "exit!":
            with self.subTest(end):
                command = [self.path, str(source("lives.rb")), "25", end]
                self.assertEqual(0, self.bare(command).status, "expected the program to do without SockSan")
                result = self.socksan_run(command, "--fail-on=never")
                self.assertEqual(0, result.status, f"expected status 0\n{result.stderr}")
                lost = [violation for violation in result.report["violations"] if violation["code"] == "gc-closed"]
                self.assertGreater(len(lost), 0, f"expected what the threads lost to be told\n{result.stderr}")
                for violation in lost:
                    self.assertEqual(self.frames("lives.rb", "open_one=lost"), self.frames_of(violation, "opened")[:1])

    def test_no_page_is_touched_that_the_collector_protects(self):
        command = [self.path, str(source("moved.rb")), "1200"]
        for _ in range(3):
            bare, result = self.bare(command), self.socksan_run(command, "--fail-on=never")
            self.assertEqual((0, "0\n"), (bare.status, bare.stdout), "expected the program to do without SockSan")
            self.assertEqual((0, "0\n"), (result.status, result.stdout), f"expected nothing touched\n{result.stderr}")

    def test_no_ruby_in_a_thread_that_is_not_rubys(self):
        self.assert_silent(self.run_text('require "resolv"\nbegin\n  Addrinfo.getaddrinfo("localhost", 80)\nrescue SocketError\n  nil\nend\n'))


if __name__ == "__main__":
    unittest.main()
