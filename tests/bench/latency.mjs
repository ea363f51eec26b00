// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// From end to end: from sending a push until its commit is shown by the API, alone and
// while other pushes come at a steady rate.
import { randomBytes, randomUUID } from 'node:crypto';
import http from 'node:http';

import { signature } from './load.mjs';
import { percentile, table } from './report.mjs';
import { startScene } from './scene.mjs';

const SAMPLES = 400;
const STEADY_PER_SECOND = 300;
const GIVE_UP_MS = 20_000;

const agent = new http.Agent({ keepAlive: true });

function request(port, method, path, headers, body) {
  return new Promise((resolve, reject) => {
    const sent = http.request({ host: '127.0.0.1', port, agent, method, path, headers }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.once('end', () => resolve({ status: answer.statusCode, text: Buffer.concat(chunks).toString() }));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

async function push(scene, repository, sha) {
  const body = scene.body(repository, sha);
  const { status } = await request(scene.daemon.port, 'POST', '/extensions/github/webhook/', {
    'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'x-github-event': 'push',
    'x-github-delivery': randomUUID(), 'x-hub-signature-256': signature(scene.world.github.webhookSecret, body) }, body);
  if (status !== 204) throw new Error(`a push was answered ${status}`);
}

async function sample(scene, repository) {
  const sha = randomBytes(20).toString('hex');
  const started = process.hrtime.bigint();
  const elapsed = () => Number(process.hrtime.bigint() - started) / 1e6;
  await push(scene, repository, sha);
  const stored = elapsed();
  for (;;) {
    const { text } = await request(scene.daemon.port, 'GET',
      `/api/0/organizations/acme/repos/${repository.row}/commits/?per_page=5`, { authorization: `Bearer ${scene.token}` });
    if (text.includes(sha)) return { stored, shown: elapsed() };
    if (elapsed() > GIVE_UP_MS) throw new Error(`the commit was not shown within ${GIVE_UP_MS} ms`);
  }
}

async function samples(scene, repositories) {
  const found = [];
  for (let i = 0; i < SAMPLES; i++) found.push(await sample(scene, repositories[i % repositories.length]));
  return found;
}

// Other repositories' pushes, until told to end.
function steady(scene, repositories) {
  let sent = 0;
  const failures = [];
  const timer = setInterval(() => {
    for (let i = 0; i < STEADY_PER_SECOND / 100; i++)
      push(scene, repositories[sent++ % repositories.length]).catch((error) => failures.push(error));
  }, 10);
  return () => {
    clearInterval(timer);
    if (failures.length > 0) throw failures[0];
  };
}

export async function latency() {
  const scene = await startScene();
  const half = scene.repositories.length / 2;
  const rows = [];
  const show = (meanwhile, found) => rows.push({ meanwhile,
    'stored p50 ms': percentile(found.map(({ stored }) => stored), 0.5), 'stored p99 ms': percentile(found.map(({ stored }) => stored), 0.99),
    'shown p50 ms': percentile(found.map(({ shown }) => shown), 0.5), 'shown p99 ms': percentile(found.map(({ shown }) => shown), 0.99) });
  try {
    show('nothing', await samples(scene, scene.repositories.slice(0, half)));
    const end = steady(scene, scene.repositories.slice(half));
    show(`${STEADY_PER_SECOND} other pushes a second`, await samples(scene, scene.repositories.slice(0, half)));
    end();
    table(rows);
  } finally {
    agent.destroy();
    await scene.close();
  }
}
