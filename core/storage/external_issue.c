/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/external_issue.h"

#include "core/base/err.h"
#include "core/base/mem.h"

#define COLUMNS                                                                       \
	"e.id, e.organization_id, e.integration_id, e.key, e.title, e.description, "  \
	"e.display_name, e.url, e.metadata, e.status_at, e.assignee_at, "             \
	"e.wrote_status, e.wrote_status_at, e.wrote_assignee, e.wrote_assignee_at, "  \
	"e.gone, e.added_at"

SQL(external_issue_sql_get, "SELECT " COLUMNS " FROM external_issue e "
	"WHERE e.id = $1 AND e.organization_id = $2");
SQL(external_issue_sql_find, "SELECT " COLUMNS " FROM external_issue e "
	"WHERE e.organization_id = $1 AND e.integration_id = $2 AND e.key = $3");
SQL(external_issue_sql_list_key, "SELECT " COLUMNS " FROM external_issue e "
	"WHERE e.integration_id = $1 AND e.key = $2 AND e.id > $3 ORDER BY e.id LIMIT $4");
SQL(external_issue_sql_list_issue, "SELECT " COLUMNS " FROM issue_link l "
	"JOIN external_issue e ON e.id = l.linked_id "
	"WHERE l.issue_id = $1 AND l.linked_type = 3 AND l.linked_id > $2 "
	"ORDER BY l.linked_id LIMIT $3");
SQL(external_issue_sql_insert, "INSERT INTO external_issue (organization_id, integration_id, key, "
	"title, description, display_name, url, metadata, added_at) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7, coalesce($8, '{}'), $9) "
	"ON CONFLICT DO NOTHING RETURNING id");
SQL(external_issue_sql_refresh, "UPDATE external_issue SET title = coalesce($1, title), "
	"description = coalesce($2, description), display_name = coalesce($3, display_name), "
	"url = coalesce($4, url), metadata = coalesce($5, metadata), gone = NULL "
	"WHERE organization_id = $6 AND integration_id = $7 AND key = $8 RETURNING id");
SQL(external_issue_sql_move, "UPDATE external_issue SET key = $1, url = $2, display_name = $3, "
	"gone = NULL WHERE id = $4");
SQL(external_issue_sql_set_gone, "UPDATE external_issue SET gone = $1 "
	"WHERE id = $2 AND coalesce(gone, '') <> coalesce($1, '')");
SQL(external_issue_sql_wrote_status, "UPDATE external_issue SET wrote_status = $1, "
	"wrote_status_at = $2 WHERE id = $3");
SQL(external_issue_sql_wrote_assignee, "UPDATE external_issue SET wrote_assignee = $1, "
	"wrote_assignee_at = $2 WHERE id = $3");
SQL(external_issue_sql_mark_status, "UPDATE external_issue SET status_at = $1 "
	"WHERE id = $2 AND status_at < $1");
SQL(external_issue_sql_mark_assignee, "UPDATE external_issue SET assignee_at = $1 "
	"WHERE id = $2 AND assignee_at < $1");
SQL(external_issue_sql_in_use, "SELECT 1 FROM issue_link WHERE linked_type = 3 AND linked_id = $1 "
	"LIMIT 1");
SQL(external_issue_sql_delete_copies, "DELETE FROM note_copy WHERE external_issue_id = $1");
SQL(external_issue_sql_delete, "DELETE FROM external_issue WHERE id = $1");

const char *external_issue_name(const struct external_issue *issue)
{
	return issue->display_name && *issue->display_name ? issue->display_name : issue->key;
}

static void take_row(struct query *query, struct external_issue *ret_issue)
{
	json_t *metadata = json_loads(query_text(query, 8), 0, NULL);

	*ret_issue = (struct external_issue){
		.id = query_int(query, 0),
		.organization_id = query_int(query, 1),
		.integration_id = query_int(query, 2),
		.key = xstrdup(query_text(query, 3)),
		.title = xstrdup(query_text(query, 4)),
		.description = xstrdup(query_text(query, 5)),
		.display_name = xstrdup(query_text(query, 6)),
		.url = xstrdup(query_text(query, 7)),
		.metadata = metadata ? metadata : json_object(),
		.status_at_us = query_int(query, 9),
		.assignee_at_us = query_int(query, 10),
		.wrote_status = xstrdup(query_text(query, 11)),
		.wrote_status_at_us = query_int(query, 12),
		.wrote_assignee = xstrdup(query_text(query, 13)),
		.wrote_assignee_at_us = query_int(query, 14),
		.gone = xstrdup(query_text(query, 15)),
		.added_at_us = query_int(query, 16),
	};
}

/* The row of a query that query_first has begun. */
static int take_one(struct query *query, int result, struct external_issue *ret_issue,
	struct err *err)
{
	if (result == 1)
		take_row(query, ret_issue);
	query_end(query);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no such external issue");
	return result < 0 ? result : 0;
}

int external_issue_get(struct tx *tx, int64_t organization_id, int64_t id,
	struct external_issue *ret_issue, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &external_issue_sql_get, err, "ii", id,
		organization_id);

	return take_one(&query, result, ret_issue, err);
}

int external_issue_find(struct tx *tx, int64_t organization_id, int64_t integration_id,
	const char *key, struct external_issue *ret_issue, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &external_issue_sql_find, err, "iis",
		organization_id, integration_id, key);

	return take_one(&query, result, ret_issue, err);
}

/* The rows of a query that query_begin has begun, at most 'max'. */
static int take_all(struct query *query, int result, size_t max, struct external_issue **ret_list,
	size_t *ret_len)
{
	struct external_issue *list = xcalloc(max, sizeof(*list));
	size_t len = 0;

	while (result >= 0 && len < max && (result = query_next(query)) == 1)
		take_row(query, &list[len++]);
	query_end(query);
	if (result < 0) {
		external_issue_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

int external_issue_list_key(struct tx *tx, int64_t integration_id, const char *key,
	int64_t after_id, size_t max, struct external_issue **ret_list, size_t *ret_len,
	struct err *err)
{
	struct query query;
	int result = query_begin(&query, tx, &external_issue_sql_list_key, err, "isii",
		integration_id, key, after_id, (int64_t)max);

	return take_all(&query, result, max, ret_list, ret_len);
}

int external_issue_list_issue(struct tx *tx, int64_t issue_id, int64_t after_id, size_t max,
	struct external_issue **ret_list, size_t *ret_len, struct err *err)
{
	struct query query;
	int result = query_begin(&query, tx, &external_issue_sql_list_issue, err, "iii", issue_id,
		after_id, (int64_t)max);

	return take_all(&query, result, max, ret_list, ret_len);
}

int external_issue_put(struct tx *tx, const struct external_issue_put *put, int64_t *ret_id,
	struct err *err)
{
	cleanup_free char *metadata = put->metadata ? json_dumps(put->metadata, JSON_COMPACT) : NULL;
	cleanup_err struct err there = {0};
	int result = tx_insert(tx, &external_issue_sql_insert, ret_id, &there, "iissssssi",
		put->organization_id, put->integration_id, put->key, put->title, put->description,
		put->display_name, put->url, metadata, put->now_us);

	if (result != MORTISE_E_NOT_FOUND)
		return result < 0 ? err_move(err, &there) : 1;
	result = tx_insert(tx, &external_issue_sql_refresh, ret_id, err, "sssssiis", put->title,
		put->description, put->display_name, put->url, metadata, put->organization_id,
		put->integration_id, put->key);
	return result < 0 ? result : 0;
}

int external_issue_move(struct tx *tx, int64_t id, const char *key, const char *url,
	const char *display_name, struct err *err)
{
	return tx_exec(tx, &external_issue_sql_move, err, "sssi", key, url, display_name, id);
}

int external_issue_set_gone(struct tx *tx, int64_t id, const char *reason, struct err *err)
{
	return tx_exec(tx, &external_issue_sql_set_gone, err, "si", reason, id);
}

int external_issue_set_wrote_status(struct tx *tx, int64_t id, const char *status,
	int64_t now_us, struct err *err)
{
	return tx_exec(tx, &external_issue_sql_wrote_status, err, "sii", status, now_us, id);
}

int external_issue_set_wrote_assignee(struct tx *tx, int64_t id, const char *assignee,
	int64_t now_us, struct err *err)
{
	return tx_exec(tx, &external_issue_sql_wrote_assignee, err, "sii", assignee, now_us, id);
}

int external_issue_mark_status(struct tx *tx, int64_t id, int64_t time_us, struct err *err)
{
	return tx_exec(tx, &external_issue_sql_mark_status, err, "ii", time_us, id);
}

int external_issue_mark_assignee(struct tx *tx, int64_t id, int64_t time_us, struct err *err)
{
	return tx_exec(tx, &external_issue_sql_mark_assignee, err, "ii", time_us, id);
}

int external_issue_delete_unused(struct tx *tx, int64_t id, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &external_issue_sql_in_use, err, "i", id);

	query_end(&query);
	if (result != 0)
		return result < 0 ? result : 0;
	result = tx_exec(tx, &external_issue_sql_delete_copies, err, "i", id);
	return result < 0 ? result : tx_exec(tx, &external_issue_sql_delete, err, "i", id);
}

void external_issue_clear(struct external_issue *issue)
{
	free(issue->key);
	free(issue->title);
	free(issue->description);
	free(issue->display_name);
	free(issue->url);
	json_decref(issue->metadata);
	free(issue->wrote_status);
	free(issue->wrote_assignee);
	free(issue->gone);
	*issue = (struct external_issue){0};
}

void external_issue_list_free(struct external_issue *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		external_issue_clear(&list[i]);
	free(list);
}
