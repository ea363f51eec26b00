// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Events of an SDK taken in per second, each acknowledged when it and its issue are on
// disk: errors of 2 KB that differ where real ones do, of one project, of 256 issues in
// turn; with 10 issues there before and with a million.
import { execFileSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';

import { freePort } from '../blackbox/lib/config.mjs';
import { Daemon } from '../blackbox/lib/daemon.mjs';
import { fill } from './backlog.mjs';
import { list, Sender, word } from './load.mjs';
import { table } from './report.mjs';

const CONNECTIONS = [16, 64];
const FEW = 10;
const KINDS = 256;
const SIZE = 2048;

// As @sentry/node sends it: some frames with their source, what was done before, tags.  What
// differs in real ones does.
function errorEvent(kind) {
  const frame = (app) => ({ filename: `/srv/shop/${app ? 'src' : 'node_modules/web/lib'}/${list(1, 3, word).join('/')}.js`, module: word(),
    function: word(), lineno: randomInt(1000), colno: randomInt(80), in_app: app, ...(app && { pre_context: [`function ${word()}(${word()}) {`],
      context_line: `  const ${word()} = ${list(2, 8, word).join('.')};`, post_context: ['}'] }) });
  const event = { timestamp: Date.now() / 1000 - randomInt(100000) / 1000, platform: 'node', level: 'error', release: `shop@1.2.${randomInt(9)}`,
    environment: 'production', server_name: `web-${randomInt(20)}`, exception: { values: [{ type: `Failure${kind}`,
      value: `cart ${kind}: ${list(3, 10, word).join(' ')}`, stacktrace: { frames: [frame(false), frame(false), frame(true), frame(true)] },
      mechanism: { type: 'generic', handled: false } }] }, tags: { checkout: word() }, user: { id: String(randomInt(1000000)) },
    sdk: { name: 'sentry.javascript.node', version: '10.0.0' },
    contexts: { runtime: { name: 'node', version: process.version }, os: { name: 'Linux' } }, breadcrumbs: [] };
  while (JSON.stringify(event).length < SIZE - 260)
    event.breadcrumbs.push({ timestamp: event.timestamp - event.breadcrumbs.length, category: 'http', level: 'info', type: 'http',
      data: { method: 'GET', url: `https://shop.example/${list(1, 3, word).join('/')}`, status_code: 200 } });
  event.extra = { left: '' };
  event.extra.left = list(80, 80, word).join(' ').slice(0, Math.max(0, SIZE - JSON.stringify(event).length));
  return JSON.stringify(event);
}

// The id stands in the envelope's header: 20 digits of the run, a dash as UUIDs have it
// there, eight of the request, and four that are always the same.
class EventSender extends Sender {
  constructor(dsn) {
    const { username: key, pathname } = new URL(dsn);
    const before = '{"event_id":"';
    const bodies = [...Array(KINDS).keys()].map((kind) => `0000"}\n{"type":"event"}\n${errorEvent(kind)}\n`);
    const length = before.length + 29 + bodies[0].length;
    super([`POST /api${pathname}/envelope/ HTTP/1.1`, 'Host: 127.0.0.1', 'Content-Type: application/x-sentry-envelope',
      `X-Sentry-Auth: Sentry sentry_version=7, sentry_key=${key}`, `Content-Length: ${length}`, '', before].join('\r\n'),
    bodies.map((body) => body.padEnd(bodies[0].length, '\n').slice(0, bodies[0].length)));
  }

  runName() {
    return randomBytes(10).toString('hex');
  }
}

// Issues as the daemon leaves them.
export const issueStatement = (rows, now) => `
  PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN;
  CREATE TEMP TABLE n (i INTEGER PRIMARY KEY);
  INSERT INTO n WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ${rows}) SELECT i FROM c;
  INSERT INTO issue (organization_id, project_id, number, title, culprit, type, platform, metadata, substatus, times_seen,
      first_seen_at, last_seen_at, added_at, updated_at)
    SELECT 1, 1, i, 'Failure: cart ' || i || ' has no total', 'module4 in step4', 'error', 'node',
      '{"type":"Failure","value":"cart has no total"}', 'ongoing', 1, ${now} - i, ${now} - i, ${now} - i, ${now} - i FROM n;
  INSERT INTO project_counter VALUES (1, ${rows});`;

// The same, each with an event.
const fillStatement = (rows, now) => `${issueStatement(rows, now)}
  INSERT INTO issue_hash SELECT 1, lower(hex(randomblob(16))), id FROM issue ORDER BY 2;
  INSERT INTO activity (issue_id, project_id, type, origin, added_at) SELECT id, 1, 'first_seen', 'system', ${now} FROM issue;
  INSERT INTO event (issue_id, project_id, event_id, occurred_at, received_at, weight)
    SELECT id, 1, lower(hex(randomblob(16))), ${now} - id, ${now} - id, 32 FROM issue;
  INSERT INTO event_body SELECT id, 0, 900, randomblob(900) FROM event;
  COMMIT; PRAGMA wal_checkpoint(TRUNCATE);`;

async function startScene(rows) {
  const daemon = await Daemon.start({ plugins: [], settings: { log: { level: 'notice', format: 'logfmt' }, metrics: { listen: `127.0.0.1:${await freePort()}` } } });
  await daemon.organization('acme');
  const { dsn } = await daemon.ctlJson('project', 'create', 'shop', '--org', 'acme');
  await daemon.stop();
  await fill(daemon.path('state', 'mortise.db'), fillStatement(rows, Date.now() * 1000));
  // Else the daemon's first commits wait for what the disk has still to do for ours.
  execFileSync('sync');
  await daemon.run();
  return { daemon, sender: new EventSender(dsn) };
}

async function behind(rows, { seconds, rounds }) {
  const { daemon, sender } = await startScene(rows);
  const seen = async () => (await daemon.sql(`SELECT sum(times_seen) AS n FROM issue WHERE number > ${rows}`))[0].n ?? 0;
  const shown = [];
  try {
    for (const connections of CONNECTIONS) {
      const runs = [];
      for (let round = 0; round < rounds; round++) {
        const before = await seen();
        const run = await sender.run(daemon.port, { connections, seconds });
        const counted = await seen() - before;
        if (counted < run.requests) throw new Error(`${run.requests} were acknowledged, ${counted} are counted`);
        runs.push(run);
      }
      const { rate, p50, p99, max } = runs.sort((a, b) => a.rate - b.rate)[Math.floor(rounds / 2)];
      shown.push({ 'issues before': rows, connections, 'per second': rate, 'p50 ms': p50, 'p99 ms': p99, 'max ms': max });
    }
    return shown;
  } finally {
    sender.close();
    await daemon.kill();
    daemon.remove();
  }
}

export async function events({ seconds, rounds, rows }) {
  const few = await behind(FEW, { seconds, rounds });
  const many = await behind(rows, { seconds, rounds });
  table([...few, ...many].map((row, i) => ({ ...row, 'of the rate with few': row['per second'] / few[i % few.length]['per second'] })));
}
