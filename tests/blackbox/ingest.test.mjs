// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Events of SDKs: what a real SDK reports becomes issues; what is hostile is refused with
// a reason and leaves nothing; what was acknowledged is on disk.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';

import { Daemon } from './lib/daemon.mjs';
import { sanitized } from './lib/paths.mjs';
import { report } from './lib/reporter.mjs';
import { until } from './lib/until.mjs';

const MIB = 1 << 20;
const newId = () => randomUUID().replaceAll('-', '');

// An envelope of these items, each [header, payload].
const envelope = (header, ...items) => Buffer.concat([header, ...items.flat()].map((part) =>
  Buffer.concat([Buffer.isBuffer(part) ? part : Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)), Buffer.from('\n')])));
const eventEnvelope = (event, header = {}) => envelope(header, [{ type: 'event' }, event]);

const failure = (type, value, frames = [{ function: 'pay', module: 'shop.cart', lineno: 7, in_app: true }]) =>
  ({ event_id: newId(), exception: { values: [{ type, value, stacktrace: { frames } }] } });

describe('events', () => {
  let daemon;
  let token;
  let project;
  const send = (body, { path = `/api/${project.id}/envelope/`, key = project.key, headers = {} } = {}) =>
    daemon.request('POST', path, { body, headers: { ...(key && { 'x-sentry-auth': `Sentry sentry_version=7, sentry_key=${key}` }), ...headers } });
  const issueOf = async (id) => (await daemon.sql(`SELECT i.* FROM issue i JOIN event e ON e.issue_id = i.id WHERE e.event_id = '${id}'`))[0];
  const event = async (issueId, name) => (await daemon.api('GET', `/organizations/acme/issues/${issueId}/events/${name}/`, { token })).json;

  const peak = () => Number(readFileSync(`/proc/${daemon.pid}/status`, 'utf8').match(/VmHWM:\s+(\d+) kB/)[1]) / 1024;

  before(async () => {
    daemon = await Daemon.start({ plugins: [] });
    token = await daemon.organization('acme', { scopes: ['org:admin', 'project:admin', 'event:admin'] });
    const { id, dsn } = await daemon.ctlJson('project', 'create', 'shop', '--org', 'acme');
    project = { id, dsn, key: new URL(dsn).username };
  });
  after(() => daemon?.close());

  test('a project has a key and shows its DSN', async () => {
    assert.equal(project.dsn, `http://${project.key}@127.0.0.1:${daemon.port}/${project.id}`);
    const { project: { keys: [shown] } } = await daemon.ctlJson('project', 'show', 'shop', '--org', 'acme');
    assert.deepEqual({ key: shown.key, dsn: shown.dsn, active: shown.active }, { key: project.key, dsn: project.dsn, active: true });
    const { json } = await daemon.api('GET', '/projects/acme/shop/keys/', { token });
    assert.equal(json[0].dsn.public, project.dsn);
  });

  test('of a real SDK become issues, with what the SDK knew', async () => {
    const user = { id: '7', email: 'mona@example.test' };
    const [error, message] = await report(project.dsn, [
      { error: 'TypeError', value: 'cart.total is not a function', user, tags: { checkout: 'express' }, extra: { cart: [1, 2] } },
      { message: 'user 42 left', level: 'warning' },
    ], { release: 'shop@1.2.3', environment: 'staging', serverName: 'web-1' });
    const issue = await issueOf(error);
    assert.equal(issue.title, 'TypeError: cart.total is not a function');
    assert.equal(issue.level, 40);
    assert.equal(issue.type, 'error');
    assert.equal(issue.platform, 'node');
    const shown = await event(issue.id, 'latest');
    assert.equal(shown.eventID, error);
    assert.equal(shown.groupID, String(issue.id));
    assert.equal(shown.release.version, 'shop@1.2.3');
    assert.equal(shown.user.email, user.email);
    assert.deepEqual(shown.context.cart, [1, 2]);
    const tags = Object.fromEntries(shown.tags.map(({ key, value }) => [key, value]));
    assert.deepEqual({ checkout: tags.checkout, environment: tags.environment, server: tags.server_name, user: tags.user, level: tags.level },
      { checkout: 'express', environment: 'staging', server: 'web-1', user: 'id:7', level: 'error' });
    const { values: [exception] } = shown.entries.find(({ type }) => type === 'exception').data;
    assert.equal(exception.type, 'TypeError');
    assert.equal(exception.stacktrace.frames.at(-1).function, 'checkout');
    assert.match(exception.stacktrace.frames.at(-1).context.map(([, line]) => line).join('\n'), /throw new kinds/);
    const left = await issueOf(message);
    assert.equal(left.title, 'user 42 left');
    assert.equal(left.level, 30);
  });

  test('of a real SDK name their release: one is made, and decides what is back', async () => {
    const seen = (release, ...users) => report(project.dsn, users.map((id) =>
      ({ error: 'SyntaxError', value: 'a release is broken', user: { id } })), { release, environment: 'production' });
    const [first] = await seen('shop@2.0.0', 'mona', 'hubot', 'mona');
    const { id } = await issueOf(first);
    const show = async () => (await daemon.api('GET', `/organizations/acme/issues/${id}/`, { token })).json;
    const issue = await show();
    assert.deepEqual([issue.count, issue.userCount, issue.firstRelease.version], ['3', 2, 'shop@2.0.0']);
    const { json: release } = await daemon.api('GET', '/projects/acme/shop/releases/shop@2.0.0/', { token });
    assert.deepEqual([release.versionInfo.package, release.shortVersion, release.projects.map(({ slug }) => slug)], ['shop', '2.0.0', ['shop']]);
    assert.equal((await daemon.api('PUT', `/organizations/acme/issues/${id}/`, { token, body: { status: 'resolvedInNextRelease' } })).status, 200);
    await seen('shop@2.0.0', 'octocat');
    assert.deepEqual([(await show()).status, (await show()).userCount], ['resolved', 3]);
    await seen('shop@2.1.0', 'octocat');
    const back = await show();
    assert.deepEqual([back.status, back.substatus, back.lastRelease.version, back.userCount], ['unresolved', 'regressed', 'shop@2.1.0', 3]);
    const { json: found } = await daemon.api('GET', '/projects/acme/shop/issues/?query=firstRelease:shop@2.0.0%20release:shop@2.1.0', { token });
    assert.deepEqual(found.map((one) => one.id), [String(id)]);
  });

  test('that are alike are one issue, counted; its events are kept', async () => {
    const reports = Array.from({ length: 3 }, (_, i) => ({ error: 'RangeError', value: `no room for ${i}` }));
    const ids = await report(project.dsn, reports);
    assert.equal(new Set(ids).size, 3);
    const issues = await Promise.all(ids.map(issueOf));
    assert.equal(new Set(issues.map(({ id }) => id)).size, 1);
    assert.equal(issues[0].times_seen, 3);
    const { json } = await daemon.api('GET', `/organizations/acme/issues/${issues[0].id}/events/`, { token });
    assert.deepEqual(json.map(({ eventID }) => eventID).sort(), [...ids].sort());
    const oldest = await event(issues[0].id, 'oldest');
    assert.equal(oldest.previousEventID, null);
    assert.equal(oldest.nextEventID, json[1].eventID);
    assert.equal((await event(issues[0].id, ids[1])).eventID, ids[1]);
    assert.equal((await daemon.api('GET', `/organizations/acme/issues/${issues[0].id}/events/${newId()}/`, { token })).status, 404);
  });

  test('tell how many users saw an issue', async () => {
    const users = [{ id: '1' }, { id: 1 }, { email: 'mona@example.test' }, { id: '1', email: 'mona@example.test' }, undefined];
    const [id] = await report(project.dsn, users.map((user) => ({ error: 'EvalError', value: 'seen by some', user, fingerprint: ['crowd'] })));
    const { json } = await daemon.api('GET', `/organizations/acme/issues/${(await issueOf(id)).id}/`, { token });
    assert.deepEqual({ count: json.count, userCount: json.userCount }, { count: '5', userCount: 2 });
    assert.equal((await daemon.api('DELETE', `/organizations/acme/issues/${json.id}/`, { token })).status, 202);
    assert.deepEqual(await daemon.sql('SELECT * FROM issue_user u LEFT JOIN issue i ON i.id = u.issue_id WHERE i.id IS NULL'), []);
  });

  test('go where the fingerprint of the SDK says', async () => {
    const [a, b, c] = await report(project.dsn, [
      { error: 'Error', value: 'one thing', fingerprint: ['payments'] },
      { error: 'SyntaxError', value: 'another', fingerprint: ['payments'] },
      { error: 'Error', value: 'one thing', fingerprint: ['{{ default }}', 'payments'] },
    ]);
    const [first, second, third] = await Promise.all([a, b, c].map(issueOf));
    assert.equal(first.id, second.id);
    assert.notEqual(first.id, third.id);
  });

  test('come compressed, by the older door, and by a tunnel', async () => {
    const ways = {
      gzip: (body) => send(gzipSync(body), { headers: { 'content-encoding': 'gzip' } }),
      deflate: (body) => send(deflateSync(body), { headers: { 'content-encoding': 'deflate' } }),
      'bare deflate': (body) => send(deflateRawSync(body), { headers: { 'content-encoding': 'deflate' } }),
      'key in the query': (body) => send(body, { key: null, path: `/api/${project.id}/envelope/?sentry_version=7&sentry_key=${project.key}` }),
    };
    for (const [way, sendBy] of Object.entries(ways)) {
      const one = failure('Way', 'x');
      const { status, json } = await sendBy(eventEnvelope(one));
      assert.deepEqual({ way, status, json }, { way, status: 200, json: { id: one.event_id } });
      assert.ok(await issueOf(one.event_id), way);
    }
    const tunnelled = failure('Tunnel', 'x');
    assert.equal((await send(eventEnvelope(tunnelled, { dsn: project.dsn }), { key: null })).status, 200);
    const stored = failure('Store', 'x');
    const answer = await send(gzipSync(JSON.stringify(stored)), { path: `/api/${project.id}/store/`, headers: { 'content-encoding': 'gzip' } });
    assert.deepEqual(answer.json, { id: stored.event_id });
    assert.ok(await issueOf(stored.event_id));
  });

  test('are taken from pages of any origin', async () => {
    const asked = await daemon.request('OPTIONS', `/api/${project.id}/envelope/`, { headers: { origin: 'https://shop.test', 'access-control-request-method': 'POST' } });
    assert.equal(asked.status, 204);
    assert.equal(asked.headers['access-control-allow-origin'], '*');
    assert.match(asked.headers['access-control-allow-headers'], /X-Sentry-Auth/);
    assert.equal((await send('{')).headers['access-control-allow-origin'], '*');
    assert.equal((await daemon.request('GET', `/api/${project.id}/envelope/`)).status, 405);
  });

  test('count once, however often they are sent', async () => {
    const one = failure('Repeat', 'x');
    for (let i = 0; i < 3; i++) assert.equal((await send(eventEnvelope(one))).status, 200);
    assert.equal((await issueOf(one.event_id)).times_seen, 1);
  });

  test('reopen an issue that was resolved, a repeated one does not', async () => {
    const one = failure('Regression', 'x');
    await send(eventEnvelope(one));
    const { id } = await issueOf(one.event_id);
    const issue = `/organizations/acme/issues/${id}/`;
    assert.equal((await daemon.api('PUT', issue, { token, body: { status: 'resolved' } })).json.status, 'resolved');
    await send(eventEnvelope(one));
    assert.equal((await daemon.api('GET', issue, { token })).json.status, 'resolved');
    const again = { ...one, event_id: newId() };
    await send(eventEnvelope(again));
    const { json } = await daemon.api('GET', issue, { token });
    assert.deepEqual({ status: json.status, substatus: json.substatus, count: json.count }, { status: 'unresolved', substatus: 'regressed', count: '2' });
    assert.equal((await daemon.api('GET', `/issues/${id}/events/recommended/`, { token })).json.eventID, again.event_id);
    // Ignored until one more user sees it.
    const ignored = await daemon.api('PUT', issue, { token, body: { status: 'ignored', ignoreUserCount: 1 } });
    assert.deepEqual(ignored.json.statusDetails, { ignoreUserCount: 1 });
    await send(eventEnvelope({ ...one, event_id: newId() }));
    assert.equal((await daemon.api('GET', issue, { token })).json.status, 'ignored');
    await send(eventEnvelope({ ...one, event_id: newId(), user: { id: '7' } }));
    assert.equal((await daemon.api('GET', issue, { token })).json.status, 'unresolved');
  });

  test('are found among other items, which are left out', async () => {
    const one = failure('Among', 'x');
    const session = [{ type: 'session' }, { sid: randomUUID() }];
    const attachment = Buffer.from('two\nlines \x00\xff', 'latin1');
    const body = envelope({ event_id: one.event_id }, session, [{ type: 'attachment', length: attachment.length }, attachment],
      [{ type: 'something_new' }, '{}'], [{ type: 'event' }, one]);
    assert.deepEqual((await send(body)).json, { id: one.event_id });
    assert.ok(await issueOf(one.event_id));
    const { status, json } = await send(envelope({}, session));
    assert.deepEqual({ status, json }, { status: 200, json: {} });
  });

  test('that are odd are brought into form', async () => {
    const far = { ...failure('Odd', 'half a pair \ud83d, a zero \u0000'), timestamp: '2400-01-01T00:00:00Z', level: 'loud', release: 'a/b', user: 'mona' };
    assert.equal((await send(eventEnvelope(far))).status, 200);
    const { id, title, last_seen_at: seenAt } = await issueOf(far.event_id);
    assert.equal(title, 'Odd: half a pair \ufffd, a zero \ufffd');
    assert.ok(seenAt / 1000 <= Date.now() + 1000);
    assert.deepEqual((await event(id, 'latest')).errors.map(({ name }) => name).sort(), ['level', 'release', 'timestamp', 'user']);
    const empty = newId();
    assert.equal((await send(eventEnvelope({ event_id: empty }))).status, 200);
    assert.equal((await issueOf(empty)).title, '<unlabeled event>');
  });

  test('that are hostile are refused with a reason, and leave nothing', async () => {
    const rows = async () => JSON.stringify(await daemon.sql('SELECT (SELECT count(*) FROM issue) AS i, (SELECT count(*) FROM event) AS e, (SELECT sum(times_seen) FROM issue) AS n'));
    const gzip = { 'content-encoding': 'gzip' };
    const other = (await daemon.ctlJson('project', 'create', 'other', '--org', 'acme')).dsn;
    const big = (size) => ({ ...failure('Big', 'x'), extra: { text: 'x'.repeat(size) } });
    const nested = (levels) => `${'{"extra":'.repeat(levels)}1${'}'.repeat(levels)}`;
    const cases = [
      ['empty', '', {}, 400, /header must be/],
      ['no JSON', 'hello\n', {}, 400, /byte 0: a header must be/],
      ['a list for a header', '[]\n', {}, 400, /JSON object/],
      ['an item without a type', envelope({}, [{}, '{}']), {}, 400, /names no type/],
      ['a length past the end', envelope({}, [{ type: 'event', length: 99 }, '{}']), {}, 400, /length/],
      ['a length too short', envelope({}, [{ type: 'event', length: 1 }, '{}']), {}, 400, /longer than its length/],
      ['a negative length', envelope({}, [{ type: 'event', length: -1 }, '{}']), {}, 400, /length/],
      ['a huge length', envelope({}, [{ type: 'event', length: Number.MAX_SAFE_INTEGER }, '{}']), {}, 400, /length/],
      ['cut in the middle', eventEnvelope(failure('Cut', 'x')).subarray(0, -30), {}, 400, /not JSON/],
      ['two events', envelope({}, [{ type: 'event' }, {}], [{ type: 'event' }, {}]), {}, 400, /one event/],
      ['an event, then garbage', Buffer.concat([eventEnvelope(failure('Half', 'x')), Buffer.from('garbage')]), {}, 400, /malformed at byte/],
      ['an event that is a list', eventEnvelope([]), {}, 400, /not a JSON object/],
      ['invalid UTF-8', envelope({}, [{ type: 'event' }, Buffer.from('{"message":"\xff\xfe"}', 'latin1')]), {}, 400, /unable to decode byte 0xff/],
      ['deep nesting', envelope({}, [{ type: 'event' }, nested(50_000)]), {}, 400, /deeper than 128/],
      ['very many values', envelope({}, [{ type: 'event' }, `{"extra":[${'{},'.repeat(300_000)}0]}`]), {}, 400, /50000 values/],
      ['more than 1 MiB', eventEnvelope(big(MIB)), {}, 413, /1 MiB/],
      ['more than 1 MiB after expansion', gzipSync(eventEnvelope({ ...big(0), extra: { text: Array.from({ length: 40_000 }, newId).join('') } })), { headers: gzip }, 413, /1 MiB/],
      ['a bomb', gzipSync(Buffer.alloc(200 * MIB)), { headers: gzip }, 413, /after decompression/],
      ['a bomb of deflate', deflateSync(Buffer.alloc(200 * MIB)), { headers: { 'content-encoding': 'deflate' } }, 413, /after decompression/],
      ['no gzip', 'hello', { headers: gzip }, 400, /no gzip stream/],
      ['half of a gzip', gzipSync(eventEnvelope(failure('Half', 'x'))).subarray(0, -9), { headers: gzip }, 400, /no gzip stream/],
      ['a gzip and more', Buffer.concat([gzipSync(eventEnvelope(failure('More', 'x'))), Buffer.from('x')]), { headers: gzip }, 400, /no gzip stream/],
      ['another encoding', 'x', { headers: { 'content-encoding': 'br' } }, 415, /gzip or deflate/],
      ['no key', eventEnvelope(failure('Key', 'x')), { key: null }, 401, /names no key/],
      ['an unknown key', eventEnvelope(failure('Key', 'x')), { key: '0'.repeat(32) }, 403, /DSN/],
      ['a malformed key', eventEnvelope(failure('Key', 'x')), { key: "'; DROP TABLE event" }, 403, /DSN/],
      ['the key of another project', eventEnvelope(failure('Key', 'x')), { key: new URL(other).username }, 403, /DSN/],
      ['another DSN in the envelope', eventEnvelope(failure('Key', 'x'), { dsn: other }), {}, 403, /DSN/],
      ['a project that is not', eventEnvelope(failure('Key', 'x')), { path: '/api/99/envelope/' }, 403, /DSN/],
      ['a malformed DSN', eventEnvelope(failure('Key', 'x'), { dsn: 'nonsense' }), { key: null }, 403, /DSN/],
    ];
    const before = await rows();
    for (const [name, body, options, status, reason] of cases) {
      const answer = await send(body, options);
      assert.deepEqual({ name, status: answer.status }, { name, status }, answer.text);
      assert.match(answer.json.detail, reason, name);
      assert.equal(answer.headers['x-sentry-error'], answer.json.detail, name);
    }
    assert.equal(await rows(), before);
  });

  test('of 1 MiB and bombs by the dozen take bounded memory', { skip: sanitized && 'a sanitizer keeps freed memory' }, async () => {
    const bomb = gzipSync(Buffer.alloc(100 * MIB));
    const full = eventEnvelope({ ...failure('Full', 'x'), extra: Object.fromEntries(Array.from({ length: 24_000 }, (_, i) => [`k${i}`, 'x'.repeat(30)])) });
    assert.ok(full.length > 0.8 * MIB && full.length < MIB);
    const before = peak();
    for (let round = 0; round < 4; round++)
      for (const answer of await Promise.all(Array.from({ length: 16 }, (_, i) => send(i % 2 ? bomb : full, i % 2 ? { headers: { 'content-encoding': 'gzip' } } : {}))))
        assert.ok([200, 413].includes(answer.status), answer.text);
    assert.ok(peak() - before < 150, `it grew from ${before} to ${peak()} MiB`);
  });

  test('wait for a slow disk in few bytes, however much is in them', { skip: sanitized && 'a sanitizer keeps freed memory' }, async () => {
    const lists = Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`list${i}`, Array.from({ length: 99 }, (_, n) => [n])]));
    const dense = () => gzipSync(eventEnvelope({ ...failure('Dense', 'x'), extra: lists, contexts: lists }));
    const holder = spawn('sqlite3', [daemon.path('state', 'mortise.db')], { stdio: ['pipe', 'pipe', 'inherit'] });
    holder.stdin.write("BEGIN IMMEDIATE; SELECT 'held';\n");
    await once(holder.stdout, 'data');
    const before = peak();
    const answers = Array.from({ length: 400 }, () => send(dense(), { headers: { 'content-encoding': 'gzip' } }));
    await until('all wait for the disk', async () => {
      const { requests, ingest_load: load } = await daemon.ctlJson('status');
      return requests >= answers.length && load === 0;
    });
    const grown = peak() - before;
    holder.stdin.end('COMMIT;\n');
    assert.deepEqual([...new Set((await Promise.all(answers)).map(({ status }) => status))], [200]);
    assert.ok(grown < 150, `it grew by ${grown} MiB`);
  });

  test('with a disabled key are refused; another key serves', async () => {
    const { dsn } = await daemon.ctlJson('project', 'key', 'add', 'shop', '--org', 'acme', '--name', 'Second');
    const key = new URL(dsn).username;
    assert.equal((await send(eventEnvelope(failure('Key', 'x')), { key })).status, 200);
    await daemon.ctlOk('project', 'key', 'disable', 'shop', key, '--org', 'acme');
    assert.equal((await send(eventEnvelope(failure('Key', 'x')), { key })).status, 403);
    assert.equal((await send(eventEnvelope(failure('Key', 'x')))).status, 200);
    const { json } = await daemon.api('GET', '/projects/acme/shop/keys/', { token });
    assert.deepEqual(json.map(({ isActive }) => isActive), [true, false]);
    const made = await daemon.api('POST', '/projects/acme/shop/keys/', { token, body: { name: 'Third' } });
    assert.equal(made.status, 201);
    assert.equal((await send(eventEnvelope(failure('Key', 'x')), { key: made.json.public })).status, 200);
  });

  test('that were acknowledged are on disk, whatever happens next', async () => {
    daemon.configure({ ingest: { rate: 0, events_per_issue: 1000 } });
    await daemon.restart();
    const acknowledged = [];
    let going = true;
    const senders = Array.from({ length: 8 }, async (_, n) => {
      while (going) {
        const one = failure('Crash', `sender ${n}`);
        const answer = await send(eventEnvelope(one)).catch(() => null);
        if (answer?.status === 200) acknowledged.push(one.event_id);
        if (acknowledged.length >= 200 && going) {
          going = false;
          await daemon.kill();
        }
      }
    });
    await Promise.all(senders);
    await daemon.run();
    const kept = new Set((await daemon.sql('SELECT event_id FROM event JOIN event_body ON event_row_id = event.id')).map(({ event_id: id }) => id));
    assert.ok(acknowledged.length >= 200);
    assert.deepEqual(acknowledged.filter((id) => !kept.has(id)), []);
    const [{ n, seen }] = await daemon.sql("SELECT count(*) AS n, max(i.times_seen) AS seen FROM event e JOIN issue i ON i.id = e.issue_id WHERE i.title LIKE 'Crash%'");
    assert.equal(n, seen);
  });

  test('of one key are taken up to the rate; the SDK is told how long to wait', async () => {
    daemon.configure({ ingest: { rate: 3, events_per_issue: 10 } });
    await daemon.restart();
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await send(eventEnvelope(failure('Rate', 'x'))));
    assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200, 429, 429]);
    const wait = Number(answers[4].headers['retry-after']);
    assert.ok(wait > 0 && wait <= 60, String(wait));
    assert.equal(answers[4].headers['x-sentry-rate-limits'], `${wait}:error;default:key`);
    const second = new URL((await daemon.ctlJson('project', 'key', 'add', 'shop', '--org', 'acme')).dsn).username;
    assert.equal((await send(eventEnvelope(failure('Rate', 'x')), { key: second })).status, 200);
  });
});
