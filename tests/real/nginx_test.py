"""nginx under SockSan: in the foreground as one process, and as a daemon with two workers that drop their rights.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import signal
import unittest

from servers import REQUESTS, RealTest, alive, connects, fetch_many, free_port, needs, until

CONF = """
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
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 200 "hello\\n"; }}
        location /file {{ sendfile on; alias {prefix}/file; }}
    }}
}}
"""


@needs("nginx")
class Nginx(RealTest):
    def configured(self, main):
        """(prefix, port, command line) of an nginx that is to run with these main directives."""
        prefix, port = self.folder("nginx"), free_port()
        pathlib.Path(prefix, "file").write_text("file " * 2000, encoding="utf-8")
        pathlib.Path(prefix, "nginx.conf").write_text(CONF.format(main=main, prefix=prefix, port=port), encoding="utf-8")
        return prefix, port, ["nginx", "-p", prefix, "-e", f"{prefix}/error.log", "-c", f"{prefix}/nginx.conf"]

    def started(self, prefix, port):
        """The number of the main process, once it serves: one connection has been made to know that."""
        file = pathlib.Path(prefix, "nginx.pid")

        def number():
            return file.exists() and int(file.read_text(encoding="ascii").strip() or 0)

        def stop():
            pid = number()  # nginx removes the file when it ends
            if pid and alive(pid):
                os.kill(pid, signal.SIGTERM)

        self.addCleanup(stop)
        until(lambda: connects(port), f"nginx on port {port}")
        return until(number, "nginx.pid")

    def test_one_process_in_the_foreground(self):
        def scenario(begin):
            prefix, port, command = self.configured("daemon off; master_process off;")
            process = begin(command)
            pid = self.started(prefix, port)
            fetch_many(port, b"hello\n", REQUESTS // 2)
            fetch_many(port, b"file " * 2000, REQUESTS // 2, path="/file")
            self.at_rest(pid)
            os.kill(pid, signal.SIGQUIT)
            return process, None

        result, _ = self.side_by_side(scenario)
        self.assertEqual(result.status, 0, result.stderr)
        self.assert_sockets(result, 1 + 2 + 1 + REQUESTS,
                            "a listener, a pair to try epoll on, one to see it serve, and requests")
        self.assert_silent(result)

    def test_daemon_with_two_workers(self):
        def scenario(begin):
            prefix, port, command = self.configured("worker_processes 2;")
            process = begin(command)
            pid = self.started(prefix, port)
            fetch_many(port, b"hello\n")
            os.kill(pid, signal.SIGQUIT)
            until(lambda: not alive(pid), "the end of nginx")
            return process, None

        result, _ = self.side_by_side(scenario)
        self.assertEqual(result.status, 0, result.stderr)
        self.assertEqual(len(result.report["processes"]), 4, "expected the starter, the master and two workers")
        self.assert_sockets(result, 1 + 2 * 2 + 2 * 2 + 1 + REQUESTS,
                            "a listener, a channel and a pair to try epoll on for each worker, one to see it serve, and requests")
        self.assert_codes(result, {"never-closed": 1})  # FINDINGS.md: the channel that the first worker is passed
        self.assert_violation(result, "never-closed", function="ngx_read_channel")
        self.assertEqual([True], [one["suppressed"] for one in result.report["violations"]], "expected what nginx does by design to be suppressed")


if __name__ == "__main__":
    unittest.main()
