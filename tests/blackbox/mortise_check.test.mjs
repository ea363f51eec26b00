// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// mortise-check over our own plugins, over those that are wrong on purpose.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import test from 'node:test';

import { pluginFile, programs } from './lib/paths.mjs';
import { patience } from './lib/until.mjs';

function run(...args) {
  return new Promise((resolve) => {
    execFile(programs.check, ['--host', programs.host, ...args], { timeout: 60_000 * patience, maxBuffer: 1 << 26 },
      (error, out, err) => resolve({ code: error ? error.code ?? error.signal : 0, out, err }));
  });
}

async function runJson(...args) {
  const { code, out, err } = await run('--json', ...args);
  return { code, err, ...JSON.parse(out) };
}

const texts = ({ problems }, wanted) => problems.filter(({ level }) => level === wanted)
  .map(({ where, text }) => (where ? `${where}: ${text}` : text));

test('a good plugin passes, and is named', async () => {
  const { code, passed, plugin, problems } = await runJson(pluginFile('github'));
  assert.equal(code, 0);
  assert.equal(passed, true);
  assert.deepEqual({ ...plugin, version: 'any' }, { name: 'github', version: 'any', license: 'Apache-2.0', abi: [0, 1] });
  assert.deepEqual(problems.filter(({ level }) => level === 'error'), []);
});

test('warnings alone fail only --strict', async () => {
  const warned = await runJson(pluginFile('ping'));
  assert.equal(warned.code, 0);
  assert.ok(texts(warned, 'warning').some((text) => text.startsWith('provider "ping-oauth": description: ')));
  assert.equal((await run('--strict', pluginFile('ping'))).code, 1);
});

test('each wrong plugin is refused as the daemon would, with what to do', async () => {
  const wrong = {
    bad_magic: /wrong magic: build it again/,
    older_major: /needs plugin ABI 7\.1, this mortised provides 0\.1/,
    newer_minor: /needs plugin ABI 0\.2, this mortised provides 0\.1: update mortised/,
    short_size: /its descriptor has 8 bytes/,
    no_note: /has no Mortise note/,
    no_symbol: /has no Mortise note/,
    load_crashes: /did not start: it was killed by signal 6/,
    constructor_crashes: /did not start: it was killed by signal 6/,
    load_refuses: /its load returned -2 \(E_SETTINGS\)/,
    registers_badly: /upstream "api": base is "setting:nowhere": register "nowhere"/,
    constructor_writes: /name the file bad\.so/,
  };
  for (const [name, text] of Object.entries(wrong)) {
    const result = await runJson(pluginFile(name));
    assert.equal(result.code, 1, name);
    assert.equal(result.passed, false, name);
    assert.match(texts(result, 'error').join('\n'), text, name);
  }
});

test('a plugin that never gets ready is given up in time', async () => {
  const result = await runJson('--timeout', '0.5', pluginFile('load_hangs'));
  assert.equal(result.code, 1);
  assert.match(texts(result, 'error').join(), /was not ready in time/);
});

test('a wrong command line is told apart from a wrong plugin', async () => {
  assert.equal((await run()).code, 2);
  assert.equal((await run('--nonsense', pluginFile('github'))).code, 2);
  assert.equal((await run('--timeout', 'soon', pluginFile('github'))).code, 2);
  const { code, out } = await run('/nowhere/acme.so');
  assert.equal(code, 1);
  assert.match(out, /acme\.so: error: .*no such file/i);
});
