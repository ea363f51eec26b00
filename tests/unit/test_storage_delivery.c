/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Delivery ids are recognised whether they are in memory, folded or both, and nothing
 * that was rolled back is. */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/scratch_store.h"

#include <semaphore.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/storage/delivery.h"
#include "core/storage/prune.h"
#include "core/storage/store.h"
#include "core/storage/tx.h"
#include "core/storage/webhook.h"

/* More than two whole turns of folding. */
#define MANY 40000
#define STEP 200

SQL(count_folded, "SELECT COUNT(*) FROM delivery");

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

struct deliveries {
	int from, len;
	const char *key_owner;
	int64_t received_us;
	bool fail;             /* after having added them */
	int known;             /* how many were seen already */
	int64_t id;            /* the last one's */
	sem_t ended;
};

static int add_in(struct tx *tx, void *arg, struct err *err)
{
	struct deliveries *deliveries = arg;

	deliveries->known = 0;
	for (int i = deliveries->from; i < deliveries->from + deliveries->len; i++) {
		char delivery_id[32];
		struct webhook_add add = {
			.key_owner = deliveries->key_owner ? deliveries->key_owner : "test",
			.delivery_id = delivery_id,
			.provider = "test",
			.webhook = "webhook",
			.event = "event",
			.headers = "{}",
			.received_us = deliveries->received_us,
			.body = {"{}", 2},
		};
		bool known;
		int result;

		snprintf(delivery_id, sizeof(delivery_id), "delivery-%d", i);
		result = webhook_add(tx, &add, &deliveries->id, &known, err);
		if (result < 0)
			return result;
		deliveries->known += known;
	}
	return deliveries->fail ? err_set(err, MORTISE_E_CONFLICT, "as asked") : 0;
}

static struct deliveries add(struct scratch_store *scratch, struct deliveries deliveries)
{
	cleanup_err struct err err = {0};

	if (store_write(scratch->store, add_in, &deliveries, &err) < 0)
		fail_msg("%s", err_text(&err));
	return deliveries;
}

static void undone(int result, struct err *err, void *arg)
{
	struct deliveries *deliveries = arg;

	(void)err;
	deliveries->fail = result == MORTISE_E_CONFLICT;
	sem_post(&deliveries->ended);
}

/* The batch is rolled back, then the closure alone. */
static void add_and_undo(struct scratch_store *scratch, int from, int len)
{
	struct deliveries deliveries = {from, len, .fail = true};

	sem_init(&deliveries.ended, 0, 0);
	assert_int_equal(store_write_async(scratch->store, add_in, &deliveries, 1000, undone,
		NULL), 0);
	while (sem_wait(&deliveries.ended) < 0)
		;
	sem_destroy(&deliveries.ended);
	assert_true(deliveries.fail);
	assert_int_equal(deliveries.known, 0);
}

static void add_many(struct scratch_store *scratch)
{
	for (int i = 0; i < MANY; i += STEP)
		assert_int_equal(add(scratch, (struct deliveries){i, STEP}).known, 0);
}

/* All of them in one transaction, so that no memory is renewed between. */
static void assert_all_known(struct scratch_store *scratch)
{
	assert_int_equal(add(scratch, (struct deliveries){0, MANY}).known, MANY);
}

static int count_in(struct tx *tx, void *arg, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &count_folded, err, "");

	if (result == 1)
		*(int64_t *)arg = query_int(&query, 0);
	query_end(&query);
	return result < 0 ? result : 0;
}

static int64_t folded(struct scratch_store *scratch)
{
	int64_t len = -1;

	assert_int_equal(store_read(scratch->store, count_in, &len, NULL), 0);
	return len;
}

static void many_are_recognised(void **state)
{
	struct scratch_store *scratch = *state;

	add_many(scratch);
	assert_in_range(folded(scratch), MANY / 4, MANY - 1);
	assert_all_known(scratch);
}

static void a_new_start_forgets_none(void **state)
{
	struct scratch_store *scratch = *state;

	add(scratch, (struct deliveries){0, STEP});
	scratch_store_reopen(scratch);
	assert_int_equal(add(scratch, (struct deliveries){0, STEP}).known, STEP);
	for (int i = STEP; i < MANY; i += STEP)
		add(scratch, (struct deliveries){i, STEP});
	scratch_store_reopen(scratch);
	assert_all_known(scratch);
}

static void an_id_counts_for_its_key_owner_only(void **state)
{
	struct scratch_store *scratch = *state;

	add(scratch, (struct deliveries){0, 1});
	assert_int_equal(add(scratch, (struct deliveries){0, 1, .key_owner = "other"}).known, 0);
	assert_int_equal(add(scratch, (struct deliveries){0, 1, .key_owner = "other"}).known, 1);
}

/* Whatever is undone, also a fold, is added anew as if it had never been there. */
static void what_was_rolled_back_is_not_known(void **state)
{
	struct scratch_store *scratch = *state;

	for (int i = 0; i < MANY / 2; i += STEP) {
		add_and_undo(scratch, i, STEP);
		assert_int_equal(add(scratch, (struct deliveries){i, STEP}).known, 0);
	}
	assert_int_equal(add(scratch, (struct deliveries){0, MANY / 2}).known, MANY / 2);
}

static int prune_in(struct tx *tx, void *arg, struct err *err)
{
	const struct prune_cutoffs cutoffs = {
		.webhooks_us = 3 * DELIVERY_PERIOD_US, .now_us = 5 * DELIVERY_PERIOD_US};

	struct prune_step *step = arg;

	return store_prune_step(tx, &cutoffs, step->webhook_id, step, err);
}

static void what_is_pruned_is_forgotten(void **state)
{
	struct scratch_store *scratch = *state;
	struct prune_step step = {0};

	add_many(scratch);
	for (int i = MANY; i < 2 * MANY; i += STEP)
		add(scratch, (struct deliveries){i, STEP, .received_us = 4 * DELIVERY_PERIOD_US});
	assert_int_not_equal(folded(scratch), 0);
	while (!step.ended)
		assert_int_equal(store_write(scratch->store, prune_in, &step, NULL), 0);
	assert_in_range(folded(scratch), MANY / 4, MANY);
	assert_int_equal(add(scratch, (struct deliveries){MANY, STEP}).known, STEP);
	assert_int_equal(add(scratch, (struct deliveries){0, STEP}).known, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(many_are_recognised),
		TEST(a_new_start_forgets_none),
		TEST(an_id_counts_for_its_key_owner_only),
		TEST(what_was_rolled_back_is_not_known),
		TEST(what_is_pruned_is_forgotten),
	};

	return cmocka_run_group_tests_name("storage_delivery", tests, NULL, NULL);
}
