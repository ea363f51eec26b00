/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/note_copy.h"

#include "core/base/mem.h"

SQL(note_copy_sql_find, "SELECT external_id FROM note_copy "
	"WHERE activity_id = $1 AND external_issue_id = $2");
SQL(note_copy_sql_insert, "INSERT INTO note_copy (activity_id, external_issue_id, external_id, "
	"added_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING");
SQL(note_copy_sql_move, "UPDATE note_copy SET external_issue_id = $1 WHERE external_issue_id = $2 "
	"AND NOT EXISTS (SELECT 1 FROM note_copy o WHERE o.activity_id = note_copy.activity_id "
	"AND o.external_issue_id = $1)");

int note_copy_find(struct tx *tx, int64_t activity_id, int64_t external_issue_id,
	char **ret_external_id, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &note_copy_sql_find, err, "ii", activity_id,
		external_issue_id);

	if (result == 1)
		*ret_external_id = xstrdup(query_text(&query, 0));
	query_end(&query);
	return result;
}

int note_copy_insert(struct tx *tx, int64_t activity_id, int64_t external_issue_id,
	const char *external_id, int64_t now_us, struct err *err)
{
	int result = tx_exec(tx, &note_copy_sql_insert, err, "iisi", activity_id,
		external_issue_id, external_id, now_us);

	return result < 0 ? result : 0;
}

int note_copy_move(struct tx *tx, int64_t from_external_issue_id, int64_t to_external_issue_id,
	struct err *err)
{
	int result = tx_exec(tx, &note_copy_sql_move, err, "ii", to_external_issue_id,
		from_external_issue_id);

	return result < 0 ? result : 0;
}
