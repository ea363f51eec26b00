/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/sync_target.h"

#include "core/base/err.h"
#include "core/base/mem.h"

/* linked_type 3: an external issue. */
SQL(sync_target_sql_list, "SELECT e.id, e.integration_id, l.id, e.key, i.provider "
	"FROM issue_link k JOIN external_issue e ON e.id = k.linked_id "
	"JOIN organization_integration l ON l.organization_id = e.organization_id "
	"AND l.integration_id = e.integration_id AND l.status = 0 "
	"JOIN integration i ON i.id = e.integration_id AND i.status = 0 "
	"WHERE k.issue_id = $1 AND k.linked_type = 3 AND k.linked_id > $2 "
	"ORDER BY k.linked_id LIMIT $3");

SQL(sync_known_sql_get, "SELECT coalesce(known_resolved, $1), coalesce(known_assignee_id, $1) "
	"FROM external_issue WHERE id = $2");
SQL(sync_known_sql_set_resolved, "UPDATE external_issue SET known_resolved = $1 WHERE id = $2");
SQL(sync_known_sql_set_assignee, "UPDATE external_issue SET known_assignee_id = $1 WHERE id = $2");

int sync_target_list(struct tx *tx, int64_t issue_id, int64_t after_id, size_t max,
	struct sync_target *ret_targets, size_t *ret_len, struct err *err)
{
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &sync_target_sql_list, err, "iii", issue_id, after_id,
		(int64_t)max);

	while (result >= 0 && (result = query_next(&query)) == 1)
		ret_targets[len++] = (struct sync_target){
			.external_issue_id = query_int(&query, 0),
			.integration_id = query_int(&query, 1),
			.link_id = query_int(&query, 2),
			.key = xstrdup(query_text(&query, 3)),
			.provider = xstrdup(query_text(&query, 4)),
		};
	query_end(&query);
	if (result < 0) {
		for (size_t i = 0; i < len; i++)
			sync_target_clear(&ret_targets[i]);
		return result;
	}
	*ret_len = len;
	return 0;
}

void sync_target_clear(struct sync_target *target)
{
	free(target->key);
	free(target->provider);
	*target = (struct sync_target){0};
}

int sync_known_get(struct tx *tx, int64_t external_issue_id, struct sync_known *ret_known,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &sync_known_sql_get, err, "ii",
		(int64_t)SYNC_UNKNOWN, external_issue_id);

	*ret_known = (struct sync_known){SYNC_UNKNOWN, SYNC_UNKNOWN};
	if (result == 1)
		*ret_known = (struct sync_known){(int)query_int(&query, 0), query_int(&query, 1)};
	query_end(&query);
	return result < 0 ? result : 0;
}

static int set(struct tx *tx, const struct sql *sql, int64_t external_issue_id, int64_t value,
	struct err *err)
{
	int result = tx_exec(tx, sql, err, "oi", value == SYNC_UNKNOWN ? NULL : &value,
		external_issue_id);

	return result < 0 ? result : 0;
}

int sync_known_set_resolved(struct tx *tx, int64_t external_issue_id, int resolved,
	struct err *err)
{
	return set(tx, &sync_known_sql_set_resolved, external_issue_id, resolved, err);
}

int sync_known_set_assignee(struct tx *tx, int64_t external_issue_id, int64_t assignee_id,
	struct err *err)
{
	return set(tx, &sync_known_sql_set_assignee, external_issue_id, assignee_id, err);
}
