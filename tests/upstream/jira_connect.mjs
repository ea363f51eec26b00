// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Atlassian's side of Connect: the keys that life cycle calls are signed with, served by
// their ids as Atlassian does, and tokens made and checked by Atlassian's own library.
import { createHmac, createSign, generateKeyPairSync, randomUUID } from 'node:crypto';

import jwt from 'atlassian-jwt';

import { serve } from './http.mjs';

const LIFE = 180;    // seconds that Jira's tokens are good for

export const now = () => Math.floor(Date.now() / 1000);

// The hash that binds a token to a request; 'url' may be absolute or what stands in a
// request's first line.
export const qsh = (method, url, base = '') => jwt.createQueryStringHash(jwt.fromMethodAndUrl(method, url), false, base);

// A token as nobody's library makes it: any header, any key, or none.
export function forge(header, claims, key = null) {
  const part = (json) => Buffer.from(JSON.stringify(json)).toString('base64url');
  const text = `${part({ typ: 'JWT', ...header })}.${part(claims)}`;
  if (key === null) return `${text}.`;
  const signature = header.alg === 'RS256' ? createSign('RSA-SHA256').update(text).sign(key) : createHmac('sha256', key).update(text).digest();
  return `${text}.${signature.toString('base64url')}`;
}

// What a symmetric token of 'issuer' over this request lacks, or null: as Jira sees it.
export function wrongToken(token, secret, { method, target }, issuer) {
  let claims;
  try {
    claims = jwt.decodeSymmetric(token, secret, 'HS256');
  } catch (error) {
    return error.message;
  }
  if (claims.iss !== issuer) return `its issuer is ${claims.iss}`;
  if (!(claims.exp > now() && claims.exp - claims.iat <= 3600)) return 'it has expired';
  if (claims.iat > now() + 60) return 'it was made in the future';
  return claims.qsh === qsh(method, target) ? null : `it is not about ${method} ${target}`;
}

// https://connect-install-keys.atlassian.com
export class InstallKeys {
  async start() {
    this.requests = [];
    this.keys = new Map();
    this.rotate();
    this.server = await serve((request) => {
      this.requests.push(request.target);
      const key = this.keys.get(request.path.slice(1));
      return key ? { status: 200, headers: { 'content-type': 'application/x-pem-file' }, text: key.publicKey }
        : { status: 404, text: 'no such key' };
    });
    this.url = this.server.url;
    return this;
  }

  // Sign with a new key from now on; the old ones stay.
  rotate() {
    this.kid = randomUUID();
    this.keys.set(this.kid, generateKeyPairSync('rsa', { modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } }));
  }

  sign(claims) {
    return jwt.encodeAsymmetric(claims, this.keys.get(this.kid).privateKey, 'RS256', { kid: this.kid });
  }

  close() {
    return this.server.close();
  }
}

// Claims of a token of Jira's over one request.
export function claimsFor(clientKey, method, url, base, more = {}) {
  return { iss: clientKey, iat: now(), exp: now() + LIFE, qsh: qsh(method, url, base), ...more };
}

export const signWith = (secret, claims) => jwt.encodeSymmetric(claims, secret, 'HS256');
