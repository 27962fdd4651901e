"""The same reads the response and closes both; and a class closes its own in __del__, as the interpreter ends too: so it is meant to be used.

Expect: silent
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


class Client:
    def __init__(self, address):
        self.connection = socket.create_connection(address)

    def close(self):
        self.connection.close()

    def __del__(self):
        self.close()


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
thread = threading.Thread(target=server.handle_request)
thread.start()
with urllib.request.urlopen(f"http://127.0.0.1:{server.server_address[1]}/") as response:
    response.read()
client = Client(server.server_address)
with socket.create_connection(server.server_address) as connection, connection.makefile("rwb"):
    pass
thread.join()
server.server_close()
