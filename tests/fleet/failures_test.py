"""`socksan ship`: every line is in the database once, whatever the network, the server or the shipper do.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import time
import unittest

import clickhouse
import http_proxy
from shipping import ToOneServer
from socksan_test import TIMEOUT, find, socksan


class FailuresTest(ToOneServer):
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

    def test_lines_that_were_written_without_their_signs_are_reported(self):
        """As a server leaves them that is killed between the two."""
        shutil.copytree(find("tests/traces/never_closed_causes").resolve(), self.folder, dirs_exist_ok=True)
        for again in (False, True):
            with http_proxy.before(self.server.http) as proxy:
                proxy.plan += [http_proxy.CUT] if again else []
                self.ship(proxy.url("fleet"))
            if not again:
                self.server.query("TRUNCATE TABLE fleet.signs_local")
        report = self.fleet("fleet", "report", "--from=" + self.server.url, "--since=1970-01-02", "--format=json", status=23).stdout
        self.assertIn("never-closed", [violation["code"] for violation in json.loads(report)["violations"]])

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

    def test_the_next_shipper_waits_for_what_the_last_one_sent(self):
        self.trace(300)
        self.server.query("ALTER TABLE fleet.events_local ADD COLUMN nap UInt8 DEFAULT sleep(3)")
        with http_proxy.before(self.server.http) as proxy:
            proxy.plan += [http_proxy.LOSE]
            shipper = self.start(proxy.url("fleet"))
            self.until(lambda: self.server.number("SELECT count() FROM system.processes WHERE query LIKE 'INSERT%'"), "an INSERT")
            shipper.kill()
            shipper.communicate()
            got = self.ship(proxy.url("fleet"))
        self.assertIn("still inserting lines that were sent before", got.stderr)
        self.assertEqual(len(proxy.inserts()), 1, "expected the lines not to be sent again")
        self.assert_once(self.server, 301)

    def test_a_batch_that_is_always_refused_holds_up_no_other(self):
        self.trace(3000)
        self.server.kill()
        self.ship(self.server.url, "--retry=0s", "--batch=1000", status=1)
        self.server.begin()
        self.server.wait()
        spool = pathlib.Path(self.folder, ".socksan-ship")
        first = min(spool.glob("*/*.batch"))
        data = bytearray(first.read_bytes())
        data[-2000:-1000] = bytes(1000)
        first.write_bytes(data)
        got = self.ship(self.server.url, "--retry=0s", "--batch=1000", status=1)
        refused = str(first) + ".refused"
        self.assertEqual(len(re.findall("refuses", got.stderr)), 1, got.stderr)
        self.assertRegex(got.stderr, r"refuses a batch of 1000 lines: .*; it is put aside as " + re.escape(refused))
        self.assertEqual(pathlib.Path(refused).read_bytes(), data)
        self.assert_once(self.server, 2001)
        self.assertEqual(self.ship(self.server.url).stderr, "", "expected it to be left where it is")

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

    def test_two_shippers_of_one_spool(self):
        self.trace(1)
        shipper = self.start(self.server.url, "--follow")
        self.until(lambda: list(pathlib.Path(self.folder, ".socksan-ship").glob("*/lock")), "the first one")
        self.until(lambda: self.server.number("SELECT count() FROM events") >= 0, "it")
        time.sleep(0.2)
        self.assertIn("another `socksan ship` is using this spool", self.ship(self.server.url, status=2).stderr)
        self.end(shipper)

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


if __name__ == "__main__":
    unittest.main()
