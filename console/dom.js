// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Elements from data.  Text is always set as text: no string ever becomes markup.

// make('a', {href, class, onclick}, 'text', child, …)
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, '');
    else element.setAttribute(key, String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export const byId = (id) => document.getElementById(id);

// A link out of our pages, if it is one to the web; else only its text.
export function webLink(url, text) {
  return /^https?:\/\//.test(url ?? '')
    ? make('a', { href: url, rel: 'noopener noreferrer', target: '_blank' }, text)
    : make('span', {}, text);
}

export function show(place, ...children) {
  place.replaceChildren(...children.flat().filter(Boolean));
  return place;
}

// Say something in the page's live region; an error stays until the next word.
export function say(text, kind = 'info') {
  const place = byId('message');
  place.textContent = text ?? '';
  place.className = text ? `message ${kind}` : 'message';
}

// Run what a button does; its failure is shown, and it cannot be pressed twice meanwhile.
export function action(run) {
  return async (event) => {
    const button = event.currentTarget;
    event.preventDefault();
    button.disabled = true;
    say('');
    try {
      await run(event);
    } catch (error) {
      say(error.message, 'error');
    } finally {
      button.disabled = false;
    }
  };
}

export const day = (text) => (text ? new Date(text).toLocaleString() : '');
