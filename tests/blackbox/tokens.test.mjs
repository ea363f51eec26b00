// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Signed tokens of others, made by Atlassian's own atlassian-jwt: what is good is taken
// once, and whatever is wrong with a token is refused, answered as registered, and leaves
// nothing.  The plugin is tests/plugins/signed.c.
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import jwt from 'atlassian-jwt';

import { freePort } from './lib/config.mjs';
import { Daemon } from './lib/daemon.mjs';
import { serve } from '../upstream/http.mjs';

const PREFIX = '/extensions/signed/';
const pem = (bits) => generateKeyPairSync('rsa', { modulusLength: bits,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
const now = () => Math.floor(Date.now() / 1000);
const base64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const hmac = (secret, text) => createHmac('sha256', secret).update(text).digest('base64url');
const qsh = (method, path, query = '') => jwt.createQueryStringHash(jwt.fromMethodAndUrl(method, `${path}${query}`));

// Where public keys are published: what it answers for each id, and what it was asked.
class KeyServer {
  static async start() {
    const server = new KeyServer();
    server.answers = new Map();
    server.asked = [];
    server.http = await serve(({ target }) => {
      const kid = target.slice(1);
      server.asked.push(kid);
      return { status: 200, ...server.answers.get(kid) ?? { status: 404, text: 'not here' } };
    });
    server.url = server.http.url;
    return server;
  }

  close() {
    return this.http.close();
  }
}

describe('tokens of others', () => {
  const owner = pem(2048);
  const stranger = pem(2048);
  let keys;
  let daemon;
  let acme;
  let metricsPort;
  const sent = [];

  before(async () => {
    keys = await KeyServer.start();
    keys.answers.set('key-1', { text: `\n${owner.publicKey}\n` });
    daemon = await Daemon.prepare({ plugins: ['signed'] });
    metricsPort = await freePort();
    daemon.configure({ metrics: { listen: `127.0.0.1:${metricsPort}` }, providers: { signed: { keys_url: keys.url } },
      egress: { allow: [{ provider: 'signed', host: '127.0.0.1', port: Number(new URL(keys.url).port) }],
        connect_timeout: 2, timeout: 10 } });
    await daemon.run();
    acme = await daemon.organization('acme');
    await link('acme', acme, 'tenant-a', 'secret-a');
    await link('acme', acme, 'tenant-b', 'secret-b', 'proved');
  });
  after(async () => {
    await daemon?.close();
    await keys?.close();
  });

  async function link(org, token, account, secret, ownership = 'claimed') {
    const path = `/organizations/${org}/pipeline/integration_pipeline/`;
    await daemon.api('POST', path, { token, body: { action: 'initialize', provider: 'signed' } });
    const { json, text } = await daemon.api('POST', path, { token, body: { account, ownership, shared_secret: secret } });
    assert.equal(json?.status, 'complete', text);
  }

  // A token of the tenant, good for this request unless 'claims' say otherwise.
  const claimsFor = (method, path, claims) => ({ iss: 'tenant-a', iat: now(), exp: now() + 180, jti: randomUUID(),
    qsh: qsh(method, path), ...claims });
  const symmetric = (path, claims = {}, { secret = 'secret-a', method = 'POST' } = {}) =>
    jwt.encodeSymmetric(claimsFor(method, path, claims), secret);
  const asymmetric = (path, claims = {}, { key = owner.privateKey, kid = 'key-1', method = 'POST' } = {}) =>
    jwt.encodeAsymmetric(claimsFor(method, path, { aud: daemon.url, ...claims }), key, 'RS256', { kid });
  const send = (path, token, body = {}, headers = {}) => {
    sent.push(token ?? headers.authorization ?? path);
    return daemon.request('POST', PREFIX + path, { body,
      headers: { ...(token && { authorization: `JWT ${token}` }), ...headers } });
  };
  const stored = async () => (await daemon.sql('SELECT count(*) AS n FROM webhook'))[0].n;
  const tenant = async (id) => (await daemon.sql(
    `SELECT id, name, status FROM integration WHERE provider = 'signed' AND external_id = '${id}'`))[0];

  const install = (iss, secret, claims = {}, options = {}) => send('installed/',
    asymmetric(`${PREFIX}installed/`, { iss, ...claims }, options), { clientKey: iss, sharedSecret: secret });

  // What became of webhooks so far, by its condition: {bad_qsh: 2}.
  async function outcomes() {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    return Object.fromEntries([...text.matchAll(
      /^mortise_webhooks_total\{provider="signed",outcome="(\w+)"\} (\d+)$/mg)].map(([, name, n]) => [name, Number(n)]));
  }

  // The reply to what must be refused for just this condition.
  async function rejected(reason, act) {
    const before = await outcomes();
    const answer = await act();
    const after = await outcomes();
    const changed = Object.keys(after).filter((name) => after[name] !== (before[name] ?? 0));
    assert.deepEqual(changed, [reason], answer.text);
    return answer;
  }

  test('a document that needs no token', async () => {
    const { status, json } = await daemon.request('GET', `${PREFIX}descriptor/`);
    assert.deepEqual([status, json], [200, { key: 'signed' }]);
  });

  describe('public keys by their id', () => {
    test('a life cycle event makes an integration, and its secret is good from then on', async () => {
      const { status, text } = await install('tenant-new', 'secret-new');
      assert.deepEqual([status, text], [200, '']);
      assert.equal((await tenant('tenant-new')).name, 'secret-new');
      const ignored = await send('updated/', symmetric(`${PREFIX}updated/`, { iss: 'tenant-new' },
        { secret: 'secret-new' }));
      assert.equal(ignored.status, 202);
      await rejected('bad_signature', () => send('updated/', symmetric(`${PREFIX}updated/`, { iss: 'tenant-new' })));
    });

    test('the audience may be one of several, the path may have its slash or not', async () => {
      assert.equal((await install('tenant-new', 's2', { aud: ['https://other.test', `${daemon.url}/`] })).status, 200);
      const token = asymmetric(`${PREFIX}installed`, { iss: 'tenant-new' });
      assert.equal((await send('installed', token, { clientKey: 'tenant-new', sharedSecret: 's3' })).status, 200);
      assert.equal((await tenant('tenant-new')).name, 's3');
      const other = asymmetric(`${PREFIX}installed/`, { iss: 'tenant-new' });
      assert.equal((await send('installed', other, { clientKey: 'tenant-new', sharedSecret: 's4' })).status, 200);
    });

    test('the key is fetched once', () => {
      assert.deepEqual(keys.asked.filter((kid) => kid === 'key-1'), ['key-1']);
    });

    const path = `${PREFIX}installed/`;
    const claims = { iss: 'tenant-x' };
    const unsigned = (header, extra = {}) => `${base64(header)}.${base64(claimsFor('POST', path,
      { aud: daemon.url, ...claims, ...extra }))}.`;
    const hostile = [
      ['nothing', () => null, 409, 'no_signature', '{}'],
      ['another scheme', () => null, 409, 'no_signature', '{}', { authorization: 'Bearer a.b.c' }],
      ['only the scheme', () => null, 409, 'no_signature', '{}', { authorization: 'JWT ' }],
      ['what is no token', () => 'abc', 400, 'bad_token'],
      ['two tokens', () => `${asymmetric(path, claims)}, JWT ${asymmetric(path, claims)}`, 400, 'bad_token'],
      ['alg none', () => unsigned({ alg: 'none', kid: 'key-1' }), 400, 'bad_token'],
      ['HS256 with the public key as secret', () => {
        const text = `${base64({ typ: 'JWT', alg: 'HS256', kid: 'key-1' })}.${base64(claimsFor('POST', path,
          { aud: daemon.url, ...claims }))}`;
        return `${text}.${hmac(owner.publicKey, text)}`;
      }, 400, 'bad_token'],
      ['no key id', () => symmetric(path, claims), 400, 'no_kid', '{"detail":"Missing key id"}'],
      ...['../key-1', 'a/b', 'key-1?x', 'key-1#x', '..', '.', '', 'a b', 'k'.repeat(129), 7].map((kid) => [
        `the key id ${JSON.stringify(kid).slice(0, 12)}`, () => asymmetric(path, claims, { kid }), 400, 'unknown_key',
        '{"detail":"Invalid key id"}']),
      ['an unknown key id', () => asymmetric(path, claims, { kid: 'nobody' }), 400, 'unknown_key',
        '{"detail":"Invalid key id"}'],
      ['a key that is HTML', () => asymmetric(path, claims, { kid: 'html' }), 400, 'unknown_key'],
      ['a key that is too small', () => asymmetric(path, claims, { kid: 'small' }), 400, 'unknown_key'],
      ['a key that cannot be had', () => asymmetric(path, claims, { kid: 'down' }), 503, 'overloaded'],
      ['a key of 20 KiB', () => asymmetric(path, claims, { kid: 'large' }), 503, 'overloaded'],
      ['another private key', () => asymmetric(path, claims, { key: stranger.privateKey }), 401, 'bad_signature'],
      ['an end a second ago', () => asymmetric(path, { ...claims, exp: now() - 1 }), 400, 'expired',
        '{"detail":"Expired signature"}'],
      ['an end just now', () => asymmetric(path, { ...claims, exp: now() }), 400, 'expired'],
      ['no end', () => asymmetric(path, { ...claims, exp: undefined }), 400, 'bad_token'],
      ['an end in two days', () => asymmetric(path, { ...claims, exp: now() + 172800 }), 400, 'bad_token'],
      ['a beginning to come', () => asymmetric(path, { ...claims, nbf: now() + 60 }), 400, 'bad_token'],
      ['a birth to come', () => asymmetric(path, { ...claims, iat: now() + 400 }), 400, 'bad_token'],
      ['another audience', () => asymmetric(path, { ...claims, aud: 'https://other.test' }), 400, 'bad_token'],
      ['no audience', () => asymmetric(path, { ...claims, aud: undefined }), 400, 'bad_token'],
      ['the hash of another request', () => asymmetric(`${PREFIX}uninstalled/`, claims), 409, 'bad_qsh'],
      ['the hash of another method', () => asymmetric(path, claims, { method: 'GET' }), 409, 'bad_qsh'],
      ['the fixed hash', () => asymmetric(path, { ...claims, qsh: 'context-qsh' }), 409, 'bad_qsh'],
      ['no hash', () => asymmetric(path, { ...claims, qsh: undefined }), 409, 'bad_qsh'],
      ['no issuer', () => asymmetric(path, { iss: undefined }), 400, 'no_subject'],
      ['another issuer than the body', () => asymmetric(path, { iss: 'tenant-y' }), 400, 'bad_bind'],
    ];

    test('whatever is wrong is refused and leaves nothing', async () => {
      keys.answers.set('html', { text: '<!doctype html><p>Not found' });
      keys.answers.set('small', { text: pem(1024).publicKey });
      keys.answers.set('down', { status: 500, text: 'oops' });
      keys.answers.set('large', { text: owner.publicKey + ' '.repeat(20480) });
      const before = await daemon.sql('SELECT count(*) AS n FROM integration');
      for (const [what, token, status, reason, body, headers] of hostile) {
        const answer = await rejected(reason, () => send('installed/', token(),
          { clientKey: 'tenant-x', sharedSecret: 'stolen' }, headers)).catch((error) => {
          throw new Error(`${what}: ${error.message}`);
        });
        assert.equal(answer.status, status, `${what}: ${answer.text}`);
        if (body) assert.equal(answer.text, body, what);
      }
      assert.deepEqual(await daemon.sql('SELECT count(*) AS n FROM integration'), before);
      assert.deepEqual(await daemon.sql("SELECT 1 FROM integration WHERE external_id IN ('tenant-x', 'tenant-y')"), []);
    });

    test('only plain ids were asked for, and an unknown one is remembered', async () => {
      assert.deepEqual(new Set(keys.asked), new Set(['key-1', 'nobody', 'html', 'small', 'down', 'large']));
      const asked = keys.asked.length;
      await rejected('unknown_key', () => install('tenant-x', 'x', {}, { kid: 'nobody' }));
      assert.equal(keys.asked.length, asked);
    });

    test('an empty body is told before the key is looked at', async () => {
      await rejected('empty_body', () => send('installed/', asymmetric(path, claims, { kid: 'nobody' }), ''));
    });

    test('a token counts once, whatever body comes with it the second time', async () => {
      const token = asymmetric(path, { iss: 'tenant-once' });
      assert.equal((await send('installed/', token, { clientKey: 'tenant-once', sharedSecret: 'one' })).status, 200);
      const again = await rejected('replayed', () =>
        send('installed/', token, { clientKey: 'tenant-once', sharedSecret: 'two' }));
      assert.deepEqual([again.status, again.text], [400, '{"detail":"Expired signature"}']);
      assert.equal((await tenant('tenant-once')).name, 'one');
      const [header, payload] = token.split('.');
      await rejected('bad_signature', () => send('installed/', `${header}.${payload}.${base64('x'.repeat(256))}`,
        { clientKey: 'tenant-once', sharedSecret: 'three' }));
    });

    test('of many at once one wins', async () => {
      const token = asymmetric(path, { iss: 'tenant-race' });
      const answers = await Promise.all([1, 2, 3, 4, 5, 6].map((n) =>
        send('installed/', token, { clientKey: 'tenant-race', sharedSecret: `s${n}` })));
      const winners = [1, 2, 3, 4, 5, 6].filter((n) => answers[n - 1].status === 200);
      assert.equal(winners.length, 1);
      // The others came too late, or when too many waited.
      for (const { status } of answers) assert.ok([200, 400, 503].includes(status), status);
      assert.equal((await tenant('tenant-race')).name, `s${winners[0]}`);
    });

    test('what failed may be sent again with its token', async () => {
      const token = asymmetric(path, { iss: 'tenant-retry' });
      assert.equal((await send('installed/', token, { clientKey: 'tenant-retry', fail: true })).status, 503);
      assert.equal((await send('installed/', token, { clientKey: 'tenant-retry', sharedSecret: 's' })).status, 200);
    });

    test('of a used token only a hash is kept', async () => {
      const rows = await daemon.sql('SELECT hash, expires_at FROM used_token');
      assert.ok(rows.length > 0);
      for (const { hash, expires_at: end } of rows) {
        assert.match(hash, /^[0-9a-f]{64}$/);
        assert.ok(end > Date.now() * 1000 && end < (Date.now() + 200_000) * 1000);
      }
    });
  });

  describe('a shared secret', () => {
    const path = `${PREFIX}updated/`;

    test('a webhook is stored, and its replay needs no token', async () => {
      const before = await stored();
      const { status } = await send('updated/', symmetric(path), { issue: '7', outcome: 'seen' });
      assert.equal(status, 202);
      assert.equal(await stored(), before + 1);
      await daemon.idle();
      const [{ id }] = await daemon.sql('SELECT max(id) AS id FROM webhook');
      await daemon.ctlOk('webhook', 'replay', String(id));
      await daemon.idle();
      const { webhook } = await daemon.ctlJson('webhook', 'show', String(id));
      assert.deepEqual(webhook.jobs.map(({ outcome }) => outcome), ['seen', 'seen']);
    });

    test('the name of the scheme may be written in any case', async () => {
      assert.equal((await send('updated/', null, {}, { authorization: `jwt ${symmetric(path)}` })).status, 202);
    });

    test('without its slash, and with a query that was hashed', async () => {
      const query = '?b=2&a=1&id=10&id=2&blank=&q=a%20b*';
      const token = symmetric(path, { qsh: qsh('POST', path, query) });
      assert.equal((await send(`updated${query}`, token)).status, 202);
      assert.equal((await send(`updated/${query}&jwt=ignored`, token)).status, 202);
      await rejected('bad_qsh', () => send(`updated/${query}&c=3`, token));
      await rejected('bad_qsh', () => send('updated/', token));
    });

    test('whatever is wrong is refused and not stored', async () => {
      const before = await stored();
      const text = `${base64({ alg: 'HS256', kid: 'key-1' })}.${base64(claimsFor('POST', path, {}))}`;
      for (const [what, token, reason, status] of [
        ['another tenant\'s name', symmetric(path, { iss: 'tenant-b' }), 'bad_signature', 401],
        ['a tenant nobody knows', symmetric(path, { iss: 'tenant-z' }), 'unknown_integration', 404],
        ['no tenant', symmetric(path, { iss: undefined }), 'no_subject', 400],
        ['alg none', `${base64({ alg: 'none' })}.${base64(claimsFor('POST', path, {}))}.`, 'bad_token', 400],
        ['RS256 where HS256 is expected', jwt.encodeAsymmetric(claimsFor('POST', path), owner.privateKey, 'RS256'), 'bad_token', 400],
        ['a key id', asymmetric(path), 'unknown_key', 400],
        ['HS256 with a key id', `${text}.${hmac('secret-a', text)}`, 'unknown_key', 400],
        ['an empty secret', symmetric(path).replace(/[^.]*$/, ''), 'bad_signature', 401],
        ['expired', symmetric(path, { exp: now() - 1 }), 'expired', 401],
        ['not valid yet', symmetric(path, { nbf: now() + 60 }), 'bad_token', 400],
        ['of the future', symmetric(path, { iat: now() + 3600 }), 'bad_token', 400],
        ['another request', symmetric(`${PREFIX}other/`), 'bad_qsh', 401],
        ['the fixed hash', symmetric(path, { qsh: 'context-qsh' }), 'bad_qsh', 401],
      ]) {
        const answer = await rejected(reason, () => send('updated/', token)).catch((error) => {
          throw new Error(`${what}: ${error.message}`);
        });
        assert.equal(answer.status, status, what);
      }
      assert.equal(await stored(), before);
    });

    test('two claim one tenant: the secret says whose it is', async () => {
      const beta = await daemon.organization('beta');
      await link('beta', beta, 'tenant-a', 'secret-of-beta');
      const before = await stored();
      for (const secret of ['secret-a', 'secret-of-beta'])
        assert.equal((await send('updated/', symmetric(path, {}, { secret }))).status, 202);
      const rows = await daemon.sql(`SELECT integration_id AS id FROM webhook ORDER BY id DESC LIMIT ${await stored() - before}`);
      assert.equal(new Set(rows.map(({ id }) => id)).size, 2);
    });

    test('a stored webhook whose token counts once', async () => {
      const before = await stored();
      const token = symmetric(`${PREFIX}once/`);
      assert.equal((await send('once/', token)).status, 202);
      const again = await rejected('replayed', () => send('once/', token, { other: true }));
      assert.equal(again.status, 401);
      const racing = symmetric(`${PREFIX}once/`);
      const answers = await Promise.all([1, 2, 3, 4].map(() => send('once/', racing)));
      assert.deepEqual(answers.map(({ status }) => status).sort(), [202, 401, 401, 401]);
      assert.equal(await stored(), before + 2);
    });

    test('a repeated delivery is taken once', async () => {
      const before = await stored();
      for (let i = 0; i < 2; i++)
        assert.equal((await send('updated/', symmetric(path), {}, { 'x-delivery': 'd-1' })).status, 202);
      assert.equal(await stored(), before + 1);
    });
  });

  describe('a token in the query', () => {
    const get = (place, query, token) => daemon.request('GET',
      `${PREFIX}framed/${place}/?${query}${query && '&'}jwt=${token}`);
    const hashOf = (place, query = '') => ({ qsh: qsh('GET', `${PREFIX}framed/${place}/`, query && `?${query}`) });

    test('is no part of what is hashed', async () => {
      for (const query of ['', 'xdm_e=https%3A%2F%2Facme.test&lic=', 'a=2&a=1', 'q=%2B+%20*~', 'blank=&blank=']) {
        const { status, text } = await get('X-1', query, symmetric('', hashOf('X-1', query)));
        assert.equal(status, 202, `${query}: ${text}`);
      }
    });

    test('counts for its place and its query only', async () => {
      const token = symmetric('', hashOf('X-1', 'a=1'));
      await rejected('bad_qsh', () => get('X-2', 'a=1', token));
      await rejected('bad_qsh', () => get('X-1', 'a=2', token));
      await rejected('bad_qsh', () => get('X-1', '', token));
    });

    test('may stand there once', async () => {
      const token = symmetric('', hashOf('X-1'));
      await rejected('bad_token', () => get('X-1', `jwt=${token}`, token));
      await rejected('bad_token', () => get('X-1', 'jw%74=x', token));
      await rejected('no_signature', () => daemon.request('GET', `${PREFIX}framed/X-1/`));
      await rejected('no_signature', () => get('X-1', '', ''));
    });
  });

  describe('a token in the path', () => {
    const post = (token) => send(`address/${token}/`, null, { issue: '9' });
    const address = (claims, secret = 'secret-a') => jwt.encodeSymmetric(claims, secret);

    test('counts without an end', async () => {
      const before = await stored();
      assert.equal((await post(address({ id: 'tenant-a' }))).status, 202);
      assert.equal(await stored(), before + 1);
    });

    test('whatever is wrong is refused and not stored', async () => {
      const before = await stored();
      await rejected('bad_signature', () => post(address({ id: 'tenant-a' }, 'guessed')));
      await rejected('bad_signature', () => post(address({ id: 'tenant-b' })));
      await rejected('unknown_integration', () => post(address({ id: 'tenant-z' })));
      await rejected('no_subject', () => post(address({ iss: 'tenant-a' })));
      await rejected('bad_token', () => post(`${base64({ alg: 'none' })}.${base64({ id: 'tenant-a' })}.`));
      await rejected('bad_token', () => post('abc'));
      await rejected('expired', () => post(address({ id: 'tenant-a', exp: now() - 1 })));
      assert.equal(await stored(), before);
    });
  });

  describe('a tenant that has gone', () => {
    const status = async () => (await tenant('tenant-b')).status;

    test('is disabled by a token of either kind; its webhooks are verified, then ignored', async () => {
      const path = `${PREFIX}uninstalled/`;
      const updated = (secret) => send('updated/', symmetric(`${PREFIX}updated/`, { iss: 'tenant-b' }, { secret }));
      const before = await status();
      assert.equal((await updated('secret-b')).status, 202);
      const count = await stored();
      await rejected('unknown_key', () => send('uninstalled/', asymmetric(path, { iss: 'tenant-b' }, { kid: 'nobody' })));
      await rejected('bad_signature', () => send('uninstalled/', symmetric(path, { iss: 'tenant-b' })));
      assert.equal(await status(), before);
      const gone = symmetric(path, { iss: 'tenant-b' }, { secret: 'secret-b' });
      assert.equal((await send('uninstalled/', gone)).status, 200);
      assert.notEqual(await status(), before);
      assert.equal((await updated('secret-b')).status, 202);
      await rejected('bad_signature', () => updated('secret-a'));
      assert.equal(await stored(), count);
      await rejected('replayed', () => send('uninstalled/', gone));
      // The life cycle still reaches it.
      assert.equal((await send('uninstalled/', asymmetric(path, { iss: 'tenant-b' }))).status, 200);
      assert.equal((await install('tenant-b', 'secret-c')).status, 200);
      assert.equal(await status(), before);
    });

    test('a tenant nobody knows has no secret', async () => {
      await rejected('bad_signature', () => send('uninstalled/', symmetric(`${PREFIX}uninstalled/`, { iss: 'tenant-z' })));
    });
  });

  test('no token and no secret ever stood in the log or the database', async () => {
    await daemon.idle();
    const payloads = sent.map((text) => text.split('.')[1]).filter((text) => text?.length > 20);
    assert.ok(payloads.length > 50);
    const lines = daemon.runs.flatMap((run) => run.lines);
    assert.deepEqual(lines.filter((line) => /eyJ|secret-[ab]|stolen/.test(line)), []);
    for (const file of ['mortise.db', 'mortise.db-wal']) {
      const bytes = readFileSync(daemon.path('state', file));
      for (const text of [...payloads, 'secret-a', 'secret-b', 'stolen'])
        assert.equal(bytes.includes(text), false, `${text} in ${file}`);
    }
  });
});
