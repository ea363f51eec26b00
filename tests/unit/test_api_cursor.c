/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/api/cursor.h"
#include "core/base/mem.h"

static const struct {
	const char *text;
	bool good;
	int64_t size, number;
} cursors[] = {
	{"100:0:0", true, 100, 0},
	{"100:1:0", true, 100, 1},
	{"25:3:1", true, 25, 3},
	{"1:100000:0", true, 1, 100000},
	{"1:100001:0", false, 0, 0},
	{"101:0:0", false, 0, 0},
	{"0:0:0", false, 0, 0},
	{"100:-1:1", false, 0, 0},
	{"100:0:2", false, 0, 0},
	{"100:0", false, 0, 0},
	{"100:0:0:0", false, 0, 0},
	{"100:0:0 ", false, 0, 0},
	{" 100:0:0", false, 0, 0},
	{"+1:0:0", false, 0, 0},
	{"0x1:0:0", false, 0, 0},
	{"99999999999999999999:0:0", false, 0, 0},
	{"::", false, 0, 0},
	{"", false, 0, 0},
};

static void cursors_are_read_strictly(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(cursors); i++) {
		struct api_page page = {0};
		bool good = cursor_parse(cursors[i].text, &page);

		if (good != cursors[i].good ||
			(good && (page.size != cursors[i].size || page.number != cursors[i].number ||
					 page.offset != page.size * page.number)))
			fail_msg("cursor %zu, \"%s\"", i, cursors[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cursors_are_read_strictly),
	};

	return cmocka_run_group_tests_name("api_cursor", tests, NULL, NULL);
}
