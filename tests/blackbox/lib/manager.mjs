// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// A mortised under the tests' service manager (tests/blackbox/manager.c): sockets that
// outlive it, and what it tells.
//
//   const service = await Service.start({ sockets: [['http', 'tcp']], watchdogMs: 1000 });
//   await service.restart();
//   service.told('STATUS');
import { join } from 'node:path';

import { Daemon, parseLine } from './daemon.mjs';
import { build, programs } from './paths.mjs';
import { Program } from './process.mjs';
import { until } from './until.mjs';

const open = new Set();

export class Service {
  // 'configure(daemon)' changes settings before the first start.
  static async start({ configure = () => {}, ...options } = {}) {
    const service = await Service.prepare(options);
    await configure(service.daemon);
    await service.begin();
    return service;
  }

  // The manager holds its sockets; the daemon does not run yet.
  static async prepare({ sockets = [], watchdogMs = 0, preload, ...options } = {}) {
    const service = new Service();
    const daemon = await Daemon.prepare(options);
    service.daemon = daemon;
    const program = new Program(join(build, 'tests', 'blackbox', 'manager'),
      [daemon.folder, String(watchdogMs * 1000), ...sockets.map(([name, kind]) => `${name}=${kind}`), '--',
        ...(preload ? ['/usr/bin/env', `LD_PRELOAD=${preload}`, `MORTISE_TEST_STUCK=${daemon.folder}`] : []), programs.mortised, '--config', daemon.path('mortise.conf')],
      { stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: process.env.PATH, HOME: daemon.folder,
        ASAN_OPTIONS: 'abort_on_error=0:exitcode=99:detect_leaks=1', UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1' } });
    service.program = program;
    open.add(service);
    daemon.program = program;
    daemon.runs.push(program);
    await until('the manager has its sockets', () => service.#said('socket').length === sockets.length);
    service.sockets = service.#said('socket').map((line) => line.split(' '));
    const http = service.sockets.find(([name]) => name === 'http');
    if (http) daemon.url = `http://127.0.0.1:${http[1]}`;
    return service;
  }

  #said(word) {
    return this.program.lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  }

  // Values of KEY in messages since the last start, in order; without a key all messages.
  told(key) {
    const { lines } = this.program;
    const told = lines.slice(lines.findLastIndex((line) => line.startsWith('started '))).filter((line) => line.startsWith('told '))
      .map((line) => line.slice(5));
    return key ? told.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1)) : told;
  }

  // Events of the log since the last start.
  events(name) {
    const { lines } = this.program;
    return lines.slice(lines.findLastIndex((line) => line.startsWith('started '))).map(parseLine)
      .filter((entry) => entry?.event === name);
  }

  get pid() {
    return Number(this.#said('started').at(-1));
  }

  // "ended 0", "killed 9" for each run that is over.
  get ends() {
    return this.program.lines.filter((line) => /^(ended|killed) \d+$/.test(line));
  }

  start() {
    const before = this.#said('started').length;
    this.program.child.stdin.write('start\n');
    return until('the daemon is started', () => this.#said('started').length > before);
  }

  async begin() {
    await this.start();
    const ends = this.ends.length;
    await until('mortised tells that it is ready', () => this.told('READY').length > 0 || this.ends.length > ends, { within: 30_000 });
    if (this.ends.length > ends) throw new Error(`mortised did not start\n${this.program.lines.slice(-20).join('\n')}`);
  }

  signal(signal) {
    process.kill(this.pid, signal);
  }

  // Wait for the end of the run: "ended 0".
  async ended({ within = 60_000 } = {}) {
    await until('mortised has ended', () => this.ends.length === this.#said('started').length, { within, every: 5 });
    return this.ends.at(-1);
  }

  stop(options) {
    this.signal('SIGTERM');
    return this.ended(options);
  }

  async restart() {
    const end = await this.stop();
    if (end !== 'ended 0') throw new Error(`mortised: ${end}\n${this.program.lines.slice(-20).join('\n')}`);
    await this.begin();
  }

  async close() {
    if (this.ends.length < this.#said('started').length) {
      const end = await this.stop();
      if (end !== 'ended 0') throw new Error(`mortised: ${end}\n${this.program.lines.slice(-40).join('\n')}`);
    }
    await this.abandon();
  }

  // The end of manager and daemon without asking.
  async abandon() {
    open.delete(this);
    this.program.child.stdin.end();
    await this.program.exited;
    this.daemon.remove();
  }

  static abandonAll() {
    return Promise.all([...open].map((service) => service.abandon()));
  }
}
