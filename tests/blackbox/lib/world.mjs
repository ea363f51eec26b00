// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// mortised and an emulated GitHub that know each other, and the install of one in the
// other as a user and a browser do it.
import { startGithub } from '../../upstream/github.mjs';
import { freePort } from './config.mjs';
import { Daemon } from './daemon.mjs';
import { WebhookSender } from './webhooks.mjs';

// 'apiUrl(github)' may put something between mortised and GitHub's API.  'guests' are further
// providers: [{plugin, provider, settings, urls}].
export async function startWorld({ seed = {}, settings = {}, apiUrl = async ({ url }) => url, guests = [], ...options } = {}) {
  const port = options.port ?? await freePort();
  const github = await startGithub({ setupUrl: `http://127.0.0.1:${port}/extensions/github/setup/`, ...seed });
  const daemon = await Daemon.prepare({ plugins: ['github', ...guests.map(({ plugin }) => plugin)], ...options, port });
  const api = await apiUrl(github);
  daemon.configure({
    egress: { allow: [{ provider: 'github', urls: [api, github.url] }, ...guests].flatMap(reach), connect_timeout: 2, timeout: 10 },
    providers: { github: githubSettings(daemon, github, api),
      ...Object.fromEntries(guests.map((guest) => [guest.provider, guest.settings])) },
    ...settings,
  });
  github.deliveries.url = `${daemon.url}/extensions/github/webhook/`;
  await daemon.run();
  return new World(daemon, github);
}

// What the operator allows, for a provider's addresses to be reached.
export const reach = ({ provider, urls }) =>
  [...new Set(urls)].map((url) => ({ provider, host: '127.0.0.1', port: Number(new URL(url).port) }));

export function githubSettings(daemon, github, apiUrl = github.url) {
  return {
    app_id: String(github.appId),
    app_name: github.appName,
    client_id: github.clientId,
    client_secret_file: daemon.secret('client_secret', github.clientSecret),
    private_key_file: daemon.secret('private_key.pem', github.privateKey),
    webhook_secret_file: daemon.secret('webhook_secret', github.webhookSecret),
    api_url: apiUrl,
    web_url: github.url,
  };
}

export class World {
  constructor(daemon, github) {
    this.daemon = daemon;
    this.github = github;
    this.webhooks = new WebhookSender(daemon, github.webhookSecret);
  }

  async close() {
    await this.daemon.close().finally(() => this.github.close());
  }

  // ---- The pipeline, step by step ----

  pipelinePath(org) {
    return `/organizations/${org}/pipeline/integration_pipeline/`;
  }

  initialize(org, token, initialData) {
    return this.daemon.api('POST', this.pipelinePath(org), { token,
      body: { action: 'initialize', provider: 'github', ...(initialData && { initialData }) } });
  }

  answer(org, token, body) {
    return this.daemon.api('POST', this.pipelinePath(org), { token, body });
  }

  current(org, token) {
    return this.daemon.api('GET', this.pipelinePath(org), { token });
  }

  // What the browser brings back from GitHub for a step that left.
  static brought(url) {
    return Object.fromEntries(url.searchParams);
  }

  // From initialize to complete as GitHub user 'login', who installs the App on
  // 'account'.  Gives the last answer: {status: "complete", data: the integration}.
  async install(org, token, { login = 'mona', account = 'acme-co', choose = null, seen = [] } = {}) {
    let { status, json, text } = await this.initialize(org, token);
    while (status === 200 && json.status !== 'complete') {
      seen.push(json.step);
      const answer = await this.#answerFor(json, { login, account, choose });
      ({ status, json, text } = await this.answer(org, token, answer));
    }
    if (status !== 200) throw new Error(`install: ${status} ${text}`);
    return json;
  }

  async #answerFor({ step, data }, { login, account, choose }) {
    switch (step) {
    case 'oauth_login':
      return World.brought(await this.github.authorize(login, stepUrl(data)));
    case 'organization_selection':
      return { chosen_installation_id: choose ?? '-1', chosenInstallationId: choose ?? '-1' };
    case 'github_installation':
      return World.brought(await this.github.install(login, account, stepUrl(data)));
    default:
      throw new Error(`unknown step ${step}`);
    }
  }
}

// The URL among a step's data, whatever its key.
export function stepUrl(data) {
  const url = Object.values(data).find((value) => typeof value === 'string' && /^https?:/.test(value));
  if (!url) throw new Error(`no URL in ${JSON.stringify(data)}`);
  return url;
}
