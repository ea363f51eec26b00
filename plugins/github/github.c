/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* GitHub: what the plugin registers. */
#include "github.h"

const struct mortise_host *host;

static const struct mortise_provider provider = {
	.size = sizeof(provider),
	.flags = MORTISE_PROVIDER_VISIBLE | MORTISE_PROVIDER_CAN_ADD,
	.key = PROVIDER,
	.name = "GitHub",
	.description = "Connect your GitHub organizations: commits, pull requests and repositories come "
		"in as they happen, and issues can be tied to what goes on in your application.",
	.author = "The Mortise developers",
	.noun = "Installation",
	.aspects = "{}",
	.dialog_width = 1030,
	.dialog_height = 1000,
	.build = github_build,
	.post_install = github_post_install,
};

static const struct mortise_repository_provider repository_provider = {
	.size = sizeof(repository_provider),
	.id = "integrations:github",
	.name = "GitHub",
	.legacy_ids = "github",
	.list = github_repository_list,
	.get = github_repository_get,
	.pull_request_path = "/pull/{key}",
	.file = github_repository_file,
	.codeowners_paths = "CODEOWNERS,.github/CODEOWNERS,docs/CODEOWNERS",
};

static const struct mortise_issue_provider issue_provider = {
	.size = sizeof(issue_provider),
	.defaults = "repo",
	.sync = "{\"comment\":\"sync_comments\",\"outbound_status\":\"sync_status_forward\","
		"\"inbound_status\":\"sync_status_reverse\","
		"\"outbound_assignee\":\"sync_forward_assignment\","
		"\"inbound_assignee\":\"sync_reverse_assignment\"}",
	.form = github_issue_form,
	.create = github_issue_create,
	.get = github_issue_get,
	.linked = github_issue_linked,
	.search = github_issue_search,
	.comment_create = github_comment_create,
	.comment_update = github_comment_update,
	.status_out = github_status_out,
	.assignee_out = github_assignee_out,
};

static const struct mortise_config_form config_form = {
	.size = sizeof(config_form),
	.form = github_config_form,
	.save = github_config_save,
};

#define SETTING(name_, type_, flags_, default_, help_)                                    \
	{.size = sizeof(struct mortise_setting), .type = (type_), .flags = (flags_),      \
		.name = (name_), .default_value = (default_), .help = (help_)}
#define REQUIRED MORTISE_SETTING_REQUIRED
#define SECRET (MORTISE_SETTING_REQUIRED | MORTISE_SETTING_SECRET)

static const struct mortise_setting settings[] = {
	SETTING("app_id", MORTISE_TYPE_TEXT, REQUIRED, NULL, "App ID of the GitHub App."),
	SETTING("app_name", MORTISE_TYPE_TEXT, REQUIRED, NULL,
		"Name of the GitHub App, as it stands in the address of its public page."),
	SETTING("client_id", MORTISE_TYPE_TEXT, REQUIRED, NULL, "Client ID of the GitHub App."),
	SETTING("client_secret", MORTISE_TYPE_TEXT, SECRET, NULL,
		"A client secret of the GitHub App."),
	SETTING("private_key", MORTISE_TYPE_TEXT, SECRET, NULL,
		"A private key of the GitHub App, PEM."),
	SETTING("webhook_secret", MORTISE_TYPE_TEXT, SECRET, NULL,
		"The webhook secret of the GitHub App."),
	SETTING("api_url", MORTISE_TYPE_URL, 0, "https://api.github.com", "Base URL of the REST API."),
	SETTING("web_url", MORTISE_TYPE_URL, 0, "https://github.com", "Base URL of the site."),
};

#define FEATURE(name_, flags_, description_)                                               \
	{.size = sizeof(struct mortise_feature), .flags = (flags_), .feature = (name_),    \
		.description = (description_)}
#define IN_SET (MORTISE_FEATURE_IN_SET | MORTISE_FEATURE_DESCRIBED)

/* In the order of the directory.  The last is advertised, but not in the set. */
static const struct mortise_feature features[] = {
	FEATURE("commits", IN_SET, "Add repositories, and see the commits that a problem came with."),
	FEATURE("issue-basic", IN_SET, "Create GitHub issues, or link those that exist."),
	FEATURE("issue-sync", IN_SET, "Keep the assignee the same on both sides."),
	FEATURE("issue-sync", IN_SET, "Copy comments to GitHub."),
	FEATURE("stacktrace-link", IN_SET, "Go from a line of a stack trace to that line on GitHub."),
	FEATURE("codeowners", IN_SET, "Take the owners of code from your CODEOWNERS file."),
	FEATURE("ticket-rules", MORTISE_FEATURE_DESCRIBED,
		"Let an alert rule create GitHub issues by itself."),
};

static const struct mortise_credential credentials[] = {
	/* GitHub takes a JWT of at most ten minutes, and advises to date it back a minute for
	 * clocks that differ. */
	{.size = sizeof(struct mortise_credential), .kind = MORTISE_CREDENTIAL_APP_JWT, .name = "app",
		.prefix = "Bearer ", .slot = "provider:private_key", .issuer = "setting:app_id",
		.life_ms = 540000, .backdate_ms = 60000},
	{.size = sizeof(struct mortise_credential), .kind = MORTISE_CREDENTIAL_MINTED,
		.name = "installation", .prefix = "Bearer ", .parent = "app",
		.mint_path = "/app/installations/{external_id}/access_tokens",
		.token_pointer = "/token", .expires_pointer = "/expires_at"},
	{.size = sizeof(struct mortise_credential), .kind = MORTISE_CREDENTIAL_HEADER, .name = "user",
		.prefix = "Bearer ", .slot = "state:oauth_token"},
};

static const struct mortise_upstream upstream = {
	.size = sizeof(upstream),
	.name = "api",
	.base = "setting:api_url",
	.credentials = "installation",
	.accept = "application/vnd.github+json",
	.redirects = MORTISE_REDIRECT_ALL,
	.timeout_ms = 30000,
	.cache_ms = 900000,
};

static const struct mortise_step steps[] = {
	{.size = sizeof(struct mortise_step), .kind = MORTISE_STEP_OAUTH2, .name = "oauth_login",
		.data_key = "oauthUrl", .answer_key = "code", .save_as = "oauth_token",
		.binding = MORTISE_BINDING_STATE, .check = github_check_login,
		.authorize_url = "{setting:web_url}/login/oauth/authorize",
		.token_url = "{setting:web_url}/login/oauth/access_token",
		.client_id = "setting:client_id", .client_secret = "provider:client_secret"},
	/* Who comes from GitHub's side has chosen already. */
	{.size = sizeof(struct mortise_step), .kind = MORTISE_STEP_CHOICE,
		.name = "organization_selection", .data_key = "installation_info",
		.answer_key = "chosen_installation_id", .save_as = "chosen_installation",
		.skip_when = "/installation_id", .flags = MORTISE_STEP_SKIP_EMPTY,
		.show = github_show_organizations, .extra_value = "-1",
		.extra_label = "Integrate with a new GitHub organization"},
	{.size = sizeof(struct mortise_step), .kind = MORTISE_STEP_REDIRECT,
		.name = "github_installation", .data_key = "installUrl", .answer_key = "config",
		.binding = MORTISE_BINDING_STATE, .flags = MORTISE_STEP_STATE_OPTIONAL,
		.skip_when = "/chosen_installation", .check = github_check_installation,
		.url = "{setting:web_url}/apps/{state:/app_slug}/installations/new?state={state}"},
};

/* What GitHub brings back to the setup URL, whether we sent the user or not. */
static const struct mortise_field parameters[] = {
	{.size = sizeof(struct mortise_field), .type = MORTISE_TYPE_TEXT, .name = "installation_id",
		.label = "Installation", .max_len = 20},
	{.size = sizeof(struct mortise_field), .type = MORTISE_TYPE_TEXT, .name = "setup_action",
		.label = "What was done", .max_len = 20},
};

static const struct mortise_webhook webhook = {
	.size = sizeof(webhook),
	.mode = MORTISE_WEBHOOK_STORED,
	.path = "webhook/",
	.name = "webhook",
	.max_body = 25 << 20,
	.scope = MORTISE_SCOPE_INTEGRATION,
	.scheme = MORTISE_SCHEME_HMAC,
	.rule = MORTISE_RULE_FIRST,
	.key = "provider:webhook_secret",
	.event = "header:X-GitHub-Event",
	.delivery_id = "header:X-GitHub-Delivery",
	.subject = "json:/installation/id",
	.object = "json:/repository/id",
	.keep_headers = "X-GitHub-Event,X-GitHub-Delivery",
	.handler = github_webhook,
};

static const struct mortise_signature signatures[] = {
	{.size = sizeof(struct mortise_signature), .encoding = MORTISE_ENCODING_HEX,
		.header = "X-Hub-Signature-256", .algorithm = "sha256", .prefix = "sha256="},
	{.size = sizeof(struct mortise_signature), .encoding = MORTISE_ENCODING_HEX,
		.header = "X-Hub-Signature", .algorithm = "sha1", .prefix = "sha1="},
};

#define EVENT(name_, flags_) \
	{.size = sizeof(struct mortise_event), .name = (name_), .flags = (flags_)}
#define HANDLE MORTISE_EVENT_HANDLE

/* The others are known, so that they are answered as GitHub expects, and ignored. */
static const struct mortise_event events[] = {
	EVENT("installation", HANDLE | MORTISE_EVENT_LIFECYCLE | MORTISE_EVENT_BARRIER),
	EVENT("installation_repositories", HANDLE | MORTISE_EVENT_BARRIER),
	EVENT("push", HANDLE),
	EVENT("pull_request", HANDLE),
	EVENT("repository", HANDLE),
	EVENT("issues", HANDLE),
	EVENT("check_run", 0),
	EVENT("issue_comment", 0),
	EVENT("pull_request_review", 0),
	EVENT("pull_request_review_comment", 0),
};

#define REPLY(condition_, status_) \
	{.size = sizeof(struct mortise_reply), .condition = (condition_), .status = (status_)}

static const struct mortise_reply replies[] = {
	REPLY("not_configured", 401),
	REPLY("no_signature", 400),
	REPLY("bad_token", 400),
	REPLY("unknown_integration", 204),
	REPLY("accepted", 204),
};

static const struct mortise_task tasks[] = {
	{.size = sizeof(struct mortise_task), .scope = MORTISE_SCOPE_INSTALL, .name = "link_all_repos",
		.run = github_link_all, .version = 1, .attempts = 3, .total_ms = 600000},
	{.size = sizeof(struct mortise_task), .scope = MORTISE_SCOPE_INSTALL,
		.name = "sync_repositories", .run = github_sync_repositories, .version = 1,
		.attempts = 3, .delay_ms = 120000, .factor_percent = 100, .total_ms = 600000,
		/* What no webhook told, or one that was lost. */
		.schedule_ms = 24 * 3600 * 1000},
	{.size = sizeof(struct mortise_task), .scope = MORTISE_SCOPE_INSTALL, .name = "migrate_repo",
		.run = github_migrate, .version = 1, .attempts = 5, .delay_ms = 300000,
		.factor_percent = 100},
	{.size = sizeof(struct mortise_task), .scope = MORTISE_SCOPE_PROVIDER, .name = "catch_up",
		.run = github_catch_up, .version = 1, .attempts = 3, .total_ms = 300000,
		.schedule_ms = 600000},
};

/* ---- Load ---- */

#define TRY(expression)                      \
	do {                                 \
		int32_t ret_ = (expression); \
		if (ret_ != MORTISE_OK)      \
			return ret_;         \
	} while (0)
#define EACH(i, array) for (size_t i = 0; i < sizeof(array) / sizeof((array)[0]); i++)

static int32_t load_webhook(const struct mortise_registry *registry, struct mortise_registrar *reg)
{
	EACH(i, tasks)
		TRY(registry->task(reg, PROVIDER, &tasks[i]));
	TRY(registry->webhook(reg, PROVIDER, &webhook));
	EACH(i, signatures)
		TRY(registry->webhook_signature(reg, PROVIDER, webhook.name, &signatures[i]));
	EACH(i, events)
		TRY(registry->webhook_event(reg, PROVIDER, webhook.name, &events[i]));
	EACH(i, replies)
		TRY(registry->webhook_reply(reg, PROVIDER, webhook.name, &replies[i]));
	return MORTISE_OK;
}

static int32_t load_install(const struct mortise_registry *registry, struct mortise_registrar *reg)
{
	EACH(i, credentials)
		TRY(registry->credential(reg, PROVIDER, &credentials[i]));
	TRY(registry->upstream(reg, PROVIDER, &upstream));
	EACH(i, steps)
		TRY(registry->step(reg, PROVIDER, &steps[i]));
	EACH(i, parameters) {
		TRY(registry->step_field(reg, PROVIDER, "github_installation", &parameters[i]));
		TRY(registry->arrival(reg, PROVIDER, &parameters[i]));
	}
	return MORTISE_OK;
}

static int32_t load(const struct mortise_host *table, const struct mortise_registry *registry,
	struct mortise_registrar *reg)
{
	host = table;
	TRY(registry->provider(reg, &provider));
	TRY(registry->repository_provider(reg, PROVIDER, &repository_provider));
	TRY(registry->issue_provider(reg, PROVIDER, &issue_provider));
	TRY(registry->config_form(reg, PROVIDER, &config_form));
	EACH(i, settings)
		TRY(registry->setting(reg, PROVIDER, &settings[i]));
	EACH(i, features)
		TRY(registry->feature(reg, PROVIDER, &features[i]));
	TRY(load_install(registry, reg));
	return load_webhook(registry, reg);
}

MORTISE_PLUGIN("github", "0.1.0", "Apache-2.0", load, NULL);
