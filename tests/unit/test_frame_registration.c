/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/frame/registration_fields.h"

static int32_t nothing(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	(void)call;
	(void)input;
	(void)ret_output;
	return MORTISE_OK;
}

static void webhook_survives_the_way_through_json(void **state)
{
	cleanup_err struct err err = {0};
	cleanup_json json_t *json = NULL;
	cleanup_json json_t *again = NULL;
	struct mortise_webhook back;
	const struct mortise_webhook webhook = {.size = sizeof(webhook), .path = "webhook/",
		.max_body = 25 << 20, .scope = MORTISE_SCOPE_INTEGRATION, .scheme = MORTISE_SCHEME_HMAC,
		.rule = MORTISE_RULE_ALL, .key = "provider:webhook_secret",
		.event = "header:X-GitHub-Event", .handler = nothing};

	(void)state;
	assert_int_equal(reg_fields_check(REG_WEBHOOK, &webhook, &err), 0);
	json = reg_fields_to_json(REG_WEBHOOK, &webhook);
	assert_int_equal(reg_fields_from_json(REG_WEBHOOK, json, &back, &err), 0);
	assert_int_equal(back.size, sizeof(back));
	assert_string_equal(back.path, "webhook/");
	assert_string_equal(back.key, "provider:webhook_secret");
	assert_int_equal(back.max_body, 25 << 20);
	assert_int_equal(back.scope, MORTISE_SCOPE_INTEGRATION);
	assert_int_equal(back.rule, MORTISE_RULE_ALL);
	assert_null(back.subject);
	assert_non_null(back.handler);
	again = reg_fields_to_json(REG_WEBHOOK, &back);
	assert_true(json_equal(json, again));
	reg_fields_clear(REG_WEBHOOK, &back);
}

static const struct mortise_provider provider_ok = {.size = sizeof(provider_ok), .key = "acme",
	.name = "Acme"};

static void bad_member_is_named(void **state)
{
	struct mortise_provider bad[] = {provider_ok, provider_ok, provider_ok, provider_ok, provider_ok};
	static const char *const member[] = {"key", "flags", "name", "aspects", "max_calls"};

	(void)state;
	bad[0].key = "Acme!";
	bad[1].flags = UINT64_C(1) << 40;
	bad[2].name = NULL;
	bad[3].aspects = "{";
	bad[4].max_calls = 1000;
	for (size_t i = 0; i < lengthof(bad); i++) {
		cleanup_err struct err err = {0};

		assert_int_equal(reg_fields_check(REG_PROVIDER, &bad[i], &err), MORTISE_E_FIELD);
		/* And whose it is, by its key. */
		if (i > 0 && !strstr(err_text(&err), "provider \"acme\": "))
			fail_msg("case %zu: the text does not name the provider: %s", i, err_text(&err));
		if (!strstr(err_text(&err), member[i]))
			fail_msg("case %zu: the text does not name %s: %s", i, member[i], err_text(&err));
	}
}

static void json_with_foreign_member_or_type_is_refused(void **state)
{
	static const char *const texts[] = {
		"{\"key\":\"acme\",\"name\":\"Acme\",\"colour\":\"red\"}",
		"{\"key\":\"acme\",\"name\":7}",
		"{\"key\":\"acme\",\"name\":\"Acme\",\"build\":\"system\"}",
		"{\"key\":\"acme\",\"name\":\"Acme\",\"max_calls\":-1}",
		"{\"key\":\"acme\",\"name\":\"Acme\",\"max_calls\":4294967297}",
		"{\"key\":\"acme\",\"name\":\"Acme\",\"flags\":-1}",
		"[]",
	};

	(void)state;
	for (size_t i = 0; i < lengthof(texts); i++) {
		cleanup_err struct err err = {0};
		cleanup_json json_t *json = json_loads(texts[i], 0, NULL);
		struct mortise_provider provider;

		if (reg_fields_from_json(REG_PROVIDER, json, &provider, &err) != MORTISE_E_FIELD)
			fail_msg("case %zu was taken: %s", i, texts[i]);
	}
}

/* One provider that refers to itself correctly; each case breaks one reference. */
static const char set_text[] = "{"
	"'provider': {'key': 'acme', 'name': 'Acme', 'slugs': 'acme-old, acme_older'},"
	"'settings': [{'name': 'app_id', 'type': 1}, {'name': 'key', 'type': 1, 'flags': 1}],"
	"'credentials': [{'name': 'app', 'kind': 2, 'slot': 'provider:key', 'issuer': 'setting:app_id',"
	"  'life_ms': 1000}, {'name': 'token', 'kind': 3, 'parent': 'app', 'mint_path': '/x',"
	"  'token_pointer': '/t', 'expires_pointer': '/e'},"
	"  {'name': 'each', 'kind': 4, 'slot': 'integration:shared', 'issuer': 'metadata:/app',"
	"  'life_ms': 1},"
	"  {'name': 'old', 'kind': 5, 'slot': 'state:pem', 'consumer_key': 'state:/consumer',"
	"  'token_slot': 'state:access'}],"
	"'upstreams': [{'name': 'api', 'base': 'https://acme.test', 'credentials': 'token'},"
	"  {'name': 'site', 'base': 'metadata:/url', 'verify': 'metadata:/verify'}],"
	"'steps': [{'name': 'login', 'kind': 4, 'authorize_url': 'https://acme.test/in',"
	"  'token_url': 'https://acme.test/token', 'client_id': 'setting:app_id',"
	"  'client_secret': 'provider:key', 'save_as': 'token'},"
	"  {'name': 'site', 'kind': 1, 'fields': [{'name': 'url', 'type': 4, 'flags': 9},"
	"    {'name': 'made', 'type': 1, 'flags': 4}]},"
	"  {'name': 'old', 'kind': 6, 'flags': 8, 'request_token_url': '{state:/url}/request',"
	"  'authorize_url': '{state:/url}/in', 'token_url': '{state:/url}/access',"
	"  'client_id': 'state:/consumer', 'client_secret': 'state:pem', 'save_as': 'access'},"
	"  {'name': 'wait', 'kind': 7, 'subject': 'state:/id'}],"
	"'webhooks': [{'path': 'webhook/', 'scheme': 1, 'key': 'provider:key',"
	"  'signatures': [{'header': 'X-Sign', 'algorithm': 'sha256'}], 'events': [{'name': 'push'}]},"
	"  {'path': 'told/{token}/', 'scheme': 3, 'tokens': [{'name': 'JWT', 'algorithm': 2, 'flags': 13,"
	"    'key': 'url:https://{setting:app_id}/{kid}', 'audience': 'public_url:'},"
	"    {'name': 'token', 'where': 2, 'algorithm': 1, 'key': 'install:mine'}]}],"
	"'pages': [{'name': 'panel', 'path': 'panel/{issue}/', 'subject': 'claim:iss', 'frame': '/url',"
	"  'script': 'https://cdn.acme.test/all.js', 'data': true,"
	"  'tokens': [{'name': 'jwt', 'where': 1, 'algorithm': 1, 'key': 'integration:shared'}]}],"
	"'arrivals': [{'name': 'ticket', 'type': 8}],"
	"'tasks': [{'name': 'look', 'scope': 1, 'run': true},"
	"  {'name': 'each', 'scope': 5, 'run': true, 'schedule_ms': 60000}],"
	"'repository_provider': {'id': 'acme', 'pull_request_path': '/pulls/{key}',"
	"  'file': true, 'codeowners_paths': 'CODEOWNERS'},"
	"'issue_provider': {'key_url': 'https://acme.test/{key}', 'create': true, 'get': true,"
	"  'status_out': true, 'sync': '{\\\"outbound_status\\\": \\\"status\\\", \\\"inbound_status\\\": \\\"in\\\"}'}}";

static json_t *load_set(const char *from, const char *to)
{
	cleanup_free char *text = xstrdup(set_text);
	char *place = from ? strstr(text, from) : NULL;
	cleanup_free char *changed = from ? xasprintf("%.*s%s%s", (int)(place - text), text, to,
		place + strlen(from)) : xstrdup(text);
	json_t *json;

	for (char *c = changed; *c; c++)
		if (*c == '\'')
			*c = '"';
	json = json_loads(changed, 0, NULL);
	assert_non_null(json);
	return json;
}

static void broken_reference_is_refused(void **state)
{
	static const char *const changes[][2] = {
		{"'credentials': 'token'", "'credentials': 'tokens'"},
		{"'parent': 'app'", "'parent': 'token'"},
		{"'parent': 'app'", "'parent': 'none'"},
		{"'slot': 'provider:key'", "'slot': 'provider:app_id'"},
		{"'slot': 'provider:key'", "'slot': 'key'"},
		{"'setting:app_id'", "'setting:key'"},
		{"[{'header': 'X-Sign', 'algorithm': 'sha256'}]", "[]"},
		{", 'algorithm': 'sha256'", ""},
		{"'authorize_url': 'https://acme.test/in',", ""},
		{"'X-Sign'", "'setting:none'"},
		{"'X-Sign'", "'X-Sign', 'prefix': 'setting:key'"},
		{"'path': 'webhook/'", "'path': 'webhook/', 'event': 'setting:none'"},
		{"{'name': 'push'}", "{'name': 'push'}, {'name': 'push'}"},
		{"'scope': 1", "'scope': 3"},
		{"'acme-old,", "'acme,"},
		{"'acme-old,", "'acme_older,"},
		{"'acme-old,", "'Acme/Old,"},
		/* Signed tokens. */
		{"'audience': 'public_url:'", "'audience': 'public_url:x'"},
		{"'audience': 'public_url:'", "'audience': 'setting:key'"},
		{"'scheme': 3, ", "'scheme': 3, 'key': 'provider:key', "},
		{"'scheme': 3, 'tokens'", "'scheme': 0, 'tokens'"},
		{"'tokens': [{'name': 'JWT'", "'tokens': [], 'x': [{'name': 'JWT'"},
		{"'flags': 13", "'flags': 5"},
		{"'flags': 13", "'flags': 12"},
		{"'algorithm': 2", "'algorithm': 1"},
		{"{kid}", "kid"},
		{"{setting:app_id}", "{setting:key}"},
		{"{setting:app_id}", "{state:/x}"},
		{"'where': 2, 'algorithm': 1,", "'where': 2, 'algorithm': 1, 'flags': 8,"},
		{"{'name': 'token', 'where': 2", "{'name': 'other', 'where': 2"},
		{"'install:mine'", "'state:mine'"},
		{"'install:mine'", "'provider:app_id'"},
		/* Pages. */
		{"'panel/{issue}/'", "'webhook/'"},
		{"'frame': '/url'", "'frame': 'url'"},
		{"cdn.acme.test/all.js", "cdn.acme.test/all.js; frame-ancestors *"},
		{"'https://cdn.acme.test/all.js'", "'javascript:x'"},
		{"'integration:shared'}]}]", "'install:shared'}]}]"},
		{"'where': 1, 'algorithm': 1,", "'where': 1, 'algorithm': 1, 'flags': 5,"},
		{"'where': 1, 'algorithm': 1,", "'where': 2, 'algorithm': 1,"},
		{"'where': 1, 'algorithm': 1,", "'algorithm': 1,"},
		/* Fields and steps. */
		{"'name': 'url', 'type': 4", "'name': 'url', 'type': 8"},
		{"'name': 'url', 'type': 4", "'name': 'url', 'type': 1"},
		{"'type': 1, 'flags': 4}", "'type': 1, 'flags': 5}"},
		{"'type': 1, 'flags': 4}", "'type': 4, 'flags': 4}"},
		{"'type': 8}", "'type': 8}, {'name': 'second', 'type': 8}"},
		{"'type': 8}", "'type': 8, 'flags': 2}"},
		{"'type': 8}", "'type': 1, 'flags': 4}"},
		{"'type': 8}", "'type': 4, 'flags': 8}"},
		{"'kind': 1, 'fields'", "'kind': 1, 'flags': 8, 'fields'"},
		{"'request_token_url': '{state:/url}/request',", ""},
		{", 'subject': 'state:/id'", ""},
		{"'slot': 'integration:shared', 'issuer'", "'issuer'"},
		{"'consumer_key': 'state:/consumer',", ""},
		{"'token_slot': 'state:access'", "'token_slot': 'access'"},
		{"'metadata:/verify'", "'metadata:verify'"},
		{"'mint_path': '/x',", ""},
		{"'scope': 5", "'scope': 4"},
		{"'/pulls/{key}'", "'pulls/{key}'"},
		{"'/pulls/{key}'", "'/pulls/'"},
		{"'file': true, ", ""},
		{"acme.test/{key}", "acme.test/"},
		{"'status_out': true, ", ""},
		{"inbound_status", "inbound"},
		{"\\\"in\\\"", "7"},
		{"\\\"in\\\"", "\\\"\\\""},
		{"'{\\\"outbound_status\\\": \\\"status\\\", \\\"inbound_status\\\": \\\"in\\\"}'", "'[]'"},
	};
	cleanup_err struct err fine = {0};
	cleanup_json json_t *set = load_set(NULL, NULL);

	(void)state;
	if (reg_references_check(set, &fine) != 0)
		fail_msg("the sound set is refused: %s", err_text(&fine));
	for (size_t i = 0; i < lengthof(changes); i++) {
		cleanup_err struct err err = {0};
		cleanup_json json_t *bad = load_set(changes[i][0], changes[i][1]);

		if (reg_references_check(bad, &err) != MORTISE_E_FIELD)
			fail_msg("case %zu was taken: %s", i, changes[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(webhook_survives_the_way_through_json),
		cmocka_unit_test(bad_member_is_named),
		cmocka_unit_test(json_with_foreign_member_or_type_is_refused),
		cmocka_unit_test(broken_reference_is_refused),
	};

	return cmocka_run_group_tests_name("frame_registration", tests, NULL, NULL);
}
