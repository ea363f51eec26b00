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
