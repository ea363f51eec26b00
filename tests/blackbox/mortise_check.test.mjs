// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// mortise-check over our own plugins, over those that are wrong on purpose.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { noMemoryLimit, pluginFile, programs, top } from './lib/paths.mjs';
import { patience } from './lib/until.mjs';

// Of the header that this tree has.
const minor = Number(/MORTISE_ABI_MINOR (\d+)/.exec(readFileSync(join(top, 'include/mortise/plugin.h'), 'utf8'))[1]);

const folder = mkdtempSync(join(tmpdir(), 'mortise-check-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

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
  assert.deepEqual({ ...plugin, version: 'any' }, { name: 'github', version: 'any', license: 'Apache-2.0', abi: [0, minor] });
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
    older_major: new RegExp(`needs plugin ABI 7\\.${minor}, this mortised provides 0\\.${minor}`),
    newer_minor: new RegExp(`needs plugin ABI 0\\.${minor + 1}, this mortised provides 0\\.${minor}: update mortised`),
    short_size: /its descriptor has 8 bytes/,
    no_note: /has no Mortise note/,
    no_symbol: /has no Mortise note/,
    load_crashes: /did not start: it was killed by signal 6/,
    constructor_crashes: /did not start: it was killed by signal 6/,
    load_refuses: /its load returned -2 \(E_SETTINGS\)/,
    registers_badly: /provider "bad": upstream "api": base is "setting:nowhere": register "nowhere"/,
  };
  for (const [name, text] of Object.entries(wrong)) {
    const result = await runJson(pluginFile(name));
    assert.equal(result.code, 1, name);
    assert.equal(result.passed, false, name);
    assert.match(texts(result, 'error').join('\n'), text, name);
  }
});

test('a tracker that nobody can use, or that never does what it could, is told', async () => {
  const result = await runJson(pluginFile('tracks_badly'));
  assert.equal(result.code, 1);
  const errors = texts(result, 'error').join('\n');
  assert.match(errors, /provider "worse": features: "issue-sync" needs an issue provider/);
  assert.match(errors, /issue provider "bad": key_url: nothing here stands for \{state:\/a\}: use \{setting:NAME\}, \{key\}/);
  const warnings = texts(result, 'warning').join('\n');
  assert.match(warnings, /provider "bad": features: issues cannot be linked without/);
  assert.match(warnings, /issue provider "bad": status_out: it is never called/);
  assert.doesNotMatch(warnings, /comment_create: it is never called/);
  assert.match(warnings, /issue provider "bad": comment_update: there is none/);
  assert.match(warnings, /issue provider "bad": sync: no config form/);
  assert.doesNotMatch(texts(await runJson(pluginFile('ping')), 'warning').join(), /issue provider|issue-sync/);
});

test('a file that has not its plugin\'s name is refused', async () => {
  const file = join(folder, 'pong.so');
  copyFileSync(pluginFile('ping'), file);
  const result = await runJson(file);
  assert.equal(result.code, 1);
  assert.match(texts(result, 'error').join(), /its note says that it is plugin "ping": name the file ping\.so/);
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

// ---- Calls ----

const work = (payload, rest = {}) => ({ provider: 'ping', callback: 'task:work', input: { payload }, ...rest });
const asked = (path, answer = { status: 200, body: { login: 'mona' } }) => ({ ask: { op: 'http', method: 'GET', path }, answer });

let files = 0;
// Run calls of the tests' own plugin: as the report in JSON.
function check(calls, ...options) {
  const file = join(folder, `${++files}.json`);
  writeFileSync(file, typeof calls === 'string' ? calls : JSON.stringify(calls));
  return runJson(...options, pluginFile('ping'), file);
}

test('calls that do what their file says pass', async () => {
  const { code, problems, calls } = await check([
    work({ do: 'ok' }, { expect: { output: { outcome: 'ok' }, effects: [] } }),
    work({ do: 'http', method: 'GET', path: '/me' }, { asks: [asked('/me')],
      expect: { output: { status: 200, replayed: false, json: { login: 'mona' } } } }),
    work({ do: 'http', method: 'GET', path: '/me' }, { asks: [asked('/me', { status: 502, text: 'no' })],
      expect: { output: { status: 502, replayed: false, text: 'no' } } }),
    work({ do: 'http', method: 'GET', path: '/me' }, { asks: [asked('/me', { code: 'E_RATE', reason: 'slow down', retry_at_ms: 5 })],
      expect: { code: 'E_RATE', reason: 'slow down', retry_at_ms: 5 } }),
    work({ do: 'read', what: 'metadata', args: { pointer: '/a' } }, {
      asks: [{ ask: { op: 'read', what: 'metadata' }, answer: { value: 7 } }], expect: { output: { value: 7 } } }),
    // What needs no item: settings, the product, the cache, checkpoints.
    work({ do: 'read', what: 'setting', args: { name: 'client_id' } }, { expect: { output: { value: 'ping-client' } } }),
    work({ do: 'read', what: 'public_url', args: { path: '/x' } }, { expect: { output: { value: 'http://127.0.0.1:8300/x' } } }),
    work({ do: 'cache', key: 'k' }, { expect: { code: 'E_NOT_FOUND' } }),
    work({ do: 'checkpoint', pages: [[{ type: 'audit', event: 'ping.page' }], []] }, { expect: { effects: [] } }),
    work({ do: 'field', path: 'table.2' }, { expect: { code: 'E_FIELD', fields: { 'table.2': ['is wrong: choose another'] } } }),
    { provider: 'ping', callback: 'webhook:stored', scope: 'install', external_id: 'acme', input: { event: 'told' },
      body: { do: 'effects', effects: [{ type: 'config_patch', patch: { a: null } }] },
      expect: { effects: [{ type: 'config_patch', patch: { a: null } }] } },
    { provider: 'ping', callback: 'build', input: { state: { account: 'acme' } }, expect: { effects: [] } },
  ]);
  assert.deepEqual(problems.filter(({ level }) => level === 'error'), []);
  assert.equal(code, 0);
  assert.equal(calls.length, 12);
  assert.ok(calls.every(({ passed, runs }) => passed && runs === 1));
});

test('what a tracker answers has its form', async () => {
  const get = (answer, rest = {}) => ({ provider: 'ping', callback: 'issue:get', input: { fields: { answer } }, ...rest });
  const { code, calls } = await check([get({ key: 'A-1', url: 'https://a.test/A-1' }, { expect: { output: { key: 'A-1', url: 'https://a.test/A-1' } } }),
    { provider: 'ping', callback: 'issue:linked', input: { key: 'A-1' }, expect: { output: {} } }]);
  assert.equal(code, 0);
  assert.ok(calls.every(({ passed }) => passed));
  for (const [call, text] of [[get({}), /the answer's "key" is missing/], [get({ key: 'A-1', url: 'ftp://a.test' }), /the answer's "url"/],
    [{ provider: 'ping', callback: 'issue:get', input: { key: 'A-1' } }, /which the daemon never gives to issue:get/]]) {
    const result = await check([call]);
    assert.equal(result.code, 1);
    assert.match(texts(result, 'error').join('\n'), text);
  }
});

test('the plugin takes the time that the call gives it', async () => {
  const now = 1_777_777_777_000;
  const { problems } = await check(work({ do: 'now' }, { now_ms: now, expect: { output: { now: 0, deadline: 0 } } }));
  const [, seen] = problems.map(({ text }) => text.match(/^\/expect\/output\/now: expected 0, got (\d+)$/)).find(Boolean);
  assert.ok(Number(seen) >= now && Number(seen) < now + 60_000 * patience, seen);
});

test('each difference is named with its place', async () => {
  const wrong = [
    [work({ do: 'effects', effects: [{ type: 'integration_patch', metadata: { 'a/b': [1] } }] },
      { expect: { effects: [{ type: 'integration_patch', metadata: { 'a/b': [2] } }] } }),
    /^\/expect\/effects\/0\/metadata\/a~1b\/0: expected 2, got 1$/m],
    [work({ do: 'ok' }, { expect: { effects: [{ type: 'audit', event: 'x' }] } }), /^\/expect\/effects\/0: expected \{.*\}, got nothing$/m],
    [work({ do: 'ok' }, { expect: { output: {} } }), /^\/expect\/output\/outcome: expected nothing, got "ok"$/m],
    [work({ do: 'fail', code: -4, text: 'gone' }), /^\/expect\/code: expected OK, got E_NOT_FOUND \(gone\)$/m],
    [work({ do: 'ok' }, { expect: { code: 'E_NOT_FOUND' } }), /^\/expect\/code: expected E_NOT_FOUND, got OK$/m],
    [work({ do: 'http', method: 'GET', path: '/me' }, { asks: [asked('/you')] }),
      /^\/asks\/0\/ask\/path: expected "\/you", got "\/me"$/m],
    [work({ do: 'ok' }, { asks: [asked('/you')] }), /^\/asks\/0: it never asked for/m],
    [work({ do: 'read', what: 'metadata', args: {} }), /^it asked for what "asks" does not answer: .*"metadata"/m],
    // What the daemon refuses, whatever the file says.
    [work({ do: 'read', what: 'config', args: {} }, { asks: [{ ask: { op: 'read', what: 'config' }, answer: { value: 1 } }] }),
      /^it asked for what the daemon refuses: a call in integration scope cannot read "config"$/m],
    [work({ do: 'read', what: 'setting', args: { name: 'client_secret' } }), /refuses: setting "client_secret" is secret$/m],
    [work({ do: 'http', method: 'GET', path: '/{who}' }, { asks: [asked('/{who}')] }),
      /refuses: the path's \{who\} has no string or integer in params$/m],
    [work({ do: 'http', method: 'GET', path: '/', credentials: 'nobody' }, { asks: [asked('/')] }),
      /refuses: ping registered no credentials "nobody"$/m],
    [work({ do: 'effects', effects: [{ type: 'audit', event: 'x', colour: 'red' }] }), /effect audit: "colour" is no member of it/],
    [work({ do: 'effects', effects: [{ type: 'config_patch', patch: {} }] }), /config_patch: not allowed in a call of integration scope/],
    [work({ do: 'effects', effects: [{ type: 'task', name: 'sleep' }] }), /task "sleep" is not registered/],
    [{ provider: 'ping-oauth', callback: 'build', input: { state: { login: 'mona', place: '' } } },
      /^the output's "external_id" must be a text, not empty$/m],
    [{ provider: 'ping', callback: 'webhook:inline', input: { event: 'told' }, body: { do: 'checkpoint', pages: [[]] } },
      /refuses: checkpoint: this call is no job/],
  ];
  const { code, calls, problems } = await check(wrong.map(([call]) => call));
  assert.equal(code, 1);
  wrong.forEach(([call, text], i) => {
    const found = problems.filter(({ where }) => where?.includes(`call ${i + 1} `)).map((problem) => problem.text).join('\n');
    assert.match(found, text, JSON.stringify(call));
    assert.equal(calls[i].passed, false);
  });
});

test('a file that is none, or calls what is not there, is told apart', async () => {
  const wrong = [
    ['{"provider": "ping",\n "callback" "x"}', /^line 2: /],
    ['', /^it holds no call$/],
    [{ provider: 'ping', callback: 'task:work', inputs: {} }, /^call 1: \/inputs is no member of a call/],
    [work({}, { expect: { code: 'E_SOMETHING' } }), /\/expect\/code must be "OK" or a code/],
    [work({}, { asks: [{ ask: {} }] }), /\/asks\/0\/ask\/op is missing/],
    [work({}, { asks: [{ ask: { op: 'http' }, answer: {} }] }), /\/asks\/0\/answer\/status is missing/],
    [work({}, { base64: '!' }), /base64 is not base64/],
    [{ provider: 'pong', callback: 'build' }, /registers no provider "pong"/],
    [{ provider: 'ping', callback: 'task:works' }, /registers no callback "task:works"; it has: .*task:work, /],
    [work({}, { scope: 'install' }), /the daemon calls task:work in integration scope, not in install scope/],
    [{ ...work({}), input: { payloads: {} } }, /"payloads", which the daemon never gives to task:work/],
    [{ provider: 'ping', callback: 'webhook:stored', input: { event: 'noise' } }, /"noise": no event of that name/],
    [work({}, { body: {} }), /only the handler of a webhook is given a body/],
  ];
  for (const [call, text] of wrong) {
    const { code, problems } = await check(call);
    assert.equal(code, 1);
    assert.match(problems.filter(({ level }) => level === 'error').map((problem) => problem.text).join('\n'), text);
  }
});

test('what kills or blocks the host is named, and the others go on', async () => {
  const { code, calls, problems } = await check([
    work({ do: 'ok' }), work({ do: 'crash' }), work({ do: 'loop' }), work({ do: 'exit' }), work({ do: 'segfault' }),
    work({ do: 'crash' }), work({ do: 'segfault' }), work({ do: 'ok' }),
  ], '--timeout', String(0.3 * patience), '--threads', '4');
  const text = (n) => problems.filter(({ where }) => where?.includes(`call ${n} `)).map((problem) => problem.text).join('\n');
  assert.equal(code, 1);
  assert.deepEqual(calls.map(({ passed }) => passed), [true, false, false, false, false, false, false, true]);
  assert.match(text(2), /its host died: /);
  assert.match(text(3), /took too long and was cancelled/);
  assert.match(text(4), /its host died: it ended with status 0/);
  assert.match(text(7), /its host died: /);
});

test('callbacks that meet are found with --threads only', async () => {
  const calls = [work({ do: 'meet' }), work({ do: 'ok' })];
  assert.equal((await check(calls, '--repeat', '10')).code, 0);
  const { code, problems } = await check(calls, '--repeat', '10', '--threads', '8');
  assert.equal(code, 1);
  assert.match(problems.find(({ where }) => where === 'threads').text, /each of them passes alone/);
});

test('memory that is not given back is found with --repeat', { skip: noMemoryLimit }, async () => {
  const good = await check([work({ do: 'ok' }), work({ do: 'http', method: 'GET', path: '/me' }, { asks: [asked('/me')] })],
    '--repeat', '2000', '--threads', '4');
  assert.equal(good.code, 0, JSON.stringify(texts(good, 'error')));
  assert.deepEqual(good.calls.map(({ runs }) => runs), [2000, 2000]);
  const leaky = await check([work({ do: 'leak', size: 2000 })], '--repeat', '2000', '--threads', '4');
  assert.equal(leaky.code, 1);
  assert.match(texts(leaky, 'error').join(), /memory: the host grew by \d+ KiB/);
});

test('a forbidden system call ends load or call and is named', { skip: noMemoryLimit && 'a sanitizer build has no sandbox' }, async () => {
  const loaded = await runJson(pluginFile('constructor_writes'));
  assert.match(texts(loaded, 'error').join(), /did not start: it made a forbidden system call, openat/);
  const { code, problems } = await check([work({ do: 'outside' })]);
  assert.equal(code, 1);
  assert.match(problems.map(({ text }) => text).join(), /its host died: it made a forbidden system call, clone/);
});
