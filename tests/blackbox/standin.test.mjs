// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// What the GitHub stand-in adds to `emulate` is as GitHub describes it, and its faults
// and relay do what the other tests rely on.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { appJwt } from '../upstream/github_emulator.mjs';
import { startGithub } from '../upstream/github.mjs';
import { serve } from '../upstream/http.mjs';
import { description, NO_DESCRIPTION } from './lib/description.mjs';
import { until } from './lib/until.mjs';

describe('the GitHub stand-in', () => {
  const described = description('github');
  const skip = described ? false : NO_DESCRIPTION;
  const received = [];
  let github;
  let receiver;

  before(async () => {
    receiver = await serve((request) => {
      received.push(request);
      return { status: 204 };
    });
    github = await startGithub({ setupUrl: `${receiver.url}/setup` });
    github.deliveries.url = `${receiver.url}/webhook`;
  });
  after(async () => {
    await github.close();
    await receiver.close();
  });

  const jwt = () => appJwt(github.appId, github.privateKey);
  async function call(method, path, token, headers = {}) {
    const answer = await fetch(github.url + path, { method, redirect: 'manual',
      headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers } });
    return { status: answer.status, headers: answer.headers, json: await answer.json() };
  }
  async function login(user) {
    const back = await github.authorize(user, `${github.url}/login/oauth/authorize?${new URLSearchParams({
      client_id: github.clientId, redirect_uri: `${receiver.url}/setup`, state: 'abc' })}`);
    assert.equal(back.searchParams.get('state'), 'abc');
    const answer = await fetch(`${github.url}/login/oauth/access_token`, { method: 'POST',
      body: new URLSearchParams({ code: back.searchParams.get('code'), client_id: github.clientId,
        client_secret: github.clientSecret }) });
    assert.match(answer.headers.get('content-type'), /x-www-form-urlencoded/);
    return new URLSearchParams(await answer.text()).get('access_token');
  }
  async function installationToken() {
    const { status, json } = await call('POST', '/app/installations/48812345/access_tokens', jwt());
    assert.equal(status, 201);
    return json.token;
  }
  const allowed = (method, path, { status, json }) =>
    assert.deepEqual(described.answerErrors(method, path, status, json), []);

  test('shows an installation only once the App is installed', async () => {
    assert.equal((await call('GET', '/app/installations/48812345', jwt())).status, 404);
    const back = await github.install('mona', 'acme-co', `${github.url}/apps/mortise-test/installations/new?state=s1`);
    assert.equal(back.searchParams.get('installation_id'), '48812345');
    assert.equal(back.searchParams.get('state'), 's1');
    assert.equal((await call('GET', '/app/installations/48812345', jwt())).status, 200);
    const { body, headers } = received.at(-1);
    assert.equal(headers['x-github-event'], 'installation');
    assert.equal(headers['x-hub-signature-256'], github.deliveries.sign(body));
    assert.equal(JSON.parse(body).sender.login, 'mona');
  });

  test('answers what GitHub describes', { skip }, async () => {
    const user = await login('mona');
    const token = await installationToken();
    await github.install('mona', 'acme-co');
    const asked = [
      ['GET', '/app/installations/48812345', jwt()],
      ['GET', '/user/installations', user],
      ['GET', '/installation/repositories', token],
      ['GET', '/repos/acme-co/shop/hooks', token],
      ['GET', '/app/hook/deliveries', jwt()],
      ['GET', `/app/hook/deliveries/${github.deliveries.entries[0].id}`, jwt()],
    ];
    for (const [method, path, credentials] of asked) {
      const answer = await call(method, path, credentials);
      assert.equal(answer.status, 200, path);
      allowed(method, path, answer);
    }
    const { json } = await call('GET', '/user/memberships/orgs', user);
    assert.deepEqual(json.map(({ state, role, organization }) => [state, role, organization.login]),
      [['active', 'admin', 'acme-co']]);
  });

  test('shows a user only his own installations', async () => {
    const { json } = await call('GET', '/user/installations', await login('hubot'));
    assert.deepEqual(json.installations, []);
  });

  test('lists repositories in pages', async () => {
    const { json, headers } = await call('GET', '/installation/repositories?per_page=1', await installationToken());
    assert.equal(json.total_count, 2);
    assert.deepEqual(json.repositories.map(({ full_name: name }) => name), ['acme-co/shop']);
    assert.match(headers.get('link'), /page=2>; rel="next"/);
  });

  test('takes no token that nobody issued', async () => {
    for (const token of [null, 'gho_invented', 'a.b.c', appJwt(1, github.privateKey)])
      assert.equal((await call('GET', '/user', token)).status, 401, `${token}`);
  });

  test('relays what the emulator signed and sends it again on demand', async () => {
    github.deliveries.losses = 1;
    await github.push('mona', 'acme-co/shop', 'lost.txt', 'lost');
    const lost = await until('the delivery is logged', () =>
      github.deliveries.entries.find(({ event, status_code: status }) => event === 'push' && status === 502));
    assert.equal(received.filter(({ headers }) => headers['x-github-event'] === 'push').length, 0);

    const failures = await call('GET', '/app/hook/deliveries?status=failure', jwt());
    assert.deepEqual(failures.json.map(({ id }) => id), [lost.id]);
    assert.equal((await call('POST', `/app/hook/deliveries/${lost.id}/attempts`, jwt())).status, 202);
    const push = await until('the push arrives', () => received.find(({ headers }) => headers['x-github-event'] === 'push'));
    assert.equal(push.headers['x-github-delivery'], lost.guid);
    assert.equal(push.headers['x-hub-signature-256'], github.deliveries.sign(push.body));
    assert.equal(JSON.parse(push.body).installation.id, 48812345);
  });

  test('has what the emulator lacks of issues', { skip }, async () => {
    const token = await installationToken();
    await github.branch('mona', 'acme-co/shop', 'topic');
    await github.push('mona', 'acme-co/shop', 'topic.txt', 'x', { branch: 'topic' });
    const pull = await github.pullRequest('mona', 'acme-co/shop', 'topic', 'A pull request');
    const asked = ['/repos/acme-co/shop/assignees', `/repos/acme-co/shop/issues/${pull.number}`,
      '/search/issues?q=repo:acme-co/shop%20pull'];
    const answers = [];
    for (const path of asked) {
      answers.push(await call('GET', path, token));
      assert.equal(answers.at(-1).status, 200, path);
      allowed('GET', path.split('?')[0], answers.at(-1));
    }
    assert.deepEqual(answers[0].json.map(({ login }) => login), ['mona']);
    assert.equal(answers[1].json.pull_request.url, `${github.url}/repos/acme-co/shop/pulls/${pull.number}`);
    assert.deepEqual(answers[2].json.items.map(({ number }) => number), [pull.number]);
  });

  test('moves and deletes issues as GitHub does', { skip }, async () => {
    const token = await installationToken();
    const made = await github.as('mona', 'POST', '/repos/acme-co/shop/issues', { title: 'Lost' });
    const path = `/repos/acme-co/shop/issues/${made.number}`;
    const moved = await github.issues.transfer('mona', 'acme-co/shop', made.number, 'acme-co/web');
    const answer = await call('GET', path, token);
    assert.equal(answer.status, 301);
    allowed('GET', path, answer);
    assert.equal(answer.headers.get('location'), `${github.url}/repos/acme-co/web/issues/${moved.number}`);
    await github.issues.delete('mona', 'acme-co/web', moved.number);
    const there = `/repos/acme-co/web/issues/${moved.number}`;
    const gone = await call('GET', there, token);
    assert.equal(gone.status, 410);
    allowed('GET', there, gone);
    const told = received.filter(({ headers }) => headers['x-github-event'] === 'issues')
      .map(({ body }) => JSON.parse(body));
    assert.deepEqual(told.filter(({ action }) => action !== 'opened').map(({ action, issue, installation }) =>
      [action, issue.number, installation.id]), [['transferred', made.number, 48812345], ['deleted', moved.number, 48812345]]);
    assert.equal(told.find(({ action }) => action === 'transferred').changes.new_repository.full_name, 'acme-co/web');
  });

  test('does what is asked and loses the answer', async () => {
    const token = await installationToken();
    github.fault({ method: 'POST', path: '/repos/acme-co/shop/issues', kind: 'lost', times: 1 });
    await assert.rejects(fetch(`${github.url}/repos/acme-co/shop/issues`, { method: 'POST',
      headers: { authorization: `Bearer ${token}` }, body: JSON.stringify({ title: 'Is it there?' }) }));
    const { json } = await call('GET', '/repos/acme-co/shop/issues?state=all', token);
    assert.equal(json.filter(({ title }) => title === 'Is it there?').length, 1);
  });

  test('fails on demand', async () => {
    github.fault({ path: '/user', times: 1 });
    github.fault({ path: '/user', kind: 'html', times: 1 });
    github.fault({ path: '/user', kind: 'nothing', times: 1 });
    github.fault({ path: '/user', kind: 'hang', times: 1 });
    const ask = (options) => fetch(`${github.url}/user`, options);
    assert.equal((await ask()).status, 500);
    assert.match(await (await ask()).text(), /<!DOCTYPE html>/);
    await assert.rejects(ask());
    const abort = new AbortController();
    const before = github.requests.length;
    const hanging = ask({ signal: abort.signal });
    await until('it is taken', () => github.requests.length > before);
    abort.abort();
    await assert.rejects(hanging);
    assert.equal((await ask()).status, 401);
  });

  test('lets a test control it from outside', async () => {
    await fetch(`${github.controlUrl}/faults`, { method: 'POST', body: JSON.stringify({ path: '/zen', status: 418 }) });
    assert.equal((await fetch(`${github.url}/zen`)).status, 418);
    await fetch(`${github.controlUrl}/faults`, { method: 'DELETE' });
    const requests = await (await fetch(`${github.controlUrl}/requests`)).json();
    assert.equal(requests.at(-1).path, '/zen');
  });
});
