// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// CODEOWNERS of a repository on an emulated GitHub, ownership rules, and what follows from
// them: who owns an event or a path, and to whom new issues go by themselves.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { demonstration } from './lib/demonstration.mjs';
import { Project } from './lib/issues.mjs';
import { until } from './lib/until.mjs';
import { startWorld } from './lib/world.mjs';

const FILE = '# all of it\n*.js @acme-co/web @Bob\nsrc/api/ @acme-co/api # note\ndocs/ @nobody\n!skip/*.log @bob\n'
  + '/lib/ eve@acme.test stranger@acme.test\n';
const NO_ERRORS = { missing_user_emails: [], missing_external_users: [], missing_external_teams: [],
  teams_without_access: [], users_without_access: [] };

describe('CODEOWNERS and ownership', () => {
  let world;
  let daemon;
  let demo;
  let project;
  let mapping;
  let users;

  before(async () => {
    world = await startWorld();
    ({ daemon } = world);
    demo = await demonstration(world);
    await demo.install();
    await until('the repositories are linked', async () => (await demo.repositories()).length === 2);
    project = await Project.create(daemon, 'acme', 'shop');
    await people();
    const [integration] = await demo.integrations();
    const repository = (await demo.repositories()).find(({ name }) => name === 'acme-co/shop');
    mapping = await made('POST', '/organizations/acme/code-mappings/', { integrationId: integration.id,
      repositoryId: repository.id, projectId: project.id, stackRoot: 'webpack://shop', sourceRoot: 'src',
      defaultBranch: 'main' }, 201);
    await actors(integration.id);
  });
  after(() => world?.close());

  const call = (method, path, body, token = demo.token) => daemon.api(method, path, { token, body });
  async function made(method, path, body, wanted = 200, token = demo.token) {
    const { status, json, text } = await call(method, path, body, token);
    assert.equal(status, wanted, `${method} ${path}: ${text}`);
    return json;
  }
  const ofProject = (path) => `/projects/acme/shop/${path}`;

  // bob and the teams web and api work on the project; eve is a member who does not.
  async function people() {
    for (const name of ['bob', 'eve'])
      await daemon.ctlOk('user', 'create', `${name}@acme.test`, '--org', 'acme', '--role', 'member', '--name', name);
    for (const team of ['web', 'api', 'ops']) await daemon.ctlOk('team', 'create', team, '--org', 'acme');
    for (const team of ['web', 'api']) await daemon.ctlOk('team', 'add-project', team, 'shop', '--org', 'acme');
    await daemon.ctlOk('team', 'add-member', 'web', 'bob@acme.test', '--org', 'acme');
    await daemon.ctlOk('team', 'add-member', 'ops', 'eve@acme.test', '--org', 'acme');
    const members = await daemon.list('/organizations/acme/members/', { token: demo.token });
    users = Object.fromEntries(members.map(({ email, user }) => [email, user.id]));
  }
  async function actors(integrationId) {
    const teams = await daemon.list('/organizations/acme/teams/', { token: demo.token });
    const base = { provider: 'github', integrationId: Number(integrationId) };
    await made('POST', '/organizations/acme/external-users/', { ...base, externalName: '@bob',
      userId: Number(users['bob@acme.test']) }, 201);
    for (const [externalName, slug] of [['@acme-co/web', 'web'], ['@acme-co/api', 'api']])
      await made('POST', '/organizations/acme/external-teams/', { ...base, externalName,
        teamId: Number(teams.find((team) => team.slug === slug).id) }, 201);
  }

  // An event with one frame; gives {eventId, issue}.
  async function report(filename, more = {}) {
    const eventId = randomUUID().replaceAll('-', '');
    const { status, text } = await daemon.request('POST', `/api/${project.id}/store/`, {
      body: { event_id: eventId, platform: 'javascript', fingerprint: [eventId],
        exception: { values: [{ type: 'Error', value: 'it broke', stacktrace: { frames: [{ filename, in_app: true }] } }] }, ...more },
      headers: { 'x-sentry-auth': `Sentry sentry_version=7, sentry_key=${project.key}` } });
    assert.equal(status, 200, text);
    const [{ id }] = await daemon.sql(`SELECT issue_id AS id FROM event WHERE event_id = '${eventId}'`);
    return { eventId, issue: id };
  }

  test('the file of a repository is read', async () => {
    const path = `/organizations/acme/code-mappings/${mapping.id}/codeowners/`;
    assert.equal((await call('GET', path)).status, 404);
    await world.github.push('mona', 'acme-co/shop', '.github/CODEOWNERS', FILE);
    const file = await made('GET', path);
    assert.equal(file.filepath, '.github/CODEOWNERS');
    assert.equal(file.raw, FILE);
    assert.match(file.html_url, /\/acme-co\/shop\/blob\/main\/\.github\/CODEOWNERS$/);
    world.github.fault({ path: '/repos/acme-co/shop/contents/', status: 500, times: 100 });
    assert.equal((await call('GET', path)).status, 400);
    world.github.clearFaults();
  });

  test('a file becomes rules, and names that mean nobody refuse nothing', async () => {
    const path = ofProject('codeowners/');
    for (const [body, field] of [[{}, 'raw'], [{ raw: 7, codeMappingId: mapping.id }, 'raw'], [{ raw: 'x', codeMappingId: 99999 }, 'codeMappingId']]) {
      const { status, json } = await call('POST', path, body);
      assert.equal(status, 400);
      assert.ok(json[field], JSON.stringify(json));
    }
    const stored = await made('POST', path, { raw: FILE, codeMappingId: mapping.id }, 201);
    assert.equal(stored.ownershipSyntax, '# all of it\ncodeowners:*.js #web bob@acme.test\ncodeowners:webpack://shop/api/ #api');
    assert.deepEqual(stored.errors, { ...NO_ERRORS, missing_user_emails: ['stranger@acme.test'],
      missing_external_users: ['@nobody'], users_without_access: ['eve'] });
    assert.deepEqual(stored.schema.rules.map(({ matcher, owners }) => [matcher.pattern, owners.map(({ name }) => name)]),
      [['*.js', ['web', 'bob@acme.test']], ['webpack://shop/api/', ['api']]]);
    assert.equal(stored.provider, 'github');
    const again = await call('POST', path, { raw: FILE, codeMappingId: mapping.id });
    assert.equal(again.status, 400);
    assert.ok(again.json.codeMappingId);

    const [plain] = await made('GET', path);
    assert.deepEqual(Object.keys(plain).sort(), ['codeMappingId', 'dateCreated', 'dateUpdated', 'id', 'provider', 'raw']);
    const [shown] = await made('GET', `${path}?expand=codeMapping,ownershipSyntax&expand=codeOwnersUrl`);
    assert.equal(shown.codeMapping.id, mapping.id);
    assert.match(shown.codeOwnersUrl, /\/blob\/main\/\.github\/CODEOWNERS$/);
    assert.equal(shown.ownershipSyntax, stored.ownershipSyntax);
    assert.equal((await call('DELETE', `/organizations/acme/code-mappings/${mapping.id}/`)).status, 409);
    const associated = await made('GET', '/organizations/acme/codeowners-associations/?provider=github');
    assert.deepEqual(associated.shop.associations, { '@acme-co/web': '#web', '@Bob': 'bob@acme.test', '@acme-co/api': '#api' });
    assert.deepEqual(await made('GET', '/organizations/acme/codeowners-associations/?provider=gitlab'), {});
  });

  test('a file as large as GitHub takes is stored, a larger one is not', async () => {
    const [{ id }] = await made('GET', ofProject('codeowners/'));
    const path = ofProject(`codeowners/${id}/`);
    const large = await made('PUT', path, { raw: '#'.padEnd(3_000_000, 'x') });
    assert.equal(large.raw.length, 3_000_000);
    assert.ok((await call('PUT', path, { raw: '#'.padEnd(3_000_001, 'x') })).json.raw);
    assert.equal((await made('PUT', path, { raw: FILE })).raw, FILE);
    assert.equal((await call('PUT', ofProject('codeowners/99999/'), { raw: 'x @bob' })).status, 404);
  });

  test('rules of the project are checked, kept and shown', async () => {
    const path = ofProject('ownership/');
    const fresh = await made('GET', path);
    assert.deepEqual(fresh, { raw: null, fallthrough: true, dateCreated: null, lastUpdated: null, isActive: true,
      autoAssignment: 'Turn off Auto-Assignment', codeownersAutoSync: true, schema: null });
    for (const [raw, words] of [['src/*', /line 1/], ['path:a #nobody', /#nobody/], ['a eve@acme.test', /eve@acme\.test/]]) {
      const { status, json } = await call('PUT', path, { raw });
      assert.equal(status, 400);
      assert.match(json.raw[0], words);
    }
    assert.equal((await call('PUT', path, { autoAssignment: 'Auto Assign to Suspect Commits' })).status, 400);
    assert.equal((await made('GET', path)).dateCreated, null);
    const stored = await made('PUT', path, { raw: 'path:*checkout* #web\ntags.browser:Firefox* bob@acme.test #api\n', fallthrough: false });
    assert.equal(stored.fallthrough, false);
    assert.deepEqual(stored.schema.rules[1].matcher, { type: 'tags.browser', pattern: 'Firefox*' });
    assert.equal((await made('PUT', path, { codeowners_auto_sync: true })).raw, stored.raw);
  });

  test('the last rule that matches says who owns it', async () => {
    const asked = async (path) => made('GET', ofProject(`owners/?path=${encodeURIComponent(path)}`));
    assert.deepEqual((await asked('webpack://shop/api/cart.js')).rule, ['codeowners', 'webpack://shop/api/']);
    const verdict = await asked('webpack://shop/api/checkout.js');
    assert.deepEqual(verdict.rules, [[['path', '*checkout*'], [['team', 'web']]],
      [['codeowners', 'webpack://shop/api/'], [['team', 'api']]],
      [['codeowners', '*.js'], [['team', 'web'], ['user', 'bob@acme.test']]]]);
    assert.deepEqual(verdict.owners.map(({ type, name }) => [type, name]), [['team', 'web'], ['team', 'api'], ['user', 'bob']]);
    assert.deepEqual(await asked('README'), { owners: [], rule: null, rules: [] });
    assert.equal((await call('GET', ofProject('owners/'))).status, 400);

    const { eventId } = await report('x.css', { tags: { browser: 'Firefox 131' } });
    const event = await made('GET', ofProject(`events/${eventId}/owners/`));
    assert.deepEqual(event.rule, ['tags.browser', 'Firefox*']);
    assert.deepEqual(event.owners.map(({ type, id }) => [type, id])[0], ['user', users['bob@acme.test']]);
    assert.equal((await call('GET', ofProject(`events/${'0'.repeat(32)}/owners/`))).status, 404);
  });

  test('new issues go to their owner once that is switched on', async () => {
    const before = await report('webpack://shop/api/a.js');
    await daemon.idle();
    assert.equal((await demo.issues.get(before.issue)).assignedTo, null);
    await made('PUT', ofProject('ownership/'), { autoAssignment: 'Auto Assign to Issue Owner' });
    const ofTeam = await report('webpack://shop/api/b.js');
    const ofUser = await report('x.css', { tags: { browser: 'Firefox 131' } });
    const ofNobody = await report('README');
    await daemon.idle();
    const assignee = async ({ issue }) => (await demo.issues.get(issue)).assignedTo;
    assert.equal((await assignee(ofTeam)).name, 'api');
    assert.equal((await assignee(ofUser)).email, 'bob@acme.test');
    assert.equal(await assignee(ofNobody), null);
  });

  test('a push that touches the file reads it again', async () => {
    const changed = '*.js @acme-co/api\n';
    const raw = async () => (await made('GET', ofProject('codeowners/')))[0].raw;
    await world.github.push('mona', 'acme-co/shop', 'notes.txt', 'nothing');
    await daemon.idle();
    assert.equal(await raw(), FILE);
    const { sha } = await world.github.as('mona', 'GET', '/repos/acme-co/shop/contents/.github/CODEOWNERS');
    await world.github.as('mona', 'PUT', '/repos/acme-co/shop/contents/.github/CODEOWNERS',
      { message: 'owners', branch: 'main', sha, content: Buffer.from(changed).toString('base64') });
    await until('the file is read again', async () => await raw() === changed);
    const owner = await made('GET', ofProject('owners/?path=a.js'));
    assert.deepEqual(owner.owners.map(({ name }) => name), ['api']);
  });

  test('who may only read changes nothing', async () => {
    const reader = await daemon.token('acme', ['project:read', 'org:read', 'event:read']);
    const [{ id }] = await made('GET', ofProject('codeowners/'), undefined, 200, reader);
    for (const [method, path] of [['POST', 'codeowners/'], ['PUT', `codeowners/${id}/`], ['DELETE', `codeowners/${id}/`], ['PUT', 'ownership/']])
      assert.equal((await call(method, ofProject(path), method === 'DELETE' ? undefined : { raw: 'x @bob', codeMappingId: mapping.id }, reader)).status, 403);
    assert.equal((await call('DELETE', ofProject(`codeowners/${id}/`))).status, 204);
    assert.equal((await call('DELETE', ofProject(`codeowners/${id}/`))).status, 404);
    const events = (await daemon.sql(`SELECT event FROM audit_log WHERE event LIKE 'codeowners%' OR event LIKE '%ownership%'`))
      .map(({ event }) => event);
    assert.deepEqual([...new Set(events)].sort(), ['codeowners.add', 'codeowners.edit', 'codeowners.remove', 'project.ownership-rule.edit']);
  });
});
