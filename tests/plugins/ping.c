/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The plugin of the tests.  It registers two providers:
 *   ping        form → choice → confirm; claimed; webhooks, tasks, repositories, whose
 *               behaviour the input chooses (behave.h); a tracker (track.h)
 *   ping-oauth  oauth2 → redirect; proved
 * With another KEY it is another plugin, beside the first.
 */
#include <mortise/plugin.h>

#include <string.h>

#include "tests/plugins/behave.h"
#include "tests/plugins/track.h"

#ifndef KEY
#define KEY "ping"
#endif

static const struct mortise_host *host;

static const char *text_at(const json_t *object, const char *outer, const char *inner)
{
	return json_string_value(json_object_get(json_object_get(object, outer), inner));
}

/* ---- ping: steps ---- */

/* An account "blocked" is refused with a field error, "down" as an upstream fault. */
static int32_t check_account(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const char *account = text_at(input, "answer", "account");

	if (account && strcmp(account, "blocked") == 0)
		return host->field_error(call, "account", "This account is blocked: use another.");
	if (account && strcmp(account, "down") == 0)
		return host->fail(call, MORTISE_E_UPSTREAM, "Ping did not answer.");
	if (account && strcmp(account, "crash") == 0)
		__builtin_trap();
	*ret_output = json_pack("{s:{s:s*}}", "state", "account", account);
	return MORTISE_OK;
}

static int32_t show_colours(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const char *account = text_at(input, "state", "account");

	(void)call;
	if (account && strcmp(account, "colourless") == 0)
		*ret_output = json_pack("{s:[]}", "options");
	else
		*ret_output = json_pack("{s:[{s:s,s:s},{s:s,s:s}]}", "options", "value", "red", "label",
			"Red", "value", "blue", "label", "Blue");
	return MORTISE_OK;
}

static int32_t show_overview(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const char *account = text_at(input, "state", "account");

	(void)call;
	*ret_output = json_pack("{s:[{s:s,s:s}]}", "rows", "label", "Account", "value",
		account ? account : "");
	return MORTISE_OK;
}

static int32_t build_ping(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const char *account = text_at(input, "state", "account");

	if (!account)
		return host->fail(call, MORTISE_E_SETTINGS, "No account was given: start again.");
	if (strcmp(account, "unbuildable") == 0)
		return host->fail(call, MORTISE_E_FORBIDDEN, "This account may not be installed.");
	*ret_output = json_pack("{s:s, s:s, s:{s:s}, s:s, s:{s:s}, s:{s:s}}", "external_id", account,
		"name", account, "metadata", "domain_name", "ping.test", "ownership", "claimed",
		"secrets", "api_key", "api_key", "post_install", "account", account);
	return MORTISE_OK;
}

static int32_t post_install(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	json_t *record = json_pack("{s:{s:b}}", "patch", "welcomed", 1);
	int32_t ret = host->effect(call, MORTISE_EFFECT_CONFIG_PATCH, record);

	(void)input;
	(void)ret_output;
	json_decref(record);
	return ret;
}

/* A link whose configuration says "keep" refuses; else the log says whether it was the last. */
static int32_t uninstall(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	json_t *args = json_pack("{s:s}", "pointer", "/keep");
	json_t *value = NULL;
	int32_t ret = host->read(call, MORTISE_READ_CONFIG, args, &value);

	(void)ret_output;
	json_decref(args);
	host->log(call, MORTISE_LOG_INFO, "ping.uninstalled", input);
	if (ret == MORTISE_OK && json_is_true(value))
		ret = host->fail(call, MORTISE_E_CONFLICT, "It is still in use: release it first.");
	else if (ret == MORTISE_E_NOT_FOUND)
		ret = MORTISE_OK;
	json_decref(value);
	return ret;
}

static int32_t undo(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	(void)input;
	(void)ret_output;
	host->log(call, MORTISE_LOG_INFO, "ping.undone", NULL);
	return MORTISE_OK;
}

/* ---- ping: work ---- */

static int32_t handle(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	return behave(host, call, input, json_object_get(input, "body"), ret_output);
}

static int32_t run_task(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	return behave(host, call, input, json_object_get(input, "payload"), ret_output);
}

static int32_t list_repositories(struct mortise_call *call, const json_t *input,
	json_t **ret_output)
{
	(void)call;
	(void)input;
	*ret_output = json_pack("{s:[{s:s,s:s,s:s,s:s}], s:b}", "repositories", "external_id", "1",
		"name", "one", "identifier", "ping/one", "default_branch", "main", "searchable", 1);
	return MORTISE_OK;
}

static int32_t sync_repositories(struct mortise_call *call, const json_t *input,
	json_t **ret_output)
{
	json_t *record = json_pack("{s:s, s:s, s:s}", "external_id", "ping/synced", "name",
		"ping/synced", "mode", "enable");
	int32_t ret = host->effect(call, MORTISE_EFFECT_REPOSITORY_PUT, record);

	(void)input;
	(void)ret_output;
	json_decref(record);
	return ret;
}

/* "ping/none" is not found, "ping/down" cannot be asked; every other name is taken. */
static int32_t get_repository(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const char *identifier = json_string_value(json_object_get(input, "identifier"));

	if (!identifier || strcmp(identifier, "ping/none") == 0)
		return host->fail(call, MORTISE_E_NOT_FOUND, "Ping has no such repository.");
	if (strcmp(identifier, "ping/down") == 0)
		return host->fail(call, MORTISE_E_UPSTREAM, "Ping does not answer.");
	*ret_output = json_pack("{s:s, s:s, s:s, s:s, s:{s:s}}", "external_id", identifier, "name",
		identifier, "url", "https://ping.test/one", "branch", "main", "config", "name", identifier);
	return MORTISE_OK;
}

/* ---- ping-oauth ---- */

static int32_t check_login(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const struct mortise_http request = {.size = sizeof(request), .upstream = "api",
		.method = "GET", .path = "/me", .credentials = "user"};
	struct mortise_answer answer = {.size = sizeof(answer)};
	int32_t ret = host->http(call, &request, &answer);
	const char *login;

	(void)input;
	if (ret != MORTISE_OK)
		return ret;
	login = json_string_value(json_object_get(answer.json, "login"));
	if (answer.status != 200 || !login)
		ret = host->fail(call, MORTISE_E_UPSTREAM, "Ping did not say who you are.");
	else
		*ret_output = json_pack("{s:{s:s}}", "state", "login", login);
	host->answer_clear(&answer);
	return ret;
}

static int32_t check_visit(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const char *place = text_at(input, "answer", "place");

	if (!place)
		return host->field_error(call, "place", "Choose a place.");
	if (strcmp(place, "later") == 0)
		*ret_output = json_pack("{s:b}", "stay", 1);
	else
		*ret_output = json_pack("{s:{s:s}}", "state", "place", place);
	return MORTISE_OK;
}

static int32_t build_oauth(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	(void)call;
	*ret_output = json_pack("{s:s, s:s, s:{}, s:s}", "external_id",
		text_at(input, "state", "place"), "name", text_at(input, "state", "login"), "metadata",
		"ownership", "proved");
	return MORTISE_OK;
}

/* ---- Registration ---- */

static const struct mortise_provider providers[] = {
	{.size = sizeof(struct mortise_provider), .key = KEY, .name = "Ping",
		.flags = MORTISE_PROVIDER_VISIBLE | MORTISE_PROVIDER_CAN_ADD, .noun = "Account",
		.author = "The Mortise developers", .description = "Answers *ping*.", .max_calls = 4,
		.build = build_ping, .post_install = post_install, .uninstall = uninstall, .undo = undo},
	{.size = sizeof(struct mortise_provider), .key = KEY "-oauth", .name = "Ping OAuth",
		.flags = MORTISE_PROVIDER_VISIBLE | MORTISE_PROVIDER_CAN_ADD, .build = build_oauth},
};

static const struct mortise_setting settings[] = {
	{.size = sizeof(struct mortise_setting), .type = MORTISE_TYPE_URL, .name = "api_url",
		.default_value = "http://127.0.0.1:9"},
	{.size = sizeof(struct mortise_setting), .type = MORTISE_TYPE_URL, .name = "web_url",
		.default_value = "http://127.0.0.1:9"},
	{.size = sizeof(struct mortise_setting), .type = MORTISE_TYPE_TEXT, .name = "client_id",
		.default_value = "ping-client"},
	{.size = sizeof(struct mortise_setting), .type = MORTISE_TYPE_TEXT, .name = "client_secret",
		.flags = MORTISE_SETTING_SECRET},
	{.size = sizeof(struct mortise_setting), .type = MORTISE_TYPE_TEXT, .name = "webhook_secret",
		.flags = MORTISE_SETTING_SECRET},
};

static const struct mortise_feature features[] = {
	{.size = sizeof(struct mortise_feature), .feature = "commits",
		.flags = MORTISE_FEATURE_IN_SET | MORTISE_FEATURE_DESCRIBED,
		.description = "Commits come in."},
};

static const struct mortise_credential credentials[] = {
	{.size = sizeof(struct mortise_credential), .name = "user",
		.kind = MORTISE_CREDENTIAL_HEADER, .prefix = "Bearer ", .slot = "state:oauth_token"},
	{.size = sizeof(struct mortise_credential), .name = "key",
		.kind = MORTISE_CREDENTIAL_HEADER, .prefix = "Key ", .slot = "integration:api_key"},
};

static const struct mortise_upstream upstreams[] = {
	{.size = sizeof(struct mortise_upstream), .name = "api", .base = "setting:api_url",
		.redirects = MORTISE_REDIRECT_ALL},
};

static const struct mortise_step ping_steps[] = {
	{.size = sizeof(struct mortise_step), .kind = MORTISE_STEP_FORM, .name = "account_form",
		.check = check_account},
	{.size = sizeof(struct mortise_step), .kind = MORTISE_STEP_CHOICE, .name = "colour_selection",
		.data_key = "colours", .answer_key = "colour", .save_as = "colour", .show = show_colours,
		.extra_value = "none", .extra_label = "No colour", .flags = MORTISE_STEP_SKIP_EMPTY},
	{.size = sizeof(struct mortise_step), .kind = MORTISE_STEP_CONFIRM, .name = "overview",
		.show = show_overview},
};

static const struct mortise_field ping_fields[] = {
	{.size = sizeof(struct mortise_field), .type = MORTISE_TYPE_TEXT, .name = "account",
		.label = "Account", .flags = MORTISE_FIELD_REQUIRED, .max_len = 64},
	{.size = sizeof(struct mortise_field), .type = MORTISE_TYPE_TEXT, .name = "api_key",
		.label = "API key", .flags = MORTISE_FIELD_SECRET},
	{.size = sizeof(struct mortise_field), .type = MORTISE_TYPE_SELECT, .name = "region",
		.label = "Region", .default_value = "eu", .choices = "[[\"eu\",\"Europe\"],[\"us\",\"America\"]]"},
};

static const struct mortise_step oauth_steps[] = {
	{.size = sizeof(struct mortise_step), .kind = MORTISE_STEP_OAUTH2, .name = "oauth_login",
		.data_key = "oauthUrl", .answer_key = "code", .save_as = "oauth_token",
		.binding = MORTISE_BINDING_STATE, .flags = MORTISE_STEP_PKCE, .check = check_login,
		.authorize_url = "{setting:web_url}/authorize", .token_url = "{setting:web_url}/token",
		.client_id = "setting:client_id", .client_secret = "provider:client_secret",
		.scopes = "read write"},
	{.size = sizeof(struct mortise_step), .kind = MORTISE_STEP_REDIRECT, .name = "visit",
		.data_key = "visitUrl", .binding = MORTISE_BINDING_STATE, .check = check_visit,
		.url = "{setting:web_url}/visit?state={state}"},
};

static const struct mortise_field visit_fields[] = {
	{.size = sizeof(struct mortise_field), .type = MORTISE_TYPE_TEXT, .name = "place",
		.max_len = 64},
};

static const struct mortise_webhook webhooks[] = {
	{.size = sizeof(struct mortise_webhook), .path = "webhook/", .name = "stored",
		.mode = MORTISE_WEBHOOK_STORED, .scope = MORTISE_SCOPE_INTEGRATION,
		.scheme = MORTISE_SCHEME_HMAC, .key = "provider:webhook_secret",
		.event = "header:X-Ping-Event", .delivery_id = "header:X-Ping-Delivery",
		.subject = "json:/account", .object = "json:/object", .handler = handle,
		.keep_headers = "X-Ping-Event"},
	{.size = sizeof(struct mortise_webhook), .path = "now/", .name = "inline",
		.mode = MORTISE_WEBHOOK_INLINE, .scope = MORTISE_SCOPE_INTEGRATION,
		.scheme = MORTISE_SCHEME_HMAC, .key = "provider:webhook_secret",
		.event = "header:X-Ping-Event", .delivery_id = "header:X-Ping-Delivery",
		.subject = "json:/account", .handler = handle},
};

static const struct mortise_signature signature = {.size = sizeof(signature),
	.header = "X-Ping-Signature", .algorithm = "sha256", .prefix = "sha256="};

static const struct mortise_event events[] = {
	{.size = sizeof(struct mortise_event), .name = "told", .flags = MORTISE_EVENT_HANDLE},
	{.size = sizeof(struct mortise_event), .name = "began",
		.flags = MORTISE_EVENT_HANDLE | MORTISE_EVENT_LIFECYCLE | MORTISE_EVENT_BARRIER},
	{.size = sizeof(struct mortise_event), .name = "barrier",
		.flags = MORTISE_EVENT_HANDLE | MORTISE_EVENT_BARRIER},
	{.size = sizeof(struct mortise_event), .name = "noise"},
};

static const struct mortise_task tasks[] = {
	{.size = sizeof(struct mortise_task), .name = "work", .scope = MORTISE_SCOPE_INTEGRATION,
		.run = run_task, .attempts = 3, .delay_ms = 50, .factor_percent = 100, .total_ms = 60000},
	{.size = sizeof(struct mortise_task), .name = "link_work", .scope = MORTISE_SCOPE_INSTALL,
		.run = run_task, .attempts = 3, .delay_ms = 50, .factor_percent = 100},
	{.size = sizeof(struct mortise_task), .name = "sync_repositories",
		.scope = MORTISE_SCOPE_INSTALL, .run = sync_repositories},
	{.size = sizeof(struct mortise_task), .name = "tick", .scope = MORTISE_SCOPE_PROVIDER,
		.run = run_task, .schedule_ms = 3600000},
};

static const struct mortise_repository_provider repository_provider = {
	.size = sizeof(repository_provider), .id = "integrations:" KEY, .name = "Ping",
	.list = list_repositories, .get = get_repository};

/* The first failure, or MORTISE_OK: the registrar keeps its text. */
#define TRY(expression)                      \
	do {                                 \
		int32_t ret_ = (expression); \
		if (ret_ != MORTISE_OK)      \
			return ret_;         \
	} while (0)
#define EACH(i, array) for (size_t i = 0; i < sizeof(array) / sizeof((array)[0]); i++)

static int32_t register_webhooks(const struct mortise_registry *registry,
	struct mortise_registrar *reg)
{
	EACH(i, webhooks) {
		TRY(registry->webhook(reg, KEY, &webhooks[i]));
		TRY(registry->webhook_signature(reg, KEY, webhooks[i].name, &signature));
		EACH(j, events)
			TRY(registry->webhook_event(reg, KEY, webhooks[i].name, &events[j]));
	}
	return MORTISE_OK;
}

static int32_t register_shared(const struct mortise_registry *registry,
	struct mortise_registrar *reg, const char *provider)
{
	EACH(i, settings)
		TRY(registry->setting(reg, provider, &settings[i]));
	EACH(i, features)
		TRY(registry->feature(reg, provider, &features[i]));
	EACH(i, credentials)
		TRY(registry->credential(reg, provider, &credentials[i]));
	EACH(i, upstreams)
		TRY(registry->upstream(reg, provider, &upstreams[i]));
	return MORTISE_OK;
}

static int32_t load(const struct mortise_host *host_table, const struct mortise_registry *registry,
	struct mortise_registrar *reg)
{
	host = host_table;
	EACH(i, providers) {
		TRY(registry->provider(reg, &providers[i]));
		TRY(register_shared(registry, reg, providers[i].key));
	}
	EACH(i, ping_steps)
		TRY(registry->step(reg, KEY, &ping_steps[i]));
	EACH(i, ping_fields)
		TRY(registry->step_field(reg, KEY, "account_form", &ping_fields[i]));
	EACH(i, oauth_steps)
		TRY(registry->step(reg, KEY "-oauth", &oauth_steps[i]));
	EACH(i, visit_fields)
		TRY(registry->step_field(reg, KEY "-oauth", "visit", &visit_fields[i]));
	EACH(i, tasks)
		TRY(registry->task(reg, KEY, &tasks[i]));
	TRY(registry->repository_provider(reg, KEY, &repository_provider));
	TRY(track_register(host, registry, reg, KEY));
	return register_webhooks(registry, reg);
}

MORTISE_PLUGIN(KEY, "1.0", "Apache-2.0", load, NULL);
