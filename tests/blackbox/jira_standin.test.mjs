// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The Jira stand-in is as Atlassian describes Jira, lets nobody in who did not sign, and
// does what the other tests rely on.
import assert from 'node:assert/strict';
import { createSign } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { serve } from '../upstream/http.mjs';
import { forge, InstallKeys, startCloud, startServer } from '../upstream/jira.mjs';
import { claimsFor, qsh, signWith } from '../upstream/jira_connect.mjs';
import { baseString } from '../upstream/jira_oauth.mjs';
import { description, NO_DESCRIPTION } from './lib/description.mjs';

const doc = (text) => ({ type: 'doc', version: 1, content: [{ type: 'paragraph', content: [{ type: 'text', text }] }] });

describe('the stand-in for Jira Cloud', () => {
  const described = description('jira-cloud');
  const received = [];
  let app;
  let keys;
  let jira;

  before(async () => {
    app = await serve((request) => {
      received.push(request);
      return { status: 200, json: { key: 'errors.example.com.jira', baseUrl: app.url,
        lifecycle: { installed: '/installed/', uninstalled: '/uninstalled/' },
        modules: { webhooks: [{ event: 'jira:issue_updated', url: '/issue-updated/' }] } } };
    });
    keys = await new InstallKeys().start();
    jira = await startCloud({ keys, app: `${app.url}/descriptor/` });
    assert.equal((await jira.install()).status, 200);
  });
  after(async () => {
    await jira?.close();
    await keys?.close();
    await app?.close();
  });
  const issue = () => jira.create('APP', { summary: 'Crash on save' });

  test('signs its life cycle calls with a key that it serves', async () => {
    const { headers, body, path } = received.find(({ path: at }) => at === '/installed/');
    const [header, claims] = headers.authorization.slice('JWT '.length).split('.').slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url')));
    assert.deepEqual([header.alg, claims.iss, claims.aud, claims.qsh],
      ['RS256', JSON.parse(body).clientKey, [app.url], qsh('POST', path)]);
    assert.match(await (await fetch(`${keys.url}/${header.kid}`)).text(), /BEGIN PUBLIC KEY/);
    assert.equal((await fetch(`${keys.url}/other`)).status, 404);
  });

  test('answers what Jira Cloud describes', { skip: described ? false : NO_DESCRIPTION }, async () => {
    const { key } = issue();
    await jira.asApp('POST', `/rest/api/3/issue/${key}/comment`, { body: doc('hi') });
    await jira.asApp('PUT', `/rest/api/3/issue/${key}/properties/badge`, { n: 1 });
    const asked = [
      ['GET', '/rest/api/3/serverInfo'], ['GET', '/rest/api/3/project'], ['GET', '/rest/api/3/project/search?query=ap&id=10050'],
      ['GET', '/rest/api/3/issue/createmeta?projectIds=10050&expand=projects.issuetypes.fields'],
      ['GET', '/rest/api/3/issue/createmeta/APP/issuetypes'], ['GET', '/rest/api/3/issue/createmeta/APP/issuetypes/10004'],
      ['POST', '/rest/api/3/issue', { fields: { project: { id: '10050' }, issuetype: { id: '10004' }, summary: 'x', description: doc('y') } }],
      ['GET', `/rest/api/3/issue/${key}`], ['GET', `/rest/api/3/search/jql?jql=id%3D%22${key}%22&fields=summary`],
      ['GET', '/rest/api/3/user/assignable/search?project=APP&query=dana'], ['GET', '/rest/api/3/user?accountId=5f0c%3Aaa11'],
      ['GET', `/rest/api/3/issue/${key}/transitions`], ['GET', '/rest/api/3/status'], ['GET', '/rest/api/3/statuses/search?projectId=10050'],
      ['GET', '/rest/api/3/project/APP/statuses'], ['GET', '/rest/api/3/priority'], ['GET', '/rest/api/3/project/APP/versions'],
      ['GET', `/rest/api/3/issue/${key}/comment?expand=properties`], ['POST', `/rest/api/3/issue/${key}/comment`, { body: doc('ho') }],
      ['GET', '/rest/api/3/jql/autocompletedata/suggestions?fieldName=cf%5B10003%5D&fieldValue=spr'],
      ['GET', `/rest/api/3/issue/${key}/properties/badge`], ['GET', '/rest/api/3/myself'],
    ];
    await holds(described, asked, (...call) => jira.asApp(...call));
    jira.emailScope = true;
    await holds(described, [['GET', '/rest/api/3/user/email?accountId=5f0c%3Abb22']], (...call) => jira.asApp(...call));
    jira.emailScope = false;
    assert.equal((await jira.asApp('GET', '/rest/api/3/user/email?accountId=5f0c%3Abb22')).status, 403);
  });

  test('lets in only what the app signed, about this request', async () => {
    const target = '/rest/api/3/serverInfo';
    const good = claimsFor(jira.descriptor.key, 'GET', target, '');
    const ask = (token) => fetch(jira.url + target, { headers: token ? { authorization: `JWT ${token}` } : {} });
    assert.equal((await ask(signWith(jira.sharedSecret, good))).status, 200);
    for (const [what, token] of [['no token', null], ['another secret', signWith('x', good)], ['nobody', forge({ alg: 'none' }, good)],
      ['another app', signWith(jira.sharedSecret, { ...good, iss: 'other.jira' })],
      ['another request', signWith(jira.sharedSecret, claimsFor(good.iss, 'GET', '/rest/api/3/project', ''))],
      ['expired', signWith(jira.sharedSecret, { ...good, exp: good.iat - 1 })]])
      assert.equal((await ask(token)).status, 401, what);
  });

  test('takes values as Jira does, and says what is wrong by field', async () => {
    const create = async (fields) => (await jira.asApp('POST', '/rest/api/3/issue', { fields: { project: { id: '10050' },
      issuetype: { id: '10004' }, summary: 'x', ...fields } }));
    const good = { description: doc('x'), priority: { id: '3' }, labels: ['a'], fixVersions: [{ id: '10900' }], security: { id: '10600' },
      reporter: { accountId: '5f0c:aa11' }, parent: { key: issue().key }, customfield_10001: { value: 'High' },
      customfield_10002: [{ value: 'Web' }], customfield_10003: 12, customfield_10004: 'APP-1', customfield_10005: '7a1f',
      customfield_10006: doc('x'), customfield_10007: 1.5, customfield_10009: [{ accountId: '5f0c:aa11' }], customfield_10010: { id: '1' },
      customfield_10011: { id: '0|i' }, customfield_10012: 7, customfield_10013: 'b1', customfield_10014: ['t'] };
    const made = await create(good);
    assert.equal(made.status, 201, made.text);
    const bad = { description: 'wiki', priority: 'Medium', labels: 'a b', reporter: { name: 'dlee' }, customfield_10001: 'High',
      customfield_10002: { value: 'Web' }, customfield_10003: ['12'], customfield_10006: 'x', customfield_10007: '1', customfield_99: 'x' };
    for (const [name, value] of Object.entries(bad)) {
      const { status, json } = await create({ [name]: value });
      assert.deepEqual([status, Object.keys(json.errors)], [400, [name]]);
    }
  });

  test('moves issues along its workflow, and tells what changed', async () => {
    const { key } = issue();
    const move = (id) => jira.asApp('POST', `/rest/api/3/issue/${key}/transitions`, { transition: { id } });
    assert.equal((await move('61')).status, 400, 'not from here');
    assert.equal((await move('51')).status, 204);
    await Promise.all(jira.told);
    const { body, headers } = received.at(-1);
    const event = JSON.parse(body);
    assert.deepEqual([event.webhookEvent, event.issue.key, event.changelog.items[0].from, event.changelog.items[0].to],
      ['jira:issue_updated', key, '1', '10233']);
    assert.match(headers.authorization, /^JWT /);
    assert.ok(headers['x-atlassian-webhook-identifier']);
    jira.assign(key, 'hush');
    await Promise.all(jira.told);
    const { issue: there, changelog } = JSON.parse(received.at(-1).body);
    assert.deepEqual([changelog.items[0].to, there.fields.assignee.emailAddress], ['5f0c:bb22', undefined], 'a hidden address');
  });

  test('finds issues, in pages', async () => {
    for (let i = 0; i < 3; i++) jira.create('OPS', { summary: `boom ${i}` });
    const first = (await jira.asApp('GET', '/rest/api/3/search/jql?jql=text%20~%20%22boom%22&maxResults=2&fields=summary')).json;
    assert.deepEqual([first.issues.length, first.isLast], [2, false]);
    const next = (await jira.asApp('GET', `/rest/api/3/search/jql?jql=text%20~%20%22boom%22&maxResults=2&nextPageToken=${first.nextPageToken}`)).json;
    assert.deepEqual([next.issues.length, next.isLast, Object.keys(next.issues[0])], [1, true, ['id']]);
    for (const jql of ['', 'id = "NO-1"', 'color = red']) {
      const { status } = await jira.asApp('GET', `/rest/api/3/search/jql?jql=${encodeURIComponent(jql)}`);
      assert.equal(status, 400, jql);
    }
    const big = (await jira.asApp('GET', '/rest/api/3/issue/createmeta/BIG/issuetypes/20000?startAt=50')).json;
    assert.equal(big.startAt + big.fields.length, big.total);
  });

  test('fails on demand', async () => {
    const ask = () => jira.asApp('GET', '/rest/api/3/serverInfo').catch((error) => error);
    jira.fault({ path: '/rest/api/3/serverInfo', status: 429, headers: { 'retry-after': '7' }, times: 1 });
    jira.fault({ kind: 'nothing', times: 1 });
    jira.fault({ kind: 'slow', ms: 20, times: 1 });
    assert.equal((await ask()).status, 429);
    assert.ok(await ask() instanceof Error);
    assert.equal((await ask()).status, 200);
  });

  test('lets nobody in once the app is uninstalled', async () => {
    const secret = jira.sharedSecret;
    await jira.uninstall();
    const { status } = await fetch(`${jira.url}/rest/api/3/serverInfo`, { headers: {
      authorization: `JWT ${signWith(secret, claimsFor(jira.descriptor.key, 'GET', '/rest/api/3/serverInfo', ''))}` } });
    assert.equal(status, 401);
  });
});

// Each answer is one that the description has.
async function holds(described, asked, call) {
  for (const [method, target, body] of asked) {
    const { status, json, text } = await call(method, target, body);
    assert.ok(status < 300, `${method} ${target}: ${status} ${text}`);
    assert.deepEqual(described.answerErrors(method, target.split('?')[0], status, json), [], target);
  }
}

describe('the stand-in for Jira Server', () => {
  const described = description('jira-server');
  const received = [];
  let app;
  let jira;
  let key;
  let access;

  before(async () => {
    app = await serve((request) => {
      received.push(request);
      return { status: 200 };
    });
    jira = await startServer({ path: '/jira' });
    key = jira.oauth.link('mortise', `${app.url}/setup`);
  });
  after(async () => {
    await jira?.close();
    await app?.close();
  });

  const signed = (method, target, more = {}, changes = {}) => {
    const url = new URL(jira.url + target);
    const oauth = { oauth_consumer_key: 'mortise', oauth_nonce: String(Math.random()), oauth_signature_method: 'RSA-SHA1',
      oauth_timestamp: String(Math.floor(Date.now() / 1000)), oauth_version: '1.0', ...more };
    oauth.oauth_signature = createSign('RSA-SHA1').update(baseString(jira.url, { method, path: url.pathname, query: url.searchParams }, oauth))
      .sign(key, 'base64');
    return `OAuth ${Object.entries({ ...oauth, ...changes }).map(([name, value]) => `${name}="${encodeURIComponent(value)}"`).join(', ')}`;
  };
  const call = async (method, target, authorization, body) => {
    const answer = await fetch(jira.url + target, { method, headers: { authorization, 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
    const text = await answer.text();
    return { status: answer.status, text, json: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : null };
  };

  test('signs what RFC 5849 says is signed', () => {
    const query = new URLSearchParams('jql=text%20~%20%22x%20y%22');
    const text = baseString('https://jira.corp.example', { method: 'GET', path: '/rest/api/2/search/', query }, { oauth_consumer_key: 'sentry-key',
      oauth_nonce: 'n0nce', oauth_timestamp: '1700000000', oauth_token: 'acc-tok', oauth_signature_method: 'RSA-SHA1', oauth_version: '1.0' });
    assert.equal(text, 'GET&https%3A%2F%2Fjira.corp.example%2Frest%2Fapi%2F2%2Fsearch%2F&jql%3Dtext%2520~%2520%2522x%2520y%2522%26oauth_consumer_key%3Dsentry-key%26' +
      'oauth_nonce%3Dn0nce%26oauth_signature_method%3DRSA-SHA1%26oauth_timestamp%3D1700000000%26oauth_token%3Dacc-tok%26oauth_version%3D1.0');
  });

  test('gives an access token to who was allowed in, and takes it once for each nonce', async () => {
    const tokenOf = ({ text }) => new URLSearchParams(text).get('oauth_token');
    const requested = tokenOf(await call('POST', '/plugins/servlet/oauth/request-token', signed('POST', '/plugins/servlet/oauth/request-token')));
    const authorize = `${jira.url}/plugins/servlet/oauth/authorize?oauth_token=${requested}`;
    const exchange = (verifier) => call('POST', '/plugins/servlet/oauth/access-token',
      signed('POST', '/plugins/servlet/oauth/access-token', { oauth_token: requested, oauth_verifier: verifier }));
    assert.equal((await exchange('early')).status, 401);
    assert.equal(jira.oauth.deny(authorize).searchParams.get('oauth_verifier'), 'denied');
    assert.equal((await exchange('denied')).text, 'oauth_problem=token_rejected');
    const back = jira.oauth.approve(jira.person('admin'), authorize);
    assert.equal(back.origin + back.pathname, `${app.url}/setup`);
    access = tokenOf(await exchange(back.searchParams.get('oauth_verifier')));
    const header = signed('GET', '/rest/api/2/myself?x=a%20b', { oauth_token: access });
    assert.equal((await call('GET', '/rest/api/2/myself?x=a%20b', header)).json.name, 'admin');
    assert.match((await call('GET', '/rest/api/2/myself?x=a%20b', header)).text, /nonce_used/);
    for (const [what, authorization] of [['signature_invalid', signed('GET', '/rest/api/2/project', { oauth_token: access })],
      ['timestamp_refused', signed('GET', '/rest/api/2/myself', { oauth_token: access, oauth_timestamp: '1700000000' })],
      ['token_rejected', signed('GET', '/rest/api/2/myself', { oauth_token: 'x' })],
      ['consumer_key_unknown', signed('GET', '/rest/api/2/myself', { oauth_token: access, oauth_consumer_key: 'x' })]])
      assert.match((await call('GET', '/rest/api/2/myself', authorization)).text, new RegExp(what));
  });

  test('answers what Jira Server describes', { skip: described ? false : NO_DESCRIPTION }, async () => {
    const bearer = `Bearer ${jira.personalToken('admin')}`;
    const issue = jira.create('APP', { summary: 'Crash on save' }).key;
    const asked = [
      ['GET', '/rest/api/2/serverInfo'], ['GET', '/rest/api/2/project'], ['GET', '/rest/api/2/issue/createmeta/10050/issuetypes'],
      ['GET', '/rest/api/2/issue/createmeta/10050/issuetypes/10004'],
      ['POST', '/rest/api/2/issue', { fields: { project: { id: '10050' }, issuetype: { id: '10004' }, summary: 'x', description: 'y' } }],
      ['GET', `/rest/api/2/issue/${issue}`], ['GET', `/rest/api/2/search?jql=text%20~%20%22crash%22`],
      ['GET', '/rest/api/2/user/assignable/search?project=APP&username=dlee'], ['GET', '/rest/api/2/user?username=dlee'],
      ['GET', `/rest/api/2/issue/${issue}/transitions`], ['GET', '/rest/api/2/status'], ['GET', '/rest/api/2/priority'],
      ['GET', '/rest/api/2/project/10050/versions'], ['POST', `/rest/api/2/issue/${issue}/comment`, { body: 'hi' }],
      ['GET', `/rest/api/2/issue/${issue}/comment`], ['GET', '/rest/api/2/myself'],
    ];
    await holds(described, asked, (method, target, body) => call(method, target, bearer, body));
    assert.equal((await call('GET', '/rest/api/2/myself', 'Bearer x')).status, 401);
  });

  for (const [version, path] of [['9.12.0', '/rest/webhooks/1.0/webhook'], ['10.3.0', '/rest/jira-webhook/1.0/webhooks']]) {
    test(`keeps webhooks for its administrators, as version ${version}`, async () => {
      jira.version = version;
      const [admin, other] = ['admin', 'dlee'].map((name) => `Bearer ${jira.personalToken(name)}`);
      const webhook = { name: 'x', url: `${app.url}/hook/`, events: ['jira:issue_updated'] };
      const wrong = path.includes('jira-webhook') ? '/rest/webhooks/1.0/webhook' : '/rest/jira-webhook/1.0/webhooks';
      assert.equal((await call('POST', wrong, admin, webhook)).status, 404);
      const refused = await call('POST', path, other, webhook);
      assert.deepEqual([refused.status, refused.json.messages[0].key], [403, 'You do not have admin permission']);
      const made = await call('POST', path, admin, webhook);
      assert.equal(made.status, 201);
      jira.assign(jira.create('APP', { summary: 'x' }).key, 'dlee');
      await Promise.all(jira.told);
      const { target, body } = received.at(-1);
      assert.match(target, /^\/hook\/\?user_id=admin&/);
      assert.equal(JSON.parse(body).changelog.items[0].to, 'dlee');
      assert.equal((await call('DELETE', new URL(made.json.self).pathname.slice('/jira'.length), admin)).status, 204);
      assert.deepEqual((await call('GET', path, admin)).json, []);
    });
  }
});
