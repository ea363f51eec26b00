/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/tracker/ticket.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/ingest/event_text.h"
#include "core/issue/short_id.h"
#include "core/provider/registration.h"
#include "core/storage/event.h"
#include "core/storage/issue.h"
#include "core/storage/organization.h"

#define EVENT_TEXT_MAX 16384   /* bytes; trackers take at least 32 KiB */

int ticket_issue_url(struct tx *tx, const struct daemon *daemon, const struct issue *issue,
	char **ret_url, struct err *err)
{
	cleanup_organization struct organization organization = {0};
	char id[24];

	if (issue->url) {
		*ret_url = xstrdup(issue->url);
		return 0;
	}
	snprintf(id, sizeof(id), "%" PRId64, issue->organization_id);
	if (organization_find(tx, id, &organization, err) < 0)
		return err->code;
	*ret_url = xasprintf("%s/organizations/%s/issues/%" PRId64 "/",
		daemon->settings->public_url, organization.slug, issue->id);
	return 0;
}

/* What happened, for a code fence: never with one inside. */
static int read_event(struct tx *tx, const struct issue *issue, char **ret_text, struct err *err)
{
	cleanup_json json_t *body = NULL;
	cleanup_err struct err missing = {0};
	int result = event_recommended(tx, issue->id, &body, &missing);
	char *text;

	if (result < 0 && result != MORTISE_E_NOT_FOUND)
		return err_move(err, &missing);
	text = result == 0 ? event_text(body, EVENT_TEXT_MAX) : xstrdup("");
	if (!*text) {
		free(text);
		text = xasprintf("%s%s%s", issue->title, *issue->culprit ? "\n" : "", issue->culprit);
		for (char *c = text; *c; c++)
			if (*c == '`')
				*c = '\'';
	}
	*ret_text = text;
	return 0;
}

/* The link's text is a short id and needs no escapes; its address may hold a query. */
static char *describe(const struct reg_provider *provider, const char *short_id, const char *url,
	const char *event)
{
	return xasprintf("Issue: [%s](%s%creferrer=%s_integration)\n\n```\n%s\n```", short_id, url,
		strchr(url, '?') ? '&' : '?', reg_row_key(provider), event);
}

int ticket_issue_json(struct tx *tx, const struct daemon *daemon,
	const struct reg_provider *provider, const struct issue *issue, json_t **ret_json,
	struct err *err)
{
	cleanup_free char *url = NULL;
	cleanup_free char *event = NULL;
	cleanup_free char *description = NULL;
	char short_id[SHORT_ID_SIZE], id[24];

	if (ticket_issue_url(tx, daemon, issue, &url, err) < 0 ||
		read_event(tx, issue, &event, err) < 0)
		return err->code;
	short_id_format(issue->project_slug, issue->number, short_id);
	snprintf(id, sizeof(id), "%" PRId64, issue->id);
	description = describe(provider, short_id, url, event);
	*ret_json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id", id, "short_id", short_id,
		"title", issue->title, "url", url, "project", issue->project_slug, "description",
		description);
	return 0;
}
