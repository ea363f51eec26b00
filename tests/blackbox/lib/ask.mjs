// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// One request on a connection of its own.  As a program, `node ask.mjs PORT` asks from 16
// connections until its standard input ends, and prints how often each answer came.
import net from 'node:net';

const REQUEST = 'GET /-/healthy HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

// The status, or the error's code.
export function ask(port, bytes = REQUEST) {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1' }, () => socket.write(bytes));
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk) => { text += chunk; });
    socket.once('error', ({ code }) => resolve(code));
    socket.once('close', () => resolve(Number(text.match(/^HTTP\/1\.1 (\d+)/)?.[1]) || 'no answer'));
  });
}

if (process.argv[1] === import.meta.filename) {
  const counts = {};
  let going = true;
  process.stdin.resume().once('end', () => { going = false; });
  await Promise.all(Array.from({ length: 16 }, async () => {
    while (going) {
      const answer = await ask(Number(process.argv[2]));
      counts[answer] = (counts[answer] ?? 0) + 1;
    }
  }));
  console.log(JSON.stringify(counts));
}
