/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Tokens over any bytes.  Beyond not crashing: what is verified has the form that
 * jwt_parse reads, and is good for one key only.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <sodium.h>

#include "core/base/err.h"
#include "core/crypto/jwt.h"
#include "core/vault/vault.h"

static bool verify(const struct jwt *jwt, const char *key)
{
	cleanup_secret struct secret *secret = secret_new(key, strlen(key));

	return jwt_check_signature(jwt, JWT_HS256, secret, NULL) == JWT_GOOD;
}

static void check(const struct jwt *jwt, const char *token)
{
	const struct jwt_expect expect = {.audience = "me", .now_s = 1000};
	cleanup_err struct err err = {0};
	size_t size;
	const char *text = jwt_signed_text(jwt, &size);

	HOLDS(json_is_object(jwt_header(jwt)) && json_is_object(jwt_claims(jwt)));
	HOLDS(strncmp(text, token, size) == 0 && token[size] == '.');
	if (verify(jwt, "your-256-bit-secret"))
		HOLDS(!verify(jwt, "another"));
	HOLDS((jwt_check_claims(jwt, &expect, &err) == JWT_GOOD) == (err.code == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	cleanup_free char *token = fuzz_text(&input);
	struct jwt *jwt;

	HOLDS(sodium_init() >= 0);
	if (jwt_parse(token, &jwt, NULL) < 0)
		return 0;
	check(jwt, token);
	jwt_free(jwt);
	return 0;
}
