"""Real servers under load are attached to and detached from again and again: no request fails, and what they do in between is recorded.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

from attach_test_base import AttachTest, CYCLES, select, shim, until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "real"))
from servers import connects, fetch, free_port, needs  # noqa: E402  pylint: disable=wrong-import-position

NGINX = """
daemon off;
{main}
pid {prefix}/nginx.pid;
error_log {prefix}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {prefix}/body;
    proxy_temp_path {prefix}/proxy;
    fastcgi_temp_path {prefix}/fastcgi;
    uwsgi_temp_path {prefix}/uwsgi;
    scgi_temp_path {prefix}/scgi;
    server {{ listen 127.0.0.1:{port}; location / {{ return 200 "hello\\n"; }} }}
}}
"""

PYTHON = """
import http.server, sys
class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello\\n")
    def log_message(self, *rest):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Hello)
server.request_queue_size = 128
server.serve_forever()
"""

NODE = "require('http').createServer((request, answer) => answer.end('hello\\n')).listen(process.argv[1], '127.0.0.1')"

JAVA = """
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

public class Hello {
    public static void main(String[] args) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])), 128);
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 6);
            exchange.getResponseBody().write("hello\\n".getBytes());
            exchange.close();
        });
        server.start();
    }
}
"""


def ping(port):
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(100)


class Load:
    """Requests by two threads, each over a connection of its own, until it ends: how many there were, and what was wrong."""

    def __init__(self, request, answer):
        self.request, self.answer, self.ended, self.count, self.wrong = request, answer, False, 0, []
        self.threads = [threading.Thread(target=self.run) for _ in range(2)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while not self.ended:
            try:
                got = self.request()
                if not got.endswith(self.answer):
                    self.wrong.append(got)
            except OSError as error:
                self.wrong.append(error)
            self.count += 1
            time.sleep(0.002)

    def end(self):
        self.ended = True
        for thread in self.threads:
            thread.join()


class Real(AttachTest):
    def under_load(self, pid, port, request=fetch, answer=b"hello\n", line=None, attach=None):
        """line: of the server's own code, which the stacks of its accepted connections have."""
        attach = attach or self.attach
        load = Load(lambda: request(port), answer)
        self.addCleanup(load.end)
        events = []
        for _ in range(CYCLES):
            folder = attach(pid)
            now = load.count
            until(lambda now=now: load.count > now + 20, "requests")
            self.detach(pid)
            events = self.events(folder, pid)
            self.assertEqual(["attach", "detach"], [events[0].get("how"), events[-1]["ev"]])
            adopted = select(events, op="attach", to="LISTENING")
            self.assertTrue(any(event["local"].endswith(f":{port}") for event in adopted), f"expected the listener to be adopted: {adopted}")
            accepted = [event for event in select(events, ev="fd") if event["op"].startswith("accept") and event.get("ret", -1) >= 0]
            self.assertGreater(len(accepted), 10, "expected the connections of meanwhile")
            result = self.socksan_report(folder)
            errors = [violation for violation in result.report["violations"] if violation["severity"] == "error"]
            self.assertEqual([], errors, f"expected no error in what is whole\n{result.stdout}")
        load.end()
        self.assertEqual([], load.wrong, f"expected each of {load.count} requests to be answered")
        if line:
            known = {event["id"]: event for event in select(events, ev="stack")}
            self.assertIn(line, str(known), f"expected {line} in a stack")

    def served(self, command, port, **popen):
        process = self.start(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **popen)
        until(lambda: connects(port), f"{command[0]} on port {port}")
        return process

    def test_python(self):
        port = free_port()
        script = pathlib.Path(self.tmp, "hello.py")
        script.write_text(PYTHON, encoding="utf-8")
        self.under_load(self.served(["/usr/bin/python3", str(script), str(port)], port).pid, port, line="socketserver.py")

    def nginx(self, main):
        prefix, port = self.folder("nginx"), free_port()
        pathlib.Path(prefix, "nginx.conf").write_text(NGINX.format(main=main, prefix=prefix, port=port), encoding="utf-8")
        return self.served(["nginx", "-p", prefix, "-e", f"{prefix}/error.log", "-c", f"{prefix}/nginx.conf"], port), port

    @needs("nginx")
    def test_nginx(self):
        process, port = self.nginx("master_process off;")
        self.under_load(process.pid, port)

    @needs("nginx")
    def test_nginx_worker(self):
        """Of another user than the one who attaches, and forked before that."""
        process, port = self.nginx("worker_processes 1;")
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        env = self.environment(SOCKSAN_SHIM=self.for_every_user(shim()))
        [worker] = until(lambda: children.read_text(encoding="ascii").split(), "a worker")
        self.assertTrue(fetch(port).endswith(b"hello\n"), "expected an answer of the worker, which has changed its user by then")

        def attach(pid):
            status, out, err = self.say("attach", pid, env=env)
            self.assertEqual((0, ""), (status, err))
            folder = re.search(r"its trace is in (/tmp/socksan-\S+);", out)[1]
            self.addCleanup(shutil.rmtree, folder)
            return folder

        self.under_load(int(worker), port, attach=attach)

    @needs("redis-server")
    def test_redis(self):
        port = free_port()
        process = self.served(["redis-server", "--port", str(port), "--save", "", "--appendonly", "no"], port)
        self.under_load(process.pid, port, request=ping, answer=b"+PONG\r\n")

    @needs("node")
    def test_node(self):
        port = free_port()
        self.under_load(self.served(["node", "-e", NODE, str(port)], port).pid, port)

    @needs("java", "javac")
    def test_java(self):
        port = free_port()
        source = pathlib.Path(self.tmp, "Hello.java")
        source.write_text(JAVA, encoding="utf-8")
        subprocess.run(["javac", str(source)], cwd=self.tmp, check=True)
        self.under_load(self.served(["java", "-cp", self.tmp, "Hello", str(port)], port).pid, port)


if __name__ == "__main__":
    import unittest
    unittest.main()
