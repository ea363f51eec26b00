/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The order of the queue, on its rows: who may start, and what lets the next one go. */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#include <sqlite3.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/job/job.h"
#include "core/storage/connection.h"
#include "core/storage/integration.h"
#include "core/storage/job.h"
#include "core/storage/schedule.h"
#include "core/storage/store.h"
#include "tests/unit/scratch_store.h"

#define NOW INT64_C(1000000000)
#define LEASE "0123456789abcdef0123456789abcdef"

SQL(filler_insert, "INSERT INTO job (task, payload, origin, status, not_before, added_at, "
	"finished_at, provider) VALUES ('old', '{}', 'system', 2, 1, 1, 1, 'p')");

enum op {
	END,           /* the list of steps */
	ADD,           /* 'object' in integration 'n'; "-": without object */
	ADD_BARRIER,
	ADD_UNORDERED,
	ADD_INSTALL,   /* of link 'n' in integration 1 */
	START,         /* the job that was added as the n-th (from 1) */
	DONE, DEAD,    /* that job ends */
	RETRY,         /* that job waits again, later */
	DROP,          /* by the operator */
	REVIVE,        /* that dead job goes to the end, as a new one */
	DUE,           /* these may start now: digits, in the order of their ids */
};

struct step {
	enum op op;
	int n;
	const char *text;
};

static const struct scenario {
	const char *name;
	struct step steps[24];
} scenarios[] = {
	{"one key runs in order", {{ADD, 1, "a"}, {ADD, 1, "a"}, {ADD, 1, "a"}, {DUE, 0, "1"},
		{START, 1}, {DUE, 0, ""}, {DONE, 1}, {DUE, 0, "2"}, {START, 2}, {DONE, 2},
		{DUE, 0, "3"}}},
	{"two keys run side by side", {{ADD, 1, "a"}, {ADD, 1, "b"}, {ADD, 1, "a"}, {ADD, 2, "a"},
		{DUE, 0, "124"}, {START, 1}, {DUE, 0, "24"}, {DONE, 1}, {DUE, 0, "234"}}},
	{"what has no object is one key", {{ADD, 1, "-"}, {ADD, 1, "-"}, {ADD, 1, "a"},
		{DUE, 0, "13"}, {START, 1}, {DONE, 1}, {DUE, 0, "23"}}},
	{"unordered ones are free", {{ADD, 1, "a"}, {ADD_UNORDERED, 1}, {ADD_BARRIER, 1, "-"},
		{ADD_UNORDERED, 1}, {DUE, 0, "124"}}},
	{"a barrier waits for all before it", {{ADD, 1, "a"}, {ADD, 1, "b"}, {ADD_BARRIER, 1, "-"},
		{DUE, 0, "12"}, {START, 1}, {DONE, 1}, {DUE, 0, "2"}, {START, 2}, {DUE, 0, ""},
		{DONE, 2}, {DUE, 0, "3"}}},
	{"and holds all behind it", {{ADD_BARRIER, 1, "-"}, {ADD, 1, "a"}, {ADD, 1, "a"},
		{ADD, 1, "b"}, {ADD, 2, "a"}, {DUE, 0, "15"}, {START, 1}, {DUE, 0, "5"}, {DONE, 1},
		{DUE, 0, "245"}}},
	{"barriers follow each other", {{ADD_BARRIER, 1, "-"}, {ADD, 1, "a"}, {ADD_BARRIER, 1, "b"},
		{ADD, 1, "c"}, {DUE, 0, "1"}, {START, 1}, {DONE, 1}, {DUE, 0, "2"}, {START, 2},
		{DONE, 2}, {DUE, 0, "3"}, {START, 3}, {DONE, 3}, {DUE, 0, "4"}}},
	{"two barriers at once", {{ADD_BARRIER, 1, "x"}, {ADD_BARRIER, 1, "y"}, {DUE, 0, "1"},
		{START, 1}, {DUE, 0, ""}, {DONE, 1}, {DUE, 0, "2"}}},
	{"a barrier inside a key", {{ADD, 1, "a"}, {ADD_BARRIER, 1, "a"}, {ADD, 1, "a"},
		{START, 1}, {DUE, 0, ""}, {DONE, 1}, {DUE, 0, "2"}, {START, 2}, {DONE, 2},
		{DUE, 0, "3"}}},
	{"a retry keeps its place and its key waits", {{ADD, 1, "a"}, {ADD, 1, "a"}, {ADD, 1, "b"},
		{START, 1}, {RETRY, 1}, {DUE, 0, "3"}, {ADD, 1, "a"}, {DUE, 0, "3"}}},
	{"a dead letter lets its key go on", {{ADD, 1, "a"}, {ADD, 1, "a"}, {START, 1}, {DEAD, 1},
		{DUE, 0, "2"}}},
	{"so does one that the operator drops", {{ADD, 1, "a"}, {ADD, 1, "a"}, {DROP, 1},
		{DUE, 0, "2"}}},
	{"a held one that is dropped leaves the rest held", {{ADD, 1, "a"}, {ADD, 1, "a"},
		{ADD, 1, "a"}, {START, 1}, {DROP, 2}, {DUE, 0, ""}, {DONE, 1}, {DUE, 0, "3"}}},
	{"the last one that is dropped holds none that follows", {{ADD, 1, "a"}, {ADD, 1, "a"},
		{START, 1}, {DROP, 2}, {ADD, 1, "a"}, {DUE, 0, ""}, {DONE, 1}, {DUE, 0, "3"}}},
	{"nor when its key has ended", {{ADD, 1, "a"}, {ADD, 1, "a"}, {ADD, 1, "a"}, {START, 1},
		{DROP, 2}, {DROP, 3}, {DONE, 1}, {ADD, 1, "a"}, {DUE, 0, "4"}, {START, 4},
		{DONE, 4}, {ADD, 1, "a"}, {DUE, 0, "5"}}},
	{"a dropped barrier holds nobody", {{ADD, 1, "a"}, {ADD_BARRIER, 1, "-"}, {ADD, 1, "b"},
		{START, 1}, {DROP, 2}, {DUE, 0, "3"}}},
	{"a revived one goes to the end", {{ADD, 1, "a"}, {ADD, 1, "a"}, {START, 1}, {DEAD, 1},
		{REVIVE, 1}, {DUE, 0, "2"}, {START, 2}, {DONE, 2}, {DUE, 0, "3"}}},
	{"organizations do not hold each other", {{ADD_INSTALL, 1, "a"}, {ADD_INSTALL, 2, "a"},
		{ADD_INSTALL, 1, "a"}, {DUE, 0, "12"}, {START, 1}, {RETRY, 1}, {DUE, 0, "2"}}},
	{"but a barrier holds all of them", {{ADD_BARRIER, 1, "-"}, {ADD_INSTALL, 1, "a"},
		{ADD_INSTALL, 2, "a"}, {DUE, 0, "1"}, {START, 1}, {DONE, 1}, {DUE, 0, "23"}}},
};

struct play {
	const struct scenario *scenario;
	int64_t ids[16];
	int len;
	char failure[200];
};

static int add_step(struct tx *tx, struct play *play, const struct step *step, struct err *err)
{
	struct job_new job = {
		.task = "p:test",
		.integration_id = step->op == ADD_INSTALL ? 1 : step->n,
		.link_id = step->op == ADD_INSTALL ? step->n : 0,
		.object = step->text && strcmp(step->text, "-") != 0 ? step->text : NULL,
		.unordered = step->op == ADD_UNORDERED,
		.barrier = step->op == ADD_BARRIER,
		.now_us = NOW,
	};

	return job_insert(tx, &job, &play->ids[++play->len], err);
}

static int end_step(struct tx *tx, int64_t id, int status, struct err *err)
{
	cleanup_job_row struct job_row row = {0};
	struct job_end end = {.id = id, .lease = LEASE, .status = status,
		.not_before_us = NOW + 5000000, .now_us = NOW};
	int result = job_row_get(tx, id, &row, err);

	if (result == 0)
		result = job_end(tx, &end, err);
	if (result != 1)
		return err_set(err, MORTISE_E_INTERNAL, "no job ended");
	return status == JOB_WAITING ? 0 :
		job_release(tx, &row, err);
}

static int check_due(struct tx *tx, struct play *play, const char *expected, struct err *err)
{
	int64_t ids[16];
	char due[17] = "";
	size_t len, size = 0;
	int result = job_list_due(tx, "p", NOW, lengthof(ids), ids, &len, err);

	for (size_t i = 0; i < len; i++)
		for (int n = 1; n <= play->len; n++)
			if (play->ids[n] == ids[i])
				due[size++] = (char)('0' + n);
	if (result == 0 && strcmp(due, expected) != 0)
		return err_set(err, MORTISE_E_INTERNAL, "due are '%s', not '%s'", due, expected);
	return result;
}

static int run_step(struct tx *tx, struct play *play, const struct step *step, struct err *err)
{
	int64_t id = play->ids[step->n];
	int result;

	switch (step->op) {
	case START:
		result = job_lease(tx, id, LEASE, NOW + 90000000, NOW, err);
		return result == 1 ? 0 : MORTISE_E_INTERNAL;
	case DONE:
		return end_step(tx, id, JOB_DONE, err);
	case DEAD:
		return end_step(tx, id, JOB_DEAD, err);
	case RETRY:
		return end_step(tx, id, JOB_WAITING, err);
	case DROP:
		result = job_halt_waiting(tx, id, "dropped", NOW, err);
		return result == 1 ? 0 : MORTISE_E_INTERNAL;
	case REVIVE:
		return job_revive(tx, id, NOW, &play->ids[++play->len], err);
	case DUE:
		return check_due(tx, play, step->text, err);
	default:
		return add_step(tx, play, step, err);
	}
}

static int play_in(struct tx *tx, void *arg, struct err *err)
{
	struct play *play = arg;
	int result = 0;

	play->len = 0;
	for (size_t i = 0; result >= 0 && play->scenario->steps[i].op != END; i++) {
		result = run_step(tx, play, &play->scenario->steps[i], err);
		if (result < 0)
			snprintf(play->failure, sizeof(play->failure), "step %zu: %s", i + 1,
				err_text(err));
	}
	/* Nothing stays for the next scenario. */
	err_clear(err);
	return err_set(err, MORTISE_E_RETRY, "taken back");
}

static void items_start_in_order(void **state)
{
	struct scratch_store scratch;

	(void)state;
	scratch_store_open(&scratch);
	for (size_t i = 0; i < lengthof(scenarios); i++) {
		struct play play = {.scenario = &scenarios[i]};
		cleanup_err struct err err = {0};

		assert_int_equal(store_write(scratch.store, play_in, &play, &err), MORTISE_E_RETRY);
		if (*play.failure)
			fail_msg("case %zu, %s: %s", i, scenarios[i].name, play.failure);
	}
	scratch_store_close(&scratch);
}

static int put_integration(struct tx *tx, int64_t *ret_id, struct err *err)
{
	static const unsigned char uid[INTEGRATION_UID_SIZE] = {1};
	cleanup_json json_t *metadata = json_object();
	bool created;

	return integration_put(tx, &(struct integration_put){.provider = "p", .external_id = "7",
		.name = "n", .metadata = metadata, .uid = uid, .now_us = NOW}, ret_id, &created, err);
}

static int gate_in(struct tx *tx, void *arg, struct err *err)
{
	int64_t integration_id, id, ids[4], due_us;
	struct job_new job = {.task = "p:test", .now_us = NOW};
	size_t len;
	int result = put_integration(tx, &integration_id, err);

	(void)arg;
	job.integration_id = integration_id;
	for (int i = 0; result >= 0 && i < 3; i++) {
		job.object = (const char *[]){"a", "b", "c"}[i];
		result = job_insert(tx, &job, &id, err);
	}
	if (result >= 0)
		result = integration_set_gate(tx, integration_id, NOW + 60000000, err);
	if (result >= 0)
		result = job_list_due(tx, "p", NOW, 4, ids, &len, err);
	if (result >= 0 && len > 0)
		return err_set(err, MORTISE_E_INTERNAL, "something starts before the gate opens");
	if (result >= 0)
		result = job_next_due(tx, "p", &due_us, err);
	if (result >= 0 && due_us != NOW + 60000000)
		return err_set(err, MORTISE_E_INTERNAL, "due at %lld", (long long)due_us);
	if (result >= 0)
		result = job_list_due(tx, "p", NOW + 60000000, 4, ids, &len, err);
	if (result >= 0 && len != 3)
		return err_set(err, MORTISE_E_INTERNAL, "%zu start after it", len);
	return result < 0 ? result : 0;
}

static void a_closed_gate_holds_the_integration(void **state)
{
	cleanup_err struct err err = {0};
	struct scratch_store scratch;

	(void)state;
	scratch_store_open(&scratch);
	if (store_write(scratch.store, gate_in, NULL, &err) < 0)
		fail_msg("%s", err_text(&err));
	scratch_store_close(&scratch);
}

static int start_one(struct tx *tx, void *arg, struct err *err)
{
	struct job_new job = {.task = "p:test", .integration_id = 1, .object = "a", .now_us = NOW};
	int64_t *id = arg;
	int result = job_insert(tx, &job, id, err);

	if (result == 0)
		result = job_lease(tx, *id, LEASE, NOW + 90000000, NOW, err);
	return result < 0 ? result : 0;
}

static int end_leases_in(struct tx *tx, void *arg, struct err *err)
{
	*(int *)arg = job_end_leases(tx, err);
	return *(int *)arg < 0 ? *(int *)arg : 0;
}

static int end_late(struct tx *tx, void *arg, struct err *err)
{
	struct job_end end = {.id = *(int64_t *)arg, .lease = LEASE, .status = JOB_DONE};

	*(int64_t *)arg = job_end(tx, &end, err);
	return 0;
}

static void leases_end_when_the_daemon_starts(void **state)
{
	struct scratch_store scratch;
	int64_t id, rows;
	int ended = 0;

	(void)state;
	scratch_store_open(&scratch);
	assert_int_equal(store_write(scratch.store, start_one, &id, NULL), 0);
	scratch_store_reopen(&scratch);
	assert_int_equal(store_write(scratch.store, end_leases_in, &ended, NULL), 0);
	assert_int_equal(ended, 1);
	rows = id;
	/* The run from before the crash finds that it no longer has the job. */
	assert_int_equal(store_write(scratch.store, end_late, &rows, NULL), 0);
	assert_int_equal(rows, 0);
	scratch_store_close(&scratch);
}

static int expire_in(struct tx *tx, void *arg, struct err *err)
{
	int64_t id, ends_us;
	int result = start_one(tx, &id, err);

	(void)arg;
	if (result == 0)
		result = job_next_lease_end(tx, &ends_us, err);
	if (result == 0 && ends_us != NOW + 90000000)
		return err_set(err, MORTISE_E_INTERNAL, "wrong end");
	if (result == 0 && job_expire_leases(tx, NOW + 90000000, err) != 0)
		return err_set(err, MORTISE_E_INTERNAL, "too early");
	if (result == 0 && job_expire_leases(tx, NOW + 90000001, err) != 1)
		return err_set(err, MORTISE_E_INTERNAL, "never");
	return result;
}

static void a_lease_that_ran_out_is_taken_back(void **state)
{
	cleanup_err struct err err = {0};
	struct scratch_store scratch;

	(void)state;
	scratch_store_open(&scratch);
	if (store_write(scratch.store, expire_in, NULL, &err) < 0)
		fail_msg("%s", err_text(&err));
	scratch_store_close(&scratch);
}

/* One that waits for later is enough, and runs now; so is one that runs; one that has ended
 * is not. */
static int once_in(struct tx *tx, void *arg, struct err *err)
{
	struct job_new job = {.task = "p:test", .integration_id = 1, .object = "a", .now_us = NOW,
		.not_before_us = NOW + 1000};
	int64_t id, due[3];
	size_t len;

	(void)arg;
	assert_int_equal(job_insert(tx, &job, &id, err), 0);
	job.not_before_us = 0;
	assert_int_equal(job_insert_once(tx, &job, err), 0);
	assert_int_equal(job_list_due(tx, "p", NOW, 3, due, &len, err), 0);
	assert_int_equal(len, 1);
	assert_int_equal(due[0], id);
	assert_int_equal(job_lease(tx, id, LEASE, NOW + 90000000, NOW, err), 1);
	assert_int_equal(job_insert_once(tx, &job, err), 0);
	assert_int_equal(job_list_due(tx, "p", NOW, 3, due, &len, err), 0);
	assert_int_equal(len, 0);
	assert_int_equal(end_step(tx, id, JOB_DONE, err), 0);
	assert_int_equal(job_insert_once(tx, &job, err), 0);
	assert_int_equal(job_list_due(tx, "p", NOW, 3, due, &len, err), 0);
	assert_int_equal(len, 1);
	assert_int_not_equal(due[0], id);
	return 0;
}

static void a_job_that_waits_already_is_hurried(void **state)
{
	struct scratch_store scratch;

	(void)state;
	scratch_store_open(&scratch);
	assert_int_equal(store_write(scratch.store, once_in, NULL, NULL), 0);
	scratch_store_close(&scratch);
}

static int fill_in(struct tx *tx, void *arg, struct err *err)
{
	struct job_new job = {.task = "p:test", .integration_id = 1, .object = "a", .now_us = NOW};
	int64_t id;
	int result = 0;

	(void)arg;
	for (int i = 0; result >= 0 && i < 3000; i++)
		result = tx_exec(tx, &filler_insert, err, "");
	for (int i = 0; result >= 0 && i < 3000; i++)
		result = job_insert(tx, &job, &id, err);
	return result < 0 ? result : 0;
}

static int count_steps(void *arg)
{
	(*(int *)arg)++;
	return 0;
}

static int look_counted(struct tx *tx, void *arg, struct err *err)
{
	int64_t ids[8], due_us;
	char *provider = NULL;
	size_t len;
	int result;

	/* Every opcode of the engine counts. */
	sqlite3_progress_handler(tx->db, 1, count_steps, arg);
	result = job_next_provider(tx, "", &provider, err);
	if (result == 0)
		result = job_next_due(tx, "p", &due_us, err);
	if (result == 0)
		result = job_list_due(tx, "p", NOW, 8, ids, &len, err);
	sqlite3_progress_handler(tx->db, 0, NULL, NULL);
	free(provider);
	return result == 0 && len != 1 ? MORTISE_E_INTERNAL : result;
}

static void looking_costs_the_same_with_thousands_of_rows(void **state)
{
	struct scratch_store scratch;
	int steps = 0;

	(void)state;
	scratch_store_open(&scratch);
	assert_int_equal(store_write(scratch.store, fill_in, NULL, NULL), 0);
	assert_int_equal(store_write(scratch.store, look_counted, &steps, NULL), 0);
	assert_in_range(steps, 1, 300);
	scratch_store_close(&scratch);
}

static int schedule_in(struct tx *tx, void *arg, struct err *err)
{
	cleanup_free char *first = NULL, *second = NULL, *third = NULL;
	int64_t due_us;

	(void)arg;
	if (schedule_put(tx, "p:sweep", 1000, NOW, err) < 0 ||
		schedule_take(tx, NOW, &first, err) < 0 || schedule_take(tx, NOW, &second, err) < 0 ||
		schedule_put(tx, "p:sweep", 1000, NOW + 1, err) < 0 ||
		schedule_next(tx, &due_us, err) < 0 ||
		schedule_take(tx, NOW + 1000000, &third, err) < 0)
		return MORTISE_E_INTERNAL;
	if (!first || second || !third || due_us != NOW + 1000000)
		return err_set(err, MORTISE_E_INTERNAL, "%s %s %s %lld", first, second, third,
			(long long)due_us);
	return 0;
}

static void a_schedule_comes_once_each_time(void **state)
{
	cleanup_err struct err err = {0};
	struct scratch_store scratch;

	(void)state;
	scratch_store_open(&scratch);
	if (store_write(scratch.store, schedule_in, NULL, &err) < 0)
		fail_msg("%s", err_text(&err));
	scratch_store_close(&scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_start_in_order),
		cmocka_unit_test(a_closed_gate_holds_the_integration),
		cmocka_unit_test(leases_end_when_the_daemon_starts),
		cmocka_unit_test(a_lease_that_ran_out_is_taken_back),
		cmocka_unit_test(a_job_that_waits_already_is_hurried),
		cmocka_unit_test(looking_costs_the_same_with_thousands_of_rows),
		cmocka_unit_test(a_schedule_comes_once_each_time),
	};

	log_setup(MORTISE_LOG_ERROR - 1, LOG_LOGFMT);
	return cmocka_run_group_tests_name("job_order", tests, NULL, NULL);
}
