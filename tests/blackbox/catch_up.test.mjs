// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// GitHub does not try again: deliveries that failed are found in the App's delivery log
// and asked for once more.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { until } from './lib/until.mjs';
import { startWorld } from './lib/world.mjs';

describe('deliveries that GitHub could not make', () => {
  let world;
  let daemon;
  let token;

  before(async () => {
    world = await startWorld();
    daemon = world.daemon;
    token = await daemon.organization('acme');
    await world.install('acme', token);
    await daemon.idle();
  });
  after(() => world?.close());

  async function messages() {
    const repos = await daemon.list('/organizations/acme/repos/', { token });
    const shop = repos.find(({ name }) => name === 'acme-co/shop');
    const list = await daemon.list(`/organizations/acme/repos/${shop.id}/commits/`, { token });
    return list.map(({ message }) => message);
  }

  test('are asked for again, once each, and only those', async () => {
    const { github } = world;
    await github.push('mona', 'acme-co/shop', 'a.txt', 'a', { message: 'arrives' });
    await until('the first arrives', async () => (await messages()).includes('arrives'));
    await daemon.stop();
    for (const name of ['b', 'c'])
      await github.push('mona', 'acme-co/shop', `${name}.txt`, name, { message: `missed ${name}` });
    const failed = await until('GitHub has logged both failures', () => {
      const entries = github.deliveries.entries.filter(({ status_code: status }) => status >= 400);
      return entries.length === 2 && entries;
    });

    await daemon.tamper('UPDATE schedule SET next_at = 0');
    await daemon.run();
    await until('both have come', async () => {
      const found = await messages();
      return ['missed b', 'missed c'].every((message) => found.includes(message));
    });
    await daemon.idle();

    await daemon.stop();
    await daemon.tamper('UPDATE schedule SET next_at = 0');
    await daemon.run();
    await daemon.idle();
    const attempts = github.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/attempts'));
    assert.deepEqual(attempts.map(({ path }) => Number(path.split('/').at(-2))).sort(),
      failed.map(({ id }) => id).sort());
    assert.deepEqual((await messages()).sort(), ['arrives', 'missed b', 'missed c']);
  });
});
