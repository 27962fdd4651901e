"""An HTTP server before another one, that does what networks and overloaded servers do.

    with http_proxy.before(server.http) as proxy:
        proxy.url, proxy.plan.extend([PASS, LOSE]), proxy.seen

Each request takes the next step of `plan`; after the last one, all pass. PASS: forwards it. LOSE: forwards it, and ends the connection without
an answer. CUT: ends it before anything was forwarded. HOLD: does nothing until the other side ends it. A pair (status, text): answers that itself.
A number: forwards it after so many seconds.
SPDX-License-Identifier: Apache-2.0
"""

import contextlib
import http.client
import http.server
import re
import ssl
import threading
import time
import urllib.parse

PASS, LOSE, CUT, HOLD = "pass", "lose", "cut", "hold"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("query", [body.decode("utf-8", "replace")])[0]
        proxy = self.server.proxy
        with proxy.lock:
            step = next((proxy.plan.pop(i) for i, one in enumerate(proxy.plan[:1]) if proxy.counts(query)), PASS)
            proxy.seen.append((query.split("(")[0].strip(), step, len(body)))
        if step == HOLD:
            self.rfile.read(1)
        if step in (CUT, HOLD):
            self.close_connection = True
            return
        if isinstance(step, tuple):
            self.answer(*step)
            return
        if isinstance(step, (int, float)):
            time.sleep(step)
        upstream = http.client.HTTPConnection("127.0.0.1", proxy.upstream, timeout=60)
        try:
            upstream.request("POST", self.path, body, {k: v for k, v in self.headers.items() if k.lower() not in ("host", "expect")})
            reply = upstream.getresponse()
            status, text = reply.status, reply.read()
        except OSError:
            status, text = 502, b"the server behind is away"
        finally:
            upstream.close()
        if step == LOSE:
            self.close_connection = True
        else:
            self.answer(status, text)

    def answer(self, status, text):
        self.send_response(status)
        text = text.encode() if isinstance(text, str) else text
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Proxy:
    def __init__(self, upstream, certificate):
        self.upstream, self.plan, self.seen, self.lock = upstream, [], [], threading.Lock()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.proxy = self
        self.scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.counts = re.compile(r"INSERT INTO \S+\.events").match  # which requests take a step of the plan

    def url(self, database):
        return f"{self.scheme}://127.0.0.1:{self.server.server_address[1]}/{database}"

    def inserts(self):
        return [one for one in self.seen if one[0].startswith("INSERT INTO") and ".events" in one[0]]


@contextlib.contextmanager
def before(upstream, certificate=None):
    proxy = Proxy(upstream, certificate)
    thread = threading.Thread(target=proxy.server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield proxy
    finally:
        proxy.server.shutdown()
        thread.join()
        proxy.server.server_close()
