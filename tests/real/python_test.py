"""Python's own servers under SockSan: http.server with a thread for each request, and asyncio.

SPDX-License-Identifier: Apache-2.0
"""

import pathlib
import signal
import unittest

from servers import REQUESTS, RealTest, fetch_many, here


class PythonServers(RealTest):
    def test_threaded_http_server(self):
        folder = self.folder("www")
        pathlib.Path(folder, "page").write_text("hello\n", encoding="utf-8")
        command = ["/usr/bin/python3", "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", folder, "0"]

        def scenario(begin):
            process = begin(command)
            fetch_many(int(self.said(process, r"port (\d+)")), b"hello\n", path="/page")
            self.at_rest(self.server(process))
            process.send_signal(signal.SIGINT)
            return process, None

        result, _ = self.side_by_side(scenario, hide=r"\[.*?\]|\d+")
        self.assert_sockets(result, 1 + REQUESTS, "a listener, and one for each request")
        self.assert_silent(result)

    def test_asyncio_server(self):
        def scenario(begin):
            process = begin(["/usr/bin/python3", here("asyncio_server.py")])
            fetch_many(int(self.said(process, r"port (\d+)")), b"hello\n")
            server = self.server(process)
            self.at_rest(server)
            process.send_signal(signal.SIGTERM)
            return process, None

        result, _ = self.side_by_side(scenario)
        self.assert_sockets(result, 2 + 1 + REQUESTS, "the loop's own pair, a listener, and one for each request")
        self.assert_silent(result)


if __name__ == "__main__":
    unittest.main()
