"""`socksan ship` to two servers, one of which is killed and comes back.

SPDX-License-Identifier: Apache-2.0
"""

import time
import unittest

import clickhouse
from shipping import Shipping


class ClusterTest(Shipping):
    def test_one_is_killed_and_comes_back(self):
        servers = clickhouse.start(self, 2)
        self.fleet("fleet", "init", f"--cluster={clickhouse.CLUSTER}", *("--to=" + server.url for server in servers))
        hosts, lines = 6, 4000
        for i in range(hosts):
            self.trace(lines - 1, pid=100 + i, host=f"host{i}")
        shipper = self.start(servers[0].url, "--follow", "--batch=1000", "--every=100ms")
        self.until(lambda: servers[0].number("SELECT count() FROM events") > lines, "the first lines")
        servers[1].kill()
        for i in range(hosts):
            self.trace(lines - 1, pid=200 + i, host=f"host{i}")
        time.sleep(2)
        self.assertIsNone(shipper.poll(), "expected the shipper to go on")
        servers[1].begin()
        servers[1].wait()
        self.until(lambda: servers[0].number("SELECT count() FROM events") >= 2 * hosts * lines, "all lines")
        self.assertIn("takes traces again", self.end(shipper))
        self.assert_once(servers[0], 2 * hosts * lines)
        counts = [server.number("SELECT count() FROM events_local") for server in servers]
        self.assertEqual(sum(counts), 2 * hosts * lines)
        self.assertTrue(all(counts), f"expected hosts on both servers: {counts}")
        for server in servers:
            self.assertEqual(server.number("SELECT max(n) FROM (SELECT count() AS n FROM events_local GROUP BY host)"), 2 * lines,
                             "expected a host on one server")

    def test_the_server_that_is_sent_to_is_killed(self):
        servers = clickhouse.start(self, 2)
        self.fleet("fleet", "init", f"--cluster={clickhouse.CLUSTER}", *("--to=" + server.url for server in servers))
        for i in range(4):
            self.trace(4999, pid=100 + i, host=f"host{i}")
        shipper = self.start(servers[0].url, "--follow", "--batch=1000", "--every=100ms")
        for _ in range(3):
            time.sleep(0.3)
            servers[0].kill()
            servers[0].begin()
            servers[0].wait()
        self.until(lambda: servers[1].number("SELECT count() FROM events") >= 20000, "all lines")
        self.end(shipper)
        self.assert_once(servers[1], 20000)

    def test_a_cluster_that_nobody_knows(self):
        server = clickhouse.start(self)[0]
        got = self.fleet("fleet", "init", "--cluster=nosuch", "--to=" + server.url, status=1)
        self.assertIn("knows no cluster of this name; its remote_servers has: fleet", got.stderr)


if __name__ == "__main__":
    unittest.main()
