"""`socksan ship` and `socksan fleet init`: a line is a row, once, whatever is in it.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import unittest

import http_proxy
from shipping import BOOT, ToOneServer, fd_line, lines_of, process_line
from socksan_test import find


class ShipTest(ToOneServer):
    def test_init_can_be_repeated(self):
        self.assertIn("has all its tables", self.fleet("fleet", "init", "--to=" + self.server.url).stdout)
        files = sorted(path.name for path in find("analyzer/fleet/sql/001_events.sql").resolve().parent.glob("*.sql"))
        self.assertEqual([row[0] for row in self.server.rows("SELECT name FROM schema_versions ORDER BY name")], files)

    def test_a_line_is_a_row_with_its_columns(self):
        self.write("socksan.100.jsonl", lines_of(
            process_line(), {"ev": "module", "t": 1001, "pid": 100, "id": 1, "path": "/srv/bin/server", "base": "0x1000"},
            {"ev": "stack", "t": 1002, "pid": 100, "id": 7, "frames": ["1+0x10"]},
            fd_line(2, stack=7), {"ev": "fd", "t": 1500, "pid": 100, "tid": 100, "op": "connect", "fd": 5, "sock": 3, "from": "CLOSED",
                                  "to": "CLOSED", "ret": -1, "errno": "ECONNREFUSED", "peer": "10.0.0.1:80", "rx": 3, "tx": 4},
            {"ev": "leak", "t": 1600, "pid": 100, "fd": 5, "sock": 3, "state": "CLOSED", "stack": 7, "violation": "never-closed"}))
        self.ship(self.server.url, "--label=service=shop", "--label=region=eu", SOCKSAN_VERSION="1.2", SOCKSAN_SERVICE="not this one")
        columns = "service, version, region, host, boot, pid, exe, program, file, wall, toString(day), t, ev, op, fd, sock, kind"
        self.assertEqual(self.server.rows(f"SELECT {columns} FROM events WHERE op = 'connect'"), [
            ["shop", "1.2", "eu", "alpha", BOOT, "100", "/srv/bin/server", "server", "socksan.100.jsonl", "1700000000500000500",
             "2023-11-14", "1500", "fd", "connect", "5", "3", "socket"]])
        self.assertEqual(self.server.rows("SELECT ev, fd, from_state, to_state, errno, violation, stack, peer, rx, tx FROM events ORDER BY t"), [
            ["process", "-1", "", "", "", "", "0", "", "0", "0"], ["module", "-1", "", "", "", "", "1", "", "0", "0"],
            ["stack", "-1", "", "", "", "", "7", "", "0", "0"], ["fd", "5", "null", "CLOSED", "", "", "7", "", "0", "0"],
            ["fd", "5", "CLOSED", "CLOSED", "ECONNREFUSED", "", "0", "10.0.0.1:80", "3", "4"],
            ["leak", "5", "CLOSED", "", "", "never-closed", "7", "", "0", "0"]])
        text = pathlib.Path(self.folder, "socksan.100.jsonl").read_text(encoding="utf-8")
        self.assertEqual(self.server.query("SELECT line FROM events ORDER BY offset FORMAT TabSeparatedRaw", database="fleet"), text)

    def test_again_and_from_elsewhere_it_is_the_same_line(self):
        self.trace(50)
        self.ship(self.server.url)
        self.assertIn("shipped 0 lines", self.ship(self.server.url).stdout)
        self.assert_once(self.server, 51)
        self.ship(self.server.url, "--spool=" + os.path.join(self.tmp, "other"))
        self.assertEqual(self.server.rows("SELECT count(), uniqExact(process, file, offset) FROM events"), [["102", "51"]])
        self.server.query("OPTIMIZE TABLE fleet.events_local FINAL")
        self.assert_once(self.server, 51)

    def test_hosts_that_look_alike(self):
        self.trace(9, name="a.100.jsonl")
        self.trace(9, name="b.100.jsonl", boot="another")
        self.ship(self.server.url)
        self.assertEqual(self.server.number("SELECT uniqExact(process) FROM events"), 2, "expected the boot to part hosts of one name")
        self.ship(self.server.url, "--label=instance=i-2", "--spool=" + os.path.join(self.tmp, "other"))
        self.assertEqual(self.server.number("SELECT uniqExact(process) FROM events"), 4, "expected the instance to part boots of one id")

    def test_clocks_that_differ_by_hours(self):
        for pid, wall in ((1, 1700000000), (2, 1700000000 - 7 * 3600), (3, 5), (4, -1)):
            self.trace(1, pid=pid, wall=wall)
        self.ship(self.server.url)
        self.assertEqual(self.server.rows("SELECT pid, intDiv(max(wall), 1000000000) FROM events GROUP BY pid ORDER BY pid"),
                         [["1", "1700000000"], ["2", "1699974800"], ["3", "5"], ["4", "0"]])

    def test_names_are_values(self):
        evil = "x'); DROP TABLE fleet.events_local; --\\'\"\t\n\x01"
        self.trace(3, host=evil, name="it's \\ a 'trace'\n.jsonl")
        with http_proxy.before(self.server.http) as proxy:
            proxy.plan += [http_proxy.LOSE]  # so that it is asked for by these names
            self.ship(proxy.url("fleet"), "--label=service=" + evil)
            self.assertEqual(len(proxy.inserts()), 1, proxy.seen)
        self.assert_once(self.server, 4)
        got = self.server.query("SELECT DISTINCT host, service, file FROM events FORMAT JSONCompact", database="fleet")
        self.assertEqual(json.loads(got)["data"], [[evil, evil, "it's \\ a 'trace'\n.jsonl"]])

    def test_lines_of_any_kind_are_kept(self):
        self.write("newer.1.jsonl", lines_of(process_line(1, schema=2), {"ev": "fd", "t": 7, "pid": 1, "op": "warp", "fd": "x"}))
        self.write("bad.2.jsonl", lines_of(process_line(2)) + 'no json\n[1]\n{"ev":"new","t":9,"pid":2}\n{"ev":"fd","t":77,"p\n' +
                   '{"ev":"exit","t":5,"pid":2,"status":0,"open":0,"events":0,"dropped":0,"x":"\udcff"}\n')
        got = self.ship(self.server.url)
        self.assertIn("newer.1.jsonl: written by a newer SockSan", got.stderr)
        self.assertRegex(got.stderr, r"7 of the lines were not understood")
        self.assertEqual(self.server.rows("SELECT ev, t FROM events WHERE file = 'bad.2.jsonl' ORDER BY offset"),
                         [["process", "1000"], ["", "0"], ["", "0"], ["", "9"], ["", "77"], ["", "5"]])
        self.assertEqual(self.server.rows("SELECT ev, op, t FROM events WHERE file = 'newer.1.jsonl' ORDER BY offset"),
                         [["", "", "1000"], ["", "", "7"]])
        for name in ("newer.1.jsonl", "bad.2.jsonl"):
            text = pathlib.Path(self.folder, name).read_bytes().decode("utf-8", "replace")
            sql = f"SELECT line FROM events WHERE file = '{name}' ORDER BY offset FORMAT TabSeparatedRaw"
            self.assertEqual(self.server.query(sql, database="fleet"), text)

    def test_mistakes(self):
        self.trace(1)
        url = self.server.url
        for args, what in (
                ((url, "--label=colour=red"), "no label 'colour'; there are service, version"),
                ((url, "--label=red"), "expected NAME=VALUE"),
                ((url, "--spool-size=lots"), "--spool-size wants a number of bytes"),
                ((url, "--labels-file=/nonexistent"), "--labels-file=/nonexistent: No such file"),
                ((url, "--ca-file=/nonexistent"), "--ca-file=/nonexistent: No such file"),
                ((url, "--password-file=/nonexistent"), "--password-file=/nonexistent: No such file"),
                ((url, "/nonexistent"), "/nonexistent: No such file"),
                (("ftp://host/fleet",), "does not begin with http:// or https://"),
                (("http://u:secret@host/fleet",), "a password does not go there"),
                (("http://host:8123",), "names no database"),
                ((url, "--spool=/proc/nowhere"), "--spool=DIR")):
            with self.subTest(args):
                self.assertIn(what, self.ship(*args, status=2).stderr)
        self.assertIn("no --to=", self.fleet("ship", self.folder, status=2).stderr)

    def test_labels_as_kubernetes_writes_them(self):
        self.trace(1)
        path = os.path.join(self.tmp, "labels")
        pathlib.Path(path).write_text('app="old"\napp.kubernetes.io/name="checkout"\napp.kubernetes.io/version="2.0 \\"rc\\" \\u00e9"\n'
                                      'pod-template-hash="66c"\ntopology.kubernetes.io/region="eu-1"\n', encoding="utf-8")
        self.ship(self.server.url, "--labels-file=" + path)
        self.assertEqual(self.server.rows("SELECT DISTINCT service, version, region FROM events"), [["checkout", '2.0 "rc" é', "eu-1"]])
        pathlib.Path(path).write_text('app="checkout"\nversion=2\n', encoding="utf-8")
        self.assertIn("line 2 is not KEY=", self.ship(self.server.url, "--labels-file=" + path, status=2).stderr)


if __name__ == "__main__":
    unittest.main()
