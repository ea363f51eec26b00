/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/ledger.h"

#include "core/base/err.h"
#include "core/base/mem.h"

SQL(ledger_sql_find,
	"SELECT status, answer, added_at FROM ledger WHERE owner = $1 AND once = $2");
SQL(ledger_sql_intend,
	"INSERT INTO ledger (owner, once, job_id, status, added_at) VALUES ($1, $2, $3, 0, $4) "
	"ON CONFLICT (owner, once) DO NOTHING");
SQL(ledger_sql_lease,
	"SELECT 1 FROM job WHERE id = $1 AND lease = $2 AND status = 1");
SQL(ledger_sql_answer,
	"UPDATE ledger SET status = 1, answer = $1 WHERE owner = $2 AND once = $3 AND status = 0");
SQL(ledger_sql_take_back,
	"DELETE FROM ledger WHERE owner = $1 AND once = $2 AND status = 0");
SQL(ledger_sql_settle,
	"INSERT INTO ledger (owner, once, job_id, status, answer, added_at, settled_at) "
	"VALUES ($1, $2, $3, 2, $4, $5, $6) ON CONFLICT (owner, once) DO UPDATE SET "
	"status = excluded.status, answer = excluded.answer, settled_at = excluded.settled_at");
SQL(ledger_sql_settle_job,
	"UPDATE ledger SET status = 2, settled_at = $1 WHERE job_id = $2 AND status = 1");
SQL(ledger_sql_list,
	"SELECT once, answer FROM ledger WHERE owner = $1 ORDER BY added_at, once LIMIT 1000");
SQL(ledger_sql_prune,
	"DELETE FROM ledger WHERE (owner, once) IN "
	"(SELECT owner, once FROM ledger WHERE added_at < $1 ORDER BY added_at LIMIT $2)");

int ledger_find(struct tx *tx, const char *owner, const char *once,
	struct ledger_entry *ret_entry, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &ledger_sql_find, err, "ss", owner, once);

	if (result == 1) {
		*ret_entry = (struct ledger_entry){
			.status = (int)query_int(&query, 0),
			.answer = xstrdup(query_text(&query, 1)),
			.added_at_us = query_int(&query, 2),
		};
		result = 0;
	} else if (result == 0) {
		result = err_set(err, MORTISE_E_NOT_FOUND, "no ledger entry \"%s\"", once);
	}
	query_end(&query);
	return result;
}

void ledger_entry_clear(struct ledger_entry *entry)
{
	free(entry->answer);
	*entry = (struct ledger_entry){0};
}

/* Does the job still run under the lease that the intent was made with? */
static int check_lease(struct tx *tx, const struct ledger_intent *intent, struct err *err)
{
	struct query query;
	int result;

	if (!intent->lease || intent->job_id == 0)
		return 0;
	result = query_first(&query, tx, &ledger_sql_lease, err, "is", intent->job_id,
		intent->lease);
	query_end(&query);
	if (result == 0)
		return err_set(err, MORTISE_E_CANCELLED, "job %lld no longer runs under this lease",
			(long long)intent->job_id);
	return result < 0 ? result : 0;
}

int ledger_intend(struct tx *tx, const struct ledger_intent *intent, struct err *err)
{
	int result = check_lease(tx, intent, err);

	if (result < 0)
		return result;
	result = tx_exec(tx, &ledger_sql_intend, err, "ssii", intent->owner, intent->once,
		intent->job_id, intent->now_us);
	if (result == 0)
		return err_set(err, MORTISE_E_CONFLICT, "\"%s\" has a ledger entry already",
			intent->once);
	return result < 0 ? result : 0;
}

int ledger_answer(struct tx *tx, const char *owner, const char *once, const char *answer,
	struct err *err)
{
	int result = tx_exec(tx, &ledger_sql_answer, err, "sss", answer, owner, once);

	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "\"%s\" has no intent in the ledger", once);
	return result < 0 ? result : 0;
}

int ledger_take_back(struct tx *tx, const char *owner, const char *once, struct err *err)
{
	return tx_exec(tx, &ledger_sql_take_back, err, "ss", owner, once);
}

int ledger_settle(struct tx *tx, const struct ledger_intent *intent, const char *answer,
	struct err *err)
{
	int result = tx_exec(tx, &ledger_sql_settle, err, "ssisii", intent->owner, intent->once,
		intent->job_id, answer, intent->now_us, intent->now_us);

	return result < 0 ? result : 0;
}

int ledger_settle_job(struct tx *tx, int64_t job_id, int64_t now_us, struct err *err)
{
	int result = tx_exec(tx, &ledger_sql_settle_job, err, "ii", now_us, job_id);

	return result < 0 ? result : 0;
}

int ledger_list(struct tx *tx, const char *owner, json_t **ret_made, struct err *err)
{
	cleanup_json json_t *made = json_object();
	struct query query;
	int result = query_begin(&query, tx, &ledger_sql_list, err, "s", owner);

	while (result >= 0 && (result = query_next(&query)) == 1) {
		const char *answer = query_text(&query, 1);
		json_t *value = answer ? json_loads(answer, JSON_DECODE_ANY, NULL) : NULL;

		json_object_set_new(made, query_text(&query, 0), value ? value : json_null());
	}
	query_end(&query);
	if (result < 0)
		return result;
	*ret_made = steal(&made);
	return 0;
}

int ledger_prune(struct tx *tx, int64_t before_us, int64_t max, struct err *err)
{
	return tx_exec(tx, &ledger_sql_prune, err, "ii", before_us, max);
}
