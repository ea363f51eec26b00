// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// What an older system left: `mortisectl import legacy`, and how an integration takes it
// over, when it is there and when it comes later.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { Sync } from './lib/sync.mjs';

describe('import legacy', () => {
  let sync;
  let daemon;
  let issue;
  const file = (lines) => {
    const path = daemon.path('legacy.jsonl');
    writeFileSync(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
    return path;
  };
  const link = (more = {}) => ({ kind: 'issue', org: 'acme', provider: 'ping', base_url: 'https://a1.ping.test/',
    issue: issue.id, key: 'one-9', ...more });
  const repository = (more = {}) => ({ kind: 'repository', org: 'acme', provider: 'ping', name: 'ping/one', ...more });
  const left = async () => (await daemon.sql('SELECT key FROM legacy_issue ORDER BY id')).map(({ key }) => key);
  const keys = async (of = issue) => (await sync.api('GET', `/organizations/acme/issues/${of.id}/integrations/`)).json
    .flatMap(({ externalIssues }) => externalIssues.map(({ key }) => key)).sort();

  before(async () => {
    sync = await Sync.start({ accounts: ['a1'] });
    ({ daemon } = sync);
    issue = await sync.issue(['a1']);
    // The address of the tracker, as a provider's build gives it.
    await daemon.stop();
    await daemon.tamper(`UPDATE integration SET metadata = json_set(metadata, '$.domain_name', 'a1.ping.test')`);
    await daemon.run();
  });
  after(() => sync?.close());

  test('a mistake in any line leaves nothing written, and is named', async () => {
    const cases = [
      ['{', /line 2: it is no JSON object/],
      ['[]', /line 2: it is no JSON object/],
      [{ kind: 'user' }, /line 2: "kind" must be/],
      [link({ org: 'nowhere' }), /line 2: there is no organization "nowhere"/],
      [link({ issue: 'SHOP-ZZZ' }), /line 2: the organization has no issue "SHOP-ZZZ"/],
      [link({ key: undefined }), /line 2: "key" is missing/],
      [link({ key: 7 }), /line 2: "key" must be a text/],
      [link({ colour: 'red' }), /line 2: "colour" is no member/],
      [link({ base_url: 'a1.ping.test' }), /line 2: "base_url" must begin with/],
      [link({ ignored_fields: 'one' }), /line 2: "ignored_fields" must be a list/],
      [repository({ name: '' }), /line 2: "name" must be a text/],
      [' '.repeat(70_000), /line 2 is longer than/],
    ];
    for (const [line, reason] of cases) {
      const { code, err } = await daemon.ctl('import', 'legacy', file([link(), line]));
      assert.equal(code, 1, String(reason));
      assert.match(err, reason);
    }
    assert.deepEqual(await left(), []);
    assert.match((await daemon.ctl('import', 'legacy', daemon.path('none'))).err, /cannot read/);
  });

  test('an integration that is there takes over what is its own at once', async () => {
    const lines = [link({ ignored_fields: ['sprint'] }), link({ key: 'one-10', ignored_fields: ['sprint', 'rank'] }), '',
      link({ key: 'two-1', base_url: 'https://other.ping.test' }), link({ key: issue.keys[0] })];
    const said = await daemon.ctlJson('import', 'legacy', file(lines));
    assert.deepEqual([said.issues, said.repositories, said.known], [4, 0, 0]);
    await daemon.idle();
    // Another tracker's link waits, and one that the issue has already keeps its record.
    assert.deepEqual(await left(), ['two-1', issue.keys[0]]);
    assert.deepEqual(await keys(), [issue.keys[0], 'one-10', 'one-9'].sort());
    assert.match((await sync.job('migrate_issues')).outcome, /^2 of 4 old links taken over/);
    const [{ config }] = await daemon.sql('SELECT config FROM organization_integration');
    assert.deepEqual(JSON.parse(config).issues_ignored_fields, ['sprint', 'rank']);
    const again = await daemon.ctlJson('import', 'legacy', file(lines.slice(3)));
    assert.deepEqual([again.issues, again.known], [2, 2]);
  });

  test('one that comes later takes over what waits for it', async () => {
    const token = await daemon.organization('later');
    await daemon.ctlOk('import', 'legacy', file([repository({ org: 'later' })]));
    const row = async () => (await daemon.sql(`SELECT r.provider, r.integration_id, i.external_id FROM repository r
      JOIN organization o ON o.id = r.organization_id LEFT JOIN integration i ON i.id = r.integration_id WHERE o.slug = 'later'`))[0];
    await daemon.idle();
    assert.deepEqual(await row(), { provider: 'ping', integration_id: null, external_id: null });
    await sync.ping.install('later', 'b1', token);
    await daemon.idle();
    assert.deepEqual([(await row()).provider, (await row()).external_id], ['integrations:ping', 'b1']);
  });

  test('a repository goes to the integration that can work with it', async () => {
    const said = await daemon.ctlJson('import', 'legacy', file([repository(), repository({ name: 'ping/none', external_id: '404' })]));
    assert.deepEqual([said.repositories, said.known], [2, 0]);
    await daemon.idle();
    const rows = await daemon.sql('SELECT name, provider, external_id, integration_id FROM repository WHERE organization_id = 1 ORDER BY id');
    assert.deepEqual([rows[0].provider, rows[0].external_id], ['integrations:ping', 'ping/one']);
    assert.equal(rows[0].integration_id, sync.integrations[0]);
    // The other is not there: the job says so, and the row stays as it was.
    assert.deepEqual([rows[1].provider, rows[1].integration_id], ['ping', null]);
    const failed = await daemon.sql(`SELECT code, outcome FROM job WHERE task = 'migrate_repo' AND code <> 'OK'`);
    assert.ok(failed.length > 0 && failed[0].outcome, JSON.stringify(failed));
    assert.ok(daemon.events('repo.migrated').length > 0);
  });
});
