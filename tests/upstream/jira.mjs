// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Jira for tests: sites with state that answer as Atlassian describes it (see jira_site.mjs
// for what there is, jira_rest.mjs for the API), fail on demand, and tell by webhooks what
// happens in them.
//
//   const keys = await new InstallKeys().start();
//   const cloud = await startCloud({ keys, app: 'http://127.0.0.1:8300/extensions/jira/descriptor/' });
//   const server = await startServer();
//
// Every request is checked for who signed it.  'baseUrl' is the address that the site is
// known by; a test that puts something in front of it changes that.
import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Faults } from './faults.mjs';
import { serve } from './http.mjs';
import { claimsFor, forge, InstallKeys, now, signWith, wrongToken } from './jira_connect.mjs';
import { OAuth, oauthOf } from './jira_oauth.mjs';
import { answerRest, failure, issueJson } from './jira_rest.mjs';
import { Site } from './jira_site.mjs';

export { forge, InstallKeys };

const notFound = failure(404, 'null for uri');

class Jira extends Site {
  constructor(flavor, options) {
    super(flavor, options);
    this.requests = [];
    this.deliveries = [];          // of webhooks: {event, body, url, status, text}
    this.told = [];                // promises of the same
    this.faults = new Faults({ errorMessages: ['Internal server error'], errors: {} });
    this.onEvent = (event) => this.tell(event);
  }

  async start({ path = '', tls = null } = {}) {
    this.server = await serve((request) => this.#front(request), 0, tls);
    this.path = path;              // of the site below its address, as "/jira"
    this.url = this.server.url + path;
    this.baseUrl = this.url;
    return this;
  }

  async close() {
    await Promise.allSettled(this.told);
    await this.server.close();
  }

  async #front(request) {
    const record = { at: Date.now(), method: request.method, target: request.target, path: request.path,
      query: request.query, headers: request.headers, body: request.body.toString() };
    this.requests.push(record);
    const reply = await this.faults.reply(request, (asked) => this.answer(asked)) ?? await this.answer(request);
    record.status = reply.status ?? null;
    return reply;
  }

  // What arrived for this method at paths that begin so.
  asked(method, path) {
    return this.requests.filter((request) => request.method === method && request.path.startsWith(path));
  }

  fault(fault) {
    this.faults.add(fault);
  }

  clearFaults() {
    this.faults.clear();
  }

  answer(request) {
    if (!request.path.startsWith(this.path)) return notFound;
    const own = this.ownAnswer({ ...request, path: request.path.slice(this.path.length) }, request);
    if (own) return own;
    const who = this.who(request);
    if (who.reply) return who.reply;
    return answerRest(this, { ...request, path: request.path.slice(this.path.length), user: who.user }) ?? notFound;
  }

  // Send one webhook, and keep what came of it.
  async deliver(url, body, headers = {}) {
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } });
    const delivery = { event: body.webhookEvent, body, url, status: answer.status, text: await answer.text() };
    this.deliveries.push(delivery);
    return delivery;
  }

  eventJson({ issue, user, ...event }) {
    const { name, accountId, displayName } = user;
    return { ...event, user: this.flavor.documents ? { accountId, displayName } : { name, displayName }, issue: issueJson(this, issue) };
  }
}

// ---- Jira Cloud ----

export class Cloud extends Jira {
  // 'app': where its descriptor is.
  constructor({ keys, app, ...options }) {
    super({ api: 3, documents: true, user: 'accountId' }, options);
    this.version = '1001.0.0';
    this.keys = keys;
    this.app = app;
    this.clientKey = randomUUID();
    this.sharedSecret = null;      // while the app is installed
    this.emailScope = false;
    this.refused = [];             // why requests were not let in
    this.calls = 0;                // of its life cycle
  }

  ownAnswer() {
    return null;
  }

  who(request) {
    const [kind, token = ''] = (request.headers.authorization ?? '').split(' ');
    const refuse = (why) => {
      this.refused.push(`${request.method} ${request.target}: ${why}`);
      return { reply: failure(401, 'Client must be authenticated to access this resource.') };
    };
    if (kind !== 'JWT') return refuse('no token');
    if (!this.sharedSecret) return refuse('the app is not installed');
    const wrong = wrongToken(token, this.sharedSecret, { method: request.method,
      target: request.target.slice(this.path.length) }, this.descriptor.key);
    return wrong ? refuse(wrong) : { user: this.person('admin') };
  }

  // ---- The app's life ----

  async install() {
    this.descriptor = await (await fetch(this.app)).json();
    const before = this.sharedSecret;
    this.sharedSecret = randomBytes(32).toString('base64url');
    const answer = await this.lifecycle('installed');
    if (answer.status !== 200) this.sharedSecret = before;
    return answer;
  }

  async uninstall() {
    const answer = await this.lifecycle('uninstalled');
    this.sharedSecret = null;
    return answer;
  }

  // The body of a life cycle call.
  lifecycleBody(event) {
    return { key: this.descriptor.key, clientKey: this.clientKey, oauthClientId: 'eyJhbGciOi', publicKey: 'MIGfMA0', sharedSecret: this.sharedSecret,
      serverVersion: '100280', pluginsVersion: this.version, baseUrl: this.baseUrl, productType: 'jira',
      description: `Atlassian Jira at ${this.baseUrl}`, eventType: event };
  }

  // Where the app has a thing of its descriptor.
  appUrl(path) {
    return this.descriptor.baseUrl.replace(/\/$/, '') + path;
  }

  // Claims of a token to the app, about its own address.
  claims(method, url, more) {
    return claimsFor(this.clientKey, method, url, this.descriptor.baseUrl, more);
  }

  // Make a life cycle call; what is given replaces what Atlassian sends ('token' may be
  // made of the claims).
  async lifecycle(event, { claims = {}, token = (all) => this.keys.sign(all), body = this.lifecycleBody(event), headers = {} } = {}) {
    const url = this.appUrl(this.descriptor.lifecycle[event]);
    // Jira does not make two in one second, so no two have the same token.
    const all = this.claims('POST', url, { aud: [this.descriptor.baseUrl], iat: now() - ++this.calls, ...claims });
    const answer = await fetch(url, { method: 'POST', body: body === null ? '' : typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json', authorization: `JWT ${token(all)}`, ...headers } });
    const text = await answer.text();
    return { status: answer.status, text, detail: text.startsWith('{') ? JSON.parse(text).detail : undefined };
  }

  // ---- What it tells the app ----

  tell(event) {
    if (!this.sharedSecret) return;
    for (const { event: wanted, url } of this.descriptor.modules.webhooks)
      if (wanted === event.webhookEvent) this.told.push(this.webhook(url, this.eventJson(event)));
  }

  // 'claims', 'token' and 'headers' replace what Jira sends.
  webhook(path, body, { claims = {}, token = (all) => signWith(this.sharedSecret, all), headers = {} } = {}) {
    const url = this.appUrl(path);
    return this.deliver(url, body, { authorization: `JWT ${token(this.claims('POST', url, claims))}`,
      'x-atlassian-webhook-identifier': randomUUID(), ...headers });
  }

  // The address that Jira's page puts into a frame.
  frame(path, { query = {}, claims = {}, token = (all) => signWith(this.sharedSecret, all) } = {}) {
    const url = new URL(this.appUrl(path));
    for (const [name, value] of Object.entries({ xdm_e: this.baseUrl, xdm_c: 'channel-1', cp: '', lic: 'none', cv: '1001.0.0', ...query }))
      url.searchParams.set(name, value);
    url.searchParams.set('jwt', token(this.claims('GET', url.href, claims)));
    return url;
  }

  // One request to the site as the app makes it.
  async asApp(method, target, body) {
    const claims = claimsFor(this.descriptor.key, method, target, '');
    const answer = await fetch(this.url + target, { method, body: body && JSON.stringify(body), headers: {
      'content-type': 'application/json', authorization: `JWT ${signWith(this.sharedSecret, claims)}` } });
    const text = await answer.text();
    return { status: answer.status, text, json: text ? JSON.parse(text) : null };
  }
}

// ---- Jira Server ----

// How its webhooks are kept: at a classic address, and since version 10 at another.
const CLASSIC = '/rest/webhooks/1.0/webhook';
const SINCE_10 = '/rest/jira-webhook/1.0/webhooks';

export class Server extends Jira {
  constructor({ version = '9.12.0', ...options } = {}) {
    super({ api: 2, documents: false, user: 'name' }, options);
    this.version = version;
    this.oauth = new OAuth(this);
    this.tokens = new Map();       // personal access tokens → user
    this.webhooks = new Map();     // id → {name, url, events}
  }

  personalToken(name) {
    const token = randomBytes(22).toString('base64');
    this.tokens.set(token, this.person(name));
    return token;
  }

  get webhookPath() {
    return Number(this.version.split('.')[0]) >= 10 ? SINCE_10 : CLASSIC;
  }

  who(request) {
    const oauth = oauthOf(request.headers.authorization);
    if (oauth) {
      const { user, problem } = this.oauth.user(request, oauth);
      return user ? { user } : { reply: { status: 401, text: `oauth_problem=${problem}`,
        headers: { 'content-type': 'text/plain', 'www-authenticate': `OAuth realm="${this.baseUrl}"` } } };
    }
    const [kind, token] = (request.headers.authorization ?? '').split(' ');
    const user = kind === 'Bearer' && this.tokens.get(token);
    return user ? { user } : { reply: failure(401, 'You are not authenticated. Authentication required to perform this operation.') };
  }

  // 'request.path' is below the site's own path; 'whole' is the request as it was signed.
  ownAnswer(request, whole) {
    if (request.path.startsWith('/plugins/servlet/oauth/')) return this.oauth.answer(whole);
    if (!request.path.startsWith(this.webhookPath)) return null;
    const who = this.who(whole);
    if (who.reply) return who.reply;
    if (!who.user.admin) return { status: 403, json: { messages: [{ key: 'You do not have admin permission' }] } };
    return this.#webhookAnswer(request, request.path.slice(this.webhookPath.length).replace(/^\/|\/$/g, ''));
  }

  #webhookAnswer(request, id) {
    const shown = ([number, webhook]) => ({ id: Number(number), ...webhook, self: `${this.baseUrl}${this.webhookPath}/${number}` });
    switch (request.method) {
    case 'GET':
      return { status: 200, json: [...this.webhooks].map(shown) };
    case 'POST': {
      const { name, url, events } = JSON.parse(request.body.toString());
      if (!name || !url || !Array.isArray(events)) return { status: 400, json: { messages: [{ key: 'A webhook needs a name, a URL and events' }] } };
      const number = String(++this.serial);
      this.webhooks.set(number, { name, url, events, enabled: true });
      return { status: 201, json: shown([number, this.webhooks.get(number)]) };
    }
    case 'DELETE':
      return this.webhooks.delete(id) ? { status: 204 } : { status: 404, json: { messages: [{ key: 'No such webhook' }] } };
    default:
      return { status: 405, text: '' };
    }
  }

  // Jira adds who did it to the address.
  tell(event) {
    const by = new URLSearchParams({ user_id: event.user.name, user_key: event.user.key });
    for (const { url, events } of this.webhooks.values())
      if (events.includes(event.webhookEvent)) this.told.push(this.deliver(`${url}?${by}`, this.eventJson(event)));
  }
}

// A key and certificate that nobody else has signed.
export function selfSigned() {
  const folder = mkdtempSync(join(tmpdir(), 'jira-tls-'));
  try {
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name));
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=jira.test', '-keyout', key, '-out', cert],
      { stdio: 'ignore' });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const startCloud = ({ path, ...options }) => new Cloud(options).start({ path });
export const startServer = ({ path, tls, ...options } = {}) => new Server(options).start({ path, tls });
