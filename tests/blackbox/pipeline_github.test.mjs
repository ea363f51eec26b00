// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The GitHub install by somebody who lies, and with a GitHub that fails.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { startWorld, stepUrl, World } from './lib/world.mjs';

const OURS = 48812345;     // acme-co, which mona owns
const FOREIGN = 48812346;  // other-co, which hubot owns

describe('installing GitHub', () => {
  let world;
  let github;
  let token;
  let org;
  let organizations = 0;

  const answer = (body) => world.answer(org, token, body);
  const installed = async () => (await world.daemon.list(`/organizations/${org}/integrations/`, { token })).map(({ externalId }) => externalId);

  // From initialize to the step after signing in at GitHub.
  const signedIn = async (login = 'mona', initialData) => {
    const { status, json, text } = await world.initialize(org, token, initialData);
    assert.equal(status, 200, text);
    return answer(World.brought(await github.authorize(login, stepUrl(json.data))));
  };
  // At the step that installs the App, whatever was offered before.
  const atInstall = async (login) => {
    const next = await signedIn(login);
    const { status, json, text } = next.json.step === 'organization_selection'
      ? await answer({ chosen_installation_id: '-1', chosenInstallationId: '-1' }) : next;
    assert.equal(status, 200, text);
    assert.equal(json.step, 'github_installation');
    return json;
  };

  before(async () => {
    world = await startWorld();
    ({ github } = world);
    // Another customer of the App has it installed.
    await github.install('hubot', 'other-co');
  });
  after(() => world?.close());
  beforeEach(async () => {
    github.clearFaults();
    org = `org-${++organizations}`;
    token = await world.daemon.organization(org);
  });

  test('a forged installation id is refused', async () => {
    const info = await atInstall('mona');
    const state = new URL(stepUrl(info.data)).searchParams.get('state');
    const forged = await answer({ installation_id: String(FOREIGN), setup_action: 'install', state });
    assert.equal(forged.status, 400, forged.text);
    assert.equal(forged.json.status, 'error');
    assert.deepEqual(await installed(), []);
    // The state is used up; the step can still be done honestly.
    assert.equal((await answer({ installation_id: String(OURS), setup_action: 'install', state })).status, 409);
    const again = (await world.current(org, token)).json;
    const back = World.brought(await github.install('mona', 'acme-co', stepUrl(again.data)));
    assert.equal((await answer(back)).json.status, 'complete');
    assert.deepEqual(await installed(), [String(OURS)]);
  });

  test('an id without our state counts only if it is the user\'s', async () => {
    await atInstall('mona');
    assert.equal((await answer({ installation_id: String(FOREIGN), setup_action: 'install' })).status, 400);
    await world.current(org, token);
    const honest = await answer({ installation_id: String(OURS), setup_action: 'install' });
    assert.equal(honest.json.status, 'complete', honest.text);
  });

  test('an id that came from GitHub\'s side is checked as well', async () => {
    assert.equal((await signedIn('mona', { installation_id: String(FOREIGN), setup_action: 'install' })).status, 400);
    const mine = await signedIn('mona', { installation_id: String(OURS), setup_action: 'install' });
    assert.equal(mine.json.status, 'complete', mine.text);
    assert.deepEqual(await installed(), [String(OURS)]);
  });

  test('a choice that was not offered is refused', async () => {
    const next = await signedIn('mona');
    assert.equal(next.json.step, 'organization_selection');
    const [option] = next.json.data[next.json.dataKey];
    const key = next.json.answerKey;
    assert.equal(option.value, String(OURS));
    assert.ok((await answer({ [key]: String(FOREIGN) })).json[key]);
    assert.equal((await world.current(org, token)).json.step, 'organization_selection');
    assert.equal((await answer({ [key]: option.value })).json.status, 'complete');
  });

  test('two organizations with one installation share its integration', async () => {
    const rows = await world.daemon.sql(`SELECT count(*) AS n FROM integration WHERE external_id = '${OURS}'`);
    assert.equal(rows[0].n, 1);
    const links = await world.daemon.sql('SELECT count(*) AS n FROM organization_integration');
    assert.ok(links[0].n > 1);
  });

  test('a request to an owner keeps the step waiting', async () => {
    const info = await atInstall('mona');
    const state = new URL(stepUrl(info.data)).searchParams.get('state');
    const waits = await answer({ setup_action: 'request', state });
    assert.deepEqual([waits.status, waits.json.status, waits.json.step], [200, 'stay', 'github_installation']);
    assert.deepEqual(await installed(), []);
  });

  test('a user who says no can say yes later', async () => {
    const { json } = await world.initialize(org, token);
    const denied = await answer(World.brought(github.deny(stepUrl(json.data))));
    assert.deepEqual([denied.status, denied.json.status], [400, 'error']);
    const again = (await world.current(org, token)).json;
    const next = await answer(World.brought(await github.authorize('mona', stepUrl(again.data))));
    assert.equal(next.status, 200, next.text);
  });

  for (const [what, fault] of [['500', { kind: 'status', status: 500 }], ['HTML', { kind: 'html' }], ['nothing', { kind: 'nothing' }]]) {
    test(`a GitHub that answers ${what} leaves the step as it was`, async () => {
      const { json } = await world.initialize(org, token);
      github.fault({ path: '/user/installations', ...fault });
      const failed = await answer(World.brought(await github.authorize('mona', stepUrl(json.data))));
      assert.equal(failed.status, 503, failed.text);
      assert.ok(failed.json.errorId);
      assert.ok(failed.headers['retry-after']);
      assert.deepEqual(await installed(), []);
      github.clearFaults();
      const again = (await world.current(org, token)).json;
      assert.equal(again.step, 'oauth_login');
      assert.equal((await answer(World.brought(await github.authorize('mona', stepUrl(again.data))))).status, 200);
    });
  }

  test('a GitHub that fails at the end can be finished later', async () => {
    const next = await signedIn('mona');
    github.fault({ path: `/app/installations/${OURS}`, kind: 'status', status: 500 });
    const failed = await answer({ [next.json.answerKey]: String(OURS) });
    assert.equal(failed.status, 503, failed.text);
    assert.deepEqual(await installed(), []);
    github.clearFaults();
    const waiting = (await world.current(org, token)).json;
    assert.deepEqual([waiting.step, waiting.pipelineStatus], [null, 'finishing']);
    assert.equal((await answer({})).json.status, 'complete');
    assert.deepEqual(await installed(), [String(OURS)]);
  });
});
