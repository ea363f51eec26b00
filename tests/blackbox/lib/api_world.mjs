// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Two organizations that have one of everything that a path of the API may name, for tests
// that walk the description.  names() are the values of the path parameters; fresh(name)
// makes another one, to be used up.
import { Project } from './issues.mjs';
import { Ping } from './ping.mjs';
import { Tracker } from './tracker.mjs';

const SCOPES = ['org:admin', 'org:integrations', 'org:ci', 'project:admin', 'project:releases', 'team:admin', 'member:admin', 'event:admin'];

export class ApiWorld {
  static async start(options = {}) {
    const tracker = await Tracker.start();
    const ping = await Ping.start({ tracker, ...options }).catch(async (error) => {
      await tracker.close();
      throw error;
    });
    const world = new ApiWorld(ping, tracker);
    world.acme = await new Side(world, 'acme').make();
    world.other = await new Side(world, 'other').make();
    await ping.daemon.idle();
    return world;
  }

  constructor(ping, tracker) {
    Object.assign(this, { ping, tracker, daemon: ping.daemon, count: 0 });
  }

  async close() {
    await this.ping.close().finally(() => this.tracker.close());
  }

  // A name that nothing has yet.
  unique(prefix) {
    this.count++;
    return `${prefix}${this.count}`;
  }
}

// One organization.
class Side {
  constructor(world, org) {
    Object.assign(this, { world, org, daemon: world.daemon, values: {} });
  }

  async make() {
    const { world, org, daemon } = this;
    await world.ping.install(org, `${org}-account`);
    this.token = await daemon.token(org, SCOPES);
    this.project = await Project.create(daemon, org, 'shop');
    this.values = {
      organization_id_or_slug: org, project_id_or_slug: 'shop', project_id: this.project.id,
      pipeline: 'integration_pipeline', slug: 'ping', rest: 'nowhere', file: 'console.js' };
    const [integration] = await this.get(`/organizations/${org}/integrations/?includeConfig=0`);
    this.values.integration_id = integration.id;
    // In this order: what comes later stands on what is there.
    for (const name of Object.keys(this.makers)) this.values[name] ??= await this.fresh(name);
    await this.send('POST', `/organizations/${org}/members/${this.values.member_id}/teams/${this.values.team_id_or_slug}/`);
    await this.send('POST', `/projects/${org}/shop/teams/${this.values.team_id_or_slug}/`);
    return this;
  }

  async send(method, path, body) {
    const { status, json, text } = await this.daemon.api(method, path, { token: this.token, body });
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return json;
  }

  get(path) {
    return this.send('GET', path);
  }

  fresh(name) {
    return this.makers[name]();
  }

  // The value of a path parameter; a new kind of thing needs a maker here.
  value(name) {
    if (this.values[name] === undefined) throw new Error(`the world has no ${name}: give it a maker in lib/api_world.mjs`);
    return String(this.values[name]);
  }

  // A body from an example, with ids of what is there in place of those that it made up.
  fill(body) {
    const ids = { memberId: this.values.member_id, teamId: this.values.team_id, integrationId: this.values.integration_id,
      repositoryId: this.values.repository_id, projectId: this.project.id, project_id: this.project.id, codeMappingId: this.values.code_mapping_id };
    if (!body || typeof body !== 'object' || Array.isArray(body)) return body;
    // What is there keeps its slug.
    const { slug, ...filled } = body;
    for (const [name, id] of Object.entries(ids)) if (name in filled) filled[name] = Number(id);
    const lists = { project_ids: this.project.id, projectIds: this.project.id, repositoryIds: this.values.repository_id };
    for (const [name, id] of Object.entries(lists)) if (name in filled) filled[name] = [Number(id)];
    return filled;
  }

  // Makers of what paths name, by the name of the parameter.
  makers = {
    member_id: async () => {
      const email = `${this.world.unique('ann')}@${this.org}.test`;
      await this.daemon.ctlOk('user', 'create', email, '--org', this.org, '--role', 'member');
      return (await this.daemon.list(`/organizations/${this.org}/members/`, { token: this.token })).find((member) => member.email === email).id;
    },
    team_id_or_slug: async () => {
      const slug = this.world.unique('team');
      await this.daemon.ctlOk('team', 'create', slug, '--org', this.org);
      return slug;
    },
    key_id: async () => (await this.send('POST', `/projects/${this.org}/shop/keys/`, { name: this.world.unique('key ') })).id,
    team_id: async () => (await this.daemon.list(`/organizations/${this.org}/teams/`, { token: this.token }))
      .find(({ slug }) => slug === this.values.team_id_or_slug).id,
    project_id_or_slug: async () => (await Project.create(this.daemon, this.org, this.world.unique('more'))).slug,
    integration_id: async () => {
      const account = this.world.unique(`${this.org}-account`);
      await this.world.ping.install(this.org, account, this.token);
      return (await this.get(`/organizations/${this.org}/integrations/?includeConfig=0`)).find(({ name }) => name === account).id;
    },
    repository_id: async () => (await this.send('POST', `/organizations/${this.org}/repos/`, {
      provider: 'integrations:ping', installation: this.values.integration_id, identifier: `${this.org}/${this.world.unique('repo')}` })).id,
    code_mapping_id: async () => (await this.send('POST', `/organizations/${this.org}/code-mappings/`, {
      integrationId: this.values.integration_id, repositoryId: this.values.repository_id, projectId: this.project.id,
      stackRoot: this.world.unique('app'), sourceRoot: '', defaultBranch: 'main' })).id,
    codeowners_id: async () => (await this.send('POST', `/projects/${this.org}/shop/codeowners/`, {
      codeMappingId: await this.fresh('code_mapping_id'), raw: '* nobody@acme.test' })).id,
    external_user_id: async () => (await this.send('POST', `/organizations/${this.org}/external-users/`, {
      externalName: this.world.unique('ann-'), provider: 'custom_scm', memberId: this.values.member_id, integrationId: this.values.integration_id })).id,
    external_team_id: async () => (await this.send('POST', `/organizations/${this.org}/external-teams/`, {
      externalName: this.world.unique('web-'), provider: 'custom_scm', teamId: this.values.team_id, integrationId: this.values.integration_id })).id,
    issue_id: async () => (await this.project.report('it broke', { fingerprint: [this.world.unique('issue')], release: '1.0.0' })).id,
    event_id: async () => (await this.get(`/issues/${this.values.issue_id}/events/latest/`)).eventID,
    note_id: async () => (await this.send('POST', `/issues/${this.values.issue_id}/notes/`, { text: this.world.unique('a note ') })).id,
    version: async () => (await this.send('POST', `/projects/${this.org}/shop/releases/`, { version: this.world.unique('2.0.') })).version,
    token_id: async () => (await this.send('POST', `/organizations/${this.org}/org-auth-tokens/`, { name: this.world.unique('CI ') })).id,
    data_forwarder_id: async () => (await this.send('POST', `/organizations/${this.org}/data-forwarders/`, { name: this.world.unique('forwarder') })).id,
  };
}
