/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Tokens in requests: "AUTHORIZATION NUL QUERY NUL SEGMENT", with each of them registered in
 * every way.  What is found has an algorithm, a key id and a place as registered; what is
 * good is good for one key only.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <sodium.h>

#include "core/base/err.h"
#include "core/http/http_parser.h"
#include "core/token/token.h"
#include "core/vault/vault.h"

#define HS256 .algorithm = MORTISE_ALGORITHM_HS256
#define RS256 .algorithm = MORTISE_ALGORITHM_RS256
#define EVERY (MORTISE_TOKEN_EXPIRES | MORTISE_TOKEN_QSH | MORTISE_TOKEN_SINGLE_USE)

static const struct mortise_token registered[][2] = {
	{{RS256, .flags = MORTISE_TOKEN_KID, .name = "JWT", .key = "url:https://k.test/{kid}"},
		{HS256, .name = "JWT", .key = "integration:s"}},
	{{HS256, .flags = MORTISE_TOKEN_KID, .name = "JWT", .key = "provider:s"},
		{HS256, .flags = EVERY, .name = "JWT", .key = "integration:s"}},
	{{HS256, .where = MORTISE_TOKEN_QUERY, .name = "jwt", .key = "integration:s"},
		{HS256, .flags = MORTISE_TOKEN_KID, .where = MORTISE_TOKEN_PATH, .name = "token",
			.key = "integration:s"}},
};

struct request {
	struct http_field query[HTTP_MAX_QUERY];
	size_t query_len;
	const char *segment;
};

static bool parameter(const void *arg, size_t index, const char **ret_name, const char **ret_value)
{
	const struct request *request = arg;

	if (index >= request->query_len)
		return false;
	*ret_name = request->query[index].name;
	*ret_value = request->query[index].value;
	return true;
}

static const char *segment(const void *arg, const char *name)
{
	const struct request *request = arg;

	return strcmp(name, "token") == 0 ? request->segment : NULL;
}

static enum token_verdict check(const struct token *token, const char *key)
{
	cleanup_secret struct secret *secret = secret_new(key, strlen(key));
	const struct secret *keys[] = {secret};

	return token_check(NULL, NULL, token, keys, 1, NULL);
}

static void check_found(const struct mortise_token *all, const struct token *token)
{
	const struct mortise_token *found = &all[token_index(token)];

	HOLDS(json_is_object(token_claims(token)));
	HOLDS(token_is_fetched(token) == (strncmp(found->key, "url:", 4) == 0));
	if (check(token, "your-256-bit-secret") == TOKEN_GOOD) {
		HOLDS(found->algorithm == MORTISE_ALGORITHM_HS256);
		HOLDS(check(token, "another") == TOKEN_BAD_SIGNATURE);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	cleanup_free char *authorization = fuzz_text(&input), *query = fuzz_text(&input);
	cleanup_free char *parsed = xstrdup(query), *text = fuzz_text(&input);
	struct request *fields = new(struct request);
	const struct token_request request = {.method = "GET", .path = "/a", .query = query,
		.authorization = authorization, .parameter = parameter, .segment = segment,
		.arg = fields};

	HOLDS(sodium_init() >= 0);
	fields->segment = text;
	if (http_query_parse(parsed, fields->query, &fields->query_len) != HTTP_DONE)
		fields->query_len = 0;
	for (size_t i = 0; i < lengthof(registered); i++) {
		cleanup_token struct token *token = NULL;
		cleanup_err struct err err = {0};
		enum token_verdict verdict = token_find(registered[i], 2, &request, &token, &err);

		HOLDS((verdict == TOKEN_GOOD) == (token != NULL));
		HOLDS((verdict == TOKEN_GOOD) == (err.code == 0));
		if (token)
			check_found(registered[i], token);
	}
	free(fields);
	return 0;
}
