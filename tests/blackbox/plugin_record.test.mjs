// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Calls recorded from a running daemon, and run again by mortise-check without one.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import test from 'node:test';

import { demonstration } from './lib/demonstration.mjs';
import { pluginFile, programs } from './lib/paths.mjs';
import { Ping } from './lib/ping.mjs';
import { patience, until } from './lib/until.mjs';
import { startWorld } from './lib/world.mjs';

// mortise-check over recorded calls: its exit status and its report.
function check(plugin, file) {
  return new Promise((resolve) => {
    execFile(programs.check, ['--host', programs.host, '--json', pluginFile(plugin), file],
      { timeout: 60_000 * patience, maxBuffer: 1 << 26 },
      (error, out) => resolve({ code: error ? error.code ?? error.signal : 0, ...JSON.parse(out) }));
  });
}

const errors = ({ problems }) => problems.filter(({ level }) => level === 'error').map(({ where, text }) => `${where}: ${text}`);

// Record until stop(); gives the calls.
async function record(daemon, plugin, file) {
  const before = daemon.events('plugin.recording').length;
  const child = spawn(programs.ctl, ['--socket', daemon.socket, 'plugin', 'record', plugin, file], { stdio: 'inherit' });
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
  await until('the recording runs', () => daemon.events('plugin.recording').length > before);
  const read = () => readFileSync(file, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line));
  return {
    read,
    // Once a call is there that fits.
    has: (what, fits) => until(`a recorded call: ${what}`, () => existsSync(file) && read().some(fits)),
    stop: async () => {
      child.kill('SIGINT');
      assert.equal(await ended, 'SIGINT');
      await daemon.event('plugin.recorded');
      return read();
    },
  };
}

test('what GitHub\'s plugin did is recorded, and runs again without GitHub', async (t) => {
  const world = await startWorld();
  t.after(() => world.close());
  const { daemon, github } = world;
  const file = daemon.path('github.json');
  const recording = await record(daemon, 'github', file);
  const demo = await demonstration(world);

  await demo.install();
  await until('the repositories are linked', async () => (await demo.repositories()).length === 2);
  const [{ id }] = await demo.integrations();
  assert.equal((await daemon.api('GET', `/organizations/acme/integrations/${id}/repos/`, { token: demo.token })).status, 200);
  await demo.push('api/cart.py', 'def cart(): pass\n', 'fix cart');
  await demo.pullRequest('cart', 'Fix the cart', 'It was broken.');
  await demo.examples();
  await daemon.idle();
  await recording.has('a pull request', ({ callback, input }) => callback.startsWith('webhook:') && input.event === 'pull_request');
  const calls = await recording.stop();

  // Not only webhooks: steps, tasks and the search, with their requests.
  const callbacks = new Set(calls.map(({ callback }) => callback));
  for (const callback of ['step:oauth_login:check', 'build', 'post_install', 'repository:list', 'webhook:webhook'])
    assert.ok(callbacks.has(callback), `${callback} in ${[...callbacks]}`);
  assert.ok(calls.flatMap(({ asks }) => asks).filter(({ ask }) => ask.op === 'http').length > 3);
  assert.equal(statSync(file).mode & 0o777, 0o600);

  // Nothing of it is a credential.
  const text = readFileSync(file, 'utf8');
  const secrets = [...github.tokens.keys(), github.clientSecret, github.webhookSecret, github.privateKey.split('\n')[1], demo.token];
  assert.ok(github.tokens.size > 2);
  for (const secret of secrets) assert.ok(secret.length > 10 && !text.includes(secret), 'a secret is in the recording');
  assert.ok(!/"(proxy-)?authorization"|"set-cookie"|Bearer |x-hub-signature/i.test(text));

  const again = await check('github', file);
  assert.deepEqual(errors(again), []);
  assert.equal(again.code, 0);
  assert.equal(again.calls.length, calls.length);

  // What is not as it was is told with its place.
  const push = calls.findIndex(({ expect }) => expect.effects?.some(({ message }) => message === 'fix cart'));
  const effect = calls[push].expect.effects.findIndex(({ type }) => type === 'commit');
  calls[push].expect.effects[effect].message = 'break cart';
  writeFileSync(file, calls.map((call) => JSON.stringify(call)).join('\n'));
  const changed = await check('github', file);
  assert.equal(changed.code, 1);
  assert.deepEqual(errors(changed), [`${file}: call ${push + 1} "${calls[push].name}": ` +
    `/expect/effects/${effect}/message: expected "break cart", got "fix cart"`]);
});

test('a recording holds failures, deaths and what was left out', async (t) => {
  const ping = await Ping.start();
  t.after(() => ping.close());
  const { daemon } = ping;
  daemon.hostsCrash = true;
  const file = daemon.path('ping.json');
  const recording = await record(daemon, 'ping', file);

  // One at a time.
  const second = await daemon.ctl('plugin', 'record', 'ping', daemon.path('second.json'));
  assert.equal(second.code, 1);
  assert.match(second.err, /calls of plugin "ping" are being recorded/);
  const unknown = await daemon.ctl('plugin', 'record', 'pong', daemon.path('pong.json'));
  assert.match(unknown.err, /there is no plugin "pong"/);
  const overwritten = await daemon.ctl('plugin', 'record', 'ping', file);
  assert.match(overwritten.err, /File exists/);

  await ping.install('acme', 'acme-1');
  await ping.tell('acme-1', { do: 'fail', code: -4, text: 'gone' }, { hook: 'now' });
  await ping.tell('acme-1', { do: 'read', what: 'metadata', args: { pointer: '/domain_name' } }, { hook: 'now' });
  await ping.tell('acme-1', { do: 'refer', ms: 60000 }, { hook: 'now' });
  await ping.tell('acme-1', { do: 'crash' }, { hook: 'now' });
  const wish = (word) => ({ body }) => body?.do === word;
  await recording.has('the crash', wish('crash'));
  const calls = await recording.stop();

  const [failed, read, referred, crashed] = ['fail', 'read', 'refer', 'crash'].map((word) => calls.find(wish(word)));
  assert.deepEqual(failed.expect, { code: 'E_NOT_FOUND', reason: 'gone' });
  assert.deepEqual(read.asks.map(({ ask, answer }) => [ask.op, ask.what, answer]), [['read', 'metadata', { value: 'ping.test' }]]);
  // Whoever has a reference can begin an install: it stands nowhere.
  assert.deepEqual(referred.asks[0].answer, { value: 'not recorded' });
  assert.deepEqual(referred.expect.output, { value: 'not recorded' });
  assert.equal(crashed.expect, undefined);
  // A secret field of a form never reached the plugin.
  assert.ok(calls.some(({ callback }) => callback === 'step:account_form:check'));
  assert.ok(!readFileSync(file, 'utf8').includes('k-123456'));

  // All runs again as it was, and what killed the host does so again.
  const again = await check('ping', file);
  assert.equal(again.code, 1);
  assert.equal(errors(again).length, 1);
  assert.match(errors(again)[0], /its host died: /);
  assert.equal(again.calls.filter(({ passed }) => !passed).length, 1);
});

test('a recording ends by itself after so many calls, or with the daemon', async (t) => {
  const ping = await Ping.start();
  t.after(() => ping.close());
  const { daemon } = ping;
  await ping.install('acme', 'acme-1');
  const counted = daemon.ctlOk('plugin', 'record', 'ping', daemon.path('two.json'), '--calls', '2');
  await daemon.event('plugin.recording');
  for (let i = 0; i < 3; i++) await ping.tell('acme-1', { do: 'ok' }, { hook: 'now' });
  assert.match(await counted, /calls: *2/);
  assert.equal((await check('ping', daemon.path('two.json'))).calls.length, 2);

  // Nobody ends this one but the daemon.
  const open = daemon.ctl('plugin', 'record', 'ping', daemon.path('open.json'));
  await until('the recording runs', () => daemon.events('plugin.recording').length === 2);
  await daemon.stop();
  assert.equal((await open).code, 1);
});
