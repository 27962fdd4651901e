"""A module keeps a response, of which it has not read all, and a file of another connection to the end: their finalizers run code of Python's
library then, which closes the sockets. The program never did.

Expect: never-closed cause=interpreter-end severity=error function=fetch
Expect: never-closed cause=interpreter-end severity=error function=converse
SPDX-License-Identifier: Apache-2.0
"""

import http.server
import socket
import threading
import urllib.request


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.wfile.write(b"x" * 100000)

    def log_message(self, *_):
        pass


def fetch(port):
    response = urllib.request.urlopen(f"http://127.0.0.1:{port}/")
    response.read(10)
    return response


def converse(address):
    connection = socket.create_connection(address)
    with connection:
        return connection.makefile("rwb")


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
thread = threading.Thread(target=server.handle_request)
thread.start()
kept = fetch(server.server_address[1])
file = converse(server.server_address)
thread.join()
server.server_close()
