"""Hosts on small stacks, under limits, stopped, hidden, in great numbers: what they do is what they do without SockSan.

SPDX-License-Identifier: Apache-2.0
"""

import resource
import unittest

from hosts_base import HostTest
from socksan_test import codes, program, select, shim

# What the shim may take of a thread's stack in any call: under a third of the smallest thread (PTHREAD_STACK_MIN, 16 KiB), and no
# more than the loader takes to bind a function, which is some 3 KiB, and half as much again.
STACK = 4608


class LimitsTest(HostTest):
    def stack_use(self, result):
        return {line.split()[0]: int(line.split()[1]) for line in result.stdout.splitlines() if line.split()[1].isdigit()}

    def test_calls_take_little_of_a_stack(self):
        env = self.environment(LD_BIND_NOW="1")
        bare = self.stack_use(self.bare([program("host_stacks"), "used"], env=env))
        for depth in (0, 16, 64):
            used = self.stack_use(self.preload([program("host_stacks"), "used"], f"stack_depth={depth}", env={"LD_BIND_NOW": "1"}))
            self.assertEqual(used.keys(), bare.keys())
            over = {call: n - bare[call] for call, n in used.items() if n - bare[call] > STACK}
            self.assertEqual(over, {}, f"stack_depth={depth}: expected the shim to add at most {STACK} bytes to each call")

    def test_coroutines_on_8_kib(self):
        self.assert_same([program("host_stacks"), "small"], found={"double-close": 1})

    def test_a_stack_overflow_handled_on_an_alternate_stack(self):
        self.assert_same([program("host_stacks"), "overflow"], found={"never-closed": 1})

    def test_locked_memory(self):
        self.assert_same([program("host_limits"), "locked"], found={})

    def test_a_host_that_is_not_dumpable(self):
        self.assert_same([program("host_limits"), "hidden"], found={})

    def test_stopped_and_continued(self):
        result = self.assert_same([program("host_limits"), "stopped"])
        self.assertLessEqual(set(codes(result.report)), {"never-closed"}, "expected at most the socket of the child that was killed")

    def test_as_many_descriptors_as_the_limit_allows(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        n = 100000 if hard == resource.RLIM_INFINITY else min(hard, 100000)
        cmd = [program("host_limits"), "many", str(n)]
        bare = self.bare_once(cmd)
        ended = self.finish(self.start_socksan(cmd, "--fail-on=never", "--format=json"))
        self.assert_seen(f"socksan run -- {cmd}", ended, bare)

    def test_limits_of_descriptors_are_the_hosts(self):
        for n in (1, 8, 32):
            self.assert_same([program("host_limits"), "threads", str(n)], found={})

    def test_every_number_that_the_limit_allows_is_the_hosts(self):
        for limit in (16, 64, 1024):
            with self.subTest(limit=limit):
                self.assert_same([program("host_limits"), "available", str(limit)], found={"fd-exhaustion": 2})

    def test_two_hundred_children_at_once(self):
        result = self.assert_same([program("host_limits"), "children", "200"], found={})
        self.assertEqual(len(result.report["processes"]), 201, "expected each child to be recorded")

    def test_a_chain_of_programs(self):
        result = self.assert_same([program("host_limits"), "chain", "40"], status=4, found={})
        self.assertEqual(len(select(result.traces, ev="process")), 41, "expected each program of the chain to be recorded")
        self.assertEqual(len({event["pid"] for event in result.traces}), 1)


class NumbersTest(HostTest):
    """What the shim opens for itself lies at no number that a thread of the host could meet."""

    def test_the_lowest_free_number_is_the_hosts_while_another_thread_is_recorded(self):
        for what in ("listen", "exec"):
            with self.subTest(what):
                folder = self.folder("numbers")
                env = self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={folder}/t:max_bytes=1g")
                result = self.bare([program("host_numbers"), "40000", f"{folder}/file", what], env=env)
                self.assertEqual((result.status, result.stdout), (0, "0 other numbers, 0 refused, 0 bytes in the file, -1 in the socket\n"),
                                 result.stderr)

    def numbers(self, what):
        folder = self.folder("numbers")
        cmd = [program("host_numbers"), "40000", f"{folder}/file", what]
        bare = self.bare(cmd)
        self.assertEqual(bare.status, 0, bare.stderr)
        result = self.bare(cmd, env=self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={folder}/t:max_bytes=1g"))
        self.assertEqual((result.status, result.stdout), (0, bare.stdout), f"{what}: expected what it says without the shim\n{result.stderr}")

    def test_a_thread_that_libc_does_not_know_of(self):
        self.numbers("clone")

    def test_a_message_queue_keeps_whom_it_is_to_notify(self):
        self.numbers("notify")


if __name__ == "__main__":
    unittest.main()
