// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// What attackers, sloppy clients and bad luck try, across the parts: sessions of another
// organization, removals in the middle of work, reasons that must not get lost.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';

import { Ping } from './lib/ping.mjs';
import { until } from './lib/until.mjs';
import { startWorld, stepUrl, World } from './lib/world.mjs';

const E_IDENTITY = -3;
const E_INTERNAL = -15;

describe('two organizations', () => {
  let ping;
  let daemon;
  let token;

  const signIn = async (url) => {
    const answer = await daemon.api('POST', '/auth/login-link/', { body: { token: new URL(url).hash.replace('#token=', '') } });
    assert.equal(answer.status, 200, answer.text);
    return { cookie: answer.headers['set-cookie'][0].split(';')[0], 'x-csrf-token': answer.json.csrf };
  };
  const sees = async (headers, org) => (await daemon.api('GET', `/organizations/${org}/`, { headers })).status;

  before(async () => {
    ping = await Ping.start();
    daemon = ping.daemon;
    token = await ping.install('acme', 'a1');
    await daemon.organization('other');
    await daemon.ctlOk('user', 'create', 'both@acme.test', '--org', 'acme', '--role', 'member');
    await daemon.ctlOk('user', 'create', 'both@acme.test', '--org', 'other', '--role', 'owner');
  });
  after(() => ping?.close());

  test('a sign-in link that one gave out opens that one only', async () => {
    const memberToken = await daemon.token('acme', ['member:admin', 'org:read', 'project:read', 'project:releases', 'team:read', 'event:admin']);
    const { id } = (await daemon.list('/organizations/acme/members/', { token })).find(({ email }) => email === 'both@acme.test');
    const { json } = await daemon.api('POST', `/organizations/acme/members/${id}/login-link/`, { token: memberToken });
    const headers = await signIn(json.url);
    assert.deepEqual([await sees(headers, 'acme'), await sees(headers, 'other')], [200, 404]);
    const { json: listed } = await daemon.api('GET', '/organizations/', { headers });
    assert.deepEqual(listed.map(({ slug }) => slug), ['acme']);
    const start = await daemon.api('POST', '/organizations/other/pipeline/integration_pipeline/', { headers,
      body: { action: 'initialize', provider: 'ping' } });
    assert.equal(start.status, 404);
  });

  test('the operator\'s link opens all that the user belongs to', async () => {
    const headers = await signIn(await daemon.ctlOk('login-link', 'both@acme.test'));
    assert.deepEqual([await sees(headers, 'acme'), await sees(headers, 'other')], [200, 200]);
    const { json: listed } = await daemon.api('GET', '/organizations/', { headers });
    assert.deepEqual(listed.map(({ slug }) => slug).sort(), ['acme', 'other']);
  });

  test('a token signs nobody in who may do more than the token', async () => {
    const people = await daemon.list('/organizations/acme/members/', { token });
    const idOf = (address) => people.find(({ email }) => email === address).id;
    const ask = (address, as) => daemon.api('POST', `/organizations/acme/members/${idOf(address)}/login-link/`, { token: as });
    const small = await daemon.token('acme', ['member:admin']);
    const { status, json } = await ask('owner@acme.test', small);
    assert.equal(status, 403);
    assert.match(json.detail, /role \(owner\).*lacks .*org:admin/);
    assert.equal((await ask('both@acme.test', small)).status, 403);
    const manager = await daemon.token('acme', ['member:admin', 'org:write', 'org:integrations', 'project:admin', 'project:releases',
      'team:admin', 'event:admin']);
    assert.equal((await ask('owner@acme.test', manager)).status, 403);
    assert.equal((await ask('both@acme.test', manager)).status, 201);
    const whole = await daemon.token('acme', ['org:admin', 'project:admin', 'project:releases', 'team:admin', 'member:admin', 'event:admin']);
    assert.equal((await ask('owner@acme.test', whole)).status, 201);
    const [{ n }] = await daemon.sql("SELECT count(*) AS n FROM login_link WHERE account_id = (SELECT id FROM account WHERE email = 'owner@acme.test')");
    assert.equal(n, 1);
  });

  test('an integration that the operator disables is in the audit log of each organization, once', async () => {
    await ping.install('third', 'a3');
    const [{ id }] = await daemon.sql("SELECT id FROM integration WHERE external_id = 'a3'");
    await daemon.ctlOk('integration', 'disable', String(id));
    await daemon.ctlOk('integration', 'disable', String(id));
    assert.deepEqual(await daemon.sql(`SELECT o.slug, a.origin, a.target FROM audit_log a JOIN organization o ON o.id = a.organization_id
      WHERE a.event = 'integration.disable'`), [{ slug: 'third', origin: 'operator', target: `integration:${id}` }]);
  });

  test('a reauthorization that names no integration starts nothing', async () => {
    const [{ n: before }] = await daemon.sql('SELECT count(*) AS n FROM pipeline');
    for (const integrationId of ['abc', '', '1x', 0, -1, 1.5, true, {}]) {
      const { status, json } = await daemon.api('POST', '/organizations/acme/pipeline/integration_pipeline/', { token,
        body: { action: 'initialize', provider: 'ping', integrationId } });
      assert.equal(status, 400, JSON.stringify(integrationId));
      assert.ok(Array.isArray(json.integrationId), JSON.stringify(json));
    }
    const [{ n: after }] = await daemon.sql('SELECT count(*) AS n FROM pipeline');
    assert.equal(after, before);
  });

  test('what a fault of ours says is not told to who sent the webhook', async () => {
    const { status, text, json } = await ping.tell('a1', { do: 'fail', code: E_INTERNAL, text: 'inner detail' }, { hook: 'now' });
    assert.equal(status, 500);
    assert.doesNotMatch(text, /inner detail/);
    const event = await daemon.event('webhook.failed', { error_id: json.errorId });
    assert.equal(event.reason, 'inner detail');
  });

  test('what one knows of a commit\'s author is not read for all that share the integration', async () => {
    const read = { do: 'read', what: 'commit_author', args: { external_id: 'ping:mona' } };
    const { status, json } = await ping.tell('a1', read, { hook: 'now' });
    assert.equal(status, 500);
    const event = await daemon.event('webhook.failed', { error_id: json.errorId });
    assert.match(event.reason, /a call in integration scope cannot read/);
  });

  test('credentials that are no longer valid are told with the integration', async () => {
    assert.equal((await ping.tell('a1', { do: 'fail', code: E_IDENTITY })).status, 202);
    await daemon.idle();
    const [{ status, status_reason: reason }] = await daemon.sql("SELECT status, status_reason FROM integration WHERE external_id = 'a1'");
    assert.equal(status, 0);
    assert.match(reason ?? '', /credentials/);
  });
});

// Something between mortised and GitHub that can hold requests back.
class Gate {
  static async start(target) {
    const gate = new Gate();
    gate.held = 0;
    gate.server = http.createServer((request, answer) => gate.#pass(target, request, answer));
    await new Promise((resolve) => gate.server.listen(0, '127.0.0.1', resolve));
    gate.url = `http://127.0.0.1:${gate.server.address().port}`;
    return gate;
  }

  // Hold what asks for 'path' until the function that comes back is called.
  hold(path) {
    let release;
    this.path = path;
    this.released = new Promise((resolve) => { release = resolve; });
    return release;
  }

  async #pass(target, request, answer) {
    if (this.path && request.url.startsWith(this.path)) {
      this.held += 1;
      await this.released;
    }
    const onward = http.request(target + request.url, { method: request.method, headers: request.headers }, (reply) => {
      answer.writeHead(reply.statusCode, reply.headers);
      reply.pipe(answer);
    });
    onward.once('error', () => answer.destroy());
    request.pipe(onward);
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

describe('with GitHub', () => {
  let world;
  let gate;
  let token;

  before(async () => {
    world = await startWorld({ apiUrl: async ({ url }) => {
      gate = await Gate.start(url);
      return gate.url;
    } });
    token = await world.daemon.organization('acme');
  });
  after(() => world?.close().finally(() => gate.close()));

  test('an integration that is removed gets no repository from a request under way', async () => {
    const { daemon } = world;
    const { data } = await world.install('acme', token);
    await daemon.idle();
    const [{ externalSlug }] = await daemon.list('/organizations/acme/repos/', { token });
    const release = gate.hold(`/repos/${externalSlug}`);
    // As if nobody had added it yet.
    await daemon.stop();
    await daemon.tamper('DELETE FROM repository');
    await daemon.run();
    const adding = daemon.api('POST', '/organizations/acme/repos/', { token,
      body: { provider: 'integrations:github', installation: data.id, identifier: externalSlug } });
    await until('GitHub is asked', () => gate.held > 0);
    assert.equal((await daemon.api('DELETE', `/organizations/acme/integrations/${data.id}/`, { token })).status, 204);
    await daemon.idle();
    release();
    const added = await adding;
    assert.equal(added.status, 400, added.text);
    assert.deepEqual(await daemon.sql('SELECT id FROM repository'), []);
  });

  test('a refusal in GitHub\'s own words is told, even where it had to be cut', async () => {
    const { json } = await world.initialize('acme', token);
    const error = { error: 'access_denied', error_description: `a${'é'.repeat(150)}` };
    world.github.fault({ path: '/login/oauth/access_token', status: 400, json: error });
    const refused = await world.answer('acme', token, World.brought(await world.github.authorize('mona', stepUrl(json.data))));
    world.github.clearFaults();
    assert.equal(refused.status, 400, refused.text);
    assert.match(refused.json.detail, /aéé/);
  });
});
