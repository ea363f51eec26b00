// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// An App's webhook deliveries, as GitHub keeps them: each attempt is an entry, a
// redelivery has the guid of the first and an id of its own.
import { createHmac, randomUUID } from 'node:crypto';

export class Deliveries {
  constructor(secret) {
    this.secret = secret;
    this.url = null;            // where the App wants its webhooks
    this.entries = [];          // oldest first
    this.nextId = 1_000_001;
    this.losses = 0;            // how many of the next deliveries get lost on the way
  }

  sign(body) {
    return `sha256=${createHmac('sha256', this.secret).update(body).digest('hex')}`;
  }

  // Deliver 'payload' (an object, or its exact text with 'signature').
  async deliver(event, payload, { signature, guid = randomUUID(), redelivery = false } = {}) {
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
    const parsed = JSON.parse(body);
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/stand-in',
      'x-github-event': event,
      'x-github-delivery': guid,
      'x-github-hook-installation-target-type': 'integration',
      'x-hub-signature-256': signature ?? this.sign(body),
    };
    const started = Date.now();
    const answer = await this.#send(headers, body);
    const entry = {
      id: this.nextId++,
      guid,
      delivered_at: new Date(started).toISOString(),
      redelivery,
      duration: (Date.now() - started) / 1000,
      status: answer.text,
      status_code: answer.status,
      event,
      action: parsed.action ?? null,
      installation_id: parsed.installation?.id ?? null,
      repository_id: parsed.repository?.id ?? null,
      throttled_at: null,
      url: this.url ?? '',
      request: { headers, payload: parsed },
      response: { headers: {}, payload: answer.body },
      raw: body,
    };
    this.entries.push(entry);
    return entry;
  }

  async #send(headers, body) {
    if (this.losses > 0 || !this.url) {
      this.losses = Math.max(0, this.losses - 1);
      return { status: 502, text: 'failed to connect to host', body: '' };
    }
    try {
      const answer = await fetch(this.url, {
        method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) });
      return { status: answer.status, text: answer.ok ? 'OK' : answer.statusText || 'Invalid HTTP Response',
        body: await answer.text() };
    } catch {
      return { status: 502, text: 'failed to connect to host', body: '' };
    }
  }

  // Newest first, from 'cursor' (an id) on.
  page(perPage, cursor, status) {
    const list = [...this.entries].reverse()
      .filter((entry) => !cursor || entry.id <= Number(cursor))
      .filter((entry) => !status || (entry.status_code < 400) === (status === 'success'));
    return { items: list.slice(0, perPage).map(item), next: list[perPage]?.id ?? null };
  }

  find(id) {
    return this.entries.find((entry) => entry.id === Number(id));
  }

  redeliver(id) {
    const first = this.find(id);
    return this.deliver(first.event, first.raw, { guid: first.guid, redelivery: true,
      signature: first.request.headers['x-hub-signature-256'] });
  }
}

export function item({ request, response, raw, url, ...rest }) {
  return rest;
}

export function detail({ raw, ...rest }) {
  return rest;
}
