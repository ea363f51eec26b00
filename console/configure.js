// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Where a link of a provider's own pages leads: it starts an install with what the link
// carries, for an organization of who is signed in.  The link may be good once only, so
// what it carries leaves the address at once and waits in this tab, over the sign-in, until
// an install has begun with it.
import { arrival, get, pageUrl, pipelinePath, post, whoAmI } from './api.js';
import { action, byId, make, say, show } from './dom.js';

const view = byId('view');
const slug = location.pathname.match(/\/extensions\/([^/]+)\//)?.[1] ?? '';
const MANAGING = ['org:integrations', 'org:write', 'org:admin'];
const toConsole = () => make('p', {}, make('a', { href: pageUrl('') }, 'Go to the console'));

// What came with the address, else what waits from before a sign-in or a reload.
function take() {
  const given = {};
  for (const [name, value] of new URLSearchParams(location.search))
    if (!(name in given)) given[name] = value;
  if (Object.keys(given).length > 0) arrival.set({ slug, given });
  history.replaceState(null, '', location.pathname);
  const waiting = arrival.get();
  return waiting?.slug === slug ? waiting.given : null;
}

function askToSignIn(given) {
  show(view,
    make('p', { class: 'big' }, 'Sign in to go on.'),
    make('p', {}, 'Ask the operator for a sign-in link, or make one yourself:'),
    make('pre', {}, 'mortisectl login-link you@example.com'),
    make('p', {}, 'Open it in this browser. This tab keeps the link that brought you here: come back to it, or sign in right here.'),
    make('button', { type: 'button', onclick: action(() => enter(given)) }, 'I am signed in now'));
}

async function start(organization, given) {
  try {
    const info = await post(pipelinePath(organization), { action: 'initialize', provider: slug, initialData: given });
    arrival.clear();
    location.replace(pageUrl('install.html', { organization, provider: info.provider, pipeline: info.id }));
  } catch (error) {
    // It will not become better by waiting: the link itself is no good.
    if (error.status === 400 || error.status === 404) arrival.clear();
    throw error;
  }
}

function choose(organizations, given) {
  show(view,
    make('p', { class: 'big' }, 'For which organization is it?'),
    make('ul', { class: 'choices' }, organizations.map(({ slug: org, name }) => make('li', {},
      make('button', { type: 'button', onclick: action(() => start(org, given)) }, name)))),
    toConsole());
}

// Those in which this account may install something.
async function eligible() {
  const organizations = await get('/organizations/');
  const access = await Promise.all(organizations.map(async ({ slug: org }) =>
    (await get(`/organizations/${encodeURIComponent(org)}/`)).access));
  return organizations.filter((organization, index) => MANAGING.some((scope) => access[index].includes(scope)));
}

async function enter(given) {
  if (!await whoAmI()) {
    askToSignIn(given);
    return;
  }
  const organizations = await eligible();
  if (organizations.length === 0) throw new Error('You may install nothing in any organization: ask an owner of yours to open this link, or the operator for a higher role.');
  if (organizations.length === 1) await start(organizations[0].slug, given);
  else choose(organizations, given);
}

try {
  const given = take();
  if (!given) throw new Error('This page is opened by a link at the provider: open it there again.');
  await enter(given);
} catch (error) {
  say(error.message, 'error');
  show(view, toConsole());
}
