/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * JSON that jansson alone would refuse.  A webhook that was acknowledged must reach its
 * handler: what the scanner takes at the door is parsed here.
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/foreign_json.h"
#include "core/base/mem.h"
#include "core/webhook/scanner.h"

static bool scanner_takes(const char *text, size_t size)
{
	struct scanner_plan *plan = scanner_plan_new();
	struct scanner_result result;
	bool taken = scanner_scan(plan, text, size, &result);

	scanner_plan_free(plan);
	return taken;
}

static char *parsed(const char *text, size_t size)
{
	cleanup_json json_t *json = NULL;
	cleanup_err struct err err = {0};

	if (foreign_json_parse(text, size, &json, &err) < 0)
		return NULL;
	return json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
}

static void what_the_door_takes_is_parsed(void **state)
{
	static const struct {
		const char *text, *result;
	} cases[] = {
		{"[1e9999]", "[\"1e9999\"]"},
		{"[-1E+400,1.5]", "[\"-1E+400\",1.5]"},
		{"[1e-9999]", "[0.0]"},
		{"[123456789012345678901234567890]", "[\"123456789012345678901234567890\"]"},
		{"[-9223372036854775809]", "[\"-9223372036854775809\"]"},
		/* A number that fits stays one beside another that does not. */
		{"[9223372036854775807,1e9999]", "[9223372036854775807,\"1e9999\"]"},
		{"[\"\\u0000\"]", "[\"\xef\xbf\xbd\"]"},
		{"{\"\\u0000\":\"\\ud800\"}", "{\"\xef\xbf\xbd\":\"\xef\xbf\xbd\"}"},
		{"[\"\\udc00\\ud800\"]", "[\"\xef\xbf\xbd\xef\xbf\xbd\"]"},
		{"[\"\\ud83d\\ude00\\ud83d\"]", "[\"\xf0\x9f\x98\x80\xef\xbf\xbd\"]"},
		{"[\"\\\\u0000\",\"1e9999\",1e9999]", "[\"\\\\u0000\",\"1e9999\",\"1e9999\"]"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *result = parsed(cases[i].text, strlen(cases[i].text));

		if (!scanner_takes(cases[i].text, strlen(cases[i].text)))
			fail_msg("case %zu: %s is refused at the door", i, cases[i].text);
		if (!result || strcmp(result, cases[i].result) != 0)
			fail_msg("case %zu: %s", i, result ? result : "refused");
	}
}

static void the_deepest_that_the_door_takes_is_parsed(void **state)
{
	(void)state;
	for (size_t depth = SCANNER_MAX_DEPTH; depth <= SCANNER_MAX_DEPTH + 1; depth++) {
		cleanup_buf struct buf text = BUF(0);
		cleanup_free char *result = NULL;

		for (size_t i = 0; i < depth; i++)
			buf_add_char(&text, '[');
		buf_add_text(&text, "1e9999");
		for (size_t i = 0; i < depth; i++)
			buf_add_char(&text, ']');
		assert_int_equal(scanner_takes(text.data, text.size), depth == SCANNER_MAX_DEPTH);
		result = parsed(text.data, text.size);
		assert_non_null(result);
	}
}

static void what_is_not_json_stays_so(void **state)
{
	static const char *const cases[] = {
		"", "[", "[1e9999", "[1e9999 2]", "[1e]", "[+1e9999]", "[1e9999e9999]", "[01]", "[1.]",
		"[--1]", "[1-2]", "[\"\\u00\"]", "[\"\\ud800]", "{1:1}", "[\"\xff\"]", "[NaN]",
		"[1e9999]]",
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *result = parsed(cases[i], strlen(cases[i]));

		if (scanner_takes(cases[i], strlen(cases[i])))
			fail_msg("case %zu: %s is taken at the door", i, cases[i]);
		if (result)
			fail_msg("case %zu: %s became %s", i, cases[i], result);
	}
}

static const struct bounded {
	const char *text;
	size_t max_depth, max_values;
	bool fits;
} boundeds[] = {
	{"1", 0, 1, true},
	{"[[]]", 2, 9, true},
	{"[[]]", 1, 9, false},
	{"[{\"a\":[]}]", 2, 9, false},
	{"[\"[[[[\", \"\\\"[[\"]", 1, 9, true},
	{"[[],[],[]]", 2, 9, true},
	{"[1,2,3]", 1, 4, true},
	{"[1,2,3]", 1, 3, false},
	{"{\"a\":{},\"b\":{}}", 2, 5, true},
	{"{\"a\":{},\"b\":{}}", 2, 4, false},
	{"[\",,,,,,\"]", 1, 2, true},
};

static void bounds_are_seen_before_a_tree_is_built(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(boundeds); i++) {
		const struct bounded *b = &boundeds[i];

		if (foreign_json_fits(b->text, strlen(b->text), b->max_depth, b->max_values) !=
			b->fits)
			fail_msg("case %zu: %s", i, b->text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_door_takes_is_parsed),
		cmocka_unit_test(the_deepest_that_the_door_takes_is_parsed),
		cmocka_unit_test(what_is_not_json_stays_so),
		cmocka_unit_test(bounds_are_seen_before_a_tree_is_built),
	};

	return cmocka_run_group_tests_name("base_foreign_json", tests, NULL, NULL);
}
