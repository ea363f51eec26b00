// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// From a frame of a stack trace to its file on an emulated GitHub.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { demonstration } from './lib/demonstration.mjs';
import { Project } from './lib/issues.mjs';
import { until } from './lib/until.mjs';
import { startWorld } from './lib/world.mjs';

describe('stack-trace links', () => {
  let world;
  let daemon;
  let demo;
  let integration;
  let repository;
  const commits = [];    // without the file, and with it

  before(async () => {
    world = await startWorld();
    ({ daemon } = world);
    demo = await demonstration(world);
    await demo.install();
    await until('the repositories are linked', async () => (await demo.repositories()).length === 2);
    [integration] = await demo.integrations();
    repository = (await demo.repositories()).find(({ name }) => name === 'acme-co/shop');
    for (const path of ['lib/old.py', 'src/shop/cart.py']) {
      const { commit } = await world.github.push('mona', 'acme-co/shop', path, path);
      commits.push(commit.sha);
    }
    for (const slug of ['shop', 'bare']) await Project.create(daemon, 'acme', slug);
    await mapping('/app/', 'src/');
    await mapping('com/', 'src/');
  });
  after(() => world?.close());
  beforeEach(() => {
    world.github.clearFaults();
    world.github.requests.length = 0;
  });

  const call = (path) => daemon.api('GET', path, { token: demo.token });
  async function mapping(stackRoot, sourceRoot) {
    const { id } = (await call('/projects/acme/shop/')).json;
    const { status, text } = await daemon.api('POST', '/organizations/acme/code-mappings/', { token: demo.token,
      body: { integrationId: integration.id, repositoryId: repository.id, projectId: id, stackRoot, sourceRoot, defaultBranch: 'main' } });
    assert.equal(status, 201, text);
  }
  async function link(query, project = 'shop') {
    const { status, json, text } = await call(`/projects/acme/${project}/stacktrace-link/?${new URLSearchParams(query)}`);
    assert.equal(status, 200, text);
    return json;
  }
  const asked = () => world.github.requests.filter(({ path }) => path.includes('/contents/')).map(({ method, target }) => [method, target]);
  const blob = (ref, path) => `/acme-co/shop/blob/${ref}/${path}`;

  test('the file of a frame is found at the default branch', async () => {
    const found = await link({ file: '/app/shop/cart.py', lineNo: '7', groupId: '1' });
    assert.equal(found.error, null);
    assert.ok(found.sourceUrl.endsWith(blob('main', 'src/shop/cart.py')), found.sourceUrl);
    assert.equal(found.attemptedUrl, null);
    assert.equal(found.config.stackRoot, '/app/');
    assert.deepEqual(found.integrations.map(({ id }) => id), [integration.id]);
    assert.deepEqual(asked(), [['HEAD', '/repos/acme-co/shop/contents/src/shop/cart.py?ref=main']]);
  });

  test('the commit goes before the branch, and the absolute path stands in', async () => {
    const frame = { file: 'cart.py', absPath: '/app/shop/cart.py' };
    const before = await link({ ...frame, commitId: commits[0] });
    assert.ok(before.sourceUrl.endsWith(blob('main', 'src/shop/cart.py')), before.sourceUrl);
    const there = await link({ ...frame, commitId: commits[1] });
    assert.ok(there.sourceUrl.endsWith(blob(commits[1], 'src/shop/cart.py')), there.sourceUrl);
    assert.deepEqual(asked().map(([, target]) => target.split('ref=')[1]), [commits[0], 'main', commits[1]]);
    const java = await link({ file: 'Cart.java', module: 'com.acme.Cart', platform: 'java' });
    assert.equal(java.error, 'file_not_found');
    assert.ok(java.attemptedUrl.endsWith(blob('main', 'src/acme/Cart.java')), java.attemptedUrl);
    assert.equal(java.sourceUrl, null);
  });

  test('what stands in the way is said', async () => {
    const other = await link({ file: 'elsewhere/a.py' });
    assert.equal(other.error, 'stack_root_mismatch');
    assert.deepEqual(asked(), []);
    const none = await link({ file: 'a.py' }, 'bare');
    assert.equal(none.error, 'no_code_mappings_for_project');
    assert.equal('attemptedUrl' in none, false);
    assert.equal(none.config, null);
    const { status, json } = await call('/projects/acme/shop/stacktrace-link/');
    assert.equal(status, 400);
    assert.ok(json.detail);
    world.github.fault({ method: 'HEAD', path: '/repos/', status: 403, json: { message: 'Forbidden', documentation_url: '' } });
    assert.equal((await link({ file: '/app/hidden.py' })).error, 'integration_link_forbidden');
    world.github.clearFaults();
    world.github.fault({ method: 'HEAD', path: '/repos/', status: 500 });
    const broken = await call('/projects/acme/shop/stacktrace-link/?file=/app/broken.py');
    assert.equal(broken.status, 503);
    world.github.clearFaults();
    assert.equal((await link({ file: '/app/../../x.py' })).error, 'file_not_found');
    assert.deepEqual(asked().filter(([, target]) => target.includes('x.py')), []);
  });
});
