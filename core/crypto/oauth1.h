/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * OAuth 1.0a (RFC 5849): the Authorization header of one request, signed with RSA-SHA1.
 * Any thread.
 *
 * Two choices of ours: SHA-1 is what the protocol has, so it is also used where the
 * system's policy forbids it for everything else; and a key of 1024 bits is taken, since
 * that is what Atlassian's guide to application links has had people make.
 */
#ifndef MORTISE_CRYPTO_OAUTH1_H
#define MORTISE_CRYPTO_OAUTH1_H

#include <stdint.h>

struct err;
struct secret;

#define OAUTH1_NONCE_SIZE 33

struct oauth1 {
	const char *method;
	const char *resource;      /* scheme, host in lower case, port if it is not the scheme's
				    * own, and path as it is sent: section 3.4.1.2 */
	const char *query;         /* as it is sent; NULL: none */
	const char *form;          /* the body, if it is a form; NULL: it is something else */
	const char *consumer_key;
	const char *token, *callback, *verifier;       /* each NULL: not sent */
	char nonce[OAUTH1_NONCE_SIZE];
	int64_t time_s;            /* since 1970 */
};

/* A nonce that nobody has used, and the time it is.  Once for each request that is sent. */
void oauth1_stamp(struct oauth1 *oauth1);
/* What is signed (section 3.4.1); E_FIELD or E_LIMIT for a query that cannot be. */
int oauth1_base_string(const struct oauth1 *oauth1, char **ret_text, struct err *err);
/* "OAuth oauth_nonce=…".  'key' is a private key in PEM; E_SETTINGS if it cannot be used. */
int oauth1_header(const struct oauth1 *oauth1, const struct secret *key, char **ret_header,
	struct err *err);

#endif
