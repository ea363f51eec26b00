// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The demonstration's steps over a world: the test asserts on them, tools/demo.mjs
// shows them.
import { IssueClient } from './issue_client.mjs';
import { application } from './paths.mjs';
import { Program } from './process.mjs';
import { WebhookSender, webhookExamples } from './webhooks.mjs';

export const INSTALLATION = 48812345;

// Events that the plugin handles, or takes and ignores, and so are stored.
const HANDLED = ['installation', 'installation_repositories', 'push', 'pull_request', 'repository', 'issues'];

// Life cycle last, and its end at the very end: after it there is nothing to deliver to.
const LATE = ['installation_repositories', 'installation'];
const ACTIONS = ['created', 'new_permissions_accepted', 'suspend', 'unsuspend', 'deleted'];

export async function demonstration(world, org = 'acme') {
  const token = await world.daemon.organization(org);
  return new Demonstration(world, org, token);
}

class Demonstration {
  constructor(world, org, token) {
    this.world = world;
    this.org = org;
    this.token = token;
    this.issues = new IssueClient(world.daemon, org, token);
  }

  async install() {
    const seen = [];
    const installed = await this.world.install(this.org, this.token, { seen });
    return { seen, installed };
  }

  installAgain() {
    const { github } = this.world;
    return github.uninstall('mona', 'acme-co').then(() => github.install('mona', 'acme-co'));
  }

  push(path, text, message) {
    return this.world.github.push('mona', 'acme-co/shop', path, text, { message });
  }

  async pullRequest(branch, title, body) {
    const { github } = this.world;
    await github.branch('mona', 'acme-co/shop', branch);
    await github.push('mona', 'acme-co/shop', `${branch}.txt`, branch, { branch });
    return github.pullRequest('mona', 'acme-co/shop', branch, title, body);
  }

  // Deliver every example, signed, for our installation; [{event, action, status}].
  async examples() {
    const sender = new WebhookSender(this.world.daemon, this.world.github.webhookSecret);
    const replies = [];
    for (const { event, payload } of inOrder()) {
      const { status } = await sender.send(event, {
        ...payload, installation: { ...payload.installation, id: INSTALLATION } });
      replies.push({ event, action: payload.action, status });
      // The life cycle is read from GitHub as it goes: let each step end first.
      if (LATE.includes(event)) await this.world.daemon.idle();
    }
    return replies;
  }

  expected() {
    return HANDLED.map((event) => ({ event, sent: webhookExamples().find(({ name }) => name === event).examples.length }));
  }

  // ---- An issue's way ----

  // A project, and what an SDK needs to report to it.
  async project(slug) {
    const { dsn } = await this.world.daemon.ctlJson('project', 'create', slug, '--org', this.org, '--platform', 'node');
    return dsn;
  }

  // The application runs into its bug and reports it.
  async report(dsn, message) {
    const program = new Program(process.execPath, [application, message], {
      env: { PATH: process.env.PATH, SENTRY_DSN: dsn } });
    const { code } = await program.exited;
    if (code !== 0) throw new Error(`the application ended with ${code}\n${program.lines.join('\n')}`);
  }

  // Statuses go both ways, for this repository.
  async syncStatus(repository) {
    const [{ id }] = await this.integrations();
    await this.issues.configure(id, { sync_status_reverse: true,
      sync_status_forward: { [repository]: { on_resolve: 'closed', on_unresolve: 'open' } } });
  }

  // Create 'issue' on GitHub with what the form proposes: {key, url, …}.
  async createOnGithub(issue, repository) {
    const [{ id }] = await this.integrations();
    const fields = await this.issues.form(issue.id, id, 'create', { repo: repository });
    const filled = Object.fromEntries(fields.map((field) => [field.name, field.default]));
    return (await this.issues.create(issue.id, id, filled)).json;
  }

  onGithub(key) {
    const [repository, number] = key.split('#');
    return this.world.github.as('mona', 'GET', `/repos/${repository}/issues/${number}`);
  }

  setOnGithub(key, values) {
    const [repository, number] = key.split('#');
    return this.world.github.as('mona', 'PATCH', `/repos/${repository}/issues/${number}`, values);
  }

  // ---- What the API says ----

  integrations() {
    return this.world.daemon.list(`/organizations/${this.org}/integrations/`, { token: this.token });
  }

  repositories(status = 'active') {
    return this.world.daemon.list(`/organizations/${this.org}/repos/?status=${status}`, { token: this.token });
  }

  commits(name) {
    return this.#ofRepository(name, 'commits');
  }

  pullRequests(name) {
    return this.#ofRepository(name, 'pull-requests');
  }

  async #ofRepository(name, what) {
    const all = [...await this.repositories(), ...await this.repositories('deleted')];
    const repository = all.find((entry) => entry.name === name);
    return repository ? this.world.daemon.list(
      `/organizations/${this.org}/repos/${repository.id}/${what}/`, { token: this.token }) : [];
  }
}

function inOrder() {
  const all = webhookExamples().flatMap(({ name, examples }) => examples.map((payload) => ({ event: name, payload })));
  const rank = ({ event, payload }) => LATE.indexOf(event) * 10 +
    (event === 'installation' ? ACTIONS.indexOf(payload.action) : 0);
  return all.sort((a, b) => rank(a) - rank(b));
}
