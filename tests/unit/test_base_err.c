/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"

#include <string.h>

#include <jansson.h>

#include "core/base/err.h"
#include "tests/unit/unit.h"

static void a_text_is_always_utf8(void **state)
{
	static const struct {
		const char *given, *kept;
	} cases[] = {
		{"plain", "plain"},
		{"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
		{"cut \xc3", "cut ?"},
		{"cut \xf0\x9f\x98", "cut ???"},
		{"\xff\xfe", "??"},
		{"\xc0\x80", "??"},              /* overlong */
		{"\xe0\x80\x80", "???"},
		{"\xed\xa0\x80", "???"},        /* a surrogate */
		{"\xf4\x90\x80\x80", "????"},  /* above U+10FFFF */
		{"\xf8\x88\x80\x80\x80", "?????"},
		{"\xa9x", "?x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = {0}, field = {0};
		json_t *json;

		err_set(&err, MORTISE_E_UPSTREAM, "%s", cases[i].given);
		assert_string_equal(err_text(&err), cases[i].kept);
		json = json_string(err_text(&err));
		assert_non_null(json);
		json_decref(json);
		err_field(&field, "name", "%s", cases[i].given);
		assert_int_equal(json_array_size(json_object_get(field.fields, "name")), 1);
		err_clear(&err);
		err_clear(&field);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_always_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
