/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What registrations leave open until a call. */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/upstream_bench.h"

#include "core/base/mem.h"
#include "core/config/settings.h"

static void nothing(const struct scripted_request *request, struct scripted_reply *reply, void *arg)
{
	(void)request;
	(void)reply;
	(void)arg;
}

static struct bench *bench_with_facts(void)
{
	struct bench *bench = bench_new(nothing, NULL);

	bench_patch_metadata(bench, json_pack("{s:s, s:b, s:b, s:{s:i}, s:s}", "base_url",
		"https://jira.example/ctx", "verify_ssl", 0, "cloud", 1, "app", "id", 7, "word",
		"no"));
	json_object_set_new(bench->pipeline.state, "checked", json_true());
	json_object_set_new(bench->pipeline.state, "unchecked", json_false());
	return bench;
}

/* In the scope of an integration, or of a pipeline. */
struct fill {
	bool pipeline;
	const char *text, *token, *filled;
	int code;
};

static void check_fill(struct bench *bench, size_t i, const struct fill *fill, int result,
	const char *text)
{
	if (result != fill->code || (result == 0 && strcmp(text, fill->filled) != 0))
		fail_msg("%zu: %d %s", i, result, result == 0 ? text : err_text(&bench->err));
}

static void templates_are_filled(void **state)
{
	static const struct fill table[] = {
		{true, "{setting:app_id}/login?s={state}", "a b", "77/login?s=a%20b", 0},
		{true, "https://{state:/host}/x", NULL, "https://h.example/x", 0},
		{true, "{state:/host}/{state:/host}", NULL, "h.example/h.example", 0},
		{true, "/n/{state:/number}/{state:/checked}", NULL, "/n/5/true", 0},
		{true, "/n/{state:/none}", NULL, NULL, MORTISE_E_NOT_FOUND},
		{true, "/n/{setting:none}", NULL, NULL, MORTISE_E_SETTINGS},
		{true, "/n/{metadata:/base_url}", NULL, NULL, MORTISE_E_SETTINGS},
		{true, "/n/{state}", NULL, NULL, MORTISE_E_INTERNAL},
		{true, "/n/{external_id}", NULL, NULL, MORTISE_E_INTERNAL},
		{true, "/n/{other}", NULL, NULL, MORTISE_E_INTERNAL},
		{true, "/n/{", NULL, NULL, MORTISE_E_INTERNAL},
		{false, "/i/{external_id}", NULL, "/i/4711", 0},
		{false, "{metadata:/base_url}/browse/{metadata:/app/id}", NULL,
			"https://jira.example/ctx/browse/7", 0},
		{false, "/?from={metadata:/base_url}", NULL,
			"/?from=https%3A%2F%2Fjira.example%2Fctx", 0},
		{false, "{public_url:/extensions/acme/}?x", NULL,
			"https://errors.example/mortise/extensions/acme/?x", 0},
		{false, "{metadata:/none}", NULL, NULL, MORTISE_E_NOT_FOUND},
		{false, "{metadata:/app}", NULL, NULL, MORTISE_E_NOT_FOUND},
	};
	struct bench *bench = bench_with_facts();
	char *own = bench->daemon.settings->public_url;

	(void)state;
	bench->daemon.settings->public_url = (char *)(uintptr_t)"https://errors.example/mortise";
	for (size_t i = 0; i < lengthof(table); i++) {
		cleanup_free char *text = NULL;
		int result;

		err_clear(&bench->err);
		result = upstream_template(&bench->daemon,
			table[i].pipeline ? &bench->pipeline : &bench->scope, table[i].text,
			table[i].token, &text, &bench->err);
		check_fill(bench, i, &table[i], result, text);
	}
	bench->daemon.settings->public_url = own;
	bench_free(bench);
}

static void values_are_looked_up(void **state)
{
	static const struct fill table[] = {
		{true, "state:/host", NULL, "h.example", 0},
		{true, "metadata:/base_url", NULL, NULL, MORTISE_E_SETTINGS},
		{true, "public_url:", NULL, "https://errors.example/mortise", 0},
		{false, "{plain}", NULL, "{plain}", 0},
		{false, "setting:app_id", NULL, "77", 0},
		{false, "setting:empty", NULL, NULL, MORTISE_E_SETTINGS},
		{false, "metadata:/base_url", NULL, "https://jira.example/ctx", 0},
		{false, "metadata:/verify_ssl", NULL, "false", 0},
		{false, "metadata:/cloud", NULL, "true", 0},
		{false, "metadata:/app/id", NULL, "7", 0},
		{false, "metadata:/app", NULL, NULL, MORTISE_E_NOT_FOUND},
		{false, "metadata:base_url", NULL, NULL, MORTISE_E_NOT_FOUND},
		{false, "state:/host", NULL, NULL, MORTISE_E_NOT_FOUND},
		{false, "public_url:/a", NULL, "https://errors.example/mortise/a", 0},
		{false, "public_url:a", NULL, NULL, MORTISE_E_INTERNAL},
	};
	struct bench *bench = bench_with_facts();
	char *own = bench->daemon.settings->public_url;

	(void)state;
	bench->daemon.settings->public_url = (char *)(uintptr_t)"https://errors.example/mortise";
	for (size_t i = 0; i < lengthof(table); i++) {
		cleanup_free char *text = NULL;
		int result;

		err_clear(&bench->err);
		result = upstream_value(&bench->daemon,
			table[i].pipeline ? &bench->pipeline : &bench->scope, table[i].text, &text,
			&bench->err);
		check_fill(bench, i, &table[i], result, text);
	}
	bench->daemon.settings->public_url = own;
	bench_free(bench);
}

/* A daemon-wide call has no integration to speak of. */
static void metadata_needs_an_integration(void **state)
{
	struct bench *bench = bench_with_facts();
	struct call_scope scope = {.kind = MORTISE_SCOPE_PROVIDER, .provider = &bench->provider};
	char *text = NULL;

	(void)state;
	assert_int_equal(upstream_value(&bench->daemon, &scope, "metadata:/base_url", &text,
		&bench->err), MORTISE_E_SETTINGS);
	assert_null(text);
	bench_free(bench);
}

static void certificates_are_checked_unless_false_is_said(void **state)
{
	static const struct {
		bool pipeline;
		const char *value;
		bool verify;
	} table[] = {
		{false, NULL, true},
		{false, "metadata:/verify_ssl", false},
		{false, "metadata:/cloud", true},
		{false, "metadata:/none", true},
		{false, "metadata:/word", true},
		{false, "false", false},
		{false, "", true},
		{true, "state:/unchecked", false},
		{true, "state:/checked", true},
		{true, "state:/none", true},
	};
	struct bench *bench = bench_with_facts();
	bool verify = false;

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++) {
		verify = !table[i].verify;
		assert_int_equal(upstream_verify(&bench->daemon,
			table[i].pipeline ? &bench->pipeline : &bench->scope, table[i].value, &verify,
			NULL), 0);
		if (verify != table[i].verify)
			fail_msg("%zu: %d", i, verify);
	}
	assert_int_equal(upstream_verify(&bench->daemon, &bench->pipeline, "metadata:/verify_ssl",
		&verify, NULL), MORTISE_E_SETTINGS);
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(templates_are_filled),
		cmocka_unit_test(values_are_looked_up),
		cmocka_unit_test(metadata_needs_an_integration),
		cmocka_unit_test(certificates_are_checked_unless_false_is_said),
	};

	return cmocka_run_group_tests_name("upstream_value", tests, NULL, NULL);
}
