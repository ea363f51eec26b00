/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Stored webhooks and jobs: the handlers are the queue's own. */
#include "config.h"
#include "core/admin/admin_methods.h"

#include "core/job/job_admin.h"
#include "core/webhook/webhook.h"

const struct admin_method admin_queue_methods[] = {
	{.name = "WebhookList", .level = ADMIN_READ,
		.in = "(status: ?string, provider: ?string, before: ?string, limit: ?int)",
		.out = "(webhooks: []object)", .help = "Stored webhooks, newest first",
		.run = webhook_admin_list},
	{.name = "WebhookShow", .level = ADMIN_READ, .in = "(id: string)",
		.out = "(webhook: object)", .help = "One webhook and its jobs",
		.run = webhook_admin_show},
	{.name = "WebhookReplay", .level = ADMIN_OPERATE, .in = "(id: string)",
		.out = "(jobs: []string)",
		.help = "Run a stored webhook again, after what waits already",
		.run = webhook_admin_replay},
	{.name = "JobList", .level = ADMIN_READ,
		.in = "(status: ?string, task: ?string, before: ?string, limit: ?int)",
		.out = "(jobs: []object)", .help = "Jobs, newest first", .run = job_admin_list},
	{.name = "JobShow", .level = ADMIN_READ, .in = "(id: string)", .out = "(job: object)",
		.help = "One job", .run = job_admin_show},
	{.name = "JobRetry", .level = ADMIN_OPERATE, .in = "(id: string)", .out = "(id: string)",
		.help = "Run a waiting job now, or a dead one again", .run = job_admin_retry},
	{.name = "JobDrop", .level = ADMIN_OPERATE, .in = "(id: string)", .out = "()",
		.help = "End a waiting job, or forget an ended one", .run = job_admin_drop},
	{0},
};
