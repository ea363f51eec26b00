// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Secrets stay inside: known ones are put wherever one can be, then looked for wherever
// one must not be.  That the search finds is tested first.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createPrivateKey, randomBytes } from 'node:crypto';
import { chmodSync, closeSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, watch, writeFileSync,
  writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { serve } from '../upstream/http.mjs';
import { freePort } from './lib/config.mjs';
import { Daemon } from './lib/daemon.mjs';
import { noMemoryLimit, pluginFile, programs } from './lib/paths.mjs';
import { Ping } from './lib/ping.mjs';
import { Program } from './lib/process.mjs';
import { forms, Searcher } from './lib/searcher.mjs';
import { patience, until } from './lib/until.mjs';
import { pushPayload, sha } from './lib/webhooks.mjs';
import { githubSettings, startWorld } from './lib/world.mjs';

const E_IDENTITY = -3;
const E_INTERNAL = -15;

const random = () => randomBytes(18).toString('base64url');
// With what has to be escaped in a URL, in JSON and in a form.
const awkward = (strange = 'é') => `${random()}+/="&% ${strange}${random()}`;

// {code, stdout, stderr}
const execute = (file, args) => new Promise((resolve) => {
  execFile(file, args, { env: { PATH: process.env.PATH } }, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }));
});

function readable(pid) {
  try {
    readFileSync(`/proc/${pid}/environ`);
    return true;
  } catch {
    return false;
  }
}

test('the search finds a secret however it is written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mortise-search-'));
  const searcher = new Searcher(folder);
  const secret = searcher.plant('a secret', awkward());
  const raw = searcher.plant('a key', randomBytes(32));
  const places = {
    'none': 'nothing here',
    'beginning only': `Bearer ${secret.slice(0, 20)}…`,
    'end only': `…${secret.slice(-18)}`,
    'base64 of it': Buffer.from(secret).toString('base64'),
    'base64 of more': Buffer.from(`user:${secret}:`).toString('base64url'),
    'base64 of other': Buffer.from(`users:${secret}`).toString('base64'),
    'a query': `?${new URLSearchParams({ token: secret })}`,
    'a path': `/x/${encodeURIComponent(secret)}`,
    'JSON': JSON.stringify({ secret }),
    'hex': Buffer.from(secret).toString('hex'),
    'hex of a key': raw.toString('hex').toUpperCase(),
    'a key in binary': Buffer.concat([randomBytes(7), raw, randomBytes(9)]),
  };
  for (const [place, content] of Object.entries(places)) searcher.lay(place, content);
  searcher.layMemory('memory', process.pid);
  const found = searcher.find();
  rmSync(folder, { recursive: true });
  assert.deepEqual([...new Set(found.map(({ place }) => place))].sort(), [...Object.keys(places), 'memory'].filter((place) => place !== 'none').sort());
  assert.ok(forms(Buffer.from('abc/def/ghi')).some(([, text]) => text === 'abc\\/def\\/ghi'));
});

// An upstream that gives out tokens, and repeats all that it was sent when it fails.
async function startEcho() {
  const echo = { requests: [], tokens: {} };
  const server = await serve((request) => {
    echo.requests.push(request);
    const said = `${request.headers.authorization ?? ''} ${request.body} ${request.target}`;
    if (echo.fails) return { status: echo.fails, headers: { 'x-said': encodeURIComponent(request.headers.authorization ?? 'nothing'),
      'www-authenticate': `Bearer error="${request.headers.authorization ?? ''}"` },
    json: { error: 'bad', error_description: said, message: said } };
    if (request.path === '/elsewhere')
      return { status: 302, headers: { location: `http://localhost:1/?token=${request.headers.authorization}` }, text: said };
    if (request.path.startsWith('/token')) return { json: echo.tokens };
    return { json: { login: 'mona' } };
  });
  return Object.assign(echo, server);
}

describe('with secrets everywhere', () => {
  let searcher;
  let folder;
  let world;
  let daemon;
  let echo;
  let metricsPort;
  let ping;
  const replies = [];
  const tool = [];
  const canary = `canary-${random()}`;

  // What a client gets: head and body.
  const request = async (method, path, options = {}) => {
    const answer = await daemon.request(method, path, options);
    replies.push(`${method} ${answer.status} ${JSON.stringify(answer.headers)} ${answer.text}`);
    return answer;
  };
  const api = (method, path, options) => request(method, `/api/0${path}`, options);
  const ctl = async (...args) => {
    const answer = await daemon.ctl(...args);
    tool.push(answer.out, answer.err);
    return answer;
  };
  const plant = (name, value) => searcher.plant(name, value);
  const keys = new Map();        // what unlocks everything else
  const plantKey = (name, value) => keys.set(name, plant(name, value));

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mortise-secrets-'));
    searcher = new Searcher(folder);
    echo = await startEcho();
    echo.tokens = { access_token: plant('user access token', random()), refresh_token: plant('user refresh token', random()),
      id_token: plant('id token', random()), token_type: 'bearer' };
    world = await startWorld({ plugins: ['github', 'ping'] });
    daemon = world.daemon;
    const { github } = world;
    metricsPort = await freePort();
    const allow = [{ provider: 'github', host: '127.0.0.1', port: Number(new URL(github.url).port) },
      ...['ping', 'ping-oauth'].map((provider) => ({ provider, host: '127.0.0.1', port: echo.port }))];
    daemon.configure({
      egress: { allow, connect_timeout: 2, timeout: 5 },
      metrics: { listen: `127.0.0.1:${metricsPort}` },
      providers: {
        github: githubSettings(daemon, github),
        ping: { api_url: echo.url, webhook_secret_file: daemon.secret('ping_webhook', plant('webhook secret of ping', awkward())) },
        'ping-oauth': { api_url: echo.url, web_url: echo.url,
          client_secret_file: daemon.secret('ping_client', plant('client secret of ping', awkward())) },
      },
    });
    daemon.env = { TZ: 'Europe/Oslo', SOME_PASSWORD: plant('a variable of the daemon', random()) };
    await daemon.restart();
    plant('GitHub client secret', github.clientSecret);
    plant('GitHub webhook secret', github.webhookSecret);
    plantPrivateKey(github.privateKey);
    plantVaultKey();
  });
  after(async () => {
    await world?.close();
    await echo?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  function plantPrivateKey(pem) {
    const lines = pem.trim().split('\n').slice(1, -1);
    lines.slice(2, -1).forEach((line, i) => plantKey(`private key, line ${i + 3}`, line));
    const { d, p, q } = createPrivateKey(pem).export({ format: 'jwk' });
    for (const [name, value] of Object.entries({ d, p, q })) plantKey(`private key, ${name}`, Buffer.from(value, 'base64url'));
  }

  function plantVaultKey() {
    for (const [, id, key] of readFileSync(daemon.path('state', 'vault.key'), 'latin1').matchAll(/^([0-9a-f]{8}) ([0-9a-f]{64})$/gm))
      plantKey(`vault key ${id}`, Buffer.from(key, 'hex'));
  }

  test('whatever is done', async () => {
    await installs();
    await signsIn();
    await fails();
    await upstreamFails();
    await operates();
  });

  async function installs() {
    const token = await daemon.organization('acme');
    await world.install('acme', token);
    await installPing(token, 'loud');
    await leaveOauth(token);
    assert.equal((await world.webhooks.send('push', pushPayload(48812345, { id: 5501, name: 'acme-co/shop' }, [{ sha: sha(1) }]))).status, 204);
    await daemon.idle();
    daemon.token0 = plant('API token', token);
  }

  const path = '/organizations/acme/pipeline/integration_pipeline/';

  async function installPing(token, account) {
    const post = (body) => api('POST', path, { token, body });
    // It will be sent in a header.
    const apiKey = plant('form field', awkward('~'));
    const short = plant('short form field', randomBytes(6).toString('base64url'));
    assert.equal((await post(`{"account": "${account}", "api_key" "${short}"`)).status, 400);
    await post({ action: 'initialize', provider: 'ping' });
    // Wrong in another field, wrong as JSON, wrong as a type: said without it.
    assert.equal((await post({ account: 'x'.repeat(100), api_key: apiKey, region: 'eu' })).status, 400);
    assert.equal((await post({ account, api_key: apiKey, region: apiKey })).status, 400);
    assert.equal((await post({ account, api_key: [apiKey], region: 'eu' })).status, 400);
    assert.equal((await post(`{"account": "${account}", "api_key": "${encodeURIComponent(apiKey)}`)).status, 400);
    assert.equal((await post({ account: 'blocked', api_key: apiKey, region: 'eu' })).status, 400);
    assert.equal((await post({ account, api_key: apiKey, region: 'eu' })).status, 200);
    const { json } = await post({ colour: 'red' });
    assert.equal((await post({ state: json.data.state, confirm: true })).json.status, 'complete');
  }

  // To the step behind the exchange, and no further: the token is in the pipeline's state.
  async function leaveOauth(token) {
    const post = (body) => api('POST', path, { token, body });
    const { json: started } = await post({ action: 'initialize', provider: 'ping-oauth' });
    const state = new URL(started.data.oauthUrl).searchParams.get('state');
    const code = plant('authorization code', awkward());
    echo.fails = 400;
    assert.equal((await post({ code, state })).status, 400);
    echo.fails = 0;
    const again = new URL((await api('GET', path, { token })).json.data.oauthUrl).searchParams.get('state');
    await request('GET', `/extensions/ping-oauth/setup/?${new URLSearchParams({ code, state: again })}`);
    assert.equal((await post({ code, state: again })).json.step, 'visit');
    const exchange = new URLSearchParams(echo.requests.find(({ path: to }) => to === '/token').body.toString());
    plant('PKCE verifier', exchange.get('code_verifier'));
  }

  async function signsIn() {
    const url = new URL((await daemon.ctlOk('login-link', 'owner@acme.test')));
    const link = plant('sign-in link', url.hash.replace('#token=', ''));
    await api('POST', '/auth/login-link/', { body: { token: link, preview: true } });
    const answer = await daemon.api('POST', '/auth/login-link/', { body: { token: link } });
    const [cookie] = answer.headers['set-cookie'][0].split(';');
    plant('session', cookie.slice(cookie.indexOf('=') + 1));
    plant('CSRF token', answer.json.csrf);
    await api('POST', '/auth/login-link/', { body: { token: link } });
    await api('GET', '/organizations/acme/', { headers: { cookie } });
    await api('DELETE', '/auth/', { headers: { cookie, 'x-csrf-token': plant('wrong CSRF token', random()) } });
  }

  async function fails() {
    const wrong = plant('wrong API token', `mrt_${random()}`);
    const inQuery = plant('token in a query', awkward());
    const basic = plant('password of another scheme', random());
    for (const headers of [{ authorization: `Bearer ${wrong}` }, { authorization: `Basic ${Buffer.from(`u:${basic}`).toString('base64')}` },
      { authorization: `token ${wrong}` }, { cookie: `mortise_session=${wrong}` }, { cookie: `__Host-mortise_session=${wrong}` }]) {
      await api('GET', '/organizations/acme/', { headers });
      await request('GET', '/no/such/page', { headers });
      await request('PATCH', '/extensions/github/webhook/', { headers });
      await request('POST', '/extensions/ping/now/', { headers, body: '{' });
    }
    const query = new URLSearchParams({ token: inQuery });
    for (const to of ['/api/0/organizations/acme/', '/api/0/organizations/acme/integrations/', '/nothing/', '/extensions/github/webhook/',
      '/extensions/github/setup/', '/console/', '/-/healthy'])
      await request('GET', `${to}?${query}`, { token: daemon.token0 });
    await request('GET', `/api/0/organizations/acme/members/?cursor=${encodeURIComponent(inQuery)}`, { token: daemon.token0 });
    await request('POST', `/extensions/github/webhook/?${query}`, { body: '{}', headers: { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` } });
    await request('GET', `/api/0/${encodeURIComponent(inQuery)}/`, { token: wrong });
  }

  // Upstreams that repeat our credentials; what the plugin gets, it hands on as outcome,
  // reply or failure.
  async function upstreamFails() {
    ping = Object.assign(new Ping(), { daemon, secret: readFileSync(daemon.path('secrets', 'ping_webhook'), 'utf8') });
    const ask = { do: 'http', method: 'GET', path: '/me', credentials: 'key' };
    for (const status of [0, 400, 401, 403, 404, 500]) {
      echo.fails = status;
      for (const hook of ['now', 'webhook']) {
        const { text, headers } = await ping.tell('loud', ask, { hook });
        replies.push(JSON.stringify(headers), text);
      }
    }
    echo.fails = 0;
    // What a plugin says does reach the places that are searched: so the search must find it.
    for (const [hook, code] of [['webhook', E_IDENTITY], ['now', E_INTERNAL]]) await ping.tell('loud', { do: 'fail', code, text: canary }, { hook });
    await daemon.idle();
    replies.push((await ping.tell('loud', { ...ask, path: '/elsewhere' }, { hook: 'now' })).text);
    const { github } = world;
    const installation = (await daemon.list('/organizations/acme/integrations/', { token: daemon.token0 })).find(({ provider }) => provider.key === 'github');
    const repeat = ({ headers }) => ({ message: `${headers.authorization} is not good` });
    for (const status of [401, 422, 500]) {
      github.fault({ path: '/installation/repositories', status, json: repeat });
      await api('GET', `/organizations/acme/integrations/${installation.id}/repos/`, { token: daemon.token0 });
      github.clearFaults();
    }
    github.fault({ path: '/app/installations', status: 401, json: repeat });
    await api('GET', `/organizations/acme/integrations/${installation.id}/repos/`, { token: daemon.token0 });
    await daemon.idle();
    github.clearFaults();
  }

  async function operates() {
    const made = await daemon.ctlOk('token', 'create', '--org', 'acme', '--scope', 'org:read');
    plant('revoked API token', made);
    const { tokens } = await daemon.ctlJson('token', 'list');
    await ctl('token', 'revoke', tokens.at(-1).id);
    await api('GET', '/organizations/acme/', { token: made });
    for (const words of ['status', 'plugin list', 'plugin show github', 'plugin show ping', 'org list', 'member list --org acme', 'token list',
      'integration list', 'integration show 1', 'integration show 2', 'pipeline list', 'webhook list', 'webhook show 1', 'job list --limit 500', 'vault status',
      'vault rotate', 'vault status', 'log level debug', 'job show 1']) {
      await ctl(...words.split(' '));
      await ctl('--json', ...words.split(' '));
    }
    for (const to of ['/auth/', '/organizations/', '/organizations/acme/', '/organizations/acme/integrations/', '/organizations/acme/config/integrations/',
      '/organizations/acme/members/', '/organizations/acme/repos/', path, '/organizations/acme/integrations/1/', '/organizations/acme/integrations/2/'])
      await api('GET', to, { token: daemon.token0 });
    plantVaultKey();
    await ctl('backup', daemon.path('copy.db'));
    // Nothing of a secret's is in there, so that each place has at least this to be found.
    await ctl('org', 'create', 'late', '--name', canary);
    await api('GET', '/organizations/late/', { token: await daemon.token('late', ['org:read']) });
  }

  // ---- Looking ----

  function plantWhatUpstreamsSaw() {
    const { github } = world;
    for (const [token] of github.tokens) if (!token.startsWith('token-of-')) plant('GitHub token', token);
    for (const { headers } of [...github.requests, ...echo.requests])
      if (headers.authorization) plant('Authorization upstream', headers.authorization.replace(/^\S+ /, '').slice(-64));
  }

  function layProcess(name, pid) {
    for (const file of ['cmdline', 'environ', 'status', 'limits']) searcher.lay(`${name} ${file}`, readFileSync(`/proc/${pid}/${file}`));
  }

  async function layAll() {
    const hosts = await daemon.hosts();
    layProcess('mortised', daemon.pid);
    for (const [name, pid] of Object.entries(hosts)) layProcess(`host ${name}`, pid);
    // Mid-work, with its WAL; the vault's own file is where its keys belong.
    cpSync(daemon.path('state'), join(searcher.evidence, 'state'), { recursive: true, filter: (from) => !/vault\.key$|ballast/.test(from) });
    cpSync(daemon.path('copy.db'), join(searcher.evidence, 'backup'));
    searcher.lay('metrics', await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text());
    searcher.lay('replies', replies.join('\n'));
    searcher.lay('mortisectl', tool.join('\n'));
    searcher.lay('log', daemon.runs.flatMap(({ lines }) => lines).join('\n'));
  }

  // What each place holds, if it was really read.
  const shown = () => ({ 'mortised cmdline': daemon.folder, 'mortised environ': daemon.folder, 'host github cmdline': 'mortise-host',
    'host ping cmdline': 'mortise-host', 'host github environ': 'TZ=Europe/Oslo', 'host ping environ': 'TZ=Europe/Oslo',
    'state/mortise.db': 'CREATE TABLE organization', 'state/mortise.db-wal': canary, 'backup': canary,
    'metrics': 'mortise_http', 'replies': canary, 'mortisectl': canary, 'log': canary });

  // The search finds what is there, and no secret.
  function findsOnly(shown) {
    const control = new Searcher(folder);
    Object.values(shown).forEach((text) => control.plant(text, text));
    const seen = control.find();
    for (const [place, text] of Object.entries(shown))
      assert.ok(seen.some((found) => found.place === place && found.secret === text), `${text} must be found in ${place}`);
    const leaks = searcher.find().filter(({ secret, place }) => !(secret === 'a variable of the daemon' && place === 'mortised environ'));
    assert.deepEqual(leaks, []);
  }

  test('no secret is in a log, reply, tool, file, or in what the system tells of processes', async (t) => {
    if (!readable(daemon.pid)) return t.skip('only root may look into processes that are not dumpable');
    plantWhatUpstreamsSaw();
    await layAll();
    findsOnly(shown());
  });

  test('no key of the vault, and no private key, is in memory that could be dumped', async (t) => {
    if (!readable(daemon.pid)) return t.skip('only root may look into processes that are not dumpable');
    if (noMemoryLimit) return t.skip('a sanitizer keeps more memory than can be searched');
    const dump = new Searcher(join(folder, 'dump'));
    for (const [name, value] of keys) dump.plant(name, value);
    dump.plant('the control', daemon.folder);
    dump.layMemory('what would be dumped', daemon.pid, { dumped: true });
    assert.deepEqual([...new Set(dump.find().map(({ secret }) => secret))], ['the control']);
    dump.layMemory('all of it', daemon.pid);
    assert.ok(dump.find().some(({ secret }) => secret.startsWith('vault key')));
  });

  test('no secret is in the memory of a plugin\'s process', async (t) => {
    if (!readable(daemon.pid)) return t.skip('only root may look into processes that are not dumpable');
    if (noMemoryLimit) return t.skip('a sanitizer keeps more memory than can be searched');
    const hosts = await daemon.hosts();
    const control = new Searcher(join(folder, 'under way'));
    control.plant('the canary', canary);
    // What a call has brought is soon written over: this one is still at work when it is searched.
    assert.equal((await ping.tell('loud', { do: 'sleep', ms: 3000 * patience, text: canary })).status, 202);
    await until('a call with the canary is under way', () => {
      control.layMemory('host ping memory', hosts.ping);
      return control.find().length > 0;
    });
    for (const [name, pid] of Object.entries(hosts)) searcher.layMemory(`host ${name} memory`, pid);
    findsOnly({ 'host github memory': 'acme-co/shop', 'host ping memory': canary });
  });
});

// bash tells of a child that died whether its core was dumped, wherever a core goes to.
describe('a crash', () => {
  const UNDEFINED_INSTRUCTION = Buffer.from([0x0f, 0x0b]);
  let folder;
  let dumps;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mortise-dump-'));
    const shell = underBash('sh', ['-c', 'kill -SEGV $$']);
    await shell.exited;
    dumps = shell.lines.some((line) => line.includes('core dumped'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const underBash = (file, args, options) => new Program('bash', ['-c', 'ulimit -c unlimited; "$@"; exit 3', 'bash', file, ...args],
    { cwd: folder, ...options });
  const childOf = (pid) => until('bash has a child', () => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')));

  // Where its main thread waits, nothing that can be run stands any more.
  function spoil(pid) {
    const at = Number(readFileSync(`/proc/${pid}/syscall`, 'utf8').trim().split(' ').at(-1));
    const memory = openSync(`/proc/${pid}/mem`, 'r+');
    writeSync(memory, UNDEFINED_INSTRUCTION, 0, UNDEFINED_INSTRUCTION.length, at);
    closeSync(memory);
  }

  // Why this cannot be seen here, or false.
  const blind = () => noMemoryLimit ? 'a sanitizer ends the program itself'
    : process.getuid() !== 0 ? 'only root may make another process crash'
      : process.arch !== 'x64' ? 'the instruction is for x86-64'
        : !dumps && 'this system dumps no core of anything';

  async function crashes(shell, pid, wake) {
    assert.match(readFileSync(`/proc/${pid}/limits`, 'utf8'), /^Max core file size +0 +0 /m);
    spoil(pid);
    wake();
    await shell.exited;
    const said = shell.lines.join('\n');
    assert.match(said, /Illegal instruction/);
    assert.doesNotMatch(said, /core dumped/);
  }

  test('of the daemon leaves no core', async (t) => {
    if (blind()) return t.skip(blind());
    const daemon = await Daemon.prepare({ plugins: [] });
    const shell = underBash(programs.mortised, ['--config', daemon.path('mortise.conf')]);
    await until('mortised is ready', async () => (await daemon.request('GET', '/-/ready')).status === 200);
    await crashes(shell, await childOf(shell.pid), () => daemon.request('GET', '/-/ready').catch(() => {}));
    daemon.remove();
  });

  test('of a plugin\'s process leaves no core', async (t) => {
    if (blind()) return t.skip(blind());
    const shell = underBash(programs.host, [pluginFile('ping')], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
    const [, , , socket] = shell.child.stdio;
    socket.once('error', () => {});
    // It says hello with all it registers, and then that it is ready.
    let heard = '';
    socket.on('data', (bytes) => { heard += bytes.toString('latin1'); });
    await until('the plugin is loaded', () => heard.includes('"plugin"'));
    const pid = await childOf(shell.pid);
    await until('it waits for frames', () => /^(0|45|47) /.test(readFileSync(`/proc/${pid}/syscall`, 'utf8')));
    await crashes(shell, pid, () => socket.write('x'));
  });
});

// Started with a wrong configuration that holds a secret: it is not repeated, neither by
// --check-config nor in the log.  Each must be found fault with by one of them.
test('a secret that stands in the wrong place of the configuration', async (t) => {
  const github = { app_id: '1', app_name: 'x', client_id: 'x' };
  const wrong = {
    'pasted in place of its file': (secret) => ({ providers: { github: { ...github, client_secret_file: secret } } }),
    'a key pasted in place of its file': (secret) => ({ providers: { github: { ...github,
      private_key_file: `-----BEGIN RSA PRIVATE KEY-----\n${secret}\n-----END RSA PRIVATE KEY-----` } } }),
    'under a name that is none': (secret) => ({ providers: { github: { ...github, client_secret: secret } } }),
    'of a type that is none': (secret) => ({ providers: { github: { ...github, private_key_file: [secret] } } }),
    'at the top': (secret) => ({ client_secret: secret }),
    'in the database\'s URL': (secret) => ({ storage: { url: `postgresql://mortise:${secret}@db/mortise` } }),
    'in place of the vault\'s file': (secret) => ({ vault: { key_file: secret } }),
    'in the public URL': (secret) => ({ public_url: `https://x/?token=${secret}` }),
    'as the log\'s level': (secret) => ({ log: { level: secret } }),
    'as a word': (secret) => ({ product: { key: `${secret}!` } }),
  };
  for (const [what, settings] of Object.entries(wrong))
    await t.test(what, async () => {
      const secret = random();
      const daemon = await Daemon.prepare({ settings: settings(secret) });
      const check = await execute(programs.mortised, ['--check-config', '--config', daemon.path('mortise.conf')]);
      const started = await daemon.run().then(() => true, () => false);
      if (started) await daemon.event('plugin.refused');
      const said = [check.stdout, check.stderr, ...daemon.program.lines].join('\n');
      await daemon.close();
      assert.ok(!started || /plugin\.refused/.test(said));
      assert.ok(!said.includes(secret), said.split('\n').find((line) => line.includes(secret)));
    });
  await t.test('in a line that is no configuration', async () => {
    const secret = random();
    const daemon = await Daemon.prepare();
    writeFileSync(daemon.path('mortise.conf'), `client_secret = "${secret}\n${secret} = ;\n`);
    const check = await execute(programs.mortised, ['--check-config', '--config', daemon.path('mortise.conf')]);
    await daemon.close();
    assert.equal(check.code, 1);
    assert.ok(!check.stderr.includes(secret), check.stderr);
  });
});

describe('a vault key file that is', () => {
  let daemon;
  let token;
  let good;
  const file = () => daemon.path('state', 'vault.key');

  before(async () => {
    daemon = await Daemon.start({ plugins: [] });
    token = await daemon.organization('acme');
    await daemon.stop();
    good = readFileSync(file());
  });
  after(() => daemon?.close());

  // Start with the file as 'spoil' leaves it: refused, with these words.  With the good
  // one it starts again, and the token that was given out before is known.
  async function refuses(spoil, words) {
    rmSync(file(), { recursive: true, force: true });
    await spoil();
    await assert.rejects(daemon.run(), /did not start/);
    const { reason } = daemon.events('daemon.failed', {}, { lastRun: true })[0];
    rmSync(file(), { recursive: true, force: true });
    writeFileSync(file(), good, { mode: 0o600 });
    assert.match(reason, words);
    assert.ok(reason.includes(file()), reason);
    assert.ok(!reason.includes(good.toString().slice(-20, -1)));
  }
  const write = (text, mode = 0o600) => () => {
    writeFileSync(file(), text);
    chmodSync(file(), mode);
  };
  const otherKey = () => good.toString().replace(/[0-9a-f]{64}/, randomBytes(32).toString('hex'));
  const otherId = () => good.toString().replace(/^[0-9a-f]{8}/m, '0badc0de');

  test('missing, while something is sealed', async () => {
    await refuses(() => {}, /is missing, but .*sealed with key [0-9a-f]{8}; restore the file/);
    rmSync(file());
    await assert.rejects(daemon.run());
    assert.ok(!existsSync(file()), 'no other key stands in the way of the right one');
    writeFileSync(file(), good, { mode: 0o600 });
  });
  test('of another installation', () => refuses(() => write(otherId())(), /lacks key [0-9a-f]{8}, .*add its line/));
  test('wrong under the right id', () => refuses(() => write(otherKey())(), /is not the one .*restore the file/));
  test('cut short', () => refuses(() => write(good.subarray(0, -20))(), /cut short at key 1; restore it/));
  test('cut off behind its first line', () => refuses(() => write('mortise-vault 1\n')(), /holds no key; restore it/));
  test('empty', () => refuses(write(''), /is empty; restore it/));
  test('something else', () => refuses(write('hello\n'), /not a vault key file; point vault\.key_file/));
  test('large', () => refuses(write('mortise-vault 1\n'.repeat(1000)), /larger than 8192 bytes; is it the right file/));
  test('readable for everybody', () => refuses(() => write(good, 0o644)(), /run `chmod o= /));
  test('a folder', () => refuses(() => mkdirSync(file()), /not a regular file; name the file/));
  test('a symbolic link', () => refuses(() => {
    writeFileSync(daemon.path('elsewhere'), good, { mode: 0o600 });
    symlinkSync(daemon.path('elsewhere'), file());
  }, /is a symbolic link; name the file itself/));
  test('a link that leads nowhere', () => refuses(() => symlinkSync(daemon.path('nowhere'), file()), /is a symbolic link/));
  test('named and not there', async () => {
    const named = daemon.path('named.key');
    daemon.configure({ vault: { key_file: named } });
    await assert.rejects(daemon.run());
    assert.match(daemon.events('daemon.failed', {}, { lastRun: true })[0].reason, /named\.key: No such file.*restore it, or name another/);
    assert.ok(!existsSync(named));
    daemon.configure({ vault: undefined });
  });
  test('as it was starts, and the token from before is good', async () => {
    await daemon.run();
    assert.equal((await daemon.api('GET', '/organizations/acme/', { token })).status, 200);
  });
});

describe('a rotation of the vault\'s keys', () => {
  let world;
  let ping;
  let daemon;
  let echo;
  let token;
  const keys = new Map();        // account → the API key it was installed with
  const wrong = [];              // replies that nobody should get
  let killing = false;           // what is cut off by that may fail
  const path = '/organizations/acme/pipeline/integration_pipeline/';

  before(async () => {
    echo = await startEcho();
    echo.tokens = { access_token: random(), token_type: 'bearer' };
    world = await startWorld({ plugins: ['github', 'ping'] });
    daemon = world.daemon;
    const secret = random();
    daemon.configure({
      egress: { allow: [...daemon.settings.egress.allow, ...['ping', 'ping-oauth'].map((provider) => ({ provider, host: '127.0.0.1', port: echo.port }))],
        connect_timeout: 2, timeout: 10 },
      providers: { ...daemon.settings.providers, ping: { api_url: echo.url, webhook_secret_file: daemon.secret('ping', secret) },
        'ping-oauth': { api_url: echo.url, web_url: echo.url, client_secret_file: daemon.secret('oauth', random()) } },
    });
    await daemon.restart();
    ping = Object.assign(new Ping(), { daemon, secret });
    token = await daemon.organization('acme');
    await world.install('acme', token);
    await daemon.idle();
  });
  after(async () => {
    await world?.close();
    await echo?.close();
  });

  // A reply, whose status must be right for somebody who may be asked to come again.
  async function ask(method, to, options) {
    const answer = await daemon.request(method, to, options);
    if (answer.status >= 500 && !(answer.status === 503 && answer.headers['retry-after'])) wrong.push(`${method} ${to}: ${answer.status} ${answer.text}`);
    return answer;
  }

  async function install(n) {
    const [account, key] = [`account-${n}`, random()];
    const post = (body) => ask('POST', `/api/0${path}`, { token, body });
    await post({ action: 'initialize', provider: 'ping' });
    await post({ account, api_key: key, region: 'eu' });
    const { json } = await post({ colour: 'red' });
    const { json: done } = await post({ state: json?.data?.state, confirm: true });
    if (done?.status === 'complete') keys.set(account, key);
    else if (!killing) wrong.push(`install ${n}: ${JSON.stringify(done)}`);
  }

  // A token that GitHub took back: the next call mints another, which is sealed and kept.
  async function refresh() {
    for (const [name, { installation }] of world.github.tokens) if (installation) world.github.tokens.delete(name);
    const [integration] = (await daemon.list('/organizations/acme/integrations/?providerKey=github', { token }));
    const { status: fate, text } = await ask('GET', `/api/0/organizations/acme/integrations/${integration.id}/repos/?search=${random()}`, { token });
    if (fate !== 200 && !killing) wrong.push(`refresh: ${fate} ${text}`);
  }

  async function push(n, acknowledged) {
    const body = JSON.stringify(pushPayload(48812345, { id: 5501, name: 'acme-co/till' }, [{ sha: sha(n) }]));
    const { status } = await ask('POST', '/extensions/github/webhook/', { body, headers: await world.webhooks.headers('push', body) });
    if (status === 204) acknowledged.push(sha(n));
  }

  // All of that, again and again, until 'work' is done; what it met when the daemon was
  // away counts nothing.
  async function under(load, work) {
    let going = true;
    const loops = load.map(async (step) => {
      while (going) await step().catch((error) => { if (!daemon.program.end && !/ECONN|hang up|socket/.test(error.message)) throw error; });
    });
    try {
      return await work();
    } finally {
      going = false;
      await Promise.all(loops);
    }
  }

  async function allReadable() {
    for (const [account, key] of keys) {
      await ping.tell(account, { do: 'http', method: 'GET', path: '/me', credentials: 'key' }, { hook: 'now' });
      assert.equal(echo.requests.at(-1).headers.authorization, `Key ${key}`, account);
    }
    await refresh();
    assert.deepEqual(wrong, []);
  }

  const minted = () => world.github.requests.filter(({ path: to }) => to.endsWith('/access_tokens')).length;
  const status = async () => (await daemon.ctlJson('vault', 'status')).keys;
  // Each sealed value begins with the id of its key; a rotation takes one table after the other.
  const sealed = [['integration', 'secrets'], ['pipeline', 'sealed_state'], ['daemon_secret', 'sealed']];
  const keysInUse = async () => (await daemon.sql(sealed.map(([table, column]) =>
    `SELECT substr(${column}, 1, 4) AS key FROM ${table} WHERE ${column} IS NOT NULL`).join(' UNION '))).length;
  const file = () => daemon.path('state', 'vault.key');

  test('under load loses nothing, also when it is killed in the middle; the old key can go', async () => {
    let number = 0;
    let installed = 0;
    const acknowledged = [];
    const load = [() => push(++number, acknowledged), () => push(++number, acknowledged), () => install(++installed), () => refresh()];
    const post = async (body) => (await daemon.api('POST', path, { token: waiting, body })).json;
    const waiting = await daemon.token('acme', ['org:integrations']);
    const begun = await post({ action: 'initialize', provider: 'ping-oauth' });
    const visit = await post({ code: random(), state: new URL(begun.data.oauthUrl).searchParams.get('state') });

    await under(load, async () => {
      await until('there is something to rotate', () => keys.size >= 10 && acknowledged.length >= 20);
      for (let i = 0; i < 3; i++) await daemon.ctlOk('vault', 'rotate');
      await until('more is installed', () => keys.size >= 16 && minted() >= 10);
    });
    await allReadable();

    killing = true;
    let mixed = 0;
    for (let round = 0; round < 3 || (mixed === 0 && round < 12); round++)
      await under(load, async () => {
        const before = (await status()).length;
        const renamed = watch(daemon.path('state'));
        const rotation = daemon.ctl('vault', 'rotate');
        const replaced = new Promise((resolve) => renamed.on('change', (event, name) => name === 'vault.key' && resolve()));
        await Promise.race([replaced, rotation]);
        renamed.close();
        await daemon.kill();
        await rotation;
        mixed += (await keysInUse()) > 1;
        await daemon.run();
        assert.equal((await status()).length, before + 1);
      });
    killing = false;
    assert.ok(mixed > 0, 'no rotation was cut off in the middle');
    await allReadable();

    await daemon.ctlOk('vault', 'rotate');
    await daemon.idle();
    const inUse = (await status()).filter((key) => key.inUse);
    assert.deepEqual(inUse.map(({ newest }) => newest), [true]);
    await daemon.stop();
    const lines = readFileSync(file(), 'utf8').split('\n');
    writeFileSync(file(), [lines[0], ...lines.filter((line) => line.startsWith(inUse[0].id)), ''].join('\n'));
    await daemon.run();
    assert.equal((await status()).length, 1);
    await allReadable();
    const { state } = Object.fromEntries(new URL(visit.data.visitUrl).searchParams);
    assert.equal((await post({ place: 'here', state })).status, 'complete');
    const repos = await daemon.list('/organizations/acme/repos/', { token });
    const { id } = repos.find(({ name }) => name === 'acme-co/till');
    const known = new Set((await daemon.list(`/organizations/acme/repos/${id}/commits/`, { token })).map((commit) => commit.id));
    assert.deepEqual(acknowledged.filter((commit) => !known.has(commit)), []);
  });
});
