/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/api/call.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"

static const struct {
	const char *type;
	const char *body;
	bool good;
} bodies[] = {
	{"application/json", "{}", true},
	{"application/json; charset=utf-8", "{\"a\":[1,\"[[[[\"]}", true},
	{"Application/JSON", "{}", true},
	{"application/jsonp", "{}", false},
	{"text/plain", "{}", false},
	{NULL, "{}", false},
	{"application/json", "", false},
	{"application/json", "[]", false},
	{"application/json", "\"text\"", false},
	{"application/json", "{\"a\":1,\"a\":2}", false},
	{"application/json", "{\"a\":1", false},
	{"application/json", "{} {}", false},
	{"application/json", "{\"a\":\"\\", false},
};

static void only_a_json_object_is_a_body(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(bodies); i++) {
		cleanup_err struct err err = {0};
		cleanup_json json_t *body = NULL;
		int result = api_body_parse(bodies[i].type, bodies[i].body,
			strlen(bodies[i].body), &body, &err);

		if ((result == 0) != bodies[i].good)
			fail_msg("body %zu: %d %s", i, result, err_text(&err));
	}
}

static int parse_nested(int levels)
{
	cleanup_buf struct buf body = BUF(0);
	cleanup_err struct err err = {0};
	cleanup_json json_t *json = NULL;

	buf_add_text(&body, "{\"a\":");
	for (int i = 1; i < levels; i++)
		buf_add_char(&body, '[');
	for (int i = 1; i < levels; i++)
		buf_add_char(&body, ']');
	buf_add_char(&body, '}');
	return api_body_parse("application/json", body.data, body.size, &json, &err);
}

static void depth_is_bounded_before_a_tree_is_built(void **state)
{
	(void)state;
	assert_int_equal(parse_nested(API_MAX_DEPTH), 0);
	assert_int_equal(parse_nested(API_MAX_DEPTH + 1), MORTISE_E_FIELD);
	assert_int_equal(parse_nested(100000), MORTISE_E_FIELD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_json_object_is_a_body),
		cmocka_unit_test(depth_is_bounded_before_a_tree_is_built),
	};

	return cmocka_run_group_tests_name("api_body", tests, NULL, NULL);
}
