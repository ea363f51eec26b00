// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The HTTP server beside node's own, on the same bytes.  A request that two servers
// read differently is how requests are smuggled: what ours takes, node must take in
// the same way; ours may refuse more.
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { build } from './lib/paths.mjs';
import { Program } from './lib/process.mjs';
import { patience, until } from './lib/until.mjs';

let echo, port, other;

before(async () => {
  echo = new Program(join(build, 'tests', 'http_echo'), [], { stdio: ['pipe', 'pipe', 'pipe'] });
  port = await until('the server tells its port', () => Number(echo.lines[0]));
  other = http.createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 5000 });
  other.seen = new Map();
  other.on('connection', (socket) => other.seen.set(socket.remotePort, []));
  const take = (request, answer) => {
    const seen = { method: request.method, url: request.url, body: null };
    other.seen.get(request.socket.remotePort).push(seen);
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      seen.body = Buffer.concat(chunks).toString('hex');
      answer.end('ok');
    });
  };
  other.on('request', take);
  other.on('checkContinue', (request, answer) => {
    answer.writeContinue();
    take(request, answer);
  });
  await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve));
});

after(async () => {
  other.closeAllConnections();
  other.close();
  echo.child.stdin.end();
  assert.equal((await echo.exited).code, 0);
});

// Send bytes, stop sending, read to the end: {text, from}.
function exchange(to, bytes) {
  return new Promise((resolve) => {
    const chunks = [];
    const socket = net.connect({ port: to, host: '127.0.0.1', allowHalfOpen: true }, () => {
      socket.from = socket.localPort;
      socket.end(bytes);
    });
    socket.setTimeout(20_000 * patience, () => socket.destroy());
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => resolve({ text: Buffer.concat(chunks).toString('latin1'), from: socket.from }));
  });
}

// The replies of ours, one by one: {status, json}.
function replies(text) {
  const list = [];
  let rest = text;
  while (rest) {
    const [, status, head] = rest.match(/^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n/) ?? assert.fail(`no reply: ${rest.slice(0, 200)}`);
    rest = rest.slice(rest.indexOf('\r\n\r\n') + 4);
    if (status === '100') continue;
    const size = Number(head.match(/^Content-Length: (\d+)\r$/m)?.[1] ?? 0);
    list.push({ status: Number(status), body: rest.slice(0, size) });
    rest = rest.slice(size);
  }
  return list;
}

async function ours(bytes) {
  const { text } = await exchange(port, bytes);
  return replies(text).map(({ status, body }) => (status === 200 ? JSON.parse(body) : { status }));
}

async function nodes(bytes) {
  const { from } = await exchange(other.address().port, bytes);
  return other.seen.get(from);
}

// What a request is, in words that both sides have.
const meaning = ({ method, path, query, url, body }) =>
  `${method} ${(url ?? `${path}?${query}`).replace(/\?$/, '')} ${body}`;

async function compare(bytes) {
  const [mine, theirs] = await Promise.all([ours(bytes), nodes(bytes)]);
  const taken = mine.filter(({ status }) => !status).map(meaning);
  const known = theirs.filter(({ body }) => body !== null).map(meaning);
  assert.deepEqual(taken, known.slice(0, taken.length), `on ${JSON.stringify(bytes.toString('latin1'))}`);
  return { taken, refused: mine.length - taken.length };
}

const H = 'Host: a\r\n';
const seeds = [
  `GET /a?b=c HTTP/1.1\r\n${H}Accept: */*\r\n\r\n`,
  `POST /a HTTP/1.1\r\n${H}Content-Length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\n${H}\r\n`,
  `POST /a HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\nGET /b HTTP/1.1\r\n${H}\r\n`,
  `POST /a HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX: y\r\n\r\nDELETE /b HTTP/1.1\r\n${H}\r\n`,
  `PUT /a HTTP/1.1\r\n${H}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi`,
  `GET /a HTTP/1.1\r\n${H}Content-Length: 3\r\n\r\nGETPATCH /b HTTP/1.1\r\n${H}Connection: close\r\n\r\n`,
];

test('plain requests are taken, and by both alike', async () => {
  for (const [index, seed] of seeds.entries()) {
    const { taken, refused } = await compare(Buffer.from(seed));
    assert.equal(refused, 0, `seed ${index}`);
    assert.equal(taken.length, seed.match(/HTTP\/1\.1/g).length, `seed ${index}`);
  }
});

test('what two servers could read differently is refused', async () => {
  const cases = [
    `POST / HTTP/1.1\r\n${H}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`,
    `POST / HTTP/1.1\r\n${H}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n${H}\r\n`,
    `POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    `POST / HTTP/1.1\r\n${H}Content-Length : 3\r\n\r\nabc`,
    `POST / HTTP/1.1\r\n${H}Content-Length: +3\r\n\r\nabc`,
    `POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n`,
    `POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n`,
    `POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n`,
    `GET / HTTP/1.1\n${H}\n\n`,
    `GET / HTTP/1.1\r\n${H}X: a\r\n b\r\n\r\n`,
    'GET / HTTP/1.1\r\n\r\n',
    `GET / HTTP/1.1\r\n${H}${H}\r\n`,
    `GET / HTTP/1.1\r\n${H}X: a\0b\r\n\r\n`,
    `GET //evil/x HTTP/1.1\r\n${H}\r\n`,
  ];
  for (const bytes of cases) {
    const [first, ...rest] = await ours(Buffer.from(bytes));
    assert.equal(first.status, 400, JSON.stringify(bytes));
    assert.equal(rest.length, 0, JSON.stringify(bytes));
  }
});

test('an over-long head is 431, an over-long body 413', async () => {
  const [head] = await ours(Buffer.from(`GET / HTTP/1.1\r\n${H}X: ${'a'.repeat(40_000)}\r\n\r\n`));
  assert.equal(head.status, 431);
  const [body] = await ours(Buffer.from(`POST / HTTP/1.1\r\n${H}Content-Length: 1048577\r\n\r\n`));
  assert.equal(body.status, 413);
});

// A small generator, so that a failure can be repeated from the seed that it prints.
function generator(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const pieces = ['\r', '\n', '\r\n', ' ', '\t', ':', ',', ';', '0', '1', '+', '-', 'x', '\0', '\x01', '\x7f', '\x80', '/', '//', '#', '?',
  'Content-Length: 3\r\n', 'Content-Length: 0\r\n', 'Transfer-Encoding: chunked\r\n', 'Host: b\r\n', 'chunked', 'HTTP/1.0', 'Connection: close\r\n'];

function mutate(text, random) {
  let bytes = text;
  for (let n = 1 + random(3); n > 0; n--) {
    const at = random(bytes.length), size = random(4);
    const kind = random(3);
    if (kind === 0) bytes = bytes.slice(0, at) + pieces[random(pieces.length)] + bytes.slice(at);
    else if (kind === 1) bytes = bytes.slice(0, at) + bytes.slice(at + size);
    else bytes = bytes.slice(0, at) + pieces[random(pieces.length)] + bytes.slice(at + size);
  }
  return Buffer.from(bytes, 'latin1');
}

test('damaged requests are refused, or read as node reads them', async (t) => {
  const seed = Number(process.env.MORTISE_TEST_SEED || Date.now() % 2 ** 31);
  t.diagnostic(`MORTISE_TEST_SEED=${seed}`);
  const random = generator(seed);
  let taken = 0, refused = 0;
  for (let round = 0; round < 60; round++) {
    const batch = Array.from({ length: 20 }, () => mutate(seeds[random(seeds.length)], random));
    for (const result of await Promise.all(batch.map(compare))) {
      taken += result.taken.length;
      refused += result.refused;
    }
  }
  t.diagnostic(`${taken} requests taken, ${refused} refused`);
  assert.ok(taken > 0 && refused > 0);
});
