// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The commands of a document, run as its reader would: the blocks of kind "sh", one after
// the other, each in the folder and with the variables that the one before left.
//
//   const guide = new Guide(file, { folder, env, replace: [[from, to]] });
//   const out = await guide.next(/make install/);
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export class Guide {
  // 'replace' says what stands here for addresses and folders of the document.
  constructor(file, { folder, env, replace = [] }) {
    this.folder = folder;
    this.env = env;
    this.replace = replace;
    this.place = join(folder, '.cwd');
    this.variables = join(folder, '.variables');
    writeFileSync(this.place, folder);
    this.blocks = parse(readFileSync(file, 'utf8'));
  }

  // Run the next block, which must have this text: a guide that was rearranged is noticed.
  // 'instead' has functions for first lines that only a real machine can run.
  async next(pattern, { instead = {} } = {}) {
    const text = this.blocks.shift();
    if (!text?.match(pattern)) throw new Error(`the guide's next commands are not ${pattern}:\n${text}`);
    const [first] = text.split('\n');
    if (instead[first]) await instead[first]();
    return this.#shell(instead[first] ? text.slice(first.length + 1) : text);
  }

  // A variable that a block has set.
  variable(name) {
    const [, value] = readFileSync(this.variables, 'utf8').match(new RegExp(`^declare -x ${name}="(.*)"$`, 'm')) ?? [];
    return value;
  }

  #shell(text) {
    const own = this.replace.reduce((all, [from, to]) => all.replaceAll(from, to), text);
    const before = existsSync(this.variables) ? `. '${this.variables}'` : '';
    const script = `set -euo pipefail; set -a; ${before}\ncd "$(cat '${this.place}')"\n${own}\nexport -p >'${this.variables}'; pwd >'${this.place}'\n`;
    return new Promise((resolve, reject) => {
      execFile('bash', ['-c', script], { env: this.env, timeout: 120_000, maxBuffer: 1 << 24 }, (error, out, err) =>
        error ? reject(new Error(`the guide's commands failed (${error.code ?? error.signal}):\n${text}\n${out}${err}`))
          : resolve(out));
    });
  }
}

// All blocks of kind "sh".
const parse = (document) => [...document.matchAll(/^```sh\n(.*?)\n```$/gms)].map(([, text]) => text);
