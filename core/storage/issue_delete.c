/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Deleting an issue with all that hangs on it, in the order that foreign keys ask for:
 * when somebody asks, and when it was not seen for long.
 */
#include "config.h"
#include "core/storage/issue.h"

#include "core/base/mem.h"

#define PRUNE_MAX 10           /* at once: each may take a thousand rows along */

SQL(issue_sql_delete_copies, "DELETE FROM note_copy WHERE activity_id IN "
	"(SELECT id FROM activity WHERE issue_id = $1)");
SQL(issue_sql_delete_activity, "DELETE FROM activity WHERE issue_id = $1");
/* What no other issue is linked to. */
SQL(issue_sql_delete_external, "DELETE FROM external_issue WHERE id IN (SELECT linked_id "
	"FROM issue_link WHERE issue_id = $1 AND linked_type = 3) AND NOT EXISTS (SELECT 1 "
	"FROM issue_link l WHERE l.linked_type = 3 AND l.linked_id = external_issue.id "
	"AND l.issue_id <> $1) AND NOT EXISTS (SELECT 1 FROM note_copy c "
	"WHERE c.external_issue_id = external_issue.id)");
SQL(issue_sql_delete_links, "DELETE FROM issue_link WHERE issue_id = $1");
SQL(issue_sql_delete_resolution, "DELETE FROM issue_resolution WHERE issue_id = $1");
SQL(issue_sql_delete_snooze, "DELETE FROM issue_snooze WHERE issue_id = $1");
SQL(issue_sql_delete_legacy, "DELETE FROM legacy_issue WHERE issue_id = $1");
SQL(issue_sql_delete_users, "DELETE FROM issue_user WHERE issue_id = $1");
SQL(issue_sql_delete_hours, "DELETE FROM issue_hour WHERE issue_id = $1");
SQL(issue_sql_delete_hashes, "DELETE FROM issue_hash WHERE issue_id = $1");
SQL(issue_sql_delete_bodies, "DELETE FROM event_body WHERE event_row_id IN "
	"(SELECT id FROM event WHERE issue_id = $1)");
SQL(issue_sql_delete_events, "DELETE FROM event WHERE issue_id = $1");
SQL(issue_sql_delete, "DELETE FROM issue WHERE id = $1");
SQL(issue_sql_old, "SELECT i.id FROM organization o JOIN issue i ON i.organization_id = o.id "
	"WHERE i.status IN (0, 1, 2) AND i.last_seen_at < $1 LIMIT $2");

int issue_delete(struct tx *tx, int64_t id, struct err *err)
{
	static const struct sql *const steps[] = {&issue_sql_delete_copies,
		&issue_sql_delete_activity, &issue_sql_delete_external, &issue_sql_delete_links,
		&issue_sql_delete_resolution, &issue_sql_delete_snooze, &issue_sql_delete_legacy, &issue_sql_delete_users,
		&issue_sql_delete_hours, &issue_sql_delete_hashes, &issue_sql_delete_bodies, &issue_sql_delete_events,
		&issue_sql_delete};

	for (size_t i = 0; i < lengthof(steps); i++) {
		int result = tx_exec(tx, steps[i], err, "i", id);

		if (result < 0)
			return result;
	}
	return 0;
}

int issue_prune(struct tx *tx, int64_t before_us, int64_t limit, struct err *err)
{
	int64_t ids[PRUNE_MAX];
	struct query query;
	int len = 0;
	int result = query_begin(&query, tx, &issue_sql_old, err, "ii", before_us,
		limit < PRUNE_MAX ? limit : PRUNE_MAX);

	while (result >= 0 && (result = query_next(&query)) == 1)
		ids[len++] = query_int(&query, 0);
	query_end(&query);
	for (int i = 0; i < len && result >= 0; i++)
		result = issue_delete(tx, ids[i], err);
	return result < 0 ? result : len;
}
