"""PostgreSQL: initdb, pgbench with one connection each and with a new one for each transaction, a crash and the recovery from it.

SPDX-License-Identifier: Apache-2.0
"""

import os
import re
import signal

from others import Suite, children, free_ports, package_version, until

VERSION = 15
BIN = f"/usr/lib/postgresql/{VERSION}/bin"


def run(side, test=None):
    user = "postgres" if os.getuid() == 0 else None
    folder = side.new_folder("pg", user)
    (port,) = free_ports(1)
    outcomes = {}
    connect = ["-h", "127.0.0.1", "-p", port, "-U", "postgres", "postgres"]

    def told(name, command, pattern=r"\A.*\Z"):
        ended = side.run([f"{BIN}/{command[0]}", *command[1:]], user=user)
        steady = re.sub(r"(PID|restrict) \w+", r"\1 *", ended.stdout)
        outcomes[name] = f"ok: status {ended.status}, {re.findall(pattern, steady, re.S)}"

    def psql(name, query):
        told(name, ["psql", "-At", "-c", query, *connect])

    def ready():
        """Asked by no process of the suite."""
        return os.path.exists(f"{folder}/.s.PGSQL.{port}") and "ready" in (folder / "data/postmaster.pid").read_text()

    told("initdb", ["initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-N"], r"Success")
    with side.start([f"{BIN}/postgres", "-D", folder / "data", "-p", port, "-h", "127.0.0.1", "-k", folder, "-c", "fsync=off"],
                    user=user) as process:
        until(lambda: (folder / "data/postmaster.pid").exists() and ready(), "postgres")
        told("pgbench -i", ["pgbench", "-q", "-i", "-s", "2", *connect])
        per = r"number of transactions actually processed: \S+|number of failed transactions: \S+"
        told("pgbench", ["pgbench", "-n", "-c", "4", "-j", "2", "-t", "200", *connect], per)
        told("pgbench -C", ["pgbench", "-n", "-C", "-c", "4", "-j", "2", "-t", "50", *connect], per)
        told("pgbench -M prepared", ["pgbench", "-n", "-S", "-M", "prepared", "-c", "4", "-j", "2", "-t", "500", *connect], per)
        psql("every transaction is there", "select count(*) from pgbench_history")
        psql("an error of its own", "select 1/0")
        psql("a parallel query", "set max_parallel_workers_per_gather=2; set min_parallel_table_scan_size=0; set parallel_setup_cost=0; "
             "select count(*), sum(aid) from pgbench_accounts")
        psql("listen and notify", "listen a; notify a, 'x'; select 1")
        psql("a backend ended by another", "select pg_terminate_backend(pg_backend_pid())")
        told("pg_dump", ["pg_dump", "-t", "pgbench_branches", "-s", *connect])
        main = int((folder / "data/postmaster.pid").read_text().split()[0])
        before = children(main)
        os.kill(max(before), signal.SIGKILL)  # all are ended and the data is recovered
        until(lambda: not set(before) & set(children(main)) and len(children(main)) >= len(before) - 1 and ready(), "recovery")
        until(lambda: side_answers(side, connect, user), "answers after recovery")
        psql("every transaction is there after a crash", "select count(*) from pgbench_history")
        os.kill(main, signal.SIGINT)
    outcomes["(exit status)"] = f"ok: {process.ended.status}"
    return outcomes


def side_answers(side, connect, user):
    return side.run([f"{BIN}/psql", "-At", "-c", "select 1", *connect], user=user).stdout == "1\n"


SUITES = [Suite("postgres", run, package_version(f"postgresql-{VERSION}"), [f"postgresql-{VERSION} {BIN}/postgres"], alone=False)]
