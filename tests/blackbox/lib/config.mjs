// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Write settings as libconfig, and find a free port.
import net from 'node:net';

const quote = (text) => `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;

// Objects become groups, arrays lists; undefined members are left out.
export function libconfig(settings, indent = '') {
  return Object.entries(settings).filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${indent}${key} = ${literal(value, indent)};\n`).join('');
}

function literal(value, indent) {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `( ${value.map((entry) => literal(entry, indent)).join(', ')} )`;
  if (typeof value === 'object') return `{\n${libconfig(value, `${indent}\t`)}${indent}}`;
  return String(value);
}

// A port below the range that outgoing connections get theirs from, so that nobody
// takes it before the daemon does.
export async function freePort() {
  for (let tries = 0; tries < 50; tries++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await new Promise((resolve) => {
      const server = net.createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
  throw new Error('no free port');
}
