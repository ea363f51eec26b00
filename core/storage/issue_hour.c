/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/issue_hour.h"

#include "core/base/err.h"
#include "core/storage/tx.h"

#define HOUR_US (INT64_C(3600) * 1000000)
#define DAY_HOURS 24
#define FORTNIGHT_HOURS (14 * DAY_HOURS)

SQL(issue_hour_sql_add, "INSERT INTO issue_hour (issue_id, hour, events) VALUES ($1, $2, $3) "
	"ON CONFLICT (issue_id, hour) DO UPDATE SET events = issue_hour.events + excluded.events");
SQL(issue_hour_sql_recent, "SELECT "
	"CAST(COALESCE(SUM(CASE WHEN hour > $1 THEN events ELSE 0 END), 0) AS BIGINT), "
	"CAST(COALESCE(SUM(events), 0) AS BIGINT) "
	"FROM issue_hour WHERE issue_id = $2 AND hour > $3");
SQL(issue_hour_sql_prune, "DELETE FROM issue_hour WHERE (issue_id, hour) IN ("
	"SELECT issue_id, hour FROM issue_hour WHERE hour <= $1 ORDER BY hour LIMIT $2)");

int issue_hour_add(struct tx *tx, int64_t issue_id, int64_t times, int64_t now_us, struct err *err)
{
	int result = tx_exec(tx, &issue_hour_sql_add, err, "iii", issue_id, now_us / HOUR_US, times);

	return result < 0 ? result : 0;
}

int issue_hour_recent(struct tx *tx, int64_t issue_id, int64_t now_us, int64_t *ret_day,
	int64_t *ret_fortnight, struct err *err)
{
	int64_t hour = now_us / HOUR_US;
	struct query query;
	int result = query_first(&query, tx, &issue_hour_sql_recent, err, "iii", hour - DAY_HOURS,
		issue_id, hour - FORTNIGHT_HOURS);

	if (result == 1) {
		*ret_day = query_int(&query, 0);
		*ret_fortnight = query_int(&query, 1);
	}
	query_end(&query);
	return result < 0 ? result : 0;
}

int issue_hour_prune(struct tx *tx, int64_t now_us, int64_t max, struct err *err)
{
	return tx_exec(tx, &issue_hour_sql_prune, err, "ii", now_us / HOUR_US - FORTNIGHT_HOURS, max);
}
