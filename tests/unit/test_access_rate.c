/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#include "core/access/rate.h"

#define SECOND_US INT64_C(1000000)
#define START_US (INT64_C(1000000000) * RATE_WINDOW_S * SECOND_US)

static struct rate ask(struct rates *rates, const char *who, int per_second, int64_t now_us)
{
	struct rate rate;

	rates_count(rates, who, strlen(who), per_second, now_us, &rate);
	return rate;
}

static void a_window_takes_its_number_and_no_more(void **state)
{
	struct rates *rates = rates_new();
	struct rate rate;

	(void)state;
	for (int i = 1; i <= 2 * RATE_WINDOW_S; i++) {
		rate = ask(rates, "token:1", 2, START_US + i);
		assert_false(rate.exceeded);
		assert_int_equal(rate.remaining, 2 * RATE_WINDOW_S - i);
	}
	rate = ask(rates, "token:1", 2, START_US + 30);
	assert_true(rate.exceeded);
	assert_int_equal(rate.limit, 2 * RATE_WINDOW_S);
	assert_int_equal(rate.remaining, 0);
	assert_int_equal(rate.reset_s, START_US / SECOND_US + RATE_WINDOW_S);
	assert_false(ask(rates, "token:2", 2, START_US + 31).exceeded);
	rates_free(rates);
}

static void the_next_window_begins_anew(void **state)
{
	struct rates *rates = rates_new();

	(void)state;
	for (int i = 0; i <= RATE_WINDOW_S; i++)
		(void)ask(rates, "token:1", 1, START_US);
	assert_true(ask(rates, "token:1", 1, START_US + RATE_WINDOW_S * SECOND_US - 1).exceeded);
	assert_false(ask(rates, "token:1", 1, START_US + RATE_WINDOW_S * SECOND_US).exceeded);
	/* A clock that is set back does not lock anybody out, either. */
	assert_false(ask(rates, "token:1", 1, START_US).exceeded);
	rates_free(rates);
}

/* More callers than there are places: who asked most is still known. */
static void a_crowd_does_not_free_who_asked_most(void **state)
{
	struct rates *rates = rates_new();
	char who[16];

	(void)state;
	for (int i = 0; i <= RATE_WINDOW_S; i++)
		(void)ask(rates, "token:1", 1, START_US);
	for (int i = 0; i < 8 * RATE_PLACES; i++) {
		snprintf(who, sizeof(who), "%d", i);
		assert_false(ask(rates, who, 1, START_US).exceeded);
	}
	assert_true(ask(rates, "token:1", 1, START_US).exceeded);
	rates_free(rates);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_takes_its_number_and_no_more),
		cmocka_unit_test(the_next_window_begins_anew),
		cmocka_unit_test(a_crowd_does_not_free_who_asked_most),
	};

	return cmocka_run_group_tests_name("access_rate", tests, NULL, NULL);
}
