// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Plugins that are missing, of another ABI, or misbehave in a call: the daemon stays
// healthy, says what is wrong, and everybody else's work goes on.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { pluginFile } from './lib/paths.mjs';
import { Ping } from './lib/ping.mjs';
import { until } from './lib/until.mjs';

const healthy = async (ping) =>
  assert.equal((await ping.daemon.request('GET', '/-/healthy')).status, 200);

describe('a plugin that cannot be used', () => {
  let ping;

  afterEach(() => ping?.close());

  const bad = [
    ['older_major', /ABI/],
    ['newer_minor', /ABI 0\.2/],
    ['bad_magic', /./],
    ['short_size', /./],
    ['no_note', /./],
    ['no_symbol', /./],
    ['load_refuses', /./],
    ['load_crashes', /./],
    ['constructor_crashes', /./],
    ['registers_badly', /nowhere/],
  ];

  test('is named with its reason, and the others run', async () => {
    ping = await Ping.start({ pluginFiles: bad.map(([name]) => pluginFile(name)) });
    await healthy(ping);
    for (const [name, reason] of bad) {
      const found = await until(`${name} is listed as refused`, async () => {
        const plugin = await ping.plugin(name);
        return plugin && plugin.state !== 'ready' && plugin.reason && plugin;
      });
      assert.match(found.reason, reason, name);
    }
    assert.equal((await ping.plugin()).state, 'ready');
    await ping.install('acme', 'a1');
    assert.equal((await ping.tell('a1', { do: 'ok' })).status, 202);
    assert.equal((await ping.daemon.idle()).dead ?? 0, 0);
  });

  test('may be missing', async () => {
    ping = await Ping.start({ settings: { plugins: ['ping', 'nowhere'] } });
    await healthy(ping);
    assert.ok(ping.daemon.events(null).some((event) =>
      event.level !== 'info' && JSON.stringify(event).includes('nowhere')), 'a line names it');
    assert.equal((await ping.plugin()).state, 'ready');
    assert.equal((await ping.daemon.request('POST', '/extensions/nowhere/webhook/', { body: {} })).status, 404);
  });
});

describe('a plugin that misbehaves in a call', () => {
  let ping;

  before(async () => {
    ping = await Ping.start();
    await ping.install('acme', 'a1');
  });
  after(() => ping?.close());
  // Too many deaths would quarantine it.
  afterEach(() => ping.daemon.ctlOk('plugin', 'enable', 'ping'));

  const job = async (wish) => (await ping.daemon.sql(
    `SELECT * FROM job WHERE payload LIKE '%${wish}%' ORDER BY id DESC LIMIT 1`))[0];

  for (const wish of ['crash', 'segfault', 'exit', 'outside']) {
    test(`${wish}: only its own job ends among the dead, after three strikes`, async () => {
      const { pid } = await ping.plugin();
      assert.equal((await ping.work('a1', { do: wish })).status, 202);
      const guilty = await until('it is a dead letter', async () => {
        const found = await job(`"${wish}"`);
        return found?.status === 4 && found;
      });
      assert.equal(guilty.strikes, 3);
      await healthy(ping);
      await ping.daemon.ctlOk('plugin', 'enable', 'ping');
      assert.equal((await ping.tell('a1', { do: 'ok', mark: `after-${wish}` }, { object: 'two' })).status, 202);
      await ping.daemon.idle();
      const [{ status }] = await ping.daemon.sql(`SELECT status FROM job ORDER BY id DESC LIMIT 1`);
      assert.equal(status, 2);
      assert.notEqual((await ping.plugin()).pid, pid);
    });
  }

  test('a call beside a crashing one is tried again and done', async () => {
    await Promise.all([
      ping.work('a1', { do: 'sleep', ms: 300, mark: 'innocent' }, { object: 'three' }),
      ping.work('a1', { do: 'crash', mark: 'guilty' }, { object: 'four' }),
    ]);
    await ping.daemon.idle();
    assert.equal((await job('innocent')).status, 2);
    assert.equal((await job('guilty')).status, 4);
  });

  test('a call that never returns is ended at its deadline', async () => {
    const { status } = await ping.tell('a1', { do: 'loop' }, { hook: 'now' });
    assert.equal(status, 503);
    await until('the plugin serves again', async () =>
      (await ping.tell('a1', { do: 'ok' }, { hook: 'now' })).status < 300);
    await healthy(ping);
  });

  test('a call that eats memory is bounded', async () => {
    assert.equal((await ping.tell('a1', { do: 'eat' }, { object: 'five' })).status, 202);
    await until('it came to an end of its own', async () => {
      const rows = await ping.daemon.sql('SELECT status FROM job ORDER BY id DESC LIMIT 1');
      return rows[0].status === 4 || (await ping.daemon.events('plugin.host_died')).length > 0;
    });
    await healthy(ping);
  });

  test('an effect outside its scope applies nothing', async () => {
    const before = await ping.daemon.sql('SELECT count(*) AS n FROM repository');
    await ping.tell('a1', { do: 'effects', effects: [
      { type: 'repository_put', external_id: '77', name: 'a1/one' },
      { type: 'config_patch', patch: { own: true } }] }, { object: 'six' });
    await ping.daemon.idle();
    assert.deepEqual(await ping.daemon.sql('SELECT count(*) AS n FROM repository'), before);
    assert.ok(ping.daemon.events('plugin.refused').length > 0);
  });
});

describe('at run time', () => {
  let ping;
  let token;

  before(async () => {
    ping = await Ping.start();
    token = await ping.install('acme', 'a1');
  });
  after(() => ping?.close());

  test('a disabled plugin still takes webhooks in and runs them once enabled', async () => {
    await ping.daemon.ctlOk('plugin', 'disable', 'ping');
    assert.equal((await ping.tell('a1', { do: 'ok' })).status, 202);
    const [{ id }] = await ping.daemon.sql('SELECT max(id) AS id FROM webhook');
    await ping.daemon.ctlOk('plugin', 'enable', 'ping');
    await until('it was run', async () =>
      (await ping.daemon.sql(`SELECT status FROM job WHERE webhook_id = ${id}`))[0].status === 2);
  });

  test('an unloaded one answers 404, a loaded one works again', async () => {
    await ping.daemon.ctlOk('plugin', 'unload', 'ping');
    assert.equal((await ping.tell('a1', { do: 'ok' })).status, 404);
    await ping.daemon.ctlOk('plugin', 'load', 'ping');
    assert.equal((await ping.tell('a1', { do: 'ok' })).status, 202);
    assert.equal((await ping.daemon.idle()).dead ?? 0, 0);
  });

  test('a reload lets running calls end and moves new ones over', async () => {
    const { pid } = await ping.plugin();
    await ping.tell('a1', { do: 'sleep', ms: 1000, mark: 'long' });
    await until('it runs', async () => (await ping.daemon.sql('SELECT count(*) AS n FROM job WHERE status = 1'))[0].n > 0);
    await ping.daemon.ctlOk('plugin', 'reload', 'ping');
    assert.notEqual((await ping.plugin()).pid, pid);
    const fates = await ping.daemon.idle();
    assert.equal(fates.dead ?? 0, 0);
    const [{ attempts }] = await ping.daemon.sql('SELECT attempts FROM job ORDER BY id DESC LIMIT 1');
    assert.equal(attempts, 1);
    assert.equal((await ping.daemon.list('/organizations/acme/integrations/', { token })).length, 1);
  });

  test('one that dies too often is put in quarantine, and its webhooks are kept', async () => {
    await ping.work('a1', { do: 'crash', mark: 'q1' }, { object: 'q1' });
    await ping.work('a1', { do: 'crash', mark: 'q2' }, { object: 'q2' });
    await until('it is in quarantine', async () => (await ping.plugin()).state === 'quarantined');
    assert.equal((await ping.tell('a1', { do: 'ok', mark: 'kept' }, { object: 'q3' })).status, 202);
    const [{ id }] = await ping.daemon.sql('SELECT max(id) AS id FROM webhook');
    await ping.daemon.ctlOk('plugin', 'enable', 'ping');
    await until('it was run', async () =>
      (await ping.daemon.sql(`SELECT status FROM job WHERE webhook_id = ${id}`))[0].status === 2);
  });
});
