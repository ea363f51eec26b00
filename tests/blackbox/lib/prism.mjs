// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Prism between mortised and an upstream: requests are held against the provider's own
// description on their way.  A door of our own in front of it collects what Prism found.
import { createRequire } from 'node:module';

import { forward, serve } from '../../upstream/http.mjs';
import { freePort } from './config.mjs';
import { Program } from './process.mjs';
import { until } from './until.mjs';

// Why Prism cannot run here, or false.
export const noPrism = Number(process.versions.node.split('.')[0]) < 20 &&
  `Prism needs node 20, this is ${process.version}`;

// Requests that GitHub answers and its description leaves out.
const undescribed = ['GET /user/memberships/orgs'];

export async function startPrism(descriptionFile, upstream) {
  const port = await freePort();
  const cli = createRequire(import.meta.url).resolve('@stoplight/prism-cli/dist/index.js');
  const program = new Program(process.execPath, [cli, 'proxy', '-h', '127.0.0.1', '-p', String(port),
    descriptionFile, upstream]);
  await until('Prism listens', () => {
    if (program.end) throw new Error(program.lines.join('\n'));
    return program.lines.some((line) => line.includes('Prism is listening'));
  }, { within: 60_000 });
  const violations = [];
  const checked = [];
  const door = await serve(async (request) => {
    const reply = await forward(`http://127.0.0.1:${port}`, request);
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
    // What is wrong, beside requests that cannot be held against the description: they
    // are named in the test's output.
    violations: () => {
      const isKnown = (violation) => undescribed.some((call) => violation.startsWith(call));
      const asked = undescribed.filter((call) => checked.includes(call));
      console.log(`# not in the description: ${asked.join(', ') || 'none'}`);
      return violations.filter((violation) => !isKnown(violation));
    },
    close: async () => {
      await door.close();
      await program.kill('SIGTERM');
    },
  };
}

// When there are more than a header holds, Prism says just that.
function violationsIn(text) {
  return text.startsWith('[') ? JSON.parse(text) : [{ location: ['request'], message: text }];
}
