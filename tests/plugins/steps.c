/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A plugin of the tests: installs that other providers do not have yet.
 *   steps           form with every kind of field → oauth1 without a callback; proved
 *   steps-callback  the same, with a callback
 *   steps-app       starts with a reference only; confirm; its life cycle events put
 *                   integrations, and give references to them
 *   steps-wait      form → external: waits for such an event; writes rows of steps-app
 */
#include <mortise/plugin.h>

#include <string.h>

#define ELSEWHERE "https://elsewhere.test"

static const struct mortise_host *host;

static const char *text_at(const json_t *object, const char *outer, const char *inner)
{
	return json_string_value(json_object_get(json_object_get(object, outer), inner));
}

/* ---- steps ---- */

/* A token over the same words with the secret in 'slot': the same secret gives the same. */
static int32_t sign_with(struct mortise_call *call, const char *slot, char **ret_token)
{
	json_t *claims = json_pack("{s:s}", "id", "steps");
	int32_t ret = host->jwt_sign(call, MORTISE_ALGORITHM_HS256, slot, claims, ret_token);

	json_decref(claims);
	return ret;
}

/* The access token works: the site says who it belongs to.  The consumer "overwrites" wants
 * another address than was typed; "elsewhere" wants it at the end. */
static int32_t check_access(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const struct mortise_http request = {.size = sizeof(request), .upstream = "setup",
		.method = "GET", .path = "/me"};
	struct mortise_answer answer = {.size = sizeof(answer)};
	const char *consumer = text_at(input, "state", "consumer_key");
	int32_t ret = host->http(call, &request, &answer);
	const char *name;

	if (ret != MORTISE_OK)
		return ret;
	name = json_string_value(json_object_get(answer.json, "name"));
	if (answer.status != 200 || !name)
		ret = host->fail(call, MORTISE_E_UPSTREAM, "The site did not say who you are.");
	else if (strcmp(consumer, "overwrites") == 0)
		*ret_output = json_pack("{s:{s:s, s:s}}", "state", "name", name, "url", ELSEWHERE);
	else
		*ret_output = json_pack("{s:{s:s}}", "state", "name", name);
	host->answer_clear(&answer);
	return ret;
}

static int32_t build_site(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const char *consumer = text_at(input, "state", "consumer_key");
	const char *url = strcmp(consumer, "elsewhere") == 0 ? ELSEWHERE :
		text_at(input, "state", "url");
	char *token = NULL;
	int32_t ret = sign_with(call, "state:hook_secret", &token);

	if (ret != MORTISE_OK)
		return ret;
	*ret_output = json_pack("{s:s, s:s, s:{s:s, s:s, s:O}, s:s, s:{s:s, s:s, s:s, s:s}}",
		"external_id", consumer,
		"name", text_at(input, "state", "name"),
		"metadata", "base_url", url, "token", token, "verify_ssl",
			json_object_get(json_object_get(input, "state"), "verify_ssl"),
		"ownership", "proved",
		"secrets", "private_key", "private_key", "access_token", "access",
			"access_token_secret", "access.secret", "hook", "hook_secret");
	free(token);
	return MORTISE_OK;
}

/* Is the secret that build used the one that is kept? */
static int32_t welcome(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	json_t *args = json_pack("{s:s}", "pointer", "/token");
	json_t *made = NULL, *record;
	char *token = NULL;
	int32_t ret = host->read(call, MORTISE_READ_METADATA, args, &made);

	(void)input;
	(void)ret_output;
	json_decref(args);
	if (ret == MORTISE_OK)
		ret = sign_with(call, "integration:hook", &token);
	if (ret == MORTISE_OK) {
		record = json_pack("{s:{s:b}}", "patch", "same_secret",
			strcmp(token, json_string_value(made)) == 0);
		ret = host->effect(call, MORTISE_EFFECT_CONFIG_PATCH, record);
		json_decref(record);
	}
	json_decref(made);
	free(token);
	return ret;
}

/* ---- steps-app ---- */

static int32_t put_account(struct mortise_call *call, const json_t *body)
{
	json_t *record = json_pack("{s:O, s:O}", "name", json_object_get(body, "name"), "metadata",
		json_object_get(body, "metadata"));
	int32_t ret = host->effect(call, MORTISE_EFFECT_INTEGRATION_PUT, record);

	json_decref(record);
	return ret;
}

static int32_t handle(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *body = json_object_get(input, "body");
	const char *event = json_string_value(json_object_get(input, "event"));
	char *reference = NULL;
	int32_t ret;

	if (strcmp(event, "put") == 0)
		return put_account(call, body);
	ret = host->reference_make(call, json_integer_value(json_object_get(body, "life_ms")),
		&reference);
	if (ret == MORTISE_OK)
		*ret_output = json_pack("{s:{s:s}}", "body", "reference", reference);
	free(reference);
	return ret;
}

static int32_t show_account(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *account = json_object_get(json_object_get(input, "state"), "signed_params");
	const char *base_url = text_at(account, "metadata", "base_url");

	(void)call;
	*ret_output = json_pack("{s:[{s:s, s:s}], s:{s:s}}", "rows", "label", "Site", "value",
		base_url, "data", "baseUrl", base_url);
	return MORTISE_OK;
}

/* An account whose metadata says "wrong" names another one than the reference. */
static int32_t build_app(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const json_t *account = json_object_get(json_object_get(input, "state"), "signed_params");
	const char *wrong = text_at(account, "metadata", "wrong");

	(void)call;
	*ret_output = json_pack("{s:s, s:O, s:s}", "external_id",
		wrong ? wrong : json_string_value(json_object_get(account, "external_id")), "name",
		json_object_get(account, "name"), "ownership", "proved");
	return MORTISE_OK;
}

static int32_t build_wait(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	(void)call;
	*ret_output = json_pack("{s:s, s:s, s:s}", "external_id",
		text_at(input, "state", "account"), "name", text_at(input, "state", "account"),
		"ownership", "proved");
	return MORTISE_OK;
}

/* ---- Registration ---- */

#define SITES 2                /* of the providers, from the first */

static const struct mortise_provider providers[] = {
	{.size = sizeof(struct mortise_provider), .key = "steps", .name = "Steps",
		.flags = MORTISE_PROVIDER_VISIBLE | MORTISE_PROVIDER_CAN_ADD, .build = build_site,
		.post_install = welcome},
	{.size = sizeof(struct mortise_provider), .key = "steps-callback", .name = "Steps Callback",
		.flags = MORTISE_PROVIDER_VISIBLE | MORTISE_PROVIDER_CAN_ADD, .build = build_site,
		.post_install = welcome},
	{.size = sizeof(struct mortise_provider), .key = "steps-app", .name = "Steps App",
		.flags = MORTISE_PROVIDER_VISIBLE, .build = build_app},
	{.size = sizeof(struct mortise_provider), .key = "steps-wait", .name = "Steps Wait",
		.row_key = "steps-app", .flags = MORTISE_PROVIDER_VISIBLE | MORTISE_PROVIDER_CAN_ADD,
		.build = build_wait},
};

static const struct mortise_field site_fields[] = {
	{.size = sizeof(struct mortise_field), .type = MORTISE_TYPE_URL, .name = "url",
		.label = "Address", .flags = MORTISE_FIELD_REQUIRED | MORTISE_FIELD_ORIGIN},
	{.size = sizeof(struct mortise_field), .type = MORTISE_TYPE_BOOLEAN, .name = "verify_ssl",
		.label = "Check certificates", .default_value = "true"},
	{.size = sizeof(struct mortise_field), .type = MORTISE_TYPE_TEXT, .name = "consumer_key",
		.label = "Consumer key", .flags = MORTISE_FIELD_REQUIRED, .max_len = 200},
	{.size = sizeof(struct mortise_field), .type = MORTISE_TYPE_PEM, .name = "private_key",
		.label = "Private key", .flags = MORTISE_FIELD_REQUIRED | MORTISE_FIELD_SECRET,
		.max_len = 8192},
	{.size = sizeof(struct mortise_field), .type = MORTISE_TYPE_TEXT, .name = "hook_secret",
		.flags = MORTISE_FIELD_RANDOM},
};

static const struct mortise_step site_form = {.size = sizeof(site_form),
	.kind = MORTISE_STEP_FORM, .name = "site"};

static const struct mortise_credential credentials[] = {
	{.size = sizeof(struct mortise_credential), .kind = MORTISE_CREDENTIAL_OAUTH1,
		.name = "setup", .consumer_key = "state:/consumer_key", .slot = "state:private_key",
		.token_slot = "state:access"},
	{.size = sizeof(struct mortise_credential), .kind = MORTISE_CREDENTIAL_OAUTH1,
		.name = "site", .consumer_key = "metadata:/consumer_key",
		.slot = "integration:private_key", .token_slot = "integration:access_token"},
};

static const struct mortise_upstream upstreams[] = {
	{.size = sizeof(struct mortise_upstream), .name = "setup", .base = "state:/url",
		.credentials = "setup", .verify = "state:/verify_ssl"},
	{.size = sizeof(struct mortise_upstream), .name = "site", .base = "metadata:/base_url",
		.credentials = "site", .verify = "metadata:/verify_ssl"},
};

static const struct mortise_setting webhook_secret = {.size = sizeof(webhook_secret),
	.type = MORTISE_TYPE_TEXT, .name = "webhook_secret", .flags = MORTISE_SETTING_SECRET};

static const struct mortise_field signed_params = {.size = sizeof(signed_params),
	.type = MORTISE_TYPE_REFERENCE, .name = "signed_params"};

static const struct mortise_step app_confirm = {.size = sizeof(app_confirm),
	.kind = MORTISE_STEP_CONFIRM, .name = "app_confirm", .show = show_account};

static const struct mortise_webhook webhook = {.size = sizeof(webhook), .path = "event/",
	.name = "event", .mode = MORTISE_WEBHOOK_INLINE, .scope = MORTISE_SCOPE_INTEGRATION,
	.scheme = MORTISE_SCHEME_HMAC, .key = "provider:webhook_secret",
	.event = "header:X-Steps-Event", .subject = "json:/account", .handler = handle};

static const struct mortise_signature signature = {.size = sizeof(signature),
	.header = "X-Steps-Signature", .algorithm = "sha256", .prefix = "sha256="};

static const struct mortise_event events[] = {
	{.size = sizeof(struct mortise_event), .name = "put",
		.flags = MORTISE_EVENT_HANDLE | MORTISE_EVENT_LIFECYCLE},
	{.size = sizeof(struct mortise_event), .name = "link", .flags = MORTISE_EVENT_HANDLE},
};

static const struct mortise_step wait_form = {.size = sizeof(wait_form),
	.kind = MORTISE_STEP_FORM, .name = "which"};

static const struct mortise_field wait_field = {.size = sizeof(wait_field),
	.type = MORTISE_TYPE_TEXT, .name = "account", .label = "Account",
	.flags = MORTISE_FIELD_REQUIRED};

static const struct mortise_step wait_external = {.size = sizeof(wait_external),
	.kind = MORTISE_STEP_EXTERNAL, .name = "installation", .subject = "state:/account",
	.life_ms = 600000, .save_as = "found"};

/* The first failure, or MORTISE_OK: the registrar keeps its text. */
#define TRY(expression)                      \
	do {                                 \
		int32_t ret_ = (expression); \
		if (ret_ != MORTISE_OK)      \
			return ret_;         \
	} while (0)
#define EACH(i, array) for (size_t i = 0; i < sizeof(array) / sizeof((array)[0]); i++)

static int32_t register_site(const struct mortise_registry *registry, struct mortise_registrar *reg,
	const char *provider, uint64_t flags)
{
	const struct mortise_step access = {.size = sizeof(access), .kind = MORTISE_STEP_OAUTH1,
		.name = "authorize", .save_as = "access", .flags = flags,
		.request_token_url = "{state:/url}/oauth/request-token",
		.authorize_url = "{state:/url}/oauth/authorize",
		.token_url = "{state:/url}/oauth/access-token",
		.client_id = "state:/consumer_key", .client_secret = "state:private_key",
		.verify = "state:/verify_ssl", .check = check_access};

	EACH(i, credentials)
		TRY(registry->credential(reg, provider, &credentials[i]));
	EACH(i, upstreams)
		TRY(registry->upstream(reg, provider, &upstreams[i]));
	TRY(registry->step(reg, provider, &site_form));
	EACH(i, site_fields)
		TRY(registry->step_field(reg, provider, site_form.name, &site_fields[i]));
	return registry->step(reg, provider, &access);
}

static int32_t register_app(const struct mortise_registry *registry, struct mortise_registrar *reg)
{
	const char *app = providers[SITES].key;

	TRY(registry->setting(reg, app, &webhook_secret));
	TRY(registry->arrival(reg, app, &signed_params));
	TRY(registry->step(reg, app, &app_confirm));
	TRY(registry->webhook(reg, app, &webhook));
	TRY(registry->webhook_signature(reg, app, webhook.name, &signature));
	EACH(i, events)
		TRY(registry->webhook_event(reg, app, webhook.name, &events[i]));
	return MORTISE_OK;
}

static int32_t load(const struct mortise_host *table, const struct mortise_registry *registry,
	struct mortise_registrar *reg)
{
	const char *wait = providers[SITES + 1].key;

	host = table;
	EACH(i, providers)
		TRY(registry->provider(reg, &providers[i]));
	TRY(register_site(registry, reg, providers[0].key, 0));
	TRY(register_site(registry, reg, providers[1].key, MORTISE_STEP_CALLBACK));
	TRY(register_app(registry, reg));
	TRY(registry->step(reg, wait, &wait_form));
	TRY(registry->step_field(reg, wait, wait_form.name, &wait_field));
	return registry->step(reg, wait, &wait_external);
}

MORTISE_PLUGIN("steps", "1.0", "Apache-2.0", load, NULL);
