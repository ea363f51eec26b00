// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// The scene of the measurements: a mortised that logs what it does in production, with
// GitHub installed on an account of 32 repositories.
import { freePort } from '../blackbox/lib/config.mjs';
import { startWorld } from '../blackbox/lib/world.mjs';
import { Load, pushBody } from './load.mjs';

export const INSTALLATION = 48812345;
const REPOSITORIES = 32;
const BODIES = 1024;

export async function startScene() {
  const metricsPort = await freePort();
  const repos = [...Array(REPOSITORIES).keys()].map((i) => ({ owner: 'acme-co', name: `repository-${i}` }));
  const world = await startWorld({
    settings: { log: { level: 'notice', format: 'logfmt' }, metrics: { listen: `127.0.0.1:${metricsPort}` } },
    seed: { repos } });
  const { daemon } = world;
  const token = await daemon.organization('acme');
  await world.install('acme', token);
  await daemon.idle();
  const repositories = await daemon.list('/organizations/acme/repos/', { token });
  return new Scene(world, token, repositories, metricsPort);
}

class Scene {
  constructor(world, token, repositories, metricsPort) {
    this.world = world;
    this.daemon = world.daemon;
    this.token = token;
    this.metricsPort = metricsPort;
    this.firstJob = 0;             // jobs up to this one are not counted as done
    this.repositories = repositories.map(({ id, externalId, name }) => ({ row: id, id: externalId, name }));
  }

  body(repository, sha) {
    return pushBody(INSTALLATION, repository, sha);
  }

  // Pushes that go round the repositories.
  load() {
    return new Load(this.world.github.webhookSecret, [...Array(BODIES).keys()].map((i) =>
      this.body(this.repositories[i % this.repositories.length])));
  }

  // A counter or gauge without labels.
  async metric(name) {
    const answer = await fetch(`http://127.0.0.1:${this.metricsPort}/metrics`);
    const [, value] = (await answer.text()).match(new RegExp(`^${name} ([0-9.e+]+)$`, 'm')) ?? [];
    if (value === undefined) throw new Error(`there is no metric ${name}`);
    return Number(value);
  }

  async count(statement) {
    return (await this.daemon.sql(`SELECT (${statement}) AS n`))[0].n;
  }

  // The queue is of no interest any more: it would take longer to drain than to measure.
  async close() {
    await this.daemon.kill();
    this.daemon.remove();
    await this.world.github.close();
  }
}
