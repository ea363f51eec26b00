// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// mortised with the Jira plugin, a Jira, and Prism between them where Atlassian's
// description is; and what users of both do.
import { InstallKeys, startCloud, startServer } from '../../upstream/jira.mjs';
import { freePort } from './config.mjs';
import { Daemon } from './daemon.mjs';
import { descriptionFile, NO_DESCRIPTION } from './description.mjs';
import { IssueClient } from './issue_client.mjs';
import { noPrism, startPrism } from './prism.mjs';
import { until } from './until.mjs';
import { reach } from './world.mjs';

// Why requests cannot be checked here, or false.
export const notChecked = (name) => noPrism || (descriptionFile(name) ? false : NO_DESCRIPTION);

export class JiraWorld {
  // What a daemon needs to work with this world, see lib/world.mjs.
  get guest() {
    return { plugin: 'jira', provider: this.provider, settings: this.settings, urls: this.urls };
  }

  async run(daemon, settings) {
    this.daemon = daemon;
    daemon.configure({
      egress: { allow: reach(this.guest), connect_timeout: 2, timeout: 10 },
      ...(this.settings && { providers: { [this.provider]: this.settings } }), ...settings });
    await daemon.run();
    return this;
  }

  async close() {
    await this.daemon?.close().finally(() => this.closeSites());
  }

  async closeSites() {
    for (const it of [...this.sites, this.prism, this.keys]) await it?.close();
  }

  // Put Prism in front of a site, if its description is here.
  async behindPrism(site, name) {
    if (notChecked(name)) return;
    this.prism = await startPrism(descriptionFile(name), site.url);
    site.baseUrl = this.prism.url;
  }

  // ---- Organizations and their people ----

  async organization(slug) {
    return this.in(slug, await this.daemon.organization(slug));
  }

  in(slug, token) {
    return new Organization(this, slug, token);
  }

  // Nothing waits here, and every webhook was sent.
  async settle() {
    const told = () => this.sites.reduce((sum, site) => sum + site.told.length, 0);
    let before = -1;
    while (before !== told()) {
      before = told();
      await Promise.all(this.sites.flatMap((site) => site.told));
      await this.daemon.idle();
    }
  }

  // A page of ours in a frame of Jira's: {status, headers, html, data}, the data as its
  // script asks for them: what the page says, or {problem, detail}.
  async page(url) {
    const address = url.pathname + url.search;
    const { status, headers, text: html } = await this.daemon.request('GET', address);
    const { json } = await this.daemon.request('POST', `${url.pathname}data/`, { body: { address } });
    return { status, headers, html, data: json.page ?? json };
  }
}

export class CloudWorld extends JiraWorld {
  static async start({ settings, ...options } = {}) {
    const port = await freePort();
    const world = await CloudWorld.prepare(`http://127.0.0.1:${port}`, options);
    return world.run(await Daemon.prepare({ plugins: ['jira'], port }), settings);
  }

  // What is there before mortised is, at 'url'.  'sites': how many tenants there are; Prism
  // stands before the first, if 'checked'.
  static async prepare(url, { sites = 1, jira = {}, checked = true } = {}) {
    const world = new CloudWorld();
    world.provider = 'jira';
    world.keys = await new InstallKeys().start();
    world.sites = [];
    for (let i = 0; i < sites; i++)
      world.sites.push(await startCloud({ keys: world.keys, app: `${url}/extensions/jira/descriptor/` }));
    [world.jira] = world.sites;
    if (checked) await world.behindPrism(world.jira, 'jira-cloud');
    world.settings = { keys_url: world.keys.url, ...jira };
    world.urls = [world.keys.url, ...world.sites.map(({ baseUrl }) => baseUrl)];
    return world;
  }

  // The reference behind the button of the page that a site's administrator sees.
  async reference(jira = this.jira) {
    const { data } = await this.page(jira.frame('/extensions/jira/ui-hook/'));
    if (!data?.action) throw new Error(`no button in ${JSON.stringify(data)}`);
    return new URL(data.action.url).searchParams.get('signed_params');
  }

  // Link a site to an organization, as its administrator does it: the integration's id.
  async link(org, jira = this.jira) {
    const started = await org.initialize({ signedParams: await this.reference(jira) });
    if (started.status !== 200) throw new Error(`initialize: ${started.status} ${started.text}`);
    const done = await org.answer({ state: started.json.data.state });
    if (done.json?.status !== 'complete') throw new Error(`confirm: ${done.status} ${done.text}`);
    return (await org.integrations()).find(({ externalId }) => externalId === jira.clientKey).id;
  }
}

export class ServerWorld extends JiraWorld {
  // 'reachable': addresses besides that of the site.
  static async start({ path = '', reachable = [], settings } = {}) {
    const world = new ServerWorld();
    world.provider = 'jira_server';
    world.jira = await startServer({ path });
    world.sites = [world.jira];
    await world.behindPrism(world.jira, 'jira-server');
    world.urls = [world.jira.baseUrl, ...reachable];
    const daemon = await Daemon.prepare({ plugins: ['jira'] });
    world.setupUrl = `${daemon.url}/extensions/jira_server/setup/`;
    return world.run(daemon, settings);
  }
}

class Organization {
  constructor(world, slug, token) {
    Object.assign(this, { world, slug, token, daemon: world.daemon });
    this.issues = new IssueClient(world.daemon, slug, token);
    this.pipelinePath = `/organizations/${slug}/pipeline/integration_pipeline/`;
  }

  initialize(initialData) {
    return this.daemon.api('POST', this.pipelinePath, { token: this.token,
      body: { action: 'initialize', provider: this.world.provider, ...(initialData && { initialData }) } });
  }

  answer(body) {
    return this.daemon.api('POST', this.pipelinePath, { token: this.token, body });
  }

  current() {
    return this.daemon.api('GET', this.pipelinePath, { token: this.token });
  }

  integrations() {
    return this.daemon.list(`/organizations/${this.slug}/integrations/?includeConfig=0`, { token: this.token });
  }

  remove(integration) {
    return this.daemon.api('DELETE', `/organizations/${this.slug}/integrations/${integration}/`, { token: this.token });
  }

  // The settings of an integration, as its form has them.
  async config(integration) {
    return (await this.issues.call('GET', `/integrations/${integration}/`)).json;
  }

  search(integration, query) {
    const slug = this.world.provider.replace('_', '-');
    return this.daemon.request('GET', `/extensions/${slug}/search/${this.slug}/${integration}/?${new URLSearchParams(query)}`,
      { token: this.token });
  }

  // A project that somebody with this address works on.
  async project(slug, email) {
    const { dsn } = await this.daemon.ctlJson('project', 'create', slug, '--org', this.slug);
    const { username: key, pathname } = new URL(dsn);
    await this.daemon.ctlOk('user', 'create', email, '--org', this.slug, '--role', 'member');
    await this.daemon.ctlOk('team', 'create', 'crew', '--org', this.slug);
    await this.daemon.ctlOk('team', 'add-project', 'crew', slug, '--org', this.slug);
    await this.daemon.ctlOk('team', 'add-member', 'crew', email, '--org', this.slug);
    return { slug, key, id: pathname.slice(1) };
  }

  // A new issue here.
  async issue(project, title) {
    const { json, status, text } = await this.daemon.api('POST', `/projects/${this.slug}/${project.slug}/issues/`,
      { token: this.token, body: { key: title, title } });
    if (status >= 300) throw new Error(`issue: ${status} ${text}`);
    return this.issues.get(json.id);
  }

  // Settings with everything on: "Done" when resolved, "Open" when not.
  async syncAll(integration, project = '10050') {
    await this.issues.configure(integration, { sync_comments: true, sync_status_reverse: true, sync_forward_assignment: true,
      sync_reverse_assignment: true, sync_status_forward: { [project]: { on_resolve: '10233', on_unresolve: '1' } } });
  }

  // What the form to create proposes for an issue.
  async proposal(issue, integration) {
    const fields = await this.issues.form(issue.id, integration, 'create');
    return Object.fromEntries(fields.filter(({ default: value }) => value !== undefined && value !== '').map((field) => [field.name, field.default]));
  }

  // A job about an external issue that ended so; gives what it says of itself.
  async jobOf(key, state) {
    const found = await until(`a job of ${key} is ${state}`, async () => (await this.daemon.ctlJson('job', 'list')).jobs
      .find((job) => job.object === `issue:${key}` && job.status === state && (state !== 'waiting' || job.attempts > 0)));
    return found;
  }
}
