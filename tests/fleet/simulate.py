"""A simulated fleet, made inside of ClickHouse from the traces of two real programs: one that is right, and one in a hundred that leaks.

    simulate.py SOCKSAN URL HOSTS [PROCESSES]      the database has its tables (socksan fleet init); PROCESSES of each host, 1000 without it

Then it measures `socksan fleet report`: seconds, and the largest memory of socksan. It is no test: run it by hand.
SPDX-License-Identifier: Apache-2.0
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

PROGRAM = """
import socket
kept = []
listener = socket.create_server(("127.0.0.1", 0))
for i in range(14):
    client = socket.create_connection(listener.getsockname())
    server, _ = listener.accept()
    client.sendall(b"x"); server.recv(1); client.close(); server.recv(1)
    if LEAKS and i % 4 == 0:
        kept.append(server.detach())
    else:
        server.close()
listener.close()
"""

LEAKY = 100  # one process in so many leaks


AT_ONCE = 10  # hosts in a statement


def ask(url, sql, **settings):
    address, _, database = url.rpartition("/")
    words = urllib.parse.urlencode({"database": database, **settings})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(f"{address}/?{words}", data=sql.encode()), timeout=3600) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        sys.exit(error.read().decode())


def seed(socksan, url, folder):
    for name, leaks in (("right", False), ("leaky", True)):
        program = os.path.join(folder, name + ".py")
        with open(program, "w", encoding="utf-8") as file:
            file.write(f"LEAKS = {leaks}\n{PROGRAM}")
        subprocess.run([socksan, "run", f"--trace-dir={folder}/{name}", "-f", "json", "--", "/usr/bin/python3", program],
                       stderr=subprocess.DEVNULL, check=False)
        subprocess.run([socksan, "ship", "--to=" + url, f"--label=service=seed-{name}", f"--spool={folder}/spool", f"{folder}/{name}"], check=True)


def multiply(url, hosts, processes):
    """Each process has a pid of its own, each host a name and a boot. A line is cut once, around its pid and, in that of a process, around boot and
    host; the rows come in the order of the table, so that nothing has to be sorted."""
    columns = [line.split("\t")[0] for line in ask(url, "DESCRIBE TABLE events_local").splitlines()]
    pid = f"100000 + p % {processes}"
    changed = {
        "service": "'shop'",
        "host": "concat('host-', h)",
        "boot": "concat('boot-', h)",
        "process": "toString(toUInt64(1000000000000000) + p)",
        "pid": f"toUInt32({pid})",
        "line": f"concat(before, toString({pid}), part, if(is_process, concat('boot-', h, middle, 'host-', h, rest), ''))",
    }
    kept = [name for name in columns if name not in changed]
    values = ", ".join(f"{changed[name]} AS new_{name}" if name in changed else name for name in columns)
    parts = ("substring(line, 1, position(line, '\"pid\":') + 5) AS before, "
             "substring(line, position(line, '\"pid\":') + 6 + length(toString(pid))) AS behind, ev = 'process' AS is_process, "
             "if(is_process, extract(behind, '^(.*\"boot\":\")'), behind) AS part, "
             "extract(behind, '\"boot\":\"[^\"]*(\".*\"host\":\")') AS middle, extract(behind, '\"host\":\"[^\"]*(\".*)$') AS rest")
    for host in range(0, hosts, AT_ONCE):
        count = min(AT_ONCE, hosts - host) * processes
        for service, which in (("seed-right", f"p % {LEAKY} != 0"), ("seed-leaky", f"p % {LEAKY} = 0")):
            ask(url, f"INSERT INTO events_local ({', '.join(columns)}) SELECT {values} FROM "
                     f"(SELECT number + {host * processes} AS p, toString(intDiv(p, {processes})) AS h FROM system.numbers LIMIT {count}) "
                     f"CROSS JOIN (SELECT {', '.join(kept)}, {parts} FROM events_local WHERE service = '{service}' "
                     f"ORDER BY sock, t, file, offset) WHERE {which}", max_block_size=1000, min_insert_block_size_rows=400000)


def main(socksan, url, hosts, processes="1000"):
    with tempfile.TemporaryDirectory() as folder:
        seed(socksan, url, folder)
        begin = time.monotonic()
        multiply(url, int(hosts), int(processes))
        print(f"made in {time.monotonic() - begin:.0f} s: {ask(url, 'SELECT count(), uniq(process), uniq(host) FROM events_local').strip()}")
        begin = time.monotonic()
        subprocess.run([socksan, "fleet", "report", "--from=" + url, "--max=1"], check=False)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        print(f"{time.monotonic() - begin:.1f} s, {peak / 1024:.0f} MiB at most")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
