/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What an older version has stored is what this one reads. */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/storage/connection.h"
#include "core/storage/job.h"
#include "core/storage/migrate.h"
#include "core/storage/store.h"
#include "core/storage/tx.h"
#include "core/storage/webhook.h"
#include "tests/unit/scratch_store.h"

struct fixture {
	struct scratch_store scratch;
	struct tx *tx;                 /* of the older version; NULL: it has ended */
};

/* A database as version 5 leaves it. */
static int setup(void **state)
{
	struct fixture *fixture = new(struct fixture);
	cleanup_free char *path = NULL;
	cleanup_err struct err err = {0};

	log_setup(MORTISE_LOG_ERROR, LOG_LOGFMT);
	scratch_store_folder(&fixture->scratch);
	path = xasprintf("%s/test.db", fixture->scratch.dir);
	if (connection_open(path, CONNECTION_WRITER, &fixture->tx, &err) < 0 ||
		migrate(fixture->tx, path, 5, &err) < 0)
		fail_msg("%s", err_text(&err));
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	connection_close(fixture->tx);
	scratch_store_close(&fixture->scratch);
	free(fixture);
	return 0;
}

static void put(struct fixture *fixture, const char *sql)
{
	cleanup_err struct err err = {0};

	if (connection_run(fixture->tx, sql, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static struct store *open_store(struct fixture *fixture)
{
	connection_close(steal(&fixture->tx));
	scratch_store_reopen(&fixture->scratch);
	return fixture->scratch.store;
}

static int body_in(struct tx *tx, void *arg, struct err *err)
{
	char **bodies = arg;
	int result = 0;

	for (int64_t id = 1; result == 0 && id <= 2; id++) {
		size_t size;

		result = webhook_body_get(tx, id, &bodies[id - 1], &size, err);
	}
	return result;
}

static void a_body_moves_to_its_webhook(void **state)
{
	struct fixture *fixture = *state;
	struct store *store;
	cleanup_err struct err err = {0};
	char *bodies[2] = {NULL, NULL};

	put(fixture, "INSERT INTO webhook (id, key_owner, provider, webhook, event, received_at) "
		"VALUES (1, 'p', 'p', 'w', 'e', 10), (2, 'p', 'p', 'w', 'e', 20);"
		"INSERT INTO webhook_body (webhook_id, encoding, size, body) "
		"VALUES (1, 0, 5, 'first'), (2, 0, 6, 'second')");
	store = open_store(fixture);
	assert_int_equal(store_read(store, body_in, bodies, &err), 0);
	assert_string_equal(bodies[0], "first");
	assert_string_equal(bodies[1], "second");
	free(bodies[0]);
	free(bodies[1]);
}

/* Which jobs are due, one digit each. */
static int due_in(struct tx *tx, void *arg, struct err *err)
{
	int64_t ids[8];
	size_t len;
	int result = job_list_due(tx, "p", 1000, lengthof(ids), ids, &len, err);

	for (size_t i = 0; result == 0 && i < len; i++)
		((char *)arg)[i] = (char)('0' + ids[i]);
	return result;
}

static int end_in(struct tx *tx, void *arg, struct err *err)
{
	cleanup_job_row struct job_row row = {0};
	int64_t id = *(const int64_t *)arg;
	struct job_end end = {.id = id, .lease = "lease", .status = JOB_DONE, .now_us = 1000};
	int result = job_lease(tx, id, "lease", 2000, 1000, err);

	if (result >= 0)
		result = job_row_get(tx, id, &row, err);
	if (result >= 0)
		result = job_end(tx, &end, err);
	return result < 0 ? result : job_release(tx, &row, err);
}

static int add_in(struct tx *tx, void *arg, struct err *err)
{
	int64_t id;

	return job_row_add(tx, &(struct job_add){.task = "t", .provider = "p", .version = 1,
		.integration_id = 1, .order_key = arg, .payload = "{}", .origin = "system",
		.not_before_us = 1, .now_us = 1}, &id, err);
}

static void jobs_of_a_key_go_on_in_their_order(void **state)
{
	static const char *const due[] = {"25", "35", "45", "56", "5", ""};
	static const int64_t ends[] = {2, 3, 4, 6, 5};
	struct fixture *fixture = *state;
	struct store *store;
	cleanup_err struct err err = {0};

	/* One has ended, one is next, two are behind it; another key has one. */
	put(fixture, "INSERT INTO job (id, task, provider, integration_id, order_key, held, payload, "
		"origin, status, not_before, added_at) VALUES "
		"(1, 't', 'p', 1, '1/a', 0, '{}', 'system', 2, 1, 1), "
		"(2, 't', 'p', 1, '1/a', 0, '{}', 'system', 0, 1, 1), "
		"(3, 't', 'p', 1, '1/a', 1, '{}', 'system', 0, 1, 1), "
		"(4, 't', 'p', 1, '1/a', 1, '{}', 'system', 0, 1, 1), "
		"(5, 't', 'p', 1, '1/b', 0, '{}', 'system', 0, 1, 1)");
	store = open_store(fixture);
	assert_int_equal(store_write(store, add_in, (char[]){"1/a"}, &err), 0);
	for (size_t i = 0; i < lengthof(due); i++) {
		char found[8] = "";
		int64_t id = i < lengthof(ends) ? ends[i] : 0;

		assert_int_equal(store_read(store, due_in, found, &err), 0);
		assert_string_equal(found, due[i]);
		if (id > 0)
			assert_int_equal(store_write(store, end_in, &id, &err), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_body_moves_to_its_webhook, setup, teardown),
		cmocka_unit_test_setup_teardown(jobs_of_a_key_go_on_in_their_order, setup, teardown),
	};

	return cmocka_run_group_tests_name("storage_migrate", tests, NULL, NULL);
}
