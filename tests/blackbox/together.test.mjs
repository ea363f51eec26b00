// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Everything at once, so that every thread meets every other: webhooks of several
// accounts, calls that are answered at once, the API, operators, and what changes the
// daemon under all of them (reload, new keys, a plugin that is replaced).  A sanitizer for
// threads sees what nobody asserts here; without one, no work may get lost.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Ping } from './lib/ping.mjs';
import { until } from './lib/until.mjs';

const ACCOUNTS = ['a1', 'a2', 'a3', 'a4'];
const LANES = 3;               // of each kind of work
const ROUNDS = 12;             // in each lane

let ping;
let daemon;
let token;

before(async () => {
  ping = await Ping.start();
  daemon = ping.daemon;
  for (const account of ACCOUNTS) token = await ping.install(`org-${account}`, account);
});
after(() => ping?.close());

test('webhooks, calls, the API and operators get on with each other', async () => {
  const account = (n) => ACCOUNTS[n % ACCOUNTS.length];
  const org = `org-${ACCOUNTS.at(-1)}`;
  let accepted = 0;
  const work = {
    webhooks: async (n) => {
      const { status } = await ping.tell(account(n), { do: 'ok' }, { object: `o${n % 5}` });
      accepted += status === 202 || status === 200;
    },
    tasks: async (n) => {
      const { status } = await ping.work(account(n), { do: 'checkpoint', pages: [[], []] }, { object: `t${n % 5}` });
      accepted += status === 202 || status === 200;
    },
    calls: (n) => ping.tell(account(n), { do: 'read', what: 'integration', args: {} }, { hook: 'now' }),
    forgeries: async (n) => {
      const { status } = await daemon.request('POST', '/extensions/ping/webhook/', {
        headers: { 'x-ping-signature': 'sha256=00' }, body: { account: account(n) } });
      assert.ok([400, 401, 403].includes(status), `a forgery is answered with ${status}`);
    },
    lists: async () => assert.equal((await daemon.api('GET', `/organizations/${org}/integrations/`, { token })).status, 200),
    operators: async (n) => daemon.ctlOk(...[['status'], ['job', 'list'], ['plugin', 'list'], ['webhook', 'list']][n % 4]),
  };
  const change = [
    () => daemon.ctlOk('plugin', 'reload', 'ping'),
    () => daemon.ctlOk('vault', 'rotate'),
    () => process.kill(daemon.pid, 'SIGHUP'),
    () => daemon.ctlOk('log', 'level', 'debug'),
    () => daemon.ctlOk('backup', daemon.path('backup.db')),
  ];
  const lane = async (run, first) => {
    for (let i = 0; i < ROUNDS; i++) await run(first + i * LANES);
  };
  const lanes = Object.values(work).flatMap((run) => Array.from({ length: LANES }, (_, n) => lane(run, n)));
  const changes = (async () => {
    for (const step of change) await step();
  })();
  await Promise.all([...lanes, changes]);

  await daemon.event('daemon.reloaded');
  assert.ok(accepted >= LANES * ROUNDS, `only ${accepted} webhooks were accepted`);
  const fates = await daemon.idle();
  assert.deepEqual(Object.keys(fates), ['done'], JSON.stringify(fates));
  const [{ n }] = await daemon.sql('SELECT count(*) AS n FROM webhook');
  assert.equal(n, accepted);
  await until('the plugin serves', async () => (await ping.tell('a1', { do: 'ok' }, { hook: 'now' })).status < 300);
});
