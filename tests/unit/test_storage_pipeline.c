/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Pipelines in the store: who may claim, who may move, what is found. */
#include "config.h"
#include "tests/unit/unit.h"

#include <unistd.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/pipeline/machine.h"
#include "core/storage/organization.h"
#include "core/storage/pipeline.h"
#include "core/storage/store.h"

struct fixture {
	char dir[32];
	struct store *store;
	struct pipeline_row row;       /* as it was inserted */
};

static int insert_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	struct pipeline_row *row = &fixture->row;

	*row = (struct pipeline_row){
		.uid = "0123456789abcdef",
		.principal = (char[]){"user:1"},
		.provider = (char[]){"ping"},
		.kind = (char[]){"install"},
		.status = (char[]){"active"},
		.signature = (char[]){"s"},
		.added_at = 100,
		.updated_at = 100,
		.expires_at = 100 + PIPELINE_LIFE_US,
	};
	if (organization_insert(tx, "acme", "Acme", 1, &row->organization_id, err) < 0)
		return err->code;
	return pipeline_row_insert(tx, row, err);
}

static void run(struct fixture *fixture, store_fn *fn)
{
	cleanup_err struct err err = {0};

	if (store_write(fixture->store, fn, fixture, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static int setup(void **state)
{
	struct fixture *fixture = new(struct fixture);
	struct store_settings settings = {.url = "sqlite:test.db", .state_dir = fixture->dir};
	struct err err = {0};

	log_setup(MORTISE_LOG_ERROR - 1, LOG_LOGFMT);
	strcpy(fixture->dir, "/tmp/mortise-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->dir));
	if (store_open(&settings, &fixture->store, &err) < 0)
		fail_msg("%s", err_text(&err));
	*state = fixture;
	run(fixture, insert_in);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	cleanup_free char *command = xasprintf("rm -r %s", fixture->dir);

	store_close(fixture->store);
	assert_int_equal(system(command), 0);
	free(fixture);
	return 0;
}

/* The row as the store has it now, for the duration of one closure. */
#define ROW_NOW(name_, tx_, id_)                                                    \
	cleanup(pipeline_row_clear) struct pipeline_row name_ = {0};                \
	do {                                                                        \
		cleanup_err struct err row_err_ = {0};                              \
		if (pipeline_row_get(tx_, id_, &name_, &row_err_) < 0)              \
			fail_msg("%s", err_text(&row_err_));                        \
	} while (0)

static int claim_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	cleanup_err struct err refused = {0};
	ROW_NOW(row, tx, fixture->row.id);

	if (pipeline_row_claim(tx, &row, "first", 1000, 200, err) < 0)
		return err->code;
	assert_int_equal(pipeline_row_claim(tx, &row, "second", 1000, 999, &refused),
		MORTISE_E_CONFLICT);
	/* It ran out. */
	if (pipeline_row_claim(tx, &row, "third", 2000, 1001, err) < 0)
		return err->code;
	return 0;
}

static void only_one_request_has_the_claim(void **state)
{
	run(*state, claim_in);
}

static int move_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	cleanup_err struct err refused = {0};
	struct pipeline_move move = {
		.to = PIPELINE_ACTIVE,
		.to_step = 1,
		.step_len = 3,
		.held = "first",
		.state_hash = "hash",
		.sealed = "sealed",
		.sealed_size = 6,
		.now_us = 300,
	};
	ROW_NOW(before, tx, fixture->row.id);

	/* Nobody moves without the claim. */
	assert_int_equal(pipeline_advance(tx, &before, &move, &refused), MORTISE_E_CONFLICT);
	err_clear(&refused);
	if (pipeline_row_claim(tx, &before, "first", 1000, 200, err) < 0 ||
		pipeline_advance(tx, &before, &move, err) < 0)
		return err->code;
	ROW_NOW(after, tx, fixture->row.id);
	assert_int_equal(after.step, 1);
	assert_string_equal(after.state_hash, "hash");
	assert_int_equal(after.sealed_size, 6);
	assert_null(after.claim);
	assert_int_equal(after.expires_at, 300 + PIPELINE_LIFE_US);
	/* What was loaded before the move cannot claim any more. */
	assert_int_equal(pipeline_row_claim(tx, &before, "late", 1000, 400, &refused),
		MORTISE_E_CONFLICT);
	return 0;
}

static void move_needs_the_claim_and_ends_it(void **state)
{
	run(*state, move_in);
}

static int end_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	cleanup_err struct err refused = {0};
	cleanup(pipeline_row_clear) struct pipeline_row none = {0};
	struct pipeline_move move = {.to = PIPELINE_CANCELLED, .now_us = 300};
	int64_t ids[4];
	ROW_NOW(row, tx, fixture->row.id);

	assert_int_equal(pipeline_row_rivals(tx, row.organization_id, "ping", "user:1", ids, 4,
		err), 1);
	assert_int_equal(pipeline_row_rivals(tx, row.organization_id, "ping", "user:2", ids, 4,
		err), 0);
	assert_int_equal(pipeline_row_expired(tx, row.expires_at, ids, 4, err), 0);
	assert_int_equal(pipeline_row_expired(tx, row.expires_at + 1, ids, 4, err), 1);
	if (pipeline_row_claim(tx, &row, "held", 1000, 200, err) < 0)
		return err->code;
	/* A claim that runs is not overruled from outside. */
	assert_int_equal(pipeline_advance(tx, &row, &move, &refused), MORTISE_E_CONFLICT);
	err_clear(&refused);
	move.now_us = 1001;
	if (pipeline_advance(tx, &row, &move, err) < 0)
		return err->code;
	assert_int_equal(pipeline_row_find_live(tx, row.organization_id, "user:1", &none, &refused),
		MORTISE_E_NOT_FOUND);
	assert_int_equal(pipeline_row_prune(tx, 1001, 10, err), 0);
	assert_int_equal(pipeline_row_prune(tx, 1002, 10, err), 1);
	return 0;
}

static void ended_pipeline_is_not_found_and_goes(void **state)
{
	run(*state, end_in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_one_request_has_the_claim, setup, teardown),
		cmocka_unit_test_setup_teardown(move_needs_the_claim_and_ends_it, setup, teardown),
		cmocka_unit_test_setup_teardown(ended_pipeline_is_not_found_and_goes, setup,
			teardown),
	};

	return cmocka_run_group_tests_name("storage_pipeline", tests, NULL, NULL);
}
