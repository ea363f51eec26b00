// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// A commit tells which account at the provider belongs to a member; the API shows it.  Who
// may be added, changed and removed, and by whom.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Daemon } from './lib/daemon.mjs';
import { INSTALLATION } from './lib/demonstration.mjs';
import { Person } from './lib/person.mjs';
import { until } from './lib/until.mjs';
import { pushPayload, sha } from './lib/webhooks.mjs';
import { startWorld } from './lib/world.mjs';

describe('a member who commits', () => {
  let world;
  let token;

  before(async () => {
    world = await startWorld();
    token = await world.daemon.organization('acme');
    await world.install('acme', token);
    await world.daemon.ctlOk('user', 'create', 'committer@acme.test', '--org', 'acme', '--role', 'member');
  });
  after(() => world?.close());

  const committer = async (query) =>
    (await world.daemon.list(`/organizations/acme/members/${query}`, { token }))
      .find(({ email }) => email === 'committer@acme.test');

  test('has the account of the provider that made the commit', async () => {
    const payload = pushPayload(INSTALLATION, { id: 5501, name: 'acme-co/shop' }, [{ sha: sha(1) }]);
    payload.commits[0].author = { name: 'Mona', email: 'committer@acme.test', username: 'mona' };
    assert.equal((await world.webhooks.send('push', payload)).status, 204);
    const { externalUsers, user } = await until('the account is known', async () => {
      const member = await committer('?expand=externalUsers');
      return member.externalUsers.length > 0 && member;
    });
    assert.equal(externalUsers.length, 1);
    assert.equal(externalUsers[0].provider, 'github');
    assert.equal(externalUsers[0].externalName, '@mona');
    assert.equal(externalUsers[0].userId, user.id);
    assert.equal(externalUsers[0].integrationId, '1');
  });

  test('shows it only where it is asked for', async () => {
    assert.equal((await committer('')).externalUsers, undefined);
  });
});

describe('members of an organization', () => {
  const SCOPES = ['org:admin', 'project:admin', 'team:admin', 'member:admin'];
  const path = '/organizations/acme/members/';
  let daemon, token, owner, manager, member;

  before(async () => {
    daemon = await Daemon.start({ plugins: [] });
    await daemon.organization('acme');
    token = await daemon.token('acme', SCOPES);
    for (const [email, orgRole] of [['manager@acme.test', 'manager'], ['member@acme.test', 'member'], ['other@acme.test', 'member']])
      assert.equal(await status('POST', path, { email, orgRole }), 201);
    [owner, manager, member] = await Promise.all(['owner', 'manager', 'member'].map((name) => Person.signIn(daemon, `${name}@acme.test`)));
    await ok('POST', '/organizations/acme/teams/', { slug: 'core' });
    await ok('POST', '/organizations/acme/teams/', { slug: 'web' });
    for (const slug of ['core', 'web']) await ok('POST', `/teams/acme/${slug}/projects/`, { name: `${slug} shop` });
  });
  after(() => daemon?.close());

  const ask = (method, url, body) => daemon.api(method, url, { token, body });
  const ok = async (method, url, body) => {
    const { status: code, json, text } = await ask(method, url, body);
    assert.ok(code >= 200 && code < 300, `${method} ${url}: ${code} ${text}`);
    return json;
  };
  const status = async (...args) => (await ask(...args)).status;
  const twice = async (...args) => (await Promise.all([status(...args), status(...args)])).sort((a, b) => a - b);
  const find = async (name) => (await ok('GET', `${path}?query=${name}@`))[0];
  const place = async (name) => `${path}${(await find(name)).id}/`;

  test('are added once, with their teams', async () => {
    const body = { email: 'new@acme.test', teamRoles: [{ teamSlug: 'core', role: 'admin' }], teams: ['web'] };
    assert.deepEqual(await twice('POST', path, body), [201, 400]);
    const shown = await ok('GET', await place('new'));
    assert.deepEqual([shown.orgRole, shown.teams, shown.teamRoles, shown.isOnlyOwner], ['member', ['core', 'web'],
      [{ teamSlug: 'core', role: 'admin' }, { teamSlug: 'web', role: 'contributor' }], false]);
    const unknown = await ask('POST', path, { email: 'nobody@acme.test', teams: ['nowhere'] });
    assert.deepEqual([unknown.status, Object.keys(unknown.json)], [400, ['teams']]);
    assert.deepEqual(Object.keys((await ask('POST', path, { email: 'x', orgRole: 'king', teams: [1] })).json).sort(), ['orgRole', 'teams']);
    assert.equal(await find('nobody'), undefined, 'a refused request adds nobody');
    assert.deepEqual(await daemon.sql("SELECT 1 FROM account WHERE email = 'nobody@acme.test'"), []);
  });

  test('are listed by role, team and project', async () => {
    const emails = (list) => list.map(({ email }) => email.split('@')[0]);
    assert.deepEqual(emails(await ok('GET', `${path}?query=role:manager`)), ['manager']);
    assert.deepEqual(emails(await ok('GET', '/teams/acme/core/members/')), ['new']);
    assert.deepEqual(emails(await ok('GET', '/projects/acme/web-shop/members/')), ['new']);
    const users = await ok('GET', '/organizations/acme/users/?project=core-shop');
    assert.deepEqual(users.map(({ projects }) => projects), [['core-shop', 'web-shop']]);
  });

  test('have a role in a team', async () => {
    const url = `${await place('new')}teams/web/`;
    assert.deepEqual(await ok('PUT', url, { teamRole: 'admin' }), { isActive: true, teamRole: 'admin' });
    assert.equal((await ok('GET', url)).teamRole, 'admin');
    assert.equal(await status('PUT', url, { teamRole: 'owner' }), 400);
    assert.deepEqual(await twice('DELETE', url), [200, 200]);
    assert.equal(await status('GET', url), 404);
    assert.deepEqual(await twice('POST', url), [200, 201]);
  });

  test('get no role that goes beyond who gives it', async () => {
    assert.equal((await manager.ask('POST', path, { email: 'boss@acme.test', role: 'owner' })).status, 403);
    assert.equal((await manager.ask('PUT', await place('other'), { orgRole: 'owner' })).status, 403);
    assert.equal((await manager.ask('PUT', await place('owner'), { orgRole: 'member' })).status, 403);
    assert.equal((await manager.ask('DELETE', await place('owner'))).status, 403);
    assert.equal((await manager.ask('PUT', `${path}me/`, { orgRole: 'member' })).status, 403, 'nobody changes the own role');
    assert.equal((await manager.ask('PUT', await place('other'), { orgRole: 'admin' })).json.orgRole, 'admin');
    assert.equal((await member.ask('PUT', await place('other'), { orgRole: 'member' })).status, 403);
    assert.equal((await member.ask('DELETE', await place('other'))).status, 403);
    assert.equal((await find('other')).orgRole, 'admin');
  });

  test('keep their only owner', async () => {
    const url = await place('owner');
    for (const answer of [await ask('DELETE', url), await ask('PUT', url, { orgRole: 'member' }), await owner.ask('DELETE', `${path}me/`)]) {
      assert.equal(answer.status, 403);
      assert.match(answer.json.detail, /only remaining owner/);
    }
    await ok('PUT', await place('manager'), { orgRole: 'owner' });
    assert.deepEqual((await Promise.all([ask('DELETE', url), ask('DELETE', await place('manager'))])).map((answer) => answer.status).sort(), [204, 403]);
  });

  test('join and leave teams by themselves, while membership is open', async () => {
    const own = `${path}me/teams/web/`;
    const others = `${await place('other')}teams/web/`;
    assert.equal((await member.ask('POST', own)).status, 201);
    assert.equal((await member.ask('POST', own)).status, 200);
    assert.deepEqual((await member.ask('GET', own)).json, { isActive: true, teamRole: 'contributor' });
    assert.equal((await member.ask('PUT', own, { teamRole: 'admin' })).status, 403);
    await ok('POST', others);
    for (const method of ['POST', 'DELETE']) assert.equal((await member.ask(method, others)).status, 403, method);
    const reader = await daemon.token('acme', ['team:read']);
    for (const [method, url] of [['POST', own], ['DELETE', others]])
      assert.ok([403, 404].includes((await daemon.api(method, url, { token: reader })).status), `${method} by a token of nobody`);
    assert.equal((await ok('GET', others)).isActive, true);
    await ok('PUT', '/organizations/acme/', { openMembership: false });
    assert.equal((await member.ask('DELETE', own)).status, 200);
    const refused = await member.ask('POST', own);
    assert.deepEqual([refused.status, /closed/.test(refused.json.detail)], [403, true]);
    assert.equal((await member.ask('GET', own)).status, 404);
    await ok('PUT', '/organizations/acme/', { openMembership: true });
  });

  test('reach what they work on, while membership is not open', async () => {
    await ok('PUT', '/organizations/acme/', { openMembership: false });
    await ok('POST', `${await place('member')}teams/core/`);
    assert.deepEqual((await member.ask('GET', '/organizations/acme/projects/')).json.map(({ slug, isMember }) => [slug, isMember]), [['core-shop', true]]);
    assert.equal((await member.ask('GET', '/projects/acme/web-shop/')).status, 403);
    await ok('PUT', '/organizations/acme/', { openMembership: true });
    assert.deepEqual((await member.ask('GET', '/projects/acme/web-shop/')).json.isMember, false);
  });

  test('leave, and are nobody then', async () => {
    assert.equal((await member.ask('DELETE', `${path}me/`)).status, 204);
    assert.equal((await member.ask('GET', '/organizations/acme/')).status, 404);
    assert.equal(await find('member'), undefined);
    assert.deepEqual(await twice('DELETE', await place('other')), [204, 404]);
    const events = (await ok('GET', '/organizations/acme/audit-logs/')).rows.map(({ event }) => event);
    for (const event of ['member.add', 'member.edit', 'member.remove', 'member.join-team', 'member.leave-team']) assert.ok(events.includes(event), event);
  });
});
