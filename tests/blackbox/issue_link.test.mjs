// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Issues and trackers over the API: forms, linking, creating, listing, unlinking, search,
// defaults and settings, and every way in which they fail.  The tracker is the test
// plugin's (tests/plugins/track.c).
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { Project } from './lib/issues.mjs';
import { Ping } from './lib/ping.mjs';
import { Tracker } from './lib/tracker.mjs';
import { until } from './lib/until.mjs';

const scopes = ['org:admin', 'org:integrations', 'event:admin', 'project:admin', 'member:admin'];

describe('issues and trackers', () => {
  let tracker, ping, shop, token, reader, integration, second, foreign;

  const api = (method, path, options = {}) => ping.daemon.api(method, path, { token, ...options });
  const at = (issue, id = integration) => `/organizations/acme/issues/${issue}/integrations/${id}/`;
  const shown = async (issue) => (await api('GET', `/organizations/acme/issues/${issue}/integrations/`)).json;
  const linked = async (issue) => (await shown(issue)).find(({ id }) => id === integration).externalIssues;
  const fields = ({ linkIssueConfig, createIssueConfig }) =>
    Object.fromEntries((linkIssueConfig ?? createIssueConfig).map((field) => [field.name, field]));
  const activities = (issue) => ping.daemon.sql(
    `SELECT type, data FROM activity WHERE issue_id = ${issue.id} AND type = 'create_issue' ORDER BY id`);
  // Options for requests of a member's session.
  const signIn = async (email) => {
    const link = new URL(await ping.daemon.ctlOk('login-link', email)).hash.replace('#token=', '');
    const answer = await ping.daemon.api('POST', '/auth/login-link/', { body: { token: link } });
    return { token: null, headers: { cookie: answer.headers['set-cookie'][0].split(';')[0], 'x-csrf-token': answer.json.csrf } };
  };
  const tickets = () => [...tracker.issues.values()];

  before(async () => {
    tracker = await Tracker.start();
    ping = await Ping.start({ tracker });
    const owner = await ping.install('acme', 'a1');
    await ping.install('acme', 'a2', owner);
    token = await ping.daemon.token('acme', scopes);
    reader = await ping.daemon.token('acme', ['event:read']);
    await ping.install('other', 'b1');
    shop = await Project.create(ping.daemon, 'acme', 'shop');
    const list = (await api('GET', '/organizations/acme/integrations/?includeConfig=0')).json;
    [integration, second] = ['a1', 'a2'].map((name) => list.find((item) => item.name === name).id);
    const all = await ping.daemon.sql("SELECT id FROM integration WHERE external_id = 'b1'");
    foreign = { integration: all[0].id, shop: await Project.create(ping.daemon, 'other', 'shop') };
  });
  after(async () => {
    await ping?.close();
    await tracker?.close();
  });
  afterEach(() => tracker.faults.splice(0));

  test('the list has the trackers and what an issue is linked to, under every path', async () => {
    const issue = await shop.report('listed');
    const ticket = tracker.add('a1', { title: 'Theirs', description: 'd' });
    const made = await api('PUT', at(issue.id), { body: { externalIssue: ticket.key } });
    assert.equal(made.status, 201, made.text);
    const { id } = made.json;
    assert.deepEqual(made.json, { id, key: ticket.key, url: ticket.url, integrationId: Number(integration), displayName: ticket.key });
    const paths = ['/organizations/acme/issues/', '/organizations/acme/groups/', '/issues/', '/groups/'];
    for (const path of paths) {
      const { status, json } = await api('GET', `${path}${issue.id}/integrations/`);
      assert.equal(status, 200, path);
      assert.deepEqual(json.map(({ name }) => name), ['a1', 'a2']);
      assert.deepEqual(json[1].externalIssues, []);
      assert.deepEqual(json[0].externalIssues, [{ id: String(id), key: ticket.key, url: ticket.url,
        title: 'Theirs', description: 'd', displayName: ticket.key }]);
      assert.deepEqual(Object.keys(json[0]).sort(), ['accountType', 'domainName', 'externalIssues', 'icon', 'id', 'name',
        'outOfDate', 'provider', 'scopes', 'status']);
      assert.deepEqual((await api('GET', `${path}${issue.id}/external-issues/`)).json, []);
      assert.equal((await api('GET', `${path}${issue.id}/integrations/${integration}/?action=link`)).status, 200, path);
    }
    // By its short id, too, in any case.
    assert.equal((await linked(issue.shortId.toLowerCase())).length, 1);
    assert.deepEqual((await api('GET', `/issues/${issue.id}/`)).json.annotations, [{ url: ticket.url, displayName: ticket.key }]);
  });

  test('the form to create proposes what happened, and follows its own fields', async () => {
    const issue = await shop.report('cannot pay');
    let { status, json } = await api('GET', `${at(issue.id)}?action=create`);
    assert.equal(status, 200);
    assert.equal(json.id, integration);
    assert.deepEqual(json.createIssueConfig.map(({ name }) => name), ['title', 'description', 'board']);
    const { title, description } = fields(json);
    assert.deepEqual([title.type, title.required, title.default], ['string', true, 'cannot pay']);
    assert.deepEqual([description.type, description.autosize, description.maxRows], ['textarea', true, 10]);
    const url = `${ping.daemon.url}/organizations/acme/issues/${issue.id}/`;
    const [link, empty, ...event] = description.default.split('\n');
    assert.equal(link, `Issue: [${issue.shortId}](${url}?referrer=ping_integration)`);
    assert.equal(empty, '');
    assert.deepEqual([event.at(0), event.at(-1)], ['```', '```']);
    assert.match(event.slice(1, -1).join('\n'), /cannot pay/);
    ({ json } = await api('GET', `${at(issue.id)}?action=create&board=two`));
    assert.deepEqual(json.createIssueConfig.map(({ name }) => name), ['title', 'description', 'board', 'lane']);
    ({ json } = await api('GET', `${at(issue.id)}?action=link`));
    assert.deepEqual(json.linkIssueConfig.map(({ name }) => name), ['externalIssue', 'board', 'comment']);
  });

  test('a form without an issue is had from the integration', async () => {
    const { status, json } = await api('GET', `/organizations/acme/integrations/${integration}/?action=create`);
    assert.equal(status, 200);
    assert.deepEqual(json.createIssueConfig.map(({ name }) => name), ['title', 'description', 'board']);
  });

  test('a ticket is made, linked, told of, and its fields are proposed next time', async () => {
    const issue = await shop.report('make one');
    const body = { title: 'From here', description: 'why', board: 'two', lane: 'fast' };
    const { status, json } = await api('POST', at(issue.id), { body });
    assert.equal(status, 201);
    const ticket = tracker.get('a1', json.key);
    assert.deepEqual([ticket.title, ticket.description, ticket.board], ['From here', 'why', 'two']);
    assert.equal(json.url, ticket.url);
    const [{ data }] = await activities(issue);
    const { title, provider, location, label, new: made } = JSON.parse(data);
    assert.deepEqual({ title, provider, location, label, made }, { title: 'From here', provider: 'Ping', location: ticket.url, label: json.key, made: true });
    // The board is the project's: it is proposed for another issue, whose form then has a lane.
    const other = await shop.report('make another');
    const form = fields((await api('GET', `${at(other.id)}?action=create`)).json);
    assert.equal(form.board.default, 'two');
    assert.ok(form.lane);
    // The lane is the user's, and a token of the organization is nobody.
    assert.equal(form.lane.default, undefined);
    // Another project has nothing of it.
    const cart = await Project.create(ping.daemon, 'acme', 'cart');
    const elsewhere = await cart.report('elsewhere');
    assert.equal(fields((await api('GET', `${at(elsewhere.id)}?action=create`)).json).board.default, 'one');
  });

  test('what a user put in goes before what the project has', async () => {
    const mine = await signIn('owner@acme.test');
    const issue = await shop.report('a user');
    const body = { title: 't', board: 'two', lane: 'slow' };
    assert.equal((await api('POST', at(issue.id), { ...mine, body })).status, 201);
    const form = fields((await api('GET', `${at(issue.id)}?action=create`, mine)).json);
    assert.equal(form.lane.default, 'slow');
    assert.equal(fields((await api('GET', `${at(issue.id)}?action=create`)).json).lane.default, undefined);
  });

  test('an address is made from the key where the tracker gives none', async () => {
    const issue = await shop.report('no address');
    const { status, json } = await api('POST', at(issue.id), { body: { title: 't', answer: { key: 'A 1', display_name: 'first' } } });
    assert.equal(status, 201);
    assert.deepEqual([json.url, json.displayName], ['https://ping.test/browse/A%201', 'first']);
  });

  test('the comment of a link is posted once, also if the tracker is away at first', async () => {
    const issue = await shop.report('comment');
    const ticket = tracker.add('a1');
    tracker.fail({ method: 'POST', path: /comments/, drop: 'after' });
    const { status } = await api('PUT', at(issue.id), { body: { externalIssue: ticket.key, comment: 'seen here, too' } });
    assert.equal(status, 201);
    await ping.daemon.idle();
    assert.deepEqual(tracker.comments.filter((comment) => comment.issue === ticket.key).map(({ text }) => text), ['seen here, too']);
    // A link that is there already posts none.
    const again = await api('PUT', at(issue.id), { body: { externalIssue: ticket.key, comment: 'again' } });
    assert.equal(again.status, 400);
    assert.match(again.json.non_field_errors[0], /already linked/);
    await ping.daemon.idle();
    assert.equal(tracker.comments.filter((comment) => comment.issue === ticket.key).length, 1);
    const [{ data }] = await activities(issue);
    assert.equal(JSON.parse(data).new, false);
  });

  test('a comment is not posted once its link is gone', async () => {
    const [issue, other] = [await shop.report('no comment'), await shop.report('linked, too')];
    const ticket = tracker.add('a1');
    assert.equal((await api('PUT', at(other.id), { body: { externalIssue: ticket.key } })).status, 201);
    tracker.fail({ method: 'POST', path: /comments/, status: 500 });
    const { id } = (await api('PUT', at(issue.id), { body: { externalIssue: ticket.key, comment: 'late' } })).json;
    await until('it has failed once', () => tracker.faults.every(({ times }) => times === 0));
    assert.equal((await api('DELETE', `${at(issue.id)}?externalIssue=${id}`)).status, 204);
    await ping.daemon.idle();
    assert.deepEqual(tracker.comments.filter((comment) => comment.issue === ticket.key), []);
    const [{ outcome }] = await ping.daemon.sql("SELECT outcome FROM job WHERE task = 'after_link' ORDER BY id DESC LIMIT 1");
    assert.equal(outcome, 'skipped: it is no longer linked');
  });

  test('unlinking takes the row\'s id, and keeps what another issue is linked to', async () => {
    const [one, two] = [await shop.report('first of two'), await shop.report('second of two')];
    const ticket = tracker.add('a1');
    const put = (issue) => api('PUT', at(issue.id), { body: { externalIssue: ticket.key } });
    const { id } = (await put(one)).json;
    assert.equal((await put(two)).json.id, id);
    const remove = (issue, query, options) => api('DELETE', `${at(issue.id)}${query}`, options);
    assert.equal((await remove(one, '')).status, 400);
    assert.equal((await remove(one, `?externalIssue=${ticket.key}`)).status, 404);
    assert.equal((await remove(one, '?externalIssue=999999')).status, 404);
    assert.equal((await api('DELETE', `${at(one.id, second)}?externalIssue=${id}`)).status, 404);
    assert.equal((await remove(one, `?externalIssue=${id}`, { token: reader })).status, 403);
    assert.equal((await remove(one, `?externalIssue=${id}`)).status, 204);
    assert.deepEqual([(await linked(one.id)).length, (await linked(two.id)).length], [0, 1]);
    assert.equal((await remove(one, `?externalIssue=${id}`)).status, 404);
    assert.equal((await remove(two, `?externalIssue=${id}`)).status, 204);
    assert.deepEqual(await ping.daemon.sql(`SELECT id FROM external_issue WHERE id = ${id}`), []);
    assert.equal((await activities(one)).length, 1);
    // Linked again, it is new.
    assert.equal((await put(one)).status, 201);
  });

  test('of two requests that link at once one wins', async () => {
    const issue = await shop.report('at once');
    const ticket = tracker.add('a1');
    const answers = await Promise.all(Array.from({ length: 4 }, () =>
      api('PUT', at(issue.id), { body: { externalIssue: ticket.key } })));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 400, 400, 400]);
    assert.equal((await linked(issue.id)).length, 1);
    assert.equal((await activities(issue)).length, 1);
  });

  test('an issue may be linked to two trackers, each with its own tickets', async () => {
    const issue = await shop.report('two trackers');
    for (const id of [integration, second]) {
      const made = await api('POST', at(issue.id, id), { body: { title: 'both' } });
      assert.equal(made.status, 201, made.text);
    }
    assert.deepEqual((await shown(issue.id)).map(({ externalIssues }) => externalIssues.length), [1, 1]);
    assert.deepEqual(tickets().filter(({ title }) => title === 'both').map(({ account }) => account), ['a1', 'a2']);
    assert.equal((await api('GET', `/issues/${issue.id}/`)).json.annotations.length, 2);
  });

  test('an upstream that makes the ticket and drops the connection makes no second one', async () => {
    const issue = await shop.report('dropped');
    const body = { title: 'only once' };
    tracker.fail({ method: 'POST', path: /issues$/, drop: 'after' });
    tracker.fail({ method: 'GET', path: /issues$/, status: 500 });
    const first = await api('POST', at(issue.id), { body });
    assert.equal(first.status, 503, first.text);
    assert.ok(first.headers['retry-after']);
    assert.deepEqual(await linked(issue.id), []);
    let again = await api('POST', at(issue.id), { body });
    // Then it looks for the ticket, which fails once.
    if (again.status === 503) again = await api('POST', at(issue.id), { body });
    assert.equal(again.status, 201, again.text);
    assert.equal(tracker.faults.filter(({ times }) => times > 0).length, 0, 'both faults were met');
    assert.equal(tickets().filter(({ title }) => title === 'only once').length, 1);
    // The next ticket of the same issue is another one: somebody wants it.
    const more = await api('POST', at(issue.id), { body: { title: 'one more' } });
    assert.equal(more.status, 201);
    assert.notEqual(more.json.key, again.json.key);
    // A request that never arrived is sent again, and makes one.
    tracker.fail({ method: 'POST', path: /issues$/, drop: 'before' });
    const third = await api('POST', at(issue.id), { body: { title: 'late' } });
    if (third.status !== 201) assert.equal((await api('POST', at(issue.id), { body: { title: 'late' } })).status, 201);
    assert.equal(tickets().filter(({ title }) => title === 'late').length, 1);
  });

  test('two tickets that are wanted at once are one', async () => {
    const issue = await shop.report('twice at once');
    const answers = await Promise.all([1, 2].map(() => api('POST', at(issue.id), { body: { title: 'double' } })));
    const made = tickets().filter(({ title }) => title === 'double').length;
    const won = answers.filter(({ status }) => status === 201).length;
    assert.equal(made, won, JSON.stringify(answers.map(({ status, text }) => [status, text])));
    assert.equal((await linked(issue.id)).length, won);
  });

  test('what is wrong with a request is named', async () => {
    const issue = await shop.report('wrong');
    const cases = [
      ['GET', '', null, 400, /Action is required/],
      ['GET', '?action=delete', null, 400, /link or create/],
      ['PUT', '', {}, 400, /"externalIssue":\["Issue ID/],
      ['PUT', '', { externalIssue: '' }, 400, /externalIssue/],
      ['PUT', '', { externalIssue: { a: 1 } }, 400, /externalIssue/],
      ['PUT', '', { externalIssue: 'x'.repeat(10240) }, 400, /externalIssue/],
      ['PUT', '', { externalIssue: 'one-1', comment: 'x'.repeat(70000) }, 400, /nonFieldErrors/],
      ['PUT', '', { externalIssue: 'nowhere-1' }, 400, /"non_field_errors":\["The tracker said 404/],
      ['POST', '', {}, 400, /"title":\["This field is required/],
      ['POST', '', { title: 7 }, 400, /title/],
      ['POST', '', { title: 'x'.repeat(2000) }, 400, /title/],
      ['POST', '', { title: 't', description: [] }, 400, /description/],
      ['DELETE', '', null, 400, /External ID required/],
    ];
    for (const [method, query, body, status, text] of cases) {
      const answer = await api(method, `${at(issue.id)}${query}`, body ? { body } : {});
      assert.equal(answer.status, status, `${method} ${query} ${JSON.stringify(body)?.slice(0, 80)}: ${answer.text}`);
      assert.match(answer.text, text);
    }
    assert.deepEqual(await linked(issue.id), []);
  });

  test('what a tracker says no with is 400 and its words; an outage is an outage', async () => {
    const issue = await shop.report('refused');
    const ticket = tracker.add('a1');
    const cases = [
      [401, 400, /non_field_errors/], [403, 400, /non_field_errors.*403/], [404, 400, /non_field_errors.*404/],
      [409, 400, /non_field_errors.*409/], [410, 400, /non_field_errors.*410/], [422, 400, /"title":\["too dull/],
      [500, 503, /errorId/],
    ];
    for (const [upstream, status, text] of cases)
      for (const method of ['PUT', 'POST']) {
        tracker.fail({ status: upstream, message: 'too dull' });
        const answer = await api(method, at(issue.id), { body: { externalIssue: ticket.key, title: 't' } });
        assert.equal(answer.status, status, `${method} ${upstream}: ${answer.text}`);
        assert.match(answer.text, text, `${method} ${upstream}`);
        if (status === 503) assert.ok(answer.headers['retry-after']);
        tracker.faults.splice(0);
      }
    assert.deepEqual(await linked(issue.id), []);
    assert.deepEqual(await activities(issue), []);
    // A limit closes the gate for all that want to go there.
    tracker.fail({ status: 429, headers: { 'retry-after': '1' } });
    const put = () => api('PUT', at(issue.id), { body: { externalIssue: ticket.key } });
    const limited = await put();
    assert.equal(limited.status, 429);
    assert.ok(limited.headers['retry-after']);
    await until('the gate is open again', async () => (await put()).status === 201);
  });

  test('a form that cannot be had is refused with the reason', async () => {
    const issue = await shop.report('no form');
    const cases = [[-2, 400], [-3, 400], [-4, 400], [-5, 400], [-9, 503], [-10, 503], [-14, 400], [-15, 500]];
    for (const [code, status] of cases) {
      const told = encodeURIComponent(JSON.stringify({ do: 'fail', code, text: 'told so' }));
      const refused = await api('GET', `${at(issue.id)}?action=create&wish=${told}`);
      assert.equal(refused.status, status, `${code}: ${refused.text}`);
      if (status === 400) assert.deepEqual(refused.json, { detail: 'told so' });
    }
  });

  test('a hostile answer changes nothing, and the daemon says whose it was', async () => {
    const issue = await shop.report('hostile');
    const answers = [
      { key: 'k'.repeat(10240) }, { key: '' }, { key: 7 }, { key: ['k'] }, {}, [],
      { key: 'k', url: 'javascript:alert(1)' }, { key: 'k', url: 'ftp://a.test/' }, { key: 'k', url: 7 },
      { key: 'k', title: 't'.repeat(5000) }, { key: 'k', display_name: 'n'.repeat(300) },
      { key: 'k', metadata: { a: 'm'.repeat(70000) } }, { key: 'k', metadata: [] },
    ];
    for (const answer of answers)
      for (const [method, body] of [['POST', { title: 't', answer }], ['PUT', { externalIssue: 'one-1', answer }]]) {
        if (method === 'PUT' && JSON.stringify(body).length > 65000) continue;
        const { status, text } = await api(method, at(issue.id), { body });
        assert.equal(status, 500, `${method} ${JSON.stringify(answer).slice(0, 60)}: ${text}`);
      }
    const forms = [
      { fields: 'none' }, { fields: [{ name: 'a', type: 'html' }] }, { fields: [{ type: 'string' }] },
      { fields: [{ name: 'a', type: 'string', onload: 'x' }] }, { fields: [{ name: 'a', type: 'select', choices: 'b' }] },
      { fields: [{ name: 'a', type: 'select', url: 'javascript:1' }] },
      { fields: Array.from({ length: 101 }, (_, i) => ({ name: `f${i}`, type: 'string' })) },
    ];
    for (const answer of forms) {
      const { status, text } = await api('GET', `${at(issue.id)}?action=link&answer=${encodeURIComponent(JSON.stringify(answer))}`);
      assert.equal(status, 500, `${JSON.stringify(answer).slice(0, 60)}: ${text}`);
      assert.ok(JSON.parse(text).errorId);
    }
    assert.ok(ping.daemon.events('api.failed').some(({ reason }) => /issue:form of provider "ping": .*field/.test(reason)));
    assert.deepEqual(await linked(issue.id), []);
  });

  test('a plugin that dies while a ticket is made leaves nothing', async () => {
    const issue = await shop.report('dies');
    ping.daemon.hostsCrash = true;
    const answer = await api('POST', at(issue.id), { body: { title: 't', do: 'crash' } });
    assert.equal(answer.status, 503, answer.text);
    assert.deepEqual(await linked(issue.id), []);
    await until('the plugin is back', async () => (await ping.plugin()).state === 'ready');
    assert.equal((await api('POST', at(issue.id), { body: { title: 'alive' } })).status, 201);
  });

  test('search gives choices', async () => {
    tracker.add('a1', { title: 'needle in hay' });
    const path = `/extensions/ping/search/acme/${integration}/`;
    const get = (query, options) => ping.daemon.request('GET', `${path}${query}`, { token, ...options });
    const { status, json } = await get('?field=externalIssue&query=needle');
    assert.equal(status, 200);
    assert.deepEqual(json.map(({ label }) => label), ['needle in hay']);
    for (const [query, expected] of [['', 400], ['?field=externalIssue', 400], ['?query=x', 400],
      ['?field=colour&query=x', 400], ['?field=a&query=b&answer={"options":[1]}', 500]])
      assert.equal((await get(encodeURI(query))).status, expected, query);
    assert.match((await get('?query=x')).json.detail, /field/);
    tracker.fail({ status: 503 });
    assert.equal((await get('?field=externalIssue&query=x')).status, 503);
    for (const [place, expected] of [[`/extensions/other/search/acme/${integration}/`, 404],
      [`/extensions/ping/search/acme/${foreign.integration}/`, 404], ['/extensions/ping/search/acme/none/', 404],
      [`/extensions/ping/search/other/${foreign.integration}/`, 404]])
      assert.equal((await ping.daemon.request('GET', `${place}?field=externalIssue&query=x`, { token })).status, expected, place);
    assert.equal((await get('?field=externalIssue&query=x', { token: reader })).status, 403);
    assert.equal((await get('?field=externalIssue&query=x', { token: null })).status, 401);
  });

  test('a plugin reads the row of a linked issue, in its own organization', async () => {
    const issue = await shop.report('read');
    const ticket = tracker.add('a1', { title: 'Known here' });
    const get = (key) => ping.daemon.request('GET', `/extensions/ping/search/acme/${integration}/?field=link&query=${key}`, { token });
    assert.equal((await get(ticket.key)).status, 404);
    await api('PUT', at(issue.id), { body: { externalIssue: ticket.key } });
    assert.deepEqual((await get(ticket.key)).json, [{ label: 'Known here', value: '' }]);
    assert.equal((await get('one-9999')).status, 404);
  });

  test('what belongs to another organization is not there', async () => {
    const issue = await shop.report('ours');
    const theirs = await foreign.shop.report('theirs');
    const calls = [
      ['GET', at(issue.id, foreign.integration), '?action=link'], ['GET', at(theirs.id), '?action=link'],
      ['PUT', at(issue.id, foreign.integration), ''], ['PUT', at(theirs.id), ''],
      ['POST', at(issue.id, foreign.integration), ''], ['POST', at(theirs.id), ''],
      ['DELETE', at(issue.id, foreign.integration), '?externalIssue=1'], ['DELETE', at(theirs.id), '?externalIssue=1'],
      ['GET', at(issue.id, 'x'), '?action=link'], ['GET', at('999999'), '?action=link'],
      ['GET', `/issues/${theirs.id}/integrations/`, ''], ['GET', `/issues/${theirs.id}/external-issues/`, ''],
      ['PUT', `/issues/${theirs.id}/integrations/${foreign.integration}/`, ''], ['GET', '/issues/999999/integrations/', ''],
      ['GET', `/organizations/other/issues/${theirs.id}/integrations/`, ''],
    ];
    const before = tracker.requests.length;
    for (const [method, path, query] of calls) {
      const body = method === 'PUT' || method === 'POST' ? { body: { externalIssue: 'one-1', title: 't' } } : {};
      const { status, text } = await api(method, `${path}${query}`, body);
      assert.equal(status, 404, `${method} ${path}: ${text}`);
    }
    assert.equal(tracker.requests.length, before, 'no tracker was asked');
    assert.equal((await api('PUT', at(issue.id), { token: reader, body: { externalIssue: 'one-1' } })).status, 403);
    assert.equal((await api('GET', at(issue.id), { token: null })).status, 401);
  });

  test('settings are the provider\'s form, and the map of statuses is rows', async () => {
    const path = `/organizations/acme/integrations/${integration}/`;
    const get = async () => (await api('GET', path)).json;
    let item = await get();
    assert.deepEqual(item.configOrganization.map(({ name }) => name), ['sync_comments', 'sync_status_reverse',
      'sync_forward_assignment', 'sync_reverse_assignment', 'sync_status_forward']);
    assert.deepEqual(item.configData.sync_status_forward, {});
    const map = { one: { on_resolve: 'done', on_unresolve: 'open' }, two: { on_resolve: 'gone', on_unresolve: 'here' } };
    const post = (body) => api('POST', path, { body });
    const saved = await post({ sync_status_forward: map, sync_comments: true });
    assert.deepEqual([saved.status, saved.text], [200, '']);
    item = await get();
    assert.deepEqual(item.configData.sync_status_forward, map);
    assert.equal(item.configData.sync_comments, true);
    const [{ config }] = await ping.daemon.sql(`SELECT config FROM organization_integration WHERE integration_id = ${integration}`);
    assert.equal(JSON.parse(config).sync_status_forward, true);
    // One key leaves the others; the defaults of forms are among them.
    assert.equal((await post({ sync_comments: false })).status, 200);
    item = await get();
    assert.deepEqual([item.configData.sync_comments, item.configData.sync_status_forward], [false, map]);
    assert.ok(item.configData.project_issue_defaults);
    // A half of the map is refused, and nothing changes.
    const half = await post({ sync_comments: true, sync_status_forward: { one: { on_resolve: 'done', on_unresolve: '' } } });
    assert.deepEqual([half.status, half.json], [400, { detail: 'Resolve and unresolve status are required.' }]);
    const field = await post({ sync_status_forward: 7 });
    assert.deepEqual([field.status, field.json], [400, { sync_status_forward: ['Expected an object.'] }]);
    assert.equal((await post({ answer: { patch: 7 } })).status, 500);
    const empty = await post({ answer: { patch: {}, external_projects: { one: { resolved: 'done' } } } });
    assert.deepEqual([empty.status, Object.keys(empty.json)], [400, ['sync_status_forward']]);
    assert.equal((await post({ do: 'fail', code: -9 })).status, 503);
    assert.deepEqual((await get()).configData, item.configData);
    // An empty map is off.
    assert.equal((await post({ sync_status_forward: {} })).status, 200);
    item = await get();
    assert.deepEqual(item.configData.sync_status_forward, {});
    assert.deepEqual(await ping.daemon.sql('SELECT * FROM external_project'), []);
    const audits = await ping.daemon.sql("SELECT event FROM audit_log WHERE event = 'integration.edit'");
    assert.equal(audits.length, 3);
  });

  test('settings whose upstream is away are disabled, and can be left out', async () => {
    const path = `/organizations/acme/integrations/${integration}/`;
    tracker.fail({ path: /boards/, status: 503 });
    let { json } = await api('GET', path);
    assert.equal(json.status, 'active');
    assert.deepEqual(json.configOrganization.filter(({ disabled }) => disabled).map(({ name }) => name), ['sync_status_forward']);
    const before = tracker.requests.length;
    ({ json } = await api('GET', `${path}?includeConfig=0`));
    assert.deepEqual([json.configOrganization, json.configData], [undefined, null]);
    await api('GET', '/organizations/acme/integrations/?includeConfig=0');
    assert.equal(tracker.requests.length, before, 'nobody was asked');
    [json] = (await api('GET', '/organizations/acme/integrations/')).json;
    assert.equal(json.configOrganization.length, 5);
    // A provider that cannot say what its settings are: for this answer it is disabled.
    const set = (fails) => api('POST', path, { body: { answer: { patch: { form_fails: fails } } } });
    assert.equal((await set(true)).status, 200);
    ({ json } = await api('GET', path));
    assert.deepEqual([json.status, json.configData, json.configOrganization], ['disabled', null, []]);
    assert.equal((await api('GET', `${path}?includeConfig=0`)).json.status, 'active');
    assert.deepEqual(await ping.daemon.sql(`SELECT status FROM integration WHERE id = ${integration}`), [{ status: 0 }]);
    assert.equal((await set(null)).status, 200);
  });

  test('nothing can be linked once the integration is removed, but be unlinked', async () => {
    const issue = await shop.report('removed');
    const ticket = tracker.add('a1');
    assert.equal((await api('PUT', at(issue.id), { body: { externalIssue: ticket.key } })).status, 201);
    const path = `/organizations/acme/integrations/${integration}/`;
    await api('POST', path, { body: { sync_status_forward: { one: { on_resolve: 'done', on_unresolve: 'open' } } } });
    assert.equal((await api('DELETE', path)).status, 204);
    await ping.daemon.idle();
    assert.equal((await api('GET', path)).status, 404, 'it is gone, and its status map with it');
    assert.equal((await api('PUT', at(issue.id), { body: { externalIssue: ticket.key } })).status, 404);
    assert.deepEqual((await shown(issue.id)).map(({ id }) => id), [second]);
    assert.equal((await ping.daemon.sql(`SELECT id FROM external_issue WHERE key = '${ticket.key}'`)).length, 1);
  });
});
