// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// External users and teams: both contracts' URLs, what is refused and why, and where they
// show.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { until } from './lib/until.mjs';
import { startWorld } from './lib/world.mjs';

describe('external users and teams', () => {
  let world;
  let daemon;
  let token;
  let integration;
  const members = {};
  const teams = {};

  const users = (method, body, id = '') => daemon.api(method,
    `/organizations/acme/external-users/${id}`, { token, body });
  const external = (method, body, id = '') => daemon.api(method,
    `/organizations/acme/external-teams/${id}`, { token, body });
  const below = (team, method, body, id = '') => daemon.api(method,
    `/teams/acme/${team}/external-teams/${id}`, { token, body });
  const refused = async (answer, field) => {
    const { status, json, text } = await answer;
    assert.equal(status, 400, text);
    assert.deepEqual(Object.keys(json), [field], text);
  };

  // Options for requests of a member's session.
  const signIn = async (email) => {
    const link = new URL(await daemon.ctlOk('login-link', email)).hash.replace('#token=', '');
    const answer = await daemon.api('POST', '/auth/login-link/', { body: { token: link } });
    return { headers: { cookie: answer.headers['set-cookie'][0].split(';')[0], 'x-csrf-token': answer.json.csrf } };
  };
  // As Sentry answers what its index of names refuses.
  const clashes = async (answer) => {
    const { status, json, text } = await answer;
    assert.deepEqual([status, json.length, typeof json[0]], [400, 1, 'string'], text);
  };

  before(async () => {
    world = await startWorld();
    ({ daemon } = world);
    token = await daemon.organization('acme');
    await world.install('acme', token);
    integration = (await daemon.list('/organizations/acme/integrations/', { token }))[0].id;
    for (const name of ['ann', 'bob'])
      await daemon.ctlOk('user', 'create', `${name}@acme.test`, '--org', 'acme', '--role', 'member');
    for (const member of await daemon.list('/organizations/acme/members/', { token }))
      members[member.email.split('@')[0]] = { id: Number(member.id), user: member.user.id };
    for (const slug of ['web', 'ops']) {
      await daemon.ctlOk('team', 'create', slug, '--org', 'acme');
      teams[slug] = null;
    }
    for (const { slug, id } of await daemon.list('/organizations/acme/teams/', { token }))
      teams[slug] = Number(id);
  });
  after(() => world?.close());

  test('a member has an account at the provider, once', async () => {
    const body = { externalName: '@ann-gh', provider: 'github', memberId: members.ann.id, externalId: '77' };
    const made = await users('POST', body);
    assert.equal(made.status, 201, made.text);
    assert.match(made.json.id, /^[1-9]\d*$/);
    assert.deepEqual(made.json, { id: made.json.id, provider: 'github', externalName: '@ann-gh',
      integrationId: integration, externalId: '77', userId: members.ann.user });
    const again = await users('POST', body);
    assert.deepEqual([again.status, again.json], [200, made.json]);
    // The row that is there stays as it is, and the answer says whose it is.
    const other = await users('POST', { ...body, memberId: members.bob.id });
    assert.deepEqual([other.status, other.json], [200, made.json]);
    // Sentry's own words.
    const snake = await users('POST', { external_name: '@bob-gh', provider: 'github', user_id: members.bob.user,
      integration_id: integration });
    assert.equal(snake.status, 201, snake.text);
    assert.ok(!('externalId' in snake.json));
    // The account of another id is another account, but the name has its owner.
    await clashes(users('POST', { ...body, externalId: '78', memberId: members.bob.id }));
    await clashes(users('POST', { ...body, externalId: null }));
  });

  test('is changed piece by piece, and taken away', async () => {
    const { json: made } = await users('POST', { externalName: '@old', provider: 'github', memberId: members.bob.id });
    const renamed = await users('PUT', { externalName: '@new' }, `${made.id}/`);
    assert.deepEqual([renamed.status, renamed.json], [200, { ...made, externalName: '@new' }]);
    // The stored provider's rule holds although the body names none.
    await refused(users('PUT', { externalName: 'new' }, `${made.id}/`), 'externalName');
    // A name has one owner, be it the same member or another one.
    for (const externalName of ['@bob-gh', '@ann-gh'])
      await clashes(users('PUT', { externalName }, `${made.id}/`));
    await refused(users('PUT', { provider: 'pagerduty' }, `${made.id}/`), 'provider');
    assert.equal((await users('DELETE', undefined, `${made.id}/`)).status, 204);
    for (const method of ['PUT', 'DELETE'])
      assert.equal((await users(method, method === 'PUT' ? {} : undefined, `${made.id}/`)).status, 404);
    for (const id of ['0/', 'x/', '99999/'])
      assert.equal((await users('DELETE', undefined, id)).status, 404, id);
  });

  test('says field by field what is wrong', async () => {
    const good = { externalName: '@x', provider: 'github', memberId: members.ann.id };
    const { status, json } = await users('POST', {});
    assert.equal(status, 400);
    assert.deepEqual(Object.keys(json).sort(), ['externalName', 'memberId', 'provider']);
    const cases = [
      [{ externalName: 'x' }, 'externalName'],
      [{ externalName: '@a b' }, 'externalName'],
      [{ externalName: '' }, 'externalName'],
      [{ externalName: `@${'x'.repeat(255)}` }, 'externalName'],
      [{ externalName: 7 }, 'externalName'],
      [{ provider: 'email' }, 'provider'],
      [{ provider: 'nothing' }, 'provider'],
      [{ provider: 'gitlab' }, 'integrationId'],
      [{ provider: 'custom_scm' }, 'integrationId'],
      [{ integrationId: 999 }, 'integrationId'],
      [{ integrationId: 'many' }, 'integrationId'],
      [{ externalId: 'x'.repeat(65) }, 'externalId'],
      [{ memberId: 999 }, 'memberId'],
      [{ memberId: -1 }, 'memberId'],
      [{ userId: members.bob.user }, 'userId'],
    ];
    for (const [change, field] of cases)
      await refused(users('POST', { ...good, ...change }), field);
    // Which provider the integration is of is not compared.
    const enterprise = await users('POST', { ...good, provider: 'github_enterprise', integrationId: Number(integration) });
    assert.equal(enterprise.status, 201, enterprise.text);
    assert.equal((await users('DELETE', undefined, `${enterprise.json.id}/`)).status, 204);
    // A free name for a provider without a rule.
    const free = await users('POST', { externalName: 'Ann (work)', provider: 'custom_scm', integrationId: integration,
      memberId: members.ann.id });
    assert.equal(free.status, 201, free.text);
  });

  test('serves teams below the organization and below the team', async () => {
    const made = await external('POST', { externalName: '@acme/web', provider: 'github', teamId: teams.web });
    assert.equal(made.status, 201, made.text);
    assert.deepEqual(made.json, { id: made.json.id, provider: 'github', externalName: '@acme/web',
      integrationId: integration, teamId: String(teams.web) });
    const ops = await below('ops', 'POST', { externalName: '@acme/ops', provider: 'github', teamId: teams.web });
    assert.deepEqual([ops.status, ops.json.teamId], [201, String(teams.ops)]);
    assert.equal((await below(String(teams.ops), 'PUT', { externalName: '@acme/run' }, `${ops.json.id}/`)).json.externalName, '@acme/run');
    // Below another team, or as a user, it is not there.
    assert.equal((await below('web', 'PUT', {}, `${ops.json.id}/`)).status, 404);
    assert.equal((await below('nowhere', 'POST', { externalName: '@a/b', provider: 'github' })).status, 404);
    assert.equal((await users('PUT', {}, `${ops.json.id}/`)).status, 404);
    await refused(external('POST', { externalName: '@a/b', provider: 'github' }), 'teamId');
    await refused(external('POST', { externalName: '@a/b', provider: 'github', teamId: 999 }), 'teamId');
    // One name is a user's or a team's.
    await refused(users('POST', { externalName: '@acme/web', provider: 'github', memberId: members.ann.id }), 'externalName');
    assert.equal((await external('DELETE', undefined, `${ops.json.id}/`)).status, 204);
  });

  test('shows them in listings', async () => {
    const list = async (path) => (await daemon.list(path, { token }));
    const ann = (await list('/organizations/acme/members/?expand=externalUsers')).find(({ email }) => email === 'ann@acme.test');
    assert.deepEqual(ann.externalUsers.map(({ externalName }) => externalName), ['@ann-gh', 'Ann (work)']);
    const names = async (value) => (await list(`/organizations/acme/members/?query=hasExternalUsers:${value}`)).map(({ email }) => email);
    assert.deepEqual([await names('true'), (await names('false')).includes('ann@acme.test')],
      [['ann@acme.test', 'bob@acme.test'], false]);
    const slugs = async (value) => (await list(`/organizations/acme/teams/?query=hasExternalTeams:${value}`)).map(({ slug }) => slug);
    assert.deepEqual([await slugs('true'), await slugs('false')], [['web'], ['ops']]);
    const web = (await list('/organizations/acme/teams/')).find(({ slug }) => slug === 'web');
    assert.deepEqual(web.externalTeams.map(({ externalName }) => externalName), ['@acme/web']);
  });

  test('asks for the right scopes and leaves audit rows', async () => {
    const body = { externalName: '@s', provider: 'github', memberId: members.ann.id };
    const cases = [['org:read', 403], ['team:admin', 403], ['org:write', 201]];
    for (const [scope, status] of cases)
      assert.equal((await daemon.api('POST', '/organizations/acme/external-users/', {
        token: await daemon.token('acme', [scope]), body })).status, status, scope);
    assert.equal((await daemon.api('POST', '/organizations/acme/external-teams/', {
      token: await daemon.token('acme', ['org:write']), body })).status, 403);
    assert.equal((await daemon.api('DELETE', '/organizations/acme/external-teams/1/', {
      token: await daemon.token('acme', ['team:write']) })).status, 403);
    const other = await daemon.organization('other');
    assert.equal((await daemon.api('DELETE', '/organizations/other/external-users/1/', { token: other })).status, 404);
    const rows = await daemon.sql("SELECT event, count(*) AS n FROM audit_log WHERE event LIKE 'external_%' GROUP BY event ORDER BY event");
    assert.deepEqual(rows.map(({ event }) => event), ['external_team.add', 'external_team.edit', 'external_team.remove',
      'external_user.add', 'external_user.edit', 'external_user.remove']);
  });

  test('a member maps only teams that the member reaches', async () => {
    const closed = await daemon.api('PUT', '/organizations/acme/', { token, body: { openMembership: false } });
    assert.equal(closed.status, 200, closed.text);
    await daemon.ctlOk('user', 'create', 'eve@acme.test', '--org', 'acme', '--role', 'admin');
    const eve = await signIn('eve@acme.test');
    const { json: made } = await external('POST', { externalName: '@acme/reach', provider: 'github', teamId: teams.web });
    const requests = [
      ['POST', '/organizations/acme/external-teams/', { externalName: '@acme/eve', provider: 'github', teamId: teams.web }],
      ['POST', '/teams/acme/web/external-teams/', { externalName: '@acme/eve', provider: 'github' }],
      ['PUT', `/organizations/acme/external-teams/${made.id}/`, { externalName: '@acme/eve' }],
      ['DELETE', `/organizations/acme/external-teams/${made.id}/`],
    ];
    for (const [method, path, body] of requests)
      assert.equal((await daemon.api(method, path, { ...eve, body })).status, 403, `${method} ${path}`);
    const { id } = (await daemon.list('/organizations/acme/members/', { token })).find(({ email }) => email === 'eve@acme.test');
    assert.equal((await daemon.api('POST', `/organizations/acme/members/${id}/teams/web/`, { token })).status, 201);
    for (const [method, path, body] of requests.slice(2))
      assert.ok((await daemon.api(method, path, { ...eve, body })).status < 300, `${method} ${path}`);
  });

  test('goes with its integration', async () => {
    const left = () => daemon.sql('SELECT id FROM external_actor');
    assert.notDeepEqual(await left(), []);
    assert.equal((await daemon.api('DELETE', `/organizations/acme/integrations/${integration}/`, { token })).status, 204);
    await until('the link is deleted', async () => (await left()).length === 0);
  });
});
