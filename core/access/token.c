/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/access/token.h"

#include <string.h>

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/storage/api_token.h"
#include "core/storage/audit.h"
#include "core/vault/vault.h"

#define LAST_CHARACTERS 4

void token_prepare(struct daemon *daemon, struct token_new *token)
{
	access_secret_make(ACCESS_PREFIX_TOKEN, token->secret);
	vault_token_hash(daemon->vault, token->secret, token->hash);
}

void token_forget(struct token_new *token)
{
	sodium_memzero(token->secret, sizeof(token->secret));
}

struct act {
	int64_t id, organization_id;
	const char *name;
	const char *origin;
	int64_t now_us;
};

static int note_audit(struct tx *tx, const struct act *act, const char *event, struct err *err)
{
	cleanup_json json_t *data = json_pack("{s:s}", "name", act->name);

	return audit_insert(tx, &(struct audit_new){.organization_id = act->organization_id,
		.origin = act->origin, .event = event, .kind = "token", .id = act->id, .data = data,
		.now_us = act->now_us}, err);
}

static int check_room(struct tx *tx, const struct token_new *token, struct err *err)
{
	struct api_token *list;
	size_t len;

	if (api_token_list_standing(tx, token->organization_id, token->account_id,
		    &KEYSET_FIRST(TOKENS_MAX), &list, &len, err) < 0)
		return err->code;
	api_token_list_free(list, len);
	return len < TOKENS_MAX ? 0 : err_set(err, MORTISE_E_CONFLICT,
		"there are %d tokens already; revoke those that are not used", TOKENS_MAX);
}

int token_insert(struct tx *tx, const struct token_new *token, int64_t *ret_id, struct err *err)
{
	const struct api_token_new row = {
		.hash = token->hash,
		.organization_id = token->organization_id,
		.account_id = token->account_id,
		.name = token->name,
		.last_characters = token->secret + strlen(token->secret) - LAST_CHARACTERS,
		.scopes = token->scopes,
		.now_us = token->now_us,
		.expires_at_us = token->expires_at_us,
	};

	if (check_room(tx, token, err) < 0 || api_token_insert(tx, &row, ret_id, err) < 0)
		return err->code;
	return note_audit(tx, &(struct act){*ret_id, token->organization_id, token->name,
		token->origin, token->now_us}, token->account_id ? "api-token.create"
		: "org-auth-token.create", err);
}

int token_rename(struct tx *tx, const struct api_token *token, const char *name,
	const char *origin, int64_t now_us, struct err *err)
{
	if (api_token_rename(tx, token->id, name, err) < 0)
		return err->code;
	return note_audit(tx, &(struct act){token->id, token->organization_id, name, origin,
		now_us}, token->account_id ? "api-token.edit" : "org-auth-token.edit", err);
}

int token_revoke(struct tx *tx, const struct api_token *token, const char *origin,
	int64_t now_us, struct err *err)
{
	int result = api_token_revoke(tx, token->id, now_us, err);

	if (result == 0)
		return err_set(err, MORTISE_E_CONFLICT, "token %lld was revoked before",
			(long long)token->id);
	if (result < 0)
		return result;
	return note_audit(tx, &(struct act){token->id, token->organization_id, token->name,
		origin, now_us}, token->account_id ? "api-token.remove" : "org-auth-token.remove",
		err);
}
