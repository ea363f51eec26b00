/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Templates, gate, breaker and cache, each by itself. */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/egress/egress.h"
#include "core/provider/registration.h"
#include "core/upstream/cache.h"
#include "core/upstream/gate.h"
#include "core/upstream/mask.h"
#include "core/upstream/template.h"
#include "core/upstream/upstream.h"

/* ---- Templates ---- */

static void paths_are_filled_and_stay_where_they_are(void **state)
{
	static const struct {
		const char *path, *params, *filled;
		int code;
	} table[] = {
		{"/a", "{}", "/a", 0},
		{"/a/{x}/b", "{\"x\":\"y\"}", "/a/y/b", 0},
		{"/{x}{y}", "{\"x\":1,\"y\":-2}", "/1-2", 0},
		{"/{x}", "{\"x\":\"a/../b\"}", "/a%2F..%2Fb", 0},
		{"/{x}", "{\"x\":\"a?b#c%2f\"}", "/a%3Fb%23c%252f", 0},
		{"/{x*}", "{\"x\":\"a/b c/d\"}", "/a/b%20c/d", 0},
		{"/{x*}", "{\"x\":\"a/..b/...\"}", "/a/..b/...", 0},
		{"/{x}", "{\"x\":\"..\"}", NULL, MORTISE_E_FORBIDDEN},
		{"/{x}", "{\"x\":\".\"}", NULL, MORTISE_E_FORBIDDEN},
		{"/{x}", "{\"x\":\"\"}", NULL, MORTISE_E_FORBIDDEN},
		{"/{x*}", "{\"x\":\"a/../b\"}", NULL, MORTISE_E_FORBIDDEN},
		{"/{x*}", "{\"x\":\"a/..\"}", NULL, MORTISE_E_FORBIDDEN},
		{"/{x*}", "{\"x\":\"/etc\"}", NULL, MORTISE_E_FORBIDDEN},
		{"/{x}", "{}", NULL, MORTISE_E_INTERNAL},
		{"/{x}", "{\"x\":true}", NULL, MORTISE_E_INTERNAL},
		{"/{x}", "{\"x\":\"a\\u0000b\"}", NULL, MORTISE_E_INTERNAL},
		{"/{x", "{\"x\":\"y\"}", NULL, MORTISE_E_INTERNAL},
		{"/{}", "{\"\":\"y\"}", NULL, MORTISE_E_INTERNAL},
		{"a", "{}", NULL, MORTISE_E_INTERNAL},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++) {
		cleanup_json json_t *params = json_loads(table[i].params, JSON_ALLOW_NUL, NULL);
		cleanup_buf struct buf buf = BUF(1000);
		int result = template_path(&buf, table[i].path, params, NULL);

		if (result != table[i].code ||
			(result == 0 && strcmp(buf_text(&buf), table[i].filled) != 0))
			fail_msg("%zu: %d %s", i, result, buf_text(&buf));
	}
}

static void queries_repeat_what_is_a_list(void **state)
{
	static const struct {
		const char *query, *filled;
		int code;
	} table[] = {
		{"{}", "", 0},
		{"{\"a\":\"x y\"}", "a=x%20y", 0},
		{"{\"id\":[10000,\"10&4\"]}", "id=10000&id=10%264", 0},
		{"{\"id\":[]}", "", 0},
		{"{\"a\":\"\"}", "a=", 0},
		{"{\"id\":[[1]]}", NULL, MORTISE_E_INTERNAL},
		{"{\"id\":[1,null]}", NULL, MORTISE_E_INTERNAL},
		{"{\"id\":{}}", NULL, MORTISE_E_INTERNAL},
		{"{\"id\":true}", NULL, MORTISE_E_INTERNAL},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++) {
		cleanup_json json_t *query = json_loads(table[i].query, 0, NULL);
		cleanup_buf struct buf buf = BUF(1000);
		int result = template_query(&buf, query, NULL);

		if (result != table[i].code ||
			(result == 0 && strcmp(buf_text(&buf), table[i].filled) != 0))
			fail_msg("%zu: %d %s", i, result, buf_text(&buf));
	}
}

/* ---- Pinned origins ---- */

static void credentials_go_where_somebody_typed(void **state)
{
	static const struct {
		const char *state, *metadata;
		bool saved_apart, free;        /* no form asks for an origin */
		int code;
	} table[] = {
		{"{\"url\":\"https://jira.example/ctx\"}", "{\"base\":\"https://jira.example/ctx\"}",
			false, false, 0},
		{"{\"url\":\"https://JIRA.example:443\"}", "{\"base\":\"https://jira.example/x\"}",
			false, false, 0},
		{"{\"form\":{\"url\":\"http://a.example\"}}", "{\"base\":\"http://a.example\"}", true,
			false, 0},
		{"{\"url\":\"https://a.example\"}", "{\"base\":\"https://b.example\"}", false, false,
			MORTISE_E_INTERNAL},
		{"{\"url\":\"https://a.example\"}", "{\"base\":\"http://a.example\"}", false, false,
			MORTISE_E_INTERNAL},
		{"{\"url\":\"https://a.example\"}", "{\"base\":\"https://a.example:8443\"}", false,
			false, MORTISE_E_INTERNAL},
		{"{\"url\":\"https://a.example\"}", "{\"base\":\"https://a.example@b.example\"}",
			false, false, MORTISE_E_INTERNAL},
		{"{\"url\":\"https://a.example\"}", "{\"base\":\"https://a.example\"}", true, false,
			MORTISE_E_INTERNAL},
		{"{}", "{\"base\":\"https://a.example\"}", false, false, MORTISE_E_INTERNAL},
		{"{}", "{\"base\":\"https://a.example\"}", false, true, 0},
		{"{}", "{\"base\":\"a.example\"}", false, true, MORTISE_E_INTERNAL},
		{"{}", "{\"base\":5}", false, true, MORTISE_E_INTERNAL},
		{"{}", "{}", false, false, 0},
		{"{}", NULL, false, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++) {
		struct mortise_field field = {.name = "url",
			.flags = table[i].free ? 0 : MORTISE_FIELD_ORIGIN};
		struct reg_step step = {.step = {.kind = MORTISE_STEP_FORM,
			.save_as = table[i].saved_apart ? "form" : NULL}, .fields = &field,
			.field_len = 1};
		struct mortise_upstream upstreams[] = {{.name = "fixed", .base = "https://f.example"},
			{.name = "tenant", .base = "metadata:/base"}};
		struct reg_provider provider = {.provider = {.key = "acme"}, .steps = &step,
			.step_len = 1, .upstreams = upstreams, .upstream_len = 2};
		cleanup_json json_t *typed = json_loads(table[i].state, 0, NULL);
		cleanup_json json_t *metadata = table[i].metadata
			? json_loads(table[i].metadata, 0, NULL) : NULL;
		cleanup_err struct err err = {0};
		int result = upstream_check_origins(&provider, typed, metadata, &err);

		if (result != table[i].code)
			fail_msg("%zu: %d %s", i, result, err_text(&err));
		if (result < 0)
			assert_non_null(strstr(err_text(&err), "\"tenant\""));
	}
}

/* ---- The gate ---- */

#define NOW_US (INT64_C(1800000000) * 1000000)

static void answers_close_the_gate_as_they_say(void **state)
{
	static const struct {
		int status;
		struct egress_header headers[4];
		int64_t wait_s;        /* 0: the gate stays open */
	} table[] = {
		{200, {{"retry-after", "60"}}, 0},
		{404, {{"retry-after", "60"}}, 0},
		{403, {{NULL, NULL}}, 0},
		{403, {{"x-ratelimit-remaining", "1"}, {"x-ratelimit-reset", "1800000100"}}, 0},
		{403, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "1800000100"}}, 101},
		{429, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "1800000100"}}, 101},
		{429, {{"retry-after", "7"}, {"x-ratelimit-remaining", "0"},
			{"x-ratelimit-reset", "1800000100"}}, 7},
		{403, {{"retry-after", "60"}}, 60},
		{429, {{NULL, NULL}}, 60},
		{429, {{"retry-after", "Fri, 15 Jan 2027 08:00:30 GMT"}}, 30},
		{429, {{"retry-after", "soon"}}, 60},
		{429, {{"retry-after", "0"}}, 1},
		{429, {{"retry-after", "-5"}}, 1},
		{429, {{"retry-after", "99999999999999999999"}}, 86400},
		{429, {{"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "1"}}, 1},
		{429, {{"x-ratelimit-remaining", "0"},
			{"x-ratelimit-reset", "9223372036854775807"}}, -1},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++) {
		struct egress_header headers[5] = {table[i].headers[0], table[i].headers[1],
			table[i].headers[2], table[i].headers[3]};
		struct egress_answer answer = {.status = table[i].status, .headers = headers};
		int64_t until_us = gate_of_answer(&answer, NOW_US);
		int64_t wait_s = until_us ? (until_us - NOW_US) / 1000000 : 0;

		if (table[i].wait_s == -1 ? (wait_s < 1 || wait_s > 86400)
			: wait_s != table[i].wait_s)
			fail_msg("%zu: %lld", i, (long long)wait_s);
	}
}

static void a_gate_never_moves_back(void **state)
{
	struct gates *gates = gates_new();
	int64_t now_us = clock_now_us();
	cleanup_err struct err err = {0};

	(void)state;
	assert_int_equal(gate_check(gates, "a", 0, &err), 0);
	gate_close(gates, "a", now_us + 60 * 1000000);
	gate_close(gates, "a", now_us + 30 * 1000000);
	assert_int_equal(gate_check(gates, "a", 0, &err), MORTISE_E_RATE);
	assert_int_equal(err.retry_at_ms, (now_us + 60 * 1000000) / 1000 + 1);
	assert_int_equal(gate_check(gates, "b", 0, NULL), 0);
	assert_int_equal(gate_check(gates, "b", now_us + 60 * 1000000, NULL), MORTISE_E_RATE);
	clock_shift_us(61 * 1000000);
	assert_int_equal(gate_check(gates, "a", now_us + 60 * 1000000, NULL), 0);
	clock_shift_us(-61 * 1000000);
	gates_free(gates);
}

/* ---- The breaker ---- */

static void fail_times(struct gates *gates, int times, int64_t now_ms)
{
	for (int i = 0; i < times; i++) {
		assert_int_equal(breaker_enter(gates, "p", "o", now_ms, NULL), 0);
		breaker_leave(gates, "p", "o", now_ms, BREAKER_FAILED, "it failed");
	}
}

static void a_breaker_opens_tries_and_closes(void **state)
{
	struct gates *gates = gates_new();

	(void)state;
	log_setup(MORTISE_LOG_ERROR, LOG_LOGFMT);
	fail_times(gates, BREAKER_FAILURES - 1, 1000);
	assert_int_equal(breaker_enter(gates, "p", "o", 1000, NULL), 0);
	breaker_leave(gates, "p", "o", 1000, BREAKER_WORKED, NULL);
	fail_times(gates, BREAKER_FAILURES, 1000);
	assert_int_equal(breaker_enter(gates, "p", "o", 1001, NULL), MORTISE_E_UPSTREAM);
	assert_int_equal(breaker_enter(gates, "q", "o", 1001, NULL), 0);
	assert_int_equal(breaker_enter(gates, "p", "q", 1001, NULL), 0);
	/* After a while one may try; the others wait for it. */
	assert_int_equal(breaker_enter(gates, "p", "o", 1000 + BREAKER_OPEN_MS, NULL), 0);
	assert_int_equal(breaker_enter(gates, "p", "o", 1000 + BREAKER_OPEN_MS, NULL),
		MORTISE_E_UPSTREAM);
	breaker_leave(gates, "p", "o", 1000 + BREAKER_OPEN_MS, BREAKER_FAILED, "again");
	assert_int_equal(breaker_enter(gates, "p", "o", 1001 + BREAKER_OPEN_MS, NULL),
		MORTISE_E_UPSTREAM);
	/* One that did not get to try leaves the place to the next. */
	assert_int_equal(breaker_enter(gates, "p", "o", 1000 + 2 * BREAKER_OPEN_MS, NULL), 0);
	breaker_leave(gates, "p", "o", 1000 + 2 * BREAKER_OPEN_MS, BREAKER_NOTHING, NULL);
	assert_int_equal(breaker_enter(gates, "p", "o", 1000 + 2 * BREAKER_OPEN_MS, NULL), 0);
	breaker_leave(gates, "p", "o", 1000 + 2 * BREAKER_OPEN_MS, BREAKER_WORKED, NULL);
	assert_int_equal(breaker_enter(gates, "p", "o", 1000 + 2 * BREAKER_OPEN_MS, NULL), 0);
	assert_int_equal(breaker_enter(gates, "p", "o", 1000 + 2 * BREAKER_OPEN_MS, NULL), 0);
	gates_free(gates);
}

static void failures_of_long_ago_are_forgotten(void **state)
{
	struct gates *gates = gates_new();
	int64_t later_ms = 1000 + BREAKER_FORGET_MS;

	(void)state;
	fail_times(gates, BREAKER_FAILURES - 1, 1000);
	fail_times(gates, 1, later_ms - 1);
	assert_int_equal(breaker_enter(gates, "p", "o", later_ms, NULL), MORTISE_E_UPSTREAM);
	later_ms += BREAKER_FORGET_MS;
	fail_times(gates, BREAKER_FAILURES - 1, later_ms);
	assert_int_equal(breaker_enter(gates, "p", "o", later_ms, NULL), 0);
	gates_free(gates);
}

/* ---- The cache ---- */

static void put(struct cache *cache, unsigned char name, size_t size, int64_t life_ms)
{
	unsigned char key[CACHE_KEY_SIZE] = {name};
	struct upstream_answer answer = {.status = 200, .headers = json_object(),
		.body = xcalloc(1, size + 1), .size = size};

	memset(answer.body, name, size);
	cache_put(cache, key, &answer, life_ms);
	upstream_answer_clear(&answer);
}

static bool has(struct cache *cache, unsigned char name)
{
	unsigned char key[CACHE_KEY_SIZE] = {name};
	struct upstream_answer answer = {0};
	bool found = cache_get(cache, key, &answer);

	if (found && answer.size > 0)
		assert_int_equal((unsigned char)answer.body[0], name);
	upstream_answer_clear(&answer);
	return found;
}

static void the_cache_keeps_what_was_used_last(void **state)
{
	struct cache *cache = cache_new(100000);

	(void)state;
	/* Eight of these fit with their overhead, not nine. */
	for (unsigned char name = 1; name <= 8; name++)
		put(cache, name, 11500, 60000);
	assert_true(has(cache, 1));
	put(cache, 9, 11500, 60000);
	assert_true(has(cache, 1));
	assert_false(has(cache, 2));
	assert_true(has(cache, 9));
	/* Again under the same key: one entry. */
	for (int i = 0; i < 20; i++)
		put(cache, 9, 11000, 60000);
	assert_true(has(cache, 3));
	/* Too old, or too large to be worth it. */
	put(cache, 10, 10, 0);
	assert_false(has(cache, 10));
	put(cache, 11, 50000, 60000);
	assert_false(has(cache, 11));
	assert_true(has(cache, 8));
	cache_free(cache);
}

/* ---- Masking ---- */

static void what_an_answer_repeats_is_blotted_out(void **state)
{
	static const struct {
		const char *secret, *body, *masked;
	} table[] = {
		{"s3cret-token", "{\"m\":\"s3cret-token\"}", "{\"m\":\"************\"}"},
		{"s3cret-token", "s3cret-tokens3cret-token", "************************"},
		{"s3cret-token", "s3cret-toke", "s3cret-toke"},
		{"s3cret/\"x\"y", "{\"m\":\"s3cret/\\\"x\\\"y\"}", "{\"m\":\"*************\"}"},
		{"s3cret/\"x\"y", "s3cret\\/\\\"x\\\"y", "**************"},
		{"s3cret+token", "?t=s3cret%2Btoken&", "?t=**************&"},
		{"s\303\251cret-token", "s\\u00E9cret-token", "*****************"},
		{"short", "short", "short"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++) {
		cleanup_free char *body = xstrdup(table[i].body);
		cleanup_free char *value = xstrdup(table[i].body);
		struct egress_header headers[] = {{"x-said", value}, {NULL, NULL}};
		struct egress_answer answer = {.headers = headers, .body = body,
			.size = strlen(body)};

		answer_mask(&answer, table[i].secret);
		if (strcmp(body, table[i].masked) != 0 || strcmp(value, table[i].masked) != 0)
			fail_msg("case %zu: %s, %s", i, body, value);
	}
	answer_mask(&(struct egress_answer){0}, "s3cret-token");
	answer_mask(&(struct egress_answer){0}, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_an_answer_repeats_is_blotted_out),
		cmocka_unit_test(paths_are_filled_and_stay_where_they_are),
		cmocka_unit_test(queries_repeat_what_is_a_list),
		cmocka_unit_test(credentials_go_where_somebody_typed),
		cmocka_unit_test(answers_close_the_gate_as_they_say),
		cmocka_unit_test(a_gate_never_moves_back),
		cmocka_unit_test(a_breaker_opens_tries_and_closes),
		cmocka_unit_test(failures_of_long_ago_are_forgotten),
		cmocka_unit_test(the_cache_keeps_what_was_used_last),
	};

	return cmocka_run_group_tests_name("upstream_parts", tests, NULL, NULL);
}
