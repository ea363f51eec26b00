/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/ownership.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"

#define ISSUE_OWNER "issue_owner"

SQL(ownership_sql_get, "SELECT raw, fallthrough, auto_assignment, codeowners_auto_sync, added_at, "
	"updated_at FROM ownership WHERE project_id = $1");
/* The time is a version, too: it grows with each change. */
SQL(ownership_sql_put, "INSERT INTO ownership (project_id, raw, fallthrough, auto_assignment, "
	"codeowners_auto_sync, added_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6) "
	"ON CONFLICT (project_id) DO UPDATE SET raw = excluded.raw, "
	"fallthrough = excluded.fallthrough, auto_assignment = excluded.auto_assignment, "
	"codeowners_auto_sync = excluded.codeowners_auto_sync, updated_at = "
	"CASE WHEN ownership.updated_at < excluded.updated_at THEN excluded.updated_at "
	"ELSE ownership.updated_at + 1 END");
SQL(ownership_sql_assigns, "SELECT 1 FROM ownership WHERE project_id = $1 AND auto_assignment = $2");
SQL(ownership_sql_versions, "SELECT c.id, c.updated_at, m.id, m.updated_at FROM codeowners c "
	"JOIN code_mapping m ON m.id = c.code_mapping_id WHERE c.project_id = $1 ORDER BY c.id");

int ownership_get(struct tx *tx, int64_t project_id, struct ownership *ret_ownership,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &ownership_sql_get, err, "i", project_id);

	if (result >= 0)
		*ret_ownership = (struct ownership){
			.project_id = project_id,
			.fallthrough = true,
			.codeowners_auto_sync = true,
		};
	if (result == 1) {
		ret_ownership->fallthrough = query_int(&query, 1) != 0;
		ret_ownership->assigns = strcmp(query_text(&query, 2), ISSUE_OWNER) == 0;
		ret_ownership->codeowners_auto_sync = query_int(&query, 3) != 0;
		ret_ownership->added_at_us = query_int(&query, 4);
		ret_ownership->updated_at_us = query_int(&query, 5);
	}
	if (result >= 0)
		ret_ownership->raw = xstrdup(result == 1 ? query_text(&query, 0) : "");
	query_end(&query);
	return result < 0 ? result : 0;
}

int ownership_put(struct tx *tx, const struct ownership *ownership, int64_t now_us,
	struct err *err)
{
	int result = tx_exec(tx, &ownership_sql_put, err, "isisii", ownership->project_id,
		ownership->raw, (int64_t)ownership->fallthrough,
		ownership->assigns ? ISSUE_OWNER : "", (int64_t)ownership->codeowners_auto_sync,
		now_us);

	return result < 0 ? result : 0;
}

int ownership_assigns(struct tx *tx, int64_t project_id, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &ownership_sql_assigns, err, "is", project_id,
		ISSUE_OWNER);

	query_end(&query);
	return result;
}

/* FNV-1a over whole numbers. */
static uint64_t mixed(uint64_t hash, int64_t number)
{
	return (hash ^ (uint64_t)number) * UINT64_C(0x100000001b3);
}

int ownership_version(struct tx *tx, int64_t project_id, uint64_t *ret_version, struct err *err)
{
	cleanup_ownership struct ownership ownership = {0};
	uint64_t version = UINT64_C(0xcbf29ce484222325);
	struct query query;
	int result = ownership_get(tx, project_id, &ownership, err);

	if (result < 0)
		return result;
	version = mixed(version, ownership.updated_at_us);
	result = query_begin(&query, tx, &ownership_sql_versions, err, "i", project_id);
	while (result >= 0 && (result = query_next(&query)) == 1)
		for (int i = 0; i < 4; i++)
			version = mixed(version, query_int(&query, i));
	query_end(&query);
	if (result == 0)
		*ret_version = version;
	return result;
}

void ownership_clear(struct ownership *ownership)
{
	free(ownership->raw);
	*ownership = (struct ownership){0};
}
