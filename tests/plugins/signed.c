/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A plugin of the tests whose upstream signs tokens, in each way that can be registered: a
 * public key by its id, the integration's own secret, in a header, the query and the path.
 */
#include <mortise/plugin.h>

#include <string.h>

#define KEY "signed"
#define TRY(expression)                      \
	do {                                 \
		int32_t ret_ = (expression); \
		if (ret_ != MORTISE_OK)      \
			return ret_;         \
	} while (0)
#define EACH(i, array) for (size_t i = 0; i < sizeof(array) / sizeof((array)[0]); i++)

static const struct mortise_host *host;

static const char *text_in(const json_t *input, const char *outer, const char *name)
{
	return json_string_value(json_object_get(json_object_get(input, outer), name));
}

static int32_t give(struct mortise_call *call, const char *type, json_t *record_take)
{
	int32_t ret = host->effect(call, type, record_take);

	json_decref(record_take);
	return ret;
}

static int32_t build(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	(void)call;
	*ret_output = json_pack("{s:s, s:s, s:s, s:{s:s}, s:{s:s}}",
		"external_id", text_in(input, "state", "account"),
		"name", text_in(input, "state", "account"),
		"ownership", text_in(input, "state", "ownership"),
		"metadata", "base_url", "https://tenant.test",
		"secrets", "shared_secret", "shared_secret");
	return MORTISE_OK;
}

static int32_t describe(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	(void)call;
	(void)input;
	*ret_output = json_pack("{s:{s:s}}", "body", "key", KEY);
	return MORTISE_OK;
}

/* A body that says "fail" is one that cannot be handled now. */
static int32_t installed(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const char *secret = text_in(input, "body", "sharedSecret");

	(void)ret_output;
	if (json_object_get(json_object_get(input, "body"), "fail"))
		return host->fail(call, MORTISE_E_RETRY, "not now");
	return give(call, MORTISE_EFFECT_INTEGRATION_PUT, json_pack("{s:s, s:{s:s}, s:{s:s}}",
		"name", secret, "metadata", "base_url", "https://tenant.test",
		"secrets", "shared_secret", secret));
}

static int32_t uninstalled(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	(void)input;
	(void)ret_output;
	return give(call, MORTISE_EFFECT_INTEGRATION_STATUS, json_pack("{s:s, s:s}", "status",
		"disabled", "reason", "uninstalled"));
}

static int32_t handle(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const char *outcome = text_in(input, "body", "outcome");

	(void)call;
	*ret_output = json_pack("{s:s}", "outcome", outcome ? outcome : "handled");
	return MORTISE_OK;
}

static const struct mortise_provider provider = {.size = sizeof(provider), .key = KEY,
	.name = "Signed", .flags = MORTISE_PROVIDER_VISIBLE | MORTISE_PROVIDER_CAN_ADD,
	.build = build};
static const struct mortise_setting setting = {.size = sizeof(setting),
	.type = MORTISE_TYPE_URL, .name = "keys_url"};
static const struct mortise_step step = {.size = sizeof(step), .kind = MORTISE_STEP_FORM,
	.name = "tenant"};
static const struct mortise_field fields[] = {
	{.size = sizeof(struct mortise_field), .type = MORTISE_TYPE_TEXT, .name = "account",
		.label = "Account", .flags = MORTISE_FIELD_REQUIRED},
	{.size = sizeof(struct mortise_field), .type = MORTISE_TYPE_SELECT, .name = "ownership",
		.label = "Ownership", .default_value = "claimed",
		.choices = "[[\"claimed\",\"Claimed\"],[\"proved\",\"Proved\"]]"},
	{.size = sizeof(struct mortise_field), .type = MORTISE_TYPE_TEXT, .name = "shared_secret",
		.label = "Secret", .flags = MORTISE_FIELD_REQUIRED | MORTISE_FIELD_SECRET},
};

static const struct mortise_webhook webhooks[] = {
	{.size = sizeof(struct mortise_webhook), .name = "descriptor", .path = "descriptor/",
		.methods = "GET", .mode = MORTISE_WEBHOOK_INLINE, .scope = MORTISE_SCOPE_PROVIDER,
		.scheme = MORTISE_SCHEME_NONE, .handler = describe},
	{.size = sizeof(struct mortise_webhook), .name = "installed", .path = "installed/",
		.mode = MORTISE_WEBHOOK_INLINE, .scope = MORTISE_SCOPE_SUBJECT,
		.scheme = MORTISE_SCHEME_JWT, .subject = "claim:iss", .bind_left = "claim:iss",
		.bind_right = "json:/clientKey", .handler = installed},
	{.size = sizeof(struct mortise_webhook), .name = "uninstalled", .path = "uninstalled/",
		.mode = MORTISE_WEBHOOK_INLINE, .scope = MORTISE_SCOPE_SUBJECT,
		.scheme = MORTISE_SCHEME_JWT, .subject = "claim:iss", .handler = uninstalled},
	{.size = sizeof(struct mortise_webhook), .name = "updated", .path = "updated/",
		.mode = MORTISE_WEBHOOK_STORED, .scope = MORTISE_SCOPE_INTEGRATION,
		.scheme = MORTISE_SCHEME_JWT, .subject = "claim:iss",
		.delivery_id = "header:X-Delivery", .object = "json:/issue", .handler = handle},
	{.size = sizeof(struct mortise_webhook), .name = "once", .path = "once/",
		.mode = MORTISE_WEBHOOK_STORED, .scope = MORTISE_SCOPE_INTEGRATION,
		.scheme = MORTISE_SCHEME_JWT, .subject = "claim:iss", .handler = handle},
	{.size = sizeof(struct mortise_webhook), .name = "framed", .path = "framed/{place}/",
		.methods = "GET", .mode = MORTISE_WEBHOOK_INLINE, .scope = MORTISE_SCOPE_INTEGRATION,
		.scheme = MORTISE_SCHEME_JWT, .subject = "claim:iss", .handler = handle},
	{.size = sizeof(struct mortise_webhook), .name = "address", .path = "address/{token}/",
		.mode = MORTISE_WEBHOOK_STORED, .scope = MORTISE_SCOPE_INTEGRATION,
		.scheme = MORTISE_SCHEME_JWT, .subject = "claim:id", .object = "path:token",
		.handler = handle},
};

#define TIMED (MORTISE_TOKEN_EXPIRES | MORTISE_TOKEN_QSH)

static const struct {
	const char *webhook;
	struct mortise_token token;
} tokens[] = {
	{"installed", {.size = sizeof(struct mortise_token), .algorithm = MORTISE_ALGORITHM_RS256,
		.flags = TIMED | MORTISE_TOKEN_SINGLE_USE | MORTISE_TOKEN_KID, .name = "JWT",
		.key = "url:{setting:keys_url}/{kid}", .audience = "public_url:"}},
	{"uninstalled", {.size = sizeof(struct mortise_token), .algorithm = MORTISE_ALGORITHM_RS256,
		.flags = TIMED | MORTISE_TOKEN_SINGLE_USE | MORTISE_TOKEN_KID, .name = "JWT",
		.key = "url:{setting:keys_url}/{kid}", .audience = "public_url:"}},
	{"uninstalled", {.size = sizeof(struct mortise_token), .algorithm = MORTISE_ALGORITHM_HS256,
		.flags = TIMED | MORTISE_TOKEN_SINGLE_USE, .name = "JWT",
		.key = "integration:shared_secret"}},
	{"updated", {.size = sizeof(struct mortise_token), .algorithm = MORTISE_ALGORITHM_HS256,
		.flags = TIMED, .name = "JWT", .key = "integration:shared_secret"}},
	{"once", {.size = sizeof(struct mortise_token), .algorithm = MORTISE_ALGORITHM_HS256,
		.flags = TIMED | MORTISE_TOKEN_SINGLE_USE, .name = "JWT",
		.key = "integration:shared_secret"}},
	{"framed", {.size = sizeof(struct mortise_token), .algorithm = MORTISE_ALGORITHM_HS256,
		.flags = TIMED, .where = MORTISE_TOKEN_QUERY, .name = "jwt",
		.key = "integration:shared_secret"}},
	{"address", {.size = sizeof(struct mortise_token), .algorithm = MORTISE_ALGORITHM_HS256,
		.where = MORTISE_TOKEN_PATH, .name = "token", .key = "integration:shared_secret"}},
};

static const struct {
	const char *webhook;
	struct mortise_reply reply;
} replies[] = {
	{"descriptor", {.size = sizeof(struct mortise_reply), .condition = "accepted",
		.status = 200}},
	{"installed", {.size = sizeof(struct mortise_reply), .condition = "accepted", .status = 200}},
	{"installed", {.size = sizeof(struct mortise_reply), .condition = "no_signature",
		.status = 409, .body = "{}"}},
	{"installed", {.size = sizeof(struct mortise_reply), .condition = "no_kid", .status = 400,
		.body = "{\"detail\":\"Missing key id\"}"}},
	{"installed", {.size = sizeof(struct mortise_reply), .condition = "unknown_key",
		.status = 400, .body = "{\"detail\":\"Invalid key id\"}"}},
	{"installed", {.size = sizeof(struct mortise_reply), .condition = "expired", .status = 400,
		.body = "{\"detail\":\"Expired signature\"}"}},
	{"installed", {.size = sizeof(struct mortise_reply), .condition = "bad_qsh",
		.status = 409}},
	{"uninstalled", {.size = sizeof(struct mortise_reply), .condition = "accepted",
		.status = 200}},
};

static int32_t load(const struct mortise_host *table, const struct mortise_registry *registry,
	struct mortise_registrar *reg)
{
	host = table;
	TRY(registry->provider(reg, &provider));
	TRY(registry->setting(reg, KEY, &setting));
	TRY(registry->step(reg, KEY, &step));
	EACH(i, fields)
		TRY(registry->step_field(reg, KEY, step.name, &fields[i]));
	EACH(i, webhooks)
		TRY(registry->webhook(reg, KEY, &webhooks[i]));
	EACH(i, tokens)
		TRY(registry->webhook_token(reg, KEY, tokens[i].webhook, &tokens[i].token));
	EACH(i, replies)
		TRY(registry->webhook_reply(reg, KEY, replies[i].webhook, &replies[i].reply));
	return MORTISE_OK;
}

MORTISE_PLUGIN(KEY, "1.0", "Apache-2.0", load, NULL);
