"""The report against the truth: random sequences of calls, right and wrong, that keep count of themselves.

RANDOM_SEQUENCES says how many sequences, 1 000 without it; RANDOM_SEED with which one to begin.
SPDX-License-Identifier: Apache-2.0
"""

import collections
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, command, read_report, socksan  # pylint: disable=wrong-import-position

SEQUENCES = int(os.environ.get("RANDOM_SEQUENCES", "1000"))
SEED = int(os.environ.get("RANDOM_SEED", "1"))
BATCH = 250  # sequences under one `socksan run`


def truth(told):
    """What the processes said of themselves: sockets made by pid, and in all, {code: count}, the largest number open."""
    made, total, counts, peak = {}, 0, collections.Counter(), 0
    for line in told.splitlines():
        pid, here, sockets, most, *codes = line.split()
        made[int(pid)] = int(here)
        total += int(sockets)
        peak = max(peak, int(most))
        for code in codes:
            name, _, count = code.partition("=")
            counts[name] += int(count)
    return made, total, dict(counts), peak


def judged(report):
    """The same from a report."""
    made = {process["pid"]: process["sockets"] for process in report["processes"]}
    counts = collections.Counter()
    for violation in report["violations"]:
        cause = violation.get("cause")
        counts[violation["code"] + (f"/{cause}" if cause else "")] += violation["count"]
    return made, report["totals"]["sockets"], dict(counts), report["totals"]["open_peak"]


def agree(said, found):
    """Whether both are the same: what others may have used and nobody read or wrote is in-use or untouched."""
    *before, counts, peak = said
    either = counts.pop("never-closed/either", 0)
    for n in range(either + 1):
        both = collections.Counter(counts) + collections.Counter({"never-closed/in-use": n, "never-closed/untouched": either - n})
        if (*before, dict(both), peak) == found:
            return True
    return False


class Random(SockSanTest):
    def both(self, seed, sequences):
        """(truth, report) of so many sequences."""
        path = f"{self.folder('random')}/report.json"
        process = self.start([socksan(), "run", f"--output=json={path}", "--limit=idle=1h", "--limit=close-wait=1h", "--",
                              *command("random_calls", str(seed), str(sequences))])
        status, told, errors = self.finish(process, timeout=600)
        self.assertIn(status, (0, 23), f"seed {seed}: expected the program to agree with the kernel\n{errors[-2000:]}")
        report = read_report(path)
        made, *rest = judged(report)
        said = truth(told)
        made = {pid: made.get(pid, 0) for pid in said[0]}  # the one that starts the sequences makes none, nor do other programs
        return said, (made, *rest)

    def test_the_report_is_the_truth(self):
        for first in range(SEED, SEED + SEQUENCES, BATCH):
            said, found = self.both(first, min(BATCH, SEED + SEQUENCES - first))
            if agree(said, found):
                continue
            for seed in range(first, first + BATCH):
                said, found = self.both(seed, 1)
                if agree(said, found):
                    continue
                self.assertEqual(json.dumps(said, indent=1, sort_keys=True), json.dumps(found, indent=1, sort_keys=True),
                                 f"RANDOM_SEED={seed} RANDOM_SEQUENCES=1: expected the report to say what is true")
            self.fail(f"seeds {first} to {first + BATCH - 1}: the report differs from the truth, but for no seed alone")


if __name__ == "__main__":
    unittest.main()
