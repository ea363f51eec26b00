/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"

/* Run 'write_line' with standard error in a pipe and give back what it wrote. */
static void capture(void (*write_line)(void), char *ret_text, size_t size)
{
	int ends[2], saved = dup(STDERR_FILENO);
	ssize_t got;

	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	write_line();
	dup2(saved, STDERR_FILENO);
	close(ends[1]);
	got = read(ends[0], ret_text, size - 1);
	ret_text[got > 0 ? got : 0] = '\0';
	close(ends[0]);
	close(saved);
}

static void hostile_line(void)
{
	log_notice("test.event", LOG_TEXT("name", "a b\n\"c\""), LOG_INT("n", -3));
}

static void foreign_text_cannot_break_a_line(void **state)
{
	char line[512];

	(void)state;
	log_setup(MORTISE_LOG_INFO, LOG_LOGFMT);
	capture(hostile_line, line, sizeof(line));
	assert_memory_equal(line, "<5>time=", 8);
	assert_non_null(strstr(line, " event=test.event name=\"a b\\n\\\"c\\\"\" n=-3\n"));
	log_setup(MORTISE_LOG_INFO, LOG_JSON);
	capture(hostile_line, line, sizeof(line));
	assert_non_null(strstr(line, "\"event\":\"test.event\",\"name\":\"a b\\n\\\"c\\\"\",\"n\":-3}\n"));
}

static void a_site_is_limited(void **state)
{
	struct log_limit limit = {0};
	int taken = 0;
	int64_t dropped;

	(void)state;
	for (int i = 0; i < 100; i++)
		taken += log_limit_take(&limit, &dropped);
	assert_int_equal(taken, 10);
}

static void instants_are_parsed_and_shown(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"2026-05-01T10:00:00Z", "2026-05-01T10:00:00.000Z"},
		{"2026-04-30T10:00:00+02:00", "2026-04-30T08:00:00.000Z"},
		{"2026-04-30T10:00:00.1239-0130", "2026-04-30T11:30:00.123Z"},
		{"2026-04-30", NULL}, {"2026-13-30T10:00:00Z", NULL}, {"2026-04-30T10:00:00", NULL},
		{"", NULL}, {"2026-04-30T10:00:00Zx", NULL},
	};
	char text[CLOCK_TEXT_SIZE];
	int64_t time_us;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (clock_parse(cases[i].in, &time_us) != (cases[i].out != NULL))
			fail_msg("case %zu", i);
		if (cases[i].out)
			assert_string_equal(clock_format(time_us, text), cases[i].out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(foreign_text_cannot_break_a_line),
		cmocka_unit_test(a_site_is_limited),
		cmocka_unit_test(instants_are_parsed_and_shown),
	};

	return cmocka_run_group_tests_name("base_log", tests, NULL, NULL);
}
