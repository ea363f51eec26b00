/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/storage/connection.h"
#include "core/storage/store.h"
#include "core/storage/tx.h"

SQL(note_insert, "INSERT INTO schedule (name, every_ms, next_at) VALUES ($1, $2, 0)");
SQL(notes_count, "SELECT count(*) FROM schedule");
SQL(count_forever, "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) "
	"SELECT count(*) FROM c");
SQL(secrets_list, "SELECT name, sealed FROM daemon_secret ORDER BY id DESC");
SQL(secret_insert, "INSERT INTO daemon_secret (name, uid, sealed) VALUES ($1, $2, $2)");

/* A closure's argument is not const. */
#define NAME(text) ((char[]){text})

struct fixture {
	char dir[32];
	struct store *store;
};

static int open_fixture(struct fixture *fixture, struct err *err)
{
	struct store_settings settings = {.url = "sqlite:test.db", .state_dir = fixture->dir};

	return store_open(&settings, &fixture->store, err);
}

static int setup(void **state)
{
	struct fixture *fixture = new(struct fixture);
	struct err err = {0};

	log_setup(MORTISE_LOG_ERROR - 1, LOG_LOGFMT);
	strcpy(fixture->dir, "/tmp/mortise-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->dir));
	if (open_fixture(fixture, &err) < 0)
		fail_msg("%s", err_text(&err));
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	static const char *const names[] = {"test.db", "test.db-wal", "test.db-shm",
		"test.db.lock", "test.db.ballast"};

	store_close(fixture->store);
	for (size_t i = 0; i < lengthof(names); i++) {
		char *path = xasprintf("%s/%s", fixture->dir, names[i]);

		unlink(path);
		free(path);
	}
	rmdir(fixture->dir);
	free(fixture);
	return 0;
}

static int insert_note(struct tx *tx, void *arg, struct err *err)
{
	int changed = tx_exec(tx, &note_insert, err, "si", (const char *)arg, (int64_t)1);

	return changed < 0 ? changed : 0;
}

static int insert_and_refuse(struct tx *tx, void *arg, struct err *err)
{
	int result = insert_note(tx, arg, err);

	return result < 0 ? result : err_set(err, MORTISE_E_SETTINGS, "no, after all");
}

static int count_notes(struct tx *tx, void *arg, struct err *err)
{
	struct query query;
	int result = query_begin(&query, tx, &notes_count, err, "");

	if (result == 0 && (result = query_next(&query)) == 1) {
		*(int64_t *)arg = query_int(&query, 0);
		result = 0;
	}
	query_end(&query);
	return result;
}

static int64_t count(struct fixture *fixture)
{
	int64_t len = -1;

	assert_int_equal(store_read(fixture->store, count_notes, &len, NULL), 0);
	return len;
}

static void a_read_sees_what_was_written_before(void **state)
{
	struct fixture *fixture = *state;
	char name[16];

	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(store_write(fixture->store, insert_note, name, NULL), 0);
		assert_int_equal(count(fixture), i + 1);
	}
}

static void a_refusal_takes_back_its_own_writes_only(void **state)
{
	struct fixture *fixture = *state;
	cleanup_err struct err err = {0};

	assert_int_equal(store_write(fixture->store, insert_note, NAME("a"), NULL), 0);
	assert_int_equal(store_write(fixture->store, insert_and_refuse, NAME("b"), &err),
		MORTISE_E_SETTINGS);
	assert_string_equal(err_text(&err), "no, after all");
	assert_int_equal(count(fixture), 1);
}

static void a_clash_is_a_conflict(void **state)
{
	struct fixture *fixture = *state;
	cleanup_err struct err err = {0};

	assert_int_equal(store_write(fixture->store, insert_note, NAME("a"), NULL), 0);
	assert_int_equal(store_write(fixture->store, insert_note, NAME("a"), &err), MORTISE_E_CONFLICT);
}

#define QUEUE_LEN 4096

static sem_t done_sem, gate_sem, at_gate_sem;
static int done_results[QUEUE_LEN + 1];
static _Atomic int done_len;

static void reset_done(void)
{
	sem_init(&done_sem, 0, 0);
	sem_init(&gate_sem, 0, 0);
	sem_init(&at_gate_sem, 0, 0);
	done_len = 0;
}

static void note_done(int result, struct err *err, void *arg)
{
	(void)err;
	free(arg);
	done_results[done_len++] = result;
	sem_post(&done_sem);
}

/* Holds the writer, so that what follows is queued.  The gate stays open for the second
 * run of a void batch. */
static int wait_at_gate(struct tx *tx, void *arg, struct err *err)
{
	(void)tx;
	(void)arg;
	(void)err;
	sem_post(&at_gate_sem);
	sem_wait(&gate_sem);
	sem_post(&gate_sem);
	return 0;
}

static void hold_writer(struct fixture *fixture)
{
	reset_done();
	assert_int_equal(store_write_async(fixture->store, wait_at_gate, NULL, 0, note_done, NULL),
		0);
	sem_wait(&at_gate_sem);
}

/* Let the writer go on until 'len' closures have ended. */
static void let_go(int len)
{
	sem_post(&gate_sem);
	for (int i = 0; i < len; i++)
		sem_wait(&done_sem);
}

static int queue_note(struct fixture *fixture, char *name_take)
{
	int result = store_write_async(fixture->store, insert_note, name_take, 100, note_done, NULL);

	if (result < 0)
		free(name_take);
	return result;
}

static void queued_closures_all_end_each_by_itself(void **state)
{
	struct fixture *fixture = *state;
	int failed = 0;

	reset_done();
	for (int i = 0; i < 400; i++)
		assert_int_equal(queue_note(fixture,
			i % 7 == 3 ? xstrdup("same") : xasprintf("q%d", i)), 0);
	for (int i = 0; i < 400; i++)
		sem_wait(&done_sem);
	for (int i = 0; i < 400; i++)
		failed += done_results[i] == MORTISE_E_CONFLICT;
	/* Of the 57 with the same name, the first one won. */
	assert_int_equal(failed, 56);
	assert_int_equal(count(fixture), 400 - 56);
}

static struct fixture *counting;

/* The rows that are durable when a closure is told so. */
static void note_count(int result, struct err *err, void *arg)
{
	int64_t len = -1;

	(void)result;
	(void)err;
	free(arg);
	assert_int_equal(store_read(counting->store, count_notes, &len, NULL), 0);
	done_results[done_len++] = (int)len;
	sem_post(&done_sem);
}

static void what_queued_meanwhile_is_one_commit(void **state)
{
	struct fixture *fixture = *state;
	int commits = 0;

	counting = fixture;
	hold_writer(fixture);
	for (int i = 0; i < 100; i++)
		assert_int_equal(store_write_async(fixture->store, insert_note,
			xasprintf("g%d", i), 100, note_count, NULL), 0);
	let_go(101);
	for (int i = 1; i < 101; i++)
		commits += done_results[i] != done_results[i - 1];
	/* One, or a few if this thread's machine is slow: a batch has a bound in time. */
	assert_in_range(commits, 1, 20);
	assert_int_equal(count(fixture), 100);
}

static void a_full_queue_refuses_at_once(void **state)
{
	struct fixture *fixture = *state;

	hold_writer(fixture);
	for (int i = 0; i < QUEUE_LEN; i++)
		assert_int_equal(queue_note(fixture, xasprintf("f%d", i)), 0);
	assert_int_equal(queue_note(fixture, xstrdup("more")), MORTISE_E_RETRY);
	let_go(QUEUE_LEN + 1);
	assert_int_equal(count(fixture), QUEUE_LEN);
	reset_done();
	assert_int_equal(queue_note(fixture, xstrdup("again")), 0);
	sem_wait(&done_sem);
}

/* The page limit is what SQLITE_FULL looks like without a full disk. */
static int limit_pages(struct tx *tx, void *arg, struct err *err)
{
	(void)arg;
	return connection_run(tx, "PRAGMA max_page_count = 200", err);
}

static int fill_disk(struct tx *tx, void *arg, struct err *err)
{
	cleanup_free char *zeros = xcalloc(1, 4 << 20);
	struct blob blob = {zeros, 4 << 20};
	int changed = tx_exec(tx, &secret_insert, err, "sb", (const char *)arg, &blob);

	return changed < 0 ? changed : 0;
}

static void a_full_database_refuses_and_works_again(void **state)
{
	struct fixture *fixture = *state;
	cleanup_err struct err err = {0};

	assert_int_equal(store_write(fixture->store, limit_pages, NULL, NULL), 0);
	assert_int_equal(store_write(fixture->store, fill_disk, NAME("big"), &err), MORTISE_E_RETRY);
	assert_int_equal(store_write(fixture->store, insert_note, NAME("small"), NULL), 0);
	assert_int_equal(count(fixture), 1);
}

static void a_full_database_voids_only_the_closure_at_fault(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(store_write(fixture->store, limit_pages, NULL, NULL), 0);
	hold_writer(fixture);
	assert_int_equal(queue_note(fixture, xstrdup("before")), 0);
	assert_int_equal(store_write_async(fixture->store, fill_disk, xstrdup("big"), 100, note_done,
		NULL), 0);
	assert_int_equal(queue_note(fixture, xstrdup("after")), 0);
	let_go(4);
	assert_int_equal(done_results[1], 0);
	assert_int_equal(done_results[2], MORTISE_E_RETRY);
	assert_int_equal(done_results[3], 0);
	assert_int_equal(count(fixture), 2);
}

#define LARGE_SIZE 100000
#define LARGE_LEN 50

/* How many rows hold what was written. */
static int count_large(struct tx *tx, void *arg, struct err *err)
{
	struct query query;
	int result = query_begin(&query, tx, &secrets_list, err, "");
	int len = 0;

	while (result == 0 && query_next(&query) == 1) {
		char expected[LARGE_SIZE];
		struct blob sealed = query_blob(&query, 1);

		memset(expected, atoi(query_text(&query, 0)), sizeof(expected));
		len += sealed.size == sizeof(expected) &&
			memcmp(sealed.data, expected, sizeof(expected)) == 0;
	}
	query_end(&query);
	*(int *)arg = len;
	return result;
}

/* With room for few pages in memory, so that the others come back from the log, and those
 * that were written last first. */
static int write_large(struct tx *tx, void *arg, struct err *err)
{
	char bytes[LARGE_SIZE], name[16];
	struct blob blob = {bytes, sizeof(bytes)};
	int result = connection_run(tx, "PRAGMA cache_size = 10", err);

	for (int i = 1; i <= LARGE_LEN && result >= 0; i++) {
		memset(bytes, i, sizeof(bytes));
		snprintf(name, sizeof(name), "%d", i);
		result = tx_exec(tx, &secret_insert, err, "sb", name, &blob);
	}
	return result < 0 ? result : count_large(tx, arg, err);
}

static int write_large_and_refuse(struct tx *tx, void *arg, struct err *err)
{
	int result = write_large(tx, arg, err);

	return result < 0 ? result : err_set(err, MORTISE_E_SETTINGS, "no, after all");
}

static void a_commit_larger_than_memory_is_whole(void **state)
{
	struct fixture *fixture = *state;
	int len = 0;

	assert_int_equal(store_write(fixture->store, write_large_and_refuse, &len, NULL),
		MORTISE_E_SETTINGS);
	assert_int_equal(len, LARGE_LEN);
	assert_int_equal(store_write(fixture->store, write_large, &len, NULL), 0);
	assert_int_equal(len, LARGE_LEN);
	assert_int_equal(store_read(fixture->store, count_large, &len, NULL), 0);
	assert_int_equal(len, LARGE_LEN);
}

static off_t ballast_size(struct fixture *fixture)
{
	cleanup_free char *path = xasprintf("%s/test.db.ballast", fixture->dir);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

/* While files may not grow past 'size', the ballast cannot be had back: the disk is full
 * for as long as the test wants. */
static void limit_files(rlim_t size)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_frees_the_ballast_and_refuses_what_comes_in(void **state)
{
	struct fixture *fixture = *state;

	assert_true(ballast_size(fixture) > 0);
	limit_files(32 << 20);
	assert_int_equal(store_write(fixture->store, limit_pages, NULL, NULL), 0);
	hold_writer(fixture);
	assert_int_equal(store_write_async(fixture->store, fill_disk, xstrdup("big"), 100, note_done,
		NULL), 0);
	let_go(2);
	assert_false(store_healthy(fixture->store));
	assert_int_equal(ballast_size(fixture), 0);
	assert_int_equal(queue_note(fixture, xstrdup("refused")), MORTISE_E_RETRY);
	assert_int_equal(store_write(fixture->store, insert_note, NAME("a job"), NULL), 0);
	/* Once there is room, the ballast comes back by itself. */
	limit_files(RLIM_INFINITY);
	for (int i = 0; i < 1000 && !store_healthy(fixture->store); i++)
		poll(NULL, 0, 10);
	assert_true(store_healthy(fixture->store));
	assert_true(ballast_size(fixture) > 0);
	assert_int_equal(queue_note(fixture, xstrdup("taken")), 0);
	sem_wait(&done_sem);
}

static int read_forever(struct tx *tx, void *arg, struct err *err)
{
	struct query query;
	int result = query_begin(&query, tx, &count_forever, err, "");

	(void)arg;
	if (result == 0)
		result = query_next(&query);
	query_end(&query);
	return result;
}

static void a_read_that_takes_too_long_is_ended(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(store_read(fixture->store, read_forever, NULL, NULL), MORTISE_E_RETRY);
	/* The connection is as good as before. */
	for (int i = 0; i < 20; i++)
		assert_int_equal(count(fixture), 0);
}

static int write_in_a_read(struct tx *tx, void *arg, struct err *err)
{
	(void)arg;
	return insert_note(tx, NAME("never"), err);
}

static void a_read_cannot_write(void **state)
{
	struct fixture *fixture = *state;

	assert_true(store_read(fixture->store, write_in_a_read, NULL, NULL) < 0);
	assert_int_equal(count(fixture), 0);
}

static void acknowledged_rows_survive_a_kill(void **state)
{
	struct fixture *fixture = *state;
	int ends[2], acknowledged = 0, status;
	char byte;
	pid_t child;

	store_close(fixture->store);
	fixture->store = NULL;
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		struct err err = {0};

		close(ends[0]);
		if (open_fixture(fixture, &err) < 0)
			_exit(1);
		for (int i = 0;; i++) {
			char *name = xasprintf("k%d", i);

			if (store_write(fixture->store, insert_note, name, NULL) < 0 ||
				write(ends[1], "x", 1) != 1)
				_exit(1);
		}
	}
	close(ends[1]);
	while (acknowledged < 200 && read(ends[0], &byte, 1) == 1)
		acknowledged++;
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status));
	while (read(ends[0], &byte, 1) == 1)
		acknowledged++;
	close(ends[0]);
	assert_int_equal(open_fixture(fixture, NULL), 0);
	assert_in_range(count(fixture), acknowledged, acknowledged + 1);
}

static void a_second_daemon_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct fixture other = *fixture;
	cleanup_err struct err err = {0};

	assert_int_equal(open_fixture(&other, &err), MORTISE_E_SETTINGS);
	assert_non_null(strstr(err_text(&err), "another mortised"));
}

static void a_database_from_the_future_is_refused(void **state)
{
	struct fixture *fixture = *state;
	cleanup_err struct err err = {0};
	cleanup_free char *path = xasprintf("%s/test.db", fixture->dir);
	sqlite3 *db;

	store_close(fixture->store);
	fixture->store = NULL;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "INSERT INTO schema_version VALUES (999)", NULL, NULL,
		NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(open_fixture(fixture, &err), MORTISE_E_SETTINGS);
	assert_non_null(strstr(err_text(&err), "schema version 999"));
}

static void other_engines_are_refused_with_words(void **state)
{
	struct store_settings settings = {.url = "postgresql://x", .state_dir = "/tmp"};
	cleanup_err struct err err = {0};
	struct store *store;

	(void)state;
	assert_int_equal(store_open(&settings, &store, &err), MORTISE_E_SETTINGS);
	assert_non_null(strstr(err_text(&err), "sqlite:FILE"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_read_sees_what_was_written_before),
		TEST(a_refusal_takes_back_its_own_writes_only),
		TEST(a_clash_is_a_conflict),
		TEST(queued_closures_all_end_each_by_itself),
		TEST(what_queued_meanwhile_is_one_commit),
		TEST(a_full_queue_refuses_at_once),
		TEST(a_full_database_refuses_and_works_again),
		TEST(a_full_database_voids_only_the_closure_at_fault),
		TEST(a_commit_larger_than_memory_is_whole),
		TEST(a_full_disk_frees_the_ballast_and_refuses_what_comes_in),
		TEST(a_read_that_takes_too_long_is_ended),
		TEST(a_read_cannot_write),
		TEST(acknowledged_rows_survive_a_kill),
		TEST(a_second_daemon_is_refused),
		TEST(a_database_from_the_future_is_refused),
		cmocka_unit_test(other_engines_are_refused_with_words),
	};

	return cmocka_run_group_tests_name("storage_store", tests, NULL, NULL);
}
