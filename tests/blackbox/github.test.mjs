// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The demonstration: install GitHub through the pipeline, push and open a pull request
// on the emulated GitHub, follow an application's error to GitHub and back, take all bodies of @octokit/webhooks-examples, and read what
// came of it over the API.  The steps build on each other.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { demonstration } from './lib/demonstration.mjs';
import { descriptionFile, NO_DESCRIPTION } from './lib/description.mjs';
import { noPrism, startPrism } from './lib/prism.mjs';
import { until } from './lib/until.mjs';
import { startWorld } from './lib/world.mjs';

describe('GitHub, end to end', () => {
  const file = descriptionFile('github');
  const skip = noPrism || (file ? false : NO_DESCRIPTION);
  let prism;
  let world;
  let demo;

  before(async () => {
    world = await startWorld({ apiUrl: async ({ url }) => {
      if (skip) return url;
      prism = await startPrism(file, url);
      return prism.url;
    } });
    demo = await demonstration(world);
  });
  after(async () => {
    await world?.close().finally(() => prism?.close());
  });

  test('the pipeline installs it: sign in, choose, install', async () => {
    const { seen, installed } = await demo.install();
    assert.deepEqual(seen, ['oauth_login', 'github_installation']);
    assert.equal(installed.status, 'complete');
    assert.equal(installed.data.provider.key, 'github');
    const integrations = await demo.integrations();
    assert.deepEqual(integrations.map(({ name, status, domainName, accountType, externalId }) =>
      ({ name, status, domainName: domainName.split('/').at(-1), accountType, externalId })), [
      { name: 'acme-co', status: 'active', domainName: 'acme-co', accountType: 'Organization', externalId: '48812345' }]);
  });

  test('its repositories are linked', async () => {
    const names = await until('both repositories are there', async () => {
      const found = (await demo.repositories()).map(({ name }) => name).sort();
      return found.length === 2 && found;
    });
    assert.deepEqual(names, ['acme-co/shop', 'acme-co/web']);
  });

  test('a second installer finds the installation offered', async () => {
    const token = await world.daemon.organization('beta');
    const seen = [];
    const { status } = await world.install('beta', token, { choose: '48812345', seen });
    assert.equal(status, 'complete');
    assert.deepEqual(seen, ['oauth_login', 'organization_selection']);
    assert.equal((await world.daemon.list('/organizations/beta/integrations/', { token }))[0].externalId, '48812345');
  });

  test('a push on GitHub becomes a commit here', async () => {
    await demo.push('api/cart.py', 'def cart(): pass\n', 'fix cart');
    const commits = await until('the commit is there', async () => {
      const list = await demo.commits('acme-co/shop');
      return list.length > 0 && list;
    });
    assert.deepEqual(commits.map(({ message }) => message), ['fix cart']);
    assert.match(commits[0].id, /^[0-9a-f]{40}$/);
    assert.equal(commits[0].author.email, 'mona@acme.test');
  });

  test('a pull request on GitHub becomes one here', async () => {
    await demo.pullRequest('cart', 'Fix the cart', 'It was broken.');
    const [pull] = await until('the pull request is there', async () => {
      const list = await demo.pullRequests('acme-co/shop');
      return list.length > 0 && list;
    });
    assert.equal(pull.title, 'Fix the cart');
    assert.equal(pull.message, 'It was broken.');
    assert.equal(pull.externalUrl, `${pull.repository.url}/pull/${pull.id}`);
    assert.match(pull.externalUrl, /^https?:\/\/.*\/acme-co\/shop\/pull\/\d+$/);
  });

  describe('an error that an application reports', () => {
    let dsn;
    let issue;
    let linked;

    const status = async () => (await demo.issues.get(issue.id)).status;
    const stateOnGithub = async () => (await demo.onGithub(linked.key)).state;

    test('becomes an issue', async () => {
      dsn = await demo.project('shop');
      await demo.report(dsn, 'the cart has no items');
      [issue] = await until('the issue is there', async () => {
        const list = await demo.issues.list();
        return list.length > 0 && list;
      });
      assert.match(issue.title, /TypeError: the cart has no items/);
      assert.equal(issue.status, 'unresolved');
      assert.equal(issue.count, '1');
    });

    test('becomes an issue on GitHub', async () => {
      await demo.syncStatus('acme-co/shop');
      linked = await demo.createOnGithub(issue, 'acme-co/shop');
      const there = await demo.onGithub(linked.key);
      assert.equal(there.title, issue.title);
      assert.equal(there.html_url, linked.url);
      assert.ok(there.body.includes(issue.shortId), there.body);
      assert.deepEqual((await demo.issues.external(issue.id)).map(({ key }) => key), [linked.key]);
    });

    test('is resolved here when it is closed there', async () => {
      await demo.setOnGithub(linked.key, { state: 'closed' });
      await until('it is resolved', async () => await status() === 'resolved');
    });

    test('is reopened there when it comes back here', async () => {
      await demo.report(dsn, 'the cart has no items');
      await until('it is open on GitHub', async () => await stateOnGithub() === 'open');
      const again = await demo.issues.get(issue.id);
      assert.deepEqual([again.status, again.substatus, again.count], ['unresolved', 'regressed', '2']);
      await world.daemon.idle();
      assert.equal(await status(), 'unresolved');
      const writes = world.github.requests.filter(({ method, path }) => method === 'PATCH' && path.includes('/issues/'));
      assert.equal(writes.length, 1, 'one regression is one write');
    });
  });

  test('all 329 example bodies are taken', async () => {
    const replies = await demo.examples();
    assert.equal(replies.length, 329);
    assert.deepEqual(replies.filter(({ status }) => status !== 204), []);
    const fates = await world.daemon.idle();
    assert.deepEqual([fates.halted ?? 0, fates.dead ?? 0], [0, 0],
      JSON.stringify(await world.daemon.sql('SELECT task, code, outcome, payload FROM job WHERE status IN (3, 4)')));
    const stored = await world.daemon.sql('SELECT event, count(*) AS n FROM webhook GROUP BY event');
    const counts = Object.fromEntries(stored.map(({ event, n }) => [event, n]));
    for (const { event, sent } of demo.expected())
      assert.ok(counts[event] >= sent, `${event}: ${sent} sent, ${counts[event]} stored`);
  });

  test('what the examples say is visible over the API', async () => {
    const repositories = await demo.repositories('deleted');
    const names = repositories.map(({ name }) => name);
    assert.ok(names.includes('Codertocat/Hello-World'), names.join());
    const commits = await demo.commits('Codertocat/Hello-World');
    assert.deepEqual(commits.map(({ id }) => id), ['6113728f27ae82c7b1a177c8d03f9e96e0adf246']);
    const pulls = await demo.pullRequests('Codertocat/Hello-World');
    assert.deepEqual(pulls.map(({ id, title }) => [id, title]), [['2', 'Update the README with new information.']]);
  });

  test('the App removed on GitHub disables the integration, installed again revives it', async () => {
    assert.equal((await demo.integrations())[0].status, 'disabled');
    await demo.installAgain();
    await until('it is active', async () => (await demo.integrations())[0].status === 'active');
    assert.equal((await demo.integrations())[0].name, 'acme-co');
  });

  test('the CODEOWNERS file of a repository is read', async () => {
    const { daemon, github } = world;
    const { token } = demo;
    await github.push('mona', 'acme-co/shop', 'CODEOWNERS', '* @mona\n');
    await daemon.ctlOk('project', 'create', 'owned', '--org', 'acme');
    const [integration] = await demo.integrations();
    const repository = (await demo.repositories()).find(({ name }) => name === 'acme-co/shop');
    const project = (await daemon.api('GET', '/projects/acme/owned/', { token })).json;
    const mapping = await daemon.api('POST', '/organizations/acme/code-mappings/', { token, body: {
      integrationId: integration.id, repositoryId: repository.id, projectId: project.id, stackRoot: '', sourceRoot: '', defaultBranch: 'main' } });
    assert.equal(mapping.status, 201, mapping.text);
    const { status, json, text } = await daemon.api('GET', `/organizations/acme/code-mappings/${mapping.json.id}/codeowners/`, { token });
    assert.equal(status, 200, text);
    assert.deepEqual([json.filepath, json.raw], ['CODEOWNERS', '* @mona\n']);
    if (!skip) assert.ok(prism.checked.includes('GET /repos/acme-co/shop/contents/CODEOWNERS'));
  });

  test('every request to GitHub is one that it describes', { skip }, () => {
    assert.ok(prism.checked.some((call) => call.startsWith('GET /user/installations')));
    assert.ok(prism.checked.some((call) => call.startsWith('GET /installation/repositories')));
    assert.deepEqual(prism.violations(), []);
  });

  test('one installation token serves them all', () => {
    const mints = world.github.requests.filter(({ method, path }) =>
      method === 'POST' && path.endsWith('/access_tokens'));
    assert.equal(mints.length, 1);
  });
});
