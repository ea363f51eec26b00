// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Issues and two trackers in step: what goes out, what comes in, and how many requests it
// takes; then everything that an upstream may do wrong.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { ALL, Sync } from './lib/sync.mjs';
import { until } from './lib/until.mjs';

describe('sync with two trackers', () => {
  let sync;
  let tracker;
  let daemon;
  const calls = () => tracker.requests.filter(({ method }) => method !== 'GET').length;
  const ticket = (issue, number = 0) => tracker.get(`a${number + 1}`, issue.keys[number]);

  // What a limit closed is opened again.
  async function openGates() {
    await daemon.stop();
    await daemon.tamper('UPDATE integration SET gate_until = 0');
    await daemon.run();
  }

  before(async () => {
    sync = await Sync.start();
    ({ tracker, daemon } = sync);
    await daemon.ctlOk('user', 'create', 'ann@acme.test', '--org', 'acme', '--role', 'member');
    await daemon.ctlOk('user', 'create', 'bob@acme.test', '--org', 'acme', '--role', 'member');
  });
  after(() => sync?.close());
  afterEach(() => {
    tracker.faults.splice(0);
    tracker.users = null;
  });

  // ---- Each direction ----

  test('a resolution reaches both trackers, and a ticket closed there everything else', async () => {
    const issue = await sync.issue();
    const first = calls();
    await sync.change(issue, { status: 'resolved' });
    await sync.settle();
    assert.deepEqual([ticket(issue).status, ticket(issue, 1).status], ['done', 'done']);
    assert.equal(calls() - first, 2);
    // Both told us of it, and were known for echoes.
    assert.match((await sync.job('sync_status_inbound')).outcome, /our own change/);
    const second = calls();
    tracker.change('a1', issue.keys[0], { status: 'open' });
    await sync.settle();
    assert.equal((await sync.show(issue)).status, 'unresolved');
    assert.equal(ticket(issue, 1).status, 'open');
    assert.equal(calls() - second, 1, 'only the other tracker is told');
    const words = (await sync.activities(issue, 'set_unresolved'))[0];
    assert.deepEqual([words.provider, words.provider_key, words.integration_id], ['Ping', 'ping', sync.integrations[0]]);
  });

  test('a storm of changes settles after a bounded number of requests', async () => {
    const issue = await sync.issue();
    const first = calls();
    for (let i = 0; i < 6; i++) {
      await sync.change(issue, { status: i % 2 ? 'unresolved' : 'resolved' });
      tracker.change(`a${i % 2 + 1}`, issue.keys[i % 2], { status: i % 3 ? 'done' : 'open' });
    }
    await sync.settle();
    const { status } = await sync.show(issue);
    const wanted = status === 'resolved' ? 'done' : 'open';
    assert.deepEqual([ticket(issue).status, ticket(issue, 1).status], [wanted, wanted]);
    // Twelve changes, each of which two trackers may have to hear of.
    assert.ok(calls() - first <= 24, `${calls() - first} requests`);
    const settled = calls();
    await sync.settle();
    assert.equal(calls(), settled);
  });

  test('an assignee goes both ways, by address and by external user', async () => {
    const issue = await sync.issue();
    await sync.change(issue, { assignedTo: 'ann@acme.test' });
    await sync.settle();
    assert.deepEqual([ticket(issue).assignee, ticket(issue, 1).assignee], ['ann@acme.test', 'ann@acme.test']);
    tracker.change('a2', issue.keys[1], { assignee: 'bob@acme.test' });
    await sync.settle();
    assert.equal((await sync.show(issue)).assignedTo.email, 'bob@acme.test');
    assert.equal(ticket(issue).assignee, 'bob@acme.test');
    const members = await daemon.list('/organizations/acme/members/', { token: sync.token });
    const ann = members.find(({ email }) => email === 'ann@acme.test');
    const made = await sync.api('POST', '/organizations/acme/external-users/', { body: { externalName: '@ann',
      provider: 'ping', integrationId: sync.integrations[0], memberId: Number(ann.id) } });
    assert.equal(made.status, 201, made.text);
    tracker.change('a1', issue.keys[0], { assignee: '@ANN' });
    await sync.settle();
    assert.equal((await sync.show(issue)).assignedTo.email, 'ann@acme.test');
    assert.equal(ticket(issue, 1).assignee, 'ann@acme.test');
    // The other way she is @ann at the first tracker only.
    await sync.change(issue, { assignedTo: 'bob@acme.test' });
    await sync.settle();
    await sync.change(issue, { assignedTo: 'ann@acme.test' });
    await sync.settle();
    assert.deepEqual([ticket(issue).assignee, ticket(issue, 1).assignee], ['@ann', 'ann@acme.test']);
    await sync.change(issue, { assignedTo: '' });
    await sync.settle();
    assert.deepEqual([ticket(issue).assignee, ticket(issue, 1).assignee], ['', '']);
  });

  test('a note has a copy at each tracker, and an edit reaches all', async () => {
    const issue = await sync.issue();
    const { id } = await sync.note(issue, 'look at this');
    await sync.settle();
    const mine = () => tracker.comments.filter(({ account, issue: key }) =>
      (account === 'a1' && key === issue.keys[0]) || (account === 'a2' && key === issue.keys[1]));
    assert.deepEqual(mine().map(({ text }) => text), ['look at this', 'look at this']);
    const edited = await sync.api('PUT', `/organizations/acme/issues/${issue.id}/comments/${id}/`, { body: { text: 'fixed' } });
    assert.equal(edited.status, 200, edited.text);
    await sync.settle();
    assert.deepEqual(mine().map(({ text }) => text), ['fixed', 'fixed']);
  });

  // ---- What it withstands ----

  test('a comment that was made before the connection broke is not made twice', async () => {
    const issue = await sync.issue(['a1']);
    tracker.fail({ method: 'POST', path: /comments$/, drop: 'after' });
    await sync.note(issue, 'once only');
    const job = await sync.jobWith('create_comment', /./);
    if (job.status !== 'done') {
      await daemon.ctlOk('job', 'retry', String(job.id));
      await until('it is done', async () => (await sync.job('create_comment')).status === 'done');
    }
    assert.equal(tracker.comments.filter(({ text }) => text === 'once only').length, 1);
    assert.equal((await daemon.sql(`SELECT count(*) AS n FROM note_copy n JOIN external_issue e ON e.id = n.external_issue_id
      WHERE e.key = '${issue.keys[0]}'`))[0].n, 1);
  });

  test('an outage is tried again in five minutes, or when the operator says so', async () => {
    const issue = await sync.issue(['a1']);
    tracker.fail({ method: 'PUT', path: /status$/, status: 500 });
    await sync.change(issue, { status: 'resolved' });
    const job = await until('it waits', async () => {
      const found = await sync.job('sync_status_outbound');
      return found.attempts === 1 && found.status === 'waiting' && found;
    });
    const [row] = await daemon.sql(`SELECT (not_before - started_at) / 1000000 AS s FROM job WHERE id = ${job.id}`);
    assert.ok(row.s > 230 && row.s < 370, `${row.s} s`);
    await daemon.ctlOk('job', 'retry', String(job.id));
    await until('it is told', () => ticket(issue).status === 'done');
    await sync.settle();
    assert.deepEqual(await sync.activities(issue, 'sync_failed'), []);
  });

  test('a limit with Retry-After waits so long, one without a minute, and no attempt is counted', async () => {
    for (const [headers, least, most] of [[{ 'retry-after': '2' }, 0.5, 4], [{}, 50, 70]]) {
      await openGates();
      const issue = await sync.issue(['a1']);
      tracker.fail({ method: 'PUT', path: /status$/, status: 429, headers });
      await sync.change(issue, { status: 'resolved' });
      const job = await until('it waits', async () => {
        const found = await sync.job('sync_status_outbound');
        return found.code === 'E_RATE' && found.status === 'waiting' && found;
      });
      assert.equal(job.attempts, 0);
      const [row] = await daemon.sql(`SELECT (not_before - started_at) / 1e6 AS s FROM job WHERE id = ${job.id}`);
      assert.ok(row.s > least && row.s < most, `${row.s} s`);
      await daemon.ctlOk('job', 'drop', String(job.id));
    }
    await openGates();
  });

  test('revoked credentials halt the job, mark the integration and tell the operator', async () => {
    const issue = await sync.issue(['a1']);
    tracker.fail({ method: 'PUT', path: /status$/, status: 401, message: 'token revoked' });
    await sync.change(issue, { status: 'resolved' });
    const job = await sync.jobWith('sync_status_outbound', /401/);
    assert.deepEqual([job.status, job.code], ['halted', 'E_IDENTITY']);
    assert.equal(tracker.count('PUT', new RegExp(`${issue.keys[0]}/status`)), 1);
    await daemon.event('integration.credentials_invalid', { integration: sync.integrations[0] });
    const listed = await daemon.ctlJson('integration', 'list');
    const { reason } = (Array.isArray(listed) ? listed : listed.integrations).find(({ id }) => Number(id) === sync.integrations[0]);
    assert.match(reason, /no longer valid/);
    const [failed] = await sync.activities(issue, 'sync_failed');
    assert.match(failed.reason, /token revoked/);
    assert.deepEqual([failed.key, failed.task], [issue.keys[0], 'sync_status_outbound']);
    assert.ok((await sync.show(issue)).activity.some(({ type }) => type === 'sync_failed'), 'users see it');
  });

  test('a board that the status map lacks, and a user whom the tracker lacks, halt with the reason', async () => {
    const issue = await sync.issue(['a1']);
    await sync.configure(sync.integrations[0], { ...ALL, sync_status_forward: { elsewhere: { on_resolve: 'x', on_unresolve: 'y' } } });
    await sync.change(issue, { status: 'resolved' });
    const job = await sync.jobWith('sync_status_outbound', /status map has no board/);
    assert.deepEqual([job.status, job.code], ['halted', 'E_NO_TARGET']);
    await sync.configure(sync.integrations[0], ALL);
    tracker.users = ['ann@acme.test'];
    await sync.change(issue, { assignedTo: 'bob@acme.test' });
    assert.equal((await sync.jobWith('sync_assignee_outbound', /no such user/)).status, 'halted');
    assert.equal((await sync.activities(issue, 'sync_failed')).length, 2);
    // And a stranger there, who is nobody here.
    tracker.change('a1', issue.keys[0], { assignee: '@stranger' });
    const inbound = await sync.jobWith('sync_assignee_inbound', /assignee not found: @stranger/);
    assert.deepEqual([inbound.status, inbound.code], ['halted', 'E_NO_TARGET']);
    assert.equal((await sync.show(issue)).assignedTo.email, 'bob@acme.test');
  });

  test('events out of order, repeated and late change nothing twice', async () => {
    const issue = await sync.issue(['a1']);
    const [key] = issue.keys;
    const told = (to, time_ms) => sync.tell('a1', { type: 'status_in', key, change: { to }, status: to, time_ms });
    const now = tracker.time + 1_000_000;
    for (const [to, time] of [['done', now + 2000], ['open', now], ['done', now + 2000], ['open', now + 1000], ['done', now + 2000]])
      await told(to, time);
    await sync.settle();
    assert.equal((await sync.show(issue)).status, 'resolved');
    assert.equal((await sync.activities(issue, 'set_resolved')).length, 1);
    assert.equal((await sync.activities(issue, 'set_unresolved')).length, 0);
  });

  test('a change whose meaning could not be found out can be told again', async () => {
    const issue = await sync.issue(['a1']);
    const [key] = issue.keys;
    const time_ms = tracker.time + 1_000_000;
    await sync.tell('a1', { type: 'status_in', key, change: { do: 'fail', code: 'E_UPSTREAM' }, status: 'done', time_ms });
    const job = await until('it waits', async () => {
      const found = await sync.job('sync_status_inbound');
      return found.status === 'waiting' && found.attempts === 1 && found;
    });
    await daemon.ctlOk('job', 'drop', String(job.id));
    await sync.tell('a1', { type: 'status_in', key, change: { to: 'done' }, status: 'done', time_ms });
    await sync.settle();
    assert.equal((await sync.show(issue)).status, 'resolved');
  });

  test('a ticket that is deleted, moved or hidden is followed', async () => {
    const issue = await sync.issue();
    await sync.tell('a1', { type: 'issue_moved', old_key: issue.keys[0], key: 'two-77' });
    await sync.settle();
    const list = (await sync.api('GET', `/organizations/acme/issues/${issue.id}/integrations/`)).json;
    assert.deepEqual(list.flatMap(({ externalIssues }) => externalIssues.map(({ key }) => key)), ['two-77', issue.keys[1]]);
    for (const [key, account, reason] of [['two-77', 'a1', 'deleted'], [issue.keys[1], 'a2', 'private']]) {
      await sync.tell(account, { type: 'issue_gone', key, reason });
      await sync.settle();
      assert.equal((await sync.activities(issue, 'external_issue_gone')).at(-1).reason, reason);
    }
    const before = calls();
    await sync.change(issue, { status: 'resolved' });
    await sync.settle();
    assert.equal(calls(), before);
  });

  test('what is off is left alone, and the job says so', async () => {
    const issue = await sync.issue(['a2']);
    await sync.configure(sync.integrations[1], { ...ALL, sync_status_forward: {}, sync_status_reverse: false, sync_comments: false });
    const before = calls();
    await sync.change(issue, { status: 'resolved' });
    await sync.note(issue, 'quiet');
    await sync.settle();
    assert.equal(calls(), before);
    assert.match((await sync.job('sync_status_outbound')).outcome, /^skipped: .*"sync_status_forward" is off/);
    assert.match((await sync.job('create_comment')).outcome, /^skipped: .*"sync_comments" is off/);
    tracker.change('a2', issue.keys[0], { status: 'done' });
    tracker.change('a2', issue.keys[0], { status: 'open' });
    await sync.settle();
    assert.equal((await sync.show(issue)).status, 'resolved');
  });
});
