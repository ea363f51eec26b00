// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Pages inside a frame of an upstream (tests/plugins/embed.c): who may show one, what its
// token opens, and what a browser makes of it.
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';

import { Browser, chromium, NO_BROWSER } from './lib/browser.mjs';
import { Daemon } from './lib/daemon.mjs';
import { until } from './lib/until.mjs';

const INSTALL_SECRET = 'install-secret-0123456789';
const SHARED_SECRET = 'shared-secret-0123456789abcdef';

const base64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const soon = () => Math.floor(Date.now() / 1000) + 300;

// A token signed with HS256.
function sign(secret, claims, header = {}) {
  const text = `${base64({ typ: 'JWT', alg: 'HS256', ...header })}.${base64(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

// No parameter here stands twice.
function qsh(method, path, query = {}) {
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).sort().join('&');
  return createHash('sha256').update(`${method}&${path.replace(/\/$/, '')}&${pairs}`).digest('hex');
}

// A site that shows one address in a frame.
function startSite() {
  const server = http.createServer((request, answer) => {
    const frame = new URL(request.url, 'http://site').searchParams.get('frame') ?? '';
    answer.writeHead(200, { 'content-type': 'text/html' });
    answer.end(`<!DOCTYPE html><title>site</title><iframe width="700" height="500" src="${frame.replaceAll('&', '&amp;')}"></iframe>`);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => {
    server.origin = `http://127.0.0.1:${server.address().port}`;
    resolve(server);
  }));
}

describe('embedded pages', () => {
  let daemon;
  let site;
  let other;

  const install = (iss, { secret = SHARED_SECRET, baseUrl = site.origin } = {}) => {
    const path = '/extensions/embed/installed/';
    const token = sign(INSTALL_SECRET, { iss, aud: daemon.settings.public_url ?? daemon.url, exp: soon(), qsh: qsh('POST', path) });
    return daemon.request('POST', path, { headers: { authorization: `JWT ${token}` },
      body: { clientKey: iss, baseUrl, sharedSecret: secret } });
  };
  const uninstall = (iss, secret = SHARED_SECRET) => {
    const path = '/extensions/embed/uninstalled/';
    const token = sign(secret, { iss, exp: soon(), qsh: qsh('POST', path), jti: String(Math.random()) });
    return daemon.request('POST', path, { headers: { authorization: `JWT ${token}` }, body: {} });
  };
  // The address of a panel, as the upstream frames it.
  const panel = (query = {}, { iss = 'acme', key = 'APP-7', secret = SHARED_SECRET, claims = {}, header, slug = 'embed' } = {}) => {
    const path = `/extensions/${slug}/panel/${key}/`;
    const jwt = sign(secret, { iss, exp: soon(), qsh: qsh('GET', path, query), ...claims }, header);
    return `${path}?${new URLSearchParams({ ...query, jwt })}`;
  };
  const dataOf = (address, body = { address }) => daemon.request('POST', `${address.split('?')[0]}data/`, { body });
  const policyOf = ({ headers }) => headers['content-security-policy'];
  const ancestors = (answer) => /frame-ancestors ([^;]*)$/.exec(policyOf(answer))[1];

  before(async () => {
    [site, other] = await Promise.all([startSite(), startSite()]);
    daemon = await Daemon.prepare({ plugins: ['embed'] });
    daemon.configure({ providers: { embed: { install_secret_file: daemon.secret('embed', INSTALL_SECRET) } } });
    await daemon.run();
    assert.equal((await install('acme')).status, 202);
  });
  after(async () => {
    for (const server of [site, other]) {
      server?.closeAllConnections();
      server?.close();
    }
    await daemon?.close();
  });

  test('are one document, whose headers say who may show it', async () => {
    const answer = await daemon.request('GET', panel());
    assert.equal(answer.status, 200);
    assert.match(answer.headers['content-type'], /^text\/html/);
    assert.equal(ancestors(answer), `'self' ${site.origin}`);
    assert.match(policyOf(answer), /default-src 'none'; script-src 'self'; /);
    assert.equal(answer.headers['x-frame-options'], undefined);
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.headers['referrer-policy'], 'no-referrer');
    assert.equal(answer.headers['set-cookie'], undefined);
    for (const slug of ['embed-old', 'embed'])
      assert.equal((await daemon.request('GET', panel({}, { slug }))).text, answer.text);
    const head = await daemon.request('HEAD', panel());
    assert.deepEqual([head.status, ancestors(head)], [200, ancestors(answer)]);
  });

  test('name the one script of the upstream that they load', async () => {
    const jwt = sign(SHARED_SECRET, { iss: 'acme' });
    const address = `/extensions/embed/scripted/APP-7/${jwt}/`;
    assert.match(policyOf(await daemon.request('GET', address)), /script-src 'self' https:\/\/cdn\.embed\.test\/all\.js;/);
    const { json } = await dataOf(address);
    assert.equal(json.script, 'https://cdn.embed.test/all.js');
    // Nothing of the token reaches the plugin.
    assert.deepEqual(JSON.parse(json.page.text[0]), { path: { key: 'APP-7' }, query: {} });
    // Nothing is loaded for who could not be verified.
    assert.match(policyOf(await daemon.request('GET', address.replace(/.\/$/, '/'))), /script-src 'self';/);
  });

  test('show what the plugin gives for the address of the frame', async () => {
    const query = { lic: 'active', xdm_e: 'https://evil.test' };
    const { status, json, headers } = await dataOf(panel(query));
    assert.equal(status, 200);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(json.page.title, 'APP-7');
    assert.deepEqual(JSON.parse(json.page.text[0]), { path: { key: 'APP-7' }, query });
  });

  test('take what a request says of its frame for nothing', async () => {
    for (const frame of ['https://evil.test', `https://evil.test; frame-ancestors *`]) {
      const answer = await daemon.request('GET', `${panel()}&xdm_e=${encodeURIComponent(frame)}`);
      // Not what was signed: nothing to see, whoever shows it.
      assert.equal(ancestors(answer), '*');
      assert.doesNotMatch(policyOf(answer), /evil/);
    }
    assert.equal(ancestors(await daemon.request('GET', panel({ xdm_e: 'https://evil.test' }))), `'self' ${site.origin}`);
  });

  test('give nothing to a token that does not hold', async () => {
    const none = { alg: 'none' };
    const cases = [
      ['no token', '/extensions/embed/panel/APP-7/'],
      ['another secret', panel({}, { secret: 'another-secret-0123456789' })],
      ['nobody', panel({}, { iss: 'nobody' })],
      ['no issuer', panel({}, { claims: { iss: undefined } })],
      ['another page', panel({}, { claims: { qsh: qsh('GET', '/extensions/embed/panel/APP-8/') } })],
      ['a context token', panel({}, { claims: { qsh: 'context-qsh' } })],
      ['another method', panel({}, { claims: { qsh: qsh('POST', '/extensions/embed/panel/APP-7/data/') } })],
      ['no expiry', panel({}, { claims: { exp: undefined } })],
      ['no algorithm', panel({}, { header: none })],
      ['a key id', panel({}, { header: { kid: '../x' } })],
      ['no token at all', '/extensions/embed/panel/APP-7/?jwt=x.y.z'],
      ['two tokens', `${panel()}&jwt=${new URLSearchParams(panel().split('?')[1]).get('jwt')}`],
    ];
    for (const [name, address] of cases) {
      const page = await daemon.request('GET', address);
      assert.deepEqual([page.status, ancestors(page)], [200, '*'], name);
      const { status, json } = await dataOf(address);
      assert.deepEqual([status, json], [401, { problem: 'unverified', detail: 'Unable to verify installation' }], name);
    }
  });

  test('ask to be loaded again once their token has expired', async () => {
    const address = panel({}, { claims: { exp: Math.floor(Date.now() / 1000) - 1 } });
    assert.equal(ancestors(await daemon.request('GET', address)), '*');
    const { status, json } = await dataOf(address);
    assert.deepEqual([status, json.problem], [401, 'expired']);
    assert.match(json.detail, /reload/);
  });

  test('may be asked for again and again', async () => {
    const address = panel({ show: 'rename' }, { key: 'APP-9' });
    for (let i = 0; i < 3; i++) {
      assert.equal((await daemon.request('GET', address)).status, 200);
      assert.equal((await dataOf(address)).status, 200);
    }
    const [row] = await daemon.sql("SELECT name FROM integration WHERE external_id = 'acme'");
    assert.equal(row.name, 'APP-9');
  });

  test('take data for their own address only', async () => {
    const address = panel();
    const bodies = [{}, { address: 7 }, [], { address: panel({}, { key: 'APP-8' }) }, { address: 'https://evil.test/' },
      { address: `${address}#x` }, { address: `//evil.test${address}` }, { address: `${address}${'x'.repeat(8200)}` }];
    for (const body of bodies)
      assert.equal((await dataOf(address, body)).status, 400, JSON.stringify(body).slice(0, 80));
    assert.equal((await daemon.request('POST', `${address.split('?')[0]}data/`, { body: '{"address":' })).status, 400);
    assert.equal((await daemon.request('POST', `${address.split('?')[0]}data/`, { body: 'x'.repeat(20000) })).status, 413);
  });

  test('say what fails in place of the data, and no secret thought', async () => {
    const gone = await dataOf(panel({ show: 'fail' }));
    assert.deepEqual([gone.status, gone.json], [404, { problem: 'failed', detail: 'There is no issue APP-7.' }]);
    for (const show of ['broken', 'address']) {
      const { status, json, text } = await dataOf(panel({ show }));
      assert.deepEqual([status, json.problem], [500, 'failed'], show);
      assert.doesNotMatch(text, /secret|javascript/);
    }
  });

  test('share their prefix with webhooks, each with its own methods', async () => {
    const wrong = async (method, path, allow) => {
      const { status, headers } = await daemon.request(method, path);
      assert.deepEqual([status, headers.allow], [405, allow], `${method} ${path}`);
    };
    await wrong('POST', '/extensions/embed/panel/APP-7/', 'GET, HEAD');
    await wrong('GET', '/extensions/embed/panel/APP-7/data/', 'POST');
    await wrong('GET', '/extensions/embed/installed/', 'POST');
    for (const path of ['/extensions/embed/panel/', '/extensions/embed/panel/a/b/', '/extensions/embed/', '/extensions/nobody/panel/a/'])
      assert.equal((await daemon.request('GET', path)).status, 404, path);
  });

  test('open with the new secret after a reinstall, and not with the old one', async () => {
    const secret = 'second-secret-0123456789abcdef';
    assert.equal((await install('rotated')).status, 202);
    assert.equal((await dataOf(panel({}, { iss: 'rotated' }))).status, 200);
    assert.equal((await install('rotated', { secret, baseUrl: other.origin })).status, 202);
    assert.equal((await dataOf(panel({}, { iss: 'rotated' }))).status, 401);
    const address = panel({}, { iss: 'rotated', secret });
    assert.equal((await dataOf(address)).status, 200);
    assert.equal(ancestors(await daemon.request('GET', address)), `'self' ${other.origin}`);
    const rows = await daemon.sql("SELECT metadata, secrets FROM integration WHERE external_id = 'rotated'");
    assert.doesNotMatch(JSON.stringify(rows), /secret-0123456789/);
  });

  test('are closed while their integration is disabled, and open with the next install', async () => {
    const address = panel({}, { iss: 'closed' });
    assert.equal((await install('closed')).status, 202);
    assert.equal((await dataOf(address)).status, 200);
    assert.equal((await uninstall('closed')).status, 202);
    assert.equal(ancestors(await daemon.request('GET', address)), '*');
    assert.equal((await dataOf(address)).status, 401);
    assert.equal((await install('closed')).status, 202);
    assert.equal((await dataOf(address)).status, 200);
  });

  describe('in a browser', { skip: chromium ? false : NO_BROWSER }, () => {
    let browser;
    const show = (where, address) => browser.open(`${where.origin}/?frame=${encodeURIComponent(daemon.url + address)}`);

    before(async () => { browser = await Browser.start(); });
    after(() => browser?.close());

    test('show in the frame of their own site', async () => {
      await show(site, panel());
      const text = await browser.seesInFrame(daemon.url, /The one thing/);
      assert.match(text, /APP-7[\s\S]*A row[\s\S]*Events\s*7[\s\S]*A link/);
      assert.deepEqual(browser.faults, []);
    });

    test('show hostile texts as texts', async () => {
      await show(site, panel({ show: 'hostile' }));
      const text = await browser.seesInFrame(daemon.url, /<script>document\.title = 'owned'<\/script>/);
      assert.match(text, /javascript:alert\(1\)/);
      assert.match(text, /<style>body/);
      assert.deepEqual(browser.faults, []);
      assert.equal(await browser.run('document.title'), 'site');
    });

    test('say that they cannot verify, wherever they are shown', async () => {
      await show(other, panel({}, { iss: 'nobody' }));
      await browser.seesInFrame(daemon.url, /Unable to verify installation/);
      await show(other, panel({}, { claims: { exp: 1 } }));
      await browser.seesInFrame(daemon.url, /reload/);
      assert.deepEqual(browser.faults, []);
    });

    test('are not shown by another site', async () => {
      await show(other, panel());
      await until('the browser refuses', () => browser.faults.some((fault) => /frame-ancestors/.test(fault)));
      assert.doesNotMatch(await browser.text(), /APP-7/);
    });
  });
});
