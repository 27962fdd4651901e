"""The queries of the rules in DuckDB, over what `socksan export --format=ndjson` writes, against `socksan report`: the golden traces, one by one.

    ./dev test --suite=duckdb      needs npm and a network the first time: @duckdb/node-api, about 70 MB, goes into the cache of ./dev

SQL alone must count what the judge counts for the rules that are exact. The others must select some process of a family that the judge tells it of.
SPDX-License-Identifier: Apache-2.0
"""

import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = "@duckdb/node-api@1.5.6-r.1"
# Lines before any process line have no host; ops that the analyzer does not know, SQL does not know to be unknown.
LEFT_OUT = {"minimal", "unknown_op"}
LIMITS = {"close-wait": 5, "held-by-child": 5, "idle": 60, "no-timeout": 10, "leak-suspect": 0}  # s; the defaults
RUN = """
const { DuckDBInstance } = require(process.argv[1] + '/@duckdb/node-api');
(async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const work = JSON.parse(require('fs').readFileSync(0, 'utf-8'));
  await connection.run(work.view);
  const found = {};
  for (const [code, sql] of Object.entries(work.queries)) {
    const rows = (await connection.runAndReadAll(sql)).getRows();
    found[code] = rows.map(row => Number(row[0]));
  }
  console.log(JSON.stringify(found));
})().catch(error => { console.error(String(error)); process.exit(1); });
"""


def modules():
    """Where the package is, which is installed there if need be."""
    folder = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache", "socksan", "duckdb-" + PACKAGE.rpartition("@")[2])
    if not (folder / "node_modules/@duckdb/node-api").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", PACKAGE], check=True,
                       stdout=subprocess.DEVNULL)
    return folder / "node_modules"


def rules():
    """{code: (whether it is exact, query)}"""
    found = {}
    for path in sorted((TOP / "analyzer/judge/violations").glob("*.sql")):
        text, code = path.read_text(encoding="utf-8"), path.stem.replace("_", "-")
        query = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
        for name, value in (("clues", "clues"), ("range", "true"), ("limit", str(LIMITS.get(code, 0) * 10**9)), ("quiet", str(2**62)), ("here", "''")):
            query = query.replace("{" + name + "}", value)
        found[code] = text.startswith("-- exact"), query
    return found


def compare(folder, node_modules, work):
    """What differs for the traces of a folder, as text."""
    socksan = os.environ["SOCKSAN"]
    with open(f"{work}/traces.ndjson", "wb") as out:
        subprocess.run([socksan, "export", "--format=ndjson", folder], stdout=out, stderr=subprocess.DEVNULL, check=True)
    report = json.loads(subprocess.run([socksan, "report", "-f", "json", "--kinds=all", folder], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       check=False).stdout)
    queries = {code: f"SELECT process FROM (SELECT DISTINCT process, sock, fd, t FROM ({query}))" for code, (_, query) in rules().items()}
    view = (TOP / "docs/fleet/duckdb.sql").read_text(encoding="utf-8").replace("'traces.ndjson'", f"'{work}/traces.ndjson'")
    ended = subprocess.run(["node", "-e", RUN, str(node_modules)], input=json.dumps({"view": view, "queries": queries}), stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, check=False)
    if ended.returncode != 0:
        return [ended.stderr.strip()]
    found = json.loads(ended.stdout)
    told = collections.defaultdict(set)
    for violation in report["violations"]:
        told[violation["code"]].update(violation["pids"])
    wrong = []
    for code, (exact, _) in rules().items():
        count = report["totals"]["by_code"].get(code, 0)
        if exact and len(found[code]) != count:
            wrong.append(f"{code}: SQL counts {len(found[code])}, the judge {count}")
        if told[code] and not found[code]:
            wrong.append(f"{code}: no process is selected, and the judge tells it of {sorted(told[code])}")
    return wrong


def main():
    node_modules = modules()
    bad = total = 0
    for folder in sorted((TOP / "tests/traces").iterdir()):
        if not folder.is_dir() or folder.name in LEFT_OUT or folder.name.startswith(("bad_", "after_a_fault")):
            continue
        with tempfile.TemporaryDirectory(prefix="socksan-duckdb.") as work:
            wrong = compare(folder, node_modules, work)
        total += 1
        bad += bool(wrong)
        for text in wrong:
            print(f"{folder.name}: {text}")
    print(f"{total - bad} of {total} traces: DuckDB says what socksan report says")
    return 1 if bad or not total else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--packages"]:
        print("\n".join(line for line in (TOP / "packaging/packages/test.txt").read_text(encoding="utf-8").splitlines()
                        if line.split()[:1] in (["nodejs"], ["npm"])))
    elif sys.argv[1:] == ["list"]:
        print(__doc__)
    else:
        sys.exit(main())
