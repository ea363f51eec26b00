// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Crowds before a real mortised: idle connections by the thousand, fewer descriptors than
// clients, bodies that fill the memory.  Webhooks go on meanwhile.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { after, describe, test } from 'node:test';

import { noMemoryLimit } from './lib/paths.mjs';
import { Ping } from './lib/ping.mjs';
import { until } from './lib/until.mjs';

const HEALTHY = 'GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n';
const proc = (pid, file) => readFileSync(`/proc/${pid}/${file}`, 'latin1');
const memory = (pid) => Number(proc(pid, 'status').match(/RssAnon:\s+(\d+)/)[1]) * 1024;
const cpu = (pid) => proc(pid, 'stat').split(') ')[1].split(' ').slice(11, 13).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
const openFiles = (pid) => proc(pid, 'limits').match(/Max open files\s+(\d+)\s+(\d+)/).slice(1).map(Number);

// A connection that has said something and stays: {socket, text, gone}.  Ready when it
// was answered, or with 'answer' false when its bytes have left.
function connect(port, { bytes = HEALTHY, answer = true } = {}) {
  return new Promise((resolve) => {
    const client = { gone: false, text: '', socket: net.connect({ port, host: '127.0.0.1' }) };
    client.socket.on('connect', () => client.socket.write(bytes, () => answer || resolve(client)));
    client.socket.on('data', (chunk) => {
      client.text += chunk.toString('latin1');
      if (client.text.includes('\r\n\r\n')) resolve(client);
    });
    client.socket.on('error', () => {});
    client.socket.on('close', () => {
      client.gone = true;
      resolve(client);
    });
  });
}

// So many at a time, as the backlog has an end.
async function crowd(port, size, options) {
  const clients = [];
  while (clients.length < size)
    clients.push(...await Promise.all(Array.from({ length: Math.min(200, size - clients.length) }, () => connect(port, options))));
  return clients;
}

const leave = (clients) => clients.forEach(({ socket }) => socket.destroy());

async function webhooksGoOn(ping, count = 20) {
  for (let n = 0; n < count; n++)
    assert.equal((await ping.tell('a1', { do: 'ok' }, { object: `o${n}` })).status, 202);
}

describe('with 10,000 idle connections', () => {
  const [, hard] = openFiles('self');
  const size = noMemoryLimit ? 2000 : 10_000;
  const skip = hard < size + 3000 && `the limit of open files is ${hard}, and ${size + 3000} are needed`;
  let ping;
  after(() => ping?.close());

  test('webhooks go on, and a connection costs little', { skip }, async (t) => {
    ping = await Ping.start();
    await ping.install('acme', 'a1');
    await webhooksGoOn(ping);
    const { pid, port } = ping.daemon;
    const before = memory(pid);
    const clients = await crowd(port, size);
    const each = (memory(pid) - before) / size;
    assert.equal(clients.filter(({ gone }) => gone).length, 0);
    await webhooksGoOn(ping);
    assert.equal(clients.filter(({ gone }) => gone).length, 0);
    const used = cpu(pid), began = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.ok(cpu(pid) - used < (Date.now() - began) / 2000, 'idle connections cost no processor');
    leave(clients);
    t.diagnostic(`${Math.round(each)} bytes of memory for each of ${size} connections`);
    if (!noMemoryLimit) assert.ok(each < 3000, `${each} bytes of memory for each`);
  });
});

describe('with fewer descriptors than clients', () => {
  const skip = process.env.MORTISE_TEST_VALGRIND && 'valgrind keeps descriptors for itself and sets the limit';
  let ping;
  after(() => ping?.close());

  test('all that the system allows are used, and the longest idle make room', { skip }, async () => {
    ping = await Ping.start({ wrapper: ['prlimit', '--nofile=128:512'] });
    await ping.install('acme', 'a1');
    const { pid, port } = ping.daemon;
    assert.deepEqual(openFiles(pid), [512, 512]);
    const clients = await crowd(port, 1000);
    assert.ok(clients.every(({ text }) => text.startsWith('HTTP/1.1 200 ')));
    await webhooksGoOn(ping);
    // Those that came last are there still, those that came first made room.
    await until('most are gone', () => clients.filter(({ gone }) => gone).length > 1000 - 512);
    assert.ok(clients.slice(-100).every(({ gone }) => !gone));
    assert.ok(clients.slice(0, 100).every(({ gone }) => gone));
    leave(clients);
    assert.deepEqual(ping.daemon.events('http.accept_failed'), []);
  });

  test('what cannot be served is told so, or closed, and all is well afterwards', { skip }, async () => {
    const { pid, port } = ping.daemon;
    // Heads without an end are no idle connections, once they were read.
    const clients = [];
    await until('all connections are taken', async () => {
      clients.push(...await crowd(port, 20, { bytes: 'GET /-/healthy HTTP/1.1\r\nHost', answer: false }));
      return clients.some(({ text }) => text.startsWith('HTTP/1.1 503 '));
    });
    const late = await crowd(port, 100);
    assert.ok(late.some(({ text }) => /^HTTP\/1\.1 503 .*\r\nRetry-After: /s.test(text)));
    assert.ok(late.every(({ text }) => !text.startsWith('HTTP/1.1 200 ')));
    const used = cpu(pid), began = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.ok(cpu(pid) - used < (Date.now() - began) / 2000, 'the daemon rests');
    leave(clients);
    leave(late);
    await until('webhooks are taken again', async () => (await ping.tell('a1', { do: 'ok' })).status === 202);
  });
});

describe('with one client that fills the memory', () => {
  let ping;
  after(() => ping?.close());

  test('others are served, and so is that one when it lets go', async () => {
    ping = await Ping.start({ settings: { trusted_proxies: ['127.0.0.0/8'] } });
    await ping.install('acme', 'a1');
    const { pid, port } = ping.daemon;
    const before = memory(pid);
    const bytes = 'POST /extensions/ping/webhook/ HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.9\r\nContent-Length: 1048576\r\n\r\n'
      .padEnd(1_000_000, ' ');
    const clients = await crowd(port, 100, { bytes, answer: false });
    await until('some are refused', () => clients.some(({ text }) => text.startsWith('HTTP/1.1 503 ')));
    await webhooksGoOn(ping);
    if (!noMemoryLimit) assert.ok(memory(pid) - before < 64 << 20);
    leave(clients);
    await until('it is served again', async () => {
      const [client] = await crowd(port, 1, { bytes: HEALTHY.replace('\r\n\r\n', '\r\nX-Forwarded-For: 198.51.100.9\r\n\r\n') });
      client.socket.destroy();
      return client.text.startsWith('HTTP/1.1 200 ');
    });
  });
});
