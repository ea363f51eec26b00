/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/resolution.h"

#include "core/base/err.h"
#include "core/base/mem.h"

SQL(resolution_sql_get, "SELECT issue_id, release_id, current_release_version, type, account_id, "
	"status, added_at FROM issue_resolution WHERE issue_id = $1");
SQL(resolution_sql_put, "INSERT INTO issue_resolution (issue_id, release_id, "
	"current_release_version, type, account_id, status, added_at) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (issue_id) DO UPDATE SET "
	"release_id = excluded.release_id, "
	"current_release_version = excluded.current_release_version, type = excluded.type, "
	"account_id = excluded.account_id, status = excluded.status, "
	"added_at = excluded.added_at");
SQL(resolution_sql_delete, "DELETE FROM issue_resolution WHERE issue_id = $1");

int resolution_get(struct tx *tx, int64_t issue_id, struct resolution *ret_resolution,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &resolution_sql_get, err, "i", issue_id);

	if (result == 1)
		*ret_resolution = (struct resolution){
			.issue_id = query_int(&query, 0),
			.release_id = query_int(&query, 1),
			.anchor = xstrdup(query_text(&query, 2)),
			.type = (int)query_int(&query, 3),
			.account_id = query_int(&query, 4),
			.status = (int)query_int(&query, 5),
			.added_at_us = query_int(&query, 6),
		};
	query_end(&query);
	return result;
}

int resolution_put(struct tx *tx, const struct resolution *resolution, struct err *err)
{
	int result = tx_exec(tx, &resolution_sql_put, err, "iosioii", resolution->issue_id,
		resolution->release_id > 0 ? &resolution->release_id : NULL, resolution->anchor,
		(int64_t)resolution->type,
		resolution->account_id > 0 ? &resolution->account_id : NULL,
		(int64_t)resolution->status, resolution->added_at_us);

	return result < 0 ? result : 0;
}

int resolution_delete(struct tx *tx, int64_t issue_id, struct err *err)
{
	return tx_exec(tx, &resolution_sql_delete, err, "i", issue_id);
}

void resolution_clear(struct resolution *resolution)
{
	free(resolution->anchor);
	*resolution = (struct resolution){0};
}
