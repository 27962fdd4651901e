#!/usr/bin/python3
"""What SockSan costs: loops and servers run bare, under SockSan and under other tools, in turn, and compared by medians.

Prints one table; --json=FILE keeps all that was measured. The exit status says whether the benchmark could be run, never
whether it was fast: 0 yes, 1 something failed, 2 unusable arguments. SOCKSAN_SHIM names the shim to measure.
SPDX-License-Identifier: Apache-2.0
"""

import argparse
import collections
import contextlib
import functools
import glob
import json
import os
import pathlib
import platform
import re
import resource
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time

HERE = pathlib.Path(os.path.abspath(__file__)).parent
TIMEOUT = 120  # seconds until a command is called hung

# depth: of SockSan's stacks, None without SockSan. prefix: the tool that runs the command. share: a slow tool does this
# fraction of the work. rounds: at most so many. options: of the shim, beside its defaults.
Column = collections.namedtuple("Column", "name title depth prefix share rounds options", defaults=[""])
COLUMNS = [
    Column("bare", "bare", None, "", 1, None),
    Column("noise", "bare again", None, "", 1, None),
    Column("nostacks", "no stacks", 0, "", 1, None),
    Column("stacks", "16 frames", 16, "", 1, None),
    Column("kinds", "all kinds", 16, "", 1, None, ":kinds=all"),
    Column("strace", "strace", None, "strace -f -e trace=network,close -o /dev/null", 20, 3),
    Column("valgrind", "Valgrind", None, "valgrind --track-fds=yes --log-file=/dev/null", 20, 3),
]
BARE = COLUMNS[0]


class Skipped(Exception):
    """Something is not there to measure with."""


class Failed(Exception):
    """Something did not do what it should."""


def need(*tools):
    for tool in tools:
        if not shutil.which(tool):
            raise Skipped(f"no {tool}")


class Bench:
    """A temporary folder with the compiled loops, and commands run in it."""

    def __init__(self, folder, shim, quick):
        self.folder, self.shim, self.quick = folder, shim, quick
        self.traces = os.path.join(folder, "traces")
        os.chmod(folder, 0o755)
        os.mkdir(self.traces)
        os.chmod(self.traces, 0o777)  # for servers that drop their rights
        need("gcc")
        self.run(["gcc", "-O2", "-pthread", "-o", "loops", str(HERE / "loops.c")])

    def environment(self, column):
        env = {key: value for key, value in os.environ.items() if key != "LD_PRELOAD" and not key.startswith("SOCKSAN")}
        if column.depth is not None:
            env["LD_PRELOAD"] = self.shim
            env["SOCKSAN_OPTIONS"] = f"log_path={self.traces}/trace:stack_depth={column.depth}{column.options}"
        return env

    @contextlib.contextmanager
    def started(self, command, env):
        """A running command with its output in a file, in a process group of its own that ends with the block."""
        with tempfile.TemporaryFile(dir=self.folder) as output:
            with subprocess.Popen(command, env=env, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                  start_new_session=True) as process:
                # Read without a seek: the command writes at the same offset.
                process.output = lambda: os.pread(output.fileno(), 1 << 20, 0).decode(errors="replace").strip()
                try:
                    yield process
                finally:
                    with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                        if process.poll() is None:
                            os.killpg(process.pid, signal.SIGTERM)
                            process.wait(20)
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)

    def run(self, command, env=None):
        """What a command prints; it must end well."""
        with self.started(command, env or self.environment(BARE)) as process:
            try:
                status = process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                raise Failed(f"{command[0]} did not end within {TIMEOUT} s") from None
            text = process.output()
        if status != 0:
            raise Failed(f"{shlex.join(command)}: status {status}: {text[-500:]}")
        return text

    def figure(self, command, env):
        """The number that a command prints on a line of its own."""
        text = self.run(command, env)
        found = re.search(r"^[\d.]+$", text, re.MULTILINE)
        if not found:
            raise Failed(f"{shlex.join(command)} printed no figure: {text[-500:]}")
        return float(found[0])

    @staticmethod
    def looping(case):
        """The command of a case, before its size."""
        if case in LOOPS:
            need(LOOPS[case].split()[0])
        return [word.format(here=HERE) for word in LOOPS.get(case, f"./loops {case}").split()]

    def loop(self, column, case, *args):
        return self.figure([*column.prefix.split(), *self.looping(case), *map(str, args)], self.environment(column))

    @functools.lru_cache(maxsize=None)
    def need_tool(self, prefix):
        """The tool of a column is there, and may do here what it does: containers often forbid ptrace."""
        tool = prefix.split()[0]
        need(tool)
        try:
            self.run([*prefix.split(), "/bin/true"])
        except Failed:
            raise Skipped(f"no working {tool}") from None

    def clear_traces(self):
        """Remove the trace files; how many there were."""
        paths = glob.glob(self.traces + "/*")
        for path in paths:
            os.unlink(path)
        return len(paths)

    def measure(self, column, row, size):
        """One figure of a row, with a look at whether SockSan was there: a shim that does nothing would be fast."""
        self.clear_traces()
        value = row.measure(self, column, row, size)
        traced = self.clear_traces() > 0
        if column.depth is not None and not column.options and row.traced not in (None, traced):
            raise Failed(f"SockSan wrote {'a' if traced else 'no'} trace")
        return value

    def warmup(self, size):
        return 0 if self.quick else max(1, size // 10)

    # What the rows measure: functions of column, row and size; None where a column has no such figure.

    def time(self, column, row, size):
        return self.loop(column, row.case, size, self.warmup(size))

    def start_up(self, column, row, size):
        """The loop that starts /bin/true runs bare, as it is not what is measured; milliseconds."""
        env = self.environment(column)
        env["BENCH_PRELOAD"] = env.pop("LD_PRELOAD", "")
        command = ["./loops", row.case, str(size), str(self.warmup(size)), *column.prefix.split(), "/bin/true"]
        return self.figure(command, env) / 1e6

    def files_left(self, column, row, size):
        if column.depth is None:
            return None
        self.start_up(column, row, size)
        return self.clear_traces()

    def memory(self, column, row, size):
        return self.loop(column, row.case, size)

    @functools.lru_cache(maxsize=None)
    def instruction_count(self, column, case):
        """Of one iteration: the difference of two runs leaves out all that is done once."""
        need("valgrind")
        totals = []
        for size in (200, 2200):
            valgrind = "valgrind --tool=callgrind --callgrind-out-file=/dev/null".split()
            text = self.run([*valgrind, *self.looping(case), str(size), "0"], self.environment(column))
            totals.append(int(re.search(r"Collected : (\d+)", text)[1]))
        return (totals[1] - totals[0]) / 2000

    def instructions(self, column, row, _):
        return self.instruction_count(column, row.case)

    @functools.lru_cache(maxsize=None)
    def trace(self, column, case):
        """(events per iteration, bytes of lines per event, bytes of file per event)."""
        size = 5000
        self.loop(column, case, size, 0)
        content = b"".join(pathlib.Path(path).read_bytes() for path in glob.glob(self.traces + "/*"))
        events = content.count(b'"ev":"fd"')
        if events == 0:
            raise Failed("nothing was traced")
        lines = sum(len(line) + 1 for line in content.split(b"\n") if line)
        return events / size, lines / events, len(content) / events

    def instructions_per_event(self, column, row, _):
        if column.depth is None:
            return None
        added = self.instruction_count(column, row.case) - self.instruction_count(BARE, row.case)
        return added / self.trace(column, row.case)[0]

    def bytes_of_lines(self, column, row, _):
        return None if column.depth is None else self.trace(column, row.case)[1]

    def bytes_of_file(self, column, row, _):
        return None if column.depth is None else self.trace(column, row.case)[2]

    def rate(self, column, row, size):
        """Requests per second of a server, started for this and stopped again."""
        server = SERVERS[row.case]
        need(*server.tools)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        # nginx takes its settings from this file; the others never look at it.
        pathlib.Path(self.folder, "nginx.conf").write_text(NGINX_CONF % port, encoding="ascii")
        pathlib.Path(self.folder, "index.html").write_text("hello\n" * 100, encoding="ascii")

        def load(amount):
            text = self.run([word.format(size=amount, port=port) for word in shlex.split(server.load)])
            found = re.search(server.pattern, text)
            if not found or "Non-2xx" in text or float(found[1]) <= 0:
                raise Failed(f"{server.load}: {text[-500:]}")
            # The loop says how long a request takes, the others how many there were.
            return 1e9 / float(found[1]) if "loops" in server.load else float(found[1])

        command = [*column.prefix.split(), *(word.format(here=HERE, port=port) for word in shlex.split(server.command))]
        with self.started(command, self.environment(column)) as process:
            wait_until_served(process, port)
            if not self.quick:
                load(self.warmup(size))
            measured = load(size)
            if process.poll() is not None:
                raise Failed(f"{command[0]} ended by itself: {process.output()[-500:]}")
        return measured


def wait_until_served(process, port):
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=10).close()
            return
        time.sleep(0.02)
    raise Failed(f"{shlex.join(process.args)} does not serve: {process.output()[-500:]}")


NGINX_CONF = """daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr;
events { worker_connections 256; }
http {
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server { listen 127.0.0.1:%d; root .; }
}
"""

# How a server is started, loaded, and what the load's output says.
Server = collections.namedtuple("Server", "tools command load pattern")
NGINX = Server(("nginx", "wrk"), "nginx -p . -e stderr -c nginx.conf",
               "wrk -t1 -c16 -d{size}s http://127.0.0.1:{port}/", r"Requests/sec:\s+([\d.]+)")
REDIS = Server(("redis-server", "redis-benchmark"), "redis-server --bind 127.0.0.1 --port {port} --save '' --appendonly no",
               "redis-benchmark -p {port} -c 50 -t get -n {size} --csv", r'"GET","([\d.]+)"')
SERVERS = {
    "nginx-keepalive": NGINX,
    "nginx-close": NGINX._replace(load=NGINX.load + " -H 'Connection: close'"),
    "redis": REDIS,
    "redis-pipeline": REDIS._replace(load=REDIS.load + " -P 16"),
    "python-server": Server((), "/usr/bin/python3 {here}/http_server.py {port}",
                            "./loops http {size} 0 {port}", r"(?m)^([\d.]+)$"),
}

# Loops that are not in loops.c.
LOOPS = {
    "python-socket": "/usr/bin/python3 -S -E {here}/python_sockets.py",
    "node-connect": "node {here}/languages/connect.js",
    "java-connect": "java -Xshare:auto {here}/languages/Connect.java",
    "ruby-socket": "ruby {here}/languages/sockets.rb",
    "perl-socket": "perl {here}/languages/sockets.pl",
    "php-socket": "php {here}/languages/sockets.php",
    "lua-socket": "lua5.4 {here}/languages/sockets.lua",
    "luajit-socket": "luajit {here}/languages/sockets.lua",
}

# compare: how a column is set beside bare ("ratio" of times, what it "added", or its "own" figure). at_most: the target for
# stacks of 16 frames. traced: whether SockSan writes a file at all, which is checked. rounds and size: of a full run.
Row = collections.namedtuple("Row", "case title unit compare at_most traced rounds size measure")
ROWS = [
    Row("socket-close", "socket + close", "ns", "ratio", 1.15, True, 15, 40_000, Bench.time),
    Row("tcp-cycle", "TCP cycle", "ns", "ratio", 1.05, True, 15, 5_000, Bench.time),
    Row("tcp-cycle-2-threads", "TCP cycle, 2 threads", "ns", "ratio", None, True, 15, 8_000, Bench.time),
    Row("table-16-threads", "socket + send + close, 16 threads", "ns", "ratio", None, True, 15, 30_000, Bench.time),
    Row("socketpair", "socketpair, send + recv", "ns", "ratio", 1.02, True, 15, 150_000, Bench.time),
    Row("file", "file, write + read", "ns", "ratio", 1.02, False, 15, 150_000, Bench.time),
    Row("open-close", "file, open + close", "ns", "ratio", 1.05, False, 15, 40_000, Bench.time),
    Row("pipe", "pipe, write + read", "ns", "ratio", 1.02, False, 15, 150_000, Bench.time),
    Row("nginx-keepalive", "nginx, keep-alive", "req/s", "ratio", 1.02, True, 7, 3, Bench.rate),
    Row("nginx-close", "nginx, Connection: close", "req/s", "ratio", 1.05, True, 7, 3, Bench.rate),
    Row("redis", "redis, get", "req/s", "ratio", 1.02, True, 7, 150_000, Bench.rate),
    Row("redis-pipeline", "redis, get, pipelined", "req/s", "ratio", 1.02, True, 7, 1_000_000, Bench.rate),
    Row("python-server", "Python http.server, threads", "req/s", "ratio", None, True, 7, 3_000, Bench.rate),
    Row("python-socket", "Python, socket + close", "ns", "ratio", None, True, 15, 10_000, Bench.time),
    Row("node-connect", "Node.js, connect + close", "ns", "ratio", 1.10, True, 15, 3_000, Bench.time),
    Row("java-connect", "Java, connect + close", "ns", "ratio", 1.10, True, 15, 10_000, Bench.time),
    Row("ruby-socket", "Ruby, socket + close", "ns", "ratio", 1.15, True, 15, 20_000, Bench.time),
    Row("perl-socket", "Perl, socket + close", "ns", "ratio", 1.15, True, 15, 40_000, Bench.time),
    Row("php-socket", "PHP, socketpair + close", "ns", "ratio", 1.15, True, 15, 20_000, Bench.time),
    Row("lua-socket", "Lua, socket + close", "ns", "ratio", 1.15, True, 15, 40_000, Bench.time),
    Row("luajit-socket", "LuaJIT, socket + close", "ns", "ratio", 1.15, True, 15, 40_000, Bench.time),
    Row("start-up", "start-up of /bin/true", "ms", "added", 1, None, 15, 100, Bench.start_up),
    Row("start-up", "start-up, files left behind", "", "own", 0, None, 1, 10, Bench.files_left),
    Row("memory", "resident memory, 1 000 sockets", "KiB", "added", 2048, True, 5, 1000, Bench.memory),
    Row("socket-close", "instructions, socket + close", "", "added", None, True, 1, 0, Bench.instructions),
    Row("tcp-cycle", "instructions, TCP cycle", "", "added", None, True, 1, 0, Bench.instructions),
    Row("socketpair", "instructions, send + recv", "", "added", None, True, 1, 0, Bench.instructions),
    Row("file", "instructions, file, write + read", "", "added", None, False, 1, 0, Bench.instructions),
    Row("open-close", "instructions, file, open + close", "", "added", None, False, 1, 0, Bench.instructions),
    Row("pipe", "instructions, pipe, write + read", "", "added", None, False, 1, 0, Bench.instructions),
    Row("socket-close", "instructions per event, socket + close", "", "own", None, None, 1, 0, Bench.instructions_per_event),
    Row("tcp-cycle", "instructions per event, TCP cycle", "", "own", None, None, 1, 0, Bench.instructions_per_event),
    Row("python-socket", "instructions per event, Python", "", "own", None, None, 1, 0, Bench.instructions_per_event),
    Row("node-connect", "instructions, Node.js, connect + close", "", "added", None, True, 1, 0, Bench.instructions),
    Row("ruby-socket", "instructions, Ruby, socket + close", "", "added", None, True, 1, 0, Bench.instructions),
    Row("perl-socket", "instructions, Perl, socket + close", "", "added", None, True, 1, 0, Bench.instructions),
    Row("php-socket", "instructions, PHP, socketpair + close", "", "added", None, True, 1, 0, Bench.instructions),
    Row("lua-socket", "instructions, Lua, socket + close", "", "added", None, True, 1, 0, Bench.instructions),
    Row("luajit-socket", "instructions, LuaJIT, socket + close", "", "added", None, True, 1, 0, Bench.instructions),
    Row("socket-close", "bytes per event, socket + close", "", "own", 220, None, 1, 0, Bench.bytes_of_lines),
    Row("tcp-cycle", "bytes per event, TCP cycle", "", "own", 220, None, 1, 0, Bench.bytes_of_lines),
    Row("socket-close", "bytes of file per event, socket + close", "", "own", None, None, 1, 0, Bench.bytes_of_file),
    Row("tcp-cycle", "bytes of file per event, TCP cycle", "", "own", None, None, 1, 0, Bench.bytes_of_file),
]
TIMED = (Bench.time, Bench.rate, Bench.start_up)  # with other tools too, but for the virtual machines
CALLGRIND = (Bench.instructions, Bench.instructions_per_event)
CASES = list(dict.fromkeys(row.case for row in ROWS))
LANGUAGES = list(LOOPS)
ALONE = [case for case in LANGUAGES if case != "python-socket"]


def measure_row(bench, row, columns, rounds, progress):
    """{column name: {"runs": [...]}, or {"skipped" or "failed": why}}; the columns take turns, each round another first."""
    size = max(1, row.size // 100) if bench.quick and row.case != "memory" else row.size
    cells = {column.name: {"runs": []} for column in columns}
    rounds = 1 if row.rounds == 1 else rounds or (2 if bench.quick else row.rounds)
    first = 0 if bench.quick or rounds == 1 else -1  # a warm-up that is discarded
    for turn in range(first, rounds):
        for column in columns[turn % len(columns):] + columns[:turn % len(columns)]:
            cell = cells[column.name]
            if "runs" not in cell or column.prefix and not (row.measure in TIMED and row.case not in ALONE and 0 <= turn < column.rounds):
                continue
            progress(f"{row.title}: {column.title}, round {turn + 1} of {rounds}")
            try:
                if column.prefix:
                    bench.need_tool(column.prefix)
                value = bench.measure(column, row, max(1, size // column.share))
            except Skipped as why:
                cells[column.name] = {"skipped": str(why)}
            except Failed as why:
                reason = str(why).replace(bench.folder, "FOLDER").replace(bench.shim, "SHIM").replace(str(HERE), "tests/bench")
                print(f"bench: {row.title}: {column.title}: {reason}", file=sys.stderr)
                cells[column.name] = {"failed": reason}
            else:
                if value is not None and turn >= 0:
                    cell["runs"].append(value)
    return {name: cell for name, cell in cells.items() if cell.get("runs") != []}


def summarise(row, cells):
    """Adds to the cells their medians, quartiles and what they are against bare; what the JSON file says of the row."""
    for cell in cells.values():
        runs = cell.get("runs")
        if runs:
            low, cell["median"], high = statistics.quantiles(runs, method="inclusive") if len(runs) > 1 else runs * 3
            cell["quartiles"] = [low, high]
    bare = cells.get("bare", {}).get("median")
    for name, cell in cells.items():
        if "median" not in cell:
            continue
        if row.compare == "own":
            cell["own"] = cell["median"]
        elif name != "bare" and bare:
            pair = (bare, cell["median"]) if row.unit == "req/s" else (cell["median"], bare)
            cell[row.compare] = pair[0] / pair[1] if row.compare == "ratio" else pair[0] - pair[1]
    result = {"case": row.case, "title": row.title, "unit": row.unit, "compare": row.compare, "columns": cells}
    if row.at_most is not None:
        reached = cells.get("stacks", {}).get(row.compare)
        result["target"] = {"column": "stacks", "at_most": row.at_most,
                            "reached": None if reached is None else reached <= row.at_most}
    return result


def number(value, sign=""):
    digits = 0 if abs(value) >= 100 or value == int(value) else 1 if abs(value) >= 10 else 3
    return f"{value:{sign},.{digits}f}".replace(",", " ")


def cell_text(result, cell):
    if "runs" not in cell:
        return cell.get("skipped") or "failed"
    compared = cell.get(result["compare"])
    if compared is None or result["compare"] == "own":
        text = f"{number(cell['median'])} {result['unit']}".strip()
    else:
        text = number(compared, "+") if result["compare"] == "added" else f"{compared:.{3 if compared < 2 else 1}f}"
    if len(cell["runs"]) > 1 and cell["median"]:
        text += f" ~{(cell['quartiles'][1] - cell['quartiles'][0]) / cell['median']:.0%}"
    return text


def table(results, columns):
    lines = [["", *(column.title for column in columns), "target", ""]]
    for result in results:
        target = result.get("target", {})
        lines.append([result["title"],
                      *(cell_text(result, result["columns"].get(column.name, {"skipped": "-"})) for column in columns),
                      f"{target['at_most']:g}" if target else "",
                      {True: "reached", False: "missed"}.get(target.get("reached"), "")])
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("  ".join(text.rjust(width) if 0 < i < len(widths) - 1 else text.ljust(width)
                               for i, (text, width) in enumerate(zip(line, widths))).rstrip() for line in lines)


LEGEND = """
bare: the figure itself. Others: the ratio of times to bare (for servers, of bare's requests per second to theirs);
with a sign, what came on top of bare. Medians; ~ is the interquartile range of the runs: less than that is noise.
Targets are for 16 frames, as ratio or figure, at most."""


def version(command):
    """The version that a command tells of itself, or None."""
    try:
        said = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=60, check=False).stdout
    except OSError:
        return None
    found = re.search(r"\d+(\.\d+)+", said)
    return found and found[0]


def machine():
    model = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    tools = {tool: version([tool, option]) for tool, option in (
        ("gcc", "--version"), ("nginx", "-v"), ("redis-server", "--version"), ("strace", "--version"),
        ("valgrind", "--version"), ("wrk", "-v"))}
    return {"kernel": platform.release(), "architecture": platform.machine(), "cores": len(os.sched_getaffinity(0)),
            "processor": model and model[1], "glibc": platform.libc_ver()[1], "load": round(os.getloadavg()[0], 1),
            "python": platform.python_version(), "socksan": version([os.environ.get("SOCKSAN", "socksan"), "--version"]),
            **tools}


def count(text):
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 to 1000")
    return int(text)


def output_file(text):
    folder = os.path.dirname(os.path.abspath(text))
    if not text or os.path.isdir(text) or not os.access(text if os.path.exists(text) else folder, os.W_OK):
        raise argparse.ArgumentTypeError(f"'{text}' is not a file that can be written")
    return text


def arguments():
    def names_of(possible):
        def convert(text):
            names = text.split(",")
            for name in names:
                if name not in possible:
                    raise argparse.ArgumentTypeError(f"'{name}' is none of {', '.join(possible)}")
            return names
        return convert

    columns = [column.name for column in COLUMNS]
    parser = argparse.ArgumentParser(prog="bench", description="Measure what SockSan costs.", allow_abbrev=False)
    parser.add_argument("--cases", metavar="LIST", type=names_of(CASES), default=CASES,
                        help="only these, of " + ", ".join(CASES))
    parser.add_argument("--languages", dest="cases", action="store_const", const=LANGUAGES, help="only the loops that are not in C")
    parser.add_argument("--columns", metavar="LIST", type=names_of(columns), default=[n for n in columns if n != "noise"],
                        help="only these and bare, of " + ", ".join(columns))
    parser.add_argument("--noise", action="store_true", help="also bare a second time: its distance from 1 is noise")
    parser.add_argument("--no-tools", action="store_true", help="neither strace nor Valgrind, so no instruction counts")
    parser.add_argument("--rounds", metavar="N", type=count,
                        help="rounds of each case (default 15, servers 7, memory 5; tools at most 3)")
    parser.add_argument("--quick", action="store_true", help="a hundredth of the work: shows that all works, measures nothing")
    parser.add_argument("--json", metavar="FILE", type=output_file, help="write all that was measured to FILE")
    return parser.parse_args()


def main():
    args = arguments()
    shim = os.environ.get("SOCKSAN_SHIM") or str(HERE.resolve().parents[1] / "bazel-bin/shim/libsocksan.so")
    if not os.path.exists(shim):
        sys.exit(f"bench: no shim at {shim}: build it with ./dev bench, or name one in SOCKSAN_SHIM")
    chosen = {"bare", *args.columns, *(["noise"] if args.noise else [])}
    columns = [column for column in COLUMNS if column.name in chosen and not (args.no_tools and column.prefix)]
    rows = [row for row in ROWS if row.case in args.cases and not (args.no_tools and row.measure in CALLGRIND)]
    os.environ["PATH"] = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"  # where nginx is
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4096, hard)), hard))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    def progress(text):
        if sys.stderr.isatty():
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)

    facts, results = machine(), []
    with tempfile.TemporaryDirectory(prefix="socksan-bench.") as folder:
        try:
            bench = Bench(folder, os.path.abspath(shim), args.quick)
            for row in rows:
                cells = measure_row(bench, row, columns, args.rounds, progress)
                if cells:
                    results.append(summarise(row, cells))
        except (Skipped, Failed) as why:
            sys.exit(f"bench: {why}")
        except KeyboardInterrupt:
            sys.exit(130)
        finally:
            progress("")
    print(table(results, columns))
    print(LEGEND)
    if args.quick:
        print("A quick run: these figures only show that the benchmark works.")
    print(textwrap.fill(", ".join(f"{key} {value}" for key, value in facts.items() if value is not None), 120))
    if args.json:
        report = {"schema": "socksan-bench/1", "machine": facts, "quick": args.quick, "results": results}
        pathlib.Path(args.json).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return any("failed" in cell for result in results for cell in result["columns"].values())


if __name__ == "__main__":
    sys.exit(main())
