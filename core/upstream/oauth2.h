/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * OAuth 2 for install steps: the exchange of a code for a token.  Workers.
 */
#ifndef MORTISE_UPSTREAM_OAUTH2_H
#define MORTISE_UPSTREAM_OAUTH2_H

#include <jansson.h>

struct call_scope;
struct daemon;
struct err;
struct mortise_step;

struct oauth2_exchange {
	const struct mortise_step *step;
	const char *code;
	const char *redirect_uri;      /* the same as in the authorize URL */
	const char *code_verifier;     /* PKCE; NULL: none */
	int64_t timeout_ms;            /* 0: 30 s */
};

/* '*ret_token' is what the token endpoint answered, always with a text "access_token".
 * E_IDENTITY when it refused or gave no token, E_SETTINGS when we are not configured for
 * it, E_UPSTREAM when it failed; each with words for the user. */
int oauth2_exchange(struct daemon *daemon, const struct call_scope *scope,
	const struct oauth2_exchange *exchange, json_t **ret_token, struct err *err);

#endif
