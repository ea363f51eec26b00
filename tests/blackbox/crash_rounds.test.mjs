// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Acknowledged means on disk, applied once: mortised, its hosts or both are killed with
// SIGKILL at random points under load, again and again; after each round the account of
// the load must agree with the database.
//
// CRASH_ROUNDS says how often (50; `make crash-test`: 1,000), CRASH_SEED repeats the
// choices of a run that failed.  Each 50 rounds get a daemon of their own.
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { after, describe, test } from 'node:test';

import { checkRows, Interrupted, Load } from './lib/load.mjs';
import { sanitized } from './lib/paths.mjs';
import { Random } from './lib/random.mjs';

const rounds = Number(process.env.CRASH_ROUNDS || (sanitized ? 5 : 50));
const random = new Random(process.env.CRASH_SEED);
const EACH = 50;

// Five deaths while one daemon runs would be the plugin's fault: it goes to quarantine.  A
// round kills two hosts where one runs what died before.
const HOST_DEATHS_MAX = 4;
const HOSTS = 2;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class Siege {
  constructor(load) {
    this.load = load;
    this.daemon = load.daemon;
    this.hostDeaths = 0;
  }

  // A moment under load: at random, or just when the upstream was asked to make something.
  async moment() {
    const { load } = this;
    if (random.chance(0.3)) await load.maker.next();
    else await load.more(random.between(5, 60));
    await pause(random.between(0, 15));
  }

  killHosts() {
    for (const pid of this.daemon.children()) {
      try {
        process.kill(pid, 'SIGKILL');
        this.hostDeaths += 1;
      } catch (error) {
        if (error.code !== 'ESRCH') throw error;
      }
    }
  }

  async killDaemon() {
    await this.daemon.kill();
    this.hostDeaths = 0;
  }

  // What the crash has left, as nobody has touched it yet.
  async checkFiles() {
    const folder = this.daemon.path('left');
    mkdirSync(folder);
    for (const name of ['mortise.db', 'mortise.db-wal'])
      if (existsSync(this.daemon.path('state', name))) copyFileSync(this.daemon.path('state', name), `${folder}/${name}`);
    await checkRows(this.daemon, { file: `${folder}/mortise.db` });
    rmSync(folder, { recursive: true });
  }

  // Up again; now and then that is cut short, too.
  async startAgain() {
    while (random.chance(0.2)) {
      this.daemon.spawn();
      await pause(random.between(0, 150));
      await this.daemon.kill();
    }
    await this.daemon.run();
  }

  async round() {
    const { load } = this;
    const kinds = this.hostDeaths + HOSTS <= HOST_DEATHS_MAX ? ['daemon', 'daemon', 'both', 'hosts'] : ['daemon', 'both'];
    const kind = random.pick(kinds);
    // What fails in its midst is looked up in the next round.
    const installing = load.installer.go().catch((error) => error);
    await this.moment();
    if (kind !== 'daemon') this.killHosts();
    if (kind !== 'hosts') await this.killDaemon();
    const error = await installing;
    if (error && !(error instanceof Interrupted)) throw error;
    if (kind !== 'hosts') {
      await this.checkFiles();
      await this.startAgain();
    }
    await load.check();
  }
}

describe(`${rounds} kills under load (CRASH_SEED=${random.seed})`, () => {
  const loads = [];

  after(async () => {
    for (const load of loads) await load.close();
  });

  for (let first = 0; first < rounds; first += EACH) {
    const len = Math.min(EACH, rounds - first);
    test(`rounds ${first + 1} to ${first + len}`, async (t) => {
      const load = await Load.start(random);
      loads.push(load);
      const siege = new Siege(load);
      load.go();
      for (let i = 0; i < len; i++) {
        await siege.round();
        if (i % 25 === 24 || i === len - 1) {
          await load.pause();
          await load.installer.go();
          await load.checkAtRest();
          load.go();
        }
      }
      t.diagnostic(`${load.acknowledged} webhooks acknowledged, ${load.maker.made.length} things made, ` +
        `${load.installer.complete} integrations installed`);
      await loads.pop().close();
    });
  }
});
