/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/scratch_store.h"

#include <stdio.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/connection.h"
#include "core/storage/store.h"

static void open_here(struct scratch_store *scratch)
{
	struct store_settings settings = {.url = "sqlite:test.db", .state_dir = scratch->dir};
	cleanup_err struct err err = {0};

	if (store_open(&settings, &scratch->store, &err) < 0)
		fail_msg("%s", err_text(&err));
}

void scratch_store_folder(struct scratch_store *scratch)
{
	strcpy(scratch->dir, "/tmp/mortise-test-XXXXXX");
	assert_non_null(mkdtemp(scratch->dir));
}

void scratch_store_open(struct scratch_store *scratch)
{
	scratch_store_folder(scratch);
	open_here(scratch);
}

void scratch_store_reopen(struct scratch_store *scratch)
{
	store_close(scratch->store);
	open_here(scratch);
}

static int refuse_in(struct tx *tx, void *arg, struct err *err)
{
	(void)arg;
	return connection_run(tx, "CREATE TRIGGER refuse BEFORE INSERT ON webhook "
		"BEGIN SELECT RAISE(ABORT, 'refused'); END", err);
}

void scratch_store_refuse_writes(struct scratch_store *scratch)
{
	assert_int_equal(store_write(scratch->store, refuse_in, NULL, NULL), 0);
}

void scratch_store_close(struct scratch_store *scratch)
{
	static const char *const names[] = {"test.db", "test.db-wal", "test.db-shm",
		"test.db.lock", "test.db.ballast"};

	store_close(scratch->store);
	for (size_t i = 0; i < lengthof(names); i++) {
		cleanup_free char *path = xasprintf("%s/%s", scratch->dir, names[i]);

		unlink(path);
	}
	rmdir(scratch->dir);
}
