// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Prism between mortised and an upstream: requests are held against the provider's own
// description on their way.  A door of our own in front of it collects what Prism found.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { forward, serve } from '../../upstream/http.mjs';
import { freePort } from './config.mjs';
import { Program } from './process.mjs';
import { until } from './until.mjs';

// Why Prism cannot run here, or false.
export const noPrism = Number(process.versions.node.split('.')[0]) < 20 &&
  `Prism needs node 20, this is ${process.version}`;

// What a provider takes and its description leaves out, by the name of the description.
const UNDESCRIBED = {
  github: { 'the organizations of a user': /^GET \/user\/memberships\/orgs/ },
  'jira-cloud': {
    'nobody as assignee': /^PUT \S+\/assignee: request\.body\.accountId: .* must be string/,
  },
  'jira-server': {
    'nobody as assignee': /^PUT \S+\/assignee: request\.body\.name: .* must be string/,
    'OAuth tokens': /^POST \/plugins\/servlet\/oauth\//,
    'webhooks, of either version': /^(GET|POST|DELETE) \/rest\/(webhooks\/1\.0\/webhook|jira-webhook\/1\.0\/webhooks)/,
    'names of fields in a search': /^GET \/rest\/api\/2\/search\?\S*: request\.query\.fields\.\d+: .* must be object/,
    'suggestions for JQL': /^GET \/rest\/api\/2\/jql\/autocompletedata\/suggestions/,
  },
};

// The descriptions of Jira name neither of the credentials that an app signs each request
// with: our stand-in checks those, Prism the rest.
function withoutSecurity(file, folder) {
  const description = JSON.parse(readFileSync(file));
  delete description.security;
  for (const operations of Object.values(description.paths))
    for (const operation of Object.values(operations)) delete operation.security;
  const copy = join(folder, basename(file));
  writeFileSync(copy, JSON.stringify(description));
  return copy;
}

// Prism itself, before 'upstream': what it finds wrong is in the header sl-violations of its
// answers, as violationsIn() reads it; with the flag --errors, it answers that instead.
export async function runPrism(descriptionFile, upstream, ...flags) {
  const port = await freePort();
  const cli = createRequire(import.meta.url).resolve('@stoplight/prism-cli/dist/index.js');
  const program = new Program(process.execPath, [cli, 'proxy', '-h', '127.0.0.1', '-p', String(port), ...flags, descriptionFile, upstream]);
  await until('Prism listens', () => {
    if (program.end) throw new Error(program.lines.join('\n'));
    return program.lines.some((line) => line.includes('Prism is listening'));
  }, { within: 60_000 });
  return { port, program, close: () => program.kill('SIGTERM') };
}

export async function startPrism(descriptionFile, upstream) {
  const folder = mkdtempSync(join(tmpdir(), 'mortise-prism-'));
  const known = UNDESCRIBED[basename(descriptionFile, '.json')];
  const prism = await runPrism(withoutSecurity(descriptionFile, folder), upstream);
  const violations = [];
  const checked = [];
  const door = await serve(async (request) => {
    const reply = await forward(`http://127.0.0.1:${prism.port}`, request);
    const found = violationsIn(reply.headers['sl-violations'] ?? '[]');
    delete reply.headers['sl-violations'];
    checked.push(`${request.method} ${request.path}`);
    violations.push(...found.filter(({ location }) => location[0] === 'request')
      .map(({ location, message }) => `${request.method} ${request.target}: ${location.join('.')}: ${message}`));
    // Links of pages, and redirects, lead through this door, too.
    for (const name of ['link', 'location'])
      if (reply.headers[name]) reply.headers[name] = reply.headers[name].replaceAll(upstream, door.url);
    return reply;
  });
  return {
    url: door.url,
    checked,
    // What is wrong, beside what the description lacks: that is named in the test's output.
    violations: () => {
      const isKnown = (violation) => Object.values(known).some((pattern) => pattern.test(violation));
      const met = Object.keys(known).filter((name) => violations.some((violation) => known[name].test(violation)));
      console.log(`# not in the description: ${met.join(', ') || 'none'}`);
      return violations.filter((violation) => !isKnown(violation));
    },
    close: async () => {
      await door.close();
      await prism.close();
      rmSync(folder, { recursive: true });
    },
  };
}

// When there are more than a header holds, Prism says just that.
export function violationsIn(text) {
  return text.startsWith('[') ? JSON.parse(text) : [{ location: ['request'], message: text }];
}
