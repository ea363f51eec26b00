/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The layer under SQLite's log keeps what is written, and shows none of it too late. */
#include "config.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "core/base/mem.h"
#include "core/storage/log_file.h"
#include "tests/unit/scratch_store.h"

#define LARGE (300 << 10)

struct fixture {
	struct scratch_store scratch;
	char *db, *log;
	sqlite3_filename names;
	sqlite3_file *file;
};

static const char *layer;

static int setup(void **state)
{
	struct fixture *fixture = new(struct fixture);
	sqlite3_vfs *vfs = sqlite3_vfs_find(layer);
	int flags = SQLITE_OPEN_WAL | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

	scratch_store_folder(&fixture->scratch);
	fixture->db = xasprintf("%s/test.db", fixture->scratch.dir);
	fixture->log = xasprintf("%s-wal", fixture->db);
	/* A log takes the mode of its database. */
	assert_int_equal(close(open(fixture->db, O_CREAT | O_WRONLY, 0600)), 0);
	fixture->names = sqlite3_create_filename(fixture->db, "", fixture->log, 0, NULL);
	fixture->file = xcalloc(1, (size_t)vfs->szOsFile);
	assert_int_equal(vfs->xOpen(vfs, sqlite3_filename_wal(fixture->names), fixture->file, flags,
		&flags), SQLITE_OK);
	*state = fixture;
	return 0;
}

static void close_log(struct fixture *fixture)
{
	if (fixture->file->pMethods)
		assert_int_equal(fixture->file->pMethods->xClose(fixture->file), SQLITE_OK);
	fixture->file->pMethods = NULL;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	close_log(fixture);
	sqlite3_free_filename(fixture->names);
	scratch_store_close(&fixture->scratch);
	free(fixture->file);
	free(fixture->log);
	free(fixture->db);
	free(fixture);
	return 0;
}

static void say(const struct fixture *fixture, const char *text, int64_t offset)
{
	assert_int_equal(fixture->file->pMethods->xWrite(fixture->file, text, (int)strlen(text),
		offset), SQLITE_OK);
}

/* What another connection finds in the file. */
static char *others_see(const struct fixture *fixture)
{
	char text[64] = "";
	int fd = open(fixture->log, O_RDONLY);

	assert_true(fd >= 0 && read(fd, text, sizeof(text) - 1) >= 0);
	close(fd);
	return xstrdup(text);
}

static void its_own_reads_find_what_waits(void **state)
{
	const struct fixture *fixture = *state;
	const sqlite3_io_methods *methods = fixture->file->pMethods;
	char text[8] = "";

	say(fixture, "abc", 0);
	say(fixture, "def", 3);
	assert_int_equal(methods->xRead(fixture->file, text, 6, 0), SQLITE_OK);
	assert_string_equal(text, "abcdef");
	say(fixture, "X", 1);
	assert_int_equal(methods->xRead(fixture->file, text, 6, 0), SQLITE_OK);
	assert_string_equal(text, "aXcdef");
}

static void a_sync_writes_in_the_order_of_the_writes(void **state)
{
	const struct fixture *fixture = *state;
	cleanup_free char *before = NULL, *after = NULL;

	say(fixture, "abc", 0);
	say(fixture, "def", 3);
	before = others_see(fixture);
	assert_string_equal(before, "");
	/* A transaction that is taken back, and another one in its place. */
	say(fixture, "ABCD", 0);
	assert_int_equal(fixture->file->pMethods->xSync(fixture->file, SQLITE_SYNC_NORMAL), SQLITE_OK);
	after = others_see(fixture);
	assert_string_equal(after, "ABCDef");
}

static void size_and_cut_count_what_waits(void **state)
{
	const struct fixture *fixture = *state;
	const sqlite3_io_methods *methods = fixture->file->pMethods;
	cleanup_free char *seen = NULL;
	sqlite3_int64 size = 0;

	say(fixture, "abcdef", 0);
	assert_int_equal(methods->xFileSize(fixture->file, &size), SQLITE_OK);
	assert_int_equal(size, 6);
	say(fixture, "ghi", 6);
	assert_int_equal(methods->xTruncate(fixture->file, 7), SQLITE_OK);
	seen = others_see(fixture);
	assert_string_equal(seen, "abcdefg");
}

static void more_than_it_holds_goes_through(void **state)
{
	struct fixture *fixture = *state;
	cleanup_free char *large = xmalloc(LARGE + 1), *found = xmalloc(LARGE);
	struct stat status;
	int fd;

	for (int i = 0; i < LARGE; i++)
		large[i] = (char)('a' + i % 23);
	large[LARGE] = '\0';
	/* In pieces that fill it unevenly. */
	for (int at = 0; at < LARGE; at += 5000)
		assert_int_equal(fixture->file->pMethods->xWrite(fixture->file, large + at,
			LARGE - at < 5000 ? LARGE - at : 5000, at), SQLITE_OK);
	close_log(fixture);
	fd = open(fixture->log, O_RDONLY);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_size, LARGE);
	assert_int_equal(read(fd, found, LARGE), LARGE);
	assert_memory_equal(found, large, LARGE);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(its_own_reads_find_what_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(a_sync_writes_in_the_order_of_the_writes, setup,
			teardown),
		cmocka_unit_test_setup_teardown(size_and_cut_count_what_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(more_than_it_holds_goes_through, setup, teardown),
	};

	layer = log_file_register();
	assert_non_null(layer);
	return cmocka_run_group_tests_name("storage_log_file", tests, NULL, NULL);
}
