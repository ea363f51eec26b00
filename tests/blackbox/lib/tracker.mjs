// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// A small tracker over HTTP for the test plugin (tests/plugins/track.c).  Every account has
// issues of its own below /ACCOUNT/; all requests are kept, and a test may make the next
// ones fail.  With `listener` set, a change is told as the upstream's webhook would.
import { once } from 'node:events';
import { createServer } from 'node:http';

export const statuses = { resolved: 'done', unresolved: 'open' };

export class Tracker {
  static async start() {
    const tracker = new Tracker();
    tracker.issues = new Map();
    tracker.comments = [];
    tracker.requests = [];
    tracker.faults = [];
    tracker.users = null; // known assignees; null: everybody
    tracker.listener = null; // async (account, issue, what)
    tracker.told = [];
    tracker.time = Date.now();
    tracker.server = createServer((request, response) => tracker.#serve(request, response));
    tracker.server.listen(0, '127.0.0.1');
    await once(tracker.server, 'listening');
    tracker.url = `http://127.0.0.1:${tracker.server.address().port}`;
    return tracker;
  }

  async close() {
    this.server.closeAllConnections();
    this.server.close();
    await Promise.allSettled(this.told);
  }

  // The next request that fits fails: {status, headers?}, or the connection is closed, with
  // drop: "before" without doing what was asked for, with "after" having done it.
  fail(fault) {
    this.faults.push({ method: null, path: /./, times: 1, ...fault });
  }

  // An issue that somebody made there.
  add(account, { board = 'one', title = 'A ticket', ...more } = {}) {
    const mine = [...this.issues.values()].filter((issue) => issue.account === account).length;
    const key = `${board}-${mine + 1}`;
    const issue = { account, key, board, title, status: statuses.unresolved, assignee: '',
      url: `${this.url}/browse/${account}/${key}`, ...more };
    this.issues.set(`${account}/${key}`, issue);
    return issue;
  }

  get(account, key) {
    return this.issues.get(`${account}/${key}`);
  }

  // A change that a person makes there.
  change(account, key, values) {
    const issue = this.get(account, key);
    Object.assign(issue, values);
    this.#tell(issue, 'status' in values ? 'status' : 'assignee');
    return issue;
  }

  // How many requests fit.
  count(method, path = /./) {
    return this.requests.filter((request) => request.method === method && path.test(request.path)).length;
  }

  #tell(issue, what) {
    this.time += 1000;
    issue.time = this.time;
    if (this.listener) this.told.push(this.listener(issue.account, { ...issue }, what));
  }

  async #serve(request, response) {
    const chunks = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return;
    }
    const url = new URL(request.url, this.url);
    const path = decodeURIComponent(url.pathname);
    const body = chunks.length ? JSON.parse(Buffer.concat(chunks)) : null;
    this.requests.push({ method: request.method, path, query: Object.fromEntries(url.searchParams), body });
    const fault = this.faults.find((f) => f.times > 0 && (!f.method || f.method === request.method) && f.path.test(path));
    if (fault) fault.times--;
    if (fault?.drop === 'before') return request.socket.destroy();
    if (fault?.status) return this.#answer(response, fault.status, { message: fault.message ?? 'as told' }, fault.headers);
    const [status, answer] = this.#route(request.method, path.split('/').slice(1), url.searchParams, body);
    if (fault?.drop === 'after') return request.socket.destroy();
    this.#answer(response, status, answer);
  }

  #answer(response, status, json, headers = {}) {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(json));
  }

  #route(method, [account, kind, key, part, id], query, body) {
    const issue = key && this.get(account, key);
    if (kind === 'boards') return [200, ['one', 'two'].map((value) => ({ value, label: value }))];
    if (kind !== 'issues' || (key && !issue)) return [404, { message: 'there is none' }];
    if (!key) return this.#all(method, account, query, body);
    if (part === 'status' && method === 'PUT') return this.#set(issue, 'status', body.status);
    if (part === 'assignee' && method === 'PUT') return this.#set(issue, 'assignee', body.assignee);
    if (part === 'comments') return this.#comments(method, issue, id, query, body);
    return [200, issue];
  }

  #all(method, account, query, body) {
    if (method === 'POST') return [201, this.add(account, body)];
    const mine = [...this.issues.values()].filter((issue) => issue.account === account);
    if (query.has('mark')) return [200, mine.filter((issue) => issue.mark === query.get('mark'))];
    return [200, mine.filter((issue) => issue.title.includes(query.get('query') ?? ''))];
  }

  #set(issue, what, value) {
    if (what === 'assignee' && value && this.users && !this.users.includes(value)) return [404, { message: 'no such user' }];
    if (issue[what] !== value) {
      issue[what] = value;
      this.#tell(issue, what);
    }
    return [200, issue];
  }

  #comments(method, issue, id, query, body) {
    const mine = this.comments.filter((comment) => comment.issue === issue.key && comment.account === issue.account);
    if (method === 'GET') return [200, mine.filter((comment) => comment.mark === query.get('mark'))];
    if (method === 'PUT') {
      const comment = mine.find((known) => known.id === id);
      return comment ? [200, Object.assign(comment, body)] : [404, { message: 'no such comment' }];
    }
    const comment = { id: String(this.comments.length + 1), account: issue.account, issue: issue.key, ...body };
    this.comments.push(comment);
    return [201, comment];
  }
}
