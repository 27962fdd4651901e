"""What the stress tests share: many iterations under the shim, no hang, no crash, and every trace sound to the last line.

STRESS_ITERATIONS says how many iterations, 3000 without it.
SPDX-License-Identifier: Apache-2.0
"""

import collections
import json
import os
import pathlib
import random
import signal

from socksan_test import JQ, SockSanTest, check, program, shim, torn_lines

ITERATIONS = int(os.environ.get("STRESS_ITERATIONS", "3000"))
HUNG = 600  # seconds: the machine may be slow, and nothing here takes a tenth of that on one that is not

Trace = collections.namedtuple("Trace", "path first exit fds violations notes leaks")
Trace.__doc__ = "Of one file: where it is, its process line and its exit line (or None), how many fd lines, and the lines that say more."


def sound(path, schema_every=1, killed=False):
    """Read a trace line by line: each is one JSON object, no t twice, a stack for each that is named. What is in it.

    One line in schema_every is checked against the schema, which takes longer than all else. Of a killed process, a thread may have left a line
    that is not whole, and a stack that others name already.
    """
    times, named, known, fds, number = set(), set(), set(), 0, 0
    first = end = None
    said = {"violation": [], "note": [], "leak": []}
    with open(path, "rb") as lines:
        for line in lines:
            if line == b"\n" or killed and not line.endswith(b"}\n"):
                continue
            number += 1
            try:
                event = json.loads(line)
            except ValueError as error:
                raise AssertionError(f"{path}: expected JSON, {error}: {line!r}") from error
            if number % schema_every == 1 or schema_every == 1:
                check("shim/model/trace.schema.json", event, path)
            if event["t"] in times:
                raise AssertionError(f"{path}: t={event['t']} twice, expected a total order")
            times.add(event["t"])
            kind = event["ev"]
            if kind == "process" and (first is None or event["t"] < first["t"]):
                first = event
            elif kind == "exit":
                end = event
            elif kind == "stack":
                known.add(event["id"])
            elif kind == "leak":
                said["leak"].append(event)
            elif kind == "fd":
                fds += 1
                for key in ("violation", "note"):
                    if key in event:
                        said[key].append(event)
            if "stack" in event:
                named.add(event["stack"])
    if not named <= known and not killed:
        raise AssertionError(f"{path}: expected a line for the stacks {named - known}")
    if not killed and not line.endswith(b"\n") or (end and line == b"\n"):
        raise AssertionError(f"{path}: expected the last line to be whole, and nothing after it")
    return Trace(path, first, end, fds, said["violation"], said["note"], said["leak"])


class StressTest(SockSanTest):
    def run_watched(self, name, *args):
        """The program under the shim to its end: its own trace, and those of its children."""
        return self.watch([program(name), *map(str, args)])

    def watch(self, command, killed=False):
        """A command, likewise, which ends well or kills itself. With so much room, no trace has segments."""
        folder = self.folder("watched")
        env = self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={folder}/t:max_bytes=4g")
        process = self.start(command, env=env)
        ended, stdout, stderr = self.finish(process, HUNG)
        status = -signal.SIGKILL if killed else 0
        self.assertEqual((ended, stderr), (status, ""), f"{command}: expected status {status} and no word on standard error\n{stdout}")
        files = sorted(pathlib.Path(folder).glob("*.jsonl"))
        own = pathlib.Path(f"{folder}/t.{process.pid}.jsonl")
        self.assertIn(own, files, "expected a trace of the program itself")
        for path in [own, *random.sample(files, min(20, len(files)))]:
            text = path.read_text(encoding="utf-8")
            for torn in torn_lines(text) if killed else ():
                text = text.replace(torn + "\n", "")
            JQ.check(text, path)
        traces = {path: sound(path, 499 if path == own else 53, killed) for path in files}
        return traces.pop(own), list(traces.values())

    def assert_clean(self, trace, status=0):
        """It ended in order with this status, lost nothing, and had no mistake in it."""
        self.assertIsNotNone(trace.exit, f"expected an exit line in the trace of {trace.first}")
        self.assertEqual(trace.exit["status"], status, f"{trace.exit}: expected status {status}")
        self.assertEqual((trace.exit["open"], trace.exit["dropped"]), (0, 0), f"{trace.exit}: expected nothing open or lost")
        self.assertEqual(trace.exit["events"], trace.fds, f"{trace.exit}: expected the number of fd lines")
        self.assertEqual((trace.violations, trace.leaks), ([], []), "expected no mistake in a correct program")
