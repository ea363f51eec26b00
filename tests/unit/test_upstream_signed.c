/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Credentials that are made for each sending: JWT with a query hash, OAuth 1.0a. */
#include "config.h"
#include "tests/unit/oauth_header.h"
#include "tests/unit/unit.h"
#include "tests/unit/upstream_bench.h"

#include <stdio.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sodium.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/crypto/jwt.h"
#include "core/crypto/oauth1.h"
#include "core/crypto/qsh.h"
#include "core/vault/vault.h"

#define SHARED "ATCO-0123456789abcdef"
#define SEEN_MAX 16

/* What the upstream does, and what it saw. */
struct script {
	int resets;                    /* the first so many requests are reset */
	const char *turn;              /* "/turn" is redirected there */
	int status;
	const char *body;
	int seen;
	char *targets[SEEN_MAX], *authorizations[SEEN_MAX];
};

static void play(const struct scripted_request *request, struct scripted_reply *reply, void *arg)
{
	struct script *script = arg;

	assert_true(script->seen < SEEN_MAX);
	script->targets[script->seen] = xstrdup(request->target);
	script->authorizations[script->seen++] = scripted_header(request, "authorization");
	reply->status = script->status;
	reply->body = script->body ? script->body : "{}";
	reply->reset = request->number <= script->resets;
	if (strstr(request->target, "/turn")) {
		reply->status = 302;
		reply->headers = script->turn;
	}
}

static struct bench *bench_for(struct script *script, const char *context)
{
	struct bench *bench = bench_new(play, script);
	cleanup_free char *base = xasprintf("%s%s", scripted_server_url(bench->server), context);

	bench_set_secrets(bench, json_pack("{s:s, s:s, s:s}", "shared_secret", SHARED,
		"access_token", "acc-tok+/123", "blank", ""));
	bench_patch_metadata(bench, json_pack("{s:s, s:s}", "base_url", base, "app_key",
		"errors.example.com.jira"));
	return bench;
}

static void script_clear(struct script *script)
{
	for (int i = 0; i < script->seen; i++) {
		free(script->targets[i]);
		free(script->authorizations[i]);
	}
}

/* ---- What the upstream would check ---- */

static void assert_token_of(const struct script *script, int number, const char *method,
	const char *path, const char *query)
{
	cleanup_secret struct secret *key = secret_new(SHARED, strlen(SHARED));
	const char *value = script->authorizations[number];
	int64_t now_s = clock_now_us() / 1000000;
	cleanup_jwt struct jwt *jwt = NULL;
	cleanup_err struct err err = {0};
	const json_t *claims;
	char qsh[QSH_SIZE];
	json_int_t issued, expires;

	assert_non_null(value);
	assert_ptr_equal(strstr(value, "JWT "), value);
	assert_int_equal(jwt_parse(value + 4, &jwt, NULL), 0);
	if (jwt_check_signature(jwt, JWT_HS256, key, &err) != JWT_GOOD ||
		jwt_check_claims(jwt, &(struct jwt_expect){.expires = true, .now_s = now_s},
			&err) != JWT_GOOD)
		fail_msg("%s", err_text(&err));
	claims = jwt_claims(jwt);
	assert_string_equal(json_string_value(json_object_get(claims, "iss")),
		"errors.example.com.jira");
	assert_int_equal(qsh_hash(method, path, query, qsh, NULL), 0);
	assert_string_equal(json_string_value(json_object_get(claims, "qsh")), qsh);
	issued = json_integer_value(json_object_get(claims, "iat"));
	expires = json_integer_value(json_object_get(claims, "exp"));
	assert_true(issued >= now_s - 100 && issued <= now_s - 10);
	assert_int_equal(expires - issued, 310);
	assert_int_equal(json_object_size(claims), 4);
}

static EVP_PKEY *key_of(const struct bench *bench)
{
	cleanup_free char *path = xasprintf("%s/key.pem", bench->dir);
	FILE *file = fopen(path, "r");
	EVP_PKEY *key;

	assert_non_null(file);
	key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	fclose(file);
	assert_non_null(key);
	return key;
}

static bool verifies(const struct bench *bench, const char *signature, const char *text)
{
	EVP_PKEY *key = key_of(bench);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char bytes[1024];
	size_t size;
	bool good;

	assert_int_equal(sodium_base642bin(bytes, sizeof(bytes), signature, strlen(signature), NULL,
		&size, NULL, sodium_base64_VARIANT_ORIGINAL), 0);
	good = EVP_DigestVerifyInit(context, NULL, EVP_sha1(), NULL, key) == 1 &&
		EVP_DigestVerify(context, bytes, size, (const unsigned char *)text,
			strlen(text)) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return good;
}

/* The request that came as 'number', to 'path' with 'query', is signed; its nonce. */
static char *assert_oauth1_of(const struct bench *bench, const struct script *script, int number,
	const char *method, const char *path, const char *query)
{
	cleanup_free char *resource = xasprintf("%s%s", scripted_server_url(bench->server), path);
	const char *header = script->authorizations[number];
	struct oauth1 oauth1 = {.method = method, .resource = resource, .query = query};
	cleanup_free char *nonce = oauth_header_part(header, "oauth_nonce");
	cleanup_free char *time = oauth_header_part(header, "oauth_timestamp");
	cleanup_free char *consumer = oauth_header_part(header, "oauth_consumer_key");
	cleanup_free char *token = oauth_header_part(header, "oauth_token");
	cleanup_free char *signature = oauth_header_part(header, "oauth_signature");
	cleanup_free char *text = NULL;

	assert_string_equal(consumer, "77");
	assert_int_equal(strlen(nonce), OAUTH1_NONCE_SIZE - 1);
	strcpy(oauth1.nonce, nonce);
	oauth1.time_s = atoll(time);
	assert_true(llabs(oauth1.time_s - clock_now_us() / 1000000) < 100);
	oauth1.consumer_key = consumer;
	oauth1.token = token;
	assert_int_equal(oauth1_base_string(&oauth1, &text, NULL), 0);
	assert_true(verifies(bench, signature, text));
	return steal(&nonce);
}

/* ---- JWT ---- */

static void a_token_covers_what_is_sent_below_the_base(void **state)
{
	static const struct {
		const char *context, *path, *query, *sent, *below, *hashed;
	} table[] = {
		{"", "/rest/api/2/serverInfo", "{}", "/rest/api/2/serverInfo",
			"/rest/api/2/serverInfo", NULL},
		{"/ctx/", "/rest/api/2/serverInfo", "{}", "/ctx/rest/api/2/serverInfo",
			"/rest/api/2/serverInfo", NULL},
		{"/rest", "/rest/x/", "{}", "/rest/rest/x/", "/rest/x/", NULL},
		{"", "/s", "{\"jql\":\"text ~ \\\"boom & bust*\\\"\",\"fields\":\"summary\"}",
			"/s?jql=text%20~%20%22boom%20%26%20bust%2A%22&fields=summary", "/s",
			"jql=text%20~%20%22boom%20%26%20bust%2A%22&fields=summary"},
		{"", "/p", "{\"id\":[10000,10004],\"maxResults\":50}",
			"/p?id=10000&id=10004&maxResults=50", "/p",
			"id=10000&id=10004&maxResults=50"},
		/* A blank one is hashed as it is sent. */
		{"", "/p", "{\"query\":\"\"}", "/p?query=", "/p", "query="},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++) {
		struct script script = {0};
		struct bench *bench = bench_for(&script, table[i].context);
		cleanup_json json_t *query = json_loads(table[i].query, 0, NULL);

		if (bench_send(bench, (struct upstream_request){.upstream = "tenant",
			.path = table[i].path, .query = query}) < 0)
			fail_msg("%zu: %s", i, err_text(&bench->err));
		assert_int_equal(script.seen, 1);
		assert_string_equal(script.targets[0], table[i].sent);
		assert_token_of(&script, 0, "GET", table[i].below, table[i].hashed);
		bench_free(bench);
		script_clear(&script);
	}
}

static void a_page_that_an_answer_named_is_signed_too(void **state)
{
	struct script script = {0};
	struct bench *bench = bench_for(&script, "/ctx");
	cleanup_free char *next = xasprintf("%s/ctx/rest?startAt=50&q=a+b%%2fc",
		scripted_server_url(bench->server));
	cleanup_free char *broken = xasprintf("%s%%zz", next);
	cleanup_free char *fragment = xasprintf("%s#x", next);

	(void)state;
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "tenant",
		.path = next}), 0);
	assert_token_of(&script, 0, "GET", "/rest", "startAt=50&q=a+b%2fc");
	/* Not at another origin, and not if it makes no sense. */
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "tenant",
		.path = "http://127.0.0.2:1/ctx/rest"}), MORTISE_E_FORBIDDEN);
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "tenant",
		.path = broken}), MORTISE_E_UPSTREAM);
	assert_non_null(strstr(err_text(&bench->err), "cannot be signed"));
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "tenant",
		.path = fragment}), MORTISE_E_UPSTREAM);
	assert_int_equal(script.seen, 1);
	bench_free(bench);
	script_clear(&script);
}

static void each_sending_has_its_own_token(void **state)
{
	struct script script = {.resets = 1, .turn = "Location: /ctx/there?x=1\r\n"};
	struct bench *bench = bench_for(&script, "/ctx");

	(void)state;
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "tenant",
		.path = "/turn"}), 0);
	assert_int_equal(script.seen, 3);
	assert_token_of(&script, 0, "GET", "/turn", NULL);
	assert_token_of(&script, 1, "GET", "/turn", NULL);
	assert_token_of(&script, 2, "GET", "/there", "x=1");
	bench_free(bench);
	script_clear(&script);
}

/* ---- OAuth 1.0a ---- */

static void each_sending_has_its_own_signature(void **state)
{
	struct script script = {.resets = 1, .turn = "Location: /ctx/there/?x=1\r\n"};
	struct bench *bench = bench_for(&script, "/ctx");
	cleanup_json json_t *query = json_pack("{s:s, s:[s, i]}", "jql", "text ~ \"x y\"", "id", "b",
		1);
	cleanup_json json_t *body = json_pack("{s:s}", "not", "signed");
	cleanup_free char *first = NULL, *second = NULL, *third = NULL, *fourth = NULL;

	(void)state;
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "tenant",
		.credentials = "oauth1", .path = "/turn/", .query = query}), 0);
	assert_int_equal(script.seen, 3);
	assert_string_equal(script.targets[1], "/ctx/turn/?jql=text%20~%20%22x%20y%22&id=b&id=1");
	first = assert_oauth1_of(bench, &script, 0, "GET", "/ctx/turn/",
		"jql=text%20~%20%22x%20y%22&id=b&id=1");
	second = assert_oauth1_of(bench, &script, 1, "GET", "/ctx/turn/",
		"jql=text%20~%20%22x%20y%22&id=b&id=1");
	third = assert_oauth1_of(bench, &script, 2, "GET", "/ctx/there/", "x=1");
	assert_string_not_equal(first, second);
	assert_string_not_equal(second, third);
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "tenant",
		.credentials = "oauth1", .method = "POST", .path = "/issue", .body = body}), 0);
	fourth = assert_oauth1_of(bench, &script, 3, "POST", "/ctx/issue", NULL);
	assert_string_not_equal(third, fourth);
	bench_free(bench);
	script_clear(&script);
}

static void a_guarded_write_is_signed_when_it_is_sent(void **state)
{
	struct script script = {.status = 201};
	struct bench *bench = bench_for(&script, "");
	cleanup_free char *nonce = NULL;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "tenant",
			.credentials = "oauth1", .method = "POST", .path = "/hook", .once = "hook"}),
			0);
		assert_int_equal(bench->answer.replayed, i);
	}
	assert_int_equal(script.seen, 1);
	nonce = assert_oauth1_of(bench, &script, 0, "POST", "/hook", NULL);
	bench_free(bench);
	script_clear(&script);
}

static void no_token_yet_is_no_token(void **state)
{
	struct script script = {0};
	struct bench *bench = bench_for(&script, "");
	cleanup_free char *nonce = NULL;

	(void)state;
	bench->credentials[5].token_slot = NULL;
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "tenant",
		.credentials = "oauth1"}), 0);
	assert_null(strstr(script.authorizations[0], "oauth_token"));
	nonce = assert_oauth1_of(bench, &script, 0, "GET", "/x", NULL);
	bench_free(bench);
	script_clear(&script);
}

/* ---- Both ---- */

static void a_refusal_is_not_tried_again(void **state)
{
	static const char *const names[] = {"connect", "oauth1"};

	(void)state;
	for (size_t i = 0; i < lengthof(names); i++) {
		struct script script = {.status = 401};
		struct bench *bench = bench_for(&script, "");

		assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "tenant",
			.credentials = names[i]}), 0);
		assert_int_equal(bench->answer.status, 401);
		assert_int_equal(script.seen, 1);
		bench_free(bench);
		script_clear(&script);
	}
}

static void credentials_that_are_not_there_are_named(void **state)
{
	static const struct {
		const char *credentials, *slot, *issuer;
		int code;
		const char *text;
	} table[] = {
		{"connect", "integration:none", NULL, MORTISE_E_IDENTITY, "integration:none"},
		{"connect", "integration:blank", NULL, MORTISE_E_IDENTITY, "blank is empty"},
		{"connect", NULL, "metadata:/none", MORTISE_E_NOT_FOUND, "/none"},
		{"oauth1", "integration:shared_secret", NULL, MORTISE_E_SETTINGS,
			"integration:shared_secret: the private key"},
		{"oauth1", "integration:none", NULL, MORTISE_E_IDENTITY, "integration:none"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++) {
		struct script script = {0};
		struct bench *bench = bench_for(&script, "");
		struct mortise_credential *credential =
			&bench->credentials[strcmp(table[i].credentials, "connect") == 0 ? 4 : 5];

		if (table[i].slot)
			credential->slot = table[i].slot;
		if (table[i].issuer)
			credential->issuer = table[i].issuer;
		/* Before an intent is kept: it may be sent once they are there. */
		if (bench_send(bench, (struct upstream_request){.upstream = "tenant",
			.credentials = table[i].credentials, .method = "POST", .once = "x"}) !=
			table[i].code || !strstr(err_text(&bench->err), table[i].text))
			fail_msg("%zu: %s", i, err_text(&bench->err));
		assert_int_equal(script.seen, 0);
		*credential = (struct mortise_credential){.kind = MORTISE_CREDENTIAL_HEADER,
			.name = credential->name, .slot = "integration:shared_secret"};
		assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "tenant",
			.credentials = table[i].credentials, .method = "POST", .once = "x"}), 0);
		bench_free(bench);
		script_clear(&script);
	}
}

/* An upstream that repeats what it was sent shows nobody our token. */
static void what_is_repeated_is_blotted_out(void **state)
{
	struct script script = {.body = "token=acc-tok+/123 token=acc-tok%2B%2F123"};
	struct bench *bench = bench_for(&script, "");

	(void)state;
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "tenant",
		.credentials = "oauth1"}), 0);
	assert_string_equal(bench->answer.body, "token=************ token=****************");
	bench_free(bench);
	script_clear(&script);
}

static void a_base_that_is_nowhere_is_said(void **state)
{
	struct script script = {0};
	struct bench *bench = bench_for(&script, "");

	(void)state;
	bench_patch_metadata(bench, json_pack("{s:s}", "base_url", "jira.example"));
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "tenant"}),
		MORTISE_E_SETTINGS);
	bench_patch_metadata(bench, json_pack("{s:n}", "base_url"));
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "tenant"}),
		MORTISE_E_NOT_FOUND);
	assert_int_equal(bench_send_as(bench, &bench->pipeline,
		(struct upstream_request){.upstream = "tenant"}), MORTISE_E_SETTINGS);
	assert_int_equal(script.seen, 0);
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_covers_what_is_sent_below_the_base),
		cmocka_unit_test(a_page_that_an_answer_named_is_signed_too),
		cmocka_unit_test(each_sending_has_its_own_token),
		cmocka_unit_test(each_sending_has_its_own_signature),
		cmocka_unit_test(a_guarded_write_is_signed_when_it_is_sent),
		cmocka_unit_test(no_token_yet_is_no_token),
		cmocka_unit_test(a_refusal_is_not_tried_again),
		cmocka_unit_test(credentials_that_are_not_there_are_named),
		cmocka_unit_test(what_is_repeated_is_blotted_out),
		cmocka_unit_test(a_base_that_is_nowhere_is_said),
	};

	return cmocka_run_group_tests_name("upstream_signed", tests, NULL, NULL);
}
