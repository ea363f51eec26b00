// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Issues over the API, in Sentry's shapes: reported by an application that keeps its own,
// listed, searched, resolved, assigned, talked about and deleted.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Daemon } from './lib/daemon.mjs';
import { until } from './lib/until.mjs';

const SCOPES = ['org:admin', 'event:admin', 'project:admin', 'team:admin', 'member:admin'];

describe('issues', () => {
  let daemon;
  let token;
  let writer;
  let member;
  let serial = 0;

  const call = (method, path, body, as = token) => daemon.api(method, path, { token: as, body });
  const issues = '/organizations/acme/issues/';
  const projectIssues = '/projects/acme/shop/issues/';

  // A new issue, reported once.
  async function report(more = {}, project = 'shop') {
    serial += 1;
    const { status, json, text } = await call('POST', `/projects/acme/${project}/issues/`,
      { key: `key-${serial}`, title: `Error number ${serial}`, ...more });
    assert.equal(status, 201, text);
    return json;
  }

  async function put(id, body, expected = 200) {
    const { status, json, text } = await call('PUT', `${issues}${id}/`, body);
    assert.equal(status, expected, text);
    return json;
  }

  const show = async (id) => (await call('GET', `${issues}${id}/`)).json;
  const types = ({ activity }) => activity.map(({ type }) => type);

  before(async () => {
    daemon = await Daemon.start();
    token = await daemon.organization('acme', { scopes: SCOPES });
    for (const project of ['shop', 'api'])
      await daemon.ctlOk('project', 'create', project, '--org', 'acme', '--name', project);
    await daemon.ctlOk('user', 'create', 'mona@acme.test', '--org', 'acme', '--role', 'member', '--name', 'Mona');
    await daemon.ctlOk('team', 'create', 'core', '--org', 'acme', '--name', 'core');
    await daemon.ctlOk('team', 'create', 'other', '--org', 'acme', '--name', 'other');
    await daemon.ctlOk('team', 'add-project', 'core', 'shop', '--org', 'acme');
    writer = await daemon.token('acme', ['event:write']);
    member = (await daemon.list('/organizations/acme/members/', { token })).find(({ email }) => email === 'mona@acme.test');
  });
  after(() => daemon?.close());

  // ---- Reporting ----

  test('the first report makes an issue, the next ones count it', async () => {
    const body = { fingerprint: ['database', 'timeout'], title: 'Timeout', culprit: 'db.query', level: 'fatal', type: 'error',
      platform: 'node', metadata: { type: 'Timeout', value: '5 s' }, url: 'https://app.test/issues/9', release: 'shop@0.9.0' };
    const first = await call('POST', projectIssues, body);
    assert.equal(first.status, 201);
    assert.match(first.json.shortId, /^SHOP-[0-9A-Z]+$/);
    assert.equal(first.json.permalink, body.url);
    assert.equal(first.json.firstRelease.version, 'shop@0.9.0');
    assert.deepEqual([first.json.status, first.json.substatus, first.json.count, first.json.level], ['unresolved', 'new', '1', 'fatal']);
    assert.deepEqual(first.json.metadata, body.metadata);
    assert.deepEqual(types(first.json), ['first_seen']);
    const again = await call('POST', projectIssues, { ...body, title: 'Timeout again', count: 4 });
    assert.deepEqual([again.status, again.json.id, again.json.count, again.json.title], [200, first.json.id, '5', 'Timeout again']);
    const elsewhere = await call('POST', '/projects/acme/api/issues/', body);
    assert.equal(elsewhere.status, 201);
    assert.notEqual(elsewhere.json.id, first.json.id);
    const { json: hashes } = await call('GET', `${issues}${first.json.id}/hashes/`);
    assert.equal(hashes.length, 1);
  });

  test('an event that comes along is kept once', async () => {
    const event = { event_id: 'a'.repeat(32), message: 'It broke', environment: 'live', release: 'ignored@1' };
    const { id } = await report({ key: 'with-event', event });
    assert.equal((await call('POST', projectIssues, { key: 'with-event', title: 'x', event })).json.count, '2');
    const { json: events } = await call('GET', `${issues}${id}/events/`);
    assert.deepEqual(events.map(({ eventID }) => eventID), [event.event_id]);
    const made = await call('POST', projectIssues, { key: 'with-event', title: 'x', event: { message: 'Again' } });
    assert.equal(made.status, 200);
    assert.equal((await call('GET', `${issues}${id}/events/`)).json.length, 2);
  });

  test('a resolved one that is reported again regresses', async () => {
    const { id } = await report({ key: 'back' });
    await put(id, { status: 'resolved' });
    const { json } = await call('POST', projectIssues, { key: 'back', title: 'Back' });
    assert.deepEqual([json.id, json.status, json.substatus], [id, 'unresolved', 'regressed']);
    assert.deepEqual(types(json), ['set_regression', 'set_resolved', 'first_seen']);
  });

  test('a report that is wrong is told so, and leaves nothing', async () => {
    const good = { key: 'wrong', title: 'Wrong' };
    const cases = [
      [{ title: 'x' }, 'fingerprint'], [{ key: 'x' }, 'title'], [{ ...good, fingerprint: ['y'] }, 'fingerprint'],
      [{ fingerprint: [], title: 'x' }, 'fingerprint'], [{ fingerprint: [1], title: 'x' }, 'fingerprint'],
      [{ ...good, title: 'x'.repeat(1025) }, 'title'], [{ ...good, title: 7 }, 'title'],
      [{ ...good, level: 'loud' }, 'level'], [{ ...good, count: 0 }, 'count'], [{ ...good, count: 'many' }, 'count'],
      [{ ...good, metadata: [] }, 'metadata'], [{ ...good, url: 'javascript:alert(1)' }, 'url'],
      [{ ...good, release: 'a\nb' }, 'version'], [{ ...good, lastSeen: 'yesterday' }, 'lastSeen'],
      [{ ...good, metadata: { a: 'x'.repeat(20_000) } }, 'metadata'], [{ ...good, event: 'x' }, 'event'],
    ];
    for (const [body, field] of cases) {
      const { status, json, text } = await call('POST', projectIssues, body);
      assert.equal(status, 400, `${JSON.stringify(body).slice(0, 80)}: ${text}`);
      assert.ok(Array.isArray(json[field]), `${JSON.stringify(body).slice(0, 80)}: ${text}`);
    }
    assert.deepEqual((await call('GET', `${projectIssues}?query=Wrong`)).json, []);
    assert.equal((await call('POST', '/projects/acme/nowhere/issues/', good)).status, 404);
  });

  // ---- Addresses and rights ----

  test('an issue is found by id and short id, under each of its addresses', async () => {
    const { id, shortId } = await report();
    for (const path of [`${issues}${id}/`, `${issues}${shortId}/`, `${issues}${shortId.toLowerCase()}/`,
      `/issues/${id}/`, `/groups/${id}/`, `/issues/${shortId}/`])
      assert.equal((await call('GET', path)).json.id, id, path);
    for (const path of [`${issues}999999/`, `${issues}SHOP-ZZZZ/`, `${issues}-1/`, `${issues}x/`, '/issues/999999/'])
      assert.equal((await call('GET', path)).status, 404, path);
  });

  test('another organization sees nothing of it', async () => {
    const { id, shortId } = await report();
    const other = await daemon.organization('others', { scopes: SCOPES });
    for (const path of [`/issues/${id}/`, `/organizations/others/issues/${id}/`, `/organizations/others/issues/${shortId}/`, `${issues}${id}/`])
      assert.equal((await call('GET', path, undefined, other)).status, 404, path);
    const { json } = await call('PUT', `/organizations/others/issues/?id=${id}`, { status: 'resolved' }, other);
    assert.equal(json, null);
    assert.equal((await show(id)).status, 'unresolved');
  });

  test('each method needs its scope', async () => {
    const { id } = await report();
    const reader = await daemon.token('acme', ['event:read']);
    const stranger = await daemon.token('acme', ['project:read']);
    const cases = [['GET', reader, 200], ['GET', stranger, 403], ['PUT', reader, 403], ['PUT', writer, 200],
      ['DELETE', writer, 403], ['DELETE', token, 202]];
    for (const [method, as, expected] of cases)
      assert.equal((await call(method, `/issues/${id}/`, method === 'PUT' ? {} : undefined, as)).status, expected, `${method} ${expected}`);
    assert.equal((await call('GET', `/issues/${id}/`)).status, 404);
  });

  // ---- Status ----

  test('is resolved, unresolved and archived, each told once', async () => {
    const { id } = await report();
    assert.equal((await put(id, { status: 'resolved' })).status, 'resolved');
    await put(id, { status: 'resolved' });
    assert.deepEqual(types(await show(id)), ['set_resolved', 'first_seen']);
    const open = await put(id, { status: 'unresolved' });
    assert.deepEqual([open.status, open.substatus], ['unresolved', 'ongoing']);
    const archived = await put(id, { status: 'ignored', substatus: 'archived_forever' });
    assert.deepEqual([archived.status, archived.substatus], ['ignored', 'archived_forever']);
    assert.deepEqual(types(archived), ['set_ignored', 'set_unresolved', 'set_resolved', 'first_seen']);
    assert.equal((await call('POST', projectIssues, { key: `key-${serial}`, title: 'x' })).json.status, 'ignored');
  });

  test('what cannot be is refused by field', async () => {
    const { id } = await report({}, 'api');
    const cases = [
      [{ status: 'done' }, 'status'], [{ status: 3 }, 'status'],
      [{ status: 'resolved', substatus: 'new' }, 'substatus'], [{ substatus: 'archived_forever' }, 'substatus'],
      [{ status: 'resolved', statusDetails: [] }, 'statusDetails'], [{ statusDetails: { inNextRelease: true } }, 'statusDetails'],
      [{ status: 'resolved', statusDetails: { inNextRelease: 'yes' } }, 'inNextRelease'],
      [{ status: 'ignored', statusDetails: { ignoreCount: 0 } }, 'ignoreCount'], [{ status: 'ignored', statusDetails: { ignoreCount: 5, ignoreWindow: 60 } }, 'ignoreWindow'],
      [{ status: 'resolved', statusDetails: { ignoreCount: 5 } }, 'statusDetails'], [{ snoozeDuration: 30 }, 'statusDetails'],
      [{ status: 'ignored', ignoreDuration: 'long' }, 'ignoreDuration'], [{ status: 'ignored', statusDetails: { ignoreUntil: '2020-01-01T00:00:00Z' } }, 'ignoreUntil'],
      [{ status: 'ignored', substatus: 'archived_until_condition_met' }, 'substatus'], [{ status: 'ignored', statusDetails: { until: 1 } }, 'statusDetails'],
      [{ status: 'resolved', statusDetails: { inRelease: 'api@9' } }, 'inRelease'],
      [{ status: 'resolved', statusDetails: { inCommit: { commit: 'abc' } } }, 'inCommit'],
      [{ status: 'resolved', statusDetails: { inCommit: { commit: 'abc', repository: 'nowhere' } } }, 'inCommit'],
      [{ assignedTo: 7 }, 'assignedTo'], [{ assignedTo: 'nobody@acme.test' }, 'assignedTo'], [{ assignedTo: 'team:999' }, 'assignedTo'],
    ];
    for (const [body, field] of cases) {
      const { status, json, text } = await call('PUT', `${issues}${id}/`, body);
      assert.equal(status, 400, `${JSON.stringify(body)}: ${text}`);
      assert.ok(Array.isArray(json[field]), `${JSON.stringify(body)}: ${text}`);
    }
    // What means nothing here is passed over.
    await put(id, { stauts: 'resolved', hasSeen: true, snoozeDuration: null });
    assert.deepEqual(types(await show(id)), ['first_seen']);
    for (const body of ['{', '[]', '"x"', '{"status":"resolved","status":"unresolved"}', `{"a":${'['.repeat(40)}${']'.repeat(40)}}`])
      assert.equal((await call('PUT', `${issues}${id}/`, body)).status, 400, body);
  });

  test('is ignored for a while: until it is seen so often, or until a time', async () => {
    const again = (key) => call('POST', projectIssues, { key, title: 'Ignored' });
    const key = () => `key-${serial}`;
    const { id } = await report();
    const often = await put(id, { status: 'ignored', statusDetails: { ignoreCount: 2, ignoreUserCount: 9 } });
    assert.deepEqual([often.status, often.substatus, often.statusDetails], ['ignored', 'archived_until_condition_met', { ignoreCount: 2, ignoreUserCount: 9 }]);
    assert.deepEqual(often.activity[0].data, { ignoreCount: 2, ignoreUserCount: 9 });
    const once = await again(key());
    assert.deepEqual([once.json.status, once.json.statusDetails.ignoreCount], ['ignored', 1]);
    const twice = await again(key());
    assert.deepEqual([twice.json.status, twice.json.substatus, twice.json.activity[0].type], ['unresolved', 'ongoing', 'set_unresolved']);
    const minutes = await put(id, { status: 'muted', snoozeDuration: 30 });
    assert.ok(Math.abs(Date.parse(minutes.statusDetails.ignoreUntil) - Date.now() - 1_800_000) < 60_000, minutes.statusDetails.ignoreUntil);
    await put(id, { status: 'resolved' });
    assert.deepEqual(await daemon.sql(`SELECT * FROM issue_snooze WHERE issue_id = ${id}`), []);
    await put(id, { status: 'ignored', statusDetails: { ignoreUntil: new Date(Date.now() + 500).toISOString() } });
    await until('its time is over', async () => (await show(id)).status === 'unresolved');
    assert.deepEqual((await show(id)).statusDetails, {});
  });

  test('is resolved in a release', async () => {
    const { id } = await report({ release: 'shop@1.0.0' });
    const { statusDetails, activity } = await put(id, { status: 'resolved', statusDetails: { inRelease: 'shop@1.0.0' } });
    assert.equal(statusDetails.inRelease, 'shop@1.0.0');
    assert.deepEqual([activity[0].type, activity[0].data.version], ['set_resolved_in_release', 'shop@1.0.0']);
    const next = await put(id, { status: 'resolvedInNextRelease' });
    assert.equal(next.statusDetails.inNextRelease, true);
    assert.equal(next.activity[0].data.inNextRelease, true);
    // The next release arrives with an event: it is the one that was meant, and has the error.
    const { json } = await call('POST', projectIssues, { key: `key-${serial}`, title: 'x', release: 'shop@1.1.0' });
    assert.deepEqual([json.status, json.activity[0].type, json.activity[0].data.version, json.activity[0].data.resolved_in_version],
      ['unresolved', 'set_regression', 'shop@1.1.0', 'shop@1.0.0']);
    // In the next release once more: an older one may still have it.
    await put(id, { status: 'resolved', statusDetails: { inNextRelease: true } });
    const late = await call('POST', projectIssues, { key: `key-${serial}`, title: 'x', release: 'shop@1.0.5' });
    assert.equal(late.json.status, 'resolved');
  });

  // ---- Assignee ----

  test('is assigned to a member or a team, and to nobody again', async () => {
    const { id } = await report();
    for (const name of [`user:${member.user.id}`, member.user.id, 'MONA@acme.test', 'Mona']) {
      const { assignedTo } = await put(id, { assignedTo: name });
      assert.deepEqual(assignedTo, { type: 'user', id: member.user.id, name: 'Mona', email: 'mona@acme.test' }, name);
    }
    const team = await put(id, { assignedTo: '#core' });
    assert.deepEqual([team.assignedTo.type, team.assignedTo.name], ['team', 'core']);
    await put(id, { assignedTo: '#other' }, 400);
    assert.equal((await put(id, { assignedTo: '' })).assignedTo, null);
    const { activity } = await put(id, { assignedTo: null });
    assert.deepEqual(activity.map(({ type }) => type), ['unassigned', 'assigned', 'assigned', 'first_seen']);
    assert.deepEqual(activity[2].data, { assignee: member.user.id, assigneeEmail: 'mona@acme.test', assigneeName: 'Mona', assigneeType: 'user' });
  });

  // ---- Notes ----

  test('is talked about', async () => {
    const { id } = await report();
    const made = await call('POST', `${issues}${id}/comments/`, { text: 'First **look**' }, writer);
    assert.equal(made.status, 201);
    assert.deepEqual([made.json.type, made.json.data.text], ['note', 'First **look**']);
    const edited = await call('PUT', `/issues/${id}/notes/${made.json.id}/`, { text: 'Second look' }, writer);
    assert.deepEqual([edited.status, edited.json.data.text], [200, 'Second look']);
    assert.equal((await show(id)).numComments, 1);
    const other = await daemon.token('acme', ['event:write']);
    assert.equal((await call('PUT', `/issues/${id}/notes/${made.json.id}/`, { text: 'Mine' }, other)).status, 403);
    assert.equal((await call('DELETE', `/issues/${id}/notes/${made.json.id}/`, undefined, other)).status, 403);
    assert.deepEqual((await call('GET', `${issues}${id}/notes/`)).json.map(({ data }) => data.text), ['Second look']);
    assert.equal((await call('DELETE', `${issues}${id}/comments/${made.json.id}/`, undefined, writer)).status, 204);
    assert.deepEqual((await call('GET', `${issues}${id}/comments/`)).json, []);
    for (const body of [{}, { text: '' }, { text: ' \n' }, { text: 5 }, { text: 'x'.repeat(70_000) }])
      assert.ok(Array.isArray((await call('POST', `${issues}${id}/comments/`, body)).json.text), JSON.stringify(body).slice(0, 40));
    const activity = (await show(id)).activity[0];
    assert.equal((await call('PUT', `${issues}${id}/notes/${activity.id}/`, { text: 'x' })).status, 404);
    assert.equal((await call('GET', `${issues}${id}/activities/`)).json.activity.length, 1);
  });

  test('shows what belongs to it page by page, forth and back', async () => {
    const { id } = await report();
    for (const text of ['one', 'two', 'three']) await call('POST', `${issues}${id}/comments/`, { text }, writer);
    const pages = async (list, name) => (await daemon.listBothWays(`${issues}${id}/${list}/`, { token, perPage: 1 }))
      .map((way) => way.map((items) => items.map(name)));
    const notes = [['three'], ['two'], ['one']];
    assert.deepEqual(await pages('notes', ({ data }) => data.text), [notes, notes]);
    const all = [...notes, ['first_seen']];
    assert.deepEqual(await pages('activities', ({ type, data }) => data.text ?? type), [all, all]);
  });

  // ---- Lists ----

  test('lists by status, assignee, release, level and words', async () => {
    await daemon.ctlOk('project', 'create', 'lists', '--org', 'acme', '--name', 'lists');
    await daemon.ctlOk('team', 'add-project', 'core', 'lists', '--org', 'acme');
    const made = {};
    for (const [name, more] of Object.entries({
      one: { title: 'Cannot read 100% of it', level: 'warning', release: 'lists@1' }, two: { title: 'Cannot write', level: 'error' },
      three: { title: 'Out of memory', level: 'fatal' }, four: { title: 'http://x: gone', level: 'error' } }))
      made[name] = (await report(more, 'lists')).id;
    await put(made.two, { status: 'resolved' });
    await put(made.three, { status: 'ignored', assignedTo: '#core' });
    const names = Object.fromEntries(Object.entries(made).map(([name, id]) => [id, name]));
    const list = async (query) => {
      const { status, json, text } = await call('GET', `/projects/acme/lists/issues/?query=${encodeURIComponent(query)}`);
      assert.equal(status, 200, `${query}: ${text}`);
      return json.map(({ id }) => names[id]).sort().join(' ');
    };
    const { json: one } = await call('GET', `${issues}${made.one}/`);
    await call('POST', '/projects/acme/lists/issues/', { key: `key-${serial - 3}`, title: 'Cannot read 100% of it', level: 'warning', release: 'lists@1' });
    const cases = { '': 'four one three two', 'is:unresolved': 'four one', 'is:resolved': 'two', 'is:archived': 'three',
      'is:resolved is:ignored': 'three two', 'is:assigned': 'three', 'is:unassigned is:unresolved': 'four one',
      'assigned:#core': 'three', 'assigned:none cannot': 'one two', 'assigned:mona@acme.test': '', 'level:fatal': 'three',
      'release:lists@1': 'one', 'release:latest': 'one', 'release:nowhere@1': '', 'cannot': 'one two', '"cannot read"': 'one',
      '!is:resolved': 'four one three', '!is:archived is:unresolved': 'four one', 'firstRelease:lists@1': 'one', 'first_release:lists@2': '',
      'project:lists cannot': 'one two', 'project:api': '', 'timesSeen:>1': 'one', 'times_seen:<=1 cannot': 'two', 'age:-1h cannot': 'one two',
      'firstSeen:+1h': '', 'lastSeen:>=2020-01-01 timesSeen:2': 'one', 'lastSeen:<2020-01-01': '', [`issue:${one.shortId}`]: 'one',
      '100%': 'one', 'a%n': '', '_': '', '"http://x: gone"': 'four', [one.shortId]: 'one' };
    for (const [query, expected] of Object.entries(cases)) assert.equal(await list(query), expected, query);
    assert.equal((await call('GET', '/projects/acme/lists/issues/')).json.length, 2);
    for (const query of ['?status=resolved', '?query=&status=resolved'])
      assert.deepEqual((await call('GET', `/projects/acme/lists/issues/${query}`)).json.map(({ id }) => id), [made.two]);
    for (const query of ['is:strange', 'has:user', 'browser.name:Firefox', '!is:assigned', 'level:loud', 'age:yesterday', 'timesSeen:many', 'issue:7', 'assigned:nobody', 'assigned:me', '"open', 'x'.repeat(2000)])
      assert.ok(Array.isArray((await call('GET', `/projects/acme/lists/issues/?query=${encodeURIComponent(query)}`)).json.query), query);
    assert.equal((await call('GET', `${issues}?query=project:nowhere`)).status, 404);
    assert.ok(Array.isArray((await call('GET', `${issues}?sort=inbox`)).json.sort));
  });

  test('sorts by events, users and level, in pages, there and back', async () => {
    await daemon.ctlOk('project', 'create', 'sorted', '--org', 'acme', '--name', 'sorted');
    const made = [];
    const levels = ['info', 'fatal', 'warning', 'fatal', 'error'];
    for (const [i, times] of [2, 1, 3, 1, 2].entries()) {
      made.push((await report({ level: levels[i] }, 'sorted')).id);
      for (let n = 1; n < times; n += 1) await call('POST', '/projects/acme/sorted/issues/', { key: `key-${serial}`, title: 'x', level: levels[i] });
    }
    const orders = { freq: [2, 4, 0, 3, 1], user: [4, 3, 2, 1, 0], priority: [3, 1, 4, 2, 0], new: [4, 3, 2, 1, 0] };
    for (const [sort, order] of Object.entries(orders))
      for (const path of ['/projects/acme/sorted/issues/', issues]) {
        const forth = await daemon.list(`${path}?project=sorted&sort=${sort}&query=`, { token, perPage: 2 });
        assert.deepEqual(forth.map(({ id }) => made.indexOf(id)), order, `${sort} ${path}`);
        const second = await call('GET', `${path}?project=sorted&sort=${sort}&per_page=2`);
        const cursor = (link, rel) => link.match(new RegExp(`rel="${rel}"; results="true"; cursor="([^"]*)"`))?.[1];
        const last = await call('GET', `${path}?project=sorted&sort=${sort}&per_page=2&cursor=${cursor(second.headers.link, 'next')}`);
        const back = await call('GET', `${path}?project=sorted&sort=${sort}&per_page=2&cursor=${cursor(last.headers.link, 'previous')}`);
        assert.deepEqual(back.json.map(({ id }) => id), second.json.map(({ id }) => id), sort);
        assert.equal(cursor(back.headers.link, 'previous'), undefined);
      }
  });

  test('pages through all of them, newest or last seen first', async () => {
    await daemon.ctlOk('project', 'create', 'pages', '--org', 'acme', '--name', 'pages');
    const made = [];
    for (let i = 0; i < 7; i += 1) made.push((await report({}, 'pages')).id);
    await put(made[3], { status: 'resolved' });
    const paths = ['/projects/acme/pages/issues/?query=', `${issues}?query=&project=pages`];
    for (const path of paths) {
      const newest = await daemon.list(`${path}&sort=new`, { token, perPage: 2 });
      assert.deepEqual(newest.map(({ id }) => id), made.toReversed(), path);
      const seen = await daemon.list(`${path}&sort=date`, { token, perPage: 3 });
      assert.deepEqual(seen.map(({ id }) => id), made.toReversed(), path);
    }
    assert.equal((await call('GET', `${issues}?project=nowhere`)).status, 404);
    assert.equal((await call('GET', `${issues}?cursor=x`)).status, 400);
  });

  // ---- Many at once ----

  test('changes many at once: those named, or those that match', async () => {
    await daemon.ctlOk('project', 'create', 'many', '--org', 'acme', '--name', 'many');
    const path = '/projects/acme/many/issues/';
    const [a, b, c] = [await report({}, 'many'), await report({}, 'many'), await report({ level: 'fatal' }, 'many')].map(({ id }) => id);
    const elsewhere = (await report()).id;
    const named = await call('PUT', `${path}?id=${a}&id=${elsewhere}&id=999999`, { status: 'resolved' });
    assert.deepEqual([named.status, named.json], [200, { status: 'resolved', statusDetails: {} }]);
    assert.equal((await show(elsewhere)).status, 'unresolved');
    const matched = await call('PUT', `${path}?query=${encodeURIComponent('level:fatal')}`, { status: 'ignored' });
    assert.equal(matched.status, 200);
    assert.deepEqual(await Promise.all([a, b, c].map(async (id) => (await show(id)).status)), ['resolved', 'unresolved', 'ignored']);
    assert.equal((await call('PUT', `${path}?id=999999`, { status: 'resolved' })).status, 204);
    // One that cannot be changed stops all.
    assert.equal((await call('PUT', `${path}?id=${b}&id=${c}`, { status: 'resolved', statusDetails: { inRelease: 'no@1' } })).status, 400);
    assert.equal((await show(b)).status, 'unresolved');
    assert.equal((await call('PUT', `${path}?id=x`, { status: 'resolved' })).status, 400);
    assert.equal((await call('DELETE', path)).status, 400);
    assert.equal((await call('DELETE', `${path}?id=${a}&id=${b}`)).status, 204);
    assert.deepEqual((await call('GET', `${path}?query=`)).json.map(({ id }) => id), [c]);
  });
});
