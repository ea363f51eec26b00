// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// What /proc says of a process: memory, and processor time by thread.
import { readdirSync, readFileSync } from 'node:fs';

const TICK_US = 10_000;

// Proportional set size, in MiB.
export function pss(pid) {
  const [, kib] = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').match(/^Pss:\s+(\d+)/m);
  return Number(kib) / 1024;
}

function cpuOf(stat) {
  const [user, system] = stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(11, 13);
  return (Number(user) + Number(system)) * TICK_US;
}

// Microseconds of processor time so far, by the name of the thread.
export function threadTimes(pid) {
  const times = {};
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    try {
      const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8');
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      times[name] = (times[name] ?? 0) + cpuOf(stat);
    } catch {
      // It has ended meanwhile.
    }
  }
  return times;
}

export const since = (before, after, count) => Object.fromEntries(Object.entries(after)
  .map(([name, us]) => [name, Math.round((us - (before[name] ?? 0)) / count * 10) / 10]).filter(([, us]) => us >= 0.5));
