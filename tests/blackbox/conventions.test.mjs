// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// What holds for every route of the API: slashes, HEAD, OPTIONS, cross-origin requests,
// gzip, ETag, pages.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { Ping } from './lib/ping.mjs';

const ORIGIN = 'https://app.example.test';
const INSTALLS = 5;

describe('conventions of the API', () => {
  let ping;
  let daemon;
  let token;

  const list = '/api/0/organizations/acme/integrations/';
  const ask = (method, path, headers = {}) =>
    fetch(daemon.url + path, { method, headers: { authorization: `Bearer ${token}`, ...headers }, redirect: 'manual' });

  // The bytes as they came: fetch would expand them.
  const raw = (path, headers) => new Promise((resolve, reject) => {
    http.get(daemon.url + path, { agent: false, headers: { authorization: `Bearer ${token}`, ...headers } }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.once('end', () => resolve({ status: answer.statusCode, headers: answer.headers, bytes: Buffer.concat(chunks) }));
    }).once('error', reject);
  });

  before(async () => {
    ping = await Ping.start({ settings: { api: { origins: [ORIGIN] } } });
    daemon = ping.daemon;
    for (let i = 0; i < INSTALLS; i++) token = await ping.install('acme', `a${i}`, token);
  });
  after(() => ping?.close());

  test('a trailing slash is optional', async () => {
    const [slash, none] = await Promise.all([ask('GET', list), ask('GET', list.slice(0, -1))]);
    assert.deepEqual([slash.status, none.status], [200, 200]);
    assert.deepEqual(await none.json(), await slash.json());
    assert.equal((await ask('GET', `${list}/`)).status, 404);
  });

  test('HEAD is GET without the body', async () => {
    const get = await ask('GET', list, { 'accept-encoding': 'identity' });
    const head = await ask('HEAD', list, { 'accept-encoding': 'identity' });
    assert.equal(head.status, 200);
    for (const name of ['content-length', 'content-type', 'etag', 'link'])
      assert.equal(head.headers.get(name), get.headers.get(name), name);
    assert.equal(await head.text(), '');
    assert.equal((await ask('HEAD', list, { authorization: 'Bearer mrt_nothing' })).status, 401);
    assert.equal((await ask('HEAD', `${list}999999/`)).status, 404);
  });

  test('OPTIONS tells the methods without credentials', async () => {
    const cases = [[list, 'GET, HEAD, OPTIONS'], [`${list}1/`, 'DELETE, GET, HEAD, OPTIONS, POST']];
    for (const [path, methods] of cases) {
      const answer = await fetch(daemon.url + path, { method: 'OPTIONS' });
      assert.equal(answer.status, 204);
      assert.equal(answer.headers.get('allow').split(', ').sort().join(', '), methods, path);
      assert.equal(answer.headers.get('access-control-allow-origin'), null);
    }
    assert.equal((await fetch(`${daemon.url}/api/0/nowhere/`, { method: 'OPTIONS' })).status, 404);
    const wrong = await ask('PATCH', list);
    assert.equal(wrong.status, 405);
    assert.equal(wrong.headers.get('allow').split(', ').sort().join(', '), cases[0][1]);
  });

  test('a small body is passed over where none is asked for', async () => {
    const send = (size) => fetch(`${daemon.url}${list}999999/`, { method: 'DELETE',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: 'x'.repeat(size) });
    assert.equal((await send(4096)).status, 404);
    assert.equal((await send(4097)).status, 413);
  });

  test('pages of configured origins may ask, others may not', async () => {
    const preflight = await fetch(daemon.url + list, { method: 'OPTIONS', headers: { origin: ORIGIN,
      'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' } });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-origin'), ORIGIN);
    assert.match(preflight.headers.get('access-control-allow-methods'), /\bGET\b/);
    assert.match(preflight.headers.get('access-control-allow-headers'), /\bAuthorization\b/);
    const told = await ask('GET', list, { origin: ORIGIN });
    assert.equal(told.headers.get('access-control-allow-origin'), ORIGIN);
    assert.match(told.headers.get('access-control-expose-headers'), /\bLink\b/);
    assert.match(told.headers.get('vary'), /Origin/);
    const refused = await ask('GET', list, { origin: ORIGIN, authorization: 'Bearer mrt_nothing' });
    assert.deepEqual([refused.status, refused.headers.get('access-control-allow-origin')], [401, ORIGIN]);
    for (const origin of ['https://evil.test', 'null', `${ORIGIN}.evil.test`])
      assert.equal((await ask('GET', list, { origin })).headers.get('access-control-allow-origin'), null, origin);
  });

  test('what is worth it is compressed for those who want it', async () => {
    const plain = await raw(list, {});
    const packed = await raw(list, { 'accept-encoding': 'gzip, deflate, br' });
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.equal(packed.headers['content-encoding'], 'gzip');
    assert.match(packed.headers.vary, /Accept-Encoding/);
    assert.deepEqual(gunzipSync(packed.bytes), plain.bytes);
    assert.ok(packed.bytes.length < plain.bytes.length / 2, `${packed.bytes.length} of ${plain.bytes.length}`);
    const page = await raw('/console/console.js', { 'accept-encoding': 'gzip' });
    assert.equal(page.headers['content-encoding'], 'gzip');
    assert.deepEqual(gunzipSync(page.bytes), (await raw('/console/console.js', {})).bytes);
    // What nobody may keep may hold a secret, of which lengths would tell.
    const [{ id }] = JSON.parse(plain.bytes);
    const secret = await raw(`${list}${id}/`, { 'accept-encoding': 'gzip' });
    assert.deepEqual([secret.headers['cache-control'], secret.headers['content-encoding'], secret.headers.etag],
      ['no-store', undefined, undefined]);
  });

  test('what a client has is not sent again, until it changes', async () => {
    const first = await raw(list, {});
    const { etag } = first.headers;
    assert.match(etag, /^W\/"[0-9a-f]{32}"$/);
    const same = await raw(list, { 'if-none-match': etag });
    assert.deepEqual([same.status, same.headers.etag, same.bytes.length], [304, etag, 0]);
    assert.equal((await raw(list, { 'if-none-match': etag, 'accept-encoding': 'gzip' })).status, 304);
    // Not for those who may not read it.
    assert.equal((await raw(list, { 'if-none-match': etag, authorization: 'Bearer mrt_nothing' })).status, 401);
    await ping.install('acme', 'b1', token);
    const changed = await raw(list, { 'if-none-match': etag });
    assert.equal(changed.status, 200);
    assert.notEqual(changed.headers.etag, etag);
  });

  // Lists keep what they show until something is committed.
  test('a list shows a change at once', async () => {
    const [item] = await (await ask('GET', list)).json();
    for (const colour of ['green', 'blue']) {
      const { status, text } = await daemon.api('POST', `/organizations/acme/integrations/${item.id}/`, { token, body: { colour } });
      assert.equal(status, 200, text);
      const [shown] = await (await ask('GET', list)).json();
      assert.equal(shown.configData.colour, colour);
      const [plain] = await (await ask('GET', `${list}?includeConfig=0`)).json();
      assert.equal(plain.configData, null);
    }
  });

  // ---- Pages ----

  const link = (headers, rel) => {
    const [, url, results, cursor] = headers.get('link').match(
      new RegExp(`<([^>]*)>; rel="${rel}"; results="(true|false)"; cursor="([^"]*)"`));
    return { url: new URL(url), results: results === 'true', cursor };
  };
  const names = async (answer) => (await answer.json()).map(({ name }) => name);

  test('a list is walked forwards and back', async () => {
    const all = await names(await ask('GET', list));
    const pages = [];
    let answer = await ask('GET', `${list}?per_page=2&includeConfig=0`);
    assert.equal(link(answer.headers, 'previous').results, false);
    for (;;) {
      pages.push(await names(answer));
      const next = link(answer.headers, 'next');
      if (!next.results) break;
      assert.equal(next.url.searchParams.get('cursor'), next.cursor);
      assert.equal(next.url.searchParams.get('includeConfig'), '0');
      answer = await ask('GET', next.url.pathname + next.url.search);
    }
    assert.deepEqual(pages.flat(), all);
    assert.ok(pages.length >= 3);
    for (const page of pages.slice(0, -1).reverse()) {
      const previous = link(answer.headers, 'previous');
      assert.equal(previous.results, true);
      answer = await ask('GET', previous.url.pathname + previous.url.search);
      assert.deepEqual(await names(answer), page);
    }
    assert.equal(link(answer.headers, 'previous').results, false);
    assert.equal(link(answer.headers, 'next').results, true);
  });

  test('a cursor that this list did not give out is refused', async () => {
    for (const query of ['cursor=x', 'cursor=1:2', 'cursor=1:2:3', 'cursor=-1:-1:0', 'cursor=99999999999999999999:0:0',
      'cursor=1:0:0:0', 'cursor=t!:1:0', 'cursor=t_w:1:0', `cursor=t${'A'.repeat(2000)}:1:0`, 'per_page=0', 'per_page=101',
      'per_page=-1', 'per_page=x', 'per_page=99999999999999999999']) {
      const answer = await ask('GET', `${list}?${query}`);
      assert.equal(answer.status, 400, query);
      assert.equal(typeof (await answer.json()).detail, 'string');
    }
    assert.equal((await ask('GET', `${list}?cursor=0:0:0`)).status, 200);
    assert.equal((await ask('GET', `${list}?cursor=`)).status, 200);
  });
});
