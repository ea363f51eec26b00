/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/scratch_store.h"

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/storage/prune.h"
#include "core/storage/store.h"
#include "core/storage/tx.h"

#define OLD 1000
#define CUTOFF 2000
#define YOUNG 2200
#define NOW 2500
#define RECENT 3000
#define FUTURE 4000
/* More than one step looks at. */
#define MANY 2500

SQL(webhook_put, "INSERT INTO webhook (key_owner, provider, webhook, event, received_at) "
	"VALUES ('test', 'test', 'test', 'test', $1) RETURNING id");
SQL(job_put, "INSERT INTO job (task, webhook_id, payload, origin, status, not_before, added_at, "
	"finished_at) VALUES ('t', $1, '{}', 'system', $2, 0, 0, $3)");
SQL(audit_put, "INSERT INTO audit_log (organization_id, origin, event, target, added_at) "
	"VALUES (1, 'system', 'e', 't', $1)");
SQL(ledger_put, "INSERT INTO ledger (owner, once, status, added_at) VALUES ('o', $1, 1, $2)");
SQL(account_put_sql, "INSERT INTO account (email, name, added_at) VALUES ('a@b', 'a', 0) "
	"RETURNING id");
SQL(session_put, "INSERT INTO session (hash, csrf_hash, account_id, added_at, expires_at) "
	"VALUES ($1, 'c', $2, 0, $3)");
SQL(link_put, "INSERT INTO login_link (hash, account_id, added_at, expires_at) "
	"VALUES ($1, $2, 0, $3)");
SQL(reference_put, "INSERT INTO reference (hash, provider, integration_id, expires_at) "
	"VALUES ($1, 'test', 1, $2)");
SQL(count_rows, "SELECT (SELECT COUNT(*) FROM webhook), "
	"(SELECT COUNT(*) FROM job), (SELECT COUNT(*) FROM audit_log), "
	"(SELECT COUNT(*) FROM ledger), (SELECT COUNT(*) FROM session), "
	"(SELECT COUNT(*) FROM login_link), (SELECT COUNT(*) FROM reference)");

enum { WEBHOOKS, JOBS, AUDITS, LEDGERS, SESSIONS, LINKS, REFERENCES, KINDS };

static const struct prune_cutoffs cutoffs = {
	.webhooks_us = CUTOFF, .jobs_us = CUTOFF, .ledger_us = CUTOFF, .events_us = CUTOFF,
	.issues_us = CUTOFF,
	.audit_us = CUTOFF, .now_us = NOW,
};

static int setup(void **state)
{
	struct scratch_store *scratch = new(struct scratch_store);

	log_setup(MORTISE_LOG_ERROR - 1, LOG_LOGFMT);
	scratch_store_open(scratch);
	*state = scratch;
	return 0;
}

static int teardown(void **state)
{
	scratch_store_close(*state);
	free(*state);
	return 0;
}

static void write_in(struct scratch_store *scratch, store_fn *fn, void *arg)
{
	cleanup_err struct err err = {0};

	if (store_write(scratch->store, fn, arg, &err) < 0)
		fail_msg("%s", err_text(&err));
}

/* A webhook and, with a status, its job. */
static int add_webhook(struct tx *tx, int64_t received_us, int status, int64_t finished_us,
	struct err *err)
{
	const int64_t *finished = status >= 2 ? &finished_us : NULL;
	int64_t id;
	int result = tx_insert(tx, &webhook_put, &id, err, "i", received_us);

	if (result == 0 && status >= 0)
		result = tx_exec(tx, &job_put, err, "iio", id, (int64_t)status, finished);
	return result < 0 ? result : 0;
}

static int add_webhooks(struct tx *tx, void *arg, struct err *err)
{
	static const struct {
		int64_t received_us;
		int status;
		int64_t finished_us;
	} rows[] = {
		{OLD, -1, 0},          /* goes */
		{OLD, 2, OLD},         /* goes, with its job */
		{OLD, 4, OLD},         /* so do dead letters */
		{OLD, 0, 0},           /* waits */
		{OLD, 1, 0},           /* runs */
		{OLD, 3, RECENT},      /* its job is still shown */
		{YOUNG, -1, 0},
	};

	(void)arg;
	for (size_t i = 0; i < lengthof(rows); i++)
		if (add_webhook(tx, rows[i].received_us, rows[i].status, rows[i].finished_us,
			err) < 0)
			return err->code;
	return 0;
}

static int add_others(struct tx *tx, void *arg, struct err *err)
{
	int64_t account;
	int result = tx_insert(tx, &account_put_sql, &account, err, "");

	(void)arg;
	for (int i = 0; i < 2 && result >= 0; i++) {
		int64_t at_us = i == 0 ? OLD : RECENT;
		const char *name = i == 0 ? "old" : "recent";

		result = tx_exec(tx, &audit_put, err, "i", at_us);
		if (result >= 0)
			result = tx_exec(tx, &ledger_put, err, "si", name, at_us);
		if (result >= 0)
			result = tx_exec(tx, &session_put, err, "sii", name, account, at_us);
		if (result >= 0)
			result = tx_exec(tx, &link_put, err, "sii", name, account, at_us);
		if (result >= 0)
			result = tx_exec(tx, &reference_put, err, "si", name, at_us);
	}
	return result < 0 ? result : 0;
}

static int add_many_jobs(struct tx *tx, void *arg, struct err *err)
{
	const int64_t finished = OLD;
	int result = 0;

	(void)arg;
	for (int i = 0; i < 450 && result >= 0; i++)
		result = tx_exec(tx, &job_put, err, "iio", (int64_t)0, (int64_t)2, &finished);
	return result < 0 ? result : 0;
}

/* Behind many that have to stay, and one of a clock that was ahead, one that goes. */
static int add_many_webhooks(struct tx *tx, void *arg, struct err *err)
{
	int result = 0;

	(void)arg;
	for (int i = 0; i < MANY && result == 0; i++)
		result = add_webhook(tx, OLD, 0, 0, err);
	if (result == 0)
		result = add_webhook(tx, FUTURE, -1, 0, err);
	if (result == 0)
		result = add_webhook(tx, OLD, -1, 0, err);
	return result;
}

static int prune_in(struct tx *tx, void *arg, struct err *err)
{
	struct prune_step *step = arg;

	return store_prune_step(tx, &cutoffs, step->webhook_id, step, err);
}

static int count_in(struct tx *tx, void *arg, struct err *err)
{
	int64_t *counts = arg;
	struct query query;
	int result = query_begin(&query, tx, &count_rows, err, "");

	if (result == 0 && (result = query_next(&query)) == 1)
		for (int i = 0; i < KINDS; i++)
			counts[i] = query_int(&query, i);
	query_end(&query);
	return result < 0 ? result : 0;
}

static void count(struct scratch_store *scratch, int64_t counts[KINDS])
{
	assert_int_equal(store_read(scratch->store, count_in, counts, NULL), 0);
}

static void a_webhook_goes_with_its_ended_job_only(void **state)
{
	struct scratch_store *scratch = *state;
	struct prune_step step = {0};
	int64_t counts[KINDS];

	write_in(scratch, add_webhooks, NULL);
	write_in(scratch, prune_in, &step);
	count(scratch, counts);
	assert_int_equal(counts[WEBHOOKS], 4);
	assert_int_equal(counts[JOBS], 3);
	assert_int_equal(step.deleted, 3 + 2);
	assert_false(step.ended);
	write_in(scratch, prune_in, &step);
	assert_int_equal(step.deleted, 0);
	assert_true(step.ended);
}

static void what_stays_holds_up_none_behind_it(void **state)
{
	struct scratch_store *scratch = *state;
	struct prune_step step = {0};
	int64_t counts[KINDS];

	write_in(scratch, add_many_webhooks, NULL);
	while (!step.ended)
		write_in(scratch, prune_in, &step);
	count(scratch, counts);
	assert_int_equal(counts[WEBHOOKS], MANY + 1);
}

static void what_is_recent_stays(void **state)
{
	struct scratch_store *scratch = *state;
	struct prune_step step = {0};
	int64_t counts[KINDS];

	write_in(scratch, add_others, NULL);
	write_in(scratch, prune_in, &step);
	count(scratch, counts);
	for (int i = AUDITS; i < KINDS; i++)
		if (counts[i] != 1)
			fail_msg("kind %d: %d rows", i, (int)counts[i]);
	assert_int_equal(step.deleted, 5);
}

static void a_step_is_bounded(void **state)
{
	struct scratch_store *scratch = *state;
	struct prune_step step = {0};
	int64_t counts[KINDS];

	write_in(scratch, add_many_jobs, NULL);
	write_in(scratch, prune_in, &step);
	assert_int_equal(step.deleted, 200);
	count(scratch, counts);
	assert_int_equal(counts[JOBS], 250);
	write_in(scratch, prune_in, &step);
	write_in(scratch, prune_in, &step);
	assert_int_equal(step.deleted, 50);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_webhook_goes_with_its_ended_job_only),
		TEST(what_stays_holds_up_none_behind_it),
		TEST(what_is_recent_stays),
		TEST(a_step_is_bounded),
	};

	return cmocka_run_group_tests_name("storage_prune", tests, NULL, NULL);
}
