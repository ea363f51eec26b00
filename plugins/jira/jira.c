/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Jira: what is loaded, and what both providers register alike. */
#include "jira.h"

const struct mortise_host *host;

JIRA_CALLBACK(cloud, sync_metadata)

/* Five more attempts, each 20 s after the one before. */
static const struct mortise_task task = {
	.size = sizeof(task),
	.scope = MORTISE_SCOPE_INTEGRATION,
	.name = SYNC_METADATA,
	.run = cloud_sync_metadata,
	.version = 1,
	.attempts = 6,
	.delay_ms = 20000,
	.factor_percent = 100,
};

static int32_t load(const struct mortise_host *table, const struct mortise_registry *registry,
	struct mortise_registrar *reg)
{
	host = table;
	TRY(cloud_load(registry, reg));
	return registry->task(reg, jira_cloud.provider, &task);
}

MORTISE_PLUGIN("jira", "0.1.0", "Apache-2.0", load, NULL);
