/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What the files of Jira Cloud share: an app as Atlassian Connect defines it. */
#ifndef MORTISE_PLUGINS_JIRA_CLOUD_H
#define MORTISE_PLUGINS_JIRA_CLOUD_H

#include "jira.h"

#define PROVIDER "jira"

/* ---- connect.c: the app's life cycle, and how a site comes to an organization ---- */

mortise_callback cloud_descriptor, cloud_installed, cloud_uninstalled, cloud_show_site,
	cloud_build;
/* The key of the app, by which Jira knows us; a new string. */
int32_t cloud_app_key(struct mortise_call *call, char **ret_key);
/* The key of the panel beside an issue, within the app; a new string. */
int32_t cloud_panel_key(struct mortise_call *call, char **ret_key);

/* ---- page.c ---- */

mortise_callback cloud_settings_page, cloud_panel_page;

#endif
