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
	{"0:0:0", true, API_PAGE_MAX, 0},
	{"0:1:0", false, 0, 0},
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

static const struct {
	const char *text;
	enum keyset_kind kind;
	bool good;
	struct keyset place;
} places[] = {
	{"1718000000000000:12:0", KEYSET_DOWN, true, {.number = 1718000000000000, .id = 12}},
	{"-5:12:1", KEYSET_UP, true, {.back = true, .number = -5, .id = 12}},
	{"9223372036854775807:9223372036854775807:0", KEYSET_UP, true,
		{.number = INT64_MAX, .id = INT64_MAX}},
	{"0:0:0", KEYSET_UP, true, {.number = INT64_MIN, .id = INT64_MIN}},
	{"0:0:0", KEYSET_DOWN, true, {.number = INT64_MAX, .id = INT64_MAX}},
	{"tw6TDtsOf:3:0", KEYSET_TEXT, true, {.text = "\xc3\xa4\xc3\xb6\xc3\x9f", .id = 3}},
	{"t:3:1", KEYSET_TEXT, true, {.back = true, .text = "", .id = 3}},
	{"9223372036854775808:1:0", KEYSET_UP, false, {0}},
	{"1:9223372036854775808:0", KEYSET_UP, false, {0}},
	{"--1:1:0", KEYSET_UP, false, {0}},
	{"1:-1:0", KEYSET_UP, false, {0}},
	{"1:1:2", KEYSET_UP, false, {0}},
	{"1:1", KEYSET_UP, false, {0}},
	{"1:1:0:", KEYSET_UP, false, {0}},
	{"tYWI:1:0", KEYSET_UP, false, {0}},
	{"1:1:0", KEYSET_TEXT, false, {0}},
	{"tYWI=:1:0", KEYSET_TEXT, false, {0}},
	{"tYW I:1:0", KEYSET_TEXT, false, {0}},
	{"t_w:1:0", KEYSET_TEXT, false, {0}},         /* 0xff, no UTF-8 */
	{"tYQBi:1:0", KEYSET_TEXT, false, {0}},       /* a NUL inside */
	{"tYWI", KEYSET_TEXT, false, {0}},
	{"", KEYSET_UP, false, {0}},
};

static void places_are_read_strictly(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(places); i++) {
		const struct keyset *wanted = &places[i].place;
		struct keyset place = {0};
		bool good = keyset_parse(places[i].text, places[i].kind, &place);

		if (good != places[i].good ||
			(good && (place.back != wanted->back || place.number != wanted->number ||
					 place.id != wanted->id ||
					 strcmp(place.text, wanted->text) != 0)))
			fail_msg("cursor %zu, \"%s\"", i, places[i].text);
	}
}

static void a_key_that_is_too_long_is_refused(void **state)
{
	char text[KEYSET_TEXT_SIZE * 2];
	struct keyset place;

	(void)state;
	memset(text, 'A', sizeof(text));
	text[0] = 't';
	memcpy(text + 1 + (KEYSET_TEXT_SIZE + 1) / 3 * 4, ":1:0", 5);
	assert_false(keyset_parse(text, KEYSET_TEXT, &place));
}

static void a_row_leads_back_to_its_place(void **state)
{
	static const struct cursor_mark marks[] = {
		{.number = INT64_MAX, .id = 1}, {.number = INT64_MIN + 1, .id = 2},
		{.text = "", .id = 3}, {.text = "Zo\xc3\xab : \"x\"", .id = 4},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(marks); i++) {
		cleanup_free char *cursor = keyset_cursor(&marks[i], i % 2 == 1);
		struct keyset place;

		assert_true(keyset_parse(cursor, marks[i].text ? KEYSET_TEXT : KEYSET_UP, &place));
		assert_int_equal(place.number, marks[i].number);
		assert_string_equal(place.text, marks[i].text ? marks[i].text : "");
		assert_int_equal(place.id, marks[i].id);
		assert_int_equal(place.back, i % 2 == 1);
	}
}

/* Five rows; a page of two, read forwards and back. */
static void a_page_shows_rows_in_the_order_of_the_list(void **state)
{
	struct keyset place = {.limit = 3};

	(void)state;
	assert_int_equal(api_keyset_shown(&place, 3), 2);
	assert_int_equal(api_keyset_shown(&place, 1), 1);
	assert_int_equal(api_keyset_row(&place, 3, 0), 0);
	place.back = true;
	assert_int_equal(api_keyset_row(&place, 3, 0), 1);
	assert_int_equal(api_keyset_row(&place, 3, 1), 0);
	assert_int_equal(api_keyset_row(&place, 1, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cursors_are_read_strictly),
		cmocka_unit_test(places_are_read_strictly),
		cmocka_unit_test(a_key_that_is_too_long_is_refused),
		cmocka_unit_test(a_row_leads_back_to_its_place),
		cmocka_unit_test(a_page_shows_rows_in_the_order_of_the_list),
	};

	return cmocka_run_group_tests_name("api_cursor", tests, NULL, NULL);
}
