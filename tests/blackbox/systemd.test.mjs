// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The shipped units on a real systemd, where one can be run: user, credentials, sockets,
// watchdog, restart under load.
import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { Machine } from './lib/machine.mjs';
import { noMemoryLimit, top } from './lib/paths.mjs';
import { until } from './lib/until.mjs';

const PORT = 8300;
const VAULT_KEY = `mortise-vault 1\n0a0b0c0d ${'5a'.repeat(32)}\n`;
const skip = noMemoryLimit && 'a sanitizer cannot run in the sandbox of the unit';
let machine;

before(async () => {
  if (skip) return;
  machine = await Machine.start({ furnish: (dest, { installed }) => {
    const file = (path, text, mode = 0o644) => {
      mkdirSync(join(dest, path, '..'), { recursive: true });
      writeFileSync(join(dest, path), text, { mode });
    };
    file('/etc/credstore/mortise-vault.key', VAULT_KEY, 0o600);
    file('/etc/mortise/hook', 'hook-secret', 0o600);
    // There is no journal; and an operators' group, as the operator's guide says.
    file('/etc/systemd/system/mortised.service.d/test.conf', `[Service]
StandardError=append:/mortised.log
Group=operators
LoadCredential=hook:/etc/mortise/hook
`);
    appendFileSync(join(dest, installed.find((path) => path.endsWith('/mortise.conf'))), `
admin = { admin = ( "operators" ); };
providers = { github = { webhook_secret_file = "/run/credentials/mortised.service/hook"; }; };
`);
  } });
  if (machine.reason) return;
  await machine.ok('groupadd', '--system', 'operators');
  await machine.ok('useradd', '--groups', 'operators', 'ann');
  await machine.ok('useradd', 'bob');
});
after(() => machine?.close());

// A test that says why it cannot run.
const inside = (name, fn) => test(name, { skip }, (t) => (machine.reason ? t.skip(machine.reason) : fn(t)));

inside('the first connection starts the daemon, as a user of its own', async () => {
  await machine.ok('systemctl', 'start', 'mortised.socket');
  assert.equal((await machine.unit('mortised', 'ActiveState')).ActiveState, 'inactive');
  assert.match(await machine.ok('curl', '-s', `http://127.0.0.1:${PORT}/-/ready`), /ready/);
  const { StatusText, UID, NRestarts } = await machine.unit('mortised', 'StatusText', 'UID', 'NRestarts');
  assert.equal(StatusText, 'running');
  assert.equal(NRestarts, '0');
  assert.ok(Number(UID) >= 61184 && Number(UID) <= 65519, `${UID} is no dynamic user`);
  const states = JSON.parse(await machine.ok('mortisectl', '--json', 'plugin', 'list'));
  assert.deepEqual((states.plugins ?? states).map(({ name, state }) => [name, state]), [['github', 'ready'], ['jira', 'ready']]);
});

inside('keys and secrets come as credentials', async () => {
  const status = JSON.parse(await machine.ok('mortisectl', '--json', 'vault', 'status'));
  assert.match(JSON.stringify(status), /credentials\/mortised\.service\/vault\.key/);
  assert.deepEqual(status.keys.map(({ id }) => id), ['0a0b0c0d']);
  // The webhook secret is read when a webhook comes: a signature that is wrong is told from a secret that is not there.
  const answer = await machine.ok('curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', 'X-GitHub-Event: push',
    '-H', 'X-GitHub-Delivery: 1', '-H', `X-Hub-Signature-256: sha256=${'0'.repeat(64)}`, '-H', 'Content-Type: application/json',
    '-d', '{"installation":{"id":1},"repository":{"id":1}}', `http://127.0.0.1:${PORT}/extensions/github/webhook/`);
  assert.equal(answer, '401', await machine.log());
  assert.doesNotMatch(await machine.log(), /key_unreadable/);
});

inside('the operators\' group administers, others do not get in', async () => {
  const as = (user, ...args) => machine.run('runuser', '-u', user, '--', 'mortisectl', ...args);
  assert.equal((await as('ann', 'org', 'create', 'acme')).code, 0);
  const { code, err } = await as('bob', 'status');
  assert.equal(code, 1);
  assert.match(err, /[Pp]ermission denied/);
});

inside('a reload is told apart from a wrong configuration', async () => {
  await machine.ok('systemctl', 'reload', 'mortised');
  await until('it is reloaded', async () => (await machine.log()).includes('event=daemon.reloaded'));
  const conf = machine.place('mortise.conf').replace('mortise.conf', 'conf.d');
  await machine.ok('mkdir', '-p', conf);
  await machine.ok('sh', '-c', `echo 'nonsense = 1;' >${conf}/wrong.conf`);
  assert.notEqual((await machine.run('systemctl', 'reload', 'mortised')).code, 0);
  await machine.ok('rm', `${conf}/wrong.conf`);
  assert.equal((await machine.unit('mortised', 'ActiveState')).ActiveState, 'active');
});

inside('three restarts under load refuse nobody', async () => {
  const stop = machine.load(join(top, 'tests', 'blackbox', 'lib', 'ask.mjs'), String(PORT));
  for (let round = 0; round < 3; round++) await machine.ok('systemctl', 'restart', 'mortised');
  const answers = JSON.parse(await stop());
  assert.deepEqual(Object.keys(answers), ['200'], JSON.stringify(answers));
  const log = await machine.log();
  assert.doesNotMatch(log, /plugin\.host_died/, 'systemd must not signal the hosts');
  assert.equal((await machine.unit('mortised', 'Result')).Result, 'success');
});

inside('the watchdog replaces a daemon that hangs', async () => {
  await machine.ok('sh', '-c', 'printf "[Service]\\nWatchdogSec=1\\n" >/etc/systemd/system/mortised.service.d/watchdog.conf');
  await machine.ok('systemctl', 'daemon-reload');
  await machine.ok('systemctl', 'restart', 'mortised');
  const { MainPID: before } = await machine.unit('mortised', 'MainPID');
  await machine.ok('kill', '-STOP', before);
  await until('another runs', async () => {
    const { MainPID, NRestarts, StatusText } = await machine.unit('mortised', 'MainPID', 'NRestarts', 'StatusText');
    return MainPID !== '0' && MainPID !== before && Number(NRestarts) > 0 && StatusText === 'running';
  });
  assert.match(await machine.ok('curl', '-s', `http://127.0.0.1:${PORT}/-/ready`), /ready/);
});

inside('a backup is restored as the operator\'s guide says', async () => {
  const names = async () => (await machine.ok('mortisectl', '--json', 'org', 'list')).match(/"slug": "\w+"/g);
  await machine.ok('mortisectl', 'backup', '/root/backup.db');
  const before = await names();
  await machine.ok('mortisectl', 'org', 'create', 'later');
  const guide = readFileSync(join(top, 'docs', 'operator-guide.md'), 'utf8');
  const [, commands] = guide.match(/To restore:\n\n([^]*?)\n\n\S/);
  await machine.ok('sh', '-e', '-c', commands.replace(/\S*mortise-….db/, '/root/backup.db'));
  assert.deepEqual(await names(), before);
});

inside('a stop is an end in good order', async () => {
  await machine.ok('systemctl', 'stop', 'mortised.socket', 'mortised.service');
  assert.equal((await machine.unit('mortised', 'Result')).Result, 'success');
  assert.match((await machine.log()).trim().split('\n').at(-1), /event=daemon\.stopped/);
});
