"""clone and unshare: what shares this memory but not its descriptors, or the other way round. The host behaves as without the
shim, the trace of the parent is complete, and what is not recorded is reported.

SPDX-License-Identifier: Apache-2.0
"""

import unittest

from socksan_test import SockSanTest, program, select

ENDS = ["return", "_exit", "exit", "quick_exit", "exec"]
# The children of clone that are a process of their own in the trace, and those of which only this is said, that they are not recorded.
RECORDED, UNSEEN = {"fork"}, {"files", "vm", "thread", "range", "cloexec", "early"}


class CloneTest(SockSanTest):
    def run_(self, *args, status=0):
        """The events, of a run that prints and ends as without the shim."""
        command = [program("hook_clone"), *args]
        bare = self.bare(command)
        self.assertEqual(bare.status, status, f"{args} without the shim: expected status {status}\n{bare.stdout}{bare.stderr}")
        result = self.preload(command)
        self.assertEqual((result.status, result.stdout, result.stderr), (bare.status, bare.stdout, bare.stderr), f"{args}: the host sees the shim")
        return result.traces

    def assert_whole(self, what, events):
        """The parent: its two sockets used and closed, one left open, and its end."""
        parent = min(e["pid"] for e in events if e["ev"] == "process")
        self.assertEqual([e["how"] for e in select(events, ev="process", pid=parent)], ["exec"], f"{what}: expected one start of the parent")
        ends = select(events, ev="exit", pid=parent)
        self.assertEqual([(e["status"], e["open"], e["dropped"]) for e in ends], [(0, 1, 0)], f"{what}: expected the parent to end with its leak")
        self.assertEqual(len(select(events, ev="leak")), 1, f"{what}: expected the parent's leak alone")
        self.assertEqual([e for e in events if "note" in e or e.get("violation", "never-closed") != "never-closed"], [],
                         f"{what}: expected nothing but the leak")
        self.assertEqual([e["why"] for e in select(events, ev="lost")], ["own-table"] * (what in UNSEEN), f"{what}: what is not recorded is said once")
        return parent

    def test_children_of_clone(self):
        for what in ("fork", "files", "vfork", "vfork by name", "sibling", "vm"):
            for end in ENDS:
                if what == "vm" and end in ("exit", "quick_exit"):
                    continue  # beside its parent, in the same handlers
                with self.subTest(what, end=end):
                    events = self.run_(what, end)
                    parent = self.assert_whole(what, events)
                    children = {e["pid"] for e in events} - {parent}
                    self.assertEqual(len(children), what in RECORDED, "expected a trace of the child where it is a fork, and nowhere else")
                    self.assertEqual([m for m in select(events, ev="module") if m["path"].endswith("libsocksan.so")], [],
                                     "expected no frame of the shim's on a child's stack")
                    for child in children:
                        self.assertEqual(select(events, ev="process", pid=child)[0]["how"], "fork")
                        if end != "exec":
                            self.assertEqual(len(select(events, ev="exit", pid=child)), 1, f"{end}: expected the child's end to be seen")
                    seen = 2 if what == "sibling" else 0
                    self.assertEqual(len(select(events, op="socketpair", pid=parent)), 2 + seen, "expected the sockets of those that are recorded")

    def test_a_thread_with_a_table_of_its_own(self):
        for what in ("thread", "range", "cloexec"):
            with self.subTest(what):
                events = self.run_(what, "return")
                self.assert_whole(what, events)
                self.assertEqual(len(select(events, op="socketpair")), 2, "expected the sockets of the table that is recorded")

    def test_a_thread_with_a_table_of_its_own_before_there_is_a_trace(self):
        self.assert_whole("early", self.run_("early"))

    def test_a_thread_with_a_table_of_its_own_that_ends_the_process(self):
        events = self.run_("thread", "exit", status=7)
        self.assertEqual([(e["status"], e["open"]) for e in select(events, ev="exit")], [(7, 2)])
        self.assertEqual(len(select(events, ev="leak")), 2, "expected what the other threads' table holds")
        self.assertEqual([e["why"] for e in select(events, ev="lost")], ["own-table"])

    def test_a_process_of_one_thread_keeps_its_table_by_unshare(self):
        events = self.run_("alone")
        self.assert_whole("alone", events)
        self.assertEqual(len(select(events, op="socketpair")), 6)
        events = self.run_("range alone")
        self.assert_whole("range alone", events)
        self.assertEqual(len(select(events, op="close_range", to="CLOSED")), 2, "expected what it closed to be seen")

    def test_what_clone_refuses(self):
        self.assert_whole("refused", self.run_("refused"))


if __name__ == "__main__":
    unittest.main()
