// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The console in a real browser: sign in, install through every kind of step, see what is
// there, remove it.  No script fault and nothing that the policy had to stop.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';

import { Browser, chromium, NO_BROWSER } from './lib/browser.mjs';
import { Ping } from './lib/ping.mjs';
import { until } from './lib/until.mjs';

// Ping's own site: sends the browser straight back, as a provider does.
function startSite(daemonUrl) {
  const server = http.createServer((request, answer) => {
    const url = new URL(request.url, 'http://site');
    const setup = new URL('/extensions/ping-oauth/setup/', daemonUrl());
    if (url.pathname === '/authorize') {
      setup.searchParams.set('code', 'c-1');
      setup.searchParams.set('state', url.searchParams.get('state'));
    } else if (url.pathname === '/visit') {
      setup.searchParams.set('place', 'p-<b>bold</b>');
      setup.searchParams.set('state', url.searchParams.get('state'));
    } else {
      answer.writeHead(200, { 'content-type': 'application/json' });
      answer.end(JSON.stringify({ access_token: 't-1', token_type: 'bearer', login: 'mona <i>' }));
      return;
    }
    answer.writeHead(302, { location: setup.href });
    answer.end();
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

describe('the console', { skip: chromium ? false : NO_BROWSER }, () => {
  let site;
  let ping;
  let browser;

  before(async () => {
    site = await startSite(() => ping.daemon.url);
    const { port } = site.address();
    ping = await Ping.start({ settings: { egress: {
      allow: [{ provider: 'ping-oauth', host: '127.0.0.1', port }], connect_timeout: 2, timeout: 5 } } });
    ping.daemon.configure({ providers: { ...ping.daemon.settings.providers, 'ping-oauth': {
      api_url: `http://127.0.0.1:${port}`, web_url: `http://127.0.0.1:${port}`,
      client_secret_file: ping.daemon.secret('ping_client', 'client-secret-1') } } });
    await ping.daemon.restart();
    await ping.daemon.organization('acme', { owner: 'owner@acme.test' });
    browser = await Browser.start();
  });
  after(async () => {
    site?.closeAllConnections();
    site?.close();
    await Promise.all([browser?.close(), ping?.close()]);
  });

  test('signs in from a link, once it is confirmed', async () => {
    await browser.open(`${ping.daemon.url}/console/`);
    await browser.sees(/not signed in/i);
    await browser.open('about:blank');
    await browser.open(await ping.daemon.ctlOk('login-link', 'owner@acme.test'));
    await browser.sees(/owner@acme\.test/);
    assert.ok(!(await browser.address()).includes('token'), 'the token has left the address');
    await browser.click('button', 'Sign in as');
    await browser.sees(/Nothing is installed yet/);
  });

  test('installs through form, choice and confirmation', async () => {
    await browser.click('nav a', 'Catalogue');
    await browser.click('a.button', 'Install Ping');
    await browser.fill('[name=account]', 'a-<b>1</b>');
    await browser.fill('[name=api_key]', 'k-1');
    await browser.click('button', 'Continue');
    await browser.sees(/Blue/);
    await browser.click('button', 'Continue');
    await browser.sees(/a-<b>1<\/b>/);
    await browser.click('button', 'Confirm');
    await browser.sees(/is installed/);
    await browser.click('a', 'Back to the console');
    await browser.sees(/a-<b>1<\/b>[\s\S]*active/);
  });

  test('installs through a site that sends the browser back', async () => {
    await browser.click('nav a', 'Catalogue');
    await browser.click('a.button', 'Install Ping OAuth');
    await browser.sees(/Step 1 of 2/);
    await browser.click('button', 'Continue to');
    await browser.sees(/Step 2 of 2/);
    await browser.click('button', 'Continue to');
    await browser.sees(/mona <i> is installed/);
    assert.ok(!(await browser.address()).includes('code='));
  });

  test('a browser that comes back with nothing waiting chooses an organization', async () => {
    await browser.open(`${ping.daemon.url}/extensions/ping/setup/?installation_id=5&setup_action=install`);
    await browser.sees(/For which organization/);
    await browser.click('a', 'acme');
    await browser.sees(/Step 1 of 3/);
  });

  test('adds a repository and removes an integration', async () => {
    await browser.open(`${ping.daemon.url}/console/#integrations`);
    await browser.click('tr a', 'Add repository');
    await browser.sees(/Add a repository of|ping\/one/);
    await browser.click('button', 'Add');
    await browser.sees(/Repositories[\s\S]*ping\/one/);
    await browser.click('a', 'Commits');
    await browser.sees(/No commits yet/);
    await browser.click('nav a', 'Installed');
    await browser.click('button', 'Remove');
    const token = await ping.daemon.token('acme', ['org:read']);
    await until('one is left', async () =>
      (await ping.daemon.list('/organizations/acme/integrations/', { token })).length === 1);
  });

  test('signs out', async () => {
    await browser.click('button', 'Sign out');
    await browser.sees(/not signed in/i);
    await browser.open(`${ping.daemon.url}/console/`);
    await browser.sees(/not signed in/i);
  });

  test('nothing went wrong in the pages', () => {
    assert.deepEqual(browser.faults, []);
  });
});
