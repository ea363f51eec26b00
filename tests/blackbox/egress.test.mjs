// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// A real mortised whose upstream, environment and redirects try to lead it elsewhere.  All
// of it stays on the loopback network: 127.0.0.2 is the place that may be reached, 127.0.0.3
// the one that must not.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

import { noMemoryLimit, programs } from './lib/paths.mjs';
import { Ping } from './lib/ping.mjs';

const PROXIES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];

// {url, port, requests, connections, close}; 'answer' as of http.createServer.
async function serve(host, answer) {
  const place = { requests: [], connections: 0 };
  const server = http.createServer((request, reply) => {
    place.requests.push(request);
    answer(request, reply);
  });
  server.on('connection', () => place.connections++);
  await new Promise((resolve) => server.listen(0, host, resolve));
  place.port = server.address().port;
  place.url = `http://${host}:${place.port}`;
  place.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return place;
}

describe('requests of a plugin', () => {
  let ping, daemon, upstream, trap;
  const bomb = gzipSync(Buffer.alloc(64 << 20));

  const ask = (path) => ping.tell('a1', { do: 'http', method: 'GET', path, credentials: 'key' }, { hook: 'now' });
  const outcomes = () => daemon.events('egress.request', {}, { lastRun: true }).map(({ outcome }) => outcome);
  async function allow(...entries) {
    daemon.configure({ egress: { allow: entries } });
    await daemon.restart();
  }
  const named = () => ({ provider: 'ping', host: '127.0.0.2', port: upstream.port });

  before(async () => {
    trap = await serve('127.0.0.3', (request, reply) => reply.end('{}'));
    upstream = await serve('127.0.0.2', (request, reply) => {
      if (request.url === '/away') reply.writeHead(302, { location: `${trap.url}/` }).end();
      else if (request.url === '/bomb') reply.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' }).end(bomb);
      else reply.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
    ping = await Ping.start();
    ({ daemon } = ping);
    await ping.install('acme', 'a1');
    daemon.configure({ providers: { ping: { ...daemon.settings.providers.ping, api_url: upstream.url } } });
    daemon.env = Object.fromEntries(PROXIES.map((name) => [name, trap.url]));
  });
  after(async () => {
    await ping?.close();
    upstream?.close();
    trap?.close();
  });

  test('reach no private address that nobody allowed', async () => {
    await allow();
    assert.ok((await ask('/')).status >= 500);
    assert.deepEqual(outcomes(), ['forbidden']);
    await allow({ ...named(), provider: 'github' }, { ...named(), port: upstream.port - 1 }, { ...named(), host: '127.0.0.3' }, '127.0.0.4/30');
    assert.ok((await ask('/')).status >= 500);
    assert.deepEqual(outcomes(), ['forbidden']);
    assert.equal(upstream.connections, 0);
    assert.equal(trap.connections, 0);
  });

  test('reach the one that was allowed, whatever proxies the environment names', async () => {
    await allow(named());
    assert.equal((await ask('/')).status, 202);
    assert.equal(upstream.requests.at(-1).headers.authorization, 'Key k-123456');
    assert.deepEqual(outcomes(), ['answered']);
    assert.equal(trap.connections, 0);
  });

  test('are not led away by a redirect', async () => {
    assert.ok((await ask('/away')).status >= 500);
    assert.equal(outcomes().at(-1), 'forbidden');
    assert.equal(trap.connections, 0);
  });

  test('take no credentials along to another origin', async () => {
    await allow('127.0.0.2/31');
    assert.equal((await ask('/away')).status, 202);
    assert.equal(upstream.requests.at(-1).headers.authorization, 'Key k-123456');
    assert.equal(trap.requests.length, 1);
    assert.doesNotMatch(JSON.stringify(trap.requests[0].rawHeaders), /k-123456/);
  });

  test('stop at the limit of an answer, as it is after decompression', async () => {
    const peak = () => Number(readFileSync(`/proc/${daemon.pid}/status`, 'latin1').match(/VmHWM:\s+(\d+)/)[1]) * 1024;
    const before = peak();
    assert.ok((await ask('/bomb')).status >= 500);
    assert.equal(outcomes().at(-1), 'limit');
    if (!noMemoryLimit) assert.ok(peak() - before < 40 << 20, `${peak() - before} bytes`);
    assert.equal((await ask('/')).status, 202);
  });

  test('are configured with addresses and networks only', async () => {
    const wrong = [[{ egress: { allow: ['10.0.0.0/33'] } }, 'egress.allow'], [{ egress: { allow: ['internal'] } }, 'egress.allow'],
      [{ egress: { allow: [{ ...named(), host: `http://127.0.0.2/` }] } }, 'egress.allow'], [{ egress: { proxy: 'proxy:3128' } }, 'egress.proxy'],
      [{ trusted_proxies: ['10.0.0.0/8', 'proxy'] }, 'trusted_proxies'], [{ listen: ['localhost:8300'] }, 'listen'], [{ metrics: { listen: '8301' } }, 'metrics.listen']];
    const good = { ...daemon.settings };
    for (const [settings, key] of wrong) {
      daemon.settings = { ...good };
      daemon.configure(settings);
      const said = await promisify(execFile)(programs.mortised, ['--config', daemon.path('mortise.conf'), '--check-config'])
        .then(() => 'good', ({ code, stderr }) => `${code} ${stderr}`);
      assert.match(said, new RegExp(`^1 .*mortise\\.conf:\\d+: ${key}: `), JSON.stringify(settings));
    }
    daemon.settings = good;
    daemon.configure();
  });
});
