// connect + close in JavaScript, one after the other, to a server in the same process: connect.js SIZE WARMUP prints the time of one, in ns.
//
// SPDX-License-Identifier: Apache-2.0
'use strict';
const net = require('net');
const [size, warmup] = process.argv.slice(2).map(Number);

const server = net.createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1', async () => {
  await loop(warmup);
  const started = process.hrtime.bigint();
  await loop(size);
  console.log(Number(process.hrtime.bigint() - started) / Math.max(1, size));
  process.exit(0);
});

function once() {
  return new Promise((done) => {
    const socket = net.connect(server.address().port, '127.0.0.1', () => socket.destroy());
    socket.on('close', done);
  });
}

async function loop(count) {
  for (let i = 0; i < count; i++) await once();
}
