/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * JSON Web Tokens (RFC 7519) in compact form, HS256 and RS256.  Any thread.
 *
 * The caller pins one algorithm; the token's own word for it is compared with that
 * before a key is touched, so a public key can never be taken for a shared secret.
 * A token is good when jwt_check_signature and jwt_check_claims both say so.
 */
#ifndef MORTISE_CRYPTO_JWT_H
#define MORTISE_CRYPTO_JWT_H

#include <stdbool.h>
#include <stddef.h>
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

/* A token, taken apart.  Nobody has verified it yet: what it says serves only to find the
 * key.  It has a copy of the text. */
struct jwt;

/* E_FIELD when it has not the form of a token. */
int jwt_parse(const char *token, struct jwt **ret_jwt, struct err *err);
void jwt_free(struct jwt *jwt);
void jwt_freep(struct jwt **jwt);
#define cleanup_jwt __attribute__((__cleanup__(jwt_freep)))
/* Objects, lent. */
const json_t *jwt_header(const struct jwt *jwt);
const json_t *jwt_claims(const struct jwt *jwt);
/* What is signed: header and claims as they stand in the token. */
const char *jwt_signed_text(const struct jwt *jwt, size_t *ret_size);

enum jwt_verdict {
	JWT_GOOD,
	JWT_BAD_FORM,          /* another algorithm, an unknown extension, or a claim that is
				* missing, of the wrong type or not for us */
	JWT_BAD_KEY,           /* it cannot be used for this algorithm */
	JWT_BAD_SIGNATURE,
	JWT_EXPIRED,
};

/* Does its header say just this algorithm, and demand nothing else?  JWT_GOOD or
 * JWT_BAD_FORM; the words of whatever is not good are in 'err', here and below. */
enum jwt_verdict jwt_check_header(const struct jwt *jwt, enum jwt_algorithm algorithm,
	struct err *err);
/* Header and signature.  The key is the shared secret, which must not be empty, or a
 * public key in PEM. */
enum jwt_verdict jwt_check_signature(const struct jwt *jwt, enum jwt_algorithm algorithm,
	const struct secret *key, struct err *err);

/* How far ahead of our clock a token's `iat` may be. */
#define JWT_MAX_AHEAD_S 300

struct jwt_expect {
	const char *audience;  /* `aud` is it or has it, a slash at the end aside; NULL: not
				* compared */
	bool expires;          /* `exp` must be there; one that is there always counts */
	int64_t now_s;         /* seconds since 1970; no leeway for `exp` and `nbf` */
};

enum jwt_verdict jwt_check_claims(const struct jwt *jwt, const struct jwt_expect *expect,
	struct err *err);
/* May this PEM text serve as a public key?  E_SETTINGS says why not. */
int jwt_check_public_key(const struct secret *pem, struct err *err);

#endif
