// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// mortisectl and the admin socket of a real daemon.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, statSync, watch, writeFileSync } from 'node:fs';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { Daemon } from './lib/daemon.mjs';
import { programs } from './lib/paths.mjs';
import { patience, until } from './lib/until.mjs';

const run = promisify(execFile);
let daemon;

before(async () => {
  daemon = await Daemon.start({ plugins: [] });
});

after(() => daemon.close());

// One Varlink call over the socket itself: the messages until the last.
function varlink(method, parameters = {}, more = false) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(daemon.socket, () => socket.write(`${JSON.stringify({ method, parameters, more })}\0`));
    const messages = [];
    let rest = '';
    socket.setEncoding('utf8');
    socket.setTimeout(20_000 * patience, () => socket.destroy(new Error(`no reply to ${method}`)));
    socket.on('error', reject);
    socket.on('data', (text) => {
      const parts = (rest + text).split('\0');
      rest = parts.pop();
      messages.push(...parts.map(JSON.parse));
      if (messages.at(-1) && !messages.at(-1).continues) {
        socket.destroy();
        resolve(messages);
      }
    });
  });
}

test('the socket is for owner and group, and describes itself', async () => {
  assert.equal(statSync(daemon.socket).mode & 0o777, 0o660);
  const [info] = await varlink('org.varlink.service.GetInfo');
  assert.deepEqual(info.parameters.interfaces, ['org.varlink.service', 'dev.mortise.Admin']);
  const [{ parameters: { description } }] = await varlink('org.varlink.service.GetInterfaceDescription', { interface: 'dev.mortise.Admin' });
  for (const method of ['Status', 'PluginList', 'OrgCreate', 'TokenCreate', 'WebhookReplay', 'JobRetry', 'VaultRotate', 'Backup', 'Stop'])
    assert.match(description, new RegExp(`^method ${method}\\(`, 'm'));
});

test('an operator sets up an organization, and its token opens the API', async () => {
  const token = await daemon.organization('acme');
  assert.match(token, /^mrt_[A-Za-z0-9_-]{43}$/);
  const { status, json } = await daemon.api('GET', '/organizations/', { token });
  assert.equal(status, 200);
  assert.deepEqual(json.map(({ slug }) => slug), ['acme']);

  const { tokens } = await daemon.ctlJson('token', 'list', '--org', 'acme');
  assert.equal(tokens.length, 1);
  assert.ok(!JSON.stringify(tokens).includes(token));
  assert.equal(await daemon.ctlOk('token', 'revoke', tokens[0].id), '');
  assert.equal((await daemon.api('GET', '/organizations/', { token })).status, 401);
});

test('projects and teams are made and read over the API', async () => {
  await daemon.ctlOk('org', 'create', 'beta');
  await daemon.ctlOk('user', 'create', 'bea@beta.test', '--org', 'beta');
  await daemon.ctlOk('project', 'create', 'api', '--org', 'beta', '--platform', 'c');
  await daemon.ctlOk('team', 'create', 'core', '--org', 'beta');
  await daemon.ctlOk('team', 'add-member', 'core', 'bea@beta.test', '--org', 'beta');
  await daemon.ctlOk('team', 'add-project', 'core', 'api', '--org', 'beta');
  const { project } = await daemon.ctlJson('project', 'show', 'api', '--org', 'beta');
  assert.deepEqual(project.teams, ['core']);
  assert.match(await daemon.ctlOk('member', 'list', '--org', 'beta'), /^ID +EMAIL +NAME +ROLE +ADDED\n\d+ +bea@beta\.test/);
});

test('a sign-in link works once', async () => {
  const link = new URL(await daemon.ctlOk('login-link', 'bea@beta.test'));
  assert.equal(link.pathname, '/console/');
  const token = new URLSearchParams(link.hash.slice(1)).get('token');
  const first = await daemon.api('POST', '/auth/login-link/', { body: { token } });
  assert.equal(first.status, 200, first.text);
  const second = await daemon.api('POST', '/auth/login-link/', { body: { token } });
  assert.notEqual(second.status, 200);
});

test('a refusal is exit status 1 with a reason, a wrong command line 2', async () => {
  const cases = [
    [['org', 'create', 'acme'], 1, /acme/],
    [['project', 'list', '--org', 'nobody'], 1, /"nobody"/],
    [['token', 'create', '--org', 'acme', '--scope', 'org:own'], 1, /"org:own" is no scope/],
    [['job', 'show', '999'], 1, /./],
    [['plugin', 'show', 'nothing'], 1, /"nothing"/],
    [['log', 'level', 'loud'], 1, /error, warning, notice, info or debug/],
    [['org', 'destroy', 'acme'], 2, /no command/],
    [['org', 'create'], 2, /needs SLUG/],
    [['--socket', daemon.path('nothing.sock'), 'status'], 1, /is it running/],
  ];
  for (const [args, code, reason] of cases) {
    const result = await daemon.ctl(...args);
    assert.equal(result.code, code, args.join(' '));
    assert.equal(result.out, '', args.join(' '));
    assert.match(result.err, reason, args.join(' '));
  }
});

test('whoever is in no group may look and not touch', { skip: process.getuid() !== 0 && 'needs root' }, async () => {
  const nobody = (...args) => run('setpriv', ['--reuid', '65534', '--regid', '65534', '--clear-groups', programs.ctl,
    '--socket', daemon.socket, ...args]).then(({ stdout }) => ({ code: 0, out: stdout }), ({ code, stderr }) => ({ code, err: stderr }));
  for (const path of [daemon.folder, daemon.path('run')]) chmodSync(path, 0o711);
  assert.match((await nobody('status')).err, /Permission denied/);
  chmodSync(daemon.socket, 0o666);
  assert.equal((await nobody('status')).code, 0);
  const refused = await nobody('log', 'level', 'error');
  assert.equal(refused.code, 1);
  assert.match(refused.err, /needs the level "operate" and you have "read"/);
  chmodSync(daemon.socket, 0o660);
});

test('keys are rotated while tokens stay good', async () => {
  const token = await daemon.token('acme', ['org:read']);
  const before = await daemon.ctlJson('vault', 'status');
  await daemon.ctlOk('vault', 'rotate');
  const now = await daemon.ctlJson('vault', 'status');
  assert.notEqual(now.keys.find(({ newest }) => newest).id, before.keys.find(({ newest }) => newest).id);
  assert.equal((await daemon.api('GET', '/organizations/', { token })).status, 200);
});

test('a backup is a whole database, for its owner only', async () => {
  const file = daemon.path('copy.db');
  await daemon.ctlOk('backup', file);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(readFileSync(file).subarray(0, 15).toString(), 'SQLite format 3');
  const { stdout } = await run('sqlite3', [file, 'PRAGMA integrity_check; SELECT slug FROM organization ORDER BY slug']);
  assert.equal(stdout, 'ok\nacme\nbeta\n');
  const again = await daemon.ctl('backup', file);
  assert.equal(again.code, 1);
  assert.match(again.err, /File exists/);
  assert.ok(!existsSync(`${file}.part`));
});

test('what a backup that was cut off left is removed at the next start, and nothing else', async () => {
  const names = new Set();
  const watcher = watch(daemon.path('state'), (event, name) => names.add(name));
  await daemon.ctlOk('backup', daemon.path('second.db'));
  const made = await until('the copy was seen', () => [...names].find((name) => name.startsWith('.mortise-backup-')));
  watcher.close();
  await daemon.kill();
  const left = [made, `${made}-journal`].map((name) => daemon.path('state', name));
  for (const file of [...left, daemon.path('state', 'backup-monday')]) writeFileSync(file, 'SQLite format 3');
  await daemon.run();
  assert.deepEqual(left.filter(existsSync), []);
  assert.ok(existsSync(daemon.path('state', 'backup-monday')));
  assert.equal(daemon.events('store.backup_swept', {}, { lastRun: true }).length, 2);
});

test('a bad message ends its connection and nothing else', async () => {
  await new Promise((resolve) => {
    const socket = net.connect(daemon.socket, () => socket.write('{"method":\0'));
    socket.on('data', () => assert.fail('a reply to no message'));
    socket.on('close', resolve);
  });
  const [reply] = await varlink('dev.mortise.Admin.OrgCreate', { slug: 'gamma', colour: 'red' });
  assert.equal(reply.error, 'org.varlink.service.InvalidParameter');
  assert.equal(reply.parameters.parameter, 'colour');
  assert.match(await daemon.ctlOk('status'), /^store_healthy: +yes$/m);
});

test('what every command answers is what the interface says', async () => {
  const commands = ['status', 'plugin list', 'org list', 'token list', 'integration list', 'pipeline list', 'webhook list', 'job list',
    'vault status', 'project list --org beta', 'log level debug'];
  for (const command of commands) await daemon.ctlOk(...command.split(' '));
  assert.deepEqual(daemon.events('admin.bad_result'), []);
});

test('stop ends the daemon in good order', async () => {
  const other = await Daemon.start({ plugins: [] });
  await other.ctlOk('stop');
  const { code } = await until('it ends', () => other.program.end);
  assert.equal(code, 0);
  assert.ok(!existsSync(other.socket));
  other.remove();
});
