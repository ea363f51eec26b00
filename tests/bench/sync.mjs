// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Sync with a tracker: from a webhook's arrival to the issue resolved, and changes carried
// out per second to a stand-in on this machine; with ten issues, and with a million issues
// and tickets and a million finished jobs behind them.
import { execFile, execFileSync } from 'node:child_process';
import http from 'node:http';
import { performance } from 'node:perf_hooks';

import { Sync } from '../blackbox/lib/sync.mjs';
import { middle, percentile, table } from './report.mjs';

const FEW = 10;
const SAMPLES = 100;
const OUTBOUND = 1000;
const AT_ONCE = 100;

// Issues, each with a ticket, and jobs that ended: rows as the daemon leaves them.
function fillStatement({ issues, jobs, now }) {
  return `
    PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN;
    CREATE TEMP TABLE n (i INTEGER PRIMARY KEY);
    INSERT INTO n WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ${Math.max(issues, jobs, 1)}) SELECT i FROM c;
    INSERT INTO issue (organization_id, project_id, number, title, substatus, first_seen_at, last_seen_at, added_at, updated_at)
      SELECT 1, 1, i, 'Fault ' || i, 'ongoing', ${now} + i, ${now} + i, ${now} + i, ${now} + i FROM n WHERE i <= ${issues};
    INSERT INTO project_counter VALUES (1, ${issues}) ON CONFLICT (project_id) DO UPDATE SET issues = excluded.issues;
    INSERT INTO external_issue (organization_id, integration_id, key, title, added_at)
      SELECT 1, 1, 'one-' || i, 'Ticket ' || i, ${now} FROM n WHERE i <= ${issues};
    INSERT INTO issue_link (issue_id, project_id, linked_type, linked_id, relationship, added_at)
      SELECT i, 1, 3, i, 2, ${now} FROM n WHERE i <= ${issues};
    INSERT INTO job (task, provider, integration_id, link_id, object, order_key, payload, origin, status, not_before, added_at, finished_at)
      SELECT 'sync_status_outbound', 'ping', 1, 1, 'issue:one-' || (i % ${Math.max(issues, 1)} + 1), '1:1/issue:one-' || (i % ${Math.max(issues, 1)} + 1),
        '{"issue":1,"from":0,"external_issue":1}', 'user:1', 2, ${now}, ${now}, ${now} FROM n WHERE i <= ${jobs};
    COMMIT; PRAGMA wal_checkpoint(TRUNCATE);`;
}

function fill(file, statement) {
  return new Promise((resolve, reject) => {
    const child = execFile('sqlite3', [file], { maxBuffer: 1 << 24 }, (error) => (error ? reject(error) : resolve()));
    child.stdin.end(statement);
  });
}

// A scene with so many issues, their tickets at the stand-in as far as they are used.
async function startScene({ issues, jobs }) {
  const sync = await Sync.start({ accounts: ['a1'], tells: false });
  await sync.daemon.stop();
  await fill(sync.daemon.path('state', 'mortise.db'), fillStatement({ issues, jobs, now: (Date.now() - 3600_000) * 1000 }));
  // Else the daemon's first commits wait for what the disk has still to do for ours.
  execFileSync('sync');
  sync.daemon.configure({ log: { level: 'notice', format: 'logfmt' } });
  await sync.daemon.run();
  for (let i = 1; i <= Math.min(issues, 2 * OUTBOUND); i++) sync.tracker.add('a1');
  return sync;
}

// GETs on one kept connection.
class Asker {
  constructor(sync) {
    this.sync = sync;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  }

  status(id) {
    const { daemon, token } = this.sync;
    return new Promise((resolve, reject) => {
      http.get(`${daemon.url}/api/0/organizations/acme/issues/${id}/`, { agent: this.agent,
        headers: { authorization: `Bearer ${token}` } }, (answer) => {
        const chunks = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('end', () => resolve(JSON.parse(Buffer.concat(chunks)).status));
      }).once('error', reject);
    });
  }

  close() {
    this.agent.destroy();
  }
}

// One webhook after the other, each until its issue is what it says.
async function inbound(sync, issues) {
  const asker = new Asker(sync);
  const times = [];
  for (let i = 0; i < SAMPLES; i++) {
    const id = i % Math.min(issues, FEW) + 1;
    const [to, wanted] = Math.floor(i / FEW) % 2 ? ['open', 'unresolved'] : ['done', 'resolved'];
    const started = performance.now();
    // Later than all that was told before, and than what we wrote.
    sync.tracker.time += 1000;
    const { status } = await sync.tell('a1', { type: 'status_in', key: `one-${id}`, change: { to }, status: to, time_ms: sync.tracker.time });
    if (status !== 202) throw new Error(`webhook: ${status}`);
    while (await asker.status(id) !== wanted)
      if (performance.now() - started > 10_000) throw new Error(`issue ${id} is not ${wanted}`);
    times.push(performance.now() - started);
  }
  asker.close();
  return { 'p50 ms': percentile(times, 0.5), 'p99 ms': percentile(times, 0.99) };
}

// Change so many issues to and fro until OUTBOUND requests have come to the tracker: how
// many it heard per second.
async function outbound(sync, tickets) {
  const writes = () => sync.tracker.requests.reduce((sum, { method }) => sum + (method === 'PUT' ? 1 : 0), 0);
  const started = performance.now();
  let sent = 0;
  sync.tracker.requests.splice(0);
  // And back, so that the next round finds them as they were.
  for (let status = 'resolved'; sent < OUTBOUND || status === 'unresolved'; status = status === 'resolved' ? 'unresolved' : 'resolved') {
    for (let first = 1; first <= tickets; first += AT_ONCE) {
      const ids = [...Array(Math.min(AT_ONCE, tickets - first + 1)).keys()].map((i) => `id=${first + i}`).join('&');
      const { status: code, text } = await sync.api('PUT', `/organizations/acme/issues/?${ids}`, { body: { status } });
      if (code !== 200) throw new Error(`change of many: ${code} ${text}`);
    }
    sent += tickets;
    while (writes() < sent) {
      if (performance.now() - started > 120_000) throw new Error(`${writes()} of ${sent} requests came`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  return sent / (performance.now() - started) * 1000;
}

async function measure({ issues, jobs, rounds }) {
  const sync = await startScene({ issues, jobs });
  const shown = [];
  try {
    for (let round = 0; round < rounds; round++) {
      const into = await inbound(sync, issues);
      await sync.daemon.idle();
      const few = await outbound(sync, FEW);
      const many = issues >= 2 * OUTBOUND ? await outbound(sync, 2 * OUTBOUND) : null;
      await sync.daemon.idle();
      shown.push({ ...into, 'out per second, 10 tickets': few, 'out per second, 2,000 tickets': many });
    }
    return { issues, 'finished jobs': jobs, ...middle(shown) };
  } finally {
    await sync.close();
  }
}

export async function sync({ rounds, rows }) {
  const results = [];
  for (const [issues, jobs] of [[FEW, 0], [rows, 0], [rows, rows]]) results.push(await measure({ issues, jobs, rounds }));
  const [few] = results;
  const rate = 'out per second, 10 tickets';
  table(results.map((row) => ({ ...row, 'time in, of that with 10': row['p50 ms'] / few['p50 ms'],
    'cost out, of that with 10': few[rate] / row[rate] })));
}
