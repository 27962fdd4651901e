"""`socksan diff`: what grew between two snapshots, by a key that outlives a restart.

SPDX-License-Identifier: Apache-2.0
"""

import json
import random
import unittest

from live_test_base import LiveTest, check


def frame(function, line=7, file="/opt/shop/session.c", **more):
    return {"function": function, "file": file, "line": line, "module": "/opt/shop/shopd", "offset": "0x1234", "lang": "c", **more}


def place(key, count, **more):
    return {"key": key * 16, "what": "TCP socket", "op": "accept4", "own": True, "open": count, "opened": 10 * count, "closed": 9 * count, "rx": 0,
            "tx": 0, "states": {"ESTABLISHED": count}, "kinds": {"socket": count}, "oldest": 1.5, "peers": [], "all_peers": 0,
            "processes": [{"pid": 9, "open": count}], "stack": [frame("serve_" + key), frame("main")], **more}


def snapshot(*places, t=0, wall=1700000000.0, boot="b", host="h", pid=9):
    count = sum(one["open"] for one in places)
    totals = {"processes": 1, "places": len(places), "open": count, "opened": 10 * count, "closed": 9 * count, "rx": 0, "tx": 0,
              "states": {"ESTABLISHED": count} if count else {}, "kinds": {"socket": count} if count else {}}
    return {"schema": "socksan-snapshot/1", "tool": {"name": "socksan", "version": "1"},
            "time": {"t": t, "wall": wall, "boot": boot, "host": host},
            "processes": [{"pid": pid, "end": "running", "open": count, "opened": 10 * count, "dropped": 0}], "totals": totals,
            "places": list(places)}


class DiffTest(LiveTest):
    def diff(self, before, after, *options):
        """(status, the JSON) of two snapshots, or of their paths."""
        paths = []
        for name, one in (("a.json", before), ("b.json", after)):
            if not isinstance(one, str):
                check("analyzer/report/snapshot.schema.json", one, name)
                one = self.write(name, [one])
            paths.append(one)
        status, out, err = self.say("diff", "--format=json", *options, *paths)
        self.assertEqual("", err)
        found = json.loads(out)
        check("analyzer/report/diff.schema.json", found, "diff")
        self.assertEqual(1 if found["grew"] else 0, status, "expected status 1 if something grew, else 0")
        return status, found

    def text(self, before, after, *options):
        return self.say("diff", *options, self.write("a.json", [before]), self.write("b.json", [after]))


class WhatGrew(DiffTest):
    def test_what_grew_and_what_did_not(self):
        status, found = self.diff(snapshot(place("a", 5), place("b", 8), place("c", 3), t=1_000_000_000),
                                  snapshot(place("a", 5), place("b", 20), place("d", 2), t=31_000_000_000, wall=5.0))
        self.assertEqual(1, status)
        self.assertEqual([("b" * 16, 8, 20, 12, 24.0), ("d" * 16, 0, 2, 2, 4.0)],
                         [tuple(one[key] for key in ("key", "before", "after", "change", "per_minute")) for one in found["grew"]])
        self.assertEqual([("c" * 16, -3)], [(one["key"], one["change"]) for one in found["shrank"]])
        self.assertEqual({"before": 16, "after": 27, "change": 11, "per_minute": 22.0}, found["totals"])
        self.assertEqual(30, found["seconds"], "expected the clock of the machine, which nobody sets")
        self.assertEqual(({"ESTABLISHED": 12}, 120, 108), tuple(found["grew"][0][key] for key in ("states", "opened", "closed")))

    def test_nothing_grew(self):
        status, found = self.diff(snapshot(place("a", 5)), snapshot(place("a", 4)))
        self.assertEqual((0, []), (status, found["grew"]))

    def test_the_same_file(self):
        self.assertEqual(0, self.diff(snapshot(place("a", 5)), snapshot(place("a", 5)))[0])

    def test_nothing_at_all(self):
        self.assertEqual(0, self.diff(snapshot(), snapshot())[0])

    def test_least(self):
        before, after = snapshot(place("a", 5)), snapshot(place("a", 9))
        self.assertEqual([1, 0], [self.diff(before, after, f"--least={least}")[0] for least in (4, 5)])

    def test_another_machine_or_boot_goes_by_the_time_of_day(self):
        _, found = self.diff(snapshot(place("a", 1), t=10**15, boot="x"), snapshot(place("a", 61), t=5, wall=1700003600.0))
        self.assertEqual((3600, 1), (found["seconds"], found["grew"][0]["per_minute"]))

    def test_no_rate_without_time(self):
        before, after = snapshot(place("a", 1), boot="x"), snapshot(place("a", 2))
        del before["time"]["wall"]
        _, found = self.diff(before, after)
        self.assertNotIn("seconds", found)
        self.assertNotIn("per_minute", found["grew"][0])

    def test_an_older_second_is_told(self):
        status, text, _ = self.text(snapshot(place("a", 1), t=50), snapshot(place("a", 2), t=20))
        self.assertEqual(1, status)
        self.assertIn("note: the second snapshot is older than the first\n", text)
        self.assertNotIn("a minute", text)

    def test_places_that_differ_in_lines_alone_are_one(self):
        """An edit moves lines; the sum tells whether it grew."""
        before = snapshot(place("a", 5, stack=[frame("serve", 10)]), place("a", 6, stack=[frame("serve", 20)]))
        after = snapshot(place("a", 11, stack=[frame("serve", 30)]))
        self.assertEqual(0, self.diff(before, after)[0])

    def test_the_place_is_as_it_is_now(self):
        _, found = self.diff(snapshot(place("a", 50, stack=[frame("old")])), snapshot(place("a", 51, stack=[frame("new")])))
        self.assertEqual("new", found["grew"][0]["stack"][0]["function"])

    def test_after_a_restart_what_was_opened_is_not_compared(self):
        _, found = self.diff(snapshot(place("a", 5)), snapshot(place("a", 6, processes=[{"pid": 10, "open": 6}]), pid=10))
        self.assertNotIn("opened", found["grew"][0])

    def test_text(self):
        status, text, err = self.text(snapshot(place("a", 692), place("b", 3), t=0), snapshot(place("a", 812), place("b", 1), t=600_000_000_000))
        self.assertEqual((1, ""), (status, err))
        self.assertEqual("""\
grew: 120 more TCP sockets, 692 -> 812, +12 a minute
  --> /opt/shop/session.c:7 in serve_a
   = +120 ESTABLISHED; opened 1200, closed 1080 in between
   = opened by accept4:
        /opt/shop/session.c:7 in serve_a
        /opt/shop/session.c:7 in main

shrank: 2 fewer TCP sockets, 3 -> 1, /opt/shop/session.c:7 in serve_b

socksan: 1 place grew, 1 shrank: 695 -> 813 open in 10 min, +12 a minute
""", text)

    def test_max(self):
        before, after = snapshot(), snapshot(*(place(key, 2) for key in "abcd"))
        text = self.text(before, after, "--max=3")[1]
        self.assertEqual(3, text.count("grew: "), text)
        self.assertIn("... and 1 more (--max=0 shows all)", text)
        self.assertEqual(4, self.text(before, after, "--max=0")[1].count("grew: "))

    def test_of_a_server_and_of_its_successor(self):
        paths = []
        for leaks in (3, 5):
            server = self.server()
            server.tell("leak", leaks)
            paths.append(self.write(f"{leaks}.json", [self.snapshot(server.pid)]))
            server.process.kill()
        _, found = self.diff(*paths)
        self.assertEqual([("accept4", 3, 5)], [(one["op"], one["before"], one["after"]) for one in found["grew"]])

    def test_of_one_server(self):
        server = self.server()
        server.tell("leak", 2)
        first = self.write("first.json", [self.snapshot(server.pid)])
        server.tell("use", 3)
        self.assertEqual(0, self.diff(first, self.write("same.json", [self.snapshot(server.pid)]))[0])
        server.tell("leak", 4)
        _, found = self.diff(first, self.write("more.json", [self.snapshot(server.pid)]))
        self.assertEqual([(4, 4, 0)], [(one["change"], one["opened"], one["closed"]) for one in found["grew"]])
        self.assertGreater(found["grew"][0]["per_minute"], 0)


class ThatCannotBe(DiffTest):
    def refused(self, content, says):
        path = self.write("bad.json", [content])
        good = self.write("good.json", [snapshot(place("a", 1))])
        self.assert_refused("diff", path, good, says=says)
        self.assert_refused("diff", good, path, says=says)

    def test_input_that_cannot_be_used(self):
        self.refused("{", "bad.json:1: not JSON")
        self.refused("", "bad.json: empty; `socksan snapshot --format=json` makes a snapshot")
        self.refused("[1]\n", "bad.json: not a snapshot; `socksan snapshot --format=json` makes one")
        self.refused({"schema": "socksan-report/1"}, "bad.json: a report, not a snapshot")
        self.refused({"schema": "socksan-snapshot/2"}, "bad.json: a snapshot by another version of SockSan (socksan-snapshot/2; this one reads")
        self.refused({**snapshot(), "places": 3}, "bad.json: a snapshot without places")

    def test_places_that_cannot_be(self):
        for key, value in (("open", -1), ("open", 1 << 60), ("open", "x"), ("key", 7), ("states", {"WHAT": 1}), ("states", {"CLOSED": -1}),
                           ("stack", [{"lang": "klingon"}]), ("stack", 5), ("closed", None)):
            with self.subTest(key=key, value=value):
                self.refused({**snapshot(), "places": [place("b", 1), {**place("a", 1), key: value}]}, "snapshot: places[1]: ")

    def test_a_missing_file(self):
        good = self.write("good.json", [snapshot(place("a", 1))])
        self.assert_refused("diff", good, f"{self.tmp}/nowhere", says="nowhere: No such file or directory")

    def test_words(self):
        for args, says in (((), "two snapshots are compared"), (("a",), "two snapshots are compared"), (("a", "b", "c"), "two snapshots, no more"),
                           (("--least=0", "a", "b"), "--least wants a number from 1 on"), (("--format=pprof", "a", "b"), "no format 'pprof'")):
            status, _, err = self.say("diff", *args)
            self.assertEqual(2, status)
            self.assertIn(says, err)

    def test_bytes_at_random(self):
        """Whatever stands there, it ends with a status of its own."""
        whole = json.dumps(snapshot(place("a", 5), place("b", 2)))
        good = self.write("good.json", [snapshot(place("a", 1))])
        choose = random.Random(7)
        for _ in range(60):
            text = list(whole)
            for _ in range(choose.randint(1, 6)):
                text[choose.randrange(len(text))] = choose.choice('{}[]",:0129-ax\\')
            status, _, err = self.say("diff", self.write("bad.json", ["".join(text)]), good)
            self.assertIn(status, (0, 1, 2), err)


if __name__ == "__main__":
    unittest.main()
