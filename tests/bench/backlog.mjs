// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The same with a million stored webhooks behind it, a part of them old enough to be
// pruned while the measurement runs.
import { execFile } from 'node:child_process';

import { table } from './report.mjs';
import { startScene } from './scene.mjs';
import { measure } from './webhooks.mjs';

const DAY_US = 24 * 3600 * 1e6;
const OLD_PART = 0.2;

// Rows as the daemon leaves them, with bodies of the size that packed pushes have.
function fillStatement({ rows, integration, now }) {
  const old = Math.floor(rows * OLD_PART);
  const received = `CASE WHEN i <= ${old} THEN ${now - 8 * DAY_US} + i ELSE ${now - 6 * DAY_US} + i * ${Math.floor(5 * DAY_US / rows)} END`;
  return `
    PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN;
    CREATE TEMP TABLE n (i INTEGER PRIMARY KEY);
    INSERT INTO n WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ${rows}) SELECT i FROM c;
    CREATE TEMP TABLE last AS SELECT (SELECT max(id) FROM webhook) AS id;
    INSERT INTO webhook (key_owner, delivery_id, provider, webhook, event, subject, integration_id, object, headers, received_at)
      SELECT 'github', lower(hex(randomblob(16))), 'github', 'webhook/', 'push', '48812345', ${integration},
        CAST(i % 32 AS TEXT), '{"X-GitHub-Event":"push"}', ${received} FROM n;
    INSERT INTO webhook_body SELECT id, 0, 2300, randomblob(2300) FROM webhook WHERE id > (SELECT coalesce(id, 0) FROM last);
    INSERT INTO job (task, provider, integration_id, object, order_key, webhook_id, payload, origin, status, not_before, added_at, finished_at)
      SELECT 'webhook', 'github', ${integration}, object, '${integration}/' || object, id, '{}', 'integration:${integration}', 2,
        received_at, received_at, received_at FROM webhook WHERE id > (SELECT coalesce(id, 0) FROM last);
    INSERT INTO delivery SELECT received_at / ${4 * DAY_US}, random(), id FROM webhook ORDER BY 1, 2;
    UPDATE delivery_fold SET turn_from = (SELECT max(id) FROM webhook), folded_to = (SELECT max(id) FROM webhook);
    UPDATE schedule SET next_at = 0 WHERE name = 'prune';
    COMMIT; PRAGMA wal_checkpoint(TRUNCATE);`;
}

function fill(file, statement) {
  return new Promise((resolve, reject) => {
    const child = execFile('sqlite3', [file], { maxBuffer: 1 << 24 }, (error) => (error ? reject(error) : resolve()));
    child.stdin.end(statement);
  });
}

export async function backlog({ seconds, rows }) {
  const scene = await startScene();
  const load = scene.load();
  const { daemon } = scene;
  try {
    const integration = await scene.count('SELECT id FROM integration LIMIT 1');
    await daemon.stop();
    await fill(daemon.path('state', 'mortise.db'), fillStatement({ rows, integration, now: Date.now() * 1000 }));
    scene.firstJob = await scene.count('SELECT max(id) FROM job');
    const started = process.hrtime.bigint();
    await daemon.run();
    const ready = Number(process.hrtime.bigint() - started) / 1e6;
    const shown = [];
    for (const connections of [16, 64]) {
      const old = await scene.count('SELECT min(id) FROM webhook');
      const run = await measure(scene, load, { connections, seconds });
      const pruned = await scene.count('SELECT min(id) FROM webhook') - old;
      shown.push({ connections, 'per second': run.rate, 'p50 ms': run.p50, 'p99 ms': run.p99, 'max ms': run.max,
        'processed meanwhile': run.done, 'pruned meanwhile': pruned,
        'writes per commit': run.rowsPerCommit });
    }
    console.log(`${rows.toLocaleString('en-US')} webhooks stored before; ready ${ready.toFixed(0)} ms after the start.\n`);
    table(shown);
  } finally {
    load.close();
    await scene.close();
  }
}
