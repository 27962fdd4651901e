"""What a host can see of its calls is the same with the shim as without: results, errno, numbers, cancellation, signals.

SPDX-License-Identifier: Apache-2.0
"""

import resource
import unittest

from socksan_test import SockSanTest, program, select, shim


class TransparencyTest(SockSanTest):
    def same(self, *args, **popen):
        """Both runs end alike and print the same, line by line; the events of the run under the shim."""
        command = [program(args[0]), *args[1:]]
        bare = self.bare(command, **popen)
        self.assertEqual(bare.status, 0, f"{args} without the shim: expected status 0\n{bare.stdout}{bare.stderr}")
        result = self.preload(command, **popen)
        seen, expected = result.stdout.splitlines(), bare.stdout.splitlines()
        differences = [f"{line!r}, expected {wanted!r}" for line, wanted in zip(seen, expected) if line != wanted]
        self.assertEqual(differences, [], f"{args}: the host sees the shim")
        # The shim may say on standard error that it has to step aside.
        stderr = "".join(line for line in result.stderr.splitlines(True) if not line.startswith("socksan: "))
        self.assertEqual((len(seen), stderr, result.status), (len(expected), bare.stderr, bare.status),
                         f"{args}: lines, standard error or status are not those without the shim")
        return result.traces

    @staticmethod
    def limits(soft, hard):
        """For preexec_fn: the descriptor limits of the program."""
        return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    def test_arguments_that_the_kernel_refuses_fail_as_they_do_without_the_shim(self):
        self.same("hook_transparent", "refused")

    def test_pointers_that_lead_nowhere_do_what_they_do_without_the_shim(self):
        events = self.same("hook_pointers")
        accepted = [e for e in select(events, ev="fd") if e["op"].startswith("accept") and e["ret"] >= 0]
        self.assertGreater(len(accepted), 300, "expected a line for each connection that was accepted")
        self.assertEqual([e for e in accepted if not e.get("peer", "").startswith("127.0.0.1:")], [],
                         "expected the peer's whole address, wherever the host wants it, and however little of it")

    def test_each_number_with_such_a_pointer_in_each_register_does_what_it_does_without_the_shim(self):
        """Traces of thousands of processes, which others look at: here it is the host's word alone."""
        cmd = [program("hook_pointers"), "numbers"]
        bare = self.bare(cmd)
        seen = self.bare(cmd, env=self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={self.tmp}/t"))
        self.assertEqual((bare.status, bare.stderr), (0, ""))
        self.assertIn("memfd_create, register 0 is forbidden: -1 EFAULT, status 0\n", bare.stdout, "expected this program to try each row")
        differences = [f"{line!r}, expected {wanted!r}" for line, wanted in zip(seen.stdout.splitlines(), bare.stdout.splitlines()) if line != wanted]
        self.assertEqual((differences, len(seen.stdout), seen.status), ([], len(bare.stdout), 0), "the host sees the shim")

    def test_what_the_kernel_says_to_syscall_comes_through(self):
        self.same("hook_transparent", "raw")

    def test_numbers_are_those_that_the_host_has_without_the_shim(self):
        self.same("hook_transparent", "numbers")
        self.same("hook_transparent", "numbers", preexec_fn=self.limits(200, 200))

    def test_the_shim_takes_one_descriptor_at_most(self):
        command = [program("hook_transparent"), "count"]
        bare, result = self.bare(command), self.preload(command)
        self.assertLessEqual(int(result.stdout), int(bare.stdout) + 1, "entries of /proc/self/fd: expected one more at most")

    def test_as_many_descriptors_as_without_the_shim_can_be_made(self):
        self.same("hook_transparent", "limit", "64", "128")
        self.same("hook_transparent", "limit", "64", "64")

    def test_whatever_makes_descriptors_makes_as_many_as_without_the_shim(self):
        for soft, hard in ((64, 64), (1024, 4096), (5000, 5000)):
            with self.subTest(soft=soft, hard=hard):
                self.same("hook_makers", preexec_fn=self.limits(soft, hard))

    def test_a_descriptor_that_the_shim_keeps_is_given_up_for_whatever_makes_one(self):
        for odd in ([], ["odd"]):
            with self.subTest(odd=odd):
                self.same("hook_makers", "kept", *odd, preexec_fn=self.limits(64, 64))

    def test_limits_that_came_from_outside_are_kept_to_the_last_number(self):
        for soft, hard in ((64, 64), (64, 4096)):
            with self.subTest(soft=soft, hard=hard):
                self.same("hook_transparent", "limit", str(soft), str(hard), preexec_fn=self.limits(soft, hard))

    def test_a_limit_raised_while_running_gives_the_numbers_it_gives_without_the_shim(self):
        hard = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 100000)
        for how in ("setrlimit", "setrlimit64", "prlimit", "prlimit64", "syscall"):
            with self.subTest(how):
                events = self.same("hook_transparent", "raised", how, str(hard), preexec_fn=self.limits(64, hard))
                self.assertGreater(len(select(events, op="socket", to="CLOSED")), 4096, "expected more than the low numbers hold")
                self.assertEqual([(e["open"], e["dropped"]) for e in select(events, ev="exit")], [(0, 0)])
                self.assertEqual(select(events, note="closed-unseen"), [], "expected each close to be seen")

    def test_a_host_that_closes_everything_gets_the_results_it_expects_and_its_trace(self):
        for way in ("loop", "limit", "down", "closefrom", "close_range", "syscall", "dup2", "dup3"):
            for soft, hard in ((1024, 4096), (1024, 1024), (4096, 4096)):
                with self.subTest(way, soft=soft, hard=hard):
                    events = self.same("hook_transparent", "sweep", way, preexec_fn=self.limits(soft, hard))
                    ends = select(events, ev="exit")
                    self.assertEqual(len(ends), 1, f"{way}: expected an exit line, its trace went on to the end")
                    self.assertEqual((ends[0]["open"], ends[0]["dropped"]), (0, 0), f"{way}: expected nothing open, nothing lost")
                    swept = [range(e["fd"], e["newfd"] + 1) for e in select(events, note="sweep")]
                    self.assertEqual([e for e in events if e.get("violation") and not any(e["fd"] in r for r in swept)], [],
                                     f"{way}: expected no misuse but those that a sweep note takes back")

    def test_a_library_is_unloaded_and_its_end_runs(self):
        self.same("hook_transparent", "unloaded")

    def test_a_peer_that_is_gone_can_still_be_accepted(self):
        self.same("hook_transparent", "gone")

    def test_hooks_fit_the_smallest_stacks(self):
        self.same("hook_transparent", "stacks")

    def test_a_thread_cancelled_in_system_leaves_the_environment_whole(self):
        self.same("hook_transparent", "cancelled_system")

    def test_waits_tell_of_children_what_they_tell_without_the_shim(self):
        self.same("hook_waits")

    def test_an_environment_changed_while_a_command_runs_is_the_hosts_own(self):
        self.same("hook_transparent", "shared_environment")

    def test_a_pending_cancellation_is_met_where_it_is_without_the_shim(self):
        self.same("hook_blocking", "pending")

    def test_a_blocked_call_is_cancelled_as_it_is_without_the_shim(self):
        self.same("hook_blocking", "blocked")

    def test_a_call_by_number_is_cancelled_as_it_is_without_the_shim(self):
        self.same("hook_blocking", "asynchronous")

    def test_a_signal_interrupts_a_blocked_call_as_it_does_without_the_shim(self):
        self.same("hook_blocking", "interrupted")


if __name__ == "__main__":
    unittest.main()
