// A small HTTP server on node: says its port, serves until SIGTERM.
// SPDX-License-Identifier: Apache-2.0
const http = require("http");

const server = http.createServer((request, response) => {
  response.setHeader("Connection", "close");
  response.end("hello\n");
});

server.listen(0, "127.0.0.1", () => console.log("port", server.address().port));
process.on("SIGTERM", () => server.close(() => console.log("stopped")));
