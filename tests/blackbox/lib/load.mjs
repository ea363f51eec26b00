// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Load that keeps an exact account of itself, for a daemon that is killed again and
// again: what was sent, what was acknowledged, what was applied, in which order.
//
// Each (account, object) has a sender of its own, which numbers its webhooks from 1 and
// sends the next when the last is answered.  A webhook's one visible effect is a row: the
// job "ping:work" with its mark {key, n, page}, which nothing makes unique, so that two of
// one webhook would be seen.  Their ids are the order in which they were applied.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { serve } from '../../upstream/http.mjs';
import { Ping } from './ping.mjs';
import { until } from './until.mjs';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// An upstream that makes whatever it is asked to make, notes it before it answers, and
// does not mind making it twice.
class Maker {
  static async start() {
    const maker = new Maker();
    maker.made = [];
    maker.waiting = null;
    maker.server = await serve((request) => maker.#answer(request));
    return maker;
  }

  get port() {
    return this.server.port;
  }

  get url() {
    return this.server.url;
  }

  #answer({ method, path, body }) {
    const name = decodeURIComponent(path.slice('/items/'.length));
    if (method === 'GET') return this.made.includes(name) ? { json: { name } } : { status: 404, json: {} };
    this.made.push(JSON.parse(body).name);
    this.waiting?.();
    // Between the request and its answer is where a guarded request gets uncertain.
    return pause(2).then(() => ({ status: 201, json: { name } }));
  }

  // The next thing is made.
  next() {
    return new Promise((resolve) => { this.waiting = resolve; }).finally(() => { this.waiting = null; });
  }

  close() {
    return this.server.close();
  }
}

const PAGES = 3;
const mark = (key, n, page = 0) => ({ type: 'task', name: 'work', payload: { do: 'ok', mark: key, n, page } });

// What a webhook asks for, and how many marks that leaves.
const kinds = {
  plain: (key, n) => ({ wish: { do: 'effects', effects: [mark(key, n)] }, marks: 1 }),
  slow: (key, n) => ({ wish: { do: 'create', method: 'POST', path: `/items/${encodeURIComponent(`${key}/${n}`)}`,
    look: `/items/${encodeURIComponent(`${key}/${n}`)}`, once: `${key}/${n}`, body: { name: `${key}/${n}` },
    effects: [mark(key, n)] }, marks: 1, makes: true }),
  // A task that checkpoints after each page.
  paged: (key, n) => ({ wish: { do: 'effects', effects: [{ type: 'task', name: 'work', payload: { do: 'checkpoint',
    pages: Array.from({ length: PAGES }, (_, page) => [mark(key, n, page)]) } }] }, marks: PAGES }),
};

export class Load {
  static async start(random, { accounts = 3, objects = 3, settings = {}, prepare = () => {}, ...options } = {}) {
    const load = new Load();
    load.random = random;
    load.maker = await Maker.start();
    load.ping = await Ping.start({ ...options, settings: {
      log: { level: 'info', format: 'logfmt' },
      egress: { allow: [{ provider: 'ping', host: '127.0.0.1', port: load.maker.port }], connect_timeout: 2, timeout: 5 },
      ...settings } });
    const { daemon } = load.ping;
    load.daemon = daemon;
    daemon.configure({ providers: { ping: { ...daemon.settings.providers.ping, api_url: load.maker.url } } });
    await daemon.stop();
    await prepare(daemon);
    await daemon.run();
    for (let i = 0; i < accounts; i++) load.token = await load.ping.install(`acme-${i}`, `a${i}`);
    load.installer = new Installer(daemon, `acme-${accounts - 1}`, load.token);
    load.senders = [];
    for (let i = 0; i < accounts; i++)
      for (let j = 0; j < objects; j++) load.senders.push(new Sender(load, `a${i}`, `o${j}`));
    load.refused = 0;
    load.stored = new Set();
    load.account = { stored: 0, mark: 0, made: 0, last: new Map(), pages: new Map(), lastMade: new Map() };
    return load;
  }

  async close() {
    await this.pause();
    await this.ping.close().finally(() => this.maker.close());
  }

  // ---- Sending ----

  go() {
    this.going = true;
    this.running = Promise.all(this.senders.map((sender) => sender.run()));
  }

  // All requests are answered or failed.
  async pause() {
    this.going = false;
    await this.running;
  }

  // So many more are acknowledged.
  async more(len) {
    const enough = this.acknowledged + len;
    await until(`${len} more are acknowledged`, () => this.acknowledged >= enough, { every: 5 });
  }

  // Everything acknowledged is delivered once more.
  async repeatAll() {
    for (const sender of this.senders)
      for (const n of [...sender.acknowledged.keys()]) await sender.repeat(n);
  }

  get acknowledged() {
    return this.senders.reduce((sum, sender) => sum + sender.acknowledged.size, 0);
  }

  // ---- Checking ----

  // What must hold at any time: everything acknowledged is stored, nothing is stored or
  // applied or made twice, all in the order in which it was sent.
  async check() {
    // First what we were told, then what is there.
    const told = this.senders.map(({ key, acknowledged }) => [key, [...acknowledged.values()]]);
    await this.#readStored();
    for (const [key, deliveries] of told)
      assert.deepEqual(deliveries.filter((id) => !this.stored.has(id)), [], `acknowledged for ${key}, and lost`);
    await this.#checkMarks();
    this.#checkMade();
  }

  // What is new among the stored ones; none that was there before is gone.
  async #readStored() {
    const rows = await this.daemon.sql(`SELECT id, delivery_id AS delivery, (SELECT count(*) FROM webhook) AS n
      FROM webhook WHERE id > ${this.account.stored} ORDER BY id`);
    for (const { id, delivery } of rows) {
      assert.ok(!this.stored.has(delivery), `delivery ${delivery} is stored twice`);
      this.stored.add(delivery);
      this.account.stored = id;
    }
    if (rows.length > 0) assert.equal(rows[0].n, this.stored.size, 'webhooks that were stored once');
  }

  async #checkMarks() {
    const { account } = this;
    const rows = await this.daemon.sql(`SELECT id, json_extract(payload, '$.mark') AS key, json_extract(payload, '$.n') AS n,
      json_extract(payload, '$.page') AS page FROM job WHERE id > ${account.mark} AND task = 'ping:work' AND key IS NOT NULL ORDER BY id`);
    for (const { id, key, n, page } of rows) {
      account.mark = id;
      const pages = account.pages.get(`${key}/${n}`) ?? 0;
      assert.equal(page, pages, `${key}/${n}: page ${page} was applied after ${pages} pages`);
      account.pages.set(`${key}/${n}`, pages + 1);
      // Pages come from a task of its own, whose key is the integration's.
      if (this.#sender(key).sent.get(n).kind === 'paged') continue;
      assert.ok(n > (account.last.get(key) ?? 0), `${key}/${n} was applied after ${key}/${account.last.get(key)}`);
      account.last.set(key, n);
    }
  }

  #checkMade() {
    const { account, maker } = this;
    for (; account.made < maker.made.length; account.made++) {
      const [, key, n] = maker.made[account.made].match(/^(.*)\/(\d+)$/);
      assert.ok(Number(n) > (account.lastMade.get(key) ?? 0),
        `${key}/${n} was made after ${key}/${account.lastMade.get(key)}`);
      account.lastMade.set(key, Number(n));
    }
  }

  #sender(key) {
    return this.senders.find((sender) => sender.key === key);
  }

  // What must hold once all work is done: everything acknowledged was applied, to its end.
  async checkAtRest() {
    // What died with its host again and again waits longer each time.
    const fates = await this.daemon.idle({ within: 150_000 }).catch(async (error) => {
      const left = await this.daemon.sql('SELECT id, task, status, held, attempts, strikes, code, outcome FROM job WHERE status < 2 LIMIT 5');
      throw new Error(`${error.message}: ${JSON.stringify([left, await this.ping.plugin()])}`);
    });
    assert.deepEqual([fates.dead ?? 0, fates.halted ?? 0], [0, 0], JSON.stringify(fates));
    await this.check();
    for (const { key, acknowledged, sent } of this.senders)
      for (const n of acknowledged.keys()) {
        const { kind, marks, makes } = sent.get(n);
        assert.equal(this.account.pages.get(`${key}/${n}`), marks, `${key}/${n} (${kind}): pages that were applied`);
        if (makes) assert.ok(this.maker.made.includes(`${key}/${n}`), `${key}/${n} was not made`);
      }
    await checkRows(this.daemon, { atRest: true });
  }
}

// One (account, object).
class Sender {
  constructor(load, account, object) {
    Object.assign(this, { load, account, object, key: `${account}/${object}`, n: 0 });
    this.random = load.random.fork();
    this.sent = new Map();
    this.acknowledged = new Map();
  }

  async run() {
    while (this.load.going) {
      if (!this.pending) this.pending = this.#next();
      await this.#send(this.pending);
      // Not faster than the work is done: what is to be killed is work of every kind.
      await pause(this.random.between(0, 60));
    }
  }

  #next() {
    const n = ++this.n;
    const kind = this.random.pick(['plain', 'plain', 'slow', 'slow', 'slow', 'paged']);
    const item = { n, kind, delivery: randomUUID(), event: this.random.chance(0.05) ? 'barrier' : 'told',
      ...kinds[kind](this.key, n) };
    this.sent.set(n, item);
    return item;
  }

  #tell({ wish, event, delivery }) {
    return this.load.ping.tell(this.account, wish, { object: this.object, event, delivery });
  }

  async repeat(n) {
    const { status } = await this.#tell(this.sent.get(n));
    assert.equal(status, 202, `${this.key}/${n} delivered again`);
  }

  async #send(item) {
    const answer = await this.#tell(item).catch(() => null);
    if (!answer || answer.status === 503) return this.#refused(answer);
    assert.ok([200, 202].includes(answer.status), `webhook: ${answer.status} ${answer.text}`);
    this.acknowledged.set(item.n, item.delivery);
    // Upstreams deliver twice now and then.
    this.pending = this.random.chance(0.1) && !item.again ? Object.assign(item, { again: true }) : null;
  }

  // Nobody knows whether it is stored.  Deliver it again, or never: both happen.
  async #refused(answer) {
    if (answer) this.load.refused += 1;
    if (this.random.chance(0.5)) this.pending = null;
    await until('mortised takes webhooks', async () => !this.load.going ||
      (await this.load.daemon.request('GET', '/-/ready')).status === 200, { within: 30_000 });
  }
}

// A request of the installer was cut short.
export class Interrupted extends Error {}

// Somebody installs one integration after the other, step by step; a step that was not
// answered is looked up.
class Installer {
  constructor(daemon, org, token) {
    Object.assign(this, { daemon, org, token, number: 0, complete: 0 });
    this.path = `/organizations/${org}/pipeline/integration_pipeline/`;
  }

  // Begin one, or go on with the one that was interrupted.
  async go() {
    if (!this.account) {
      this.account = `p${++this.number}`;
      this.begun = false;
    }
    let step = this.begun ? await this.#lookUp() : await this.#post({ action: 'initialize', provider: 'ping' });
    this.begun = true;
    while (step && step.status !== 'complete') step = await this.#post(this.#answerFor(step));
    this.account = null;
    this.complete += 1;
  }

  #answerFor({ step, data }) {
    switch (step) {
    case 'account_form': return { account: this.account, api_key: 'k-123456', region: 'eu' };
    case 'colour_selection': return { colour: 'red' };
    case 'overview': return { state: data.state, confirm: true };
    // All answers are there: it is only to be built.
    case null: return {};
    default: throw new Error(`unknown step ${step}`);
    }
  }

  async #post(body) {
    const { status, json, text } = await this.#ask('POST', body);
    assert.equal(status, 200, `pipeline of ${this.account}, ${JSON.stringify(body)}: ${status} ${text}`);
    return json;
  }

  async #ask(method, body) {
    const answer = await this.daemon.api(method, this.path, { token: this.token, body }).catch((error) => {
      throw new Interrupted(error.message);
    });
    if (answer.status >= 500) throw new Interrupted(answer.text);
    return answer;
  }

  // The step at which it stands; null if the last answer had completed it.
  async #lookUp() {
    const { status, json, text } = await this.#ask('GET');
    if (status === 200) return json;
    assert.equal(status, 404, `pipeline of ${this.account}: ${status} ${text}`);
    const [{ n }] = await this.daemon.sql(`SELECT count(*) AS n FROM integration WHERE external_id = '${this.account}'`);
    // Not even begun, it begins again.
    return n === 1 ? null : this.#post({ action: 'initialize', provider: 'ping' });
  }
}

// ---- Rows ----

const wrong = {
  damage: "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
  'a reference to nothing': 'SELECT "table" || \' \' || rowid FROM pragma_foreign_key_check',
  'a webhook without its body': 'SELECT id FROM webhook WHERE length(body) = 0',
  'a webhook without a job': 'SELECT id FROM webhook WHERE id NOT IN (SELECT webhook_id FROM job)',
  'a job without its webhook': 'SELECT id FROM job WHERE webhook_id > 0 AND webhook_id NOT IN (SELECT id FROM webhook)',
  'a webhook with two jobs': 'SELECT webhook_id FROM job WHERE webhook_id > 0 GROUP BY webhook_id HAVING count(*) > 1',
  'a job of no integration': 'SELECT id FROM job WHERE integration_id > 0 AND integration_id NOT IN (SELECT id FROM integration)',
  'a job that runs without a lease': 'SELECT id FROM job WHERE (status = 1) <> (lease IS NOT NULL)',
  'a job held behind nothing': `SELECT id FROM job WHERE held = 1 AND status = 0 AND NOT EXISTS (SELECT 1 FROM job e WHERE e.id < job.id
    AND e.status < 2 AND (e.order_key = job.order_key OR e.integration_id = job.integration_id AND e.order_key IS NOT NULL
    AND (e.barrier = 1 OR job.barrier = 1)))`,
  'a job behind the wrong one': `SELECT id FROM job WHERE behind <> CASE WHEN order_key IS NULL OR status > 1 THEN behind ELSE
    (SELECT coalesce(max(id), 0) FROM job e WHERE e.order_key = job.order_key AND e.status < 2 AND e.id < job.id) END`,
  'an order without its newest job': `SELECT order_key FROM job WHERE order_key IS NOT NULL AND status < 2 GROUP BY order_key
    HAVING max(id) <> coalesce((SELECT newest_id FROM job_key k WHERE k.order_key = job.order_key), 0)`,
  'an order of no job': `SELECT order_key FROM job_key k WHERE NOT EXISTS (SELECT 1 FROM job WHERE job.order_key = k.order_key
    AND status < 2)`,
  'an integration without a link': 'SELECT id FROM integration WHERE id NOT IN (SELECT integration_id FROM organization_integration)',
  'a ledger entry of nobody': `SELECT once FROM ledger WHERE owner LIKE 'integration:%' AND
    CAST(substr(owner, 13) AS INTEGER) NOT IN (SELECT id FROM integration)`,
  'a ledger entry that its job has not settled': `SELECT once FROM ledger JOIN job ON job.id = ledger.job_id
    WHERE ledger.status < 2 AND job.status = 2`,
};
const unfinished = {
  'a job that never ends': 'SELECT id FROM job WHERE status < 2',
  'a claimed pipeline': "SELECT id FROM pipeline WHERE claim IS NOT NULL AND status IN ('active', 'finishing')",
};

// The database is whole, and its rows belong together.
export async function checkRows(daemon, { atRest = false, file } = {}) {
  const queries = Object.entries(atRest ? { ...wrong, ...unfinished } : wrong);
  const found = await daemon.sql(queries.map(([what, query]) => `SELECT '${what}' AS what, * FROM (${query} LIMIT 5)`)
    .join(' UNION ALL '), file);
  assert.deepEqual(found, []);
}
