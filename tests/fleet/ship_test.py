"""`socksan ship` and `socksan fleet init`: every line is in the database once, whatever the network, the server or the shipper do.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import unittest

import clickhouse
import http_proxy
from socksan_test import TIMEOUT, SockSanTest, find, shim, socksan

BOOT = "11111111-2222-3333-4444-555555555555"


def process_line(pid=100, host="alpha", boot=BOOT, t=1000, wall=1700000000.5, **more):
    return {"ev": "process", "t": t, "pid": pid, "schema": 1, "wall": wall, "ppid": 1, "exe": "/srv/bin/server", "argv": ["./server"],
            "how": "exec", "nofile": 1024, "boot": boot, "host": host, "start": 7000 + pid, **more}


def fd_line(i, pid=100, **more):
    return {"ev": "fd", "t": 1001 + i, "pid": pid, "tid": pid, "op": "socket", "fd": 3 + i % 50, "sock": i + 1, "from": None,
            "to": "CLOSED", "ret": 3 + i % 50, "stack": 1, "family": "AF_INET", "type": "SOCK_STREAM", **more}


def lines_of(*events):
    return "".join(json.dumps(event, separators=(",", ":")) + "\n" for event in events)


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

    def end(self, shipper, number=signal.SIGTERM, status=0):
        shipper.send_signal(number)
        out, err = shipper.communicate(timeout=TIMEOUT)
        self.assertEqual(shipper.returncode, status, f"status {shipper.returncode}, expected {status}:\n{out}{err}")
        return out + err

    def until(self, condition, what):
        end = time.monotonic() + TIMEOUT
        while not condition():
            self.assertLess(time.monotonic(), end, f"waited in vain for {what}")
            time.sleep(0.05)

    def assert_once(self, server, expected):
        """So many lines are there, none twice; not by the grace of a merge."""
        self.assertEqual(server.rows("SELECT count(), uniqExact(process, file, offset) FROM events"), [[str(expected)] * 2],
                         "expected each line once")


class OneServerTest(Shipping):
    def setUp(self):
        super().setUp()
        self.server = clickhouse.start(self)[0]
        self.fleet("fleet", "init", "--to=" + self.server.url)

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

    def test_an_answer_that_is_lost_is_asked_for(self):
        self.trace(2500)
        with http_proxy.before(self.server.http) as proxy:
            proxy.plan += [http_proxy.LOSE, http_proxy.PASS, http_proxy.CUT, (500, "Code: 241, e.displayText() = DB::Exception: no memory")]
            got = self.ship(proxy.url("fleet"), "--batch=1000")
            self.assertEqual([step for _, step, _ in proxy.inserts()][:4],
                             [http_proxy.LOSE, http_proxy.PASS, http_proxy.CUT, (500, "Code: 241, e.displayText() = DB::Exception: no memory")])
            self.assertEqual(len(proxy.inserts()), 5, "expected the lost one not to be sent again, the others once more each")
        self.assert_once(self.server, 2501)
        self.assertIn("no memory", got.stderr)

    def test_what_is_left_of_a_batch_is_sent(self):
        self.trace(300)
        self.ship(self.server.url)
        self.server.query("CREATE TABLE fleet.some AS fleet.events_local ENGINE = Memory")
        self.server.query("INSERT INTO fleet.some SELECT * FROM fleet.events_local WHERE offset % 3 = 0")
        self.server.query("TRUNCATE TABLE fleet.events_local")
        self.server.query("INSERT INTO fleet.events_local SELECT * FROM fleet.some")
        with http_proxy.before(self.server.http) as proxy:
            proxy.plan += [http_proxy.CUT]
            self.ship(proxy.url("fleet"))
        self.assert_once(self.server, 301)

    def test_killed_between_any_two_steps(self):
        self.trace(20000)
        with http_proxy.before(self.server.http) as proxy:
            for i in range(6):
                proxy.plan[:] = [http_proxy.PASS] * i + [http_proxy.LOSE]
                shipper = self.start(proxy.url("fleet"), "--batch=2000")
                self.until(lambda: proxy.plan == [] or shipper.poll() is not None, "an answer to be lost")
                shipper.kill()
                shipper.communicate()
            proxy.plan.clear()
            self.ship(proxy.url("fleet"), "--batch=2000")
        self.assert_once(self.server, 20001)

    def test_a_server_that_is_away(self):
        self.trace(5000)
        self.server.kill()
        got = self.ship(self.server.url, "--retry=1s", "--batch=500", status=1)
        self.assertEqual(len(re.findall("cannot be reached", got.stderr)), 1, got.stderr)
        self.assertIn("are kept in", got.stderr)
        self.server.begin()
        self.server.wait()
        self.ship(self.server.url)
        self.assert_once(self.server, 5001)

    def test_refusals_say_what_to_do(self):
        self.trace(5)
        host = self.server.url.partition("://")[2].partition("/")[0]
        got = self.ship(f"http://{host}/nosuch", status=1)
        self.assertIn(f"run `socksan fleet init --to=http://{host}/nosuch`", got.stderr)
        user = f"http://shipper@{host}/fleet"
        self.assertIn("denies access", self.ship(user, status=1, SOCKSAN_PASSWORD="wrong").stderr)
        path = os.path.join(self.tmp, "password")
        pathlib.Path(path).write_text(clickhouse.PASSWORD + "\n", encoding="utf-8")
        got = self.ship(user, "--password-file=" + path)
        self.assertNotIn(clickhouse.PASSWORD, got.stdout + got.stderr)
        self.assert_once(self.server, 6)

    def test_tls(self):
        self.trace(5)
        pem = os.path.join(self.tmp, "both.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=fleet", "-addext",
                        "subjectAltName=IP:127.0.0.1", "-keyout", pem, "-out", pem + ".crt"], check=True, capture_output=True)
        with open(pem, "a", encoding="utf-8") as file:
            file.write(pathlib.Path(pem + ".crt").read_text(encoding="utf-8"))
        with http_proxy.before(self.server.http, certificate=pem) as proxy:
            self.assertIn("certificate", self.ship(proxy.url("fleet"), "--retry=1s", status=1).stderr)
            self.ship(proxy.url("fleet"), "--ca-file=" + pem + ".crt")
        self.assert_once(self.server, 6)

    def test_a_full_spool_stops_reading(self):
        for pid in range(20):
            self.trace(1000, pid=pid)
        size = 60000
        self.server.kill()
        shipper = self.start(self.server.url, "--follow", "--batch=500", f"--spool-size={size}", "--every=100ms")
        spool = pathlib.Path(self.folder, ".socksan-ship")
        self.until(lambda: len(list(spool.glob("*/*.batch"))) > 1, "batches in the spool")
        time.sleep(1)
        used = sum(path.stat().st_size for path in spool.glob("*/*.batch"))
        self.assertLessEqual(used, size)
        gone = os.path.join(self.folder, "socksan.19.jsonl")
        lost = os.path.getsize(gone)
        os.remove(gone)
        self.server.begin()
        self.server.wait()
        self.until(lambda: self.server.number("SELECT count() FROM events") >= 19 * 1001, "all that is left")
        said = self.end(shipper, status=1)
        self.assertEqual(len(re.findall("is full", said)), 1, said)
        self.assertIn(f"{lost} bytes of it are lost", said)
        self.assert_once(self.server, 19 * 1001)

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

    def test_a_process_that_drops_what_is_over(self):
        """Its segments come and go; what is there at the end, and what was there before, was shipped."""
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
        self.end(shipper)
        self.assertEqual(self.server.number(sql), left)
        rows = self.server.rows("SELECT uniqExact(process), count() = uniqExact(file, offset), countIf(ev = 'exit') FROM events")
        self.assertEqual(rows, [["1", "1", "1"]])

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

    def test_two_shippers_of_one_spool(self):
        self.trace(1)
        shipper = self.start(self.server.url, "--follow")
        self.until(lambda: list(pathlib.Path(self.folder, ".socksan-ship").glob("*/lock")), "the first one")
        self.until(lambda: self.server.number("SELECT count() FROM events") >= 0, "it")
        time.sleep(0.2)
        self.assertIn("another `socksan ship` is using this spool", self.ship(self.server.url, status=2).stderr)
        self.end(shipper)

    def test_labels_as_kubernetes_writes_them(self):
        self.trace(1)
        path = os.path.join(self.tmp, "labels")
        pathlib.Path(path).write_text('app="old"\napp.kubernetes.io/name="checkout"\napp.kubernetes.io/version="2.0 \\"rc\\" \\u00e9"\n'
                                      'pod-template-hash="66c"\ntopology.kubernetes.io/region="eu-1"\n', encoding="utf-8")
        self.ship(self.server.url, "--labels-file=" + path)
        self.assertEqual(self.server.rows("SELECT DISTINCT service, version, region FROM events"), [["checkout", '2.0 "rc" é', "eu-1"]])
        pathlib.Path(path).write_text('app="checkout"\nversion=2\n', encoding="utf-8")
        self.assertIn("line 2 is not KEY=", self.ship(self.server.url, "--labels-file=" + path, status=2).stderr)

    def test_without_libcurl(self):
        if shutil.which("bwrap") is None:
            self.skipTest("bwrap is not installed")
        self.trace(1)
        hidden = [arg for path in pathlib.Path("/usr/lib").rglob("libcurl.so.4*") for arg in ("--ro-bind", "/dev/null", str(path.resolve()))]
        got = subprocess.run(["bwrap", "--dev-bind", "/", "/", *hidden, socksan(), "ship", "--to=" + self.server.url, self.folder],
                             env=self.clean(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT, check=False)
        if "Operation not permitted" in got.stderr or "No permissions" in got.stderr:
            self.skipTest("bwrap cannot be used here")
        self.assertEqual(got.returncode, 2, got.stderr)
        self.assertIn("this needs libcurl", got.stderr)


class TwoServersTest(Shipping):
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
