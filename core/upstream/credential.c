/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Credentials are data: from a registration to one secret header.  Plugins never see
 * what stands in it.
 */
#include "config.h"
#include "core/upstream/exchange.h"

#include <string.h>

#include <sodium.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/crypto/jwt.h"
#include "core/crypto/oauth1.h"
#include "core/crypto/qsh.h"
#include "core/daemon/daemon.h"
#include "core/provider/provider.h"
#include "core/vault/slot.h"

#define LIFE_DEFAULT_MS 540000

static void wipe(char *text)
{
	if (text)
		sodium_memzero(text, strlen(text));
	free(text);
}

void credential_use_clear(struct credential_use *use)
{
	free(use->header);
	wipe(use->value);
	wipe(use->token);
	*use = (struct credential_use){0};
}

/* A secret that is not there means that we cannot prove who we are. */
static int read_slot(struct exchange *exchange, const char *slot, struct secret **ret_secret,
	struct err *err)
{
	cleanup_err struct err why = {0};
	cleanup_secret struct secret *secret = NULL;
	int result = slot_read(exchange->upstreams->daemon, exchange->scope, slot, &secret, &why);

	if (result == 0 && secret->size == 0)
		result = err_set(&why, MORTISE_E_NOT_FOUND, "%s is empty", slot);
	if (result == MORTISE_E_NOT_FOUND || result == MORTISE_E_UNSUPPORTED)
		return err_set(err, MORTISE_E_IDENTITY, "the credentials \"%s\" cannot be had: %s",
			exchange->credential->name, err_text(&why));
	if (result < 0)
		return err_move(err, &why);
	*ret_secret = steal(&secret);
	return 0;
}

/* With 'qsh', if it is not NULL, as one more claim. */
static int make_jwt(struct exchange *exchange, enum jwt_algorithm algorithm, const char *qsh,
	char **ret_token, struct err *err)
{
	const struct mortise_credential *credential = exchange->credential;
	cleanup_secret struct secret *key = NULL;
	cleanup_free char *issuer = NULL;
	cleanup_json json_t *claims = NULL;
	int64_t now_ms = clock_now_us() / 1000;
	int64_t life_ms = credential->life_ms ? credential->life_ms : LIFE_DEFAULT_MS;
	int result = upstream_value(exchange->upstreams->daemon, exchange->scope,
		credential->issuer, &issuer, err);

	if (result == 0)
		result = read_slot(exchange, credential->slot, &key, err);
	if (result < 0)
		return result;
	claims = json_pack("{s:I, s:I, s:s}", "iat",
		(json_int_t)((now_ms - credential->backdate_ms) / 1000), "exp",
		(json_int_t)((now_ms + life_ms) / 1000), "iss", issuer);
	if (qsh)
		json_object_set_new(claims, "qsh", json_string(qsh));
	result = jwt_sign(algorithm, key, claims, ret_token, err);
	if (result < 0)
		err_prefix(err, "%s: ", credential->slot);
	return result;
}

static int make_token(struct exchange *exchange, const char *rejected, char **ret_token,
	bool *ret_minted, struct err *err)
{
	cleanup_secret struct secret *secret = NULL;
	int result;

	*ret_minted = false;
	switch (exchange->credential->kind) {
	case MORTISE_CREDENTIAL_HEADER:
		result = read_slot(exchange, exchange->credential->slot, &secret, err);
		if (result == 0)
			*ret_token = xstrdup((const char *)secret->data);
		return result;
	case MORTISE_CREDENTIAL_APP_JWT:
		return make_jwt(exchange, JWT_RS256, NULL, ret_token, err);
	case MORTISE_CREDENTIAL_MINTED:
		*ret_minted = true;
		return mint_token(exchange, rejected, ret_token, err);
	default:
		return err_set(err, MORTISE_E_INTERNAL, "credentials of kind %d are not known here",
			exchange->credential->kind);
	}
}

/* Takes 'value', which is 'prefix' and the secret, and 'token'. */
static struct credential_use use_take(const struct mortise_credential *credential, char *value,
	const char *prefix, char *token)
{
	return (struct credential_use){
		.header = xstrdup(credential->header ? credential->header : "Authorization"),
		.value = value,
		.secret = value + strlen(prefix),
		.token = token,
	};
}

static const char *prefix_of(const struct mortise_credential *credential)
{
	return credential->prefix ? credential->prefix : "Bearer ";
}

int credential_make(struct exchange *exchange, const char *rejected,
	struct credential_use *ret_use, struct err *err)
{
	const char *prefix = prefix_of(exchange->credential);
	char *token;
	bool minted;
	int result = make_token(exchange, rejected, &token, &minted, err);

	if (result < 0)
		return result;
	*ret_use = use_take(exchange->credential, xasprintf("%s%s", prefix, token), prefix,
		minted ? xstrdup(token) : NULL);
	wipe(token);
	return 0;
}

/* ---- Signed for each sending ---- */

bool credential_is_signed(const struct mortise_credential *credential)
{
	return credential->kind == MORTISE_CREDENTIAL_JWT ||
		credential->kind == MORTISE_CREDENTIAL_OAUTH1;
}

/* What is left of 'path' behind the base's own, of which the upstream knows nothing. */
static const char *path_below(const char *path, const char *base_path)
{
	size_t len = strlen(base_path);

	return strncmp(path, base_path, len) == 0 && (path[len] == '/' || path[len] == '\0')
		? path + len : path;
}

static int sign_jwt(struct exchange *exchange, const char *method,
	const struct origin_target *target, struct credential_use *ret_use, struct err *err)
{
	const char *prefix = prefix_of(exchange->credential);
	char qsh[QSH_SIZE];
	char *token;
	int result = qsh_hash(method, path_below(target->path, exchange->base_path), target->query,
		qsh, err);

	if (result == 0)
		result = make_jwt(exchange, JWT_HS256, qsh, &token, err);
	if (result < 0)
		return result;
	*ret_use = use_take(exchange->credential, xasprintf("%s%s", prefix, token), prefix, NULL);
	wipe(token);
	return 0;
}

static int sign_oauth1(struct exchange *exchange, const char *method,
	const struct origin_target *target, struct credential_use *ret_use, struct err *err)
{
	const struct mortise_credential *credential = exchange->credential;
	struct oauth1 oauth1 = {.method = method, .resource = target->resource,
		.query = target->query};
	cleanup_secret struct secret *key = NULL;
	cleanup_secret struct secret *token = NULL;
	cleanup_free char *consumer_key = NULL;
	char *value;
	int result = upstream_value(exchange->upstreams->daemon, exchange->scope,
		credential->consumer_key, &consumer_key, err);

	if (result == 0)
		result = read_slot(exchange, credential->slot, &key, err);
	if (result == 0 && credential->token_slot)
		result = read_slot(exchange, credential->token_slot, &token, err);
	if (result < 0)
		return result;
	oauth1.consumer_key = consumer_key;
	oauth1.token = token ? (const char *)token->data : NULL;
	oauth1_stamp(&oauth1);
	result = oauth1_header(&oauth1, key, &value, err);
	if (result == MORTISE_E_SETTINGS)
		err_prefix(err, "%s: ", credential->slot);
	if (result < 0)
		return result;
	*ret_use = use_take(credential, value, "OAuth ", xstrdup(oauth1.token));
	return 0;
}

int credential_sign(struct exchange *exchange, const char *method, const char *url,
	struct credential_use *ret_use, struct err *err)
{
	cleanup_err struct err why = {0};
	struct origin_target target;
	int result = origin_target_parse(url, &target, &why);

	if (result == 0) {
		result = exchange->credential->kind == MORTISE_CREDENTIAL_JWT
			? sign_jwt(exchange, method, &target, ret_use, &why)
			: sign_oauth1(exchange, method, &target, ret_use, &why);
		origin_target_clear(&target);
	}
	/* What we make is well-formed: this one came in an answer. */
	if (result == MORTISE_E_FIELD)
		return err_set(err, MORTISE_E_UPSTREAM, "the upstream \"%s\" gave a URL that cannot be "
			"signed: %s", exchange->upstream->name, err_text(&why));
	return result < 0 ? err_move(err, &why) : 0;
}
