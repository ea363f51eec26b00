// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Jira Cloud from its install to its end, against a stand-in behind Prism: life cycle calls
// and those who forge them, linking, forms, sync both ways, the panel, and a Jira that
// fails, limits or lies.  docs/testing.md says which test holds which rule.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';

import { forge } from '../upstream/jira.mjs';
import { checkDocuments, documentSchema, plain } from './lib/documents.mjs';
import { CloudWorld, notChecked } from './lib/jira_world.mjs';
import { until } from './lib/until.mjs';

const DONE = '10233';
const OPEN = '1';
const seconds = () => Math.floor(Date.now() / 1000);

describe('Jira Cloud', () => {
  let world;
  let daemon;
  let jira;
  let rival;             // another tenant
  let acme;
  let beta;
  let integration;       // jira as acme has it
  let project;

  before(async () => {
    world = await CloudWorld.start({ sites: 2, jira: { email_scope: true, marketplace_url: 'https://marketplace.example/apps/1' } });
    ({ daemon, jira } = world);
    rival = world.sites[1];
    jira.descriptor = rival.descriptor = (await daemon.request('GET', '/extensions/jira/descriptor/')).json;
    acme = await world.organization('acme');
    beta = await world.organization('beta');
  });
  after(() => world?.close());
  afterEach(() => jira?.clearFaults());

  const installed = () => daemon.sql(`SELECT id, name, status FROM integration WHERE external_id = '${jira.clientKey}'`);

  // ---- The descriptor ----

  test('the descriptor says what Jira may ask for', async () => {
    const { descriptor } = jira;
    assert.equal(descriptor.key, '127.0.0.1.jira');
    assert.equal(descriptor.baseUrl, daemon.url);
    assert.deepEqual(descriptor.authentication, { type: 'jwt' });
    assert.deepEqual(descriptor.lifecycle, { installed: '/extensions/jira/installed/', uninstalled: '/extensions/jira/uninstalled/' });
    assert.deepEqual(descriptor.apiMigrations, { gdpr: true, 'context-qsh': true, 'signed-install': true });
    assert.deepEqual(descriptor.scopes, ['read', 'write', 'act_as_user', 'access_email_addresses']);
    assert.equal(descriptor.modules.jiraIssueContexts[0].target.url, '/extensions/jira/issue-details/{issue.key}/');
    assert.deepEqual(descriptor.modules.webhooks[0],
      { event: 'jira:issue_updated', url: '/extensions/jira/issue-updated/', excludeBody: false });
    assert.equal((await daemon.request('GET', '/extensions/jira/descriptor')).status, 200, 'without its slash');
    assert.equal((await daemon.request('POST', '/extensions/jira/descriptor/')).status, 405);
  });

  test('the catalogue leads to where the operator publishes the app', async () => {
    const { json } = await daemon.api('GET', '/organizations/acme/config/integrations/?providerKey=jira', { token: acme.token });
    const [{ canAdd, metadata }] = json.providers;
    assert.equal(canAdd, false);
    assert.equal(metadata.aspects.externalInstall.url, 'https://marketplace.example/apps/1');
    assert.equal(metadata.aspects.externalInstall.buttonText, 'Jira Marketplace');
  });

  // ---- Life cycle: who is refused ----

  const publicKey = async () => (await fetch(`${world.keys.url}/${world.keys.kid}`)).text();
  const hs256 = (header, key) => (claims) => forge({ alg: 'HS256', ...header }, claims, key);
  const rs256 = (header) => (claims) => forge({ alg: 'RS256', ...header }, claims, world.keys.keys.get(world.keys.kid).privateKey);
  const refused = [                // what, how, status, detail where Atlassian's own apps have one
    ['no Authorization', { headers: { authorization: '' } }, 409],
    ['another kind of Authorization', { headers: { authorization: 'Bearer x' } }, 409],
    ['an empty body', { body: null }, 400],
    ['a token that is none', { token: () => 'nonsense' }, 400, 'Failed to fetch key id'],
    ['a token without kid', { token: rs256({}) }, 400, 'Missing key id'],
    ['an unknown kid', { token: rs256({ kid: 'no-such-key' }) }, 400, 'Invalid key id'],
    ['a kid with a path in it', { token: rs256({ kid: '../keys' }) }, 400, 'Invalid key id'],
    ['a kid with a query in it', { token: rs256({ kid: 'a?b' }) }, 400, 'Invalid key id'],
    ['a token that expired a second ago', { claims: { exp: seconds() - 1 } }, 400, 'Expired signature'],
    ['a signature of another key', { token: (claims) => world.keys.sign(claims).replace(/.{20}$/, 'A'.repeat(20)) }, 400, 'Invalid signature'],
    ['alg none', { token: (claims) => forge({ alg: 'none', kid: world.keys.kid }, claims) }, 400, 'Failed to fetch key id'],
    ['another host as audience', { claims: { aud: 'https://elsewhere.test' } }, 400, 'Failed to fetch key id'],
    ['no audience', { claims: { aud: undefined } }, 400, 'Failed to fetch key id'],
    ['another request\'s hash', { claims: { qsh: 'a'.repeat(64) } }, 409],
    ['the context\'s hash', { claims: { qsh: 'context-qsh' } }, 409],
  ];
  for (const [what, how, status, detail] of refused) {
    test(`${what} installs nothing`, async () => {
      jira.sharedSecret = 'never to be kept';
      const answer = await jira.lifecycle('installed', how);
      assert.equal(answer.status, status, answer.text);
      if (detail) assert.equal(answer.detail, detail, answer.text);
      assert.deepEqual(await installed(), []);
    });
  }

  test('a symmetric token is refused where a signed one is due, whatever its key', async () => {
    jira.sharedSecret = 'never to be kept';
    for (const key of [await publicKey(), 'guess', '']) {
      const { status } = await jira.lifecycle('installed', { token: hs256({ kid: world.keys.kid }, key) });
      assert.equal(status, 400);
    }
    assert.deepEqual(await installed(), []);
  });

  test('a token from the future is refused', async () => {
    jira.sharedSecret = 'never to be kept';
    for (const claims of [{ nbf: seconds() + 3600 }, { iat: seconds() + 3600, exp: seconds() + 7200 }])
      assert.equal((await jira.lifecycle('installed', { claims })).status, 400);
    assert.deepEqual(await installed(), []);
  });

  test('one tenant cannot speak for another', async () => {
    rival.sharedSecret = 'of the rival';
    const mine = jira.lifecycleBody('installed');
    for (const how of [{ body: { ...rival.lifecycleBody('installed'), clientKey: jira.clientKey } }, { body: mine }]) {
      const { status, detail } = await rival.lifecycle('installed', how);
      assert.equal(status, 400);
      assert.match(detail, /another site/);
    }
    assert.deepEqual(await installed(), []);
  });

  test('keys are fetched once, and only by plain ids', () => {
    const asked = world.keys.requests;
    assert.equal(asked.filter((target) => target === `/${world.keys.kid}`).length, 2, `${asked}`);   // one was the test's own
    assert.ok(!asked.some((target) => target.includes('..') || target.includes('?')), `${asked}`);
  });

  // ---- Install and link ----

  test('a site installs the app, and belongs to nobody yet', async () => {
    jira.sharedSecret = null;
    const { status, text } = await jira.install();
    assert.deepEqual([status, text], [200, '']);
    const [{ name }] = await until('its name is known', async () => {
      const rows = await installed();
      return rows[0]?.name === 'Acme Jira' && rows;
    });
    assert.equal(name, 'Acme Jira');
    assert.deepEqual(await acme.integrations(), []);
    await rival.install();
  });

  test('a life cycle call counts once', async () => {
    const token = world.keys.sign(jira.claims('POST', jira.appUrl('/extensions/jira/installed/'), { aud: daemon.url }));
    const again = () => jira.lifecycle('installed', { token: () => token });
    assert.equal((await again()).status, 200, 'an audience may be one text');
    assert.notEqual((await again()).status, 200);
  });

  test('the page of the app\'s settings is always there, and says what is wrong', async () => {
    const frame = (options) => world.page(jira.frame('/extensions/jira/ui-hook/', options));
    const good = await frame();
    assert.equal(good.status, 200);
    assert.ok(good.data.action.url.startsWith(`${daemon.url}/extensions/jira/configure/?signed_params=`), JSON.stringify(good.data));
    for (const [what, options, text] of [
      ['a secret of somebody else', { token: hs256({}, 'x') }, /unable to verify/i],
      ['an unknown tenant', { claims: { iss: 'nobody' } }, /unable to verify/i],
      ['a context token', { claims: { qsh: 'context-qsh' } }, /unable to verify/i],
      ['an expired token', { claims: { exp: seconds() - 1 } }, /refresh|reload/i]]) {
      const { status, headers, data } = await frame(options);
      assert.equal(status, 200, what);
      assert.match(JSON.stringify(data), text, what);
      assert.ok(!data.action, what);
      assert.equal(headers['x-frame-options'], undefined);
    }
    assert.equal((await daemon.request('GET', '/extensions/jira/ui-hook/')).status, 200);
  });

  test('only the tenant\'s own site may show the page', async () => {
    const policy = async (query) => {
      const { headers } = await world.page(jira.frame('/extensions/jira/ui-hook/', { query }));
      assert.equal(headers['x-frame-options'], undefined);
      return headers['content-security-policy'];
    };
    const origin = new URL(jira.baseUrl).origin;
    assert.match(await policy({}), new RegExp(`frame-ancestors 'self' ${origin}(;|$)`));
    assert.match(await policy({}), /script-src [^;]*https:\/\/connect-cdn\.atl-paas\.net/);
    const csp = await policy({ xdm_e: 'https://evil.test; script-src *' });
    assert.ok(!csp.includes('evil.test'), csp);
  });

  test('a site is linked to two organizations, by who confirms it', async () => {
    const reference = await world.reference();
    const page = await daemon.request('GET', `/extensions/jira/configure/?signed_params=${reference}`);
    assert.equal(page.status, 200);
    const { status, json, text } = await acme.initialize({ signedParams: reference });
    assert.equal(status, 200, text);
    assert.equal(json.step, 'jira_confirm_install');
    assert.equal(json.data.baseUrl, jira.baseUrl);
    assert.equal(json.data.organization, 'acme');
    assert.ok(!text.includes(jira.sharedSecret));
    assert.deepEqual(await acme.integrations(), [], 'nothing is linked yet');
    assert.equal((await acme.answer({ state: 'x'.repeat(43) })).status, 400);
    assert.deepEqual(await acme.integrations(), []);
    assert.equal((await acme.answer({ state: json.data.state })).json.status, 'complete');
    [{ id: integration }] = await acme.integrations();
    assert.equal((await acme.initialize({ signedParams: reference })).status, 400, 'a reference is good once');
    for (const wrong of ['', 'tampered', `${reference.slice(0, -1)}${reference.endsWith('x') ? 'y' : 'x'}`, { a: 1 }])
      assert.equal((await acme.initialize({ signedParams: wrong })).status, 400, JSON.stringify(wrong));
    assert.equal((await acme.initialize()).status, 400, 'Jira begins it');
    await world.link(beta);
    assert.equal((await installed()).length, 1);
  });

  // ---- Settings ----

  test('a Jira that fails is told at the field that needs it', async () => {
    jira.fault({ path: '/rest/api/3/', status: 503 });
    const [mapper] = (await acme.config(integration)).configOrganization;
    assert.equal(mapper.disabled, true);
    assert.ok(mapper.disabledReason);
  });

  test('a Jira that limits gives the statuses of all projects', async () => {
    jira.fault({ path: '/rest/api/3/statuses/search', status: 429, headers: { 'retry-after': '1' }, times: 1 });
    const [mapper] = (await acme.config(integration)).configOrganization;
    assert.ok(!mapper.disabled, mapper.disabledReason);
    assert.ok(JSON.stringify(mapper.mappedSelectors).includes('"Done"'));
  });

  test('the settings have what Jira has', async () => {
    // What was limited is waited for.
    const { configOrganization } = await until('the limit is over', async () => {
      const config = await acme.config(integration);
      return config.configOrganization[0].perItemMapping && config;
    });
    assert.deepEqual(configOrganization.map(({ name, type }) => [name, type]), [['sync_status_forward', 'choice_mapper'],
      ['sync_forward_assignment', 'boolean'], ['sync_comments', 'boolean'], ['sync_status_reverse', 'boolean'],
      ['sync_reverse_assignment', 'boolean'], ['resolution_strategy', 'select'], ['issues_ignored_fields', 'textarea']]);
    const [mapper] = configOrganization;
    assert.deepEqual(mapper.addDropdown.items, [{ value: '10050', label: 'App' }, { value: '10051', label: 'Operations' }, { value: '10052', label: 'Big' },
      { value: '10053', label: 'Late' }, { value: '10054', label: 'Last' }]);
    const { choices } = mapper.mappedSelectors['10050'].on_resolve;
    assert.deepEqual(choices.find(([id]) => id === DONE), [DONE, 'Done']);
  });

  test('settings are kept as a whole or not at all', async () => {
    await acme.syncAll(integration);
    const shown = async () => (await acme.config(integration)).configData;
    const map = { 10050: { on_resolve: DONE, on_unresolve: OPEN } };
    assert.deepEqual((await shown()).sync_status_forward, map);
    const broken = await acme.issues.call('POST', `/integrations/${integration}/`, { sync_comments: false,
      sync_status_forward: { 10050: { on_resolve: DONE, on_unresolve: '' } } }, { allow: [400] });
    assert.equal(broken.status, 400);
    assert.deepEqual([(await shown()).sync_status_forward, (await shown()).sync_comments], [map, true]);
    await acme.issues.configure(integration, { issues_ignored_fields: 'customfield_10013\n customfield_10014, , customfield_10007' });
    assert.equal((await shown()).issues_ignored_fields, 'customfield_10013, customfield_10014, customfield_10007');
    const [{ config }] = await daemon.sql(`SELECT config FROM organization_integration WHERE integration_id = ${integration} LIMIT 1`);
    assert.equal(JSON.parse(config).sync_status_forward, true, 'the map stands in rows of its own');
    await acme.issues.configure(integration, { sync_status_forward: {} });
    assert.deepEqual((await shown()).sync_status_forward, {});
    await acme.syncAll(integration);
  });

  // ---- Create, link, search ----

  let serial = 0;
  const issue = () => acme.issue(project, `it broke ${++serial}`);
  // A new issue here with a new one there: {issue, key, there}.
  const linked = async () => {
    const here = await issue();
    const { json } = await acme.issues.create(here.id, integration, { project: '10050', issuetype: '10004', title: here.title, description: 'Look' });
    return { issue: here, key: json.key, there: () => jira.issue(json.key) };
  };
  const fieldsOf = async (params = {}) => {
    const fields = await acme.issues.form((await issue()).id, integration, 'create', params);
    return Object.fromEntries(fields.map((field) => [field.name, field]));
  };

  test('the form to create follows Jira\'s create metadata', async () => {
    project = await acme.project('shop', 'dana@acme.test');
    const here = await issue();
    const fields = await acme.issues.form(here.id, integration, 'create', { project: '10050' });
    const names = fields.map(({ name }) => name);
    assert.deepEqual(names.slice(0, 4), ['project', 'title', 'description', 'issuetype']);
    assert.deepEqual(names.slice(4, 8), ['priority', 'fixVersions', 'components', 'security']);
    const rest = names.slice(8);
    assert.deepEqual(rest, [...rest].sort());
    for (const absent of ['summary', 'issuelinks', 'attachment', 'worklog', 'timetracking', 'customfield_10013', 'customfield_10007'])
      assert.ok(!names.includes(absent), absent);
    const by = Object.fromEntries(fields.map((field) => [field.name, field]));
    assert.deepEqual(by.project.choices[0], ['10050', 'APP - App']);
    assert.ok(by.project.updatesForm && by.project.required);
    assert.deepEqual(by.issuetype.choices, [['10004', 'Bug'], ['10005', 'Task']]);
    assert.deepEqual(by.priority.choices, [['1', 'Highest'], ['3', 'Medium'], ['5', 'Lowest']]);
    assert.deepEqual(by.fixVersions.choices, [['10900', '1.0'], ['10901', '1.1']]);
    assert.deepEqual([by.customfield_10001.type, by.customfield_10001.choices], ['select', [['Low', 'Low'], ['High', 'High']]]);
    assert.deepEqual([by.customfield_10002.type, by.customfield_10002.multiple], ['select', true]);
    assert.deepEqual([by.customfield_10005.type, by.customfield_10005.choices], ['select', []]);
    assert.equal(by.customfield_10006.type, 'textarea');
    assert.ok(new RegExp(`^/extensions/jira/search/[^/]+/${integration}/$`).test(by.reporter.url), by.reporter.url);
  });

  test('all fields of a project that has many are there', async () => {
    const fields = await fieldsOf({ project: '10052' });
    assert.equal(fields.issuetype.choices.length, 55);
    assert.equal(Object.keys(fields).filter((name) => name.startsWith('customfield_3')).length, 60);
  });

  test('an issue is created with all that the form says', async () => {
    const here = await issue();
    const parent = jira.create('APP', { summary: 'parent' }).key;
    const { json, status, text } = await acme.issues.create(here.id, integration, { project: '10050', issuetype: '10005', title: 'From here',
      description: 'See\n\n> a *quotation*\n\n```\ncode <x>\n```\n\n[link](https://x.test/)', priority: '3', labels: 'one, two', fixVersions: ['10901'],
      components: ['10700'], security: '10600', reporter: '5f0c:aa11', parent, customfield_10001: 'High', customfield_10002: ['Web', 'Phone'],
      customfield_10003: '12', customfield_10004: parent, customfield_10005: '7a1f', customfield_10006: 'first\nthen', customfield_10009: ['5f0c:aa11'],
      customfield_10010: 'Test', customfield_10011: '0|i', customfield_10012: '7', customfield_10844: ['UI'] });
    assert.equal(status, 201, text);
    const { fields, reporter } = jira.issue(json.key);
    const { description, customfield_10006: steps, project: in_, issuetype, summary, ...sent } = fields;
    assert.equal(json.url, `${jira.baseUrl}/browse/${json.key}`);
    assert.deepEqual([summary, in_, issuetype], ['From here', { id: '10050' }, { id: '10005' }]);
    assert.deepEqual(description.content.map(({ type }) => type), ['paragraph', 'blockquote', 'codeBlock', 'paragraph']);
    assert.equal(plain(steps).trim().split('\n').at(-1), 'then');
    assert.deepEqual(sent, { priority: { id: '3' }, labels: ['one', 'two'], fixVersions: [{ id: '10901' }], components: [{ id: '10700' }],
      security: { id: '10600' }, reporter: { accountId: '5f0c:aa11' }, parent: { key: parent }, customfield_10001: { value: 'High' },
      customfield_10002: [{ value: 'Web' }, { value: 'Phone' }], customfield_10003: 12, customfield_10004: parent, customfield_10005: '7a1f',
      customfield_10009: [{ accountId: '5f0c:aa11' }], customfield_10010: { value: 'Test' }, customfield_10011: { id: '0|i' }, customfield_10012: 7,
      customfield_10844: [{ value: 'UI' }] });
    assert.equal(reporter.name, 'dlee');
    const [external] = await acme.issues.external(here.id);
    assert.deepEqual([external.key, external.title, external.displayName], [json.key, 'From here', json.key]);
  });

  test('empty values are not sent, and a project that is gone is not proposed', async () => {
    const here = await issue();
    const create = await acme.issues.create(here.id, integration, { project: '10051', issuetype: '10004', title: 'x', description: '',
      priority: '', labels: '', customfield_10003: '', customfield_10002: [], reporter: '' });
    assert.deepEqual(Object.keys(jira.issue(create.json.key).fields).filter((name) => name !== 'description').sort(), ['issuetype', 'project', 'summary']);
    const gone = jira.projects.splice(1, 1);
    const { project: field } = await fieldsOf();
    assert.equal(field.default ?? '10050', '10050', 'the one that was stored is no more');
    jira.projects.splice(1, 0, ...gone);
  });

  test('what cannot be created is told at its field', async () => {
    const here = await issue();
    const create = (fields) => acme.issues.create(here.id, integration, { project: '10050', issuetype: '10004', title: 'x', description: '', ...fields }, { allow: [400, 503] });
    assert.ok((await create({ project: undefined })).json.project);
    assert.ok((await create({ issuetype: undefined })).json.issuetype);
    assert.match(JSON.stringify((await create({ customfield_10012: 'many' })).json), /Account/);
    jira.fault({ method: 'POST', path: '/rest/api/3/issue', status: 400, times: 1,
      json: { errorMessages: ['Bad input'], errors: { customfield_10844: 'Pick a value' } } });
    assert.deepEqual((await create({})).json, { customfield_10844: ['Pick a value'] });
    jira.fault({ method: 'POST', path: '/rest/api/3/issue', kind: 'html', status: 400, times: 1 });
    const html = await create({});
    assert.equal(html.status, 400);
    assert.ok(!html.text.includes('DOCTYPE'), html.text);
    jira.fault({ method: 'POST', path: '/rest/api/3/issue', status: 200, json: { errorMessages: ['No'], errors: {} }, times: 1 });
    assert.ok((await create({})).status >= 400, 'a 200 without a key is no success');
    assert.deepEqual(await acme.issues.external(here.id), []);
  });

  test('an issue whose answer got lost is not made twice', async () => {
    const here = await issue();
    const fields = { project: '10050', issuetype: '10004', title: here.title, description: 'Look' };
    jira.fault({ method: 'POST', path: '/rest/api/3/issue', kind: 'lost', times: 1 });
    assert.equal((await acme.issues.create(here.id, integration, fields, { allow: [503] })).status, 503);
    assert.deepEqual(await acme.issues.external(here.id), []);
    const { status, json } = await acme.issues.create(here.id, integration, fields);
    assert.equal(status, 201);
    assert.deepEqual([...jira.issues.values()].filter((there) => there.fields.summary === here.title).map(({ key }) => key), [json.key]);
  });

  test('an issue is found and linked', async () => {
    const there = jira.create('OPS', { summary: 'Basket "lost" it' });
    const search = (query) => acme.search(integration, query);
    const found = [{ label: `(${there.key}) Basket "lost" it`, value: there.key }];
    assert.deepEqual((await search({ field: 'externalIssue', query: 'basket' })).json, found);
    assert.deepEqual((await search({ field: 'parent', query: there.key })).json, found);
    assert.deepEqual((await search({ field: 'externalIssue', query: 'lost "it"' })).json, found);
    assert.deepEqual((await search({ field: 'reporter', query: 'dana', project: '10050' })).json, [{ value: '5f0c:aa11', label: 'Dana Lee - dana@acme.test' }]);
    assert.deepEqual((await search({ field: 'project', query: 'opera' })).json, [{ value: '10051', label: 'OPS - Operations' }]);
    assert.deepEqual((await search({ field: 'customfield_10003', query: 'spr' })).json,
      [{ value: '12', label: 'Sprint 12' }, { value: '13', label: 'Sprint 13' }]);
    for (const query of [{ field: 'reporter' }, { query: 'x' }]) assert.equal((await search(query)).status, 400, JSON.stringify(query));
    assert.equal((await search({ field: 'customfield_404', query: 'x' })).json.detail, 'Unable to fetch autocomplete for customfield_404 from Jira');
    assert.equal((await acme.search(999, { field: 'project', query: 'x' })).status, 404);

    const here = await issue();
    const form = await acme.issues.form(here.id, integration, 'link');
    assert.equal(form.find(({ name }) => name === 'externalIssue').type, 'select');
    const { status, json } = await acme.issues.link(here.id, integration, { externalIssue: there.key });
    assert.deepEqual([status, json.key], [201, there.key]);
    const [external] = await acme.issues.external(here.id);
    assert.equal(external.title, 'Basket "lost" it');
    assert.equal((await acme.issues.link(here.id, integration, { externalIssue: 'NO-1' }, { allow: [400, 404] })).status >= 400, true);
  });

  // ---- A Jira that lies ----

  for (const [what, fault, asked = '10053'] of [['HTML', { kind: 'html' }], ['10 MiB of create metadata', { kind: 'huge' }],
    ['nothing', { kind: 'nothing' }], ['an error in a 200', { status: 200, json: { errorMessages: ['No'], errors: {} } }, '10054']]) {
    test(`a form of a Jira that answers ${what} fails in words`, async () => {
      jira.fault({ path: '/rest/api/3/issue/createmeta', ...fault });
      // Projects that nobody has asked for, so that nothing is remembered.
      const { status, text } = await acme.issues.call('GET', acme.issues.tracker((await issue()).id, integration, `?action=create&project=${asked}`), undefined,
        { allow: [400, 503] });
      assert.ok([400, 503].includes(status), `${status} ${text}`);
      assert.ok(!text.includes('DOCTYPE') && text.length < 2000, text.slice(0, 500));
    });
  }

  test('an address for completion leads nowhere but to this Jira', async () => {
    const far = 'http://127.0.0.1:1/rest/evil?fieldName=';
    for (const field of jira.projects[3].fields = [{ fieldId: 'customfield_666', name: 'Trap', required: false, operations: ['set'],
      autoCompleteUrl: far, schema: { type: 'user', custom: 'x:y', customId: 666 } }]) assert.equal(field.autoCompleteUrl, far);
    const fields = await fieldsOf({ project: '10053' });
    assert.ok(fields.customfield_666.url.includes('/extensions/jira/search/'), fields.customfield_666.url);
    const own = `${daemon.url}/extensions/jira/search/acme/${integration}/?field=customfield_666`;
    jira.projects[3].fields[0].autoCompleteUrl = own;
    const { status } = await acme.search(integration, { field: 'customfield_666', query: 'x' });
    assert.equal(status, 400);
    jira.projects[3].fields = [];
  });

  // ---- Comments ----

  test('notes go out as quotations, and follow their edits', async () => {
    const { issue: here, there } = await linked();
    const note = await acme.issues.note(here.id, 'first\nsecond');
    await until('the comment is there', () => there().comments.length === 1);
    const [comment] = there().comments;
    assert.match(plain(comment.body), /wrote:/);
    assert.ok(comment.body.content.some(({ type }) => type === 'blockquote'), JSON.stringify(comment.body));
    await acme.issues.editNote(here.id, note.id, 'third');
    await until('it is edited', () => plain(comment.body).includes('third'));
    await world.settle();
    assert.equal(there().comments.length, 1);
  });

  test('a comment whose answer got lost is not posted twice', async () => {
    const { issue: here, key, there } = await linked();
    jira.fault({ method: 'POST', path: `/rest/api/3/issue/${key}/comment`, kind: 'lost', times: 1 });
    await acme.issues.note(here.id, 'only once');
    const job = await acme.jobOf(key, 'waiting');
    await daemon.ctlOk('job', 'retry', String(job.id));
    await daemon.idle();
    assert.equal(there().comments.length, 1);
    const asked = jira.asked('POST', `/rest/api/3/issue/${key}/comment`).length;
    assert.equal(asked, 1);
  });

  // ---- Status ----

  const status = async ({ issue: { id } }) => (await acme.issues.get(id)).status;
  const moves = ({ key }) => jira.asked('POST', `/rest/api/3/issue/${key}/transitions`).length;

  test('status goes out along the workflow, and comes back without an echo', async () => {
    const made = await linked();
    await acme.issues.set(made.issue.id, { status: 'resolved' });
    await until('it is done there', () => made.there().status === DONE);
    await world.settle();
    assert.equal(await status(made), 'resolved');
    await acme.issues.set(made.issue.id, { status: 'unresolved' });
    await until('it is open there', () => made.there().status === OPEN);
    await world.settle();
    assert.equal(await status(made), 'unresolved');
    assert.equal(moves(made), 2);
  });

  test('an issue that is there already is left alone', async () => {
    const made = await linked();
    jira.onEvent = () => {};
    jira.move(made.key, DONE);
    jira.onEvent = (event) => jira.tell(event);
    await acme.issues.set(made.issue.id, { status: 'resolved' });
    await world.settle();
    assert.equal(moves(made), 0);
  });

  test('a workflow with no way there halts the job, in words', async () => {
    await acme.issues.configure(integration, { sync_status_forward: { 10050: { on_resolve: '10235', on_unresolve: OPEN } } });
    const made = await linked();
    await acme.issues.set(made.issue.id, { status: 'resolved' });
    const job = await acme.jobOf(made.key, 'halted');
    assert.match(job.outcome, /transition/i);
    assert.equal(moves(made), 0);
    await acme.syncAll(integration);
  });

  test('a project without a mapping gets no status', async () => {
    const here = await issue();
    const { key } = jira.create('OPS', { summary: 'unmapped' });
    await acme.issues.link(here.id, integration, { externalIssue: key });
    await acme.issues.set(here.id, { status: 'resolved' });
    await acme.jobOf(key, 'halted');
    assert.equal(jira.issue(key).status, OPEN);
  });

  test('status comes in by Jira\'s webhook, for every organization with the issue', async () => {
    const made = await linked();
    const theirs = await beta.issue(await beta.project('store', 'bob@beta.test'), 'the same');
    const [{ id: second }] = await beta.integrations();
    await beta.issues.configure(second, { sync_status_reverse: true });
    await beta.issues.link(theirs.id, second, { externalIssue: made.key });
    jira.move(made.key, DONE, 'dlee');
    await until('it is resolved in both', async () => await status(made) === 'resolved' &&
      (await beta.issues.get(theirs.id)).status === 'resolved');
    jira.move(made.key, '10234', 'dlee');
    await world.settle();
    assert.equal(await status(made), 'resolved', 'both of these statuses are done');
    jira.move(made.key, OPEN, 'dlee');
    await until('it is unresolved in both', async () => await status(made) === 'unresolved' &&
      (await beta.issues.get(theirs.id)).status === 'unresolved');
    await world.settle();
    assert.equal(moves(made), 0);
  });

  test('of two changes of the status in one webhook the first counts', async () => {
    const made = await linked();
    const event = jira.eventJson({ timestamp: Date.now(), webhookEvent: 'jira:issue_updated', user: jira.person('dlee'), issue: made.there() });
    const item = (from, to) => ({ field: 'status', fieldtype: 'jira', fieldId: 'status', from, fromString: 'a', to, toString: 'b' });
    const send = (items) => jira.webhook('/extensions/jira/issue-updated/', { ...event, timestamp: Date.now(), changelog: { id: '1', items } });
    assert.equal((await send([item(OPEN, DONE), item(DONE, OPEN)])).status, 200);
    await until('it is resolved', async () => await status(made) === 'resolved');
    assert.deepEqual([(await send([])).status, (await jira.webhook('/extensions/jira/issue-updated/', event)).status], [200, 200], 'without a changelog');
  });

  // ---- Assignee ----

  const assignee = async ({ issue: { id } }) => (await acme.issues.get(id)).assignedTo?.email ?? null;

  test('the assignee goes out, and is taken away', async () => {
    const made = await linked();
    await acme.issues.set(made.issue.id, { assignedTo: 'dana@acme.test' });
    await until('Dana is assigned there', () => made.there().assignee?.name === 'dlee');
    await world.settle();
    assert.equal(await assignee(made), 'dana@acme.test');
    await acme.issues.set(made.issue.id, { assignedTo: '' });
    await until('nobody is assigned there', () => made.there().assignee === null);
    const [, last] = jira.asked('PUT', `/rest/api/3/issue/${made.key}/assignee`);
    assert.deepEqual(JSON.parse(last.body), { accountId: null });
    await world.settle();
    assert.equal(await assignee(made), null);
  });

  test('an address that is not to be had assigns nobody', async () => {
    const made = await linked();
    jira.emailScope = false;
    jira.assign(made.key, 'hush');
    await world.settle();
    assert.equal(jira.deliveries.at(-1).status, 200);
    assert.equal(await assignee(made), null);
    const { webhooks } = await daemon.ctlJson('webhook', 'list');
    const shown = await daemon.ctlOk('webhook', 'show', String(webhooks[0].id));
    assert.match(shown, /permission|e-mail|address/i, 'the outcome says why');
  });

  test('the assignee comes in, by his address or by asking for it', async () => {
    const made = await linked();
    await daemon.ctlOk('user', 'create', 'hugo@acme.test', '--org', 'acme', '--role', 'member');
    await daemon.ctlOk('team', 'add-member', 'crew', 'hugo@acme.test', '--org', 'acme');
    jira.assign(made.key, 'dlee');
    await until('Dana is assigned here', async () => await assignee(made) === 'dana@acme.test');
    jira.emailScope = true;
    jira.assign(made.key, 'hush');
    await until('Hugo is assigned here', async () => await assignee(made) === 'hugo@acme.test');
    jira.emailScope = false;
    jira.assign(made.key, null);
    await until('nobody is assigned here', async () => await assignee(made) === null);
    await world.settle();
    assert.equal(jira.asked('PUT', `/rest/api/3/issue/${made.key}/assignee`).length, 0);
  });

  test('a user whom Jira does not know has no target, and the job says so', async () => {
    const made = await linked();
    await acme.issues.set(made.issue.id, { assignedTo: 'owner@acme.test' });
    const job = await acme.jobOf(made.key, 'halted');
    assert.match(job.outcome, /owner@acme\.test|user|account/i);
    assert.equal(made.there().assignee, null);
  });

  // ---- Moved and deleted ----

  test('an issue that is moved, edited and deleted is followed', async () => {
    const made = await linked();
    jira.edit(made.key, { summary: 'Another title' });
    await until('its title follows', async () => (await acme.issues.external(made.issue.id))[0].title === 'Another title');
    const { key } = jira.moveTo(made.key, 'OPS');
    await until('its key follows', async () => (await acme.issues.external(made.issue.id))[0].key === key);
    jira.delete(key);
    await world.settle();
  });

  // ---- Webhooks: who is refused ----

  test('a webhook that Jira did not sign is refused', async () => {
    const made = await linked();
    const event = jira.eventJson({ timestamp: Date.now(), webhookEvent: 'jira:issue_updated', user: jira.person('dlee'), issue: made.there(),
      changelog: { id: '1', items: [{ field: 'status', from: OPEN, to: DONE }] } });
    const rows = async () => (await daemon.sql('SELECT count(*) AS n FROM webhook'))[0].n;
    const before = await rows();
    for (const [what, how] of [['no token', { headers: { authorization: '' } }], ['another secret', { token: hs256({}, 'x') }],
      ['no secret', { token: hs256({}, '') }], ['alg none', { token: (claims) => forge({ alg: 'none' }, claims) }],
      ['an unknown tenant', { claims: { iss: 'nobody' } }], ['expired', { claims: { exp: seconds() - 1 } }],
      ['the context\'s hash', { claims: { qsh: 'context-qsh' } }], ['another hash', { claims: { qsh: 'b'.repeat(64) } }],
      ['the token of another tenant', { claims: { iss: rival.clientKey } }],
      ['a public key as its secret', { token: hs256({}, await publicKey()) }],
      ['RS256', { token: (claims) => world.keys.sign(claims) }],
      ['another algorithm', { token: (claims) => {
        const text = forge({ alg: 'HS512' }, claims).slice(0, -1);
        return `${text}.${createHmac('sha512', jira.sharedSecret).update(text).digest('base64url')}`;
      } }]]) {
      const { status: code } = await jira.webhook('/extensions/jira/issue-updated/', event, how);
      assert.equal(code, 409, what);
    }
    // The secret of one provider's integration opens nothing of another's.
    const foreign = forge({ alg: 'HS256' }, { id: jira.clientKey }, jira.sharedSecret);
    assert.equal((await daemon.request('POST', `/extensions/jira-server/issue-updated/${foreign}/`, { body: event })).status, 400);
    assert.equal(await rows(), before);
    assert.equal(await status(made), 'unresolved');
  });

  // ---- The panel ----

  test('the panel lists what is linked, and the badge counts it', async () => {
    const made = await linked();
    const other = jira.create('OPS', { summary: 'not linked' });
    const panel = await world.page(jira.frame(`/extensions/jira/issue-details/${made.key}/`));
    assert.equal(panel.status, 200);
    assert.equal(panel.data.rows.length, 1);
    assert.ok(JSON.stringify(panel.data.rows[0]).includes(made.issue.title), JSON.stringify(panel.data));
    const badge = (key) => Object.entries(jira.issue(key).properties).find(([name]) => name.startsWith('com.atlassian.jira.issue:'));
    const [name, value] = await until('the badge is set', () => badge(made.key));
    assert.match(name, /^com\.atlassian\.jira\.issue:127\.0\.0\.1\.jira:.+-issues-glance:status$/);
    assert.deepEqual(value, { type: 'badge', value: { label: 1 } });
    const empty = await world.page(jira.frame(`/extensions/jira/issue-details/${other.key}/`));
    assert.deepEqual(empty.data.rows ?? [], []);
    await until('its badge is set', () => badge(other.key)?.[1].value.label === 0);
    const older = await world.page(jira.frame(`/extensions/jira/issue/${made.key}/`));
    assert.equal(older.data.rows.length, 1, 'the path of earlier descriptors');
    for (const [code, text] of [[503, 'Cannot reach host to set badge.'], [403, 'User lacks permissions to set badge.']]) {
      jira.fault({ method: 'PUT', path: `/rest/api/3/issue/${made.key}/properties/`, status: code, times: 1 });
      const troubled = await world.page(jira.frame(`/extensions/jira/issue-details/${made.key}/`));
      assert.equal(troubled.status, 200);
      assert.ok(JSON.stringify(troubled.data).includes(text), JSON.stringify(troubled.data));
    }
    const forged = await world.page(jira.frame(`/extensions/jira/issue-details/${made.key}/`, { token: hs256({}, 'x') }));
    assert.equal(forged.status, 200);
    assert.match(JSON.stringify(forged.data), /unable to verify/i);
  });

  // ---- Limits ----

  test('a Jira that limits is waited for, as long as it says', async () => {
    const made = await linked();
    jira.fault({ method: 'POST', path: `/rest/api/3/issue/${made.key}/transitions`, status: 429, times: 1,
      headers: { 'retry-after': '1' }, json: { errorMessages: ['Rate limit exceeded'], errors: {} } });
    await acme.issues.set(made.issue.id, { status: 'resolved' });
    await until('it is done there', () => made.there().status === DONE, { within: 60_000 });
    const [first, second, ...more] = jira.asked('POST', `/rest/api/3/issue/${made.key}/transitions`);
    assert.ok(second.at - first.at >= 1000, `asked again after ${second.at - first.at} ms`);
    assert.equal(more.length, 0);
  });

  // ---- The end ----

  test('a reinstall changes the secret and keeps the links', async () => {
    const made = await linked();
    const before = jira.sharedSecret;
    assert.equal((await jira.install()).status, 200);
    assert.notEqual(jira.sharedSecret, before);
    const old = await jira.webhook('/extensions/jira/issue-updated/', jira.eventJson({ timestamp: Date.now(), webhookEvent: 'jira:issue_updated',
      user: jira.person('dlee'), issue: made.there(), changelog: { id: '1', items: [] } }), { token: hs256({}, before) });
    assert.equal(old.status, 409);
    assert.equal((await acme.integrations())[0].id, integration);
    await acme.issues.set(made.issue.id, { status: 'resolved' });
    await until('it is done there', () => made.there().status === DONE);
    assert.deepEqual(jira.refused, []);
  });

  test('an uninstall that Jira did not sign is refused', async () => {
    for (const how of [{ headers: { authorization: '' } }, { token: hs256({ kid: world.keys.kid }, await publicKey()) },
      { claims: { iss: 'nobody' } }, { claims: { exp: seconds() - 1 } }, { token: (claims) => forge({ alg: 'none' }, claims) }])
      assert.equal((await jira.lifecycle('uninstalled', how)).status, 409);
    assert.equal((await acme.integrations())[0].status, 'active');
  });

  test('an uninstall disables the integration, and an install enables it again', async () => {
    const made = await linked();
    const secret = jira.sharedSecret;
    const { status: code, text } = await jira.uninstall();
    assert.deepEqual([code, text], [200, '']);
    assert.equal((await acme.integrations())[0].status, 'disabled');
    assert.equal((await acme.issues.external(made.issue.id)).length, 1, 'what was linked stays');
    // What Jira still sends is heard and does nothing; what it still shows is empty.
    const rows = async () => (await daemon.sql('SELECT count(*) AS n FROM webhook'))[0].n;
    const stored = await rows();
    const late = jira.eventJson({ timestamp: Date.now(), webhookEvent: 'jira:issue_updated', user: jira.person('dlee'), issue: made.there(),
      changelog: { id: '1', items: [{ field: 'status', from: OPEN, to: DONE }] } });
    assert.equal((await jira.webhook('/extensions/jira/issue-updated/', late, { token: hs256({}, secret) })).status, 200);
    assert.equal(await rows(), stored);
    const panel = await world.page(jira.frame(`/extensions/jira/issue-details/${made.key}/`, { token: hs256({}, secret) }));
    assert.match(JSON.stringify(panel.data), /unable to verify/i);
    const again = await jira.install();
    assert.equal(again.status, 200, again.text);
    assert.equal((await acme.integrations())[0].status, 'active');
    assert.equal((await beta.integrations())[0].status, 'active');
    // Removed from one organization, it stays with the other, and Jira hears nothing.
    const asked = jira.requests.length;
    assert.ok((await acme.remove(integration)).status < 300);
    await daemon.idle();
    assert.deepEqual(await acme.integrations(), []);
    assert.equal((await beta.integrations())[0].status, 'active');
    assert.deepEqual(jira.requests.slice(asked).filter(({ method }) => method !== 'GET'), []);
    // One that was made before there were signed installs signs with its secret.
    assert.equal((await jira.lifecycle('uninstalled', { token: hs256({}, jira.sharedSecret) })).status, 200);
    assert.equal((await beta.integrations())[0].status, 'disabled');
  });

  // ---- What Jira got ----

  test('every request was signed, and is one that Atlassian describes', { skip: notChecked('jira-cloud') }, () => {
    assert.deepEqual(jira.refused, []);
    for (const call of ['POST /rest/api/3/issue', 'GET /rest/api/3/search/jql', 'GET /rest/api/3/user/assignable/search', 'GET /rest/api/3/user/email'])
      assert.ok(world.prism.checked.includes(call), call);
    assert.deepEqual(world.prism.violations(), []);
  });

  test('every document is one that Atlassian\'s schema allows', { skip: documentSchema ? false : 'no schema of documents' }, () => {
    const { count, errors } = checkDocuments(jira.requests);
    assert.deepEqual(errors, []);
    assert.ok(count > 10, `only ${count} documents`);
  });

  test('no secret has got into the log', () => {
    const lines = daemon.runs.flatMap((run) => run.lines).join('\n');
    for (const secret of [jira.sharedSecret, 'never to be kept']) assert.ok(!lines.includes(secret));
    assert.ok(!/eyJ[\w-]+\.eyJ/.test(lines), 'a token');
  });
});
