// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// An organization with two trackers (accounts a1 and a2 of the test plugin) and sync on in
// both directions: issues linked to both, and trackers that tell what happens there.
import { Ping } from './ping.mjs';
import { Tracker, statuses } from './tracker.mjs';
import { until } from './until.mjs';

const MAP = { one: { on_resolve: statuses.resolved, on_unresolve: statuses.unresolved } };
export const ALL = { sync_comments: true, sync_status_forward: MAP, sync_status_reverse: true,
  sync_forward_assignment: true, sync_reverse_assignment: true };

export class Sync {
  static async start({ accounts = ['a1', 'a2'], settings = ALL, tells = true, ...options } = {}) {
    const sync = new Sync();
    sync.tracker = await Tracker.start();
    sync.ping = await Ping.start({ tracker: sync.tracker, ...options });
    sync.daemon = sync.ping.daemon;
    let known = null;
    for (const account of accounts) known = await sync.ping.install('acme', account, known);
    sync.token = await sync.daemon.token('acme', ['org:admin', 'org:integrations', 'event:admin', 'project:admin',
      'team:admin', 'member:admin']);
    sync.integrations = (await sync.daemon.sql('SELECT id FROM integration ORDER BY id')).map(({ id }) => id);
    for (const id of sync.integrations) await sync.configure(id, settings);
    await sync.daemon.ctlOk('project', 'create', 'shop', '--org', 'acme');
    if (tells) sync.listen();
    return sync;
  }

  async close() {
    await this.ping?.close();
    await this.tracker?.close();
  }

  async configure(integration, settings) {
    const { status, text } = await this.api('POST', `/organizations/acme/integrations/${integration}/`, { body: settings });
    if (status !== 200) throw new Error(`settings: ${status} ${text}`);
  }

  api(method, path, options = {}) {
    return this.daemon.api(method, path, { token: this.token, ...options });
  }

  // What happens at the tracker comes here as its webhook.
  listen() {
    this.tracker.listener = (account, issue, what) => this.ping.tell(account, { do: 'effects', effects: [what === 'status'
      ? { type: 'status_in', key: issue.key, change: { to: issue.status }, status: issue.status, time_ms: issue.time }
      : { type: 'assignee_in', key: issue.key, assignees: person(issue.assignee), assignee: issue.assignee, time_ms: issue.time },
    ] }, { object: issue.key });
  }

  // An effect as the tracker's webhook carries it.
  tell(account, effect, options) {
    return this.ping.tell(account, { do: 'effects', effects: [effect] }, { object: effect.key, ...options });
  }

  // A new issue with a ticket at each of these accounts: {id, keys}.
  async issue(accounts = ['a1', 'a2']) {
    this.serial = (this.serial ?? 0) + 1;
    const { json } = await this.api('POST', '/projects/acme/shop/issues/', { body: { key: `k${this.serial}`, title: `Fault ${this.serial}` } });
    const keys = [];
    for (const account of accounts) {
      const { key } = this.tracker.add(account);
      const integration = this.integrations[account === 'a1' ? 0 : 1];
      const { status, text } = await this.api('PUT', `/organizations/acme/issues/${json.id}/integrations/${integration}/`,
        { body: { externalIssue: key, comment: '' } });
      if (status !== 201) throw new Error(`link: ${status} ${text}`);
      keys.push(key);
    }
    return { id: json.id, keys };
  }

  async change(issue, body) {
    const { status, text } = await this.api('PUT', `/organizations/acme/issues/${issue.id}/`, { body });
    if (status !== 200) throw new Error(`change: ${status} ${text}`);
  }

  async note(issue, text) {
    const { status, json } = await this.api('POST', `/organizations/acme/issues/${issue.id}/comments/`, { body: { text } });
    if (status !== 201) throw new Error(`note: ${status}`);
    return json;
  }

  async show(issue) {
    return (await this.api('GET', `/organizations/acme/issues/${issue.id}/`)).json;
  }

  // All is quiet: nothing waits here, and every webhook of the tracker was sent.
  async settle() {
    let told = -1;
    while (told !== this.tracker.told.length) {
      told = this.tracker.told.length;
      await Promise.all(this.tracker.told);
      await this.daemon.idle();
    }
  }

  // The newest job of a task, as `mortisectl job show` has it.
  async job(task) {
    const [row] = await this.daemon.sql(`SELECT max(id) AS id FROM job WHERE task = '${task}'`);
    const shown = await this.daemon.ctlJson('job', 'show', String(row.id));
    return shown.job ?? shown;
  }

  jobWith(task, outcome) {
    return until(`${task}: ${outcome}`, async () => {
      const job = await this.job(task);
      return outcome.test(job.outcome ?? '') && job;
    });
  }

  // The data of an issue's activities of a type, oldest first.
  async activities(issue, type) {
    const rows = await this.daemon.sql(`SELECT data FROM activity WHERE issue_id = ${issue.id} AND type = '${type}' ORDER BY id`);
    return rows.map(({ data }) => JSON.parse(data));
  }
}

function person(assignee) {
  if (!assignee) return [];
  return [assignee.startsWith('@') ? { name: assignee } : { email: assignee }];
}
