"""node's http server under SockSan: libuv closes with syscall(SYS_close), from a process with many threads.

SPDX-License-Identifier: Apache-2.0
"""

import signal
import unittest

from servers import REQUESTS, RealTest, fetch_many, here, needs


@needs("node")
class NodeServer(RealTest):
    def test_http_server(self):
        def scenario(begin):
            process = begin(["node", here("node_server.js")])
            fetch_many(int(self.said(process, r"port (\d+)")), b"hello\n")
            self.at_rest(self.server(process))
            process.send_signal(signal.SIGTERM)
            return process, None

        result, _ = self.side_by_side(scenario)
        self.assert_sockets(result, 1 + REQUESTS, "a listener, and one for each request")
        self.assert_silent(result)


if __name__ == "__main__":
    unittest.main()
