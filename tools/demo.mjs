// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// What ./tools/quickstart shows: mortised and an emulated GitHub, the demonstration, and
// then the running daemon until Ctrl-C.  --with jira adds a Jira Cloud; --exit ends after
// the demonstration.
import { programs } from '../tests/blackbox/lib/paths.mjs';
import { demonstration } from '../tests/blackbox/lib/demonstration.mjs';
import { freePort } from '../tests/blackbox/lib/config.mjs';
import { CloudWorld } from '../tests/blackbox/lib/jira_world.mjs';
import { until } from '../tests/blackbox/lib/until.mjs';
import { startWorld } from '../tests/blackbox/lib/world.mjs';
import net from 'node:net';
import { parseArgs } from 'node:util';

const ORG = 'acme';
const MESSAGE = 'the cart has no items';
const JIRA_MESSAGE = 'the basket is gone';

// Statuses of the Jira.
const OPEN = '1';
const DONE = '10233';

const isFree = (port) => new Promise((resolve) => {
  const server = net.createServer();
  server.once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
});

const step = (text) => console.log(`\n== ${text}`);

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column] ?? '').length)));
  for (const row of rows)
    console.log(`   ${row.map((cell, column) => String(cell ?? '').padEnd(widths[column])).join('  ')}`.trimEnd());
}

async function show(demo) {
  step('integrations');
  table([['ID', 'NAME', 'STATUS', 'EXTERNAL ID'],
    ...(await demo.integrations()).map((entry) => [entry.id, entry.name, entry.status, entry.externalId])]);
  step('repositories');
  const repositories = [...await demo.repositories(), ...await demo.repositories('deleted')];
  table([['ID', 'NAME', 'STATUS', 'URL'],
    ...repositories.map((entry) => [entry.id, entry.name, entry.status, entry.url])]);
  step('issues');
  const issues = await demo.issues.list();
  const linked = await Promise.all(issues.map(({ id }) => demo.issues.external(id)));
  table([['ID', 'TITLE', 'STATUS', 'LINKED TO'],
    ...issues.map((entry, i) => [entry.shortId, entry.title, entry.status, linked[i].map(({ key }) => key).join()])]);
  for (const { name } of repositories) {
    const commits = await demo.commits(name);
    const pulls = await demo.pullRequests(name);
    if (commits.length + pulls.length === 0) continue;
    step(name);
    table([['WHAT', 'KEY', 'TEXT', 'AUTHOR'],
      ...commits.map((entry) => ['commit', entry.id.slice(0, 10), entry.message.split('\n')[0], entry.author?.name]),
      ...pulls.map((entry) => ['pull request', entry.id, entry.title, entry.author?.name])]);
  }
}

// An error's way to GitHub and back.
async function playIssue(demo) {
  step('an application with @sentry/node runs into a bug');
  const dsn = await demo.project('shop');
  await demo.report(dsn, MESSAGE);
  const [issue] = await until('the issue is there', async () => {
    const list = await demo.issues.list();
    return list.length > 0 && list;
  });
  console.log(`   ${issue.shortId}: ${issue.title}`);

  step('create it on GitHub, and close it there');
  await demo.syncStatus('acme-co/shop');
  const { key, url } = await demo.createOnGithub(issue, 'acme-co/shop');
  console.log(`   ${key}: ${url}`);
  await demo.setOnGithub(key, { state: 'closed' });
  await until('it is resolved', async () => (await demo.issues.get(issue.id)).status === 'resolved');
  console.log(`   GitHub's webhook has resolved ${issue.shortId}`);

  step('the bug is back');
  await demo.report(dsn, MESSAGE);
  await until('it is open on GitHub', async () => (await demo.onGithub(key)).state === 'open');
  const { status, substatus, count } = await demo.issues.get(issue.id);
  console.log(`   ${issue.shortId} is ${status} (${substatus}, seen ${count} times), ${key} is open again`);
}

// A Jira Cloud installs the app, its page links it, and an error goes there and back.
async function playJira(demo, world) {
  const { jira } = world;
  step('Jira Cloud installs the app');
  const { status } = await jira.install();
  console.log(`   signed by Atlassian's key, answered ${status}; it belongs to nobody yet`);

  step('link it by the page that its administrator sees in Jira');
  const org = world.in(ORG, demo.token);
  const integration = await world.link(org);
  const [there] = (await org.integrations()).filter(({ id }) => id === integration);
  console.log(`   ${there.provider.name}: ${there.domainName}`);

  step('another bug, created in Jira and done there');
  const dsn = await demo.project('basket');
  await demo.report(dsn, JIRA_MESSAGE);
  const issue = await until('the issue is there', async () => (await demo.issues.list(JIRA_MESSAGE))[0]);
  await org.syncAll(integration);
  const { json: { key, url } } = await demo.issues.create(issue.id, integration, await org.proposal(issue, integration));
  console.log(`   ${issue.shortId} is ${key}: ${url}`);
  await demo.issues.note(issue.id, 'It happens with an empty basket.');
  await until('the comment is in Jira', () => jira.issue(key).comments.length === 1);
  jira.move(key, DONE, 'dlee');
  await until('it is resolved', async () => (await demo.issues.get(issue.id)).status === 'resolved');
  console.log(`   Jira's webhook has resolved ${issue.shortId}`);

  step('the bug is back');
  await demo.report(dsn, JIRA_MESSAGE);
  await until('it is open in Jira', () => jira.issue(key).status === OPEN);
  console.log(`   a transition of its workflow has opened ${key} again`);
}

async function play(world, cloud) {
  const demo = await demonstration(world, ORG);
  step('install GitHub through the pipeline');
  const { seen } = await demo.install();
  console.log(`   ${seen.join(' → ')} → complete`);
  await until('the repositories are linked', async () => (await demo.repositories()).length === 2);

  step('push a commit and open a pull request on GitHub');
  await demo.push('api/cart.py', 'def cart(): pass\n', 'fix cart');
  await demo.pullRequest('cart', 'Fix the cart', 'It was broken.');
  await until('both have arrived', async () =>
    (await demo.commits('acme-co/shop')).length > 0 && (await demo.pullRequests('acme-co/shop')).length > 0);
  console.log('   GitHub\'s own webhooks have arrived');

  await playIssue(demo);
  if (cloud) await playJira(demo, cloud);

  step('deliver the 329 bodies of @octokit/webhooks-examples');
  const replies = await demo.examples();
  console.log(`   ${replies.filter(({ status }) => status === 204).length} of ${replies.length} were answered 204`);
  await demo.installAgain();
  const fates = await world.daemon.idle();
  console.log(`   jobs: ${Object.entries(fates).map(([fate, n]) => `${n} ${fate}`).join(', ')}`);
  await show(demo);
  if (replies.some(({ status }) => status !== 204) || fates.dead || fates.halted)
    throw new Error('the demonstration did not go as it should');
  return demo;
}

async function invite(world, demo, cloud) {
  const { daemon, github } = world;
  const link = await daemon.ctlOk('login-link', `owner@${ORG}.test`);
  step('it runs');
  table([
    ['mortised', daemon.url],
    ['sign in', link],
    ['API token', demo.token],
    ['try', `curl -H 'Authorization: Bearer ${demo.token}' ${daemon.url}/api/0/organizations/${ORG}/integrations/`],
    ['operate', `${programs.ctl} --socket ${daemon.socket} status`],
    ['GitHub', `${github.url} (emulated)`],
    ...(cloud ? [['Jira', `${cloud.jira.url} (a stand-in)`]] : []),
  ]);
}

const { values: options } = parseArgs({ options: { exit: { type: 'boolean' }, with: { type: 'string', multiple: true, default: [] } } });
const unknown = options.with.find((name) => name !== 'jira');
if (unknown) {
  console.error(`--with ${unknown}: there is no such provider to add; there is: jira`);
  process.exit(2);
}
const wanted = Number(process.env.PORT || 8300);
const port = await isFree(wanted) ? wanted : await freePort();
const cloud = options.with.includes('jira') ? await CloudWorld.prepare(`http://127.0.0.1:${port}`, { checked: false }) : null;
const world = await startWorld({ port, guests: cloud ? [cloud.guest] : [],
  settings: { log: { level: 'info', format: 'logfmt' } } });
if (cloud) cloud.daemon = world.daemon;
let code = 0;
try {
  const demo = await play(world, cloud);
  await invite(world, demo, cloud);
  if (!options.exit) {
    console.log('\nCtrl-C ends it.');
    const ended = new Promise((resolve) => { world.daemon.program.exited.then(resolve); });
    const asked = new Promise((resolve) => { for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve); });
    await Promise.race([ended, asked]);
  }
} catch (error) {
  console.error(error);
  code = 1;
}
await world.close().finally(() => cloud?.closeSites()).catch((error) => {
  console.error(error.message);
  code = 1;
});
process.exit(code);
