/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * JSON Web Tokens (RFC 7519) in compact form, HS256 and RS256.  Any thread.
 *
 * The caller pins one algorithm; the token's own word for it is compared with that
 * before a key is touched, so a public key can never be taken for a shared secret.
 */
#ifndef MORTISE_CRYPTO_JWT_H
#define MORTISE_CRYPTO_JWT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

struct err;
struct secret;

#define JWT_MAX_SIZE 16384

enum jwt_algorithm { JWT_HS256, JWT_RS256 };

/* Sign 'claims'.  The key is the shared secret, or a private key in PEM, which must
 * not be encrypted.  E_SETTINGS for a key that cannot be used. */
int jwt_sign(enum jwt_algorithm algorithm, const struct secret *key, const json_t *claims,
	char **ret_token, struct err *err);

struct jwt_expect {
	const char *issuer;    /* NULL: not compared */
	const char *audience;  /* NULL: not compared */
	bool expires;          /* `exp` must be there */
	int64_t now_s;         /* seconds since 1970; no leeway */
};

/* Verify.  The key is the shared secret, or a public key in PEM.  E_IDENTITY for a
 * token that is not good; '*ret_claims' is a new object. */
int jwt_verify(enum jwt_algorithm algorithm, const struct secret *key, const char *token,
	const struct jwt_expect *expect, json_t **ret_claims, struct err *err);

/* The parts of a token nobody has verified: only to find the key.  E_FIELD when it has
 * not the form of a token. */
int jwt_peek(const char *token, json_t **ret_header, json_t **ret_claims, struct err *err);

#endif
