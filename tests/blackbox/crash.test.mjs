// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// kill -9 of the daemon and of a plugin's host in the middle of GitHub's work: what was
// acknowledged is there and applied once.  crash_rounds.test.mjs does it again and again.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';

import { INSTALLATION } from './lib/demonstration.mjs';
import { until } from './lib/until.mjs';
import { pushPayload, sha } from './lib/webhooks.mjs';
import { startWorld } from './lib/world.mjs';

const repository = { id: 5501, name: 'acme-co/till' };

describe('after kill -9', () => {
  let world;
  let daemon;
  let token;
  let number;

  beforeEach(async () => {
    number = 0;
    world = await startWorld();
    daemon = world.daemon;
    token = await daemon.organization('acme');
    await world.install('acme', token);
    await daemon.idle();
  });
  afterEach(() => world?.close());

  async function shas() {
    const repos = await daemon.list('/organizations/acme/repos/', { token });
    const found = repos.find(({ name }) => name === repository.name);
    if (!found) return [];
    return (await daemon.list(`/organizations/acme/repos/${found.id}/commits/`, { token })).map(({ id }) => id);
  }

  // Send pushes until 'stop' resolves; the numbers of those that were acknowledged.
  async function flood(stop, senders = 8) {
    const acknowledged = [];
    let going = true;
    stop.then(() => { going = false; });
    await Promise.all(Array.from({ length: senders }, async () => {
      while (going && number < 20_000) {
        const n = ++number;
        const answer = await world.webhooks.send('push', pushPayload(INSTALLATION, repository,
          [{ sha: sha(n) }])).catch(() => null);
        if (answer?.status === 204) acknowledged.push(n);
      }
    }));
    return acknowledged;
  }

  async function appliedOnce(acknowledged) {
    const fates = await daemon.idle();
    assert.equal(fates.dead ?? 0, 0, JSON.stringify(fates));
    const list = await shas();
    const known = new Set(list);
    assert.deepEqual(acknowledged.filter((n) => !known.has(sha(n))), []);
    assert.equal(list.length, known.size);
    const twice = await daemon.sql('SELECT webhook_id FROM job WHERE webhook_id > 0 GROUP BY webhook_id HAVING count(*) > 1');
    assert.deepEqual(twice, []);
  }

  test('of the daemon, no acknowledged webhook is lost', async () => {
    const enough = until('work is under way', () => daemon.events('job.done').length >= 20 ||
      daemon.events(null).filter(({ event }) => event.startsWith('webhook.')).length >= 200);
    const sending = flood(enough.then(() => daemon.kill()));
    const acknowledged = await sending;
    assert.ok(acknowledged.length > 10, `${acknowledged.length} acknowledged`);
    await daemon.run();
    await appliedOnce(acknowledged);
  });

  test('of the host, the work goes on in a new one', async () => {
    const { github: pid } = await daemon.hosts();
    assert.ok(pid > 1);
    const killed = until('work is under way', async () =>
      (await daemon.sql('SELECT count(*) AS n FROM webhook'))[0].n > 20).then(() => process.kill(pid, 'SIGKILL'));
    const acknowledged = await flood(killed.then(() => until('more came in', async () =>
      (await daemon.sql('SELECT count(*) AS n FROM webhook'))[0].n > 60)));
    await appliedOnce(acknowledged);
    const { github: now } = await daemon.hosts();
    assert.notEqual(now, pid);
    assert.equal((await daemon.request('GET', '/-/healthy')).status, 200);
  });

  test('of the daemon, its hosts are gone too', async () => {
    const { github: pid } = await daemon.hosts();
    await daemon.kill();
    await until('the host is gone', () => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    });
  });

  test('a pipeline goes on where it was', async () => {
    const { json: started } = await world.initialize('acme', token);
    await daemon.kill();
    await daemon.run();
    const { status, json } = await world.current('acme', token);
    assert.equal(status, 200);
    assert.equal(json.step, started.step);
  });

  test('tokens, links and integrations are as before', async () => {
    const before = await daemon.list('/organizations/acme/integrations/', { token });
    await daemon.kill();
    await daemon.run();
    assert.deepEqual(await daemon.list('/organizations/acme/integrations/', { token }), before);
  });
});

