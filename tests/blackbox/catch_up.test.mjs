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

    await daemon.tamper("UPDATE schedule SET next_at = 0 WHERE name = 'github:catch_up'");
    await daemon.run();
    await until('both have come', async () => {
      const found = await messages();
      return ['missed b', 'missed c'].every((message) => found.includes(message));
    });
    await daemon.idle();

    await daemon.stop();
    await daemon.tamper("UPDATE schedule SET next_at = 0 WHERE name = 'github:catch_up'");
    await daemon.run();
    await until('the schedule has come', async () =>
      (await daemon.sql("SELECT next_at FROM schedule WHERE name = 'github:catch_up'"))[0].next_at > 0);
    await daemon.idle();
    const attempts = github.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/attempts'));
    assert.deepEqual(attempts.map(({ path }) => Number(path.split('/').at(-2))).sort(),
      failed.map(({ id }) => id).sort());
    assert.deepEqual((await messages()).sort(), ['arrives', 'missed b', 'missed c']);
  });

  test('and repositories that nothing told of, about once a day', async () => {
    const { github } = world;
    const due = "UPDATE schedule SET next_at = 0 WHERE name = 'github:sync_repositories'";
    const waiting = () => daemon.sql(`SELECT id, link_id, not_before - added_at AS distance FROM job
      WHERE task = 'github:sync_repositories' AND link_id > 0 AND status = 0`);
    const names = async () => (await daemon.list('/organizations/acme/repos/', { token })).map(({ name }) => name);
    const [{ every_ms: everyMs }] = await daemon.sql("SELECT every_ms FROM schedule WHERE name = 'github:sync_repositories'");
    assert.equal(everyMs, 24 * 3600 * 1000);

    // What GitHub says of it goes astray.
    github.deliveries.url = github.url;
    await github.as('mona', 'POST', '/orgs/acme-co/repos', { name: 'late' });
    await until('GitHub has logged that', () => github.deliveries.entries.some(({ event, status_code: status }) =>
      event === 'repository' && status >= 400));
    await daemon.idle();
    assert.ok(!(await names()).includes('acme-co/late'));
    for (let times = 0; times < 2; times++) {
      await daemon.stop();
      await daemon.tamper(due);
      await daemon.run();
      await until('the schedule has come', async () => (await daemon.sql(
        "SELECT count(*) AS n FROM job WHERE task = 'github:sync_repositories' AND link_id = 0 AND status = 2"))[0].n === times + 2);
    }
    const jobs = await waiting();
    assert.equal(jobs.length, 1, JSON.stringify(jobs));
    assert.ok(jobs[0].distance >= 0 && jobs[0].distance < everyMs * 1000, JSON.stringify(jobs));
    await daemon.ctlOk('job', 'retry', String(jobs[0].id));
    await until('the repository is known', async () => (await names()).includes('acme-co/late'));
  });
});
