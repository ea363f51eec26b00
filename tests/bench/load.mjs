// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The load: pushes of about 7.5 KB as GitHub sends them, signed, each with a delivery id
// of its own, sent by wrk (webhooks.lua) over a number of kept connections.
import { execFile } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { webhookExamples } from '../blackbox/lib/webhooks.mjs';

const script = join(dirname(fileURLToPath(import.meta.url)), 'webhooks.lua');
const WEBHOOK_PATH = '/extensions/github/webhook/';

// GitHub's own example of a push.
const push = webhookExamples().find(({ name }) => name === 'push')
  .examples.find(({ commits, installation }) => commits.length === 1 && installation);

// The same for our installation and one of its repositories.
export function pushBody(installation, { id, name }, sha = randomBytes(20).toString('hex')) {
  return JSON.stringify({ ...push, ref: 'refs/heads/main', installation: { id: installation },
    repository: { ...push.repository, id: Number(id), name: name.split('/')[1], full_name: name },
    commits: push.commits.map((commit) => ({ ...commit, id: sha })) });
}

export const signature = (secret, body) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

// What wrk reads: requests as they stand before and after an id of their own.
export class Sender {
  constructor(head, tails) {
    this.folder = mkdtempSync(join(tmpdir(), 'mortise-bench-'));
    this.runs = 0;
    writeFileSync(join(this.folder, 'head'), head);
    tails.forEach((tail, i) => writeFileSync(join(this.folder, `${i + 1}.tail`), tail));
  }

  // What sets the ids of a run apart; eight hex digits follow, behind a dash.
  runName() {
    return `${process.pid}-${Date.now()}-${this.runs++}`;
  }

  // Send for so long; {rate, p50, p99, max (ms), requests}.  Every answer must be a 2xx.
  run(port, { connections, seconds }) {
    const run = this.runName();
    const args = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--timeout', '20s', '-s', script,
      `http://127.0.0.1:${port}/`, '--', this.folder, run];
    return new Promise((resolve, reject) => {
      execFile('wrk', args, { timeout: (seconds + 60) * 1000 }, (error, out) => {
        if (error) return reject(error);
        const said = JSON.parse(out.trim().split('\n').at(-1));
        if (said.refused > 0 || said.broken > 0)
          return reject(new Error(`${said.refused} requests were refused, ${said.broken} broke: ${out}`));
        return resolve({ rate: said.requests / said.us * 1e6, p50: said.p50_us / 1000, p99: said.p99_us / 1000,
          max: said.max_us / 1000, requests: said.requests });
      });
    });
  }

  close() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class Load extends Sender {
  constructor(secret, bodies) {
    super([`POST ${WEBHOOK_PATH} HTTP/1.1`, 'Host: 127.0.0.1', 'User-Agent: GitHub-Hookshot/044aadd', 'Accept: */*',
      'Content-Type: application/json', 'X-GitHub-Event: push', 'X-GitHub-Hook-ID: 292430182',
      'X-GitHub-Hook-Installation-Target-ID: 79929171', 'X-GitHub-Hook-Installation-Target-Type: integration',
      'X-GitHub-Delivery: '].join('\r\n'),
    bodies.map((body) => ['', `X-Hub-Signature-256: ${signature(secret, body)}`, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n')));
    this.bodySize = Buffer.byteLength(bodies[0]);
  }
}
