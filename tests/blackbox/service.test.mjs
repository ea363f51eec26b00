// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The daemon under a service manager: what it tells, whose sockets it takes, that nobody
// is refused while it restarts, and that it always ends in good order.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, test } from 'node:test';

import { ask } from './lib/ask.mjs';
import { Service } from './lib/manager.mjs';
import { build, noMemoryLimit, programs } from './lib/paths.mjs';
import { Ping } from './lib/ping.mjs';
import { patience, until } from './lib/until.mjs';

const stuck = join(build, 'tests', 'blackbox', '.libs', 'stuck.so');
const noPreload = noMemoryLimit && 'a sanitizer must be loaded first, so nothing can be preloaded';
const http = [['http', 'tcp']];

// What a failed test has left running would keep this process.
afterEach(() => Service.abandonAll());

// A service whose plugin does as webhooks tell it.
async function startPing({ settings = {}, ...options } = {}) {
  const ping = new Ping();
  ping.secret = 'hook-secret';
  ping.service = await Service.start({ plugins: ['ping'], sockets: http, ...options,
    configure: (daemon) => {
      ping.daemon = daemon;
      daemon.configure({ providers: { ping: { webhook_secret_file: daemon.secret('ping', ping.secret) } }, ...settings });
    } });
  return ping;
}

describe('the service manager is told', () => {
  test('that the daemon is ready once every plugin has answered and the doors are open', async () => {
    const service = await Service.start({ sockets: http, plugins: ['ping', 'load_refuses'] });
    const [{ status }, list] = await Promise.all([service.daemon.request('GET', '/-/ready'),
      service.daemon.ctlJson('plugin', 'list')]);
    assert.equal(status, 200);
    const states = Object.fromEntries((list.plugins ?? list).map(({ name, state }) => [name, state]));
    assert.deepEqual(states, { ping: 'ready', load_refuses: 'refused' });
    assert.deepEqual(service.told('READY'), ['1']);
    assert.equal(service.told('STATUS').at(-1), 'running');
    await service.close();
    assert.deepEqual(service.told('STOPPING'), ['1']);
  });

  test('of a reload, also of one that is refused', async () => {
    const service = await Service.start({ sockets: http, plugins: [] });
    const { daemon } = service;
    const level = async () => (await daemon.ctlJson('status')).log_level;
    const reload = async (times) => {
      service.signal('SIGHUP');
      await until('the reload is over', () => service.told('READY').length === times);
      const told = service.told();
      const at = told.lastIndexOf('RELOADING=1');
      assert.match(told[at + 1], /^MONOTONIC_USEC=\d+$/);
      assert.ok(told.lastIndexOf('READY=1') > at);
    };
    daemon.configure({ log: { level: 'notice', format: 'logfmt' } });
    await reload(2);
    assert.equal(await level(), 'notice');
    daemon.configure({ log: { level: 'error', format: 'logfmt' }, nonsense: 1 });
    await reload(3);
    assert.match(service.told('STATUS').at(-1), /configuration .* is wrong/);
    assert.equal(service.events('daemon.reload_refused').length, 1);
    assert.equal(await level(), 'notice');
    await service.close();
  });

  test('why the daemon does not start', async () => {
    const service = await Service.prepare({ sockets: [['admin', 'tcp']], plugins: [] });
    await service.start();
    assert.equal(await service.ended(), 'ended 1');
    assert.match(service.told('STATUS').at(-1), /^failed: descriptor 3 .*"admin", is no listening Unix stream socket/);
    assert.deepEqual(service.told('READY'), []);
    await service.abandon();
  });
});

describe('the watchdog', { skip: noPreload }, () => {
  const watchdogMs = 400 * patience;

  const start = async () => {
    const service = await Service.start({ sockets: http, plugins: [], watchdogMs, preload: stuck });
    await until('pings come', () => service.told('WATCHDOG').length >= 3);
    return service;
  };

  test('starves while the disk does not answer', async () => {
    const service = await start();
    writeFileSync(service.daemon.path('stuck-disk'), '');
    const made = service.daemon.ctl('org', 'create', 'acme');
    await until('the store is found hanging', () => service.events('daemon.store_hangs').length > 0);
    const pings = service.told('WATCHDOG').length;
    await until('it is found hanging again and again', () => service.events('daemon.store_hangs').length >= 4);
    assert.equal(service.told('WATCHDOG').length, pings);
    // The loop is well: it answers.
    assert.equal((await service.daemon.request('GET', '/-/healthy')).status, 200);
    rmSync(service.daemon.path('stuck-disk'));
    await until('pings come again', () => service.told('WATCHDOG').length > pings + 1);
    assert.equal((await made).code, 0);
    await service.close();
  });

  test('starves while the loop does not turn', async () => {
    const service = await start();
    writeFileSync(service.daemon.path('stuck-loop'), '');
    let healthy = false;
    // It was on its way into the loop's wait, so it may turn once more.
    await until('the loop hangs', async () => {
      const before = service.told('WATCHDOG').length;
      await new Promise((resolve) => setTimeout(resolve, 2 * watchdogMs));
      return service.told('WATCHDOG').length === before;
    });
    const answer = service.daemon.request('GET', '/-/healthy').then(() => { healthy = true; });
    const pings = service.told('WATCHDOG').length;
    // Nothing can be waited for where nothing is to happen, but time.
    await new Promise((resolve) => setTimeout(resolve, 2 * watchdogMs));
    assert.equal(service.told('WATCHDOG').length, pings);
    assert.equal(healthy, false);
    rmSync(service.daemon.path('stuck-loop'));
    await answer;
    await until('pings come again', () => service.told('WATCHDOG').length > pings + 1);
    await service.close();
  });
});

describe('socket activation', () => {
  const get = (port, path) => fetch(`http://127.0.0.1:${port}${path}`);
  const varlink = (path) => new Promise((resolve) => {
    execFile(programs.ctl, ['--socket', path, 'status'], (error) => resolve(error ? error.code : 0));
  });

  test('takes several sockets by their names', async () => {
    const admin = `/tmp/mortise-test-${process.pid}.sock`;
    const service = await Service.start({ plugins: [], sockets: [...http, ['mortised.socket', 'tcp'], ['metrics', 'tcp'], ['admin', admin]],
      settings: { metrics: { listen: '127.0.0.1:1' } } });
    const [[, first], [, second], [, metrics]] = service.sockets;
    const statuses = await Promise.all([get(first, '/-/ready'), get(second, '/-/ready'), get(metrics, '/metrics'), get(first, '/metrics')]);
    assert.deepEqual(statuses.map(({ status }) => status), [200, 200, 200, 404]);
    assert.equal(await varlink(admin), 0);
    await service.restart();
    assert.equal(await varlink(admin), 0);
    await service.close();
    rmSync(admin);
  });

  test('without a name, takes what the configuration says', async () => {
    const service = await Service.start({ plugins: [] });
    assert.equal((await service.daemon.request('GET', '/-/ready')).status, 200);
    await service.close();
  });
});

describe('a restart', () => {
  test('under load refuses nobody, and answers who came meanwhile', async () => {
    const ping = await startPing();
    const { service, daemon } = ping;
    await ping.install('acme', 'a1');
    const port = Number(new URL(daemon.url).port);
    const answers = [];
    let going = true;
    let bridged = 0;
    const load = Promise.all([
      ...Array.from({ length: 24 }, async () => {
        while (going) {
          const run = service.pid;
          answers.push(await ask(port));
          if (service.pid !== run) bridged += 1;
        }
      }),
      ...Array.from({ length: 8 }, async () => {
        while (going)
          answers.push(await ping.tell('a1', { do: 'ok' }).then(({ status }) => status, ({ code }) => code));
      }),
    ]);
    for (let round = 1; round <= 3; round++) {
      const before = answers.length;
      await until('load runs', () => answers.length > before + 200);
      await service.restart();
    }
    going = false;
    await load;
    const failed = answers.filter((answer) => answer !== 200 && answer !== 202);
    assert.deepEqual(failed, [], `${failed.length} of ${answers.length}`);
    assert.ok(bridged >= 3, `${bridged} requests were asked of one process and answered by the next`);
    const stored = answers.filter((answer) => answer === 202).length;
    await daemon.idle();
    const [{ n }] = await daemon.sql('SELECT count(*) AS n FROM webhook');
    assert.equal(n, stored);
    await service.close();
  });
});

describe('a stop', () => {
  const slow = async (daemon) => {
    const socket = net.connect({ port: Number(new URL(daemon.url).port), host: '127.0.0.1' });
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.write('POST /extensions/ping/webhook/ HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n');
    const timer = setInterval(() => socket.write('x'), 50);
    socket.once('close', () => clearInterval(timer));
    return socket;
  };

  test('lets a request that is being handled end', async () => {
    const ping = await startPing();
    await ping.install('acme', 'a1');
    const answer = ping.tell('a1', { do: 'sleep', ms: 700 }, { hook: 'now' });
    await until('the plugin has it', async () => (await ping.daemon.ctlJson('status')).requests > 0);
    assert.equal(await ping.service.stop(), 'ended 0');
    assert.equal((await answer).status, 202);
    assert.equal(ping.service.events('daemon.drain_cut').length, 0);
    await ping.service.close();
  });

  test('ends in time though a plugin hangs and a client dawdles, and the work goes on later', async () => {
    const ping = await startPing({ settings: { drain_timeout: 2 } });
    const { service, daemon } = ping;
    await ping.install('acme', 'a1');
    await slow(daemon);
    assert.equal((await ping.tell('a1', { do: 'loop' })).status, 202);
    await until('the plugin hangs', async () => (await daemon.sql('SELECT count(*) AS n FROM job WHERE status = 1'))[0].n === 1);
    // The configured two seconds, and what it takes to end the host by force.
    assert.equal(await service.stop({ within: 15_000 }), 'ended 0');
    assert.equal(service.events('daemon.drain_cut')[0].jobs, '1');
    assert.match(service.told('STATUS').at(-1), /stopping: \d+ requests and 1 jobs to end/);
    const [{ id, n }] = await daemon.sql('SELECT id, count(*) AS n FROM job WHERE status IN (0, 1)');
    assert.equal(n, 1);
    await service.begin();
    await until('the plugin has it again', async () => (await daemon.sql(`SELECT status FROM job WHERE id = ${id}`))[0].status === 1);
    await service.abandon();
  });

  test('is not waited for after a second signal', async () => {
    const ping = await startPing({ settings: { drain_timeout: 600 } });
    const { service, daemon } = ping;
    await ping.install('acme', 'a1');
    await slow(daemon);
    assert.equal((await ping.tell('a1', { do: 'sleep', ms: 300_000 })).status, 202);
    await until('the plugin works', async () => (await daemon.sql('SELECT count(*) AS n FROM job WHERE status = 1'))[0].n === 1);
    service.signal('SIGINT');
    await until('it is stopping', () => service.events('daemon.stopping').length === 1);
    service.signal('SIGTERM');
    assert.equal(await service.ended({ within: 30_000 }), 'ended 0');
    assert.equal(service.events('daemon.hurrying').length, 1);
    await service.close();
  });
});
