/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/snooze.h"

#include "core/base/err.h"
#include "core/storage/tx.h"

SQL(snooze_sql_put, "INSERT INTO issue_snooze (issue_id, until_at, times_seen, users_seen) "
	"VALUES ($1, $2, $3, $4) ON CONFLICT (issue_id) DO UPDATE SET until_at = excluded.until_at, "
	"times_seen = excluded.times_seen, users_seen = excluded.users_seen");
SQL(snooze_sql_get, "SELECT until_at, times_seen, users_seen FROM issue_snooze "
	"WHERE issue_id = $1");
SQL(snooze_sql_delete, "DELETE FROM issue_snooze WHERE issue_id = $1");

int snooze_put(struct tx *tx, int64_t issue_id, const struct snooze *snooze, struct err *err)
{
	int result = tx_exec(tx, &snooze_sql_put, err, "iiii", issue_id, snooze->until_us,
		snooze->times_seen, snooze->users_seen);

	return result < 0 ? result : 0;
}

int snooze_get(struct tx *tx, int64_t issue_id, struct snooze *ret_snooze, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &snooze_sql_get, err, "i", issue_id);

	if (result == 1)
		*ret_snooze = (struct snooze){
			.until_us = query_int(&query, 0),
			.times_seen = query_int(&query, 1),
			.users_seen = query_int(&query, 2),
		};
	query_end(&query);
	return result;
}

int snooze_delete(struct tx *tx, int64_t issue_id, struct err *err)
{
	int result = tx_exec(tx, &snooze_sql_delete, err, "i", issue_id);

	return result < 0 ? result : 0;
}
