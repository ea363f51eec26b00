/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Example: a code host that signs users in with OAuth 2.0, has a REST API in the form
 * that GitHub made common, and signs its webhooks with HMAC-SHA256.  Gitea, Forgejo and
 * many services of a company's own are like that.
 *
 * This file says all of it as data; README.md has the settings.
 */
#include "example.h"

const struct mortise_host *host;

static const struct mortise_provider provider = {
	.size = sizeof(provider),
	.flags = MORTISE_PROVIDER_VISIBLE | MORTISE_PROVIDER_CAN_ADD,
	.key = PROVIDER,
	.name = "Example",
	.description = "Repositories and commits of a code host of your own.",
	.author = "The Mortise developers",
	.noun = "Account",
	.build = example_build,
	.post_install = example_post_install,
};

/* ---- Settings: below providers in mortise.conf ---- */

#define TEXT MORTISE_TYPE_TEXT
#define URL MORTISE_TYPE_URL
#define REQUIRED MORTISE_SETTING_REQUIRED
#define SECRET (MORTISE_SETTING_REQUIRED | MORTISE_SETTING_SECRET)
#define SETTING(type_, flags_, name_, default_, help_)                                  \
	{.size = sizeof(struct mortise_setting), .type = (type_), .flags = (flags_),    \
		.name = (name_), .default_value = (default_), .help = (help_)}

static const struct mortise_setting settings[] = {
	SETTING(URL, REQUIRED, "authorize_url", NULL, "Where a user grants the access."),
	SETTING(URL, REQUIRED, "token_url", NULL, "Where a code is exchanged for a token."),
	SETTING(URL, REQUIRED, "api_url", NULL, "Base URL of the API."),
	SETTING(TEXT, REQUIRED, "client_id", NULL, "Client id of the OAuth application."),
	SETTING(TEXT, SECRET, "client_secret", NULL, "Its client secret."),
	SETTING(TEXT, SECRET, "webhook_secret", NULL, "What webhooks are signed with."),
	SETTING(TEXT, 0, "scopes", NULL, "OAuth scopes, separated by spaces."),
	SETTING(TEXT, 0, "user_path", "/user", "Path of the API that says who the user is."),
	SETTING(TEXT, 0, "account_id", "/id", "JSON pointer to the account's id in that answer."),
	SETTING(TEXT, 0, "account_name", "/login", "JSON pointer to its name there."),
	SETTING(TEXT, 0, "repositories_path", "/user/repos", "Path that lists the user's repositories."),
	SETTING(TEXT, 0, "repository_path", "/repos/{name*}", "Path of one repository."),
	SETTING(TEXT, 0, "signature_header", "X-Hub-Signature-256", "Header of the signature."),
	SETTING(TEXT, 0, "signature_prefix", "sha256=", "What stands before its hexadecimal digits."),
	SETTING(TEXT, 0, "webhook_event", "header:X-GitHub-Event", "Expression: the event's name."),
	SETTING(TEXT, 0, "webhook_delivery", "header:X-GitHub-Delivery",
		"Expression: an id that a repeated delivery keeps."),
	SETTING(TEXT, 0, "webhook_account", "json:/repository/owner/id",
		"Expression: the id of the account that a webhook belongs to."),
	SETTING(TEXT, 0, "webhook_object", "json:/repository/id",
		"Expression: webhooks with the same value run in order."),
};

static const struct mortise_feature feature = {
	.size = sizeof(feature),
	.flags = MORTISE_FEATURE_IN_SET | MORTISE_FEATURE_DESCRIBED,
	.feature = "commits",
	.description = "Add repositories, and see the commits that a problem came with.",
};

/* ---- The API, and who asks it ---- */

/* The token is the pipeline's during the install, the integration's after it; the plugin
 * never sees it. */
static const struct mortise_credential credentials[] = {
	{.size = sizeof(struct mortise_credential), .kind = MORTISE_CREDENTIAL_HEADER,
		.name = "installing", .prefix = "Bearer ", .slot = "state:oauth_token"},
	{.size = sizeof(struct mortise_credential), .kind = MORTISE_CREDENTIAL_HEADER,
		.name = "installed", .prefix = "Bearer ", .slot = "integration:oauth_token"},
};

static const struct mortise_upstream upstream = {
	.size = sizeof(upstream),
	.name = "api",
	.base = "setting:api_url",
	.credentials = "installed",
	.redirects = MORTISE_REDIRECT_GET,
	.timeout_ms = 10000,
};

/* ---- The install: one step ---- */

static const struct mortise_step step = {
	.size = sizeof(step),
	.kind = MORTISE_STEP_OAUTH2,
	.flags = MORTISE_STEP_PKCE,
	.name = "login",
	.data_key = "oauthUrl",
	.answer_key = "code",
	.save_as = "oauth_token",
	.binding = MORTISE_BINDING_STATE,
	.check = example_check_login,
	.authorize_url = "{setting:authorize_url}",
	.token_url = "{setting:token_url}",
	.client_id = "setting:client_id",
	.client_secret = "provider:client_secret",
	.scopes = "setting:scopes",
};

/* ---- Repositories ---- */

static const struct mortise_repository_provider repository_provider = {
	.size = sizeof(repository_provider),
	.id = "integrations:" PROVIDER,
	.name = "Example",
	.list = example_list_repositories,
	.get = example_get_repository,
};

static const struct mortise_task task = {
	.size = sizeof(task),
	.scope = MORTISE_SCOPE_INSTALL,
	.name = "link_repositories",
	.run = example_link_repositories,
	.version = 1,
	.attempts = 5,
	.total_ms = 600000,
};

/* ---- Webhooks ---- */

static const struct mortise_webhook webhook = {
	.size = sizeof(webhook),
	.mode = MORTISE_WEBHOOK_STORED,
	.path = "webhook/",
	.name = "webhook",
	.max_body = 4 << 20,
	.scope = MORTISE_SCOPE_INTEGRATION,
	.scheme = MORTISE_SCHEME_HMAC,
	.rule = MORTISE_RULE_ANY,
	.key = "provider:webhook_secret",
	.event = "setting:webhook_event",
	.delivery_id = "setting:webhook_delivery",
	.subject = "setting:webhook_account",
	.object = "setting:webhook_object",
	.handler = example_webhook,
};

/* Gitea's own header has no prefix: take the digits with it or without. */
static const struct mortise_signature signatures[] = {
	{.size = sizeof(struct mortise_signature), .encoding = MORTISE_ENCODING_HEX,
		.header = "setting:signature_header", .algorithm = "sha256",
		.prefix = "setting:signature_prefix"},
	{.size = sizeof(struct mortise_signature), .encoding = MORTISE_ENCODING_HEX,
		.header = "setting:signature_header", .algorithm = "sha256"},
};

/* Any other event is answered 204 and not stored. */
static const struct mortise_event events[] = {
	{.size = sizeof(struct mortise_event), .name = "push", .flags = MORTISE_EVENT_HANDLE},
	{.size = sizeof(struct mortise_event), .name = "repository", .flags = MORTISE_EVENT_HANDLE},
};

/* ---- Load ---- */

#define TRY(expression)                      \
	do {                                 \
		int32_t ret_ = (expression); \
		if (ret_ != MORTISE_OK)      \
			return ret_;         \
	} while (0)
#define EACH(i, array) for (size_t i = 0; i < sizeof(array) / sizeof((array)[0]); i++)

static int32_t load(const struct mortise_host *table, const struct mortise_registry *registry,
	struct mortise_registrar *reg)
{
	host = table;
	TRY(registry->provider(reg, &provider));
	EACH(i, settings)
		TRY(registry->setting(reg, PROVIDER, &settings[i]));
	TRY(registry->feature(reg, PROVIDER, &feature));
	EACH(i, credentials)
		TRY(registry->credential(reg, PROVIDER, &credentials[i]));
	TRY(registry->upstream(reg, PROVIDER, &upstream));
	TRY(registry->step(reg, PROVIDER, &step));
	TRY(registry->repository_provider(reg, PROVIDER, &repository_provider));
	TRY(registry->task(reg, PROVIDER, &task));
	TRY(registry->webhook(reg, PROVIDER, &webhook));
	EACH(i, signatures)
		TRY(registry->webhook_signature(reg, PROVIDER, webhook.name, &signatures[i]));
	EACH(i, events)
		TRY(registry->webhook_event(reg, PROVIDER, webhook.name, &events[i]));
	return MORTISE_OK;
}

MORTISE_PLUGIN(PROVIDER, "1.0", "Apache-2.0", load, NULL);
