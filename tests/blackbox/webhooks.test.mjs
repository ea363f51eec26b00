// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Webhook intake: every refusal has its status and leaves one log line and no row; what
// is taken is taken once.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';

import { sign } from '@octokit/webhooks-methods';

import { INSTALLATION } from './lib/demonstration.mjs';
import { until } from './lib/until.mjs';
import { pushPayload, sha } from './lib/webhooks.mjs';
import { startWorld } from './lib/world.mjs';

const PATH = '/extensions/github/webhook/';
const MIB = 1 << 20;

describe('webhook intake', () => {
  const repository = { id: 5501, name: 'acme-co/till' };
  let world;
  let daemon;
  let token;
  let commits = 0;

  before(async () => {
    world = await startWorld();
    daemon = world.daemon;
    token = await daemon.organization('acme');
    await world.install('acme', token);
    await daemon.idle();
  });
  after(() => world?.close());

  const push = (...numbers) => pushPayload(INSTALLATION, repository, numbers.map((n) => ({ sha: sha(n) })));
  const next = () => push(++commits);
  const stored = async () => (await daemon.sql('SELECT count(*) AS n FROM webhook'))[0].n;
  async function shas() {
    const repos = await daemon.list('/organizations/acme/repos/', { token });
    const found = repos.find(({ name }) => name === repository.name);
    if (!found) return [];
    const list = await daemon.list(`/organizations/acme/repos/${found.id}/commits/`, { token });
    return list.map(({ id }) => id);
  }

  // 'send' must be answered 'status', leave no row, and 'lines' log lines of this reason.
  async function refused(send, status, { reason, lines = 1 } = {}) {
    const before = { rows: await stored(), events: daemon.events('webhook.rejected').length };
    const answer = await send();
    assert.equal(answer.status, status, answer.text);
    assert.equal(await stored(), before.rows);
    if (!reason) return;
    const events = await until(`a line about ${reason}`, () => {
      const found = daemon.events('webhook.rejected').slice(before.events);
      return found.length >= lines && found;
    });
    assert.deepEqual(events.map((event) => event.reason), Array(lines).fill(reason));
  }

  test('a signed push is stored, answered 204, and becomes a commit', async () => {
    const { status, text } = await world.webhooks.send('push', next());
    assert.equal(status, 204);
    assert.equal(text, '');
    assert.equal((await daemon.sql('SELECT event FROM webhook ORDER BY id DESC LIMIT 1'))[0].event, 'push');
    await until('the commit is there', async () => (await shas()).includes(sha(commits)));
  });

  test('a wrong signature is refused', () =>
    refused(() => world.webhooks.send('push', next(), { 'x-hub-signature-256': `sha256=${'ab'.repeat(32)}` }), 401,
      { reason: 'bad_signature' }));

  test('a signature with another key is refused', () =>
    refused(async () => world.webhooks.send('push', next(), {
      'x-hub-signature-256': await sign('another key', JSON.stringify(push(commits))) }), 401, { reason: 'bad_signature' }));

  test('a missing signature is refused', () =>
    refused(() => world.webhooks.send('push', next(), { 'x-hub-signature-256': null }), 400, { reason: 'no_signature' }));

  test('a signature of no known form is refused', async () => {
    for (const value of ['abc', 'sha256=', 'md5=00', 'sha256=xyz'])
      await refused(async () => {
        const answer = await world.webhooks.send('push', next(), { 'x-hub-signature-256': value });
        assert.ok([400, 401].includes(answer.status), `${value}: ${answer.status}`);
        return { ...answer, status: 0 };
      }, 0);
  });

  test('with both signatures only the SHA-256 one decides', async () => {
    const good = { 'x-hub-signature': 'sha1=0000000000000000000000000000000000000000' };
    assert.equal((await world.webhooks.send('push', next(), good)).status, 204);
    await refused(() => world.webhooks.send('push', next(), {
      'x-hub-signature-256': `sha256=${'00'.repeat(32)}`, 'x-hub-signature': 'sha1=00' }), 401);
  });

  test('a SHA-1 signature alone is taken', async () => {
    const { createHmac } = await import('node:crypto');
    const body = JSON.stringify(next());
    const signature = createHmac('sha1', world.github.webhookSecret).update(body).digest('hex');
    const { status } = await world.webhooks.send('push', body, {
      'x-hub-signature-256': null, 'x-hub-signature': `sha1=${signature}` });
    assert.equal(status, 204);
  });

  test('an unknown event is let pass whatever its signature', () =>
    refused(() => world.webhooks.send('star', { action: 'created' }, { 'x-hub-signature-256': 'sha256=00' }), 204));

  test('an unknown installation is let pass and not stored', () =>
    refused(() => world.webhooks.send('push', pushPayload(4711, repository, [{ sha: sha(1) }])), 204));

  test('no event, no body, no JSON: 400', async () => {
    await refused(() => world.webhooks.send('push', next(), { 'x-github-event': null }), 400);
    await refused(() => world.webhooks.send('push', ''), 400);
    await refused(() => world.webhooks.send('push', '{"installation":'), 400, { reason: 'not_json' });
    await refused(() => world.webhooks.send('push', 'payload=%7B%7D'), 400, { reason: 'not_json' });
  });

  test('another method: 405', async () => {
    for (const method of ['GET', 'PUT', 'DELETE'])
      assert.equal((await daemon.request(method, PATH)).status, 405, method);
  });

  test('an unknown provider: 404', async () => {
    assert.equal((await daemon.request('POST', '/extensions/nobody/webhook/', { body: {} })).status, 404);
  });

  test('a body over the limit is refused before it is read', async () => {
    await refused(() => announced(daemon.port, 25 * MIB + 1), 413);
    await refused(() => announced(daemon.port, 10 ** 15), 413);
  });

  test('a large body below the limit is taken', async () => {
    const payload = next();
    payload.padding = 'x'.repeat(20 * MIB);
    assert.equal((await world.webhooks.send('push', payload)).status, 204);
    await until('its commit is there', async () => (await shas()).includes(sha(commits)), { within: 60_000 });
  });

  test('a delivery that comes twice is taken once', async () => {
    const delivery = randomUUID();
    const payload = next();
    const before = await stored();
    const answers = await Promise.all([1, 2, 3, 4].map(() =>
      world.webhooks.send('push', payload, { 'x-github-delivery': delivery })));
    assert.deepEqual(answers.map(({ status }) => status), [204, 204, 204, 204]);
    assert.equal(await stored(), before + 1);
    await daemon.idle();
    assert.equal((await shas()).filter((id) => id === sha(commits)).length, 1);
  });

  test('a delivery with a forged signature does not use up its id', async () => {
    const delivery = randomUUID();
    const payload = next();
    const forged = { 'x-github-delivery': delivery, 'x-hub-signature-256': `sha256=${'11'.repeat(32)}` };
    await refused(() => world.webhooks.send('push', payload, forged), 401);
    assert.equal((await world.webhooks.send('push', payload, { 'x-github-delivery': delivery })).status, 204);
    await until('the commit is there', async () => (await shas()).includes(sha(commits)));
  });

  test('a hundred at once are all stored and all become commits, in the order of their ids', async () => {
    const first = commits + 1;
    commits += 100;
    const numbers = Array.from({ length: 100 }, (_, i) => first + i);
    const answers = await Promise.all(numbers.map((n) => world.webhooks.send('push', push(n))));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [204]);
    await daemon.idle();
    const known = new Set(await shas());
    assert.deepEqual(numbers.filter((n) => !known.has(sha(n))), []);
    const rows = await daemon.sql(`SELECT id FROM job WHERE webhook_id > 0 AND order_key LIKE '%/5501'
      ORDER BY finished_at, id`);
    assert.ok(rows.length >= 100, `${rows.length} jobs of the repository`);
    assert.deepEqual(rows.map(({ id }) => id), rows.map(({ id }) => id).sort((a, b) => a - b));
  });

  test('secrets and bodies are in no log line', () => {
    const text = daemon.runs.flatMap(({ lines }) => lines).join('\n');
    for (const secret of [world.github.webhookSecret, world.github.clientSecret, token, 'mona@acme.test', 'sha256='])
      assert.ok(!text.includes(secret), `the log has ${secret.slice(0, 4)}…`);
  });

  test('replay runs a stored webhook again and changes nothing that is known', async () => {
    await daemon.idle();
    const before = await shas();
    const [{ id }] = await daemon.sql(`SELECT webhook.id AS id FROM webhook WHERE event = 'push' ORDER BY id LIMIT 1`);
    await daemon.ctlOk('webhook', 'replay', String(id));
    await daemon.idle();
    const jobs = await daemon.sql(`SELECT status FROM job WHERE webhook_id = ${id}`);
    assert.deepEqual(jobs.map(({ status }) => status), [2, 2]);
    assert.deepEqual(await shas(), before);
  });

  test('what bodies have in common is learned, and those before, across and after are read', async () => {
    const first = commits + 1;
    for (const end = commits + 600; commits < end;)
      await Promise.all(Array.from({ length: 100 }, () => world.webhooks.send('push', next())));
    await until('a dictionary is learned', () => daemon.events('dictionary.learned').length === 1);
    const after = commits + 1;
    await Promise.all(Array.from({ length: 50 }, () => world.webhooks.send('push', next())));
    const packed = async (order) => (await daemon.sql(`SELECT sum(length(body)) * 1.0 / sum(size) AS ratio FROM
      (SELECT body, size FROM webhook WHERE event = 'push' AND size < 8000 ORDER BY id ${order} LIMIT 50)`))[0].ratio;
    assert.ok(await packed('DESC') < 0.6 * await packed('ASC'), `${await packed('ASC')}, then ${await packed('DESC')}`);
    await daemon.idle();
    await daemon.restart();
    const ids = await daemon.sql(`SELECT id FROM webhook WHERE event = 'push' AND (id % 50 = 0
      OR id > (SELECT max(id) FROM webhook) - 3) ORDER BY id`);
    for (const { id } of ids) await daemon.ctlOk('webhook', 'replay', String(id));
    const { dead, halted } = await daemon.idle();
    assert.deepEqual([dead, halted], [undefined, undefined]);
    const known = new Set(await shas());
    for (const n of [first, first + 511, first + 599, after, commits]) assert.ok(known.has(sha(n)), String(n));
  });
});

describe('a provider without its webhook secret', () => {
  test('answers 401', async () => {
    const world = await startWorld();
    try {
      const { daemon } = world;
      const { webhook_secret_file: secret, ...github } = daemon.settings.providers.github;
      assert.ok(secret);
      daemon.configure({ providers: { github } });
      await daemon.restart();
      assert.equal((await world.webhooks.send('push', { installation: { id: 1 } })).status, 401);
    } finally {
      await world.close();
    }
  });
});

// Announce a body of 'size' bytes and send none of it: the status that comes back.
function announced(port, size) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write([
      `POST ${PATH} HTTP/1.1`, 'Host: 127.0.0.1', 'Content-Type: application/json', 'X-GitHub-Event: push',
      `Content-Length: ${size}`, '', ''].join('\r\n')));
    let text = '';
    socket.on('data', (data) => {
      text += data;
      const [, status] = text.match(/^HTTP\/1\.1 (\d+)/) ?? [];
      if (!status) return;
      socket.destroy();
      resolve({ status: Number(status), text });
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`closed after ${text}`)));
  });
}
