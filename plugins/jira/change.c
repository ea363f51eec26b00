/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What Jira tells of an issue: its webhook for changed and deleted ones.
 *
 * The changelog says what has changed, the issue in the body what it is now; the latter
 * counts, but for the status, whose two ids only the changelog has.  An event without a
 * changelog changed nothing that we know.
 *
 * A description comes as text or as a document, whichever Jira likes.
 */
#include "jira.h"

#include <stdlib.h>
#include <string.h>

#define DELETED "jira:issue_deleted"

struct change {
	const struct flavor *flavor;
	const char *key;           /* the issue's, now */
	const json_t *fields;      /* of the issue, now */
	const json_t *items;       /* of the changelog */
	json_t *time;              /* number, or NULL; borrowed */
	const char *outcome;       /* set if there is something to be said of it */
};

/* The first item about 'field', or NULL. */
static const json_t *find_item(const struct change *change, const char *field)
{
	json_t *item;
	size_t i;

	json_array_foreach(change->items, i, item) {
		const char *name = jira_text(item, "field");

		if (name && strcmp(name, field) == 0)
			return item;
	}
	return NULL;
}

/* ---- Assignee ---- */

static int32_t put_assignee(struct mortise_call *call, const struct change *change,
	const char *email, const char *id)
{
	return jira_effect(call, MORTISE_EFFECT_ASSIGNEE_IN, json_pack("{s:s, s:o, s:s, s:O*}", "key",
		change->key, "assignees", email ? json_pack("[{s:s}]", "email", email) : json_array(),
		"assignee", id ? id : "", "time_ms", change->time));
}

/* An address that Jira hides is asked for, where that is allowed.  Not to get it is the end
 * of this change, but not of the others in the same event. */
static int32_t ask_email(struct mortise_call *call, struct change *change, const json_t *assignee,
	char **ret_email)
{
	int32_t ret = change->flavor->user_email
		? change->flavor->user_email(call, assignee, ret_email) : MORTISE_OK;

	if (ret == MORTISE_E_UPSTREAM) {
		change->outcome = "Cannot reach host to get email.";
		return MORTISE_OK;
	}
	if (ret == MORTISE_E_FORBIDDEN || ret == MORTISE_E_NOT_FOUND) {
		change->outcome = "User lacks permissions to get email.";
		return MORTISE_OK;
	}
	if (ret == MORTISE_OK && !*ret_email)
		change->outcome = "the assignee shows no address";
	return ret;
}

static int32_t change_assignee(struct mortise_call *call, struct change *change)
{
	const json_t *assignee = json_object_get(change->fields, "assignee");
	const char *id = jira_short(assignee, change->flavor->user_id, KEY_MAX_SIZE);
	const char *shown = jira_short(assignee, "emailAddress", KEY_MAX_SIZE);
	char *asked = NULL;
	int32_t ret = MORTISE_OK;

	if (!find_item(change, "assignee"))
		return MORTISE_OK;
	if (!json_is_object(assignee))
		return put_assignee(call, change, NULL, NULL);
	if (!shown)
		ret = ask_email(call, change, assignee, &asked);
	if (ret == MORTISE_OK && (shown || asked))
		ret = put_assignee(call, change, shown ? shown : asked, id);
	free(asked);
	return ret;
}

/* ---- The others ---- */

static int32_t change_status(struct mortise_call *call, struct change *change)
{
	const json_t *item = find_item(change, "status");
	const char *from = jira_short(item, "from", KEY_MAX_SIZE);
	const char *to = jira_short(item, "to", KEY_MAX_SIZE);

	if (!from || !to)
		return MORTISE_OK;
	return jira_effect(call, MORTISE_EFFECT_STATUS_IN, json_pack("{s:s, s:{s:s, s:s}, s:s, s:O*}",
		"key", change->key, "change", "from", from, "to", to, "status", to, "time_ms",
		change->time));
}

static int32_t change_texts(struct mortise_call *call, struct change *change)
{
	const char *summary = jira_text(change->fields, "summary");
	char *title = NULL, *description = NULL;
	int32_t ret = MORTISE_OK;

	if (find_item(change, "summary") && summary)
		title = jira_cut(summary, TITLE_MAX_SIZE);
	if (find_item(change, "description"))
		description = change->flavor->read_text(json_object_get(change->fields, "description"));
	if (find_item(change, "description") && !description)
		description = strdup("");
	if (title || description)
		ret = jira_effect(call, MORTISE_EFFECT_ISSUE_REFRESH, json_pack("{s:s, s:s*, s:s*}", "key",
			change->key, "title", title, "description", description));
	free(title);
	free(description);
	return ret;
}

/* An issue gets another key when it is moved to another project. */
static int32_t change_key(struct mortise_call *call, struct change *change)
{
	const char *was = jira_text(find_item(change, "Key"), "fromString");

	if (!jira_is_key(was) || strcmp(was, change->key) == 0)
		return MORTISE_OK;
	return jira_effect(call, MORTISE_EFFECT_ISSUE_MOVED, json_pack("{s:s, s:s}", "old_key", was,
		"key", change->key));
}

/* ---- The webhook ---- */

static int32_t outcome(json_t **ret_output, const char *text)
{
	if (text)
		*ret_output = json_pack("{s:s}", "outcome", text);
	return MORTISE_OK;
}

/* The new key first: what follows is said of it. */
static int32_t apply(struct mortise_call *call, struct change *change)
{
	TRY(change_key(call, change));
	TRY(change_assignee(call, change));
	TRY(change_status(call, change));
	return change_texts(call, change);
}

int32_t jira_issue_changed(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, json_t **ret_output)
{
	const json_t *body = json_object_get(input, "body");
	const json_t *issue = json_object_get(body, "issue");
	const char *event = jira_text(body, "webhookEvent");
	json_t *time = json_object_get(body, "timestamp");
	struct change change = {
		.flavor = flavor,
		.key = jira_text(issue, "key"),
		.fields = json_object_get(issue, "fields"),
		.items = json_object_get(json_object_get(body, "changelog"), "items"),
		.time = json_is_integer(time) && json_integer_value(time) > 0 &&
			json_integer_value(time) < INT64_C(253402300800000) ? time : NULL,
	};

	if (!jira_is_key(change.key))
		return outcome(ret_output, "the event names no issue");
	if (event && strcmp(event, DELETED) == 0)
		return jira_effect(call, MORTISE_EFFECT_ISSUE_GONE, json_pack("{s:s, s:s}", "key",
			change.key, "reason", "deleted"));
	if (!json_is_array(change.items))
		return outcome(ret_output, "the event tells of no change");
	TRY(apply(call, &change));
	return outcome(ret_output, change.outcome);
}
