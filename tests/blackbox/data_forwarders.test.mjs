// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Data forwarders: both contracts' addresses, what is refused and why, the forms of PUT, who
// sees and changes what, and how secrets lie in the store.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { Daemon } from './lib/daemon.mjs';

const SECRET = 'wJalrXUtnFEMI-K7MDENG';
const sqs = (more) => ({ queue_url: 'https://sqs.us-east-1.amazonaws.com/123456789012/events', region: 'us-east-1',
  access_key: 'AKIDEXAMPLE', secret_key: SECRET, ...more });
const segment = { provider: 'segment', config: { write_key: SECRET } };

describe('data forwarders', () => {
  let daemon;
  let token;
  let regions;
  const projects = {};

  const call = (method, path, body, as = token) =>
    daemon.api(method, `/organizations/acme/${path}`, { token: as, body });
  const post = (body, as) => call('POST', 'forwarding/', body, as);
  const put = (id, body, as) => call('PUT', `data-forwarders/${id}/`, body, as);
  const list = (as) => daemon.list('/organizations/acme/data-forwarders/', { token: as ?? token });
  const ok = (answer, status = 200) => {
    assert.equal(answer.status, status, answer.text);
    return answer.json;
  };
  const refused = async (answer, field, text = /./) => {
    const { status, json, text: all } = await answer;
    assert.equal(status, 400, all);
    assert.deepEqual(Object.keys(json), [field], all);
    assert.match(json[field].join(' '), text);
  };
  const enrolled = ({ projectConfigs }) =>
    Object.fromEntries(projectConfigs.map(({ project, isEnabled }) => [project.slug, isEnabled]));
  // Whatever is refused leaves the store as it was.
  const unchanged = async (what) => {
    const rows = () => daemon.sql('SELECT * FROM data_forwarder ORDER BY id')
      .then(async (all) => [all, await daemon.sql('SELECT * FROM data_forwarder_project ORDER BY id'),
        await daemon.sql("SELECT count(*) FROM audit_log WHERE event LIKE 'data-forwarder.%'")]);
    const before = await rows();
    await what();
    assert.deepEqual(await rows(), before);
  };

  before(async () => {
    daemon = await Daemon.prepare({ plugins: [] });
    regions = daemon.path('regions');
    writeFileSync(regions, '# ours\nus-east-1\neu-west-1\n');
    daemon.configure({ forwarding: { regions_file: regions } });
    await daemon.run();
    token = await daemon.organization('acme');
    for (const slug of ['web', 'api', 'ops']) {
      await daemon.ctlOk('project', 'create', slug, '--org', 'acme');
      projects[slug] = null;
    }
    for (const { slug, id } of await daemon.list('/organizations/acme/projects/', { token }))
      projects[slug] = id;
  });
  after(() => daemon?.close());

  test('a name alone makes one that waits for its provider', async () => {
    const made = ok(await call('POST', 'data-forwarders/', { name: 'later' }), 201);
    assert.deepEqual({ ...made, id: '', dateCreated: '', dateAdded: '', dateUpdated: '' }, { id: '', name: 'later',
      organizationId: made.organizationId, provider: null, isEnabled: false, enrollNewProjects: false, config: {},
      enrolledProjects: [], projectConfigs: [], dateCreated: '', dateAdded: '', dateUpdated: '' });
    assert.equal(made.dateCreated, made.dateAdded);
    assert.ok(Date.parse(made.dateUpdated));
    await unchanged(async () => {
      for (const name of [undefined, null, 7, '', ' ', 'x'.repeat(256)])
        await refused(call('POST', 'data-forwarders/', { ...segment, name }), 'name');
      await refused(put(made.id, { isEnabled: true }), 'provider');
      await refused(put(made.id, { project_id: projects.web, overrides: {} }), 'provider');
      await refused(call('POST', 'data-forwarders/', { name: 'x', isEnabled: true }), 'provider', /required/);
      await refused(call('POST', 'data-forwarders/', { name: 'x', config: { write_key: 'a' } }), 'provider', /required/);
    });
    assert.equal(ok(await put(made.id, { name: 'Segment of ours' })).name, 'Segment of ours');
    const whole = ok(await put(made.id, { ...segment, projectIds: [Number(projects.web)] }));
    assert.deepEqual([whole.name, whole.provider, whole.isEnabled, whole.config, enrolled(whole)],
      ['Segment of ours', 'segment', true, segment.config, { web: true }]);
    assert.equal((await call('DELETE', `data-forwarders/${made.id}/`)).status, 204);
    assert.deepEqual(await list(), []);
    assert.deepEqual(await daemon.sql('SELECT * FROM data_forwarder_project'), []);
  });

  test('a provider is configured, once, in its own words or in ours', async () => {
    await unchanged(async () => {
      await refused(post({}), 'provider', /required/);
      await refused(post({ provider: 'kafka', config: {} }), 'provider', /kafka|choice/);
      await refused(post({ provider: 'sqs', config: { secret_key: '', region: 'moon' } }), 'config',
        /"queue_url", "region"|"queue_url", "access_key", "secret_key"/);
      await refused(post({ provider: 'sqs', config: sqs({ region: 'eu-west-9', s3_bucket: 'Big' }) }), 'config',
        /"region".*"s3_bucket"/);
      await refused(post({ provider: 'sqs', config: { ...sqs(), more: 1 } }), 'config', /"more"/);
      await refused(post({ provider: 'sqs', config: [] }), 'config');
      await refused(post({ provider: 'sqs', config: sqs(), project_ids: [projects.web, 4711, 4712] }), 'project_ids', /4711, 4712/);
      await refused(post({ provider: 'sqs', config: sqs(), project_ids: [projects.web, projects.web] }), 'project_ids');
      await refused(post({ provider: 'sqs', config: sqs(), project_ids: ['web'] }), 'project_ids');
      await refused(post({ provider: 'sqs', config: sqs(), is_enabled: 'perhaps' }), 'is_enabled');
    });
    const made = ok(await post({ provider: 'sqs', config: { ...sqs(), s3_bucket: '', color: 'red' }, enroll_new_projects: true,
      organization_id: 99, project_ids: [projects.ops, projects.api] }), 201);
    assert.equal(made.name, 'Amazon SQS');
    assert.deepEqual(made.config, { ...sqs(), color: 'red' });
    assert.deepEqual(made.enrolledProjects, ['api', 'ops'].map((slug) => ({ id: projects[slug], slug, platform: null }))
      .sort((a, b) => a.id - b.id));
    assert.deepEqual(made.projectConfigs[0].effectiveConfig, made.config);
    await refused(post({ provider: 'sqs', config: sqs() }), 'non_field_errors', /Amazon SQS/);
    // A region that opened since.
    await refused(put(made.id, { provider: 'sqs', config: sqs({ region: 'moon-1' }) }), 'config', /"region"/);
    writeFileSync(regions, 'us-east-1\nmoon-1\n');
    const moved = ok(await put(made.id, { provider: 'sqs', config: sqs({ region: 'moon-1' }), name: 'Queue' }));
    // What is not said of a whole forwarder is its default: nothing is enrolled any more.
    assert.deepEqual([moved.name, moved.enrollNewProjects, moved.projectConfigs], ['Queue', false, []]);
    const again = await call('GET', 'forwarding/');
    assert.deepEqual(ok(again), [moved]);
    assert.equal(again.headers['cache-control'], 'no-store');
  });

  test('PUT enrols projects, overrides one, or tells what is wrong', async () => {
    const [{ id }] = await list();
    let shown = ok(await put(id, { project_ids: [projects.web, projects.api] }));
    assert.deepEqual(enrolled(shown), { web: true, api: true });
    shown = ok(await put(id, { projectId: projects.api, overrides: { secret_key: 'other', s3_bucket: 'b' } }));
    const api = () => shown.projectConfigs.find(({ project }) => project.slug === 'api');
    assert.deepEqual(api().effectiveConfig, sqs({ region: 'moon-1', secret_key: 'other', s3_bucket: 'b' }));
    // Not listed: disabled, and its overrides stay for the day that it is again.
    shown = ok(await put(id, { project_ids: [projects.web, projects.ops] }));
    assert.deepEqual(enrolled(shown), { web: true, api: false, ops: true });
    assert.equal(shown.enrolledProjects.length, 3);
    shown = ok(await put(id, { provider: 'sqs', config: sqs(), projectIds: [projects.api] }));
    assert.deepEqual([enrolled(shown), api().overrides], [{ api: true }, { secret_key: 'other', s3_bucket: 'b' }]);
    // Overrides are replaced as a whole; an empty one takes a value away; the switch stays.
    shown = ok(await put(id, { project_id: projects.api, is_enabled: false, overrides: { s3_bucket: '' } }));
    assert.deepEqual([api().isEnabled, api().overrides, api().effectiveConfig.s3_bucket], [false, { s3_bucket: '' }, '']);
    shown = ok(await put(id, { project_id: projects.api }));
    assert.deepEqual([api().isEnabled, api().overrides], [false, {}]);
    shown = ok(await put(id, { is_enabled: false, enrollNewProjects: true }));
    assert.deepEqual([shown.isEnabled, shown.enrollNewProjects, shown.config], [false, true, sqs()]);
    await unchanged(async () => {
      await refused(put(id, {}), 'non_field_errors');
      await refused(put(id, { project_ids: [], project_id: projects.api }), 'non_field_errors');
      await refused(put(id, { config: {}, project_ids: [] }), 'provider');
      await refused(put(id, { provider: 'sqs', config: { ...sqs(), region: 'x' }, project_ids: [] }), 'config');
      await refused(put(id, { project_ids: [4711] }), 'project_ids');
      await refused(put(id, { project_id: 4711 }), 'project_id');
      await refused(put(id, { project_id: projects.api, overrides: { region: 'x' } }), 'overrides');
      await refused(put(id, { project_id: projects.api, overrides: { region: 1 } }), 'overrides');
      for (const wrong of ['0', 'x', '4711', '1e3'])
        assert.equal((await put(wrong, { name: 'x' })).status, 404, wrong);
    });
    ok(await put(id, { is_enabled: true }));
    const other = ok(await post(segment), 201);
    await refused(put(other.id, { provider: 'sqs', config: sqs() }), 'non_field_errors');
    assert.equal((await call('DELETE', `forwarding/${other.id}/`)).status, 204);
    assert.equal((await call('DELETE', `forwarding/${other.id}/`)).status, 404);
  });

  test('a new project is enrolled where that is wanted', async () => {
    const splunk = ok(await post({ provider: 'splunk', config: { instance_url: 'https://splunk.acme.test:8088',
      index: 'main', source: 'sentry', token: 'a-b' } }), 201);
    await daemon.ctlOk('project', 'create', 'fresh', '--org', 'acme');
    const [queue, silent] = await list();
    assert.equal(enrolled(queue).fresh, true);
    assert.deepEqual(enrolled(silent), {});
    assert.equal((await call('DELETE', `forwarding/${splunk.id}/`)).status, 204);
  });

  test('secrets are shown to those who may change them, and change projects only of one\'s own', async () => {
    const [{ id }] = await list();
    const { projectConfigs: [{ project }] } = ok(await put(id, { project_id: projects.web, overrides: { secret_key: SECRET } }));
    assert.ok(project);
    const reader = await daemon.token('acme', ['org:read']);
    const worker = await daemon.token('acme', ['org:read', 'project:write']);
    const writer = await daemon.token('acme', ['org:write']);
    const [seen] = await list(reader);
    assert.equal(seen.config, null);
    for (const { overrides, effectiveConfig } of seen.projectConfigs)
      assert.deepEqual([overrides, effectiveConfig], [{}, {}]);
    const web = ({ projectConfigs }) => projectConfigs.find(({ project: { slug } }) => slug === 'web');
    const [half] = await list(worker);
    assert.deepEqual([half.config, web(half).overrides, web(half).effectiveConfig], [null, { secret_key: SECRET }, {}]);
    assert.equal(web((await list(writer))[0]).effectiveConfig.secret_key, SECRET);

    await unchanged(async () => {
      for (const body of [{ project_ids: [projects.web] }, { project_id: projects.web }]) {
        const denied = await put(id, body, reader);
        assert.deepEqual([denied.status, Object.keys(denied.json)], [403, [Object.keys(body)[0]]], denied.text);
      }
      assert.equal((await put(id, { name: 'mine' }, worker)).status, 403);
      assert.equal((await post(segment, worker)).status, 403);
      assert.equal((await call('DELETE', `forwarding/${id}/`, undefined, worker)).status, 403);
      assert.equal((await daemon.api('GET', '/organizations/acme/forwarding/')).status, 401);
      const other = await daemon.organization('other');
      assert.equal((await daemon.api('PUT', `/organizations/other/forwarding/${id}/`, { token: other, body: { name: 'x' } })).status, 404);
      assert.equal((await daemon.api('DELETE', `/organizations/other/forwarding/${id}/`, { token: other })).status, 404);
      const foreign = await daemon.api('POST', '/organizations/other/forwarding/', { token: other, body: { ...segment, project_ids: [projects.web] } });
      assert.equal(foreign.status, 400, foreign.text);
    });
    // Of the forwarder itself nothing is looked at: neither its name nor its switch.
    const mine = ok(await put(id, { name: 'mine', isEnabled: false, project_ids: [projects.web] }, worker));
    assert.deepEqual([mine.name, mine.isEnabled, mine.config, enrolled(mine).web], ['Queue', true, null, true]);
    ok(await put(id, { project_id: projects.web, overrides: { secret_key: SECRET } }, worker));
  });

  test('an admin of a team works on the projects of the team', async () => {
    const [{ id }] = await list();
    await daemon.ctlOk('user', 'create', 'eve@acme.test', '--org', 'acme', '--role', 'member');
    await daemon.ctlOk('team', 'create', 'shop', '--org', 'acme');
    const { id: eve } = (await daemon.list('/organizations/acme/members/', { token })).find(({ email }) => email === 'eve@acme.test');
    ok(await daemon.api('POST', '/projects/acme/web/teams/shop/', { token }), 201);
    ok(await call('POST', `members/${eve}/teams/shop/`), 201);
    const link = new URL(await daemon.ctlOk('login-link', 'eve@acme.test')).hash.replace('#token=', '');
    const session = await daemon.api('POST', '/auth/login-link/', { body: { token: link } });
    const headers = { cookie: session.headers['set-cookie'][0].split(';')[0], 'x-csrf-token': session.json.csrf };
    const change = (project, overrides) => daemon.api('PUT', `/organizations/acme/forwarding/${id}/`,
      { headers, body: { project_id: projects[project], overrides } });
    assert.equal((await change('web', {})).status, 403, 'a contributor');
    ok(await call('PUT', `members/${eve}/teams/shop/`, { teamRole: 'admin' }));
    const shown = ok(await change('web', { secret_key: SECRET }));
    assert.deepEqual(shown.projectConfigs.map(({ project, overrides }) => [project.slug, 'secret_key' in overrides]),
      shown.projectConfigs.map(({ project }) => [project.slug, project.slug === 'web']));
    assert.equal((await change('api', {})).status, 403);
  });

  test('two that create the same make one', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => post(segment)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 400, 400, 400, 400, 400]);
    const { id } = answers.find(({ status }) => status === 201).json;
    const gone = await Promise.all(Array.from({ length: 4 }, () => call('DELETE', `forwarding/${id}/`)));
    assert.deepEqual(gone.map(({ status }) => status).sort(), [204, 404, 404, 404]);
  });

  test('secrets lie sealed, go through a rotation of keys, and every change is in the audit log', async () => {
    const columns = 'SELECT id, hex(secrets) AS secrets, config AS text FROM data_forwarder WHERE secrets IS NOT NULL ' +
      'UNION ALL SELECT id, hex(secrets), overrides FROM data_forwarder_project WHERE secrets IS NOT NULL';
    const before = await daemon.sql(columns);
    assert.equal(before.length, 2);
    const [shown] = await list();
    await daemon.ctlOk('vault', 'rotate');
    const after = await daemon.sql(columns);
    for (const [i, row] of after.entries()) {
      assert.ok(!row.text.includes(SECRET) && !row.secrets.includes(Buffer.from(SECRET).toString('hex').toUpperCase()));
      // Each sealed value begins with the id of its key.
      assert.notEqual(row.secrets.slice(0, 8), before[i].secrets.slice(0, 8));
    }
    assert.deepEqual((await list())[0], shown);
    const rows = await daemon.sql("SELECT event, count(*) AS n FROM audit_log WHERE event LIKE 'data-forwarder.%' GROUP BY event ORDER BY event");
    assert.deepEqual(rows.map(({ event }) => event), ['data-forwarder.add', 'data-forwarder.edit', 'data-forwarder.remove']);
    const told = await daemon.sql("SELECT data FROM audit_log WHERE event LIKE 'data-forwarder.%'");
    assert.ok(!JSON.stringify(told).includes(SECRET));
  });
});
