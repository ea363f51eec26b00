/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <mortise/plugin.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/frame/effect_forms.h"

static const struct form_case {
	const char *type, *record;
	int code;
} cases[] = {
	{"commit", "{\"repository\":\"1\",\"sha\":\"ab\",\"message\":\"m\",\"time_ms\":1}", 0},
	{"commit", "{\"repository\":\"1\",\"sha\":\"ab\",\"message\":\"m\",\"time_ms\":1,\"author\":null,"
		"\"files\":[[\"A\",\"x\"]]}", 0},
	{"commit", "{\"type\":\"commit\",\"repository\":\"1\",\"sha\":\"ab\",\"message\":\"m\",\"time_ms\":1,"
		"\"author\":{\"name\":\"n\",\"email\":\"e\"}}", 0},
	{"commit", "{\"repository\":\"1\",\"sha\":\"ab\",\"message\":\"m\"}", MORTISE_E_INTERNAL},
	{"commit", "{\"repository\":1,\"sha\":\"ab\",\"message\":\"m\",\"time_ms\":1}", MORTISE_E_INTERNAL},
	{"commit", "{\"repository\":\"1\",\"sha\":\"ab\",\"message\":\"m\",\"time_ms\":-1}",
		MORTISE_E_INTERNAL},
	{"commit", "{\"repository\":\"1\",\"sha\":\"ab\",\"message\":\"m\",\"time_ms\":1,"
		"\"files\":[[\"R\",\"x\"]]}", MORTISE_E_INTERNAL},
	{"commit", "{\"repository\":\"1\",\"sha\":\"ab\",\"message\":\"m\",\"time_ms\":1,"
		"\"files\":[[\"A\"]]}", MORTISE_E_INTERNAL},
	{"commit", "{\"repository\":\"1\",\"sha\":\"ab\",\"message\":\"m\",\"time_ms\":1,"
		"\"author\":{\"name\":\"n\"}}", MORTISE_E_INTERNAL},
	{"commit", "{\"repository\":\"1\",\"sha\":\"ab\",\"message\":\"m\",\"time_ms\":1,\"x\":1}",
		MORTISE_E_INTERNAL},
	{"repository_status", "{\"external_id\":\"1\",\"status\":\"active\"}", 0},
	{"repository_status", "{\"all\":true,\"status\":\"disabled\"}", 0},
	{"repository_status", "{\"status\":\"disabled\"}", MORTISE_E_INTERNAL},
	{"repository_status", "{\"all\":true,\"external_id\":\"1\",\"status\":\"disabled\"}",
		MORTISE_E_INTERNAL},
	{"repository_status", "{\"all\":true,\"status\":\"gone\"}", MORTISE_E_INTERNAL},
	{"repository_put", "{\"external_id\":\"1\",\"name\":\"n\",\"mode\":\"activ\"}", MORTISE_E_INTERNAL},
	{"repository_languages", "{\"external_id\":\"1\",\"languages\":[\"c\",1]}", MORTISE_E_INTERNAL},
	{"integration_put", "[]", MORTISE_E_INTERNAL},
	{"integration_name", "{\"name\":\"Acme Jira\"}", 0},
	{"integration_name", "{\"name\":7}", MORTISE_E_INTERNAL},
	{"integration_name", "{}", MORTISE_E_INTERNAL},
	{"status_in", "{\"key\":\"a#1\",\"change\":{},\"status\":\"closed\",\"time_ms\":1}", 0},
	{"status_in", "{\"key\":\"a#1\",\"change\":{},\"status\":null,\"time_ms\":null}", 0},
	{"status_in", "{\"key\":\"\",\"change\":{}}", MORTISE_E_INTERNAL},
	{"status_in", "{\"key\":\"a\",\"change\":\"resolve\"}", MORTISE_E_INTERNAL},
	{"assignee_in", "{\"key\":\"a\",\"assignees\":[]}", 0},
	{"assignee_in", "{\"key\":\"a\",\"assignees\":[{\"name\":\"@mona\"},"
		"{\"email\":\"m@a.test\",\"external_id\":null}]}", 0},
	{"assignee_in", "{\"key\":\"a\"}", MORTISE_E_INTERNAL},
	{"assignee_in", "{\"key\":\"a\",\"assignees\":[{}]}", MORTISE_E_INTERNAL},
	{"assignee_in", "{\"key\":\"a\",\"assignees\":[{\"name\":7}]}", MORTISE_E_INTERNAL},
	{"issue_refresh", "{\"key\":\"a\",\"url\":\"https://a.test/1\"}", 0},
	{"issue_refresh", "{\"key\":\"a\",\"url\":\"javascript:alert(1)\"}", MORTISE_E_INTERNAL},
	{"issue_moved", "{\"old_key\":\"a\",\"key\":\"b\"}", 0},
	{"issue_gone", "{\"key\":\"a\",\"reason\":\"deleted\"}", 0},
	{"issue_gone", "{\"key\":\"a\",\"reason\":\"closed\"}", MORTISE_E_INTERNAL},
};

static void record_is_checked_by_its_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_err struct err err = {0};
		cleanup_json json_t *record = json_loads(cases[i].record, 0, NULL);
		const struct effect_form *form = effect_form_find(cases[i].type);

		assert_non_null(record);
		assert_non_null(form);
		if (effect_form_check(form, record, &err) != cases[i].code)
			fail_msg("case %zu: %s: %s", i, cases[i].record, err_text(&err));
	}
}

static void effect_outside_its_scope_is_refused(void **state)
{
	cleanup_err struct err err = {0};
	const struct effect_form *form = effect_form_find(MORTISE_EFFECT_CONFIG_PATCH);

	(void)state;
	assert_int_equal(effect_form_check_scope(form, MORTISE_SCOPE_INSTALL, &err), 0);
	assert_int_equal(effect_form_check_scope(form, MORTISE_SCOPE_INTEGRATION, &err),
		MORTISE_E_INTERNAL);
}

static void unknown_type_has_no_form(void **state)
{
	(void)state;
	assert_null(effect_form_find("commits"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_is_checked_by_its_form),
		cmocka_unit_test(effect_outside_its_scope_is_refused),
		cmocka_unit_test(unknown_type_has_no_form),
	};

	return cmocka_run_group_tests_name("frame_effect_forms", tests, NULL, NULL);
}
