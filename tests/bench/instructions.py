#!/usr/bin/python3
"""What a recorded call costs in instructions, by part of the shim: the difference of two run lengths under callgrind, less the same without
the shim.

Prints a table, a column for each cycle; with --floors, another of what the parts take at least, of floors.c, counted in the same way.
Instructions are the same on each run, but for a few that depend on addresses and process ids. The kernel's are not counted; and as programs
under Valgrind have no vDSO, reading a clock counts as a short call of libc. SOCKSAN_SHIM names the shim to measure. The exit status says
whether it could be measured: 0 yes, 1 no, 2 unusable arguments.
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
# Only if they are asked for. Each is eight functions deep; what Ruby's collector and V8's compilers do differs from run to run.
LANGUAGES = [
    Cycle("lua", "Lua socket, close", ["lua5.4", str(HERE / "languages/sockets.lua")]),
    Cycle("luajit", "LuaJIT socket, close", ["luajit", str(HERE / "languages/sockets.lua")]),
    Cycle("perl", "Perl socket, close", ["perl", str(HERE / "languages/sockets.pl")]),
    Cycle("php", "PHP socketpair, 2 close", ["php", str(HERE / "languages/sockets.php")]),
    Cycle("ruby", "Ruby socket, close", ["ruby", str(HERE / "languages/sockets.rb")]),
    Cycle("node", "Node.js connect, close", ["node", str(HERE / "languages/connect.js")]),
]

# A part is what the functions and inlined functions of these files do.
PARTS = [
    ("the caller's stack recognized", r"shim/(stack|lang)/"),
    ("the line: its text", r"shim/(track/(event|brief|pattern|meeting)|trace/jsonl)\.|shim/libc/"),
    ("the line: digits", r"shim/trace/digits\."),
    ("the line: room and copy", r"shim/trace/(?!now)"),
    ("time", r"shim/(trace/now|kernel/watch)\.|clock_gettime"),
    ("the descriptor and its socket", r"shim/track/(fdtable|pool|registrations|carry)\."),
    ("the number's trail", r"shim/track/trail\."),
    ("what the call did", r"shim/track/"),
    ("whether this process and thread are recorded", r"shim/state/"),
    ("the hook: arguments, the real call", r"shim/(hooks|process|kernel|libc)/"),
]
OTHER = "libc, and what the program does otherwise"


# What each part takes at least: parts of floors.c, and how often a cycle needs them. A line is copied as often as it is long in a trace of
# this very cycle; "made" and "closed" count its lines, "moves" its calls that move bytes.
def floor(lines, made, closed, moves, waits=0, addresses=0, others=0, counters=0):
    times = made + closed + others
    return {
        PARTS[0][0]: [("stack", made + closed)],
        PARTS[1][0]: [(f"text {length}", count) for length, count in lines.items()] + [("numeral", 4 * times + 5 * addresses + 2 * counters)],
        PARTS[2][0]: [("digits", times + counters)],
        PARTS[3][0]: [("room", times)] + [(f"copy {length}", count) for length, count in lines.items()],
        PARTS[4][0]: [("exact", times), ("coarse", moves + waits)],
        PARTS[5][0]: [("make", made), ("unmake", closed), ("entry", moves + waits)],
        PARTS[6][0]: [("moved", made), ("marked", made + closed)],
        PARTS[7][0]: [("closed", closed), ("moves", moves + waits), ("writes", moves / 2)],
        PARTS[8][0]: [("recorded", made + 2 * closed + moves + 2 * waits)],
        PARTS[9][0]: [("hooked", made + closed + moves + others)],
    }


FLOORS = {
    "unix-close": lambda lines: floor(lines, made=1, closed=1, moves=0),
    "tcp-cycle": lambda lines: floor(lines, made=2, closed=2, moves=4, waits=2, addresses=2, others=1, counters=2),
    "socketpair": lambda lines: floor({}, made=0, closed=0, moves=2),
}


def figure(number):
    return f"{round(number)}"


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


def floors_of(names, folder):
    """Instructions of parts of floors.c, each by its name and perhaps a size."""
    def counted_for(size, parts, times):
        out = folder / "floors.out"
        run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "./floors", str(times), size, *parts], os.environ, folder)
        text = run(["callgrind_annotate", "--auto=no", "--inclusive=yes", "--threshold=100", str(out)], os.environ, folder)
        return {part: int(count.replace(",", "")) for count, part in re.findall(r"^ *([\d,]+) \(.*:all_(\w+) ", text, re.MULTILINE)}

    takes = {}
    for size in sorted({(*name.split(), "0")[1] for name in names}):
        parts = {name.split()[0]: name for name in names if (*name.split(), "0")[1] == size}
        ways = [counted_for(size, ["nothing", "unhooked", *parts], times) for times in (LONG, SHORT)]
        each = {part: (ways[0][part] - ways[1][part]) / (LONG - SHORT) for part in ways[0]}
        takes.update((name, each[part] - each["unhooked" if part == "hooked" else "nothing"]) for part, name in parts.items())
    return takes


def lines_of(cycle, shim, folder):
    """The lengths of a cycle's lines in whole vectors, and how many it has of each; what comes before the first cycle hardly counts."""
    size, lengths = 1000, collections.Counter()
    run([*cycle.command, str(size), "0"], {**os.environ, "LD_PRELOAD": shim, "SOCKSAN_OPTIONS": f"log_path={folder}/trace"}, folder)
    for path in folder.glob("trace.*"):
        lengths.update((len(line) + 16) // 16 * 16 for line in path.read_bytes().split(b"\n") if line.startswith(b'{"ev":"fd"'))
        path.unlink()
    return {length: count / size for length, count in lengths.items()}


def print_floors(cycles, costs, shim, folder):
    run(["gcc", "-O2", "-o", "floors", str(HERE / "floors.c")], os.environ, folder)
    cycles, costs = zip(*((cycle, parts) for cycle, (parts, _) in zip(cycles, costs) if cycle.name in FLOORS))
    needs = [FLOORS[cycle.name]({} if cycle.name == "socketpair" else lines_of(cycle, shim, folder)) for cycle in cycles]
    takes = floors_of(sorted({part for need in needs for parts in need.values() for part, count in parts if count}), folder)
    least = [{name: sum(takes[part] * count for part, count in parts if count) for name, parts in need.items()} for need in needs]
    print("\n| least and now | " + " | ".join(cycle.title for cycle in cycles) + " |")
    print("|---|" + "---|" * len(cycles))
    for name, _ in PARTS:
        print(f"| {name} | " + " | ".join(f"{figure(low[name])}, {figure(parts.get(name, 0))}" for low, parts in zip(least, costs)) + " |")
    sums = [f"**{figure(sum(low.values()))}, {figure(sum(parts.values()))}**" for low, parts in zip(least, costs)]
    print("| **together** | " + " | ".join(sums) + " |")


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
    names = [cycle.name for cycle in CYCLES + LANGUAGES]
    parser.add_argument("--cycles", metavar="LIST", default=",".join(cycle.name for cycle in CYCLES), help=f"some of {','.join(names)}")
    parser.add_argument("--floors", action="store_true",
                        help=f"also what each part takes at least, of {', '.join(FLOORS)}: the same work, written plainly and alone")
    parser.add_argument("--quick", action="store_true", help="short runs: shows that all works")
    args = parser.parse_args()
    chosen = args.cycles.split(",")
    for name in chosen:
        if name not in names:
            parser.error(f"--cycles: '{name}' is none of {', '.join(names)}")
    if args.floors and not set(chosen) & set(FLOORS):
        parser.error(f"--floors: none of these cycles has any; those that have: {', '.join(FLOORS)}")
    shim = os.path.abspath(os.environ.get("SOCKSAN_SHIM", ""))
    if not os.path.isfile(shim):
        sys.exit(f"bench: SOCKSAN_SHIM has to name the shim, and {shim} is none: use ./dev bench --instructions")
    cycles = [cycle for cycle in CYCLES + LANGUAGES if cycle.name in chosen]
    for tool in ("gcc", "valgrind", "callgrind_annotate", *(cycle.command[0] for cycle in cycles if not cycle.command[0].startswith("./"))):
        if not shutil.which(tool):
            sys.exit(f"bench: no {tool}")
    if args.quick:
        global SHORT, LONG
        SHORT, LONG = 100, 200
    with tempfile.TemporaryDirectory(prefix="socksan-bench.") as name:
        folder = pathlib.Path(name)
        run(["gcc", "-O2", "-pthread", "-o", "loops", str(HERE / "loops.c")], os.environ, folder)
        costs = [cost(cycle, shim, folder) for cycle in cycles]
        print("| instructions that the shim adds | " + " | ".join(cycle.title for cycle in cycles) + " |")
        print("|---|" + "---|" * len(cycles))
        for part in [name for name, _ in PARTS] + [OTHER]:
            print(f"| {part} | " + " | ".join(figure(parts.get(part, 0)) for parts, _ in costs) + " |")
        print("| **together** | " + " | ".join(f"**{figure(sum(parts.values()))}**" for parts, _ in costs) + " |")
        print("| without the shim | " + " | ".join(figure(bare) for _, bare in costs) + " |")
        if args.floors:
            print_floors(cycles, costs, shim, folder)
    if args.quick:
        print("A quick run: these figures only show that the benchmark works.")


if __name__ == "__main__":
    main()
