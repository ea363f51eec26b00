/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Request tokens and access tokens of OAuth 1.0a, for install steps. */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/upstream_bench.h"

#include "core/base/mem.h"
#include "core/upstream/oauth1.h"

struct script {
	struct scripted_reply reply;
	char *method, *target, *authorization, *type, *body;
};

static void keep(char **slot, char *value_take)
{
	free(*slot);
	*slot = value_take;
}

static void play(const struct scripted_request *request, struct scripted_reply *reply, void *arg)
{
	struct script *script = arg;

	keep(&script->method, xstrdup(request->method));
	keep(&script->target, xstrdup(request->target));
	keep(&script->authorization, scripted_header(request, "authorization"));
	keep(&script->type, scripted_header(request, "content-type"));
	keep(&script->body, xstrdup(request->body));
	*reply = script->reply;
}

static void script_clear(struct script *script)
{
	free(script->method);
	free(script->target);
	free(script->authorization);
	free(script->type);
	free(script->body);
}

static const struct mortise_step step = {.kind = MORTISE_STEP_OAUTH1,
	.request_token_url = "{state:/url}/plugins/servlet/oauth/request-token",
	.token_url = "{state:/url}/plugins/servlet/oauth/access-token",
	.client_id = "state:/consumer_key", .client_secret = "provider:private_key",
	.verify = "state:/verify_ssl"};

static struct bench *bench_for(struct script *script)
{
	struct bench *bench = bench_new(play, script);
	cleanup_free char *url = xasprintf("%s/ctx", scripted_server_url(bench->server));

	json_object_set_new(bench->pipeline.state, "url", json_string(url));
	json_object_set_new(bench->pipeline.state, "consumer_key", json_string("sentry-key"));
	return bench;
}

#define FORM "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"

static void a_request_token_is_asked_for(void **state)
{
	struct script script = {.reply = {.headers = FORM, .body = "oauth_token=rq7Lk%2B&"
		"oauth_token_secret=s1Qp&oauth_callback_confirmed=true"}};
	struct bench *bench = bench_for(&script);
	cleanup_free char *token = NULL;
	cleanup_free char *secret = NULL;
	cleanup_free char *again = NULL;
	cleanup_free char *other = NULL;

	(void)state;
	assert_int_equal(oauth1_request_token(&bench->daemon, &bench->pipeline, &step, NULL, &token,
		&secret, &bench->err), 0);
	assert_string_equal(token, "rq7Lk+");
	assert_string_equal(secret, "s1Qp");
	assert_string_equal(script.method, "POST");
	assert_string_equal(script.target, "/ctx/plugins/servlet/oauth/request-token");
	assert_string_equal(script.body, "");
	assert_null(script.type);
	assert_non_null(strstr(script.authorization, "oauth_consumer_key=\"sentry-key\", "
		"oauth_signature=\""));
	/* A callback only where the step says so. */
	assert_null(strstr(script.authorization, "oauth_callback"));
	assert_int_equal(oauth1_request_token(&bench->daemon, &bench->pipeline, &step,
		"https://us.example/setup/", &again, &other, &bench->err), 0);
	assert_non_null(strstr(script.authorization,
		"oauth_callback=\"https%3A%2F%2Fus.example%2Fsetup%2F\""));
	bench_free(bench);
	script_clear(&script);
}

static void an_unconfirmed_callback_is_refused(void **state)
{
	static const char *const bodies[] = {"oauth_token=a&oauth_token_secret=b",
		"oauth_token=a&oauth_token_secret=b&oauth_callback_confirmed=false"};
	struct script script = {0};
	struct bench *bench = bench_for(&script);

	(void)state;
	for (size_t i = 0; i < lengthof(bodies); i++) {
		char *token = NULL, *secret = NULL;

		script.reply.body = bodies[i];
		err_clear(&bench->err);
		assert_int_equal(oauth1_request_token(&bench->daemon, &bench->pipeline, &step,
			"https://us.example/", &token, &secret, &bench->err), MORTISE_E_UPSTREAM);
		assert_non_null(strstr(err_text(&bench->err), "OAuth 1.0a"));
		assert_null(token);
		assert_null(secret);
	}
	bench_free(bench);
	script_clear(&script);
}

static void an_access_token_comes_with_facts_but_no_secrets(void **state)
{
	struct script script = {.reply = {.body = "oauth_token=ac9Zt&oauth_token_secret=k3Wm&"
		"oauth_expires_in=157680000&oauth_session_handle=h1&"
		"oauth_authorization_expires_in=160272000"}};
	struct bench *bench = bench_for(&script);
	cleanup_json json_t *wanted = json_pack("{s:s, s:s}", "oauth_expires_in", "157680000",
		"oauth_authorization_expires_in", "160272000");
	cleanup_json json_t *facts = NULL;
	cleanup_free char *token = NULL;
	cleanup_free char *secret = NULL;

	(void)state;
	assert_int_equal(oauth1_access_token(&bench->daemon, &bench->pipeline, &step, "rq7Lk",
		"ver/1", &facts, &token, &secret, &bench->err), 0);
	assert_string_equal(token, "ac9Zt");
	assert_string_equal(secret, "k3Wm");
	assert_true(json_equal(facts, wanted));
	assert_string_equal(script.target, "/ctx/plugins/servlet/oauth/access-token");
	assert_non_null(strstr(script.authorization, "oauth_token=\"rq7Lk\", "
		"oauth_verifier=\"ver%2F1\", oauth_signature=\""));
	bench_free(bench);
	script_clear(&script);
}

static void a_refusal_has_clear_words(void **state)
{
	static const struct {
		struct scripted_reply reply;
		int code;
		const char *text;
	} table[] = {
		{{.status = 401, .headers = FORM, .body = "oauth_problem=timestamp_refused&"
			"oauth_acceptable_timestamps=1-2"}, MORTISE_E_IDENTITY, "clocks"},
		{{.status = 401, .body = "oauth_problem=consumer_key_unknown"}, MORTISE_E_IDENTITY,
			"consumer key"},
		{{.status = 401, .body = "oauth_problem=signature_invalid"}, MORTISE_E_IDENTITY,
			"public key"},
		{{.status = 401, .body = "oauth_problem=token_rejected"}, MORTISE_E_IDENTITY,
			"does not accept the token"},
		{{.status = 200, .body = "oauth_problem=permission_denied"}, MORTISE_E_IDENTITY,
			"the user did not allow it"},
		{{.status = 400, .body = "oauth_problem=some+thing%0Anew"}, MORTISE_E_IDENTITY,
			"\"some thing new\""},
		{{.status = 401, .body = "<html>"}, MORTISE_E_IDENTITY, "status 401"},
		{{.status = 403, .body = ""}, MORTISE_E_IDENTITY, "status 403"},
		{{.status = 404, .body = "<html>100%</html>"}, MORTISE_E_UPSTREAM, "status 404"},
		{{.status = 302, .headers = "Location: /elsewhere\r\n"}, MORTISE_E_UPSTREAM,
			"status 302"},
		{{.status = 500, .body = "oauth_token=a"}, MORTISE_E_UPSTREAM, "status 500"},
		{{.status = 429}, MORTISE_E_UPSTREAM, "status 429"},
		{{.body = "oauth_token_secret=x"}, MORTISE_E_UPSTREAM, "missing oauth_token"},
		{{.body = "oauth_token=&oauth_token_secret=x"}, MORTISE_E_UPSTREAM,
			"missing oauth_token"},
		{{.body = "oauth_token=%zz"}, MORTISE_E_UPSTREAM, "missing oauth_token"},
		{{.body = "<html>"}, MORTISE_E_UPSTREAM, "missing oauth_token"},
		{{.body = ""}, MORTISE_E_UPSTREAM, "missing oauth_token"},
		{{.reset = true}, MORTISE_E_UPSTREAM, "ended the connection"},
	};
	struct script script = {0};
	struct bench *bench = bench_for(&script);

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++) {
		char *token = NULL, *secret = NULL;
		int result;

		script.reply = table[i].reply;
		err_clear(&bench->err);
		result = oauth1_request_token(&bench->daemon, &bench->pipeline, &step, NULL, &token,
			&secret, &bench->err);
		if (result != table[i].code || !strstr(err_text(&bench->err), table[i].text) ||
			strstr(err_text(&bench->err), "could not fetch a request token: ") !=
				err_text(&bench->err))
			fail_msg("%zu: %d %s", i, result, err_text(&bench->err));
		assert_null(token);
	}
	/* Nothing was sent twice or elsewhere. */
	assert_int_equal(scripted_server_requests(bench->server), (int)lengthof(table));
	bench_free(bench);
	script_clear(&script);
}

static void a_token_is_bounded(void **state)
{
	cleanup_free char *body = xcalloc(1, 2000);
	struct script script = {.reply = {.body = body}};
	struct bench *bench = bench_for(&script);
	char *token = NULL, *secret = NULL;

	(void)state;
	strcpy(body, "oauth_token=");
	memset(body + strlen(body), 'a', 1025);
	assert_int_equal(oauth1_request_token(&bench->daemon, &bench->pipeline, &step, NULL, &token,
		&secret, &bench->err), MORTISE_E_UPSTREAM);
	assert_non_null(strstr(err_text(&bench->err), "more than 1024 bytes"));
	assert_null(token);
	bench_free(bench);
	script_clear(&script);
}

static void what_is_not_there_is_said_before_anything_is_sent(void **state)
{
	struct script script = {0};
	struct bench *bench = bench_for(&script);
	struct mortise_step no_key = step, no_url = step;
	cleanup_json json_t *facts = NULL;
	char *token = NULL, *secret = NULL;

	(void)state;
	assert_int_equal(oauth1_access_token(&bench->daemon, &bench->pipeline, &step, "rq7Lk", "",
		&facts, &token, &secret, &bench->err), MORTISE_E_IDENTITY);
	assert_non_null(strstr(err_text(&bench->err), "no verifier"));
	no_key.client_secret = "state:oauth_token";
	err_clear(&bench->err);
	assert_int_equal(oauth1_request_token(&bench->daemon, &bench->pipeline, &no_key, NULL,
		&token, &secret, &bench->err), MORTISE_E_SETTINGS);
	assert_non_null(strstr(err_text(&bench->err), "private key"));
	no_url.request_token_url = "{state:/host}/request-token";
	err_clear(&bench->err);
	assert_int_equal(oauth1_request_token(&bench->daemon, &bench->pipeline, &no_url, NULL,
		&token, &secret, &bench->err), MORTISE_E_SETTINGS);
	assert_non_null(strstr(err_text(&bench->err), "not usable"));
	assert_int_equal(scripted_server_requests(bench->server), 0);
	bench_free(bench);
	script_clear(&script);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_token_is_asked_for),
		cmocka_unit_test(an_unconfirmed_callback_is_refused),
		cmocka_unit_test(an_access_token_comes_with_facts_but_no_secrets),
		cmocka_unit_test(a_refusal_has_clear_words),
		cmocka_unit_test(a_token_is_bounded),
		cmocka_unit_test(what_is_not_there_is_said_before_anything_is_sent),
	};

	return cmocka_run_group_tests_name("upstream_oauth1", tests, NULL, NULL);
}
