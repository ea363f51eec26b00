// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// A disk that fails, fills up, turns read-only or loses its power, and a clock that jumps:
// 503 or a clear stop, nothing acknowledged is lost or applied twice, and afterwards the
// work goes on without an operator.  A start in place of systemd's is all that happens
// after a stop.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';

import { Faults } from './lib/faults.mjs';
import { Load } from './lib/load.mjs';
import { noPreload } from './lib/paths.mjs';
import { Random } from './lib/random.mjs';
import { until } from './lib/until.mjs';

const random = new Random(process.env.CRASH_SEED);

describe(`a disk that fails (CRASH_SEED=${random.seed})`, { skip: noPreload }, () => {
  let load;
  let daemon;
  let faults;

  async function start(options) {
    load = await Load.start(random, { accounts: 2, objects: 2, prepare: (prepared) => { faults = new Faults(prepared, options); } });
    ({ daemon } = load);
    load.go();
    await load.more(20);
  }
  afterEach(() => load?.close());

  async function atRest() {
    await load.more(10);
    await load.pause();
    await load.checkAtRest();
  }

  // The daemon has ended by itself, and said why.
  async function stopped() {
    const { code } = await daemon.program.exited;
    assert.equal(code, 1, daemon.program.lines.slice(-5).join('\n'));
    const [event] = daemon.events('store.sync_failed', {}, { lastRun: true });
    assert.equal(event?.level, 'error');
    assert.match(event.action, /start/);
  }

  const status = async (path) => (await daemon.request('GET', path)).status;

  test('in a power cut, it has what was acknowledged', async () => {
    await start({ image: true });
    for (let round = 0; round < 3; round++) {
      await load.more(random.between(5, 50));
      await daemon.kill();
      faults.powerCut();
      await daemon.run();
      await load.check();
    }
    await atRest();
  });

  for (const file of ['log', 'database']) {
    test(`with one sync of its ${file} that fails, it stops; then the power is cut`, async () => {
      await start({ image: true });
      faults.fail('sync', { error: 'EIO', times: 1, files: [file] });
      await stopped();
      faults.powerCut();
      await daemon.run();
      await load.check();
      await atRest();
    });

    test(`with one sync of its ${file} that fails, it starts again; later the power is cut`, async () => {
      await start({ image: true });
      faults.fail('sync', { error: 'EIO', times: 1, files: [file] });
      await stopped();
      await daemon.run();
      await load.more(30);
      await daemon.kill();
      faults.powerCut();
      await daemon.run();
      await load.check();
      await atRest();
    });
  }

  for (const error of ['EIO', 'EROFS', 'ENOSPC']) {
    test(`with ${error} at each write, it answers 503 and goes on afterwards`, async () => {
      await start();
      const { pid } = daemon;
      faults.fail('write', { error });
      const refused = load.refused;
      await until('a webhook is refused', () => load.refused > refused);
      await until('it is not ready', async () => await status('/-/ready') === 503);
      assert.equal(await status('/-/healthy'), 200);
      faults.heal();
      await until('it is ready', async () => await status('/-/ready') === 200);
      await atRest();
      assert.equal(daemon.pid, pid);
    });
  }

  test('whose files are read-only, it does not start, and says so', async () => {
    await start();
    await daemon.kill();
    faults.fail('open', { error: 'EROFS' });
    daemon.spawn();
    const { code } = await daemon.program.exited;
    assert.equal(code, 1);
    const [{ reason }] = daemon.events('daemon.failed', {}, { lastRun: true });
    assert.match(reason, /mortise\.db.*read-only|mortise\.db.*writ/);
    faults.heal();
    await daemon.run();
    await load.check();
    await atRest();
  });
});

describe(`a full disk (CRASH_SEED=${random.seed})`, () => {
  const SIZE_MB = 110;
  let folder;
  let load;

  function mounted() {
    folder = mkdtempSync(join(tmpdir(), 'mortise-full-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m`, 'tmpfs', folder], { stdio: 'ignore' });
      return true;
    } catch {
      rmSync(folder, { recursive: true });
      return false;
    }
  }
  afterEach(async () => {
    await load?.close();
    if (existsSync(folder)) {
      execFileSync('umount', [folder]);
      rmSync(folder, { recursive: true });
    }
  });

  // All the room that there is.
  function fill() {
    const file = openSync(join(folder, 'filler'), 'a');
    const block = Buffer.alloc(1 << 16);
    try {
      for (;;) writeSync(file, block);
    } catch (error) {
      assert.equal(error.code, 'ENOSPC');
    }
    closeSync(file);
  }

  test('refuses webhooks, does what was taken, survives a crash, and takes them again', async (t) => {
    if (!mounted()) {
      t.skip('mounting a tmpfs is not permitted');
      return;
    }
    load = await Load.start(random, { accounts: 2, objects: 2, folder });
    const { daemon } = load;
    load.go();
    await load.more(20);
    fill();
    await until('a webhook is refused', () => load.refused > 0);
    await daemon.event('store.disk_full');
    assert.equal((await daemon.request('GET', '/-/healthy')).status, 200);
    // The ballast is given up, and the work goes on in its room.
    await load.pause();
    await load.checkAtRest();
    await daemon.kill();
    fill();
    await daemon.run().catch(() => null);
    rmSync(join(folder, 'filler'));
    // Where it did not start, systemd would try again.
    if (daemon.program.end) await daemon.run();
    load.go();
    await load.more(20);
    await load.pause();
    await load.checkAtRest();
  });
});

describe(`a clock that jumps (CRASH_SEED=${random.seed})`, { skip: noPreload }, () => {
  const HOUR = 3600_000;
  let load;
  let daemon;
  let faults;

  beforeEach(async () => {
    load = await Load.start(random, { accounts: 2, objects: 2, prepare: (prepared) => { faults = new Faults(prepared); } });
    ({ daemon } = load);
  });
  afterEach(() => load?.close());

  for (const hours of [5, -5, 26, -26])
    test(`by ${hours} hours under load loses, repeats and delays nothing`, async () => {
      load.go();
      await load.more(30);
      faults.jump(hours * HOUR);
      await load.more(30);
      await load.repeatAll();
      await load.pause();
      await load.checkAtRest();
    });

  test('there and back again, too', async () => {
    load.go();
    for (const hours of [7, -14, 7]) {
      await load.more(10);
      faults.jump(hours * HOUR);
      await load.more(10);
      await load.repeatAll();
    }
    await load.pause();
    await load.checkAtRest();
  });

  test('back while work waits: it waits no longer for that', async () => {
    const { ping } = load;
    assert.equal((await ping.tell('a0', { do: 'rate', ms: 2000 })).status, 202);
    await until('it waits', async () => (await daemon.sql('SELECT count(*) AS n FROM integration WHERE gate_until > 0'))[0].n === 1);
    assert.equal((await ping.tell('a0', { do: 'ok' }, { object: 'two' })).status, 202);
    faults.jump(-5 * HOUR);
    await until('what waited behind the gate is done', async () =>
      (await daemon.sql("SELECT count(*) AS n FROM job WHERE object = 'two' AND status = 2"))[0].n === 1);
  });

  test('back while the daemon is not there: what was left is done', async () => {
    await load.ping.daemon.ctlOk('plugin', 'disable', 'ping');
    load.go();
    await load.more(10);
    await load.pause();
    await daemon.kill();
    faults.jump(-5 * HOUR);
    await daemon.run();
    await load.ping.daemon.ctlOk('plugin', 'enable', 'ping');
    await load.checkAtRest();
  });

  test('forward while a call runs: it keeps its lease', async () => {
    assert.equal((await load.ping.tell('a0', { do: 'sleep', ms: 1500 })).status, 202);
    await until('it runs', async () => (await daemon.sql('SELECT count(*) AS n FROM job WHERE status = 1'))[0].n === 1);
    faults.jump(5 * HOUR);
    await daemon.idle();
    assert.deepEqual(daemon.events('job.lost'), []);
    assert.deepEqual(await daemon.sql('SELECT DISTINCT attempts FROM job'), [{ attempts: 0 }]);
  });
});
