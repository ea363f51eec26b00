// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// GitHub as a tracker, against an emulated GitHub behind Prism: creating and linking,
// search, comments, status and assignee both ways through GitHub's own webhooks, and a
// GitHub that fails, lies, limits or forgets.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { demonstration } from './lib/demonstration.mjs';
import { descriptionFile, NO_DESCRIPTION } from './lib/description.mjs';
import { Project } from './lib/issues.mjs';
import { noPrism, startPrism } from './lib/prism.mjs';
import { until } from './lib/until.mjs';
import { startWorld } from './lib/world.mjs';

const SHOP = 'acme-co/shop';
const ISSUES = `/repos/${SHOP}/issues`;

describe('GitHub as a tracker', () => {
  const file = descriptionFile('github');
  const skip = noPrism || (file ? false : NO_DESCRIPTION);
  let prism;
  let world;
  let daemon;
  let github;
  let demo;
  let issues;
  let project;
  let integration;
  let member;            // {id: of the user, email}
  let seen = 0;

  before(async () => {
    world = await startWorld({ apiUrl: async ({ url }) => {
      if (skip) return url;
      prism = await startPrism(file, url);
      return prism.url;
    } });
    ({ daemon, github } = world);
    demo = await demonstration(world);
    ({ issues } = demo);
    await demo.install();
    await until('the repositories are linked', async () => (await demo.repositories()).length === 2);
    [integration] = (await demo.integrations()).map(({ id }) => id);
    project = await Project.create(daemon, 'acme', 'shop');
    member = await projectMember();
    await issues.configure(integration, { sync_comments: true, sync_status_reverse: true,
      sync_forward_assignment: true, sync_reverse_assignment: true,
      sync_status_forward: { [SHOP]: { on_resolve: 'closed', on_unresolve: 'open' } } });
  });
  after(async () => {
    await world?.close().finally(() => prism?.close());
  });
  beforeEach(() => github.clearFaults());

  // Somebody who works on the project and has an account on GitHub.
  async function projectMember() {
    await daemon.ctlOk('user', 'create', 'mona@acme.test', '--org', 'acme', '--role', 'member');
    await daemon.ctlOk('team', 'create', 'cart', '--org', 'acme');
    await daemon.ctlOk('team', 'add-project', 'cart', 'shop', '--org', 'acme');
    await daemon.ctlOk('team', 'add-member', 'cart', 'mona@acme.test', '--org', 'acme');
    const { user } = (await daemon.list('/organizations/acme/members/', { token: demo.token }))
      .find(({ email }) => email === 'mona@acme.test');
    await issues.call('POST', '/external-users/', { provider: 'github', externalName: '@Mona',
      integrationId: Number(integration), userId: Number(user.id) });
    return user;
  }

  // A new issue here, by an event of its own.
  async function report() {
    const title = `it broke ${++seen}`;
    const { id } = await project.report(title, { fingerprint: [title] });
    return issues.get(id);
  }
  // The job about an external issue that is in this state; if it waits, after a failure.
  const jobOf = ({ key }, state) => until(`a job of ${key} is ${state}`, async () => (await daemon.ctlJson('job', 'list')).jobs
    .find((job) => job.object === `issue:${key}` && job.status === state && (state !== 'waiting' || job.attempts > 0)));
  // What failed is tried again in five minutes, or now.
  const retry = async (made) => daemon.ctlOk('job', 'retry', String((await jobOf(made, 'waiting')).id));
  // A new issue here that is linked to a new one there: {issue, key, path, there()}.
  async function linkedIssue(fields = {}) {
    const issue = await report();
    const { json } = await issues.create(issue.id, integration, { repo: SHOP, title: issue.title, description: 'Look', ...fields });
    return { issue, ...json, path: pathOf(json.key), there: () => demo.onGithub(json.key) };
  }
  const pathOf = (key) => `/repos/${key.replace('#', '/issues/')}`;
  const status = async ({ issue }) => (await issues.get(issue.id)).status;
  const assignee = async ({ issue }) => (await issues.get(issue.id)).assignedTo?.email ?? null;
  const comments = ({ path }) => github.as('mona', 'GET', `${path}/comments`);
  const asked = (method, path) => github.requests.filter((request) => request.method === method && request.path === path);
  const titled = async (title) => (await github.as('mona', 'GET', `${ISSUES}?state=all&per_page=100`)).filter((there) => there.title === title);

  // ---- Create and link ----

  test('the form to create has what GitHub has', async () => {
    for (const name of ['p10', 'p9', 'Bug', 'api']) await github.as('mona', 'POST', `/repos/${SHOP}/labels`, { name });
    const issue = await report();
    const fields = await issues.form(issue.id, integration, 'create', { repo: SHOP });
    assert.deepEqual(fields.map(({ name }) => name), ['repo', 'title', 'description', 'assignee', 'labels']);
    const [repo, title, description, person, labels] = fields;
    assert.deepEqual(repo.choices, [['acme-co/shop', 'shop'], ['acme-co/web', 'web']]);
    const found = await daemon.request('GET', `${repo.url}?field=repo&query=web`, { token: demo.token });
    assert.deepEqual(found.json, [{ label: 'web', value: 'acme-co/web' }]);
    assert.equal(title.default, issue.title);
    assert.ok(description.default.includes('referrer=github_integration'), description.default);
    assert.deepEqual(person.choices, [['', 'Unassigned'], ['mona', 'mona']]);
    assert.deepEqual(labels.choices.map(([value]) => value), ['api', 'Bug', 'p9', 'p10']);
  });

  test('an issue is created with all that the form says', async () => {
    const made = await linkedIssue({ assignee: 'mona', labels: ['Bug', 'p9'] });
    const there = await made.there();
    assert.match(made.key, /^acme-co\/shop#\d+$/);
    assert.equal(made.url, there.html_url);
    assert.deepEqual([there.title, there.assignees.map(({ login }) => login), there.labels.map(({ name }) => name).sort()],
      [made.issue.title, ['mona'], ['Bug', 'p9']]);
    assert.match(there.body, /^Look\n\n<!-- mortise:ticket:[0-9a-f]+ -->$/);
    const [external] = await issues.external(made.issue.id);
    assert.deepEqual([external.key, external.url, external.title, external.description],
      [made.key, made.url, made.issue.title, 'Look']);
  });

  test('what cannot be created is told at its field', async () => {
    const issue = await report();
    const wrong = [[{ title: 'x', description: 'x' }, 'repo'], [{ repo: 'other-co/secret', title: 'x', description: 'x' }, 'repo'],
      [{ repo: SHOP, title: ' ', description: 'x' }, 'title']];
    for (const [fields, name] of wrong) {
      const { json, text } = await issues.create(issue.id, integration, fields, { allow: [400] });
      assert.ok(Array.isArray(json[name]), text);
    }
    github.fault({ method: 'POST', path: ISSUES, status: 422, times: 1,
      json: { message: 'Validation Failed', errors: [{ resource: 'Issue', field: 'assignees', code: 'invalid', value: 'ghost' }] } });
    const { json, text } = await issues.create(issue.id, integration,
      { repo: SHOP, title: 'x', description: 'x', assignee: 'ghost' }, { allow: [400] });
    assert.match(json.assignee?.[0] ?? text, /ghost/);
    assert.deepEqual(await issues.external(issue.id), []);
  });

  test('a pull request is found and linked, with a comment', async () => {
    await github.branch('mona', SHOP, 'fix');
    await github.push('mona', SHOP, 'fix.txt', 'x', { branch: 'fix' });
    const pull = await github.pullRequest('mona', SHOP, 'fix', 'Mend the basket');
    const search = (query) => daemon.request('GET', `/extensions/github/search/acme/${integration}/?${new URLSearchParams(query)}`,
      { token: demo.token });
    assert.deepEqual((await search({ field: 'externalIssue', query: 'basket', repo: SHOP })).json,
      [{ label: `#${pull.number} Mend the basket`, value: pull.number }]);
    assert.deepEqual((await search({ field: 'repo', query: 'shop' })).json, [{ label: 'shop', value: SHOP }]);
    for (const query of [{ field: 'externalIssue', query: 'x' }, { field: 'repo' }, { query: 'x' }, { field: 'color', query: 'x' },
      { field: 'externalIssue', query: 'x', repo: 'other-co/secret' }])
      assert.equal((await search(query)).status, 400, JSON.stringify(query));

    const issue = await report();
    const { status: code, json } = await issues.link(issue.id, integration, { repo: SHOP, externalIssue: pull.number, comment: 'See here' });
    assert.equal(code, 201);
    assert.equal(json.key, `${SHOP}#${pull.number}`);
    const [comment] = await until('the comment is there', async () => {
      const list = await comments({ path: `${ISSUES}/${pull.number}` });
      return list.length > 0 && list;
    });
    assert.match(comment.body, /^See here\n\n<!-- mortise:linked:[0-9a-f]+ -->$/);
    const again = await issues.link(issue.id, integration, { repo: SHOP, externalIssue: pull.number, comment: 'See here' }, { allow: [400] });
    assert.equal(again.status, 400);
    await daemon.idle();
    assert.equal((await comments({ path: `${ISSUES}/${pull.number}` })).length, 1);
  });

  test('a search that GitHub holds back is told as such', async () => {
    github.fault({ path: '/search/', status: 403, times: 1, json: { message: 'Forbidden' } });
    github.fault({ path: '/search/repositories', status: 422, times: 1, json: { message: 'Validation Failed' } });
    const search = (query) => daemon.request('GET', `/extensions/github/search/acme/${integration}/?${query}`, { token: demo.token });
    const limited = await search('field=repo&query=limited');
    assert.deepEqual([limited.status, limited.json.detail], [429, 'Rate limit exceeded']);
    assert.equal((await search('field=repo&query=odd')).status, 404);
  });

  // ---- Comments ----

  test('notes go out as quotations, and follow their edits', async () => {
    const made = await linkedIssue();
    const note = await issues.note(made.issue.id, 'first\nsecond');
    const [comment] = await until('the comment is there', async () => {
      const list = await comments(made);
      return list.length > 0 && list;
    });
    assert.match(comment.body, /^\*\*.+\*\* wrote:\n\n> first\n> second\n\n<!-- mortise:comment:.+ -->$/);
    await issues.editNote(made.issue.id, note.id, 'third');
    await until('it is edited', async () => (await comments(made))[0].body.includes('> third\n'));
    await daemon.idle();
    assert.equal((await comments(made)).length, 1);
  });

  test('a comment on GitHub is taken and ignored', async () => {
    const made = await linkedIssue();
    const notes = async () => (await issues.call('GET', `/issues/${made.issue.id}/notes/`)).json;
    await github.as('mona', 'POST', `${made.path}/comments`, { body: 'hi' });
    const delivery = await until('it is delivered', () => github.deliveries.entries.find((entry) => entry.event === 'issue_comment' &&
      entry.request.payload.comment.body === 'hi'));
    assert.equal(delivery.status_code, 204);
    await daemon.idle();
    assert.deepEqual(await notes(), []);
  });

  test('a comment whose answer got lost is not posted twice', async () => {
    const made = await linkedIssue();
    github.fault({ method: 'POST', path: `${made.path}/comments`, kind: 'lost', times: 1 });
    await issues.note(made.issue.id, 'only once');
    await retry(made);
    await daemon.idle();
    assert.equal((await comments(made)).length, 1);
    assert.equal(asked('POST', `${made.path}/comments`).length, 1);
  });

  // ---- Status ----

  test('status goes out and comes back without an echo', async () => {
    const made = await linkedIssue();
    await issues.set(made.issue.id, { status: 'resolved' });
    await until('it is closed there', async () => (await made.there()).state === 'closed');
    await daemon.idle();
    assert.equal(await status(made), 'resolved');
    await issues.set(made.issue.id, { status: 'unresolved' });
    await until('it is open there', async () => (await made.there()).state === 'open');
    await daemon.idle();
    assert.equal(await status(made), 'unresolved');
    assert.equal(asked('PATCH', made.path).length, 2);
  });

  test('status comes in by GitHub\'s webhook', async () => {
    const made = await linkedIssue();
    await demo.setOnGithub(made.key, { state: 'closed', state_reason: 'not_planned' });
    await until('it is resolved here', async () => await status(made) === 'resolved');
    await demo.setOnGithub(made.key, { state: 'open' });
    await until('it is unresolved here', async () => await status(made) === 'unresolved');
    await daemon.idle();
    assert.equal(asked('PATCH', made.path).length, 0);
  });

  test('a repository that is not in the map gets no status, and the job says why', async () => {
    const made = await linkedIssue({ repo: 'acme-co/web' });
    await issues.set(made.issue.id, { status: 'resolved' });
    const job = await jobOf(made, 'halted');
    assert.match(job.outcome, /acme-co\/web/);
    assert.equal(asked('PATCH', made.path).length, 0);
    assert.equal((await made.there()).state, 'open');
  });

  // ---- Assignee ----

  test('the assignee goes out, replaces, and is taken away', async () => {
    const made = await linkedIssue();
    const logins = async () => (await made.there()).assignees.map(({ login }) => login);
    await issues.set(made.issue.id, { assignedTo: 'mona@acme.test' });
    await until('mona is assigned there', async () => (await logins()).join() === 'mona');
    await daemon.idle();
    assert.equal(await assignee(made), 'mona@acme.test');
    await issues.set(made.issue.id, { assignedTo: '' });
    await until('nobody is assigned there', async () => (await logins()).length === 0);
    await daemon.idle();
    assert.equal(await assignee(made), null);
    assert.equal(asked('PATCH', made.path).length, 2);
  });

  test('the assignee comes in', async () => {
    const made = await linkedIssue();
    await demo.setOnGithub(made.key, { assignees: ['mona'] });
    await until('mona is assigned here', async () => await assignee(made) === 'mona@acme.test');
    await demo.setOnGithub(made.key, { assignees: ['hubot'] });
    await daemon.idle();
    assert.equal(await assignee(made), 'mona@acme.test', 'nobody here is hubot');
    await demo.setOnGithub(made.key, { assignees: [] });
    await until('nobody is assigned here', async () => await assignee(made) === null);
    await daemon.idle();
    assert.equal(asked('PATCH', made.path).length, 0);
  });

  test('a user without an account there has no target, and the job says why', async () => {
    const made = await linkedIssue();
    await issues.set(made.issue.id, { assignedTo: 'owner@acme.test' });
    const job = await jobOf(made, 'halted');
    assert.match(job.outcome, /GitHub account/);
    assert.equal(asked('PATCH', made.path).length, 0);
  });

  // ---- Edited, moved, deleted ----

  test('an edit on GitHub shows here', async () => {
    const made = await linkedIssue();
    await demo.setOnGithub(made.key, { title: 'Better words' });
    await until('the title is new', async () => (await issues.external(made.issue.id))[0].title === 'Better words');
  });

  test('a moved issue keeps its link, and what is written goes where it is', async () => {
    const made = await linkedIssue();
    const number = Number(made.key.split('#')[1]);
    const moved = await github.issues.transfer('mona', SHOP, number, 'acme-co/web');
    const key = `acme-co/web#${moved.number}`;
    await until('the key is new', async () => (await issues.external(made.issue.id))[0].key === key);
    await issues.note(made.issue.id, 'where are you');
    await until('the comment is there', async () => (await comments({ path: pathOf(key) })).length === 1);
  });

  test('a move that nobody told of is followed', async () => {
    const made = await linkedIssue();
    github.deliveries.losses = 2;          // "opened" there, "transferred" here
    const moved = await github.issues.transfer('mona', SHOP, Number(made.key.split('#')[1]), 'acme-co/web');
    await issues.set(made.issue.id, { status: 'resolved' });
    const key = `acme-co/web#${moved.number}`;
    await until('it is closed where it is', async () => (await demo.onGithub(key)).state === 'closed');
    await until('the key is new', async () => (await issues.external(made.issue.id))[0].key === key);
  });

  test('a renamed repository takes its issues along', async () => {
    const made = await linkedIssue({ repo: 'acme-co/web' });
    await github.as('mona', 'PATCH', '/repos/acme-co/web', { name: 'site' });
    const key = made.key.replace('web', 'site');
    await demo.setOnGithub(key, { state: 'closed' });
    await until('it is resolved here', async () => await status(made) === 'resolved');
    assert.equal((await issues.external(made.issue.id))[0].key, key);
  });

  test('a deleted issue is unlinked', async () => {
    const made = await linkedIssue();
    await github.issues.delete('mona', SHOP, Number(made.key.split('#')[1]));
    await until('it is unlinked', async () => (await issues.external(made.issue.id)).length === 0);
    await issues.set(made.issue.id, { status: 'resolved' });
    await daemon.idle();
    assert.equal(asked('PATCH', made.path).length, 0);
  });

  test('one that was deleted unseen halts the job, which says so', async () => {
    const made = await linkedIssue();
    github.deliveries.losses = 1;
    await github.issues.delete('mona', SHOP, Number(made.key.split('#')[1]));
    await issues.note(made.issue.id, 'anybody there?');
    const job = await jobOf(made, 'halted');
    assert.match(job.outcome, /deleted/);
  });

  // ---- A GitHub that fails ----

  test('a ticket whose answer got lost is not made twice', async () => {
    const issue = await report();
    const fields = { repo: SHOP, title: issue.title, description: 'Look' };
    github.fault({ method: 'POST', path: ISSUES, kind: 'lost', times: 1 });
    assert.equal((await issues.create(issue.id, integration, fields, { allow: [503] })).status, 503);
    assert.deepEqual(await issues.external(issue.id), []);
    const { status: code, json } = await issues.create(issue.id, integration, fields);
    assert.equal(code, 201);
    const there = await titled(issue.title);
    assert.deepEqual(there.map(({ number }) => `${SHOP}#${number}`), [json.key]);
  });

  test('a ticket that was not made is made by the next try', async () => {
    const issue = await report();
    const fields = { repo: SHOP, title: issue.title, description: 'Look' };
    github.fault({ method: 'POST', path: ISSUES, kind: 'nothing', times: 1 });
    assert.equal((await issues.create(issue.id, integration, fields, { allow: [503] })).status, 503);
    assert.equal((await issues.create(issue.id, integration, fields)).status, 201);
    assert.equal((await titled(issue.title)).length, 1);
  });

  for (const [what, fault, code] of [
    ['HTML where JSON should be', { kind: 'html' }, 503],
    ['ten megabytes', { kind: 'huge' }, 503],
    ['a bad gateway', { status: 502 }, 503],
    ['a refusal', { status: 403, json: { message: 'Resource not accessible by integration' } }, 400],
    ['that issues are disabled', { status: 410, json: { message: 'Issues are disabled for this repo' } }, 400],
  ]) {
    test(`${what} links nothing`, async () => {
      const issue = await report();
      github.fault({ method: 'POST', path: ISSUES, times: 1, ...fault });
      const { status: got, text } = await issues.create(issue.id, integration,
        { repo: SHOP, title: issue.title, description: 'Look' }, { allow: [400, 503] });
      assert.equal(got, code, text);
      assert.deepEqual(await issues.external(issue.id), []);
    });
  }

  // Last: they close the gate of the integration, or end it.
  for (const [what, fault] of [
    ['a limit with Retry-After', { status: 429, headers: { 'retry-after': '2' }, json: { message: 'slow down' } }],
    ['a secondary limit', { status: 403, headers: { 'retry-after': '2' }, json: { message: 'You have exceeded a secondary rate limit' } }],
    ['a primary limit', { status: 403, headers: () => ({ 'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 2) }), json: { message: 'API rate limit exceeded' } }],
  ]) {
    test(`${what} waits, and then it goes on`, async () => {
      const made = await linkedIssue();
      github.fault({ method: 'PATCH', path: made.path, times: 1, ...fault,
        headers: typeof fault.headers === 'function' ? fault.headers() : fault.headers });
      await issues.set(made.issue.id, { status: 'resolved' });
      await until('it is closed there', async () => (await made.there()).state === 'closed', { within: 60_000 });
      const patches = asked('PATCH', made.path);
      assert.equal(patches.length, 2);
      assert.ok(patches[1].at - patches[0].at >= 1000, `asked again after ${patches[1].at - patches[0].at} ms`);
    });
  }

  test('every request to GitHub is one that it describes', { skip }, () => {
    for (const call of [`POST ${ISSUES}`, `GET ${ISSUES}`, 'GET /search/issues', `GET /repos/${SHOP}/labels`, `GET /repos/${SHOP}/assignees`])
      assert.ok(prism.checked.includes(call), call);
    assert.deepEqual(prism.violations(), []);
  });

  test('revoked credentials mark the integration, and nothing is tried again', async () => {
    const made = await linkedIssue();
    github.fault({ path: made.path, status: 401, json: { message: 'Bad credentials' } });
    await issues.note(made.issue.id, 'hello?');
    const job = await jobOf(made, 'halted');
    assert.match(job.outcome, /credentials/);
    await daemon.event('integration.credentials_invalid', { integration });
    const before = asked('POST', `${made.path}/comments`).length;
    await daemon.idle();
    assert.equal(asked('POST', `${made.path}/comments`).length, before);
  });
});
