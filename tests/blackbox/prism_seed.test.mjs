// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The public contract, ../shared/api/seed-openapi.yaml beside the checkout: Prism stands
// before mortised and holds requests and answers against it, on a walk over every operation
// and every status that it names.  A door behind Prism can spoil an answer, to see that
// Prism minds.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { forward, serve } from '../upstream/http.mjs';
import { folder } from './lib/description.mjs';
import { noPrism, runPrism } from './lib/prism.mjs';
import { startWorld } from './lib/world.mjs';

const seed = join(dirname(folder), 'api', 'seed-openapi.yaml');
const skip = noPrism || (!existsSync(seed) && `there is no ${seed}`);

// What the contract names: "GET /organizations/{…}/integrations/ 200", …
function documented() {
  const all = [];
  let path;
  let method;
  for (const line of readFileSync(seed, 'utf8').split('\n')) {
    path = /^ {2}(\/\S*):$/.exec(line)?.[1] ?? path;
    method = /^ {4}(get|post|put|delete):$/.exec(line)?.[1].toUpperCase() ?? method;
    const status = /^ {8}'(\d{3})':$/.exec(line)?.[1];
    if (status) all.push(`${method} ${path} ${status}`);
  }
  return all.sort();
}

describe('the public contract', { skip }, () => {
  let world;
  let daemon;
  let door;
  let prism;
  let token;
  let member;
  let team;
  let spoil = null;             // changes the next answers
  const passed = [];            // what came through to mortised
  const met = new Set();

  const ask = async (method, path, { as = token, body } = {}) => {
    const answer = await fetch(`http://127.0.0.1:${prism.port}${path}`, { method,
      headers: { ...(as && { authorization: `Bearer ${as}` }), ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body) });
    const text = await answer.text();
    return { status: answer.status, violations: answer.headers.get('sl-violations'), text,
      json: /json/.test(answer.headers.get('content-type') ?? '') && text ? JSON.parse(text) : undefined };
  };

  // One step of the walk: 'pattern' as the contract has it, its parameters, the answer.
  const step = async (method, pattern, id, status, options) => {
    const path = pattern.replace(/\{organization_id_or_slug\}/, options?.org ?? 'acme').replace(/\{\w+\}/, id);
    const count = passed.length;
    const answer = await ask(method, path, options);
    assert.deepEqual([answer.status, answer.violations], [status, null], `${method} ${path}: ${answer.text}`);
    assert.deepEqual(passed.slice(count), [`${method} /api/0${path}`], 'it was mortised that answered');
    met.add(`${method} ${pattern.split('?')[0]} ${status}`);
    return answer.json;
  };

  const ORGANIZATION = '/organizations/{organization_id_or_slug}';
  const stranger = { as: 'mrt_nobody' };

  before(async () => {
    world = await startWorld();
    ({ daemon } = world);
    token = await daemon.organization('acme');
    await world.install('acme', token);
    ([member] = await daemon.list('/organizations/acme/members/', { token }));
    await daemon.ctlOk('team', 'create', 'web', '--org', 'acme');
    ([team] = await daemon.list('/organizations/acme/teams/', { token }));
    door = await serve(async (request) => {
      passed.push(`${request.method} /api/0${request.target}`);
      const reply = await forward(`${daemon.url}/api/0`, request);
      return spoil ? spoil(reply) : reply;
    });
    prism = await runPrism(seed, door.url, '--errors');
  });
  after(async () => {
    await prism?.close();
    await door?.close();
    await world?.close();
  });

  test('holds for the data forwarders', async () => {
    const path = `${ORGANIZATION}/data-forwarders/`;
    const item = `${path}{forwarder_id}/`;
    const { id } = await step('POST', path, '', 201, { body: { name: 'Segment' } });
    await step('POST', path, '', 400, { body: { name: '' } });
    const all = await step('GET', path, '', 200);
    assert.deepEqual(all.map(({ name }) => name), ['Segment']);
    await step('GET', path, '', 200, { org: all[0].organizationId });
    await step('PUT', item, id, 200, { body: { name: 'Renamed' } });
    await step('PUT', item, '4711', 404, { body: { name: 'x' } });
    for (const [method, pattern, options] of [['POST', path, { body: { name: 'x' } }], ['GET', path],
      ['PUT', item, { body: { name: 'x' } }], ['DELETE', item]])
      await step(method, pattern, id, 401, { ...options, ...stranger });
    await step('GET', path, '', 403, { as: await daemon.token('acme', ['event:read']) });
    await step('DELETE', item, id, 204);
    await step('DELETE', item, id, 404);
  });

  for (const [name, key, externalName, owner] of [
    ['external-users', 'external_user_id', '@mona', () => ({ memberId: Number(member.id) })],
    ['external-teams', 'external_team_id', '@acme/web', () => ({ teamId: Number(team.id) })],
  ])
    test(`holds for ${name}`, async () => {
      const path = `${ORGANIZATION}/${name}/`;
      const item = `${path}{${key}}/`;
      const body = { externalName, provider: 'github', ...owner() };
      const { id, integrationId } = await step('POST', path, '', 201, { body });
      const other = await step('POST', path, '', 201, { body: { ...body, externalName: `${externalName}-2`, integrationId: Number(integrationId) } });
      await step('POST', path, '', 400, { body: { ...body, provider: 'email' } });
      await step('POST', path, '', 401, { body, ...stranger });
      await step('PUT', item, id, 200, { body: { externalName: `${externalName}-3`, provider: 'github' } });
      await step('PUT', item, id, 200, { body: {} });
      await step('PUT', item, '4711', 404, { body: {} });
      await step('PUT', item, id, 401, { body: {}, ...stranger });
      await step('DELETE', item, id, 401, stranger);
      for (const row of [id, other.id]) await step('DELETE', item, row, 204);
      await step('DELETE', item, id, 404);
    });

  test('is held against both sides', async (t) => {
    t.after(() => { spoil = null; });
    const refused = async (status, text, method, path, options) => {
      const answer = await ask(method, path, options);
      assert.equal(answer.status, status, answer.text);
      assert.match(answer.text, text);
    };
    // A request that the contract does not allow never reaches mortised.
    const count = passed.length;
    await refused(422, /memberId/, 'POST', '/organizations/acme/external-users/',
      { body: { externalName: '@x', provider: 'github', memberId: 'many' } });
    assert.equal(passed.length, count);
    // An answer of another shape never reaches the client.
    const items = (change) => (reply) => {
      const list = JSON.parse(reply.bytes);
      list.forEach(change);
      return { ...reply, bytes: Buffer.from(JSON.stringify(list)) };
    };
    spoil = items((item) => { item.id = Number(item.id); });
    await refused(500, /response.*id/s, 'GET', '/organizations/acme/integrations/');
    spoil = items((item) => { delete item.provider; });
    await refused(500, /response.*provider/s, 'GET', '/organizations/acme/integrations/');
    spoil = items((item) => { item.icon = 1; });
    await refused(500, /response.*icon/s, 'GET', '/organizations/acme/integrations/');
    // A status that the contract does not name is a violation that Prism passes on.
    spoil = (reply) => ({ ...reply, status: 418 });
    assert.match((await ask('GET', '/organizations/acme/integrations/')).violations, /status code/);
  });

  test('holds for integrations', async () => {
    const path = `${ORGANIZATION}/integrations/`;
    const item = `${path}{integration_id}/`;
    const config = `${ORGANIZATION}/config/integrations/`;
    const [{ id }] = await step('GET', path, '', 200);
    assert.equal((await step('GET', `${path}?providerKey=github`, '', 200)).length, 1);
    assert.deepEqual(await step('GET', `${path}?providerKey=gitlab`, '', 200), []);
    // Members that the contract marks as nullable are null here.
    assert.equal((await step('GET', `${path}?includeConfig=0`, '', 200))[0].configData, null);
    await step('GET', item, id, 200);
    await step('GET', item, '4711', 404);
    const { providers } = await step('GET', config, '', 200);
    assert.ok(providers.some(({ key }) => key === 'github'));
    for (const [method, pattern] of [['GET', path], ['GET', item], ['DELETE', item], ['GET', config]])
      await step(method, pattern, id, 401, stranger);
    const reporter = { as: await daemon.token('acme', ['event:read']) };
    for (const pattern of [path, config]) await step('GET', pattern, '', 403, reporter);
    await step('DELETE', item, id, 204);
    await step('DELETE', item, '4711', 404);
  });

  test('was walked whole', () => {
    assert.equal(documented().length, 42);
    assert.deepEqual([...met].sort(), documented());
  });
});
