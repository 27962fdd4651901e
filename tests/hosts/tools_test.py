"""Tools that run a program under their control: a debugger, a tracer, Valgrind. Each says the same about the program as without SockSan.

SPDX-License-Identifier: Apache-2.0
"""

import re
import shutil
import subprocess
import unittest

from hosts_base import HostTest, plain
from socksan_test import codes, command, find, select


class ToolsTest(HostTest):
    def need(self, tool, *trial):
        if shutil.which(tool) is None:
            self.skipTest(f"no {tool} here")
        tried = subprocess.run([tool, *trial], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True, errors="replace", timeout=60, check=False)
        if tried.returncode != 0:
            self.skipTest(f"{tool} does not work here: {tried.stdout[-300:]}")

    def test_in_a_debugger(self):
        self.need("gdb", "-batch", "-nx", "-ex", "run", "/bin/true")
        gdb = ["gdb", "-batch", "-nx", "-ex", "set debuginfod enabled off", "-ex", "run", "--args"]
        for cmd in (command("silent_vfork_exec"), command("silent_thread_handover")):
            with self.subTest(cmd):
                result = self.socksan_run([*gdb, *cmd])
                self.assertEqual((result.status, codes(result.report)), (0, {}), result.stderr)
                self.assertRegex(result.stdout, r"\[Inferior 1 \(process \d+\) exited normally\]", "expected the program to run to its end")
                self.assertTrue(select(result.traces, op="socket"), "expected the program in the debugger to be recorded")

    def test_stopped_in_a_debugger_at_its_own_functions(self):
        """A breakpoint at close is met for each call, and the backtrace leads to main through the shim."""
        self.need("gdb", "-batch", "-nx", "-ex", "run", "/bin/true")
        gdb = ["gdb", "-batch", "-nx", "-ex", "set debuginfod enabled off", "-ex", "break shutdown", "-ex", "run", "-ex", "bt", "-ex",
               "delete", "-ex", "continue", "--args", *command("silent_shutdown_listener")]
        result = self.socksan_run(gdb)
        self.assertRegex(result.stdout, r"(?s)Breakpoint 1.*#\d+ .* in main .*exited normally", result.stderr)

    def test_under_strace(self):
        self.need("strace", "-f", "-o", "/dev/null", "/bin/true")
        for cmd in (command("silent_vfork_exec"), command("silent_thread_cancelled")):
            with self.subTest(cmd):
                result = self.assert_same(["strace", "-f", "-o", "/dev/null", *cmd], found={})
                self.assertTrue(select(result.traces, op="socket"), "expected the program under strace to be recorded")

    @staticmethod
    def complaints(text):
        """What Valgrind says, less what its version 3.24 says of each file that is empty when it is mapped, which traces are."""
        return re.sub(r"(?m)^==\d+== warning: connection to image \S+\.jsonl failed\n==\d+== +cannot read program headers \n", "", text)

    def valgrind(self, cmd, *options):
        """What Valgrind says of a program: its end, and what it found."""
        result = self.socksan_run(["valgrind", *options, *cmd], "--fail-on=never")
        bare = self.bare(["valgrind", *options, *cmd])
        self.assertEqual((result.status, result.stdout), (bare.status, bare.stdout), result.stderr)
        return bare, result

    def test_under_memcheck(self):
        """No error, and none hidden: an overflow by recv into the heap is found at its line."""
        self.need("valgrind", "-q", "/bin/true")
        for cmd in (command("silent_thread_handover"), command("silent_scm_rights"), command("silent_vfork_exec")):
            with self.subTest(cmd):
                bare, result = self.valgrind(cmd, "-q", "--error-exitcode=9", "--trace-children=yes")
                self.assertEqual(bare.status, 0, bare.stderr)
                self.assertNotIn("==", self.complaints(result.stderr), "expected no word of Valgrind")
                self.assertEqual(codes(result.report), {}, result.stderr)
        bare, result = self.valgrind(command("host_sanitized", "freed"), "--error-exitcode=9")
        for ended in (bare, result):
            self.assertRegex(ended.stderr, r"(?s)unaddressable byte.*main \(host_sanitized.c:\d+\)")
            self.assertEqual((ended.status, re.search("ERROR SUMMARY: (.*)", ended.stderr)[1]), (9, "1 errors from 1 contexts (suppressed: 0 from 0)"))

    def test_helgrind_and_drd_with_the_suppressions_of_docs(self):
        """They take what threads share without a lock for races, and cannot know better."""
        self.need("valgrind", "-q", "/bin/true")
        page = find("docs/other-tools.md").read_text(encoding="utf-8")
        with open(f"{self.tmp}/supp", "w", encoding="utf-8") as file:
            file.write(re.search(r"(?s)```\n(\{\n +socksan.*?)```", page)[1])
        for tool in ("helgrind", "drd"):
            for cmd in (command("silent_two_acceptors"), command("silent_thread_handover")):
                with self.subTest(tool, command=cmd):
                    options = [f"--tool={tool}", "-q"]
                    bare = self.bare(["valgrind", *options, *cmd])
                    result = self.socksan_run(["valgrind", *options, f"--suppressions={self.tmp}/supp", *cmd])
                    self.assertEqual(("==" in self.complaints(result.stderr), result.status), ("==" in bare.stderr, bare.status), result.stderr)

    def test_valgrind_tells_the_descriptors_left_open_and_no_other(self):
        self.need("valgrind", "-q", "/bin/true")

        def told(text):
            return re.findall(r"FILE DESCRIPTORS: \d+ open.*|Open \w+ (?:socket|descriptor) \d+", plain(text))

        for name in ("never_closed_in_use", "silent_thread_handover"):
            bare, result = self.valgrind(command(name), "--track-fds=yes")
            self.assertEqual(told(result.stderr), told(bare.stderr), f"{name}: expected Valgrind to list what it lists without SockSan")


if __name__ == "__main__":
    unittest.main()
