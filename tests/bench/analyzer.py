#!/usr/bin/python3
"""What the analyzer costs: a long trace, many short ones, memory, a run of a command that does nothing.

Makes its own traces, under the shim where that matters. Prints a table: seconds are of processor time, user and system, the least of the
rounds, since other work on the machine only adds; and in brackets of wall clock. SOCKSAN and SOCKSAN_SHIM name what to measure. The exit
status says whether it could be measured, never whether it was fast.
SPDX-License-Identifier: Apache-2.0
"""

import argparse
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(os.path.abspath(__file__)).parent
SOCKSAN = os.environ.get("SOCKSAN", "socksan")
SHIM = os.environ.get("SOCKSAN_SHIM", "")
EVENTS_PER_CYCLE = 5  # of the loop tcp-cycle

DUCKDB = """
const { DuckDBInstance } = require(process.argv[1] + '/@duckdb/node-api');
(async () => {
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const files = `read_ndjson('${process.argv[2]}', columns = {ev: 'VARCHAR', op: 'VARCHAR'})`;
  await connection.runAndReadAll(`SELECT op, count(*) FROM ${files} WHERE ev = 'fd' GROUP BY op`);
})();
"""


def spent(command):
    """(processor seconds, wall seconds) of a command."""
    start = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 23):
        sys.exit(f"bench: {command[0]} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - start


def least(command, rounds):
    return tuple(map(min, zip(*(spent(command) for _ in range(rounds)))))


def seconds(figures, unit=1):
    name = "s" if unit == 1 else "ms"
    return f"{figures[0] * unit:.2f} {name} ({figures[1] * unit:.2f})"


def record(folder, loops, cycles):
    """The trace of so many connections, made and closed."""
    folder.mkdir()
    env = {**os.environ, "LD_PRELOAD": SHIM, "SOCKSAN_OPTIONS": f"log_path={folder}/t:max_bytes=4G"}
    subprocess.run([loops, "tcp-cycle", str(cycles), "1"], env=env, check=True, stdout=subprocess.DEVNULL)
    return next(folder.glob("*.jsonl"))


def multiply(trace, folder, n):
    """Its first 40 lines and its end as the traces of `n` processes, one after another."""
    lines = [line for line in trace.read_text(encoding="utf-8").splitlines() if line]
    text = "\n".join(lines[:40] + lines[-1:]) + "\n"
    pid = re.search(r'"pid":(\d+)', text)[1]
    text = re.sub(rf'"(pid|tid)":{pid}\b', r'"\1":PID', text)
    last = max(int(t) for t in re.findall(r'"t":(\d+)', "\n".join(lines[:40])))
    text = re.sub(r'"t":\d+(,"pid":PID,"status")', rf'"t":{last + 1000}\1', text)
    parts = re.split(r'(?<="t":)(\d+)', text)
    folder.mkdir()
    for i in range(n):
        parts_of_this = [str(int(part) + i * 5000000) if at % 2 else part for at, part in enumerate(parts)]
        (folder / f"t.{i}.jsonl").write_text("".join(parts_of_this).replace("PID", str(100000 + i)), encoding="utf-8")


def with_many_open(out, events, held=1000):
    """Writes the trace of a process that has `held` sockets open while it makes and closes others, and at last closes them."""
    t = 10**12

    def fd(op, number, sock, was, becomes):
        nonlocal t
        t += 1000
        return (f'{{"ev":"fd","t":{t},"pid":7,"tid":7,"op":"{op}","fd":{number},"sock":{sock},"from":{was},"to":{becomes},"ret":0,'
                f'"stack":1,"family":"AF_INET","type":"SOCK_STREAM"}}\n')

    out.write('{"ev":"process","t":1000000000,"pid":7,"schema":1,"wall":1.5,"ppid":1,"how":"exec","start":1,"nofile":4096,'
              '"exe":"/none","argv":["none"]}\n{"ev":"stack","t":1000000001,"pid":7,"id":1,"frames":[]}\n')
    for i in range(held):
        out.write(fd("socket", 3 + i, 1 + i, "null", '"CLOSED"'))
    for i in range((events - 2 * held) // 2):
        out.write(fd("socket", 3 + held, 1 + held + i, "null", '"CLOSED"'))
        out.write(fd("close", 3 + held, 1 + held + i, '"CLOSED"', '"CLOSED"'))
    for i in range(held):
        out.write(fd("close", 3 + i, 1 + i, '"CLOSED"', '"CLOSED"'))
    out.write(f'{{"ev":"exit","t":{t + 1},"pid":7,"status":0,"open":0,"events":{events},"dropped":0}}\n')


def peak(loops, events, held):
    """The most memory of a report of so many events, in MB. They come through a pipe, and take room in TMPDIR while they are read, about 180 bytes each."""
    command = [loops, "peak", SOCKSAN, "report", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        with_many_open(process.stdin, events, held)
        process.stdin.close()
        said = process.stdout.read()
    if process.returncode or not said.strip():
        sys.exit(f"bench: {SOCKSAN} report: {said[-500:]}")
    return int(said.splitlines()[-1]) / 1024


def measure(folder, args):
    scale = 100 if args.quick else 1
    loops = str(folder / "loops")
    subprocess.run(["gcc", "-O2", "-pthread", "-o", loops, str(HERE / "loops.c")], check=True)
    trace = record(folder / "long", loops, 250000 // scale)
    megabytes = trace.stat().st_size / 1e6
    figures = least([SOCKSAN, "report", str(trace)], args.rounds)
    yield f"{250000 // scale * EVENTS_PER_CYCLE} events, {megabytes:.0f} MB", f"{seconds(figures)}, {megabytes / figures[0]:.0f} MB/s", "1 s"
    if args.duckdb:
        command = ["node", "-e", DUCKDB, args.duckdb, str(trace)]
        yield "the same, grouped by DuckDB with Node", seconds(least(command, args.rounds)), "not less"
    multiply(trace, folder / "many", 10000 // scale)
    trace.unlink()
    yield f"{10000 // scale} traces of 40 lines", seconds(least([SOCKSAN, "report", str(folder / "many")], args.rounds)), "1 s"
    for events in (200000 // scale, 2000000 // scale, *([args.events // scale] if args.events else [])):
        held = 1000 // scale
        yield f"memory, {events} events, {held} open at once", f"{peak(loops, events, held):.1f} MB", "16 MB"
    env_rounds = args.rounds * 5
    bare, under = least(["true"], env_rounds), least([SOCKSAN, "run", "--", "true"], env_rounds)
    yield "socksan run -- true, beside true", seconds((under[0] - bare[0], under[1] - bare[1]), 1000), "15 ms"


def main():
    parser = argparse.ArgumentParser(prog="bench --analyzer", description="Measure what the analyzer costs.", allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each row (default %(default)s)")
    parser.add_argument("--duckdb", metavar="FOLDER", type=os.path.abspath,
                        help="a node_modules folder with @duckdb/node-api, to be compared with")
    parser.add_argument("--events", type=int, metavar="N", help="one more row of memory, for N events: 100000000 take some minutes")
    parser.add_argument("--quick", action="store_true", help="a hundredth of the work: shows that all works, measures nothing")
    args = parser.parse_args()
    if not os.path.exists(SHIM) or not shutil.which(SOCKSAN) or not shutil.which("gcc"):
        sys.exit("bench: SOCKSAN and SOCKSAN_SHIM have to name the analyzer and the shim, and gcc has to be there: use ./dev bench --analyzer")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory(prefix="socksan-bench.") as folder:
        for title, figure, goal in measure(pathlib.Path(folder), args):
            print(f"{title:<45}{figure:>30}  goal {goal}", flush=True)
    if args.quick:
        print("A quick run: these figures only show that the benchmark works.")


if __name__ == "__main__":
    main()
