// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Plugins that are missing, of another ABI, or misbehave in a call: the daemon stays
// healthy, says what is wrong, and everybody else's work goes on.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { lacking, noMemoryLimit, noSandbox, pluginFile, sanitized } from './lib/paths.mjs';
import { Ping } from './lib/ping.mjs';
import { until } from './lib/until.mjs';

const healthy = async (ping) =>
  assert.equal((await ping.daemon.request('GET', '/-/healthy')).status, 200);

describe('a plugin that cannot be used', () => {
  let ping;

  afterEach(() => ping?.close());

  const bad = [
    ['older_major', /ABI/],
    ['newer_minor', /ABI/],
    ['bad_magic', /magic|note/],
    ['short_size', /size|bytes/],
    ['no_note', /note/],
    ['no_symbol', /note|symbol|mortise_plugin/],
    ['load_refuses', /refuse|E_SETTINGS|load/],
    ['load_crashes', /died|signal|ended/],
    ['constructor_crashes', /died|signal|ended/],
    ['constructor_babbles', /frame/],
    ['registers_badly', /nowhere/],
    ['null_callback', /run is required/],
    ['no_load', /lacks .*load/],
    ['bad_expression', /webhook "hook\/"/],
    ...noSandbox ? [] : [
      ['load_threads', /E_FORBIDDEN/],
      ['load_eats', /E_LIMIT/],
      ['constructor_writes', /forbidden system call, openat/],
    ],
  ];

  test('is refused with its reason at run time, and the others run on', async () => {
    ping = await Ping.start();
    await ping.install('acme', 'a1');
    for (const [name, reason] of bad) {
      ping.daemon.addPlugin(pluginFile(name));
      const { code, err } = await ping.daemon.ctl('plugin', 'load', name);
      assert.equal(code, 1, name);
      assert.match(err, reason, name);
      await healthy(ping);
      assert.equal((await ping.plugin()).state, 'ready', name);
      assert.equal((await ping.tell('a1', { do: 'ok' })).status, 202);
      await ping.daemon.ctl('plugin', 'unload', name);
    }
    assert.equal((await ping.daemon.idle()).dead ?? 0, 0);
  });

  for (const name of ['newer_minor', 'load_crashes']) {
    test(`${name} does not keep the daemon from starting`, async () => {
      ping = await Ping.start({ plugins: [] });
      await ping.daemon.stop();
      ping.daemon.addPlugin(pluginFile('ping'));
      ping.daemon.addPlugin(pluginFile(name));
      await ping.daemon.run();
      await healthy(ping);
      const found = await ping.plugin(name);
      assert.notEqual(found.state, 'ready');
      assert.ok(found.reason, JSON.stringify(found));
      assert.ok(ping.daemon.events(null, { plugin: name }).some(({ level }) => ['error', 'warning'].includes(level)));
      assert.equal((await ping.plugin()).state, 'ready');
    });
  }

  test('one of the oldest minor that only lacks what came later is used', async () => {
    ping = await Ping.start();
    ping.daemon.addPlugin(pluginFile('oldest_minor'));
    assert.equal((await ping.daemon.ctl('plugin', 'load', 'oldest_minor')).code, 0);
    assert.equal((await ping.plugin('oldest_minor')).state, 'ready');
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

  // Each has a daemon of its own: five deaths put a plugin in quarantine.
  beforeEach(async () => {
    ping = await Ping.start();
    ping.daemon.hostsCrash = true;
    await ping.install('acme', 'a1');
  });
  afterEach(() => ping?.close());

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

  test('a call that eats memory is bounded', { skip: noMemoryLimit }, async () => {
    assert.equal((await ping.tell('a1', { do: 'eat' }, { object: 'five' })).status, 202);
    await until('it came to an end of its own', async () => {
      const rows = await ping.daemon.sql('SELECT status FROM job WHERE webhook_id > 0 ORDER BY id DESC LIMIT 1');
      return rows[0].status === 4 || (await ping.daemon.events('plugin.host_died')).length > 0;
    });
    await healthy(ping);
  });

  test('a forbidden system call is named in the log', { skip: noSandbox }, async () => {
    for (const [how, name] of [['exec', 'execve'], ['ptrace', 'ptrace'], ['kill', 'kill'], ['write', 'openat']]) {
      const before = ping.daemon.events('plugin.host_died').length;
      assert.equal((await ping.tell('a1', { do: 'outside', how }, { hook: 'now' })).status, 503, how);
      const { reason } = await until('the log has it', () => ping.daemon.events('plugin.host_died')[before]);
      assert.match(reason, new RegExp(`forbidden system call, ${name} \\(`), how);
      await healthy(ping);
      await until('it is back', async () => (await ping.plugin()).state === 'ready');
      assert.ok(Number(ping.daemon.events('plugin.ready').at(-1).down_ms) > 0);
    }
  });

  const otherFree = sanitized && 'a sanitizer has a free() of its own';

  test('what the C library says last is in the log', { skip: otherFree }, async () => {
    assert.equal((await ping.tell('a1', { do: 'free' }, { hook: 'now' })).status, 503);
    const { text } = await until('its words', () =>
      ping.daemon.events('plugin.stderr', { plugin: 'ping' }).find((event) => /free/.test(event.text)));
    assert.ok(text);
  });

  test('a flood of lines is counted, not written', async () => {
    for (const [wish, event] of [[{ do: 'log', count: 20_000 }, 'ping.told'], [{ do: 'chatter', size: 2_000_000 }, 'plugin.stderr']]) {
      const dropped = () => ping.daemon.events('plugin.log_dropped').reduce((sum, { count }) => sum + Number(count), 0);
      const before = dropped();
      assert.ok((await ping.tell('a1', wish, { hook: 'now' })).status < 300, event);
      await until('lines were dropped', () => dropped() > before);
      assert.ok(ping.daemon.events(event).length < 2_000, `${ping.daemon.events(event).length} lines`);
      await healthy(ping);
    }
  });

  test('garbage in place of a reply is refused, and nothing of it applied', async () => {
    const effect = (body) => JSON.stringify({ code: 0, output: {}, effects: [
      { type: 'repository_put', external_id: '78', name: 'a1/forged' }, body] });
    for (const [mark, head] of [
      ['no-json', '{"code":0,'],
      ['bad-type', effect({ type: 'organization_put', name: 'evil' })],
      ['bad-form', effect({ type: 'repository_put', external_id: { $ne: 1 }, name: 7 })],
      ['bad-scope', effect({ type: 'config_patch', patch: { own: true } })],
    ]) {
      await ping.work('a1', { do: 'frame', op: 5, head, mark });
      await ping.daemon.idle();
      assert.equal((await job(mark)).status, 4, mark);
    }
    assert.deepEqual(await ping.daemon.sql("SELECT * FROM repository WHERE external_id = '78'"), []);
    assert.ok(ping.daemon.events('plugin.bad_reply').length > 0);
    await healthy(ping);
  });

  test('another tenant is out of reach', async () => {
    const put = (name) => ({ do: 'effects', effects: [{ type: 'repository_put', external_id: '77', name }] });
    const mine = () => ping.daemon.sql(`SELECT r.* FROM repository r JOIN organization o ON o.id = r.organization_id WHERE o.slug = 'acme'`);
    await ping.work('a1', put('a1/one'));
    await ping.daemon.idle();
    const before = await mine();
    await ping.install('evil', 'b1');
    for (const wish of [put('b1/mine'),
      { do: 'effects', effects: [{ type: 'repository_status', external_id: '77', status: 'disabled' }] },
      { do: 'effects', effects: [{ type: 'repository_status', all: true, status: 'disabled' }] },
      { do: 'effects', effects: [{ type: 'integration_status', status: 'disabled', reason: 'evil' }] }])
      await ping.work('b1', wish);
    await ping.daemon.idle();
    assert.deepEqual(await mine(), before);
    const [{ status }] = await ping.daemon.sql(`SELECT status FROM integration WHERE external_id = 'a1'`);
    assert.notEqual(status, (await ping.daemon.sql(`SELECT status FROM integration WHERE external_id = 'b1'`))[0].status);
  });

  test('an effect outside its scope applies nothing', async () => {
    const before = await ping.daemon.sql('SELECT count(*) AS n FROM repository');
    await ping.work('a1', { do: 'effects', effects: [
      { type: 'repository_put', external_id: '77', name: 'a1/one' },
      { type: 'config_patch', patch: { own: true } }] });
    await ping.daemon.idle();
    assert.deepEqual(await ping.daemon.sql('SELECT count(*) AS n FROM repository'), before);
    assert.equal((await job('config_patch')).status, 4);
    assert.ok(ping.daemon.events(null, { level: 'error', task: 'ping:work' }).length > 0);
  });
});

describe('the sandbox', { skip: noSandbox }, () => {
  let ping;

  afterEach(() => ping?.close());

  const shown = async () => (await ping.daemon.ctlJson('plugin', 'show', 'ping')).plugin;

  for (const piece of ['landlock', 'seccomp']) {
    test(`without ${piece} it says so and goes on`, async () => {
      ping = await Ping.start({ wrapper: lacking(piece) });
      await ping.install('acme', 'a1');
      assert.ok(ping.daemon.events('plugin.sandbox_lacking', { plugin: 'ping', lacking: piece }).length > 0);
      assert.equal((await shown()).sandbox, `without ${piece}`);
      assert.ok((await ping.tell('a1', { do: 'ok' }, { hook: 'now' })).status < 300);
    });

    test(`without ${piece} no plugin runs if the configuration requires it`, async () => {
      ping = await Ping.start({ settings: { sandbox: 'require' }, wrapper: lacking(piece) });
      const { state, reason } = await ping.plugin();
      assert.equal(state, 'refused');
      assert.match(reason, new RegExp(`${piece} is lacking.*sandbox = "prefer"`));
      await healthy(ping);
    });
  }

  test('is whole where the kernel has it, and then may be required', async () => {
    ping = await Ping.start({ settings: { sandbox: 'require' } });
    await ping.install('acme', 'a1');
    assert.equal((await shown()).sandbox, 'whole');
    for (const how of ['socket', 'file', 'thread', 'shared'])
      assert.ok((await ping.tell('a1', { do: 'outside', how }, { hook: 'now' })).status >= 400, how);
  });
});

// The nice value of each thread of a process, by the thread's name.
function niceness(pid) {
  return Object.fromEntries(readdirSync(`/proc/${pid}/task`).map((task) => {
    const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8');
    const end = stat.lastIndexOf(')');
    return [stat.slice(stat.indexOf('(') + 1, end), Number(stat.slice(end + 2).split(' ')[16])];
  }));
}

describe('at run time', () => {
  let ping;
  let token;

  before(async () => {
    ping = await Ping.start();
    token = await ping.install('acme', 'a1');
  });
  after(() => ping?.close());

  test('jobs and plugins stand behind what takes in, stores and answers', async () => {
    const threads = niceness(ping.daemon.pid);
    const loop = getPriority(ping.daemon.pid);
    const { pid } = await ping.plugin();
    for (const name of ['intake', 'request', 'store-writer', 'checkpointer']) assert.equal(threads[name], loop, name);
    for (const name of ['job', 'job-dispatcher', 'host-call']) assert.ok(threads[name] > loop, name);
    for (const [name, nice] of Object.entries(niceness(pid))) assert.ok(nice > loop, name);
  });

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
    const [{ attempts }] = await ping.daemon.sql('SELECT attempts FROM job WHERE webhook_id > 0 ORDER BY id DESC LIMIT 1');
    assert.equal(attempts, 0);
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
