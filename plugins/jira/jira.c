/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Jira: what is loaded, and what both providers register alike. */
#include "jira.h"

const struct mortise_host *host;

/* Both providers' callbacks of the code that they share. */
#define SHARED(flavor_)                       \
	JIRA_CALLBACK(flavor_, issue_form)    \
	JIRA_CALLBACK(flavor_, issue_create)  \
	JIRA_CALLBACK(flavor_, issue_get)     \
	JIRA_CALLBACK(flavor_, issue_linked)  \
	JIRA_CALLBACK(flavor_, issue_search)  \
	JIRA_CALLBACK(flavor_, comment_create) \
	JIRA_CALLBACK(flavor_, comment_update) \
	JIRA_CALLBACK(flavor_, status_out)    \
	JIRA_CALLBACK(flavor_, assignee_out)  \
	JIRA_CALLBACK(flavor_, status_action) \
	JIRA_CALLBACK(flavor_, config_form)   \
	JIRA_CALLBACK(flavor_, config_save)   \
	JIRA_CALLBACK(flavor_, sync_metadata)

SHARED(cloud)
SHARED(server)

#define ISSUE_PROVIDER(flavor_)                                                           \
	{                                                                                 \
		.size = sizeof(struct mortise_issue_provider),                            \
		.key_url = "{metadata:/base_url}/browse/{key}",                           \
		.defaults = "project,issuetype,priority,labels",                          \
		.user_defaults = "reporter",                                              \
		.sync = "{\"comment\":\"sync_comments\","                                 \
			"\"outbound_status\":\"sync_status_forward\","                    \
			"\"inbound_status\":\"sync_status_reverse\","                     \
			"\"outbound_assignee\":\"sync_forward_assignment\","              \
			"\"inbound_assignee\":\"sync_reverse_assignment\"}",              \
		.form = flavor_##_issue_form,                                             \
		.create = flavor_##_issue_create,                                         \
		.get = flavor_##_issue_get,                                               \
		.linked = flavor_##_issue_linked,                                         \
		.search = flavor_##_issue_search,                                         \
		.comment_create = flavor_##_comment_create,                               \
		.comment_update = flavor_##_comment_update,                               \
		.status_out = flavor_##_status_out,                                       \
		.assignee_out = flavor_##_assignee_out,                                   \
		.status_action = flavor_##_status_action,                                 \
	}

#define CONFIG_FORM(flavor_)                                                              \
	{.size = sizeof(struct mortise_config_form), .form = flavor_##_config_form,       \
		.save = flavor_##_config_save}

/* Five more attempts, each 20 s after the one before. */
#define METADATA_TASK(flavor_)                                                            \
	{.size = sizeof(struct mortise_task), .scope = MORTISE_SCOPE_INTEGRATION,         \
		.name = SYNC_METADATA, .run = flavor_##_sync_metadata, .version = 1,      \
		.attempts = 6, .delay_ms = 20000, .factor_percent = 100}

static const struct shared {
	const struct flavor *flavor;
	int32_t (*load)(const struct mortise_registry *registry, struct mortise_registrar *reg);
	struct mortise_issue_provider issue_provider;
	struct mortise_config_form config_form;
	struct mortise_task task;
} providers[] = {
	{&jira_cloud, cloud_load, ISSUE_PROVIDER(cloud), CONFIG_FORM(cloud), METADATA_TASK(cloud)},
	{&jira_server, server_load, ISSUE_PROVIDER(server), CONFIG_FORM(server), METADATA_TASK(server)},
};

static int32_t load(const struct mortise_host *table, const struct mortise_registry *registry,
	struct mortise_registrar *reg)
{
	host = table;
	EACH(i, providers) {
		const char *provider = providers[i].flavor->provider;

		TRY(providers[i].load(registry, reg));
		TRY(registry->issue_provider(reg, provider, &providers[i].issue_provider));
		TRY(registry->config_form(reg, provider, &providers[i].config_form));
		TRY(registry->task(reg, provider, &providers[i].task));
	}
	return MORTISE_OK;
}

MORTISE_PLUGIN("jira", "0.1.0", "Apache-2.0", load, NULL);
