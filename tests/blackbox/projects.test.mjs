// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Organizations, teams, projects and keys are made, changed and deleted over the API; two
// requests at once make or delete one thing once; nothing of what was deleted is left.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Daemon } from './lib/daemon.mjs';
import { Person } from './lib/person.mjs';
import { until } from './lib/until.mjs';

const SCOPES = ['org:admin', 'org:integrations', 'project:admin', 'project:releases', 'team:admin', 'member:admin', 'event:admin'];

describe('what the API manages', () => {
  let daemon, token;

  before(async () => {
    daemon = await Daemon.start({ plugins: [] });
    await daemon.organization('acme');
    token = await daemon.token('acme', SCOPES);
  });
  after(() => daemon?.close());

  const ask = (method, path, body, as = token) => daemon.api(method, path, { token: as, body });
  // The answer of what must succeed.
  const ok = async (method, path, body, as) => {
    const { status, json, text } = await ask(method, path, body, as);
    assert.ok(status >= 200 && status < 300, `${method} ${path}: ${status} ${text}`);
    return json;
  };
  const status = async (...args) => (await ask(...args)).status;
  const twice = async (...args) => (await Promise.all([status(...args), status(...args)])).sort((a, b) => a - b);
  const send = (dsn, message) => {
    const { username, pathname } = new URL(dsn);
    return daemon.request('POST', `/api${pathname}/store/`, { body: { message },
      headers: { 'x-sentry-auth': `Sentry sentry_version=7, sentry_key=${username}` } });
  };
  const audited = async (org) => (await ok('GET', `/organizations/${org}/audit-logs/`)).rows.map(({ event }) => event);

  test('a person makes an organization and owns it; a token makes none', async () => {
    const owner = await Person.signIn(daemon, 'owner@acme.test');
    const made = await owner.ask('POST', '/organizations/', { name: 'Second Try!', defaultTeam: true });
    assert.equal(made.status, 201, made.text);
    assert.equal(made.json.slug, 'second-try');
    assert.ok(made.json.access.includes('org:admin'));
    assert.deepEqual((await owner.ask('GET', '/organizations/')).json.map(({ slug }) => slug), ['acme', 'second-try']);
    assert.deepEqual((await owner.ask('GET', '/organizations/second-try/teams/')).json.map(({ slug, teamRole }) => [slug, teamRole]), [['second-try', 'admin']]);
    assert.equal((await owner.ask('GET', '/organizations/second-try/members/me/')).json.isOnlyOwner, true);
    const clash = await owner.ask('POST', '/organizations/', { name: 'x', slug: 'acme' });
    assert.deepEqual([clash.status, Object.keys(clash.json)], [400, ['slug']]);
    assert.deepEqual(Object.keys((await owner.ask('POST', '/organizations/', { name: '123' })).json), ['slug']);
    assert.deepEqual(Object.keys((await owner.ask('POST', '/organizations/', { slug: 7 })).json), ['name', 'slug']);
    assert.equal(await status('POST', '/organizations/', { name: 'Third' }), 403);
    assert.deepEqual((await Promise.all([1, 2].map(() => owner.ask('POST', '/organizations/', { name: 'Twin' })))).map((answer) => answer.status).sort(), [201, 400]);
    assert.deepEqual((await Promise.all([1, 2].map(() => owner.ask('DELETE', '/organizations/twin/')))).map((answer) => answer.status).sort(), [202, 404]);
  });

  test('an organization is changed', async () => {
    assert.deepEqual((await ok('PUT', '/organizations/acme/', { name: 'Acme Inc', openMembership: false, nonsense: [1] })).name, 'Acme Inc');
    assert.equal((await ok('GET', '/organizations/acme/')).openMembership, false);
    await ok('PUT', '/organizations/acme/', { open_membership: true, slug: 'acme2' });
    assert.equal(await status('GET', '/organizations/acme/'), 404);
    await ok('PUT', '/organizations/acme2/', { slug: 'acme' });
    assert.equal(await status('PUT', '/organizations/acme/', { slug: 'second-try' }), 400);
    assert.equal(await status('PUT', '/organizations/acme/', { slug: 'Not A Slug' }), 400);
    assert.equal((await ok('GET', '/organizations/acme/')).slug, 'acme');
  });

  test('a team lives its life', async () => {
    assert.deepEqual(await twice('POST', '/organizations/acme/teams/', { slug: 'core' }), [201, 409]);
    const team = await ok('PUT', '/teams/acme/core/', { name: 'The core' });
    assert.deepEqual([team.name, team.slug], ['The core', 'core']);
    assert.equal((await ok('GET', `/teams/acme/${team.id}/`)).slug, 'core');
    await ok('POST', '/organizations/acme/teams/', { name: 'Web' });
    assert.equal(await status('PUT', '/teams/acme/web/', { slug: 'core' }), 400);
    assert.equal(await status('POST', '/organizations/acme/teams/', {}), 400);
    assert.deepEqual(await twice('DELETE', '/teams/acme/core/'), [204, 404]);
    assert.equal(await status('GET', `/teams/acme/${team.id}/`), 404);
    assert.equal((await ok('POST', '/organizations/acme/teams/', { slug: 'core' })).memberCount, 0);
  });

  test('a project is made with a key that works', async () => {
    const shop = await ok('POST', '/teams/acme/core/projects/', { name: 'Shop', platform: 'node' });
    assert.deepEqual([shop.slug, shop.platform, shop.team.slug, shop.organization.slug], ['shop', 'node', 'core', 'acme']);
    const [key] = await ok('GET', '/projects/acme/shop/keys/');
    assert.equal((await send(key.dsn.public, 'it broke')).status, 200);
    const shown = await ok('GET', '/projects/acme/shop/');
    assert.ok(shown.firstEvent && shown.hasAccess && shown.access.includes('project:admin'));
    assert.equal((await ok('PUT', '/projects/acme/shop/', { platform: null, name: 'The shop' })).platform, null);
    assert.deepEqual((await ok('GET', '/teams/acme/core/projects/')).map(({ slug }) => slug), ['shop']);
    assert.deepEqual((await ok('GET', '/projects/')).map(({ slug, organization }) => [slug, organization.slug]), [['shop', 'acme']]);
    assert.deepEqual((await ok('GET', '/organizations/acme/projects/?query=SHO')).length, 1);
    assert.deepEqual(await ok('GET', '/organizations/acme/projects/?query=nope'), []);
  });

  test('slugs do not collide', async () => {
    assert.deepEqual(await twice('POST', '/teams/acme/core/projects/', { name: 'Given', slug: 'given' }), [201, 409]);
    assert.deepEqual(await twice('POST', '/teams/acme/core/projects/', { name: 'Shop' }), [201, 201]);
    assert.deepEqual((await ok('GET', '/organizations/acme/projects/')).map(({ slug }) => slug), ['given', 'shop', 'shop-2', 'shop-3']);
    assert.equal(await status('PUT', '/projects/acme/given/', { slug: 'shop' }), 400);
    assert.equal((await ok('GET', '/projects/acme/given/')).slug, 'given');
  });

  test('a key is switched off, renamed and deleted', async () => {
    const path = '/projects/acme/shop/keys/';
    const { id, dsn } = await ok('POST', path, { name: 'Mobile' });
    assert.equal((await send(dsn.public, 'with the new key')).status, 200);
    assert.equal((await ok('PUT', `${path}${id}/`, { isActive: false, name: 'Old' })).isActive, false);
    assert.notEqual((await send(dsn.public, 'refused')).status, 200);
    assert.deepEqual(await twice('DELETE', `${path}${id}/`), [204, 404]);
    assert.equal(await status('GET', `${path}${id}/`), 404);
    assert.equal(await status('GET', `/projects/acme/given/keys/${(await ok('GET', path))[0].id}/`), 404, 'a key of another project');
  });

  test('teams come onto a project and off it', async () => {
    const path = '/projects/acme/shop/teams/';
    assert.deepEqual(await twice('POST', `${path}web/`), [200, 201]);
    assert.deepEqual((await ok('GET', path)).map(({ slug }) => slug), ['core', 'web']);
    assert.deepEqual((await ok('DELETE', `${path}web/`)).teams.map(({ slug }) => slug), ['core']);
  });

  test('of a deleted project nothing is found at once, and nothing is left in the end', async () => {
    const shop = await ok('GET', '/projects/acme/shop/');
    const [{ dsn }] = await ok('GET', '/projects/acme/shop/keys/');
    const [issue] = await ok('GET', '/organizations/acme/issues/');
    assert.deepEqual(await twice('DELETE', '/projects/acme/shop/'), [204, 404]);
    assert.equal(await status('GET', `/projects/acme/${shop.id}/`), 404);
    assert.deepEqual(await ok('GET', '/organizations/acme/issues/'), []);
    assert.equal(await status('GET', `/issues/${issue.id}/`), 404);
    assert.notEqual((await send(dsn.public, 'too late')).status, 200);
    await daemon.event('deletion.done', { kind: 'project', id: shop.id });
    assert.deepEqual(await daemon.sql(`SELECT 1 FROM project WHERE id = ${shop.id} UNION ALL SELECT 1 FROM issue WHERE project_id = ${shop.id}`), []);
    assert.equal((await ok('POST', '/teams/acme/core/projects/', { name: 'Shop' })).slug, 'shop');
  });

  test('each change has its line in the audit log', async () => {
    const events = new Set(await audited('acme'));
    for (const event of ['org.edit', 'team.create', 'team.edit', 'team.remove', 'project.create', 'project.edit', 'project.remove',
      'projectkey.create', 'projectkey.edit', 'projectkey.remove'])
      assert.ok(events.has(event), event);
  });

  test('who may only read changes nothing', async () => {
    const reader = await daemon.token('acme', ['org:read', 'project:read', 'team:read', 'member:read']);
    const before = await daemon.sql('SELECT count(*) AS n FROM audit_log');
    for (const [method, path, body] of [['PUT', '/organizations/acme/', {}], ['DELETE', '/organizations/acme/'], ['POST', '/organizations/acme/teams/', { slug: 'x' }],
      ['PUT', '/teams/acme/core/', {}], ['DELETE', '/teams/acme/core/'], ['POST', '/teams/acme/core/projects/', { name: 'x' }],
      ['PUT', '/projects/acme/given/', {}], ['DELETE', '/projects/acme/given/'], ['POST', '/projects/acme/given/keys/', {}],
      ['POST', '/organizations/acme/members/', { email: 'a@b.test' }]])
      assert.equal(await status(method, path, body, reader), 403, `${method} ${path}`);
    assert.deepEqual(await daemon.sql('SELECT count(*) AS n FROM audit_log'), before);
  });

  test('nothing of a deleted organization is left', async () => {
    await daemon.organization('gone');
    const as = await daemon.token('gone', SCOPES);
    const { id } = await ok('GET', '/organizations/gone/', undefined, as);
    await ok('POST', '/organizations/gone/teams/', { slug: 'core' }, as);
    const project = await ok('POST', '/teams/gone/core/projects/', { name: 'Shop' }, as);
    const [{ dsn }] = await ok('GET', '/projects/gone/shop/keys/', undefined, as);
    assert.equal((await send(dsn.public, 'it broke')).status, 200);
    await ok('POST', '/organizations/gone/releases/', { version: '1.0', projects: ['shop'],
      commits: [{ id: 'a'.repeat(40), author_email: 'mona@gone.test', patch_set: [{ type: 'A', path: 'x' }] }] }, as);
    await ok('POST', '/organizations/gone/data-forwarders/', { name: 'Segment' }, as);
    assert.deepEqual(await twice('DELETE', '/organizations/gone/', undefined, as), [202, 404]);
    assert.equal(await status('GET', '/organizations/gone/', undefined, as), 404);
    assert.notEqual((await send(dsn.public, 'too late')).status, 200);
    await daemon.event('deletion.done', { kind: 'organization', id });
    await until('nothing is left', async () => (await leftovers(id, project.id)).length === 0).catch(async () =>
      assert.deepEqual(await leftovers(id, project.id), []));
    assert.notEqual(await status('GET', '/organizations/', undefined, as), 200);
    assert.equal((await ok('GET', '/organizations/acme/')).slug, 'acme');
  });

  // Rows of the organization or the project, in whatever table has a column for one.
  const leftovers = async (organization, project) => {
    const columns = await daemon.sql(`SELECT t.name AS table_name, c.name AS column_name FROM sqlite_master t, pragma_table_info(t.name) c
      WHERE t.type = 'table' AND c.name IN ('organization_id', 'owner_organization_id', 'project_id')`);
    assert.ok(columns.length > 30, `${columns.length} columns`);
    const counts = columns.map(({ table_name, column_name }) => `SELECT '${table_name}' AS name FROM ${table_name} WHERE ${column_name} = ${column_name === 'project_id' ? project : organization}`);
    return [...await daemon.sql(counts.join(' UNION ALL ')), ...await daemon.sql(`SELECT 'organization' AS name FROM organization WHERE id = ${organization}`)];
  };
});
