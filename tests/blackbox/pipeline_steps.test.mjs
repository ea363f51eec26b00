// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Installs that leave over OAuth 1.0a, begin with a reference or wait for a life cycle
// event (tests/plugins/steps.c): what binds them to who began them, and what happens when
// something else comes back.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';

import { Daemon } from './lib/daemon.mjs';
import { OAuth1Site } from './lib/oauth1_site.mjs';
import { until } from './lib/until.mjs';

const path = (org, id) => `/organizations/${org}/pipeline/integration_pipeline/${id ? `?pipeline=${id}` : ''}`;

describe('steps of installs', () => {
  let daemon;
  let site;
  let org;
  let token;
  let homeToken;
  let organizations = 0;

  const post = (body, { as = token, id, at = org } = {}) => daemon.api('POST', path(at, id), { token: as, body });
  const show = ({ as = token, id, at = org } = {}) => daemon.api('GET', path(at, id), { token: as });
  const ok = async (answer) => {
    const { status, json, text } = await answer;
    assert.equal(status, 200, text);
    return json;
  };
  const initialize = (provider, initialData) => ok(post({ action: 'initialize', provider, initialData }));
  const row = async (id) => (await daemon.sql(`SELECT * FROM pipeline WHERE id = ${Number(id)}`))[0];
  const installed = async (at = org, as = token) => daemon.list(`/organizations/${at}/integrations/`, { token: as });
  const configOf = async (id) => (await ok(daemon.api('GET', `/organizations/${org}/integrations/${id}/`, { token }))).configData;

  before(async () => {
    site = await OAuth1Site.start();
    daemon = await Daemon.prepare({ plugins: ['steps'] });
    daemon.configure({
      providers: { 'steps-app': { webhook_secret_file: daemon.secret('app', 'app-secret') } },
      egress: { allow: ['steps', 'steps-callback'].map((provider) => ({ provider, host: '127.0.0.1', port: site.port })),
        connect_timeout: 2, timeout: 5 } });
    await daemon.run();
    homeToken = await daemon.organization('home');
  });
  after(async () => {
    await daemon?.close().finally(() => site.close());
  });
  beforeEach(async () => {
    site.reset();
    org = `org-${++organizations}`;
    token = await daemon.organization(org);
  });

  describe('over OAuth 1.0a', () => {
    const fields = (more = {}) => ({ url: `${site.url}/`, consumer_key: 'mortise', private_key: site.privateKey, ...more });
    const begin = async (provider = 'steps', more) => {
      await initialize(provider);
      return ok(post(fields(more)));
    };

    for (const provider of ['steps', 'steps-callback']) {
      test(`${provider} ends with a token that works`, async () => {
        const started = await initialize(provider);
        assert.deepEqual(started.data.fields.map(({ name }) => name), ['url', 'verify_ssl', 'consumer_key', 'private_key']);
        const leaves = await post(fields({ private_key: provider === 'steps' ? site.privateKey : site.pkcs1 }));
        assert.equal(leaves.status, 200, leaves.text);
        assert.deepEqual([leaves.json.step, leaves.json.kind, leaves.json.dataKey], ['authorize', 'oauth1', 'oauthUrl']);
        const [asked] = site.asked('/oauth/request-token');
        assert.equal(asked.fields.oauth_callback,
          provider === 'steps' ? undefined : `${daemon.url}/extensions/${provider}/setup/`);
        assert.equal(asked.fields.oauth_token, undefined);
        const url = new URL(leaves.json.data.oauthUrl);
        assert.equal(url.origin + url.pathname, `${site.url}/oauth/authorize`);
        const { secret } = site.tokens.get(url.searchParams.get('oauth_token'));
        assert.ok(!leaves.text.includes(secret), 'the token secret stays here');
        const brought = site.authorize(url);
        const done = await post(brought);
        assert.equal(done.json.status, 'complete', done.text);
        assert.equal(done.json.data.name, 'Mona <i>');
        const [exchange] = site.asked('/oauth/access-token');
        assert.equal(exchange.fields.oauth_verifier, brought.oauth_verifier ?? brought.oauth_token);
        assert.equal(site.asked('/me')[0].fields.oauth_token, site.lastAccess.token);
        await until('the secret is the one that was made', async () => (await configOf(done.json.data.id)).same_secret === true);
        const [{ metadata }] = await daemon.sql(`SELECT metadata FROM integration WHERE id = ${done.json.data.id}`);
        assert.deepEqual([JSON.parse(metadata).base_url, JSON.parse(metadata).verify_ssl], [site.url, true]);
        const stored = JSON.stringify(await daemon.sql('SELECT hex(sealed_state) AS state FROM pipeline UNION SELECT hex(secrets) FROM integration'));
        for (const text of [site.lastAccess.token, site.lastAccess.secret, secret])
          assert.ok(!stored.includes(Buffer.from(text).toString('hex').toUpperCase()));
      });
    }

    test('only the token that was sent out comes back, to who sent it', async () => {
      const leaves = await begin('steps-callback');
      const brought = site.authorize(leaves.data.oauthUrl);
      assert.ok((await post({ oauth_verifier: brought.oauth_verifier })).json.oauth_token);
      assert.ok((await post({ oauth_token: brought.oauth_token })).json.oauth_verifier);
      assert.ok((await post({ ...brought, oauth_verifier: '' })).json.oauth_verifier);
      for (const wrong of ['f'.repeat(32), '', `${brought.oauth_token}0`, brought.oauth_token.slice(0, -1)]) {
        const { status, text } = await post({ ...brought, oauth_token: wrong });
        assert.equal(status, 400, text);
        assert.match(text, /not the one that was sent out/);
      }
      const other = await daemon.token(org, ['org:admin', 'org:integrations']);
      assert.equal((await post(brought, { as: other, id: leaves.id })).status, 404);
      assert.equal(site.asked('/oauth/access-token').length, 0);
      assert.equal((await post(brought)).json.status, 'complete');
      assert.equal((await post(brought, { id: leaves.id })).status, 404);
    });

    const denials = [['oauth_problem', ({ oauth_token: sent }) => ({ oauth_token: sent, oauth_problem: 'user_refused' }), /did not grant/],
      ['a verifier "denied"', ({ oauth_token: sent }) => ({ oauth_token: sent, oauth_verifier: 'denied' }), /did not grant/],
      ['a problem without token', () => ({ oauth_problem: 'token_expired' }), /"token_expired"/],
      ['a problem that is no word', () => ({ oauth_problem: '<script>' }), /could not authorize this; /]];
    for (const [what, answer, words] of denials) {
      test(`a refusal as ${what} can be tried again, with a new token`, async () => {
        const leaves = await begin();
        const brought = site.authorize(leaves.data.oauthUrl);
        const denied = await post(answer(brought));
        assert.equal(denied.status, 400, denied.text);
        assert.match(denied.json.detail, words);
        assert.equal((await post(brought)).status, 409);
        const again = await ok(show());
        assert.notEqual(again.data.oauthUrl, leaves.data.oauthUrl);
        assert.equal((await post(brought)).status, 400);
        assert.equal((await post(site.authorize(again.data.oauthUrl))).json.status, 'complete');
      });
    }

    test('what the site says is wrong is said', async () => {
      await initialize('steps');
      const refused = await post(fields({ consumer_key: 'nobody' }));
      assert.equal(refused.status, 400, refused.text);
      assert.match(refused.json.detail, /consumer/i);
      assert.deepEqual(await installed(), []);
    });

    const bad = [['500', 500, 'text/plain', 'oops'], ['HTML', 200, 'text/html', '<html>Sign in</html>'],
      ['nothing', 200, 'application/x-www-form-urlencoded', ''], ['no connection', 0, '', ''],
      ['no token', 200, 'application/x-www-form-urlencoded', 'oauth_token=&oauth_token_secret=x']];
    for (const [what, ...answer] of bad) {
      test(`a site that answers ${what} loses nothing`, async () => {
        await initialize('steps');
        site.next(...answer);
        const failed = await post(fields());
        assert.ok([400, 503].includes(failed.status), failed.text);
        assert.equal(typeof failed.json.detail, 'string');
        const leaves = await ok(show());
        assert.equal(leaves.step, 'authorize');
        site.next(...answer);
        const brought = site.authorize(leaves.data.oauthUrl);
        const lost = await post(brought);
        assert.ok([400, 503].includes(lost.status), lost.text);
        const { status, claim } = await row(leaves.id);
        assert.deepEqual([status, claim], ['active', null]);
        const again = await ok(show());
        assert.equal((await post(site.authorize(again.data.oauthUrl))).json.status, 'complete');
      });
    }

    for (const consumer of ['elsewhere', 'overwrites']) {
      test(`credentials go only to the site that was typed (${consumer})`, async () => {
        site.consumer = consumer;
        const leaves = await begin('steps', { consumer_key: consumer });
        const failed = await post(site.authorize(leaves.data.oauthUrl));
        site.consumer = 'mortise';
        assert.equal(failed.status, 500, failed.text);
        assert.ok(failed.json.errorId);
        assert.deepEqual(await installed(), []);
      });
    }

    test('a key that is none is a wrong field', async () => {
      await initialize('steps');
      for (const key of ['none', site.privateKey.slice(0, 400), site.publicKey.export({ type: 'spki', format: 'pem' })])
        assert.ok(Array.isArray((await post(fields({ private_key: key }))).json.private_key));
      for (const url of ['jira.test', 'https://a@b.test', `${site.url}/?x=1`, 'ftp://b.test'])
        assert.ok(Array.isArray((await post(fields({ url }))).json.url), url);
      assert.equal(site.requests.length, 0);
    });

    test('of answers at once, one exchanges the token', async () => {
      const leaves = await begin();
      const brought = site.authorize(leaves.data.oauthUrl);
      let release;
      site.hold = new Promise((resolve) => { release = resolve; });
      const first = post(brought);
      await until('the token is being exchanged', () => site.asked('/oauth/access-token').length === 1);
      const others = await Promise.all([post(brought), post(brought)]);
      assert.deepEqual(others.map(({ status }) => status), [409, 409]);
      release();
      assert.equal((await first).json.status, 'complete');
      assert.equal(site.asked('/oauth/access-token').length, 1);
    });

    test('survives a crash between the steps, and during one', async () => {
      const leaves = await begin();
      await daemon.kill();
      await daemon.run();
      const still = await ok(show());
      assert.equal(still.data.oauthUrl, leaves.data.oauthUrl);
      const brought = site.authorize(leaves.data.oauthUrl);
      let release;
      site.hold = new Promise((resolve) => { release = resolve; });
      const lost = post(brought).catch(() => null);
      await until('the token is being exchanged', () => site.asked('/oauth/access-token').length === 1);
      await daemon.kill();
      await lost;
      await daemon.run();
      site.hold = null;
      assert.deepEqual(await installed(), []);
      // Nobody heard the first answer, which never came: the same token is still good.
      assert.equal((await post(brought)).json.status, 'complete');
      release();
      assert.equal((await installed()).length, 1);
    });
  });

  // What the app's own side sends.
  const tell = (event, body) => {
    const text = JSON.stringify(body);
    return daemon.request('POST', '/extensions/steps-app/event/', { body: text, headers: { 'x-steps-event': event,
      'x-steps-signature': `sha256=${createHmac('sha256', 'app-secret').update(text).digest('hex')}` } });
  };
  const put = async (account, metadata = { base_url: `https://${account}.test` }) => {
    const { status, text } = await tell('put', { account, name: `Site ${account}`, metadata });
    assert.ok(status < 300, text);
  };
  // An account that the organization "home" has linked, so that its events are handled.
  const offer = async (account, metadata) => {
    const home = { as: homeToken, at: 'home' };
    await ok(post({ action: 'initialize', provider: 'steps-wait' }, home));
    await ok(post({ account }, home));
    await put(account, metadata);
    assert.equal((await ok(post({}, home))).status, 'complete');
  };
  const referenceTo = async (account, life_ms = 60_000) => {
    const { status, json, text } = await tell('link', { account, life_ms });
    assert.ok(status < 300, text);
    return json.reference;
  };

  describe('beginning with a reference', () => {
    const start = (initialData, options) => post({ action: 'initialize', provider: 'steps-app', initialData }, options);
    const refused = async (initialData, words, options) => {
      const { status, json, text } = await start(initialData, options);
      assert.equal(status, 400, text);
      assert.match(json.signed_params[0], words);
    };

    test('is confirmed, and ends with just that integration', async () => {
      await offer('one', { base_url: 'https://one.test', kept: 1 });
      const started = await ok(start({ signedParams: await referenceTo('one') }));
      assert.deepEqual([started.step, started.data.baseUrl, started.data.organization], ['app_confirm', 'https://one.test', org]);
      assert.deepEqual(started.data.rows, [{ label: 'Organization', value: org }, { label: 'Site', value: 'https://one.test' }]);
      assert.deepEqual(await installed(), []);
      assert.equal((await post({ state: '0'.repeat(64) })).status, 400);
      const done = await post({ state: started.data.state });
      assert.equal(done.json.status, 'complete', done.text);
      const [{ metadata, external_id: external }] = await daemon.sql(`SELECT * FROM integration WHERE id = ${done.json.data.id}`);
      assert.deepEqual([external, JSON.parse(metadata)], ['one', { base_url: 'https://one.test', kept: 1 }]);

      // A second organization links the same one.
      const second = await daemon.organization(`${org}-b`);
      const shared = { as: second, at: `${org}-b` };
      const other = await ok(start({ signed_params: await referenceTo('one') }, shared));
      assert.equal((await post({ state: other.data.state }, shared)).json.data.id, done.json.data.id);
    });

    test('needs a good one', async () => {
      await offer('two');
      const reference = await referenceTo('two');
      const gone = await referenceTo('two');
      for (const nothing of [undefined, {}, { signedParams: '' }, { signed_params: null }])
        await refused(nothing, /link that its own site shows/);
      await refused({ signed_params: `${reference}x` }, /not known here/);
      await refused({ signedParams: 7 }, /text/);
      await ok(start({ signed_params: reference }));
      await refused({ signed_params: reference }, /used already/);
      await daemon.stop();
      await daemon.tamper('UPDATE reference SET expires_at = 1000 WHERE integration_id > 0');
      await daemon.run();
      await refused({ signed_params: gone }, /has expired/);
      const fresh = await referenceTo('two');
      await daemon.stop();
      await daemon.tamper("UPDATE integration SET status = 1 WHERE external_id = 'two'");
      await daemon.run();
      await refused({ signed_params: fresh }, /removed or is disabled/);
      // It was not used up by that.
      await put('two');
      await ok(start({ signed_params: fresh }));
    });

    test('is good for one of two at once', async () => {
      await offer('three');
      const second = await daemon.organization(`${org}-b`);
      const reference = await referenceTo('three');
      const answers = await Promise.all([start({ signed_params: reference }),
        start({ signed_params: reference }, { as: second, at: `${org}-b` })]);
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400]);
      assert.match(answers.find(({ status }) => status === 400).json.signed_params[0], /used already/);
    });

    test('binds what the provider builds', async () => {
      await put('other');
      await offer('four', { base_url: 'https://four.test', wrong: 'other' });
      const [integration] = await daemon.sql("SELECT id FROM integration WHERE external_id = 'four'");
      const started = await ok(start({ signed_params: await referenceTo('four') }));
      const failed = await post({ state: started.data.state });
      assert.equal(failed.status, 500, failed.text);
      assert.ok(failed.json.errorId);
      assert.equal((await row(started.id)).integration_id, integration.id);
      assert.deepEqual(await installed(), []);
    });

    test('leaves no reference in the log', async () => {
      await offer('five');
      const reference = await referenceTo('five');
      await ok(start({ signed_params: reference }));
      await daemon.request('GET', `/extensions/steps-app/configure/?signed_params=${reference}`);
      const lines = daemon.runs.flatMap((run) => run.lines).join('\n');
      assert.ok(!lines.includes(reference));
    });
  });

  describe('waiting for a life cycle event', () => {
    test('goes on when one came after it began to wait', async () => {
      await put('six');
      await initialize('steps-wait');
      const waits = await ok(post({ account: 'six' }));
      assert.deepEqual([waits.step, waits.kind, waits.data.subject], ['installation', 'external', 'six']);
      assert.ok(Date.parse(waits.data.waitsUntil) > Date.now());
      const before = await row(waits.id);
      assert.equal(before.expires_at - before.updated_at, 600_000_000);
      // What was there before proves nothing, nor does another one.
      await put('seven');
      for (let i = 0; i < 2; i++) assert.equal((await ok(post({}))).status, 'stay');
      assert.deepEqual(await row(waits.id), before);
      assert.deepEqual(await installed(), []);
      await put('six');
      const done = await ok(post({}));
      assert.deepEqual([done.status, done.data.externalId], ['complete', 'six']);
    });
  });
});
