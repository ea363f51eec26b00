/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Jira Cloud: what the provider `jira` registers beside what both have. */
#include "cloud.h"

#include <stdlib.h>
#include <string.h>

#include "adf.h"
#include "form.h"

/* ---- What is its own where code is shared ---- */

/* Atlassian gives hidden addresses to apps that it approved for it. */
static int32_t ask_email(struct mortise_call *call, const json_t *user, char **ret_email)
{
	const char *id = jira_short(user, "accountId", KEY_MAX_SIZE);
	json_t *allowed = NULL, *query, *answer = NULL;
	const char *email;
	int32_t ret = jira_read(call, MORTISE_READ_SETTING, "name", "email_scope", &allowed);
	bool is_allowed = json_is_true(allowed);

	*ret_email = NULL;
	json_decref(allowed);
	if (ret != MORTISE_OK && ret != MORTISE_E_NOT_FOUND)
		return ret;
	if (!is_allowed || !id)
		return MORTISE_OK;
	query = json_pack("{s:s}", "accountId", id);
	ret = jira_get(call, &jira_cloud, &(struct request){.path = "/user/email", .query = query},
		&answer);
	json_decref(query);
	email = jira_short(answer, "email", KEY_MAX_SIZE);
	if (ret == MORTISE_OK && email)
		*ret_email = strdup(email);
	json_decref(answer);
	return ret;
}

const struct flavor jira_cloud = {
	.provider = PROVIDER,
	.name = "Jira",
	.api = "/rest/api/3",
	.user_id = "accountId",
	.user_query = "query",
	.user_key = "accountId",
	.search = "/search/jql",
	.projects = "/project/search",
	.project_statuses = true,
	.write_text = adf_from_markdown,
	.write_note = adf_quote,
	.read_text = adf_to_markdown,
	.form = &cloud_form_rules,
	.user_email = ask_email,
};

JIRA_CALLBACK(cloud, issue_changed)

/* ---- The provider ---- */

static const struct mortise_provider provider = {
	.size = sizeof(provider),
	/* An install can only begin on the side of Jira, where the app is added. */
	.flags = MORTISE_PROVIDER_VISIBLE,
	.key = PROVIDER,
	.name = "Jira",
	.description = "Connect a site of Jira Cloud: create or link its issues from what goes on in "
		"your application, and keep assignees, statuses and comments in step.",
	.author = "The Mortise developers",
	.noun = "Instance",
	.aspects = "{\"externalInstall\":{\"url\":\"setting:marketplace_url\","
		"\"buttonText\":\"Jira Marketplace\",\"noticeText\":\"The app is added in Jira: an "
		"administrator of the site installs it there, and finishes here.\"}}",
	.build = cloud_build,
};

#define SETTING(name_, type_, default_, help_)                                            \
	{.size = sizeof(struct mortise_setting), .type = (type_), .name = (name_),        \
		.default_value = (default_), .help = (help_)}

static const struct mortise_setting settings[] = {
	SETTING("app_key", MORTISE_TYPE_TEXT, NULL, "Key of the app, as Jira knows it; if it is not "
		"set, the host name of public_url with \".jira\" behind it.  Sites that have the "
		"app must install it again when it changes."),
	SETTING("keys_url", MORTISE_TYPE_URL, "https://connect-install-keys.atlassian.com",
		"Where Atlassian publishes the keys that sign the app's life cycle."),
	SETTING("email_scope", MORTISE_TYPE_BOOLEAN, "false", "Ask for the addresses of users that "
		"Jira hides; Atlassian must have approved the app for it."),
	SETTING("marketplace_url", MORTISE_TYPE_URL, "https://marketplace.atlassian.com/",
		"The app's own page in the Atlassian Marketplace."),
};

#define FEATURE(name_, description_)                                                       \
	{.size = sizeof(struct mortise_feature), .feature = (name_),                       \
		.flags = MORTISE_FEATURE_IN_SET | MORTISE_FEATURE_DESCRIBED,               \
		.description = (description_)}

/* In the order of the directory. */
static const struct mortise_feature features[] = {
	FEATURE("issue-basic", "Create Jira issues, or link those that exist."),
	FEATURE("issue-sync", "Keep assignee and status the same on both sides."),
	FEATURE("issue-sync", "Copy comments to Jira."),
	FEATURE("ticket-rules", "Let an alert rule create Jira issues by itself."),
};

/* ---- Going out ---- */

/* Atlassian wants a token to be for one request, and short-lived. */
static const struct mortise_credential credential = {
	.size = sizeof(credential),
	.kind = MORTISE_CREDENTIAL_JWT,
	.name = "connect",
	.prefix = "JWT ",
	.slot = "integration:shared_secret",
	.issuer = "metadata:/app_key",
	.life_ms = 300000,
};

static const struct mortise_upstream upstream = {
	.size = sizeof(upstream),
	.name = "jira",
	.base = "metadata:/base_url",
	.credentials = "connect",
	.redirects = MORTISE_REDIRECT_NONE,
	.timeout_ms = 30000,
	.cache_ms = 240000,
	.max_answer = 16 << 20,
};

/* ---- The install on this side ---- */

static const struct mortise_step confirm = {
	.size = sizeof(confirm),
	.kind = MORTISE_STEP_CONFIRM,
	.name = "jira_confirm_install",
	.show = cloud_show_site,
};

static const struct mortise_field arrival = {
	.size = sizeof(arrival),
	.type = MORTISE_TYPE_REFERENCE,
	.name = "signed_params",
	.label = "Link from Jira",
};

/* ---- Coming in ---- */

#define KEYS "url:{setting:keys_url}/{kid}"
#define IN_HEADER .where = MORTISE_TOKEN_HEADER, .name = "JWT"
#define IN_QUERY .where = MORTISE_TOKEN_QUERY, .name = "jwt"
#define PROOF (MORTISE_TOKEN_EXPIRES | MORTISE_TOKEN_QSH)

/* Signed by Atlassian, for an app at our address. */
static const struct mortise_token life_cycle_token = {
	.size = sizeof(life_cycle_token),
	.algorithm = MORTISE_ALGORITHM_RS256,
	.flags = PROOF | MORTISE_TOKEN_SINGLE_USE | MORTISE_TOKEN_KID,
	.key = KEYS,
	.audience = "public_url:",
	IN_HEADER,
};

/* Signed with the secret of the site; how it said that it removes the app before there were
 * the others. */
static const struct mortise_token legacy_token = {
	.size = sizeof(legacy_token),
	.algorithm = MORTISE_ALGORITHM_HS256,
	.flags = PROOF | MORTISE_TOKEN_SINGLE_USE,
	.key = "integration:shared_secret",
	IN_HEADER,
};

static const struct mortise_token change_token = {
	.size = sizeof(change_token),
	.algorithm = MORTISE_ALGORITHM_HS256,
	.flags = PROOF,
	.key = "integration:shared_secret",
	IN_HEADER,
};

static const struct mortise_token page_token = {
	.size = sizeof(page_token),
	.algorithm = MORTISE_ALGORITHM_HS256,
	.flags = PROOF,
	.key = "integration:shared_secret",
	IN_QUERY,
};

#define EVENT(name_, flags_) \
	{.size = sizeof(struct mortise_event), .name = (name_), .flags = (flags_)}
#define REPLY(condition_, status_, body_)                                           \
	{.size = sizeof(struct mortise_reply), .condition = (condition_),           \
		.status = (status_), .body = (body_)}
#define DETAIL(text_) "{\"detail\":\"" text_ "\"}"
/* Why a token fails is nobody's business but the log's. */
#define REFUSED(status_)                                                                         \
	REPLY("no_signature", (status_), NULL), REPLY("bad_token", (status_), NULL),             \
	REPLY("no_kid", (status_), NULL), REPLY("unknown_key", (status_), NULL),                 \
	REPLY("expired", (status_), NULL), REPLY("bad_signature", (status_), NULL),              \
	REPLY("bad_qsh", (status_), NULL), REPLY("no_subject", (status_), NULL),                 \
	REPLY("unknown_integration", (status_), NULL)

/* A webhook and what belongs to it; what is left over in a list has no size. */
struct hook {
	struct mortise_webhook webhook;
	const struct mortise_token *tokens[2];
	struct mortise_event events[3];
	struct mortise_reply replies[12];
};

static const struct hook hooks[] = {
	{
		.webhook = {.size = sizeof(struct mortise_webhook), .mode = MORTISE_WEBHOOK_INLINE,
			.name = "descriptor", .path = "descriptor/", .methods = "GET",
			.scope = MORTISE_SCOPE_PROVIDER, .scheme = MORTISE_SCHEME_NONE,
			.handler = cloud_descriptor},
		.replies = {REPLY("accepted", 200, NULL)},
	},
	{
		.webhook = {.size = sizeof(struct mortise_webhook), .mode = MORTISE_WEBHOOK_INLINE,
			.name = "installed", .path = "installed/", .scope = MORTISE_SCOPE_SUBJECT,
			.scheme = MORTISE_SCHEME_JWT, .event = "\"installed\"", .subject = "claim:iss",
			.bind_left = "claim:iss", .bind_right = "json:/clientKey",
			.handler = cloud_installed},
		.tokens = {&life_cycle_token},
		.events = {EVENT("installed", MORTISE_EVENT_HANDLE | MORTISE_EVENT_LIFECYCLE |
			MORTISE_EVENT_BARRIER)},
		.replies = {
			REPLY("no_signature", 409, NULL),
			REPLY("empty_body", 400, NULL),
			REPLY("bad_token", 400, DETAIL("Failed to fetch key id")),
			REPLY("no_kid", 400, DETAIL("Missing key id")),
			REPLY("unknown_key", 400, DETAIL("Invalid key id")),
			REPLY("expired", 400, DETAIL("Expired signature")),
			REPLY("bad_signature", 400, DETAIL("Invalid signature")),
			REPLY("bad_qsh", 409, NULL),
			REPLY("bad_bind", 400, DETAIL("The token is another site's than the body")),
			REPLY("accepted", 200, NULL),
		},
	},
	{
		.webhook = {.size = sizeof(struct mortise_webhook), .mode = MORTISE_WEBHOOK_INLINE,
			.name = "uninstalled", .path = "uninstalled/",
			.scope = MORTISE_SCOPE_INTEGRATION, .scheme = MORTISE_SCHEME_JWT,
			.event = "\"uninstalled\"", .subject = "claim:iss", .handler = cloud_uninstalled},
		.tokens = {&life_cycle_token, &legacy_token},
		.events = {EVENT("uninstalled", MORTISE_EVENT_HANDLE | MORTISE_EVENT_BARRIER)},
		.replies = {
			REFUSED(409),
			REPLY("accepted", 200, NULL),
		},
	},
	{
		.webhook = {.size = sizeof(struct mortise_webhook), .mode = MORTISE_WEBHOOK_STORED,
			.name = "issue-updated", .path = "issue-updated/", .max_body = 4 << 20,
			.scope = MORTISE_SCOPE_INTEGRATION, .scheme = MORTISE_SCHEME_JWT,
			.event = "json:/webhookEvent", .subject = "claim:iss",
			.delivery_id = "header:X-Atlassian-Webhook-Identifier",
			.object = "json:/issue/id", .handler = cloud_issue_changed},
		.tokens = {&change_token},
		.events = {EVENT("jira:issue_updated", MORTISE_EVENT_HANDLE),
			EVENT("jira:issue_deleted", MORTISE_EVENT_HANDLE)},
		.replies = {
			REFUSED(409),
			REPLY("no_event", 200, NULL),
			REPLY("other_event", 200, NULL),
			REPLY("accepted", 200, NULL),
		},
	},
};

#define PAGE(name_, path_, data_)                                                     \
	{.size = sizeof(struct mortise_page), .name = (name_), .path = (path_),       \
		.subject = "claim:iss", .frame = "/base_url",                         \
		.script = "https://connect-cdn.atl-paas.net/all.js", .data = (data_)}

/* The panel has two paths: a site calls the one in the descriptor that it installed. */
static const struct mortise_page pages[] = {
	PAGE("ui-hook", "ui-hook/", cloud_settings_page),
	PAGE("issue-details", "issue-details/{issue_key}/", cloud_panel_page),
	PAGE("issue", "issue/{issue_key}/", cloud_panel_page),
};

/* ---- Load ---- */

static int32_t load_hook(const struct mortise_registry *registry, struct mortise_registrar *reg,
	const struct hook *hook)
{
	const char *name = hook->webhook.name;

	TRY(registry->webhook(reg, PROVIDER, &hook->webhook));
	EACH(i, hook->tokens)
		if (hook->tokens[i])
			TRY(registry->webhook_token(reg, PROVIDER, name, hook->tokens[i]));
	EACH(i, hook->events)
		if (hook->events[i].size)
			TRY(registry->webhook_event(reg, PROVIDER, name, &hook->events[i]));
	EACH(i, hook->replies)
		if (hook->replies[i].size)
			TRY(registry->webhook_reply(reg, PROVIDER, name, &hook->replies[i]));
	return MORTISE_OK;
}

int32_t cloud_load(const struct mortise_registry *registry, struct mortise_registrar *reg)
{
	TRY(registry->provider(reg, &provider));
	EACH(i, settings)
		TRY(registry->setting(reg, PROVIDER, &settings[i]));
	EACH(i, features)
		TRY(registry->feature(reg, PROVIDER, &features[i]));
	TRY(registry->credential(reg, PROVIDER, &credential));
	TRY(registry->upstream(reg, PROVIDER, &upstream));
	TRY(registry->step(reg, PROVIDER, &confirm));
	TRY(registry->arrival(reg, PROVIDER, &arrival));
	EACH(i, hooks)
		TRY(load_hook(registry, reg, &hooks[i]));
	EACH(i, pages) {
		TRY(registry->page(reg, PROVIDER, &pages[i]));
		TRY(registry->page_token(reg, PROVIDER, pages[i].name, &page_token));
	}
	return MORTISE_OK;
}
