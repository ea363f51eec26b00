/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What proves a request: a signature over its body, or a token that came with it.  Intake
 * workers; a token whose key must be fetched is verified on a request worker.
 */
#include "config.h"

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/provider/provider.h"
#include "core/webhook/scheme.h"
#include "core/webhook/webhook_private.h"

static enum webhook_condition meaning_of(enum token_verdict verdict)
{
	static const enum webhook_condition meanings[] = {
		[TOKEN_GOOD] = WEBHOOK_GO_ON,
		[TOKEN_ABSENT] = WEBHOOK_NO_SIGNATURE,
		[TOKEN_BAD_FORM] = WEBHOOK_BAD_TOKEN,
		[TOKEN_NO_KID] = WEBHOOK_NO_KID,
		[TOKEN_UNKNOWN_KEY] = WEBHOOK_UNKNOWN_KEY,
		[TOKEN_BAD_SIGNATURE] = WEBHOOK_BAD_SIGNATURE,
		[TOKEN_EXPIRED] = WEBHOOK_EXPIRED,
		[TOKEN_BAD_QSH] = WEBHOOK_BAD_QSH,
		[TOKEN_UNAVAILABLE] = WEBHOOK_OVERLOADED,
	};

	return meanings[verdict];
}

static bool is_jwt(const struct intake *intake)
{
	return intake->plan->reg->webhook.scheme == MORTISE_SCHEME_JWT;
}

/* ---- Finding the token ---- */

static bool parameter_of(const void *arg, size_t index, const char **ret_name,
	const char **ret_value)
{
	const struct intake *intake = arg;

	return http_query_at(intake->request, index, ret_name, ret_value);
}

static const char *segment_of(const void *arg, const char *name)
{
	const struct intake *intake = arg;

	return webhook_path_value(&intake->path, name);
}

enum webhook_condition intake_find_token(struct intake *intake)
{
	const struct reg_webhook *reg = intake->plan->reg;
	const struct token_request request = {
		.method = http_method(intake->request),
		.path = http_path(intake->request),
		.query = http_query_raw(intake->request),
		.authorization = http_header(intake->request, "Authorization"),
		.parameter = parameter_of,
		.segment = segment_of,
		.arg = intake,
	};
	enum token_verdict verdict;

	if (!is_jwt(intake))
		return WEBHOOK_GO_ON;
	verdict = token_find(reg->tokens, reg->token_len, &request, &intake->token,
		&intake->why);
	if (verdict == TOKEN_GOOD)
		intake->slot = token_index(intake->token);
	return meaning_of(verdict);
}

bool intake_has_slot(const struct intake *intake, const char *prefix)
{
	return webhook_is_slot(intake->plan->slots[intake->slot], prefix);
}

/* ---- Verifying ---- */

static struct call_scope scope_of(const struct intake *intake, int64_t integration_id)
{
	return (struct call_scope){
		.kind = integration_id ? MORTISE_SCOPE_INTEGRATION : MORTISE_SCOPE_PROVIDER,
		.provider = intake->set->provider,
		.external_id = intake->external_id,
		.integration_id = integration_id,
	};
}

static enum webhook_condition verify_token(struct intake *intake,
	const struct subject_keys *keys, int64_t integration_id)
{
	const struct call_scope scope = scope_of(intake, integration_id);
	const struct secret *secrets[SUBJECT_KEYS_MAX];
	cleanup_err struct err why = {0};
	size_t len = keys ? keys->len : 0;
	enum token_verdict verdict;

	for (size_t i = 0; i < len; i++)
		secrets[i] = scheme_key_secret(keys->keys[i]);
	verdict = token_check(intake->webhooks->daemon, &scope, intake->token, secrets, len, &why);
	/* Of several keys, one that was right says what else is wrong. */
	if (verdict != TOKEN_GOOD && (verdict != TOKEN_BAD_SIGNATURE || intake->why.code == 0))
		err_move(&intake->why, &why);
	return meaning_of(verdict);
}

static enum webhook_condition verify_signature(const struct intake *intake,
	const struct subject_keys *keys)
{
	static const enum webhook_condition conditions[] = {
		[SCHEME_VERIFIED] = WEBHOOK_GO_ON,
		[SCHEME_NO_SIGNATURE] = WEBHOOK_NO_SIGNATURE,
		[SCHEME_BAD_TOKEN] = WEBHOOK_BAD_TOKEN,
		[SCHEME_BAD_SIGNATURE] = WEBHOOK_BAD_SIGNATURE,
	};
	struct scheme_request request = {
		.header = intake_header,
		.arg = intake,
		.body = intake->data ? intake->data : "",
		.size = intake->size,
	};

	return conditions[scheme_verify(intake->plan->reg, &request, keys ? keys->keys : NULL,
		keys ? keys->len : 0)];
}

enum webhook_condition intake_verify(struct intake *intake,
	const struct subject_keys all[TOKEN_REGISTERED_MAX], int64_t integration_id)
{
	const struct subject_keys *keys = all ? &all[intake->slot] : NULL;

	return is_jwt(intake) ? verify_token(intake, keys, integration_id) :
		verify_signature(intake, keys);
}

bool intake_fetches_key(const struct intake *intake)
{
	return intake->token && token_is_fetched(intake->token);
}

enum webhook_condition intake_verify_fetched(struct intake *intake)
{
	const struct call_scope scope = scope_of(intake, 0);

	return meaning_of(token_verify(intake->webhooks->daemon, &scope, intake->token,
		&intake->why));
}

/* ---- Single use ---- */

enum webhook_condition intake_check_use(struct intake *intake)
{
	cleanup_err struct err err = {0};
	bool used = false;

	if (!intake->token)
		return WEBHOOK_GO_ON;
	token_use_prepare(intake->webhooks->daemon, intake->token, &intake->use);
	if (token_is_used(intake->webhooks->daemon, &intake->use, &used, &err) < 0) {
		log_limited(MORTISE_LOG_ERROR, "webhook.lookup_failed",
			LOG_TEXT("reason", err_text(&err)));
		return WEBHOOK_OVERLOADED;
	}
	return used ? WEBHOOK_REPLAYED : WEBHOOK_GO_ON;
}
