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
for i in range(12):
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


def ask(url, sql):
    address, _, database = url.rpartition("/")
    words = urllib.parse.urlencode({"database": database})
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
    """A host's processes in one statement. Each has a pid, a boot and a host of its own."""
    columns = [line.split("\t")[0] for line in ask(url, "DESCRIBE TABLE events_local").splitlines()]
    changed = {
        "service": "'shop'",
        "host": "'host-{h}'",
        "boot": "'boot-{h}'",
        "process": "lower(hex(sipHash64(process, {h}, p)))",
        "pid": "toUInt32(100000 + p)",
        # Each line has its pid once. 18.16 replaces by constants alone.
        "line": "replaceRegexpOne(replaceRegexpOne(concat(substring(line, 1, position(line, '\"pid\":') + 5), toString(100000 + p), "
                "substring(line, position(line, '\"pid\":') + 6 + length(toString(pid)))), "
                "'\"host\":\"[^\"]*\"', '\"host\":\"host-{h}\"'), '\"boot\":\"[^\"]*\"', '\"boot\":\"boot-{h}\"')",
    }
    for host in range(hosts):
        values = ", ".join(f"{changed[name].format(h=host)} AS new_{name}" if name in changed else name for name in columns)
        for service, which in (("seed-right", f"p % {LEAKY} != 0"), ("seed-leaky", f"p % {LEAKY} = 0")):
            ask(url, f"INSERT INTO events_local SELECT {values} FROM (SELECT * FROM events_local WHERE service = '{service}') "
                     f"ARRAY JOIN range({processes}) AS p WHERE {which}")


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
