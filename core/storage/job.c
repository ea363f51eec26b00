/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/job.h"

#include <inttypes.h>

#include "core/base/err.h"
#include "core/base/mem.h"

/* How many rows behind a closed gate one look moves away. */
#define GATED_MAX 64

/* Held, if it is behind another of its key, or a barrier is before it, or, being a barrier
 * itself, anything at all. */
SQL(job_sql_insert, "INSERT INTO job (task, provider, version, integration_id, link_id, object, "
	"order_key, barrier, behind, held, webhook_id, payload, cursor_state, origin, not_before, "
	"added_at) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, CASE WHEN $7 <> '' AND ("
	"CAST($9 AS BIGINT) > 0 "
	"OR EXISTS (SELECT 1 FROM job WHERE integration_id = $4 AND barrier = 1 "
	"AND status < 2) "
	"OR (CAST($8 AS BIGINT) = 1 AND EXISTS (SELECT 1 FROM job WHERE integration_id = $4 "
	"AND order_key IS NOT NULL AND status < 2))) THEN 1 ELSE 0 END, "
	"$10, $11, $12, $13, $14, $15) RETURNING id");

SQL(job_sql_key_newest, "SELECT newest_id FROM job_key WHERE order_key = $1");
SQL(job_sql_key_add, "INSERT INTO job_key (order_key, newest_id) VALUES ($1, $2)");
SQL(job_sql_key_move, "UPDATE job_key SET newest_id = $1 WHERE order_key = $2");
SQL(job_sql_key_end, "DELETE FROM job_key WHERE order_key = $1");
/* Only the first of a key can wait for its time; those behind it wait for it. */
SQL(job_sql_key_hurry, "UPDATE job SET not_before = $1 WHERE not_before > $1 "
	"AND status = 0 AND held = 0 AND id IN (WITH RECURSIVE chain(id) AS ("
	"SELECT newest_id FROM job_key WHERE order_key = $2 UNION ALL "
	"SELECT behind FROM job JOIN chain ON job.id = chain.id WHERE behind > 0) "
	"SELECT id FROM chain)");

#define JOB_COLUMNS                                                                       \
	"j.id, j.task, j.provider, j.version, j.integration_id, j.link_id, j.webhook_id, " \
	"j.object, j.order_key, j.barrier, j.held, j.solo, j.payload, j.cursor_state, "    \
	"j.origin, j.status, j.attempts, j.faults, j.strikes, j.not_before, j.added_at, "  \
	"j.started_at, j.finished_at, j.code, j.outcome, i.external_id, l.organization_id, "   \
	"j.behind "
#define JOB_FROM                                                                  \
	"FROM job j LEFT JOIN integration i ON i.id = j.integration_id "          \
	"LEFT JOIN organization_integration l ON l.id = j.link_id "

SQL(job_sql_get, "SELECT " JOB_COLUMNS JOB_FROM "WHERE j.id = $1");

SQL(job_sql_next_provider, "SELECT provider FROM job WHERE status = 0 AND held = 0 "
	"AND provider >= $1 ORDER BY provider LIMIT 1");
SQL(job_sql_next_due, "SELECT not_before FROM job WHERE status = 0 AND held = 0 "
	"AND provider = $1 ORDER BY not_before LIMIT 1");
SQL(job_sql_due, "SELECT j.id, i.gate_until FROM job j "
	"LEFT JOIN integration i ON i.id = j.integration_id "
	"WHERE j.status = 0 AND j.held = 0 AND j.provider = $1 AND j.not_before <= $2 "
	"ORDER BY j.not_before, j.id LIMIT $3");
SQL(job_sql_move, "UPDATE job SET not_before = $1 WHERE id = $2 AND status = 0");
SQL(job_sql_lease, "UPDATE job SET status = 1, lease = $1, lease_until = $2, "
	"started_at = CASE WHEN started_at = 0 THEN $3 ELSE started_at END "
	"WHERE id = $4 AND status = 0");
SQL(job_sql_expire, "UPDATE job SET status = 0, lease = NULL, attempts = attempts + 1, "
	"code = 'E_CANCELLED', outcome = 'the run did not end in time' "
	"WHERE status = 1 AND lease_until < $1");
SQL(job_sql_next_lease, "SELECT lease_until FROM job WHERE status = 1 "
	"ORDER BY lease_until LIMIT 1");
SQL(job_sql_end_leases, "UPDATE job SET status = 0, lease = NULL WHERE status = 1");

SQL(job_sql_newest, "SELECT added_at FROM job ORDER BY id DESC LIMIT 1");
SQL(job_sql_move_back, "UPDATE job SET not_before = not_before - $1 "
	"WHERE status = 0 AND not_before > $2");

SQL(job_sql_retry, "UPDATE job SET status = 0, lease = NULL, not_before = $1, attempts = $2, "
	"faults = $3, strikes = $4, solo = $5, code = $6, outcome = $7 "
	"WHERE id = $8 AND lease = $9 AND status = 1");
SQL(job_sql_end, "UPDATE job SET status = $1, lease = NULL, finished_at = $2, attempts = $3, "
	"faults = $4, strikes = $5, code = $6, outcome = $7 "
	"WHERE id = $8 AND lease = $9 AND status = 1");
SQL(job_sql_cursor, "UPDATE job SET cursor_state = COALESCE($1, cursor_state), lease_until = $2 "
	"WHERE id = $3 AND lease = $4 AND status = 1");

/* What may run: no barrier before it; and a barrier, when nothing at all is before it. */
#define NO_BARRIER_BEFORE                                                             \
	"NOT EXISTS (SELECT 1 FROM job b WHERE b.integration_id = job.integration_id "\
	"AND b.barrier = 1 AND b.status < 2 AND b.id < job.id) "
#define NOTHING_BEFORE                                                                \
	"NOT EXISTS (SELECT 1 FROM job e WHERE e.integration_id = job.integration_id "\
	"AND e.order_key IS NOT NULL AND e.status < 2 AND e.id < job.id) "

/* The one behind a job that ended is behind what that one was behind; if that is nothing,
 * it is the first now. */
SQL(job_sql_release_next, "UPDATE job SET behind = $1, held = CASE WHEN CAST($1 AS BIGINT) = 0 "
	"AND " NO_BARRIER_BEFORE "AND (barrier = 0 OR " NOTHING_BEFORE ") THEN 0 ELSE held END "
	"WHERE behind = $2 AND behind > 0 AND status = 0");
/* Behind a barrier that ended: the first of each key, up to the next barrier. */
SQL(job_sql_release_keys, "UPDATE job SET held = 0 WHERE integration_id = $1 "
	"AND order_key IS NOT NULL AND status < 2 AND status = 0 AND held = 1 AND barrier = 0 "
	"AND behind = 0 AND " NO_BARRIER_BEFORE);
SQL(job_sql_release_barrier, "UPDATE job SET held = 0 WHERE id = "
	"(SELECT id FROM job WHERE integration_id = $1 AND barrier = 1 AND status < 2 "
	"ORDER BY id LIMIT 1) AND status = 0 AND held = 1 AND " NOTHING_BEFORE);

#define LIST_REST "AND ($1 = '' OR j.task = $1) AND j.id < $2 ORDER BY j.id DESC LIMIT $3"

/* Each status as a literal, so that its partial index serves; the newest of those that
 * are done are found at the end of the table. */
SQL(job_sql_list, "SELECT " JOB_COLUMNS JOB_FROM "WHERE 1 = 1 " LIST_REST);
SQL(job_sql_list_waiting, "SELECT " JOB_COLUMNS JOB_FROM "WHERE j.id IN ("
	"SELECT id FROM job WHERE status = 0 AND held = 0 UNION ALL "
	"SELECT id FROM job WHERE order_key IS NOT NULL AND status < 2) "
	"AND j.status = 0 " LIST_REST);
SQL(job_sql_list_running, "SELECT " JOB_COLUMNS JOB_FROM "WHERE j.status = 1 " LIST_REST);
SQL(job_sql_list_done, "SELECT " JOB_COLUMNS JOB_FROM "WHERE j.status = 2 " LIST_REST);
SQL(job_sql_list_halted, "SELECT " JOB_COLUMNS JOB_FROM "WHERE j.status = 3 " LIST_REST);
SQL(job_sql_list_dead, "SELECT " JOB_COLUMNS JOB_FROM "WHERE j.status = 4 " LIST_REST);
static const struct sql *const list_of_status[] = {
	[JOB_WAITING] = &job_sql_list_waiting,
	[JOB_RUNNING] = &job_sql_list_running,
	[JOB_DONE] = &job_sql_list_done,
	[JOB_HALTED] = &job_sql_list_halted,
	[JOB_DEAD] = &job_sql_list_dead,
};

SQL(job_sql_halt, "UPDATE job SET status = 3, finished_at = $1, outcome = $2 "
	"WHERE id = $3 AND status = 0");
SQL(job_sql_forget, "DELETE FROM job WHERE id = $1 AND status >= 2");
SQL(job_sql_webhook, "SELECT id FROM job WHERE webhook_id = $1 ORDER BY id LIMIT $2");

/* 0: the key has no unfinished job. */
static int find_newest(struct tx *tx, const char *order_key, int64_t *ret_id, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &job_sql_key_newest, err, "s", order_key);

	if (result >= 0)
		*ret_id = result == 1 ? query_int(&query, 0) : 0;
	query_end(&query);
	return result < 0 ? result : 0;
}

int job_row_add(struct tx *tx, const struct job_add *add, int64_t *ret_id, struct err *err)
{
	int64_t behind = 0;
	int result = add->order_key ? find_newest(tx, add->order_key, &behind, err) : 0;

	if (result == 0)
		result = tx_insert(tx, &job_sql_insert, ret_id, err, "ssiiissiiisssii", add->task,
			add->provider, (int64_t)add->version, add->integration_id, add->link_id,
			add->object, add->order_key, (int64_t)add->barrier, behind,
			add->webhook_id, add->payload, add->cursor, add->origin,
			add->not_before_us, add->now_us);
	if (result < 0 || !add->order_key)
		return result;
	result = behind > 0 ?
		tx_exec(tx, &job_sql_key_move, err, "is", *ret_id, add->order_key) :
		tx_exec(tx, &job_sql_key_add, err, "si", add->order_key, *ret_id);
	return result < 0 ? result : 0;
}

static void read_row(struct query *query, struct job_row *row)
{
	*row = (struct job_row){
		.id = query_int(query, 0),
		.task = xstrdup(query_text(query, 1)),
		.provider = xstrdup(query_text(query, 2)),
		.version = (int)query_int(query, 3),
		.integration_id = query_int(query, 4),
		.link_id = query_int(query, 5),
		.webhook_id = query_int(query, 6),
		.object = xstrdup(query_text(query, 7)),
		.order_key = xstrdup(query_text(query, 8)),
		.barrier = query_int(query, 9) != 0,
		.held = query_int(query, 10) != 0,
		.solo = query_int(query, 11) != 0,
		.payload = xstrdup(query_text(query, 12)),
		.cursor = xstrdup(query_text(query, 13)),
		.origin = xstrdup(query_text(query, 14)),
		.status = (int)query_int(query, 15),
		.attempts = (int)query_int(query, 16),
		.faults = (int)query_int(query, 17),
		.strikes = (int)query_int(query, 18),
		.not_before_us = query_int(query, 19),
		.added_us = query_int(query, 20),
		.started_us = query_int(query, 21),
		.finished_us = query_int(query, 22),
		.code = xstrdup(query_text(query, 23)),
		.outcome = xstrdup(query_text(query, 24)),
		.external_id = xstrdup(query_text(query, 25)),
		.organization_id = query_int(query, 26),
		.behind = query_int(query, 27),
	};
}

void job_row_clear(struct job_row *row)
{
	free(row->task);
	free(row->provider);
	free(row->object);
	free(row->order_key);
	free(row->payload);
	free(row->cursor);
	free(row->origin);
	free(row->code);
	free(row->outcome);
	free(row->external_id);
	*row = (struct job_row){0};
}

int job_row_get(struct tx *tx, int64_t id, struct job_row *ret_row, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &job_sql_get, err, "i", id);

	if (result == 1)
		read_row(&query, ret_row);
	query_end(&query);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "job %" PRId64 " does not exist", id);
	return result < 0 ? result : 0;
}

int job_key_busy(struct tx *tx, const char *order_key, bool *ret_busy, struct err *err)
{
	int64_t newest_id = 0;
	int result = order_key ? find_newest(tx, order_key, &newest_id, err) : 0;

	if (result < 0)
		return result;
	*ret_busy = newest_id != 0;
	return 0;
}

int job_key_hurry(struct tx *tx, const char *order_key, int64_t now_us, struct err *err)
{
	return tx_exec(tx, &job_sql_key_hurry, err, "is", now_us, order_key);
}

/* ---- Picking ---- */

int job_next_provider(struct tx *tx, const char *from, char **ret_provider, struct err *err)
{
	struct query query;
	char *provider = NULL;
	int result = query_first(&query, tx, &job_sql_next_provider, err, "s", from);

	if (result == 1)
		provider = xstrdup(query_text(&query, 0));
	query_end(&query);
	if (result < 0)
		return result;
	*ret_provider = provider;
	return 0;
}

int job_next_due(struct tx *tx, const char *provider, int64_t *ret_due_us, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &job_sql_next_due, err, "s", provider);

	if (result >= 0)
		*ret_due_us = result == 1 ? query_int(&query, 0) : INT64_MAX;
	query_end(&query);
	return result < 0 ? result : 0;
}

struct due {
	int64_t id, gate_us;
};

static int read_due(struct tx *tx, const char *provider, int64_t now_us, size_t max,
	struct due *ret_due, size_t *ret_len, struct err *err)
{
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &job_sql_due, err, "sii", provider, now_us,
		(int64_t)max);

	while (result >= 0 && len < max && (result = query_next(&query)) == 1)
		ret_due[len++] = (struct due){query_int(&query, 0), query_int(&query, 1)};
	query_end(&query);
	*ret_len = len;
	return result < 0 ? result : 0;
}

int job_list_due(struct tx *tx, const char *provider, int64_t now_us, size_t max,
	int64_t *ret_ids, size_t *ret_len, struct err *err)
{
	struct due due[GATED_MAX];
	size_t len, open = 0;
	int result = read_due(tx, provider, now_us, lengthof(due), due, &len, err);

	for (size_t i = 0; result >= 0 && i < len && open < max; i++) {
		if (due[i].gate_us <= now_us)
			ret_ids[open++] = due[i].id;
		else
			result = tx_exec(tx, &job_sql_move, err, "ii", due[i].gate_us, due[i].id);
	}
	*ret_len = open;
	return result < 0 ? result : 0;
}

int job_lease(struct tx *tx, int64_t id, const char *lease, int64_t until_us, int64_t now_us,
	struct err *err)
{
	return tx_exec(tx, &job_sql_lease, err, "siii", lease, until_us, now_us, id);
}

int job_expire_leases(struct tx *tx, int64_t mono_us, struct err *err)
{
	return tx_exec(tx, &job_sql_expire, err, "i", mono_us);
}

int job_next_lease_end(struct tx *tx, int64_t *ret_end_us, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &job_sql_next_lease, err, "");

	if (result >= 0)
		*ret_end_us = result == 1 ? query_int(&query, 0) : INT64_MAX;
	query_end(&query);
	return result < 0 ? result : 0;
}

int job_end_leases(struct tx *tx, struct err *err)
{
	return tx_exec(tx, &job_sql_end_leases, err, "");
}

int job_newest(struct tx *tx, int64_t *ret_added_us, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &job_sql_newest, err, "");

	if (result >= 0)
		*ret_added_us = result == 1 ? query_int(&query, 0) : 0;
	query_end(&query);
	return result < 0 ? result : 0;
}

int job_move_back(struct tx *tx, int64_t by_us, int64_t now_us, struct err *err)
{
	return tx_exec(tx, &job_sql_move_back, err, "ii", by_us, now_us);
}

/* ---- Running and ending ---- */

int job_end(struct tx *tx, const struct job_end *end, struct err *err)
{
	if (end->status == JOB_WAITING)
		return tx_exec(tx, &job_sql_retry, err, "iiiiissis", end->not_before_us,
			(int64_t)end->attempts, (int64_t)end->faults, (int64_t)end->strikes,
			(int64_t)end->solo, end->code, end->outcome, end->id, end->lease);
	return tx_exec(tx, &job_sql_end, err, "iiiiissis", (int64_t)end->status, end->now_us,
		(int64_t)end->attempts, (int64_t)end->faults, (int64_t)end->strikes, end->code,
		end->outcome, end->id, end->lease);
}

int job_save_cursor(struct tx *tx, int64_t id, const char *lease, const char *cursor,
	int64_t lease_until_us, struct err *err)
{
	return tx_exec(tx, &job_sql_cursor, err, "siis", cursor, lease_until_us, id, lease);
}

/* The last of its key: the one before it is the newest now. */
static int shorten_key(struct tx *tx, const struct job_row *row, struct err *err)
{
	return row->behind > 0 ?
		tx_exec(tx, &job_sql_key_move, err, "is", row->behind, row->order_key) :
		tx_exec(tx, &job_sql_key_end, err, "s", row->order_key);
}

int job_release(struct tx *tx, const struct job_row *row, struct err *err)
{
	int result;

	if (!row->order_key)
		return 0;
	result = tx_exec(tx, &job_sql_release_next, err, "ii", row->behind, row->id);
	if (result == 0)
		result = shorten_key(tx, row, err);
	if (result >= 0 && row->barrier)
		result = tx_exec(tx, &job_sql_release_keys, err, "i", row->integration_id);
	if (result >= 0 && row->integration_id != 0)
		result = tx_exec(tx, &job_sql_release_barrier, err, "i", row->integration_id);
	return result < 0 ? result : 0;
}

/* ---- For the operator ---- */

int job_list(struct tx *tx, int status, const char *task, int64_t before, size_t max,
	struct job_row **ret_rows, size_t *ret_len, struct err *err)
{
	struct job_row *rows = xcalloc(max, sizeof(*rows));
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, status < 0 ? &job_sql_list : list_of_status[status],
		err, "sii", task ? task : "", before > 0 ? before : INT64_MAX, (int64_t)max);

	while (result >= 0 && len < max && (result = query_next(&query)) == 1)
		read_row(&query, &rows[len++]);
	query_end(&query);
	if (result < 0) {
		while (len > 0)
			job_row_clear(&rows[--len]);
		free(rows);
		return result;
	}
	*ret_rows = rows;
	*ret_len = len;
	return 0;
}

int job_hurry(struct tx *tx, int64_t id, int64_t now_us, struct err *err)
{
	return tx_exec(tx, &job_sql_move, err, "ii", now_us, id);
}

int job_revive(struct tx *tx, int64_t id, int64_t now_us, int64_t *ret_id, struct err *err)
{
	cleanup_job_row struct job_row row = {0};
	int result = job_row_get(tx, id, &row, err);

	if (result < 0)
		return result;
	if (row.status != JOB_HALTED && row.status != JOB_DEAD)
		return err_set(err, MORTISE_E_CONFLICT,
			"job %" PRId64 " is neither halted nor a dead letter", id);
	result = tx_exec(tx, &job_sql_forget, err, "i", id);
	if (result < 0)
		return result;
	return job_row_add(tx, &(struct job_add){
		.task = row.task,
		.provider = row.provider,
		.version = row.version,
		.integration_id = row.integration_id,
		.link_id = row.link_id,
		.webhook_id = row.webhook_id,
		.object = row.object,
		.order_key = row.order_key,
		.barrier = row.barrier,
		.payload = row.payload,
		.cursor = row.cursor,
		.origin = row.origin,
		.not_before_us = now_us,
		.now_us = now_us,
	}, ret_id, err);
}

int job_halt_waiting(struct tx *tx, int64_t id, const char *outcome, int64_t now_us,
	struct err *err)
{
	cleanup_job_row struct job_row row = {0};
	int result = job_row_get(tx, id, &row, err);
	int changed;

	if (result < 0)
		return result;
	changed = tx_exec(tx, &job_sql_halt, err, "isi", now_us, outcome, id);
	if (changed <= 0)
		return changed;
	result = job_release(tx, &row, err);
	return result < 0 ? result : changed;
}

int job_forget(struct tx *tx, int64_t id, struct err *err)
{
	return tx_exec(tx, &job_sql_forget, err, "i", id);
}

int job_list_webhook(struct tx *tx, int64_t webhook_id, size_t max, int64_t *ret_ids,
	size_t *ret_len, struct err *err)
{
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &job_sql_webhook, err, "ii", webhook_id, (int64_t)max);

	while (result >= 0 && len < max && (result = query_next(&query)) == 1)
		ret_ids[len++] = query_int(&query, 0);
	query_end(&query);
	if (result < 0)
		return result;
	*ret_len = len;
	return 0;
}
