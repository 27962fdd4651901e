"""Traces made for tests of `socksan ship`, and shippers of them.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import subprocess
import signal
import time

import clickhouse
from socksan_test import TIMEOUT, SockSanTest, socksan

BOOT = "11111111-2222-3333-4444-555555555555"


def process_line(pid=100, host="alpha", boot=BOOT, t=1000, wall=1700000000.5, **more):
    return {"ev": "process", "t": t, "pid": pid, "schema": 1, "wall": wall, "ppid": 1, "exe": "/srv/bin/server", "argv": ["./server"],
            "how": "exec", "nofile": 1024, "boot": boot, "host": host, "start": 7000 + pid, **more}


def fd_line(i, pid=100, **more):
    return {"ev": "fd", "t": 1001 + i, "pid": pid, "tid": pid, "op": "socket", "fd": 3 + i % 50, "sock": i + 1, "from": None,
            "to": "CLOSED", "ret": 3 + i % 50, "stack": 1, "family": "AF_INET", "type": "SOCK_STREAM", **more}


def lines_of(*events):
    return "".join(json.dumps(event, separators=(",", ":")) + "\n" for event in events)


def until(test, condition, what):
    end = time.monotonic() + TIMEOUT
    while not condition():
        test.assertLess(time.monotonic(), end, f"waited in vain for {what}")
        time.sleep(0.05)


class Shipping(SockSanTest):
    def setUp(self):
        super().setUp()
        self.folder = os.path.join(self.tmp, "traces")
        os.mkdir(self.folder)

    def write(self, name, text, mode="w"):
        with open(os.path.join(self.folder, name), mode, encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)

    def trace(self, n, pid=100, name=None, **process):
        """A trace of 1 + n lines."""
        self.write(name or f"socksan.{pid}.jsonl", lines_of(process_line(pid, **process), *(fd_line(i, pid) for i in range(n))))

    def clean(self, **more):
        names = ("http_proxy", "https_proxy", "all_proxy")
        return {k: v for k, v in self.environment(**more).items() if k.lower() not in names}

    def fleet(self, *args, status=0, **env):
        got = subprocess.run([socksan(), *args], env=self.clean(**env), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             timeout=TIMEOUT, check=False)
        self.assertEqual(got.returncode, status, f"{args}: status {got.returncode}, expected {status}:\n{got.stdout}{got.stderr}")
        return got

    def ship(self, url, *args, status=0, **env):
        return self.fleet("ship", "--to=" + url, *args, self.folder, status=status, **env)

    def start(self, url, *args):
        """A shipper that is not waited for."""
        shipper = subprocess.Popen([socksan(), "ship", "--to=" + url, *args, self.folder], env=self.clean(), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(shipper.kill)
        return shipper

    def end(self, shipper, number=signal.SIGTERM, status=0, may_lose=False):
        shipper.send_signal(number)
        out, err = shipper.communicate(timeout=TIMEOUT)
        status = 1 if may_lose and "are lost" in err else status
        self.assertEqual(shipper.returncode, status, f"status {shipper.returncode}, expected {status}:\n{out}{err}")
        return out + err

    def until(self, condition, what):
        until(self, condition, what)

    def assert_once(self, server, expected):
        """So many lines are there, none twice; not by the grace of a merge."""
        self.assertEqual(server.rows("SELECT count(), uniqExact(process, file, offset) FROM events"), [[str(expected)] * 2],
                         "expected each line once")


class ToOneServer(Shipping):
    """A test with a server that has the tables."""

    def setUp(self):
        super().setUp()
        self.server = clickhouse.start(self)[0]
        self.fleet("fleet", "init", "--to=" + self.server.url)
