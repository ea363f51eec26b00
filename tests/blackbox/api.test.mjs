// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The REST API: who may, what is answered, how it is paged; sessions; the console's files.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Ping } from './lib/ping.mjs';
import { until } from './lib/until.mjs';

describe('the API', () => {
  let ping;
  let daemon;
  let token;
  let integration;

  const get = (path, options = { token }) => daemon.api('GET', path, options);

  before(async () => {
    ping = await Ping.start();
    daemon = ping.daemon;
    token = await ping.install('acme', 'a1');
    [integration] = await daemon.list('/organizations/acme/integrations/', { token });
  });
  after(() => ping?.close());

  // ---- Who may ----

  test('asks for credentials first', async () => {
    for (const headers of [{}, { authorization: 'Bearer mrt_nothing' }, { authorization: 'Basic YTpi' },
      { authorization: 'Bearer ' }, { cookie: 'mortise_session=mrs_nothing' }]) {
      const answer = await get('/organizations/acme/integrations/', { headers });
      assert.equal(answer.status, 401, JSON.stringify(headers));
      assert.match(answer.headers['www-authenticate'], /^Bearer/);
      assert.equal(typeof answer.json.detail, 'string');
    }
  });

  test('tells nobody which organizations exist', async () => {
    const other = await daemon.organization('other');
    const known = await get('/organizations/acme/integrations/', { token: other });
    const unknown = await get('/organizations/nowhere/integrations/', { token: other });
    assert.deepEqual([known.status, unknown.status], [404, 404]);
    assert.equal(known.text, unknown.text);
    assert.equal((await get(`/organizations/other/integrations/${integration.id}/`, { token: other })).status, 404);
  });

  test('takes an organization by slug and by id', async () => {
    const { json: bySlug } = await get('/organizations/acme/');
    const { json: byId } = await get(`/organizations/${bySlug.id}/`);
    assert.deepEqual(byId, bySlug);
    assert.deepEqual((await get('/organizations/')).json.map(({ slug }) => slug), ['acme']);
  });

  test('asks for one of the right scopes', async () => {
    const cases = [
      ['GET', '/organizations/acme/integrations/', ['org:read'], 200],
      ['GET', '/organizations/acme/integrations/', ['project:read'], 403],
      ['GET', '/organizations/acme/repos/', ['org:ci'], 200],
      ['GET', '/organizations/acme/config/integrations/', ['org:ci'], 403],
      ['DELETE', `/organizations/acme/integrations/${integration.id}/`, ['org:write'], 403],
      ['GET', '/organizations/acme/members/', ['org:read'], 403],
      ['GET', '/organizations/acme/members/', ['member:read'], 200],
    ];
    for (const [method, path, scopes, status] of cases) {
      const limited = await daemon.token('acme', scopes);
      assert.equal((await daemon.api(method, path, { token: limited })).status, status, `${method} ${path} ${scopes}`);
    }
  });

  test('a revoked token ends at once', async () => {
    const short = await daemon.token('acme', ['org:read']);
    assert.equal((await get('/organizations/acme/', { token: short })).status, 200);
    const listed = await daemon.ctlJson('token', 'list', '--org', 'acme');
    const { id } = (Array.isArray(listed) ? listed : listed.tokens).at(-1);
    await daemon.ctlOk('token', 'revoke', String(id));
    assert.equal((await get('/organizations/acme/', { token: short })).status, 401);
  });

  // ---- Shapes ----

  test('shows an integration as Sentry does', async () => {
    const { status, json, headers } = await get(`/organizations/acme/integrations/${integration.id}/`);
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(json).sort(), ['accountType', 'configData', 'configOrganization', 'dateCreated', 'domainName',
      'externalId', 'gracePeriodEnd', 'icon', 'id', 'name', 'organizationId', 'organizationIntegrationStatus', 'outOfDate',
      'provider', 'scopes', 'status']);
    assert.equal(typeof json.id, 'string');
    assert.equal(typeof json.organizationId, 'number');
    assert.match(json.dateCreated, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(Object.keys(json.provider).sort(), ['aspects', 'canAdd', 'canDisable', 'features', 'key', 'name', 'slug']);
    assert.equal(headers['referrer-policy'], 'strict-origin-when-cross-origin');
    assert.match(headers['cache-control'], /no-store/);
    const short = (await get(`/organizations/acme/integrations/${integration.id}/?includeConfig=0`)).json;
    assert.equal(short.configData, null);
    assert.ok(!('configOrganization' in short));
    for (const id of ['0', '999999', 'abc', '-1', '1.5'])
      assert.equal((await get(`/organizations/acme/integrations/${id}/`)).status, 404, id);
  });

  test('filters integrations by provider and feature', async () => {
    const count = async (query) => (await daemon.list(`/organizations/acme/integrations/${query}`, { token })).length;
    assert.deepEqual([await count('?providerKey=PING'), await count('?provider_key=github'),
      await count('?features=commits'), await count('?features=alert-rule')], [1, 0, 1, 0]);
  });

  test('lists the catalogue by key', async () => {
    const { json } = await get('/organizations/acme/config/integrations/');
    assert.deepEqual(json.providers.map(({ key }) => key), ['ping', 'ping-oauth']);
    assert.deepEqual(json.providers[0].metadata.features, [{ description: 'Commits come in.', featureGate: 'integrations-commits' }]);
    assert.equal(json.providers[0].canAdd, true);
    assert.equal((await get('/organizations/acme/config/integrations/?providerKey=ping')).json.providers.length, 1);
    assert.equal((await get('/organizations/acme/config/integrations/?providerKey=nowhere')).status, 404);
  });

  test('merges a configuration and leaves the rest', async () => {
    const path = `/organizations/acme/integrations/${integration.id}/`;
    const post = (body) => daemon.api('POST', path, { token, body });
    const first = await post({ one: { deep: 1 } });
    assert.deepEqual([first.status, first.text], [200, '']);
    await post({ two: 2, one: [1] });
    const { configData } = (await get(path)).json;
    assert.deepEqual([configData.one, configData.two, configData.welcomed], [[1], 2, true]);
    assert.equal((await post('nonsense')).status, 400);
    assert.equal((await daemon.api('POST', path, { token, body: '{}', headers: { 'content-type': 'text/plain' } })).status, 400);
    const audit = await daemon.sql("SELECT count(*) AS n FROM audit_log WHERE event = 'integration.edit'");
    assert.equal(audit[0].n, 2);
  });

  // ---- What else clients ask ----

  test('lists what repositories come from, and what applications are of use for', async () => {
    assert.deepEqual((await get('/organizations/acme/config/repos/')).json,
      { providers: [{ id: 'integrations:ping', name: 'Ping', config: [] }] });
    const features = (await get('/integration-features/')).json;
    assert.equal(features.length, 12);
    assert.deepEqual(features[0], { featureId: 0, featureGate: 'integrations-api' });
    assert.deepEqual((await get('/doc-integrations/')).json, []);
    assert.equal((await get('/integration-features/', {})).status, 401);
  });

  test('says what a provider has not', async () => {
    const path = `/organizations/acme/integrations/${integration.id}/`;
    const detail = async (method, name, status = 400) => {
      const answer = await daemon.api(method, path + name, { token });
      assert.equal(answer.status, status, `${name}: ${answer.text}`);
      return answer.json;
    };
    assert.match((await detail('GET', 'serverless-functions/')).detail, /^ping has no/);
    assert.match((await detail('POST', 'serverless-functions/')).detail, /^ping has no/);
    assert.match((await detail('PUT', 'migrate-opsgenie/')).detail, /^ping has no/);
    await detail('PUT', 'issues/', 204);
    assert.deepEqual(await detail('GET', 'channels/', 200), { results: [], warning: 'ping has no channels' });
    assert.deepEqual(Object.keys(await detail('GET', 'channel-validate/')), ['channel']);
    assert.deepEqual(await detail('GET', 'channel-validate/?channel=x'), { valid: false, detail: 'ping has no channels' });
    assert.equal((await daemon.api('GET', '/organizations/acme/integrations/4711/channels/', { token })).status, 404);
  });

  test('keeps what members ask their owners to install', async () => {
    const ask = (body) => daemon.api('POST', '/organizations/acme/integration-requests/', { token, body });
    const wanted = { providerSlug: 'ping', providerType: 'first_party', message: 'please' };
    const asked = await ask(wanted);
    assert.deepEqual([asked.status, asked.text], [201, '']);
    for (const change of [{ providerSlug: 'nowhere' }, { providerType: 'plugin' }, { providerType: 'other' },
      { providerSlug: null }, { message: 7 }, { message: 'x'.repeat(1001) }])
      assert.equal((await ask({ ...wanted, ...change })).status, 400, JSON.stringify(change));
    const rows = await daemon.sql("SELECT target, data FROM audit_log WHERE event = 'integration.request'");
    assert.deepEqual(rows, [{ target: 'provider:ping', data: '{"message":"please","provider":"ping"}' }]);
  });

  // ---- Repositories ----

  test('adds a repository once', async () => {
    const add = (body) => daemon.api('POST', '/organizations/acme/repos/', { token, body });
    const wanted = { provider: 'integrations:ping', installation: integration.id, identifier: 'ping/one' };
    const offered = (await get(`/organizations/acme/integrations/${integration.id}/repos/`)).json;
    assert.deepEqual(offered, { repos: [{ name: 'one', identifier: 'ping/one', defaultBranch: 'main', externalId: '1', isInstalled: false }], searchable: true });
    const added = await add(wanted);
    assert.equal(added.status, 201, added.text);
    assert.deepEqual([added.json.name, added.json.provider.id, added.json.status, added.json.integrationId],
      ['ping/one', 'integrations:ping', 'active', integration.id]);
    const again = await add(wanted);
    assert.deepEqual([again.status, again.json.detail.code], [400, 'repo_exists']);
    assert.equal((await get(`/organizations/acme/integrations/${integration.id}/repos/`)).json.repos[0].isInstalled, true);
    const refusals = [
      [{ ...wanted, provider: 'integrations:nowhere' }, 400, 'validation'],
      [{ ...wanted, installation: '999999' }, 404, 'not found'],
      [{ ...wanted, identifier: 'ping/none' }, 400, 'validation'],
    ];
    for (const [body, status, type] of refusals) {
      const answer = await add(body);
      assert.deepEqual([answer.status, answer.json.error_type], [status, type], answer.text);
    }
    assert.deepEqual((await daemon.list('/organizations/acme/repos/?query=ONE', { token })).map(({ id }) => id), [added.json.id]);
    assert.deepEqual(await daemon.list('/organizations/acme/repos/?query=two', { token }), []);
    assert.deepEqual(await daemon.list('/organizations/acme/repos/?status=deleted', { token }), []);
    assert.deepEqual(await daemon.list(`/organizations/acme/repos/${added.json.id}/commits/`, { token }), []);
    assert.deepEqual(await daemon.list(`/organizations/acme/repos/${added.json.id}/pull-requests/`, { token }), []);
    assert.equal((await get('/organizations/acme/repos/999999/commits/')).status, 404);
  });

  // ---- Pages ----

  test('pages with links that can be followed', async () => {
    for (let i = 0; i < 5; i++) await daemon.ctlOk('project', 'create', `p${i}`, '--org', 'acme');
    const all = await daemon.list('/organizations/acme/projects/', { token, perPage: 2 });
    assert.deepEqual(all.map(({ slug }) => slug), ['p0', 'p1', 'p2', 'p3', 'p4']);
    for (const bad of ['cursor=x', 'cursor=2:1:0', 'cursor=t!:1:0', 'per_page=0', 'per_page=101', 'per_page=x'])
      assert.equal((await get(`/organizations/acme/projects/?${bad}`)).status, 400, bad);
  });

  test('pages back as well as forth, past what came and went meanwhile', async () => {
    for (let i = 0; i < 5; i++) {
      await daemon.ctlOk('team', 'create', `t${i}`, '--org', 'acme');
      await daemon.ctlOk('user', 'create', `m${i}@acme.test`, '--org', 'acme', '--role', 'member');
    }
    for (const list of ['projects', 'teams', 'members']) {
      const [forth, back] = await daemon.listBothWays(`/organizations/acme/${list}/`, { token, perPage: 2 });
      assert.deepEqual(forth.flat(), (await get(`/organizations/acme/${list}/`)).json, list);
      assert.deepEqual(forth.map(({ length }) => length > 0), Array(Math.ceil(forth.flat().length / 2)).fill(true), list);
      assert.ok(forth.length > 2, list);
      assert.deepEqual(back, forth, list);
    }
    const first = await get('/organizations/acme/projects/?per_page=2');
    await daemon.ctlOk('project', 'create', 'p00', '--org', 'acme');
    const second = await get(`/organizations/acme/projects/?per_page=2&cursor=${first.headers.link.match(/rel="next"; results="true"; cursor="([^"]*)"/)[1]}`);
    assert.deepEqual(second.json.map(({ slug }) => slug), ['p2', 'p3'], 'what is new before the place moves nothing');
  });

  // ---- Removing ----

  test('removes an integration, unless its provider refuses', async () => {
    const path = `/organizations/acme/integrations/${integration.id}/`;
    const [repository] = await daemon.list('/organizations/acme/repos/', { token });
    await daemon.api('POST', path, { token, body: { keep: true } });
    assert.equal((await daemon.api('DELETE', path, { token })).status, 409);
    assert.equal((await get(path)).json.organizationIntegrationStatus, 'active');
    await daemon.api('POST', path, { token, body: { keep: false } });
    assert.equal((await daemon.api('DELETE', path, { token })).status, 204);
    assert.equal((await daemon.event('ping.uninstalled', { last: 'true' })).last, 'true');
    await until('it is gone', async () => (await get(path)).status === 404);
    assert.equal((await daemon.api('DELETE', path, { token })).status, 404);
    const kept = (await get(`/organizations/acme/repos/${repository.id}/`)).json;
    assert.deepEqual([kept.integrationId, kept.name], [null, repository.name]);
    const [audit] = await daemon.sql("SELECT count(*) AS n FROM audit_log WHERE event = 'integration.remove'");
    assert.equal(audit.n, 1);
  });

  test('a deleted organization tells its integrations, whatever one of them says', async () => {
    const told = () => daemon.events('ping.uninstalled').length;
    const before = told();
    const as = await ping.install('leaving', 'leaves');
    await ping.install('leaving', 'stays', as);
    const [{ id }] = await daemon.list('/organizations/leaving/integrations/', { token: as });
    await daemon.api('POST', `/organizations/leaving/integrations/${id}/`, { token: as, body: { keep: true } });
    assert.equal((await daemon.api('DELETE', '/organizations/leaving/', { token: as })).status, 202);
    assert.match((await daemon.event('integration.not_uninstalled', { integration: id })).reason, /still in use/);
    await daemon.event('deletion.done', { kind: 'organization' });
    assert.equal(told() - before, 2);
    assert.deepEqual(await daemon.sql("SELECT id FROM organization_integration WHERE organization_id NOT IN (SELECT id FROM organization)"), []);
  });
});

describe('browser sessions', () => {
  let ping;
  let daemon;

  const linkToken = async (email) => new URL(await daemon.ctlOk('login-link', email)).hash.replace('#token=', '');
  const login = (body) => daemon.api('POST', '/auth/login-link/', { body });
  const signIn = async (email) => {
    const answer = await login({ token: await linkToken(email) });
    assert.equal(answer.status, 200, answer.text);
    return { cookie: answer.headers['set-cookie'][0].split(';')[0], csrf: answer.json.csrf, setCookie: answer.headers['set-cookie'][0] };
  };

  before(async () => {
    ping = await Ping.start();
    daemon = ping.daemon;
    await daemon.organization('acme', { owner: 'owner@acme.test' });
    await daemon.ctlOk('user', 'create', 'member@acme.test', '--org', 'acme', '--role', 'member');
  });
  after(() => ping?.close());

  test('a sign-in link shows whose it is and works once', async () => {
    const token = await linkToken('owner@acme.test');
    const shown = await login({ token, preview: true });
    assert.equal(shown.json.account.email, 'owner@acme.test');
    assert.equal(shown.headers['set-cookie'], undefined);
    const used = await login({ token });
    assert.match(used.headers['set-cookie'][0], /^mortise_session=mrs_[^;]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/);
    assert.equal((await login({ token })).status, 404);
    assert.equal((await login({ token: 'mrl_guess' })).status, 404);
    assert.equal((await login({})).status, 400);
  });

  test('changes need the CSRF token, reads do not', async () => {
    const { cookie, csrf } = await signIn('owner@acme.test');
    const path = '/organizations/acme/pipeline/integration_pipeline/';
    const body = { action: 'initialize', provider: 'ping' };
    assert.equal((await daemon.api('GET', '/organizations/acme/', { headers: { cookie } })).status, 200);
    assert.equal((await daemon.api('POST', path, { headers: { cookie }, body })).status, 403);
    assert.equal((await daemon.api('POST', path, { headers: { cookie, 'x-csrf-token': '0'.repeat(64) }, body })).status, 403);
    const other = await signIn('owner@acme.test');
    assert.equal((await daemon.api('POST', path, { headers: { cookie, 'x-csrf-token': other.csrf }, body })).status, 403);
    const again = (await daemon.api('GET', '/auth/', { headers: { cookie } })).json;
    assert.deepEqual([again.csrf, again.account.email], [csrf, 'owner@acme.test']);
    assert.equal((await daemon.api('POST', path, { headers: { cookie, 'x-csrf-token': csrf }, body })).status, 200);
  });

  test('a role limits what a session may do', async () => {
    const { cookie, csrf } = await signIn('member@acme.test');
    const headers = { cookie, 'x-csrf-token': csrf };
    assert.equal((await daemon.api('GET', '/organizations/acme/integrations/', { headers })).status, 200);
    assert.equal((await daemon.api('POST', '/organizations/acme/pipeline/integration_pipeline/', { headers,
      body: { action: 'initialize', provider: 'ping' } })).status, 403);
    // A member asks the owners to install one; an owner is told to do it.
    const ask = { body: { providerSlug: 'ping', providerType: 'first_party' } };
    const asked = (options) => daemon.api('POST', '/organizations/acme/integration-requests/', { ...options, ...ask });
    assert.equal((await asked({ headers })).status, 201);
    const owner = await signIn('owner@acme.test');
    assert.equal((await asked({ headers: { cookie: owner.cookie, 'x-csrf-token': owner.csrf } })).status, 200);
    assert.deepEqual((await daemon.api('GET', '/organizations/', { headers })).json.map(({ slug }) => slug), ['acme']);
  });

  test('signing out ends the session', async () => {
    const { cookie, csrf } = await signIn('owner@acme.test');
    assert.equal((await daemon.api('DELETE', '/auth/', { headers: { cookie } })).status, 403);
    const out = await daemon.api('DELETE', '/auth/', { headers: { cookie, 'x-csrf-token': csrf } });
    assert.equal(out.status, 204);
    assert.match(out.headers['set-cookie'][0], /Max-Age=0/);
    assert.equal((await daemon.api('GET', '/auth/', { headers: { cookie } })).status, 401);
  });

  test('the host application can sign its users in', async () => {
    const admin = await daemon.token('acme', ['member:admin', 'org:read', 'project:read', 'project:releases', 'team:read', 'event:admin']);
    const members = await daemon.list('/organizations/acme/members/', { token: admin });
    const { id } = members.find(({ email }) => email === 'member@acme.test');
    const made = await daemon.api('POST', `/organizations/acme/members/${id}/login-link/`, { token: admin });
    assert.equal(made.status, 201, made.text);
    const token = new URL(made.json.url).hash.replace('#token=', '');
    assert.equal((await login({ token })).json.account.email, 'member@acme.test');
    assert.equal((await daemon.api('POST', '/organizations/acme/members/999999/login-link/', { token: admin })).status, 404);
  });

  test('no secret of a session stands in the database', async () => {
    const { cookie, csrf } = await signIn('owner@acme.test');
    const dump = JSON.stringify(await daemon.sql('SELECT * FROM session'));
    assert.ok(!dump.includes(cookie.split('=')[1]));
    assert.ok(!dump.includes(csrf));
  });

  test('pages are static and strict', async () => {
    assert.equal((await daemon.request('GET', '/')).headers.location, `${daemon.url}/console/`);
    for (const path of ['/console/', '/console/install.html', '/extensions/ping/setup/?code=1&state=2']) {
      const { status, headers, text } = await daemon.request('GET', path);
      assert.equal(status, 200, path);
      assert.match(headers['content-type'], /^text\/html/);
      assert.match(headers['content-security-policy'], /default-src 'none'.*script-src 'self'/);
      assert.doesNotMatch(text, /<script(?![^>]* src=)|<style| style=| on[a-z]+=/);
    }
    assert.equal((await daemon.request('GET', '/console/console.js')).status, 200);
    assert.equal((await daemon.request('GET', '/console/..%2fcore%2fapi%2fapi.c')).status, 404);
    assert.equal((await daemon.request('GET', '/console/nothing.js')).status, 404);
  });
});
