// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Looks into the store of a running daemon without a process for each look: has anything
// been written, and which rows differ?
import { spawn } from 'node:child_process';
import { once } from 'node:events';

// What any request may write, a refused one too: when credentials were used last.
const TOUCHED = { api_token: ['used_at'], session: ['used_at', 'seen_at'] };

const END = '\u0001\n';

export class StoreWatch {
  static async start(daemon) {
    const watch = new StoreWatch();
    watch.program = spawn('sqlite3', ['-readonly', '-batch', '-cmd', '.timeout 5000', daemon.path('state', 'mortise.db')]);
    watch.output = '';
    watch.program.stdout.setEncoding('utf8').on('data', (text) => watch.#take(text));
    watch.program.stderr.setEncoding('utf8').on('data', (text) => watch.fail?.(new Error(`sqlite3: ${text}`)));
    watch.tables = await watch.#tables();
    return watch;
  }

  async close() {
    const ended = once(this.program, 'close');
    this.program.stdin.end();
    await ended;
  }

  #take(text) {
    this.output += text;
    if (!this.output.endsWith(END)) return;
    const answer = this.output.slice(0, -END.length);
    this.output = '';
    this.done(answer);
  }

  #ask(text) {
    return new Promise((resolve, reject) => {
      Object.assign(this, { done: resolve, fail: reject });
      this.program.stdin.write(`${text}\n.print "\u0001"\n`);
    });
  }

  // Its tables, each with the columns that are compared.
  async #tables() {
    const names = (await this.#ask("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name;")).trim().split('\n');
    const tables = {};
    for (const name of names) {
      const columns = (await this.#ask(`SELECT name FROM pragma_table_info('${name}');`)).trim().split('\n');
      tables[name] = columns.filter((column) => !TOUCHED[name]?.includes(column));
    }
    return tables;
  }

  // Another one as soon as somebody has written something.
  version() {
    return this.#ask('PRAGMA data_version;');
  }

  // The rows of a query, as objects.
  async select(query) {
    const text = await this.#ask(`.mode json\n${query};`);
    return text ? JSON.parse(text) : [];
  }

  // All rows, as texts that begin with the name of their table.
  async rows() {
    const queries = Object.entries(this.tables).map(([name, columns]) =>
      `SELECT '${name} ' || ${columns.map((column) => `'${column}=' || quote(${column})`).join(" || ' ' || ")} FROM ${name};`);
    return (await this.#ask(`.mode list\n${queries.join('\n')}`)).split('\n');
  }

  // Rows of one that the other lacks.
  differences(before, after) {
    const [old, now] = [new Set(before), new Set(after)];
    return [...before.filter((row) => !now.has(row)).map((row) => `-${row}`), ...after.filter((row) => !old.has(row)).map((row) => `+${row}`)]
      .map((row) => row.slice(0, 300));
  }
}
