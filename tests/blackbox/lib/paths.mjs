// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Where the checkout and the build are.  `builddir` (as automake names it) says which
// build is tested; without it, build/ in the checkout.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const top = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
export const build = resolve(process.env.builddir || join(top, 'build'));

export const programs = {
  mortised: join(build, 'mortised'),
  host: join(build, 'mortise-host'),
  ctl: join(build, 'mortisectl'),
  check: join(build, 'mortise-check'),
};

// Was it built with a sanitizer?
export const sanitized = existsSync(join(build, 'config.h')) &&
  /^#define MORTISE_SANITIZED 1/m.test(readFileSync(join(build, 'config.h')));

// Why a test of memory limits cannot run on this build, or false.
export const noMemoryLimit = sanitized && 'a sanitizer needs more memory than a host gets';

// Why a test of the sandbox cannot run on this build, or false.
export const noSandbox = noMemoryLimit && 'a build with sanitizers has no sandbox';

// Runs a program as on a kernel that lacks 'piece' of the sandbox.
export const lacking = (piece) => [join(build, 'tests', 'plugins', 'lacking'), piece];

// Why a library cannot be preloaded into this build, or false.
export const noPreload = sanitized && 'a sanitizer must be loaded first, so nothing can be preloaded';

// An application that reports to us, to be run by node.
export const application = join(top, 'tests', 'blackbox', 'lib', 'application.mjs');

export const consoleDir = join(top, 'console');
export const regionsFile = join(top, 'core', 'forward', 'aws-regions');

// A plugin built here: libtool leaves it in .libs/.
export function pluginFile(name) {
  const places = [join(build, 'plugins', name, '.libs', `${name}.so`), join(build, 'plugins', '.libs', `${name}.so`),
    join(build, 'tests', 'plugins', '.libs', `${name}.so`)];
  const file = places.find(existsSync);
  if (!file) throw new Error(`plugin ${name} is not built (looked for ${places.join(', ')})`);
  return file;
}
