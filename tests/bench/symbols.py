#!/usr/bin/python3
"""How long a report of many stacks takes, in a program with much debug information.

symbols.py [--units=10] [--stacks=1000] [--folder=DIR]: generates and builds a C++ program (a minute or two; kept in the folder, if
given), records one leak for each of that many distinct stacks, and times `socksan report`. SOCKSAN and SOCKSAN_SHIM name what is
measured.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

HEADERS = ["algorithm", "chrono", "filesystem", "functional", "future", "iostream", "map", "memory", "mutex", "random", "regex",
           "set", "sstream", "string", "thread", "tuple", "unordered_map", "variant", "vector"]

# Templates of many types, all called, so that each unit has much to tell; and a chain of calls for each stack.
UNIT = """
struct Key@U@ { int a; bool operator<(const Key@U@ &o) const { return a < o.a; } };
template <int N> struct Node@U@ {
	std::map<Key@U@, std::vector<std::pair<std::string, std::array<int, N>>>> map;
	std::unordered_map<std::string, std::function<int(const Node@U@ &)>> calls;
	std::variant<int, std::string, std::vector<double>> value;
	int fill(int n)
	{
		map[Key@U@{n}].emplace_back(std::to_string(n), std::array<int, N>{});
		calls.emplace(std::to_string(n), [n](const Node@U@ &other) { return n + int(other.map.size()); });
		value = std::vector<double>(n);
		return int(map.size() + calls.size());
	}
};
@TYPES@
namespace unit@U@ {
static __attribute__((noinline)) int make(int domain) { int fd = socket(domain, SOCK_STREAM, 0); __asm__ volatile(""); return fd; }
template <int N> static inline int inlined(int domain) { int fd = make(domain); __asm__ volatile(""); return fd; }
template <int N> static __attribute__((noinline)) int serve(int domain)
{
	Node@U@<N % 8> node;
	int fd = inlined<N>(domain);
	return node.fill(N) < 0 ? -1 : fd;
}
int run(int domain);
int run(int domain)
{
	int n = 0;
@CALLS@
	return n;
}
}
"""


def unit(number, stacks):
    includes = "".join(f"#include <{name}>\n" for name in [*HEADERS, "array", "sys/socket.h"])
    types = "".join(f"template struct Node@U@<{i + 8}>;\n" for i in range(10))
    calls = "".join(f"\tn += serve<{i}>(domain);\n" for i in range(stacks))
    return includes + UNIT.replace("@TYPES@", types).replace("@CALLS@", calls).replace("@U@", str(number))


def build(folder, units, stacks):
    program = folder / "program"
    if program.exists():
        return program
    for number in range(units):
        (folder / f"unit{number}.cc").write_text(unit(number, stacks), encoding="ascii")
    declared = "".join(f"namespace unit{i} {{ int run(int); }}\n" for i in range(units))
    called = "".join(f"\tn += unit{i}::run(AF_INET);\n" for i in range(units))
    (folder / "main.cc").write_text(f"#include <sys/socket.h>\n#include <unistd.h>\n{declared}int main()\n{{\n\tint n = 0;\n{called}"
                                    "\t_exit(n < 0);\n}\n", encoding="ascii")
    compiler = os.environ.get("CXX", "g++")

    def compile_one(source):
        subprocess.run([compiler, "-std=c++17", "-g", "-O1", "-c", source.name, "-o", source.stem + ".o"], cwd=folder, check=True)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(compile_one, sorted(folder.glob("*.cc"))))
    subprocess.run([compiler, *(path.name for path in sorted(folder.glob("*.o"))), "-pthread", "-o", "program"], cwd=folder, check=True)
    return program


def debug_size(program):
    text = subprocess.run(["readelf", "-SW", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    return sum(int(size, 16) for size in re.findall(r"\.debug_\w+\s+\w+\s+\w+\s+\w+\s+(\w+)", text))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--units", type=int, default=10)
    parser.add_argument("--stacks", type=int, default=1000)
    parser.add_argument("--folder")
    asked = parser.parse_args()
    socksan = os.environ.get("SOCKSAN", "socksan")
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(asked.folder or scratch)
        folder.mkdir(exist_ok=True)
        program = build(folder, asked.units, asked.stacks // asked.units)
        traces = f"{scratch}/traces"
        subprocess.run(["sh", "-c", 'ulimit -n 4096; exec "$@"', "sh", socksan, "run", f"--trace-dir={traces}", "--fail-on=never",
                        f"--output=json={scratch}/run.json", "--", program], stderr=subprocess.DEVNULL, check=True)
        started = time.monotonic()
        subprocess.run([socksan, "report", "--fail-on=never", f"--output=json={scratch}/report.json", traces],
                       stdout=subprocess.DEVNULL, check=True)
        took = time.monotonic() - started
        report = json.loads(pathlib.Path(f"{scratch}/report.json").read_text(encoding="utf-8"))
        frames = [frame for violation in report["violations"] for frame in violation["stacks"]["opened"]]
        named = sum("line" in frame for frame in frames)
        print(f"{debug_size(program) / 1e6:.0f} MB of debug information, {len(report['violations'])} stacks, {len(frames)} frames, "
              f"{named} with a line: {took:.2f} s")


if __name__ == "__main__":
    sys.exit(main())
