// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Webhooks as GitHub sends them, signed by @octokit/webhooks-methods, and the bodies
// of @octokit/webhooks-examples.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { sign } from '@octokit/webhooks-methods';

// [{name, examples: [body]}], 329 bodies in all.
export function webhookExamples() {
  const file = createRequire(import.meta.url).resolve('@octokit/webhooks-examples');
  return JSON.parse(readFileSync(file));
}

export class WebhookSender {
  constructor(daemon, secret) {
    this.daemon = daemon;
    this.secret = secret;
  }

  // Headers as GitHub sends them; a null value leaves one out.
  async headers(event, body, changes = {}) {
    const headers = {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': body.length > 0 ? await sign(this.secret, body) : `sha256=${'0'.repeat(64)}`,
      ...changes,
    };
    return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== null));
  }

  // Send 'payload' (object, or text as it is); 'headers' changes some.
  async send(event, payload, headers = {}) {
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
    return this.daemon.request('POST', '/extensions/github/webhook/', {
      body, headers: await this.headers(event, body, headers) });
  }
}

// A push of one commit, as small as GitHub's handlers need it.
export function pushPayload(installation, repository, commits) {
  return {
    ref: 'refs/heads/main',
    installation: { id: installation },
    repository: { id: repository.id, name: repository.name.split('/')[1], full_name: repository.name,
      html_url: `https://github.test/${repository.name}` },
    sender: { id: 9, login: 'mona' },
    commits: commits.map(({ sha, message = `commit ${sha}`, added = [], modified = [], removed = [], ...rest }) => ({
      id: sha, distinct: true, message, timestamp: '2026-04-30T10:00:00+02:00',
      author: { name: 'Mona', email: 'mona@acme.test', username: 'mona' }, added, modified, removed, ...rest })),
  };
}

// The n-th of a row of commit ids.
export const sha = (n) => n.toString(16).padStart(40, '0');
