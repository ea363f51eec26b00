/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/token/token.h"

#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/crypto/jwt.h"
#include "core/crypto/qsh.h"
#include "core/daemon/daemon.h"
#include "core/storage/store.h"
#include "core/storage/used_token.h"
#include "core/token/public_key.h"
#include "core/upstream/upstream.h"
#include "core/vault/slot.h"

#define FETCHED "url:"
/* A token that counts once is remembered until it expires: so it must do that soon. */
#define SINGLE_USE_MAX_S (24 * 3600)

struct token {
	const struct mortise_token *registered;
	size_t index;
	struct jwt *jwt;
	char qsh[QSH_SIZE];            /* what it must claim; "": the request has none */
};

static enum token_verdict refuse(struct err *err, enum token_verdict verdict, const char *why)
{
	err_set(err, MORTISE_E_IDENTITY, "%s", why);
	return verdict;
}

static enum jwt_algorithm algorithm_of(const struct token *token)
{
	return token->registered->algorithm == MORTISE_ALGORITHM_RS256 ? JWT_RS256 : JWT_HS256;
}

static const char *key_id(const struct token *token)
{
	return json_string_value(json_object_get(jwt_header(token->jwt), "kid"));
}

/* ---- Finding ---- */

/* "JWT x": what stands behind the name, in any case, and the first space. */
static const char *text_in_header(const struct mortise_token *registered,
	const struct token_request *request)
{
	size_t size = strlen(registered->name);
	const char *header = request->authorization;

	if (!header || strncasecmp(header, registered->name, size) != 0 || header[size] != ' ')
		return NULL;
	return header + size + 1;
}

/* '*ret_len' counts how often the parameter is there. */
static const char *text_in_query(const struct mortise_token *registered,
	const struct token_request *request, size_t *ret_len)
{
	const char *name, *value, *found = NULL;

	for (size_t i = 0; request->parameter &&
		request->parameter(request->arg, i, &name, &value); i++)
		if (strcmp(name, registered->name) == 0) {
			found = value;
			(*ret_len)++;
		}
	return found;
}

static const char *text_of(const struct mortise_token *registered,
	const struct token_request *request, size_t *ret_len)
{
	*ret_len = 0;
	if (registered->where == MORTISE_TOKEN_QUERY)
		return text_in_query(registered, request, ret_len);
	*ret_len = 1;
	if (registered->where == MORTISE_TOKEN_HEADER)
		return text_in_header(registered, request);
	return request->segment ? request->segment(request->arg, registered->name) : NULL;
}

/* It goes into a URL, so it must be one plain segment. */
static bool is_plain(const char *kid)
{
	size_t size = strspn(kid, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

	return size > 0 && size <= 128 && !kid[size] && !strstr(kid, "..") &&
		strcmp(kid, ".") != 0;
}

static enum token_verdict check_key_id(const struct token *token, struct err *err)
{
	bool named = json_object_get(jwt_header(token->jwt), "kid") != NULL;
	bool wanted = token->registered->flags & MORTISE_TOKEN_KID;

	if (named != wanted)
		return named ? refuse(err, TOKEN_UNKNOWN_KEY, "it names a key, which no token here does") :
			refuse(err, TOKEN_NO_KID, "it names no key");
	if (wanted && (!key_id(token) || (token_is_fetched(token) && !is_plain(key_id(token)))))
		return refuse(err, TOKEN_UNKNOWN_KEY, "the name of its key is not a plain one");
	return TOKEN_GOOD;
}

static void expect_qsh(struct token *token, const struct token_request *request)
{
	if (token->registered->flags & MORTISE_TOKEN_QSH &&
		qsh_hash(request->method, request->path, request->query, token->qsh, NULL) < 0)
		*token->qsh = '\0';
}

static enum token_verdict find_one(const struct mortise_token *registered,
	const struct token_request *request, struct token *token, struct err *err)
{
	size_t len;
	const char *text = text_of(registered, request, &len);
	enum token_verdict verdict;

	if (len > 1)
		return refuse(err, TOKEN_BAD_FORM, "it stands in the query more than once");
	if (!text || !*text)
		return refuse(err, TOKEN_ABSENT, "there is none");
	token->registered = registered;
	if (jwt_parse(text, &token->jwt, err) < 0)
		return TOKEN_BAD_FORM;
	verdict = check_key_id(token, err);
	if (verdict != TOKEN_GOOD)
		return verdict;
	if (jwt_check_header(token->jwt, algorithm_of(token), err) != JWT_GOOD)
		return TOKEN_BAD_FORM;
	expect_qsh(token, request);
	return TOKEN_GOOD;
}

enum token_verdict token_find(const struct mortise_token *registered, size_t len,
	const struct token_request *request, struct token **ret_token, struct err *err)
{
	enum token_verdict verdict = TOKEN_ABSENT;
	cleanup_err struct err last = {0};

	for (size_t i = 0; i < len; i++) {
		cleanup_token struct token *token = new(struct token);
		cleanup_err struct err why = {0};
		enum token_verdict found = find_one(&registered[i], request, token, &why);

		token->index = i;
		if (found == TOKEN_GOOD) {
			*ret_token = steal(&token);
			return TOKEN_GOOD;
		}
		/* Of a token that is there more can be said than of one that is not; of one
		 * that was refused for its key's name, another registration may say more. */
		if (verdict == TOKEN_ABSENT || (found != TOKEN_ABSENT && found != TOKEN_NO_KID &&
			found != TOKEN_UNKNOWN_KEY)) {
			verdict = found;
			err_move(&last, &why);
		}
	}
	err_move(err, &last);
	return verdict;
}

void token_free(struct token *token)
{
	if (!token)
		return;
	jwt_free(token->jwt);
	free(token);
}

void token_freep(struct token **token)
{
	token_free(*token);
}

size_t token_index(const struct token *token)
{
	return token->index;
}

bool token_is_fetched(const struct token *token)
{
	return strncmp(token->registered->key, FETCHED, strlen(FETCHED)) == 0;
}

const json_t *token_claims(const struct token *token)
{
	return jwt_claims(token->jwt);
}

/* ---- Verifying ---- */

static enum token_verdict meaning_of(enum jwt_verdict verdict)
{
	static const enum token_verdict meanings[] = {
		[JWT_GOOD] = TOKEN_GOOD,
		[JWT_BAD_FORM] = TOKEN_BAD_FORM,
		[JWT_BAD_KEY] = TOKEN_UNKNOWN_KEY,
		[JWT_BAD_SIGNATURE] = TOKEN_BAD_SIGNATURE,
		[JWT_EXPIRED] = TOKEN_EXPIRED,
	};

	return meanings[verdict];
}

static enum token_verdict check_signature(const struct token *token,
	const struct secret *const *keys, size_t len, struct err *err)
{
	enum token_verdict verdict = TOKEN_BAD_SIGNATURE;
	cleanup_err struct err last = {0};

	if (len == 0)
		return refuse(err, TOKEN_BAD_SIGNATURE, "there is no key for it");
	for (size_t i = 0; i < len; i++) {
		cleanup_err struct err why = {0};

		verdict = meaning_of(jwt_check_signature(token->jwt, algorithm_of(token), keys[i],
			&why));
		if (verdict == TOKEN_GOOD)
			return TOKEN_GOOD;
		err_move(&last, &why);
	}
	err_move(err, &last);
	return verdict;
}

static enum token_verdict check_claims(struct daemon *daemon, const struct call_scope *scope,
	const struct token *token, struct err *err)
{
	const struct mortise_token *registered = token->registered;
	bool once = registered->flags & MORTISE_TOKEN_SINGLE_USE;
	cleanup_free char *audience = NULL;
	struct jwt_expect expect = {
		.expires = once || registered->flags & MORTISE_TOKEN_EXPIRES,
		.now_s = clock_now_us() / 1000000,
	};
	enum jwt_verdict verdict;

	if (registered->audience &&
		upstream_value(daemon, scope, registered->audience, &audience, err) < 0)
		return TOKEN_UNAVAILABLE;
	expect.audience = audience;
	verdict = jwt_check_claims(token->jwt, &expect, err);
	if (verdict != JWT_GOOD)
		return meaning_of(verdict);
	if (once && json_number_value(json_object_get(token_claims(token), "exp")) >
		(double)(expect.now_s + SINGLE_USE_MAX_S))
		return refuse(err, TOKEN_BAD_FORM, "it counts once, so it must expire within a day");
	return TOKEN_GOOD;
}

static enum token_verdict check_qsh(const struct token *token, struct err *err)
{
	const char *claimed = json_string_value(json_object_get(token_claims(token), "qsh"));

	if (!(token->registered->flags & MORTISE_TOKEN_QSH))
		return TOKEN_GOOD;
	/* The fixed "context-qsh" is no hash of any request, so it is refused here too. */
	if (claimed && *token->qsh && strlen(claimed) == QSH_SIZE - 1 &&
		sodium_memcmp(claimed, token->qsh, QSH_SIZE - 1) == 0)
		return TOKEN_GOOD;
	return refuse(err, TOKEN_BAD_QSH, "it was made for another request");
}

enum token_verdict token_check(struct daemon *daemon, const struct call_scope *scope,
	const struct token *token, const struct secret *const *keys, size_t len, struct err *err)
{
	enum token_verdict verdict = check_signature(token, keys, len, err);

	if (verdict == TOKEN_GOOD)
		verdict = check_claims(daemon, scope, token, err);
	if (verdict == TOKEN_GOOD)
		verdict = check_qsh(token, err);
	return verdict;
}

static int read_keys(struct daemon *daemon, const struct call_scope *scope,
	const struct token *token, struct secret *keys[2], struct err *err)
{
	if (token_is_fetched(token))
		return public_key_get(daemon, scope, token->registered->key + strlen(FETCHED),
			key_id(token), &keys[0], err);
	return slot_read_both(daemon, scope, token->registered->key, &keys[0], &keys[1], err);
}

enum token_verdict token_verify(struct daemon *daemon, const struct call_scope *scope,
	const struct token *token, struct err *err)
{
	struct secret *keys[2] = {NULL, NULL};
	enum token_verdict verdict;
	int result = read_keys(daemon, scope, token, keys, err);

	if (result == MORTISE_E_NOT_FOUND)
		return token_is_fetched(token) ? TOKEN_UNKNOWN_KEY : TOKEN_BAD_SIGNATURE;
	if (result < 0)
		return TOKEN_UNAVAILABLE;
	verdict = token_check(daemon, scope, token, (const struct secret *const *)keys,
		keys[1] ? 2 : 1, err);
	secret_free(keys[0]);
	secret_free(keys[1]);
	return verdict;
}

/* ---- Single use ---- */

void token_use_prepare(struct daemon *daemon, const struct token *token,
	struct token_use *ret_use)
{
	double expires = json_number_value(json_object_get(token_claims(token), "exp"));
	cleanup_free char *copy = NULL;
	const char *text;
	size_t size;

	*ret_use = (struct token_use){0};
	if (!(token->registered->flags & MORTISE_TOKEN_SINGLE_USE))
		return;
	/* Without the signature, in case that there are two for one text. */
	text = jwt_signed_text(token->jwt, &size);
	copy = xstrndup(text, size);
	vault_token_hash(daemon->vault, copy, ret_use->hash);
	ret_use->expires_at_us = ((int64_t)expires + 1) * 1000000;
}

struct find {
	const char *hash;
	bool used;
};

static int find_in(struct tx *tx, void *arg, struct err *err)
{
	struct find *find = arg;

	return used_token_find(tx, find->hash, &find->used, err);
}

int token_is_used(struct daemon *daemon, const struct token_use *use, bool *ret_used,
	struct err *err)
{
	struct find find = {.hash = use->hash};
	int result = *use->hash ? store_read(daemon->store, find_in, &find, err) : 0;

	if (result == 0)
		*ret_used = find.used;
	return result;
}

int token_use_up(struct tx *tx, const struct token_use *use, struct err *err)
{
	bool fresh = true;
	int result = 0;

	if (*use->hash)
		result = used_token_insert(tx, use->hash, use->expires_at_us, &fresh, err);
	if (result == 0 && !fresh)
		return err_set(err, MORTISE_E_CONFLICT, "the token was used before");
	return result;
}
