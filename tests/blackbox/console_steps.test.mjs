// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Installs in a real browser that begin with a link at the provider, leave over OAuth 1.0a
// or wait for something to happen there.  What the link carries survives a sign-in and
// stays nowhere.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { Browser, chromium, NO_BROWSER } from './lib/browser.mjs';
import { Daemon } from './lib/daemon.mjs';
import { OAuth1Site } from './lib/oauth1_site.mjs';
import { until } from './lib/until.mjs';

describe('installs in the console', { skip: chromium ? false : NO_BROWSER }, () => {
  let site;
  let daemon;
  let browser;
  let token;

  const tell = async (event, body) => {
    const text = JSON.stringify(body);
    const answer = await daemon.request('POST', '/extensions/steps-app/event/', { body: text, headers: {
      'x-steps-event': event, 'x-steps-signature': `sha256=${createHmac('sha256', 'app-secret').update(text).digest('hex')}` } });
    assert.ok(answer.status < 300, answer.text);
    return answer.json;
  };
  const put = (account) => tell('put', { account, name: account, metadata: { base_url: `https://${account}.test` } });
  // The path of a link as the provider's page would show it.
  const linkTo = async (account) => {
    const { reference } = await tell('link', { account, life_ms: 60_000 });
    return `/extensions/steps-app/configure/?signed_params=${reference}`;
  };
  const names = async (org, as) => (await daemon.list(`/organizations/${org}/integrations/`, { token: as })).map(({ name }) => name).sort();
  const waits = (pattern) => browser.sees(pattern);
  const leftNowhere = async (link) => {
    const reference = new URL(link, daemon.url).searchParams.get('signed_params');
    const kept = await browser.run('JSON.stringify([{ ...sessionStorage }, { ...localStorage }, location.href])');
    assert.ok(![kept, ...await browser.history()].some((text) => text.includes(reference)));
  };

  before(async () => {
    site = await OAuth1Site.start();
    daemon = await Daemon.prepare({ plugins: ['steps'] });
    daemon.configure({
      providers: { 'steps-app': { webhook_secret_file: daemon.secret('app', 'app-secret') } },
      egress: { allow: [{ provider: 'steps', host: '127.0.0.1', port: site.port }], connect_timeout: 2, timeout: 5 } });
    await daemon.run();
    site.setup = `${daemon.url}/extensions/steps/setup/`;
    token = await daemon.organization('acme', { owner: 'owner@acme.test' });
    // An account whose events are handled is one that somebody has linked.
    const home = await daemon.organization('home', { owner: 'owner@home.test' });
    const step = (body) => daemon.api('POST', '/organizations/home/pipeline/integration_pipeline/', { token: home, body });
    await step({ action: 'initialize', provider: 'steps-wait' });
    await step({ account: 'tenant' });
    await put('tenant');
    assert.equal((await step({})).json.status, 'complete');
    browser = await Browser.start();
  });
  after(async () => {
    await Promise.all([browser?.close(), daemon?.close().finally(() => site.close())]);
  });

  test('a link at the provider survives the sign-in, and is confirmed', async () => {
    const link = await linkTo('tenant');
    await browser.open(daemon.url + link);
    await waits(/Sign in to go on/);
    assert.ok(!(await browser.address()).includes('signed_params'));
    await browser.open(await daemon.ctlOk('login-link', 'owner@acme.test'));
    await browser.click('button', 'Sign in as');
    await waits(/Organization\s+acme\s+Site\s+https:\/\/tenant\.test/);
    await leftNowhere(link);
    assert.deepEqual(await names('acme', token), []);
    await browser.click('button', 'Confirm');
    await waits(/tenant is installed/);
    assert.deepEqual(await names('acme', token), ['tenant']);
    await browser.open(daemon.url + link);
    await waits(/was used already/);
    await leftNowhere(link);
    await browser.open(`${daemon.url}/extensions/steps-app/configure/`);
    await waits(/opened by a link at the provider/);
  });

  test('who is in several organizations chooses one of those that he manages', async () => {
    await daemon.organization('zenith', { owner: 'owner@zenith.test' });
    await daemon.organization('readers', { owner: 'owner@readers.test' });
    await daemon.ctlOk('user', 'create', 'owner@acme.test', '--org', 'zenith', '--role', 'manager');
    await daemon.ctlOk('user', 'create', 'owner@acme.test', '--org', 'readers', '--role', 'member');
    await browser.open(`${daemon.url}/console/`);
    await browser.click('button', 'Sign out');
    await waits(/You are not signed in/);
    await browser.open(daemon.url + await linkTo('tenant'));
    await waits(/Sign in to go on/);
    // As in another tab of the same browser.
    const login = new URLSearchParams(new URL(await daemon.ctlOk('login-link', 'owner@acme.test')).hash.slice(1)).get('token');
    assert.equal(await browser.run(`fetch('${daemon.url}/api/0/auth/login-link/', { method: 'POST',
      headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token: '${login}' }) }).then(({ status }) => status)`), 200);
    await browser.click('button', 'I am signed in now');
    const text = await waits(/For which organization/);
    assert.match(text, /acme[\s\S]*zenith/);
    assert.doesNotMatch(text, /readers/);
    await browser.click('button', 'zenith');
    await waits(/Organization\s+zenith/);
  });

  test('waits for what happens at the provider', async () => {
    await browser.open(`${daemon.url}/console/install.html?organization=acme&provider=steps-wait`);
    await browser.fill('[name=account]', 'second');
    await browser.click('button', 'Continue');
    await waits(/Waiting until the provider tells that second/);
    await browser.click('button', 'Look now');
    await waits(/Nothing came yet/);
    await put('second');
    // It looks by itself.
    await waits(/second is installed/);
  });

  test('leaves over OAuth 1.0a, is refused, and comes back', async () => {
    await browser.open(`${daemon.url}/console/install.html?organization=acme&provider=steps`);
    await browser.fill('[name=url]', site.url);
    await browser.fill('[name=consumer_key]', 'mortise');
    await browser.fill('[name=private_key]', 'no key');
    await browser.click('button', 'Continue');
    await waits(/is not a private key/);
    await browser.fill('[name=private_key]', site.privateKey);
    await browser.click('button', 'Continue');
    await waits(/Step 2 of 2/);
    site.refuses = true;
    await browser.click('button', 'Continue to');
    await waits(/did not grant the authorization/);
    site.refuses = false;
    await browser.click('button', 'Continue to');
    await waits(/Mona <i> is installed/);
    assert.ok(!(await browser.address()).includes('oauth_'));
    assert.deepEqual(await names('acme', token), ['Mona <i>', 'second', 'tenant']);
  });

  test('what comes back to a tab that waits for nothing starts nothing', async () => {
    await browser.open(`${site.setup}?oauth_token=somebody&oauth_verifier=1`);
    await waits(/this tab knows nothing of/);
    assert.ok(!(await browser.address()).includes('oauth_'));
  });

  test('nothing went wrong in the pages', async () => {
    await until('the pages are at rest', () => browser.run('document.readyState === "complete"'));
    assert.deepEqual(browser.faults, []);
  });
});
