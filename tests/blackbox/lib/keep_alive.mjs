// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Many requests to one port over few connections, each sent as it is: nothing of a path is
// put right on the way.
import http from 'node:http';

export class KeepAlive {
  constructor(port) {
    this.port = port;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  }

  close() {
    this.agent.destroy();
  }

  // {status, headers, text}
  send({ method, path, headers, body }) {
    return new Promise((resolve, reject) => {
      const request = http.request({ host: '127.0.0.1', port: this.port, path, method, agent: this.agent, headers: {
        ...headers, ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }) } }, (answer) => {
        const chunks = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.once('error', reject);
        answer.once('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(chunks).toString() }));
      });
      request.setTimeout(60_000, () => request.destroy(new Error('no answer')));
      request.once('error', reject);
      request.end(body);
    });
  }
}
