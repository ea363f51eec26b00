/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Jira Cloud: what the provider `jira` registers beside what both have. */
#include "cloud.h"

#define PROVIDER "jira"

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

#define REPLY(condition_, status_, body_)                                           \
	{.size = sizeof(struct mortise_reply), .condition = (condition_),           \
		.status = (status_), .body = (body_)}

static const struct mortise_reply descriptor_replies[] = {
	REPLY("accepted", 200, NULL),
};

int32_t cloud_load(const struct mortise_registry *registry, struct mortise_registrar *reg)
{
	TRY(registry->provider(reg, &provider));
	EACH(i, settings)
		TRY(registry->setting(reg, PROVIDER, &settings[i]));
	TRY(registry->webhook(reg, PROVIDER, &descriptor));
	EACH(i, descriptor_replies)
		TRY(registry->webhook_reply(reg, PROVIDER, descriptor.name, &descriptor_replies[i]));
	return MORTISE_OK;
}
