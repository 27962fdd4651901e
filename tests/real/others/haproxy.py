"""haproxy before two backends, with a master and threads: balance, health, a backend that goes and comes, a reload that loses nothing.

SPDX-License-Identifier: Apache-2.0
"""

import collections
import concurrent.futures
import contextlib
import http.server
import os
import re
import signal
import socket
import threading
import time

from others import Suite, children, connects, fetch, free_ports, package_version, until

CONF = """
global
    nbthread 2
    stats socket {folder}/admin level admin expose-fd listeners
    log stderr local0 notice
defaults
    mode http
    timeout connect 5s
    timeout client 10s
    timeout server 10s
    retries 3
    option redispatch
frontend in
    bind 127.0.0.1:{port}
    bind unix@{folder}/front
    default_backend out
frontend raw
    mode tcp
    bind 127.0.0.1:{raw}
    default_backend rawout
backend out
    balance roundrobin
    server one 127.0.0.1:{one} check inter 200ms fall 2 rise 1
    server two 127.0.0.1:{two} check inter 200ms fall 2 rise 1
backend rawout
    mode tcp
    server one 127.0.0.1:{one}
"""
REQUESTS = 400


@contextlib.contextmanager
def backend(name, port):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            body = f"{name}\n".encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def handle(self):
            with contextlib.suppress(ConnectionError):
                super().handle()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run(side, test=None):
    folder = side.new_folder("haproxy")
    port, raw, one, two = free_ports(4)
    (folder / "conf").write_text(CONF.format(folder=folder, port=port, raw=raw, one=one, two=two), encoding="utf-8")
    outcomes = {}

    def ask(command):
        with socket.socket(socket.AF_UNIX) as admin:
            admin.connect(f"{folder}/admin")
            admin.sendall(f"{command}\n".encode())
            return b"".join(iter(lambda: admin.recv(65536), b"")).decode()

    def state(name):
        match = re.search(rf"^out,{name},(?:[^,]*,){{15}}([A-Z]+)", ask("show stat"), re.M)
        return match and match[1]

    def answers(count=REQUESTS, address=None):
        address = address or ("127.0.0.1", port)
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            got = collections.Counter(pool.map(lambda _: fetch(family, address), range(count)))
        return f"ok: {sorted(got.items())}"

    with contextlib.ExitStack() as second:
        with backend("one", one), side.start(["haproxy", "-W", "-f", folder / "conf"]) as process:
            second.enter_context(backend("two", two))
            until(lambda: connects(port) and state("one") == "UP" and state("two") == "UP", "haproxy")
            outcomes["both backends"] = answers()
            outcomes["by the Unix socket"] = answers(100, f"{folder}/front")
            outcomes["bytes passed on"] = answers(100, ("127.0.0.1", raw))
            second.close()
            until(lambda: state("two") == "DOWN", "backend two is down")
            outcomes["one backend"] = answers()
            second.enter_context(backend("two", two))
            until(lambda: state("two") == "UP", "backend two is up")
            outcomes["both backends again"] = answers()
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                busy = pool.submit(answers, 4 * REQUESTS)
                for _ in range(3):
                    time.sleep(0.2)
                    os.kill(master(process, side), signal.SIGUSR2)
                got = re.findall(r"\((\d+), '(\w+)", busy.result())
            outcomes["reloads while it is busy"] = f"ok: {sorted(set(got))}"
            until(lambda: connects(port), "haproxy after its reloads")
            os.kill(master(process, side), signal.SIGTERM)
        outcomes["(exit status)"] = f"ok: {process.ended.status}"
    return outcomes


def master(process, side):
    """haproxy's first process: what was started, or what SockSan started."""
    return min(children(process.pid)) if side.shim else process.pid


SUITES = [Suite("haproxy", run, package_version("haproxy"), ["haproxy haproxy"], alone=False)]
