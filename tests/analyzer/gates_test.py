"""Suppressions, baselines, --fail-on and the files that reports go to, of `socksan report` and `socksan run`.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, find, socksan  # pylint: disable=wrong-import-position

GOLDEN = find("tests/traces/minimal/hand.jsonl").parent.parent
LEAK = ["/usr/bin/python3", "-c", "import socket; socket.socket().detach(); open('ran', 'w')"]


def golden(case):
    return str(GOLDEN / case)


class GatesTest(SockSanTest):
    def write(self, name, text):
        path = pathlib.Path(self.tmp) / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def report(self, *args):
        """(status, stdout, stderr) of `socksan report`."""
        return self.finish(self.start([socksan(), "report", *args]))

    def run_leak(self, *options):
        """Likewise of `socksan run` on a program that leaks a socket, and leaves the file `ran`."""
        return self.finish(self.start([socksan(), "run", *options, "--", *LEAK]))

    def ran(self):
        return os.path.exists(f"{self.tmp}/ran")

    def assert_refused(self, options, says):
        """report ends with 2, and run with 125 before it runs the command."""
        for status, ended in ((2, self.report(*options, golden("double_close"))), (125, self.run_leak(*options))):
            self.assertEqual(status, ended[0], f"{options}: expected status {status}\n{ended[1]}{ended[2]}")
            self.assertIn(says, ended[2], f"{options}: expected a message that says so")
            self.assertEqual("", ended[1], f"{options}: expected no report")
        self.assertFalse(self.ran(), f"{options}: expected it to be refused before the command ran")


class Suppressions(GatesTest):
    def suppress(self, case, *files):
        options = [f"--suppressions={self.write(f'{n}.supp', text)}" for n, text in enumerate(files)]
        return self.socksan_report(*options, golden(case))

    def assert_suppressed(self, case, text):
        result = self.suppress(case, text)
        self.assertEqual(0, result.status, f"{text!r}: expected nothing to fail\n{result.stdout}{result.stderr}")
        self.assertEqual({True}, {one["suppressed"] for one in result.report["violations"]}, result.stdout)
        self.assertIn("no new violations, 1 suppressed in", result.stdout)
        self.assertNotIn("error[", result.stdout)

    def test_by_code_function_file_and_module(self):
        self.assert_suppressed("double_close", "double-close:*\n")
        self.assert_suppressed("double_close", "double-close:/opt/*/server\n")
        self.assert_suppressed("double_close", "*:server\n")
        frames = [frame for one in json.loads((GOLDEN / "python/expected.json").read_text(encoding="utf-8"))["violations"]
                  for stack in one["stacks"].values() for frame in stack if frame["lang"] == "python"]
        self.assertTrue(frames)
        for frame in frames:
            self.assert_suppressed("python", f"*:^{frame['function'].replace('<', '*')}$\n")
            self.assert_suppressed("python", f"*:{os.path.basename(frame['file'])}\n")

    def test_what_does_not_match_counts_and_is_listed(self):
        result = self.suppress("double_close", "bad-fd:*\n", "# meant\ndouble-close:nobody\n*:server\n")
        self.assertEqual(0, result.status)
        self.assertIn("note: the suppression 0.supp:1: bad-fd:* matched nothing", result.stdout.replace(self.tmp + "/", ""))
        self.assertIn("1.supp:2: double-close:nobody matched nothing", result.stdout)
        self.assertNotIn("1.supp:3", result.stdout)
        self.assertEqual(2, sum("matched nothing" in note for note in result.report["notes"]))
        self.assertEqual(23, self.suppress("double_close", "bad-fd:*\n").status)

    def test_some_of_many(self):
        result = self.suppress("never_closed_causes", "never-closed:*\n")
        self.assertEqual({True}, {one["suppressed"] for one in result.report["violations"]})
        self.assertEqual(0, result.status)

    def test_bad_files(self):
        for text, says in (("nonsense\n", ":1: 'nonsense' is not CODE:PATTERN"), ("# x\ndouble-colse:x\n", ":2: no code 'double-colse'; did you mean"),
                           ("bad-fd:", ":1: no pattern")):
            path = self.write("bad.supp", text)
            self.assert_refused([f"--suppressions={path}"], f"--suppressions: {path}{says}")
        self.assert_refused(["--suppressions=/nowhere/s"], "--suppressions: /nowhere/s: No such file or directory")
        self.assert_refused([f"--suppressions={self.tmp}"], "Is a directory")

    def test_in_a_run(self):
        path = self.write("s", "never-closed:*\n")
        status, _, stderr = self.run_leak("--suppressions", path)
        self.assertEqual(0, status, stderr)
        self.assertIn("1 suppressed", stderr)


def stacked(*stacks, op="socket", maker="server"):
    """A trace in which each of these stacks, [module, "file.py:line function"...] innermost first, makes a socket that is still open at the end."""
    modules = sorted({module for stack in stacks for module in stack if ":" not in module})
    lines = [{"ev": "process", "t": 1, "pid": 9, "schema": 1, "wall": 1.5, "ppid": 1, "exe": f"/opt/{maker}", "argv": [maker], "how": "exec", "nofile": 1024,
              "boot": "b", "host": "h"}]
    lines += [{"ev": "module", "t": 2, "pid": 9, "id": n, "path": module, "base": "0x0"} for n, module in enumerate(modules)]
    for n, stack in enumerate(stacks, 1):
        lines.append({"ev": "stack", "t": 10 * n, "pid": 9, "id": n,
                      "frames": [f"{modules.index(module)}+0x{n:x}{at:x}" for at, module in enumerate(stack) if ":" not in module],
                      "py": [frame for frame in stack if ":" in frame]})
        lines.append({"ev": "fd", "t": 10 * n + 1, "pid": 9, "tid": 9, "op": op, "fd": 2 + n, "sock": n, "from": None, "to": "CLOSED", "ret": 2 + n,
                      "family": "AF_INET", "type": "SOCK_STREAM", "stack": n})
    lines += [{"ev": "leak", "t": 10 ** 6, "pid": 9, "fd": 2 + n, "sock": n, "state": "CLOSED", "stack": n, "violation": "never-closed"}
              for n in range(1, len(stacks) + 1)]
    lines.append({"ev": "exit", "t": 10 ** 6 + 1, "pid": 9, "status": 0, "open": len(stacks), "events": len(stacks), "dropped": 0})
    return "".join(json.dumps(line) + "\n" for line in lines)


# Two leaks in functions, one in main, and one in a function that main calls.
LEAKS_C = r"""
#include <sys/socket.h>
#include <stdlib.h>
__attribute__((noinline)) int leak_here(void) { int fd = socket(AF_INET, SOCK_STREAM, 0); return fd + 1; }
__attribute__((noinline)) int leak_there(void) { int fd = socket(AF_INET, SOCK_STREAM, 0); return fd + 2; }
int main(int n, char **args)
{
	for (int i = 1; i < n; i++) {
		if (*args[i] == 'h')
			n += leak_here() < 0;
		else if (*args[i] == 't')
			n += leak_there() < 0;
		else
			n += socket(AF_INET, SOCK_STREAM, 0) < 0;
	}
	return 0;
}
"""


class GeneratedSuppressions(GatesTest):
    """What --generate-suppressions writes, given back, suppresses what it was made of and nothing else."""

    def generate(self, *args):
        status, stdout, stderr = self.report("--generate-suppressions", *args)
        self.assertIn(status, (0, 23, 24), stderr)
        return stdout

    def open_violations(self, suppressions, *args):
        path = self.write("generated.supp", suppressions)
        return [one for one in self.socksan_report(f"--suppressions={path}", *args).report["violations"] if not one["suppressed"]]

    def test_there_and_back_for_each_golden_trace(self):
        for case in sorted(path.name for path in GOLDEN.iterdir() if path.is_dir()):
            before = self.socksan_report(golden(case)).report
            if before is None:
                continue
            text = self.generate(golden(case))
            self.assertEqual([], self.open_violations(text, golden(case)), f"{case}: expected that nothing is left\n{text}")
            for one in before["violations"]:
                self.assertIn(f"[{one['fingerprint']}]\n", text, f"{case}: expected a comment for each violation")

    def test_another_violation_stays(self):
        program, traces = f"{self.tmp}/leaks", f"{self.tmp}/traces"
        self.compile("leaks", LEAKS_C)

        def run(*leaks):
            folder = f"{traces}-{''.join(leaks)}"
            self.finish(self.start([socksan(), "run", f"--trace-dir={folder}", "--", program, *leaks]))
            return folder

        everything = run("h", "t", "m")
        for leak, others, line in (("h", 2, "never-closed:^leak_here$"), ("t", 2, "never-closed:^leak_there$"), ("m", 2, r"never-closed:^[0-9a-f]{16}$")):
            text = self.generate(run(leak))
            lines = [line for line in text.splitlines() if not line.startswith("#")]
            self.assertEqual(1, len(lines), text)
            self.assertRegex(lines[0], line.replace(":^", r":\^").replace("$", r"\$") + "$", f"expected a line that is as narrow as can be\n{text}")
            left = self.open_violations(text, everything)
            self.assertEqual(others, len(left), f"{leak}: expected the leaks of other functions to stay\n{text}{left}")

    def test_what_is_suppressed_already_needs_no_line(self):
        lines = self.write("all", "double-close:*\n")
        text = self.generate(f"--suppressions={lines}", golden("double_close"), golden("use_after_close"))
        self.assertNotIn("\ndouble-close:", "\n" + text)
        self.assertIn("\nuse-after-close:", text)
        self.assertIn("# socksan: 2 errors, 1 suppressed in", text)

    def test_what_is_known_is_marked(self):
        base = f"{self.tmp}/base.json"
        self.report("--write-baseline=" + base, golden("double_close"))
        self.assertIn("# known: close of", self.generate(f"--baseline={base}", golden("double_close")))

    def test_the_report_may_be_had_too(self):
        for option in (f"--generate-suppressions={self.tmp}/s", f"--output=suppressions={self.tmp}/s"):
            status, stdout, stderr = self.report(option, golden("double_close"))
            self.assertEqual(23, status, stderr)
            self.assertIn("error[double-close]", stdout)
            self.assertEqual(self.generate(golden("double_close")), pathlib.Path(f"{self.tmp}/s").read_text(encoding="utf-8"))
        self.assert_refused(["--generate-suppressions="], "wants a FILE")
        self.assert_refused(["--generate-suppressions=/nowhere/s"], "/nowhere/s: no such folder")

    def test_of_a_run_and_of_a_merge(self):
        status, _, stderr = self.run_leak("--generate-suppressions")
        self.assertEqual(23, status)
        self.assertEqual([], [line for line in stderr.splitlines() if not line.startswith(("#", "never-closed:^"))])
        path = self.write("s", stderr)
        self.assertEqual(0, self.run_leak(f"--suppressions={path}")[0], f"expected the lines to match the same leak in the next run\n{stderr}")
        self.report("-ojson=r.json", golden("double_close"))
        merged = self.finish(self.start([socksan(), "merge", "--generate-suppressions", "r.json"]))
        self.assertEqual(self.generate(golden("double_close")).splitlines()[:2], merged[1].splitlines()[:2])

    def test_nothing_to_suppress_says_so(self):
        self.assertRegex(self.generate(golden("double_close_swept"), f"--suppressions={self.write('s', '*:*')}"), r"\A(# note: .*\n)*# socksan: no new violations, 1 suppressed in .*\n\Z")


class DefaultSuppressions(GatesTest):
    """Bash, built with its names: it keeps the script that it runs open. Strict, for what an interpreter opens by itself is a note."""

    def setUp(self):
        super().setUp()
        os.mkdir(f"{self.tmp}/bin")
        self.compile("bin/bash", """#include <fcntl.h>
            __attribute__((noinline)) int open_shell_script(void) { int fd = open("/dev/zero", O_RDONLY); return fd + 1; }
            __attribute__((noinline)) int mine(void) { int fd = open("/etc/passwd", O_RDONLY); return fd + 1; }
            int main(int n, char **args) { return open_shell_script() < 0 || (n > 1 && mine() < 0); }""")

    def run_bash(self, *args):
        return self.socksan_run([f"{self.tmp}/bin/bash", *args], "--kinds=all", "--strict", f"-osarif={self.tmp}/sarif")

    def flags(self, report):
        return sorted(one["suppressed"] for one in report["violations"])

    def test_they_are_on_and_tell_how_many(self):
        result = self.run_bash()
        self.assertEqual(([True], 0), (self.flags(result.report), result.status), result.stderr)
        self.assertIn("no new violations, 1 suppressed (1 by default) in", result.stderr)
        self.assertNotIn("matched nothing", result.stderr, "expected no word of the default ones that match nothing")
        sarif = json.loads(pathlib.Path(f"{self.tmp}/sarif").read_text(encoding="utf-8"))
        self.assertEqual([{"kind": "external", "justification": "bash keeps the script that it runs open"}], sarif["runs"][0]["results"][0]["suppressions"])

    def test_what_stands_beside_is_told(self):
        result = self.run_bash("mine")
        self.assertEqual(([False, True], 23), (self.flags(result.report), result.status), result.stderr)
        self.assertIn("1 error, 1 suppressed (1 by default) in", result.stderr)

    def test_they_can_be_switched_off(self):
        traces = self.run_bash().folder
        report = f"{self.tmp}/r.json"
        for command in ([socksan(), "report", "--kinds=all", "--strict", "--no-default-suppressions", f"-ojson={report}", traces], [socksan(), "merge", "--no-default-suppressions", report],
                        [socksan(), "run", "--kinds=all", "--strict", "--no-default-suppressions", "--", f"{self.tmp}/bin/bash"]):
            status, stdout, stderr = self.finish(self.start(command))
            self.assertEqual(23, status, f"{command}\n{stdout}{stderr}")
            self.assertNotIn("suppressed", stdout + stderr)
        self.assertEqual(0, self.finish(self.start([socksan(), "merge", report]))[0], "expected merge to have them on too")

    def test_a_users_line_goes_first(self):
        lines = self.write("s", "never-closed:open_shell_script\n")
        result = self.socksan_run([f"{self.tmp}/bin/bash"], "--kinds=all", f"--suppressions={lines}")
        self.assertIn("no new violations, 1 suppressed in", result.stderr)
        self.assertNotIn("matched nothing", result.stderr)


class Baselines(GatesTest):
    def test_what_is_in_it_is_known_and_does_not_fail(self):
        base = f"{self.tmp}/base.json"
        status, _, stderr = self.report("--write-baseline=" + base, golden("double_close"))
        self.assertEqual(23, status, "expected the status without a baseline")
        self.assertNotIn("baseline", stderr)
        result = self.socksan_report(f"--baseline={base}", "--fail-on=warning", golden("double_close"))
        self.assertEqual(0, result.status, result.stdout)
        self.assertEqual([True], [one["known"] for one in result.report["violations"]])
        self.assertIn("known[double-close]: close of a descriptor", result.stdout)
        self.assertNotIn("error[", result.stdout)
        self.assertNotIn("= help", result.stdout, "expected what is known to be folded into a line")
        self.assertIn("no new violations, 1 known in", result.stdout)

    def test_a_baseline_of_an_incomplete_report_is_used_with_a_warning(self):
        base = f"{self.tmp}/base.json"
        self.report("--write-baseline=" + base, golden("dropped"))
        status, _, stderr = self.report("--baseline=" + base, golden("double_close"))
        self.assertEqual(23, status)
        self.assertIn(f"{base}: this baseline was made from an incomplete report", stderr)

    def test_what_is_new_beside_it_fails(self):
        base = f"{self.tmp}/base.json"
        self.report("-o", f"json={base}", golden("double_close"))
        result = self.socksan_report(f"--baseline={base}", golden("double_close"), golden("use_after_close"))
        self.assertEqual(23, result.status)
        self.assertEqual({"double-close": True, "use-after-close": False}, {one["code"]: one["known"] for one in result.report["violations"]})
        self.assertEqual(0, self.socksan_report(f"--baseline={base}", "--fail-on=double-close", golden("double_close"), golden("use_after_close")).status)

    def test_it_may_be_brought_up_to_date_in_place(self):
        base = f"{self.tmp}/base.json"
        self.report("--write-baseline=" + base, golden("double_close"))
        self.assertEqual(23, self.report("--baseline=" + base, "--write-baseline=" + base, golden("double_close"), golden("use_after_close"))[0])
        self.assertEqual(0, self.report("--baseline=" + base, golden("double_close"), golden("use_after_close"))[0])

    def test_of_a_run(self):
        base = f"{self.tmp}/base.json"
        self.assertEqual(23, self.run_leak(f"--write-baseline={base}")[0])
        status, _, stderr = self.run_leak(f"--baseline={base}")
        self.assertEqual(0, status, stderr)
        self.assertIn("known[never-closed]", stderr)

    def known(self, base, trace, *options):
        """(known, severity) of each violation of the trace, against this baseline."""
        result = self.socksan_report(f"--baseline={base}", *options, trace)
        return [(one["known"], one["count"]) for one in result.report["violations"]], result.status

    def base_of(self, name, *stacks):
        base = f"{self.tmp}/{name}.json"
        self.report(f"--write-baseline={base}", self.write(f"{name}.jsonl", stacked(*stacks)))
        return base

    OWN, LIBRARY = "/opt/shop/server", "/usr/lib/x86_64-linux-gnu/libfetch.so.1"

    def test_by_own_frames_it_is_known_however_often(self):
        through = [self.LIBRARY, "/opt/shop/server.py:7 fetch"]
        base = self.base_of("one", through)
        more = self.write("more.jsonl", stacked(*[through] * 5))
        self.assertEqual(([(True, 5)], 0), self.known(base, more), "expected the place, not the number of leaks, to be known")
        other = self.write("other.jsonl", stacked(through, [self.LIBRARY, "/opt/shop/client.py:7 fetch"]))
        found, status = self.known(base, other)
        self.assertEqual(([(False, 1), (True, 1)], 23), (sorted(found), status), "expected a new place to be new, though it goes through the same library")

    def test_without_own_frames_nothing_new_is_known(self):
        base = self.base_of("two", *[[self.LIBRARY]] * 2)
        for n, known in ((1, True), (2, True), (3, False), (50, False)):
            trace = self.write(f"{n}.jsonl", stacked(*[[self.LIBRARY]] * n))
            result = self.socksan_report(f"--baseline={base}", "--strict", trace)
            self.assertEqual(({known}, 0 if known else 23), ({one["known"] for one in result.report["violations"]}, result.status),
                             f"expected {n} leaks where 2 were to be {'' if known else 'not '}known")
            self.assertEqual(not known, "without named frames of your own are in the baseline, but fewer times than now" in result.stdout, result.stdout)

    def test_a_program_without_symbols_cannot_hide_what_is_new(self):
        """Its frames are one's own, and all look alike."""
        base = self.base_of("bare", [self.LIBRARY, self.OWN])
        for n, known in ((1, True), (2, False)):
            found, status = self.known(base, self.write(f"{n}.jsonl", stacked(*[[self.LIBRARY, self.OWN]] * n)))
            self.assertEqual(([(known, 1)] * n, 0 if known else 23), (found, status), f"expected {n} where 1 was to be {'' if known else 'not '}known")

    def test_of_two_baselines_the_larger_number_counts(self):
        one, two = self.base_of("one", [self.LIBRARY]), self.base_of("two", *[[self.LIBRARY]] * 2)
        trace = self.write("3.jsonl", stacked(*[[self.LIBRARY]] * 3))
        self.assertEqual({False}, {known for known, _ in self.known(one, trace, f"--baseline={two}", "--strict")[0]})
        merged = f"{self.tmp}/merged.json"
        self.finish(self.start([socksan(), "merge", f"-ojson={merged}", one, two]))
        self.assertEqual({True}, {known for known, _ in self.known(merged, trace, "--strict")[0]}, "expected merge to add up what jobs of their own found")

    def test_a_merge_is_held_to_the_numbers_too(self):
        base = self.base_of("two", *[[self.LIBRARY]] * 2)
        for name in "ab":
            self.report(f"-ojson={name}.json", "--strict", self.write(f"{name}.jsonl", stacked(*[[self.LIBRARY]] * 2)))
        for reports, known in ((["a.json"], True), (["a.json", "b.json"], False)):
            out = f"{self.tmp}/out.json"
            self.finish(self.start([socksan(), "merge", f"--baseline={base}", f"-ojson={out}", *reports]))
            found = json.loads(pathlib.Path(out).read_text(encoding="utf-8"))["violations"]
            self.assertEqual({known}, {one["known"] for one in found}, f"{reports}")

    def test_of_an_older_socksan(self):
        """It knew no `own`, and libraries below /usr/local were in its fingerprints."""
        def old(name, *frames):
            base = self.base_of(name, *[frames] * 2)
            report = json.loads(pathlib.Path(base).read_text(encoding="utf-8"))
            value = 0xcbf29ce484222325
            for byte in b"\0".join([b"never-closed", b"opened"] + [b"\0" + os.path.basename(frame).encode() for frame in frames] + [b""]):
                value = (value ^ byte) * 0x100000001b3 % (1 << 64)
            for one in report["violations"]:
                self.assertTrue(one.pop("own", None) is not None and one.pop("evidence", 1), "expected `own` in what is written now")
                one["fingerprint"] = f"{value:016x}"
            return self.write(f"{name}-old.json", json.dumps(report))

        local = "/usr/local/lib/libfetch.so.1"
        base = old("own", local, self.OWN)
        trace = self.write("own.jsonl", stacked(*[[local, self.OWN]] * 2))
        self.assertNotIn(json.loads(pathlib.Path(base).read_text(encoding="utf-8"))["violations"][0]["fingerprint"],
                         {one["fingerprint"] for one in self.socksan_report(trace).report["violations"]}, "expected fingerprints of own frames alone")
        self.assertEqual({True}, {known for known, _ in self.known(base, trace)[0]}, "expected it to go on to work where it had own frames")
        self.report("-ojson=now.json", trace)
        self.assertEqual(0, self.finish(self.start([socksan(), "merge", f"--baseline={base}", "now.json"]))[0], "expected merge to know them too")
        base = old("library", local)
        for n, expected in ((2, True), (3, False)):
            trace = self.write(f"{n}.jsonl", stacked(*[[local]] * n))
            self.assertEqual({expected}, {known for known, _ in self.known(base, trace)[0]}, f"expected {n} where 2 were")

    def test_what_is_no_report(self):
        for text, says in (("", "empty"), ("{}", "not a SockSan report"), ("{\n  nonsense", ":2: not JSON"), ("[1]", "not a SockSan report"),
                           ('{"schema":"socksan-report/2","violations":[]}', "written by a newer SockSan, as socksan-report/2"),
                           ('{"schema":"socksan-report/1","violations":[{}]}', 'violations[0] has no "fingerprint"')):
            self.assert_refused([f"--baseline={self.write('b.json', text)}"], says)
        self.assert_refused(["--baseline=/nowhere/b.json"], "--baseline: /nowhere/b.json: No such file")
        self.assert_refused([f"--baseline={golden('double_close')}/socksan.110.jsonl"], "a trace, not a report")


class FailOn(GatesTest):
    """Every code and every severity, alone and together, with suppressions and without."""

    CASES = {"double_close": ("double-close", "error"), "close_wait_inherited": ("close-wait", "warning")}

    def test_lists(self):
        for case, (code, severity) in self.CASES.items():
            other = "bad-fd"
            for fail_on, fails in (("error", severity == "error"), ("warning", True), ("error,warning", True), ("warning,error", True),
                                   ("never", False), (code, True), (other, False), (f"{other},{code}", True), (f"{other},error", severity == "error"),
                                   (f"{code},{code}", True)):
                for options, expected in (([], 23 if fails else 0), (["--error-exitcode=5"], 5 if fails else 0), (["--error-exitcode=0"], 0)):
                    got = self.report(f"--fail-on={fail_on}", *options, golden(case))
                    self.assertEqual(expected, got[0], f"{case} --fail-on={fail_on} {options}: expected status {expected}\n{got[1]}")
                everything = self.write("all", f"{code}:*\n")
                self.assertEqual(0, self.report(f"--fail-on={fail_on}", f"--suppressions={everything}", golden(case))[0])

    def test_bad_values(self):
        for option, says in (("--fail-on=eror", "did you mean 'error'?"), ("--fail-on=", "no code ''"), ("--fail-on=error,", "no code ''"),
                             ("--fail-on=never,error", "'never' stands alone"), ("--fail-on=error,never", "'never' stands alone"),
                             ("--fail-on=double_close", "did you mean 'double-close'?"), ("--fail-on=ERROR", "no code 'ERROR'"),
                             ("--error-exitcode=256", "0 to 255"), ("--error-exitcode=-1", "0 to 255"), ("--error-exitcode=", "0 to 255"),
                             ("--error-exitcode=1x", "0 to 255"), ("--error-exitcode= 1", "0 to 255"), ("--error-exitcode=99999999999999999999", "0 to 255")):
            self.assert_refused([option], says)

    def test_the_command_that_failed_wins(self):
        for script, options, expected in (("exit 9", [], 9), ("exit 9", ["--error-exitcode=5"], 9), ("exit 23", ["--fail-on=never"], 23),
                                          ("kill -9 $$", ["--error-exitcode=5"], 137), ("exit 0", ["--error-exitcode=5"], 5),
                                          ("exit 0", ["--fail-on=never"], 0), ("exit 0", ["--fail-on=warning"], 23)):
            leak = "/usr/bin/python3 -c 'import socket; socket.socket().detach()'; " + script
            got = self.finish(self.start([socksan(), "run", *options, "--", "/bin/sh", "-c", leak]))
            self.assertEqual(expected, got[0], f"{script} {options}: expected status {expected}\n{got[2]}")


class Outputs(GatesTest):
    def test_two_reports_to_one_file(self):
        real = f"{self.tmp}/folder"
        os.mkdir(real)
        os.symlink(real, f"{self.tmp}/link")
        self.write("folder/there", "as it was")
        os.link(f"{real}/there", f"{real}/hard")
        os.symlink("there", f"{real}/soft")
        os.symlink("new", f"{real}/dangling")
        os.symlink(f"{self.tmp}/folder/../link/new", f"{real}/far")
        for one, other in ((f"{real}/new", f"{real}/new"), (f"{real}/new", f"{real}/./new"), (f"{real}/new", f"{real}/../link/new"),
                           (f"{real}/new", "folder/new"), (f"{real}/there", f"{real}/soft"), (f"{real}/there", f"{real}/hard"),
                           (f"{real}/dangling", f"{real}/new"), (f"{real}/far", "folder//new")):
            self.assert_refused([f"-ojson={one}", f"-otext={other}"], "two reports would go to")
            self.assert_refused([f"-ojson={one}", f"--write-baseline={other}"], "two reports would go to")
        self.assertEqual("as it was", pathlib.Path(f"{real}/there").read_text(encoding="utf-8"))
        self.assertFalse(os.path.exists(f"{real}/new"))

    def test_files_that_only_look_alike(self):
        os.mkdir(f"{self.tmp}/folder")
        status, _, stderr = self.report("-otext=new", "-otext=folder/new", "-otext=NEW", "-ojson=/dev/null", "-otext=/dev/null", golden("double_close"))
        self.assertEqual(23, status, stderr)

    def test_a_file_that_cannot_be_written(self):
        os.symlink("loop", f"{self.tmp}/loop")
        self.write("file", "")
        for path, says in (("/nowhere/r.json", "/nowhere/r.json: no such folder"), (self.tmp, "Is a directory"), (f"{self.tmp}/new/", "Is a directory"),
                           ("file/r.json", "Not a directory"), ("loop", "Too many levels"), ("x" * 300, "name too long")):
            if path == "x" * 300:
                status, _, stderr = self.report(f"-ojson={path}", golden("double_close"))
                self.assertEqual(2, status)
                self.assertIn(says, stderr)
            else:
                self.assert_refused([f"-ojson={path}"], says)

    def test_a_full_disk(self):
        status, _, stderr = self.report("-ojson=/dev/full", golden("double_close"))
        self.assertEqual(2, status)
        self.assertIn("/dev/full: No space left on device", stderr)

    def test_standard_output_holds_one_report(self):
        status, _, stderr = self.report("-ojson=-", golden("double_close"))
        self.assertEqual(2, status)
        self.assertIn("use --format=json", stderr)
        with open(f"{self.tmp}/report", "w", encoding="utf-8") as out:
            status, _, stderr = self.finish(self.start([socksan(), "report", "-ojson=report", golden("double_close")], stdout=out))
        self.assertEqual(2, status)
        self.assertIn("through standard output", stderr)
        status, stdout, stderr = self.run_leak("-ojson=-")
        self.assertEqual((23, 1), (status, len(json.loads(stdout)["violations"])), stderr)

    def test_a_report_does_not_overwrite_what_it_is_made_from(self):
        trace, lines = self.write("t.jsonl", (GOLDEN / "double_close/socksan.110.jsonl").read_text(encoding="utf-8")), self.write("s", "*:*\n")
        status, _, stderr = self.report("-ojson=./t.jsonl", trace)
        self.assertEqual(2, status)
        self.assertIn("./t.jsonl: it is a trace that is read", stderr)
        self.assert_refused(["-ojson=./s", f"--suppressions={lines}"], "./s: it is a file of suppressions")
        for name in "t.jsonl", "new.jsonl":
            self.assertIn(f"./{name}: it is a trace that is read", self.report(f"-ojson=./{name}", self.tmp)[2])
        self.assertNotIn("tool", pathlib.Path(trace).read_text(encoding="utf-8"))
        self.assertEqual(23, self.report("-ojson=./new.json", self.tmp)[0])

    def test_a_baseline_and_reports_that_are_merged_stay_json(self):
        base = f"{self.tmp}/base.json"
        self.report(f"--write-baseline={base}", golden("double_close"))
        before = pathlib.Path(base).read_text(encoding="utf-8")
        self.assert_refused([f"--baseline={base}", "-o", "sarif=./base.json"], "./base.json: it is a baseline, which is JSON")
        status, _, stderr = self.finish(self.start([socksan(), "merge", "-otext=./base.json", base]))
        self.assertEqual(2, status)
        self.assertIn("./base.json: it is a report that is merged, which is JSON", stderr)
        self.assertEqual(before, pathlib.Path(base).read_text(encoding="utf-8"))
        self.assert_refused(["--write-baseline="], "--write-baseline= wants a FILE")

    def test_an_unknown_format(self):
        for option in ("--format=yaml", "--output=yaml=x", "-fJSON", "--format=", "-o", "--output==x"):
            self.assert_refused([option, "x=y"] if option == "-o" else [option], "there are text json")
        self.assert_refused(["--format=jsn"], "no format 'jsn'; did you mean 'json'?")


if __name__ == "__main__":
    unittest.main()
