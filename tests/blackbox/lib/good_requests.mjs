// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// For each operation of the description a request that it is there for: its example, on
// what the world has.  Each changes something: what a DELETE names is made for it, and what
// is so already is made otherwise.
const ORDER = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

export class GoodRequests {
  constructor(description, world, side = world.acme) {
    Object.assign(this, { description, world, side, account: `${side.org}-account` });
  }

  // What takes things away comes last, and what is most general at the very end.
  inOrder() {
    const general = ({ method, path }) => (method !== 'DELETE' ? 0 : path.endsWith('/{organization_id_or_slug}/') ? 100 : -path.split('/').length);
    return [...this.description.operations].sort((a, b) => ORDER.indexOf(a.method) - ORDER.indexOf(b.method) || general(a) - general(b));
  }

  async request(operation) {
    const special = await this.#special(operation);
    const last = operation.path.match(/\{(\w+)\}\/$/)?.[1];
    if (operation.method === 'DELETE' && this.side.makers[last]) special.values = { [last]: await this.side.fresh(last), ...special.values };
    return this.plain(operation, special);
  }

  // The same from the description and the world alone, but for what is special.
  plain(operation, { values = {}, query = {}, body, headers, status, token = this.side.token } = {}) {
    const { side, description } = this;
    const path = operation.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name] ?? side.value(name)));
    const required = operation.parameters.filter((parameter) => parameter.in === 'query' && parameter.required)
      .map(({ name, schema }) => [name, description.sample(schema)]);
    const search = new URLSearchParams({ ...Object.fromEntries(required), ...query }).toString();
    const sent = operation.body && (body ?? side.fill(description.bodySample(operation)));
    return { method: operation.method, path: search ? `${path}?${search}` : path, status, headers: {
      ...(!operation.isPublic && token && { authorization: `Bearer ${token}` }), ...(sent !== undefined && { 'content-type': operation.body.media }), ...headers },
    body: sent === undefined || typeof sent === 'string' ? sent : JSON.stringify(sent) };
  }

  // By the beginning of the operation's id: aliases end in another word.
  async #special(operation) {
    const [, make] = Object.entries(this.special).filter(([id]) => operation.id.startsWith(id))
      .sort(([a], [b]) => b.length - a.length)[0] ?? [];
    return make ? make(operation) : {};
  }

  // What an example cannot know.
  special = {
    signIn: async () => ({ body: { token: await this.#signInLink() } }),
    signOut: () => this.#asUser(),
    listUserTokens: () => this.#asUser(),
    createUserToken: async ({ body }) => ({ ...await this.#asUser(), body: { ...body.example, organization: this.side.org } }),
    getUserToken: () => this.#withUserToken(),
    renameUserToken: () => this.#withUserToken(),
    deleteUserToken: () => this.#withUserToken(),
    deleteUserTokenNamed: async () => {
      const { values, ...user } = await this.#withUserToken();
      return { ...user, body: { tokenId: Number(values.token_id) } };
    },
    getPipeline: () => this.#begin(),
    cancelPipeline: () => this.#begin(),
    answerPipeline: () => ({ body: { action: 'initialize', provider: 'ping' } }),
    addRepository: () => ({ body: { provider: 'integrations:ping', installation: this.side.value('integration_id'), identifier: this.world.unique('a/more') } }),
    createExternal: ({ body }) => ({ body: { ...this.side.fill(body.example), externalName: this.world.unique('mona'), provider: 'custom_scm' } }),
    linkIssue: () => ({ body: { externalIssue: this.world.tracker.add(this.account, {}).key } }),
    createIssue: () => ({ body: { title: this.world.unique('a ticket '), board: 'one' } }),
    unlinkIssue: async () => ({ values: { integration_id: this.side.value('integration_id') }, query: { externalIssue: await this.#link() } }),
    deleteIssues: async () => ({ query: { id: await this.side.fresh('issue_id') } }),
    searchTracker: () => ({ query: { field: 'externalIssue', query: 'a' } }),
    sendEvent: () => ({ headers: this.#sdk(), body: { message: 'it broke' } }),
    sendEnvelope: () => ({ headers: this.#sdk(), body: '{}\n{"type":"event"}\n{"message":"it broke"}' }),
    receiveWebhook: () => ({ values: { rest: 'webhook' }, ...this.world.ping.signed({ account: this.account, object: 'one', do: 'nothing' }) }),
    joinTeam: () => this.#fresh('team_id_or_slug'),
    leaveTeam: () => this.#ownTeam(),
    addTeamToProject: () => this.#fresh('team_id_or_slug'),
    removeTeamFromProject: () => this.#ownTeam(),
    changeIssue: () => this.#fresh('issue_id'),
    updateComments: () => this.#newText(),
    updateNotes: () => this.#newText(),
    updateAlone: () => this.#newText(),
    updateGroup: () => this.#newText(),
    updateRepository: async () => ({ ...await this.#fresh('repository_id'), body: { status: 'hidden' } }),
    updateRepositorySettings: () => ({}),        // not as the one above
    listMyTeams: () => this.#asUser(),
    createOrganization: async () => ({ ...await this.#asUser(), body: { name: 'Another', slug: this.world.unique('another') } }),
    addMember: () => ({ body: { email: `${this.world.unique('mona')}@example.com`, orgRole: 'member', teams: [this.side.value('team_id_or_slug')] } }),
    requestIntegration: () => ({ body: { providerSlug: 'ping', providerType: 'first_party' } }),
    putCodeMappings: async ({ body }) => ({ body: { ...body.example, repository: await this.#repositoryName() } }),
    updateCodeMapping: ({ body }) => ({ body: { ...this.side.fill(body.example), stackRoot: `/${this.world.unique('app')}/` } }),
    // What this plugin does not have.
    showExtensionPage: () => ({ status: 404 }),
    readCodeowners: () => ({ status: 404 }),
    listFunctions: () => ({ status: 400 }),
    changeFunction: () => ({ status: 400 }),
    validateChannel: () => ({ query: { channel: 'general' }, status: 400 }),
    migrateOpsgenie: () => ({ status: 400 }),
  };

  async #signInLink() {
    return new URL(await this.world.daemon.ctlOk('login-link', `owner@${this.side.org}.test`)).hash.replace('#token=', '');
  }

  // In a browser session of its own.
  async #asUser() {
    const { json, headers } = await this.world.daemon.api('POST', '/auth/login-link/', { body: { token: await this.#signInLink() } });
    return { token: null, headers: { cookie: headers['set-cookie'][0].split(';')[0], 'x-csrf-token': json.csrf } };
  }

  async #fresh(name) {
    return { values: { [name]: await this.side.fresh(name) } };
  }

  // The one that has the member, and the project.
  #ownTeam() {
    return { values: { team_id_or_slug: this.side.value('team_id_or_slug') } };
  }

  #newText() {
    return { body: { text: this.world.unique('Seen again ') } };
  }

  async #withUserToken() {
    const user = await this.#asUser();
    const { status, json, text } = await this.world.daemon.api('POST', '/api-tokens/', { ...user, body: { name: 'mine', scopes: ['org:read'], organization: this.side.org } });
    if (status !== 201) throw new Error(`a token of a user: ${status} ${text}`);
    return { ...user, values: { token_id: json.id } };
  }

  async #repositoryName() {
    return (await this.side.get(`/organizations/${this.side.org}/repos/${this.side.value('repository_id')}/`)).name;
  }

  async #begin() {
    await this.side.send('POST', `/organizations/${this.side.org}/pipeline/integration_pipeline/`, { action: 'initialize', provider: 'ping' });
    return {};
  }

  async #link() {
    const at = `/organizations/${this.side.org}/issues/${this.side.value('issue_id')}/integrations/${this.side.value('integration_id')}/`;
    return (await this.side.send('PUT', at, { externalIssue: this.world.tracker.add(this.account, {}).key })).id;
  }

  #sdk() {
    return { 'x-sentry-auth': `Sentry sentry_version=7, sentry_key=${this.side.project.key}` };
  }
}
