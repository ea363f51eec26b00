/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The pages of ours that Jira shows in a frame: one that finishes an install, and the panel
 * beside an issue, with its badge.
 */
#include "cloud.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REFERENCE_LIFE_MS (24 * 3600 * 1000)

/* ---- Finishing an install ---- */

int32_t cloud_settings_page(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	char *reference = NULL, *path = NULL, *product = NULL;
	json_t *url = NULL;
	int32_t ret = host->reference_make(call, REFERENCE_LIFE_MS, &reference);

	(void)input;
	if (ret == MORTISE_OK)
		ret = jira_product(call, &product);
	if (ret == MORTISE_OK && asprintf(&path, "/extensions/jira/configure/?signed_params=%s",
		reference) < 0)
		ret = host->fail(call, MORTISE_E_RETRY, "there is no memory left; try again");
	if (ret == MORTISE_OK)
		ret = jira_read(call, MORTISE_READ_PUBLIC_URL, "path", path, &url);
	if (ret == MORTISE_OK)
		*ret_output = json_pack("{s:s+, s:[s++, s], s:{s:s+, s:O}}", "title", "Connect Jira to ",
			product, "text", "This site is known to ", product, ". To use it, say which of your "
			"organizations there it belongs to. You can do so for several of them.",
			"The link is good once, for 24 hours; open this page again for another one.",
			"action", "label", "Finish in ", product, "url", url);
	json_decref(url);
	free(product);
	free(path);
	free(reference);
	return ret;
}

/* ---- The badge ---- */

/* Why the badge is not set, or NULL: it is no reason to show no panel. */
static const char *badge_trouble(int32_t ret, int32_t status)
{
	if (ret != MORTISE_OK || status >= 500 || status == 429)
		return "Cannot reach host to set badge.";
	return status >= 400 ? "User lacks permissions to set badge." : NULL;
}

/* Jira shows how many issues are linked before the panel is opened. */
static int32_t put_badge(struct mortise_call *call, const char *key, json_int_t count,
	const char **ret_trouble)
{
	char *app_key = NULL, *panel_key = NULL;
	json_t *params, *body;
	struct mortise_answer answer = {.size = sizeof(answer)};
	int32_t ret = cloud_app_key(call, &app_key);

	if (ret == MORTISE_OK)
		ret = cloud_panel_key(call, &panel_key);
	if (ret == MORTISE_OK) {
		params = json_pack("{s:s, s:s++++}", "key", key, "property", "com.atlassian.jira.issue:",
			app_key, ":", panel_key, ":status");
		body = json_pack("{s:s, s:{s:I}}", "type", "badge", "value", "label", count);
		ret = jira_ask(call, &jira_cloud, &(struct request){.method = "PUT",
			.path = "/issue/{key}/properties/{property}", .params = params, .body = body},
			&answer);
		*ret_trouble = badge_trouble(ret, answer.status);
		ret = ret == MORTISE_E_CANCELLED ? ret : MORTISE_OK;
		json_decref(body);
		json_decref(params);
	}
	host->answer_clear(&answer);
	free(panel_key);
	free(app_key);
	return ret;
}

/* ---- The panel ---- */

static void add_fact(json_t *facts, const char *label, const char *value)
{
	if (value && *value)
		json_array_append_new(facts, json_pack("{s:s, s:s}", "label", label, "value", value));
}

static void add_time(json_t *facts, const char *label, const json_t *time_ms)
{
	time_t time_s = (time_t)(json_integer_value(time_ms) / 1000);
	struct tm tm;
	char text[64];

	if (json_is_integer(time_ms) && gmtime_r(&time_s, &tm) &&
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm) > 0)
		add_fact(facts, label, text);
}

static void add_count(json_t *facts, const char *label, const json_t *count)
{
	char text[32];

	snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(count));
	add_fact(facts, label, text);
}

static json_t *make_row(const json_t *issue)
{
	const char *short_id = jira_text(issue, "short_id");
	const char *title = jira_text(issue, "title");
	json_t *facts = json_array();

	add_fact(facts, "Type", jira_text(issue, "type"));
	add_fact(facts, "Status", jira_text(issue, "status"));
	add_time(facts, "First seen", json_object_get(issue, "first_seen_ms"));
	add_time(facts, "Last seen", json_object_get(issue, "last_seen_ms"));
	add_fact(facts, "First release", jira_text(issue, "first_release"));
	add_fact(facts, "Last release", jira_text(issue, "last_release"));
	add_count(facts, "Last 24 hours", json_object_get(issue, "day"));
	add_count(facts, "Last 14 days", json_object_get(issue, "fortnight"));
	return json_pack("{s:s++, s:O*, s:o}", "title", short_id ? short_id : "", short_id ? " " : "",
		title ? title : "", "url", json_object_get(issue, "url"), "facts", facts);
}

/* What is linked to the issue, and what is to be said of it. */
static json_t *make_panel(const json_t *linked, const char *product, const char *trouble)
{
	json_t *rows = json_array(), *text = json_array(), *issue;
	json_int_t total = json_integer_value(json_object_get(linked, "total"));
	size_t i;

	json_array_foreach(json_object_get(linked, "issues"), i, issue)
		json_array_append_new(rows, make_row(issue));
	if (total == 0)
		json_array_append_new(text, json_pack("s++", "No issue of ", product,
			" is linked to this one."));
	if (total > (json_int_t)json_array_size(rows))
		json_array_append_new(text, json_string("The newest of them are shown."));
	if (trouble)
		json_array_append_new(text, json_string(trouble));
	return json_pack("{s:s, s:o, s:o}", "title", "Linked Issues", "text", text, "rows", rows);
}

int32_t cloud_panel_page(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const char *key = jira_text(json_object_get(input, "path"), "issue_key");
	const char *trouble = NULL;
	char *product = NULL;
	json_t *linked = NULL;
	int32_t ret;

	if (!jira_is_key(key))
		return host->fail(call, MORTISE_E_NOT_FOUND, "There is no issue at this address.");
	TRY(jira_read(call, MORTISE_READ_LINKED_ISSUES, "key", key, &linked));
	ret = jira_product(call, &product);
	if (ret == MORTISE_OK)
		ret = put_badge(call, key, json_integer_value(json_object_get(linked, "total")), &trouble);
	if (ret == MORTISE_OK)
		*ret_output = make_panel(linked, product, trouble);
	free(product);
	json_decref(linked);
	return ret;
}
