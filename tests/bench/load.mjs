// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The load: pushes of about 8 KB as GitHub sends them, signed, each with a delivery id
// of its own, sent by wrk (webhooks.lua) over a number of kept connections.
import { execFile } from 'node:child_process';
import { createHmac, randomBytes, randomInt } from 'node:crypto';
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

const hex = (digits) => randomBytes(digits / 2).toString('hex');
const number = (below) => randomInt(below);
export const word = () => [...Array(2 + number(3))].map(() => 'bcdfghklmnprstvw'[number(16)] + 'aeiou'[number(5)]).join('');
export const list = (least, most, make) => [...Array(least + number(most - least + 1))].map(make);
const PEOPLE = [...Array(200)].map(() => ({ login: `${word()}-${word()}`, id: 1000000 + number(90000000) }));

// The text of a part of GitHub's example, with its person and its repository replaced.
const replaced = (part, { login, id }, name) => JSON.parse(JSON.stringify(part)
  .replaceAll('Codertocat/Hello-World', name).replaceAll('Codertocat', login).replaceAll('21031067', String(id))
  .replaceAll('MDQ6VXNlcjIxMDMxMDY3', Buffer.from(`04:User${id}`).toString('base64')));

// A push for our installation to one of its repositories, which differs from others in what
// differs in real ones: who, what, when, digests.
export function pushBody(installation, { id, name }, sha = hex(40)) {
  const person = PEOPLE[number(PEOPLE.length)];
  const at = 1700000000 + number(50000000);
  const files = () => list(0, 3, () => `${list(1, 4, word).join('/')}.c`);
  const commit = { ...replaced(push.commits[0], person, name), id: sha, tree_id: hex(40), message: list(3, 14, word).join(' '),
    timestamp: new Date(at * 1000).toISOString(), url: `https://github.com/${name}/commit/${sha}`,
    added: files(), removed: files(), modified: files() };
  const owner = { login: name.split('/')[0], id: 5000000 + installation % 1000000 };
  return JSON.stringify({ ...replaced(push, person, name), ref: 'refs/heads/main', before: hex(40), after: sha,
    compare: `https://github.com/${name}/compare/${hex(12)}...${sha.slice(0, 12)}`, installation: { id: installation },
    repository: { ...replaced(push.repository, owner, name), id: Number(id), name: name.split('/')[1], full_name: name,
      node_id: Buffer.from(`010:Repository${id}`).toString('base64'), description: list(3, 10, word).join(' '),
      pushed_at: at, updated_at: new Date((at - number(1000000)) * 1000).toISOString(), size: number(100000) },
    commits: [commit], head_commit: commit });
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
