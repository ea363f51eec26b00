// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// A real mortised on folders of its own and a free port.
//
//   const daemon = await Daemon.start({ settings: {...}, plugins: ['github'] });
//   const token = await daemon.organization('acme');
//   await daemon.api('GET', '/organizations/acme/repos/', { token });
//   await daemon.close();
//
// Ways to end it: close() (SIGTERM, clean, folders removed), stop() (SIGTERM), kill()
// (SIGKILL); start again with run().
import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort, libconfig } from './config.mjs';
import { consoleDir, pluginFile, programs, regionsFile } from './paths.mjs';
import { Program } from './process.mjs';
import { patience, until } from './until.mjs';

// "<6>time=… level=info event=job.done id=4 text=\"a b\"" → {event: "job.done", …}
export function parseLine(line) {
  const fields = {};
  for (const [, name, quoted, plain] of line.matchAll(/([a-z_]+)=(?:("(?:[^"\\]|\\.)*")|(\S*))/g))
    fields[name] = quoted ? JSON.parse(quoted) : plain;
  return fields.event ? fields : null;
}

const NOISE = /ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|runtime error:|assertion|Assertion/;

export class Daemon {
  static async start(options = {}) {
    const daemon = await Daemon.prepare(options);
    await daemon.run();
    return daemon;
  }

  // Folders, plugins and configuration, nothing running.
  static async prepare({ settings = {}, plugins = ['github'], pluginFiles = [], port, folder, from = programs, wrapper = [] } = {}) {
    const daemon = new Daemon();
    daemon.programs = from;
    daemon.keep = Boolean(folder);
    daemon.folder = folder ?? mkdtempSync(join(tmpdir(), 'mortise-test-'));
    for (const name of ['state', 'run', 'plugins', 'secrets'])
      mkdirSync(daemon.path(name), { recursive: true, mode: 0o700 });
    for (const file of [...plugins.map(pluginFile), ...pluginFiles]) daemon.addPlugin(file);
    daemon.port = port ?? await freePort();
    daemon.url = `http://127.0.0.1:${daemon.port}`;
    daemon.socket = daemon.path('run', 'admin.sock');
    daemon.settings = {
      public_url: daemon.url,
      listen: [`127.0.0.1:${daemon.port}`],
      state_dir: daemon.path('state'),
      runtime_dir: daemon.path('run'),
      plugin_dir: daemon.path('plugins'),
      host_path: from.host,
      console_dir: consoleDir,
      forwarding: { regions_file: regionsFile },
      log: { level: 'debug', format: 'logfmt' },
      metrics: { listen: '' },
      ...settings,
    };
    daemon.configure();
    daemon.runs = [];
    // How far its time of day is from ours, in ms.
    daemon.clockShift = 0;
    // Set by a test that makes a plugin's host crash: what a sanitizer says of hosts
    // is no failure then.
    daemon.hostsCrash = false;
    daemon.env = {};           // what else is in its environment
    daemon.wrapper = wrapper;  // a command that becomes it, such as ['prlimit', '--nofile=512']
    return daemon;
  }

  path(...parts) {
    return join(this.folder, ...parts);
  }

  // A fresh file each time: nobody writes into a library that is mapped.
  addPlugin(file) {
    const place = this.path('plugins', file.split('/').at(-1));
    rmSync(place, { force: true });
    copyFileSync(file, place);
    chmodSync(place, 0o555);
  }

  secret(name, value) {
    const file = this.path('secrets', name);
    writeFileSync(file, value, { mode: 0o600 });
    return file;
  }

  configure(changes = {}) {
    Object.assign(this.settings, changes);
    writeFileSync(this.path('mortise.conf'), libconfig(this.settings));
  }

  // ---- Its life ----

  // The program alone; it may not be ready, nor ever get there.
  spawn() {
    const [file, ...args] = [...this.wrapper, this.programs.mortised, '--config', this.path('mortise.conf')];
    this.program = new Program(file, args, {
      env: { PATH: process.env.PATH, HOME: this.folder, ...this.env,
        ASAN_OPTIONS: 'abort_on_error=0:exitcode=99:detect_leaks=1', UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1' } });
    this.runs.push(this.program);
  }

  async run() {
    this.spawn();
    const ready = async () => (await this.request('GET', '/-/ready')).status === 200;
    await until('mortised is ready', () => this.program.end || ready(), { within: 30_000 }).catch((error) => {
      throw new Error(`${error.message}\n${this.program.lines.slice(-20).join('\n')}`);
    });
    if (this.program.end)
      throw new Error(`mortised did not start: ${JSON.stringify(this.program.end)}\n${this.program.lines.slice(-20).join('\n')}`);
  }

  get pid() {
    return this.program.pid;
  }

  stop() {
    return this.program.kill('SIGTERM');
  }

  kill() {
    return this.program.kill('SIGKILL');
  }

  async restart() {
    await this.stop();
    await this.run();
  }

  // An orderly end; fails if the daemon did not end well or a sanitizer spoke.
  async close() {
    if (!this.program || this.program.end) {
      this.remove();
      return;
    }
    const timer = setTimeout(() => this.program.kill('SIGKILL'), 40_000 * patience);
    const { code, signal } = await this.stop();
    clearTimeout(timer);
    const noise = this.runs.flatMap(({ lines }) => lines.filter((line) => NOISE.test(line) &&
      !(this.hostsCrash && line.includes('event=plugin.stderr'))));
    this.remove();
    if (code !== 0 || noise.length > 0)
      throw new Error(`mortised ended with ${code ?? signal}\n${(noise.length > 0 ? this.noise(noise[0]) :
        this.program.lines.slice(-20)).join('\n')}`);
  }

  // What a sanitizer said, from its first line on.
  noise(first) {
    const lines = this.runs.flatMap(({ lines }) => lines);
    return lines.slice(lines.indexOf(first), lines.indexOf(first) + 60);
  }

  remove() {
    if (!this.keep) rmSync(this.folder, { recursive: true, force: true });
  }

  // ---- Its log ----

  // Events of all runs, or of the last one, that have these fields.
  events(event, fields = {}, { lastRun = false } = {}) {
    const programs = lastRun ? [this.program] : this.runs;
    return programs.flatMap(({ lines }) => lines).map(parseLine).filter((entry) => entry &&
      (!event || entry.event === event) &&
      Object.entries(fields).every(([name, value]) => entry[name] === String(value)));
  }

  event(event, fields, options) {
    return until(`log event ${event}`, () => this.events(event, fields)[0], options);
  }

  // ---- Its doors ----

  // One request; 'body' as object is sent as JSON.  {status, headers, text, json}.
  request(method, path, { token, headers = {}, body } = {}) {
    const bytes = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = http.request(this.url + path, { method, agent: false, headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(bytes !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(bytes) }),
        ...headers } }, (answer) => {
        const chunks = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.once('error', reject);
        answer.once('end', () => resolve(reply(answer, Buffer.concat(chunks).toString())));
      });
      request.setTimeout(60_000 * patience, () => request.destroy(new Error(`no answer to ${method} ${path}`)));
      request.once('error', reject);
      request.end(bytes);
    });
  }

  // The REST API; 'path' below /api/0.
  api(method, path, options) {
    return this.request(method, `/api/0${path}`, options);
  }

  // All items of a list, page after page by its Link header.
  async list(path, { token, perPage } = {}) {
    const items = [];
    let next = perPage ? `${path}${path.includes('?') ? '&' : '?'}per_page=${perPage}` : path;
    while (next) {
      const { status, headers, json, text } = await this.api('GET', next, { token });
      if (status !== 200) throw new Error(`GET ${next}: ${status} ${text}`);
      items.push(...json);
      const [, url] = (headers.link ?? '').match(/<([^>]*)>; rel="next"; results="true"/) ?? [];
      next = url ? url.slice(url.indexOf('/api/0') + '/api/0'.length) : null;
    }
    return items;
  }

  // The items of a list, read forth to its end and from there back to its start: [forth, back],
  // pages of 'perPage' items.
  async listBothWays(path, { token, perPage }) {
    const read = async (at) => {
      const { status, headers, json, text } = await this.api('GET', at, { token });
      if (status !== 200) throw new Error(`GET ${at}: ${status} ${text}`);
      const to = (rel) => headers.link.match(new RegExp(`<([^>]*)>; rel="${rel}"; results="true"`))?.[1].replace(/^.*?\/api\/0/, '');
      return { items: Array.isArray(json) ? json : Object.values(json)[0], next: to('next'), previous: to('previous') };
    };
    const forth = [await read(`${path}?per_page=${perPage}`)];
    while (forth.at(-1).next) forth.push(await read(forth.at(-1).next));
    const back = [forth.at(-1)];
    while (back[0].previous && back.length <= forth.length) back.unshift(await read(back[0].previous));
    return [forth, back].map((pages) => pages.map(({ items }) => items));
  }

  // Run mortisectl: {code, out, err}.
  ctl(...args) {
    return new Promise((resolve) => {
      execFile(this.programs.ctl, ['--socket', this.socket, ...args], { timeout: 60_000 * patience, maxBuffer: 1 << 26,
        env: { PATH: process.env.PATH } }, (error, out, err) =>
        resolve({ code: error ? error.code ?? 1 : 0, out, err }));
    });
  }

  async ctlOk(...args) {
    const { code, out, err } = await this.ctl(...args);
    if (code !== 0) throw new Error(`mortisectl ${args.join(' ')}: ${code} ${err}`);
    return out.trim();
  }

  async ctlJson(...args) {
    return JSON.parse(await this.ctlOk('--json', ...args));
  }

  // An organization with an owner and an API token for it.
  async organization(slug, { scopes = ['org:admin', 'org:integrations', 'project:admin', 'team:admin', 'member:admin', 'event:admin'],
    owner = `owner@${slug}.test` } = {}) {
    await this.ctlOk('org', 'create', slug, '--name', slug);
    await this.ctlOk('user', 'create', owner, '--org', slug, '--role', 'owner');
    return this.token(slug, scopes);
  }

  token(slug, scopes) {
    return this.ctlOk('token', 'create', '--org', slug, ...scopes.flatMap((scope) => ['--scope', scope]));
  }

  // Look into the embedded database, or a copy of it: rows as objects.
  sql(query, file = this.path('state', 'mortise.db')) {
    return new Promise((resolve, reject) => {
      execFile('sqlite3', ['-readonly', '-json', '-cmd', '.timeout 5000', file, query],
        { maxBuffer: 1 << 26 }, (error, out) => (error ? reject(error) : resolve(out.trim() ? JSON.parse(out) : [])));
    });
  }

  // Change the database while the daemon is stopped.
  tamper(statement) {
    return new Promise((resolve, reject) => {
      execFile('sqlite3', [this.path('state', 'mortise.db'), statement], (error) => (error ? reject(error) : resolve()));
    });
  }

  // Pids of what it has started, whatever state it is in.
  children() {
    return readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  }

  // The processes that run plugins now: {github: pid}.
  async hosts() {
    const answer = await this.ctlJson('plugin', 'list');
    const plugins = Array.isArray(answer) ? answer : answer.plugins;
    return Object.fromEntries(plugins.map(({ name, pid }) => [name, Number(pid)]));
  }

  // All queued work is at an end, but for what is meant for later hours; gives the counts
  // by fate.
  async idle(options = {}) {
    await until('the queue is empty', async () =>
      (await this.sql(`SELECT count(*) AS n FROM job
        WHERE status = 1 OR (status = 0 AND not_before < ${(Date.now() + this.clockShift + 3_600_000) * 1000})`))[0].n === 0, { within: 60_000, ...options });
    const rows = await this.sql('SELECT status, count(*) AS n FROM job GROUP BY status');
    const names = ['waiting', 'running', 'done', 'halted', 'dead'];
    return Object.fromEntries(rows.map(({ status, n }) => [names[status], n]));
  }
}

function reply(answer, text) {
  let json = null;
  try {
    json = JSON.parse(text);
  } catch {
    // Not every body is JSON; 'text' has it.
  }
  return { status: answer.statusCode, headers: answer.headers, text, json };
}

