// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Who may do what: every operation of the description is asked for without credentials, with
// bad ones, without its scopes, for another organization and for what that one has, and for
// projects out of reach.  Whether something exists elsewhere is never told.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';

import { Daemon } from './lib/daemon.mjs';

const ALL = ['org:admin', 'org:integrations', 'org:ci', 'project:admin', 'project:releases', 'team:admin', 'member:admin', 'event:admin'];
const ABSENT = '{"detail":"The requested resource does not exist"}';
const FORBIDDEN = '{"detail":"You do not have permission to perform this action."}';
const METHODS = ['get', 'post', 'put', 'delete'];
const NOBODY = '999999';
// What no request makes without an upstream, for the organization that came first.
const THEIR_INTEGRATION = `
  INSERT INTO integration (id, provider, external_id, name, metadata, uid, added_at, updated_at) VALUES (1, 'github', '7', 'theirs', '{}', x'01', 1, 1);
  INSERT INTO organization_integration (id, organization_id, integration_id, uid, added_at, updated_at) VALUES (1, 1, 1, x'02', 1, 1);
  INSERT INTO repository (id, organization_id, provider, external_id, name, integration_id, added_at, updated_at)
    VALUES (1, 1, 'integrations:github', '8', 'theirs/secret', 1, 1, 1);
  INSERT INTO external_actor (id, organization_id, integration_id, provider, external_name, account_id, added_at, updated_at)
    VALUES (1, 1, 1, 'github', '@spy', 1, 1, 1);
  INSERT INTO code_mapping (id, organization_id, project_id, repository_id, integration_id, stack_root, source_root, added_at, updated_at)
    VALUES (1, 1, 1, 1, 1, '', '', 1, 1);
  INSERT INTO codeowners (id, project_id, code_mapping_id, raw, added_at, updated_at) VALUES (1, 1, 1, '* @spy', 1, 1)`;

describe('access', () => {
  let daemon;
  let operations;
  const tokens = {};
  const issues = {};
  // What the other organization has, by the parameter that names it; row 1 of each table is
  // its own, since it came first.
  const theirs = { organization_id_or_slug: 'elsewhere', project_id_or_slug: 'secret', team_id_or_slug: 'spies', version: 'secret@1' };
  const nobodys = { organization_id_or_slug: 'nowhere', project_id_or_slug: 'nothing', team_id_or_slug: 'none', version: 'nothing@1' };
  const ours = { organization_id_or_slug: 'acme', project_id_or_slug: 'shop', team_id_or_slug: 'core', member_id: '2', version: 'shop@1',
    slug: 'github', pipeline: 'integration_pipeline' };

  const api = async (method, path, token, body) => {
    const answer = await daemon.api(method, path, { token, body });
    assert.ok(answer.status < 500, `${method} ${path}: ${answer.text}`);
    return answer;
  };
  const made = async (path, body, token) => {
    const answer = await api('POST', path, token, body);
    assert.ok([200, 201, 208].includes(answer.status), `${path}: ${answer.text}`);
    return answer.json;
  };

  // Two organizations with one of each thing; the other one first.
  async function organization(slug, project, team) {
    const token = await daemon.organization(slug, { scopes: ALL });
    await daemon.ctlOk('project', 'create', project, '--org', slug, '--name', project);
    await daemon.ctlOk('team', 'create', team, '--org', slug, '--name', team);
    await daemon.ctlOk('team', 'add-project', team, project, '--org', slug);
    const issue = await made(`/projects/${slug}/${project}/issues/`, { key: 'k', title: 'A fault' }, token);
    await made(`/organizations/${slug}/issues/${issue.id}/comments/`, { text: 'a note' }, token);
    await made(`/organizations/${slug}/releases/`, { version: `${project}@1`, projects: [project] }, token);
    await made(`/organizations/${slug}/data-forwarders/`, { name: 'out' }, token);
    issues[project] = issue.id;
    return token;
  }

  const reach = (path, values) => path.slice('/api/0'.length).replace(/\{(\w+)\}/g, (whole, name) => encodeURIComponent(values[name] ?? '1'));

  async function describeAll() {
    const { json: { paths, components } } = await daemon.api('GET', '/openapi.json');
    return Object.entries(paths).flatMap(([path, item]) => METHODS.filter((method) => item[method]).map((method) => {
      const body = item[method].requestBody?.$ref?.split('/').at(-1);
      return {
        name: `${method.toUpperCase()} ${path}`, path, method: method.toUpperCase(), scopes: item[method]['x-scopes'] ?? [],
        needsToken: path.startsWith('/api/0/') && (item[method].security ?? [{ token: [] }]).some((one) => one.token),
        parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
        body: body ? components.requestBodies[body].content['application/json']?.example ?? {} : undefined,
      };
    })).filter(({ needsToken }) => needsToken);
  }

  // Several at a time; 'check' gets an operation, and fails with its name.
  async function each(list, check) {
    const waiting = [...list];
    assert.ok(waiting.length > 0);
    await Promise.all(Array.from({ length: 8 }, async () => {
      for (let one = waiting.pop(); one; one = waiting.pop())
        await check(one).catch((error) => {
          throw new Error(`${one.name}: ${error.message}`, { cause: error });
        });
    }));
  }

  // All that is stored, but when tokens were used.
  const stored = () => new Promise((resolve, reject) => {
    execFile('sqlite3', ['-readonly', '-cmd', '.timeout 5000', daemon.path('state', 'mortise.db'), '.dump'], { maxBuffer: 1 << 28 },
      (error, out) => (error ? reject(error) : resolve(out.split('\n').filter((line) => !line.startsWith('INSERT INTO api_token ')))));
  });

  const person = async (email, role) => {
    await daemon.ctlOk('user', 'create', email, '--org', 'acme', '--role', role);
    return daemon.ctlOk('token', 'create', '--org', 'acme', '--user', email, ...ALL.flatMap((scope) => ['--scope', scope]));
  };

  before(async () => {
    daemon = await Daemon.start({ plugins: [], settings: { api: { rate_per_address: 0, rate_per_token: 0 } } });
    await organization('elsewhere', 'secret', 'spies');
    tokens.good = await organization('acme', 'shop', 'core');
    await daemon.ctlOk('project', 'create', 'vault', '--org', 'acme', '--name', 'vault');
    await daemon.ctlOk('team', 'create', 'guards', '--org', 'acme', '--name', 'guards');
    await daemon.ctlOk('team', 'add-project', 'guards', 'vault', '--org', 'acme');
    issues.vault = (await made('/projects/acme/vault/issues/', { key: 'v', title: 'Hidden' }, tokens.good)).id;
    await made('/organizations/acme/releases/', { version: 'vault@1', projects: ['vault'] }, tokens.good);
    tokens.powerless = await daemon.token('acme', ['project:distribution']);
    tokens.expired = await daemon.token('acme', ALL);
    tokens.revoked = await daemon.token('acme', ALL);
    tokens.owner = await daemon.ctlOk('token', 'create', '--org', 'acme', '--user', 'owner@acme.test', ...ALL.flatMap((scope) => ['--scope', scope]));
    tokens.builder = await person('builder@acme.test', 'admin');
    tokens.member = await person('member@acme.test', 'member');
    tokens.lead = await person('lead@acme.test', 'member');
    for (const email of ['builder@acme.test', 'lead@acme.test', 'member@acme.test'])
      await daemon.ctlOk('team', 'add-member', 'core', email, '--org', 'acme');
    const list = (await daemon.ctlJson('token', 'list', '--org', 'acme')).tokens;
    await daemon.ctlOk('token', 'revoke', list.find(({ ends_with: end }) => tokens.revoked.endsWith(end)).id);
    await daemon.stop();
    const expired = list.find(({ ends_with: end }) => tokens.expired.endsWith(end)).id;
    await daemon.tamper(`${THEIR_INTEGRATION};
      UPDATE api_token SET expires_at = 1 WHERE id = ${expired};
      UPDATE organization SET open_membership = 0 WHERE slug = 'acme';
      UPDATE team_member SET role = 'admin' WHERE member_id = (SELECT m.id FROM member m JOIN account a ON a.id = m.account_id
        WHERE a.email = 'lead@acme.test')`);
    await daemon.run();
    operations = await describeAll();
  });
  after(() => daemon?.close());

  test('no operation answers without good credentials, and none of these attempts leaves a trace', async () => {
    const before = await stored();
    const attempts = [[{}, 'Authentication credentials were not provided.'],
      [{ authorization: 'Basic bW9uYTpsaXNh' }, 'Use the header Authorization: Bearer TOKEN.'],
      [{ authorization: 'Bearer mrt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }, 'Invalid token.'],
      [{ authorization: `Bearer ${tokens.revoked}` }, 'Invalid token.'],
      [{ authorization: `Bearer ${tokens.expired}` }, 'The token has expired.'],
      [{ cookie: 'mortise_session=mrs_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }, 'The session has ended; sign in again.']];
    await each(operations, async ({ method, path, body }) => {
      for (const [headers, detail] of attempts) {
        const answer = await daemon.api(method, reach(path, ours), { headers, body });
        assert.deepEqual([answer.status, answer.text], [401, JSON.stringify({ detail })]);
        assert.equal(answer.headers['www-authenticate'], 'Bearer realm="api"');
      }
    });
    assert.deepEqual(await stored(), before);
  });

  test('an organization that is not one\'s own is as one that is not there', async () => {
    await each(operations.filter(({ parameters }) => parameters.includes('organization_id_or_slug')), async ({ method, path, body }) => {
      const [other, none] = await Promise.all([theirs, nobodys].map(({ organization_id_or_slug: slug }) =>
        api(method, reach(path, { ...ours, organization_id_or_slug: slug }), tokens.good, body)));
      assert.deepEqual([other.status, other.text], [404, ABSENT]);
      assert.deepEqual([none.status, none.text], [404, ABSENT]);
      assert.deepEqual(Object.keys(other.headers), Object.keys(none.headers));
    });
  });

  test('a token without the scopes is told so before anything of the organization', async () => {
    await each(operations.filter(({ scopes }) => scopes.length > 0), async ({ method, path, body, scopes }) => {
      assert.ok(!scopes.includes('project:distribution'));
      for (const values of [ours, { ...ours, project_id_or_slug: 'nothing', team_id_or_slug: 'none' }]) {
        const answer = await api(method, reach(path, { ...values, issue_id: issues.shop }), tokens.powerless, body);
        assert.deepEqual([answer.status, answer.text], [403, FORBIDDEN]);
      }
    });
  });

  // Below one's own organization, with ids of the other.
  test('what the other organization has is as what nobody has', async () => {
    const before = await stored();
    const named = operations.flatMap((operation) => operation.parameters
      .filter((name) => !['organization_id_or_slug', 'slug', 'pipeline', 'event_id'].includes(name))
      .map((name) => ({ ...operation, name: `${operation.name} by ${name}`, parameter: name })));
    await each(named, async ({ method, path, body, parameter }) => {
      for (const value of [theirs[parameter], '1'].filter(Boolean)) {
        const nothing = value === '1' ? NOBODY : nobodys[parameter];
        const [other, none] = await Promise.all([value, nothing].map((one) =>
          api(method, reach(path, { issue_id: issues.shop, ...ours, [parameter]: one }), tokens.owner, body)));
        assert.ok([400, 404].includes(other.status), `${value}: ${other.status} ${other.text}`);
        assert.deepEqual([other.status, other.text.replaceAll(value, '*')], [none.status, none.text.replaceAll(nothing, '*')]);
      }
    });
    assert.deepEqual(await stored(), before);
  });

  test('rows of the other organization do stand behind the first ids', async () => {
    for (const table of ['project', 'team', 'member', 'issue', 'activity', 'data_forwarder', 'external_actor', 'release', 'repository', 'code_mapping'])
      assert.equal((await daemon.sql(table === 'activity'
        ? 'SELECT organization_id AS o FROM issue WHERE id = (SELECT issue_id FROM activity WHERE id = 1)'
        : `SELECT organization_id AS o FROM ${table} WHERE id = 1`))[0].o, 1, table);
  });

  test('what bodies and queries name of the other organization is as what nobody has', async () => {
    const org = '/organizations/acme';
    const issue = `${org}/issues/${issues.shop}/`;
    const before = await stored();
    for (const [method, path, body] of [
      ['GET', (id) => `${org}/issues/?project=${id}`], ['GET', (id) => `${org}/issues/?id=${id}`],
      ['GET', (id) => `${org}/releases/?project=${id}`], ['GET', (id) => `${org}/audit-logs/?actor=team:${id}`],
      ['GET', (id) => `${org}/repos/?integration_id=${id}`], ['GET', (id) => `${org}/code-mappings/?integrationId=${id}`],
      ['GET', (id) => `${org}/code-mappings/?project=${id}`],
      ['PUT', (id) => `${org}/issues/?id=${id}`, () => ({ status: 'resolved' })], ['DELETE', (id) => `${org}/issues/?id=${id}`],
      ['PUT', () => issue, (id) => ({ assignedTo: `team:${id}` })], ['PUT', () => issue, (id) => ({ assignedTo: `user:${id}` })],
      ['POST', () => `${org}/releases/`, (id) => ({ version: 'x@1', projects: [id] })],
      ['POST', () => `${org}/data-forwarders/`, (id) => ({ name: 'x', provider: 'segment', config: { write_key: 'k' }, project_ids: [Number(id)] })],
      ['POST', () => `${org}/external-users/`, (id) => ({ externalName: '@x', provider: 'github', memberId: id, integrationId: '1' })],
      ['POST', () => `${org}/external-users/`, (id) => ({ externalName: '@x', provider: 'github', memberId: '2', integrationId: id })],
      ['POST', () => `${org}/external-teams/`, (id) => ({ externalName: '@x', provider: 'github', teamId: id, integrationId: '1' })],
      ['POST', () => `${org}/repos/`, (id) => ({ provider: 'integrations:github', installation: id, identifier: 'a/b' })],
      ['POST', () => `${org}/code-mappings/`,
        (id) => ({ projectId: id, repositoryId: id, integrationId: id, stackRoot: '', sourceRoot: '', defaultBranch: 'main' })],
    ]) {
      const [theirs, nobodys] = await Promise.all(['1', NOBODY].map((id) => api(method, path(id), tokens.owner, body?.(id))));
      const shown = ({ status, text }, id) => [status, text.replaceAll(id, '*')];
      assert.deepEqual(shown(theirs, '1'), shown(nobodys, NOBODY), `${method} ${path('*')} ${JSON.stringify(body?.('*'))}`);
      assert.doesNotMatch(theirs.text, /secret|spies|spy|theirs/);
    }
    assert.deepEqual(await stored(), before);
  });

  // ---- Reach ----

  test('a project, an issue and a team out of reach are refused, whatever is asked of them', async () => {
    const before = await stored();
    const out = { ...ours, project_id_or_slug: 'vault', team_id_or_slug: 'guards', issue_id: issues.vault };
    const reached = operations.filter(({ parameters }) => !parameters.includes('member_id') &&
      parameters.some((name) => ['project_id_or_slug', 'issue_id', 'team_id_or_slug'].includes(name)));
    await each(reached, async ({ method, path, body }) => {
      const answer = await api(method, reach(path, out), tokens.builder, body);
      assert.deepEqual([answer.status, answer.text], [403, FORBIDDEN]);
    });
    assert.deepEqual(await stored(), before);
    for (const [name, project, issue] of [['builder', 'shop', issues.shop], ['owner', 'vault', issues.vault], ['good', 'vault', issues.vault]]) {
      assert.equal((await api('GET', `/projects/acme/${project}/`, tokens[name])).status, 200, name);
      assert.equal((await api('GET', `/issues/${issue}/`, tokens[name])).status, 200, name);
    }
  });

  test('lists of issues show what is within reach, and changes of many stay there', async () => {
    const titles = async (token, query = '') => (await api('GET', `/organizations/acme/issues/${query}`, token)).json.map(({ title }) => title).sort();
    assert.deepEqual(await titles(tokens.builder), ['A fault']);
    assert.deepEqual(await titles(tokens.owner), ['A fault', 'Hidden']);
    assert.deepEqual(await titles(tokens.good, '?project=shop&project=vault'), ['A fault', 'Hidden']);
    assert.deepEqual(await titles(tokens.good, '?project=vault'), ['Hidden']);
    const paged = await daemon.list('/organizations/acme/issues/?project=shop&project=vault', { token: tokens.good, perPage: 1 });
    assert.deepEqual(paged.map(({ title }) => title), ['Hidden', 'A fault']);
    assert.deepEqual(await titles(tokens.builder, '?project=-1'), ['A fault']);
    assert.deepEqual(await titles(tokens.builder, `?id=${issues.vault}&id=${issues.shop}`), ['A fault']);
    assert.deepEqual(await titles(tokens.builder, '?query=VAULT-1'), []);
    assert.equal((await api('GET', '/organizations/acme/issues/?project=vault', tokens.builder)).status, 403);
    assert.equal((await api('PUT', `/organizations/acme/issues/?id=${issues.vault}`, tokens.builder, { status: 'resolved' })).status, 204);
    assert.equal((await api('GET', `/issues/${issues.vault}/`, tokens.good)).json.status, 'unresolved');
  });

  test('nothing above projects shows one out of reach, but which team works on it', async () => {
    const above = operations.filter(({ method, parameters, path }) => method === 'GET' && !parameters.includes('project_id_or_slug') &&
      !/\/teams\/$/.test(path));
    const seen = new Set();
    await each(above, async ({ path }) => {
      const { status, text } = await api('GET', reach(path, { ...ours, issue_id: issues.shop, version: 'vault@1' }), tokens.builder);
      assert.doesNotMatch(text, /vault|Hidden/i);
      seen.add(status);
    });
    assert.ok(seen.has(200) && seen.has(404));
  });

  test('an admin of a team may change its projects, a contributor may not', async () => {
    const add = async (project, token) => (await api('POST', `/projects/acme/${project}/keys/`, token, { name: 'More' })).status;
    assert.equal(await add('shop', tokens.lead), 201);
    assert.equal(await add('shop', tokens.member), 403);
    assert.equal(await add('vault', tokens.lead), 403);
  });

  // ---- Tokens ----

  const signIn = async (email) => {
    const link = new URL(await daemon.ctlOk('login-link', email)).hash.replace('#token=', '');
    const answer = await daemon.api('POST', '/auth/login-link/', { body: { token: link } });
    const headers = { cookie: answer.headers['set-cookie'][0].split(';')[0], 'x-csrf-token': answer.json.csrf };
    return (method, path, body) => daemon.api(method, path, { headers, body });
  };

  test('a user makes tokens of his own, with no more than he may do, and ends them', async () => {
    const call = await signIn('member@acme.test');
    const { status, json, headers } = await call('POST', '/api-tokens/', { name: 'Laptop', scopes: ['org:read', 'event:read'], expiresInDays: 30 });
    assert.equal(status, 201);
    assert.equal(headers['cache-control'], 'no-store');
    assert.deepEqual([json.name, json.scopes, json.token.slice(-4)], ['Laptop', ['event:read', 'org:read'], json.tokenLastCharacters]);
    assert.equal((await api('GET', '/organizations/acme/', json.token)).status, 200);
    const found = (await call('GET', '/api-tokens/')).json.find(({ id }) => id === json.id);
    assert.equal(found.token, undefined);
    assert.match(found.dateCreated, /^2/);
    assert.equal((await call('PUT', `/api-tokens/${json.id}/`, { name: 'Old laptop' })).status, 204);
    assert.equal((await call('GET', `/api-tokens/${json.id}/`)).json.name, 'Old laptop');
    for (const path of [`/api-tokens/${json.id}/`, '/organizations/acme/org-auth-tokens/'])
      assert.equal((await api('GET', path, tokens.powerless)).status, 403, path);
    assert.equal((await api('GET', `/api-tokens/${json.id}/`, tokens.owner)).status, 404);
    assert.equal((await call('DELETE', '/api-tokens/', { tokenId: json.id })).status, 204);
    assert.equal((await api('GET', '/organizations/acme/', json.token)).status, 401);
    assert.equal((await call('DELETE', `/api-tokens/${json.id}/`)).status, 404);
    for (const [body, field] of [[{ scopes: ['org:write'] }, 'scopes'], [{ scopes: ['org:own'] }, 'scopes'], [{ scopes: [] }, 'scopes'], [{}, 'scopes'],
      [{ scopes: ['org:read'], expiresInDays: 0 }, 'expiresInDays'], [{ scopes: ['org:read'], organization: 'elsewhere' }, 'organization'],
      [{ scopes: ['org:read'], name: 'x'.repeat(65) }, 'name']]) {
      const wrong = await call('POST', '/api-tokens/', body);
      assert.deepEqual([wrong.status, Object.keys(wrong.json)], [400, [field]], JSON.stringify(body));
    }
    assert.equal((await api('POST', '/api-tokens/', tokens.owner, { scopes: ['org:read'] })).status, 403);
  });

  test('a token of the organization needs one who reaches all of it, and org:admin of a token', async () => {
    const path = '/organizations/acme/org-auth-tokens/';
    const made = await (await signIn('owner@acme.test'))('POST', path, { name: 'CI' });
    assert.deepEqual([made.status, made.json.scopes], [201, ['org:ci']]);
    assert.equal((await api('GET', '/organizations/acme/releases/', made.json.token)).status, 200);
    assert.equal((await api('GET', '/organizations/acme/members/', made.json.token)).status, 403);
    assert.equal((await (await signIn('member@acme.test'))('POST', path, { name: 'CI' })).status, 403);
    const writer = await daemon.token('acme', ['org:write', 'project:releases']);
    assert.equal((await api('POST', path, writer, { name: 'CI' })).status, 403);
    assert.equal((await api('POST', path, tokens.good, { name: 'All', scopes: ['project:admin', 'org:read'] })).status, 201);
    const { json: all } = await api('GET', path, writer);
    assert.ok(all.some(({ id }) => id === made.json.id) && all.length > 1);
    const pages = all.map((item) => [item.id]);
    assert.deepEqual((await daemon.listBothWays(path, { token: writer, perPage: 1 })).map((way) => way.map((items) => items.map(({ id }) => id))), [pages, pages]);
    assert.equal((await api('DELETE', `${path}${made.json.id}/`, writer)).status, 204);
    assert.equal((await api('GET', '/organizations/acme/releases/', made.json.token)).status, 401);
  });

  test('the audit log says who did it, by event and by actor, page after page', async () => {
    const log = '/organizations/acme/audit-logs/';
    const { rows, options } = (await api('GET', `${log}?event=api-token.create`, tokens.good)).json;
    const laptop = rows.find(({ data }) => data.name === 'Laptop');
    assert.deepEqual([laptop.actor.type, laptop.actor.email, laptop.event], ['user', 'member@acme.test', 'api-token.create']);
    assert.equal(laptop.targetObject, Number(laptop.target.replace('token:', '')));
    assert.ok(['api-token.create', 'api-token.remove', 'org-auth-token.create'].every((event) => options.includes(event)), options.join());
    const mine = (await api('GET', `${log}?actor=${laptop.actor.id}`, tokens.good)).json.rows;
    assert.ok(mine.length >= 3 && mine.every(({ actor }) => actor.id === laptop.actor.id));
    const seen = [];
    for (let next = `${log}?per_page=3`; next;) {
      const page = await api('GET', next, tokens.good);
      assert.ok(page.json.rows.length <= 3);
      seen.push(...page.json.rows.map(({ id }) => Number(id)));
      const [, cursor] = page.headers.link.match(/rel="next"; results="true"; cursor="([^"]*)"/) ?? [];
      next = cursor ? `${log}?per_page=3&cursor=${cursor}` : null;
    }
    const [{ n }] = await daemon.sql("SELECT count(*) AS n FROM audit_log WHERE organization_id = (SELECT id FROM organization WHERE slug = 'acme')");
    assert.equal(seen.length, n);
    assert.deepEqual(seen, [...new Set(seen)].sort((a, b) => b - a));
    assert.equal((await api('GET', log, tokens.member)).status, 403);
  });

  // ---- Rates ----

  test('who asks too often waits; good credentials are not held up by their neighbours', async () => {
    await daemon.stop();
    daemon.configure({ api: { rate_per_token: 2, rate_per_address: 1 } });
    await daemon.run();
    // Both in one window of ten seconds, whenever that begins.
    const spend = async (path, token, limit) => {
      for (let i = 0; i < 2 * limit; i++) {
        const answer = await daemon.api('GET', path, { token });
        if (answer.status === 429) return answer;
        assert.equal(answer.headers['x-sentry-rate-limit-limit'], String(limit));
      }
      return null;
    };
    const limited = async (path, token, limit) => await spend(path, token, limit) ?? spend(path, token, limit);
    for (const [path, token, limit] of [['/organizations/', undefined, 10], ['/organizations/acme/', tokens.good, 20]]) {
      const { status, headers, json } = await limited(path, token, limit);
      assert.equal(status, 429);
      assert.ok(Number(headers['retry-after']) >= 1 && Number(headers['retry-after']) <= 10, headers['retry-after']);
      assert.equal(headers['x-sentry-rate-limit-remaining'], '0');
      assert.ok(Number(headers['x-sentry-rate-limit-reset']) * 1000 > Date.now() - 1000);
      assert.match(json.detail, /too frequently/);
    }
    assert.equal((await daemon.api('GET', '/organizations/acme/', { token: tokens.owner })).status, 200);
  });
});
