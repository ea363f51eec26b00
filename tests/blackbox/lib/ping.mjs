// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// A mortised with the tests' own plugin (tests/plugins/ping.c), whose calls behave as the
// webhook's body says (tests/plugins/behave.h).
import { createHmac, randomBytes, randomUUID } from 'node:crypto';

import { Daemon } from './daemon.mjs';

export class Ping {
  // 'tracker': what stands behind the plugin's tracker (lib/tracker.mjs).
  static async start({ plugins = ['ping'], settings = {}, tracker = null, ...options } = {}) {
    const ping = new Ping();
    ping.secret = randomBytes(16).toString('hex');
    ping.daemon = await Daemon.prepare({ plugins, ...options });
    ping.daemon.configure({
      providers: { ping: { webhook_secret_file: ping.daemon.secret('ping', ping.secret),
        ...tracker ? { api_url: tracker.url } : {} } },
      ...tracker ? { egress: { allow: [{ provider: 'ping', host: '127.0.0.1', port: Number(new URL(tracker.url).port) }] } } : {},
      ...settings });
    await ping.daemon.run();
    return ping;
  }

  close() {
    return this.daemon.close();
  }

  // An organization with 'account' installed; gives its token.  With 'known', the token of
  // an organization that is there, one account more.
  async install(org, account, known = null) {
    const { daemon } = this;
    const token = known ?? await daemon.organization(org);
    const path = `/organizations/${org}/pipeline/integration_pipeline/`;
    const post = async (body) => {
      const { status, json, text } = await daemon.api('POST', path, { token, body });
      if (status !== 200) throw new Error(`install ping: ${status} ${text}`);
      return json;
    };
    await post({ action: 'initialize', provider: 'ping' });
    await post({ account, api_key: 'k-123456', region: 'eu' });
    let answer = await post({ colour: 'red' });
    // What is shown to be confirmed comes with the state that confirms it.
    answer = await post({ state: answer.data.state, confirm: true });
    if (answer.status !== 'complete') throw new Error(`install ping: ${JSON.stringify(answer)}`);
    await daemon.idle();
    return token;
  }

  // Tell the plugin to do something; 'hook' is "webhook" (stored) or "now" (inline).
  tell(account, wish, { object = 'one', event = 'told', hook = 'webhook', delivery = randomUUID() } = {}) {
    return this.daemon.request('POST', `/extensions/ping/${hook}/`, this.signed({ account, object, ...wish }, event, delivery));
  }

  // Body and headers of a webhook.
  signed(json, event = 'told', delivery = randomUUID()) {
    const body = JSON.stringify(json);
    return { body, headers: { 'x-ping-event': event, 'x-ping-delivery': delivery,
      'x-ping-signature': `sha256=${createHmac('sha256', this.secret).update(body).digest('hex')}` } };
  }

  // Queue the task "work" with this payload: it is tried again after 50 ms.
  work(account, payload, options) {
    return this.tell(account, { do: 'effects', effects: [{ type: 'task', name: 'work', payload }] }, options);
  }

  async plugin(name = 'ping') {
    const answer = await this.daemon.ctlJson('plugin', 'list');
    const plugins = Array.isArray(answer) ? answer : answer.plugins;
    return plugins.find((entry) => entry.name === name || entry.file?.includes(`${name}.so`));
  }
}
