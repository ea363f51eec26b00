/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/sync/migrate.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/provider/provider.h"
#include "core/storage/legacy.h"

#define REPOSITORIES_AT_ONCE 100

static int queue(struct tx *tx, const struct migrate *migrate, const char *task,
	const char *object, const char *payload, struct err *err)
{
	int64_t id;

	return job_insert(tx, &(struct job_new){
		.task = task,
		.provider = migrate->provider->provider.key,
		.integration_id = migrate->integration_id,
		.link_id = migrate->link_id,
		.object = object,
		.payload = payload,
		.now_us = migrate->now_us,
		.origin = migrate->origin,
	}, &id, err);
}

static int queue_issues(struct tx *tx, const struct migrate *migrate, struct err *err)
{
	struct legacy_issue first;
	size_t len;

	if (legacy_issue_list(tx, migrate->organization_id, reg_row_key(migrate->provider), 0, 1,
		    &first, &len, err) < 0)
		return err->code;
	if (len == 0)
		return 0;
	legacy_issue_clear(&first);
	return queue(tx, migrate, MIGRATE_ISSUES, "migrate", NULL, err);
}

/* Those of one of the provider's ids that have no integration. */
static int queue_repositories(struct tx *tx, const struct migrate *migrate, const char *id,
	struct err *err)
{
	int64_t ids[REPOSITORIES_AT_ONCE], after = 0;
	size_t len;
	int result;

	do {
		result = legacy_repository_list(tx, migrate->organization_id, id, after,
			REPOSITORIES_AT_ONCE, ids, &len, err);
		for (size_t i = 0; result == 0 && i < len; i++) {
			cleanup_free char *object = xasprintf("repository:%" PRId64, ids[i]);
			cleanup_free char *payload = xasprintf("{\"repo\":%" PRId64 "}", ids[i]);

			result = queue(tx, migrate, MIGRATE_REPO, object, payload, err);
			after = ids[i];
		}
	} while (result == 0 && len == REPOSITORIES_AT_ONCE);
	return result;
}

int migrate_queue(struct tx *tx, const struct migrate *migrate, struct err *err)
{
	const struct reg_provider *provider = migrate->provider;
	const char *key = reg_row_key(provider), *legacy;
	int result = queue_issues(tx, migrate, err);

	if (result < 0 || !provider->has_repository_provider)
		return result;
	/* As we call them, as older systems did, and as those that the plugin knows did. */
	result = queue_repositories(tx, migrate, provider->repository_provider.id, err);
	if (result == 0)
		result = queue_repositories(tx, migrate, key, err);
	legacy = provider->repository_provider.legacy_ids;
	while (result == 0 && legacy && *legacy) {
		const char *end = strchrnul(legacy, ',');
		cleanup_free char *id = xstrndup(legacy, (size_t)(end - legacy));

		if (strcmp(id, key) != 0)
			result = queue_repositories(tx, migrate, id, err);
		legacy = *end ? end + 1 : NULL;
	}
	return result;
}
