/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What Jira sends and answers, through the plugin's callbacks (plugin_player.h). */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "plugins/jira/cloud.h"
#include "plugins/jira/server.h"
#include "tests/fuzz/plugin_player.h"

const struct mortise_host *host = &plugin_player;

/* What both providers have. */
#define SHARED(of_)             \
	of_(issue_form)         \
	of_(issue_create)       \
	of_(issue_get)          \
	of_(issue_linked)       \
	of_(issue_search)       \
	of_(issue_changed)      \
	of_(comment_create)     \
	of_(comment_update)     \
	of_(status_out)         \
	of_(assignee_out)       \
	of_(status_action)      \
	of_(config_form)        \
	of_(config_save)        \
	of_(sync_metadata)

#define CLOUD(name_) JIRA_CALLBACK(cloud, name_)
#define SERVER(name_) JIRA_CALLBACK(server, name_)
SHARED(CLOUD)
SHARED(SERVER)

#define CLOUD_ROW(name_) {"cloud_" #name_, cloud_##name_},
#define SERVER_ROW(name_) {"server_" #name_, server_##name_},

static const struct played callbacks[] = {
	SHARED(CLOUD_ROW)
	{"descriptor", cloud_descriptor},
	{"installed", cloud_installed},
	{"uninstalled", cloud_uninstalled},
	{"show_site", cloud_show_site},
	{"cloud_build", cloud_build},
	{"settings_page", cloud_settings_page},
	{"panel_page", cloud_panel_page},
	SHARED(SERVER_ROW)
	{"check_form", server_check_form},
	{"server_build", server_build},
	{"undo", server_undo},
	{"post_install", server_post_install},
	{"uninstall", server_uninstall},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	plugin_play(callbacks, lengthof(callbacks), data, size);
	return 0;
}
