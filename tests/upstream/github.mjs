// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// GitHub for tests: the npm package `emulate` with, in front of it, what it lacks
// (the lists of a user's and an installation's things, the App's delivery log, the
// page that installs an App) as GitHub's API description has it.
//
// The front passes everything else on.  It takes no token that nobody issued, records
// each request, fails on demand, and relays the emulator's webhooks byte for byte, so
// that they stand in the delivery log.
//
//   import { startGithub } from './github.mjs'      in a test
//   node tests/upstream/github.mjs SEED.json        alone; prints its addresses as JSON
//
// Control (own port): GET/DELETE /requests, POST/DELETE /faults, PUT /settings
// {webhookUrl}, GET /deliveries, POST /deliver {event, payload}.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

import { Faults } from './faults.mjs';
import { detail, Deliveries } from './github_deliveries.mjs';
import { appJwt, startEmulator } from './github_emulator.mjs';
import { Issues } from './github_issues.mjs';
import { forward, serve } from './http.mjs';

const rsaKey = () => generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
}).privateKey;

// One organization with two repositories, its owner, and somebody else.
export const DEFAULT_SEED = {
  users: [
    { login: 'mona', name: 'Mona', email: 'mona@acme.test' },
    { login: 'hubot', name: 'Hubot', email: 'hubot@other.test' },
  ],
  orgs: [
    { login: 'acme-co', members: [{ login: 'mona', role: 'admin' }] },
    { login: 'other-co', members: [{ login: 'hubot', role: 'admin' }] },
  ],
  repos: [
    { owner: 'acme-co', name: 'shop' },
    { owner: 'acme-co', name: 'web' },
    { owner: 'other-co', name: 'secret' },
  ],
  installations: [
    { installation_id: 48812345, account: 'acme-co' },
    { installation_id: 48812346, account: 'other-co' },
  ],
};

const notFound = { status: 404, json: { message: 'Not Found', documentation_url: 'https://docs.github.com/rest' } };
const badCredentials = { status: 401, json: { message: 'Bad credentials', documentation_url: 'https://docs.github.com/rest' } };

export class Github {
  constructor(seed) {
    this.seed = { ...DEFAULT_SEED, ...seed };
    this.setupUrl = this.seed.setupUrl;    // the App's callback and setup URL
    this.appId = 210987;
    this.appSlug = 'mortise-test';
    this.appName = 'Mortise Test';
    this.clientId = 'Iv1.0123456789abcdef';
    this.clientSecret = randomBytes(20).toString('hex');
    this.webhookSecret = randomBytes(20).toString('hex');
    this.privateKey = rsaKey();
    this.requests = [];
    this.faults = new Faults({ message: 'Server Error' });
    this.tokens = new Map();       // token → {login} or {installation}
    this.installed = new Map();    // installation id → {sender, repositories or null for all}
    this.deliveries = new Deliveries(this.webhookSecret);
    this.issues = new Issues(this);
    for (const { login } of this.seed.users) this.tokens.set(`token-of-${login}`, { login });
    // emulate lets only a member see an organization's hooks and private repositories.
    this.ownerOf = new Map(this.seed.orgs.map((org) =>
      [org.login, org.members?.find((member) => member.role === 'admin')?.login]));
  }

  async start() {
    this.front = await serve((request) => this.#front(request));
    this.url = this.front.url;
    this.control = await serve((request) => this.#control(request));
    this.controlUrl = this.control.url;
    this.emulator = await startEmulator(this.url, this.#emulatorSeed());
    return this;
  }

  async close() {
    await this.front?.close();
    await this.control?.close();
    await this.emulator?.close();
  }

  #emulatorSeed() {
    const { users, orgs, repos, installations } = this.seed;
    return {
      tokens: Object.fromEntries(users.map(({ login }) => [`token-of-${login}`,
        { login, scopes: ['repo', 'user', 'admin:org', 'admin:repo_hook'] }])),
      github: {
        users, orgs, repos,
        oauth_apps: [{ client_id: this.clientId, client_secret: this.clientSecret,
          name: this.appName, redirect_uris: [this.setupUrl] }],
        apps: [{
          app_id: this.appId, slug: this.appSlug, name: this.appName, private_key: this.privateKey,
          permissions: { administration: 'read', contents: 'write', issues: 'write', metadata: 'read',
            pull_requests: 'write', repository_hooks: 'write' },
          events: ['push', 'pull_request', 'repository', 'issues', 'issue_comment'],
          webhook_url: `${this.url}/_relay`, webhook_secret: this.webhookSecret, installations,
        }],
      },
    };
  }

  // ---- What a test does as a person on github.com ----

  // One call of the REST API as 'login', past faults and records.
  async as(login, method, path, body) {
    const answer = await fetch(this.emulator.url + path, {
      method,
      headers: { authorization: `Bearer token-of-${login}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const json = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(json)}`);
    return json;
  }

  // Commit one file to a branch: emulate pushes a webhook for it.
  push(login, repository, path, text, { branch = 'main', message = `add ${path}` } = {}) {
    return this.as(login, 'PUT', `/repos/${repository}/contents/${path}`, {
      message, branch, content: Buffer.from(text).toString('base64') });
  }

  async branch(login, repository, name) {
    const { object } = await this.as(login, 'GET', `/repos/${repository}/git/ref/heads/main`);
    return this.as(login, 'POST', `/repos/${repository}/git/refs`, { ref: `refs/heads/${name}`, sha: object.sha });
  }

  pullRequest(login, repository, head, title, body = null) {
    return this.as(login, 'POST', `/repos/${repository}/pulls`, { title, body, head, base: 'main' });
  }

  // Follow an authorize URL as 'login': the URL that GitHub sends the browser back to.
  async authorize(login, oauthUrl) {
    const asked = new URL(oauthUrl);
    const page = await fetch(asked);
    if (!page.ok) throw new Error(`authorize: ${page.status} ${await page.text()}`);
    const form = new URLSearchParams({ login, scope: '' });
    for (const name of ['redirect_uri', 'state', 'client_id']) form.set(name, asked.searchParams.get(name) ?? '');
    const answer = await fetch(`${asked.origin}/login/oauth/callback`, {
      method: 'POST', body: form, redirect: 'manual' });
    return new URL(answer.headers.get('location'));
  }

  // The user said no.
  deny(oauthUrl) {
    const asked = new URL(oauthUrl);
    const back = new URL(asked.searchParams.get('redirect_uri'));
    back.searchParams.set('error', 'access_denied');
    back.searchParams.set('error_description', 'The user has denied your application access.');
    back.searchParams.set('state', asked.searchParams.get('state') ?? '');
    return back;
  }

  // Install the App on 'account' as 'login', from the page at 'installUrl' or from
  // GitHub's side.  GitHub's webhook goes out; gives the URL the browser is sent to.
  async install(login, account, installUrl = null, repositories = null) {
    const seeded = this.seed.installations.find((entry) => entry.account === account);
    const first = !this.installed.has(seeded.installation_id);
    this.installed.set(seeded.installation_id, { sender: login, repositories });
    if (first) await this.#installationEvent('created', seeded, login);
    const back = new URL(this.setupUrl);
    const state = installUrl && new URL(installUrl).searchParams.get('state');
    back.searchParams.set('installation_id', seeded.installation_id);
    back.searchParams.set('setup_action', first ? 'install' : 'update');
    if (state) back.searchParams.set('state', state);
    return back;
  }

  async uninstall(login, account) {
    const seeded = this.seed.installations.find((entry) => entry.account === account);
    const delivery = await this.#installationEvent('deleted', seeded, login);
    this.installed.delete(seeded.installation_id);
    return delivery;
  }

  // Change which repositories the installation sees (null: all of them).
  async select(login, account, repositories) {
    const seeded = this.seed.installations.find((entry) => entry.account === account);
    const installation = await this.#installation(seeded.installation_id);
    const before = await this.#repositories(seeded.installation_id);
    this.installed.get(seeded.installation_id).repositories = repositories;
    const after = await this.#repositories(seeded.installation_id);
    const brief = ({ id, node_id, name, full_name, private: hidden }) => ({ id, node_id, name, full_name, private: hidden });
    const without = (list, other) => list.filter(({ id }) => !other.some((entry) => entry.id === id)).map(brief);
    const added = without(after, before);
    return this.deliveries.deliver('installation_repositories', {
      action: added.length > 0 ? 'added' : 'removed', installation,
      repository_selection: repositories ? 'selected' : 'all',
      repositories_added: added, repositories_removed: without(before, after),
      requester: null, sender: await this.user(login),
    });
  }

  // ---- Faults ----

  fault(fault) {
    this.faults.add(fault);
  }

  clearFaults() {
    this.faults.clear();
  }

  // ---- The front ----

  async #front(request) {
    if (request.path === '/_relay') return this.#relay(request);
    const record = { at: Date.now(), method: request.method, target: request.target, path: request.path,
      headers: request.headers, body: request.body.toString() };
    this.requests.push(record);
    const reply = await this.faults.reply(request, (asked) => this.#answer(asked)) ?? await this.#answer(request);
    record.status = reply.status ?? null;
    return reply;
  }

  async #relay(request) {
    const body = request.body.toString();
    const { installation } = JSON.parse(body);
    if (this.installed.has(installation?.id))
      await this.deliveries.deliver(request.headers['x-github-event'], body,
        { signature: request.headers['x-hub-signature-256'] });
    return { status: 204 };
  }

  async #answer(request) {
    if (request.path === '/login/oauth/access_token') return this.#accessToken(request);
    if (request.path.startsWith('/login/') || request.path.startsWith('/assets/'))
      return forward(this.emulator.url, request);
    if (request.path.startsWith(`/apps/${this.appSlug}/`)) return this.#installPage(request);

    const who = await this.#who(request);
    if (!who) return badCredentials;
    for (const [pattern, kind, run] of this.#routes()) {
      const match = request.path.match(pattern);
      if (!match || !request.method.match(kind.method)) continue;
      return who[kind.who] ? run(who, request, match) : { status: 403, json: {
        message: `Resource not accessible by this kind of token`, documentation_url: '' } };
    }
    return withUris(await this.issues.answer(request) ?? await forward(this.emulator.url, request));
  }

  #routes() {
    const user = { method: /GET/, who: 'login' };
    const app = { method: /GET/, who: 'app' };
    const installation = { method: /GET/, who: 'installation' };
    const posted = { method: /POST/, who: 'app' };
    return [
      [/^\/user\/installations$/, user, (who, request) => this.#userInstallations(who, request)],
      [/^\/user\/memberships\/orgs$/, user, (who) => this.#memberships(who)],
      [/^\/installation\/repositories$/, installation, (who, request) => this.#installationRepositories(who, request)],
      [/^\/repos\/([^/]+\/[^/]+)\/hooks$/, installation, (who, request, [, name]) => this.#hooks(who, request, name)],
      [/^\/app\/installations\/(\d+)$/, app, (who, request, [, id]) => this.#oneInstallation(id)],
      [/^\/app\/installations\/(\d+)\/access_tokens$/, posted, (who, request, [, id]) => this.#mint(request, id)],
      [/^\/app\/hook\/deliveries$/, app, (who, request) => this.#deliveryList(request)],
      [/^\/app\/hook\/deliveries\/(\d+)$/, app, (who, request, [, id]) => this.#delivery(id)],
      [/^\/app\/hook\/deliveries\/(\d+)\/attempts$/, posted, (who, request, [, id]) => this.#attempt(id)],
    ];
  }

  // Whose credentials are these?  {login}, {installation}, {app} or null.
  async #who(request) {
    const [, token] = (request.headers.authorization ?? '').match(/^(?:bearer|token) (.+)$/i) ?? [];
    if (!token) return null;
    const known = this.tokens.get(token);
    if (known?.installation && !this.installed.has(known.installation)) return null;
    if (known) return known;
    if (token.split('.').length !== 3) return null;
    const answer = await fetch(`${this.emulator.url}/app`, { headers: { authorization: `Bearer ${token}` } });
    return answer.ok ? { app: true } : null;
  }

  // github.com answers a form unless JSON is asked for; emulate does the reverse.
  async #accessToken(request) {
    const wantsJson = (request.headers.accept ?? '').includes('application/json');
    const reply = await forward(this.emulator.url, request, { ...request.headers, accept: 'application/json' });
    const json = JSON.parse(reply.bytes.toString());
    if (json.access_token) {
      const { login } = await this.#get('/user', json.access_token);
      this.tokens.set(json.access_token, { login });
    }
    if (wantsJson) return { status: reply.status, json };
    return { status: reply.status, text: new URLSearchParams(json).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' } };
  }

  // The pages that install the App: pick an account, then back to the setup URL.  The
  // visitor is the owner of the account; a test calls install() instead.
  async #installPage(request) {
    const account = request.query.get('account');
    const state = request.query.get('state') ?? '';
    if (account) {
      const back = await this.install(this.ownerOf.get(account), account, `${this.url}${request.target}`);
      return { status: 302, headers: { location: String(back) } };
    }
    const links = this.seed.installations.map((entry) => `<li><a href="?${new URLSearchParams({
      account: entry.account, state })}">${entry.account}</a></li>`).join('');
    return { status: 200, text: `<!DOCTYPE html><title>Install ${this.appName}</title>
      <h1>Install ${this.appName}</h1><p>Where do you want to install it?</p><ul>${links}</ul>` };
  }

  async #userInstallations(who, request) {
    const list = [];
    for (const id of this.installed.keys()) {
      const installation = await this.#installation(id);
      if (installation.account.login === who.login || await this.#role(installation.account.login, who.login))
        list.push(installation);
    }
    return paged(request, this.url, list, (installations) => ({ total_count: list.length, installations }));
  }

  async #memberships(who) {
    const list = [];
    for (const org of this.seed.orgs) {
      const membership = await this.#role(org.login, who.login);
      if (membership) list.push(membership);
    }
    return { status: 200, json: list };
  }

  async #installationRepositories(who, request) {
    const all = await this.#repositories(who.installation);
    return paged(request, this.url, all, (repositories) => ({ total_count: all.length,
      repository_selection: this.installed.get(who.installation).repositories ? 'selected' : 'all', repositories }));
  }

  // emulate gives an App no hooks; GitHub does, of each repository that it was granted.
  async #hooks(who, request, name) {
    const granted = await this.#repositories(who.installation);
    if (!granted.some((entry) => entry.full_name === name)) return notFound;
    const owner = this.ownerOf.get(name.split('/')[0]);
    return forward(this.emulator.url, request, { ...request.headers, authorization: `Bearer token-of-${owner}` });
  }

  async #oneInstallation(id) {
    return this.installed.has(Number(id)) ? { status: 200, json: await this.#installation(Number(id)) } : notFound;
  }

  async #mint(request, id) {
    if (!this.installed.has(Number(id))) return notFound;
    const reply = await forward(this.emulator.url, request);
    const { token } = JSON.parse(reply.bytes.toString());
    if (token) this.tokens.set(token, { installation: Number(id) });
    return reply;
  }

  #deliveryList(request) {
    const perPage = Math.min(Number(request.query.get('per_page') ?? 30), 100);
    const { items, next } = this.deliveries.page(perPage, request.query.get('cursor'), request.query.get('status'));
    const headers = next ? { link: `<${this.url}/app/hook/deliveries?per_page=${perPage}&cursor=${next}>; rel="next"` } : {};
    return { status: 200, headers, json: items };
  }

  #delivery(id) {
    const entry = this.deliveries.find(id);
    return entry ? { status: 200, json: detail(entry) } : notFound;
  }

  #attempt(id) {
    if (!this.deliveries.find(id)) return notFound;
    setImmediate(() => this.deliveries.redeliver(id));
    return { status: 202, json: {} };
  }

  // ---- What the front knows from the emulator ----

  async #get(path, token) {
    const answer = await fetch(this.emulator.url + path, { headers: { authorization: `Bearer ${token}` } });
    return answer.ok ? answer.json() : null;
  }

  async user(login) {
    return this.#get(`/users/${login}`, `token-of-${login}`);
  }

  // emulate's installation lacks members that GitHub's has.
  async #installation(id) {
    const installation = await this.#get(`/app/installations/${id}`, appJwt(this.appId, this.privateKey));
    const { account } = installation;
    const url = `${this.url}/users/${account.login}`;
    return { ...installation, client_id: this.clientId, target_id: account.id, account: {
      gravatar_id: '', html_url: `${this.url}/${account.login}`, followers_url: `${url}/followers`,
      following_url: `${url}/following{/other_user}`, gists_url: `${url}/gists{/gist_id}`,
      starred_url: `${url}/starred{/owner}{/repo}`, subscriptions_url: `${url}/subscriptions`,
      organizations_url: `${url}/orgs`, repos_url: `${url}/repos`, events_url: `${url}/events{/privacy}`,
      received_events_url: `${url}/received_events`, site_admin: false, ...account } };
  }

  // The membership of 'login' in an organization, or null.
  #role(org, login) {
    return this.#get(`/orgs/${org}/memberships/${login}`, `token-of-${login}`);
  }

  async #repositories(id) {
    const { account } = this.seed.installations.find((entry) => entry.installation_id === id);
    const list = [];
    for (let page = 1; ; page++) {
      const found = await this.#get(`/search/repositories?q=org:${account}&per_page=100&page=${page}`,
        `token-of-${this.ownerOf.get(account)}`);
      list.push(...found.items);
      if (list.length >= found.total_count || found.items.length === 0) break;
    }
    const wanted = this.installed.get(id).repositories;
    return list.filter((entry) => !wanted || wanted.includes(entry.name)).sort((a, b) => a.id - b.id)
      .map((entry) => ({ ...entry, owner: { ...entry.owner, gravatar_id: '',
        followers_url: `${entry.owner.url}/followers`, following_url: `${entry.owner.url}/following`,
        gists_url: `${entry.owner.url}/gists`, starred_url: `${entry.owner.url}/starred`,
        subscriptions_url: `${entry.owner.url}/subscriptions`, organizations_url: `${entry.owner.url}/orgs`,
        received_events_url: `${entry.owner.url}/received_events` } }));
  }

  async #installationEvent(action, seeded, login) {
    const repositories = (await this.#repositories(seeded.installation_id))
      .map(({ id, node_id, name, full_name, private: hidden }) => ({ id, node_id, name, full_name, private: hidden }));
    return this.deliveries.deliver('installation', { action, repositories,
      installation: await this.#installation(seeded.installation_id),
      requester: null, sender: await this.user(login) });
  }

  // ---- Control ----

  async #control(request) {
    const body = request.body.length > 0 ? JSON.parse(request.body.toString()) : {};
    switch (`${request.method} ${request.path}`) {
    case 'GET /requests':
      return { status: 200, json: this.requests };
    case 'DELETE /requests':
      this.requests.length = 0;
      return { status: 204 };
    case 'POST /faults':
      this.fault(body);
      return { status: 204 };
    case 'DELETE /faults':
      this.clearFaults();
      return { status: 204 };
    case 'PUT /settings':
      this.deliveries.url = body.webhookUrl;
      return { status: 204 };
    case 'GET /deliveries':
      return { status: 200, json: this.deliveries.entries.map(detail) };
    case 'POST /deliver':
      return { status: 200, json: detail(await this.deliveries.deliver(body.event, body.payload)) };
    default:
      return { status: 404, json: { message: 'no such control' } };
    }
  }
}

// An App's account is called "name[bot]"; in its addresses GitHub encodes the brackets.
function withUris(reply) {
  return reply.bytes?.includes('[bot]')
    ? { ...reply, bytes: Buffer.from(reply.bytes.toString().replace(/(https?:[^"\s]*)\[bot\]/g, '$1%5Bbot%5D')) } : reply;
}

// One page of 'list' with GitHub's Link header.
function paged(request, base, list, shape) {
  const perPage = Math.min(Number(request.query.get('per_page') ?? 30), 100);
  const page = Number(request.query.get('page') ?? 1);
  const last = Math.max(1, Math.ceil(list.length / perPage));
  const link = (to, rel) => `<${base}${request.path}?per_page=${perPage}&page=${to}>; rel="${rel}"`;
  const headers = page < last ? { link: `${link(page + 1, 'next')}, ${link(last, 'last')}` } : {};
  return { status: 200, headers, json: shape(list.slice((page - 1) * perPage, page * perPage)) };
}

// 'seed' has setupUrl, and whatever of DEFAULT_SEED shall be different.
export function startGithub(seed) {
  return new Github(seed).start();
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const github = await startGithub(JSON.parse(readFileSync(process.argv[2])));
  const { url, controlUrl, appId, appName, clientId, clientSecret, webhookSecret, privateKey } = github;
  console.log(JSON.stringify({ url, controlUrl, appId, appName, clientId, clientSecret, webhookSecret, privateKey }));
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => github.close().then(() => process.exit(0)));
}
