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
	int result = slot_read(exchange->upstreams->daemon, exchange->scope, slot, ret_secret, &why);

	if (result == MORTISE_E_NOT_FOUND || result == MORTISE_E_UNSUPPORTED)
		return err_set(err, MORTISE_E_IDENTITY, "the credentials \"%s\" cannot be had: %s",
			exchange->credential->name, err_text(&why));
	return result < 0 ? err_move(err, &why) : 0;
}

static int make_jwt(struct exchange *exchange, char **ret_token, struct err *err)
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
	result = jwt_sign(JWT_RS256, key, claims, ret_token, err);
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
		return make_jwt(exchange, ret_token, err);
	case MORTISE_CREDENTIAL_MINTED:
		*ret_minted = true;
		return mint_token(exchange, rejected, ret_token, err);
	default:
		return err_set(err, MORTISE_E_INTERNAL, "credentials of kind %d are not known here",
			exchange->credential->kind);
	}
}

int credential_make(struct exchange *exchange, const char *rejected,
	struct credential_use *ret_use, struct err *err)
{
	const struct mortise_credential *credential = exchange->credential;
	const char *prefix = credential->prefix ? credential->prefix : "Bearer ";
	char *token;
	bool minted;
	int result = make_token(exchange, rejected, &token, &minted, err);

	if (result < 0)
		return result;
	*ret_use = (struct credential_use){
		.header = xstrdup(credential->header ? credential->header : "Authorization"),
		.value = xasprintf("%s%s", prefix, token),
		.token = minted ? xstrdup(token) : NULL,
	};
	ret_use->secret = ret_use->value + strlen(prefix);
	wipe(token);
	return 0;
}
