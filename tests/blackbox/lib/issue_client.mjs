// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The issues of one organization over the API, as a client sees them.
export class IssueClient {
  constructor(daemon, org, token) {
    this.daemon = daemon;
    this.base = `/organizations/${org}`;
    this.token = token;
  }

  // One call below the organization; 'options.allow' lists statuses besides 2xx that are
  // no failure.
  async call(method, path, body, { allow = [], token = this.token } = {}) {
    const answer = await this.daemon.api(method, `${this.base}${path}`, { token, body });
    if ((answer.status < 200 || answer.status > 299) && !allow.includes(answer.status))
      throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer;
  }

  async list(query = '') {
    return this.daemon.list(`${this.base}/issues/?query=${encodeURIComponent(query)}`, { token: this.token });
  }

  async get(id) {
    return (await this.call('GET', `/issues/${id}/`)).json;
  }

  async set(id, values) {
    return (await this.call('PUT', `/issues/${id}/`, values)).json;
  }

  // ---- Notes ----

  async note(id, text) {
    return (await this.call('POST', `/issues/${id}/notes/`, { text })).json;
  }

  async editNote(id, note, text) {
    return (await this.call('PUT', `/issues/${id}/notes/${note}/`, { text })).json;
  }

  // ---- Trackers ----

  tracker(id, integration, query = '') {
    return `/issues/${id}/integrations/${integration}/${query}`;
  }

  async form(id, integration, action, params = {}) {
    const { json } = await this.call('GET', this.tracker(id, integration, `?${new URLSearchParams({ action, ...params })}`));
    return json[`${action}IssueConfig`];
  }

  create(id, integration, fields, options) {
    return this.call('POST', this.tracker(id, integration), fields, options);
  }

  link(id, integration, fields, options) {
    return this.call('PUT', this.tracker(id, integration), fields, options);
  }

  // What an issue is linked to.
  async external(id) {
    const { json } = await this.call('GET', `/issues/${id}/integrations/`);
    return json.flatMap(({ externalIssues }) => externalIssues);
  }

  // Change the settings of an integration.
  configure(integration, config) {
    return this.call('POST', `/integrations/${integration}/`, config);
  }
}
