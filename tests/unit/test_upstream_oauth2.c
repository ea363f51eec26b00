/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/upstream_bench.h"

#include "core/base/mem.h"
#include "core/upstream/oauth2.h"

struct script {
	struct scripted_reply reply;
	char *body, *authorization;
};

static void play(const struct scripted_request *request, struct scripted_reply *reply, void *arg)
{
	struct script *script = arg;

	free(script->body);
	free(script->authorization);
	script->body = xstrdup(request->body);
	script->authorization = scripted_header(request, "authorization");
	*reply = script->reply;
}

static int exchange(struct bench *bench, const struct mortise_step *wanted, const char *verifier,
	json_t **ret_token)
{
	cleanup_free char *url = xasprintf("%s/token", scripted_server_url(bench->server));
	struct mortise_step step = *wanted;
	int result;

	step.kind = MORTISE_STEP_OAUTH2;
	step.client_id = "setting:app_id";
	if (!step.token_url)
		step.token_url = url;
	err_clear(&bench->err);
	result = oauth2_exchange(&bench->daemon, &bench->pipeline, &(struct oauth2_exchange){
		.step = &step, .code = "c&d", .redirect_uri = "http://127.0.0.1/setup/",
		.code_verifier = verifier, .timeout_ms = 2000}, ret_token, &bench->err);
	scripted_server_sync(bench->server);
	return result;
}

#define SECRET_STEP (&(struct mortise_step){.client_secret = "provider:client_secret"})

static void the_client_proves_itself_as_registered(void **state)
{
	struct script script = {.reply = {.body = "{\"access_token\":\"t\"}"}};
	struct bench *bench = bench_new(play, &script);
	json_t *token;

	(void)state;
	assert_int_equal(exchange(bench, SECRET_STEP, NULL, &token), 0);
	json_decref(token);
	assert_string_equal(script.body, "grant_type=authorization_code&code=c%26d"
		"&redirect_uri=http%3A%2F%2F127.0.0.1%2Fsetup%2F&client_id=77"
		"&client_secret=s3cret%26more");
	assert_null(script.authorization);
	assert_int_equal(exchange(bench, &(struct mortise_step){
		.client_secret = "provider:client_secret",
		.client_auth = MORTISE_CLIENT_AUTH_BASIC}, "verifier-1", &token), 0);
	json_decref(token);
	assert_non_null(strstr(script.body, "&code_verifier=verifier-1"));
	assert_null(strstr(script.body, "client_"));
	/* "77:s3cret%26more" */
	assert_string_equal(script.authorization, "Basic Nzc6czNjcmV0JTI2bW9yZQ==");
	/* A public client has no secret to send. */
	assert_int_equal(exchange(bench, &(struct mortise_step){
		.client_auth = MORTISE_CLIENT_AUTH_BASIC}, "v", &token), 0);
	json_decref(token);
	assert_null(script.authorization);
	assert_non_null(strstr(script.body, "&client_id=77"));
	/* Not configured, or the file is not there. */
	assert_int_equal(exchange(bench, &(struct mortise_step){.client_secret = "provider:other"},
		NULL, &token), MORTISE_E_SETTINGS);
	assert_int_equal(exchange(bench, &(struct mortise_step){
		.client_secret = "provider:missing"}, NULL, &token), MORTISE_E_SETTINGS);
	bench_free(bench);
	free(script.body);
	free(script.authorization);
}

#define FORM "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
#define JSON "Content-Type: application/json\r\n"

static void each_answer_has_its_meaning(void **state)
{
	static const struct {
		struct scripted_reply reply;
		int code;
		const char *text;      /* of the token, or of the error */
	} table[] = {
		{{.headers = JSON, .body = "{\"access_token\":\"gho_1\",\"scope\":\"\"}"}, 0, "gho_1"},
		{{.headers = FORM, .body = "access_token=gho%5F2&scope=repo%2Cgist&token_type=bearer"},
			0, "gho_2"},
		{{.body = "{\"access_token\":\"no type\"}"}, 0, "no type"},
		{{.headers = FORM, .body = "scope=x"}, MORTISE_E_IDENTITY, "Missing access token"},
		{{.headers = JSON, .body = "{\"access_token\":\"\"}"}, MORTISE_E_IDENTITY,
			"Missing access token"},
		{{.headers = JSON, .body = "{\"access_token\":5}"}, MORTISE_E_IDENTITY,
			"Missing access token"},
		{{.headers = FORM, .body = "error=bad_verification_code&error_description="
			"The+code+passed+is+incorrect+or+expired."}, MORTISE_E_IDENTITY,
			"The code passed is incorrect or expired."},
		{{.status = 400, .headers = JSON, .body = "{\"error\":\"invalid_grant\"}"},
			MORTISE_E_IDENTITY, "not accepted"},
		{{.status = 401, .body = "<html>"}, MORTISE_E_IDENTITY, "not accepted"},
		{{.status = 404, .headers = JSON, .body = "{}"}, MORTISE_E_IDENTITY, "not accepted"},
		{{.status = 200, .body = "<html>"}, MORTISE_E_UPSTREAM, "neither JSON nor a form"},
		{{.status = 200, .body = "[1]"}, MORTISE_E_UPSTREAM, "neither JSON nor a form"},
		{{.status = 200, .body = ""}, MORTISE_E_UPSTREAM, "neither JSON nor a form"},
		{{.status = 200, .headers = FORM, .body = "access_token=%zz"}, MORTISE_E_UPSTREAM,
			"neither JSON nor a form"},
		{{.status = 500, .body = "{}"}, MORTISE_E_UPSTREAM, "status 500"},
		{{.status = 302, .headers = "Location: /other\r\n", .body = "{}"},
			MORTISE_E_IDENTITY, "not accepted"},
		{{.reset = true}, MORTISE_E_UPSTREAM, "ended the connection"},
		{{.hang = true}, MORTISE_E_UPSTREAM, "in time"},
	};
	struct script script = {0};
	struct bench *bench = bench_new(play, &script);
	cleanup_free char *tls = xasprintf("https://127.0.0.2:%d/", scripted_server_port(bench->server));

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++) {
		cleanup_json json_t *token = NULL;
		const char *text;
		int result;

		script.reply = table[i].reply;
		result = exchange(bench, SECRET_STEP, NULL, &token);
		text = result == 0 ? json_string_value(json_object_get(token, "access_token"))
			: err_text(&bench->err);
		if (result != table[i].code || !strstr(text, table[i].text))
			fail_msg("%zu: %d %s", i, result, text);
	}
	assert_int_equal(exchange(bench, &(struct mortise_step){.token_url = tls}, NULL, NULL),
		MORTISE_E_UPSTREAM);
	assert_non_null(strstr(err_text(&bench->err), "TLS"));
	assert_int_equal(scripted_server_requests(bench->server), (int)lengthof(table));
	bench_free(bench);
	free(script.body);
	free(script.authorization);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_client_proves_itself_as_registered),
		cmocka_unit_test(each_answer_has_its_meaning),
	};

	return cmocka_run_group_tests_name("upstream_oauth2", tests, NULL, NULL);
}
