// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// One install: shows the current step of a pipeline and posts its answer.  It knows the
// kinds of steps and no provider.
//
//   install.html?organization=ORG&provider=KEY             starts one
//   install.html?organization=ORG&provider=KEY&pipeline=ID goes on with one
import { get, pageUrl, pipelinePath, post, waiting, whoAmI } from './api.js';
import { action, byId, day, make, say, show } from './dom.js';

const query = new URLSearchParams(location.search);
const organization = query.get('organization');
const POLL_MS = 3000;
const OURS = new Set(['organization', 'provider', 'pipeline', 'error', 'stay', 'complete', 'integrationId']);
let provider = query.get('provider');
let pipeline = query.get('pipeline');

const view = byId('view');
const consoleLink = () => make('p', {}, make('a', { href: pageUrl('') }, 'Back to the console'));
const againLink = () => make('p', {}, make('a', { href: pageUrl('install.html', { organization, provider }) }, 'Start again'));

function finished(name, data) {
  byId('progress').textContent = '';
  show(view, make('p', { class: 'big' }, `${name} is installed.`), consoleLink());
  if (data && window.opener && window.opener !== window) {
    window.opener.postMessage({ success: true, data }, location.origin);
    window.close();
  }
}

function take(answer) {
  if (answer.status === 'complete') finished(answer.data.name, answer.data);
  else render(answer);
}

const answerStep = (body) => post(pipelinePath(organization, pipeline), body);
const send = async (body) => take(await answerStep(body));

// ---- One function per kind of step; each gives the elements to show. ----

function fieldInput(field) {
  const common = { id: `field-${field.name}`, name: field.name, required: field.required,
    'aria-describedby': field.help ? `help-${field.name}` : undefined };
  if (field.type === 'textarea' || field.type === 'pem')
    return make('textarea', { ...common, rows: 6, maxlength: field.maxLength, spellcheck: 'false' }, field.default ?? '');
  if (field.type === 'select') {
    return make('select', common, (field.choices ?? []).map(([value, label]) =>
      make('option', { value, selected: value === field.default }, label)));
  }
  if (field.type === 'boolean') return make('input', { ...common, required: false, type: 'checkbox', checked: field.default === 'true' });
  const type = field.secret ? 'password' : field.type === 'url' ? 'url' : field.type === 'integer' ? 'number' : 'text';
  return make('input', { ...common, type, maxlength: field.maxLength, value: field.default,
    autocomplete: field.secret ? 'off' : undefined });
}

function formValues(form) {
  return Object.fromEntries([...form.elements].filter(({ name }) => name).map((input) =>
    [input.name, input.type === 'checkbox' ? input.checked : input.value]));
}

function form({ data, dataKey, answerKey }) {
  const fields = data[dataKey];
  const element = make('form', {});
  for (const field of fields) {
    element.append(make('div', { class: 'field' },
      make('label', { for: `field-${field.name}` }, field.label, field.required ? ' *' : ''),
      fieldInput(field),
      field.help ? make('p', { class: 'help', id: `help-${field.name}` }, field.help) : null));
  }
  element.append(make('button', { type: 'submit', onclick: action(async () => {
    if (!element.reportValidity()) return;
    const values = formValues(element);
    await send(answerKey ? { [answerKey]: values } : values);
  }) }, 'Continue'));
  return [element];
}

function choice({ data, dataKey, answerKey }) {
  const key = answerKey ?? 'value';
  const options = data[dataKey];
  const element = make('form', {}, make('fieldset', {}, make('legend', {}, 'Choose one'),
    options.map((option, index) => make('div', { class: 'option' },
      make('input', { type: 'radio', name: key, id: `option-${index}`, value: option.value, required: true, checked: index === 0 }),
      make('label', { for: `option-${index}` }, option.label ?? option.value)))));
  element.append(make('button', { type: 'submit', onclick: action(async () => {
    const chosen = element.querySelector('input:checked');
    if (chosen) await send({ [key]: chosen.value });
  }) }, 'Continue'));
  return [element];
}

function confirm({ data, dataKey }) {
  return [
    make('dl', { class: 'facts' }, data[dataKey].flatMap(({ label, value }) =>
      [make('dt', {}, String(label)), make('dd', {}, String(value))])),
    make('button', { type: 'button', onclick: action(() => send({ state: data.state })) }, 'Confirm'),
  ];
}

// The browser leaves; the relay page finds this install again in the tab's storage.
function leave({ data, dataKey, providerSlug }) {
  const url = new URL(data[dataKey]);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new Error('The provider gave an address that is not one of the web.');
  return [
    make('p', {}, 'The next step is at ', make('strong', {}, url.host), '. You will come back here.'),
    make('button', { type: 'button', onclick: action(async () => {
      waiting.set({ organization, provider, pipeline, slug: providerSlug });
      location.assign(url);
    }) }, `Continue to ${url.host}`),
  ];
}

// Resolves when somebody looks at this page.
const visible = () => new Promise((resolve) => {
  const look = () => {
    if (document.visibilityState !== 'visible') return;
    document.removeEventListener('visibilitychange', look);
    resolve();
  };
  document.addEventListener('visibilitychange', look);
  look();
});
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// Something is done at the provider; asks whether it came, as long as this page is shown.
function external({ data, dataKey }) {
  const ask = async () => {
    const answer = await answerStep({});
    if (answer.status !== 'stay') take(answer);
    return answer.status === 'stay';
  };
  const place = make('p', { class: 'help' }, `It may come until ${day(data.waitsUntil)}.`);
  const watch = async () => {
    do {
      await pause(POLL_MS);
      await visible();
    } while (place.isConnected && await ask());
  };
  watch().catch((error) => { if (place.isConnected) say(error.message, 'error'); });
  return [
    make('p', {}, 'Waiting until the provider tells that ', make('strong', {}, data[dataKey]),
      ' was installed there. Do that now; this page goes on by itself.'),
    place,
    make('button', { type: 'button', onclick: action(async () => {
      if (await ask()) say('Nothing came yet.');
    }) }, 'Look now'),
  ];
}

function finishing() {
  return [
    make('p', {}, 'All steps are done; finishing did not work yet.'),
    make('button', { type: 'button', onclick: action(() => send({})) }, 'Try again'),
  ];
}

const kinds = { form, choice, confirm, oauth1: leave, oauth2: leave, redirect: leave, external };

function render(info) {
  pipeline = String(info.id);
  provider = info.provider;
  byId('progress').textContent = info.step ? `Step ${info.stepIndex + 1} of ${info.totalSteps}` : '';
  history.replaceState(null, '', pageUrl('install.html', { organization, provider, pipeline }));
  show(view, (kinds[info.kind] ?? finishing)(info), againLink(), consoleLink());
  if (info.status === 'stay') say('The provider says that this is not done yet: it may wait for an owner to approve.');
  view.querySelector('input, select, textarea, button')?.focus();
}

function start() {
  const initialData = Object.fromEntries([...query].filter(([name]) => !OURS.has(name)));
  return post(pipelinePath(organization), {
    action: 'initialize', provider, initialData, integrationId: query.get('integrationId') ?? undefined });
}

async function run() {
  if (!organization || !provider) throw new Error('This page is opened from the console: choose what to install there.');
  if (query.get('complete')) {
    finished(query.get('complete'));
    return;
  }
  if (!await whoAmI()) throw new Error('You are not signed in. Open a sign-in link, then come back.');
  const error = query.get('error');
  const stay = query.get('stay');
  const info = pipeline ? await get(pipelinePath(organization, pipeline)) : await start();
  byId('title').textContent = `Install ${info.provider}`;
  render(info);
  if (stay) say('The provider says that this is not done yet: it may wait for an owner to approve.');
  if (error) say(error, 'error');
}

try {
  await run();
} catch (error) {
  say(error.message, 'error');
  show(view, againLink(), consoleLink());
}
