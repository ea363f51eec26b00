/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/buf.h"
#include "core/base/json_text.h"
#include "core/base/mem.h"

static void check(json_t *json)
{
	cleanup_free char *wanted = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
	cleanup_buf struct buf text = {0};

	assert_non_null(wanted);
	json_text_add(json, &text);
	assert_string_equal(buf_text(&text), wanted);
	assert_int_equal(text.size, strlen(wanted));
}

static void texts_are_those_of_jansson(void **state)
{
	static const char *const texts[] = {
		"{}", "[]", "null", "true", "false", "\"\"", "0", "-1", "[[[]],{}]",
		"9223372036854775807", "-9223372036854775808", "1.5", "-1e300", "0.1",
		"{\"a\":1,\"b\":[true,false,null,\"x\"],\"\":{\"\\\"\":-0.0}}",
		"[\"\\u0000a\\u0000\",\"/\",\"\\\\ \\\"\",\"\\u20ac\\ud83d\\ude00\",\"\\u2028\"]",
		"{\"z\":1,\"a\":2,\"m\\n\":{\"k\\u0001\":[1,2,3]}}",
	};

	(void)state;
	for (size_t i = 0; i < lengthof(texts); i++) {
		cleanup_json json_t *json = json_loads(texts[i], JSON_DECODE_ANY | JSON_ALLOW_NUL,
			NULL);

		assert_non_null(json);
		check(json);
	}
}

static void every_character_is_written_as_jansson_writes_it(void **state)
{
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)i;
	for (size_t i = 0; i < sizeof(text); i++) {
		cleanup_json json_t *one = json_stringn(&text[i], 1);
		cleanup_json json_t *rest = json_stringn(&text[i], sizeof(text) - i);

		check(one);
		check(rest);
	}
}

static void the_bound_of_the_buffer_holds(void **state)
{
	cleanup_json json_t *json = json_pack("[s, s]", "abcdef", "ghijkl");
	cleanup_buf struct buf text = BUF(10);

	(void)state;
	json_text_add(json, &text);
	assert_true(text.failed);
	assert_true(text.size <= 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_those_of_jansson),
		cmocka_unit_test(every_character_is_written_as_jansson_writes_it),
		cmocka_unit_test(the_bound_of_the_buffer_holds),
	};

	return cmocka_run_group_tests_name("base_json_text", tests, NULL, NULL);
}
