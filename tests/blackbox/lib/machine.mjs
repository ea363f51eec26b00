// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// This build, installed in a machine of its own with a real systemd (tests/blackbox/machine).
//
//   const machine = await Machine.start();
//   if (machine.reason) …it cannot be done here
//   await machine.ok('systemctl', 'start', 'mortised');
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { build, top } from './paths.mjs';
import { Program } from './process.mjs';
import { patience, until } from './until.mjs';

const run = (file, args, options = {}) => new Promise((resolve) => {
  execFile(file, args, { timeout: 120_000 * patience, maxBuffer: 1 << 24, ...options }, (error, out, err) =>
    resolve({ code: error ? error.code ?? 1 : 0, out, err }));
});

// Children first.
function removeGroups(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeGroups(join(folder, entry.name));
  rmdirSync(folder);
}

export class Machine {
  // 'furnish(dest)' may add files before the start.
  static async start({ furnish = () => {} } = {}) {
    const machine = new Machine();
    machine.folder = mkdtempSync(join(tmpdir(), 'mortise-machine-'));
    const dest = join(machine.folder, 'dest');
    mkdirSync(dest);
    const { code, out, err } = await run('make', ['-C', build, '-s', 'install', `DESTDIR=${dest}`]);
    if (code !== 0) throw new Error(`make install: ${out}${err}`);
    machine.installed = readdirSync(dest, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      .map(({ parentPath, path, name }) => join(parentPath ?? path, name).slice(dest.length));
    furnish(dest, machine);
    machine.program = new Program(join(top, 'tests', 'blackbox', 'machine'), [machine.folder]);
    await until('systemd answers', async () => machine.program.end || await machine.#boots(), { within: 30_000 });
    if (machine.program.end?.code === 77) machine.reason = machine.program.lines.at(-1);
    else if (machine.program.end) throw new Error(`no machine: ${machine.program.lines.join('\n')}`);
    return machine;
  }

  async #boots() {
    const { pid } = this.program;
    this.pid = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
    return this.pid > 0 && (await this.run('systemctl', 'is-active', 'machine.target')).code === 0;
  }

  // Where 'make install' has put the file of this name.
  place(name) {
    return this.installed.find((file) => file.endsWith(`/${name}`));
  }

  // A command inside: {code, out, err}.
  run(...args) {
    return run('nsenter', ['-t', String(this.pid), '-a', ...args],
      { env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' } });
  }

  async ok(...args) {
    const { code, out, err } = await this.run(...args);
    if (code !== 0) throw new Error(`${args.join(' ')}: ${code}\n${out}${err}\n${await this.log()}`);
    return out.trim();
  }

  // A program of ours on the machine's network; gives what it printed when 'stop()' is called.
  load(...args) {
    const child = spawn('nsenter', ['-t', String(this.pid), '-n', process.execPath, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk) => { text += chunk; });
    const ended = new Promise((resolve) => child.once('close', resolve));
    return async () => {
      child.stdin.end();
      await ended;
      return text;
    };
  }

  // Properties of a unit, as an object.
  async unit(name, ...properties) {
    const text = await this.ok('systemctl', 'show', name, `--property=${properties.join(',')}`);
    return Object.fromEntries(text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  }

  async log() {
    return (await this.run('cat', '/mortised.log')).out;
  }

  async close() {
    await this.program.kill('SIGKILL');
    try {
      const group = readFileSync(join(this.folder, 'group'), 'utf8').trim();
      await until('the cgroup is empty', () => {
        removeGroups(group);
        return true;
      });
    } finally {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }
}
