// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Requests of the API answered per second, each beside nginx that serves a static reply of
// the same size: integrations listed and shown with 10 of them and with 10,000, issues
// listed with filters with 30,000 of them and with a million, external users created.
//
// A page has ten items whatever there is, so what changes is the table behind it: 30,000
// issues are enough for each filter to find ten.
import { execFileSync } from 'node:child_process';

import { fill } from './backlog.mjs';
import { issueStatement } from './events.mjs';
import { Sender } from './load.mjs';
import { startNginx } from './peers.mjs';
import { middle, table } from './report.mjs';
import { startScene } from './scene.mjs';

const CONNECTIONS = 32;
const FEW = 10;
const MANY = 10_000;
const FEW_ISSUES = 30_000;
const ORG = '/api/0/organizations/acme';

// Copies of the integration that GitHub's App was installed as, and issues: two in three
// are resolved, one in a thousand is ours, one in fifty fatal.
const fillStatement = (integrations, issues, now) => `${issueStatement(issues, now)}
  INSERT INTO integration (provider, external_id, name, metadata, uid, added_at, updated_at)
    SELECT provider, external_id || '-' || i, 'account ' || substr(lower(hex(randomblob(8))), 1, 12), metadata, randomblob(16), ${now}, ${now}
      FROM integration CROSS JOIN n WHERE integration.id = 1 AND i < ${integrations};
  INSERT INTO organization_integration (organization_id, integration_id, name, provider, config, uid, added_at, updated_at)
    SELECT 1, id, name, provider, '{}', randomblob(16), ${now}, ${now} FROM integration WHERE id > 1;
  UPDATE issue SET status = 1 WHERE id % 3 > 0;
  UPDATE issue SET assignee_account_id = 1 WHERE id % 1000 = 3;
  UPDATE issue SET level = 50 WHERE id % 50 = 0;
  ANALYZE; COMMIT; PRAGMA wal_checkpoint(TRUNCATE);`;

// What is asked: GETs by their path, and one POST whose body holds an id of its own.
const questions = {
  'integrations, 10 of the list': { path: `${ORG}/integrations/?per_page=10&includeConfig=0` },
  'the same with their settings': { path: `${ORG}/integrations/?per_page=10` },
  'one integration': { path: `${ORG}/integrations/1/?includeConfig=0` },
  'the same with its settings': { path: `${ORG}/integrations/1/` },
  'issues: unresolved': { path: `${ORG}/issues/?per_page=10&query=is:unresolved` },
  'issues: fatal, of a project': { path: `${ORG}/issues/?per_page=10&project=shop&query=is:unresolved+level:fatal` },
  'issues: assigned to one': { path: `${ORG}/issues/?per_page=10&query=is:unresolved+assigned:user:1` },
  'an external user created': { path: `${ORG}/external-users/`, body: (member) =>
    ['{"provider":"github","integrationId":1,"memberId":' + member + ',"externalName":"@', '"}'] },
};

// Twenty characters of the run, a dash and eight digits of the request.
const ID_LENGTH = 29;

class Question extends Sender {
  constructor({ path, body }, token, member) {
    const head = [`${body ? 'POST' : 'GET'} ${path} HTTP/1.1`, 'Host: 127.0.0.1', `Authorization: Bearer ${token}`];
    const [before, after] = body ? body(member) : [];
    super((body ? [...head, 'Content-Type: application/json', `Content-Length: ${before.length + ID_LENGTH + after.length}`, '', before] :
      [...head, 'X-Asked: ']).join('\r\n'), [body ? after : '\r\n\r\n']);
  }

  runName() {
    return `${process.pid}${Date.now()}${this.runs++}`.padStart(20, '0').slice(-20);
  }
}

async function startFilled(integrations, issues) {
  const scene = await startScene();
  const { daemon } = scene;
  await daemon.ctlOk('project', 'create', 'shop', '--org', 'acme');
  const [member] = await daemon.list('/organizations/acme/members/', { token: scene.token });
  await daemon.stop();
  // What is measured is what it costs, not when it is too much.
  daemon.configure({ api: { rate_per_token: 0, rate_per_address: 0 } });
  await fill(daemon.path('state', 'mortise.db'), fillStatement(integrations, issues, (Date.now() - 3600_000) * 1000));
  execFileSync('sync');
  await daemon.run();
  scene.member = member.id;
  return scene;
}

// The reply as it is, for a peer that has nothing to do for it.
async function sample({ daemon, token, member }, { path, body }) {
  const { status, text } = await daemon.request(body ? 'POST' : 'GET', path, { token, ...(body && { body: body(member).join('sample') }) });
  if (status >= 300) throw new Error(`${path}: ${status} ${text}`);
  return text;
}

async function measure(scene, options) {
  const rows = [];
  for (const [name, question] of Object.entries(questions)) {
    const text = await sample(scene, question);
    const nginx = await startNginx(text);
    const sender = new Question(question, scene.token, scene.member);
    const runs = { own: [], nginx: [] };
    try {
      for (let round = 0; round < options.rounds; round++) {
        runs.own.push(await sender.run(scene.daemon.port, { connections: CONNECTIONS, seconds: options.seconds }));
        runs.nginx.push(await sender.run(nginx.port, { connections: CONNECTIONS, seconds: options.seconds }));
      }
    } finally {
      sender.close();
      await nginx.close();
    }
    rows.push({ name, bytes: Buffer.byteLength(text), own: middle(runs.own), nginx: middle(runs.nginx) });
  }
  return rows;
}

export async function api({ seconds, rounds, rows }) {
  const found = [];
  for (const [integrations, issues] of [[FEW, FEW_ISSUES], [MANY, rows]]) {
    const scene = await startFilled(integrations, issues);
    try {
      found.push({ integrations, issues, rows: await measure(scene, { seconds, rounds }) });
    } finally {
      await scene.close();
    }
  }
  console.log(`${CONNECTIONS} connections, ${rounds} rounds of ${seconds} s, medians.\n`);
  table(found.flatMap(({ integrations, issues, rows: shown }) => shown.map(({ name, bytes, own, nginx }, i) => ({
    integrations, issues, asked: name, bytes, 'per second': own.rate, 'p50 ms': own.p50, 'p99 ms': own.p99,
    'nginx per second': nginx.rate, 'nginx p99 ms': nginx.p99, 'mortised to it': own.rate / nginx.rate,
    'of the rate with few': own.rate / found[0].rows[i].own.rate }))));
}
