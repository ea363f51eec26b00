/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/api/body.h"
#include "core/base/err.h"
#include "core/base/mem.h"

static const char *const colours[] = {"red", "green", NULL};

enum reader { TEXT, NEEDED_TEXT, ANY_TEXT, BOOL, INT, ID, NEEDED_ID, TIME, CHOICE, TEXTS, OBJECT };

static int64_t read_as(const struct body *body, enum reader reader)
{
	switch (reader) {
	case TEXT:
		return body_text(body, "someName", 3, 0) != NULL;
	case NEEDED_TEXT:
		return body_text(body, "someName", 3, BODY_REQUIRED) != NULL;
	case ANY_TEXT:
		return body_text(body, "someName", 3, BODY_BLANK) != NULL;
	case BOOL:
		return body_bool(body, "someName", true);
	case INT:
		return body_int(body, "someName", -2, 9, 5);
	case ID:
		return body_id(body, "someName", 0);
	case NEEDED_ID:
		return body_id(body, "someName", BODY_REQUIRED);
	case TIME:
		return body_time(body, "someName");
	case CHOICE:
		return body_choice(body, "someName", colours, 0);
	case TEXTS:
		return body_list(body, "someName", JSON_STRING, 2, 0) != NULL;
	case OBJECT:
		return body_object(body, "someName", 0) != NULL;
	}
	return -100;
}

static const struct {
	const char *body;
	enum reader reader;
	bool good;
	int64_t result;
} cases[] = {
	{"{}", TEXT, true, 0},
	{"{\"someName\":null}", TEXT, true, 0},
	{"{\"someName\":\"abc\"}", TEXT, true, 1},
	{"{\"some_name\":\"abc\"}", TEXT, true, 1},
	{"{\"somename\":\"abcd\"}", TEXT, true, 0},
	{"{\"someName\":\"äöü\"}", TEXT, true, 1},
	{"{\"someName\":\"abcd\"}", TEXT, false, 0},
	{"{\"someName\":\"\"}", TEXT, false, 0},
	{"{\"someName\":\" \\t\"}", TEXT, false, 0},
	{"{\"someName\":1}", TEXT, false, 0},
	{"{\"someName\":\"\"}", ANY_TEXT, true, 1},
	{"{}", NEEDED_TEXT, false, 0},
	{"{\"someName\":null}", NEEDED_TEXT, false, 0},
	{"{\"someName\":[\"a\"]}", NEEDED_TEXT, false, 0},
	{"{\"someName\":\"a\"}", NEEDED_TEXT, true, 1},
	{"{}", BOOL, true, 1},
	{"{\"some_name\":false}", BOOL, true, 0},
	{"{\"someName\":0}", BOOL, false, 1},
	{"{\"someName\":\"false\"}", BOOL, false, 1},
	{"{}", INT, true, 5},
	{"{\"someName\":-2}", INT, true, -2},
	{"{\"someName\":9}", INT, true, 9},
	{"{\"someName\":10}", INT, false, 5},
	{"{\"someName\":-3}", INT, false, 5},
	{"{\"someName\":3.5}", INT, false, 5},
	{"{\"someName\":\"3\"}", INT, false, 5},
	{"{}", ID, true, 0},
	{"{\"someName\":7}", ID, true, 7},
	{"{\"someName\":\"7\"}", ID, true, 7},
	{"{\"someName\":\"7a\"}", ID, false, 0},
	{"{\"someName\":\"\"}", ID, false, 0},
	{"{\"someName\":\"99999999999999999999\"}", ID, false, 0},
	{"{\"someName\":0}", ID, false, 0},
	{"{\"someName\":-7}", ID, false, 0},
	{"{\"someName\":7.0}", ID, false, 0},
	{"{\"someName\":true}", ID, false, 0},
	{"{\"someName\":null}", NEEDED_ID, false, 0},
	{"{}", TIME, true, 0},
	{"{\"someName\":\"1970-01-01T00:00:02Z\"}", TIME, true, 2000000},
	{"{\"someName\":\"yesterday\"}", TIME, false, 0},
	{"{\"someName\":2}", TIME, false, 0},
	{"{}", CHOICE, true, -1},
	{"{\"someName\":\"green\"}", CHOICE, true, 1},
	{"{\"someName\":\"greene\"}", CHOICE, false, -1},
	{"{\"someName\":{}}", CHOICE, false, -1},
	{"{\"someName\":[]}", TEXTS, true, 1},
	{"{\"someName\":[\"a\",\"b\"]}", TEXTS, true, 1},
	{"{\"someName\":[\"a\",\"b\",\"c\"]}", TEXTS, false, 0},
	{"{\"someName\":[\"a\",null]}", TEXTS, false, 0},
	{"{\"someName\":\"a\"}", TEXTS, false, 0},
	{"{\"someName\":{}}", OBJECT, true, 1},
	{"{\"someName\":[]}", OBJECT, false, 0},
};

static void members_are_read_with_their_type_and_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_json json_t *object = json_loads(cases[i].body, 0, NULL);
		cleanup_err struct err err = {0};
		struct body body = {object, .err = &err};
		int64_t result = read_as(&body, cases[i].reader);

		if (result != cases[i].result || (err.code == 0) != cases[i].good ||
			(!cases[i].good && json_array_size(json_object_get(err.fields,
						"someName")) != 1))
			fail_msg("case %zu, %s: %lld, %s", i, cases[i].body, (long long)result,
				err_text(&err));
	}
}

static void every_wrong_member_is_named(void **state)
{
	cleanup_json json_t *object = json_loads("{\"a\":1,\"b\":\"x\"}", 0, NULL);
	cleanup_err struct err err = {0};
	struct body body = {object, .err = &err};

	(void)state;
	assert_null(body_text(&body, "a", 9, 0));
	assert_string_equal(body_text(&body, "b", 9, 0), "x");
	assert_null(body_text(&body, "c", 9, BODY_REQUIRED));
	assert_int_equal(err.code, MORTISE_E_FIELD);
	assert_int_equal(json_object_size(err.fields), 2);
}

static void members_of_an_item_count_for_its_list(void **state)
{
	cleanup_json json_t *object = json_loads("{\"a\":1}", 0, NULL);
	cleanup_err struct err err = {0};
	struct body body = {object, "items", &err};

	(void)state;
	assert_null(body_text(&body, "a", 9, 0));
	assert_string_equal(json_string_value(json_array_get(json_object_get(err.fields, "items"),
		0)), "\"a\": Not a valid string.");
}

static void null_is_told_from_nothing(void **state)
{
	cleanup_json json_t *object = json_loads("{\"some_name\":null}", 0, NULL);
	struct body body = {object, .err = NULL};

	(void)state;
	assert_true(body_is_null(&body, "someName"));
	assert_false(body_is_null(&body, "other"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_read_with_their_type_and_bounds),
		cmocka_unit_test(every_wrong_member_is_named),
		cmocka_unit_test(members_of_an_item_count_for_its_list),
		cmocka_unit_test(null_is_told_from_nothing),
	};

	return cmocka_run_group_tests_name("api_body_members", tests, NULL, NULL);
}
