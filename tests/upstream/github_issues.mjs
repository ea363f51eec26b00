// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// What `emulate` lacks of issues: who may be assigned, pull requests under an issue's
// address and among what a search finds, issues that were deleted or moved to another
// repository; and a search for repositories that includes forks.
import { forward } from './http.mjs';

const gone = { status: 410, json: { message: 'This issue was deleted', documentation_url: 'https://docs.github.com/v3/issues' } };
const ISSUE_PATH = /^\/repos\/([^/]+\/[^/]+)\/issues\/(\d+)(\/.*)?$/;

export class Issues {
  // 'github': the stand-in whose issues these are.
  constructor(github) {
    this.github = github;
    this.deleted = new Set();      // "owner/name#12"
    this.moved = new Map();        // the same → {repository, number}
  }

  // The answer to a request that the emulator would answer differently, or null.
  async answer(request) {
    if (request.path === '/search/issues' && request.method === 'GET') return this.#search(request);
    // On GitHub "fork:true" adds the forks; the emulator shows nothing else then.
    if (request.path === '/search/repositories')
      return forward(this.github.emulator.url, { ...request, target: request.target.replace(/fork(:|%3A)true(%20|\+)/i, '') });
    const assignees = request.path.match(/^\/repos\/([^/]+)\/[^/]+\/assignees$/);
    if (assignees && request.method === 'GET') return this.#assignees(assignees[1]);
    const [, repository, number, below = ''] = request.path.match(ISSUE_PATH) ?? [];
    if (!repository) return null;
    if (this.deleted.has(`${repository}#${number}`)) return gone;
    const moved = this.moved.get(`${repository}#${number}`);
    if (moved) return this.#redirect(moved, below);
    return request.method === 'GET' && !below ? this.#one(request, repository, number) : null;
  }

  #redirect({ repository, number }, below) {
    const location = `${this.github.url}/repos/${repository}/issues/${number}${below}`;
    return { status: 301, headers: { location }, json: { message: 'Moved Permanently', url: location,
      documentation_url: 'https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects' } };
  }

  async #assignees(owner) {
    const org = this.github.seed.orgs.find(({ login }) => login === owner);
    const users = await Promise.all((org?.members ?? []).map(({ login }) => this.github.user(login)));
    return { status: 200, json: users };
  }

  // An issue, or of a pull request what an issue has, and that it is one.
  async #one(request, repository, number) {
    const reply = await forward(this.github.emulator.url, request);
    if (reply.status !== 404) return reply;
    const pull = await forward(this.github.emulator.url, { ...request, target: `/repos/${repository}/pulls/${number}` });
    return pull.status === 200 ? { status: 200, json: asIssue(JSON.parse(pull.bytes), `${this.github.url}/repos/${repository}`) } : reply;
  }

  async #search(request) {
    const reply = await forward(this.github.emulator.url, request);
    if (reply.status !== 200) return reply;
    const { items, ...found } = JSON.parse(reply.bytes);
    return { ...reply, bytes: undefined, json: { ...found, search_type: 'lexical', items: items.map((item) =>
      ({ ...(item.repository_url ? item : asIssue(item, item.url.replace(/\/pulls\/\d+$/, ''))), score: 1 })) } };
  }

  // ---- What a person does ----

  async delete(login, repository, number) {
    const issue = await this.github.as(login, 'GET', `/repos/${repository}/issues/${number}`);
    this.deleted.add(`${repository}#${number}`);
    return this.#tell('deleted', login, repository, issue);
  }

  // Gives the issue as it is in its new repository.
  async transfer(login, repository, number, to) {
    const issue = await this.github.as(login, 'GET', `/repos/${repository}/issues/${number}`);
    const made = await this.github.as(login, 'POST', `/repos/${to}/issues`, { title: issue.title, body: issue.body });
    this.moved.set(`${repository}#${number}`, { repository: to, number: made.number });
    await this.#tell('transferred', login, repository, issue, { changes: {
      new_issue: made, new_repository: await this.github.as(login, 'GET', `/repos/${to}`) } });
    return made;
  }

  async #tell(action, login, repository, issue, more = {}) {
    const { installation_id: id } = this.github.seed.installations.find(({ account }) => account === repository.split('/')[0]);
    return this.github.deliveries.deliver('issues', { action, issue, ...more,
      repository: await this.github.as(login, 'GET', `/repos/${repository}`),
      sender: await this.github.user(login), installation: { id } });
  }
}

function asIssue({ number, title, body, state, user, labels, assignee, assignees, milestone, locked, comments,
  created_at: created, updated_at: updated, closed_at: closed, html_url: html, diff_url: diff, patch_url: patch,
  merged_at: merged, id, node_id: node, url, author_association: association }, repository) {
  const issue = `${repository}/issues/${number}`;
  return { id, node_id: node, url: issue, repository_url: repository, labels_url: `${issue}/labels{/name}`,
    comments_url: `${issue}/comments`, events_url: `${issue}/events`, html_url: html, number, title, body: body ?? '', state,
    user, labels, assignee, assignees, milestone, locked, comments: comments ?? 0, created_at: created,
    updated_at: updated, closed_at: closed, author_association: association,
    pull_request: { url, html_url: html, diff_url: diff, patch_url: patch, merged_at: merged } };
}
