/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/mem.h"
#include "core/base/merge_patch.h"

/* The examples of RFC 7396, appendix A. */
static const struct {
	const char *target, *patch, *merged;
} cases[] = {
	{"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
	{"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
	{"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
	{"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
	{"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
	{"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
	{"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"},
	{"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
	{"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
	{"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
	{"{\"a\":\"foo\"}", "null", "null"},
	{"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
	{"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
	{"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
	{"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
};

static void patches_merge_as_the_standard_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_json json_t *target = json_loads(cases[i].target, JSON_DECODE_ANY, NULL);
		cleanup_json json_t *patch = json_loads(cases[i].patch, JSON_DECODE_ANY, NULL);
		cleanup_json json_t *wanted = json_loads(cases[i].merged, JSON_DECODE_ANY, NULL);
		cleanup_json json_t *before = json_deep_copy(target);
		cleanup_json json_t *merged = merge_patch(target, patch);

		if (!json_equal(merged, wanted))
			fail_msg("case %zu", i);
		if (!json_equal(target, before))
			fail_msg("case %zu changed its target", i);
	}
}

static void no_target_counts_as_empty(void **state)
{
	cleanup_json json_t *patch = json_pack("{s:i, s:n}", "a", 1, "b");
	cleanup_json json_t *merged = merge_patch(NULL, patch);

	(void)state;
	assert_int_equal(json_object_size(merged), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patches_merge_as_the_standard_says),
		cmocka_unit_test(no_target_counts_as_empty),
	};

	return cmocka_run_group_tests_name("base_merge_patch", tests, NULL, NULL);
}
