/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What an older version has stored is what this one reads. */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <unistd.h>

#include <sqlite3.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/storage/job.h"
#include "core/storage/migrate.h"
#include "core/storage/store.h"
#include "core/storage/tx.h"
#include "core/storage/webhook.h"

struct fixture {
	char dir[32];
	sqlite3 *db;
};

/* The text of a migration as SQLite takes it. */
static char *for_sqlite(const char *text)
{
	static const char *const marks[][2] = {{"{id}", "INTEGER PRIMARY KEY AUTOINCREMENT"},
		{"{int}", "INTEGER"}, {"{blob}", "BLOB"}, {"{clustered}", "WITHOUT ROWID"}};
	struct buf sql = BUF(1 << 20);

	while (*text) {
		size_t i = 0;

		while (i < lengthof(marks) && strncmp(text, marks[i][0], strlen(marks[i][0])) != 0)
			i++;
		if (i == lengthof(marks)) {
			buf_add_char(&sql, *text++);
			continue;
		}
		buf_add_text(&sql, marks[i][1]);
		text += strlen(marks[i][0]);
	}
	return buf_steal(&sql);
}

static void run(struct fixture *fixture, const char *sql)
{
	char *problem = NULL;

	if (sqlite3_exec(fixture->db, sql, NULL, NULL, &problem) != SQLITE_OK)
		fail_msg("%s: %s", sql, problem);
}

/* A database as the version of that migration left it. */
static int setup(void **state)
{
	struct fixture *fixture = new(struct fixture);
	cleanup_free char *path = NULL;

	log_setup(MORTISE_LOG_ERROR, LOG_LOGFMT);
	strcpy(fixture->dir, "/tmp/mortise-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->dir));
	path = xasprintf("%s/test.db", fixture->dir);
	assert_int_equal(sqlite3_open(path, &fixture->db), SQLITE_OK);
	run(fixture, "CREATE TABLE schema_version (version INTEGER NOT NULL)");
	*state = fixture;
	return 0;
}

static void bring_to(struct fixture *fixture, int version)
{
	for (int i = 0; i < version; i++) {
		cleanup_free char *sql = for_sqlite(migrations[i].text);
		char number[64];

		run(fixture, sql);
		snprintf(number, sizeof(number), "INSERT INTO schema_version VALUES (%d)", i + 1);
		run(fixture, number);
	}
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	static const char *const names[] = {"test.db", "test.db-wal", "test.db-shm",
		"test.db.lock", "test.db.ballast"};

	sqlite3_close(fixture->db);
	for (size_t i = 0; i < lengthof(names); i++) {
		cleanup_free char *path = xasprintf("%s/%s", fixture->dir, names[i]);

		unlink(path);
	}
	rmdir(fixture->dir);
	free(fixture);
	return 0;
}

static struct store *open_store(struct fixture *fixture)
{
	struct store_settings settings = {.url = "sqlite:test.db", .state_dir = fixture->dir};
	struct store *store = NULL;
	cleanup_err struct err err = {0};

	sqlite3_close(steal(&fixture->db));
	if (store_open(&settings, &store, &err) < 0)
		fail_msg("%s", err_text(&err));
	return store;
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

	bring_to(fixture, 5);
	run(fixture, "INSERT INTO webhook (id, key_owner, provider, webhook, event, received_at) "
		"VALUES (1, 'p', 'p', 'w', 'e', 10), (2, 'p', 'p', 'w', 'e', 20);"
		"INSERT INTO webhook_body (webhook_id, encoding, size, body) "
		"VALUES (1, 0, 5, 'first'), (2, 0, 6, 'second')");
	store = open_store(fixture);
	assert_int_equal(store_read(store, body_in, bodies, &err), 0);
	assert_string_equal(bodies[0], "first");
	assert_string_equal(bodies[1], "second");
	free(bodies[0]);
	free(bodies[1]);
	store_close(store);
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

	bring_to(fixture, 5);
	/* One has ended, one is next, two are behind it; another key has one. */
	run(fixture, "INSERT INTO job (id, task, provider, integration_id, order_key, held, payload, "
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
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_body_moves_to_its_webhook, setup, teardown),
		cmocka_unit_test_setup_teardown(jobs_of_a_key_go_on_in_their_order, setup, teardown),
	};

	return cmocka_run_group_tests_name("storage_migrate", tests, NULL, NULL);
}
