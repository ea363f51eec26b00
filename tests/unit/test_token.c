/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Tokens in requests: which one is found, and what each of its checks says. */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#include <sodium.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/crypto/jwt.h"
#include "core/crypto/qsh.h"
#include "core/token/token.h"
#include "core/vault/vault.h"

#define FETCHED "url:https://keys.test/{kid}"

static const struct mortise_token in_header = {.algorithm = MORTISE_ALGORITHM_HS256, .name = "JWT",
	.key = "integration:s"};
static const struct mortise_token by_kid = {.algorithm = MORTISE_ALGORITHM_RS256,
	.flags = MORTISE_TOKEN_KID, .name = "JWT", .key = FETCHED};
static const struct mortise_token in_query = {.algorithm = MORTISE_ALGORITHM_HS256,
	.where = MORTISE_TOKEN_QUERY, .name = "jwt", .key = "integration:s"};
static const struct mortise_token in_path = {.algorithm = MORTISE_ALGORITHM_HS256,
	.where = MORTISE_TOKEN_PATH, .name = "token", .key = "integration:s"};

/* ---- Making tokens ---- */

static char *encode(const char *text)
{
	size_t size = sodium_base64_encoded_len(strlen(text), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	char *encoded = xmalloc(size);

	return sodium_bin2base64(encoded, size, (const unsigned char *)text, strlen(text),
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* With this header and a signature that nobody makes. */
static char *with_header(const char *header)
{
	cleanup_free char *head = encode(header);

	return xasprintf("%s.e30.AA", head);
}

static char *sign(const char *claims, const char *key)
{
	cleanup_secret struct secret *secret = secret_new(key, strlen(key));
	cleanup_json json_t *json = json_loads(claims, 0, NULL);
	char *token = NULL;

	assert_int_equal(jwt_sign(JWT_HS256, secret, json, &token, NULL), 0);
	return token;
}

/* ---- Finding ---- */

static bool parameter(const void *arg, size_t index, const char **ret_name, const char **ret_value)
{
	const char *const *values = arg;

	if (!values || !values[index])
		return false;
	*ret_name = index == 1 ? "other" : "jwt";
	*ret_value = values[index];
	return true;
}

static const char *segment(const void *arg, const char *name)
{
	return arg && strcmp(name, "token") == 0 ? *(const char *const *)arg : NULL;
}

static enum token_verdict find_in_header(const struct mortise_token *registered, size_t len,
	const char *header, size_t *ret_index)
{
	const struct token_request request = {.method = "GET", .path = "/", .authorization = header};
	cleanup_token struct token *token = NULL;
	cleanup_err struct err err = {0};
	enum token_verdict verdict = token_find(registered, len, &request, &token, &err);

	assert_int_equal(verdict == TOKEN_GOOD, token != NULL);
	assert_int_equal(verdict == TOKEN_GOOD, err.code == 0);
	*ret_index = token ? token_index(token) : 0;
	return verdict;
}

static void a_header_is_read_behind_its_first_space(void **state)
{
	cleanup_free char *token = sign("{}", "k");
	const struct {
		const char *before, *after;
		enum token_verdict verdict;
	} cases[] = {
		{"JWT ", "", TOKEN_GOOD},
		{"jwt ", "", TOKEN_GOOD},
		{"Jwt ", "", TOKEN_GOOD},
		{"Bearer ", "", TOKEN_ABSENT},
		{"JWTX ", "", TOKEN_ABSENT},
		{"JWT", "", TOKEN_ABSENT},
		{"JWT\t", "", TOKEN_ABSENT},
		{"JWT  ", "", TOKEN_BAD_FORM},
		{" JWT ", "", TOKEN_ABSENT},
		{"", "", TOKEN_ABSENT},
		{"JWT ", " ", TOKEN_BAD_FORM},
		{"JWT ", ", JWT a.b.c", TOKEN_BAD_FORM},
	};
	size_t index;

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *header = xasprintf("%s%s%s", cases[i].before, token, cases[i].after);

		if (find_in_header(&in_header, 1, header, &index) != cases[i].verdict)
			fail_msg("case %zu: %s", i, header);
	}
	assert_int_equal(find_in_header(&in_header, 1, NULL, &index), TOKEN_ABSENT);
	assert_int_equal(find_in_header(&in_header, 1, "JWT ", &index), TOKEN_ABSENT);
}

static void the_key_id_says_which_one_it_is(void **state)
{
	static const struct mortise_token both[] = {
		{.algorithm = MORTISE_ALGORITHM_RS256, .flags = MORTISE_TOKEN_KID, .name = "JWT",
			.key = FETCHED},
		{.algorithm = MORTISE_ALGORITHM_HS256, .name = "JWT", .key = "integration:s"},
	};
	const struct {
		const struct mortise_token *registered;
		size_t len;
		const char *header;
		enum token_verdict verdict;
		size_t index;
	} cases[] = {
		{both, 2, "{\"alg\":\"RS256\",\"kid\":\"k\"}", TOKEN_GOOD, 0},
		{both, 2, "{\"alg\":\"HS256\"}", TOKEN_GOOD, 1},
		{both, 2, "{\"alg\":\"RS256\"}", TOKEN_BAD_FORM, 0},
		{both, 2, "{\"alg\":\"HS256\",\"kid\":\"k\"}", TOKEN_BAD_FORM, 0},
		{both, 2, "{\"alg\":\"none\"}", TOKEN_BAD_FORM, 0},
		{both, 2, "{\"alg\":\"none\",\"kid\":\"k\"}", TOKEN_BAD_FORM, 0},
		{&by_kid, 1, "{\"alg\":\"RS256\"}", TOKEN_NO_KID, 0},
		{&by_kid, 1, "{\"alg\":\"HS256\"}", TOKEN_NO_KID, 0},
		{&in_header, 1, "{\"alg\":\"HS256\",\"kid\":\"k\"}", TOKEN_UNKNOWN_KEY, 0},
		{&in_header, 1, "{\"alg\":\"HS256\",\"crit\":[\"x\"]}", TOKEN_BAD_FORM, 0},
		{&in_header, 1, "{\"alg\":7}", TOKEN_BAD_FORM, 0},
		{&in_header, 1, "{}", TOKEN_BAD_FORM, 0},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *token = with_header(cases[i].header);
		cleanup_free char *header = xasprintf("JWT %s", token);
		size_t index;

		if (find_in_header(cases[i].registered, cases[i].len, header, &index) !=
			cases[i].verdict || index != cases[i].index)
			fail_msg("case %zu", i);
	}
}

static void only_a_plain_key_id_goes_into_an_address(void **state)
{
	static const char *const good[] = {"k", "a-b_c.D9", "0", ".a"};
	static const char *const bad[] = {"", ".", "..", "a..b", "../a", "a/b", "a?b", "a#b", "a%2fb",
		"a b", "\\u00e4", "{kid}", "a\\u0000b"};
	char text[200];

	(void)state;
	for (size_t i = 0; i < lengthof(good) + lengthof(bad) + 2; i++) {
		const char *kid = i < lengthof(good) ? good[i] : i < lengthof(good) + lengthof(bad) ?
			bad[i - lengthof(good)] : text;
		size_t index, long_size = i == lengthof(good) + lengthof(bad) ? 128 : 129;
		cleanup_free char *json = NULL, *token = NULL, *header = NULL;
		bool is_good = i < lengthof(good) || (kid == text && long_size == 128);

		memset(text, 'k', long_size);
		text[long_size] = '\0';
		json = xasprintf("{\"alg\":\"RS256\",\"kid\":\"%s\"}", kid);
		token = with_header(json);
		header = xasprintf("JWT %s", token);
		/* jansson refuses a NUL, so such a token has no form. */
		if ((find_in_header(&by_kid, 1, header, &index) == TOKEN_GOOD) != is_good)
			fail_msg("key id '%s'", kid);
	}
}

static void a_parameter_stands_once(void **state)
{
	cleanup_free char *token = sign("{}", "k");
	const struct {
		const char *values[4];
		enum token_verdict verdict;
	} cases[] = {
		{{token}, TOKEN_GOOD},
		{{token, "x"}, TOKEN_GOOD},
		{{token, "x", token}, TOKEN_BAD_FORM},
		{{"", "x", token}, TOKEN_BAD_FORM},
		{{""}, TOKEN_ABSENT},
		{{NULL}, TOKEN_ABSENT},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		const struct token_request request = {.method = "GET", .path = "/",
			.parameter = parameter, .arg = cases[i].values};
		cleanup_token struct token *found = NULL;

		if (token_find(&in_query, 1, &request, &found, NULL) != cases[i].verdict)
			fail_msg("case %zu", i);
	}
}

static void a_segment_of_the_path_is_a_token(void **state)
{
	cleanup_free char *token = sign("{\"id\":\"t\"}", "k");
	const struct token_request request = {.method = "POST", .path = "/", .segment = segment,
		.arg = &token}, none = {.method = "POST", .path = "/", .segment = segment};
	cleanup_token struct token *found = NULL;
	struct token *nothing;

	(void)state;
	assert_int_equal(token_find(&in_path, 1, &request, &found, NULL), TOKEN_GOOD);
	assert_string_equal(json_string_value(json_object_get(token_claims(found), "id")), "t");
	assert_false(token_is_fetched(found));
	assert_int_equal(token_find(&in_path, 1, &none, &nothing, NULL), TOKEN_ABSENT);
}

/* ---- Verifying ---- */

static enum token_verdict check(uint64_t flags, const char *audience, const char *text,
	struct err *err)
{
	const struct mortise_token registered = {.algorithm = MORTISE_ALGORITHM_HS256,
		.flags = flags, .name = "JWT", .key = "integration:s", .audience = audience};
	cleanup_free char *header = xasprintf("JWT %s", text);
	const struct token_request request = {.method = "post", .path = "/a/b/",
		.query = "x=1&jwt=y", .authorization = header};
	cleanup_secret struct secret *first = secret_new("new", 3), *second = secret_new("old", 3);
	const struct secret *keys[] = {first, second};
	cleanup_token struct token *token = NULL;

	assert_int_equal(token_find(&registered, 1, &request, &token, NULL), TOKEN_GOOD);
	return token_check(NULL, NULL, token, keys, 2, err);
}

static void the_current_and_the_previous_value_count(void **state)
{
	static const struct {
		const char *key;
		enum token_verdict verdict;
	} cases[] = {{"new", TOKEN_GOOD}, {"old", TOKEN_GOOD}, {"older", TOKEN_BAD_SIGNATURE}};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *text = sign("{}", cases[i].key);
		cleanup_err struct err err = {0};

		if (check(0, NULL, text, &err) != cases[i].verdict)
			fail_msg("case %zu: %s", i, err_text(&err));
	}
}

static void without_a_key_nothing_is_verified(void **state)
{
	cleanup_free char *text = sign("{}", "");
	cleanup_free char *header = xasprintf("JWT %s", text);
	const struct token_request request = {.method = "GET", .path = "/", .authorization = header};
	cleanup_secret struct secret *empty = secret_new("", 0);
	const struct secret *keys[] = {empty};
	cleanup_token struct token *token = NULL;

	(void)state;
	assert_int_equal(token_find(&in_header, 1, &request, &token, NULL), TOKEN_GOOD);
	assert_int_equal(token_check(NULL, NULL, token, NULL, 0, NULL), TOKEN_BAD_SIGNATURE);
	assert_int_equal(token_check(NULL, NULL, token, keys, 1, NULL), TOKEN_UNKNOWN_KEY);
}

static void each_claim_is_checked_as_registered(void **state)
{
	enum { EXPIRES = MORTISE_TOKEN_EXPIRES, ONCE = MORTISE_TOKEN_SINGLE_USE,
		QSH = MORTISE_TOKEN_QSH };
	static const struct {
		uint64_t flags;
		const char *audience, *claims;         /* times from now; "%s" the right hash */
		enum token_verdict verdict;
	} cases[] = {
		{0, NULL, "{}", TOKEN_GOOD},
		{0, NULL, "{\"exp\":-1}", TOKEN_EXPIRED},
		{0, NULL, "{\"exp\":0}", TOKEN_EXPIRED},
		{0, NULL, "{\"exp\":100}", TOKEN_GOOD},
		{EXPIRES, NULL, "{}", TOKEN_BAD_FORM},
		{EXPIRES, NULL, "{\"exp\":1000000}", TOKEN_GOOD},
		{ONCE, NULL, "{}", TOKEN_BAD_FORM},
		{ONCE, NULL, "{\"exp\":86000}", TOKEN_GOOD},
		{ONCE, NULL, "{\"exp\":86500}", TOKEN_BAD_FORM},
		{0, NULL, "{\"nbf\":50}", TOKEN_BAD_FORM},
		{0, NULL, "{\"iat\":200}", TOKEN_GOOD},
		{0, NULL, "{\"iat\":400}", TOKEN_BAD_FORM},
		{0, "me", "{}", TOKEN_BAD_FORM},
		{0, "me", "{\"aud\":[\"you\",\"me\"]}", TOKEN_GOOD},
		{QSH, NULL, "{}", TOKEN_BAD_QSH},
		{QSH, NULL, "{\"qsh\":\"context-qsh\"}", TOKEN_BAD_QSH},
		{QSH, NULL, "{\"qsh\":\"\"}", TOKEN_BAD_QSH},
		{QSH, NULL, "{\"qsh\":7}", TOKEN_BAD_QSH},
		{QSH, NULL, "{\"qsh\":\"%s\"}", TOKEN_GOOD},
		{0, NULL, "{\"qsh\":\"context-qsh\"}", TOKEN_GOOD},
	};
	char hash[QSH_SIZE];

	(void)state;
	assert_int_equal(qsh_hash("POST", "/a/b", "x=1", hash, NULL), 0);
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_json json_t *claims = json_loads(cases[i].claims, 0, NULL);
		cleanup_free char *json = NULL, *text = NULL;
		cleanup_err struct err err = {0};
		const char *key;
		json_t *value;

		json_object_foreach(claims, key, value)
			if (json_is_integer(value) && strcmp(key, "qsh") != 0)
				json_integer_set(value, json_integer_value(value) +
					clock_now_us() / 1000000);
			else if (json_is_string(value) && strcmp(json_string_value(value), "%s") == 0)
				json_string_set(value, hash);
		json = json_dumps(claims, 0);
		text = sign(json, "new");
		if (check(cases[i].flags, cases[i].audience, text, &err) != cases[i].verdict)
			fail_msg("case %zu: %s", i, err_text(&err));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_is_read_behind_its_first_space),
		cmocka_unit_test(the_key_id_says_which_one_it_is),
		cmocka_unit_test(only_a_plain_key_id_goes_into_an_address),
		cmocka_unit_test(a_parameter_stands_once),
		cmocka_unit_test(a_segment_of_the_path_is_a_token),
		cmocka_unit_test(the_current_and_the_previous_value_count),
		cmocka_unit_test(without_a_key_nothing_is_verified),
		cmocka_unit_test(each_claim_is_checked_as_registered),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
