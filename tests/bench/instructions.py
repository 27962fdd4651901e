#!/usr/bin/python3
"""What a recorded call costs in instructions, by part of the shim: the difference of two run lengths under callgrind, less the same without
the shim.

Prints a table, a column for each cycle. Instructions are the same on each run, but for a few that depend on addresses and process ids. The
kernel's are not counted; and as programs under Valgrind have no vDSO, reading a clock counts as a short call of libc. SOCKSAN_SHIM names the
shim to measure. The exit status says whether it could be measured: 0 yes, 1 no, 2 unusable arguments.
SPDX-License-Identifier: Apache-2.0
"""

import argparse
import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(os.path.abspath(__file__)).parent
SHORT, LONG = 1000, 5000

PYTHON = ["/usr/bin/python3", "-S", "-E", str(HERE / "python_sockets.py")]
Cycle = collections.namedtuple("Cycle", "name title command options", defaults=[""])
CYCLES = [
    Cycle("unix-close", "AF_UNIX socket, close", ["./loops", "unix-close"]),
    Cycle("tcp-cycle", "TCP cycle", ["./loops", "tcp-cycle"]),
    Cycle("socketpair", "send, recv", ["./loops", "socketpair"]),
    Cycle("file", "file: write, read", ["./loops", "file"]),
    Cycle("open-close", "file: open, close", ["./loops", "open-close"]),
    Cycle("open-close-all", "the same, kinds=all", ["./loops", "open-close"], ":kinds=all"),
    Cycle("python", "Python socket, close", PYTHON),
]

# A part is what the functions and inlined functions of these files do.
PARTS = [
    ("the caller's stack recognized", r"shim/(stack|lang)/"),
    ("the line: its text", r"shim/(track/event|trace/jsonl)\.|shim/libc/"),
    ("the line: digits", r"shim/trace/digits\."),
    ("the line: room and copy", r"shim/trace/(?!now)"),
    ("time", r"shim/(trace/now|kernel/watch)\.|clock_gettime"),
    ("the descriptor and its socket", r"shim/track/(fdtable|registrations|carry)\."),
    ("the number's trail", r"shim/track/trail\."),
    ("what the call did", r"shim/track/"),
    ("whether this process and thread are recorded", r"shim/state/"),
    ("the hook: arguments, the real call", r"shim/(hooks|process|kernel|libc)/"),
]
OTHER = "libc, and what the program does otherwise"


def part_of(function):
    return next((name for name, pattern in PARTS if re.search(pattern, function)), OTHER)


def run(command, env, folder):
    done = subprocess.run(command, env=env, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=600, check=False)
    if done.returncode:
        sys.exit(f"bench: {command[0]}: {done.stdout[-500:]}")
    return done.stdout


def counted(cycle, size, shim, folder):
    """Instructions by part of so many cycles."""
    env = {key: value for key, value in os.environ.items() if key != "LD_PRELOAD" and not key.startswith("SOCKSAN")}
    if shim:
        env.update(LD_PRELOAD=shim, SOCKSAN_OPTIONS=f"log_path={folder}/trace{cycle.options}")
    out = folder / "callgrind.out"
    run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *cycle.command, str(size), "0"], env, folder)
    text = run(["callgrind_annotate", "--auto=no", "--threshold=100", str(out)], env, folder)
    parts = collections.Counter()
    for count, function in re.findall(r"^ *([\d,]+) \([\d. ]*%\) +(.*)$", text, re.MULTILINE):
        if function != "PROGRAM TOTALS":
            parts[part_of(function)] += int(count.replace(",", ""))
    for path in folder.glob("trace.*"):
        path.unlink()
    return parts


def cost(cycle, shim, folder):
    """Instructions by part that the shim adds to one cycle, its total and what the cycle takes without it."""
    runs = {(size, with_shim): counted(cycle, size, shim if with_shim else None, folder)
            for size in (SHORT, LONG) for with_shim in (False, True)}
    bare, under = ({part: (runs[LONG, which][part] - runs[SHORT, which][part]) / (LONG - SHORT) for part in runs[LONG, which]}
                   for which in (False, True))
    return {part: under.get(part, 0) - bare.get(part, 0) for part in {*bare, *under}}, sum(bare.values())


def main():
    parser = argparse.ArgumentParser(prog="bench --instructions", description="Measure what recorded calls cost in instructions, by part.",
                                     allow_abbrev=False)
    names = [cycle.name for cycle in CYCLES]
    parser.add_argument("--cycles", metavar="LIST", default=",".join(names), help=f"some of {','.join(names)}")
    parser.add_argument("--quick", action="store_true", help="short runs: shows that all works")
    args = parser.parse_args()
    chosen = args.cycles.split(",")
    for name in chosen:
        if name not in names:
            parser.error(f"--cycles: '{name}' is none of {', '.join(names)}")
    shim = os.path.abspath(os.environ.get("SOCKSAN_SHIM", ""))
    if not os.path.isfile(shim):
        sys.exit(f"bench: SOCKSAN_SHIM has to name the shim, and {shim} is none: use ./dev bench --instructions")
    for tool in ("gcc", "valgrind", "callgrind_annotate"):
        if not shutil.which(tool):
            sys.exit(f"bench: no {tool}")
    if args.quick:
        global SHORT, LONG
        SHORT, LONG = 100, 200
    cycles = [cycle for cycle in CYCLES if cycle.name in chosen]
    with tempfile.TemporaryDirectory(prefix="socksan-bench.") as name:
        folder = pathlib.Path(name)
        run(["gcc", "-O2", "-pthread", "-o", "loops", str(HERE / "loops.c")], os.environ, folder)
        costs = [cost(cycle, shim, folder) for cycle in cycles]
    print("| instructions that the shim adds | " + " | ".join(cycle.title for cycle in cycles) + " |")
    print("|---|" + "---|" * len(cycles))
    for part in [name for name, _ in PARTS] + [OTHER]:
        print(f"| {part} | " + " | ".join(f"{parts.get(part, 0):.0f}" for parts, _ in costs) + " |")
    print("| **together** | " + " | ".join(f"**{sum(parts.values()):.0f}**" for parts, _ in costs) + " |")
    print("| without the shim | " + " | ".join(f"{bare:.0f}" for _, bare in costs) + " |")
    if args.quick:
        print("A quick run: these figures only show that the benchmark works.")


if __name__ == "__main__":
    main()
