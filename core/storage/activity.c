/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/activity.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/json_column.h"

#define COLUMNS \
	"id, issue_id, project_id, type, account_id, origin, ident, data, added_at, updated_at"
/* What no longer belongs to the newest of an issue. */
#define OLD \
	"SELECT id FROM activity WHERE issue_id = $1 ORDER BY id DESC LIMIT 10 OFFSET $2"

SQL(activity_sql_insert, "INSERT INTO activity (issue_id, project_id, type, account_id, origin, "
	"ident, data, added_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id");
SQL(activity_sql_trim_copies, "DELETE FROM note_copy WHERE activity_id IN (" OLD ")");
SQL(activity_sql_trim, "DELETE FROM activity WHERE id IN (" OLD ")");
SQL(activity_sql_get, "SELECT " COLUMNS " FROM activity WHERE id = $1 AND issue_id = $2");
SQL(activity_sql_list, "SELECT " COLUMNS " FROM activity WHERE issue_id = $1 "
	"AND ($2 = '' OR type = $2) AND id < $3 ORDER BY id DESC LIMIT $4");
SQL(activity_sql_list_back, "SELECT " COLUMNS " FROM activity WHERE issue_id = $1 "
	"AND ($2 = '' OR type = $2) AND id > $3 ORDER BY id LIMIT $4");
SQL(activity_sql_count, "SELECT COUNT(*) FROM activity WHERE issue_id = $1 AND type = $2");
SQL(activity_sql_set_data, "UPDATE activity SET data = $1, updated_at = $2 WHERE id = $3");
SQL(activity_sql_delete_copies, "DELETE FROM note_copy WHERE activity_id = $1");
SQL(activity_sql_delete, "DELETE FROM activity WHERE id = $1");

int activity_insert(struct tx *tx, const struct activity_new *activity, int64_t *ret_id,
	struct err *err)
{
	cleanup_free char *data = json_column_text(activity->data);
	int result = tx_insert(tx, &activity_sql_insert, ret_id, err, "iisosssi",
		activity->issue_id, activity->project_id, activity->type,
		activity->account_id > 0 ? &activity->account_id : NULL, activity->origin,
		activity->ident, data, activity->now_us);

	if (result == 0)
		result = tx_exec(tx, &activity_sql_trim_copies, err, "ii", activity->issue_id,
			(int64_t)ACTIVITY_MAX);
	if (result >= 0)
		result = tx_exec(tx, &activity_sql_trim, err, "ii", activity->issue_id,
			(int64_t)ACTIVITY_MAX);
	return result < 0 ? result : 0;
}

static void row_read(struct query *query, struct activity *ret_activity)
{
	*ret_activity = (struct activity){
		.id = query_int(query, 0),
		.issue_id = query_int(query, 1),
		.project_id = query_int(query, 2),
		.type = xstrdup(query_text(query, 3)),
		.account_id = query_int(query, 4),
		.origin = xstrdup(query_text(query, 5)),
		.ident = xstrdup(query_text(query, 6)),
		.data = json_column(query, 7),
		.added_at_us = query_int(query, 8),
		.updated_at_us = query_int(query, 9),
	};
}

int activity_get(struct tx *tx, int64_t issue_id, int64_t id, struct activity *ret_activity,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &activity_sql_get, err, "ii", id, issue_id);

	if (result == 1)
		row_read(&query, ret_activity);
	query_end(&query);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "The requested resource does not exist");
	return result < 0 ? result : 0;
}

int activity_list(struct tx *tx, int64_t issue_id, const char *type, const struct keyset *place,
	struct activity **ret_list, size_t *ret_len, struct err *err)
{
	struct activity *list = xcalloc((size_t)place->limit, sizeof(*list));
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx,
		place->back ? &activity_sql_list_back : &activity_sql_list, err, "isii", issue_id,
		type ? type : "", place->id, place->limit);

	while (result >= 0 && (result = query_next(&query)) == 1)
		row_read(&query, &list[len++]);
	query_end(&query);
	if (result < 0) {
		activity_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

int activity_count(struct tx *tx, int64_t issue_id, const char *type, int64_t *ret_len,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &activity_sql_count, err, "is", issue_id, type);

	if (result == 1)
		*ret_len = query_int(&query, 0);
	query_end(&query);
	return result < 0 ? result : 0;
}

int activity_set_data(struct tx *tx, int64_t id, const json_t *data, int64_t now_us,
	struct err *err)
{
	cleanup_free char *text = json_column_text(data);
	int result = tx_exec(tx, &activity_sql_set_data, err, "sii", text, now_us, id);

	return result < 0 ? result : 0;
}

int activity_delete(struct tx *tx, int64_t id, struct err *err)
{
	int result = tx_exec(tx, &activity_sql_delete_copies, err, "i", id);

	if (result >= 0)
		result = tx_exec(tx, &activity_sql_delete, err, "i", id);
	return result < 0 ? result : 0;
}

void activity_clear(struct activity *activity)
{
	free(activity->type);
	free(activity->origin);
	free(activity->ident);
	json_decref(activity->data);
	*activity = (struct activity){0};
}

void activity_list_free(struct activity *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		activity_clear(&list[i]);
	free(list);
}
