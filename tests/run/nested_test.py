"""A run within a run, such as `socksan run -- ctest` whose tests also run under `socksan run`: each makes its own report, and the outer
one covers everything that the inner ones saw.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from run_test_base import PYTHON, RunTest, socksan  # noqa: E402  pylint: disable=wrong-import-position
from socksan_test import codes, read_report  # noqa: E402  pylint: disable=wrong-import-position

LEAK = [PYTHON, "-c", "import socket; socket.socket().detach()"]
CLEAN = [PYTHON, "-c", "import socket; socket.socket().close()"]


class Nested(RunTest):
    def inner(self, name, *cmd):
        """An inner run, with its report."""
        return [socksan(), "run", f"--output=json={self.tmp}/{name}.json", "--", *cmd]

    def report_of(self, name):
        return read_report(f"{self.tmp}/{name}.json")

    def outer(self, cmd, *options):
        """(status, report of the outer run)."""
        ended = self.run_(cmd, f"--output=json={self.tmp}/outer.json", *options)
        self.assert_nothing_left()
        return ended, self.report_of("outer")

    def test_the_outer_one_sees_the_leak_of_the_inner_one(self):
        ended, report = self.outer(self.inner("inner", *LEAK))
        self.assert_status(ended, 23, "the inner run's status is the outer command's")
        self.assertEqual({"never-closed": 1}, codes(self.report_of("inner")))
        self.assertEqual({"never-closed": 1}, codes(report), ended[2])
        self.assertNotIn("incomplete", report)

    def test_the_outer_one_fails_though_its_command_did_not(self):
        ended, _ = self.outer(["sh", "-c", '"$@" || :', "sh", *self.inner("inner", *LEAK)])
        self.assert_status(ended, 23, "a leak below a command that ends well")

    def test_clean_within_clean_is_clean(self):
        ended, report = self.outer(self.inner("inner", *CLEAN))
        self.assert_status(ended, 0, "clean")
        self.assertEqual(({}, 1), (codes(report), report["totals"]["sockets"]))

    def test_the_status_of_the_inner_command_goes_all_the_way(self):
        ended, _ = self.outer(self.inner("inner", "sh", "-c", "exit 7"))
        self.assert_status(ended, 7, "exit 7")

    def test_three_levels(self):
        script = '"$@"; ' + " ".join(LEAK[:-1]) + f" '{LEAK[-1]}'; exit 0"
        middle = self.inner("middle", "sh", "-c", script, "sh", *self.inner("inner", *LEAK))
        ended, report = self.outer(["sh", "-c", f'"$@"; {" ".join(LEAK[:-1])} "{LEAK[-1]}"; exit 0', "sh", *middle])
        found = [codes(self.report_of("inner")), codes(self.report_of("middle")), codes(report)]
        self.assertEqual([{"never-closed": 1}, {"never-closed": 2}, {"never-closed": 3}], found, ended[2])
        self.assert_status(ended, 23, "leaks on three levels")

    def test_several_inner_runs_are_counted_each(self):
        ended, report = self.outer(["sh", "-c", 'for i in 1 2 3; do "$@" & done; wait', "sh", socksan(), "run", "--", *LEAK])
        self.assertEqual({"never-closed": 3}, codes(report), ended[2])

    def test_an_inner_run_that_keeps_its_traces_keeps_them(self):
        kept = os.path.join(self.tmp, "kept")
        ended, report = self.outer([socksan(), "run", f"--trace-dir={kept}", "--", *LEAK])
        self.assertEqual({"never-closed": 1}, codes(report), ended[2])
        self.assertEqual(1, len(list(pathlib.Path(kept).glob("*.jsonl"))))
        self.assert_status(self.socksan_report(kept), 23, "the report on them")

    def test_one_folder_for_both_counts_once(self):
        folder = os.path.join(self.tmp, "shared")
        ended = self.run_([socksan(), "run", f"--trace-dir={folder}", "--", *LEAK], f"--trace-dir={folder}",
                          f"--output=json={self.tmp}/outer.json")
        self.assertEqual({"never-closed": 1}, codes(self.report_of("outer")), ended[2])

    def test_a_name_that_is_taken_costs_no_trace(self):
        # A program of the outer command first has every name that the inner one's could get.
        take = ("import glob, os, socket, subprocess, sys\n"
                "socket.socket().close()\n"
                "folder = os.environ['SOCKSAN_OPTIONS'].rpartition('log_path=')[2].partition('/socksan:')[0]\n"
                "copy = open(glob.glob(folder + '/*.jsonl')[0]).read()\n"
                "for pid in range(os.getpid() + 1, os.getpid() + 60):\n"
                "    open(f'{folder}/socksan.{pid}.jsonl', 'x').write('\\n')\n"
                "sys.exit(subprocess.call(sys.argv[1:]))\n")
        ended, report = self.outer([PYTHON, "-c", take, *self.inner("inner", *LEAK)])
        self.assertEqual({"never-closed": 1}, codes(report), ended[2])

    def test_what_cannot_be_handed_over_is_told(self):
        if os.getuid() == 0:
            self.skipTest("root may write anywhere")
        folder = os.path.join(self.tmp, "outer-traces")
        script = f"chmod 500 {folder}; \"$@\"; chmod 700 {folder}"
        ended = self.run_(["sh", "-c", script, "sh", *self.inner("inner", *LEAK)], f"--trace-dir={folder}")
        self.assertIn("cannot be handed to the run around this one", ended[2])


if __name__ == "__main__":
    unittest.main()
