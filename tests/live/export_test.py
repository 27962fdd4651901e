"""`socksan export`: traces for other tools.

SPDX-License-Identifier: Apache-2.0
"""

import collections
import json
import os
import subprocess
import unittest

from live_test_base import LiveTest, find, read_profile, socksan
from snapshot_test import PROCESS, closed, opened

from socksan_test import read_traces


class Export(LiveTest):
    def export(self, form, what):
        result = subprocess.run([socksan(), "export", f"--format={form}", str(what)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual((0, b""), (result.returncode, result.stderr), f"export {form} {what}")
        return result.stdout

    def traces(self):
        """Those of a server and its child that have ended."""
        server = self.server()
        server.tell("leak", 3)
        server.tell("use", 2)
        server.tell("fork", 2)
        server.tell("shut", 1)
        os.killpg(server.pid, 9)
        server.process.wait()
        return server

    def lines(self, what):
        return [json.loads(line) for line in self.export("ndjson", what).decode().splitlines()]


class Ndjson(Export):
    def test_every_event_in_order_and_with_frames(self):
        server = self.traces()
        lines = self.lines(server.folder)
        events = [event for event in read_traces(server.folder) if event["ev"] not in ("stack", "module")]
        self.assertEqual([(event["ev"], event["t"], event["pid"]) for event in events], [(line["ev"], line["t"], line["pid"]) for line in lines])
        for line, event in zip(lines, events):
            self.assertLessEqual(set(event), set(line), "expected every key to be kept")
            self.assertEqual("python3 live_server.py", line["program"])
            self.assertAlmostEqual(line["wall"] - lines[0]["wall"], (line["t"] - lines[0]["t"]) / 1e9, delta=5)
        leaks = [line for line in lines if line.get("op") == "accept4" and any(frame.get("function") == "leak" for frame in line["stack"])]
        self.assertEqual(5, len(leaks))

    def test_a_stack_that_comes_after_its_use(self):
        trace = [PROCESS, opened(1, 10, stack=7), {"ev": "module", "t": 20, "pid": 9, "id": 1, "path": "/opt/shop/server", "base": "0x0"},
                 {"ev": "stack", "t": 30, "pid": 9, "id": 7, "frames": ["1+0x1234"]}, opened(2, 40, stack=8)]
        lines = self.lines(self.write("t.jsonl", trace))
        self.assertEqual([{"module": "/opt/shop/server", "offset": "0x1234", "lang": "c"}], lines[1]["stack"])
        self.assertNotIn("stack", lines[2], "expected no number of a stack that is not known")

    def test_every_golden_trace(self):
        for folder in sorted(path for path in find("tests/traces/minimal/hand.jsonl").parent.parent.iterdir() if list(path.glob("*.jsonl"))):
            for form in ("ndjson", "perfetto", "pprof"):
                with self.subTest(folder.name, form=form):
                    result = subprocess.run([socksan(), "export", f"--format={form}", folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
                    self.assertIn(result.returncode, (0, 2), result.stderr)
                    if result.returncode == 2:
                        continue
                    if form == "pprof":
                        read_profile(result.stdout)
                    elif form == "perfetto":
                        json.loads(result.stdout)
                    else:
                        times = [json.loads(line)["t"] for line in result.stdout.decode().splitlines()]
                        self.assertEqual(sorted(times), times)


class Perfetto(Export):
    def test_the_life_of_each_socket(self):
        trace = [PROCESS, opened(1, 10_000), {"ev": "fd", "t": 20_000, "pid": 9, "tid": 9, "op": "recv", "fd": 4, "sock": 1, "from": "ESTABLISHED",
                                              "to": "CLOSE_WAIT", "ret": 0}, {**closed(1, 30_000), "from": "CLOSE_WAIT"}, opened(2, 40_000)]
        events = json.loads(self.export("perfetto", self.write("t.jsonl", trace)))["traceEvents"]
        self.assertEqual(("M", "process_name", {"name": "server"}), tuple(events[0][key] for key in ("ph", "name", "args")))
        self.assertEqual([("b", "TCP socket", 10.0), ("b", "ESTABLISHED", 10.0), ("e", "ESTABLISHED", 20.0), ("b", "CLOSE_WAIT", 20.0),
                          ("e", "CLOSE_WAIT", 30.0), ("e", "TCP socket", 30.0)],
                         [(event["ph"], event["name"], event["ts"]) for event in events if event.get("id") == "9.1"])
        self.assertEqual(["b", "b"], [event["ph"] for event in events if event.get("id") == "9.2"], "expected what is open to have no end")
        self.assertEqual({"op": "accept4", "fd": 4, "peer": "10.0.0.1:40001"}, events[1]["args"])

    def test_slices_nest(self):
        events = json.loads(self.export("perfetto", self.traces().folder))["traceEvents"]
        stacks = collections.defaultdict(list)
        for event in events:
            if event["ph"] == "b":
                stacks[event["id"]].append(event["name"])
            elif event["ph"] == "e":
                self.assertEqual(stacks[event["id"]].pop(), event["name"], f"expected an end of what began last: {event}")
        for event in events:
            if event["ph"] in "be":
                self.assertIn("cat", event)
        begun = [event for event in events if event["ph"] == "b" and "args" in event]
        self.assertIn("leak", {event["args"].get("function") for event in begun})


class Pprof(Export):
    def test_what_was_opened_and_is_closed(self):
        trace = [PROCESS, *[opened(n, 10 + n) for n in range(5)], *[closed(n, 50 + n) for n in range(3)]]
        profile = read_profile(self.export("pprof", self.write("t.jsonl", trace)))
        self.assertEqual([("opened", "count"), ("open", "count"), ("closed", "count")], profile["types"])
        self.assertEqual([({"opened": 5, "open": 2, "closed": 3}, {"pid": "9"})], [(one["values"], one["labels"]) for one in profile["samples"]])

    def test_of_a_server(self):
        profile = read_profile(self.export("pprof", self.traces().folder))
        leaks = [one for one in profile["samples"] if any(function == "leak" for function, _, _ in one["stack"])
                 and one["stack"][0][0] == "accept"]
        self.assertEqual(5, sum(one["values"]["opened"] for one in leaks))


class ThatCannotBe(Export):
    def test_words(self):
        for args, says in (((), "no --format; there are perfetto pprof ndjson"), (("--format=xml", "a"), "no format 'xml'"),
                           (("--format=ndjson",), "no PID, DIR or TRACE"), (("--format=ndjson", "a", "b"), "one PID, DIR or TRACE at a time")):
            status, _, err = self.say("export", *args)
            self.assertEqual(2, status)
            self.assertIn(says, err)

    def test_input(self):
        self.assert_refused("export", "--format=ndjson", f"{self.tmp}/nowhere", says="No such file")
        self.assert_refused("export", "--format=ndjson", self.write("t.jsonl", ["what\n"]), says="no usable line")

    def test_standard_input_is_read_once(self):
        path = self.write("t.jsonl", [PROCESS, opened(1, 2)])
        for form, wanted in (("ndjson", 2), ("perfetto", 2), ("pprof", 0)):
            with open(path, encoding="utf-8") as file:
                status, _, err = self.finish(self.start([socksan(), "export", f"--format={form}", "-"], stdin=file, errors=None, text=False))
            self.assertEqual(wanted, status, err)
            if wanted:
                self.assertIn(b"standard input cannot be read twice", err)


if __name__ == "__main__":
    unittest.main()
