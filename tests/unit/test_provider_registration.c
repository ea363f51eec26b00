/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/provider/registration.h"

static const char good[] =
	"{\"plugin\":\"acme\",\"version\":\"1.0\",\"license\":\"MIT\",\"abi\":[0,1],\"providers\":[{"
	"\"provider\":{\"key\":\"acme\",\"name\":\"Acme\",\"slug\":\"acme-x\",\"slugs\":\"acme-y, acme-z\",\"build\":true},"
	"\"settings\":[{\"name\":\"api_url\",\"type\":4,\"default_value\":\"https://api.acme.test\"},"
	"{\"name\":\"webhook_secret\",\"type\":1,\"flags\":1}],"
	"\"features\":[{\"feature\":\"commits\",\"flags\":3,\"description\":\"x\"}],"
	"\"upstreams\":[{\"name\":\"api\",\"base\":\"setting:api_url\"}],"
	"\"steps\":[{\"kind\":1,\"name\":\"site\",\"fields\":[{\"type\":5,\"name\":\"url\"},"
	"{\"type\":1,\"name\":\"key\"}]}],"
	"\"webhooks\":[{\"path\":\"webhook/\",\"scope\":4,\"scheme\":1,"
	"\"key\":\"provider:webhook_secret\",\"handler\":true,\"event\":\"header:X-Event\","
	"\"subject\":\"json:/id\","
	"\"signatures\":[{\"header\":\"X-Signature\",\"algorithm\":\"sha256\"}],"
	"\"events\":[{\"name\":\"push\",\"flags\":1}],"
	"\"replies\":[{\"condition\":\"accepted\",\"status\":204}]},"
	"{\"path\":\"told/\",\"scope\":4,\"scheme\":3,\"handler\":true,\"subject\":\"json:/id\","
	"\"tokens\":[{\"name\":\"JWT\",\"algorithm\":1,\"key\":\"integration:shared\"}]}],"
	"\"pages\":[{\"name\":\"panel\",\"path\":\"panel/\",\"subject\":\"claim:iss\","
	"\"frame\":\"/url\",\"data\":true,\"tokens\":[{\"name\":\"jwt\",\"where\":1,"
	"\"algorithm\":1,\"key\":\"integration:shared\"}]}],"
	"\"tasks\":[{\"name\":\"sync\",\"scope\":5,\"run\":true}],"
	"\"repository_provider\":{\"id\":\"integrations:acme\",\"name\":\"Acme\",\"list\":true,"
	"\"get\":true}}]}";

static int parse_text(const char *text, struct registration **ret, struct err *err)
{
	json_error_t problem;
	cleanup_json json_t *json = json_loads(text, 0, &problem);

	if (!json)
		fail_msg("%s at %d", problem.text, problem.position);
	return registration_parse(json, 7, ret, err);
}

static void a_whole_set_is_read(void **state)
{
	cleanup(registration_unrefp) struct registration *registration = NULL;
	cleanup_err struct err err = {0};
	const struct reg_provider *provider;

	(void)state;
	if (parse_text(good, &registration, &err) < 0)
		fail_msg("%s", err_text(&err));
	assert_string_equal(registration->plugin, "acme");
	assert_int_equal(registration->generation, 7);
	assert_int_equal(registration->provider_len, 1);
	provider = &registration->providers[0];
	assert_ptr_equal(provider->registration, registration);
	assert_string_equal(reg_slug(provider), "acme-x");
	assert_true(reg_has_slug(provider, "acme-x"));
	assert_true(reg_has_slug(provider, "acme-y"));
	assert_true(reg_has_slug(provider, "acme-z"));
	assert_false(reg_has_slug(provider, "acme-"));
	assert_false(reg_has_slug(provider, ""));
	assert_string_equal(reg_row_key(provider), "acme");
	assert_non_null(provider->provider.build);
	assert_null(provider->provider.uninstall);
	assert_string_equal(reg_setting(provider, "api_url")->default_value, "https://api.acme.test");
	assert_null(reg_setting(provider, "nothing"));
	assert_string_equal(reg_upstream(provider, "api")->base, "setting:api_url");
	assert_int_equal(reg_step_find(provider, "site")->field_len, 2);
	assert_string_equal(reg_webhook_find(provider, "webhook/")->events[0].name, "push");
	assert_int_equal(reg_webhook_find(provider, "webhook/")->replies[0].status, 204);
	assert_int_equal(reg_webhook_find(provider, "told/")->token_len, 1);
	assert_string_equal(reg_webhook_find(provider, "told/")->tokens[0].key, "integration:shared");
	assert_string_equal(reg_page_find(provider, "panel")->page.frame, "/url");
	assert_int_equal(reg_page_find(provider, "panel")->tokens[0].where, MORTISE_TOKEN_QUERY);
	assert_null(reg_page_find(provider, "none"));
	assert_int_equal(reg_task(provider, "sync")->scope, MORTISE_SCOPE_INSTALL);
	assert_true(provider->has_repository_provider);
}

/* 'good' with the first 'from' replaced by 'to'. */
static char *changed(const char *from, const char *to)
{
	const char *at = strstr(good, from);

	assert_non_null(at);
	return xasprintf("%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
}

static void a_wrong_set_is_refused_with_its_reason(void **state)
{
	static const struct {
		const char *from, *to, *words;
	} cases[] = {
		{"\"plugin\":\"acme\",", "", "\"plugin\""},
		{"\"key\":\"acme\"", "\"key\":\"Acme!\"", "key"},
		{"\"settings\":[", "\"surprises\":[],\"settings\":[", "surprises"},
		{"\"features\":[", "\"features\":{},\"upstreams\":[],\"x\":[", "\"x\""},
		{"\"base\":\"setting:api_url\"", "\"base\":\"setting:other\"", "other"},
		{"\"condition\":\"accepted\"", "\"condition\":7", "condition"},
		{"\"status\":204", "\"status\":20400", "status"},
		{"{\"type\":1,\"name\":\"key\"}", "{\"type\":1}", "step \"site\""},
		{"\"scope\":5,\"run\":true", "\"scope\":5", "run"},
		{"\"list\":true", "\"list\":\"yes\"", "list"},
		{"\"name\":\"JWT\",\"algorithm\":1", "\"name\":\"JWT\",\"algorithm\":3", "webhook \"told/\""},
		{"\"where\":1", "\"where\":3", "page \"panel\""},
		{"\"frame\":\"/url\",", "", "frame is required"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *text = changed(cases[i].from, cases[i].to);
		struct registration *registration = NULL;
		cleanup_err struct err err = {0};

		if (parse_text(text, &registration, &err) != MORTISE_E_FIELD ||
			!strstr(err_text(&err), cases[i].words))
			fail_msg("case %zu (%s): %s", i, cases[i].words, err_text(&err));
		assert_null(registration);
	}
}

static void the_step_signature_changes_with_the_steps_only(void **state)
{
	static const struct {
		const char *from, *to;
		bool same;
	} cases[] = {
		{"\"name\":\"Acme\"", "\"name\":\"Acme 2\"", true},
		{"\"name\":\"key\"", "\"name\":\"key\",\"label\":\"Key\"", true},
		{"\"name\":\"key\"", "\"name\":\"other\"", false},
		{"\"name\":\"site\"", "\"name\":\"page\"", false},
		{"\"steps\":[", "\"steps\":[{\"kind\":1,\"name\":\"first\",\"fields\":[{\"type\":1,\"name\":\"a\"}]},", false},
	};
	char before[65], after[65];
	struct registration *registration = NULL;

	(void)state;
	assert_int_equal(parse_text(good, &registration, NULL), 0);
	reg_step_signature(&registration->providers[0], before);
	assert_int_equal(strlen(before), 64);
	registration_unref(registration);
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *text = changed(cases[i].from, cases[i].to);
		cleanup_err struct err err = {0};

		if (parse_text(text, &registration, &err) < 0)
			fail_msg("case %zu: %s", i, err_text(&err));
		reg_step_signature(&registration->providers[0], after);
		registration_unref(registration);
		if ((strcmp(before, after) == 0) != cases[i].same)
			fail_msg("case %zu", i);
	}
}

static void two_providers_cannot_share_a_slug(void **state)
{
	struct registration *registration = NULL;
	cleanup_err struct err err = {0};

	(void)state;
	assert_int_equal(parse_text("{\"plugin\":\"a\",\"version\":\"1\",\"providers\":["
		"{\"provider\":{\"key\":\"jira\",\"name\":\"J\"}},"
		"{\"provider\":{\"key\":\"jira_server\",\"name\":\"S\",\"slug\":\"jira\"}}]}",
		&registration, &err), MORTISE_E_FIELD);
	assert_non_null(strstr(err_text(&err), "same slug \"jira\""));
	err_clear(&err);
	assert_int_equal(parse_text("{\"plugin\":\"a\",\"version\":\"1\",\"providers\":["
		"{\"provider\":{\"key\":\"one\",\"name\":\"J\",\"slugs\":\"x,old\"}},"
		"{\"provider\":{\"key\":\"two\",\"name\":\"S\",\"slugs\":\"y,old\"}}]}",
		&registration, &err), MORTISE_E_FIELD);
	assert_non_null(strstr(err_text(&err), "same slug \"old\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_set_is_read),
		cmocka_unit_test(a_wrong_set_is_refused_with_its_reason),
		cmocka_unit_test(the_step_signature_changes_with_the_steps_only),
		cmocka_unit_test(two_providers_cannot_share_a_slug),
	};

	return cmocka_run_group_tests_name("provider_registration", tests, NULL, NULL);
}
