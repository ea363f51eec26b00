// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// What ./tools/quickstart shows goes to its end, with all that can be added to it.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import { build, top } from './lib/paths.mjs';
import { Program } from './lib/process.mjs';
import { patience } from './lib/until.mjs';

const demo = (...options) => new Program(process.execPath, [join(top, 'tools', 'demo.mjs'), ...options],
  { env: { ...process.env, builddir: build } });

test('the demonstration with Jira goes to its end', async () => {
  const program = demo('--with', 'jira', '--exit');
  const timer = setTimeout(() => program.kill('SIGTERM'), 120_000 * patience);
  const { code } = await program.exited;
  clearTimeout(timer);
  const shown = program.lines.join('\n');
  assert.equal(code, 0, shown);
  assert.match(shown, /329 of 329 were answered 204/);
  assert.match(shown, /BASKET-1 is APP-1: http.*\/browse\/APP-1/);
  assert.match(shown, /Jira's webhook has resolved BASKET-1/);
  assert.match(shown, /has opened APP-1 again/);
});

test('what cannot be added is named', async () => {
  const program = demo('--with', 'nothing');
  assert.equal((await program.exited).code, 2);
  assert.match(program.lines.join('\n'), /--with nothing: .*there is: jira/);
});
