"""The benchmark works: its table, its JSON, its checks and its complaints. No test says how fast anything is.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
BENCH, ANALYZER, INSTRUCTIONS = (os.path.join(HERE, name) for name in ("bench.py", "analyzer.py", "instructions.py"))


class BenchTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def bench(self, *args, script=BENCH, **env):
        """(status, standard output, standard error) of a quick benchmark, which must leave no file behind."""
        scratch = os.path.join(self.folder, "scratch")
        os.makedirs(scratch, exist_ok=True)
        done = subprocess.run(["/usr/bin/python3", script, "--quick", *args], env={**os.environ, "TMPDIR": scratch, **env},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
        self.assertEqual(os.listdir(scratch), [], "expected the temporary folder to be removed")
        return done.returncode, done.stdout, done.stderr

    def test_two_loops_give_a_table_and_a_json_file(self):
        file = os.path.join(self.folder, "bench.json")
        status, table, errors = self.bench("--cases=socket-close,pipe", "--no-tools", "--noise", f"--json={file}")
        self.assertEqual((status, errors), (0, ""), "expected a benchmark that can be run and has nothing to complain of")
        for text in ("bare", "bare again", "16 frames", "socket + close", "pipe, write + read", "bytes per event"):
            self.assertIn(text, table, "expected it in the table")

        text = pathlib.Path(file).read_text(encoding="utf-8")
        self.assertNotIn(self.folder, text, "expected no path of this machine")
        report = json.loads(text)
        self.assertEqual(report["schema"], "socksan-bench/1")
        self.assertTrue(report["quick"])
        for key in ("kernel", "cores", "glibc", "gcc", "strace", "valgrind", "wrk"):
            self.assertIn(key, report["machine"])
        rows = {row["title"]: row for row in report["results"]}
        loop = rows["socket + close"]
        self.assertEqual(list(loop["columns"]), ["bare", "noise", "nostacks", "stacks", "kinds"])
        self.assertEqual(loop["target"]["at_most"], 1.15)
        self.assertIn(loop["target"]["reached"], (True, False))
        for name, cell in loop["columns"].items():
            self.assertTrue(cell["quartiles"][0] <= cell["median"] <= cell["quartiles"][1], f"{name}: {cell}")
            self.assertEqual("ratio" in cell, name != "bare", f"expected ratios to bare\n{name}: {cell}")
        self.assertGreater(rows["bytes per event, socket + close"]["columns"]["stacks"]["median"], 0)

    def test_the_languages_have_rows(self):
        status, table, errors = self.bench("--languages", "--no-tools", "--columns=stacks", "--rounds=1")
        self.assertEqual((status, errors), (0, ""))
        for language in ("Python", "Node.js", "Java", "Ruby", "Perl", "PHP", "Lua", "LuaJIT"):
            self.assertIn(f"{language}, ", table, "expected a row for each language whose interpreter is here")

    def test_a_shim_that_records_nothing_is_no_fast_shim(self):
        status, table, errors = self.bench("--cases=socket-close", "--columns=stacks", "--no-tools", SOCKSAN_SHIM="/bin/true")
        self.assertEqual(status, 1, "expected the failure to be told\n" + table)
        self.assertIn("SockSan wrote no trace", errors)
        self.assertIn("failed", table)

    def test_bad_values_are_named_with_what_is_possible(self):
        for arg, expected in (("--cases=pipe,pipes", ("'pipes'", "tcp-cycle")), ("--columns=gdb", ("'gdb'", "valgrind")),
                              ("--rounds=0", ("'0'", "1 to 1000")), ("--json=/no/such/file", ("'/no/such/file'", "written")),
                              ("--cases=", ("''", "tcp-cycle")), ("--fast", ("--fast",))):
            status, table, errors = self.bench(arg)
            self.assertEqual((status, table), (2, ""), arg)
            for text in expected:
                self.assertIn(text, errors, arg)

    def test_the_analyzer_is_measured_with_traces_of_its_own(self):
        status, table, errors = self.bench("--rounds=1", script=ANALYZER)
        self.assertEqual((status, errors), (0, ""), "expected a benchmark that can be run and has nothing to complain of")
        for text in ("12500 events", "100 traces of 40 lines", "20000 events, 10 open at once", "socksan run -- true", "goal 1 s"):
            self.assertIn(text, table, "expected it in the table")

    def test_instructions_are_told_by_part(self):
        status, table, errors = self.bench("--cycles=unix-close,file", script=INSTRUCTIONS)
        self.assertEqual((status, errors), (0, ""), "expected a benchmark that can be run and has nothing to complain of")
        rows = {cells[1].strip(" *"): [float(cell.strip(" *")) for cell in cells[2:4]]
                for cells in (line.split("|") for line in table.splitlines()[2:]) if len(cells) == 5}
        *parts, together, bare = rows
        self.assertEqual((together, bare), ("together", "without the shim"))
        self.assertTrue(rows["the caller's stack recognized"][0] > 0 == rows["the caller's stack recognized"][1], table)
        for column in (0, 1):
            self.assertAlmostEqual(sum(rows[part][column] for part in parts), rows["together"][column], delta=len(parts), msg=table)
            self.assertGreater(rows["without the shim"][column], 0)

    def test_instructions_of_a_language_are_told(self):
        if not shutil.which("lua5.4") or subprocess.run(["lua5.4", "-e", "require 'socket'"], stderr=subprocess.DEVNULL, check=False).returncode:
            self.skipTest("no Lua with sockets")
        status, table, errors = self.bench("--cycles=unix-close,lua", script=INSTRUCTIONS)
        self.assertEqual((status, errors), (0, ""), "expected a benchmark that can be run and has nothing to complain of")
        plain, lua = re.search(r"the caller's stack recognized \| (\d+) \| (\d+) \|", table).groups()
        self.assertGreater(int(lua), int(plain), "expected the frames of the script to take something\n" + table)

    def test_floors_are_told_beside_what_is(self):
        status, table, errors = self.bench("--cycles=unix-close,socketpair,file", "--floors", script=INSTRUCTIONS)
        self.assertEqual((status, errors), (0, ""), "expected a benchmark that can be run and has nothing to complain of")
        head, *rows = [line.split("|")[1:-1] for line in table[table.index("| least and now"):].splitlines() if line.startswith("|")]
        self.assertEqual(len(head), 3, "expected the cycles that have floors\n" + table)
        pairs = {row[0].strip(" *"): [[float(n) for n in cell.strip(" *").split(",")] for cell in row[1:]] for row in rows[1:]}
        *parts, together = pairs
        self.assertEqual(together, "together")
        for column in (0, 1):
            least, now = pairs[together][column]
            self.assertTrue(0 < least < now, f"expected that a whole call takes more than its parts at least\n{table}")
            self.assertAlmostEqual(sum(pairs[part][column][0] for part in parts), least, delta=len(parts), msg=table)
        self.assertTrue(all(pairs[part][0][0] > 0 for part in parts), "expected each part of a socket's making and closing\n" + table)

    def test_floors_need_a_cycle_that_has_them(self):
        status, table, errors = self.bench("--cycles=file", "--floors", script=INSTRUCTIONS)
        self.assertEqual((status, table), (2, ""))
        self.assertIn("unix-close", errors)

    def test_a_cycle_that_is_none_is_named(self):
        status, table, errors = self.bench("--cycles=unix,file", script=INSTRUCTIONS)
        self.assertEqual((status, table), (2, ""))
        self.assertIn("'unix'", errors)
        self.assertIn("unix-close", errors)

    def test_a_missing_shim_is_named(self):
        status, table, errors = self.bench(SOCKSAN_SHIM="/no/shim.so")
        self.assertEqual((status, table), (1, ""))
        self.assertIn("/no/shim.so", errors)


if __name__ == "__main__":
    unittest.main()
