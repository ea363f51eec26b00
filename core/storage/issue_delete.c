/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Deleting an issue with all that hangs on it, in the order that foreign keys ask for. */
#include "config.h"
#include "core/storage/issue.h"

#include "core/base/mem.h"

SQL(issue_sql_delete_copies, "DELETE FROM note_copy WHERE activity_id IN "
	"(SELECT id FROM activity WHERE issue_id = $1)");
SQL(issue_sql_delete_activity, "DELETE FROM activity WHERE issue_id = $1");
SQL(issue_sql_delete_links, "DELETE FROM issue_link WHERE issue_id = $1");
SQL(issue_sql_delete_resolution, "DELETE FROM issue_resolution WHERE issue_id = $1");
SQL(issue_sql_delete_legacy, "DELETE FROM legacy_issue WHERE issue_id = $1");
SQL(issue_sql_delete_hashes, "DELETE FROM issue_hash WHERE issue_id = $1");
SQL(issue_sql_delete_bodies, "DELETE FROM event_body WHERE event_row_id IN "
	"(SELECT id FROM event WHERE issue_id = $1)");
SQL(issue_sql_delete_events, "DELETE FROM event WHERE issue_id = $1");
SQL(issue_sql_delete, "DELETE FROM issue WHERE id = $1");

int issue_delete(struct tx *tx, int64_t id, struct err *err)
{
	static const struct sql *const steps[] = {&issue_sql_delete_copies,
		&issue_sql_delete_activity, &issue_sql_delete_links, &issue_sql_delete_resolution,
		&issue_sql_delete_legacy, &issue_sql_delete_hashes, &issue_sql_delete_bodies,
		&issue_sql_delete_events, &issue_sql_delete};

	for (size_t i = 0; i < lengthof(steps); i++) {
		int result = tx_exec(tx, steps[i], err, "i", id);

		if (result < 0)
			return result;
	}
	return 0;
}
