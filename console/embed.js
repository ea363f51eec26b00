// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// A page of ours inside a frame of an upstream.  It asks for its data under the address
// that the frame was asked for, whose token says who may see what; there is no session.
// What comes is text, and set as text.
import { byId, make, show, webLink } from './dom.js';

const view = byId('view');

async function load() {
  const answer = await fetch(`${location.pathname.replace(/\/*$/, '/')}data/`, {
    method: 'POST',
    credentials: 'omit',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ address: location.pathname + location.search }),
  });
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.detail ?? 'This page cannot be shown now: try again later.');
  return json;
}

const fact = ({ label, value }) => [make('dt', {}, label), make('dd', {}, value)];

function row({ title, url, facts }) {
  return make('li', {},
    make('h2', {}, url ? webLink(url, title) : title),
    facts?.length ? make('dl', {}, facts.flatMap(fact)) : null);
}

function draw({ title, text, rows, links, action }) {
  document.title = title;
  show(view,
    make('h1', {}, title),
    (text ?? []).map((paragraph) => make('p', {}, paragraph)),
    rows?.length ? make('ul', { class: 'rows' }, rows.map(row)) : null,
    links?.length ? make('ul', { class: 'links' }, links.map(({ label, url }) => make('li', {}, webLink(url, label)))) : null,
    action ? make('p', {}, make('a', { class: 'action', href: action.url, rel: 'noopener', target: '_blank' }, action.label)) : null);
}

// The upstream's own script, which fits the frame to what is in it.
function addScript(url) {
  document.head.append(make('script', { src: url, async: true }));
}

try {
  const { page, script } = await load();
  draw(page);
  if (script) addScript(script);
} catch (error) {
  show(view, make('p', { class: 'problem', role: 'alert' }, error.message));
}
