// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The HTTP server beside node's own, on the same bytes.  A request that two servers
// read differently is how requests are smuggled: what ours takes, node must take in
// the same way; ours may refuse more.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { build, noMemoryLimit } from './lib/paths.mjs';
import { Program } from './lib/process.mjs';
import { patience, until } from './lib/until.mjs';

let echo, port, hasty, hastyPort, other;
const HASTE = 500 * patience;

// tests/http_echo.c
async function startEcho(...args) {
  const program = new Program(join(build, 'tests', 'http_echo'), args.map(String), { stdio: ['pipe', 'pipe', 'pipe'] });
  return [program, await until('the server tells its port', () => Number(program.lines[0]))];
}

before(async () => {
  [echo, port] = await startEcho();
  [hasty, hastyPort] = await startEcho(HASTE);
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
  for (const program of [echo, hasty]) {
    program.child.stdin.end();
    assert.equal((await program.exited).code, 0, program.lines.join('\n'));
  }
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

// A connection that is spoken over bit by bit: {socket, text, closed}.
function talk(to, bytes) {
  const talk = { text: '', closed: false, socket: net.connect({ port: to, host: '127.0.0.1', allowHalfOpen: true }) };
  talk.socket.on('data', (chunk) => { talk.text += chunk.toString('latin1'); });
  talk.socket.on('error', () => {});
  for (const event of ['end', 'close']) talk.socket.on(event, () => { talk.closed = true; });
  if (bytes !== undefined) talk.socket.write(bytes, 'latin1');
  return talk;
}

const statuses = (text) => replies(text).map(({ status }) => status);
const ended = (connection) => until('the server ends the connection', () => connection.closed);

// Seconds of processor that a program has used, and its memory of its own in bytes.
const cpu = ({ pid }) => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ').slice(11, 13)
  .reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
const memory = ({ pid }) => Number(readFileSync(`/proc/${pid}/status`, 'latin1').match(/RssAnon:\s+(\d+)/)[1]) * 1024;

// A sanitizer keeps what was freed.
const grewLess = (program, before, bytes) =>
  assert.ok(noMemoryLimit || memory(program) - before < bytes, `${memory(program) - before} bytes`);

// Does it come to rest while things are as they are?
async function rests(program) {
  await until('the server rests', async () => {
    const began = Date.now(), before = cpu(program);
    await new Promise((resolve) => setTimeout(resolve, 400));
    return cpu(program) - before < (Date.now() - began) / 2000;
  }, { within: 5_000 });
}

// One row for each thing that a server of general use got wrong when it was tried.
describe('the server', () => {
  const rows = {
    'ends a head that comes a byte at a time at its deadline': () => tooSlow('GET / HTTP/1.1\r\n', 'X'),
    'ends a body that comes a byte at a time at its deadline': () => tooSlow(`POST / HTTP/1.1\r\n${H}Content-Length: 100000\r\n\r\n`, 'x'),
    'ends a chunked body that comes a byte at a time at its deadline': () =>
      tooSlow(`POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n'),

    'takes no more than a little while a handler holds the request': async () => {
      const before = memory(echo);
      const flood = talk(port, `GET /hold HTTP/1.1\r\n${H}\r\n`);
      const block = Buffer.alloc(1 << 20, 'GET / HTTP/1.1\r\n');
      // What the kernel holds of a connection is a few MiB at most.
      for (let n = 0; n < 64; n++) flood.socket.write(block);
      await rests(echo);
      assert.ok(flood.socket.bytesWritten - flood.socket.writableLength < 32 << 20);
      grewLess(echo, before, 8 << 20);
      flood.socket.destroy();
      release();
    },

    'asks for a body only when the route admits it': async () => {
      const head = 'POST /small HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n';
      const refused = talk(port, `${head}\r\n`);
      await ended(refused);
      assert.doesNotMatch(refused.text, /100 Continue/);
      assert.deepEqual(statuses(refused.text), [401]);
      const admitted = talk(port, `${head}X-May: 1\r\n\r\n`);
      await until('it is asked to go on', () => admitted.text === 'HTTP/1.1 100 Continue\r\n\r\n');
      admitted.socket.write('hello');
      await until('it is answered', () => /"body":"68656c6c6f"/.test(admitted.text));
      admitted.socket.destroy();
    },

    'bounds bodies by route': async () => {
      const post = (path, size) => `POST ${path} HTTP/1.1\r\n${H}X-May: 1\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`;
      assert.deepEqual(statuses((await exchange(port, post('/small', 16))).text), [200]);
      assert.deepEqual(statuses((await exchange(port, post('/small', 17))).text), [413]);
      assert.deepEqual(statuses((await exchange(port, post('/large', 17))).text), [200]);
    },

    'bounds a chunk size without an end': () => endless('1;'.padEnd(1 << 20, 'a'), 400),
    'bounds the digits of a chunk size': () => endless('0'.repeat(1 << 20), 400),
    'bounds the extensions of all chunks together': () => endless('1;aaaaaaaaaaaaaaaa\r\nx\r\n'.repeat(10_000), 400),
    'bounds trailers': () => endless(`0\r\n${'X: y\r\n'.repeat(100_000)}`, 431),
    'ends at blank chunk lines': () => endless('\r\n'.repeat(500_000), 400),

    'refuses two lengths that differ': () => refuses('POST', 'Content-Length: 3\r\nContent-Length: 4\r\n', 'abcd'),
    'refuses two lengths that agree': () => refuses('POST', 'Content-Length: 3\r\nContent-Length: 3\r\n', 'abc'),
    'refuses white space before the colon': () => refuses('POST', 'Content-Length : 3\r\n', 'abc'),
    'refuses a length with a sign': () => refuses('POST', 'Content-Length: +3\r\n', 'abc'),
    'reads the body of GET, HEAD and DELETE as a body': async () => {
      for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS']) {
        const inner = `GET /smuggled HTTP/1.1\r\n${H}\r\n`;
        const { text } = await exchange(port, `${method} /outer HTTP/1.1\r\n${H}Content-Length: ${inner.length}\r\n\r\n${inner}`);
        assert.match(text, /^HTTP\/1\.1 200 /);
        assert.equal(text.match(/HTTP\/1\.1/g).length, 1, method);
      }
    },
    'refuses a chunk size with a prefix': () => refuses('POST', chunked, '0x3\r\nabc\r\n0\r\n\r\n'),
    'refuses a chunk size with a sign': () => refuses('POST', chunked, '+3\r\nabc\r\n0\r\n\r\n'),
    'refuses LF alone as the end of a line': async () => {
      await refusesBytes(`GET / HTTP/1.1\n${H}\r\n`);
      await refusesBytes(`GET / HTTP/1.1\r\nHost: a\n\r\n`);
      await refuses('POST', chunked, '3\nabc\n0\n\n');
    },
    'refuses CR alone as the end of a line': () => refusesBytes('GET / HTTP/1.1\rHost: a\r\r'),
    'refuses folded headers': () => refuses('GET', 'X: a\r\n b\r\n'),
    'refuses a request without Host': () => refusesBytes('GET / HTTP/1.1\r\n\r\n'),
    'refuses two Hosts': () => refuses('GET', 'Host: b\r\n'),
    'refuses NUL in a header': () => refuses('GET', 'X: a\0b\r\n'),
    'refuses NUL at the start of a line': () => refuses('GET', '\0\r\nX: b\r\n'),
    'refuses an authority in the path': () => refusesBytes(`GET //evil/x HTTP/1.1\r\n${H}\r\n`),
    'answers 431 to an over-long head': async () => {
      const head = `GET / HTTP/1.1\r\n${H}X: ${'a'.repeat(40_000)}\r\n\r\n`;
      assert.deepEqual(statuses((await exchange(port, head)).text), [431]);
      const many = `GET / HTTP/1.1\r\n${H}${'X: a\r\n'.repeat(101)}\r\n`;
      assert.deepEqual(statuses((await exchange(port, many)).text), [431]);
    },
    'answers an unknown method in JSON': async () => {
      const { text } = await exchange(port, `BREW / HTTP/1.1\r\n${H}\r\n`);
      assert.match(text, /^HTTP\/1\.1 501 Not Implemented\r\nContent-Type: application\/json\r\n/);
      assert.ok(JSON.parse(replies(text)[0].body).detail);
    },
    'lets no reply break out of its headers': async () => {
      const { text } = await exchange(port, `GET /evil HTTP/1.1\r\n${H}\r\n`);
      assert.match(text, /^HTTP\/1\.1 299 [ -~]*\r\n/);
      assert.doesNotMatch(text, /X-Evil/);
    },

    'lives on when bytes come while a handler holds the request': async () => {
      const connection = talk(port, `POST /hold HTTP/1.1\r\n${H}Content-Length: 1\r\n\r\n1`);
      await reached();
      connection.socket.write('G');
      assert.deepEqual(statuses((await exchange(port, `GET / HTTP/1.1\r\n${H}\r\n`)).text), [200]);
      release();
      await until('it is answered', () => /"body":"31"/.test(connection.text));
      connection.socket.write(`ET /next HTTP/1.1\r\n${H}\r\n`);
      await until('so is the next', () => /"path":"\/next"/.test(connection.text));
      connection.socket.destroy();
    },
    'rests when a client resets while a handler holds its request': async () => {
      const gone = Array.from({ length: 20 }, () => talk(port, `GET /hold HTTP/1.1\r\n${H}\r\n`));
      await reached();
      for (const { socket } of gone) socket.resetAndDestroy();
      await rests(echo);
      release();
      assert.deepEqual(statuses((await exchange(port, `GET / HTTP/1.1\r\n${H}\r\n`)).text), [200]);
    },
    'may be taken down while a handler holds a request': async () => {
      const [program, to] = await startEcho();
      const kept = talk(to, `GET /hold HTTP/1.1\r\n${H}\r\n`), gone = talk(to, `GET /hold HTTP/1.1\r\n${H}\r\n`);
      assert.deepEqual(statuses((await exchange(to, `GET / HTTP/1.1\r\n${H}\r\n`)).text), [200]);
      gone.socket.resetAndDestroy();
      program.child.stdin.end();
      assert.equal((await program.exited).code, 0, program.lines.join('\n'));
      await ended(kept);
    },
  };

  const chunked = 'Transfer-Encoding: chunked\r\n';
  const release = () => echo.child.stdin.write('\n');
  // What was sent before has reached the server: it reads connections in their order.
  const reached = () => exchange(port, `GET / HTTP/1.1\r\n${H}\r\n`);

  async function tooSlow(start, byte) {
    const began = Date.now();
    const connection = talk(hastyPort, start);
    const timer = setInterval(() => connection.socket.write(byte), HASTE / 20);
    await ended(connection);
    clearInterval(timer);
    assert.deepEqual(statuses(connection.text), [408]);
    assert.ok(Date.now() - began > HASTE * 0.9);
    connection.socket.destroy();
  }

  // However much comes, it is refused, and early.
  async function endless(bytes, status) {
    const before = cpu(echo), size = memory(echo);
    const { text } = await exchange(port, `POST / HTTP/1.1\r\n${H}${chunked}\r\n${bytes}`);
    assert.deepEqual(statuses(text), [status]);
    assert.ok(cpu(echo) - before < 0.5 * patience);
    grewLess(echo, size, 4 << 20);
  }

  const refuses = (method, headers, body = '') => refusesBytes(`${method} / HTTP/1.1\r\n${H}${headers}\r\n${body}`);
  async function refusesBytes(bytes) {
    const { text } = await exchange(port, Buffer.from(bytes, 'latin1'));
    assert.deepEqual(statuses(text), [400], JSON.stringify(bytes));
    assert.match(text, /\r\nConnection: close\r\n/);
  }

  for (const [name, run] of Object.entries(rows)) test(name, run);
});

// A request in front of which a careless server sees another one.
const inner = `GET /smuggled HTTP/1.1\r\n${H}\r\n`;
const attacks = {
  'CL.TE': `Content-Length: ${inner.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
  'TE.CL': `Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`,
  'CL.0': `Content-Length: 0\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
  'a list of lengths': `Content-Length: 0, ${inner.length}\r\n\r\n${inner}`,
  'a length in hex': `Content-Length: 0x${inner.length.toString(16)}\r\n\r\n${inner}`,
  'a length with an exponent': 'Content-Length: 1e1\r\n\r\n0123456789',
  'a length with a fraction': 'Content-Length: 5.0\r\n\r\n01234',
  'a length with a grouped thousand': 'Content-Length: 1_0\r\n\r\n0123456789',
  'no length at all': `Content-Length:\r\n\r\n${inner}`,
  ...Object.fromEntries([
    'Transfer-Encoding : chunked', 'Transfer-Encoding\t: chunked', 'Transfer-Encoding:\tchunked', 'Transfer-Encoding: \x0bchunked',
    'Transfer-Encoding: chunked\t', ' Transfer-Encoding: chunked', 'X: y\r\n\tTransfer-Encoding: chunked', 'Transfer-Encoding:\r\n chunked',
    'Transfer-Encoding: chunked, chunked', 'Transfer-Encoding: identity, chunked', 'Transfer-Encoding: chunked, identity',
    'Transfer-Encoding: x\r\nTransfer-Encoding: chunked', 'Transfer-Encoding: "chunked"', 'Transfer-Encoding: chunked;q=1',
    'Transfer-Encoding: chunKed\xff', 'Transfer-Encoding: xchunked', 'Transfer-Encoding: chu\0nked', 'Transfer-Encoding:', 'Transfer-\x00Encoding: chunked',
    'Transfer-Encoding: gzip, chunked', '"Transfer-Encoding": chunked', 'X\nTransfer-Encoding: chunked', 'X: y\nTransfer-Encoding: chunked',
    'X: y\rTransfer-Encoding: chunked',
  ].map((line) => [`TE.TE ${JSON.stringify(line)}`, `Content-Length: ${inner.length + 5}\r\n${line}\r\n\r\n0\r\n\r\n${inner}`])),
  ...Object.fromEntries([
    ['extension with LF', `1;a\nx\r\n0\r\n\r\n`], ['extension in quotes', `1;a="\r\nx\r\n0\r\n\r\n`], ['extension with CR', '1;a\rb\r\nx\r\n0\r\n\r\n'],
    ['size with a space', '1 \r\nx\r\n0\r\n\r\n'], ['size after a space', ' 1\r\nx\r\n0\r\n\r\n'], ['size that wraps', '10000000000000001\r\nx\r\n0\r\n\r\n'],
    ['size below zero', '-1\r\nx\r\n0\r\n\r\n'], ['size with an underscore', '1_0\r\n0123456789abcdef\r\n0\r\n\r\n'], ['no size', '\r\nx\r\n0\r\n\r\n'],
    ['data that is longer', `1\r\nxGET /smuggled\r\n0\r\n\r\n`], ['data without an end', `1\r\nx0\r\n\r\n`],
    ['trailer with a length', `0\r\nContent-Length: 5\r\n\r\n`], ['trailer with a coding', '0\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['trailer with a host', '0\r\nHost: b\r\n\r\n'], ['trailer that is folded', '0\r\nX: a\r\n b\r\n\r\n'], ['trailer with LF', '0\r\nX: a\n\r\n'],
  ].map(([name, body]) => [`chunks: ${name}`, `Transfer-Encoding: chunked\r\n\r\n${body}${inner}`])),
};

test('no attack smuggles a request', async () => {
  for (const [name, rest] of Object.entries(attacks)) {
    const bytes = Buffer.from(`POST /outer HTTP/1.1\r\n${H}${rest}`, 'latin1');
    const { text } = await exchange(port, bytes);
    assert.doesNotMatch(text, /smuggled/, name);
    assert.equal(replies(text).length, 1, name);
    assert.match(text, /^HTTP\/1\.1 (400|501) /, name);
    await compare(bytes);
  }
});

test('what is not HTTP/1 is turned away at once', async () => {
  const hello = Buffer.from('16030100c8010000c40303', 'hex');
  const proxy2 = Buffer.from('0d0a0d0a000d0a515549540a2111000c7f0000017f00000104d2162e', 'hex');
  const foreign = [
    [hello, 400], [Buffer.concat([hello, Buffer.alloc(512)]), 400], [Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), 505],
    [Buffer.from(`PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\nGET / HTTP/1.1\r\n${H}\r\n`), 400], [proxy2, 400],
    [Buffer.from('GET /\r\n'), 400], [Buffer.from('GET / HTTP/0.9\r\n\r\n'), 505], [Buffer.from('SSH-2.0-OpenSSH_9.2\r\n\r\n'), 400],
    [Buffer.from('\0'.repeat(100)), 400], [Buffer.from('\r\n'), 400], [Buffer.from(`get / HTTP/1.1\r\n${H}\r\n`), 501],
  ];
  for (const [index, [bytes, status]] of foreign.entries()) {
    const { text } = await exchange(port, bytes);
    // A request of one line waits for more, which does not come.
    assert.deepEqual(statuses(text), index === 5 ? [] : [status], JSON.stringify(bytes.toString('latin1')));
  }
});

test('a path says what it says, or is refused', async () => {
  const paths = { '/a//b': 200, '/a/./b': 400, '/a/../b': 400, '/..': 400, '/.': 400, '/%2e%2e/b': 400, '/a/%2E./b': 400, '/.%2e': 400, '/...': 200, '/a/..b': 200,
    '/%00': 400, '/a%00b': 400, '/%': 400, '/%zz': 400, '/%c0%af': 400, '/a\\b': 200, 'http://a/b': 200, 'http://evil/b': 400, 'http://u@a/b': 400,
    'http://a': 400, 'http://a?x': 400, 'ftp://a/b': 400, '//a': 400, '///': 400, 'a': 400, '*': 400, '/#a': 400, '/a b': 400, '/\x7f': 400, '/\xe9': 400 };
  for (const [path, status] of Object.entries(paths)) {
    const { text } = await exchange(port, Buffer.from(`GET ${path} HTTP/1.1\r\n${H}\r\n`, 'latin1'));
    assert.deepEqual(statuses(text), [status], path);
    if (status === 200) assert.equal(JSON.parse(replies(text)[0].body).path, path.replace('http://a', ''), path);
  }
});

test('a flood of requests on one connection holds nobody up', async () => {
  const methods = ['GET', 'HEAD', 'OPTIONS', 'BREW', 'DELETE'];
  const flood = talk(port);
  const one = methods.map((method) => `${method} /flood HTTP/1.1\r\n${H}\r\n`).join('');
  const before = memory(echo);
  flood.socket.pause();
  for (let n = 0; n < 20; n++) flood.socket.write(one.repeat(2000));
  for (let n = 0; n < 50; n++) {
    const { text } = await exchange(port, `GET /other HTTP/1.1\r\n${H}\r\n`);
    assert.deepEqual(statuses(text), [200]);
  }
  // Nobody reads the replies: the server stops as soon as the kernel takes no more.
  grewLess(echo, before, 8 << 20);
  flood.socket.destroy();
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
