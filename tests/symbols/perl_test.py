"""Where it happened in Perl: the frames of the installed Perls, which are the ones that caller() shows, and what only its end closes.

SPDX-License-Identifier: Apache-2.0
"""

import glob
import os
import pathlib
import pwd
import shutil
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from marks import line, source  # pylint: disable=wrong-import-position
from scripts import ScriptTest  # pylint: disable=wrong-import-position
from socksan_test import select  # pylint: disable=wrong-import-position

INET = ["Socket.pm:IO::Socket::socket", "INET.pm:IO::Socket::INET::configure", "Socket.pm:IO::Socket::new", "INET.pm:IO::Socket::INET::new"]
UNIX = ["Socket.pm:IO::Socket::socket", "UNIX.pm:IO::Socket::UNIX::configure", "Socket.pm:IO::Socket::new", "UNIX.pm:IO::Socket::UNIX::new"]
END = ["main::main=main_{}", "(main)=main"]


class Perl(ScriptTest):
    """The tests of one interpreter: see the end of the file."""

    lang = "perl"
    library = r"/IO/Socket"
    path = None

    def run_perl(self, name, *args, options=(), **popen):
        return self.socksan_run([self.path, str(source(name)), *args], *options, **popen)

    def run_text(self, text, **popen):
        program = pathlib.Path(self.tmp, "program.pl")
        program.write_text("use Socket;\n" + text, encoding="utf-8")
        return self.socksan_run([self.path, str(program)], **popen)

    def test_each_place_is_the_one_that_caller_tells(self):
        result = self.run_perl("places.pl", os.path.join(self.tmp, "socket"))
        opened = self.opened(result)
        told = [text.split("\t") for text in result.stdout.splitlines()]
        self.assertEqual(14, len(told), "expected the program to have opened its sockets")
        for descriptor, *expected in told:
            self.assertEqual(expected[:64], opened[int(descriptor)], f"descriptor {descriptor}")
        self.assertIn(f"{source('places.pl')}:{line('places.pl', 'datagram')} main::datagram", told[0][1])

    def test_what_only_its_end_closes_was_never_closed(self):
        result = self.run_perl("places.pl", os.path.join(self.tmp, "socket"))
        causes = {violation.get("cause") for violation in result.report["violations"]}
        self.assertEqual({"interpreter-end"}, causes)
        self.assert_codes(result, {"never-closed": 21})
        by_descriptor = {violation["fds"][0]: violation for violation in result.report["violations"]}
        for descriptor, severity, frames in [
                (3, "warning", [*INET, "(main)=listener"]),
                (4, "error", [*INET, "Client::new=new", "main::main=main_new", "(main)=main"]),
                (5, "error", [*INET, "Client::new=new", "Client::Nested::new=nested", "main::main=main_nested", "(main)=main"])]:
            self.assertEqual(severity, by_descriptor[descriptor]["severity"])
            self.assertEqual(self.library_frames("places.pl", *frames), self.frames_of(by_descriptor[descriptor], "opened"))
        unix, accepted, pair = sorted(by_descriptor)[-5:-2]
        self.assertEqual(self.library_frames("places.pl", *UNIX, "main::main=main_unix", "(main)=main"), self.frames_of(by_descriptor[unix], "opened"))
        self.assertEqual(self.library_frames("places.pl", "Socket.pm:IO::Socket::accept", "main::main=main_accept", "(main)=main"),
                         self.frames_of(by_descriptor[accepted], "opened"))
        self.assertEqual(self.library_frames("places.pl", "main::main=main_pair", "(main)=main"), self.frames_of(by_descriptor[pair], "opened"))
        self.assertIn(f"places.pl:{line('places.pl', 'new')} in Client::new\n", result.stderr,
                      "expected the headline to name the user's line, not that of the library")

    def library_frames(self, name, *marks):
        """Like frames(), for functions that have colons."""
        found = []
        for mark in marks:
            if mark.startswith(("Socket.pm:", "INET.pm:", "UNIX.pm:")):
                file, _, function = mark.partition(":")
                found.append((function, file, None))
            else:
                function, _, at = mark.partition("=")
                found.append((function, name, line(name, at)))
        return found

    def test_what_goes_out_of_scope_is_closed(self):
        for text in ["{ socket(my $s, AF_INET, SOCK_DGRAM, 0) }", "sub lost { socket(my $s, AF_INET, SOCK_DGRAM, 0); return } lost() for 1 .. 3;",
                     "my $s; socket($s, AF_INET, SOCK_DGRAM, 0); undef $s;", "socket(my $s, AF_INET, SOCK_DGRAM, 0); END { close $s }",
                     "package Holder { sub DESTROY { close $_[0]{s} } } our $h = bless {}, 'Holder'; socket($h->{s}, AF_INET, SOCK_DGRAM, 0);"]:
            with self.subTest(text):
                result = self.run_text(text)
                self.assertEqual(0, result.status, f"expected status 0\n{result.stderr}")
                self.assert_silent(result)

    def test_however_it_ends(self):
        for end in ["exit 0;", "$! = 9; die 'now';", "END { 1 }"]:
            with self.subTest(end):
                result = self.run_text(f"our @left;\nfor my $i (0 .. 2) {{\n    socket($left[$i], AF_INET, SOCK_DGRAM, 0);\n}}\n{end}\n")
                self.assertEqual(9 if "die" in end else 23, result.status, f"expected its own status, or that of a violation\n{result.stderr}")
                leak, = self.violations(result, "never-closed", 1)
                self.assertEqual((3, "interpreter-end", [("(main)", "program.pl", 4)]),
                                 (leak["count"], leak["cause"], self.frames_of(leak, "opened")))

    def test_a_double_close_and_a_use_after_close_name_their_lines(self):
        result = self.run_perl("twice.pl")
        twice, lost = sorted(self.violations(result, "double-close", 2), key=lambda violation: self.frames_of(violation, "at")[0][2])
        used, = self.violations(result, "use-after-close", 1)
        for role, violation, frames in [
                ("at", twice, ["main::close_twice=second", "(main)=twice"]), ("closed", twice, ["main::close_twice=first", "(main)=twice"]),
                ("opened", twice, ["main::datagram=datagram", "main::close_twice=opened_twice", "(main)=twice"]),
                ("at", used, ["main::use_closed=used", "(main)=use"]), ("closed", used, ["main::use_closed=closed", "(main)=use"]),
                ("at", lost, ["main::use_closed=lost", "(main)=use"])]:
            self.assertEqual(self.library_frames("twice.pl", *frames), self.frames_of(violation, role))

    def test_one_owner_is_silent(self):
        result = self.run_perl("twice.pl", "fixed")
        self.assertEqual(0, result.status, f"expected status 0\n{result.stderr}")
        self.assert_silent(result)

    def test_code_that_lies_where_other_code_was(self):
        result = self.run_text('our @left;\nfor my $i (0 .. 11) {\n    eval "\\n" x $i . \'socket($left[$i], AF_INET, SOCK_DGRAM, 0)\';\n}\n')
        found = [int(frames[0].split(":")[1].split()[0]) for _, frames in sorted(self.opened(result).items())]
        self.assertEqual(list(range(1, 13)), found, "expected the line in each piece of code")

    def test_a_stack_is_recorded_once(self):
        result = self.run_text("for (1 .. 300) {\n    socket(my $s, AF_INET, SOCK_DGRAM, 0);\n    close $s;\n}\n")
        self.assert_silent(result)
        stacks = [tuple(stack["perl"]) for stack in select(result.traces, ev="stack")]
        self.assertEqual({(f"{self.tmp}/program.pl:3 (main)",), (f"{self.tmp}/program.pl:4 (main)",)}, set(stacks))
        self.assertLess(len(stacks), 10, "expected few stacks for many events")

    def test_closures_of_one_place_are_one(self):
        result = self.run_text("sub make { my $n = shift; sub { socket(my $s, AF_INET, SOCK_DGRAM, 0); return $n } }\n"
                               "my @made = map { make($_) } 1 .. 50;\n$_->() for @made;\n")
        self.assert_silent(result)
        stacks = [tuple(stack["perl"]) for stack in select(result.traces, ev="stack")]
        self.assertEqual({(f"{self.tmp}/program.pl:2 main::__ANON__", f"{self.tmp}/program.pl:4 (main)")}, set(stacks))
        self.assertLess(len(stacks), 10, "expected few stacks for many closures")

    def test_a_module_of_a_package_manager_is_no_code_of_the_users(self):
        module = pathlib.Path(self.tmp, "perl5/Tool.pm")
        module.parent.mkdir(parents=True)
        module.write_text("package Tool;\nuse Socket;\nsub open_one { socket(my $s, AF_INET, SOCK_DGRAM, 0); return $s }\n1;\n", encoding="utf-8")
        result = self.run_text(f"use lib '{module.parent}';\nuse Tool;\nour $kept = Tool::open_one();\n")
        leak, = self.violations(result, "never-closed", 1)
        self.assertEqual([("Tool::open_one", "Tool.pm", 3), ("(main)", "program.pl", 4)], self.frames_of(leak, "opened"))
        self.assertIn("program.pl:4 in (main)\n", result.stderr, "expected the user's line as the place")

    def test_code_that_runs_while_other_code_is_compiled(self):
        result = self.run_text("our $kept;\nBEGIN {\n    socket($kept, AF_INET, SOCK_DGRAM, 0);\n}\n")
        leak, = self.violations(result, "never-closed", 1)
        self.assertEqual(("main::BEGIN", "program.pl", 4), self.frames_of(leak, "opened")[0])

    def test_threads_and_children(self):
        if self.bare([self.path, "-e", "use threads; exit 0"]).status:
            self.skipTest("this Perl has no threads")
        for end in "exit", "_exit":
            with self.subTest(end):
                command = [self.path, str(source("lives.pl")), "4", end]
                self.assertEqual(0, self.bare(command).status, "expected the program to do without SockSan")
                result = self.socksan_run(command, "--fail-on=never")
                self.assertEqual(0, result.status, f"expected status 0\n{result.stderr}")
                opened = [frames for event, frames in self.openings(result)]
                self.assertGreater(len(opened), 50, "expected the sockets of threads and children")
                for frames in opened:
                    self.assertRegex(frames[0], r"lives\.pl:14 main::open_one$|lives\.pl:16 main::open_one$|\(eval \d+\):\d+ \(eval\)$")
                    self.assertRegex(frames[-1], r"lives\.pl:\d+ \(main\)$")


def perls():
    """By name: the system's, and those of perlbrew and plenv."""
    home = pwd.getpwuid(os.getuid()).pw_dir
    found = {"system": shutil.which("perl")}
    for path in glob.glob(f"{home}/perl5/perlbrew/perls/*/bin/perl") + glob.glob(f"{home}/.plenv/versions/*/bin/perl"):
        found[path.split("/")[-3].replace("-", "_").replace(".", "_")] = path
    return {name: path for name, path in found.items() if path}


for each, at in perls().items():
    globals()[f"Perl_{each}"] = type(f"Perl_{each}", (Perl,), {"path": at})
del Perl

if __name__ == "__main__":
    unittest.main()
