// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Webhooks accepted per second, each acknowledged when it is on disk, beside peers that
// store nothing.  Processing of what was accepted goes on meanwhile.
import { startNginx, startOctokit } from './peers.mjs';
import { since, threadTimes } from './processes.mjs';
import { median, middle, table } from './report.mjs';
import { startScene } from './scene.mjs';

const CONNECTIONS = [16, 64];

// One run against mortised, with what it cost.
export async function measure(scene, load, options) {
  const { daemon } = scene;
  const { github } = await daemon.hosts();
  const read = async () => ({ daemon: threadTimes(daemon.pid), host: threadTimes(github),
    commits: await scene.metric('mortise_store_commits_total'), writes: await scene.metric('mortise_store_writes_total'),
    stored: await scene.count('SELECT max(id) FROM webhook'), done: await scene.count(`SELECT count(*) FROM job WHERE status = 2 AND id > ${scene.firstJob}`) });
  const before = await read();
  const run = await load.run(daemon.port, options);
  const after = await read();
  const stored = after.stored - before.stored;
  if (stored < run.requests) throw new Error(`${run.requests} were acknowledged, ${stored} are stored`);
  return { ...run, rowsPerCommit: (after.writes - before.writes) / (after.commits - before.commits),
    done: after.done - before.done, daemonCpu: since(before.daemon, after.daemon, run.requests),
    hostCpu: since(before.host, after.host, run.requests) };
}

function showCost(connections, runs) {
  const names = [...new Set(runs.flatMap(({ daemonCpu }) => Object.keys(daemonCpu)))];
  const cost = names.map((name) => [name, median(runs.map(({ daemonCpu }) => daemonCpu[name] ?? 0))]);
  const host = median(runs.map(({ hostCpu }) => Object.values(hostCpu).reduce((sum, us) => sum + us, 0)));
  const total = cost.reduce((sum, [, us]) => sum + us, 0);
  console.log(`\nProcessor time per webhook at ${connections} connections: ${total.toFixed(0)} µs in mortised (${
    cost.map(([name, us]) => `${name} ${us.toFixed(1)}`).join(', ')}), ${host.toFixed(1)} µs in the host; ${
    median(runs.map(({ rowsPerCommit }) => rowsPerCommit)).toFixed(1)} writes per commit; ${
    median(runs.map(({ done, requests }) => done / requests * 100)).toFixed(0)} % processed meanwhile.`);
}

export async function webhooks({ seconds, rounds }) {
  const scene = await startScene();
  const load = scene.load();
  const peers = [await startNginx(), await startOctokit(scene.world.github.webhookSecret)];
  const rows = [];
  const costs = [];
  try {
    for (const connections of CONNECTIONS) {
      const runs = { mortised: [], nginx: [], octokit: [] };
      for (let round = 0; round < rounds; round++) {
        runs.mortised.push(await measure(scene, load, { connections, seconds }));
        for (const peer of peers) runs[peer.name].push(await load.run(peer.port, { connections, seconds }));
      }
      for (const [name, list] of Object.entries(runs)) {
        const { rate, p50, p99, max } = middle(list.map(({ rate, p50, p99, max }) => ({ rate, p50, p99, max })));
        const own = median(runs.mortised.map((run) => run.rate));
        rows.push({ connections, server: name, 'per second': rate, 'p50 ms': p50, 'p99 ms': p99, 'max ms': max,
          'mortised to it': own / rate });
      }
      costs.push([connections, runs.mortised]);
    }
    console.log(`Bodies of ${load.bodySize} bytes, ${rounds} rounds of ${seconds} s, medians.\n`);
    table(rows);
    for (const [connections, list] of costs) showCost(connections, list);
  } finally {
    for (const peer of peers) await peer.close();
    load.close();
    await scene.close();
  }
}
