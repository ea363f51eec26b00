// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The JSON API of this daemon, ridden on the browser's session.

// Pages stand at …/console/ and …/extensions/SLUG/setup/; this module always at …/console/.
const root = new URL('../', import.meta.url);
export const apiUrl = (path) => new URL(`api/0${path}`, root);
// Where the links of a provider's own pages lead.
export const configureUrl = (slug) => new URL(`extensions/${encodeURIComponent(slug)}/configure/`, root);
export const pageUrl = (name, query = {}) => {
  const url = new URL(`console/${name}`, root);
  for (const [key, value] of Object.entries(query))
    if (value !== undefined && value !== null) url.searchParams.set(key, value);
  return url;
};

let csrf = null;

export class ApiError extends Error {
  constructor(status, body) {
    super(describe(status, body));
    this.status = status;
    this.fields = body && !body.detail && status === 400 ? body : null;
  }
}

function describe(status, body) {
  if (typeof body?.detail === 'string') {
    return body.errorId ? `${body.detail} (error ${body.errorId})` : body.detail;
  }
  if (typeof body?.detail?.message === 'string') return body.detail.message;
  if (typeof body?.errors?.__all__ === 'string') return body.errors.__all__;
  if (body && typeof body === 'object') {
    return Object.entries(body).map(([field, texts]) => `${field}: ${[].concat(texts).join(' ')}`).join('\n');
  }
  return `The daemon answered ${status}.`;
}

// {json, next}; 'next' is the path of the following page, if there is one.
export async function request(method, path, body) {
  const headers = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (csrf && method !== 'GET') headers['x-csrf-token'] = csrf;
  const answer = await fetch(apiUrl(path), {
    method, headers, credentials: 'same-origin', cache: 'no-store',
    body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await answer.text();
  let json = null;
  try {
    json = text ? JSON.parse(text) : null;
  } catch {
    // A proxy's own page: the status says enough.
  }
  if (!answer.ok) throw new ApiError(answer.status, json);
  return { json, next: nextPage(path, answer.headers.get('link')) };
}

function nextPage(path, link) {
  const found = link?.match(/rel="next"; results="true"; cursor="([^"]*)"/);
  if (!found) return null;
  const url = new URL(path, 'http://page');
  url.searchParams.set('cursor', found[1]);
  return url.pathname + url.search;
}

export const get = async (path) => (await request('GET', path)).json;
export const post = async (path, body) => (await request('POST', path, body)).json;
export const remove = (path) => request('DELETE', path);

// Who is signed in: {account, …}, or null.  Also learns what changes must carry.
export async function whoAmI() {
  try {
    const who = await get('/auth/');
    csrf = who.csrf ?? null;
    return who;
  } catch (error) {
    if (error.status === 401) return null;
    throw error;
  }
}

export const previewLink = (token) => post('/auth/login-link/', { token, preview: true });

export async function signIn(token) {
  const answer = await post('/auth/login-link/', { token });
  csrf = answer.csrf;
  return answer;
}

export async function signOut() {
  await remove('/auth/');
  csrf = null;
}

export const pipelinePath = (org, id) =>
  `/organizations/${encodeURIComponent(org)}/pipeline/integration_pipeline/${id ? `?pipeline=${id}` : ''}`;

// One thing that this tab keeps, over other pages and a sign-in.
function kept(name) {
  const get = () => JSON.parse(sessionStorage.getItem(name) ?? 'null');
  const clear = () => sessionStorage.removeItem(name);
  return {
    set: (value) => sessionStorage.setItem(name, JSON.stringify(value)),
    get,
    clear,
    take: () => {
      const value = get();
      clear();
      return value;
    },
  };
}

// The install that waits while the browser is away at a provider.
export const waiting = kept('mortise.install');
// What a provider's link brought, until an install has begun with it.
export const arrival = kept('mortise.arrival');
