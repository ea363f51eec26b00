/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Signed tokens of others (JSON Web Tokens), as a webhook or a page registered them: found
 * in a request, then verified.
 *
 * token_find takes no key and reads nothing: it finds the text where the registration says,
 * takes it apart and compares the algorithm with the one that is pinned.  Until a token was
 * verified its claims serve only to find the key.  Any thread.
 *
 * token_verify reads the key, from its slot or from where others publish it, and blocks:
 * never on the loop or an intake worker.  token_check is for who has the keys already.
 */
#ifndef MORTISE_TOKEN_TOKEN_H
#define MORTISE_TOKEN_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <mortise/plugin.h>

struct call_scope;
struct daemon;
struct err;
struct secret;
struct token;
struct tx;

/* Tokens that one webhook or page may register. */
#define TOKEN_REGISTERED_MAX 2

/* A request that may carry a token; borrowed texts.  The functions may answer NULL. */
struct token_request {
	const char *method;        /* "GET" */
	const char *path;          /* below our public URL, as it was sent, without the query */
	const char *query;         /* as it was sent, without "?"; or NULL */
	const char *authorization; /* header; or NULL */
	/* All query parameters, decoded: index from 0 until false. */
	bool (*parameter)(const void *arg, size_t index, const char **ret_name,
		const char **ret_value);
	const char *(*segment)(const void *arg, const char *name);     /* of the path */
	const void *arg;
};

enum token_verdict {
	TOKEN_GOOD,
	TOKEN_ABSENT,
	TOKEN_BAD_FORM,        /* no token, one of another algorithm, or its claims are not for
				* us: no `exp`, not valid yet, another audience */
	TOKEN_NO_KID,          /* it names no key and should */
	TOKEN_UNKNOWN_KEY,     /* it names a key that there is not, or that cannot be used */
	TOKEN_BAD_SIGNATURE,
	TOKEN_EXPIRED,
	TOKEN_BAD_QSH,         /* it was made for another request */
	TOKEN_UNAVAILABLE,     /* its key cannot be had now */
	TOKEN_VERDICT_LEN
};

/* TOKEN_GOOD: '*ret_token' is the caller's.  Else 'err' has the words, here and below. */
enum token_verdict token_find(const struct mortise_token *registered, size_t len,
	const struct token_request *request, struct token **ret_token, struct err *err);
void token_free(struct token *token);
void token_freep(struct token **token);
#define cleanup_token __attribute__((__cleanup__(token_freep)))

/* Which of the registered ones it is. */
size_t token_index(const struct token *token);
/* Must its key be fetched ("url:…")? */
bool token_is_fetched(const struct token *token);
/* Object, lent. */
const json_t *token_claims(const struct token *token);

/* Verify: the signature with any of 'keys', then the claims, then the request.  The scope is
 * for the audience, a value; it may block if that is one of the integration's. */
enum token_verdict token_check(struct daemon *daemon, const struct call_scope *scope,
	const struct token *token, const struct secret *const *keys, size_t len, struct err *err);
/* The same with the key as registered: its slot in this scope (current and previous value), or
 * fetched.  Blocks. */
enum token_verdict token_verify(struct daemon *daemon, const struct call_scope *scope,
	const struct token *token, struct err *err);

/* ---- Tokens that count once ---- */

/* What is kept of a verified one. */
struct token_use {
	char hash[65];             /* "": it may be used again, and the rest does nothing */
	int64_t expires_at_us;
};

void token_use_prepare(struct daemon *daemon, const struct token *token,
	struct token_use *ret_use);
int token_is_used(struct daemon *daemon, const struct token_use *use, bool *ret_used,
	struct err *err);
/* In the transaction that does what the token is good for: E_CONFLICT, and nothing is done,
 * if it was used before. */
int token_use_up(struct tx *tx, const struct token_use *use, struct err *err);

#endif
