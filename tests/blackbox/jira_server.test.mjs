// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Jira Server and Data Center from the form to the removal, against a stand-in behind
// Prism: application links with OAuth 1.0a, personal access tokens, webhooks of both kinds,
// and issues both ways.  docs/testing.md says which test holds which rule.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';

import { forge, selfSigned, startServer } from '../upstream/jira.mjs';
import { notChecked, ServerWorld } from './lib/jira_world.mjs';
import { until } from './lib/until.mjs';
import { stepUrl } from './lib/world.mjs';

const DONE = '10233';
const OPEN = '1';
// Longer than an external id has room for.
const CONSUMER = 'mortise-of-a-company-with-a-very-long-name-and-more-than-that';

describe('Jira Server', () => {
  const tls = selfSigned();
  let world;
  let daemon;
  let jira;
  let secure;            // another one, with a certificate that nobody knows
  let acme;
  let key;               // private, of our application link
  let integration;
  let project;

  before(async () => {
    secure = await startServer({ tls, path: '/context' });
    world = await ServerWorld.start({ reachable: [secure.url] });
    world.sites.push(secure);
    ({ daemon, jira } = world);
    key = jira.oauth.link(CONSUMER, world.setupUrl);
    acme = await world.organization('acme');
  });
  after(() => world?.close());
  afterEach(() => jira?.clearFaults());

  const netloc = () => new URL(jira.baseUrl).host;
  const form = (more = {}) => ({ url: jira.baseUrl, verify_ssl: true, consumer_key: CONSUMER, private_key: key, ...more });
  const begin = async (org = acme) => {
    const { status, json, text } = await org.initialize();
    assert.equal(status, 200, text);
    return json;
  };
  // From the form to the end with OAuth, as 'user' there.
  const install = async ({ org = acme, fields = {}, user = 'admin', site = jira } = {}) => {
    await begin(org);
    const step = await org.answer(form(fields));
    assert.equal(step.status, 200, step.text);
    const back = site.oauth.approve(site.person(user), stepUrl(step.json.data));
    return org.answer(Object.fromEntries(back.searchParams));
  };
  const installWithToken = async ({ org = acme, fields = {}, user = 'admin', site = jira } = {}) => {
    await begin(org);
    return org.answer({ url: site.baseUrl, verify_ssl: true, access_token: site.personalToken(user), ...fields });
  };

  // ---- The form ----

  test('the form says what is wrong, field by field', async () => {
    const step = await begin();
    assert.deepEqual(step.data.fields.map(({ name }) => name).slice(0, 4), ['url', 'verify_ssl', 'consumer_key', 'private_key']);
    const encrypted = generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } }).privateKey;
    for (const [what, fields, name] of [['no scheme', { url: 'jira.corp.example' }, 'url'], ['no address', { url: '' }, 'url'],
      ['another scheme', { url: 'ftp://jira.corp.example' }, 'url'], ['201 characters', { consumer_key: 'k'.repeat(201) }, 'consumer_key'],
      ['garbage', { private_key: 'garbage' }, 'private_key'], ['an encrypted key', { private_key: encrypted }, 'private_key'],
      ['no key', { private_key: '' }, 'private_key']]) {
      const { status, json, text } = await acme.answer(form(fields));
      assert.equal(status, 400, `${what}: ${text}`);
      assert.ok(Array.isArray(json[name]), `${what}: ${text}`);
    }
    assert.deepEqual(await acme.integrations(), []);
  });

  test('a private address is refused unless the operator allows it', async () => {
    await begin();
    const { status, text } = await acme.answer(form({ url: 'http://127.0.0.2:8080' }));
    assert.ok([400, 503].includes(status), text);
    assert.match(text, /egress\.allow|allow/i);
    assert.deepEqual(await acme.integrations(), []);
  });

  test('a Jira that fails on the way leaves nothing', async () => {
    for (const fault of [{ kind: 'html' }, { status: 500 }, { kind: 'nothing' }, { status: 200, json: {} }]) {
      jira.fault({ path: '/plugins/servlet/oauth/', ...fault });
      await begin();
      const { status, text } = await acme.answer(form());
      assert.ok([400, 503].includes(status), `${JSON.stringify(fault)}: ${status} ${text}`);
      assert.ok(!text.includes('DOCTYPE'), text);
      jira.clearFaults();
    }
    assert.deepEqual(await acme.integrations(), []);
  });

  test('what the servlet refuses is said in its words', async () => {
    for (const [fields, words] of [[{ consumer_key: 'unknown' }, /consumer.key.unknown/i],
      [{ private_key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }) }, /signature.invalid/i]]) {
      await begin();
      assert.match((await acme.answer(form(fields))).text, words);
    }
  });

  // ---- OAuth 1.0a ----

  test('somebody who is no administrator installs nothing', async () => {
    const { status, text } = await install({ user: 'dlee' });
    assert.equal(status, 400, text);
    assert.match(text, /webhook/i);
    assert.match(text, /You do not have admin permission/);
    assert.deepEqual(await acme.integrations(), []);
    assert.equal(jira.webhooks.size, 0);
  });

  test('somebody who says no installs nothing, and can say yes later', async () => {
    await begin();
    const step = await acme.answer(form());
    const back = jira.oauth.deny(stepUrl(step.json.data));
    const denied = await acme.answer(Object.fromEntries(back.searchParams));
    assert.equal(denied.status, 400, denied.text);
    assert.deepEqual(await acme.integrations(), []);
    const again = (await acme.current()).json;
    const yes = jira.oauth.approve(jira.person('admin'), stepUrl(again.data));
    const forged = await acme.answer({ oauth_token: 'forged', oauth_verifier: yes.searchParams.get('oauth_verifier') });
    assert.equal(forged.status, 400, 'a request token of somebody else');
    assert.deepEqual(await acme.integrations(), []);
  });

  test('an application link installs, with a webhook of its own', async () => {
    const done = await install({ fields: { url: `${jira.baseUrl}///` } });
    assert.equal(done.json?.status, 'complete', done.text);
    const [there, ...others] = await acme.integrations();
    assert.equal(others.length, 0);
    integration = there.id;
    assert.equal(there.externalId, `${netloc()}:${CONSUMER}`.slice(0, 64));
    assert.equal(there.domainName, netloc());
    await until('its name is known', async () => (await acme.integrations())[0].name === 'Acme Jira');
    const [webhook, ...more] = [...jira.webhooks.values()];
    assert.equal(more.length, 0);
    assert.deepEqual(webhook.events, ['jira:issue_created', 'jira:issue_updated']);
    assert.match(webhook.url, new RegExp(`^${daemon.url}/extensions/jira-server/issue-updated/[\\w-]+\\.[\\w-]+\\.[\\w-]+/$`));
    const claims = JSON.parse(Buffer.from(webhook.url.split('/').at(-2).split('.')[1], 'base64url'));
    assert.deepEqual(claims, { id: there.externalId });
    project = await acme.project('shop', 'dana@acme.test');
    await acme.syncAll(integration);
  });

  test('an install of the same again leaves one webhook', async () => {
    const done = await install();
    assert.equal(done.json?.status, 'complete', done.text);
    assert.equal((await acme.integrations()).length, 1);
    await acme.syncAll(integration);
    const made = await linked();
    jira.move(made.key, DONE);
    await until('it is resolved', async () => (await acme.issues.get(made.issue.id)).status === 'resolved');
    assert.equal(jira.webhooks.size, 1);
  });

  // ---- Settings and forms ----

  let serial = 0;
  const issue = () => acme.issue(project, `it broke ${++serial}`);
  const linked = async (fields = {}) => {
    const here = await issue();
    const { json } = await acme.issues.create(here.id, integration,
      { project: '10050', issuetype: '10004', title: here.title, description: 'Look', ...fields });
    return { issue: here, key: json.key, there: () => jira.issue(json.key) };
  };

  test('the settings have the statuses of all projects', async () => {
    const { configOrganization } = await acme.config(integration);
    assert.deepEqual(configOrganization.map(({ label }) => label), ['Sync Sentry Status to Jira Server', 'Sync Sentry Assignment to Jira Server',
      'Sync Sentry Comments to Jira Server', 'Sync Jira Server Status to Sentry', 'Sync Jira Server Assignment to Sentry', 'Resolve', 'Ignored Fields']
      .map((label) => label.replace('Sentry', 'Mortise')));
    const [mapper] = configOrganization;
    assert.deepEqual(mapper.mappedSelectors.on_resolve.choices.find(([id]) => id === DONE), [DONE, 'Done']);
  });

  test('the form has all pages of the create metadata', async () => {
    const fields = await acme.issues.form((await issue()).id, integration, 'create', { project: '10052' });
    const by = Object.fromEntries(fields.map((field) => [field.name, field]));
    assert.deepEqual(fields.slice(0, 4).map(({ name }) => name), ['project', 'title', 'description', 'issuetype']);
    assert.deepEqual(by.project.choices[0], ['10050', 'APP']);
    assert.match(by.description.default, /\[SHOP-\w+\|http[^\]]*referrer=jira[^\]]*\]/);
    assert.match(by.description.default, /\{(code|noformat)\}/);
    assert.equal(by.issuetype.choices.length, 55);
    assert.equal(fields.filter(({ name }) => name.startsWith('customfield_3')).length, 60);
    for (const absent of ['issuelinks', 'attachment', 'worklog', 'timetracking']) assert.ok(!by[absent], absent);
  });

  test('a project whose issue types cannot be had can be left for another', async () => {
    jira.fault({ path: '/rest/api/2/issue/createmeta/10051/', status: 403, json: { errorMessages: ['No'], errors: {} } });
    const fields = await acme.issues.form((await issue()).id, integration, 'create', { project: '10051' });
    assert.deepEqual(fields.filter(({ name }) => !['title', 'description'].includes(name)).map(({ name, type }) => [name, type]),
      [['project', 'select'], ['error', 'blank']]);
  });

  test('an issue is created with all that the form says', async () => {
    const here = await issue();
    const parent = jira.create('APP', { summary: 'parent' }).key;
    const { json, status, text } = await acme.issues.create(here.id, integration, { project: '10050', issuetype: '10005', title: 'From here',
      description: 'See [this|https://x.test/]\n{code}\ncode\n{code}', priority: '3', labels: 'one, , two', fixVersions: ['10901'], components: ['10700'],
      security: '10600', reporter: 'dlee', parent, customfield_10001: 'High', customfield_10002: ['Web'], customfield_10003: '12',
      customfield_10004: parent, customfield_10006: 'steps', customfield_10007: '1.5', customfield_10008: 'dlee', customfield_10009: ['dlee', 'admin'],
      customfield_10010: 'Test', customfield_10012: '7', customfield_10013: 'b1' });
    assert.equal(status, 201, text);
    const { description, summary, project: in_, issuetype, ...sent } = jira.issue(json.key).fields;
    assert.deepEqual([summary, in_, issuetype], ['From here', { id: '10050' }, { id: '10005' }]);
    assert.equal(json.url, `${jira.baseUrl}/browse/${json.key}`);
    assert.equal(description, 'See [this|https://x.test/]\n{code}\ncode\n{code}', 'who writes into the form writes for Jira');
    assert.deepEqual(sent, { priority: { id: '3' }, labels: ['one', 'two'], fixVersions: [{ id: '10901' }], components: [{ id: '10700' }],
      security: { id: '10600' }, reporter: { name: 'dlee' }, parent: { key: parent }, customfield_10001: { value: 'High' },
      customfield_10002: [{ value: 'Web' }], customfield_10003: 12, customfield_10004: parent, customfield_10006: 'steps', customfield_10007: 1.5,
      customfield_10008: { name: 'dlee' }, customfield_10009: [{ name: 'dlee' }, { name: 'admin' }], customfield_10010: { value: 'Test' },
      customfield_10012: 7, customfield_10013: 'b1' });
  });

  test('what cannot be created is told at its field', async () => {
    const here = await issue();
    const create = (fields) => acme.issues.create(here.id, integration,
      { project: '10050', issuetype: '10004', title: 'x', description: '', ...fields }, { allow: [400] });
    assert.ok((await create({ project: undefined })).json.project);
    assert.ok((await create({ issuetype: undefined })).json.issuetype);
    assert.match((await create({ customfield_10003: 'next' })).text, /sprint/i);
    assert.ok((await create({ customfield_10007: 'heavy' })).json.customfield_10007, 'Jira says what is no number');
    assert.deepEqual(await acme.issues.external(here.id), []);
  });

  test('an issue whose answer got lost is not made twice', async () => {
    const here = await issue();
    const fields = { project: '10050', issuetype: '10004', title: here.title, description: 'Look' };
    jira.fault({ method: 'POST', path: '/rest/api/2/issue', kind: 'lost', times: 1 });
    assert.equal((await acme.issues.create(here.id, integration, fields, { allow: [503] })).status, 503);
    assert.deepEqual(await acme.issues.external(here.id), []);
    const { status, json } = await acme.issues.create(here.id, integration, fields);
    assert.equal(status, 201);
    assert.deepEqual([...jira.issues.values()].filter((there) => there.fields.summary === here.title).map(({ key }) => key), [json.key]);
  });

  test('an issue is found and linked, with a comment', async () => {
    const there = jira.create('OPS', { summary: 'Basket lost it' });
    assert.deepEqual((await acme.search(integration, { field: 'externalIssue', query: 'basket' })).json,
      [{ label: `(${there.key}) Basket lost it`, value: there.key }]);
    assert.deepEqual((await acme.search(integration, { field: 'reporter', query: 'dlee', project: '10050' })).json,
      [{ value: 'dlee', label: 'Dana Lee - dana@acme.test (dlee)' }]);
    const here = await issue();
    const form_ = await acme.issues.form(here.id, integration, 'link');
    const comment = form_.find(({ name }) => name === 'comment');
    assert.ok(comment.default.includes(`[${here.shortId}|`), comment.default);
    await acme.issues.link(here.id, integration, { externalIssue: there.key, comment: comment.default });
    await until('the comment is there', () => there.comments.length === 1);
    assert.ok(there.comments[0].body.startsWith(comment.default), there.comments[0].body);
    assert.match(there.comments[0].body, /referrer=jira_server/);
  });

  // ---- Both ways ----

  const status = async ({ issue: { id } }) => (await acme.issues.get(id)).status;
  const assignee = async ({ issue: { id } }) => (await acme.issues.get(id)).assignedTo?.email ?? null;

  test('status goes both ways without an echo', async () => {
    const made = await linked();
    await acme.issues.set(made.issue.id, { status: 'resolved' });
    await until('it is done there', () => made.there().status === DONE);
    await world.settle();
    jira.move(made.key, OPEN, 'dlee');
    await until('it is unresolved here', async () => await status(made) === 'unresolved');
    await world.settle();
    assert.equal(jira.asked('POST', `/rest/api/2/issue/${made.key}/transitions`).length, 1);
    assert.equal(made.there().status, OPEN);
  });

  test('assignees go both ways, by name, and are taken away', async () => {
    const made = await linked();
    await acme.issues.set(made.issue.id, { assignedTo: 'dana@acme.test' });
    await until('Dana is assigned there', () => made.there().assignee?.name === 'dlee');
    await acme.issues.set(made.issue.id, { assignedTo: '' });
    await until('nobody is assigned there', () => made.there().assignee === null);
    assert.deepEqual(jira.asked('PUT', `/rest/api/2/issue/${made.key}/assignee`).map(({ body }) => JSON.parse(body)), [{ name: 'dlee' }, { name: null }]);
    await world.settle();
    jira.assign(made.key, 'dlee');
    await until('Dana is assigned here', async () => await assignee(made) === 'dana@acme.test');
    jira.assign(made.key, 'hush');
    await world.settle();
    assert.equal(await assignee(made), 'dana@acme.test', 'an address that is hidden says nothing');
    jira.assign(made.key, null);
    await until('nobody is assigned here', async () => await assignee(made) === null);
  });

  test('the one user of a hidden address is taken, two are not', async () => {
    await daemon.ctlOk('user', 'create', 'hugo@acme.test', '--org', 'acme', '--role', 'member');
    await daemon.ctlOk('team', 'add-member', 'crew', 'hugo@acme.test', '--org', 'acme');
    const made = await linked();
    await acme.issues.set(made.issue.id, { assignedTo: 'hugo@acme.test' });
    await until('Hugo is assigned there', () => made.there().assignee?.name === 'hush');
    jira.users.push({ ...jira.person('hush'), name: 'hush2', key: 'JIRAUSER10103' });
    const other = await linked();
    await acme.issues.set(other.issue.id, { assignedTo: 'hugo@acme.test' });
    await acme.jobOf(other.key, 'halted');
    assert.equal(other.there().assignee, null);
    jira.users.pop();
  });

  test('comments go out as quotations, and follow their edits', async () => {
    const { issue: here, there } = await linked();
    const note = await acme.issues.note(here.id, 'first\nsecond');
    await until('the comment is there', () => there().comments.length === 1);
    assert.match(there().comments[0].body, /wrote:\n\n\{quote\}\s*first\nsecond\s*\{quote\}/);
    await acme.issues.editNote(here.id, note.id, 'third');
    await until('it is edited', () => there().comments[0].body.includes('third'));
    await world.settle();
    assert.equal(there().comments.length, 1);
  });

  test('a clock that is wrong is told as what it is', async () => {
    const made = await linked();
    jira.oauth.skew = -1;
    const { text, status: code } = await acme.issues.link((await issue()).id, integration, { externalIssue: made.key }, { allow: [400] });
    jira.oauth.skew = 300;
    assert.equal(code, 400);
    assert.match(text, /timestamp_refused|clock/);
  });

  // ---- Webhooks: who is refused ----

  test('a webhook needs the token of its integration', async () => {
    const made = await linked();
    const body = jira.eventJson({ timestamp: Date.now(), webhookEvent: 'jira:issue_updated', user: jira.person('dlee'), issue: made.there(),
      changelog: { id: '1', items: [{ field: 'status', from: OPEN, to: DONE }] } });
    const [{ url }] = jira.webhooks.values();
    const token = url.split('/').at(-2);
    const { externalId: id } = (await acme.integrations())[0];
    const send = (at, json = body) => daemon.request('POST', `/extensions/jira-server/issue-updated/${at}/`, { body: json });
    for (const [what, wrong] of [['no token', ''], ['garbage', 'garbage'], ['another key', forge({ alg: 'HS256' }, { id }, 'x')],
      ['no key', forge({ alg: 'HS256' }, { id }, '')], ['alg none', forge({ alg: 'none' }, { id })],
      ['an unknown id', forge({ alg: 'HS256' }, { id: 'nobody:x' }, 'x')], ['no id', forge({ alg: 'HS256' }, {}, 'x')],
      ['a signature cut off', token.slice(0, -1)]]) {
      const { status: code } = await send(wrong);
      assert.ok(code === 400 || (wrong === '' && code === 404), `${what}: ${code}`);
    }
    await daemon.idle();
    assert.equal(await status(made), 'unresolved');
    assert.equal((await send(token, { webhookEvent: 'jira:issue_created', issue: body.issue })).status, 200, 'without a changelog');
    assert.equal((await daemon.request('POST', `/extensions/jira_server/issue-updated/${token}/`, { body })).status, 200);
    await until('it is resolved', async () => await status(made) === 'resolved');
  });

  // ---- The end ----

  test('a token that was revoked marks the integration', async () => {
    const made = await linked();
    jira.oauth.revoke();
    await acme.issues.note(made.issue.id, 'hello?');
    const job = await acme.jobOf(made.key, 'halted');
    assert.match(job.outcome, /credential|token|authori/i);
    await daemon.event('integration.credentials_invalid', { integration });
  });

  test('an install again gives it new credentials, and a removal takes its webhook away', async () => {
    assert.equal((await install()).json.status, 'complete');
    const [{ id, status: state }] = await acme.integrations();
    assert.deepEqual([id, state], [integration, 'active']);
    assert.ok((await acme.remove(id)).status < 300);
    await daemon.idle();
    assert.deepEqual(await acme.integrations(), []);
    assert.equal(jira.webhooks.size, 0);
  });

  // ---- A personal access token ----

  test('a personal access token does without an application link', async () => {
    const refused = await installWithToken({ user: 'dlee' });
    assert.equal(refused.status, 400, refused.text);
    assert.match(refused.text, /admin permission/);
    assert.deepEqual(await acme.integrations(), []);
    jira.version = '10.3.0';
    const done = await installWithToken();
    assert.equal(done.json?.status, 'complete', done.text);
    [{ id: integration }] = await acme.integrations();
    assert.equal(jira.webhooks.size, 1, 'at the address that version 10 has');
    await acme.syncAll(integration);
    const made = await linked();
    await acme.issues.set(made.issue.id, { status: 'resolved' });
    await until('it is done there', () => made.there().status === DONE);
    await world.settle();
    jira.move(made.key, OPEN, 'dlee');
    await until('it is unresolved here', async () => await status(made) === 'unresolved');
    assert.ok((await acme.remove(integration)).status < 300);
    await daemon.idle();
    assert.equal(jira.webhooks.size, 0);
  });

  test('a certificate that nobody knows is taken only where the form says so', async () => {
    const strict = await installWithToken({ site: secure });
    assert.ok([400, 503].includes(strict.status), strict.text);
    assert.match(strict.text, /certificate|TLS|SSL/i);
    assert.deepEqual(await acme.integrations(), []);
    // Before its statuses are known, a Jira that fails is told at the field that needs them.
    secure.fault({ path: '/context/rest/api/2/status', status: 503 });
    const lax = await installWithToken({ site: secure, fields: { verify_ssl: false } });
    assert.equal(lax.json?.status, 'complete', lax.text);
    const [there] = await acme.integrations();
    assert.equal(secure.webhooks.size, 1, 'below its context path');
    const [mapper] = (await acme.config(there.id)).configOrganization;
    assert.ok(mapper.disabled && mapper.disabledReason, JSON.stringify(mapper));
    secure.clearFaults();
    await until('its name is known', async () => (await acme.integrations())[0].name === 'Acme Jira');
    const key_ = secure.create('APP', { summary: 'behind a certificate' }).key;
    const { json } = await acme.issues.link((await issue()).id, there.id, { externalIssue: key_ });
    assert.equal(json.url, `${secure.baseUrl}/browse/${key_}`);
    assert.ok((await acme.remove(there.id)).status < 300);
    await daemon.idle();
    assert.equal(secure.webhooks.size, 0);
  });

  test('every request is one that Atlassian describes', { skip: notChecked('jira-server') }, () => {
    for (const call of ['POST /rest/api/2/issue', 'GET /rest/api/2/user/assignable/search'])
      assert.ok(world.prism.checked.includes(call), call);
    assert.deepEqual(world.prism.violations(), []);
  });

  test('no secret has got into the log', () => {
    const lines = daemon.runs.flatMap((run) => run.lines).join('\n');
    assert.ok(!lines.includes('PRIVATE KEY'));
    for (const token of [...jira.tokens.keys(), ...jira.oauth.granted.keys()]) assert.ok(!lines.includes(token));
    assert.ok(!/eyJ[\w-]+\.eyJ/.test(lines), 'a token');
  });
});
