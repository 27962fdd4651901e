"""`socksan ship --follow`: traces that are written while they are shipped.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import signal
import subprocess
import time
import unittest

import http_proxy
from shipping import ToOneServer, fd_line, lines_of, process_line
from socksan_test import TIMEOUT, shim


class FollowTest(ToOneServer):
    def test_traces_that_grow(self):
        block = 4096
        path = os.path.join(self.folder, "socksan.100.jsonl")
        self.write("socksan.100.jsonl", lines_of(process_line()) + "\n" * block)
        shipper = self.start(self.server.url, "--follow", "--every=100ms")
        self.until(lambda: self.server.number("SELECT count() FROM events") == 1, "the first line")
        line, other = lines_of(fd_line(1)), lines_of(fd_line(2))
        with open(path, "r+b") as file:
            file.seek(2000)
            file.write(other[:40].encode())
            file.flush()
            time.sleep(0.5)
            self.assertEqual(self.server.number("SELECT count() FROM events"), 1, "expected half a line to be waited for")
            file.write(other[40:].encode())
            file.seek(len(lines_of(process_line())))
            file.write(line.encode())
        self.until(lambda: self.server.number("SELECT count() FROM events") == 3, "lines in the gaps")
        self.trace(10, pid=200)
        self.until(lambda: self.server.number("SELECT count() FROM events") == 14, "another trace")
        self.end(shipper, signal.SIGINT)
        self.assert_once(self.server, 14)

    def test_a_process_that_ends_between_a_look_at_its_file_and_the_reading(self):
        """What it wrote in between continues a line that the file's size of the look cuts in two."""
        process = subprocess.Popen(["sleep", str(TIMEOUT)])
        self.addCleanup(process.kill)
        start = int(pathlib.Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
        boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
        text = lines_of(process_line(process.pid, host=os.uname().nodename, boot=boot, start=start), *(fd_line(i, process.pid) for i in range(4)))
        cut = len(text) - 300
        self.assertNotEqual(text[cut - 1], "\n", "expected the cut to be in a line")
        self.trace(30, name="a.100.jsonl")
        self.write(f"b.{process.pid}.jsonl", text[:cut])
        self.server.kill()
        shipper = self.start(self.server.url, "--follow", "--batch=10", "--spool-size=1", "--every=100ms")
        self.until(lambda: list(pathlib.Path(self.folder, ".socksan-ship").glob("*/*.batch")), "the shipper to wait for room")
        self.write(f"b.{process.pid}.jsonl", text[cut:], "a")
        process.kill()
        process.wait()
        self.server.begin()
        self.server.wait()
        self.until(lambda: self.server.number("SELECT count() FROM events") >= 36, "all lines")
        self.assertNotIn("not understood", self.end(shipper))
        self.assert_once(self.server, 36)

    def test_a_process_that_drops_what_is_over(self):
        """Its segments come and go. What is there at the end was shipped, each line once; and what was there before, or it is said how much was
        removed before it was read, as happens where the program is faster than the database."""
        program = ("import socket, time\nfor i in range(60000):\n s = socket.socket()\n s.close()\n"
                   " if i % 500 == 0: time.sleep(0.05)\n")
        shipper = self.start(self.server.url, "--follow", "--every=200ms", "--label=service=churn")
        env = self.clean(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={self.folder}/t:max_bytes=8M:python=0:stack_depth=2")
        subprocess.run(["/usr/bin/python3", "-c", program], env=env, check=True, timeout=TIMEOUT)
        files = sorted(pathlib.Path(self.folder).glob("*.jsonl"))
        self.assertGreater(len(files), 1, "expected segments")
        left = sum(1 for path in files for line in path.read_text(encoding="utf-8").split("\n") if line)
        sql = "SELECT count() FROM events WHERE file IN (%s)" % ", ".join(f"'{path.name}'" for path in files)
        self.until(lambda: self.server.number(sql) >= left, "the lines that are left")
        self.end(shipper, may_lose=True)
        self.assertEqual(self.server.number(sql), left)
        rows = self.server.rows("SELECT uniqExact(process), count() = uniqExact(file, offset), countIf(ev = 'exit') FROM events")
        self.assertEqual(rows, [["1", "1", "1"]])

    def test_a_process_that_drops_lines_faster_than_the_database_takes_them(self):
        """Nothing is lost of what fits into the spool: reading goes on while an INSERT takes seconds, and a segment that was seen is read to its
        end although it is removed."""
        cycles = 60000
        program = ("import socket, time\n"
                   f"for i in range({cycles}):\n s = socket.socket()\n s.close()\n if i % 500 == 0: time.sleep(0.02)\n")
        with http_proxy.before(self.server.http) as proxy:
            proxy.plan += [3] * 3
            shipper = self.start(proxy.url("fleet"), "--follow", "--every=200ms")
            self.until(lambda: list(pathlib.Path(self.folder, ".socksan-ship").glob("*/lock")), "the shipper")
            env = self.clean(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={self.folder}/t:max_bytes=4M:python=0:stack_depth=2")
            subprocess.run(["/usr/bin/python3", "-c", program], env=env, check=True, timeout=TIMEOUT)
            self.until(lambda: self.server.number("SELECT count() FROM events WHERE ev = 'exit'"), "the end")
            self.end(shipper)
            self.assertIn(3, [step for _, step, _ in proxy.inserts()])
        names = [path.name for path in pathlib.Path(self.folder).glob("*.jsonl")]
        files = [row[0] for row in self.server.rows("SELECT DISTINCT file FROM events")]
        self.assertGreater(len(files), 2 * len(names), "expected most segments to be gone")
        rows = self.server.rows("SELECT countIf(op = 'socket'), countIf(op = 'close') FROM events WHERE ev = 'fd'")
        self.assertEqual(rows, [[str(cycles)] * 2], "expected all lines")


if __name__ == "__main__":
    unittest.main()
