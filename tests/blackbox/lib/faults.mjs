// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// A mortised whose disk and clock misbehave on demand (tests/faults/faults.c).
//
//   const faults = new Faults(daemon);           // before it runs
//   faults.fail('sync', { error: 'EIO', times: 1, files: ['log'] });
//   faults.heal();
//   faults.jump(-5 * 3600_000);
//   faults.powerCut();                           // after daemon.kill()
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync, openSync, writeSync, closeSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';

import { build } from './paths.mjs';

const library = join(build, 'tests', 'faults', '.libs', 'faults.so');
const OPERATIONS = ['write', 'sync', 'open'];
const FILES = { database: 1, log: 2, ballast: 4 };
const NAMES = ['mortise.db', 'mortise.db-wal'];
const RULE_SIZE = 16;
const CLOCK_AT = OPERATIONS.length * RULE_SIZE;

export class Faults {
  // With 'image', powerCut() is possible.
  constructor(daemon, { image = false } = {}) {
    this.daemon = daemon;
    this.file = daemon.path('faults');
    writeFileSync(this.file, Buffer.alloc(CLOCK_AT + 8));
    daemon.env = { LD_PRELOAD: library, FAULTS_FILE: this.file };
    if (image) {
      this.image = daemon.path('image');
      daemon.env.FAULTS_IMAGE = this.image;
      this.#takeImage();
    }
  }

  // What is there now counts as safe.
  #takeImage() {
    mkdirSync(this.image, { recursive: true });
    for (const name of NAMES) {
      rmSync(join(this.image, name), { force: true });
      const from = this.daemon.path('state', name);
      if (existsSync(from)) copyFileSync(from, join(this.image, name));
    }
  }

  #write(at, bytes) {
    const fd = openSync(this.file, 'r+');
    writeSync(fd, bytes, 0, bytes.length, at);
    closeSync(fd);
  }

  // 'times': -1 for as long as nobody heals it.
  fail(operation, { error, times = -1, files = ['database', 'log'] }) {
    const rule = Buffer.alloc(RULE_SIZE);
    rule.writeInt32LE(constants.errno[error], 4);
    rule.writeInt32LE(files.reduce((bits, file) => bits | FILES[file], 0), 8);
    const at = OPERATIONS.indexOf(operation) * RULE_SIZE;
    this.#write(at, rule);
    // Last, so that it never counts for half a rule.
    rule.writeInt32LE(times, 0);
    this.#write(at, rule.subarray(0, 4));
  }

  // How often it has failed.
  hits(operation) {
    return readFileSync(this.file).readInt32LE(OPERATIONS.indexOf(operation) * RULE_SIZE + 12);
  }

  heal() {
    for (let i = 0; i < OPERATIONS.length; i++) this.#write(i * RULE_SIZE, Buffer.alloc(4));
  }

  // The time of day goes forward or back.
  jump(ms) {
    this.daemon.clockShift += ms;
    const clock = readFileSync(this.file).subarray(CLOCK_AT);
    clock.writeBigInt64LE(clock.readBigInt64LE() + BigInt(ms) * 1000n);
    this.#write(CLOCK_AT, clock);
  }

  // The daemon is dead; the disk has what it was made to keep.
  powerCut() {
    for (const name of [...NAMES, 'mortise.db-shm']) {
      const to = this.daemon.path('state', name);
      rmSync(to, { force: true });
      if (existsSync(join(this.image, name))) copyFileSync(join(this.image, name), to);
    }
  }
}
