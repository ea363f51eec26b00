// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Webhooks accepted per second with none and with a million stored before, a part of them
// old enough to be pruned while the measurement runs.
import { execFile, execFileSync } from 'node:child_process';

import { table } from './report.mjs';
import { startScene } from './scene.mjs';
import { measure } from './webhooks.mjs';

const DAY_MS = 24 * 3600 * 1e3;
const DAY_US = DAY_MS * 1e3;
const OLD_PART = 0.2;

// Rows as the daemon leaves them, with bodies of the size that packed pushes have.  What
// came before them is as old as the first: webhooks are pruned in the order of their ids.
function fillStatement({ rows, integration, now }) {
  const old = Math.floor(rows * OLD_PART);
  const received = `CASE WHEN i <= ${old} THEN ${now - 8 * DAY_US} + i ELSE ${now - 6 * DAY_US} + i * ${Math.floor(5 * DAY_US / rows)} END`;
  return `
    PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN;
    CREATE TEMP TABLE n (i INTEGER PRIMARY KEY);
    INSERT INTO n WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ${rows}) SELECT i FROM c;
    UPDATE webhook SET received_at = ${now - 8 * DAY_US};
    UPDATE job SET finished_at = ${now - 8 * DAY_US} WHERE status >= 2;
    CREATE TEMP TABLE last AS SELECT (SELECT max(id) FROM webhook) AS id;
    INSERT INTO webhook (key_owner, delivery_id, provider, webhook, event, subject, integration_id, object, headers, received_at,
        encoding, size, body)
      SELECT 'github', lower(hex(randomblob(16))), 'github', 'webhook/', 'push', '48812345', ${integration},
        CAST(i % 32 AS TEXT), '{"X-GitHub-Event":"push"}', ${received},
        0, 640, randomblob(640) FROM n;
    INSERT INTO job (task, provider, integration_id, object, order_key, webhook_id, payload, origin, status, not_before, added_at, finished_at)
      SELECT 'webhook', 'github', ${integration}, object, '${integration}/' || object, id, '{}', 'integration:${integration}', 2,
        received_at, received_at, received_at FROM webhook WHERE id > (SELECT coalesce(id, 0) FROM last);
    INSERT INTO delivery SELECT received_at / ${4 * DAY_US}, random(), id FROM webhook ORDER BY 1, 2;
    UPDATE delivery_fold SET turn_from = (SELECT max(id) FROM webhook), folded_to = (SELECT max(id) FROM webhook);
    UPDATE schedule SET next_at = 0 WHERE name = 'prune';
    COMMIT; PRAGMA wal_checkpoint(TRUNCATE);`;
}

export function fill(file, statement) {
  return new Promise((resolve, reject) => {
    const child = execFile('sqlite3', [file], { maxBuffer: 1 << 24 }, (error) => (error ? reject(error) : resolve()));
    child.stdin.end(statement);
  });
}

async function fillStopped(scene, rows) {
  const { daemon } = scene;
  const integration = await scene.count('SELECT id FROM integration LIMIT 1');
  await daemon.stop();
  await fill(daemon.path('state', 'mortise.db'), fillStatement({ rows, integration, now: Date.now() * 1000 }));
  // Else the daemon's first commits wait for what the disk has still to do for ours.
  execFileSync('sync');
  scene.firstJob = await scene.count('SELECT max(id) FROM job');
  await daemon.run();
}

async function behind(rows, seconds) {
  const scene = await startScene();
  const load = scene.load();
  const old = () => scene.count(`SELECT count(*) FROM webhook WHERE received_at < ${(Date.now() - 7 * DAY_MS) * 1000}`);
  const shown = [];
  try {
    if (rows > 0) await fillStopped(scene, rows);
    for (const connections of [16, 64]) {
      const before = await old();
      const run = await measure(scene, load, { connections, seconds });
      shown.push({ 'stored before': rows, connections, 'per second': run.rate, 'p50 ms': run.p50, 'p99 ms': run.p99,
        'max ms': run.max, 'processed meanwhile': run.done, 'pruned meanwhile': before - await old(),
        'writes per commit': run.rowsPerCommit, 'writer µs': run.daemonCpu['store-writer'] });
    }
    return shown;
  } finally {
    load.close();
    await scene.close();
  }
}

export async function backlog({ seconds, rows }) {
  const empty = await behind(0, seconds);
  const full = await behind(rows, seconds);
  table([...empty, ...full].map((row, i) => ({ ...row, 'of the rate without': row['per second'] / empty[i % empty.length]['per second'] })));
}
