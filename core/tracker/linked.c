/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/tracker/linked.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/issue/short_id.h"
#include "core/storage/issue.h"
#include "core/storage/issue_hour.h"
#include "core/storage/issue_link.h"
#include "core/storage/release.h"
#include "core/tracker/ticket.h"

#define LINKED_MAX 50

/* The version of a release; NULL for none, or one that is gone. */
static int find_version(struct tx *tx, int64_t release_id, char **ret_version, struct err *err)
{
	cleanup_release struct release release = {0};
	cleanup_err struct err missing = {0};
	int result;

	*ret_version = NULL;
	if (release_id == 0)
		return 0;
	result = release_get(tx, release_id, &release, &missing);
	if (result == 0)
		*ret_version = xstrdup(release.version);
	return result < 0 && result != MORTISE_E_NOT_FOUND ? err_move(err, &missing) : 0;
}

static int describe(struct tx *tx, const struct linked_query *query, const struct issue *issue,
	json_t **ret_json, struct err *err)
{
	cleanup_free char *url = NULL;
	cleanup_free char *first = NULL;
	cleanup_free char *last = NULL;
	int64_t day = 0, fortnight = 0;
	char short_id[SHORT_ID_SIZE];

	if (ticket_issue_url(tx, query->daemon, issue, &url, err) < 0 ||
		find_version(tx, issue->first_release_id, &first, err) < 0 ||
		find_version(tx, issue->last_release_id, &last, err) < 0 ||
		issue_hour_recent(tx, issue->id, query->now_us, &day, &fortnight, err) < 0)
		return err->code;
	*ret_json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s*, s:s*, s:I, s:I, s:I}",
		"short_id", short_id_format(issue->project_slug, issue->number, short_id),
		"title", issue->title, "url", url, "type", issue->type,
		"level", issue_level_name(issue->level), "status", issue_status_name(issue->status),
		"first_seen_ms", (json_int_t)(issue->first_seen_at_us / 1000),
		"last_seen_ms", (json_int_t)(issue->last_seen_at_us / 1000),
		"first_release", first, "last_release", last,
		"count", (json_int_t)issue->times_seen, "day", (json_int_t)day,
		"fortnight", (json_int_t)fortnight);
	return 0;
}

int linked_issues(struct tx *tx, const struct linked_query *query, json_t **ret_linked,
	struct err *err)
{
	cleanup_json json_t *list = json_array();
	int64_t ids[LINKED_MAX], total;
	size_t len;
	int result = issue_link_list_key(tx, query->integration_id, query->organization_id, query->key,
		LINKED_MAX, ids, &len, &total, err);

	for (size_t i = 0; result == 0 && i < len; i++) {
		cleanup_issue struct issue issue = {0};
		json_t *json = NULL;

		result = issue_get(tx, ids[i], &issue, err);
		if (result == 0)
			result = describe(tx, query, &issue, &json, err);
		if (json)
			json_array_append_new(list, json);
	}
	if (result < 0)
		return result;
	*ret_linked = json_pack("{s:I, s:O}", "total", (json_int_t)total, "issues", list);
	return 0;
}
