// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// A receiver of webhooks as the README of @octokit/webhooks shows it.
import { createServer } from 'node:http';

import { createNodeMiddleware, Webhooks } from '@octokit/webhooks';

const webhooks = new Webhooks({ secret: process.env.WEBHOOK_SECRET });
let handled = 0;
webhooks.on('push', () => { handled++; });
const server = createServer(createNodeMiddleware(webhooks, { path: '/extensions/github/webhook/' }));
server.keepAliveTimeout = 60_000;
server.listen(Number(process.argv[2]), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
