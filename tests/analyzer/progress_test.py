"""Work that takes long says on a terminal what it is doing, and nowhere else.

A clock that advances by a second at each reading simulates a trace that takes long, one that stands still a short one.
SPDX-License-Identifier: Apache-2.0
"""

import os
import pty
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from socksan_test import SockSanTest, find, socksan  # pylint: disable=wrong-import-position

CLOCK = """
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec *now)
{
	static time_t seconds;
	(void)clock;
	*now = (struct timespec){.tv_sec = seconds += STEP};
	return 0;
}
"""
CASES = ("tagged", "wrong_state", "no_timeout")  # of tests/traces: violations enough to take several looks
LINES = 100_000  # of a trace that takes as many to read


class ProgressTest(SockSanTest):
    def report(self, step=1, **popen):
        # A socksan built with AddressSanitizer wants that first, which the clock has no part in.
        env = self.environment(LD_PRELOAD=self.compile("clock.so", CLOCK, "-shared", "-fPIC", f"-DSTEP={step}"),
                               ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0")
        long = os.path.join(self.tmp, "long.jsonl")
        with open(long, "w", encoding="utf-8") as file:
            file.writelines(f'{{"ev":"module","t":{t},"pid":9,"id":{t},"path":"/nowhere","base":"0x1000"}}\n' for t in range(1, LINES))
        traces = [long, *(str(find("tests/traces/" + case)) for case in CASES)]
        return self.start([socksan(), "report", "--fail-on=never", "--allow-dropped", *traces], env=env, **popen)

    def on_terminal(self, **how):
        """What `socksan report` writes to a terminal that is its standard error; nobody reads the report."""
        ours, its = pty.openpty()
        process = self.report(stdout=subprocess.DEVNULL, stderr=its, **how)
        os.close(its)
        written = b""
        with os.fdopen(ours, "rb", buffering=0) as terminal:
            while True:
                try:
                    written += terminal.read(4096)
                except OSError:  # the last one that had it open is gone
                    break
        self.assertEqual(0, process.wait(), written)
        return written.decode()

    def test_a_terminal_is_told_what_takes_long(self):
        written = self.on_terminal()
        self.assertRegex(written, r"\rsocksan: reading traces, +\d+ %")
        self.assertRegex(written, r"\rsocksan: finding functions and lines, +\d+ %")
        last = written.rindex(" %")
        self.assertIn("\r\033[K", written[last:], "expected the line to be gone at the end")

    def test_what_is_no_terminal_is_not(self):
        status, _, stderr = self.finish(self.report())
        self.assertEqual((0, False), (status, " %" in stderr), stderr)

    def test_what_is_quick_says_nothing(self):
        self.assertNotIn(" %", self.on_terminal(step=0))


if __name__ == "__main__":
    unittest.main()
