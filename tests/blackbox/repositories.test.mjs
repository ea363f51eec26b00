// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Repositories over the API: shown, added, changed, hidden, deleted, synced.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { Ping } from './lib/ping.mjs';
import { until } from './lib/until.mjs';

const REPOS = '/organizations/acme/repos/';

describe('repositories', () => {
  let ping;
  let daemon;
  let token;
  let other;
  let integration;

  const call = (method, path, body, options = { token }) => daemon.api(method, path, { ...options, body });
  const add = (identifier, change = {}) => call('POST', REPOS,
    { provider: 'integrations:ping', installation: integration.id, identifier, ...change });
  const added = async (identifier) => {
    const { status, json, text } = await add(identifier);
    assert.equal(status, 201, text);
    return json;
  };
  const names = async (query = '') => (await daemon.list(`${REPOS}${query}`, { token })).map(({ name }) => name);
  const count = async (table, where = '1 = 1') => (await daemon.sql(`SELECT count(*) AS n FROM ${table} WHERE ${where}`))[0].n;
  const audits = async (event) => count('audit_log', `event = '${event}'`);
  const change = (repository, body) => call('PUT', `${REPOS}${repository.id}/`, body);
  // A push to the repository, as its provider tells it.
  const push = async (name, id) => {
    const answer = await ping.tell('a1', { do: 'effects', effects: [{ type: 'commit', repository: name, sha: id, message: 'Fix it',
      time_ms: 1760000000000, author: { email: 'mona@acme.test', name: 'Mona' }, files: [['M', 'a.py']] }] });
    assert.equal(answer.status, 202);
    await daemon.idle();
  };

  before(async () => {
    ping = await Ping.start();
    daemon = ping.daemon;
    token = await ping.install('acme', 'a1');
    other = await ping.install('rival', 'r1');
    [integration] = await daemon.list('/organizations/acme/integrations/', { token });
  });
  after(() => ping?.close());

  test('are added once, even by two at once', async () => {
    const answers = await Promise.all([add('ping/one'), add('ping/one'), add('ping/one')]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 400, 400]);
    for (const { json } of answers.filter(({ status }) => status === 400))
      assert.deepEqual(json, { detail: { code: 'repo_exists', message: 'A repository with this configuration already exists.', extra: {} } });
    const { json } = answers.find(({ status }) => status === 201);
    assert.deepEqual(json, { id: json.id, name: 'ping/one', url: 'https://ping.test/one', provider: { id: 'integrations:ping', name: 'Ping' },
      status: 'active', dateCreated: json.dateCreated, integrationId: integration.id, externalSlug: 'ping/one', externalId: 'ping/one',
      defaultBranch: 'main', languages: [] });
    assert.equal(await audits('repo.add'), 1);
  });

  test('are not added when the request or the provider is in the way', async () => {
    const [, foreign] = [null, (await daemon.list('/organizations/rival/integrations/', { token: other }))[0]];
    const cases = [
      [{ provider: 'integrations:nowhere' }, 400, { error_type: 'validation' }],
      [{ provider: 7 }, 400, { error_type: 'validation' }],
      [{ identifier: '' }, 400, { identifier: ['This field may not be blank.'] }],
      [{ identifier: ['ping/x'] }, 400, { identifier: ['Not a valid string.'] }],
      [{ identifier: 'x'.repeat(1025) }, 400, { identifier: ['Ensure this field has no more than 1024 characters.'] }],
      [{ identifier: 'ping/none' }, 400, { error_type: 'validation', errors: { __all__: 'Ping has no such repository.' } }],
      [{ identifier: 'ping/down' }, 503, { error_type: 'service unavailable', errors: { __all__: 'Ping does not answer.' } }],
      ...[foreign.id, '999999', '-1', 'x', '1 ', null, true, [], 1e30, undefined].map((installation) => [{ installation }, 404, null]),
    ];
    const before = await count('repository');
    for (const [wish, status, json] of cases) {
      const answer = await add('ping/two', wish);
      assert.equal(answer.status, status, `${JSON.stringify(wish)}: ${answer.text}`);
      if (json) assert.deepEqual(answer.json, json);
      else assert.equal(answer.json.error_type, 'not found');
    }
    assert.equal(await count('repository'), before);
  });

  test('are found by name, integration and status, a page at a time', async () => {
    for (const name of ['ping/c', 'ping/a', 'ping/b', 'Ping/A']) await added(name);
    const all = ['Ping/A', 'ping/a', 'ping/b', 'ping/c', 'ping/one'];
    assert.deepEqual(await names(), all);
    assert.deepEqual((await daemon.list(REPOS, { token, perPage: 2 })).map(({ name }) => name), all);
    assert.deepEqual(await names('?query=G/a'), ['Ping/A', 'ping/a']);
    assert.deepEqual(await names('?query=%25'), []);
    assert.deepEqual(await names(`?integration_id=${integration.id}`), all);
    for (const none of ['integration_id=999999', 'integration_id=x', 'status=hidden', 'status=unmigratable', 'status=deleted'])
      assert.deepEqual(await names(`?${none}`), [], none);
    for (const bad of ['cursor=x', 'cursor=2:1:0', 'cursor=t%2F:1:0', 'per_page=0', 'per_page=101'])
      assert.equal((await call('GET', `${REPOS}?${bad}`)).status, 400, bad);
    // Back from the second page to the first.
    const { headers } = await call('GET', `${REPOS}?per_page=2`);
    const [, next] = headers.link.match(/cursor=([^&>]*)>; rel="next"/);
    const second = await call('GET', `${REPOS}?per_page=2&cursor=${next}`);
    const [, back] = second.headers.link.match(/cursor=([^&>]*)>; rel="previous"; results="true"/);
    const first = await call('GET', `${REPOS}?per_page=2&cursor=${back}`);
    assert.deepEqual(first.json.map(({ name }) => name), all.slice(0, 2));
    assert.deepEqual((await call('GET', `${REPOS}?per_page=1&cursor=${back}`)).json.map(({ name }) => name), [all[1]]);
  });

  test('belong to one organization', async () => {
    const [mine] = await daemon.list(REPOS, { token });
    for (const [method, body] of [['GET'], ['PUT', { status: 'hidden' }], ['DELETE']])
      for (const path of [`${REPOS}${mine.id}/`, `/organizations/rival/repos/${mine.id}/`])
        assert.equal((await call(method, path, body, { token: other })).status, 404, `${method} ${path}`);
    const foreign = await call('PUT', '/organizations/rival/repos/settings/', { repositoryIds: [mine.id], enabledCodeReview: true }, { token: other });
    assert.deepEqual([foreign.status, foreign.json], [400, { repositoryIds: [`There is no repository ${mine.id}.`] }]);
    for (const id of ['0', '-1', 'x', '1x', '99999999999999999999'])
      assert.equal((await call('GET', `${REPOS}${id}/`)).status, 404, id);
    const reader = await daemon.token('acme', ['org:read']);
    assert.equal((await call('GET', `${REPOS}${mine.id}/`, undefined, { token: reader })).status, 200);
    for (const [method, body] of [['PUT', { status: 'hidden' }], ['DELETE']])
      assert.equal((await call(method, `${REPOS}${mine.id}/`, body, { token: reader })).status, 403);
    assert.equal((await call('GET', `${REPOS}${mine.id}/`)).json.status, 'active');
  });

  test('lose their history when they are hidden, and come back without it', async () => {
    const repository = await added('ping/hidden');
    await push('ping/hidden', 'c1');
    assert.deepEqual((await daemon.list(`${REPOS}${repository.id}/commits/`, { token })).map(({ id }) => id), ['c1']);
    assert.equal(await count('commit_file'), 1);
    assert.equal((await change(repository, { status: 'hidden' })).json.status, 'disabled');
    await daemon.idle();
    assert.deepEqual([await count('scm_commit'), await count('commit_file')], [0, 0]);
    assert.deepEqual(await names('?status=deleted'), ['ping/hidden']);
    assert.equal((await change(repository, { status: 'hidden' })).status, 200);
    assert.equal(await audits('repo.edit'), 1);
    assert.equal((await change(repository, { status: 'visible' })).json.status, 'active');
    await change(repository, { status: 'hidden' });
    const back = await added('ping/hidden');
    assert.deepEqual([back.id, back.status], [repository.id, 'active']);
  });

  test('wait for their deletion while they have a history, and can be kept', async () => {
    const repository = await added('ping/kept');
    await push('ping/kept', 'c2');
    const remove = () => call('DELETE', `${REPOS}${repository.id}/`);
    const removed = await Promise.all([remove(), remove()]);
    for (const { status, json } of removed) assert.deepEqual([status, json.id, json.status], [202, repository.id, 'pending_deletion']);
    assert.equal(await audits('repo.remove'), 1);
    const [job] = await daemon.sql("SELECT id, not_before - added_at AS wait FROM job WHERE task = 'repository.delete'");
    assert.equal(job.wait, 3_600_000_000);
    assert.equal((await change(repository, { integrationId: integration.id })).status, 400);
    assert.deepEqual((await names()).includes('ping/kept'), false);
    const kept = await change(repository, { status: 'active' });
    assert.deepEqual([kept.status, kept.json.status, kept.json.name], [200, 'active', 'ping/kept']);
    // Added again it is kept, too.
    await remove();
    assert.equal((await added('ping/kept')).id, repository.id);
    // The jobs of deletions that were taken back do nothing.
    for (const { id } of await daemon.sql("SELECT id FROM job WHERE task = 'repository.delete' AND status = 0"))
      await daemon.ctlOk('job', 'retry', String(id));
    await daemon.idle();
    assert.deepEqual((await daemon.list(`${REPOS}${repository.id}/commits/`, { token })).map(({ id }) => id), ['c2']);
    await remove();
    const [last] = await daemon.sql("SELECT max(id) AS id FROM job WHERE task = 'repository.delete'");
    await daemon.ctlOk('job', 'retry', String(last.id));
    await until('it is gone', async () => (await call('GET', `${REPOS}${repository.id}/`)).status === 404);
    assert.equal(await count('scm_commit'), 0);
  });

  test('go at once without a history', async () => {
    const repository = await added('ping/empty');
    assert.equal((await call('DELETE', `${REPOS}${repository.id}/`)).status, 202);
    await until('it is gone', async () => (await call('GET', `${REPOS}${repository.id}/`)).status === 404);
    assert.equal((await call('DELETE', `${REPOS}${repository.id}/`)).status, 404);
    assert.notEqual((await added('ping/empty')).id, repository.id);
  });

  test('refuse changes that make no sense', async () => {
    const repository = (await daemon.list(REPOS, { token }))[0];
    const [foreign] = await daemon.list('/organizations/rival/integrations/', { token: other });
    for (const body of [{ status: 'deleted' }, { status: 1 }, { status: '' }, { integrationId: foreign.id }, { integrationId: 999999 },
      { integrationId: 'x' }, { integrationId: -1 }, { integrationId: true }, [], 'x', '{"status":']) {
      const answer = await change(repository, body);
      assert.equal(answer.status, 400, `${JSON.stringify(body)}: ${answer.text}`);
    }
    // Nothing to change is no change.
    const edits = await audits('repo.edit');
    for (const body of [{}, { status: null }, { integrationId: null }, { integrationId: '' }, { integrationId: integration.id }, { name: 'x' }])
      assert.equal((await change(repository, body)).status, 200, JSON.stringify(body));
    assert.equal(await audits('repo.edit'), edits);
  });

  test('have settings, for many at once', async () => {
    const [one, two] = await daemon.list(REPOS, { token });
    const settings = (body) => call('PUT', `${REPOS}settings/`, body);
    assert.equal((await call('GET', `${REPOS}${one.id}/?expand=settings`)).json.settings, null);
    assert.equal('settings' in (await call('GET', `${REPOS}${one.id}/`)).json, false);
    const set = await settings({ repositoryIds: [Number(one.id), two.id, one.id], codeReviewTriggers: ['on_new_commit'] });
    assert.deepEqual(set.json.map((item) => [item.id, item.settings]), [one, two].map(({ id }) =>
      [id, { enabledCodeReview: false, codeReviewTriggers: ['on_new_commit'] }]));
    await settings({ repository_ids: [one.id], enabled_code_review: true });
    const shown = await daemon.list(`${REPOS}?expand=settings`, { token, perPage: 1 });
    assert.deepEqual(shown.slice(0, 3).map((item) => item.settings), [{ enabledCodeReview: true, codeReviewTriggers: ['on_new_commit'] },
      { enabledCodeReview: false, codeReviewTriggers: ['on_new_commit'] }, null]);
    const enabledCodeReview = true;
    for (const body of [{}, { enabledCodeReview }, { repositoryIds: [one.id] }, { repositoryIds: [], enabledCodeReview },
      { repositoryIds: [one.id, 999999], enabledCodeReview: false }, { repositoryIds: Array(1001).fill(1), enabledCodeReview },
      { repositoryIds: 1, enabledCodeReview }, { repositoryIds: ['x'], enabledCodeReview }, { repositoryIds: [null], enabledCodeReview },
      { repositoryIds: [one.id], enabledCodeReview: 'yes' }, { repositoryIds: [one.id], codeReviewTriggers: ['always'] },
      { repositoryIds: [one.id], codeReviewTriggers: 'on_new_commit' }, { repositoryIds: [one.id], codeReviewTriggers: [1] }])
      assert.equal((await settings(body)).status, 400, JSON.stringify(body));
    assert.equal((await call('GET', `${REPOS}${one.id}/?expand=settings`)).json.settings.enabledCodeReview, true);
  });

  test('are offered, and taken over all at once', async () => {
    const path = `/organizations/acme/integrations/${integration.id}/`;
    const offered = { name: 'one', identifier: 'ping/one', defaultBranch: 'main', externalId: '1', isInstalled: true };
    assert.deepEqual((await call('GET', `${path}repos/`)).json, { repos: [offered], searchable: true });
    assert.deepEqual((await call('GET', `${path}repos/?installableOnly=true`)).json, { repos: [], searchable: true });
    const [one] = await daemon.list(`${REPOS}?query=ping/one`, { token });
    await change(one, { status: 'hidden' });
    assert.deepEqual((await call('GET', `${path}repos/`)).json.repos, [{ ...offered, isInstalled: false }]);
    // Two that come together run one after the other, or as one.
    const answers = await Promise.all([call('POST', `${path}repo-sync/`), call('POST', `${path}repo-sync/`)]);
    assert.deepEqual(answers.map(({ status, text }) => [status, text]), [[202, ''], [202, '']]);
    await until('it is there', async () => (await names()).includes('ping/synced'));
    assert.equal((await call('POST', '/organizations/acme/integrations/999999/repo-sync/')).status, 404);
    assert.equal((await call('POST', `${path}repo-sync/`, undefined, { token: await daemon.token('acme', ['org:read']) })).status, 403);
  });

  test('of an older system are shown when no integration reaches them', async () => {
    const file = daemon.path('legacy.jsonl');
    const line = { kind: 'repository', org: 'acme', provider: 'ping', name: 'ping/none', external_id: '404' };
    writeFileSync(file, `${JSON.stringify(line)}\n`);
    assert.deepEqual(await names('?status=unmigratable'), []);
    await daemon.ctlOk('import', 'legacy', file);
    await daemon.idle();
    const { json } = await call('GET', `${REPOS}?status=unmigratable`);
    assert.deepEqual(json.map(({ name, provider, integrationId }) => [name, provider.id, integrationId]), [['ping/none', 'ping', null]]);
    assert.deepEqual(await daemon.list('/organizations/rival/repos/?status=unmigratable', { token: other }), []);
  });

  test('move to another integration, unless they are there already', async () => {
    await ping.install('acme', 'a2', token);
    const second = (await daemon.list('/organizations/acme/integrations/', { token })).find(({ id }) => id !== integration.id);
    const repository = await added('ping/moved');
    assert.equal((await change(repository, { integrationId: second.id })).json.integrationId, second.id);
    assert.equal((await add('ping/moved')).json.detail.code, 'repo_exists');
    assert.equal((await call('DELETE', `/organizations/acme/integrations/${second.id}/`)).status, 204);
    assert.equal((await change(repository, { integrationId: second.id })).status, 400);
    await until('it has no integration', async () => (await call('GET', `${REPOS}${repository.id}/`)).json.integrationId === null);
    const taken = await added('ping/moved');
    assert.deepEqual([taken.id, taken.integrationId], [repository.id, integration.id]);
  });
});
