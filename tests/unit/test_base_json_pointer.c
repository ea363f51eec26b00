/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#include "core/base/json_pointer.h"
#include "core/base/mem.h"

static const char document[] =
	"{\"a\":{\"b\":[10,{\"c\":\"deep\"}]},\"\":1,\"x/y\":2,\"m~n\":3,\"null\":null}";

static const struct {
	const char *pointer;
	const char *expected;  /* compact JSON, NULL: nothing there */
} cases[] = {
	{"/a/b/0", "10"},
	{"/a/b/1/c", "\"deep\""},
	{"/", "1"},
	{"/x~1y", "2"},
	{"/m~0n", "3"},
	{"/null", "null"},
	{"/a/b/2", NULL},
	{"/a/b/00", NULL},
	{"/a/b/-", NULL},
	{"/a/b/0/c", NULL},
	{"/a/b/99999999999", NULL},
	{"a", NULL},
	{"/m~2n", NULL},
	{"/m~", NULL},
	{"/nothing", NULL},
};

static void pointers_find_what_rfc_6901_says(void **state)
{
	cleanup_json json_t *json = json_loads(document, 0, NULL);

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		json_t *found = json_pointer(json, cases[i].pointer);
		cleanup_free char *text = found
			? json_dumps(found, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

		if (!text != !cases[i].expected || (text && strcmp(text, cases[i].expected) != 0))
			fail_msg("case %zu, %s: %s", i, cases[i].pointer, text ? text : "nothing");
	}
	assert_ptr_equal(json_pointer(json, ""), json);
	assert_null(json_pointer(NULL, "/a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pointers_find_what_rfc_6901_says),
	};

	return cmocka_run_group_tests_name("base_json_pointer", tests, NULL, NULL);
}
