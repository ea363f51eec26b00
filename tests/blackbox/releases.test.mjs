// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Releases over the API, and the issues that their commits resolve; who is in a team.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { INSTALLATION } from './lib/demonstration.mjs';
import { until } from './lib/until.mjs';
import { pushPayload, sha } from './lib/webhooks.mjs';
import { startWorld } from './lib/world.mjs';

describe('releases', () => {
  let world;
  let daemon;
  let token;
  const releases = '/organizations/acme/releases/';
  const repository = { id: 1, name: 'acme-co/shop' };

  const call = (method, path, body, as = token) => daemon.api(method, path, { token: as, body });
  const one = (version) => `${releases}${encodeURIComponent(version)}/`;

  async function made(body, expected = 201) {
    const { status, json, text } = await call('POST', releases, { projects: ['shop'], ...body });
    assert.equal(status, expected, text);
    return json;
  }

  async function report(key, more = {}) {
    const { json } = await call('POST', '/projects/acme/shop/issues/', { key, title: `Error ${key}`, ...more });
    return json;
  }

  const show = async (id) => (await call('GET', `/issues/${id}/`)).json;

  async function push(commits) {
    const payload = pushPayload(INSTALLATION, repository, commits);
    assert.equal((await world.webhooks.send('push', payload)).status, 204);
    await daemon.idle();
  }

  before(async () => {
    world = await startWorld();
    daemon = world.daemon;
    token = await daemon.organization('acme',
      { scopes: ['org:admin', 'org:integrations', 'event:admin', 'project:admin', 'team:admin', 'member:admin'] });
    await world.install('acme', token);
    for (const project of ['shop', 'api'])
      await daemon.ctlOk('project', 'create', project, '--org', 'acme', '--name', project);
    await daemon.ctlOk('user', 'create', 'mona@acme.test', '--org', 'acme', '--role', 'member');
    await daemon.ctlOk('team', 'create', 'core', '--org', 'acme', '--name', 'core');
  });
  after(() => world?.close());

  test('are made, found, changed, finalized and deleted', async () => {
    const release = await made({ version: 'shop@1.0.0-rc.1+7', ref: 'main', url: 'https://ci.test/1', projects: ['shop', 'api'] });
    assert.deepEqual([release.version, release.shortVersion, release.ref, release.dateReleased, release.commitCount, release.status],
      ['shop@1.0.0-rc.1+7', '1.0.0-rc.1+7', 'main', null, 0, 'open']);
    assert.deepEqual(release.projects.map(({ slug }) => slug), ['shop', 'api']);
    assert.equal(release.versionInfo.package, 'shop');
    await made({ version: 'shop@1.0.0-rc.1+7' }, 208);
    const path = one(release.version);
    const finalized = await call('PUT', path, { dateReleased: '2026-05-01T10:00:00Z' });
    assert.deepEqual([finalized.status, finalized.json.dateReleased, finalized.json.ref], [200, '2026-05-01T10:00:00.000Z', 'main']);
    assert.equal((await call('PUT', path, { dateReleased: null, status: 'archived' })).json.dateReleased, null);
    assert.deepEqual((await call('GET', `${releases}?query=RC.1`)).json, []);
    assert.equal((await call('GET', `${releases}?query=RC.1&status=archived`)).json.length, 1);
    assert.equal((await call('GET', `/projects/acme/api/releases/${encodeURIComponent(release.version)}/`)).json.id, release.id);
    assert.equal((await call('DELETE', path)).status, 204);
    assert.equal((await call('GET', path)).status, 404);
  });

  test('one that resolved issues stays', async () => {
    await made({ version: 'shop@0.1.0' });
    const { id } = await report('kept');
    assert.equal((await call('PUT', `/issues/${id}/`, { status: 'resolved', statusDetails: { inRelease: 'shop@0.1.0' } })).status, 200);
    const { status, json } = await call('DELETE', one('shop@0.1.0'));
    assert.equal(status, 409);
    assert.match(json.detail, /archive/);
  });

  test('a body that is wrong is told so by field, and nothing is written', async () => {
    const version = 'shop@9.0.0';
    const cases = [
      [{ projects: ['shop'] }, 'version'], [{ version }, 'projects'], [{ version, projects: [] }, 'projects'],
      [{ version, projects: 'shop' }, 'projects'], [{ version, projects: ['nowhere'] }, 'projects'],
      ...['', ' x', 'a/b', 'a\nb', '..', 'latest', 'x'.repeat(300), 7].map((bad) => [{ version: bad, projects: ['shop'] }, 'version']),
      [{ version, projects: ['shop'], url: 'ftp://x' }, 'url'], [{ version, projects: ['shop'], dateReleased: 'soon' }, 'dateReleased'],
      [{ version, projects: ['shop'], status: 'gone' }, 'status'], [{ version, projects: ['shop'], commits: {} }, 'commits'],
      [{ version, projects: ['shop'], commits: [1] }, 'commits'], [{ version, projects: ['shop'], commits: [{}] }, 'commits'],
      [{ version, projects: ['shop'], commits: [{ id: 'a', timestamp: 'x' }] }, 'commits'],
      [{ version, projects: ['shop'], commits: [{ id: 'a', patch_set: [{ path: 'x', type: 'Z' }] }] }, 'commits'],
      [{ version, projects: ['shop'], commits: Array.from({ length: 1001 }, (_, i) => ({ id: `${i}` })) }, 'commits'],
      [{ version, projects: ['shop'], refs: [{ repository: 'nowhere', commit: 'a' }] }, 'refs'],
      [{ version, projects: ['shop'], refs: [{ repository: repository.name, commit: 'unknown' }] }, 'refs'],
    ];
    for (const [body, field] of cases) {
      const { status, json, text } = await call('POST', releases, body);
      assert.equal(status, 400, `${JSON.stringify(body).slice(0, 100)}: ${text}`);
      assert.ok(Array.isArray(json[field]), `${JSON.stringify(body).slice(0, 100)}: ${text}`);
    }
    assert.equal((await call('GET', one(version))).status, 404);
  });

  test('a commit of its list resolves what it fixes', async () => {
    const [a, b, c] = [await report('list-a'), await report('list-b'), await report('list-c')];
    await made({ version: 'shop@1.1.0', commits: [
      { id: sha(901), repository: 'made-by-hand', message: `Second\n\nFixes ${a.shortId.toLowerCase()}, ${b.shortId} and nothing else`,
        author_name: 'Mona', author_email: 'mona@acme.test', timestamp: '2026-05-01T10:00:00Z', patch_set: [{ path: 'a.c', type: 'M' }] },
      { id: sha(900), message: `mentions ${c.shortId}` }] });
    const { json: listed } = await call('GET', `${one('shop@1.1.0')}commits/`);
    assert.deepEqual(listed.map(({ id }) => id), [sha(901), sha(900)]);
    const pages = [[listed[0]], [listed[1]]];
    assert.deepEqual(await daemon.listBothWays(`${one('shop@1.1.0')}commits/`, { token, perPage: 1 }), [pages, pages]);
    assert.deepEqual([listed[0].author.email, listed[0].repository.name], ['mona@acme.test', 'made-by-hand']);
    for (const { id } of [a, b]) {
      const issue = await show(id);
      assert.deepEqual([issue.status, issue.statusDetails.inRelease], ['resolved', 'shop@1.1.0']);
      assert.deepEqual(issue.activity.map(({ type }) => type), ['set_resolved_in_release', 'set_resolved_in_commit', 'first_seen']);
      assert.equal(issue.activity[1].data.commit.id, sha(901));
      assert.equal(issue.activity[0].user.email, 'mona@acme.test');
    }
    assert.equal((await show(c.id)).status, 'unresolved');
    // Once more changes nothing.
    await made({ version: 'shop@1.1.0', commits: [{ id: sha(901), repository: 'made-by-hand' }] }, 208);
    assert.equal((await show(a.id)).activity.length, 3);
  });

  test('a pushed commit resolves an issue when a release has it, not before', async () => {
    const [early, late, foreign] = [await report('ref-a'), await report('ref-b'),
      (await call('POST', '/projects/acme/api/issues/', { key: 'x', title: 'x' })).json];
    await push([{ sha: sha(1), message: `Closes: ${early.shortId}` }, { sha: sha(2), message: 'More' }]);
    assert.equal((await show(early.id)).status, 'unresolved');
    assert.equal((await show(early.id)).activity[0].type, 'set_resolved_in_commit');
    await made({ version: 'shop@2.0.0', refs: [{ repository: repository.name, commit: sha(2) }] });
    assert.equal((await show(early.id)).statusDetails.inRelease, 'shop@2.0.0');
    await push([{ sha: sha(3), message: `RESOLVED ${late.shortId} ${foreign.shortId}` }, { sha: sha(4), message: 'Last' }]);
    const next = await made({ version: 'shop@2.1.0', refs: [{ repository: repository.name, commit: sha(4) }] });
    assert.equal(next.commitCount, 2);
    assert.equal((await show(late.id)).statusDetails.inRelease, 'shop@2.1.0');
    // The release is none of the other issue's project.
    assert.equal((await show(foreign.id)).status, 'unresolved');
    const range = await made({ version: 'shop@2.1.1', refs: [{ repository: repository.name, commit: `${sha(3)}..${sha(4)}` }] });
    assert.equal(range.commitCount, 1);
    // A list says exactly which; the place is only remembered.
    const both = await made({ version: 'shop@2.1.2', commits: [{ id: sha(3), repository: repository.name }],
      refs: [{ repository: repository.name, commit: sha(4), previousCommit: sha(2) }] });
    assert.equal(both.commitCount, 1);
  });

  test('a pull request resolves an issue with the commit that merged it', async () => {
    const [kept, dropped] = [await report('pull-a'), await report('pull-b')];
    const pull = (action, more) => world.webhooks.send('pull_request', { action, number: 41, installation: { id: INSTALLATION },
      repository: { id: repository.id, full_name: repository.name },
      pull_request: { number: 41, title: 'Better', body: '', user: { id: 11, login: 'mona' }, merged: false, merge_commit_sha: null, ...more } });
    await pull('opened', { body: `Fixes ${kept.shortId}, fixes ${dropped.shortId}` });
    await until('it is linked', async () => (await show(dropped.id)).activity[0].type === 'set_resolved_in_pull_request');
    await pull('edited', { body: `Fixes ${kept.shortId}` });
    await push([{ sha: sha(11), message: 'Merge' }]);
    await made({ version: 'shop@3.0.0', refs: [{ repository: repository.name, commit: sha(11) }] });
    assert.equal((await show(kept.id)).status, 'unresolved');
    await pull('closed', { body: `Fixes ${kept.shortId}`, merged: true, merge_commit_sha: sha(11) });
    await until('it is resolved', async () => (await show(kept.id)).status === 'resolved');
    const issue = await show(kept.id);
    assert.equal(issue.statusDetails.inRelease, 'shop@3.0.0');
    assert.equal(issue.activity[1].data.pullRequest.id, '41');
    assert.equal((await show(dropped.id)).status, 'unresolved');
  });

  test('an issue waits for the commit that fixes it', async () => {
    const { id, shortId } = await report('waits', { release: 'shop@3.1.0' });
    await push([{ sha: sha(21), message: `fix ${shortId}` }]);
    const { json } = await call('PUT', `/issues/${id}/`,
      { status: 'resolved', statusDetails: { inCommit: { commit: sha(21), repository: repository.name } } });
    assert.equal(json.statusDetails.inCommit.id, sha(21));
    assert.equal((await report('waits', { release: 'shop@3.1.0' })).status, 'resolved');
    await made({ version: 'shop@3.2.0', refs: [{ repository: repository.name, commit: sha(21) }] });
    assert.equal((await report('waits', { release: 'shop@3.1.0' })).status, 'resolved');
    assert.equal((await report('waits', { release: 'shop@3.2.0' })).substatus, 'regressed');
  });

  test('each method needs its scope', async () => {
    const reader = await daemon.token('acme', ['project:read']);
    const ci = await daemon.token('acme', ['org:ci']);
    const body = { version: 'shop@5.0.0', projects: ['shop'] };
    assert.deepEqual([(await call('GET', releases, undefined, reader)).status, (await call('POST', releases, body, reader)).status,
      (await call('POST', releases, body, ci)).status, (await call('DELETE', one(body.version), undefined, ci)).status], [200, 403, 201, 403]);
  });

  test('members join and leave teams, teams come to projects and go', async () => {
    const { id } = (await daemon.list('/organizations/acme/members/', { token })).find(({ email }) => email === 'mona@acme.test');
    const teams = `/organizations/acme/members/${id}/teams/core/`;
    const project = '/projects/acme/api/teams/core/';
    const steps = [['POST', teams, 201, 1], ['POST', teams, 200, 1], ['DELETE', teams, 200, 0], ['DELETE', teams, 200, 0]];
    for (const [method, path, status, count] of steps) {
      const { status: got, json } = await call(method, path);
      assert.deepEqual([got, json.memberCount], [status, count], method);
    }
    const answers = [['POST', 201, 1], ['POST', 200, 1], ['DELETE', 200, 0]];
    for (const [method, status, count] of answers) {
      const { status: got, json } = await call(method, project);
      assert.deepEqual([got, json.teams.length], [status, count], method);
    }
    for (const path of ['/organizations/acme/members/99/teams/core/', `/organizations/acme/members/${id}/teams/none/`, '/projects/acme/none/teams/core/'])
      assert.equal((await call('POST', path)).status, 404, path);
    const reader = await daemon.token('acme', ['team:read', 'project:read']);
    assert.deepEqual([(await call('POST', teams, undefined, reader)).status, (await call('POST', project, undefined, reader)).status], [403, 403]);
  });
});
