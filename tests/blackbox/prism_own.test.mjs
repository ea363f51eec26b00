// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Prism with our own description before a real mortised: a walk over every operation.
// Good input, made of the description's examples, succeeds, violates nothing, and what it
// changes is in the audit log.  Bad input of every kind is let through by Prism, which then
// validates how it is refused.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { forward, serve } from '../upstream/http.mjs';
import { ApiDescription, descriptionFile } from './lib/api_description.mjs';
import { ApiWorld } from './lib/api_world.mjs';
import { AuditCheck } from './lib/audit.mjs';
import { GoodRequests } from './lib/good_requests.mjs';
import { Hostile, hostileTokens } from './lib/hostile.mjs';
import { KeepAlive } from './lib/keep_alive.mjs';
import { noPrism, runPrism, violationsIn } from './lib/prism.mjs';
import { Random } from './lib/random.mjs';
import { StoreWatch } from './lib/store_watch.mjs';

const BAD_OF_EACH = 2;

describe('Prism with our own description', { skip: noPrism }, () => {
  const random = new Random(process.env.PRISM_SEED || undefined);
  const description = new ApiDescription();
  let world, tokens, prism, upstream, direct, through, replayed, store;

  before(async () => {
    world = await ApiWorld.start({ settings: { api: { rate_per_token: 0, rate_per_address: 0 }, log: { level: 'error', format: 'logfmt' } } });
    tokens = await hostileTokens(world.daemon);
    upstream = await serve((request) => replayed ?? forward(world.daemon.url, request));
    prism = await runPrism(descriptionFile, upstream.url);
    direct = new KeepAlive(world.daemon.port);
    through = new KeepAlive(prism.port);
    store = await StoreWatch.start(world.daemon);
  });
  after(async () => {
    await store?.close();
    direct?.close();
    through?.close();
    await prism?.close();
    await upstream?.close();
    await world?.close();
  });

  // What Prism says of one side of an exchange.
  const violations = ({ headers }, side) => violationsIn(headers['sl-violations'] ?? '[]')
    .filter(({ location }) => location[0] === side).map(({ location, message }) => `${location.join('.')}: ${message}`);
  const asReply = ({ status, headers: { 'content-length': size, 'transfer-encoding': coding, connection, ...headers }, text }) => ({ status, headers, text });
  const exchange = ({ method, path, body }) => `${method} ${path.slice(0, 200)} ${String(body ?? '').slice(0, 200)}`;

  // What the description says once for all operations Prism does not know; and it follows a
  // redirect, whose own answer it never shows.
  const judgedHere = (operation, { status }) => status === 302 || (status >= 400 && !operation.statuses.includes(status));

  // Prism itself does not survive all that is sent here.  So the daemon is asked directly,
  // and its answer given to Prism as that to a good request.
  test(`seed ${random.seed}: bad input of every kind is refused as described`, async () => {
    const hostile = new Hostile(description, world, tokens);
    const good = new GoodRequests(description, world);
    const faults = [];
    for (const operation of description.operations) {
      const families = hostile.families(operation);
      for (let i = 0; i < BAD_OF_EACH; i++) {
        const item = random.pick(random.pick(families));
        replayed = asReply(await direct.send(item));
        const found = judgedHere(operation, replayed) ? description.answerErrors(operation, replayed)
          : violations(await through.send(good.plain(operation)), 'response');
        if (found.length > 0 || replayed.status >= 500)
          faults.push(`${item.name} (${exchange(item)}): ${replayed.status} ${replayed.text.slice(0, 200)} ${found.join('; ')}`);
      }
    }
    replayed = null;
    assert.deepEqual(faults, [], `PRISM_SEED=${random.seed}`);
  });

  test('the description is served to everybody, packed and with an ETag', async () => {
    const path = '/api/0/openapi.json';
    const plain = await world.daemon.request('GET', path);
    assert.deepEqual([plain.status, plain.json], [200, description.api]);
    assert.equal((await world.daemon.request('GET', path, { headers: { 'if-none-match': plain.headers.etag } })).status, 304);
    const packed = await fetch(world.daemon.url + path, { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(packed.headers.get('content-encoding'), 'gzip');
    assert.deepEqual(await packed.json(), description.api);
  });

  test('good input of every operation violates nothing, and leaves its trace in the audit log', async () => {
    // Of the other organization, which bad input has not reached.
    const good = new GoodRequests(description, world, world.other);
    const audit = await AuditCheck.start(store, world.other);
    const faults = [];
    for (const operation of good.inOrder()) {
      const item = await good.request(operation).catch((error) => ({ error }));
      if (item.error) {
        faults.push(`${operation.id}: ${item.error.message}`);
        continue;
      }
      if (operation.id === 'deleteOrganization')
        faults.push(...audit.readable(await world.other.get(`/organizations/${world.other.org}/audit-logs/`)));
      const changes = item.method !== 'GET';
      if (changes) await audit.before();
      const answer = await (operation.statuses.includes(302) ? direct : through).send(item);
      const found = operation.statuses.includes(302) ? description.answerErrors(operation, answer)
        : [...violations(answer, 'request'), ...violations(answer, 'response')];
      if (changes) found.push(...await audit.after(operation, item, answer));
      if (found.length > 0 || (item.status ? answer.status !== item.status : answer.status >= 400))
        faults.push(`${operation.id} (${exchange(item)}): ${answer.status} ${answer.text.slice(0, 300)} ${found.join('; ')}`);
    }
    assert.deepEqual(faults, []);
    assert.ok(audit.secrets.size >= 5, `${audit.secrets.size} secrets were looked for`);
  });
});
