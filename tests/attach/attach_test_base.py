"""What the tests of attaching share: hosts that are already running, and both commands.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

from socksan_test import SockSanTest, TIMEOUT, program, read_trace, select, shim, socksan  # noqa: E402  pylint: disable=wrong-import-position

# For a longer try by hand: 200.
CYCLES = int(os.environ.get("SOCKSAN_ATTACH_CYCLES", "5"))


def until(truth, what):
    """Wait for something that comes soon, and complain when it does not."""
    end = time.monotonic() + TIMEOUT
    while not (value := truth()):
        if time.monotonic() > end:
            raise AssertionError(f"expected within {TIMEOUT} s: {what}")
        time.sleep(0.02)
    return value


class AttachTest(SockSanTest):
    def say(self, *args, **popen):
        """(status, stdout, stderr) of `socksan ARGS`."""
        return self.finish(self.start([socksan(), *map(str, args)], **popen))

    def attach(self, pid, *options):
        """The folder of the trace."""
        folder = self.folder("attached")
        status, out, err = self.say("attach", f"--trace-dir={folder}", *options, pid)
        self.assertEqual((0, ""), (status, err), f"attach {pid}: expected status 0 and no complaint\n{out}{err}")
        self.assertIn(f"its trace is in {folder};", out)
        return folder

    def detach(self, pid):
        status, out, err = self.say("detach", pid)
        self.assertEqual((0, ""), (status, err), f"detach {pid}: expected status 0 and no complaint\n{out}{err}")
        self.assertRegex(out, rf"^detached from process {pid} \(.*\); one thread was stopped for ")

    def refused(self, why, command, *args, **popen):
        status, out, err = self.say(command, *args, **popen)
        self.assertEqual((2, ""), (status, out), f"{command} {args}: expected status 2 and nothing on standard output\n{err}")
        self.assertRegex(err, f"^socksan: .*{why}", f"{command} {args}: expected to be told why")

    def host(self, wait, *args, **env):
        """tests/programs/host_attached.c in such a wait."""
        process = self.start([program("host_attached"), wait, *args], env=self.environment(**env))
        self.assertEqual("ready\n", process.stdout.readline(), wait)
        return process

    def end_host(self, process):
        """It met no failure and no change."""
        process.terminate()
        status, _, err = self.finish(process)
        self.assertEqual((0, ""), (status, err), f"{process.args}: expected every call to be as without SockSan")

    @staticmethod
    def trace(folder, pid):
        return pathlib.Path(folder, f"socksan.{pid}.jsonl")

    def events(self, folder, pid):
        return read_trace(str(self.trace(folder, pid)))


def mapped(pid):
    """How often the shim is mapped, and whether a trace is."""
    maps = pathlib.Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")
    return len(re.findall(r"r-xp .*/libsocksan\.so$", maps, re.M)), re.search(r"\.jsonl", maps) is not None


__all__ = ["AttachTest", "CYCLES", "mapped", "read_trace", "select", "socksan", "until"]
