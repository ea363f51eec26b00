/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What the files of Jira Server / Data Center share: an application link, or a token. */
#ifndef MORTISE_PLUGINS_JIRA_SERVER_H
#define MORTISE_PLUGINS_JIRA_SERVER_H

#include "jira.h"

/* ---- server_install.c ---- */

mortise_callback server_check_form, server_build, server_undo, server_post_install,
	server_uninstall;
/* "token" or "oauth1", by which the integration is connected: the name of a credential. */
int32_t server_credentials(struct mortise_call *call, const char **ret_name);

/* ---- server_webhook.c: the webhook that we make in Jira ---- */

/* The address that Jira is to tell us changes at: a new string.  'slot' has the key. */
int32_t server_webhook_url(struct mortise_call *call, const char *slot, const char *external_id,
	char **ret_url);
/* Make it, once. */
int32_t server_webhook_make(struct mortise_call *call, const struct request *as,
	const char *url);
/* Remove those of this integration; all, or but the one of this address. */
int32_t server_webhook_remove(struct mortise_call *call, const struct request *as,
	const char *url, bool keep_this);
/* Remove the one that an answer of Jira's names. */
int32_t server_webhook_remove_made(struct mortise_call *call, const struct request *as,
	const json_t *made);

#define WEBHOOK_ONCE "webhook"

#endif
