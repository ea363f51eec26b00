// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Where a provider sends the browser back.  The page processes nothing: it hands what it
// was given to the install that waits in this tab, or to the window that opened this one,
// and says so.  With neither, the install began at the provider's side.
import { get, pageUrl, pipelinePath, post, waiting, whoAmI } from './api.js';
import { byId, make, say, show } from './dom.js';

const given = {};
for (const [name, value] of new URLSearchParams(location.search))
  if (!(name in given)) given[name] = value;
const slug = location.pathname.match(/\/extensions\/([^/]+)\//)?.[1] ?? '';

// A code must not stay in the address bar, the history or a bookmark.
history.replaceState(null, '', location.pathname);

async function handToInstall(install) {
  const back = pageUrl('install.html', {
    organization: install.organization, provider: install.provider, pipeline: install.pipeline });
  try {
    if (!await whoAmI()) throw new Error('Your session has ended: sign in again, then start the install again.');
    const answer = await post(pipelinePath(install.organization, install.pipeline), given);
    if (answer.status === 'complete') back.searchParams.set('complete', answer.data.name);
    else if (answer.status === 'stay') back.searchParams.set('stay', '1');
  } catch (error) {
    if (error.status !== 401) back.searchParams.set('error', error.message);
  }
  location.replace(back);
}

// What an upstream gave for an install that is not in this tab starts no other one.
function belongsElsewhere() {
  show(byId('view'),
    make('p', {}, 'This answers an install that this tab knows nothing of: it was started in another tab, or is over.'),
    make('p', {}, 'Go on with it where you started it, or start it again.'),
    make('p', {}, make('a', { href: pageUrl('') }, 'Go to the console')));
}

function handToOpener() {
  window.opener.postMessage({ source: 'sentry-pipeline', ...given }, location.origin);
  show(byId('view'), make('p', {}, 'Done here. You can close this window.'));
  window.close();
}

async function startHere() {
  const who = await whoAmI();
  if (!who) {
    show(byId('view'),
      make('p', {}, 'This install began at the provider. Sign in to the console with a sign-in link, then start it there.'),
      make('p', {}, make('a', { href: pageUrl('') }, 'Go to the console')));
    return;
  }
  const organizations = await get('/organizations/');
  show(byId('view'),
    make('p', {}, 'This install began at the provider. For which organization is it?'),
    make('ul', { class: 'choices' }, organizations.map(({ slug: org, name }) => make('li', {},
      make('a', { class: 'button', href: pageUrl('install.html', { ...given, organization: org, provider: slug }) }, name)))),
    make('p', {}, make('a', { href: pageUrl('') }, 'None of these: go to the console')));
}

const install = waiting.take();
try {
  if (install && install.slug === slug) await handToInstall(install);
  else if (window.opener) handToOpener();
  else if ('oauth_token' in given || 'oauth_problem' in given) belongsElsewhere();
  else await startHere();
} catch (error) {
  say(error.message, 'error');
  show(byId('view'), make('p', {}, make('a', { href: pageUrl('') }, 'Go to the console')));
}
