/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Making and ending API tokens, for the API and the operator.  Each act is in the audit
 * log: "api-token.…" for a user's, "org-auth-token.…" for an organization's own.  Workers.
 */
#ifndef MORTISE_ACCESS_TOKEN_H
#define MORTISE_ACCESS_TOKEN_H

#include <stdint.h>

#include "core/access/access.h"

#define TOKEN_NAME_MAX 64      /* characters */
#define TOKEN_DAYS_MAX 36500   /* until it expires */
#define TOKENS_MAX 1000        /* that stand, of a user or of an organization's own */

struct api_token;

struct token_new {
	int64_t organization_id;
	int64_t account_id;        /* 0: the organization's own */
	const char *name;
	uint64_t scopes;
	int64_t now_us;
	int64_t expires_at_us;     /* 0: never */
	const char *origin;        /* who makes it */
	/* Of token_prepare; the secret is shown once: */
	char secret[ACCESS_SECRET_SIZE], hash[65];
};

/* Choose the secret; before the transaction, which may run twice. */
void token_prepare(struct daemon *daemon, struct token_new *token);
/* E_CONFLICT if there are TOKENS_MAX already.  In a transaction, as the rest. */
int token_insert(struct tx *tx, const struct token_new *token, int64_t *ret_id, struct err *err);
int token_rename(struct tx *tx, const struct api_token *token, const char *name,
	const char *origin, int64_t now_us, struct err *err);
/* E_CONFLICT if it was revoked before. */
int token_revoke(struct tx *tx, const struct api_token *token, const char *origin,
	int64_t now_us, struct err *err);
void token_forget(struct token_new *token);

#endif
