/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Tokens that plugins hand out. */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/upstream_bench.h"

#include "core/base/mem.h"
#include "core/crypto/jwt.h"
#include "core/upstream/sign.h"

static void nothing(const struct scripted_request *request, struct scripted_reply *reply, void *arg)
{
	(void)request;
	(void)reply;
	(void)arg;
}

static void the_token_of_a_webhook_address(void **state)
{
	struct bench *bench = bench_new(nothing, NULL);
	cleanup_json json_t *claims = json_pack("{s:s}", "id", "jira.corp.example:sentry-key");
	cleanup_free char *token = NULL;

	(void)state;
	json_object_set_new(bench->pipeline.secrets, "webhook_secret",
		json_string("0123456789abcdef0123456789abcdef01234567"));
	assert_int_equal(upstream_jwt_sign(&bench->daemon, &bench->pipeline,
		MORTISE_ALGORITHM_HS256, "state:webhook_secret", claims, &token, &bench->err), 0);
	assert_string_equal(token, "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."
		"eyJpZCI6ImppcmEuY29ycC5leGFtcGxlOnNlbnRyeS1rZXkifQ."
		"Be3Ehj9naStu-pbh-vfMtswbdXnEBx8HgtstgQ7-pRM");
	bench_free(bench);
}

static void a_private_key_signs_what_is_claimed_and_no_more(void **state)
{
	struct bench *bench = bench_new(nothing, NULL);
	cleanup_json json_t *claims = json_pack("{s:s, s:i}", "iss", "77", "exp", 5);
	cleanup_jwt struct jwt *jwt = NULL;
	cleanup_free char *token = NULL;

	(void)state;
	assert_int_equal(upstream_jwt_sign(&bench->daemon, &bench->scope, MORTISE_ALGORITHM_RS256,
		"provider:private_key", claims, &token, &bench->err), 0);
	assert_int_equal(jwt_parse(token, &jwt, NULL), 0);
	assert_string_equal(json_string_value(json_object_get(jwt_header(jwt), "alg")), "RS256");
	assert_true(json_equal(claims, jwt_claims(jwt)));
	bench_free(bench);
}

static void what_makes_no_token_is_refused(void **state)
{
	static const struct {
		int32_t algorithm;
		const char *slot;
		size_t claim_size;     /* 0: claims that are no object */
		int code;
		const char *text;
	} table[] = {
		{0, "state:oauth_token", 1, MORTISE_E_INTERNAL, "0 is no MORTISE_ALGORITHM_"},
		{3, "state:oauth_token", 1, MORTISE_E_INTERNAL, "3 is no"},
		{MORTISE_ALGORITHM_HS256, "state:oauth_token", 0, MORTISE_E_INTERNAL, "an object"},
		{MORTISE_ALGORITHM_HS256, "state:none", 1, MORTISE_E_NOT_FOUND, "state:none"},
		{MORTISE_ALGORITHM_HS256, "state:empty", 1, MORTISE_E_NOT_FOUND, "state:empty"},
		{MORTISE_ALGORITHM_HS256, "state:oauth_token", JWT_MAX_SIZE, MORTISE_E_LIMIT,
			"more than 16384 bytes"},
		{MORTISE_ALGORITHM_RS256, "state:oauth_token", 1, MORTISE_E_SETTINGS,
			"state:oauth_token: the private key"},
		{MORTISE_ALGORITHM_HS256, "provider:missing", 1, MORTISE_E_SETTINGS, "missing_file"},
	};
	struct bench *bench = bench_new(nothing, NULL);

	(void)state;
	json_object_set_new(bench->pipeline.secrets, "empty", json_string(""));
	for (size_t i = 0; i < lengthof(table); i++) {
		size_t size = table[i].claim_size;
		cleanup_free char *long_text = xcalloc(1, size + 1);
		cleanup_json json_t *claims = NULL;
		char *token = NULL;
		int result;

		memset(long_text, 'a', size);
		claims = size ? json_pack("{s:s}", "id", long_text) : json_string("id");
		err_clear(&bench->err);
		result = upstream_jwt_sign(&bench->daemon, &bench->pipeline, table[i].algorithm,
			table[i].slot, claims, &token, &bench->err);
		if (result != table[i].code || !strstr(err_text(&bench->err), table[i].text))
			fail_msg("%zu: %d %s", i, result, err_text(&bench->err));
		assert_null(token);
	}
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_token_of_a_webhook_address),
		cmocka_unit_test(a_private_key_signs_what_is_claimed_and_no_more),
		cmocka_unit_test(what_makes_no_token_is_refused),
	};

	return cmocka_run_group_tests_name("upstream_sign", tests, NULL, NULL);
}
