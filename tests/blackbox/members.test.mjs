// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// A commit tells which account at the provider belongs to a member; the API shows it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { INSTALLATION } from './lib/demonstration.mjs';
import { until } from './lib/until.mjs';
import { pushPayload, sha } from './lib/webhooks.mjs';
import { startWorld } from './lib/world.mjs';

describe('a member who commits', () => {
  let world;
  let token;

  before(async () => {
    world = await startWorld();
    token = await world.daemon.organization('acme');
    await world.install('acme', token);
    await world.daemon.ctlOk('user', 'create', 'committer@acme.test', '--org', 'acme', '--role', 'member');
  });
  after(() => world?.close());

  const committer = async (query) =>
    (await world.daemon.list(`/organizations/acme/members/${query}`, { token }))
      .find(({ email }) => email === 'committer@acme.test');

  test('has the account of the provider that made the commit', async () => {
    const payload = pushPayload(INSTALLATION, { id: 5501, name: 'acme-co/shop' }, [{ sha: sha(1) }]);
    payload.commits[0].author = { name: 'Mona', email: 'committer@acme.test', username: 'mona' };
    assert.equal((await world.webhooks.send('push', payload)).status, 204);
    const { externalUsers, user } = await until('the account is known', async () => {
      const member = await committer('?expand=externalUsers');
      return member.externalUsers.length > 0 && member;
    });
    assert.equal(externalUsers.length, 1);
    assert.equal(externalUsers[0].provider, 'github');
    assert.equal(externalUsers[0].externalName, '@mona');
    assert.equal(externalUsers[0].userId, user.id);
    assert.equal(externalUsers[0].integrationId, '1');
  });

  test('shows it only where it is asked for', async () => {
    assert.equal((await committer('')).externalUsers, undefined);
  });
});
