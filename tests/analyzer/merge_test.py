"""`socksan merge`: the same result in any order and any grouping, nothing lost, nothing counted twice, and clear errors.

SPDX-License-Identifier: Apache-2.0
"""

import copy
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, check, find, socksan  # pylint: disable=wrong-import-position

TRACES = find("tests/traces/minimal/hand.jsonl").parent.parent
CASES = sorted(path.name for path in TRACES.iterdir() if path.is_dir())
CODES = json.loads(find("analyzer/report/report.schema.json").read_text(encoding="utf-8"))["$defs"]["code"]["enum"]
CAUSES = ["connect-failed", "peer-closed", "never-used", "listener", "in-use"]


def golden(case):
    return json.loads((TRACES / case / "expected.json").read_text(encoding="utf-8"))


def random_frame(rng):
    if rng.random() < 0.3:
        return {"function": rng.choice("fgh"), "file": f"/src/{rng.choice('ab')}.py", "line": rng.randint(1, 3), "lang": "python"}
    frame = {"module": rng.choice(["/opt/prog", "/lib/libc.so.6"]), "offset": hex(rng.randint(1, 4)), "lang": "c"}
    if rng.random() < 0.7:
        frame.update(function=rng.choice(["main", "serve", "_start"]))
    if rng.random() < 0.7:
        frame.update(file=rng.choice(["/src/a.c", "/home/a.c", "b.c"]))
        frame.update({"line": rng.randint(1, 3)} if rng.random() < 0.8 else {})
    return frame


def random_step(rng):
    step = {"op": rng.choice(["socket", "close"]), "t": rng.randint(1, 3), "pid": rng.randint(1, 3)}
    for key, values in (("errno", ["EBADF"]), ("to", ["BOUND"]), ("tid", [1, 2]), ("count", [2, 2**32 - 1]), ("omitted", [1]), ("frame", [random_frame(rng)])):
        if rng.random() < 0.3:
            step[key] = rng.choice(values)
    return step


def random_violation(rng):
    code = rng.choice(CODES[:4])
    one = {"code": code, "severity": rng.choice(["error", "warning"]), "cwe": 1, "fingerprint": f"{rng.randint(0, 3):016x}", "known": rng.random() < 0.2,
           "suppressed": rng.random() < 0.2, "message": rng.choice(["one", "two\n\"é\""]), "help": "h", "count": rng.choice([1, 2, 9]),
           "pids": sorted({rng.randint(1, 9) for _ in range(3)}), "fds": sorted({rng.randint(-1, 5) for _ in range(rng.randint(0, 3))}),
           "stacks": {role: [random_frame(rng) for _ in range(rng.randint(0, 2))] for role in ("opened", "closed", "at") if rng.random() < 0.5}}
    if rng.random() < 0.7:
        one["calls"] = {"at": {"op": "recv", "thread": rng.randint(1, 3), "errno": "EBADF"}, "opened": {"op": rng.choice(["accept", "socket"]), **rng.choice([{}, {"pid": 3}])}}
    if code == "never-closed":
        one["cause"] = rng.choice(CAUSES[:2])
    if rng.random() < 0.5:
        one["history"] = [random_step(rng) for _ in range(rng.randint(1, 6))]
    for key, values in (("state", ["CLOSED", "ESTABLISHED"]), ("local", ["127.0.0.1:1", "unix:/x"]), ("peer", ["127.0.0.1:2", "unix:\x1b"])):
        if rng.random() < 0.5:
            one[key] = rng.choice(values)
    return one


def random_open(rng):
    one = {"pid": rng.randint(1, 9), "sockets": rng.randint(1, 3), "oldest": rng.choice([0.0, 1.5, 0.001, 86400.123]), "fds": [3, 4],
           "growth": {"step": rng.choice([1, 2]), "open": [rng.randint(0, 3) for _ in range(rng.randint(1, 16))]},
           **({"states": {state: rng.randint(1, 5) for state in rng.sample(["CLOSED", "ESTABLISHED", "CLOSE_WAIT"], rng.randint(1, 3))}}
              if rng.random() < 0.5 else {}),
           "stacks": {"opened": [random_frame(rng)]} if rng.random() < 0.5 else {}}
    return {**one, **({"state": "LISTENING", "local": "0.0.0.0:80"} if rng.random() < 0.5 else {})}


def random_site(rng, name):
    """Of one call and site in every report, as in jobs that explore the same program."""
    faults = [{"errno": error, "result": rng.choice(["not-tried", "silent", "not-reached"])} for error in rng.sample(["EMFILE", "ENOMEM", "EINTR"], rng.randint(1, 3))]
    if rng.random() < 0.5:
        faults[0].update(result="found", codes=" ".join(sorted(rng.sample(CODES[:4], rng.randint(1, 2)))))
    return {"call": "socket", "site": f"{name:016x}", "own": rng.random() < 0.5, **rng.choice([{}, {"unsteady": True}]),
            **({"stack": [random_frame(rng)]} if rng.random() < 0.7 else {}), "faults": faults}


def random_fault(rng):
    one = {"fault": rng.choice(["site", "injected", "crash", "thread"]), "pid": rng.randint(1, 9)}
    for key, values in (("tid", [1, 2]), ("op", ["socket", "SIGSEGV"]), ("errno", ["EMFILE"]), ("site", ["00000000000000aa"]), ("stack", [[random_frame(rng)]])):
        if rng.random() < 0.5:
            one[key] = rng.choice(values)
    return one


def random_report(rng):
    processes = [{"pid": rng.randint(1, 9), "ppid": 1, "exe": rng.choice(["/bin/a", "/bin/b"]), "argv": [rng.choice("ab"), "x"], "how": rng.choice(["exec", "fork"]),
                  **rng.choice([{"end": "exit", "status": rng.randint(0, 1)}, {"end": "signal", "signal": 9}, {"end": "unknown"}, {"end": "running"}]),
                  "sockets": rng.randint(0, 3), "events": rng.randint(0, 3), "dropped": 0} for _ in range(rng.randint(0, 3))]
    violations = [random_violation(rng) for _ in range(rng.randint(0, 4))]
    by_code = {}
    for one in violations:
        by_code[one["code"]] = by_code.get(one["code"], 0) + one["count"]
    report = {"schema": "socksan-report/1", "tool": {"name": "socksan", "version": "0"}, "processes": processes,
              "totals": {"processes": len(processes), **{key: rng.randint(0, 9) for key in ("sockets", "events", "dropped", "torn", "open_peak")}, "by_code": by_code},
              "violations": violations}
    if rng.random() < 0.3:
        report["notes"] = sorted({rng.choice(["n1", "n2 \x1b", "n3"]) for _ in range(2)})
    if rng.random() < 0.3:
        report["open"] = [random_open(rng) for _ in range(rng.randint(1, 2))]
    if rng.random() < 0.5:
        report["explored"] = {"runs": rng.randint(1, 9), "seconds": rng.choice([0.5, 2.0]), "left_out": rng.randint(0, 2), "stopped": rng.random() < 0.5,
                              "sites": [random_site(rng, name) for name in rng.sample(range(4), rng.randint(0, 3))]}
    if rng.random() < 0.3:
        report["faults"] = [random_fault(rng) for _ in range(rng.randint(1, 3))]
    check("analyzer/report/report.schema.json", report, "a random report")
    return report


class MergeTest(SockSanTest):
    def write(self, name, report):
        path = pathlib.Path(self.tmp) / name
        path.write_text(report if isinstance(report, str) else json.dumps(report), encoding="utf-8")
        return str(path)

    def merge_files(self, *args):
        """(status, stdout, stderr)."""
        return self.finish(self.start([socksan(), "merge", *args]))

    def merge(self, *reports):
        """The merged report, of reports."""
        paths = [self.write(f"in.{number}.json", report) for number, report in enumerate(reports)]
        status, stdout, stderr = self.merge_files("-f", "json", *paths)
        merged = json.loads(stdout)
        self.assertIn(status, (24 if "incomplete" in merged else 0, 23), stderr)
        check("analyzer/report/report.schema.json", merged, "a merged report")
        return merged


class Laws(MergeTest):
    """The first reports come from a fixed seed; SOCKSAN_SEED names another."""

    def test_order_and_grouping_do_not_matter(self):
        rng = random.Random(os.environ.get("SOCKSAN_SEED", "1"))
        for number in range(12):
            reports = [golden(rng.choice(CASES)) if rng.random() < 0.3 else random_report(rng) for _ in range(rng.randint(2, 6))]
            whole = self.merge(*reports)
            about = f"number {number}: expected the same result"
            shuffled = rng.sample(reports, len(reports))
            self.assertEqual(whole, self.merge(*shuffled), f"{about} in another order")
            cut = rng.randint(1, len(reports) - 1)
            self.assertEqual(whole, self.merge(self.merge(*shuffled[:cut]), self.merge(*shuffled[cut:])), f"{about} of two merged before")
            self.assertEqual(whole, self.merge(whole), f"{about} merged alone")
            self.check_sums(reports, whole)

    def check_sums(self, reports, whole):
        for key in ("processes", "sockets", "events", "dropped", "torn"):
            self.assertEqual(sum(report["totals"][key] for report in reports), whole["totals"][key], f"totals.{key}")
        self.assertEqual(max(report["totals"]["open_peak"] for report in reports), whole["totals"]["open_peak"])
        by_code = {}
        for report in reports:
            for one in report["violations"]:
                by_code[one["code"]] = by_code.get(one["code"], 0) + one["count"]
        self.assertEqual(by_code, whole["totals"]["by_code"])
        self.assertEqual({one["fingerprint"] for report in reports for one in report["violations"]}, {one["fingerprint"] for one in whole["violations"]})

        def multiset(key, lists):
            return sorted(json.dumps(one, sort_keys=True) for report in lists for one in report.get(key, []))
        self.assertEqual(multiset("processes", reports), multiset("processes", [whole]), "expected every process to be kept")
        self.assertEqual(multiset("open", reports), multiset("open", [whole]), "expected everything open to be kept")
        self.assertEqual({note for report in reports for note in report.get("notes", [])}, set(whole.get("notes", [])))
        lacking = {json.dumps(one, sort_keys=True) for report in reports for one in report.get("incomplete", [])}
        self.assertEqual(sorted(lacking), multiset("incomplete", [whole]), "expected every reason to be told, and none twice")
        faults = {json.dumps(one, sort_keys=True) for report in reports for one in report.get("faults", [])}
        self.assertEqual(sorted(faults), multiset("faults", [whole]), "expected every fault to be told, and none twice")
        self.check_explored([report["explored"] for report in reports if "explored" in report], whole.get("explored"))

    def check_explored(self, parts, whole):
        self.assertEqual(bool(parts), bool(whole), "expected what was explored if a report has it")
        if not parts:
            return
        for key in ("runs", "seconds", "left_out"):
            self.assertEqual(sum(part[key] for part in parts), whole[key], f"explored.{key}")
        self.assertEqual(any(part["stopped"] for part in parts), whole["stopped"])
        ranks = ["not-tried", "not-reached", "silent", "found"]
        results, codes = {}, {}
        for site in (site for part in parts for site in part["sites"]):
            for fault in site["faults"]:
                name = (site["site"], fault["errno"])
                results[name] = max(results.get(name, 0), ranks.index(fault["result"]))
                codes.setdefault(name, set()).update(fault.get("codes", "").split())
        merged = {(site["site"], fault["errno"]): fault for site in whole["sites"] for fault in site["faults"]}
        self.assertEqual({name: ranks[rank] for name, rank in results.items()}, {name: fault["result"] for name, fault in merged.items()})
        self.assertEqual({name: " ".join(sorted(words)) for name, words in codes.items()}, {name: fault.get("codes", "") for name, fault in merged.items()})

    def test_a_report_of_socksan_stays_what_it_is(self):
        for case in CASES:
            report = golden(case)
            merged = self.merge(report)

            def plain(one):
                return sorted(json.dumps(violation, sort_keys=True) for violation in one["violations"])
            self.assertEqual(plain(report), plain(merged), f"{case}: expected its violations to come back")
            self.assertEqual(report["totals"], merged["totals"], case)

    def test_what_was_explored_of_two_jobs(self):
        def job(runs, *sites):
            return {**golden("minimal"), "explored": {"runs": runs, "seconds": 0.5, "left_out": 1, "stopped": runs == 3, "sites": list(sites)}}

        def site(number, *faults, own=True):
            return {"call": "connect", "site": f"{number:016x}", "own": own, "faults": list(faults)}
        quiet, leaks = {"errno": "EINTR", "result": "silent"}, {"errno": "ETIMEDOUT", "result": "found", "codes": "never-closed"}
        merged = self.merge(job(3, site(1, {"errno": "ETIMEDOUT", "result": "not-tried"}, quiet), site(2, leaks, own=False)), job(4, site(1, leaks)))
        self.assertEqual({"runs": 7, "seconds": 1.0, "left_out": 2, "stopped": True, "sites": [site(1, quiet, leaks), site(2, leaks, own=False)]}, merged["explored"])

    def test_what_a_merged_report_leaves_out_decides_nothing(self):
        report = golden("minimal")
        report["processes"] = [{"pid": 7, "end": "exec", "status": status, "sockets": sockets, "events": 0, "dropped": 0} for status, sockets in ((0, 2), (1, 1))]
        frame = {"function": "f", "file": "/src/a.py", "lang": "python"}
        violation = copy.deepcopy(WhatIsTheSame.ONE)
        report["violations"] = [{**violation, "stacks": {"at": [{**frame, "offset": offset}]}} for offset in ("0x1", "0x2")]
        whole = self.merge(report)
        self.assertEqual(whole, self.merge(whole), "expected the same merged again: no status of a process that ran on, no offset of a Python frame, is kept")

    def test_an_empty_text_is_another_than_none(self):
        report = golden("minimal")
        process = {"pid": 7, "end": "exec", "sockets": 0, "events": 0, "dropped": 0}
        report["processes"] = [process, {**process, "exe": ""}]
        report["violations"] = [WhatIsTheSame.ONE, {**WhatIsTheSame.ONE, "local": ""}]
        other = {**report, "processes": report["processes"][::-1], "violations": report["violations"][::-1]}
        whole = self.merge(report)
        self.assertEqual(whole, self.merge(other), "expected the same in another order")
        self.assertEqual(whole, self.merge(whole), "expected the same merged again")


class WhatIsTheSame(MergeTest):
    ONE = {"code": "double-close", "severity": "error", "cwe": 1341, "fingerprint": "0123456789abcdef", "known": False, "suppressed": False, "message": "m",
           "help": "h", "count": 2, "pids": [7], "fds": [3],
           "stacks": {"at": [{"function": "serve", "file": "/a/s.c", "line": 7, "module": "/a/prog", "offset": "0x10", "lang": "c"},
                             {"function": "__libc_start_main", "module": "/lib/libc.so.6", "offset": "0x99", "lang": "c"}]}}

    def report(self, **changes):
        report = golden("fork_daemon")
        violation = copy.deepcopy(self.ONE)
        frame = {key: changes.pop(key) for key in ("function", "file", "line", "module", "offset") if key in changes}
        violation["stacks"]["at"][0].update(frame)
        violation["stacks"]["at"][1]["offset"] = changes.pop("libc", "0x99")
        violation.update(changes)
        report["violations"] = [violation]
        return report

    def merged(self, **changes):
        return self.merge(self.report(), self.report(**changes))["violations"]

    def test_counts_are_added_and_numbers_united(self):
        one, = self.merged(pids=[5, 7], fds=[1, 9], count=40)
        self.assertEqual((42, [5, 7], [1, 3, 9]), (one["count"], one["pids"], one["fds"]))

    def test_another_folder_module_or_offset_is_the_same(self):
        for changes in ({"file": "/b/s.c"}, {"module": "/b/prog"}, {"offset": "0x20"}, {"libc": "0x77"}, {"message": "n"}):
            self.assertEqual(1, len(self.merged(**changes)), f"{changes}: expected one violation")

    def test_another_line_place_code_or_fingerprint_is_another(self):
        for changes in ({"line": 8}, {"function": "other"}, {"file": "/a/t.c"}, {"code": "bad-fd"}, {"fingerprint": "f" * 16}):
            self.assertEqual(2, len(self.merged(**changes)), f"{changes}: expected two violations")

    def test_the_worst_severity_stays(self):
        self.assertEqual("error", self.merged(severity="warning")[0]["severity"])

    def test_what_is_new_in_one_is_new(self):
        for flag in ("known", "suppressed"):
            both = self.merge(self.report(**{flag: True}), self.report(**{flag: True}))["violations"][0]
            self.assertEqual((True, False), (both[flag], self.merged(**{flag: True})[0][flag]), flag)

    def test_counts_that_are_too_large_stay_at_the_largest(self):
        self.assertEqual(2**63 - 1, self.merged(count=2**63 - 1)[0]["count"])


class AsReport(MergeTest):
    """Options, formats and statuses are those of `socksan report`."""

    def setUp(self):
        super().setUp()
        self.leak = self.write("leak.json", golden("never_closed_in_a_loop"))
        self.twice = self.write("twice.json", golden("double_close"))
        self.clean = self.write("clean.json", golden("fork_daemon"))

    def test_statuses(self):
        for options, files, expected in (([], [self.leak, self.clean], 23), ([], [self.clean], 0), (["--error-exitcode=5"], [self.twice], 5),
                                         (["--fail-on=never"], [self.twice, self.leak], 0), (["--fail-on=double-close"], [self.leak, self.clean], 0),
                                         (["--fail-on=double-close"], [self.leak, self.twice], 23), ([f"--baseline={self.twice}"], [self.twice], 0),
                                         ([f"--baseline={self.twice}"], [self.twice, self.leak], 23)):
            status, stdout, stderr = self.merge_files(*options, *files)
            self.assertEqual(expected, status, f"{options} {files}: expected status {expected}\n{stdout}{stderr}")

    def test_suppressions(self):
        lines = self.write("lines", "double-close:/opt/*/server\nbad-fd:*\n")
        status, stdout, _ = self.merge_files(f"--suppressions={lines}", self.twice, self.clean)
        self.assertEqual(0, status)
        self.assertIn("1 suppressed", stdout)
        self.assertIn("lines:2: bad-fd:* matched nothing", stdout)

    def test_every_format(self):
        formats = re.findall(r"^FORMAT\((\w+),", find("analyzer/report/format.def").read_text(encoding="utf-8"), re.M)
        outputs = [f"--output={name}={self.tmp}/out.{name}" for name in formats]
        status, _, stderr = self.merge_files(*outputs, self.leak, self.twice, self.clean)
        self.assertEqual(23, status, stderr)
        for option in outputs:
            text = pathlib.Path(option.split("=")[2]).read_text(encoding="utf-8")
            self.assertIn("double-close", text, option)
            self.assertIn("never-closed", text, option)

    def test_a_merged_report_is_a_baseline(self):
        both = f"{self.tmp}/both.json"
        self.merge_files("-ojson=" + both, self.leak, self.twice)
        status, _, stderr = self.finish(self.start([socksan(), "report", f"--baseline={both}", str(TRACES / "double_close"), str(TRACES / "never_closed_in_a_loop")]))
        self.assertEqual(0, status, stderr)

    def test_standard_input_and_a_result_in_place(self):
        with open(self.twice, "rb") as report:
            status, stdout, stderr = self.finish(self.start([socksan(), "merge", "-", self.leak], stdin=report))
        self.assertEqual(23, status, stderr)
        self.assertIn("error[double-close]", stdout)
        self.merge_files(f"-ojson={self.leak}", self.leak, self.twice)
        with open(self.leak, encoding="utf-8") as file:
            self.assertEqual({"double-close", "never-closed"}, set(json.load(file)["totals"]["by_code"]))


class BadInput(MergeTest):
    def assert_refused(self, text, says, **options):
        path = self.write("bad.json", text)
        status, stdout, stderr = self.merge_files(f"-ojson={self.tmp}/out", self.write("good.json", golden("double_close")), path, **options)
        self.assertEqual((2, ""), (status, stdout), f"{text!r}: expected status 2 and no report")
        self.assertIn(says, stderr.replace(self.tmp + "/", ""), f"{text!r}: expected a message that says so")
        self.assertFalse(os.path.exists(f"{self.tmp}/out"), "expected no report to be written")

    def test_what_is_no_report(self):
        for text, says in (("", "bad.json: empty"), ("{", "bad.json:1: not JSON"), ("{}", "bad.json: not a SockSan report"), ("[]", "bad.json: not a SockSan report"),
                           ('{"schema":"socksan-report/2","violations":[]}', "bad.json: written by a newer SockSan, as socksan-report/2"),
                           ('{"ev":"fd","t":1,"pid":2}\n{"ev":"fd","t":1,"pid":2}', "bad.json: a trace, not a report")):
            self.assert_refused(text, says)
        for args, says in ((["/nowhere.json"], "/nowhere.json: No such file"), ([self.tmp], "Is a directory"), ([], "no REPORT.json"), (["--limit=idle=1s", "x"], "limit")):
            status, _, stderr = self.merge_files(*args)
            self.assertEqual(2, status, args)
            self.assertIn(says, stderr)

    def test_each_value_of_a_wrong_kind(self):
        """Every value of a report, one after the other, turned into something else: a clear error or the value is of no account; never a crash."""
        rng = random.Random(5)
        report = random_report(rng)
        while not all(report.get(key) for key in ("processes", "violations", "notes", "open", "explored", "faults")) or not any(one["stacks"].get("at") for one in report["violations"]):
            report = random_report(rng)

        def places(value, way=()):
            yield way
            for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
                yield from places(inner, way + (key,))
        refused = 0
        paths, ways = [], list(places(report))[1:]
        for number, way in enumerate(ways):
            for wrong in (None, -5, "x", {}, [[]]):
                changed = copy.deepcopy(report)
                inner = changed
                for key in way[:-1]:
                    inner = inner[key]
                inner[way[-1]] = wrong
                paths.append((self.write(f"{number}.{len(paths)}.json", changed), way, wrong))
        for path, way, wrong in rng.sample(paths, 120):
            status, _, stderr = self.merge_files(path)
            self.assertIn(status, (0, 2, 23), f"{way} = {wrong}: {stderr}")
            self.assertEqual(status == 2, stderr.startswith("socksan: "), f"{way} = {wrong}: expected a message when it is refused\n{stderr}")
            refused += status == 2
        self.assertGreater(refused, 40, "expected most wrong values to be refused")

    def test_messages_name_the_place(self):
        for way, wrong, says in ((("violations", 0, "code"), "later-code", "bad.json: violations[0]: this SockSan knows no code 'later-code'"),
                                 (("violations", 0, "count"), 0, 'bad.json: violations[0]: "count" is below 1'),
                                 (("violations", 0, "fingerprint"), "xyz", "bad.json: violations[0]: \"fingerprint\" is not 16 hex digits"),
                                 (("violations", 0, "stacks", "at", 1, "offset"), "12", "bad.json: violations[0]: stacks.at[1]: no offset '12'"),
                                 (("processes", 0, "end"), "gone", "bad.json: processes[0]: no end 'gone'"),
                                 (("explored",), {"runs": 1}, "bad.json: explored: "), (("faults",), [{"fault": "flood", "pid": 1}], "bad.json: faults[0]: no fault 'flood' is known"),
                                 (("totals", "sockets"), "many", "bad.json: totals: "), (("processes",), 4, 'bad.json: "processes" is not an array')):
            report = golden("double_close")
            inner = report
            for key in way[:-1]:
                inner = inner[key]
            inner[way[-1]] = wrong
            self.assert_refused(json.dumps(report), says)


class Size(MergeTest):
    def test_memory_does_not_grow_with_the_number_of_reports(self):
        report = golden("never_closed_causes")
        for one in report["violations"]:
            one["stacks"] = {role: frames * 20 for role, frames in one["stacks"].items()}
        path = self.write("one.json", report)

        def peak(reports):
            script = "import resource, subprocess, sys; subprocess.run(sys.argv[1:]); " \
                     "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
            # AddressSanitizer's own memory, its stacks of each allocation above all, is not what is measured.
            env = self.environment(ASAN_OPTIONS="quarantine_size_mb=1:thread_local_quarantine_size_kb=64:malloc_context_size=0:"
                                                "allocator_release_to_os_interval_ms=0")
            out = subprocess.run([sys.executable, "-c", script, socksan(), "merge", "-fjson", f"-otext={self.tmp}/{reports}", *[path] * reports], env=env,
                                 stdout=subprocess.PIPE, check=True).stdout.splitlines()
            self.assertIn(f"{reports} processes", pathlib.Path(f"{self.tmp}/{reports}").read_text(encoding="utf-8"))
            return int(out[-1])

        few, many = peak(10), peak(1000)
        self.assertLess(many, few + 8192, f"expected the memory for 10 reports, {few} KiB, nearly to do for 1 000 of {os.path.getsize(path)} bytes")


if __name__ == "__main__":
    unittest.main()
