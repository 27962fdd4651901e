"""socksan.h as a test's author uses it: built by each compiler, run with the shim and without.

SPDX-License-Identifier: Apache-2.0
"""

import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, find, select  # pylint: disable=wrong-import-position

STRICT = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-Wno-unused-result"]
BUILDS = {
    "gcc": ["gcc"],
    "gcc_optimised": ["gcc", "-O2", "-std=c99"],
    "gcc_fixed_address": ["gcc", "-fno-pie", "-no-pie"],
    "gcc_fixed_address_optimised": ["gcc", "-fno-pie", "-no-pie", "-O2"],
    "clang": ["clang"],
    "clang_fixed_address": ["clang", "-fno-pie", "-no-pie", "-O2"],
    "gxx": ["g++", "-x", "c++"],
    "gxx_fixed_address": ["g++", "-fno-pie", "-no-pie", "-O2", "-std=c++17", "-x", "c++"],
    "clangxx": ["clang++", "-x", "c++"],
}


def build(folder, name, flags):
    """The program of steps.c, built without a warning."""
    path = f"{folder}/{name}"
    command = [*flags, *STRICT, "-pthread", "-I", str(find("shim/api/socksan.h").parent), str(find("tests/api/steps.c")), "-o", path]
    made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if made.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: expected no warning\n{made.stdout}")
    return path


class Api(SockSanTest):
    @classmethod
    def setUpClass(cls):
        cls.program = build(os.environ.get("TEST_TMPDIR", "/tmp"), f"steps-{os.getpid()}", BUILDS["gcc"])

    @classmethod
    def tearDownClass(cls):
        os.unlink(cls.program)

    def steps(self, *steps, answers, status=0):
        """Runs the program under `socksan run`; what it printed must be the answers."""
        result = self.socksan_run([self.program, *steps])
        self.assertEqual(result.stdout.split("\n")[:-1], answers, f"{steps}: expected these answers\n{result.stderr}")
        self.assertEqual(result.status, status, result.stderr)
        return result

    def told(self, result):
        """What the checks said on standard error."""
        return re.findall(r"^socksan: (\w+: .*)$", result.stderr, re.M)


class Building(SockSanTest):
    """Each compiler, as C and C++, position independent or not: silent without the shim, alive with it."""


def add_build(name, flags):
    def test(self):
        program = build(self.tmp, name, flags)
        steps = ["active", "mark", "socket", "count", "check=one", "check=two", "left", "ignore", "left"]
        bare = self.bare([program, *steps])
        self.assertEqual((bare.status, bare.stdout, bare.stderr), (0, "active 0\ncount 0\ncheck 0\ncheck 0\nend\nignore 0\nend\n", ""))
        result = self.socksan_run([program, *steps])
        self.assertRegex(result.stdout, r"^active 1\ncount 1\ncheck 1\ncheck 0\n"
                         r"left 1 of 0: descriptor 3, CLOSED, opened at \S+\+0x[0-9a-f]+\nend\nignore 0\nend\n$", result.stderr)
        self.assert_silent(result)

    setattr(Building, "test_" + name, test)


for build_name, build_flags in BUILDS.items():
    add_build(build_name, build_flags)


class StaticBuilding(SockSanTest):
    def test_static_program_is_not_recorded(self):
        program = build(self.tmp, "static", ["gcc", "-static"])
        result = self.bare([program, "active", "socket", "check=one"])
        self.assertEqual((result.status, result.stdout), (0, "active 0\ncheck 0\n"))


class Check(Api):
    def test_what_is_open_is_told_once_with_the_label(self):
        result = self.steps("socket", "check=first", "check=second", "close", answers=["check 1", "check 0"])
        self.assertEqual(self.told(result), ["first: error[never-closed]: descriptor 3 is open, CLOSED",
                                             "first: 1 violation since the last check"])

    def test_what_was_closed_in_time_is_not_told(self):
        result = self.steps("socket", "close", "check=first", answers=["check 0"])
        self.assertEqual(self.told(result), [])

    def test_each_check_tells_what_is_new(self):
        result = self.steps("socket", "check=a", "socket", "socket", "check=b", "check=c", answers=["check 1", "check 2", "check 0"],
                            status=23)
        self.assertEqual([line.split(":")[0] for line in self.told(result)], ["a", "a", "b", "b", "b"])

    def test_a_socket_of_several_descriptors_is_one(self):
        self.steps("socket", "dup", "dup", "check=dup", answers=["check 1"], status=23)

    def test_a_misuse_is_told_with_its_code_and_call(self):
        result = self.steps("socket", "close", "again", "check=t", "check=t", answers=["check 1", "check 0"], status=23)
        self.assertEqual(self.told(result), ["t: error[double-close]: close on descriptor 3", "t: 1 violation since the last check"])
        self.assert_codes(result, {"double-close": 1})

    def test_a_listener_is_told_with_its_address(self):
        result = self.steps("listener", "bind", "check=t", "close", answers=["check 2"], status=23)
        self.assertRegex("\n".join(self.told(result)), r"t: error\[wrong-state\]: bind on descriptor 3\n"
                         r"t: warning\[never-closed\]: descriptor 3 is open, LISTENING, from 127\.0\.0\.1:\d+\nt: 2 violations")

    def test_many_misuses_are_all_counted(self):
        result = self.steps("socket", "close", *["again"] * 100, "check=t", answers=["check 100"], status=23)
        self.assertEqual(self.told(result)[-1], "t: 100 violations since the last check")
        self.assertEqual(len(self.told(result)), 33, "expected the last 32 of them, and the sum")

    def test_a_socket_closed_unseen_is_not_told(self):
        self.steps("socket", "hidden", "count", "check=t", answers=["count 0", "check 0"])

    def test_a_label_cannot_break_the_line(self):
        result = self.steps("socket", "check=\033[2J\n\"x\"", "close", answers=["check 1"])
        self.assertIn('socksan: \\u001b[2J\\u000a\\"x\\": error[never-closed]', result.stderr)

    def test_no_label(self):
        self.assertEqual(self.told(self.steps("socket", "check", "close", answers=["check 1"]))[1],
                         "check: 1 violation since the last check")

    def test_a_label_longer_than_a_line_is_cut(self):
        result = self.steps("socket", "check=" + "long" * 1000, "close", answers=["check 1"])
        self.assertRegex(result.stderr, r"(?m)^socksan: (long)+(lo)?: error\[never-closed\]: descriptor 3 is open")

    def test_a_check_that_is_told_where_standard_error_is_closed(self):
        result = self.socksan_run(["/bin/sh", "-c", f"exec {self.program} socket check=t close 2>&-"])
        self.assertEqual((result.status, result.stdout), (0, "check 1\n"), result.stderr)


class Left(Api):
    """What a test runner asks."""

    def left(self, *steps):
        """What was told of the sockets that are left: (number, listener, description without the place)."""
        result = self.socksan_run([self.program, *steps])
        self.assertTrue(result.stdout.endswith("end\n"), result.stdout + result.stderr)
        self.assertNotIn("CUT", result.stdout)
        return [(int(number), int(listener), text) for number, listener, text in
                re.findall(r"^left (\d+) of (\d+): (.*), opened at .*$", result.stdout, re.M)]

    def test_what_was_there_before_the_mark_is_not_left(self):
        self.assertEqual(self.left("socket", "mark", "left"), [])
        self.assertEqual(self.left("socket", "mark", "socket", "left"), [(2, 0, "descriptor 4, CLOSED")])

    def test_what_was_closed_is_not_left(self):
        self.assertEqual(self.left("mark", "socket", "close", "left"), [])
        self.assertEqual(self.left("mark", "socket", "hidden", "left"), [])

    def test_what_is_meant_to_stay_is_not_left(self):
        self.assertEqual(self.left("mark", "socket", "ignore", "left"), [])

    def test_a_socket_of_several_descriptors_is_left_once(self):
        self.assertEqual(self.left("mark", "socket", "dup", "dup", "left"), [(1, 0, "descriptor 3, CLOSED")])

    def test_what_is_inherited_is_not_left(self):
        self.assertEqual(self.left("socket", "fork", "left"), [])

    def test_a_number_used_again_is_another_socket(self):
        self.assertEqual(self.left("socket", "mark", "close", "socket", "left"), [(2, 0, "descriptor 3, CLOSED")])

    def test_an_accepted_socket_names_its_listener(self):
        self.assertEqual([told[:2] for told in self.left("listener", "mark", "accept", "left")], [(2, 0), (3, 1)])
        self.assertEqual([told[:2] for told in self.left("listener", "mark", "accept", "close", "socket", "left")],
                         [(4, 0), (2, 0), (3, 0)], "expected no listener where another socket has its descriptor")

    def test_the_place_is_the_call_that_addr2line_finds(self):
        result = self.socksan_run([self.program, "mark", "listener", "left"])
        module, offset = re.search(r"opened at (\S+)\+(0x[0-9a-f]+)$", result.stdout, re.M).groups()
        self.assertEqual(os.path.realpath(module), os.path.realpath(self.program))
        found = subprocess.run(["addr2line", "-f", "-e", module, offset], stdout=subprocess.PIPE, text=True, check=True).stdout
        self.assertEqual(found.split("\n")[0], "make_socket")

    def test_without_stacks_there_is_no_place(self):
        result = self.socksan_run([self.program, "mark", "socket", "left"], "--option=stack_depth=0")
        self.assertEqual(result.stdout, "left 1 of 0: descriptor 3, CLOSED\nend\n")

    def test_a_trace_that_is_full_still_tells_what_is_open(self):
        result = self.socksan_run([self.program, "mark", *["socket", "close"] * 400, "socket", "left"], "--option=max_bytes=65536")
        self.assertRegex(result.stdout, r"^left 401 of 0: descriptor 3, CLOSED(, opened at \S+)?\nend\n$")

    def test_it_finds_the_place_in_a_long_trace(self):
        told = self.left("mark", *["socket", "close"] * 20000, "listener", "left")
        self.assertEqual(len(told), 1)
        self.assertRegex(told[0][2], r"^descriptor 3, LISTENING, from 127\.0\.0\.1:\d+$")

    def test_it_keeps_to_the_room_that_it_is_given(self):
        self.assertEqual(self.socksan_run([self.program, "socket", "cut", "close"]).stdout, "cut 1 descr 1\n")


class Places(Api):
    """Where a check may be called from."""

    def test_threads_share_the_violations_out(self):
        result = self.steps("threads=8", "check=rest", answers=["threads 400", "check 0"], status=23)
        self.assert_violation(result, "never-closed", 400)

    def test_a_signal_handler(self):
        self.steps("socket", "signal", "close", answers=["signal 1"])

    def test_errno_is_kept(self):
        self.steps("socket", "dirty", answers=["errno kept"])

    def test_a_forked_child_answers_for_itself(self):
        result = self.steps("socket", "again", "fork", "count", "check=child", "socket", "count", "check=child",
                            answers=["count 0", "check 0", "count 1", "check 1"], status=23)
        self.assert_violation(result, "never-closed", 2)

    def test_a_child_that_is_not_followed_is_not_active(self):
        result = self.socksan_run([self.program, "active", "fork", "active", "socket", "check"], "--option=follow=0")
        self.assertEqual(result.stdout, "active 1\nactive 0\ncheck 0\n", result.stderr)


class Ignore(Api):
    def test_an_intended_socket_is_not_told_by_checks_nor_by_the_report(self):
        result = self.steps("socket", "ignore", "ignore", "count", "check=t", answers=["ignore 0", "ignore 0", "count 1", "check 0"])
        self.assert_silent(result)
        self.assertEqual(len(select(result.traces, note="intended")), 1, "expected one line that says so")
        self.assertEqual(select(result.traces, ev="leak"), [])

    def test_it_holds_for_every_descriptor(self):
        self.assert_silent(self.steps("socket", "dup", "ignore", "close", "check=t", answers=["ignore 0", "check 0"]))

    def test_it_ends_with_the_socket(self):
        result = self.steps("socket", "ignore", "close", "socket", "check=t", answers=["ignore 0", "check 1"], status=23)
        self.assert_violation(result, "never-closed", 1)

    def test_it_forgives_no_misuse(self):
        self.steps("socket", "ignore", "close", "again", "check=t", answers=["ignore 0", "check 1"], status=23)

    def test_what_is_no_socket_is_refused(self):
        self.steps("ignore", "socket", "close", "ignore", answers=["ignore -1", "ignore -1"])

    def test_a_process_that_is_killed_keeps_its_word(self):
        result = self.socksan_run(["/bin/sh", "-c", f"{self.program} socket ignore; kill -9 $$"])
        self.assert_silent(result)


if __name__ == "__main__":
    unittest.main()
