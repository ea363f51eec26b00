// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// A headless Chromium, driven over its debugging pipe; only where one is installed.
//
//   const browser = await Browser.start();
//   await browser.open(url);
//   await browser.click('button', 'Continue');
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { until } from './until.mjs';

export const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
export const NO_BROWSER = 'no Chromium is installed';

export class Browser {
  static async start() {
    const browser = new Browser();
    browser.profile = mkdtempSync(join(tmpdir(), 'mortise-browser-'));
    browser.process = spawn(chromium, ['--headless=new', '--remote-debugging-pipe', '--disable-gpu', '--disable-dev-shm-usage',
      '--no-first-run', '--no-proxy-server', `--user-data-dir=${browser.profile}`,
      ...(process.getuid() === 0 ? ['--no-sandbox'] : [])], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    browser.calls = new Map();
    browser.number = 0;
    browser.faults = [];
    browser.contexts = new Map();
    let text = '';
    browser.process.stdio[4].on('data', (chunk) => {
      const parts = (text + chunk).split('\0');
      text = parts.pop();
      for (const part of parts) browser.#take(JSON.parse(part));
    });
    const { targetId } = await browser.#send('Target.createTarget', { url: 'about:blank' });
    ({ sessionId: browser.session } = await browser.#send('Target.attachToTarget', { targetId, flatten: true }));
    for (const domain of ['Page', 'Runtime', 'Log']) await browser.#send(`${domain}.enable`);
    return browser;
  }

  #take({ id, result, error, method, params }) {
    if (id) {
      const { resolve, reject } = this.calls.get(id);
      this.calls.delete(id);
      if (error) reject(new Error(error.message));
      else resolve(result);
    } else if (method === 'Runtime.exceptionThrown') {
      this.faults.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    } else if (method === 'Log.entryAdded' && params.entry.source === 'security') {
      this.faults.push(params.entry.text);
    } else if (method === 'Runtime.executionContextCreated') {
      this.contexts.set(params.context.id, params.context);
    } else if (method === 'Runtime.executionContextDestroyed') {
      this.contexts.delete(params.executionContextId);
    } else if (method === 'Page.javascriptDialogOpening') {
      this.#send('Page.handleJavaScriptDialog', { accept: true });
    }
  }

  #send(method, params = {}) {
    const id = ++this.number;
    const sessionId = method.startsWith('Browser.') ? undefined : this.session;
    this.process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => this.calls.set(id, { resolve, reject }));
  }

  open(url) {
    return this.#send('Page.navigate', { url });
  }

  // The value of an expression in the page, or in one of its frames.
  async run(expression, contextId) {
    const { result, exceptionDetails } = await this.#send('Runtime.evaluate',
      { expression, contextId, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  text() {
    return this.run('document.body?.innerText ?? ""');
  }

  // The page's text, once it matches.
  sees(pattern) {
    return until(`the page shows ${pattern}`, async () => {
      const text = await this.text();
      return pattern.test(text) && text;
    });
  }

  // The text of the newest frame of this origin, once it matches.
  seesInFrame(origin, pattern) {
    return until(`the frame of ${origin} shows ${pattern}`, async () => {
      const context = [...this.contexts.values()].findLast((one) => one.origin === origin);
      // It may go while it is asked.
      const text = context && await this.run('document.body?.innerText ?? ""', context.id).catch(() => '');
      return pattern.test(text) && text;
    });
  }

  // Press the element whose text matches.
  click(selector, label) {
    return until(`${selector} "${label}" can be pressed`, () => this.run(`(() => {
      const found = [...document.querySelectorAll(${JSON.stringify(selector)})]
        .find((element) => element.innerText.includes(${JSON.stringify(label)}) && !element.disabled);
      found?.click();
      return Boolean(found);
    })()`));
  }

  fill(selector, value) {
    return until(`${selector} can be filled`, () => this.run(`(() => {
      const found = document.querySelector(${JSON.stringify(selector)});
      if (found) found.value = ${JSON.stringify(value)};
      return Boolean(found);
    })()`));
  }

  address() {
    return this.run('location.href');
  }

  // The addresses that one can go back to.
  async history() {
    return (await this.#send('Page.getNavigationHistory')).entries.map(({ url }) => url);
  }

  async close() {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    // It may be gone before it answers.
    this.#send('Browser.close').catch(() => {});
    await ended;
    // Its helpers write until they notice.
    await until('the profile can be removed', () => {
      rmSync(this.profile, { recursive: true, force: true });
      return true;
    });
  }
}
