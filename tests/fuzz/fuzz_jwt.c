/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Tokens over any bytes.  Beyond not crashing: what is verified has the form that
 * jwt_peek reads, and is good for one key only.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/crypto/jwt.h"
#include "core/vault/vault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool verify(const char *token, const char *key)
{
	const struct jwt_expect anything = {.now_s = 1000};
	cleanup_secret struct secret *secret = secret_new(key, strlen(key));
	cleanup_json json_t *claims = NULL;

	return jwt_verify(JWT_HS256, secret, token, &anything, &claims, NULL) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *token = xmalloc(size + 1);
	cleanup_json json_t *header = NULL, *claims = NULL;
	bool peeked;

	if (sodium_init() < 0)
		abort();
	if (size > 0)
		memcpy(token, data, size);
	token[size] = '\0';
	peeked = jwt_peek(token, &header, &claims, NULL) == 0;
	if (peeked && (!json_is_object(header) || !json_is_object(claims)))
		abort();
	if (verify(token, "your-256-bit-secret") && (!peeked || verify(token, "another")))
		abort();
	return 0;
}
