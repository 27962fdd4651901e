"""The board that a run leaves with its traces: which processes were killed, and which could not write a trace.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import re
import signal
import struct
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, find  # pylint: disable=wrong-import-position

BOARD = find("shim/model/board.h").read_text(encoding="utf-8")
DEATHS, NEXT = (int(re.search(rf"#define BOARD_{name} (\d+)", BOARD)[1]) for name in ("DEATHS", "NEXT"))


def line(ev, t, pid, **more):
    return {"ev": ev, "t": t, "pid": pid, **more}


def process(t, pid, how="fork", **more):
    return line("process", t, pid, schema=1, wall=1.5, ppid=1, exe="/opt/example/server", argv=["server"], how=how, nofile=1024, start=7000 + pid, **more)


def connection(t, pid):
    return line("fd", t, pid, tid=pid, op="accept", fd=4, sock=1, ret=4, family="AF_INET", type="SOCK_STREAM", **{"from": None, "to": "ESTABLISHED"})


class BoardTest(SockSanTest):
    def setUp(self):
        super().setUp()
        self.traces = self.folder("traces")

    def trace(self, pid, *lines):
        with open(f"{self.traces}/socksan.{pid}.jsonl", "w", encoding="utf-8") as file:
            file.writelines(json.dumps(one) + "\n" for one in lines)

    def board(self, observed=0, mute=0, last_mute=0, lost=0, deaths=(), barred=0, last_barred=0, begun=0, unawaited=0, following=(), refused=(0, 0)):
        """deaths: (pid, signal, t). following: (pid, run, program). refused: how many, and the pid of the last."""
        data = struct.pack("=4IQ14I", 1, observed, mute, last_mute, lost, len(deaths), barred, last_barred, begun, unawaited, 0, *refused, *[0] * 6)
        data += b"".join(struct.pack("=2IQ", *death) for death in deaths).ljust(DEATHS * 16, b"\0")
        data += b"".join(struct.pack("=2I56s", pid, run, program) for pid, run, program in following).ljust(NEXT * 64, b"\0")
        with open(f"{self.traces}/socksan.board", "wb") as file:
            file.write(data)

    def report(self, status, *options):
        result = self.socksan_report(*options, self.traces)
        self.assertEqual(status, result.status, f"expected status {status}\n{result.stdout}{result.stderr}")
        return result

    def reasons(self, result):
        return [(one["why"], one.get("pid"), one.get("count")) for one in result.report.get("incomplete", [])]

    def test_a_child_that_its_parent_saw_killed_is_complete(self):
        self.trace(71, process(1, 71), connection(2, 71))
        self.assertEqual([("end", 71, 1)], self.reasons(self.report(24)))
        self.board(deaths=[(71, int(signal.SIGKILL), 10)])
        result = self.report(0)
        self.assertEqual([], self.reasons(result))
        self.assertEqual([("signal", 9)], [(one["end"], one["signal"]) for one in result.report["processes"]])
        self.assert_violation(result, "never-closed", severity="warning")

    def test_a_death_before_its_last_line_is_anothers(self):
        self.trace(71, process(1, 71), connection(20, 71))
        self.board(deaths=[(71, int(signal.SIGKILL), 10)])
        self.assertEqual([("end", 71, 1)], self.reasons(self.report(24)))

    def test_a_death_by_sigpipe_is_told_as_that_of_a_command(self):
        self.trace(71, process(1, 71, writing=1), connection(2, 71))
        self.board(deaths=[(71, int(signal.SIGPIPE), 10)])
        self.assert_violation(self.report(0), "broken-pipe")

    def test_a_death_by_sigpipe_outside_a_write_to_a_socket_is_a_pipes(self):
        for more in ({"writing": 0}, {}):
            self.trace(71, process(1, 71, **more), connection(2, 71))
            self.board(deaths=[(71, int(signal.SIGPIPE), 10)])
            self.assertEqual(["never-closed"], [one["code"] for one in self.report(0).report["violations"]], more)

    def test_those_who_could_write_no_trace_are_told(self):
        self.trace(71, process(1, 71), connection(2, 71), line("exit", 9, 71, status=0, open=0, events=1, dropped=0))
        self.board(mute=1, last_mute=72, lost=17)
        result = self.report(24)
        self.assertEqual([("mute", 72, 1)], self.reasons(result))
        self.assertIn("process 72, which used sockets, could write no trace: 17 events of its own are not in this report", result.stdout)
        self.board(mute=3, last_mute=72, lost=170)
        result = self.report(24)
        self.assertEqual([("mute", None, 3)], self.reasons(result))
        self.assertIn("3 processes that used sockets", result.stdout)
        self.assertRegex(result.stdout, r"(?m)^socksan: no violations in what was recorded of .*, 170 dropped$")
        self.report(0, "--allow-dropped")

    def test_those_who_do_not_know_their_number_are_told_without(self):
        self.trace(71, process(1, 71), connection(2, 71), line("exit", 9, 71, status=0, open=0, events=1, dropped=0))
        self.board(mute=1, lost=1)
        result = self.report(24)
        self.assertEqual([("mute", None, 1)], self.reasons(result))
        self.assertIn("a process that used sockets could write no trace: 1 event of its own is not in this report", result.stdout)

    def test_those_who_were_kept_from_being_recorded_are_told(self):
        self.trace(71, process(1, 71), connection(2, 71), line("exit", 9, 71, status=0, open=0, events=1, dropped=0))
        self.board(refused=(1, 72))
        result = self.report(24)
        self.assertEqual([("mute", 72, 1)], self.reasons(result))
        self.assertIn("process 72, which was started under a sandbox, would have been killed for being recorded", result.stdout)
        self.board(mute=1, last_mute=73, lost=2, refused=(2, 72))
        self.assertEqual([("mute", 73, 1), ("mute", None, 2)], self.reasons(self.report(24)))

    def test_a_board_cut_short_is_none(self):
        self.trace(71, process(1, 71), connection(2, 71))
        with open(f"{self.traces}/socksan.board", "wb") as file:
            file.write(b"\xff" * 100)
        self.assertEqual([("end", 71, 1)], self.reasons(self.report(24)))

    def test_a_board_of_nonsense_does_no_harm(self):
        self.trace(71, process(1, 71), connection(2, 71))
        self.board()
        size = os.path.getsize(f"{self.traces}/socksan.board")
        with open(f"{self.traces}/socksan.board", "wb") as file:
            file.write(b"\xff" * size)
        self.assertIn(("end", 71, 1), self.reasons(self.report(24)))

    def test_many_with_the_same_reason_are_one_line(self):
        for pid in range(100, 150):
            self.trace(pid, process(pid, pid))
        result = self.report(24)
        self.assertEqual([("end", None, 50)], self.reasons(result))
        self.assertIn("processes 100 (server), 101 (server), 102 (server) and 47 more have no recorded end", result.stdout)
        self.assertEqual(1, result.stdout.count("incomplete:"), result.stdout)

    def test_one_that_became_a_program_that_cannot_write_is_told(self):
        self.board(observed=1, barred=1, last_barred=77)
        result = self.report(24)
        self.assertEqual([("mute", 77, 1)], self.reasons(result))
        self.assertIn("process 77 became another program that may not write", result.report["incomplete"][0]["message"])

    def test_programs_that_were_not_observed_are_told(self):
        self.trace(71, process(1, 71), line("exit", 2, 71, status=0, open=0, events=0, dropped=0))
        self.board(observed=1, following=[(72, 9, b"tool"), (73, 9, b"")], begun=5, unawaited=2)
        notes = self.report(0).report["notes"]
        self.assertEqual(1, len(notes), notes)
        self.assertRegex(notes[0], r"^5 programs were not observed: tool \(process 72\), process 73 and 3 more: ")

    def test_programs_that_were_all_entered_are_no_news(self):
        self.trace(71, process(1, 71), line("exit", 2, 71, status=0, open=0, events=0, dropped=0))
        self.board(observed=4, begun=2, unawaited=3)
        self.assertNotIn("notes", self.report(0).report)

    def test_a_folder_of_programs_that_used_no_socket_is_clean(self):
        self.board(observed=2)
        result = self.report(0)
        self.assertEqual(([], ["2 programs were observed, and none used a socket"]), (result.report["processes"], result.report["notes"]))
        self.board()
        self.assertEqual(2, self.socksan_report(self.traces).status, "expected a folder that nobody was observed for to be unusable")

if __name__ == "__main__":
    unittest.main()
