/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/upstream_bench.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/storage/integration.h"
#include "core/storage/store.h"
#include "core/storage/tx.h"
#include "core/upstream/upstream.h"

#define MINUTE_US (INT64_C(60) * 1000000)

SQL(test_debug, "SELECT debug_data FROM integration WHERE id = 1");

/* What the upstream does, and what it saw. */
struct script {
	int mints;
	int64_t token_life_us;
	int mint_status;               /* 0: a token is given */
	const char *mint_body, *mint_headers;
	int bad_tokens;                /* the first so many tokens are answered 401 */
	int status;
	const char *headers, *body;
	sem_t *hold;                   /* the mint waits for it eight times */
	char reply[512];
	char *authorization, *key, *accept, *target, *mint_authorization, *sent_body, *type;
	int gets;
};

static void keep(char **slot, char *value_take)
{
	free(*slot);
	*slot = value_take;
}

static void mint(struct script *script, const struct scripted_request *request,
	struct scripted_reply *reply)
{
	char expires[CLOCK_TEXT_SIZE];

	for (int i = 0; script->hold && i < 8; i++)
		sem_wait(script->hold);
	script->mints++;
	keep(&script->mint_authorization, scripted_header(request, "authorization"));
	snprintf(script->reply, sizeof(script->reply), "{\"token\":\"tok-%d\",\"expires_at\":\"%s\","
		"\"permissions\":{\"contents\":\"read\"}}", script->mints,
		clock_format(clock_now_us() + script->token_life_us, expires));
	reply->status = script->mint_status ? script->mint_status : 201;
	reply->body = script->mint_body ? script->mint_body : script->reply;
	reply->headers = script->mint_headers;
}

static void play(const struct scripted_request *request, struct scripted_reply *reply, void *arg)
{
	struct script *script = arg;
	int number;

	if (strcmp(request->target, BENCH_MINT_PATH) == 0 && strcmp(request->method, "POST") == 0) {
		mint(script, request, reply);
		return;
	}
	script->gets++;
	keep(&script->authorization, scripted_header(request, "authorization"));
	keep(&script->key, scripted_header(request, "x-key"));
	keep(&script->accept, scripted_header(request, "accept"));
	keep(&script->type, scripted_header(request, "content-type"));
	keep(&script->target, xstrdup(request->target));
	keep(&script->sent_body, xstrdup(request->body));
	reply->status = script->status ? script->status : 200;
	reply->headers = script->headers;
	reply->body = script->body ? script->body : "{\"ok\":true}";
	if (script->authorization &&
		sscanf(script->authorization, "Bearer tok-%d", &number) == 1 &&
		number <= script->bad_tokens)
		reply->status = 401;
}

static struct script script_new(void)
{
	return (struct script){.token_life_us = 60 * MINUTE_US};
}

static void script_clear(struct script *script)
{
	free(script->authorization);
	free(script->key);
	free(script->accept);
	free(script->type);
	free(script->target);
	free(script->sent_body);
	free(script->mint_authorization);
}

/* ---- Minted tokens ---- */

struct caller {
	struct bench *bench;
	sem_t *started;
	int result, status;
	pthread_t thread;
};

static void *call(void *arg)
{
	struct caller *caller = arg;
	struct upstream_answer answer = {0};

	sem_post(caller->started);
	caller->result = upstream_send(caller->bench->daemon.upstreams, &caller->bench->scope,
		&(struct upstream_request){.upstream = "api", .path = "/x"}, &answer, NULL);
	caller->status = answer.status;
	upstream_answer_clear(&answer);
	return NULL;
}

static int read_debug(struct tx *tx, void *arg, struct err *err)
{
	struct query query;
	char **text = arg;
	int result = query_begin(&query, tx, &test_debug, err, "");

	if (result == 0 && query_next(&query) == 1)
		*text = xstrdup(query_text(&query, 0));
	query_end(&query);
	return result;
}

static void a_token_is_minted_once_for_eight_callers(void **state)
{
	struct script script = script_new();
	struct bench *bench = bench_new(play, &script);
	struct caller callers[8];
	cleanup_json json_t *secrets = NULL;
	cleanup_free char *debug = NULL;
	sem_t started;

	(void)state;
	sem_init(&started, 0, 0);
	script.hold = &started;
	bench_set_secrets(bench, json_pack("{s:s}", "api_key", "k1"));
	for (size_t i = 0; i < lengthof(callers); i++) {
		callers[i] = (struct caller){.bench = bench, .started = &started};
		pthread_create(&callers[i].thread, NULL, call, &callers[i]);
	}
	for (size_t i = 0; i < lengthof(callers); i++) {
		pthread_join(callers[i].thread, NULL);
		assert_int_equal(callers[i].result, 0);
		assert_int_equal(callers[i].status, 200);
	}
	script.hold = NULL;
	assert_int_equal(script.mints, 1);
	assert_int_equal(script.gets, 8);
	assert_string_equal(script.authorization, "Bearer tok-1");
	assert_int_equal(strncmp(script.mint_authorization, "Bearer ey", 9), 0);
	/* Beside the other secrets, and what an operator may see. */
	secrets = bench_secrets(bench);
	assert_string_equal(json_string_value(json_object_get(secrets, "api_key")), "k1");
	assert_string_equal(json_string_value(json_object_get(
		json_object_get(secrets, "token:installation"), "token")), "tok-1");
	assert_int_equal(store_read(bench->daemon.store, read_debug, &debug, NULL), 0);
	assert_non_null(strstr(debug, "\"permissions\":{\"contents\":\"read\"}"));
	assert_non_null(strstr(debug, "\"last_refresh_at\""));
	assert_null(strstr(debug, "tok-1"));
	sem_destroy(&started);
	bench_free(bench);
	script_clear(&script);
}

static void a_token_is_renewed_a_minute_before_its_end(void **state)
{
	struct script script = script_new();
	struct bench *bench = bench_new(play, &script);

	(void)state;
	assert_int_equal(bench_send(bench, (struct upstream_request){0}), 0);
	clock_shift_us(58 * MINUTE_US);
	assert_int_equal(bench_send(bench, (struct upstream_request){0}), 0);
	assert_int_equal(script.mints, 1);
	clock_shift_us(MINUTE_US + MINUTE_US / 2);
	assert_int_equal(bench_send(bench, (struct upstream_request){0}), 0);
	assert_int_equal(script.mints, 2);
	assert_string_equal(script.authorization, "Bearer tok-2");
	clock_shift_us(-(59 * MINUTE_US + MINUTE_US / 2));
	bench_free(bench);
	script_clear(&script);
}

static void a_refused_token_is_minted_anew_once(void **state)
{
	struct script script = script_new();
	struct bench *bench = bench_new(play, &script);

	(void)state;
	script.bad_tokens = 1;
	assert_int_equal(bench_send(bench, (struct upstream_request){0}), 0);
	assert_int_equal(bench->answer.status, 200);
	assert_int_equal(script.mints, 2);
	assert_int_equal(bench_send(bench, (struct upstream_request){0}), 0);
	assert_int_equal(script.mints, 2);
	script.bad_tokens = 100;
	assert_int_equal(bench_send(bench, (struct upstream_request){0}), 0);
	assert_int_equal(bench->answer.status, 401);
	assert_int_equal(script.mints, 3);
	bench_free(bench);
	script_clear(&script);
}

static void a_mint_that_fails_says_why(void **state)
{
	static const struct {
		int status;
		const char *headers, *body;
		int code;
		const char *text;
	} table[] = {
		{401, NULL, "{}", MORTISE_E_IDENTITY, "private key"},
		{403, NULL, "{}", MORTISE_E_IDENTITY, "private key"},
		{404, NULL, "{}", MORTISE_E_IDENTITY, "install it again"},
		{403, NULL, "{\"message\":\"This installation has been suspended\"}",
			MORTISE_E_IDENTITY, "suspended"},
		{500, NULL, "oops", MORTISE_E_UPSTREAM, "500"},
		{201, NULL, "<html>", MORTISE_E_UPSTREAM, "something else"},
		{201, NULL, "{\"token\":\"t\"}", MORTISE_E_UPSTREAM, "something else"},
		{201, NULL, "{\"token\":\"t\",\"expires_at\":\"soon\"}", MORTISE_E_UPSTREAM,
			"something else"},
		{302, "Location: /elsewhere\r\n", "", MORTISE_E_UPSTREAM, "302"},
		{403, "Retry-After: 30\r\n", "{}", MORTISE_E_RATE, "wait"},
	};
	struct script script = script_new();
	struct bench *bench = bench_new(play, &script);

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++) {
		script.mint_status = table[i].status;
		script.mint_headers = table[i].headers;
		script.mint_body = table[i].body;
		if (bench_send(bench, (struct upstream_request){0}) != table[i].code ||
			!strstr(err_text(&bench->err), table[i].text))
			fail_msg("%zu: %d %s", i, bench->err.code, err_text(&bench->err));
	}
	assert_int_equal(script.gets, 0);
	bench_free(bench);
	script_clear(&script);
}

/* ---- Where credentials go ---- */

static void each_credential_goes_where_it_is_registered(void **state)
{
	struct script script = script_new();
	struct bench *bench = bench_new(play, &script);

	(void)state;
	bench_set_secrets(bench, json_pack("{s:{s:s,s:s}}", "api_key", "current", "new",
		"previous", "old"));
	assert_int_equal(bench_send(bench, (struct upstream_request){.credentials = "key"}), 0);
	assert_string_equal(script.key, "GenieKey new");
	assert_null(script.authorization);
	assert_int_equal(bench_send(bench, (struct upstream_request){.credentials = "app"}), 0);
	assert_int_equal(strncmp(script.authorization, "Bearer ey", 9), 0);
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "bare"}), 0);
	assert_null(script.authorization);
	assert_int_equal(bench_send_as(bench, &bench->pipeline,
		(struct upstream_request){.credentials = "user"}), 0);
	assert_string_equal(script.authorization, "Bearer gho_user");
	/* What this scope does not have. */
	assert_int_equal(bench_send(bench, (struct upstream_request){.credentials = "user"}),
		MORTISE_E_IDENTITY);
	assert_int_equal(bench_send_as(bench, &bench->pipeline, (struct upstream_request){0}),
		MORTISE_E_IDENTITY);
	assert_int_equal(bench_send_as(bench, &bench->pipeline,
		(struct upstream_request){.credentials = "key"}), MORTISE_E_IDENTITY);
	assert_int_equal(bench_send(bench, (struct upstream_request){.credentials = "nobody"}),
		MORTISE_E_INTERNAL);
	assert_int_equal(script.mints, 0);
	bench_free(bench);
	script_clear(&script);
}

static void credentials_leave_their_origin_in_no_way(void **state)
{
	struct script script = script_new(), foreign = script_new();
	struct bench *bench = bench_new(play, &script);
	struct scripted_server *other = scripted_server_new(play, &foreign);
	cleanup_free char *own = xasprintf("%s/page?after=3", scripted_server_url(bench->server));
	cleanup_free char *away = xasprintf("%s/page", scripted_server_url(other));
	cleanup_free char *tls = xasprintf("https://127.0.0.2:%d/", scripted_server_port(bench->server));
	cleanup_free char *at = xasprintf("http://127.0.0.2:%d@evil.example/",
		scripted_server_port(bench->server));
	cleanup_free char *location = xasprintf("Location: %s\r\n", away);

	(void)state;
	assert_int_equal(bench_send(bench, (struct upstream_request){.path = own}), 0);
	assert_string_equal(script.target, "/page?after=3");
	assert_string_equal(script.authorization, "Bearer tok-1");
	assert_int_equal(bench_send(bench, (struct upstream_request){.path = away}),
		MORTISE_E_FORBIDDEN);
	assert_int_equal(bench_send(bench, (struct upstream_request){.path = tls}),
		MORTISE_E_FORBIDDEN);
	assert_int_equal(bench_send(bench, (struct upstream_request){.path = at}),
		MORTISE_E_UPSTREAM);
	assert_int_equal(scripted_server_connections(other), 0);
	script.status = 302;
	script.headers = location;
	assert_int_equal(bench_send(bench, (struct upstream_request){0}), 0);
	assert_int_equal(bench->answer.status, 200);
	assert_int_equal(foreign.gets, 1);
	assert_null(foreign.authorization);
	assert_int_equal(bench_send(bench, (struct upstream_request){
		.flags = MORTISE_HTTP_NO_FOLLOW}), 0);
	assert_int_equal(bench->answer.status, 302);
	scripted_server_free(other);
	bench_free(bench);
	script_clear(&script);
	script_clear(&foreign);
}

/* ---- The request ---- */

static void a_request_is_built_from_its_parts(void **state)
{
	struct script script = script_new();
	struct bench *bench = bench_new(play, &script);
	cleanup_json json_t *params = json_pack("{s:s, s:s, s:i}", "owner", "a/b c", "path",
		"src/x y.c", "number", 7);
	cleanup_json json_t *query = json_pack("{s:s, s:i}", "q", "is:open & \xc3\xa9", "page", 2);
	cleanup_json json_t *headers = json_pack("{s:s}", "Accept", "application/raw");
	cleanup_json json_t *body = json_pack("{s:s}", "title", "t");
	cleanup_json json_t *stolen = json_pack("{s:s}", "AUTHORIZATION", "Bearer mine");
	cleanup_json json_t *number = json_pack("{s:i}", "X-A", 1);

	(void)state;
	script.headers = "X-Up: 1\r\nSet-Cookie: a=b\r\n";
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "bare",
		.method = "POST", .path = "/repos/{owner}/contents/{path*}/{number}",
		.params = params, .query = query, .headers = headers, .body = body}), 0);
	assert_string_equal(script.target,
		"/repos/a%2Fb%20c/contents/src/x%20y.c/7?q=is%3Aopen%20%26%20%C3%A9&page=2");
	assert_string_equal(script.accept, "application/raw");
	assert_string_equal(script.type, "application/json");
	assert_string_equal(script.sent_body, "{\"title\":\"t\"}");
	assert_string_equal(json_string_value(json_object_get(bench->answer.headers, "x-up")), "1");
	assert_null(json_object_get(bench->answer.headers, "set-cookie"));
	assert_string_equal(bench->answer.body, "{\"ok\":true}");
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "bare"}), 0);
	assert_string_equal(script.accept, "application/json");
	/* What a plugin may not ask. */
	assert_int_equal(bench_send(bench, (struct upstream_request){.headers = stolen}),
		MORTISE_E_INTERNAL);
	assert_int_equal(bench_send(bench, (struct upstream_request){.headers = number}),
		MORTISE_E_INTERNAL);
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "none"}),
		MORTISE_E_INTERNAL);
	bench->upstreams[1].base = "setting:empty";
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "bare"}),
		MORTISE_E_SETTINGS);
	bench->upstreams[1].base = "ftp://x";
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "bare"}),
		MORTISE_E_SETTINGS);
	assert_int_equal(script.gets, 2);
	bench_free(bench);
	script_clear(&script);
}

/* ---- When nothing is sent ---- */

static int read_gate(struct tx *tx, void *arg, struct err *err)
{
	cleanup_integration struct integration row = {0};
	int result = integration_get(tx, 1, &row, err);

	*(int64_t *)arg = row.gate_until_us;
	return result;
}

static void a_rate_limit_closes_the_gate_of_its_integration(void **state)
{
	struct script script = script_new();
	struct bench *bench = bench_new(play, &script);
	struct call_scope other = bench->scope;
	struct upstreams *fresh;
	struct upstream_answer answer = {0};
	int64_t until_us = 0, now_us = clock_now_us();

	(void)state;
	other.integration_id = bench->other_id;
	script.status = 429;
	script.headers = "Retry-After: 120\r\n";
	/* The caller sees the first answer itself. */
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "bare"}), 0);
	assert_int_equal(bench->answer.status, 429);
	script.status = 200;
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "bare"}),
		MORTISE_E_RATE);
	assert_in_range(bench->err.retry_at_ms, now_us / 1000 + 119000, now_us / 1000 + 150000);
	assert_int_equal(script.gets, 1);
	assert_int_equal(bench_send_as(bench, &other, (struct upstream_request){
		.upstream = "bare"}), 0);
	/* It is known to every node, and after a restart. */
	assert_int_equal(store_read(bench->daemon.store, read_gate, &until_us, NULL), 0);
	assert_true(until_us > now_us + 119 * 1000000);
	fresh = upstreams_new(&bench->daemon);
	assert_int_equal(upstream_send(fresh, &bench->scope, &(struct upstream_request){
		.upstream = "bare", .path = "/x"}, &answer, NULL), MORTISE_E_RATE);
	upstreams_free(fresh);
	clock_shift_us(3 * MINUTE_US);
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "bare"}), 0);
	clock_shift_us(-3 * MINUTE_US);
	bench_free(bench);
	script_clear(&script);
}

static void an_upstream_that_keeps_failing_is_left_alone(void **state)
{
	struct script script = script_new();
	struct bench *bench = bench_new(play, &script);

	(void)state;
	script.status = 500;
	for (int i = 0; i < 4; i++)
		assert_int_equal(bench_send(bench, (struct upstream_request){
			.upstream = "bare"}), 0);
	script.status = 404;
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "bare"}), 0);
	script.status = 503;
	for (int i = 0; i < 5; i++)
		assert_int_equal(bench_send(bench, (struct upstream_request){
			.upstream = "bare"}), 0);
	assert_int_equal(script.gets, 10);
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "bare"}),
		MORTISE_E_UPSTREAM);
	assert_non_null(strstr(err_text(&bench->err), "503"));
	assert_int_equal(script.gets, 10);
	bench_free(bench);
	script_clear(&script);
}

static void a_read_is_cached_for_who_asked(void **state)
{
	struct script script = script_new();
	struct bench *bench = bench_new(play, &script);
	struct call_scope other = bench->scope;
	struct upstream_request request = {.upstream = "bare"};

	(void)state;
	other.integration_id = bench->other_id;
	assert_int_equal(bench_send(bench, request), 0);
	script.body = "{\"changed\":1}";
	assert_int_equal(bench_send(bench, request), 0);
	assert_string_equal(bench->answer.body, "{\"ok\":true}");
	assert_int_equal(script.gets, 1);
	assert_int_equal(bench_send_as(bench, &other, request), 0);
	assert_string_equal(bench->answer.body, "{\"changed\":1}");
	assert_int_equal(bench_send_as(bench, &bench->pipeline, request), 0);
	assert_int_equal(script.gets, 3);
	request.flags = MORTISE_HTTP_NO_CACHE;
	assert_int_equal(bench_send(bench, request), 0);
	assert_string_equal(bench->answer.body, "{\"changed\":1}");
	request.flags = 0;
	assert_int_equal(bench_send(bench, request), 0);
	assert_string_equal(bench->answer.body, "{\"ok\":true}");
	/* Other methods and failures are not kept. */
	request.method = "POST";
	assert_int_equal(bench_send(bench, request), 0);
	request.method = "GET";
	request.path = "/missing";
	script.status = 404;
	assert_int_equal(bench_send(bench, request), 0);
	script.status = 200;
	assert_int_equal(bench_send(bench, request), 0);
	assert_int_equal(bench->answer.status, 200);
	/* Nor without a registered cache time. */
	assert_int_equal(bench_send(bench, (struct upstream_request){0}), 0);
	assert_int_equal(bench_send(bench, (struct upstream_request){0}), 0);
	assert_int_equal(script.gets, 9);
	bench_free(bench);
	script_clear(&script);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_is_minted_once_for_eight_callers),
		cmocka_unit_test(a_token_is_renewed_a_minute_before_its_end),
		cmocka_unit_test(a_refused_token_is_minted_anew_once),
		cmocka_unit_test(a_mint_that_fails_says_why),
		cmocka_unit_test(each_credential_goes_where_it_is_registered),
		cmocka_unit_test(credentials_leave_their_origin_in_no_way),
		cmocka_unit_test(a_request_is_built_from_its_parts),
		cmocka_unit_test(a_rate_limit_closes_the_gate_of_its_integration),
		cmocka_unit_test(an_upstream_that_keeps_failing_is_left_alone),
		cmocka_unit_test(a_read_is_cached_for_who_asked),
	};

	return cmocka_run_group_tests_name("upstream_send", tests, NULL, NULL);
}
