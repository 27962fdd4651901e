// Leaves sockets open at the lines that are marked; with "fixed" behind the folder for its socket, closes each.
// SPDX-License-Identifier: Apache-2.0
'use strict';
const dgram = require('dgram');
const http = require('http');
const net = require('net');
const path = require('path');
const tls = require('tls');
const { Worker, isMainThread, workerData } = require('worker_threads');

const PSK = { psk: Buffer.alloc(16, 1), identity: 'test' };
const TLS = { ciphers: 'PSK+HIGH:@SECLEVEL=0', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', checkServerIdentity() {} };
const folder = process.argv[2];
const fixed = process.argv[3] === 'fixed';

function once(emitter, event) {
  return new Promise((resolve) => emitter.once(event, resolve));
}

// Gives what is to be called to close it.
async function connected(socket, event = 'connect') {
  await once(socket, event);
  return () => socket.destroy();
}

function families(host, options, callback) {
  callback(null, [{ address: '::1', family: 6 }, { address: '127.0.0.1', family: 4 }]);
}

class Pool {
  async take(port) {
    this.socket = net.connect(port, '127.0.0.1'); // line: take
    return connected(this.socket);
  }
}

const CASES = {
  client({ port }) {
    return connected(net.connect(port, '127.0.0.1')); // line: client
  },
  named({ port }) {
    return connected(net.connect({ port, host: 'localhost', family: 4 })); // line: named
  },
  constructed({ port }) {
    const socket = new net.Socket();
    socket.connect(port, '127.0.0.1'); // line: constructed
    return connected(socket);
  },
  method({ port }) {
    return new Pool().take(port); // line: method
  },
  async awaited({ port }) {
    await null;
    return connected(net.connect(port, '127.0.0.1')); // line: awaited
  },
  second({ port }) {
    return connected(net.connect({ port, host: 'either', lookup: families, autoSelectFamily: true })); // line: second
  },
  async datagram() {
    const socket = dgram.createSocket('udp4'); // line: datagram
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return () => socket.close();
  },
  async sender() {
    const socket = dgram.createSocket('udp4'); // line: sender
    socket.send('x', 9999, '127.0.0.1');
    await once(socket, 'listening');
    return () => socket.close();
  },
  local({ file }) {
    return connected(net.connect(file)); // line: local
  },
  async agent({ port }) {
    const agent = new http.Agent({ keepAlive: true });
    const request = http.get({ agent, port, host: '127.0.0.1' }); // line: agent
    const response = await once(request, 'response');
    response.resume();
    await once(response, 'end');
    return () => agent.destroy();
  },
  secure({ securePort }) {
    const options = { port: securePort, host: '127.0.0.1', ...TLS, pskCallback: () => PSK };
    return connected(tls.connect(options), 'secureConnect'); // line: secure
  },
  async fetched({ port }) {
    const response = await fetch(`http://127.0.0.1:${port}/`); // line: fetched
    await response.text();
    return () => globalThis[Symbol.for('undici.globalDispatcher.1')].close();
  },
  async worker({ port }) {
    await once(new Worker(__filename, { workerData: port, argv: process.argv.slice(2) }), 'exit');
    return () => {};
  },
};

function answer(request, response) { // line: answer
  response.end('x');
}

function secured() {} // line: secured

function accepted(socket) { // line: accepted
  socket.resume();
}

async function listen(server, ...where) {
  server.listen(...where); // line: listen
  await once(server, 'listening');
  return server;
}

async function main() {
  const server = await listen(http.createServer({ keepAliveTimeout: 0 }, answer), 0, '127.0.0.1'); // line: main_http
  const secure = await listen(tls.createServer({ ...TLS, pskCallback: () => PSK.psk }, secured), 0, '127.0.0.1'); // line: main_tls
  const file = path.join(folder, 'socket');
  const local = await listen(net.createServer(accepted), file); // line: main_local
  const targets = { port: server.address().port, securePort: secure.address().port, file };
  for (const run of Object.values(CASES)) {
    const close = await run(targets); // line: main_run
    if (fixed) close();
  }
  if (!fixed) process.exit(0);
  for (const each of [server, secure, local]) each.close();
  server.closeAllConnections();
}

async function inWorker(port) {
  const close = await connected(net.connect(port, '127.0.0.1')); // line: worker
  if (fixed) close();
  else process.exit(0);
}

if (isMainThread) main(); // line: module
else inWorker(workerData); // line: worker_module
