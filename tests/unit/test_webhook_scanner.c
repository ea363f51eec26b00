/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#include <jansson.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/webhook/scanner.h"

#define U(text) (text), sizeof(text) - 1

/* jansson is asked too: both must agree, except on the odd ones, which it refuses
 * although they are JSON. */
static const struct verdict {
	const char *text;
	size_t size;
	bool json;
	bool odd;
} verdicts[] = {
	{U("{}"), true, false},
	{U(" [ ] \n"), true, false},
	{U("{\"a\":1,\"b\":[true,false,null,-0.5e-3]}"), true, false},
	{U("[1.25,-7,0]"), true, false},
	{U(""), false, false},
	{U(" "), false, false},
	{U("1"), false, false},
	{U("\"text\""), false, false},
	{U("{}x"), false, false},
	{U("{} {}"), false, false},
	{U("[1,]"), false, false},
	{U("[,1]"), false, false},
	{U("{\"a\":1,}"), false, false},
	{U("{\"a\" 1}"), false, false},
	{U("{\"a\":}"), false, false},
	{U("{a:1}"), false, false},
	{U("{\"a\":1 \"b\":2}"), false, false},
	{U("[1 2]"), false, false},
	{U("[01]"), false, false},
	{U("[-]"), false, false},
	{U("[+1]"), false, false},
	{U("[.5]"), false, false},
	{U("[5.]"), false, false},
	{U("[1e]"), false, false},
	{U("[1e+]"), false, false},
	{U("[1E+2]"), true, false},
	{U("[NaN]"), false, false},
	{U("[Infinity]"), false, false},
	{U("[tru]"), false, false},
	{U("[truex]"), false, false},
	{U("[\"a\nb\"]"), false, false},
	{U("[\"a\tb\"]"), false, false},
	{U("[\"\\x\"]"), false, false},
	{U("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\"]"), true, false},
	{U("[\"\\u12g4\"]"), false, false},
	{U("[\"\\u12\"]"), false, false},
	{U("[\"\\u0000\"]"), true, true},
	{U("[\"\\ud800\"]"), true, true},
	{U("[\"\\ud83d\\ude00\"]"), true, false},
	{U("[\"unfinished]"), false, false},
	{U("[\"unfinished\\"), false, false},
	{U("[\"eight..8and more than that \xc3\xa4\"]"), true, false},
	{U("[\"\x00\"]"), false, false},
	{U("[\"\xff\"]"), false, false},
	{U("[\"\xc0\xaf\"]"), false, false},
	{U("[\"\xed\xa0\x80\"]"), false, false},
	{U("[\"\xf4\x90\x80\x80\"]"), false, false},
	{U("[\"\xe2\x82\"]"), false, false},
	{U("[\"\xf0\x9f\x98\x80\"]"), true, false},
	{U("\xef\xbb\xbf{}"), false, false},
	{U("[123456789012345678]"), true, false},
	{U("[12345678901234567890]"), true, true},
	{U("[1e999]"), true, true},
	{U("{\"a\":1}\0"), false, false},
	{U("[[[[]]]"), false, false},
	{U("[}"), false, false},
	{U("{]"), false, false},
	{U("[\v]"), false, false},
};

static void its_verdict_is_that_of_jansson(void **state)
{
	struct scanner_plan *plan = scanner_plan_new();
	struct scanner_result result;

	(void)state;
	for (size_t i = 0; i < lengthof(verdicts); i++) {
		const struct verdict *v = &verdicts[i];
		bool json = scanner_scan(plan, v->text, v->size, &result);
		cleanup_json json_t *tree = json_loadb(v->text, v->size, 0, NULL);

		if (json != v->json || (tree != NULL) != (v->json && !v->odd))
			fail_msg("case %zu: %s", i, v->text);
	}
	scanner_plan_free(plan);
}

static void depth_is_bounded(void **state)
{
	struct scanner_plan *plan = scanner_plan_new();
	char text[2 * SCANNER_MAX_DEPTH + 2];
	struct scanner_result result;

	(void)state;
	memset(text, '[', SCANNER_MAX_DEPTH + 1);
	memset(text + SCANNER_MAX_DEPTH, ']', SCANNER_MAX_DEPTH);
	assert_true(scanner_scan(plan, text, SCANNER_MAX_DEPTH * 2, &result));
	memset(text, '[', SCANNER_MAX_DEPTH + 1);
	memset(text + SCANNER_MAX_DEPTH + 1, ']', SCANNER_MAX_DEPTH + 1);
	assert_false(scanner_scan(plan, text, SCANNER_MAX_DEPTH * 2 + 2, &result));
	scanner_plan_free(plan);
}

/* NULL: the text is refused; "": absent. */
static const struct pick {
	const char *pointer, *text, *value;
} picks[] = {
	{"/installation/id", "{\"x\":[{}],\"installation\":{\"n\":{},\"id\":48812345},\"y\":1}", "48812345"},
	{"/a", "{\"a\":\"b\\u0041\\/\\\"\"}", "bA/\""},
	{"/a", "{\"b\":{\"a\":\"x\"}}", ""},
	{"/a", "{\"a\":{\"a\":1}}", ""},
	{"/a/a", "{\"a\":{\"a\":1}}", "1"},
	{"/a", "{\"a\":true}", ""},
	{"/a", "{\"a\":null}", ""},
	{"/a", "{\"a\":\"\"}", ""},
	{"/a", "{\"a\":\"\xc3\xa4\"}", ""},
	{"/a", "{\"a\":\"x\\ny\"}", ""},
	{"/a", "{\"a\":\"x\\u0000\"}", ""},
	{"/a", "{\"a\":-1.50e2}", "-1.50e2"},
	{"/a/1/b", "{\"a\":[{\"b\":1},{\"b\":2},{\"b\":3}]}", "2"},
	{"/1", "[10,11,12]", "11"},
	{"/12", "[0,1,2,3,4,5,6,7,8,9,10,11,\"twelve\"]", "twelve"},
	{"/a~1b/c~0d", "{\"a/b\":{\"c~d\":\"v\"}}", "v"},
	{"/\\u0061", "{\"\\\\u0061\":\"raw\"}", "raw"},
	{"/a", "{\"\\u0061\":\"escaped key\"}", "escaped key"},
	{"/a", "{\"a\":1,\"a\":2}", NULL},
	{"/a", "{\"a\":1,\"\\u0061\":2}", NULL},
	{"/a/b", "{\"a\":{\"b\":1},\"a\":{}}", NULL},
	{"/a/b", "{\"a\":{\"b\":1,\"b\":1}}", NULL},
	{"/a/b", "{\"c\":{\"b\":1,\"b\":1},\"a\":{\"b\":5}}", "5"},
	{"/a/b", "{\"a\":7}", ""},
	{"/a/b/c/d/e/f/g/h", "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":8}}}}}}}}", "8"},
	{"/h", "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":[{}]}}}}}}},\"h\":9}", "9"},
};

static void it_picks_what_the_pointer_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(picks); i++) {
		struct scanner_plan *plan = scanner_plan_new();
		struct scanner_result result;
		bool json;

		assert_int_equal(scanner_plan_add(plan, picks[i].pointer, NULL), 0);
		json = scanner_scan(plan, picks[i].text, strlen(picks[i].text), &result);
		if (json != (picks[i].value != NULL) ||
			(json && strcmp(result.values[0].text, picks[i].value) != 0 &&
				!(result.values[0].size == 0 && !*picks[i].value)))
			fail_msg("case %zu: %s gives '%s'", i, picks[i].text, result.values[0].text);
		scanner_plan_free(plan);
	}
}

static void a_value_longer_than_the_bound_is_absent(void **state)
{
	struct scanner_plan *plan = scanner_plan_new();
	struct scanner_result result;
	char text[512];

	(void)state;
	scanner_plan_add(plan, "/a", NULL);
	for (size_t size = SCANNER_VALUE_SIZE; size <= SCANNER_VALUE_SIZE + 1; size++) {
		int len = snprintf(text, sizeof(text), "{\"a\":\"%0*d\"}", (int)size, 7);

		assert_true(scanner_scan(plan, text, (size_t)len, &result));
		assert_int_equal(result.values[0].size, size == SCANNER_VALUE_SIZE ? size : 0);
	}
	scanner_plan_free(plan);
}

static void several_pointers_share_one_pass(void **state)
{
	static const char text[] = "{\"repository\":{\"id\":5501,\"full_name\":\"a/b\"},"
				   "\"installation\":{\"id\":7}}";
	struct scanner_plan *plan = scanner_plan_new();
	struct scanner_result result;

	(void)state;
	assert_int_equal(scanner_plan_add(plan, "/repository/id", NULL), 0);
	assert_int_equal(scanner_plan_add(plan, "/installation/id", NULL), 1);
	assert_int_equal(scanner_plan_add(plan, "/repository/id", NULL), 0);
	assert_int_equal(scanner_plan_add(plan, "/repository", NULL), 2);
	assert_true(scanner_scan(plan, text, sizeof(text) - 1, &result));
	assert_string_equal(result.values[0].text, "5501");
	assert_string_equal(result.values[1].text, "7");
	assert_int_equal(result.values[2].size, 0);
	scanner_plan_free(plan);
}

static void a_bad_pointer_is_refused(void **state)
{
	static const char *const pointers[] = {"", "a", "/a~2", "/1/2/3/4/5/6/7/8/9"};
	struct scanner_plan *plan = scanner_plan_new();

	(void)state;
	for (size_t i = 0; i < lengthof(pointers); i++)
		if (scanner_plan_add(plan, pointers[i], NULL) != MORTISE_E_FIELD)
			fail_msg("case %zu: %s", i, pointers[i]);
	scanner_plan_free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_verdict_is_that_of_jansson),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(it_picks_what_the_pointer_names),
		cmocka_unit_test(a_value_longer_than_the_bound_is_absent),
		cmocka_unit_test(several_pointers_share_one_pass),
		cmocka_unit_test(a_bad_pointer_is_refused),
	};

	return cmocka_run_group_tests_name("webhook_scanner", tests, NULL, NULL);
}
