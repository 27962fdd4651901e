// node_stress.js CONNECTIONS WORKERS [exit]: workers that open, close and end while V8 collects; with "exit", the process ends under some.
// SPDX-License-Identifier: Apache-2.0
'use strict';
const dgram = require('dgram');
const fs = require('fs');
const net = require('net');
const { Worker, isMainThread, workerData } = require('worker_threads');

const TOGETHER = 3;
const [connections, workers] = process.argv.slice(2).map(Number);

// Code of its own each time, which the collector throws away.
function caller(i) {
  return eval(`(function caller${i % 13}(f) { const kept = []; for (let n = 0; n < 50; n++) kept.push({ n }); return f(kept); })`);
}

function work(port, done) {
  let left = connections;
  let live = 8;
  function next() {
    if (left-- <= 0) {
      if (--live === 0) done();
      return;
    }
    if (left % 7 === 0) gc({ type: 'minor' });
    if (left % 61 === 0) gc();
    if (left % 11 === 0) fs.closeSync(fs.openSync(__filename));
    if (left % 5 === 0) {
      const socket = dgram.createSocket('udp4');
      socket.bind(0, '127.0.0.1', () => socket.close(next));
      return;
    }
    caller(left)(() => {
      const socket = net.connect(port, '127.0.0.1', () => socket.end('x'));
      socket.resume().on('error', () => {}).on('close', next);
    });
  }
  for (let i = live; i > 0; i--) next();
}

function main() {
  let started = 0;
  let running = 0;
  const server = net.createServer((socket) => socket.on('error', () => {}).resume().end('y'));
  function start() {
    if (started === workers) {
      if (process.argv[4] === 'exit' && running < TOGETHER) process.exit(0);
      if (running === 0) server.close();
      return;
    }
    started++;
    running++;
    const worker = new Worker(__filename, { workerData: [server.address().port, started % 3 === 1], argv: process.argv.slice(2) });
    if (started % 4 === 1) setTimeout(() => worker.terminate(), 30 + started % 50);
    worker.on('exit', () => {
      running--;
      start();
    });
  }
  server.listen(0, '127.0.0.1', () => {
    for (let i = 0; i < TOGETHER; i++) start();
  });
}

if (isMainThread) main();
else work(workerData[0], () => workerData[1] && process.exit(0));
