"""What `socksan fleet report` says of traces in a database against what `socksan report` says of the same files: violation by violation, with
fingerprint, evidence, stacks and history.

Each group of traces has a host of its own, so that one shipment takes them all.
SPDX-License-Identifier: Apache-2.0
"""

import collections
import concurrent.futures
import json
import operator
import pathlib
import re

import clickhouse
from socksan_test import TIMEOUT, SockSanTest, command, find, programs, shapes, socksan

EVER = "--since=1970-01-02"
ENDED = "--quiet=0s"  # what has no end has ended, as for `socksan report`
AT_ONCE = 3  # programs, or reports
JUDGED = (0, 23, 24)
TOTALS = operator.itemgetter("processes", "sockets", "events")
NO_TIMEOUT = re.compile(r"^--limit=no-timeout=(\d+)(ms|s)$")

# A folder of traces whose host is h-NAME, and the options with which it is judged.
Group = collections.namedtuple("Group", "name folder options")


class Agreement(SockSanTest):
    def setUp(self):
        super().setUp()
        (self.server,) = clickhouse.start(self)
        self.socksan("fleet", "init", "--to=" + self.server.url)

    def socksan(self, *args, statuses=(0,), timeout=TIMEOUT):
        status, out, errors = self.finish(self.start([socksan(), *args]), timeout)
        self.assertIn(status, statuses, f"{args}: {out}{errors}")
        return out

    def group(self, name, folder, options=()):
        """A copy of the traces, without what lies beside them."""
        copy = pathlib.Path(self.tmp, "groups", name)
        copy.mkdir(parents=True)
        for path in sorted(pathlib.Path(folder).glob("*.jsonl")):
            text = re.sub(rb'"host":"[^"]*"', b'"host":"h-' + name.encode() + b'"', path.read_bytes())
            (copy / path.name).write_bytes(text)
        return Group(name, copy, tuple(options))

    def compare(self, groups, unknown=()):
        """All of both reports' violations, and the totals but of `unknown`. Returns a report of each group."""
        self.socksan("ship", "--to=" + self.server.url, f"--spool={self.tmp}/spool", *(str(group.folder) for group in groups))

        def both(group):
            options = ("-f", "json", "--kinds=all", *group.options)
            here = self.socksan("report", *options, str(group.folder), statuses=JUDGED)
            there = self.socksan("fleet", "report", *options, "--from=" + self.server.url, EVER, ENDED, f"--host=h-{group.name}", statuses=JUDGED)
            return json.loads(here), json.loads(there)

        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            reports = list(pool.map(both, groups))
        for group, (here, there) in zip(groups, reports):
            with self.subTest(group.name):
                self.assertEqual(json.dumps(here["violations"], indent=1), json.dumps(there["violations"], indent=1),
                                 "expected the same of the files and of the database")
                self.assertEqual(here.get("incomplete"), there.get("incomplete"), "expected the same to be unknown")
                if group.name not in unknown:
                    self.assertEqual(TOTALS(here["totals"]), TOTALS(there["totals"]), "expected as much of all")
        return [here for here, _ in reports]

    def compare_exact(self, groups, reports):
        """What SQL alone says of the rules that are exact, against the judge, group by group. Returns how often: {code: count}."""
        told = collections.Counter()
        for group, report in zip(groups, reports):
            told.update({(group.name, code): count for code, count in report["totals"]["by_code"].items()})
        found = collections.Counter()
        for code, sql in exact_rules().items():
            for limit in sorted({limit_of(group) for group in groups}):
                some = [group.name for group in groups if limit_of(group) == limit]
                where = "host IN (%s)" % ", ".join(f"'h-{name}'" for name in some)
                query = sql.replace("{clues}", "fleet.clues").replace("{range}", where).replace("{limit}", str(limit))
                rows = dict(self.server.rows(f"SELECT host, count() FROM (SELECT DISTINCT host, process, sock, fd, t FROM ({query})) GROUP BY host"))
                with self.subTest(code):
                    self.assertEqual({name: told[name, code] for name in some if told[name, code]},
                                     {host[len("h-"):]: int(count) for host, count in rows.items()}, "expected SQL to count what the judge counts")
                found[code] += sum(map(int, rows.values()))
        return +found

    def run_programs(self, wanted):
        """A group for each of tests/programs, in each of its shapes, for of whose name and source wanted() says so."""
        todo = []
        for name in programs("") + programs("", ".py"):
            source = find("tests/programs/" + (name if name.endswith(".py") else name + ".c"))
            text = source.read_text(encoding="utf-8")
            if "Expect: " in text and not is_slow(text) and not name.startswith("explore") and wanted(name, text):
                options = " ".join(re.findall(r"^[ *#]*Options: (.*)$", text, re.M)).split()
                todo += [(name, shape, options) for shape in shapes(source) or [None]]

        def run(one):
            name, shape, options = one
            title = re.sub(r"[^a-z0-9_.-]", "_", f"{name}-{shape}" if shape else name)
            traces = f"{self.tmp}/traces/{title}"
            self.finish(self.start([socksan(), "run", f"--trace-dir={traces}", *options, "--", *command(name, *([shape] if shape else []))]))
            return self.group(title, traces, [option for option in options if not option.startswith("--option=")])

        pathlib.Path(self.tmp, "traces").mkdir()
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            groups = list(pool.map(run, todo))
        return [group for group in groups if any(group.folder.iterdir())]


def exact_rules():
    """{code: query} of the rules that SQL alone decides."""
    rules = {}
    for path in sorted(find("analyzer/judge/violations/idle.sql").parent.glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        if text.startswith("-- exact"):
            rules[path.stem.replace("_", "-")] = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    return rules


def limit_of(group):
    """That of no-timeout, in ns: the one rule that is exact and has a limit."""
    for option in group.options:
        met = NO_TIMEOUT.match(option)
        if met:
            return int(met[1]) * {"ms": 10**6, "s": 10**9}[met[2]]
    return 10 * 10**9


def is_slow(text):
    """Whether it waits for seconds, or is to be looked at while it runs."""
    return "Looked at while it runs." in text or re.search(r"--limit=(?!no-timeout)\S+=\d+s\b", text)
