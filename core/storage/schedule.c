/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/schedule.h"

#include "core/base/err.h"
#include "core/base/mem.h"

SQL(schedule_sql_put, "INSERT INTO schedule (name, every_ms, next_at) VALUES ($1, $2, $3) "
	"ON CONFLICT (name) DO UPDATE SET every_ms = excluded.every_ms, next_at = "
	"CASE WHEN schedule.next_at > $4 THEN $4 ELSE schedule.next_at END");
SQL(schedule_sql_remove, "DELETE FROM schedule WHERE name = $1");
SQL(schedule_sql_plugin, "SELECT name FROM schedule WHERE name LIKE '%:%' ORDER BY name");
SQL(schedule_sql_next, "SELECT next_at FROM schedule ORDER BY next_at LIMIT 1");
SQL(schedule_sql_due, "SELECT name, every_ms FROM schedule WHERE next_at <= $1 "
	"ORDER BY next_at LIMIT 1");
SQL(schedule_sql_move_back, "UPDATE schedule SET next_at = next_at - $1 WHERE next_at > $2");
SQL(schedule_sql_move, "UPDATE schedule SET next_at = $1 WHERE name = $2");

int schedule_put(struct tx *tx, const char *name, int64_t every_ms, int64_t now_us,
	struct err *err)
{
	int result = tx_exec(tx, &schedule_sql_put, err, "siii", name, every_ms, now_us,
		now_us + every_ms * 1000);

	return result < 0 ? result : 0;
}

int schedule_remove(struct tx *tx, const char *name, struct err *err)
{
	int result = tx_exec(tx, &schedule_sql_remove, err, "s", name);

	return result < 0 ? result : 0;
}

int schedule_list_plugin(struct tx *tx, size_t max, char **ret_names, size_t *ret_len,
	struct err *err)
{
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &schedule_sql_plugin, err, "");

	while (result >= 0 && len < max && (result = query_next(&query)) == 1)
		ret_names[len++] = xstrdup(query_text(&query, 0));
	query_end(&query);
	*ret_len = len;
	return result < 0 ? result : 0;
}

int schedule_next(struct tx *tx, int64_t *ret_due_us, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &schedule_sql_next, err, "");

	if (result >= 0)
		*ret_due_us = result == 1 ? query_int(&query, 0) : INT64_MAX;
	query_end(&query);
	return result < 0 ? result : 0;
}

int schedule_take(struct tx *tx, int64_t now_us, char **ret_name, struct err *err)
{
	struct query query;
	char *name = NULL;
	int64_t every_ms = 0;
	int result = query_first(&query, tx, &schedule_sql_due, err, "i", now_us);

	if (result == 1) {
		name = xstrdup(query_text(&query, 0));
		every_ms = query_int(&query, 1);
	}
	query_end(&query);
	if (result == 1)
		result = tx_exec(tx, &schedule_sql_move, err, "is", now_us + every_ms * 1000, name);
	if (result < 0) {
		free(name);
		return result;
	}
	*ret_name = name;
	return 0;
}

int schedule_move_back(struct tx *tx, int64_t by_us, int64_t now_us, struct err *err)
{
	return tx_exec(tx, &schedule_sql_move_back, err, "ii", by_us, now_us);
}
