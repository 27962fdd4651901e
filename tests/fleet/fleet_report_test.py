"""What a stranger asks of a fleet, right and wrong: ranges, filters, views, and the queries of the Grafana dashboard.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import re
import signal
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import clickhouse  # pylint: disable=wrong-import-position
import http_proxy  # pylint: disable=wrong-import-position
import shipping  # pylint: disable=wrong-import-position
from socksan_test import TIMEOUT, SockSanTest, find, socksan  # pylint: disable=wrong-import-position

TRACES = find("tests/traces/minimal/hand.jsonl").parent.parent
EVER = "--since=1970-01-02"
VIEWS = re.findall(r'^VIEW\("([a-z-]+)", "(\w+)"', find("analyzer/fleet/view.def").read_text(encoding="utf-8"), re.M)


class FleetReport(SockSanTest):
    def setUp(self):
        super().setUp()
        (self.server,) = clickhouse.start(self)

    def ask(self, *args, url=None):
        return self.finish(self.start([socksan(), "fleet", *args, "--from=" + (url or self.server.url)]))

    def fill(self):
        self.assertEqual(0, self.finish(self.start([socksan(), "fleet", "init", "--to=" + self.server.url]))[0])
        for version, case in (("1", "close_wait"), ("2", "never_closed_causes")):
            ended = self.finish(self.start([socksan(), "ship", "--to=" + self.server.url, "--label=service=shop", f"--label=version={version}",
                                            f"--spool={self.tmp}/spool", str(TRACES / case)]))
            self.assertEqual(0, ended[0], ended)

    def assert_refuses(self, words, *args, url=None):
        status, out, errors = self.ask(*args, url=url)
        self.assertEqual((2, ""), (status, out), errors)
        for word in words:
            self.assertIn(word, errors, f"{args}: expected to be told what to do")

    def test_wrong_questions(self):
        self.assert_refuses(["fleet init"], "report")
        self.assert_refuses(["fleet init"], "top")
        self.fill()
        self.assert_refuses(["--since", "'yesterday'", "2026-11-27", "24h"], "report", "--since=yesterday")
        self.assert_refuses(["--since", "--until"], "report", "--since=1h", "--until=2h")
        self.assert_refuses(["no line of that time", "2023-11-14"], "report", "--since=1h")
        self.assert_refuses(["--host=exampel", "did you mean 'example'"], "report", EVER, "--host=exampel")
        self.assert_refuses(["--service=none", "shop"], "report", EVER, "--service=none")
        self.assert_refuses(["--version=3", "1, 2"], "report", EVER, "--version=3")
        self.assert_refuses(["growht", "growth"], "top", "--view=growht")
        self.assert_refuses(["--view=new"], "top", "--new-since=1")
        self.assert_refuses(["--host", "growth"], "top", "--host=h1")
        self.assert_refuses(["--version"], "top", "--version=1")
        self.assert_refuses(["too much"], "report", "here")
        self.assert_refuses(["cannot be reached"], "report", url="http://127.0.0.1:1/fleet")

    def test_an_answer_that_breaks_off_is_none(self):
        (server,) = clickhouse.start(self, settings="<max_result_rows>80000</max_result_rows>")  # two blocks, of which the first is sent
        self.assertEqual(0, self.finish(self.start([socksan(), "fleet", "init", "--to=" + server.url]))[0])
        folder = self.folder("long")
        with open(os.path.join(folder, "socksan.100.jsonl"), "w", encoding="utf-8") as trace:
            trace.write(shipping.lines_of(shipping.process_line(), *(shipping.fd_line(i) for i in range(100000))))
        self.assertEqual(0, self.finish(self.start([socksan(), "ship", "--to=" + server.url, folder]))[0])
        status, out, errors = self.ask("report", EVER, "--quiet=0s", url=server.url)
        self.assertEqual((2, ""), (status, out), errors)
        self.assertRegex(errors, "refuses: .*80000|refuses: Limit for result")

    def test_nothing_is_left_of_a_report_that_a_signal_ends(self):
        self.fill()
        for number, path in ((signal.SIGINT, "int"), (signal.SIGTERM, "term"), (signal.SIGKILL, "kill")):
            folder = os.path.join(self.tmp, path)
            os.mkdir(folder)
            with http_proxy.before(self.server.http) as proxy:
                proxy.counts = lambda query: query.startswith("SELECT process, file, offset")
                proxy.plan += [http_proxy.HOLD]
                report = self.start([socksan(), "fleet", "report", EVER, "--from=" + proxy.url("fleet")], env=self.environment(TMPDIR=folder))
                shipping.until(self, lambda plan=proxy.plan: not plan, "the lines to be asked for")
                self.assertEqual(1, len(os.listdir(folder)))
                report.send_signal(number)
                self.assertEqual(-number, report.wait(TIMEOUT))
            shipping.until(self, lambda folder=folder: not os.listdir(folder), "its folder to go")

    def test_sql_in_a_value_stays_a_value(self):
        self.fill()
        self.assert_refuses(["no such host"], "report", EVER, "--host=' OR 1=1 --")
        self.assertEqual(0, self.ask("top", EVER, "--service=' OR 1=1 --")[0])

    def test_filters_select_and_the_exit_status_is_that_of_report(self):
        self.fill()
        status, out, errors = self.ask("report", EVER, "--version=1", "-f", "json", "--quiet=0s", "--fail-on=close-wait")
        self.assertEqual(23, status, errors)
        self.assertEqual({"close-wait"}, set(json.loads(out)["totals"]["by_code"]))
        self.assertEqual(0, self.ask("report", EVER, "--version=1", "--fail-on=never", "--quiet=0s", "--allow-dropped")[0])

    def test_a_family_is_fetched_whole_and_others_are_not(self):
        """Of pid 103, which leaks: the child's child 105, and the parent 102 with its other child 106, but not who only has the parent 101 in common."""
        parents = {102: 101, 103: 102, 104: 103, 105: 104, 106: 102, 107: 101, 108: 1, 109: 90}
        for host, more in (("untraced", {}), ("traced", {101: 1})):
            folder = self.folder(host)
            for pid, parent in {**parents, **more}.items():
                end = () if pid == 103 else ({"ev": "exit", "t": 9000, "pid": pid, "status": 0, "open": 0, "events": 1, "dropped": 0},)
                lines = shipping.lines_of(shipping.process_line(pid, host=host, ppid=parent), shipping.fd_line(0, pid), *end)
                with open(os.path.join(folder, f"socksan.{pid}.jsonl"), "w", encoding="utf-8") as trace:
                    trace.write(lines)
            self.assertEqual(0, self.finish(self.start([socksan(), "fleet", "init", "--to=" + self.server.url]))[0])
            self.assertEqual(0, self.finish(self.start([socksan(), "ship", "--to=" + self.server.url, folder]))[0])
            status, out, errors = self.ask("report", EVER, "--quiet=0s", "--host=" + host, "-f", "json")
            self.assertEqual(24, status, errors)  # 103 has no end
            report = json.loads(out)
            self.assertEqual({102, 103, 104, 105, 106} | ({101, 107} if more else set()), {process["pid"] for process in report["processes"]})
            self.assertEqual(len(parents) + len(more), report["totals"]["processes"])

    def test_views(self):
        self.fill()
        for name, table in VIEWS:
            status, out, errors = self.ask("top", EVER, f"--view={name}", "-f", "json")
            self.assertEqual(0, status, errors)
            answer = json.loads(out)
            columns = [column["name"] for column in answer["meta"]]
            status, text, errors = self.ask("top", EVER, f"--view={name}", "--max=0")
            self.assertEqual(0, status, errors)
            if answer["data"]:
                self.assertEqual(columns, text.splitlines()[0].split(), f"{name}: expected the columns over the table")
                self.assertEqual(len(answer["data"]) + 1, len(text.splitlines()), name)
            self.assertEqual(answer["rows"], int(self.server.query(f"SELECT count() FROM fleet.{table}")), name)
        left = sum(int(row["left_open"]) for row in json.loads(self.ask("top", EVER, "--view=growth", "-f", "json", "--max=0")[1])["data"])
        lines = sum(path.read_text(encoding="utf-8").count('"ev":"leak"') for case in ("close_wait", "never_closed_causes")
                    for path in (TRACES / case).glob("*.jsonl"))
        self.assertEqual(lines, left, "expected what was left open to be the leak lines")
        new = json.loads(self.ask("top", EVER, "--view=new", "--new-since=2", "-f", "json")[1])["data"]
        self.assertTrue(new, "expected what version 2 brought")

    def test_queries_of_the_dashboard(self):
        self.fill()
        dashboard = json.loads(find("docs/fleet/grafana.json").read_text(encoding="utf-8"))
        shown = set()
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                sql = target["query"].replace("$database", "fleet").replace("$from", "86400").replace("$to", "4000000000")
                answer = json.loads(self.server.query(sql + " FORMAT JSON"))
                self.assertTrue(answer["meta"], panel["title"])
                shown |= set(re.findall(r"FROM fleet\.(\w+)", sql))
        self.assertEqual({table for _, table in VIEWS}, shown, "expected a panel for each view")


if __name__ == "__main__":
    unittest.main()
