// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The audit log's promise: what a request changed stands there, with who asked, as an event
// and a target that docs/api/access.md names.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { top } from './paths.mjs';
import { until } from './until.mjs';

// Operations that leave no row there, and why.
const ELSEWHERE = [
  [/^sign(In|Out)$/, 'a session is opened or ended; nothing of an organization changes'],
  [/^(answer|cancel)Pipeline$/, 'an install is a change when its last step is done'],
  [/^(sendEvent|sendEnvelope|reportIssue|receiveWebhook)$/, 'what happened elsewhere is taken in'],
];
// The activity of the issue says who did it.
const AS_ACTIVITY = /^(changeIssue|createIssue|linkIssue|create(Alone|Group)?(Comments|Notes)$)/;

// {event: kind of its targets}, from the table of the documentation.
export function documentedEvents() {
  const text = readFileSync(join(top, 'docs', 'api', 'access.md'), 'utf8');
  return Object.fromEntries([...text.matchAll(/^\| `([a-z_.-]+)` \| `([a-z_]+)` \|/gm)].map(([, event, kind]) => [event, kind]));
}

// No job may be at work: it acts for who asked for it.
const atWork = () => `SELECT id FROM job WHERE status = 1 OR (status = 0 AND not_before < ${(Date.now() + 60_000) * 1000}) LIMIT 1`;

export class AuditCheck {
  static async start(store, side) {
    const check = Object.assign(new AuditCheck(), { store, documented: documentedEvents(), secrets: new Set(), seen: [] });
    const [ids] = await store.select(`SELECT o.id AS organization, t.id AS token, a.id AS user
      FROM organization o JOIN api_token t ON t.organization_id = o.id JOIN account a ON a.email = 'owner@${side.org}.test'
      WHERE o.slug = '${side.org}' AND t.last_characters = '${side.token.slice(-4)}'`);
    return Object.assign(check, ids);
  }

  async before() {
    await until('no job is at work', async () => (await this.store.select(atWork())).length === 0, { within: 60_000 });
    this.last = { audit_log: await this.#newest('audit_log'), activity: await this.#newest('activity') };
  }

  async #newest(table) {
    return (await this.store.select(`SELECT max(id) AS id FROM ${table}`))[0].id ?? 0;
  }

  #since(table, origin) {
    return this.store.select(`SELECT * FROM ${table} WHERE id > ${this.last[table]} AND origin = '${origin}'`);
  }

  // What is wrong with the trace that a request left: a list of texts.
  async after(operation, item, answer) {
    this.#keepSecrets(item.body, answer.text);
    if (answer.status >= 300) return [];
    const origin = item.headers.authorization ? `token:${this.token}` : `user:${this.user}`;
    const organization = operation.id === 'createOrganization' ? Number(JSON.parse(answer.text).id) : this.organization;
    const rows = (await this.#since('audit_log', origin)).filter((row) => row.organization_id === organization);
    this.seen.push(...rows);
    // An exception that is none is a fault, too.
    if (AS_ACTIVITY.test(operation.id) || ELSEWHERE.some(([id]) => id.test(operation.id)))
      return rows.length > 0 ? ['is in the audit log, and no exception'] : this.#activityFaults(operation, origin);
    // The job that takes an organization away takes its log, and may be quick.
    if (rows.length === 0) return operation.id === 'deleteOrganization' ? [] : ['left nothing in the audit log'];
    return rows.flatMap((row) => this.#rowFaults(row));
  }

  async #activityFaults(operation, origin) {
    return !AS_ACTIVITY.test(operation.id) || (await this.#since('activity', origin)).length > 0 ? [] : ['left no activity'];
  }

  #rowFaults({ event, target, data }) {
    const kind = this.documented[event];
    const faults = [];
    if (!kind) faults.push(`docs/api/access.md does not list ${event}`);
    if (!new RegExp(`^${kind}:(\\d+|ping)$`).test(target)) faults.push(`${event} has the target ${target}`);
    if ([...this.secrets].some((secret) => data.includes(secret))) faults.push(`${event} holds a secret`);
    return faults;
  }

  // What is wrong with the log as the API shows it.
  readable({ rows: [newest], options }) {
    const last = this.seen.at(-1);
    const faults = this.seen.filter(({ event }) => !options.includes(event)).map(({ event }) => `${event} is no option`);
    if (newest.id !== String(last.id) || newest.event !== last.event || newest.target !== last.target)
      faults.push(`the audit log begins with ${JSON.stringify(newest)}, not ${JSON.stringify(last)}`);
    return faults;
  }

  // Of what is sent and answered, what is one by its name.
  #keepSecrets(...texts) {
    for (const text of texts)
      for (const [, value] of String(text ?? '').matchAll(/"(?:token|secret|secret_key|write_key|url)":\s*"([^"]{6,})"/g)) this.secrets.add(value);
  }
}
