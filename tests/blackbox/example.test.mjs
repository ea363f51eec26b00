// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// docs/plugin-guide.md as a stranger follows it: Mortise is installed into a folder of
// its own, and from there on only what was installed is used.  The guide's commands are
// run as they stand; between them a user grants the access at an OAuth 2.0 server that
// others wrote (npm `emulate`), which also signs and sends webhooks.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { startGithub } from '../upstream/github.mjs';
import { freePort } from './lib/config.mjs';
import { Daemon } from './lib/daemon.mjs';
import { Guide } from './lib/guide.mjs';
import { build, noMemoryLimit } from './lib/paths.mjs';
import { Program } from './lib/process.mjs';
import { until } from './lib/until.mjs';

const skip = noMemoryLimit && 'a sanitizer build is not what is installed: the plugin would lack its runtime';

const noDebugger = process.getuid() !== 0 ? 'only root may trace a host' :
  !existsSync('/usr/bin/gdb') && 'gdb is not installed';

// Mortise as `make install` leaves it below 'folder'.
class Installed {
  constructor(folder) {
    this.folder = folder;
    execFileSync('make', ['-C', build, 'install', `DESTDIR=${folder}`], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.files = readdirSync(folder, { recursive: true });
    this.programs = { mortised: this.find('sbin/mortised'), host: this.find('libexec/mortise/mortise-host'),
      ctl: this.find('bin/mortisectl'), check: this.find('bin/mortise-check') };
    this.plugins = dirname(this.find('lib/mortise/plugins/github.so'));
    this.console = dirname(this.find('share/mortise/console/index.html'));
    this.guide = this.find('share/doc/mortise/plugin-guide.md');
  }

  find(end) {
    const file = this.files.find((name) => name.endsWith(end));
    assert.ok(file, `make install installed no ${end}`);
    return join(this.folder, file);
  }

  // The environment of somebody who works on that machine.  The folder stands for "/", so
  // pkg-config gets it as its root; becoming root, and finding socket and host program,
  // are left out.
  environment(daemon) {
    const bin = daemon.path('bin');
    const script = (name, text) => writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    mkdirSync(bin);
    script('sudo', 'exec "$@"');
    script('mortisectl', `exec '${this.programs.ctl}' --socket '${daemon.socket}' "$@"`);
    script('mortise-check', `exec '${this.programs.check}' --host '${this.programs.host}' "$@"`);
    return { HOME: daemon.folder, LC_ALL: 'C.UTF-8',
      PATH: `${bin}:${dirname(this.programs.ctl)}:${process.env.PATH}`,
      PKG_CONFIG_PATH: dirname(this.find('pkgconfig/mortise-plugin.pc')), PKG_CONFIG_SYSROOT_DIR: this.folder };
  }
}

describe('the plugin guide, from an installed tree', { skip }, () => {
  let folder;
  let installed;
  let github;
  let daemon;
  let guide;

  // example.conf of the copy, with what the guide tells the reader to fill in.
  const configure = () => {
    const etc = daemon.path('conf.d');
    const sample = readFileSync(daemon.path('my-plugin', 'example.conf'), 'utf8');
    mkdirSync(etc);
    writeFileSync(join(etc, 'example.conf'), sample
      .replaceAll('https://git.example.org/api/v1', github.url)
      .replaceAll('https://git.example.org', github.url)
      .replaceAll('read:user read:repository', 'repo user')
      .replaceAll('CLIENT_ID', github.clientId)
      .replaceAll('/etc/mortise/', `${daemon.path('secrets')}/`));
    daemon.secret('example-client-secret', github.clientSecret);
    daemon.secret('example-webhook-secret', github.webhookSecret);
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mortise-installed-'));
    installed = new Installed(folder);
    const port = await freePort();
    github = await startGithub({ setupUrl: `http://127.0.0.1:${port}/extensions/example/setup/`,
      repos: [{ owner: 'mona', name: 'shop' }, { owner: 'mona', name: 'web' }] });
    daemon = await Daemon.prepare({ port, plugins: [], from: installed.programs, settings: {
      plugin_dir: installed.plugins, console_dir: installed.console,
      egress: { allow: [{ provider: 'example', host: '127.0.0.1', port: Number(new URL(github.url).port) }] },
    } });
    await daemon.run();
    guide = new Guide(installed.guide, { folder: daemon.folder, env: installed.environment(daemon), replace: [
      ['http://127.0.0.1:8300', daemon.url], ['/etc/mortise/', `${daemon.path('secrets')}/`]] });
  });
  after(async () => {
    await daemon?.close().finally(() => github?.close());
    rmSync(folder, { recursive: true, force: true });
  });

  const api = async (path) => {
    const { status, json, text } = await daemon.api('GET', `/organizations/acme${path}`, { token: guide.variable('token') });
    assert.equal(status, 200, text);
    return json;
  };
  const repository = async (name) => (await api('/repos/')).find((entry) => entry.name === name);
  const commits = async (name) => api(`/repos/${(await repository(name)).id}/commits/`);

  test('builds, checks and installs the example', async () => {
    await guide.next(/cp -r/);
    assert.match(await guide.next(/make install/), /example.so: good/);
    assert.ok(readdirSync(installed.plugins).includes('example.so'));
  });

  test('loads it with its settings', async () => {
    configure();
    const out = await guide.next(/plugin list/, { instead: {
      'sudo systemctl restart mortised': () => daemon.restart() } });
    assert.match(out, /example.*ready/);
  });

  test('installs it for the account that grants the access', async () => {
    await guide.next(/token create/);
    const { data } = JSON.parse(await guide.next(/initialize/));
    const asked = new URL(data.oauthUrl).searchParams;
    assert.deepEqual([asked.get('scope'), asked.get('code_challenge_method')], ['repo user', 'S256']);
    const back = await github.authorize('mona', data.oauthUrl);
    const { json, text } = await daemon.api('POST', '/organizations/acme/pipeline/integration_pipeline/', {
      token: guide.variable('token'), body: Object.fromEntries(back.searchParams) });
    assert.equal(json.status, 'complete', text);
    const { id } = await github.as('mona', 'GET', '/user');
    const [integration] = JSON.parse(await guide.next(/integrations/));
    assert.deepEqual([integration.externalId, integration.name, integration.provider.key], [String(id), 'mona', 'example']);
  });

  test('links the repositories of the account', async () => {
    await daemon.idle();
    assert.deepEqual((await api('/repos/')).map(({ name }) => name).sort(), ['mona/shop', 'mona/web']);
  });

  test('takes in a webhook, whose commit then shows over the API', async () => {
    const account = (await api('/integrations/'))[0].externalId;
    guide.replace.push(['"owner": {"id": 1}', `"owner": {"id": ${account}}`]);
    assert.match(await guide.next(/push.json/), /^HTTP\/1.1 202/);
    await daemon.idle();
    assert.match(await guide.next(/webhook list/), /ann\/shop/);
    const [commit] = await commits('ann/shop');
    assert.deepEqual([commit.message, commit.dateCreated, commit.author.email],
      ['sell things', '2026-11-21T11:00:00.000Z', 'ann@example.com']);
  });

  test('takes in what the code host itself signs and sends', async () => {
    await github.as('mona', 'POST', '/repos/mona/shop/hooks', { active: true, events: ['push'], config: {
      url: `${daemon.url}/extensions/example/webhook/`, content_type: 'json', secret: github.webhookSecret } });
    await github.push('mona', 'mona/shop', 'till.c', 'int till;', { message: 'add a till' });
    await until('the commit is there', async () => (await commits('mona/shop')).some(({ message }) => message === 'add a till'));
    assert.equal((await daemon.idle()).dead ?? 0, 0);
  });

  test('moves over to a changed plugin', async () => {
    const before = await daemon.hosts();
    const source = daemon.path('my-plugin', 'example.c');
    writeFileSync(source, readFileSync(source, 'utf8').replace('MORTISE_PLUGIN(PROVIDER, "1.0"', 'MORTISE_PLUGIN(PROVIDER, "1.1"'));
    await guide.next(/plugin reload/);
    assert.match(await daemon.ctlOk('plugin', 'show', 'example'), /1\.1/);
    assert.notEqual((await daemon.hosts()).example, before.example);
  });

  test('becomes a plugin of another name', async () => {
    assert.match(await guide.next(/acme/), /acme.so: good/);
  });

  test('has its talk recorded and run again without a daemon', async () => {
    const file = daemon.path('my-plugin', 'recorded.json');
    const recorder = new Program(installed.programs.ctl, ['--socket', daemon.socket, 'plugin', 'record', 'example', file, '--calls', '1']);
    const [{ id }] = await daemon.sql('SELECT min(id) AS id FROM webhook');
    // What is replayed before the recording began is not in it: replay until one is.
    await until('a call was recorded', async () => {
      if (!recorder.end) await daemon.ctlOk('webhook', 'replay', String(id));
      return recorder.end;
    }, { every: 200 });
    assert.equal(recorder.end.code, 0, recorder.lines.join('\n'));
    const out = await guide.next(/recorded.json/);
    assert.match(out, /recorded.json: call 1 .*passed/);
    assert.match(readFileSync(file, 'utf8'), /"repository_put"/);
    assert.doesNotMatch(readFileSync(file, 'utf8'), new RegExp(github.webhookSecret));
  });

  test('can be looked at with gdb, by root', { skip: noDebugger }, async () => {
    const { example } = await daemon.hosts();
    const out = execFileSync('gdb', ['-q', '-nx', '-batch', '-p', String(example), '-ex', 'break example_webhook',
      '-ex', 'detach'], { encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL', stdio: ['ignore', 'pipe', 'ignore'] });
    assert.match(out, /Breakpoint 1 at .*webhook\.c, line/);
  });

  test('runs every command of the guide', () => {
    assert.deepEqual(guide.blocks, []);
  });
});
