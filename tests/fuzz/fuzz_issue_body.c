/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What clients say of issues and releases: a body is taken whole, or refused by field. */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "core/api/issue_update.h"
#include "core/api/release_body.h"
#include "core/base/err.h"
#include "core/storage/issue.h"

static void updates(json_t *body)
{
	cleanup_err struct err err = {0};
	struct issue_update update;
	int result = issue_update_read(body, &update, &err);

	HOLDS(result == 0 || (result == MORTISE_E_FIELD && json_object_size(err.fields) > 0));
	if (result < 0)
		return;
	HOLDS(update.status >= -1 && update.status <= ISSUE_IGNORED);
	HOLDS(update.strategy == ISSUE_RESOLVE_NOW || update.status == ISSUE_RESOLVED);
	HOLDS(update.strategy != ISSUE_RESOLVE_IN_RELEASE || update.version);
	HOLDS(update.strategy != ISSUE_RESOLVE_IN_COMMIT || (update.commit && update.repository));
}

static void releases(json_t *json)
{
	cleanup_err struct err err = {0};
	struct release_body body;
	int result = release_body_read(json, &body, &err);
	json_t *item;
	size_t i;

	HOLDS(result == 0 || (result == MORTISE_E_FIELD && json_object_size(err.fields) > 0));
	if (result < 0)
		return;
	HOLDS(body.released_at_us >= 0);
	json_array_foreach(body.commits, i, item)
		HOLDS(json_string_length(json_object_get(item, "id")) > 0);
	json_array_foreach(body.refs, i, item)
		HOLDS(json_string_length(json_object_get(item, "commit")) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_json json_t *body = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_object(body))
		return 0;
	updates(body);
	releases(body);
	return 0;
}
