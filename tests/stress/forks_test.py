"""Threads that churn sockets while the process forks, forks in forks, and vfork with exec.

SPDX-License-Identifier: Apache-2.0
"""

import collections
import unittest

from stress_base import ITERATIONS, StressTest


class ForksTest(StressTest):
    def test_threads_churn_sockets_while_the_main_thread_forks(self):
        own, children = self.run_watched("stress_fork", ITERATIONS)
        self.assert_clean(own)
        self.assertEqual(len(children), ITERATIONS, "expected a trace of each child")
        self.assertEqual(collections.Counter(child.exit and child.exit["status"] for child in children),
                         collections.Counter(i % 100 for i in range(ITERATIONS)), "expected each child's exit status")
        for child in children:
            self.assertEqual((child.first["how"], child.first["ppid"]), ("fork", own.first["pid"]))
            self.assertEqual((child.violations, child.leaks, child.exit["dropped"]), ([], [], 0), f"in the trace of {child.first}")

    def test_forked_children_fork_children_that_fork(self):
        n = -(-ITERATIONS // 3)
        own, children = self.run_watched("stress_nested_fork", n)
        self.assert_clean(own)
        self.assertEqual(collections.Counter(child.exit and child.exit["status"] for child in children), {0: n, 1: n, 2: n},
                         "expected each child's exit status")
        for child in children:
            self.assertEqual((child.violations, child.leaks, child.exit["dropped"]), ([], [], 0), f"in the trace of {child.first}")

    def test_vfork_and_exec(self):
        own, children = self.run_watched("stress_vfork", ITERATIONS)
        self.assert_clean(own)
        for child in children:
            self.assertEqual(child.first["how"], "exec")
            self.assertEqual((child.violations, child.leaks), ([], []))


if __name__ == "__main__":
    unittest.main()
