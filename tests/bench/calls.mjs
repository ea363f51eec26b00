// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Calls of a plugin per second through its host process, in its sandbox: frames, JSON
// and threads, with no daemon around it.  mortise-check makes them; its start does not
// count, because a short run is taken off a long one.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { pluginFile, programs } from '../blackbox/lib/paths.mjs';
import { pushBody } from './load.mjs';
import { median, table } from './report.mjs';

const FEW = 2000;
const MANY = 22000;
const THREADS = 8;
const ROUNDS = 3;

const call = (rest) => ({ provider: 'ping', callback: 'webhook:stored', external_id: 'one', input: { event: 'told' }, ...rest });
const KINDS = {
  'nothing': call({ body: {} }),
  'one host call': call({ body: { do: 'read', what: 'metadata', args: {} },
    asks: [{ ask: { op: 'read', what: 'metadata' }, answer: { value: {} } }] }),
  'a body of 7.5 KB': call({ body: JSON.parse(pushBody(1, { id: 1, name: 'acme-co/shop' })) }),
};

function run(file, repeat) {
  const started = process.hrtime.bigint();
  return new Promise((resolve, reject) => {
    execFile(programs.check, ['--host', programs.host, '--threads', String(THREADS), '--repeat', String(repeat),
      pluginFile('ping'), file], { timeout: 300_000 }, (error, out, err) =>
      (error ? reject(new Error(`mortise-check: ${out}${err}`)) : resolve(Number(process.hrtime.bigint() - started) / 1e9)));
  });
}

export async function calls() {
  const folder = mkdtempSync(join(tmpdir(), 'mortise-bench-calls-'));
  const file = join(folder, 'call.json');
  const rows = [];
  try {
    for (const [what, one] of Object.entries(KINDS)) {
      writeFileSync(file, JSON.stringify(one));
      const rates = [];
      for (let round = 0; round < ROUNDS; round++) {
        const few = await run(file, FEW);
        rates.push((MANY - FEW) / (await run(file, MANY) - few));
      }
      rows.push({ 'a call with': what, 'per second': median(rates) });
    }
    console.log(`${THREADS} calls at a time, median of ${ROUNDS} rounds.\n`);
    table(rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
