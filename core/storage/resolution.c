/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/resolution.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/keyset.h"
#include "core/storage/part.h"

SQL(resolution_sql_get, "SELECT issue_id, release_id, current_release_version, type, account_id, "
	"status, added_at FROM issue_resolution WHERE issue_id = $1");
SQL(resolution_sql_put, "INSERT INTO issue_resolution (issue_id, release_id, "
	"current_release_version, type, account_id, status, added_at) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (issue_id) DO UPDATE SET "
	"release_id = excluded.release_id, "
	"current_release_version = excluded.current_release_version, type = excluded.type, "
	"account_id = excluded.account_id, status = excluded.status, "
	"added_at = excluded.added_at");
/* The project, 0: any, is that of the issue. */
#define IN_RELEASE                                                                       \
	"SELECT r.issue_id FROM issue_resolution r JOIN issue i ON i.id = r.issue_id "   \
	"WHERE r.release_id = $1 AND r.type = 0 AND ($2 = 0 OR i.project_id = $2) "      \
	"AND " PART_REACHES("$3", "i.project_id")
SQL(resolution_sql_list, IN_RELEASE "AND r.issue_id < $4 ORDER BY r.issue_id DESC LIMIT $5");
SQL(resolution_sql_list_back, IN_RELEASE "AND r.issue_id > $4 ORDER BY r.issue_id LIMIT $5");
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

int resolution_list(struct tx *tx, int64_t release_id, int64_t project_id, int64_t member_id,
	const struct keyset *place, int64_t *ret_issue_ids, size_t *ret_len, struct err *err)
{
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, place->back ? &resolution_sql_list_back
		: &resolution_sql_list, err, "iiiii", release_id, project_id, member_id,
		place->id, place->limit);

	while (result >= 0 && (result = query_next(&query)) == 1)
		ret_issue_ids[len++] = query_int(&query, 0);
	query_end(&query);
	if (result < 0)
		return result;
	*ret_len = len;
	return 0;
}

void resolution_clear(struct resolution *resolution)
{
	free(resolution->anchor);
	*resolution = (struct resolution){0};
}
