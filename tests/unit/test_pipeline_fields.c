/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/pipeline/step.h"

static const struct mortise_field fields[] = {
	{.type = MORTISE_TYPE_TEXT, .name = "account", .flags = MORTISE_FIELD_REQUIRED, .max_len = 8},
	{.type = MORTISE_TYPE_INTEGER, .name = "count"},
	{.type = MORTISE_TYPE_BOOLEAN, .name = "verify"},
	{.type = MORTISE_TYPE_URL, .name = "url"},
	{.type = MORTISE_TYPE_TEXTAREA, .name = "notes"},
	{.type = MORTISE_TYPE_SELECT, .name = "region", .default_value = "eu",
		.choices = "[[\"eu\",\"Europe\"],[\"us\",\"America\"]]"},
	{.type = MORTISE_TYPE_PEM, .name = "key", .flags = MORTISE_FIELD_SECRET},
};

static const struct {
	const char *values;
	const char *clean;     /* NULL: refused */
	const char *wrong;     /* a field that must be named */
} cases[] = {
	{"{\"account\":\"acme\"}", "{\"account\":\"acme\",\"region\":\"eu\"}", NULL},
	{"{\"account\":\"acme\",\"other\":1,\"region\":\"us\"}",
		"{\"account\":\"acme\",\"region\":\"us\"}", NULL},
	{"{\"account\":\"a\",\"count\":\"12\",\"verify\":\"true\"}",
		"{\"account\":\"a\",\"count\":12,\"region\":\"eu\",\"verify\":true}", NULL},
	{"{\"account\":\"a\",\"notes\":\"one\\ntwo\"}",
		"{\"account\":\"a\",\"notes\":\"one\\ntwo\",\"region\":\"eu\"}", NULL},
	{"{\"account\":\"a\",\"url\":\"https://x.test/y\"}",
		"{\"account\":\"a\",\"region\":\"eu\",\"url\":\"https://x.test/y\"}", NULL},
	{"{}", NULL, "account"},
	{"{\"account\":\"\"}", NULL, "account"},
	{"{\"account\":7}", NULL, "account"},
	{"{\"account\":\"123456789\"}", NULL, "account"},
	{"{\"account\":\"a\\nb\"}", NULL, "account"},
	{"{\"account\":\"a\",\"count\":\"1x\"}", NULL, "count"},
	{"{\"account\":\"a\",\"verify\":\"maybe\"}", NULL, "verify"},
	{"{\"account\":\"a\",\"url\":\"javascript:alert(1)\"}", NULL, "url"},
	{"{\"account\":\"a\",\"url\":\"https://user@x.test\"}", NULL, "url"},
	{"{\"account\":\"a\",\"url\":\"https:///x\"}", NULL, "url"},
	{"{\"account\":\"a\",\"region\":\"mars\"}", NULL, "region"},
	{"{\"account\":\"a\",\"key\":\"secret\"}", NULL, "key"},
};

static void fields_are_cleaned_or_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_json json_t *values = json_loads(cases[i].values, 0, NULL);
		cleanup_json json_t *clean = NULL;
		cleanup_free char *text = NULL;
		cleanup_err struct err err = {0};
		int result = step_fields_check(fields, lengthof(fields), values, &clean, &err);

		if (result == 0)
			text = json_dumps(clean, JSON_COMPACT | JSON_SORT_KEYS);
		if (cases[i].clean ? !text || strcmp(text, cases[i].clean) != 0
				   : !json_object_get(err.fields, cases[i].wrong))
			fail_msg("case %zu: %d %s", i, result, text ? text : err_text(&err));
	}
}

static void every_wrong_field_is_named_at_once(void **state)
{
	cleanup_json json_t *values = json_loads("{\"count\":\"x\",\"region\":\"y\"}", 0, NULL);
	cleanup_json json_t *clean = NULL;
	cleanup_err struct err err = {0};

	(void)state;
	assert_int_equal(step_fields_check(fields, lengthof(fields), values, &clean, &err),
		MORTISE_E_FIELD);
	assert_int_equal(json_object_size(err.fields), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_cleaned_or_named),
		cmocka_unit_test(every_wrong_field_is_named_at_once),
	};

	return cmocka_run_group_tests_name("pipeline_fields", tests, NULL, NULL);
}
