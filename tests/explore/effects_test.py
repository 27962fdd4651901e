"""A call that is made to fail fails as in the kernel: it leaves behind the same state, and the command in the report repeats the failure.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from at_once import load_tests  # pylint: disable=unused-import,wrong-import-position
from socksan_test import SockSanTest, find, program, read_report, socksan  # pylint: disable=wrong-import-position

ROW = re.compile(r"^FAULT\((\w+), (\w+), (\w+), (\w+(?: \| \w+)*)\)$", re.M)


class EffectsTest(SockSanTest):
    def report(self, *args):
        path = pathlib.Path(self.tmp, f"report{len(os.listdir(self.tmp))}.json")
        result = self.bare([socksan(), *args[:1], f"--output=json={path}", *args[1:]])
        return result, read_report(path)

    def site(self, call, *cmd):
        """The first place where the command makes this call, in own code."""
        _, report = self.report("run", "--quiet", "--inject=learn", "--", *cmd)
        sites = [fault["site"] for fault in report["faults"] if fault["fault"] == "site" and fault["op"] == call]
        self.assertTrue(sites, f"expected {cmd} to be met in {call}")
        return sites[0]

    def fails(self, which, call, error):
        """What the program sees when its first such call fails."""
        cmd = [program("fault_effects"), which]
        result, report = self.report("run", "--quiet", f"--inject={call}:{error}@{self.site(call, *cmd)}", "--", *cmd)
        self.assertEqual(0, result.status, result.stderr)
        injected = [fault for fault in report["faults"] if fault["fault"] == "injected"]
        self.assertEqual([(call, error)], [(fault["op"], fault["errno"]) for fault in injected], "expected one call to fail, once")
        return result.stdout.split("\n")[:-1]

    def test_connect_that_is_refused_can_be_tried_again(self):
        self.assertEqual(["connect -1 ECONNREFUSED", "again 0"], self.fails("connect", "connect", "ECONNREFUSED"))
        self.assertEqual(["connect -1 ETIMEDOUT", "again 0"], self.fails("connect", "connect", "ETIMEDOUT"))

    def test_connect_that_does_not_wait_is_refused_later(self):
        self.assertEqual(["connect -1 EINPROGRESS", "poll 1", "refused 111"], self.fails("connect-later", "connect", "ECONNREFUSED"))

    def test_an_aborted_connection_is_off_the_queue(self):
        self.assertEqual(["accept -1 ECONNABORTED", "waiting 0", "recv 0"], self.fails("accept", "accept", "ECONNABORTED"))

    def test_what_no_descriptor_was_left_for_waits_on(self):
        self.assertEqual(["accept -1 EMFILE", "waiting 1", "recv -1 EAGAIN"], self.fails("accept", "accept", "EMFILE"))

    def test_a_close_that_fails_has_closed(self):
        self.assertEqual(["close -1 EINTR", "open -1 EBADF"], self.fails("close", "close", "EINTR"))

    def test_a_pipe_that_is_broken_raises_its_signal_and_stays_so(self):
        self.assertEqual(["send -1 EPIPE", "signals 1", "send -1 EPIPE", "recv 0"], self.fails("send", "write", "EPIPE"))

    def test_a_connection_that_is_reset_has_ended(self):
        self.assertEqual(["recv -1 ECONNRESET", "more 0", "send -1 EPIPE"], self.fails("recv", "recv", "ECONNRESET"))

    def test_a_connection_that_was_found_reset_says_so_once(self):
        rest = ["recv -1 ECONNRESET", "more 0", "send -1 EPIPE", "again -1 ENOTCONN", "other end -1 ECONNRESET"]
        self.assertEqual(["getpeername -1 ENOTCONN", *rest], self.fails("ask", "getpeername", "ENOTCONN"))
        self.assertEqual(["shutdown -1 ENOTCONN", *rest], self.fails("shut", "shutdown", "ENOTCONN"))

    def test_after_the_end_of_a_stream_there_is_no_more_of_it(self):
        self.assertEqual(["recv 0", "more 0", "send 1"], self.fails("recv", "recv", "END"))

    def test_of_a_short_read_the_rest_is_there(self):
        self.assertEqual(["recv 1", "more 7", "send 1"], self.fails("recv", "recv", "SHORT"))

    def test_a_pair_that_the_program_made_for_itself_does_not_break(self):
        _, report = self.report("run", "--quiet", "--inject=learn", "--", program("fault_effects"), "own-pair")
        errors = {error for fault in report["faults"] if fault["op"] in ("send", "recv") for error in fault["errno"].split()}
        self.assertEqual(set(), errors & {"EPIPE", "ECONNRESET", "END"}, "expected no peer to go")

    def test_what_cannot_be_reset_is_not(self):
        _, report = self.report("run", "--quiet", "--inject=learn", "--", program("fault_effects"), "in-vain")
        calls = {fault["op"] for fault in report["faults"] if fault["fault"] == "site"}
        self.assertIn("connect", calls, "expected the program to be met")
        self.assertEqual(set(), calls & {"getpeername", "shutdown"}, "expected neither a Unix socket nor a listener to be reset")

    def test_every_row_can_be_told_to_run(self):
        rows = ROW.findall(find("shim/model/fault.def").read_text(encoding="utf-8"))
        self.assertIn("connect", {row[0] for row in rows}, "expected rows FAULT(call, error, effect, needs)")
        for call, error, _, _ in rows:
            result = self.bare([socksan(), "run", "--quiet", f"--inject={call}:{error}@0123456789abcdef", "--", "/bin/true"])
            self.assertEqual(0, result.status, f"{call}:{error}: {result.stderr}")
        for text in ("connect", "connect:EMFILE@0123456789abcdef", "conect:EMFILE@0123456789abcdef", "connect:ECONNREFUSED@x",
                     "connect:ECONNREFUSED@0123456789abcdef#0", "connect:ECONNREFUSED@0123456789abcdef#1x"):
            result = self.bare([socksan(), "run", f"--inject={text}", "--", "/bin/true"])
            self.assertEqual(125, result.status, f"expected --inject={text} to be refused")
            self.assertIn("--inject", result.stderr)

    def test_what_failed_is_noted_and_what_did_not_too(self):
        cmd = [program("fault_effects"), "connect"]
        site = self.site("connect", *cmd)
        result = self.bare([socksan(), "run", f"--inject=connect:ECONNREFUSED@{site}", "--", *cmd])
        self.assertRegex(result.stderr, r"note: connect failed with ECONNREFUSED in process \d+, as asked for")
        result = self.bare([socksan(), "run", "--inject=connect:ECONNREFUSED@0123456789abcdef", "--", *cmd])
        self.assertIn("was never reached", result.stderr)

    def test_what_occurred_after_the_failure_names_it(self):
        """A double close comes first, then a connect that fails, and its socket is not closed."""
        site = self.site("connect", program("explore_connect"))
        cmd = ["/bin/sh", "-c", f"{program('double_close')}; exec {program('explore_connect')}"]
        _, report = self.report("run", "--quiet", f"--inject=connect:ECONNREFUSED@{site}", "--", *cmd)
        injected = {violation["code"]: violation.get("injected") for violation in report["violations"]}
        self.assertEqual({"double-close", "never-closed"}, set(injected))
        self.assertIsNone(injected["double-close"], "expected what came before the failure not to be blamed on it")
        self.assertEqual(("connect", "ECONNREFUSED", site, 1), tuple(injected["never-closed"][key] for key in ("call", "errno", "site", "occurrence")))
        self.assertEqual("dial", injected["never-closed"]["stack"][0]["function"])
        result = self.bare([socksan(), "run", f"--inject=connect:ECONNREFUSED@{site}", "--", *cmd])
        self.assertRegex(result.stderr, r"= after connect failed with ECONNREFUSED at \S*explore_connect\.h:\d+ in dial")

    def test_the_occurrence_that_failed_is_named(self):
        """Two processes reach the same place: the second fails."""
        cmd = ["/bin/sh", "-c", f"{program('explore_connect')}; {program('explore_connect')}; true"]
        _, report = self.report("run", "--quiet", f"--inject=connect:ECONNREFUSED@{self.site('connect', *cmd)}#2", "--", *cmd)
        self.assertEqual([2], [violation["injected"]["occurrence"] for violation in report["violations"]])
        self.assertEqual([[fault["pid"] for fault in report["faults"]]], [violation["pids"] for violation in report["violations"]])

    def test_off_it_is_not_there(self):
        """A place is told with `inject` alone, and no signal has a handler that it had not."""
        result = self.bare(["/bin/grep", "SigCgt", "/proc/self/status"])
        seen = self.bare([socksan(), "run", "--quiet", "--", "/bin/grep", "SigCgt", "/proc/self/status"])
        self.assertEqual(result.stdout, seen.stdout)


SOMETIMES = """
import os, socket, sys
path, leaks = sys.argv[1], sys.argv[2].split(",")
run = os.path.getsize(path) if os.path.exists(path) else 0
with open(path, "a") as count:
    count.write("x")

def keep_alive(s):
    try:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    except OSError as failed:
        print(failed, file=sys.stderr)

def reuse(s):
    try:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    except OSError as failed:
        print(failed, file=sys.stderr)

s = socket.socket()
keep_alive(s)
reuse(s)
if str(run) in leaks:
    s.detach()
s.close()
"""


class RunsTest(SockSanTest):
    """The runs of an exploration: how they are stopped, gone on with, and told."""

    CMD = [program("explore_connect")]

    def explore(self, *options, cmd=None):
        path = pathlib.Path(self.tmp, f"report{len(os.listdir(self.tmp))}.json")
        result = self.bare([socksan(), "explore", f"--output=json={path}", *options, "--", *(cmd or self.CMD)])
        return result, read_report(path) if path.exists() else None

    def report_of_run(self):
        """Of the command undisturbed."""
        path = pathlib.Path(self.tmp, "undisturbed.json")
        result = self.bare([socksan(), "run", "--quiet", f"--output=json={path}", "--", *self.CMD])
        return result, read_report(path)

    def test_the_line_that_is_told_repeats_it(self):
        _, report = self.explore("--skip=scaffold")
        again = report["violations"][0]["injected"]["again"]
        self.assertRegex(again, r"^socksan run --inject=connect:E\w+@[0-9a-f]{16} -- ")
        result = self.bare(["/bin/sh", "-c", again.replace("socksan", socksan(), 1)])
        self.assertIn("error[never-closed]: TCP socket whose connect failed", result.stderr)

    def test_a_violation_names_each_failure_that_led_to_it(self):
        """Three errors of one connect leave the same socket open."""
        result, report = self.explore("--skip=scaffold")
        self.assertEqual(1, len(report["violations"]), result.stderr)
        violation = report["violations"][0]
        failures = [(one["call"], one["errno"]) for one in [violation["injected"], *violation["also_injected"]]]
        self.assertEqual([("connect", "ECONNREFUSED"), ("connect", "ENETUNREACH"), ("connect", "ETIMEDOUT")], sorted(failures))
        self.assertEqual(sorted(failures[1:]), failures[1:], "expected an order that does not depend on which run ended first")
        self.assertEqual(3, violation["count"])
        self.assertEqual((1, 2), (result.stderr.count("= after connect failed"), result.stderr.count("= also after connect failed")), result.stderr)

    def test_a_violation_after_failures_at_two_places_is_told_at_both(self):
        """Two calls of setsockopt, and the same socket is forgotten after either."""
        junit, sarif = pathlib.Path(self.tmp, "junit.xml"), pathlib.Path(self.tmp, "report.sarif")
        result, report = self.explore("--skip=scaffold", "--calls=setsockopt", f"--output=junit={junit}", f"--output=sarif={sarif}",
                                      cmd=[program("explore_paths")])
        violation, = report["violations"]
        sites = {one["site"] for one in [violation["injected"], *violation["also_injected"]]}
        self.assertEqual({site["site"] for site in report["explored"]["sites"]}, sites, result.stderr)
        text = junit.read_text(encoding="utf-8")
        self.assertEqual((2, 2), (text.count("<testcase"), text.count("<failure")), "expected each place to be a case that failed")
        related = json.loads(sarif.read_text(encoding="utf-8"))["runs"][0]["results"][0]["relatedLocations"]
        self.assertEqual(2, sum("setsockopt failed with ENOBUFS" in location["message"]["text"] for location in related), related)
        self.assertEqual(len(related), len({location["id"] for location in related}), "expected ids of their own")

    def test_what_comes_and_goes_is_not_blamed_on_a_failure(self):
        """A socket is left open in some runs, whatever fails in them. The runs: three undisturbed, then each failure, with one more run if
        something was found, then three undisturbed."""
        script = pathlib.Path(self.tmp, "sometimes.py")
        script.write_text(SOMETIMES, encoding="utf-8")
        for leaks, found, why in (("3,4", 1, "it recurs with the first failure, and occurs in no other run"),
                                  ("3,4,5", 0, "with the second failure it does not recur"),
                                  ("3,4,8", 0, "it occurs in an undisturbed run")):
            count = pathlib.Path(self.tmp, "count-" + leaks)
            result, report = self.explore("-j1", "--calls=setsockopt", cmd=["/usr/bin/python3", str(script), str(count), leaks])
            self.assertEqual(2, len(report["explored"]["sites"]), result.stderr)
            self.assertEqual(found, len(report["violations"]), f"leaks in runs {leaks}: {why}\n{result.stderr}")
            self.assertEqual(not found, "1 violation was left out" in " ".join(report.get("notes", [])), result.stderr)
            codes = [fault["codes"] for site in report["explored"]["sites"] for fault in site["faults"] if "codes" in fault]
            self.assertEqual(["never-closed"] * found, codes, f"leaks in runs {leaks}")

    def test_totals_are_those_of_all_runs(self):
        _, one = self.report_of_run()
        _, report = self.explore("--skip=scaffold", "--errno=ECONNREFUSED", "--calls=connect")
        runs, totals = report["explored"]["runs"], report["totals"]
        self.assertEqual(8, runs, "expected three undisturbed runs before and after a failure, and the run that confirms it")
        self.assertEqual([runs * one["totals"][key] for key in ("processes", "sockets")], [totals["processes"], totals["sockets"]])
        self.assertEqual(one["totals"]["open_peak"], totals["open_peak"])

    def test_it_goes_on_where_it_was_stopped(self):
        kept = pathlib.Path(self.tmp, "kept")
        first, report = self.explore("--skip=scaffold", f"--resume={kept}", "--budget=1ms")
        self.assertTrue(report["explored"]["stopped"], f"expected the time to be over before all was tried: {first.stderr}")
        _, report = self.explore("--skip=scaffold", f"--resume={kept}")
        self.assertFalse(report["explored"]["stopped"])
        runs, found = report["explored"]["runs"], len(report["violations"])
        _, report = self.explore("--skip=scaffold", f"--resume={kept}")
        self.assertEqual(6, report["explored"]["runs"], f"expected the undisturbed runs alone, before and after, and not {runs}")
        self.assertEqual(found, len(report["violations"]), "expected what was found before")

    def test_a_file_that_is_not_its_own_stays_as_it_is(self):
        _, _ = self.explore("--skip=scaffold", "--budget=1ms", f"--resume={self.tmp}/other", cmd=["true"])
        other = pathlib.Path(self.tmp, "other").read_text(encoding="utf-8")
        for text in ("keep me\n", other):
            kept = pathlib.Path(self.tmp, "kept")
            kept.write_text(text, encoding="utf-8")
            result, report = self.explore("--skip=scaffold", f"--resume={kept}")
            self.assertEqual((125, None), (result.status, report), result.stderr)
            self.assertIn("is not from an exploration of", result.stderr)
            self.assertEqual(text, kept.read_text(encoding="utf-8"))

    def test_a_command_that_cannot_be_run_or_fails_is_named(self):
        result, _ = self.explore(cmd=["/tmp"])
        self.assertEqual((126, "socksan: /tmp: cannot be run: Is a directory\n"), (result.status, result.stderr))
        result, _ = self.explore(cmd=["/no/such"])
        self.assertEqual((127, "socksan: /no/such: command not found\n"), (result.status, result.stderr))
        _, report = self.explore(cmd=["false"])
        self.assertIn("undisturbed, the command exits with status 1: calls that it does not reach could not be tried", report["notes"])

    def test_a_command_with_violations_of_its_own_has_not_failed(self):
        """It leaves a socket open each time, and exits 0."""
        _, report = self.explore("--calls=socket", "--everywhere", cmd=[program("never_closed_never_used")])
        self.assertNotIn("undisturbed, the command exits", " ".join(report.get("notes", [])))

    def test_a_signal_gives_the_report_of_what_was_done_and_leaves_nothing(self):
        path = pathlib.Path(self.tmp, "report.json")
        spin = f"{program('explore_spin')} {self.tmp}"
        script = "sleep 0.3 & wait; exec " + spin
        process = subprocess.Popen([socksan(), "explore", f"--output=json={path}", "--timeout=60s", "--", "/bin/sh", "-c", script],
                                   env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        time.sleep(6)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        self.assertIn("explored: ", said)
        self.assertTrue(read_report(path)["explored"]["stopped"])
        self.assertNotEqual(0, self.bare(["pgrep", "-f", f"^{spin}$"]).status, "expected no process to be left")

    def test_a_command_that_does_not_end_is_refused(self):
        result, report = self.explore("--timeout=500ms", cmd=["/bin/sleep", "60"])
        self.assertEqual((125, None), (result.status, report))
        self.assertIn("did not end", result.stderr)

    def test_what_a_run_starts_is_in_its_own_network(self):
        """Two runs at once listen on one port, and the server that --setup starts is there for each."""
        setup = ("/usr/bin/python3 -c 'import socket,os; s=socket.create_server((\"127.0.0.1\", 47999)); os.fork() and os._exit(0); "
                 "os.close(1); os.close(2); [s.accept()[0].close() for _ in range(100)]'")
        client = "import socket; s = socket.create_connection(('127.0.0.1', 47999)); s.close()"
        result, report = self.explore("-j2", "--calls=connect", "--everywhere", f"--setup={setup}", cmd=["/usr/bin/python3", "-c", client])
        self.assertIsNotNone(report, result.stderr)
        if any("network" in note for note in report.get("notes", [])):
            self.skipTest("no network namespaces here")
        self.assertIn("connect", {site["call"] for site in report["explored"]["sites"]}, result.stderr)

    def test_what_differs_between_undisturbed_runs_is_told(self):
        result, report = self.explore(cmd=["/bin/sh", "-c", "echo $$; exec " + program("explore_connect_fixed")])
        self.assertIn("standard output differs", " ".join(report["notes"]), result.stderr)

    def test_formats(self):
        formats = {"sarif": "connect failed with", "junit": "socksan-explore", "html": "Explored", "markdown": "explored:", "github": "never-closed",
                   "gitlab": "never-closed"}
        outputs = [f"--output={name}={self.tmp}/{name}" for name in formats]
        self.bare([socksan(), "explore", "--skip=scaffold", "--errno=ECONNREFUSED", *outputs, "--", *self.CMD])
        for name, says in formats.items():
            self.assertIn(says, pathlib.Path(self.tmp, name).read_text(encoding="utf-8"), name)
        page = json.loads(re.search(r'id="data">(.*?)</script>', pathlib.Path(self.tmp, "html").read_text(encoding="utf-8"), re.S)[1])
        self.assertEqual([("connect", ["ECONNREFUSED"], ["never-closed"])], [(site["call"], [fault["error"] for fault in site["faults"]],
                         [fault["codes"] for fault in site["faults"]]) for site in page["explored"]["sites"] if site["faults"]])
        injected = page["violations"][0]["injected"][0]
        self.assertEqual("connect failed with ECONNREFUSED", injected["words"])
        self.assertRegex(injected["again"], r"^socksan run --inject=connect:ECONNREFUSED@")
        functions = [page["strings"][page["frames"][frame][0]] for frame in page["stacks"][injected["stack"]]]
        self.assertEqual("dial", functions[0], "expected the stack of the call that was made to fail")


if __name__ == "__main__":
    unittest.main()
