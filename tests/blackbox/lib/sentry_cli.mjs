// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Sentry's command line tool against a mortised, as a build server calls it, in a scratch
// git repository of its own.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';

import { patience } from './until.mjs';

// Where the tool's own package says that the program of this platform is.
const program = createRequire(import.meta.url)('@sentry/cli').getPath();

// Why it cannot run here, or false.
export const noSentryCli =
  (!existsSync(program) && `@sentry/cli has brought no program for ${process.platform} on ${process.arch}`) ||
  (spawnSync('git', ['--version']).error && 'there is no git');

export class SentryCli {
  constructor(daemon, { token, org, project, dsn }) {
    this.folder = daemon.path('checkout');
    mkdirSync(this.folder, { recursive: true });
    this.env = { PATH: process.env.PATH, HOME: this.folder, GIT_CONFIG_NOSYSTEM: '1', TZ: 'Asia/Kolkata',
      SENTRY_URL: daemon.url, SENTRY_AUTH_TOKEN: token, SENTRY_ORG: org, SENTRY_PROJECT: project, SENTRY_DSN: dsn };
  }

  #execute(file, args, env = {}) {
    return new Promise((resolve) => {
      execFile(file, args, { cwd: this.folder, env: { ...this.env, ...env }, timeout: 60_000 * patience },
        (error, out, err) => resolve({ code: error ? error.code ?? 1 : 0, out, err }));
    });
  }

  // Run it: {code, out, err}.
  try(args, env) {
    return this.#execute(program, args, env);
  }

  // What it says; throws if it fails.
  async run(...args) {
    const { code, out, err } = await this.try(args);
    if (code !== 0) throw new Error(`sentry-cli ${args.join(' ')}: ${code}\n${out}${err}`);
    return out.trim();
  }

  // The rows of the table that it prints, as objects by column.
  async table(...args) {
    const lines = (await this.run(...args)).split('\n').filter((line) => line.startsWith('|'));
    const [names, ...rows] = lines.map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
    return rows.map((row) => Object.fromEntries(row.map((cell, i) => [names[i], cell])));
  }

  async git(...args) {
    const { code, out, err } = await this.#execute('git',
      ['-c', 'user.name=Mona', '-c', 'user.email=mona@acme.test', '-c', 'init.defaultBranch=main', ...args]);
    if (code !== 0) throw new Error(`git ${args.join(' ')}: ${code} ${err}`);
    return out.trim();
  }

  // A new commit: its hash.
  async commit(message) {
    await this.git('commit', '-q', '--allow-empty', '-m', message);
    return this.git('rev-parse', 'HEAD');
  }
}
