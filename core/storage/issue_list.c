/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Each status is a stretch of one index in the order that is asked for; a list merges
 * the stretches of the statuses wanted from the place where a page begins, so a page costs
 * what stands on it.  The other conditions are tried on the way.
 *
 * By count, users or level there is no index: each event would have to move its issue in
 * it.  Such a list is made of the issues seen last, so many and no more.
 */
#include "config.h"
#include "core/storage/issue_list.h"

#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/issue_private.h"
#include "core/storage/keyset.h"
#include "core/storage/like.h"
#include "core/storage/tx.h"

/* $2: the statuses wanted, as bits.  An upper bound of last_seen_at would take the index's
 * range from the place of the page. */
#define STRETCH(owner, status, bit, beyond)                                                  \
	"SELECT " ISSUE_COLUMNS " FROM issue i JOIN project p ON p.id = i.project_id "       \
	"WHERE " owner " = $1 AND i.status = " status " AND ($2 & " bit ") <> 0 "          \
	"AND p.status = 0 "                                                                  \
	"AND ($3 = 0 OR ($3 = 1 AND (i.assignee_account_id IS NOT NULL "                     \
	"OR i.assignee_team_id IS NOT NULL)) OR ($3 = 2 AND i.assignee_account_id IS NULL "  \
	"AND i.assignee_team_id IS NULL) OR ($3 = 3 AND i.assignee_account_id = $4) "        \
	"OR ($3 = 4 AND i.assignee_team_id = $4)) "                                          \
	"AND ($5 = 0 OR i.first_release_id = $5 OR i.last_release_id = $5) "                 \
	"AND ($6 = 0 OR i.level = $6) "                                                      \
	"AND ($7 = '' OR lower(i.title) LIKE $7 ESCAPE '\\') "                               \
	"AND ($8 = 0 OR i.first_release_id = $8) "                                           \
	"AND i.last_seen_at >= $9 AND +i.last_seen_at <= $10 "                               \
	"AND i.first_seen_at BETWEEN $11 AND $12 AND i.times_seen BETWEEN $13 AND $14 "      \
	"AND " beyond " "
#define STRETCHES(owner, beyond)                                                             \
	STRETCH(owner, "0", "1", beyond) "UNION ALL " STRETCH(owner, "1", "2", beyond)       \
	"UNION ALL " STRETCH(owner, "2", "4", beyond)
/* By column: last_seen_at is the 23rd, id the first. */
#define BY_SEEN(owner, whose)                                                                \
	STRETCHES(owner, "(i.last_seen_at, i.id) < ($15, $16)" whose)                        \
	"ORDER BY 23 DESC, 1 DESC LIMIT $17"
#define BY_SEEN_BACK(owner, whose)                                                           \
	STRETCHES(owner, "(i.last_seen_at, i.id) > ($15, $16)" whose) "ORDER BY 23, 1 LIMIT $17"
#define BY_NEW(owner) STRETCHES(owner, "i.id < $15") "ORDER BY 1 DESC LIMIT $16"
#define BY_NEW_BACK(owner) STRETCHES(owner, "i.id > $15") "ORDER BY 1 LIMIT $16"

SQL(issue_sql_list_organization_seen, BY_SEEN("i.organization_id", ""));
SQL(issue_sql_list_organization_seen_back, BY_SEEN_BACK("i.organization_id", ""));
SQL(issue_sql_list_organization_new, BY_NEW("i.organization_id"));
SQL(issue_sql_list_organization_new_back, BY_NEW_BACK("i.organization_id"));
SQL(issue_sql_list_project_seen, BY_SEEN("i.project_id", ""));
SQL(issue_sql_list_project_seen_back, BY_SEEN_BACK("i.project_id", ""));
SQL(issue_sql_list_project_new, BY_NEW("i.project_id"));
SQL(issue_sql_list_project_new_back, BY_NEW_BACK("i.project_id"));

/* By: of projects, newest first, backwards. */
static const struct sql *const statements[2][2][2] = {
	{{&issue_sql_list_organization_seen, &issue_sql_list_organization_seen_back},
		{&issue_sql_list_organization_new, &issue_sql_list_organization_new_back}},
	{{&issue_sql_list_project_seen, &issue_sql_list_project_seen_back},
		{&issue_sql_list_project_new, &issue_sql_list_project_new_back}},
};

/* What is assigned to one is little of all there is, so it has indexes of its own; that of
 * the owner would be taken as well. */
#define OF_ACCOUNT " AND i.assignee_account_id = $4 "
#define OF_TEAM " AND i.assignee_team_id = $4 "
SQL(issue_sql_list_organization_account, BY_SEEN("+i.organization_id", OF_ACCOUNT));
SQL(issue_sql_list_organization_account_back, BY_SEEN_BACK("+i.organization_id", OF_ACCOUNT));
SQL(issue_sql_list_organization_team, BY_SEEN("+i.organization_id", OF_TEAM));
SQL(issue_sql_list_organization_team_back, BY_SEEN_BACK("+i.organization_id", OF_TEAM));
SQL(issue_sql_list_project_account, BY_SEEN("+i.project_id", OF_ACCOUNT));
SQL(issue_sql_list_project_account_back, BY_SEEN_BACK("+i.project_id", OF_ACCOUNT));
SQL(issue_sql_list_project_team, BY_SEEN("+i.project_id", OF_TEAM));
SQL(issue_sql_list_project_team_back, BY_SEEN_BACK("+i.project_id", OF_TEAM));

/* By: of projects, to a team, backwards. */
static const struct sql *const assigned_statements[2][2][2] = {
	{{&issue_sql_list_organization_account, &issue_sql_list_organization_account_back},
		{&issue_sql_list_organization_team, &issue_sql_list_organization_team_back}},
	{{&issue_sql_list_project_account, &issue_sql_list_project_account_back},
		{&issue_sql_list_project_team, &issue_sql_list_project_team_back}},
};

static const struct sql *statement_of(const struct issue_filter *filter)
{
	bool is_new = filter->sort == ISSUE_SORT_NEW;

	if (!is_new && (filter->assigned == ISSUE_ASSIGNED_ACCOUNT ||
			       filter->assigned == ISSUE_ASSIGNED_TEAM))
		return assigned_statements[filter->of_projects]
					  [filter->assigned == ISSUE_ASSIGNED_TEAM]
					  [filter->place->back];
	return statements[filter->of_projects][is_new][filter->place->back];
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

/* Begin the statement; 'pattern' is borrowed until its end. */
static int rows_begin(struct query *query, struct tx *tx, const struct issue_filter *filter,
	int64_t owner_id, const char *pattern, struct err *err)
{
	const struct keyset *place = filter->place;
	bool is_new = filter->sort == ISSUE_SORT_NEW;
	const struct sql *sql = statement_of(filter);

#define CONDITIONS                                                                           \
	owner_id, (int64_t)filter->statuses, (int64_t)filter->assigned, filter->assignee_id, \
		filter->release_id, (int64_t)filter->level, pattern, filter->first_release_id,    \
		filter->last_seen_us.min, filter->last_seen_us.max, filter->first_seen_us.min,    \
		filter->first_seen_us.max, filter->times_seen.min, filter->times_seen.max
	if (is_new)
		return query_begin(query, tx, sql, err, "iiiiiisiiiiiiiii", CONDITIONS, place->id,
			place->limit);
	return query_begin(query, tx, sql, err, "iiiiiisiiiiiiiiii", CONDITIONS, place->number,
		place->id, place->limit);
#undef CONDITIONS
}

/* Rows of the organization, or of one project. */
static int rows_read(struct rows *rows, struct tx *tx, const struct issue_filter *filter,
	int64_t owner_id, struct err *err)
{
	cleanup_free char *pattern = like_pattern(filter->text);
	struct query query;
	int result = rows_begin(&query, tx, filter, owner_id, pattern, err);

	while (result >= 0 && (result = query_next(&query)) == 1)
		rows_add(rows, &query);
	query_end(&query);
	return result;
}

int64_t issue_list_key(const struct issue *issue, enum issue_sort sort)
{
	switch (sort) {
	case ISSUE_SORT_SEEN:
		return issue->last_seen_at_us;
	case ISSUE_SORT_COUNT:
		return issue->times_seen;
	case ISSUE_SORT_USERS:
		return issue->users_seen;
	case ISSUE_SORT_LEVEL:
		return issue->level;
	case ISSUE_SORT_NEW:
		break;
	}
	return 0;
}

/* What comes first in a list is less. */
static int compare(const void *a, const void *b, void *arg)
{
	const struct issue *one = a, *other = b;
	const enum issue_sort *sort = arg;
	int64_t one_key = issue_list_key(one, *sort), other_key = issue_list_key(other, *sort);

	if (one_key != other_key)
		return (one_key < other_key) - (one_key > other_key);
	return (one->id < other->id) - (one->id > other->id);
}

/* As they stand in the list; backwards, the other way round. */
static void rows_sort(struct rows *rows, enum issue_sort sort, bool back)
{
	if (rows->len == 0)
		return;
	qsort_r(rows->list, rows->len, sizeof(*rows->list), compare, &sort);
	for (size_t i = 0; back && i < rows->len / 2; i++) {
		struct issue row = rows->list[i];

		rows->list[i] = rows->list[rows->len - 1 - i];
		rows->list[rows->len - 1 - i] = row;
	}
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
	size_t limit = (size_t)filter->place->limit;
	int result = 0;

	if (!filter->of_projects)
		return rows_read(rows, tx, filter, filter->organization_id, err);
	for (size_t i = 0; i < filter->project_len && result >= 0; i++) {
		result = rows_read(rows, tx, filter, filter->project_ids[i], err);
		if (filter->project_len > 1)
			rows_sort(rows, filter->sort, filter->place->back);
		if (rows->len > limit)
			rows_cut(rows, limit, rows->len);
	}
	return result;
}

/* Is the row beyond the place where the page begins? */
static bool is_beyond(const struct issue *issue, const struct issue_filter *filter)
{
	const struct keyset *place = filter->place;
	int64_t key = issue_list_key(issue, filter->sort);
	bool before = key != place->number ? key > place->number : issue->id > place->id;

	return before == place->back && issue->id != place->id;
}

/* A page out of those seen last. */
static int rows_window(struct rows *rows, struct tx *tx, const struct issue_filter *filter,
	struct err *err)
{
	const struct keyset newest = {
		.number = INT64_MAX,
		.id = INT64_MAX,
		.limit = ISSUE_SORT_WINDOW,
	};
	struct issue_filter window = *filter;
	size_t limit = (size_t)filter->place->limit, begin = 0;
	int result;

	window.sort = ISSUE_SORT_SEEN;
	window.place = &newest;
	result = rows_merge(rows, tx, &window, err);
	rows_sort(rows, filter->sort, filter->place->back);
	while (begin < rows->len && !is_beyond(&rows->list[begin], filter))
		begin++;
	rows_cut(rows, 0, begin);
	if (rows->len > limit)
		rows_cut(rows, limit, rows->len);
	return result;
}

int issue_list(struct tx *tx, const struct issue_filter *filter, struct issue **ret_list,
	size_t *ret_len, struct err *err)
{
	bool indexed = filter->sort == ISSUE_SORT_SEEN || filter->sort == ISSUE_SORT_NEW;
	struct rows rows = {0};
	int result = indexed ? rows_merge(&rows, tx, filter, err)
			     : rows_window(&rows, tx, filter, err);

	if (result < 0) {
		issue_list_free(rows.list, rows.len);
		return result;
	}
	*ret_list = rows.list;
	*ret_len = rows.len;
	return 0;
}
