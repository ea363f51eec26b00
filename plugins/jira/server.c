/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Jira Server, Data Center included: what the provider `jira_server` registers beside what
 * both have.
 */
#include "server.h"

#include <stdlib.h>
#include <string.h>

#include "form.h"
#include "wiki.h"

#define PROVIDER "jira_server"

/* ---- What is its own where code is shared ---- */

/* Who writes into a form writes what Jira Server takes: wiki markup. */
static json_t *write_as_is(const char *text)
{
	char *cut = jira_cut(text, WIKI_MAX);
	json_t *value = json_string(cut);

	free(cut);
	return value;
}

static json_t *write_note(const char *author, const char *markdown)
{
	char *text = wiki_quote(author, markdown);
	json_t *value = json_string(text);

	free(text);
	return value;
}

static char *read_as_is(const json_t *body)
{
	return json_is_string(body) ? jira_cut(json_string_value(body), PROSE_MAX_SIZE) : NULL;
}

const struct flavor jira_server = {
	.provider = PROVIDER,
	.name = "Jira Server",
	.api = "/rest/api/2",
	.user_id = "name",
	.user_query = "username",
	.user_key = "username",
	.search = "/search",
	.projects = "/project",
	.trusts_sole_user = true,
	.write_text = write_as_is,
	.write_note = write_note,
	.read_text = read_as_is,
	.credentials = server_credentials,
	.form = &server_form_rules,
};

JIRA_CALLBACK(server, issue_changed)

/* ---- The provider ---- */

static const struct mortise_provider provider = {
	.size = sizeof(provider),
	.flags = MORTISE_PROVIDER_VISIBLE | MORTISE_PROVIDER_CAN_ADD,
	.key = PROVIDER,
	.slugs = "jira-server",
	.name = "Jira Server",
	.description = "Connect a Jira Server or Data Center of your own: create or link its issues "
		"from what goes on in your application, and keep assignees, statuses and comments in "
		"step.",
	.author = "The Mortise developers",
	.noun = "Installation",
	.aspects = "{\"alerts\":[{\"type\":\"warning\",\"icon\":\"icon-warning-sm\",\"text\":"
		"\"Your Jira must be reachable from here. If a firewall stands before it, let our "
		"outgoing addresses in.\"}]}",
	.dialog_width = 1030,
	.dialog_height = 1000,
	.build = server_build,
	.undo = server_undo,
	.post_install = server_post_install,
	.uninstall = server_uninstall,
};

#define FEATURE(name_, flags_, description_)                                               \
	{.size = sizeof(struct mortise_feature), .flags = (flags_), .feature = (name_),    \
		.description = (description_)}
#define IN_SET (MORTISE_FEATURE_IN_SET | MORTISE_FEATURE_DESCRIBED)

/* In the order of the directory.  The last is advertised, but not in the set. */
static const struct mortise_feature features[] = {
	FEATURE("issue-basic", IN_SET, "Create Jira issues, or link those that exist."),
	FEATURE("issue-sync", IN_SET, "Keep assignee and status the same on both sides."),
	FEATURE("issue-sync", IN_SET, "Copy comments to Jira."),
	FEATURE("ticket-rules", MORTISE_FEATURE_DESCRIBED,
		"Let an alert rule create Jira issues by itself."),
};

/* ---- Going out: while it is installed ("setup"), and then ---- */

static const struct mortise_credential credentials[] = {
	{.size = sizeof(credentials[0]), .kind = MORTISE_CREDENTIAL_OAUTH1, .name = "setup_oauth1",
		.slot = "state:private_key", .consumer_key = "state:/consumer_key",
		.token_slot = "state:access_token"},
	{.size = sizeof(credentials[0]), .kind = MORTISE_CREDENTIAL_HEADER, .name = "setup_token",
		.prefix = "Bearer ", .slot = "state:access_token"},
	{.size = sizeof(credentials[0]), .kind = MORTISE_CREDENTIAL_OAUTH1, .name = "oauth1",
		.slot = "integration:private_key", .consumer_key = "metadata:/consumer_key",
		.token_slot = "integration:access_token"},
	{.size = sizeof(credentials[0]), .kind = MORTISE_CREDENTIAL_HEADER, .name = "token",
		.prefix = "Bearer ", .slot = "integration:access_token"},
};

static const struct mortise_upstream upstreams[] = {
	{.size = sizeof(upstreams[0]), .name = "setup", .base = "state:/url",
		.verify = "state:/verify_ssl", .credentials = "setup_oauth1", .timeout_ms = 10000},
	{.size = sizeof(upstreams[0]), .name = "jira", .base = "metadata:/base_url",
		.verify = "metadata:/verify_ssl", .credentials = "oauth1", .timeout_ms = 10000,
		.cache_ms = 240000},
};

/* ---- The install ---- */

#define STEP_FORM "installation_config"
#define STEP_LOGIN "oauth_login"

static const struct mortise_step steps[] = {
	{.size = sizeof(steps[0]), .kind = MORTISE_STEP_FORM, .name = STEP_FORM,
		.check = server_check_form},
	/* Where Jira sends the browser back to stands in its application link. */
	{.size = sizeof(steps[0]), .kind = MORTISE_STEP_OAUTH1, .name = STEP_LOGIN,
		.data_key = "oauthUrl", .save_as = "access_token", .skip_when = "/uses_token",
		.request_token_url = "{state:/url}/plugins/servlet/oauth/request-token",
		.authorize_url = "{state:/url}/plugins/servlet/oauth/authorize",
		.token_url = "{state:/url}/plugins/servlet/oauth/access-token",
		.client_id = "state:/consumer_key", .client_secret = "state:private_key",
		.verify = "state:/verify_ssl"},
};

static const struct mortise_field form_fields[] = {
	{.size = sizeof(form_fields[0]), .type = MORTISE_TYPE_URL, .name = "url",
		.flags = MORTISE_FIELD_REQUIRED | MORTISE_FIELD_ORIGIN, .label = "Jira URL",
		.help = "The base URL of your Jira, as its general configuration has it.",
		.max_len = 512},
	{.size = sizeof(form_fields[0]), .type = MORTISE_TYPE_BOOLEAN, .name = "verify_ssl",
		.label = "Verify SSL", .default_value = "true",
		.help = "Leave it on unless the certificate of your Jira is one that only you trust."},
	{.size = sizeof(form_fields[0]), .type = MORTISE_TYPE_TEXT, .name = "consumer_key",
		.label = "Jira Consumer Key", .max_len = 200,
		.help = "Of the incoming link of an application link, together with its private key. "
			"Or leave both empty, and give a personal access token."},
	{.size = sizeof(form_fields[0]), .type = MORTISE_TYPE_PEM, .name = "private_key",
		.flags = MORTISE_FIELD_SECRET, .label = "Jira Consumer Private Key",
		.help = "PEM, without a passphrase. Jira has the public key that belongs to it.",
		.max_len = 16384},
	{.size = sizeof(form_fields[0]), .type = MORTISE_TYPE_TEXT, .name = "access_token",
		.flags = MORTISE_FIELD_SECRET, .label = "Personal Access Token",
		.help = "Of an administrator of Jira, instead of an application link (Jira 8.14 or "
			"later).", .max_len = 1024},
	{.size = sizeof(form_fields[0]), .type = MORTISE_TYPE_TEXT, .name = "webhook_secret",
		.flags = MORTISE_FIELD_SECRET | MORTISE_FIELD_RANDOM, .label = "Webhook Secret"},
};

/* ---- Coming in ---- */

static const struct mortise_webhook webhook = {
	.size = sizeof(webhook),
	.mode = MORTISE_WEBHOOK_STORED,
	.name = "issue-updated",
	.path = "issue-updated/{token}/",
	.scope = MORTISE_SCOPE_INTEGRATION,
	.scheme = MORTISE_SCHEME_JWT,
	.max_body = 10 << 20,
	.event = "json:/webhookEvent",
	.delivery_id = "header:X-Atlassian-Webhook-Identifier",
	.subject = "claim:id",
	.object = "json:/issue/id",
	.handler = server_issue_changed,
};

/* It stands in the address of the webhook, and is good as long as the webhook. */
static const struct mortise_token webhook_token = {
	.size = sizeof(webhook_token),
	.algorithm = MORTISE_ALGORITHM_HS256,
	.where = MORTISE_TOKEN_PATH,
	.name = "token",
	.key = "integration:webhook_secret",
};

static const struct mortise_event events[] = {
	{.size = sizeof(events[0]), .name = "jira:issue_updated", .flags = MORTISE_EVENT_HANDLE},
	{.size = sizeof(events[0]), .name = "jira:issue_created"},
};

#define REPLY(condition_, status_) \
	{.size = sizeof(struct mortise_reply), .condition = (condition_), .status = (status_)}

/* Whatever is wrong with the token is answered alike. */
static const struct mortise_reply replies[] = {
	REPLY("accepted", 200), REPLY("no_event", 200), REPLY("other_event", 200),
	REPLY("empty_body", 400), REPLY("not_json", 400), REPLY("no_subject", 400),
	REPLY("unknown_integration", 400), REPLY("no_signature", 400), REPLY("bad_token", 400),
	REPLY("bad_signature", 400), REPLY("no_kid", 400), REPLY("unknown_key", 400),
	REPLY("expired", 400),
};

/* ---- Load ---- */

static int32_t load_install(const struct mortise_registry *registry, struct mortise_registrar *reg)
{
	EACH(i, credentials)
		TRY(registry->credential(reg, PROVIDER, &credentials[i]));
	EACH(i, upstreams)
		TRY(registry->upstream(reg, PROVIDER, &upstreams[i]));
	EACH(i, steps)
		TRY(registry->step(reg, PROVIDER, &steps[i]));
	EACH(i, form_fields)
		TRY(registry->step_field(reg, PROVIDER, STEP_FORM, &form_fields[i]));
	return MORTISE_OK;
}

static int32_t load_webhook(const struct mortise_registry *registry, struct mortise_registrar *reg)
{
	TRY(registry->webhook(reg, PROVIDER, &webhook));
	TRY(registry->webhook_token(reg, PROVIDER, webhook.name, &webhook_token));
	EACH(i, events)
		TRY(registry->webhook_event(reg, PROVIDER, webhook.name, &events[i]));
	EACH(i, replies)
		TRY(registry->webhook_reply(reg, PROVIDER, webhook.name, &replies[i]));
	return MORTISE_OK;
}

int32_t server_load(const struct mortise_registry *registry, struct mortise_registrar *reg)
{
	TRY(registry->provider(reg, &provider));
	EACH(i, features)
		TRY(registry->feature(reg, PROVIDER, &features[i]));
	TRY(load_install(registry, reg));
	return load_webhook(registry, reg);
}
