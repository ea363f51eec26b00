// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Looks for secrets, as they are and as they may be written: base64 (at any alignment),
// hex, percent-encoded, within JSON.  Evidence is laid down in files, one folder for all.
//
//   const searcher = new Searcher(folder);
//   searcher.plant('client secret', value);
//   searcher.lay('log', text);
//   searcher.find() → [{secret, form, place, behind}]
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

// A part of a secret is as bad as the whole: its first and its last bytes are looked for.
const PART = 16;
const LARGEST_MAPPING = 256 << 20;

function base64(piece, before) {
  const bytes = Buffer.concat([Buffer.alloc(before), piece]);
  // Only characters that nothing but the piece decides.
  return bytes.toString('base64').slice(Math.ceil(before * 8 / 6), Math.floor(bytes.length * 8 / 6));
}

// Every way that 'piece' may stand somewhere: [[form, bytes as latin1]].
export function forms(piece) {
  const hex = piece.toString('hex');
  const percent = hex.replace(/../g, '%$&');
  const text = piece.toString();
  const found = [['plain', piece.toString('latin1')], ['hex', hex], ['HEX', hex.toUpperCase()],
    ['percent', percent], ['PERCENT', percent.toUpperCase()]];
  for (const before of [0, 1, 2]) {
    const encoded = base64(piece, before);
    found.push([`base64 at ${before}`, encoded], [`base64url at ${before}`, encoded.replaceAll('+', '-').replaceAll('/', '_')]);
  }
  // What is no UTF-8 is encoded in none of these.
  if (Buffer.from(text).equals(piece)) {
    const bytes = (encoded) => Buffer.from(encoded).toString('latin1');
    found.push(['URI', encodeURIComponent(text)], ['form', new URLSearchParams({ '': text }).toString().slice(1)],
      ['JSON', bytes(JSON.stringify(text).slice(1, -1))], ['JSON/', bytes(JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'))]);
  }
  return found;
}

export class Searcher {
  constructor(folder) {
    this.folder = folder;
    this.evidence = join(folder, 'evidence');
    this.patterns = new Map();     // latin1 → {secret, form}
    mkdirSync(this.evidence, { recursive: true });
  }

  plant(secret, value) {
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value);
    if (bytes.length < 8) throw new Error(`${secret} is too short to be looked for`);
    for (const piece of bytes.length <= PART ? [bytes] : [bytes.subarray(0, PART), bytes.subarray(-PART)])
      for (const [form, pattern] of forms(piece))
        if (!pattern.includes('\n') && !this.patterns.has(pattern)) this.patterns.set(pattern, { secret, form });
    return value;
  }

  lay(place, content) {
    writeFileSync(join(this.evidence, place), content);
  }

  // What a process has in its memory, mapping by mapping; without what it wants in no
  // dump, if only 'dumped' is asked for.
  layMemory(place, pid, { dumped = false } = {}) {
    const memory = openSync(`/proc/${pid}/mem`, 'r');
    const file = openSync(join(this.evidence, place), 'w');
    try {
      for (const mapping of readFileSync(`/proc/${pid}/smaps`, 'latin1').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)) {
        const [, from, to] = mapping.match(/^([0-9a-f]+)-([0-9a-f]+) r/) ?? [null, '0', 'f'.repeat(16)];
        const [start, end] = [parseInt(from, 16), parseInt(to, 16)];
        const secluded = dumped && /^VmFlags:.* dd( |$)/m.test(mapping);
        // Above is the kernel's own ([vsyscall]), which cannot be read.
        if (!secluded && end - start <= LARGEST_MAPPING && end < 2 ** 47) copyMapping(memory, start, end - start, file);
      }
    } finally {
      closeSync(memory);
      closeSync(file);
    }
  }

  find() {
    const list = join(this.folder, 'patterns');
    writeFileSync(list, Buffer.from([...this.patterns.keys()].join('\n'), 'latin1'));
    const found = new Map();
    for (const line of grep(list, this.evidence)) {
      const [, file, offset, pattern] = line.match(/^([^\0]*)\0(\d+):(.*)$/s);
      const { secret, form } = this.patterns.get(pattern);
      const place = file.slice(this.evidence.length + 1);
      const key = `${secret} ${form} ${place}`;
      if (!found.has(key)) found.set(key, { secret, form, place, behind: before(file, Number(offset)) });
    }
    return [...found.values()];
  }
}

function copyMapping(memory, start, size, file) {
  const bytes = Buffer.alloc(size);
  try {
    writeSync(file, bytes, 0, readSync(memory, bytes, 0, size, start));
  } catch (error) {
    // Pages behind the end of a mapped file, or the kernel's ([vvar]).
    if (!['EIO', 'EFAULT'].includes(error.code)) throw error;
  }
}

// The bytes in front of a match.
function before(file, offset) {
  const bytes = Buffer.alloc(Math.min(offset, 60));
  const fd = openSync(file, 'r');
  readSync(fd, bytes, 0, bytes.length, offset - bytes.length);
  closeSync(fd);
  return bytes.toString('latin1').replace(/[^ -~]/g, '.');
}

// Lines "FILE\0OFFSET:MATCH" of every match under 'folder'; status 1 means none.
function grep(patterns, folder) {
  try {
    return execFileSync('grep', ['-raobF', '-Z', '-f', patterns, folder], { encoding: 'latin1', maxBuffer: 1 << 28,
      env: { PATH: process.env.PATH, LC_ALL: 'C' } }).split('\n').slice(0, -1);
  } catch (error) {
    if (error.status === 1) return [];
    throw error;
  }
}
