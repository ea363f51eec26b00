/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Jira: what is loaded, and what both providers register alike. */
#include "jira.h"

const struct mortise_host *host;

static int32_t load(const struct mortise_host *table, const struct mortise_registry *registry,
	struct mortise_registrar *reg)
{
	host = table;
	return cloud_load(registry, reg);
}

MORTISE_PLUGIN("jira", "0.1.0", "Apache-2.0", load, NULL);
