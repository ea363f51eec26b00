/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/issue_link.h"

#include <stdlib.h>

#include "core/base/mem.h"

SQL(issue_link_sql_insert, "INSERT INTO issue_link (issue_id, project_id, linked_type, linked_id, "
	"relationship, added_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING");
SQL(issue_link_sql_exists, "SELECT 1 FROM issue_link "
	"WHERE issue_id = $1 AND linked_type = $2 AND linked_id = $3");
SQL(issue_link_sql_delete, "DELETE FROM issue_link "
	"WHERE issue_id = $1 AND linked_type = $2 AND linked_id = $3");
SQL(issue_link_sql_list_linked, "SELECT id, issue_id, project_id, linked_type, linked_id, "
	"relationship, added_at FROM issue_link "
	"WHERE linked_type = $1 AND linked_id = $2 AND id > $3 ORDER BY id LIMIT $4");
/* Rows outlive an organization's link to the integration: then they are not its to show. */
#define LINKED_TO_KEY                                                                       \
	"FROM external_issue e JOIN organization_integration o "                            \
	"ON o.integration_id = e.integration_id AND o.organization_id = e.organization_id " \
	"JOIN issue_link l ON l.linked_type = 3 AND l.linked_id = e.id "                    \
	"WHERE e.integration_id = $1 AND e.key = $2 AND o.status = 0 "                      \
	"AND (CAST($3 AS BIGINT) = 0 OR e.organization_id = CAST($3 AS BIGINT))"
SQL(issue_link_sql_count_key, "SELECT COUNT(*) " LINKED_TO_KEY);
SQL(issue_link_sql_list_key, "SELECT l.issue_id " LINKED_TO_KEY " ORDER BY l.id DESC LIMIT $4");

int issue_link_insert(struct tx *tx, const struct issue_link *link, struct err *err)
{
	return tx_exec(tx, &issue_link_sql_insert, err, "iiiiii", link->issue_id, link->project_id,
		(int64_t)link->type, link->linked_id, (int64_t)link->relationship,
		link->added_at_us);
}

int issue_link_exists(struct tx *tx, int64_t issue_id, enum issue_link_type type,
	int64_t linked_id, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &issue_link_sql_exists, err, "iii", issue_id,
		(int64_t)type, linked_id);

	query_end(&query);
	return result;
}

int issue_link_delete(struct tx *tx, int64_t issue_id, enum issue_link_type type,
	int64_t linked_id, struct err *err)
{
	return tx_exec(tx, &issue_link_sql_delete, err, "iii", issue_id, (int64_t)type, linked_id);
}

int issue_link_list_linked(struct tx *tx, enum issue_link_type type, int64_t linked_id,
	int64_t after_id, size_t max, struct issue_link **ret_list, size_t *ret_len,
	struct err *err)
{
	struct issue_link *list = xcalloc(max, sizeof(*list));
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &issue_link_sql_list_linked, err, "iiii",
		(int64_t)type, linked_id, after_id, (int64_t)max);

	while (result >= 0 && len < max && (result = query_next(&query)) == 1)
		list[len++] = (struct issue_link){
			.id = query_int(&query, 0),
			.issue_id = query_int(&query, 1),
			.project_id = query_int(&query, 2),
			.type = (int)query_int(&query, 3),
			.linked_id = query_int(&query, 4),
			.relationship = (int)query_int(&query, 5),
			.added_at_us = query_int(&query, 6),
		};
	query_end(&query);
	if (result < 0) {
		free(list);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

int issue_link_list_key(struct tx *tx, int64_t integration_id, int64_t organization_id,
	const char *key, size_t max, int64_t *ret_issue_ids, size_t *ret_len, int64_t *ret_total,
	struct err *err)
{
	struct query query;
	size_t len = 0;
	int result = query_first(&query, tx, &issue_link_sql_count_key, err, "isi", integration_id,
		key, organization_id);

	if (result == 1)
		*ret_total = query_int(&query, 0);
	query_end(&query);
	if (result < 0)
		return result;
	result = query_begin(&query, tx, &issue_link_sql_list_key, err, "isii", integration_id, key,
		organization_id, (int64_t)max);
	while (result >= 0 && (result = query_next(&query)) == 1)
		ret_issue_ids[len++] = query_int(&query, 0);
	query_end(&query);
	if (result < 0)
		return result;
	*ret_len = len;
	return 0;
}
