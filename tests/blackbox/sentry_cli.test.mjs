// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Sentry's own command line tool, unchanged, against a mortised that follows a repository
// at GitHub: what it prints, and what the API shows afterwards.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { INSTALLATION } from './lib/demonstration.mjs';
import { SentryCli, noSentryCli } from './lib/sentry_cli.mjs';
import { pushPayload } from './lib/webhooks.mjs';
import { startWorld } from './lib/world.mjs';

const SCOPES = ['org:admin', 'org:integrations', 'project:admin', 'project:releases', 'event:admin'];

describe('sentry-cli', { skip: noSentryCli }, () => {
  let world;
  let daemon;
  let token;
  let cli;
  let repository;

  const get = async (path) => (await daemon.api('GET', path, { token })).json;
  const release = (version) => get(`/organizations/acme/releases/${encodeURIComponent(version)}/`);
  const show = (id) => get(`/organizations/acme/issues/${id}/`);

  // An event, and the issue that it became.
  async function stored(eventId) {
    const [{ id }] = await daemon.sql(`SELECT issue_id AS id FROM event WHERE event_id = '${eventId}'`);
    return { issue: await show(id), event: await get(`/organizations/acme/issues/${id}/events/${eventId}/`) };
  }

  // The same for a new one, by the tool itself.
  async function send(message, ...more) {
    const out = await cli.run('send-event', '--message', message, ...more);
    const [, eventId] = out.match(/^Event id: ([0-9a-f-]{36})$/m);
    return stored(eventId.replaceAll('-', ''));
  }

  before(async () => {
    world = await startWorld();
    daemon = world.daemon;
    token = await daemon.organization('acme', { scopes: SCOPES });
    await world.install('acme', token);
    await daemon.idle();
    const { dsn } = await daemon.ctlJson('project', 'create', 'shop', '--org', 'acme');
    await daemon.ctlOk('project', 'create', 'api', '--org', 'acme');
    [repository] = (await daemon.list('/organizations/acme/repos/', { token })).filter(({ name }) => name === 'acme-co/shop');
    cli = new SentryCli(daemon, { token, org: 'acme', project: 'shop', dsn });
    await cli.git('init', '-q');
    await cli.git('remote', 'add', 'origin', repository.url);
  });
  after(() => world?.close());

  test('info tells where it is, and what the token is good for', async () => {
    const out = await cli.run('info');
    assert.match(out, new RegExp(`Sentry Server: ${daemon.url}\n`));
    assert.match(out, /Default Organization: acme\nDefault Project: shop/);
    const scopes = out.match(/(?<= - )\S+/g);
    assert.deepEqual(SCOPES.filter((scope) => !scopes.includes(scope)), []);
    // What the token does not cover.
    assert.deepEqual(scopes.filter((scope) => /^(team|member):/.test(scope)), []);
    const bad = await cli.try(['info'], { SENTRY_AUTH_TOKEN: 'no-such-token' });
    assert.notEqual(bad.code, 0);
    assert.match(bad.out + bad.err, /Unauthorized|401|invalid/i);
  });

  test('lists organizations, projects and repositories', async () => {
    assert.deepEqual((await cli.table('organizations', 'list')).map(({ ID, Slug }) => [ID, Slug]), [['1', 'acme']]);
    const projects = await cli.table('projects', 'list');
    assert.deepEqual(projects.map(({ Slug }) => Slug).sort(), ['api', 'shop']);
    const repositories = await cli.table('repos', 'list');
    assert.deepEqual(repositories.find(({ Name }) => Name === repository.name), { Name: repository.name, Provider: 'GitHub', URL: repository.url });
  });

  test('sends an event with all that it can say', async () => {
    const { event, issue } = await send('the cart of %s is empty', '--message-arg', 'mona', '--level', 'warning', '--release', 'shop@0.9.0',
      '--env', 'staging', '--tag', 'checkout:express', '--extra', 'items:none', '--user', 'id:42', '--user', 'email:mona@acme.test',
      '--fingerprint', 'cart', '--no-environ');
    assert.equal(issue.title, 'the cart of mona is empty');
    assert.deepEqual([issue.level, issue.project.slug, issue.firstRelease.version], ['warning', 'shop', 'shop@0.9.0']);
    assert.deepEqual([event.user.id, event.user.email, event.context.items], ['42', 'mona@acme.test', 'none']);
    const tags = Object.fromEntries(event.tags.map(({ key, value }) => [key, value]));
    assert.deepEqual([tags.checkout, tags.environment, tags.level], ['express', 'staging', 'warning']);
  });

  test('sends stored envelopes and events, parsed and raw', async () => {
    const ids = Array.from({ length: 3 }, () => randomUUID().replaceAll('-', ''));
    const words = ['in an envelope', 'in a raw envelope', 'alone'];
    const files = ids.map((id) => daemon.path('checkout', id));
    for (const [i, id] of ids.entries()) {
      const event = JSON.stringify({ event_id: id, message: `stored ${words[i]}`, level: 'error', platform: 'other' });
      writeFileSync(files[i], i < 2 ? `${JSON.stringify({ event_id: id })}\n{"type":"event"}\n${event}\n` : event);
    }
    assert.match(await cli.run('send-envelope', files[0]), /Envelope from file .* dispatched/);
    await cli.run('send-envelope', '--raw', files[1]);
    await cli.run('send-event', '--raw', files[2]);
    for (const [i, id] of ids.entries())
      assert.equal((await stored(id)).issue.title, `stored ${words[i]}`);
  });

  test('lists issues, and resolves, mutes and reopens them', async () => {
    const { issue: { id, shortId } } = await send('to be muted');
    const { issue: other } = await send('to be left');
    const status = async (issue) => (await show(issue)).status;
    const rows = await cli.table('issues', 'list', '--query', 'is:unresolved to be');
    assert.deepEqual(rows.map(({ 'Short ID': name, Title, Status }) => [name, Title, Status]),
      [[other.shortId, 'to be left', 'unresolved'], [shortId, 'to be muted', 'unresolved']]);
    for (const [command, expected, said] of [['mute', 'ignored', 'muted'], ['resolve', 'resolved', 'resolved'], ['unresolve', 'unresolved', 'unresolved']]) {
      assert.match(await cli.run('issues', command, '--id', id), new RegExp(`new status: ${said}`));
      assert.deepEqual([await status(id), await status(other.id)], [expected, 'unresolved'], command);
    }
    await cli.run('issues', 'resolve', '--id', id, '--next-release');
    assert.equal((await show(id)).statusDetails.inNextRelease, true);
    assert.deepEqual((await cli.table('issues', 'list', '--query', 'is:resolved')).map(({ 'Issue ID': one }) => one), [id]);
    // Whatever has a status.
    await cli.run('issues', 'unresolve', '--status', 'resolved');
    assert.equal(await status(id), 'unresolved');
    await cli.run('issues', 'resolve', '--all');
    assert.deepEqual([await status(id), await status(other.id)], ['resolved', 'resolved']);
    assert.match(await cli.run('issues', 'list', '--query', 'is:unresolved'), /No issues found/);
    assert.equal((await cli.table('issues', 'list', '--pages', '2', '--max-rows', '1')).length, 1);
  });

  test('makes releases, finalizes, archives and deletes them', async () => {
    assert.match(await cli.run('releases', 'new', 'shop@1.0.0', '--url', 'https://ci.test/1'), /Created release shop@1\.0\.0/);
    let shown = await release('shop@1.0.0');
    assert.deepEqual([shown.url, shown.dateReleased, shown.projects.map(({ slug }) => slug)], ['https://ci.test/1', null, ['shop']]);
    await cli.run('releases', 'new', '-p', 'shop', '-p', 'api', 'shop@1.1.0', '--finalize');
    shown = await release('shop@1.1.0');
    assert.deepEqual([shown.projects.length, typeof shown.dateReleased], [2, 'string']);
    await cli.run('releases', 'finalize', 'shop@1.0.0', '--released', '1777629600');
    assert.equal((await release('shop@1.0.0')).dateReleased, '2026-05-01T10:00:00.000Z');
    assert.deepEqual((await cli.table('releases', 'list')).map(({ Version }) => Version).slice(0, 2), ['shop@1.1.0', 'shop@0.9.0']);
    assert.deepEqual((await cli.run('releases', 'list', '--raw', '-p', 'api')).split('\n'), ['shop@1.1.0']);
    await cli.run('releases', 'archive', 'shop@1.0.0');
    assert.equal((await release('shop@1.0.0')).status, 'archived');
    await cli.run('releases', 'restore', 'shop@1.0.0');
    assert.equal((await release('shop@1.0.0')).status, 'open');
    await cli.run('releases', 'delete', 'shop@1.1.0');
    assert.equal((await release('shop@1.1.0')).detail, 'The requested resource does not exist');
    assert.notEqual((await cli.try(['releases', 'info', 'shop@1.1.0'])).code, 0);
  });

  test('says where and when a release was deployed', async () => {
    await cli.run('releases', 'new', 'shop@1.2.0');
    assert.match(await cli.run('deploys', '--release', 'shop@1.2.0', 'new', '--env', 'production', '--name', 'Friday', '--url', 'https://shop.test',
      '--started', '1777629600', '--finished', '1777629630'), /Created new deploy Friday for 'production'/);
    await cli.run('releases', 'deploys', 'shop@1.2.0', 'new', '-e', 'staging', '-t', '30');
    const [staging, production] = await get('/organizations/acme/releases/shop@1.2.0/deploys/');
    assert.deepEqual(production, { ...production, environment: 'production', name: 'Friday', url: 'https://shop.test', projects: ['shop'],
      dateStarted: '2026-05-01T10:00:00.000Z', dateFinished: '2026-05-01T10:00:30.000Z' });
    assert.equal(Date.parse(staging.dateFinished) - Date.parse(staging.dateStarted), 30_000);
    assert.deepEqual((await cli.table('deploys', '--release', 'shop@1.2.0', 'list')).map(({ Environment, Name }) => [Environment, Name]),
      [['staging', 'unnamed'], ['production', 'Friday']]);
    const { deployCount, lastDeploy } = await release('shop@1.2.0');
    assert.deepEqual([deployCount, lastDeploy.environment], [2, 'staging']);
    assert.notEqual((await cli.try(['deploys', '--release', 'no-such', 'list'])).code, 0);
  });

  test('sets the commits of a release, and they resolve issues', async () => {
    const { issue: early } = await send('fixed early');
    const { issue: late } = await send('fixed late');
    const push = async (id, message) => {
      const payload = pushPayload(INSTALLATION, { id: Number(repository.externalId), name: repository.name }, [{ sha: id, message }]);
      payload.repository.html_url = repository.url;
      assert.equal((await world.webhooks.send('push', payload)).status, 204);
      await daemon.idle();
    };
    const first = await cli.commit('First');
    await push(first, 'First');
    const second = await cli.commit(`Pay once\n\nFixes ${early.shortId}`);
    await push(second, `Pay once\n\nFixes ${early.shortId}`);
    // From the remote of the checkout to the repository that is followed.
    await cli.run('releases', 'new', 'shop@2.0.0');
    assert.match(await cli.run('releases', 'set-commits', '--auto', 'shop@2.0.0'), new RegExp(`${repository.name} +\\| ${second.slice(0, 12)}`));
    assert.deepEqual((await get('/organizations/acme/releases/shop@2.0.0/commits/')).map(({ id }) => id), [second, first]);
    assert.equal((await show(early.id)).statusDetails.inRelease, 'shop@2.0.0');
    assert.deepEqual((await get('/organizations/acme/releases/shop@2.0.0/resolved/')).map(({ id }) => id), [early.id]);
    const shown = (await cli.table('releases', 'info', 'shop@2.0.0', '--show-commits'))[0];
    assert.equal(shown.Commits, second);
    // A range, by the first digits of its ends.
    const third = await cli.commit(`resolves ${late.shortId}`);
    await push(third, `resolves ${late.shortId}`);
    await cli.run('releases', 'set-commits', 'shop@2.1.0', '--commit', `${repository.name}@${second.slice(0, 8)}..${third.slice(0, 8)}`);
    assert.deepEqual((await get('/organizations/acme/releases/shop@2.1.0/commits/')).map(({ id }) => id), [third]);
    assert.equal((await show(late.id)).statusDetails.inRelease, 'shop@2.1.0');
    const wrong = await cli.try(['releases', 'set-commits', 'shop@2.1.0', '--commit', `${repository.name}@${'f'.repeat(40)}`]);
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.err, /has not come in yet/);
    // None at all.
    await cli.run('releases', 'set-commits', '--clear', 'shop@2.1.0');
    assert.equal((await release('shop@2.1.0')).commitCount, 0);
  });

  test('sets commits from the checkout alone, since the release before', async () => {
    const { issue } = await send('fixed here');
    writeFileSync(daemon.path('checkout', 'cart.js'), 'pay();\n');
    await cli.git('add', 'cart.js');
    const last = await cli.commit(`Closes ${issue.shortId}`);
    await cli.run('releases', 'new', 'shop@3.0.0');
    assert.match(await cli.run('releases', 'set-commits', '--local', 'shop@3.0.0'), /Success! Set commits for release shop@3\.0\.0/);
    const commits = await get('/organizations/acme/releases/shop@3.0.0/commits/');
    assert.equal(commits[0].id, last);
    assert.deepEqual([commits[0].author.email, commits[0].message.trim()], ['mona@acme.test', `Closes ${issue.shortId}`]);
    assert.ok(Math.abs(Date.parse(commits[0].dateCreated) - Date.now()) < 600_000, commits[0].dateCreated);
    assert.deepEqual((await get('/organizations/acme/releases/shop@3.0.0/commitfiles/')).map(({ filename, type, id }) => [filename, type, id]), [['cart.js', 'A', last]]);
    assert.equal((await show(issue.id)).statusDetails.inRelease, 'shop@3.0.0');
    const next = await cli.commit('Next');
    await cli.run('releases', 'new', 'shop@3.1.0');
    assert.equal((await get('/organizations/acme/releases/shop@3.1.0/previous-with-commits/')).lastCommit.id, last);
    await cli.run('releases', 'set-commits', '--local', 'shop@3.1.0');
    assert.deepEqual((await get('/organizations/acme/releases/shop@3.1.0/commits/')).map(({ id }) => id), [next]);
  });
});
