"""curl as a client under SockSan, against a server that counts its connections.

SPDX-License-Identifier: Apache-2.0
"""

import http.server
import threading
import unittest

from servers import REQUESTS, RealTest, made, needs


class Counting(http.server.ThreadingHTTPServer):
    """Counts connections. Its keep-alive is that of HTTP/1.1, unless closing."""

    def __init__(self, closing):
        self.connections = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # header and body at once: `curl --fail` closes when it has read the one, and leaves the other unread

            def do_GET(self):
                self.send_response(404 if "missing" in self.path else 200)
                self.send_header("Content-Length", "6")
                if closing:
                    self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(b"hello\n")

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.serve_forever)

    def get_request(self):
        self.connections += 1
        return super().get_request()

    def __enter__(self):
        self.thread.start()
        return super().__enter__()

    def __exit__(self, *error):
        self.shutdown()
        self.thread.join()
        super().__exit__(*error)


@needs("curl")
class Curl(RealTest):
    def fetched(self, closing, path):
        """curl's Result for a URL, and the number of connections that it made."""
        def scenario(begin):
            with Counting(closing) as server:
                process = begin(["curl", "--silent", "--show-error", "--fail",
                                 f"http://127.0.0.1:{server.server_address[1]}/{path}"])
                self.wait(process)
                return process, server.connections

        return self.side_by_side(scenario)

    def test_a_thousand_pages_over_a_connection_each(self):
        result, connections = self.fetched(True, f"[1-{REQUESTS}]")
        self.assertEqual(result.status, 0, result.stderr)
        self.assertEqual(result.stdout, "hello\n" * REQUESTS)
        self.assertEqual(connections, REQUESTS, "expected a connection for each page")
        self.assertEqual(made(result.traces, family="AF_INET", type="SOCK_STREAM"), connections,
                         "expected a TCP socket for each connection")
        self.assert_sockets(result, made(result.traces), "those whose making is in the trace")
        self.assert_silent(result)

    def test_a_thousand_pages_over_one_connection(self):
        result, connections = self.fetched(False, f"[1-{REQUESTS}]")
        self.assertEqual(result.stdout, "hello\n" * REQUESTS)
        self.assertEqual(made(result.traces, family="AF_INET", type="SOCK_STREAM"), connections,
                         "expected a TCP socket for each connection")
        self.assertLess(connections, 10, "expected curl to keep its connection")
        self.assert_silent(result)

    def test_status_of_a_failed_fetch_is_kept(self):
        result, _ = self.fetched(True, "missing")
        self.assertEqual(result.status, 22, "expected curl's status for an answer of 404")
        self.assert_silent(result)


if __name__ == "__main__":
    unittest.main()
