// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Thousands of requests that should not be sent, made from the description of the API: none
// ends in a 5xx, every answer is one that is described, and one that is refused changes
// nothing in the store.  HOSTILE_REQUESTS says how many, HOSTILE_SEED which.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { ApiDescription } from './lib/api_description.mjs';
import { ApiWorld } from './lib/api_world.mjs';
import { GoodRequests } from './lib/good_requests.mjs';
import { Hostile, hostileTokens } from './lib/hostile.mjs';
import { KeepAlive } from './lib/keep_alive.mjs';
import { sanitized } from './lib/paths.mjs';
import { Random } from './lib/random.mjs';
import { StoreWatch } from './lib/store_watch.mjs';

// A sanitizer takes its time.
const requests = Number(process.env.HOSTILE_REQUESTS) || (sanitized ? 2500 : 5000);

describe('hostile requests', () => {
  const random = new Random(process.env.HOSTILE_SEED || undefined);
  const description = new ApiDescription();
  let world, hostile, store, client;

  before(async () => {
    world = await ApiWorld.start({ settings: { log: { level: 'error', format: 'logfmt' }, api: { rate_per_token: 0, rate_per_address: 0 } } });
    hostile = new Hostile(description, world, await hostileTokens(world.daemon));
    client = new KeepAlive(world.daemon.port);
    store = await StoreWatch.start(world.daemon);
  });
  after(async () => {
    client?.close();
    await store?.close();
    await world?.close();
  });

  const shuffled = (list) => list.map((item) => [random.next(), item]).sort(([a], [b]) => a - b).map(([, item]) => item);

  // Every family of every operation gets its part; which of its cases, the seed says.  When
  // there are no more, two things are wrong at once.
  function* choose() {
    const operations = description.operations.map((operation) => hostile.families(operation).map(shuffled));
    let left = requests;
    for (let round = 0, cases; left > 0; round++, left -= cases.length) {
      cases = operations.flat().map((family) => family[round]).filter(Boolean);
      if (cases.length === 0) break;
      yield* shuffled(cases).slice(0, left);
    }
    for (; left > 0; left--) {
      const families = random.pick(operations);
      yield hostile.both(random.pick(random.pick(families)), random.pick(random.pick(families)));
    }
  }

  // What is wrong with what came of a request: a list of texts.
  async function judge(item) {
    const before = await store.version();
    const answer = await client.send(item);
    const wrong = description.answerErrors(item.operation, answer);
    if (answer.status >= 500) wrong.push(`${answer.status}: ${answer.text.slice(0, 300)}`);
    if (item.refused && answer.status < 400) wrong.push(`taken with ${answer.status}`);
    if (answer.status >= 400 && await store.version() !== before) wrong.push(...await changes(item));
    return wrong;
  }

  // Something was written meanwhile.  Was it this request, or a job of an earlier one?
  async function changes(item) {
    await world.daemon.idle();
    const before = await store.rows();
    const { status } = await client.send(item);
    return status < 400 ? [] : store.differences(before, await store.rows()).map((row) => `refused with ${status}, but wrote ${row}`);
  }

  test(`seed ${random.seed}: ${requests} requests, none of which hurts`, async () => {
    const faults = [];
    let sent = 0, refused = 0;
    for (const item of choose()) {
      const wrong = await judge(item).catch((error) => [`${error.message}`]);
      sent++;
      refused += item.refused;
      if (wrong.length > 0) faults.push(`${item.name} (${item.method} ${item.path.slice(0, 200)})\n    ${[...new Set(wrong)].slice(0, 4).join('\n    ')}`);
    }
    assert.equal((await world.daemon.request('GET', '/-/healthy')).status, 200);
    console.log(`# ${sent} requests, ${refused} of them to be refused whatever is there`);
    assert.ok(refused > sent / 4, 'the generator lost its teeth');
    assert.equal(faults.length, 0, `HOSTILE_SEED=${random.seed}: ${faults.length} faults\n  ${faults.slice(0, Number(process.env.HOSTILE_SHOWN) || 40).join('\n  ')}`);
  });

  test(`seed ${random.seed}: pairs of equal requests at once`, async () => {
    // Of the other organization, which still has everything.
    const faults = [];
    const good = new GoodRequests(description, world, world.other);
    for (const operation of good.inOrder().filter(({ method }) => method !== 'GET')) {
      const item = await good.request(operation);
      const answers = await Promise.all([client.send(item), client.send(item)]).catch((error) => [error]);
      for (const answer of answers) {
        const wrong = answer.status ? description.answerErrors(operation, answer) : [answer.message];
        // 503: the other one is at the upstream just now.
        if (answer.status === 500) wrong.push(`${answer.status}: ${answer.text.slice(0, 300)}`);
        if (wrong.length > 0) faults.push(`${item.method} ${item.path}\n    ${wrong.slice(0, 4).join('\n    ')}`);
      }
    }
    assert.equal((await world.daemon.request('GET', '/-/healthy')).status, 200);
    assert.deepEqual(faults, []);
  });
});
