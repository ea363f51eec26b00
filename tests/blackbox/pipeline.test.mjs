// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Install pipelines over the API: each way to get them wrong has the right status, and
// leaves nothing half-written.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import http from 'node:http';
import { after, before, beforeEach, describe, test } from 'node:test';

import { Ping } from './lib/ping.mjs';
import { until } from './lib/until.mjs';

const path = (org, id) => `/organizations/${org}/pipeline/integration_pipeline/${id ? `?pipeline=${id}` : ''}`;

// The provider's side: a token endpoint and an API, whose next answers a test may set.
class Upstream {
  static async start() {
    const upstream = new Upstream();
    upstream.server = http.createServer((request, answer) => upstream.#serve(request, answer));
    await new Promise((resolve) => upstream.server.listen(0, '127.0.0.1', resolve));
    upstream.port = upstream.server.address().port;
    upstream.url = `http://127.0.0.1:${upstream.port}`;
    upstream.reset();
    return upstream;
  }

  reset() {
    this.requests = [];
    this.answers = [];
    this.hold = null;
  }

  // Answer the next request with this instead.
  next(status, type, text) {
    this.answers.push({ status, type, text });
  }

  exchanges() {
    return this.requests.filter(({ url }) => url.startsWith('/token'));
  }

  async #serve(request, answer) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    this.requests.push({ method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
    if (this.hold) await this.hold;
    const { status, type, text } = this.answers.shift() ?? {
      status: 200, type: 'application/json', text: JSON.stringify(request.url.startsWith('/token')
        ? { access_token: 'user-token-1', token_type: 'bearer', scope: 'read' } : { login: 'mona' }) };
    if (status === 0) {
      request.socket.destroy();
      return;
    }
    answer.writeHead(status, { 'content-type': type });
    answer.end(text);
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

describe('install pipelines', () => {
  let upstream;
  let ping;
  let daemon;
  let token;
  let organizations = 0;
  let org;

  const post = (body, { as = token, id, at = org } = {}) =>
    daemon.api('POST', path(at, id), { token: as, body });
  const show = ({ as = token, id, at = org } = {}) => daemon.api('GET', path(at, id), { token: as });
  const initialize = async (provider) => {
    const answer = await post({ action: 'initialize', provider });
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
  };
  const stateOf = ({ data }) => new URL(Object.values(data)[0]).searchParams.get('state');
  const installed = async () => (await daemon.list(`/organizations/${org}/integrations/`, { token })).length;
  const row = async (id) => (await daemon.sql(`SELECT * FROM pipeline WHERE id = ${Number(id)}`))[0];

  before(async () => {
    upstream = await Upstream.start();
    ping = await Ping.start({ settings: {
      egress: { allow: ['ping', 'ping-oauth'].map((provider) => ({ provider, host: '127.0.0.1', port: upstream.port })),
        connect_timeout: 2, timeout: 5 },
    } });
    daemon = ping.daemon;
    daemon.configure({ providers: {
      ...daemon.settings.providers,
      'ping-oauth': { api_url: upstream.url, web_url: upstream.url,
        client_secret_file: daemon.secret('ping_client', 'client-secret-1') },
    } });
    await daemon.restart();
  });
  after(async () => {
    await ping?.close().finally(() => upstream.close());
  });
  beforeEach(async () => {
    upstream.reset();
    org = `org-${++organizations}`;
    token = await daemon.organization(org);
  });

  test('shows each step and ends with the integration', async () => {
    const started = await initialize('ping');
    assert.deepEqual([started.step, started.stepIndex, started.totalSteps, started.provider], ['account_form', 0, 3, 'ping']);
    assert.deepEqual(started.data.fields.map(({ name }) => name), ['account', 'api_key', 'region']);
    const choice = await post({ account: 'acme', api_key: 'k-hidden-1' });
    assert.deepEqual([choice.status, choice.json.status, choice.json.step], [200, 'advance', 'colour_selection']);
    assert.deepEqual(choice.json.data.colours.map(({ value }) => value), ['red', 'blue', 'none']);
    const overview = await post({ colour: 'none' });
    assert.deepEqual(overview.json.data.rows, [{ label: 'Organization', value: org }, { label: 'Account', value: 'acme' }]);
    assert.equal(overview.json.data.organization, org);
    const done = await post({ state: overview.json.data.state });
    assert.equal(done.json.status, 'complete', done.text);
    assert.deepEqual([done.json.data.name, done.json.data.provider.key, done.json.data.status], ['acme', 'ping', 'active']);
    assert.equal((await show()).status, 404);
    await until('it was welcomed', async () => (await daemon.api('GET',
      `/organizations/${org}/integrations/${done.json.data.id}/`, { token })).json.configData.welcomed === true);
    const [audit] = await daemon.sql(`SELECT event, origin FROM audit_log WHERE target = 'integration:${done.json.data.id}'`);
    assert.equal(audit.event, 'integration.add');
  });

  test('shows no secret and stores none in the clear', async () => {
    await initialize('ping');
    const answer = await post({ account: 'acme', api_key: 'k-hidden-2' });
    assert.ok(!answer.text.includes('k-hidden-2'));
    assert.ok(!(await show()).text.includes('k-hidden-2'));
    const dump = JSON.stringify(await daemon.sql('SELECT hex(sealed_state) AS sealed FROM pipeline WHERE sealed_state IS NOT NULL'));
    assert.ok(!dump.includes(Buffer.from('k-hidden-2').toString('hex').toUpperCase()));
  });

  test('a choice without options is left out', async () => {
    await initialize('ping');
    assert.equal((await post({ account: 'colourless', api_key: 'k' })).json.step, 'overview');
  });

  test('a wrong answer is named and moves nothing', async () => {
    const { id } = await initialize('ping');
    for (const [answer, field] of [[{}, 'account'], [{ account: 'x'.repeat(65) }, 'account'],
      [{ account: 'a', region: 'mars' }, 'region'], [{ account: 'blocked' }, 'account'], [{ account: 7 }, 'account']]) {
      const { status, json } = await post(answer);
      assert.equal(status, 400, JSON.stringify(answer));
      assert.ok(Array.isArray(json[field]), JSON.stringify(json));
    }
    const down = await post({ account: 'down' });
    assert.equal(down.status, 503);
    assert.ok(down.json.errorId);
    assert.ok(down.headers['retry-after']);
    assert.equal((await show()).json.stepIndex, 0);
    assert.equal((await row(id)).claim, undefined ?? null);
    await post({ account: 'acme' });
    assert.ok((await post({ colour: 'green' })).json.colour);
    assert.equal((await show()).json.step, 'colour_selection');
  });

  test('a confirmation needs what was shown', async () => {
    await initialize('ping');
    await post({ account: 'acme' });
    await post({ colour: 'red' });
    assert.ok((await post({ confirm: true })).json.state);
    assert.equal((await post({ state: 'f'.repeat(64) })).status, 400);
    assert.equal(await installed(), 0);
  });

  test('belongs to who began it', async () => {
    const { id } = await initialize('ping');
    const another = await daemon.token(org, ['org:admin', 'org:integrations']);
    assert.equal((await show({ as: another, id })).status, 404);
    assert.equal((await post({ account: 'acme' }, { as: another, id })).status, 404);
    assert.equal((await show({ as: another })).status, 404);
    const elsewhere = await daemon.organization(`${org}-b`);
    assert.equal((await show({ as: elsewhere, id, at: `${org}-b` })).status, 404);
    assert.equal((await post({ account: 'acme' }, { as: elsewhere, id })).status, 404);
    const reader = await daemon.token(org, ['org:read']);
    assert.equal((await post({ action: 'initialize', provider: 'ping' }, { as: reader })).status, 403);
    assert.equal((await row(id)).step, 0);
  });

  test('a second start ends the first', async () => {
    const first = await initialize('ping');
    const second = await initialize('ping');
    assert.notEqual(first.id, second.id);
    assert.equal((await post({ account: 'acme' }, { id: first.id })).status, 404);
    assert.equal((await row(first.id)).status, 'cancelled');
    assert.equal((await post({ account: 'acme' }, { id: second.id })).status, 200);
  });

  test('one that is refused at the end leaves nothing', async () => {
    const { id } = await initialize('ping');
    await post({ account: 'unbuildable' });
    const overview = await post({ colour: 'red' });
    const refused = await post({ state: overview.json.data.state });
    assert.equal(refused.status, 400);
    assert.deepEqual([refused.json.status, refused.json.data.detail], ['error', 'This account may not be installed.']);
    const { status, error, sealed_state: sealed } = await row(id);
    assert.deepEqual([status, error, sealed], ['failed', 'This account may not be installed.', null]);
    assert.equal(await installed(), 0);
    assert.equal((await post({ state: overview.json.data.state }, { id })).status, 404);
  });

  test('authorizing again keeps the integration, for the same account only', async () => {
    const through = async (account) => {
      await post({ account });
      const overview = await post({ colour: 'red' });
      return post({ state: overview.json.data.state });
    };
    await initialize('ping');
    const { json: { data } } = await through('acme');
    const again = (integrationId) => post({ action: 'initialize', provider: 'ping', integrationId });
    assert.equal((await again(data.id)).status, 200);
    assert.equal((await through('acme')).json.data.id, data.id);
    const { id } = (await again(data.id)).json;
    const other = await through('somebody-else');
    assert.equal(other.status, 400, other.text);
    assert.equal((await row(id)).status, 'failed');
    assert.equal(await installed(), 1);
    assert.equal((await again('999999')).status, 404);
    const elsewhere = await daemon.organization(`${org}-c`);
    assert.equal((await post({ action: 'initialize', provider: 'ping', integrationId: data.id },
      { as: elsewhere, at: `${org}-c` })).status, 404);
  });

  test('removed and installed again before the removal ran, it stays', async () => {
    const through = async () => {
      await initialize('ping');
      await post({ account: 'acme' });
      const overview = await post({ colour: 'red' });
      return (await post({ state: overview.json.data.state })).json.data;
    };
    const first = await through();
    await daemon.stop();
    // As if the deleting job had not run yet.
    execFileSync('sqlite3', [daemon.path('state', 'mortise.db'),
      `UPDATE organization_integration SET status = 2, config = '{"kept":1}' WHERE integration_id = ${first.id}`]);
    await daemon.run();
    assert.equal((await daemon.api('GET', `/organizations/${org}/integrations/${first.id}/`, { token })).json
      .organizationIntegrationStatus, 'pending_deletion');
    assert.equal((await daemon.api('DELETE', `/organizations/${org}/integrations/${first.id}/`, { token })).status, 204);
    assert.deepEqual(await daemon.sql("SELECT * FROM audit_log WHERE event = 'integration.remove'"), [], 'it was removed before');
    const again = await through();
    assert.equal(again.id, first.id);
    await daemon.idle();
    const { json } = await daemon.api('GET', `/organizations/${org}/integrations/${first.id}/`, { token });
    assert.deepEqual([json.organizationIntegrationStatus, json.configData.kept], ['active', 1]);
  });

  test('unknown providers, pipelines and bodies are refused', async () => {
    assert.equal((await post({ action: 'initialize', provider: 'nowhere' })).status, 404);
    assert.equal((await post({ action: 'initialize' })).status, 400);
    assert.equal((await daemon.api('GET', `/organizations/${org}/pipeline/other/`, { token })).status, 404);
    assert.equal((await daemon.api('POST', path(org), { token, body: '{' })).status, 400);
    assert.equal((await daemon.api('POST', path(org), { token, body: '[]' })).status, 400);
    assert.equal((await daemon.api('GET', path(org), {})).status, 401);
  });

  test('survives a restart, and expires', async () => {
    const { id } = await initialize('ping');
    await post({ account: 'acme' });
    await daemon.stop();
    await daemon.run();
    assert.equal((await show()).json.step, 'colour_selection');
    await daemon.stop();
    execFileSync('sqlite3', [daemon.path('state', 'mortise.db'),
      `UPDATE pipeline SET expires_at = expires_at - 3660 * 1000000 WHERE id = ${id}`]);
    await daemon.run();
    const late = await post({ colour: 'red' }, { id });
    assert.equal(late.status, 404);
    assert.equal((await row(id)).status, 'expired');
  });

  describe('over OAuth', () => {
    const bring = (info, more = {}) => post({ code: 'c-1', state: stateOf(info), ...more });

    test('ends with what the upstream proved', async () => {
      const started = await initialize('ping-oauth');
      const url = new URL(started.data.oauthUrl);
      assert.deepEqual([url.searchParams.get('client_id'), url.searchParams.get('response_type'),
        url.searchParams.get('redirect_uri'), url.searchParams.get('scope'), url.searchParams.get('code_challenge_method')],
      ['ping-client', 'code', `${daemon.url}/extensions/ping-oauth/setup/`, 'read write', 'S256']);
      assert.match(stateOf(started), /^[0-9a-f]{64}$/);
      const visit = await bring(started);
      assert.equal(visit.json.step, 'visit', visit.text);
      const form = new URLSearchParams(upstream.exchanges()[0].body);
      assert.deepEqual([form.get('code'), form.get('grant_type')], ['c-1', 'authorization_code']);
      assert.ok(form.get('code_verifier'));
      assert.equal(upstream.requests.at(-1).headers.authorization, 'Bearer user-token-1');
      const waits = await post({ place: 'later', state: stateOf(visit.json) });
      assert.deepEqual([waits.json.status, waits.json.step], ['stay', 'visit']);
      const done = await post({ place: 'p-1', state: stateOf(waits.json) });
      assert.equal(done.json.status, 'complete', done.text);
      assert.deepEqual([done.json.data.externalId, done.json.data.name], ['p-1', 'mona']);
    });

    test('refuses a forged, a missing and a used state', async () => {
      const started = await initialize('ping-oauth');
      assert.equal((await post({ code: 'c-1', state: '0'.repeat(64) })).status, 400);
      assert.equal((await post({ code: 'c-1' })).status, 400);
      assert.equal((await post({ state: stateOf(started) })).status, 400);
      assert.equal(upstream.exchanges().length, 0);
      const visit = await bring(started);
      assert.equal(visit.status, 200);
      assert.equal((await bring(started, { place: 'p-2' })).status, 400);
      assert.equal(upstream.exchanges().length, 1);
      assert.equal((await show()).json.step, 'visit');
      assert.equal(await installed(), 0);
    });

    test('advances once when asked twice at once', async () => {
      const started = await initialize('ping-oauth');
      let release;
      upstream.hold = new Promise((resolve) => { release = resolve; });
      const first = bring(started);
      await until('the code is being exchanged', () => upstream.exchanges().length === 1);
      const others = await Promise.all([bring(started), bring(started), bring(started)]);
      assert.deepEqual(others.map(({ status }) => status), [409, 409, 409]);
      release();
      assert.equal((await first).json.step, 'visit');
      assert.equal(upstream.exchanges().length, 1);
    });

    test('a denied authorization can be tried again', async () => {
      const started = await initialize('ping-oauth');
      const denied = await post({ error: 'access_denied', state: stateOf(started) });
      assert.equal(denied.status, 400);
      assert.equal(denied.json.status, 'error');
      assert.equal(upstream.exchanges().length, 0);
      const again = (await show()).json;
      assert.equal(again.step, 'oauth_login');
      assert.notEqual(stateOf(again), stateOf(started));
      assert.equal((await bring(started)).status, 400);
      assert.equal((await bring(again)).json.step, 'visit');
    });

    const bad = [
      ['500', 500, 'application/json', '{"message":"oops"}', 503],
      ['HTML', 200, 'text/html', '<html>Sign in</html>', 503],
      ['nothing', 200, 'application/json', '', 503],
      ['no connection', 0, '', '', 503],
      ['a refusal', 400, 'application/json', '{"error":"invalid_grant","error_description":"The code has expired."}', 400],
      ['no token', 200, 'application/json', '{"token_type":"bearer"}', 400],
    ];
    for (const [what, status, type, text, expected] of bad) {
      test(`an upstream that answers ${what} moves nothing`, async () => {
        const started = await initialize('ping-oauth');
        upstream.next(status, type, text);
        const failed = await bring(started);
        assert.equal(failed.status, expected, failed.text);
        assert.equal(typeof failed.json.detail, 'string');
        const { status: state, step, claim } = await row(started.id);
        assert.deepEqual([state, step, claim], ['active', 0, null]);
        const again = (await show()).json;
        assert.equal((await bring(again)).json.step, 'visit');
      });
    }
  });
});
