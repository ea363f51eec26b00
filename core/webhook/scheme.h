/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Signature schemes of webhooks: hmac, header, none; jwt is core/token's.  Every comparison
 * with a key or a computed signature takes the same time whatever it finds.  Any thread.
 */
#ifndef MORTISE_WEBHOOK_SCHEME_H
#define MORTISE_WEBHOOK_SCHEME_H

#include <stddef.h>

struct reg_webhook;
struct scheme_key;
struct secret;

enum scheme_verdict {
	SCHEME_VERIFIED,
	SCHEME_NO_SIGNATURE,   /* none of the headers is there */
	SCHEME_BAD_TOKEN,      /* a header is there, without the form of a signature */
	SCHEME_BAD_SIGNATURE,
};

struct scheme_request {
	const char *(*header)(const void *arg, const char *name);
	const void *arg;
	const void *body;
	size_t size;
};

/* A key made ready for the webhook's algorithms; the secret is taken over.  Any number of
 * threads may verify with it at once. */
struct scheme_key *scheme_key_new(const struct reg_webhook *webhook, struct secret *secret_take);
void scheme_key_free(struct scheme_key *key);
/* For core/token; lent. */
const struct secret *scheme_key_secret(const struct scheme_key *key);

/* Verify against each of 'keys'; without any, only the form of the signature is seen,
 * and a good form is SCHEME_BAD_SIGNATURE. */
enum scheme_verdict scheme_verify(const struct reg_webhook *webhook,
	const struct scheme_request *request, struct scheme_key *const *keys, size_t key_len);

#endif
