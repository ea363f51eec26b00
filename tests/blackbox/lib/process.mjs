// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// A program that a test started: its lines, its end.  What still runs when the test
// process ends is killed, by the pid that was started here and no other.
import { spawn } from 'node:child_process';

const running = new Set();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class Program {
  constructor(file, args, options = {}) {
    this.lines = [];
    this.waiting = new Set();
    this.child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    this.pid = this.child.pid;
    this.exited = new Promise((resolve) => {
      this.child.once('error', (error) => resolve({ code: null, signal: null, error }));
      this.child.once('close', (code, signal) => resolve({ code, signal }));
    }).then((end) => {
      running.delete(this.child);
      this.end = end;
      return end;
    });
    running.add(this.child);
    for (const stream of [this.child.stdout, this.child.stderr]) this.#collect(stream);
  }

  #collect(stream) {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      this.lines.push(...lines);
    });
    stream.on('end', () => rest && this.lines.push(rest));
  }

  kill(signal) {
    if (!this.end) this.child.kill(signal);
    return this.exited;
  }
}
