// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The npm package `emulate` as GitHub, on a free port of 127.0.0.1, and an App's own
// requests to it.
import { createSign, webcrypto } from 'node:crypto';
import net from 'node:net';

import { createEmulator } from 'emulate';

// emulate expects it in the global scope, where node 18 does not have it.
globalThis.crypto ??= webcrypto;

// emulate listens on every address and on a port that must be known before; while it
// starts, keep it on loopback and learn the port it got.
export async function startEmulator(baseUrl, seed) {
  const listen = net.Server.prototype.listen;
  let server;
  net.Server.prototype.listen = function listenOnLoopback(port) {
    server = this;
    return listen.call(this, port, '127.0.0.1');
  };
  let emulator;
  try {
    emulator = await createEmulator({ service: 'github', port: 0, baseUrl, seed });
  } finally {
    net.Server.prototype.listen = listen;
  }
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      const closed = emulator.close();
      server.closeAllConnections();
      return closed;
    },
  };
}

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

export function appJwt(appId, privateKey) {
  const now = Math.floor(Date.now() / 1000);
  const text = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode({
    iat: now - 60, exp: now + 300, iss: String(appId) })}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')}`;
}
