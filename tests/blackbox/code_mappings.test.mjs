// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Code mappings over the API: one by one, many at once, and what goes with what they name.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Ping } from './lib/ping.mjs';
import { until } from './lib/until.mjs';

const MAPPINGS = '/organizations/acme/code-mappings/';

describe('code mappings', () => {
  let ping;
  let daemon;
  let token;
  let other;
  let integration;
  let second;
  let repository;
  let projects;
  let foreign;

  const call = (method, path, body, options = { token }) => daemon.api(method, path, { ...options, body });
  const add = async (org, as, installation, identifier) => (await call('POST', `/organizations/${org}/repos/`,
    { provider: 'integrations:ping', installation, identifier }, { token: as })).json;
  const wanted = (change = {}) => ({ integrationId: integration.id, projectId: projects.shop, repositoryId: repository.id,
    stackRoot: 'app/', sourceRoot: 'src/', defaultBranch: 'main', ...change });
  const create = (change, options) => call('POST', MAPPINGS, wanted(change), options);
  const created = async (change) => {
    const { status, json, text } = await create(change);
    assert.equal(status, 201, text);
    return json;
  };
  const count = async (where = '1 = 1') => (await daemon.sql(`SELECT count(*) AS n FROM code_mapping WHERE ${where}`))[0].n;
  const audits = async (verb) => (await daemon.sql(`SELECT count(*) AS n FROM audit_log WHERE event = 'code_mapping.${verb}'`))[0].n;
  const project = async (org, slug, as) => {
    await daemon.ctlOk('project', 'create', slug, '--org', org);
    return (await daemon.list(`/organizations/${org}/projects/`, { token: as })).find((item) => item.slug === slug).id;
  };

  before(async () => {
    ping = await Ping.start();
    daemon = ping.daemon;
    token = await ping.install('acme', 'a1');
    other = await ping.install('rival', 'r1');
    [integration] = await daemon.list('/organizations/acme/integrations/', { token });
    await ping.install('acme', 'a2', token);
    second = (await daemon.list('/organizations/acme/integrations/', { token })).find(({ id }) => id !== integration.id);
    repository = await add('acme', token, integration.id, 'ping/one');
    projects = { shop: await project('acme', 'shop', token), till: await project('acme', 'till', token) };
    const [rival] = await daemon.list('/organizations/rival/integrations/', { token: other });
    await daemon.stop();
    await daemon.tamper("UPDATE organization SET open_membership = 0");
    await daemon.run();
    foreign = { integrationId: rival.id, projectId: await project('rival', 'theirs', other),
      repositoryId: (await add('rival', other, rival.id, 'ping/theirs')).id };
  });
  after(() => ping?.close());

  // A member who reaches the projects of the member's teams only, with one team on "till".
  const member = async () => {
    await daemon.ctlOk('user', 'create', 'mona@acme.test', '--org', 'acme', '--role', 'member');
    await daemon.ctlOk('team', 'create', 'tills', '--org', 'acme');
    await daemon.ctlOk('team', 'add-member', 'tills', 'mona@acme.test', '--org', 'acme');
    await daemon.ctlOk('team', 'add-project', 'tills', 'till', '--org', 'acme');
    return { token: await daemon.ctlOk('token', 'create', '--org', 'acme', '--user', 'mona@acme.test', '--scope', 'org:read') };
  };

  test('are made once for a stack root, even by two at once', async () => {
    const answers = await Promise.all([create(), create(), create({ sourceRoot: 'lib/' })]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 400, 400]);
    for (const { json } of answers.filter(({ status }) => status === 400))
      assert.deepEqual(json, { nonFieldErrors: ['Code path config already exists with this project and stack trace root'] });
    const { json } = answers.find(({ status }) => status === 201);
    assert.deepEqual(json, { id: json.id, projectId: projects.shop, projectSlug: 'shop', repoId: repository.id, repoName: 'ping/one',
      integrationId: integration.id, provider: json.provider, stackRoot: 'app/', sourceRoot: json.sourceRoot, defaultBranch: 'main',
      automaticallyGenerated: false });
    assert.deepEqual([json.provider.key, json.provider.name], ['ping', integration.provider.name]);
    assert.deepEqual([await count(), await audits('add')], [1, 1]);
    // Elsewhere it may be there again, and names may be written the other way.
    const there = await call('POST', MAPPINGS, { integration_id: Number(integration.id), project_id: Number(projects.till),
      repository_id: Number(repository.id), stack_root: 'app/', source_root: '', default_branch: 'release/1.0_x-y' });
    assert.deepEqual([there.status, there.json.sourceRoot, there.json.defaultBranch], [201, '', 'release/1.0_x-y'], there.text);
  });

  test('are refused with what is wrong', async () => {
    const required = ['This field is required.'];
    const spaces = ['Path may not contain spaces or quotations'];
    const cases = [
      ...['integrationId', 'projectId', 'repositoryId', 'stackRoot', 'sourceRoot', 'defaultBranch'].map((name) =>
        [{ [name]: undefined }, 400, { [name]: required }]),
      ...['x', -1, 0, 1.5, true, [], {}, '1 ', '99999999999999999999'].map((projectId) => [{ projectId }, 400, { projectId: ['A valid integer is required.'] }]),
      [{ integrationId: 999999 }, 404], [{ integrationId: foreign.integrationId }, 404],
      [{ integrationId: second.id }, 400, { repositoryId: ['Repository does not exist'] }],
      [{ projectId: 999999 }, 404], [{ projectId: foreign.projectId }, 404],
      [{ repositoryId: 999999 }, 400, { repositoryId: ['Repository does not exist'] }],
      [{ repositoryId: foreign.repositoryId }, 400, { repositoryId: ['Repository does not exist'] }],
      ...['a b', "a'b", 'a"b', 'a\tb', '\n'].map((stackRoot) => [{ stackRoot }, 400, { stackRoot: spaces }]),
      [{ sourceRoot: ' ' }, 400, { sourceRoot: spaces }],
      [{ stackRoot: 7 }, 400, { stackRoot: ['Not a valid string.'] }],
      [{ stackRoot: 'x'.repeat(513) }, 400, { stackRoot: ['Ensure this field has no more than 512 characters.'] }],
      ...['/main', 'main/', 'a b', '/', 'a~b', 'a:b'].map((defaultBranch) => [{ defaultBranch }, 400]),
      [{ defaultBranch: '' }, 400, { defaultBranch: required }],
    ];
    const before = await count();
    for (const [change, status, json] of cases) {
      const answer = await create({ stackRoot: 'refused/', ...change });
      assert.equal(answer.status, status, `${JSON.stringify(change)}: ${answer.text}`);
      if (json) assert.deepEqual(answer.json, json);
    }
    for (const body of ['[]', '"x"', '{', '', '{"a":1,"a":2}', '\xff'])
      assert.equal((await call('POST', MAPPINGS, body)).status, 400, body);
    assert.equal(await count(), before);
  });

  test('are changed as a whole', async () => {
    const mapping = await created({ stackRoot: 'old/' });
    const put = (change, id = mapping.id, options = { token }) => call('PUT', `${MAPPINGS}${id}/`, wanted(change), options);
    const changed = await put({ projectId: projects.till, stackRoot: 'new/', sourceRoot: 'x/', defaultBranch: 'dev' });
    assert.deepEqual([changed.status, changed.json], [200, { ...mapping, projectId: projects.till, projectSlug: 'till', stackRoot: 'new/',
      sourceRoot: 'x/', defaultBranch: 'dev' }]);
    assert.equal((await put({ stackRoot: 'app/' })).status, 400);
    assert.equal((await put({ stackRoot: undefined })).status, 400);
    assert.equal((await put({ repositoryId: foreign.repositoryId })).status, 400);
    for (const id of ['999999', 'x', '0']) assert.equal((await put({}, id)).status, 404, id);
    for (const method of ['PUT', 'DELETE'])
      for (const path of [`${MAPPINGS}${mapping.id}/`, `/organizations/rival/code-mappings/${mapping.id}/`])
        assert.equal((await call(method, path, method === 'PUT' ? wanted() : undefined, { token: other })).status, 404, `${method} ${path}`);
    assert.equal(await audits('edit'), 1);
    const remove = () => call('DELETE', `${MAPPINGS}${mapping.id}/`);
    assert.deepEqual((await Promise.all([remove(), remove()])).map(({ status }) => status).sort(), [204, 404]);
    assert.equal(await audits('remove'), 1);
  });

  test('are listed by project and integration, a page at a time', async () => {
    for (const i of [1, 2, 3]) await created({ stackRoot: `list${i}/` });
    const list = async (query, options = {}) => (await daemon.list(`${MAPPINGS}${query}`, { token, ...options }))
      .map(({ projectSlug, stackRoot }) => `${projectSlug}:${stackRoot}`);
    const shop = ['shop:app/', 'shop:list1/', 'shop:list2/', 'shop:list3/'];
    const all = [shop[0], 'till:app/', ...shop.slice(1)];
    assert.deepEqual(await list(''), all);
    for (const query of ['', '?project=-1', `?integrationId=${integration.id}`, `?project=${projects.till}&project=shop&project=shop`])
      assert.deepEqual(await list(query, { perPage: 2 }), all, query);
    assert.deepEqual(await list(`?project=${projects.shop}`, { perPage: 3 }), shop);
    assert.deepEqual(await list('?project=till'), ['till:app/']);
    const { headers } = await call('GET', `${MAPPINGS}?per_page=2&project=shop`);
    const [, next] = headers.link.match(/cursor=([^&>]*)>; rel="next"/);
    const second = await call('GET', `${MAPPINGS}?per_page=2&project=shop&cursor=${next}`);
    const [, back] = second.headers.link.match(/cursor=([^&>]*)>; rel="previous"; results="true"/);
    const first = await call('GET', `${MAPPINGS}?per_page=2&project=shop&cursor=${back}`);
    assert.deepEqual(first.json.map(({ stackRoot }) => stackRoot), ['app/', 'list1/']);
    // The one right before, not the first of all.
    const [, last] = second.headers.link.match(/cursor=([^&>]*)>; rel="next"/);
    const beforeLast = last.replace(/0$/, '1');
    for (const query of ['project=shop', '', `integrationId=${integration.id}`])
      assert.deepEqual((await call('GET', `${MAPPINGS}?per_page=1&${query}&cursor=${beforeLast}`)).json.map(({ stackRoot }) => stackRoot), ['list2/'], query);
    for (const query of ['integrationId=999999', 'integrationId=x', `integrationId=${foreign.integrationId}`, 'project=nowhere', 'project=999999',
      `project=${foreign.projectId}`])
      assert.equal((await call('GET', `${MAPPINGS}?${query}`)).status, 404, query);
    for (const query of ['cursor=x', 'cursor=1:2:3', 'per_page=0', 'per_page=x'])
      assert.equal((await call('GET', `${MAPPINGS}?${query}`)).status, 400, query);
    assert.deepEqual(await daemon.list('/organizations/rival/code-mappings/', { token: other }), []);
  });

  test('take what each scope may', async () => {
    const reader = { token: await daemon.token('acme', ['org:read']) };
    const builder = { token: await daemon.token('acme', ['org:ci']) };
    const nobody = { token: await daemon.token('acme', ['project:read']) };
    const mapping = await create({ stackRoot: 'reader/' }, reader);
    assert.equal(mapping.status, 201);
    assert.equal((await call('DELETE', `${MAPPINGS}${mapping.json.id}/`, undefined, reader)).status, 403);
    assert.equal((await call('GET', MAPPINGS, undefined, builder)).status, 200);
    assert.equal((await create({ stackRoot: 'builder/' }, builder)).status, 403);
    assert.equal((await call('GET', MAPPINGS, undefined, nobody)).status, 403);
    assert.equal((await call('GET', MAPPINGS, undefined, {})).status, 401);
  });

  test('belong to who reaches their project', async () => {
    const mona = await member();
    const of = async (query) => (await daemon.list(`${MAPPINGS}${query}`, mona)).map(({ projectSlug }) => projectSlug);
    const [shop] = await daemon.list(`${MAPPINGS}?project=shop`, { token });
    const mapping = await create({ projectId: projects.till, stackRoot: 'mona/' }, mona);
    assert.equal(mapping.status, 201, mapping.text);
    for (const query of ['', '?project=-1', `?integrationId=${integration.id}`, '?project=till'])
      assert.deepEqual([...new Set(await of(query))], ['till'], query);
    const refused = [
      await call('GET', `${MAPPINGS}?project=shop`, undefined, mona),
      await create({ stackRoot: 'mona/' }, mona),
      await call('PUT', `${MAPPINGS}${shop.id}/`, wanted({ projectId: projects.till, stackRoot: 'mine/' }), mona),
      await call('PUT', `${MAPPINGS}${mapping.json.id}/`, wanted({ stackRoot: 'yours/' }), mona),
      await call('POST', `${MAPPINGS}bulk/`, { project: 'shop', repository: 'ping/one', defaultBranch: 'main',
        mappings: [{ stackRoot: 'bulk/', sourceRoot: '' }] }, mona),
    ];
    for (const answer of refused) assert.deepEqual([answer.status, typeof answer.json.detail], [403, 'string'], answer.text);
    assert.equal(await count("stack_root IN ('mine/', 'yours/', 'bulk/')"), 0);
  });

  test('are put many at once', async () => {
    const bulk = (change, options) => call('POST', `${MAPPINGS}bulk/`, { project: 'till', repository: 'ping/one', defaultBranch: 'main',
      mappings: [{ stackRoot: 'b1/', sourceRoot: 's1/' }, { stack_root: 'b2/', source_root: '' }], ...change }, options);
    const first = await bulk({}, { token: await daemon.token('acme', ['org:ci']) });
    assert.deepEqual([first.status, first.json], [200, { created: 2, updated: 0, errors: 0, mappings: [
      { stackRoot: 'b1/', sourceRoot: 's1/', status: 'created' }, { stackRoot: 'b2/', sourceRoot: '', status: 'created' }] }]);
    const mixed = await bulk({ mappings: [{ stackRoot: 'b2/', sourceRoot: 's2/' }, { stackRoot: 'b 3/', sourceRoot: 's3/' }, { stackRoot: 'b4/' },
      { stackRoot: 'b5/', sourceRoot: 's5/' }, {}] });
    assert.deepEqual([mixed.status, mixed.json], [207, { created: 1, updated: 1, errors: 3, mappings: [
      { stackRoot: 'b2/', sourceRoot: 's2/', status: 'updated' },
      { stackRoot: 'b 3/', sourceRoot: 's3/', status: 'error', detail: 'Path may not contain spaces or quotations' },
      { stackRoot: 'b4/', sourceRoot: null, status: 'error', detail: 'This field is required.' },
      { stackRoot: 'b5/', sourceRoot: 's5/', status: 'created' },
      { stackRoot: null, sourceRoot: null, status: 'error', detail: 'This field is required.' }] }]);
    const stored = (await daemon.list(`${MAPPINGS}?project=till`, { token })).filter(({ stackRoot }) => stackRoot.startsWith('b'));
    assert.deepEqual(stored.map(({ stackRoot, sourceRoot }) => `${stackRoot}${sourceRoot}`), ['b1/s1/', 'b2/s2/', 'b5/s5/']);
    const most = Array.from({ length: 300 }, (_, i) => ({ stackRoot: `m${i}/`, sourceRoot: '' }));
    const twice = await Promise.all([bulk({ mappings: most }), bulk({ mappings: most })]);
    assert.deepEqual(twice.map(({ json }) => [json.created, json.updated]).sort(), [[0, 300], [300, 0]]);
    const before = await count();
    const cases = [[{ mappings: [...most, most[0]] }, 400], [{ mappings: [] }, 400], [{ mappings: {} }, 400], [{ mappings: ['x'] }, 400],
      [{ mappings: undefined }, 400], [{ project: undefined }, 400], [{ project: 7 }, 400], [{ project: 'nowhere' }, 404], [{ project: 'theirs' }, 404],
      [{ repository: undefined }, 400], [{ repository: 'ping/none' }, 404], [{ repository: 'ping/theirs' }, 404], [{ provider: 'github' }, 404],
      [{ provider: 7 }, 400], [{ defaultBranch: undefined }, 400], [{ defaultBranch: '/x' }, 400]];
    for (const [change, status] of cases) {
      const answer = await bulk({ mappings: [{ stackRoot: 'none/', sourceRoot: '' }], ...change });
      assert.equal(answer.status, status, `${JSON.stringify(change).slice(0, 80)}: ${answer.text}`);
    }
    assert.equal(await count(), before);
    // Another repository of the same name.
    await ping.tell('a1', { do: 'effects', effects: [{ type: 'repository_put', external_id: 'other', name: 'ping/one', mode: 'create' }] });
    await until('it is there', async () => (await daemon.list('/organizations/acme/repos/?query=ping/one', { token })).length === 2);
    assert.equal((await bulk()).status, 409);
    assert.equal(await count(), before);
  });

  test('stay while CODEOWNERS hang on them', async () => {
    const mapping = await created({ stackRoot: 'owned/' });
    const owners = await call('POST', '/projects/acme/shop/codeowners/', { raw: '* @acme/web', codeMappingId: mapping.id });
    assert.equal(owners.status, 201, owners.text);
    const path = `${MAPPINGS}${mapping.id}/`;
    for (const answer of [await call('DELETE', path), await call('PUT', path, wanted({ projectId: projects.till, stackRoot: 'owned/' }))])
      assert.deepEqual([answer.status, typeof answer.json.detail], [409, 'string'], answer.text);
    assert.equal((await call('PUT', path, wanted({ stackRoot: 'owned/', sourceRoot: 'lib/' }))).status, 200);
    assert.equal((await call('DELETE', `/projects/acme/shop/codeowners/${owners.json.id}/`)).status, 204);
    assert.equal((await call('DELETE', path)).status, 204);
  });

  test('go with their repository and their integration', async () => {
    const of = (id) => count(`repository_id = ${id}`);
    const hidden = await add('acme', token, integration.id, 'ping/hidden');
    const deleted = await add('acme', token, integration.id, 'ping/deleted');
    const { id } = await created({ repositoryId: hidden.id, stackRoot: 'hidden/' });
    await call('POST', '/projects/acme/shop/codeowners/', { raw: '* @acme/web', codeMappingId: id });
    await created({ repositoryId: deleted.id, stackRoot: 'deleted/' });
    await call('PUT', `/organizations/acme/repos/${hidden.id}/`, { status: 'hidden' });
    await call('DELETE', `/organizations/acme/repos/${deleted.id}/`);
    await until('they are gone', async () => await of(hidden.id) + await of(deleted.id) === 0);
    assert.deepEqual((await call('GET', '/projects/acme/shop/codeowners/')).json, []);
    assert.equal((await create({ repositoryId: hidden.id, stackRoot: 'again/' })).status, 201);
    assert.ok(await count() > 0);
    await call('DELETE', `/organizations/acme/integrations/${integration.id}/`);
    await until('all are gone', async () => await count() === 0);
  });
});
