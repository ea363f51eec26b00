/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What GitHub sends and answers, through the plugin's callbacks (plugin_player.h). */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "plugins/github/github.h"
#include "tests/fuzz/plugin_player.h"

const struct mortise_host *host = &plugin_player;

static const struct played callbacks[] = {
	{"webhook", github_webhook},
	{"check_login", github_check_login},
	{"show_organizations", github_show_organizations},
	{"check_installation", github_check_installation},
	{"build", github_build},
	{"post_install", github_post_install},
	{"repository_list", github_repository_list},
	{"repository_get", github_repository_get},
	{"link_all", github_link_all},
	{"sync_repositories", github_sync_repositories},
	{"migrate", github_migrate},
	{"catch_up", github_catch_up},
	{"issue_form", github_issue_form},
	{"issue_create", github_issue_create},
	{"issue_get", github_issue_get},
	{"issue_linked", github_issue_linked},
	{"issue_search", github_issue_search},
	{"comment_create", github_comment_create},
	{"comment_update", github_comment_update},
	{"status_out", github_status_out},
	{"assignee_out", github_assignee_out},
	{"config_form", github_config_form},
	{"config_save", github_config_save},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	plugin_play(callbacks, lengthof(callbacks), data, size);
	return 0;
}
