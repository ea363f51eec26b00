// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// `make bench`: what docs/performance.md shows.
//
//   node tests/bench/bench.mjs [--seconds N] [--rounds N] [--rows N] [PART…]
//
// Parts: webhooks backlog events latency calls memory start sync api; all of them by default.
// Times and rates are of this machine and this minute; what compares is the ratios of one
// run, whose rounds take turns.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { api } from './api.mjs';
import { backlog } from './backlog.mjs';
import { calls } from './calls.mjs';
import { events } from './events.mjs';
import { latency } from './latency.mjs';
import { memory, start } from './life.mjs';
import { missingTools } from './peers.mjs';
import { sync } from './sync.mjs';
import { webhooks } from './webhooks.mjs';

const parts = { webhooks, backlog, events, latency, calls, memory, start, sync, api };

const { values, positionals } = parseArgs({ allowPositionals: true, options: {
  seconds: { type: 'string', default: '8' }, rounds: { type: 'string', default: '3' },
  rows: { type: 'string', default: '1000000' } } });
const options = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]));
const wanted = positionals.length > 0 ? positionals : Object.keys(parts);
const unknown = wanted.filter((name) => !parts[name]);

if (unknown.length > 0) {
  console.error(`bench: there is no part ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}
const missing = missingTools();
if (missing) {
  console.error(`bench: ${missing}`);
  process.exit(1);
}
console.log(`${cpus().length} processors (${cpus()[0].model}), node ${process.version}, ${new Date().toISOString().slice(0, 10)}`);
for (const name of wanted) {
  console.log(`\n## ${name}`);
  await parts[name](options);
}
