/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/api/issue_range.h"
#include "core/base/mem.h"
#include "core/storage/issue_list.h"

#define NOW INT64_C(1777629600000000)          /* 2026-05-01T10:00:00Z */
#define HOUR INT64_C(3600000000)
#define DAY_BEGAN (NOW - 10 * HOUR)

static void a_number_is_compared(void **state)
{
	static const struct {
		const char *text;
		int64_t min, max;
	} good[] = {
		{"10", 10, 10},
		{">10", 11, INT64_MAX},
		{">=10", 10, INT64_MAX},
		{"<10", INT64_MIN, 9},
		{"<=10", INT64_MIN, 10},
	};
	static const char *const bad[] = {"", ">", "x", "10x", "=10", "-10", "1e3", "> 1",
		"99999999999999999999"};

	(void)state;
	for (size_t i = 0; i < lengthof(good); i++) {
		struct issue_range range = ISSUE_RANGE_ANY;

		if (!issue_range_number(good[i].text, &range) || range.min != good[i].min ||
			range.max != good[i].max)
			fail_msg("case %zu: %s", i, good[i].text);
	}
	for (size_t i = 0; i < lengthof(bad); i++) {
		struct issue_range range = ISSUE_RANGE_ANY;

		if (issue_range_number(bad[i], &range))
			fail_msg("case %zu: \"%s\" was taken", i, bad[i]);
	}
}

static void a_time_is_an_age_or_compared(void **state)
{
	static const struct {
		const char *text;
		int64_t min, max;
	} good[] = {
		{"-24h", NOW - 24 * HOUR, INT64_MAX},
		{"+2d", INT64_MIN, NOW - 48 * HOUR},
		{"-30m", NOW - HOUR / 2, INT64_MAX},
		{"-1w", NOW - 7 * 24 * HOUR, INT64_MAX},
		{">=2026-05-01", DAY_BEGAN, INT64_MAX},
		{"<2026-05-01", INT64_MIN, DAY_BEGAN - 1},
		{">2026-05-01T09:00:00Z", NOW - HOUR + 1, INT64_MAX},
	};
	static const char *const bad[] = {"", "-", "-h", "-24", "-24s", "-24hh", "24h", "2026-05-01",
		">2026-5-1", ">soon", "-99999999999w"};

	(void)state;
	for (size_t i = 0; i < lengthof(good); i++) {
		struct issue_range range = ISSUE_RANGE_ANY;

		if (!issue_range_time(good[i].text, NOW, &range) || range.min != good[i].min ||
			range.max != good[i].max)
			fail_msg("case %zu: %s", i, good[i].text);
	}
	for (size_t i = 0; i < lengthof(bad); i++) {
		struct issue_range range = ISSUE_RANGE_ANY;

		if (issue_range_time(bad[i], NOW, &range))
			fail_msg("case %zu: \"%s\" was taken", i, bad[i]);
	}
}

static void two_ranges_narrow_each_other(void **state)
{
	struct issue_range range = ISSUE_RANGE_ANY;

	(void)state;
	assert_true(issue_range_number(">5", &range));
	assert_true(issue_range_number("<=9", &range));
	assert_true(issue_range_number(">=3", &range));
	assert_int_equal(range.min, 6);
	assert_int_equal(range.max, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_compared),
		cmocka_unit_test(a_time_is_an_age_or_compared),
		cmocka_unit_test(two_ranges_narrow_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
