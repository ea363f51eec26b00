/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * OAuth 1.0a for install steps (RFC 5849, section 2): a request token, which the user is
 * asked to authorize, and the access token that it is exchanged for.  Signed with
 * RSA-SHA1; the step says whose key.  Workers.
 *
 * Errors have words for the user: E_IDENTITY when the upstream refused, E_SETTINGS when
 * consumer key or private key cannot be used, E_UPSTREAM when it failed.  The caller
 * wipes the secrets.
 */
#ifndef MORTISE_UPSTREAM_OAUTH1_H
#define MORTISE_UPSTREAM_OAUTH1_H

#include <jansson.h>

struct call_scope;
struct daemon;
struct err;
struct mortise_step;

/* 'callback' is where the upstream sends the user back to, or NULL: it knows. */
int oauth1_request_token(struct daemon *daemon, const struct call_scope *scope,
	const struct mortise_step *step, const char *callback, char **ret_token,
	char **ret_token_secret, struct err *err);
/* 'token' is the request token.  'verifier' is what came back with the user as
 * oauth_verifier; an upstream that was given no callback may send none, then it is the
 * oauth_token that came back.  '*ret_facts' is the rest of the answer, less its secrets:
 * an object of texts. */
int oauth1_access_token(struct daemon *daemon, const struct call_scope *scope,
	const struct mortise_step *step, const char *token, const char *verifier,
	json_t **ret_facts, char **ret_token, char **ret_secret, struct err *err);

#endif
