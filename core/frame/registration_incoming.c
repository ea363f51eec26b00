/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What comes in from an upstream: webhooks and embedded pages, the signatures and tokens
 * that prove them.  Any thread.
 */
#include "config.h"
#include "core/frame/registration_references_private.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"

#define TOKENS_MAX 2

/* ---- Tokens ---- */

/* A webhook or page, and what its tokens may be. */
struct owner {
	const json_t *provider, *item;
	const char *kind, *name;
	const char *const *slot_places;
	bool is_page;
};

static int refuse(const struct owner *owner, const char *words, struct err *err)
{
	return err_set(err, MORTISE_E_FIELD, "%s \"%s\": %s", owner->kind, owner->name, words);
}

static bool has_flag(const json_t *token, uint64_t flag)
{
	return ((uint64_t)reg_number_in(token, "flags") & flag) != 0;
}

/* The address of a public key: {kid}, and settings that are not secret. */
static int check_key_url(const struct owner *owner, const json_t *token, const char *url,
	struct err *err)
{
	if (reg_number_in(token, "algorithm") != MORTISE_ALGORITHM_RS256 ||
		!has_flag(token, MORTISE_TOKEN_KID) || !strstr(url, "{kid}"))
		return refuse(owner, "a token whose key has an URL needs {kid} in it, MORTISE_TOKEN_KID "
			"and RS256: a public key is no shared secret", err);
	for (const char *at = strchr(url, '{'); at; at = strchr(at + 1, '{')) {
		cleanup_free char *name = xstrndup(at + 1, strcspn(at + 1, "}"));
		cleanup_json json_t *value = json_pack("{s:s}", "key", name);
		int ret = 0;

		if (strncmp(name, "setting:", 8) == 0)
			ret = reg_check_value(owner->provider, value, owner->kind, owner->name, "key", err);
		else if (strcmp(name, "kid") != 0)
			ret = refuse(owner, "the URL of a token's key has only {kid} and {setting:NAME}",
				err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int check_token(const struct owner *owner, const json_t *token, struct err *err)
{
	const char *key = reg_text_in(token, "key");
	const char *path = reg_text_in(owner->item, "path");
	cleanup_free char *segment = xasprintf("{%s}", reg_text_in(token, "name"));

	if (reg_number_in(token, "where") == MORTISE_TOKEN_PATH && !strstr(path, segment))
		return err_set(err, MORTISE_E_FIELD,
			"%s \"%s\": its token stands in the path, but the path has no segment %s: add it",
			owner->kind, owner->name, segment);
	if (owner->is_page && reg_number_in(token, "where") == MORTISE_TOKEN_HEADER)
		return refuse(owner, "a frame sends no header of its own: its token stands in the query "
			"or in the path", err);
	if (owner->is_page && has_flag(token, MORTISE_TOKEN_SINGLE_USE))
		return refuse(owner, "a page is asked for, then for its data, with one token: leave "
			"MORTISE_TOKEN_SINGLE_USE out", err);
	if (has_flag(token, MORTISE_TOKEN_SINGLE_USE) && !has_flag(token, MORTISE_TOKEN_EXPIRES))
		return refuse(owner, "a token of a single use is remembered until it expires: add "
			"MORTISE_TOKEN_EXPIRES", err);
	if (strncmp(key, "url:", 4) == 0)
		return check_key_url(owner, token, key + 4, err);
	return reg_check_slot(owner->provider, token, owner->kind, owner->name, "key",
		owner->slot_places, err);
}

static int check_tokens(const struct owner *owner, struct err *err)
{
	const json_t *tokens = json_object_get(owner->item, "tokens");
	const json_t *first = json_array_get(tokens, 0), *second = json_array_get(tokens, 1);
	json_t *token;
	size_t i;
	int ret = 0;

	if (!first || json_array_size(tokens) > TOKENS_MAX)
		return refuse(owner, "it takes one or two tokens: register them", err);
	if (second && has_flag(first, MORTISE_TOKEN_KID) == has_flag(second, MORTISE_TOKEN_KID))
		return refuse(owner, "its two tokens cannot be told apart: give one of them "
			"MORTISE_TOKEN_KID", err);
	json_array_foreach(tokens, i, token) {
		if (ret == 0)
			ret = check_token(owner, token, err);
		if (ret == 0)
			ret = reg_check_value(owner->provider, token, owner->kind, owner->name,
				"audience", err);
	}
	return ret;
}

/* ---- Webhooks ---- */

/* What a setting may say of a webhook: where its parts stand. */
static int check_webhook_values(const json_t *provider, const json_t *item, const char *name,
	struct err *err)
{
	static const char *const members[] = {"event", "delivery_id", "subject", "bind_left",
		"bind_right", "object"};
	json_t *signature;
	size_t index;
	int ret = 0;

	for (size_t i = 0; i < lengthof(members) && ret == 0; i++)
		ret = reg_check_value(provider, item, "webhook", name, members[i], err);
	json_array_foreach(json_object_get(item, "signatures"), index, signature) {
		if (ret == 0)
			ret = reg_check_value(provider, signature, "signature of webhook", name, "header", err);
		if (ret == 0)
			ret = reg_check_value(provider, signature, "signature of webhook", name, "prefix", err);
	}
	return ret;
}

/* An HMAC needs to know of which digest it is. */
static int check_algorithms(const json_t *webhook, const char *name, struct err *err)
{
	json_t *signature;
	size_t i;

	json_array_foreach(json_object_get(webhook, "signatures"), i, signature)
		if (!json_object_get(signature, "algorithm"))
			return err_set(err, MORTISE_E_FIELD,
				"webhook \"%s\": signature \"%s\": algorithm is required for an HMAC: set it",
				name, reg_text_in(signature, "header"));
	return 0;
}

/* What proves a request under each scheme. */
static int check_scheme(const struct owner *owner, struct err *err)
{
	static const char *const slot_places[] = {"integration:", "install:", "state:", NULL};
	const json_t *item = owner->item;
	int64_t scheme = reg_number_in(item, "scheme");
	bool has_signatures = json_array_size(json_object_get(item, "signatures")) > 0;
	bool has_key = json_object_get(item, "key") != NULL;
	int ret;

	if (scheme == MORTISE_SCHEME_JWT)
		return has_signatures || has_key ? refuse(owner, "scheme jwt has tokens, each with its "
			"key: leave key and signatures out", err) : check_tokens(owner, err);
	if (json_array_size(json_object_get(item, "tokens")) > 0)
		return refuse(owner, "tokens are of the scheme jwt: set MORTISE_SCHEME_JWT", err);
	if (scheme != MORTISE_SCHEME_NONE && (!has_key || !has_signatures))
		return refuse(owner, "its scheme needs a key and at least one signature header", err);
	ret = reg_check_slot(owner->provider, item, "webhook", owner->name, "key", slot_places, err);
	if (ret == 0 && scheme == MORTISE_SCHEME_HMAC)
		ret = check_algorithms(item, owner->name, err);
	return ret;
}

int reg_check_webhook(const json_t *provider, const json_t *item, struct err *err)
{
	static const char *const token_slots[] = {"integration:", "install:", NULL};
	const char *name = reg_text_in(item, "name");
	const struct owner owner = {.provider = provider, .item = item, .kind = "webhook",
		.name = name ? name : reg_text_in(item, "path"), .slot_places = token_slots};
	int ret;

	if (!json_object_get(item, "bind_left") != !json_object_get(item, "bind_right"))
		return refuse(&owner, "bind_left and bind_right go together: set both or none", err);
	ret = check_scheme(&owner, err);
	if (ret == 0)
		ret = check_webhook_values(provider, item, owner.name, err);
	if (ret == 0)
		ret = reg_check_unique(json_object_get(item, "events"), "event", "name", err);
	if (ret == 0)
		ret = reg_check_unique(json_object_get(item, "replies"), "reply", "condition", err);
	return ret;
}

/* ---- Pages ---- */

/* It stands in a header that lists sources, so it has nothing that could end an item. */
static bool is_script_url(const char *text)
{
	size_t skip = strncmp(text, "https://", 8) == 0 ? 8 : 7;

	return (skip == 8 || strncmp(text, "http://", 7) == 0) && text[skip] && text[skip] != '/' &&
		!text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789-._~:/%")];
}

/* Pages and webhooks stand below the same prefix, so no two have one path. */
static const char *find_path(const json_t *list, const json_t *except, const char *path)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (item != except && strcmp(reg_text_in(item, "path"), path) == 0)
			return path;
	return NULL;
}

int reg_check_page(const json_t *provider, const json_t *item, struct err *err)
{
	static const char *const token_slots[] = {"integration:", NULL};
	const struct owner owner = {.provider = provider, .item = item, .kind = "page",
		.name = reg_text_in(item, "name"), .slot_places = token_slots, .is_page = true};
	const char *path = reg_text_in(item, "path");
	const char *script = reg_text_in(item, "script");
	int ret;

	if (find_path(json_object_get(provider, "webhooks"), NULL, path) ||
		find_path(json_object_get(provider, "pages"), item, path))
		return refuse(&owner, "a webhook or page has this path already: choose another", err);
	if (*reg_text_in(item, "frame") != '/')
		return refuse(&owner, "frame must be a pointer into the metadata: begin it with a slash",
			err);
	if (script && *script && !is_script_url(script))
		return refuse(&owner, "script must be an http or https URL without query", err);
	ret = reg_check_value(provider, item, "page", owner.name, "subject", err);
	return ret < 0 ? ret : check_tokens(&owner, err);
}
