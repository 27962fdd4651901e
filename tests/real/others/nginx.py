"""nginx as a daemon's master with two workers and many listeners: requests to each, reloads, a worker that dies, an upgrade of workers.

SPDX-License-Identifier: Apache-2.0
"""

import os
import re
import signal
import socket

from others import Suite, children, fetch, free_ports, package_version, until

PORTS, LOCALS = 100, 20

CONF = """
daemon off;
worker_processes 2;
{user}
pid {prefix}/nginx.pid;
error_log {prefix}/error.log notice;
worker_shutdown_timeout 5s;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {prefix}/body; proxy_temp_path {prefix}/proxy; fastcgi_temp_path {prefix}/fastcgi;
    uwsgi_temp_path {prefix}/uwsgi; scgi_temp_path {prefix}/scgi;
    server {{
        {listeners}
        location / {{ return 200 "{word}\\n"; }}
        location /proxied {{ proxy_pass http://127.0.0.1:{first}/; }}
        location /refused {{ proxy_pass http://127.0.0.1:1/; }}
    }}
}}
"""


def run(side, test=None):
    prefix = side.new_folder("nginx")
    prefix.chmod(0o777)  # sockets for the workers
    ports = free_ports(PORTS)
    locals_ = [str(prefix / f"s{n}") for n in range(LOCALS)]

    def configure(word):
        listeners = [f"listen 127.0.0.1:{port}{' reuseport' if n % 4 == 0 else ''};" for n, port in enumerate(ports)]
        listeners += [f"listen [::1]:{port};" for port in ports[:10]] + [f"listen unix:{path};" for path in locals_]
        (prefix / "nginx.conf").write_text(CONF.format(prefix=prefix, word=word, first=ports[0], listeners="\n        ".join(listeners),
                                                       user="user www-data;" if os.getuid() == 0 else ""), encoding="utf-8")

    def master():
        return int((prefix / "nginx.pid").read_text(encoding="ascii"))

    def answers(word):
        """How many of all listeners answer 200 with that word."""
        every = [(socket.AF_INET, ("127.0.0.1", port)) for port in ports] + [(socket.AF_INET6, ("::1", port)) for port in ports[:10]]
        every += [(socket.AF_UNIX, path) for path in locals_]
        got = [fetch(family, address) for family, address in every]
        return f"ok: {sum(status == 200 and body == word + chr(10) for status, body in got)} of {len(every)}"

    outcomes = {}
    configure("first")
    with side.start(["nginx", "-p", prefix, "-e", prefix / "error.log", "-c", prefix / "nginx.conf"]) as process:
        until(lambda: (prefix / "nginx.pid").exists() and (prefix / "nginx.pid").read_text() and len(children(master())) == 2, "nginx")
        outcomes["every listener answers"] = answers("first")
        outcomes["a proxied request"] = f"ok: {fetch(socket.AF_INET, ('127.0.0.1', ports[1]), '/proxied')}"
        outcomes["a refused upstream"] = f"ok: {fetch(socket.AF_INET, ('127.0.0.1', ports[1]), '/refused')[0]}"
        for turn in range(3):
            old = set(children(master()))
            configure(f"turn{turn}")
            os.kill(master(), signal.SIGHUP)
            until(lambda: len(children(master())) == 2 and not old & set(children(master())), "new workers")
            outcomes[f"every listener answers after reload {turn}"] = answers(f"turn{turn}")
        victim = children(master())[0]
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(children(master())) == 2 and victim not in children(master()), "another worker")
        outcomes["every listener answers after a worker was killed"] = answers("turn2")
        os.kill(master(), signal.SIGQUIT)
    outcomes["(exit status)"] = f"ok: {process.ended.status}"
    outcomes["(output)"] = f"ok: {process.ended.stdout!r}"
    log = (prefix / "error.log").read_text(encoding="utf-8")
    serious = sorted({re.sub(r"\d+", "N", line.split("] ", 1)[1]).strip() for line in log.splitlines()
                      if re.search(r"\[(warn|error|crit|alert|emerg)\]", line)})
    outcomes["(error log)"] = f"ok: {[re.sub(str(prefix), '', line) for line in serious]}"
    return outcomes


SUITES = [Suite("nginx", run, package_version("nginx"), ["nginx-light nginx"], alone=False)]
