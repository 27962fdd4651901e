#!/usr/bin/python3
"""Whether SockSan stays as it began: nginx and redis for a long time, bare and under `socksan run` in turn, with reloads, killed workers
and BGSAVE forks in between.

Each round loads every server once. What has to hold is checked, and is the exit status: the shim's memory is flat, each trace within
max_bytes, and the report at the end counts every connection that the servers counted. Throughput is printed, round by third of the
time, against bare; it is never judged. SOCKSAN and SOCKSAN_SHIM name what to run.
SPDX-License-Identifier: Apache-2.0
"""

import argparse
import collections
import json
import os
import pathlib
import re
import shlex
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import bench

MAX_BYTES = 1 << 30  # as it is by default, but said: each trace is held to it
FLAT = 512  # KiB that the shim may grow between the first third of the time and the last: tables that fill up
WINDOWS = 2 * 2048 + 64  # KiB of its trace that are ever resident, see shim/trace/file.c; and the block of the process line, for `writing`

NGINX_CONF = bench.NGINX_CONF.replace("root .; }", "root .; location = /status { stub_status; } }")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def children(pid):
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


Memory = collections.namedtuple("Memory", "total shim trace")
Memory.__doc__ = "KiB resident of a process: in all, in the shim's object with what follows it, in the trace."


def memory(pid):
    total = shim = trace = 0
    path = before = ""
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8", errors="replace").splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            fields = line.split(maxsplit=5)
            before, path = path, fields[5] if len(fields) > 5 else ""
        elif line.startswith("Rss:"):
            resident = int(line.split()[1])
            total += resident
            trace += resident if path.endswith(".jsonl") else 0
            # The object's .bss is the nameless mapping right behind it.
            shim += resident if "libsocksan.so" in path or (not path and "libsocksan.so" in before) else 0
    return Memory(total, shim, trace)


class Server:
    """One server, bare or under `socksan run`. A subclass knows how to load it and what to do to it between rounds."""

    loads = ()

    def __init__(self, bench_, shimmed):
        self.bench, self.shimmed, self.port = bench_, shimmed, free_port()
        self.title = f"{self.name} {'SockSan' if shimmed else 'bare'}"
        self.folder = tempfile.mkdtemp(prefix=self.name, dir=bench_.folder)
        self.traces = os.path.join(self.folder, "traces")
        os.mkdir(self.traces)
        for folder, mode in ((self.folder, 0o755), (self.traces, 0o777)):  # for servers that drop their rights
            os.chmod(folder, mode)
        self.report = os.path.join(self.folder, "report.json")
        self.rates = collections.defaultdict(list)
        self.samples = collections.defaultdict(list)  # process: [Memory]
        self.prepare()

    def start(self, stack):
        command = self.command()
        if self.shimmed:
            command = [os.environ["SOCKSAN"], "run", "--fail-on=never", f"--trace-dir={self.traces}", f"--output=json={self.report}",
                       f"--option=max_bytes={MAX_BYTES}", "--", *command]
        self.process = stack.enter_context(self.bench.started(command, self.bench.environment(bench.BARE)))
        bench.wait_until_served(self.process, self.port)
        self.pid = self.find_pid()

    def load(self, name, command, pattern, size):
        text = self.bench.run([word.format(size=size, port=self.port) for word in shlex.split(command)])
        figures = [float(found) for found in re.findall(pattern, text)]
        if not figures or "Non-2xx" in text or min(figures) <= 0:
            raise bench.Failed(f"{self.title}: {command}: {text[-500:]}")
        self.rates[name].append(statistics.mean(figures))

    def sample(self):
        for pid, kind in self.processes():
            try:
                self.samples[kind].append(memory(pid))
            except OSError:  # a worker that a reload has just ended
                pass

    def end(self):
        counted = self.connections()
        self.stop()
        if self.process.wait(600) != 0:
            raise bench.Failed(f"{self.title}: status {self.process.returncode}: {self.process.output()[-500:]}")
        return counted


class Nginx(Server):
    name = "nginx"
    loads = (("keep-alive", "wrk -t1 -c16 -d{size}s http://127.0.0.1:{port}/", r"Requests/sec:\s+([\d.]+)", 3),
             ("close", "wrk -t1 -c16 -d{size}s -H 'Connection: close' http://127.0.0.1:{port}/", r"Requests/sec:\s+([\d.]+)", 1))

    def prepare(self):
        pathlib.Path(self.folder, "nginx.conf").write_text(NGINX_CONF % self.port, encoding="ascii")
        pathlib.Path(self.folder, "index.html").write_text("hello\n" * 100, encoding="ascii")

    def command(self):
        return ["nginx", "-p", self.folder, "-e", "stderr", "-c", "nginx.conf"]

    def find_pid(self):
        return int(pathlib.Path(self.folder, "nginx.pid").read_text(encoding="ascii"))

    def processes(self):
        return [(self.pid, "master"), *((child, "worker") for child in children(self.pid))]

    def disturb(self, turn):
        """A reload, or a worker that dies: either way another serves from now on."""
        before = children(self.pid)
        if turn % 2:
            os.kill(self.pid, signal.SIGHUP)
        else:
            for worker in before:
                os.kill(worker, signal.SIGTERM)
        deadline = time.monotonic() + 60
        while set(children(self.pid)) & set(before) or not children(self.pid):
            if time.monotonic() > deadline:
                raise bench.Failed(f"{self.title}: no new worker after {'a reload' if turn % 2 else 'SIGTERM'}")
            time.sleep(0.05)
        bench.wait_until_served(self.process, self.port)

    def connections(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/status", timeout=60) as answer:
            return int(re.search(r"handled requests\s+(\d+)", answer.read().decode())[1])

    def stop(self):
        os.kill(self.pid, signal.SIGQUIT)


class Redis(Server):
    name = "redis"
    loads = (("set, get", "redis-benchmark -p {port} -c 50 -t set,get -n {size} --csv", r'"(?:SET|GET)","([\d.]+)"', 60000),)

    def prepare(self):
        pass

    def command(self):
        return ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", self.folder, "--save", "", "--appendonly", "no"]

    def ask(self, *words):
        return self.bench.run(["redis-cli", "-p", str(self.port), *words])

    def info(self, key):
        return int(re.search(rf"(?m)^{key}:(\d+)", self.ask("info"))[1])

    def find_pid(self):
        return self.info("process_id")

    def processes(self):
        return [(self.pid, "server")]

    def disturb(self, turn):
        """A fork that writes the data, and is waited for."""
        saved = self.info("rdb_saves") if turn else 0
        self.ask("bgsave")
        deadline = time.monotonic() + 60
        while self.info("rdb_bgsave_in_progress") or self.info("rdb_saves") == saved > 0:
            if time.monotonic() > deadline:
                raise bench.Failed(f"{self.title}: BGSAVE does not end")
            time.sleep(0.05)

    def connections(self):
        return self.info("total_connections_received") + 1  # and the one of stop()

    def stop(self):
        subprocess.run(["redis-cli", "-p", str(self.port), "shutdown", "nosave"], stdout=subprocess.DEVNULL, check=True)


def trace_sizes(folder):
    """The bytes of each trace, with all its segments: {first file: bytes}."""
    sizes = collections.Counter()
    for path in pathlib.Path(folder).glob("*.jsonl"):
        try:
            sizes[re.sub(r"\.s[0-9.]+jsonl$", ".jsonl", path.name)] += path.stat().st_size
        except FileNotFoundError:  # a segment that has just gone
            pass
    return sizes


def accepted(folder):
    """How many lines of the traces tell of a connection accepted."""
    count = 0
    for path in pathlib.Path(folder).glob("*.jsonl"):
        with open(path, "rb") as lines:
            count += sum(b'"op":"accept' in line and b'"sock"' in line and b'"errno"' not in line for line in lines)
    return count


def check_report(server, counted):
    """What does not hold of a server's traces and report, in words; the report's own words go to standard output."""
    report, wrong = json.loads(pathlib.Path(server.report).read_text(encoding="utf-8")), []
    totals, traces = report["totals"], sorted(pathlib.Path(server.traces).glob("*.jsonl"))
    largest = max(trace_sizes(server.traces).values())
    summed_up = any("summed_up" in process for process in report["processes"])
    print(f"{server.title}: {totals['sockets']} sockets and {totals['events']} events in {totals['processes']} processes; "
          f"{len(traces)} traces, the largest of {largest >> 10} KiB; violations: {totals['by_code'] or 'none'}")
    if largest > MAX_BYTES:
        wrong.append(f"a trace of {largest} bytes, past max_bytes={MAX_BYTES}")
    if totals["torn"]:
        wrong.append(f"{totals['torn']} torn lines")
    seen = accepted(server.traces)
    if not totals["dropped"] and not summed_up and seen != counted:
        wrong.append(f"{seen} connections in the traces, and {counted} by the server's own count")
    if totals["sockets"] < seen:
        wrong.append(f"{totals['sockets']} sockets in the report of {seen} connections")
    return wrong


def thirds(values):
    third = max(1, len(values) // 3)
    return values[:third], values[-third:]


def check_memory(server, bare):
    wrong = []
    for kind, samples in server.samples.items():
        shim, rest, plain = ([statistics.median(part) for part in thirds(values)] for values in (
            [sample.shim for sample in samples], [sample.total - sample.trace for sample in samples],
            [sample.total for sample in bare.samples[kind]]))
        trace = max(sample.trace for sample in samples)
        print(f"{server.name}, {kind}: the shim {shim[0]:.0f} KiB in the first third, {shim[1]:.0f} in the last; at most {trace} of its "
              f"trace; all but the trace {rest[0]:.0f} to {rest[1]:.0f}, bare {plain[0]:.0f} to {plain[1]:.0f}")
        grown = (rest[1] - rest[0]) - (plain[1] - plain[0])
        for what, size, most in (("the shim grew by", shim[1] - shim[0], FLAT), ("its trace took", trace, WINDOWS),
                                 ("it grew more than bare by", grown, 2 * FLAT)):
            if size > most:
                wrong.append(f"{kind}: {what} {size:.0f} KiB, expected {most} at most")
    return wrong


def show_rates(server, bare):
    for load, rates in server.rates.items():
        ratios = [plain / rate for plain, rate in zip(bare.rates[load], rates)]
        first, last = thirds(ratios)
        print(f"{server.name}, {load}: bare {statistics.median(bare.rates[load]):.0f} requests/s; time against bare "
              f"{statistics.median(ratios):.3f} in all, {statistics.median(first):.3f} in the first third, {statistics.median(last):.3f} in the last")


def rounds(servers, minutes, progress):
    end, turn = time.monotonic() + 60 * minutes, 0
    while turn < 3 or time.monotonic() < end:
        for pair in servers:
            for load in pair[0].loads:
                for server in pair[::-1 if turn % 2 else 1]:
                    progress(f"round {turn + 1}: {server.title}")
                    server.load(*load)
            for server in pair:
                server.sample()
                server.disturb(turn)
        turn += 1
    return turn


LONG_ROOM, LONG_LEAKS = 64 << 20, 300


def long(connections, folder, progress):
    """As many connections as a server has in months, LONG_LEAKS of them never closed: what does not hold, in words."""
    program, traces, report = (os.path.join(folder, name) for name in ("bounded", "traces", "report.json"))
    source = pathlib.Path(__file__).resolve().parent.parent / "programs" / "bounded.c"
    subprocess.run(["gcc", "-std=gnu11", "-g", "-O1", "-pthread", str(source), "-o", program], check=True)
    began, most, samples = time.monotonic(), 0, []
    with subprocess.Popen([os.environ["SOCKSAN"], "run", f"--trace-dir={traces}", f"--output=json={report}", f"--option=max_bytes={LONG_ROOM}",
                           "--", program, str(connections), str(connections // LONG_LEAKS)], stderr=subprocess.DEVNULL) as run:
        while run.poll() is None:
            time.sleep(0.2)
            most = max(most, sum(trace_sizes(traces).values()))
            for child in children(run.pid):
                try:
                    samples.append(memory(child))
                except OSError:  # it has just ended
                    pass
            progress(f"{time.monotonic() - began:.0f} s, {most >> 10} KiB of trace")
    found = json.loads(pathlib.Path(report).read_text(encoding="utf-8"))
    totals, wrong = found["totals"], []
    kept = [max(sample.total - sample.trace for sample in part) for part in thirds(samples[len(samples) // 10:] or samples)]
    print(f"{connections} connections in {time.monotonic() - began:.0f} s; at most {most >> 10} KiB of trace; resident but for the trace "
          f"{kept[0]} KiB in the first third, {kept[1]} in the last; {totals['sockets']} sockets; violations: {totals['by_code'] or 'none'}")
    for what, is_so in ((f"the trace took {most} bytes, past max_bytes={LONG_ROOM}", most > LONG_ROOM),
                        (f"memory grew by {kept[1] - kept[0]} KiB", kept[1] - kept[0] > 2 * FLAT),
                        (f"exit status {run.returncode}, expected 23", run.returncode != 23),
                        (f"{totals['by_code']}, expected {LONG_LEAKS} never-closed of one place",
                         totals["by_code"] != {"never-closed": LONG_LEAKS} or len(found["violations"]) != 1),
                        (f"{totals['sockets']} sockets, expected {2 * connections}", totals["sockets"] != 2 * connections),
                        (f"{totals['dropped']} events dropped", totals["dropped"])):
        if is_so:
            wrong.append(what)
    return wrong


def main():
    parser = argparse.ArgumentParser(prog="soak", description="Whether SockSan stays as it began, over a long time.", allow_abbrev=False)
    parser.add_argument("--minutes", metavar="N", type=float, default=30, help="how long (default 30)")
    parser.add_argument("--long", metavar="CONNECTIONS", nargs="?", type=int, const=100_000_000,
                        help="instead: so many connections (default 100000000) of one process, as fast as they go, in a trace of 64 MiB")
    args = parser.parse_args()
    os.environ["PATH"] = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"  # where nginx is
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    def progress(text):
        if sys.stderr.isatty():
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)

    if args.long:
        with tempfile.TemporaryDirectory(prefix="socksan-soak.") as folder:
            wrong = long(args.long, folder, progress)
        progress("")
        for what in wrong:
            print(f"soak: {what}", file=sys.stderr)
        return bool(wrong)
    with tempfile.TemporaryDirectory(prefix="socksan-soak.") as folder, bench.contextlib.ExitStack() as stack:
        try:
            bench.need("nginx", "wrk", "redis-server", "redis-cli", "redis-benchmark")
            measured = bench.Bench(folder, os.path.abspath(os.environ["SOCKSAN_SHIM"]), False)
            servers = [(kind(measured, False), kind(measured, True)) for kind in (Nginx, Redis)]
            for pair in servers:
                for server in pair:
                    server.start(stack)
            turns = rounds(servers, args.minutes, progress)
            progress("")
            wrong = []
            print(f"{turns} rounds in {args.minutes:g} minutes")
            for bare, server in servers:
                bare.end()
                counted = server.end()
                show_rates(server, bare)
                wrong += [f"{server.title}: {what}" for what in check_memory(server, bare) + check_report(server, counted)]
        except (bench.Skipped, bench.Failed) as why:
            sys.exit(f"soak: {why}")
        except KeyboardInterrupt:
            sys.exit(130)
    for what in wrong:
        print(f"soak: {what}", file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
