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
	if (filter->project_id)
		return filter->sort == ISSUE_SORT_NEW ? &issue_sql_list_project_new
						      : &issue_sql_list_project_seen;
	return filter->sort == ISSUE_SORT_NEW ? &issue_sql_list_organization_new
					      : &issue_sql_list_organization_seen;
}

int issue_list(struct tx *tx, const struct issue_filter *filter, struct issue **ret_list,
	size_t *ret_len, struct err *err)
{
	cleanup_free char *pattern = like_pattern(filter->text);
	struct issue *list = xcalloc((size_t)filter->limit, sizeof(*list));
	struct query query;
	size_t len = 0;
	int result;

	result = query_begin(&query, tx, statement(filter), err, "iiiiiisii",
		filter->project_id ? filter->project_id : filter->organization_id,
		(int64_t)filter->statuses, (int64_t)filter->assigned, filter->assignee_id,
		filter->release_id, (int64_t)filter->level, pattern, filter->limit,
		filter->offset);
	while (result >= 0 && (result = query_next(&query)) == 1)
		issue_row_read(&query, &list[len++]);
	query_end(&query);
	if (result < 0) {
		issue_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}
