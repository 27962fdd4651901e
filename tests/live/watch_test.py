"""`socksan watch`: what grows while processes run, and a command when a place seems to leak.

SPDX-License-Identifier: Apache-2.0
"""

import json
import os
import pathlib
import re
import signal
import socket
import threading
import time
import unittest

from live_test_base import LiveTest, check, shim, socksan

WINDOW = "200ms"


class Busy:
    """A server that does these things again and again, until the end of the test."""

    def __init__(self, test, server, *words, pause=0.02):
        self.server, self.words, self.pause, self.over = server, words, pause, threading.Event()
        self.thread = threading.Thread(target=self.work)
        self.thread.start()
        test.addCleanup(self.stop)

    def work(self):
        while not self.over.wait(self.pause):
            for word in self.words:
                self.server.tell(word)

    def stop(self):
        self.over.set()
        self.thread.join()


class WatchTest(LiveTest):
    def watch(self, what, *options, **popen):
        return self.start([socksan(), "watch", f"--every={WINDOW}", *options, str(what)], **popen)

    def line_with(self, process, word):
        """The next line of a running watch that has the word, and those before it."""
        before = []
        for line in process.stdout:
            before.append(line)
            if word in line:
                return line, before
        self.fail(f"expected a line with {word!r}: {''.join(before)}{process.stderr.read()}")


class Lines(WatchTest):
    def test_what_grew(self):
        server = self.server()
        process = self.watch(server.pid)
        first, _ = self.line_with(process, "open")
        self.assertRegex(first, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d 1 open\n$")
        self.line_with(process, "1 open, nothing grew")
        server.tell("leak", 3)
        line, _ = self.line_with(process, "in leak")
        self.assertRegex(line, r"^\S+ \S+ \+3 -> 3 \S*live_server\.py:\d+ in leak, accept4\n$")
        server.tell("shut", 1)
        line, _ = self.line_with(process, "3 open")
        self.assertIn("3 open, nothing grew", line)
        server.process.stdin.close()
        self.line_with(process, "the processes have ended")
        self.assertEqual((0, ""), (process.wait(), process.stderr.read()), "expected it to end with the process")

    def test_so_many_windows(self):
        server = self.server()
        status, out, err = self.finish(self.watch(server.folder, "-n", "3"))
        self.assertEqual((0, ""), (status, err))
        self.assertEqual(["1 open"] + 3 * ["1 open, nothing grew"], [line[20:] for line in out.splitlines()], "expected a look before the first window")

    def test_signals_end_it(self):
        server = self.server()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process = self.watch(server.pid)
            self.line_with(process, "nothing grew")
            process.send_signal(number)
            self.assertEqual((0, ""), (process.wait(), process.stderr.read()), f"after {number!r}")

    def test_a_reader_who_leaves(self):
        server = self.server()
        process = self.watch(server.pid)
        self.line_with(process, "open")
        process.stdout.close()
        self.assertNotEqual(0, process.wait(timeout=60), "expected it to end")

    def test_two_at_once(self):
        server = self.server()
        both = [self.watch(server.pid), self.watch(server.folder)]
        for process in both:
            self.line_with(process, "nothing grew")
        server.tell("leak", 2)
        for process in both:
            self.line_with(process, "+2 -> 2")

    def test_a_folder_that_shrinks(self):
        server = self.server()
        server.tell("fork", 2)
        process = self.watch(server.folder)
        self.line_with(process, "nothing grew")
        for path in pathlib.Path(server.folder).glob("*.jsonl"):
            if str(server.pid) not in path.name:
                path.unlink()
        server.tell("leak", 1)
        self.line_with(process, "in leak")
        for path in pathlib.Path(server.folder).iterdir():
            path.unlink()
        os.rmdir(server.folder)
        self.line_with(process, "nothing grew")
        process.send_signal(signal.SIGINT)
        self.assertEqual((0, ""), (process.wait(), process.stderr.read()))

    def test_words(self):
        server = self.server()
        server.process.kill()
        server.process.wait()
        self.assert_refused("watch", server.pid, says="there is no process")
        self.assert_refused("watch", server.folder, says="none of its processes can be seen running from here; use `socksan report` for those that have ended")
        self.assert_refused("watch", f"{self.tmp}/nowhere", says="No such file")
        self.assert_refused("watch", self.server(preload=False).pid, says="is not traced")
        for args, says in (((), "no PID or DIR to watch"), (("1", "2"), "one PID or DIR at a time"), (("--every=10ms", "1"), "100ms at least"),
                           (("--every=x", "1"), "every"), (("-n", "-1", "1"), "--iterations wants a number")):
            status, out, err = self.say("watch", *args)
            self.assertEqual((2, ""), (status, out))
            self.assertIn(says, err)

    def test_of_another_user(self):
        if os.getuid() != 0:
            self.skipTest("only root can become another user")
        server = self.server()
        watch = [self.for_every_user(socksan()), "watch", str(server.pid)]
        status, out, err = self.finish(self.start(watch, user=65534, group=65534, extra_groups=[], cwd="/"))
        self.assertEqual((2, ""), (status, out), err)
        self.assertRegex(err, "belongs to another user: run socksan as root|cannot be inspected")


class Suspects(WatchTest):
    def test_a_leak_is_named_while_little_is_used(self):
        """The report that the command gets has it, once; 5 % of 1024 descriptors are 51."""
        server = self.server()
        Busy(self, server, "use", "use", "leak", pause=0.06)
        reports = self.folder("reports")
        process = self.watch(server.pid, f"--exec=cat > {reports}/$$.json")
        line, before = self.line_with(process, "leak-suspect")
        found = re.search(r"leak-suspect: (\d+) of (\d+) from \S*live_server\.py:\d+ in leak, accept4 are old and idle, "
                          rf"and their number grew in each of 5 windows of {WINDOW[:-2]} ms$", line.strip())
        self.assertIsNotNone(found, line)
        self.assertLessEqual(int(found[2]), 51, f"expected to be told before: {before}")
        for _ in range(8):
            self.assertNotIn("leak-suspect", process.stdout.readline(), "expected a place to be named once")
        process.send_signal(signal.SIGINT)
        self.assertEqual((1, ""), (process.wait(), process.stderr.read()), "expected status 1: a place was suspect")
        [path] = pathlib.Path(reports).iterdir()
        report = json.loads(path.read_text(encoding="utf-8"))
        check("analyzer/report/report.schema.json", report, path)
        [suspect] = [one for one in report["violations"] if one["code"] == "leak-suspect"]
        self.assertIn("leak", [frame.get("function") for frame in suspect["stacks"]["opened"]])
        self.assertEqual("warning", suspect["severity"])

    def test_top_marks_it(self):
        server = self.server()
        Busy(self, server, "use", "leak")
        process = self.start([socksan(), "top", "--batch", "--every=300ms", f"--window={WINDOW}", str(server.pid)])
        line, _ = self.line_with(process, "leak-suspect: ")
        self.assertRegex(line, r"leak-suspect: \S*live_server\.py:\d+ in leak, accept4")
        os.killpg(process.pid, signal.SIGTERM)

    def test_a_report_has_it(self):
        server = self.server()
        busy = Busy(self, server, "use", "leak")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            result = self.socksan_report(f"--limit=leak-suspect={WINDOW}", server.folder)
            if "leak-suspect" in result.report["totals"]["by_code"]:
                break
            time.sleep(0.2)
        self.assert_violation(result, "leak-suspect", count=result.report["totals"]["by_code"].get("leak-suspect", -1), function="leak")
        self.assertEqual(0, result.status, "expected a warning not to fail")
        busy.stop()

    def test_a_command_that_fails(self):
        server = self.server()
        Busy(self, server, "use", "leak")
        process = self.watch(server.pid, "--exec=exit 7")
        self.line_with(process, "leak-suspect")
        self.assertEqual("socksan: the command of --exec ended with status 7\n", process.stderr.readline())
        self.line_with(process, "in leak")

    def test_a_command_that_hangs_ends_with_it(self):
        server = self.server()
        Busy(self, server, "use", "leak")
        process = self.watch(server.pid, f"--exec=echo $$ > {self.tmp}/pid; sleep 1000")
        self.line_with(process, "leak-suspect")
        path = pathlib.Path(self.tmp, "pid")
        while not path.exists() or not path.read_text(encoding="utf-8").strip():
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        self.assertEqual(1, process.wait(timeout=60))
        self.assertFalse(os.path.exists(f"/proc/{path.read_text(encoding='utf-8').strip()}"), "expected no process to be left")


class Silent(WatchTest):
    """Whatever fills up and stays, or is in use, is no leak."""

    def assert_silent_for(self, what, windows=15):
        status, out, err = self.finish(self.watch(what, "-n", str(windows)))
        self.assertEqual((0, ""), (status, err), out)
        self.assertNotIn("leak-suspect", out)
        return out

    def test_a_pool_that_fills_up_and_stays(self):
        server = self.server()
        server.tell("dial", 20)
        Busy(self, server, "use")
        self.assert_silent_for(server.pid)

    def clients(self, port, ask, pool=12):
        """Connections to a port that come slowly, are kept, and used in turn; and others that are closed at once."""
        source = f"""
import socket, time
pool, n = [], 0
def ask(s):
    s.sendall({ask!r})
    return s.recv(65536)
while True:
    if len(pool) < {pool} and n % 8 == 0:
        pool.append(socket.create_connection(("127.0.0.1", {port})))
    for one in pool:
        assert ask(one)
    with socket.create_connection(("127.0.0.1", {port})) as short:
        assert ask(short)
    n += 1
    time.sleep(0.02)
"""
        process = self.start(["/usr/bin/python3", "-c", source], env=self.traced())
        return process

    def traced(self, **more):
        self.traces = getattr(self, "traces", None) or self.folder("traces")
        return self.environment(LD_PRELOAD=shim(), SOCKSAN_OPTIONS=f"log_path={self.traces}/t", **more)

    def free_port(self):
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            return one.getsockname()[1]

    def await_port(self, port, process):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            except OSError:
                if process.poll() is not None:
                    self.fail(f"{process.args} has ended: {process.stderr.read()}")
                time.sleep(0.05)
        self.fail(f"nobody listens at {port}")

    def assert_silent_server(self, cmd, port, ask):
        process = self.start(cmd, env=self.traced())
        self.await_port(port, process)
        clients = self.clients(port, ask)
        out = self.assert_silent_for(self.traces, windows=20)
        self.assertIsNone(clients.poll(), f"expected clients that work: {clients.stderr.read() if clients.poll() is not None else ''}")
        self.assertRegex(out, r"\+\d+ -> \d+ ", "expected connections to have come")
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()

    def test_nginx_with_keep_alive(self):
        port = self.free_port()
        conf = self.write("nginx.conf", [f"""daemon off; worker_processes 2; pid {self.tmp}/pid; error_log stderr warn;
events {{ worker_connections 512; }}
http {{ access_log off; keepalive_timeout 75s; keepalive_requests 100000;
  client_body_temp_path {self.tmp}/b; proxy_temp_path {self.tmp}/p; fastcgi_temp_path {self.tmp}/f; uwsgi_temp_path {self.tmp}/u; scgi_temp_path {self.tmp}/s;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 "ok"; }} }} }}
"""])
        self.assert_silent_server(["nginx", "-c", conf, "-e", "stderr"], port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")

    def test_redis(self):
        port = self.free_port()
        self.assert_silent_server(["redis-server", "--port", str(port), "--save", "", "--dir", self.tmp, "--bind", "127.0.0.1"], port, b"PING\r\n")

    def test_gunicorn(self):
        port = self.free_port()
        self.write("app.py", ["def app(environ, start):\n    start('200 OK', [('Content-Length', '2')])\n    return [b'ok']\n"])
        self.assert_silent_server(["/usr/bin/gunicorn", "-b", f"127.0.0.1:{port}", "-k", "gthread", "--threads", "20", "--keep-alive", "75", "-w", "2", "--chdir",
                                   self.tmp, "app:app"], port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")

    def test_a_pooled_http_client(self):
        source = """
import http.server, threading, time, urllib3
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        if self.path == "/close":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
pool = urllib3.PoolManager(maxsize=10)
url = "http://127.0.0.1:%d/" % server.server_port
def work():
    while True:
        assert pool.request("GET", url).data == b"ok"
        assert pool.request("GET", url + "close").data == b"ok"
        time.sleep(0.02)
for _ in range(6):
    threading.Thread(target=work, daemon=True).start()
print("ready", flush=True)
time.sleep(1000)
"""
        process = self.start(["/usr/bin/python3", "-c", source], env=self.traced())
        said = process.stdout.readline()
        self.assertEqual("ready\n", said, process.stderr.read() if not said else "")
        self.assert_silent_for(self.traces, windows=20)
        self.assertIsNone(process.poll(), "expected the program to go on")


if __name__ == "__main__":
    unittest.main()
