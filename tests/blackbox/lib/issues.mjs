// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Issues, made as an SDK makes them: by reporting an event.
import { randomUUID } from 'node:crypto';

export class Project {
  static async create(daemon, org, slug) {
    const out = await daemon.ctlJson('project', 'create', slug, '--org', org);
    const project = new Project();
    const dsn = new URL(out.dsn);
    Object.assign(project, { daemon, org, slug, key: dsn.username, id: dsn.pathname.slice(1) });
    return project;
  }

  // Report one event; gives the issue it belongs to: {id, shortId, number}.
  async report(message, more = {}) {
    const eventId = randomUUID().replaceAll('-', '');
    const { status, text } = await this.daemon.request('POST', `/api/${this.id}/store/`, {
      body: { event_id: eventId, message, level: 'error', ...more },
      headers: { 'x-sentry-auth': `Sentry sentry_version=7, sentry_key=${this.key}` } });
    if (status !== 200) throw new Error(`report: ${status} ${text}`);
    const [issue] = await this.daemon.sql(`SELECT i.id, i.number FROM event e JOIN issue i ON i.id = e.issue_id
      WHERE e.event_id = '${eventId}'`);
    return { id: issue.id, number: issue.number, shortId: `${this.slug}-${issue.number.toString(36)}`.toUpperCase() };
  }
}
