// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The console: sign in, choose an organization, see what is installed and what came in.
import { arrival, configureUrl, get, pageUrl, post, previewLink, remove, request, signIn, signOut, whoAmI } from './api.js';
import { action, byId, day, make, say, show, webLink } from './dom.js';

const view = byId('view');
let organizations = [];
let org = null;

const orgPath = (rest) => `/organizations/${encodeURIComponent(org)}${rest}`;

// ---- Signing in ----

async function offerSignIn(token) {
  // The link works once: it must not be found in the history again.
  history.replaceState(null, '', location.pathname);
  const { account } = await previewLink(token);
  show(view, make('section', { class: 'card' },
    make('h2', {}, 'Sign in'),
    make('p', {}, 'This link signs you in as ', make('strong', {}, account.name), ` (${account.email}).`),
    make('p', {}, 'If that is not you, close this page.'),
    make('button', { type: 'button', onclick: action(async () => {
      await signIn(token);
      const brought = arrival.get();
      if (brought) location.replace(configureUrl(brought.slug));
      else await enter();
    }) }, `Sign in as ${account.name}`)));
}

function askForLink() {
  byId('nav').hidden = true;
  show(byId('account'));
  show(view, make('section', { class: 'card' },
    make('h2', {}, 'You are not signed in'),
    make('p', {}, 'Ask the operator for a sign-in link, or make one yourself:'),
    make('pre', {}, 'mortisectl login-link you@example.com')));
}

function showAccount({ account }) {
  const picker = make('select', { id: 'organization', 'aria-label': 'Organization', onchange: (event) => {
    org = event.target.value;
    localStorage.setItem('mortise.organization', org);
    route();
  } }, organizations.map(({ slug, name }) => make('option', { value: slug, selected: slug === org }, name)));
  show(byId('account'), organizations.length > 0 ? picker : null,
    make('span', {}, account?.email ?? ''),
    make('button', { type: 'button', class: 'plain', onclick: action(async () => {
      await signOut();
      askForLink();
    }) }, 'Sign out'));
}

// ---- Lists ----

// A table that fetches its pages one by one.
async function table(place, path, columns, row, empty) {
  const body = make('tbody', {});
  const more = make('button', { type: 'button', class: 'plain' }, 'More');
  let next = path;
  const load = async () => {
    const page = await request('GET', next);
    body.append(...page.json.map((item) => make('tr', {}, row(item).map((cell) => make('td', {}, cell)))));
    next = page.next;
    more.hidden = !next;
    return page.json.length;
  };
  more.addEventListener('click', action(load));
  if (await load() === 0) {
    place.append(make('p', { class: 'help' }, empty));
    return;
  }
  place.append(make('table', {}, make('thead', {}, make('tr', {}, columns.map((name) => make('th', { scope: 'col' }, name)))), body), more);
}

// ---- Sections ----

async function integrations() {
  const place = make('section', {}, make('h2', {}, 'Installed'));
  await table(place, orgPath('/integrations/?includeConfig=0'), ['Name', 'Provider', 'Status', 'Since', ''], (item) => [
    item.domainName ? webLink(`https://${item.domainName}`, item.name) : item.name,
    item.provider.name,
    make('span', { class: `status ${item.status}` }, item.organizationIntegrationStatus === 'active' ? item.status : item.organizationIntegrationStatus),
    day(item.dateCreated),
    make('span', { class: 'actions' },
      item.provider.features.includes('commits')
        ? make('a', { href: `#add/${item.id}` }, 'Add repository') : null,
      make('a', { href: pageUrl('install.html', { organization: org, provider: item.provider.key, integrationId: item.id }) }, 'Authorize again'),
      make('button', { type: 'button', class: 'danger', onclick: action(async () => {
        if (!window.confirm(`Remove ${item.name} from this organization?`)) return;
        await remove(orgPath(`/integrations/${item.id}/`));
        await route();
      }) }, 'Remove')),
  ], 'Nothing is installed yet: choose from the catalogue.');
  return place;
}

async function catalogue() {
  const { providers } = await get(orgPath('/config/integrations/'));
  return make('section', {}, make('h2', {}, 'Catalogue'), make('div', { class: 'cards' }, providers.map((provider) =>
    make('article', { class: 'card' },
      make('h3', {}, provider.name),
      make('p', {}, provider.metadata.description),
      make('ul', {}, provider.metadata.features.map(({ description }) => make('li', {}, description))),
      provider.canAdd
        ? make('a', { class: 'button', href: pageUrl('install.html', { organization: org, provider: provider.key }) }, `Install ${provider.name}`)
        : make('p', { class: 'help' }, 'It is not configured, is started at its own site, or is installed already.')))));
}

async function repositories() {
  const place = make('section', {}, make('h2', {}, 'Repositories'));
  await table(place, orgPath('/repos/'), ['Name', 'Provider', 'Status', ''], (item) => [
    webLink(item.url, item.name),
    item.provider.name,
    make('span', { class: `status ${item.status}` }, item.status),
    make('span', { class: 'actions' },
      make('a', { href: `#commits/${item.id}` }, 'Commits'),
      make('a', { href: `#pull-requests/${item.id}` }, 'Pull requests')),
  ], 'No repositories yet.');
  return place;
}

async function repositoryHead(id, what) {
  const repository = await get(orgPath(`/repos/${id}/`));
  return make('section', {}, make('p', {}, make('a', { href: '#repositories' }, '← Repositories')),
    make('h2', {}, `${what} of `, webLink(repository.url, repository.name)));
}

async function commits(id) {
  const place = await repositoryHead(id, 'Commits');
  await table(place, orgPath(`/repos/${id}/commits/`), ['Commit', 'Message', 'Author', 'Files', 'Date'], (item) => [
    make('code', {}, item.id.slice(0, 12)),
    item.message.split('\n')[0],
    item.author?.name ?? item.author?.email ?? '',
    String(item.patchSet.length),
    day(item.dateCreated),
  ], 'No commits yet: they come in with the next push.');
  return place;
}

async function pullRequests(id) {
  const place = await repositoryHead(id, 'Pull requests');
  await table(place, orgPath(`/repos/${id}/pull-requests/`), ['Number', 'Title', 'Author', 'Merged as', 'Date'], (item) => [
    webLink(item.externalUrl, `#${item.id}`),
    item.title ?? '',
    item.author?.name ?? item.author?.email ?? '',
    item.mergeCommitSha ? make('code', {}, item.mergeCommitSha.slice(0, 12)) : '',
    day(item.dateCreated),
  ], 'No pull requests yet.');
  return place;
}

async function addRepository(id) {
  const integration = await get(orgPath(`/integrations/${id}/?includeConfig=0`));
  const list = make('ul', { class: 'choices' });
  const search = make('input', { type: 'search', id: 'search', 'aria-label': 'Search repositories' });
  const load = async () => {
    const query = search.value ? `?search=${encodeURIComponent(search.value)}` : '';
    const { repos } = await get(orgPath(`/integrations/${id}/repos/${query}`));
    show(list, repos.map((repository) => make('li', {}, `${repository.identifier} `,
      repository.isInstalled ? make('span', { class: 'help' }, 'added') : make('button', { type: 'button', class: 'plain',
        onclick: action(async () => {
          await post(orgPath('/repos/'), {
            provider: `integrations:${integration.provider.key}`, installation: integration.id, identifier: repository.identifier });
          location.hash = '#repositories';
        }) }, 'Add'))));
  };
  await load();
  return make('section', {}, make('h2', {}, `Add a repository of ${integration.name}`),
    make('form', { class: 'row' }, search, make('button', { type: 'submit', onclick: action(load) }, 'Search')), list);
}

// ---- Which section ----

const sections = {
  integrations: ['Installed', integrations],
  catalogue: ['Catalogue', catalogue],
  repositories: ['Repositories', repositories],
};
const pages = { commits, 'pull-requests': pullRequests, add: addRepository,
  ...Object.fromEntries(Object.entries(sections).map(([name, [, run]]) => [name, run])) };

let turn = 0;

async function route() {
  const [name, id] = location.hash.slice(1).split('/');
  const wanted = pages[name] ? name : 'integrations';
  const mine = ++turn;
  say('');
  show(byId('nav'), Object.entries(sections).map(([key, [label]]) =>
    make('a', { href: `#${key}`, 'aria-current': key === wanted ? 'page' : undefined }, label)));
  try {
    const element = await pages[wanted](id);
    // A slower answer to an earlier click must not replace a newer page.
    if (mine === turn) show(view, element);
  } catch (error) {
    if (mine !== turn) return;
    if (error.status === 401) askForLink();
    else say(error.message, 'error');
  }
}

async function enter() {
  const who = await whoAmI();
  if (!who) {
    askForLink();
    return;
  }
  organizations = await get('/organizations/');
  const before = localStorage.getItem('mortise.organization');
  org = (organizations.find(({ slug }) => slug === before) ?? organizations[0])?.slug ?? null;
  showAccount(who);
  if (!org) {
    show(view, make('p', {}, 'You belong to no organization yet.'));
    return;
  }
  byId('nav').hidden = false;
  await route();
}

window.addEventListener('hashchange', () => {
  if (org) route();
});

try {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token) await offerSignIn(token);
  else await enter();
} catch (error) {
  say(error.message, 'error');
  askForLink();
}
