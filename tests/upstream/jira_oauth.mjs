// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The OAuth 1.0a servlet of Jira Server: application links with an RSA key, request and
// access tokens, and the check of signed requests (RFC 5849, RSA-SHA1).
import { createVerify, generateKeyPairSync, randomBytes } from 'node:crypto';

const token = () => randomBytes(16).toString('hex');
const encode = (value) => encodeURIComponent(value).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const form = (values, status = 200) => ({ status, text: new URLSearchParams(values).toString(),
  headers: { 'content-type': 'application/x-www-form-urlencoded' } });

// {oauth_…: value} of an Authorization header, or null if it is another one.
export function oauthOf(header = '') {
  if (!header.startsWith('OAuth ')) return null;
  return Object.fromEntries([...header.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, name, value]) => [name, decodeURIComponent(value)]));
}

// What is signed of a request to a server at 'address' (RFC 5849, 3.4.1).
export function baseString(address, { method, path, query }, { oauth_signature: _, ...oauth }) {
  const base = new URL(address);
  const pairs = [...query, ...Object.entries(oauth)].map(([name, value]) => [encode(name), encode(value)])
    .sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1));
  return [method, encode(`${base.protocol}//${base.host}${path}`),
    encode(pairs.map(([name, value]) => `${name}=${value}`).join('&'))].join('&');
}

export class OAuth {
  // 'server': the Jira whose servlet this is.
  constructor(server) {
    this.server = server;
    this.consumers = new Map();    // consumer key → {publicKey, callback}
    this.requested = new Map();    // request token → {consumer, callback, verifier, user}
    this.granted = new Map();      // access token → {consumer, user}
    this.nonces = new Set();
    this.skew = 300;               // seconds that clocks may differ
  }

  // An application link with an incoming side; gives the private key for the other end.
  link(consumer, callback) {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
    this.consumers.set(consumer, { publicKey, callback });
    return privateKey;
  }

  // Why this request is not signed as it should be: an oauth_problem, or null.
  problem(request, oauth) {
    const consumer = this.consumers.get(oauth.oauth_consumer_key);
    if (!consumer) return 'consumer_key_unknown';
    if (oauth.oauth_signature_method !== 'RSA-SHA1') return 'signature_method_rejected';
    if (Math.abs(Date.now() / 1000 - Number(oauth.oauth_timestamp)) > this.skew) return 'timestamp_refused';
    const verify = createVerify('RSA-SHA1').update(baseString(this.server.baseUrl, request, oauth));
    if (!verify.verify(consumer.publicKey, oauth.oauth_signature, 'base64')) return 'signature_invalid';
    const nonce = `${oauth.oauth_timestamp} ${oauth.oauth_nonce}`;
    if (this.nonces.has(nonce)) return 'nonce_used';
    this.nonces.add(nonce);
    return null;
  }

  // Who asks, by his access token: {user}, or {problem}.
  user(request, oauth) {
    const problem = this.problem(request, oauth);
    if (problem) return { problem };
    const grant = this.granted.get(oauth.oauth_token);
    return grant?.consumer === oauth.oauth_consumer_key ? { user: grant.user } : { problem: 'token_rejected' };
  }

  // ---- The servlet ----

  answer(request) {
    const oauth = oauthOf(request.headers.authorization);
    if (!oauth) return form({ oauth_problem: 'parameter_absent' }, 401);
    const problem = this.problem(request, oauth);
    if (problem) return form({ oauth_problem: problem }, 401);
    switch (`${request.method} ${request.path.replace(/^.*\/plugins\/servlet\/oauth/, '')}`) {
    case 'POST /request-token':
      return this.#requestToken(oauth);
    case 'POST /access-token':
      return this.#accessToken(oauth);
    default:
      return { status: 404, text: 'no such servlet' };
    }
  }

  #requestToken(oauth) {
    const key = token();
    this.requested.set(key, { consumer: oauth.oauth_consumer_key, callback: oauth.oauth_callback });
    return form({ oauth_token: key, oauth_token_secret: token(), ...(oauth.oauth_callback && { oauth_callback_confirmed: 'true' }) });
  }

  #accessToken(oauth) {
    const asked = this.requested.get(oauth.oauth_token);
    if (!asked?.user || asked.consumer !== oauth.oauth_consumer_key) return form({ oauth_problem: 'token_rejected' }, 401);
    if (asked.verifier !== oauth.oauth_verifier) return form({ oauth_problem: 'permission_denied' }, 401);
    this.requested.delete(oauth.oauth_token);
    const key = token();
    this.granted.set(key, { consumer: asked.consumer, user: asked.user });
    return form({ oauth_token: key, oauth_token_secret: token(), oauth_expires_in: '157680000', oauth_session_handle: token(),
      oauth_authorization_expires_in: '160272000' });
  }

  // ---- What a person does on the page that an authorize URL leads to ----

  // 'user' allows it: the URL that the browser is sent back to.
  approve(user, authorizeUrl) {
    return this.#decide(authorizeUrl, { user, verifier: token() });
  }

  deny(authorizeUrl) {
    return this.#decide(authorizeUrl, { verifier: 'denied' });
  }

  // No access token is good any more.
  revoke() {
    this.granted.clear();
  }

  #decide(authorizeUrl, decision) {
    const key = new URL(authorizeUrl).searchParams.get('oauth_token');
    const asked = this.requested.get(key);
    if (!asked) throw new Error(`nobody asked for ${authorizeUrl}`);
    Object.assign(asked, decision);
    const back = new URL(asked.callback ?? this.consumers.get(asked.consumer).callback);
    back.searchParams.set('oauth_token', key);
    back.searchParams.set('oauth_verifier', decision.verifier);
    return back;
  }
}
