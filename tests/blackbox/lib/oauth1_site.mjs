// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// A site that speaks OAuth 1.0a with RSA-SHA1 (RFC 5849): request tokens, access tokens,
// and one page that only an access token opens.  Every signature is verified with Node's
// own crypto over a base string made here.
import assert from 'node:assert/strict';
import { createVerify, generateKeyPairSync, randomBytes } from 'node:crypto';
import http from 'node:http';

const encode = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

// RFC 5849, 3.4.1: method, address without query, and all parameters, encoded and sorted.
function baseString(method, url, fields) {
  const pairs = [...url.searchParams, ...Object.entries(fields).filter(([name]) => name !== 'oauth_signature' && name !== 'realm')]
    .map(([name, value]) => [encode(name), encode(value)])
    .sort(([name, value], [other, otherValue]) => (name < other || (name === other && value < otherValue) ? -1 : 1));
  return [method, url.origin + url.pathname, pairs.map((pair) => pair.join('=')).join('&')].map(encode).join('&');
}

function headerFields(text) {
  assert.match(text ?? '', /^OAuth /, 'an OAuth header');
  return Object.fromEntries(text.slice(6).split(/,\s*/).map((part) => {
    const [, name, value] = part.match(/^([^=]+)="(.*)"$/);
    return [decodeURIComponent(name), decodeURIComponent(value)];
  }));
}

const pem = (key, type = 'pkcs8') => key.export({ type, format: 'pem' });

export class OAuth1Site {
  static async start({ consumer = 'mortise' } = {}) {
    const site = new OAuth1Site();
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    Object.assign(site, { consumer, publicKey, privateKey: pem(privateKey), pkcs1: pem(privateKey, 'pkcs1') });
    site.server = http.createServer((request, answer) => site.#serve(request, answer));
    await new Promise((resolve) => site.server.listen(0, '127.0.0.1', resolve));
    site.port = site.server.address().port;
    site.url = `http://127.0.0.1:${site.port}`;
    site.reset();
    return site;
  }

  reset() {
    this.requests = [];     // {path, fields} whose signature held
    this.nonces = new Set();
    this.tokens = new Map();    // request token → {secret, callback, verifier}
    this.access = new Set();
    this.answers = [];
    this.hold = null;       // a promise that the next access token waits for
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  // Answer the next request with this instead.
  next(status, type, text) {
    this.answers.push({ status, type, text });
  }

  asked(path) {
    return this.requests.filter((request) => request.path === path);
  }

  // As a user who agrees: what the browser brings back.
  authorize(address) {
    const token = new URL(address).searchParams.get('oauth_token');
    const known = this.tokens.get(token);
    assert.ok(known, 'a request token of this site');
    // No verifier without a callback, as in OAuth 1.0.
    if (known.callback) known.verifier = randomBytes(8).toString('hex');
    known.agreed = true;
    return { oauth_token: token, ...known.callback && { oauth_verifier: known.verifier } };
  }

  #verify(request, url) {
    const fields = headerFields(request.headers.authorization);
    const verify = createVerify('RSA-SHA1').update(baseString(request.method, url, fields));
    assert.equal(fields.oauth_signature_method, 'RSA-SHA1');
    assert.ok(verify.verify(this.publicKey, fields.oauth_signature, 'base64'), 'the signature holds');
    assert.ok(Math.abs(Number(fields.oauth_timestamp) - Date.now() / 1000) < 300, 'a time of now');
    assert.ok(fields.oauth_nonce && !this.nonces.has(fields.oauth_nonce), 'a new nonce');
    this.nonces.add(fields.oauth_nonce);
    return fields;
  }

  async #serve(request, answer) {
    for await (const chunk of request) void chunk;
    const url = new URL(request.url, this.url);
    const send = (status, type, text) => {
      answer.writeHead(status, { 'content-type': type });
      answer.end(text);
    };
    const form = (status, fields) => send(status, 'application/x-www-form-urlencoded', new URLSearchParams(fields).toString());
    const set = this.answers.shift();
    if (set && set.status === 0) {
      request.socket.destroy();
      return;
    }
    if (set) {
      send(set.status, set.type, set.text);
      return;
    }
    try {
      if (url.pathname === '/oauth/authorize') {
        this.leave(url, answer);
        return;
      }
      const fields = this.#verify(request, url);
      this.requests.push({ path: url.pathname, fields });
      if (fields.oauth_consumer_key !== this.consumer) form(401, { oauth_problem: 'consumer_key_unknown' });
      else if (url.pathname === '/oauth/request-token') form(200, this.#requestToken(fields));
      else if (url.pathname === '/oauth/access-token') await this.#accessToken(fields, form);
      else if (url.pathname === '/me' && this.access.has(fields.oauth_token))
        send(200, 'application/json', JSON.stringify({ name: 'Mona <i>' }));
      else form(401, { oauth_problem: 'token_rejected' });
    } catch (error) {
      form(401, { oauth_problem: 'signature_invalid', oauth_problem_advice: error.message });
    }
  }

  #requestToken({ oauth_callback: callback }) {
    const token = randomBytes(16).toString('hex');
    const secret = randomBytes(16).toString('hex');
    this.tokens.set(token, { secret, callback });
    return { oauth_token: token, oauth_token_secret: secret, ...callback && { oauth_callback_confirmed: 'true' } };
  }

  async #accessToken({ oauth_token: token, oauth_verifier: verifier }, form) {
    const known = this.tokens.get(token);
    if (this.hold) await this.hold;
    if (!known?.agreed || verifier !== (known.verifier ?? token)) {
      form(401, { oauth_problem: 'token_rejected' });
      return;
    }
    this.tokens.delete(token);
    const access = randomBytes(16).toString('hex');
    this.access.add(access);
    this.lastAccess = { token: access, secret: randomBytes(16).toString('hex') };
    form(200, { oauth_token: access, oauth_token_secret: this.lastAccess.secret, oauth_expires_in: '157680000',
      oauth_session_handle: randomBytes(8).toString('hex') });
  }

  // A browser that asks for the authorize page is sent straight back, as a user who agrees
  // (or, with 'refuses', does not).
  leave(url, answer) {
    const back = new URL(this.setup);
    const brought = this.refuses
      ? { oauth_token: url.searchParams.get('oauth_token'), oauth_problem: 'user_refused' } : this.authorize(url);
    for (const [name, value] of Object.entries(brought)) back.searchParams.set(name, value);
    answer.writeHead(302, { location: back.href });
    answer.end();
  }
}
