/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Each status is a stretch of one index in the order that is asked for; a list merges
 * the stretches of the statuses wanted, so a page costs what stands on it and before it.
 * The other conditions are tried on the way.
 */
#include "config.h"
#include "core/storage/issue_list.h"

#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/issue_private.h"
#include "core/storage/like.h"
#include "core/storage/tx.h"

/* $2: the statuses wanted, as bits. */
#define STRETCH(owner, status, bit)                                                          \
	"SELECT " ISSUE_COLUMNS " FROM issue i JOIN project p ON p.id = i.project_id "       \
	"WHERE i." owner " = $1 AND i.status = " status " AND ($2 & " bit ") <> 0 "          \
	"AND p.status = 0 "                                                                  \
	"AND ($3 = 0 OR ($3 = 1 AND (i.assignee_account_id IS NOT NULL "                     \
	"OR i.assignee_team_id IS NOT NULL)) OR ($3 = 2 AND i.assignee_account_id IS NULL "  \
	"AND i.assignee_team_id IS NULL) OR ($3 = 3 AND i.assignee_account_id = $4) "        \
	"OR ($3 = 4 AND i.assignee_team_id = $4)) "                                          \
	"AND ($5 = 0 OR i.first_release_id = $5 OR i.last_release_id = $5) "                 \
	"AND ($6 = 0 OR i.level = $6) "                                                      \
	"AND ($7 = '' OR lower(i.title) LIKE $7 ESCAPE '\\') "
#define STRETCHES(owner)                                                                     \
	STRETCH(owner, "0", "1") "UNION ALL " STRETCH(owner, "1", "2") "UNION ALL "          \
	STRETCH(owner, "2", "4")
/* By column: last_seen_at is the 23rd, id the first. */
#define BY_SEEN "ORDER BY 23 DESC, 1 DESC LIMIT $8 OFFSET $9"
#define BY_NEW "ORDER BY 1 DESC LIMIT $8 OFFSET $9"

SQL(issue_sql_list_organization_seen, STRETCHES("organization_id") BY_SEEN);
SQL(issue_sql_list_organization_new, STRETCHES("organization_id") BY_NEW);
SQL(issue_sql_list_project_seen, STRETCHES("project_id") BY_SEEN);
SQL(issue_sql_list_project_new, STRETCHES("project_id") BY_NEW);

static const struct sql *statement(const struct issue_filter *filter)
{
	if (filter->of_projects)
		return filter->sort == ISSUE_SORT_NEW ? &issue_sql_list_project_new
						      : &issue_sql_list_project_seen;
	return filter->sort == ISSUE_SORT_NEW ? &issue_sql_list_organization_new
					      : &issue_sql_list_organization_seen;
}

struct rows {
	struct issue *list;
	size_t len, room;
};

static void rows_add(struct rows *rows, struct query *query)
{
	if (rows->len == rows->room) {
		rows->room = rows->room ? 2 * rows->room : 16;
		rows->list = xrealloc(rows->list, rows->room * sizeof(*rows->list));
	}
	issue_row_read(query, &rows->list[rows->len++]);
}

/* Rows of the organization, or of one project. */
static int rows_read(struct rows *rows, struct tx *tx, const struct issue_filter *filter,
	int64_t owner_id, int64_t offset, int64_t limit, struct err *err)
{
	cleanup_free char *pattern = like_pattern(filter->text);
	struct query query;
	int result = query_begin(&query, tx, statement(filter), err, "iiiiiisii", owner_id,
		(int64_t)filter->statuses, (int64_t)filter->assigned, filter->assignee_id,
		filter->release_id, (int64_t)filter->level, pattern, limit, offset);

	while (result >= 0 && (result = query_next(&query)) == 1)
		rows_add(rows, &query);
	query_end(&query);
	return result;
}

static int by_id(const void *a, const void *b)
{
	int64_t one = ((const struct issue *)a)->id, other = ((const struct issue *)b)->id;

	return (one < other) - (one > other);
}

static int by_seen(const void *a, const void *b)
{
	int64_t one = ((const struct issue *)a)->last_seen_at_us;
	int64_t other = ((const struct issue *)b)->last_seen_at_us;

	return one == other ? by_id(a, b) : (one < other) - (one > other);
}

/* Take rows out, from one to before another. */
static void rows_cut(struct rows *rows, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		issue_clear(&rows->list[i]);
	for (size_t i = to; i < rows->len; i++)
		rows->list[from + i - to] = rows->list[i];
	rows->len -= to - from;
}

/* The first rows of each project, merged: what a page costs does not depend on how many
 * issues the other projects of the organization have. */
static int rows_merge(struct rows *rows, struct tx *tx, const struct issue_filter *filter,
	struct err *err)
{
	size_t offset = (size_t)filter->offset, end = offset + (size_t)filter->limit;
	int result = 0;

	for (size_t i = 0; i < filter->project_len && result >= 0; i++) {
		result = rows_read(rows, tx, filter, filter->project_ids[i], 0, (int64_t)end, err);
		if (rows->len > 0)
			qsort(rows->list, rows->len, sizeof(*rows->list),
				filter->sort == ISSUE_SORT_NEW ? by_id : by_seen);
		if (rows->len > end)
			rows_cut(rows, end, rows->len);
	}
	rows_cut(rows, 0, offset < rows->len ? offset : rows->len);
	return result;
}

int issue_list(struct tx *tx, const struct issue_filter *filter, struct issue **ret_list,
	size_t *ret_len, struct err *err)
{
	struct rows rows = {0};
	int result;

	if (!filter->of_projects)
		result = rows_read(&rows, tx, filter, filter->organization_id, filter->offset,
			filter->limit, err);
	else if (filter->project_len == 1)
		result = rows_read(&rows, tx, filter, filter->project_ids[0], filter->offset,
			filter->limit, err);
	else
		result = rows_merge(&rows, tx, filter, err);
	if (result < 0) {
		issue_list_free(rows.list, rows.len);
		return result;
	}
	*ret_list = rows.list;
	*ret_len = rows.len;
	return 0;
}
