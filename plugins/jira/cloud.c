/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Jira Cloud: what the provider `jira` registers beside what both have. */
#include "cloud.h"

#include <stdlib.h>
#include <string.h>

#include "adf.h"

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
	.user_email = ask_email,
};

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
	.aspects = "{\"externalInstall\":{\"url\":\"https://marketplace.atlassian.com/\","
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

#define REPLY(condition_, status_, body_)                                           \
	{.size = sizeof(struct mortise_reply), .condition = (condition_),           \
		.status = (status_), .body = (body_)}
static const struct mortise_webhook descriptor = {
	.size = sizeof(descriptor),
	.mode = MORTISE_WEBHOOK_INLINE,
	.name = "descriptor",
	.path = "descriptor/",
	.methods = "GET",
	.scope = MORTISE_SCOPE_PROVIDER,
	.scheme = MORTISE_SCHEME_NONE,
	.handler = cloud_descriptor,
};

static const struct mortise_reply descriptor_replies[] = {
	REPLY("accepted", 200, NULL),
};

/* ---- Load ---- */

int32_t cloud_load(const struct mortise_registry *registry, struct mortise_registrar *reg)
{
	TRY(registry->provider(reg, &provider));
	EACH(i, settings)
		TRY(registry->setting(reg, PROVIDER, &settings[i]));
	TRY(registry->credential(reg, PROVIDER, &credential));
	TRY(registry->upstream(reg, PROVIDER, &upstream));
	TRY(registry->step(reg, PROVIDER, &confirm));
	TRY(registry->arrival(reg, PROVIDER, &arrival));
	TRY(registry->webhook(reg, PROVIDER, &descriptor));
	EACH(i, descriptor_replies)
		TRY(registry->webhook_reply(reg, PROVIDER, descriptor.name, &descriptor_replies[i]));
	return MORTISE_OK;
}
