// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Memory of each process, idle and under load; how long a start takes, and a host's
// return after a crash.
import { until } from '../blackbox/lib/until.mjs';
import { pss } from './processes.mjs';
import { median, table } from './report.mjs';
import { startScene } from './scene.mjs';

const STARTS = 7;
const PAUSE_MS = 200;

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

export async function memory({ seconds }) {
  const scene = await startScene();
  const load = scene.load();
  const { daemon } = scene;
  try {
    const hosts = await daemon.hosts();
    const processes = { mortised: daemon.pid, ...Object.fromEntries(Object.entries(hosts).map(([name, pid]) => [`mortise-host ${name}`, pid])) };
    const idle = Object.fromEntries(Object.entries(processes).map(([name, pid]) => [name, pss(pid)]));
    const most = { ...idle };
    const running = load.run(daemon.port, { connections: 64, seconds });
    let ended = false;
    running.finally(() => { ended = true; }).catch(() => {});
    while (!ended) {
      for (const [name, pid] of Object.entries(processes)) most[name] = Math.max(most[name], pss(pid));
      await pause(PAUSE_MS);
    }
    await running;
    const rows = Object.keys(processes).map((name) => ({ process: name, 'idle MiB': idle[name], 'most under load MiB': most[name] }));
    table([...rows, { process: 'together', 'idle MiB': rows.reduce((sum, row) => sum + row['idle MiB'], 0),
      'most under load MiB': rows.reduce((sum, row) => sum + row['most under load MiB'], 0) }]);
  } finally {
    load.close();
    await scene.close();
  }
}

// From the start of the process until it says that it serves.
async function startTime(daemon) {
  const started = Date.now();
  await daemon.run();
  const [{ time }] = daemon.events('daemon.ready', {}, { lastRun: true });
  return Date.parse(time) - started;
}

// From the signal until the plugin takes calls again.
async function returnTime(daemon) {
  const { github } = await daemon.hosts();
  const seen = daemon.events('plugin.ready', { plugin: 'github' }).length;
  const killed = Date.now();
  process.kill(github, 'SIGKILL');
  const ready = await until('the host is back', () => daemon.events('plugin.ready', { plugin: 'github' })[seen], { every: 2 });
  return Date.parse(ready.time) - killed;
}

export async function start() {
  const scene = await startScene();
  const { daemon } = scene;
  const starts = [];
  const returns = [];
  try {
    for (let i = 0; i < STARTS; i++) {
      await daemon.stop();
      starts.push(await startTime(daemon));
      returns.push(await returnTime(daemon));
    }
    table([{ what: 'start of mortised to ready', 'median ms': median(starts), 'worst ms': Math.max(...starts) },
      { what: 'kill of a host to its plugin ready again', 'median ms': median(returns), 'worst ms': Math.max(...returns) }]);
  } finally {
    await scene.close();
  }
}
