/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Status and assignee, both ways.
 *
 * Out: the status only where it differs; the assignee replaces all that there were.  What
 * was written is told, so that GitHub's report of it is known as our own.
 *
 * In: what an event says of the issue's state counts, not what it says has changed:
 * GitHub sends "assigned" and "unassigned" in no fixed order.  GitHub does not tell of each
 * issue of a repository that is renamed: it gets its new key when it is next heard of.
 * Why an issue was closed (`state_reason`) is not read: closed as not planned is resolved,
 * too.
 */
#include "github.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOGIN_MAX_SIZE 100
#define ASSIGNEES_MAX 10       /* the most that GitHub keeps */
#define JOINED_MAX_SIZE 256    /* what the effect takes */

static int32_t patch_issue(struct mortise_call *call, const struct issue_key *key,
	const json_t *body, int32_t invalid, json_t **ret_issue)
{
	json_t *params = github_key_params(key);
	const struct request ask = {.method = "PATCH", .path = "/repos/{repo*}/issues/{number}",
		.params = params, .body = body, .invalid = invalid};
	int32_t ret = github_get(call, &ask, ret_issue);

	json_decref(params);
	return ret;
}

/* The upstream's time of a change, as a member that may be absent. */
static json_t *time_of(const json_t *issue)
{
	int64_t time_ms;

	return github_time(github_text(issue, "updated_at"), &time_ms) ? json_integer(time_ms) : NULL;
}

/* ---- Status, out ---- */

/* What the settings want the issue to be on GitHub: "open" or "closed". */
static int32_t read_mapping(struct mortise_call *call, const char *repository, bool resolved,
	const char **ret_state)
{
	json_t *args = json_pack("{s:s}", "external_id", repository);
	json_t *mapping = NULL;
	const char *state;
	int32_t ret = host->read(call, MORTISE_READ_MAPPING, args, &mapping);

	json_decref(args);
	state = github_text(mapping, resolved ? "resolved" : "unresolved");
	if (ret == MORTISE_E_NOT_FOUND)
		ret = host->fail(call, MORTISE_E_NO_TARGET, "the settings map no statuses for %s: add the "
			"repository to \"Sync Status to GitHub\"", repository);
	else if (ret == MORTISE_OK && state && strcmp(state, "open") == 0)
		*ret_state = "open";
	else if (ret == MORTISE_OK && state && strcmp(state, "closed") == 0)
		*ret_state = "closed";
	else if (ret == MORTISE_OK)
		ret = host->fail(call, MORTISE_E_NO_TARGET, "the settings map %s to a status that GitHub "
			"does not have: choose open or closed there", repository);
	json_decref(mapping);
	return ret;
}

/* Close or reopen it, unless it is so already. */
static int32_t set_state(struct mortise_call *call, struct issue_key *key, const char *state,
	json_t **ret_output)
{
	json_t *issue = NULL, *body;
	const char *now;
	int32_t ret = github_issue_read(call, key, &issue);

	if (ret == MORTISE_OK)
		ret = github_issue_moved(call, issue, key);
	now = github_text(issue, "state");
	if (ret != MORTISE_OK || (now && strcmp(now, state) == 0)) {
		json_decref(issue);
		return ret;
	}
	json_decref(issue);
	body = json_pack("{s:s}", "state", state);
	ret = patch_issue(call, key, body, MORTISE_E_SETTINGS, &issue);
	json_decref(body);
	if (ret == MORTISE_OK) {
		*ret_output = json_pack("{s:s, s:o*}", "wrote", state, "time_ms", time_of(issue));
		json_decref(issue);
	}
	return ret;
}

int32_t github_status_out(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	bool resolved = json_is_true(json_object_get(input, "resolved"));
	const char *state = NULL;
	struct issue_key key;
	int32_t ret = github_key_of_call(call, input, &key);

	if (ret == MORTISE_OK)
		ret = read_mapping(call, key.repository, resolved, &state);
	return ret == MORTISE_OK ? set_state(call, &key, state, ret_output) : ret;
}

/* ---- Assignee, out ---- */

/* "@Mona" is the account "mona"; false if it is none. */
static bool read_login(const json_t *user, char ret_login[LOGIN_MAX_SIZE + 1])
{
	const char *name = github_text(user, "external_name");
	size_t size = 0;

	for (name += name && *name == '@'; name && *name; name++) {
		if (size == LOGIN_MAX_SIZE || (!isalnum((unsigned char)*name) && !strchr("-_[]", *name)))
			return false;
		ret_login[size++] = (char)tolower((unsigned char)*name);
	}
	ret_login[size] = '\0';
	return size > 0;
}

/* The logins of an issue's assignees in lower case, separated by commas. */
static char *join_assignees(const json_t *assignees)
{
	char *text = NULL;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);
	json_t *account;

	json_array_foreach(assignees, i, account) {
		const char *login = github_short(account, "login", LOGIN_MAX_SIZE);

		fputs(i > 0 ? "," : "", out);
		for (; login && *login; login++)
			fputc(tolower((unsigned char)*login), out);
	}
	fclose(out);
	return text;
}

/* GitHub takes a name that may not be assigned without a word, and leaves it out. */
static int32_t check_assigned(struct mortise_call *call, const json_t *issue,
	const struct issue_key *key, const char *login)
{
	char *now = join_assignees(json_object_get(issue, "assignees"));
	bool same = strcmp(now, login) == 0;

	free(now);
	return same ? MORTISE_OK : host->fail(call, MORTISE_E_NO_TARGET, "GitHub did not assign %s: "
		"the account needs access to %s", login, key->repository);
}

int32_t github_assignee_out(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	bool assign = json_is_true(json_object_get(input, "assign"));
	char login[LOGIN_MAX_SIZE + 1] = "";
	struct issue_key key;
	json_t *body, *issue = NULL;
	int32_t ret = github_key_of_call(call, input, &key);

	if (ret == MORTISE_OK && assign && !read_login(json_object_get(input, "user"), login))
		ret = host->fail(call, MORTISE_E_NO_TARGET, "it is not known which GitHub account this "
			"user has: add it to the external users of the organization");
	if (ret != MORTISE_OK)
		return ret;
	body = json_pack("{s:[s*]}", "assignees", assign ? login : NULL);
	ret = patch_issue(call, &key, body, MORTISE_E_NO_TARGET, &issue);
	json_decref(body);
	if (ret == MORTISE_OK && assign)
		ret = check_assigned(call, issue, &key, login);
	if (ret == MORTISE_OK)
		ret = github_issue_moved(call, issue, &key);
	if (ret == MORTISE_OK)
		*ret_output = json_pack("{s:s, s:o*}", "wrote", login, "time_ms", time_of(issue));
	json_decref(issue);
	return ret;
}

/* ---- In ---- */

static int32_t handle_state(struct mortise_call *call, const char *key, const json_t *body)
{
	const json_t *issue = json_object_get(body, "issue");
	bool closed = strcmp(github_text(body, "action"), "closed") == 0;

	return github_effect(call, MORTISE_EFFECT_STATUS_IN, json_pack("{s:s, s:{s:s}, s:s, s:o*}",
		"key", key, "change", "action", closed ? "resolve" : "unresolve", "status",
		closed ? "closed" : "open", "time_ms", time_of(issue)));
}

static int32_t handle_assignees(struct mortise_call *call, const char *key, const json_t *body)
{
	const json_t *issue = json_object_get(body, "issue");
	const json_t *assignees = json_object_get(issue, "assignees");
	json_t *list = json_array(), *account;
	char *joined = join_assignees(assignees);
	size_t i;
	int32_t ret;

	json_array_foreach(assignees, i, account) {
		const char *login = github_short(account, "login", LOGIN_MAX_SIZE);
		char id[ID_SIZE], name[LOGIN_MAX_SIZE + 2];

		if (!login || json_array_size(list) == ASSIGNEES_MAX)
			continue;
		snprintf(name, sizeof(name), "@%s", login);
		json_array_append_new(list, json_pack("{s:s, s:s*}", "name", name, "external_id",
			github_id(account, "id", id) ? id : NULL));
	}
	ret = github_effect(call, MORTISE_EFFECT_ASSIGNEE_IN, json_pack("{s:s, s:o, s:s*, s:o*}", "key",
		key, "assignees", list, "assignee", strlen(joined) <= JOINED_MAX_SIZE ? joined : NULL,
		"time_ms", time_of(issue)));
	free(joined);
	return ret;
}

static int32_t handle_edited(struct mortise_call *call, const char *key, const json_t *body)
{
	const json_t *issue = json_object_get(body, "issue");
	const char *title = github_text(issue, "title");
	char *cut = title ? github_cut(title, TITLE_MAX_SIZE) : NULL;
	char *description = github_unmark(github_text(issue, "body"));
	int32_t ret = github_effect(call, MORTISE_EFFECT_ISSUE_REFRESH, json_pack(
		"{s:s, s:s*, s:s*, s:s*}", "key", key, "title", cut, "description", description, "url",
		github_web_url(issue)));

	free(cut);
	free(description);
	return ret;
}

static int32_t gone(struct mortise_call *call, const char *key, const char *reason)
{
	return github_effect(call, MORTISE_EFFECT_ISSUE_GONE, json_pack("{s:s, s:s}", "key", key,
		"reason", reason));
}

static int32_t handle_deleted(struct mortise_call *call, const char *key, const json_t *body)
{
	(void)body;
	return gone(call, key, "deleted");
}

/* To a repository that nobody here has, it is lost to us. */
static int32_t handle_transferred(struct mortise_call *call, const char *key, const json_t *body)
{
	const json_t *changes = json_object_get(body, "changes");
	const json_t *issue = json_object_get(changes, "new_issue");
	const json_t *repository = json_object_get(changes, "new_repository");
	const char *name = github_short(repository, "full_name", NAME_MAX_SIZE);
	struct issue_key now = {.number = json_integer_value(json_object_get(issue, "number"))};
	json_t *args, *known = NULL;
	char id[ID_SIZE], *text;
	int32_t ret;

	if (!github_is_repository_name(name) || !github_id(repository, "id", id) || now.number <= 0)
		return gone(call, key, "moved");
	args = json_pack("{s:s}", "external_id", id);
	ret = host->read(call, MORTISE_READ_REPOSITORY, args, &known);
	json_decref(args);
	json_decref(known);
	if (ret == MORTISE_E_NOT_FOUND)
		return gone(call, key, "moved");
	if (ret != MORTISE_OK)
		return ret;
	snprintf(now.repository, sizeof(now.repository), "%s", name);
	text = github_key_text(&now);
	ret = github_effect(call, MORTISE_EFFECT_ISSUE_MOVED, json_pack("{s:s, s:s, s:s*}", "old_key",
		key, "key", text, "url", github_web_url(issue)));
	free(text);
	return ret;
}

/* Has another repository this name now?  What is committed may still call ours so. */
static int32_t is_taken(struct mortise_call *call, const char *name, const json_t *repository,
	bool *ret_taken)
{
	json_t *args = json_pack("{s:s}", "name", name);
	json_t *other = NULL;
	const char *other_id;
	char id[ID_SIZE] = "";
	int32_t ret = host->read(call, MORTISE_READ_REPOSITORY, args, &other);

	json_decref(args);
	other_id = github_text(other, "external_id");
	(void)github_id(repository, "id", id);
	*ret_taken = other_id && strcmp(other_id, id) != 0;
	json_decref(other);
	return ret == MORTISE_E_NOT_FOUND ? MORTISE_OK : ret;
}

/* An issue of a repository that was renamed may be known under a name that it had. */
static int32_t take_over_names(struct mortise_call *call, json_t *former,
	const json_t *repository, const struct issue_key *key)
{
	char *text = github_key_text(key);
	const char *name;
	json_t *unused;
	int32_t ret = MORTISE_OK;

	json_object_foreach(former, name, unused) {
		struct issue_key was = {.number = key->number};
		bool taken = true;
		char *old_key;

		if (ret != MORTISE_OK || !github_is_repository_name(name) ||
			strlen(name) > NAME_MAX_SIZE || strcmp(name, key->repository) == 0)
			continue;
		ret = is_taken(call, name, repository, &taken);
		if (ret != MORTISE_OK || taken)
			continue;
		snprintf(was.repository, sizeof(was.repository), "%s", name);
		old_key = github_key_text(&was);
		ret = github_effect(call, MORTISE_EFFECT_ISSUE_MOVED, json_pack("{s:s, s:s}", "old_key",
			old_key, "key", text));
		free(old_key);
	}
	free(text);
	return ret;
}

int32_t github_handle_issues(struct mortise_call *call, const json_t *body, json_t **ret_output)
{
	static const struct {
		const char *action;
		int32_t (*handle)(struct mortise_call *call, const char *key, const json_t *body);
	} actions[] = {
		{"closed", handle_state},
		{"reopened", handle_state},
		{"assigned", handle_assignees},
		{"unassigned", handle_assignees},
		{"edited", handle_edited},
		{"deleted", handle_deleted},
		{"transferred", handle_transferred},
	};
	const json_t *repository = json_object_get(body, "repository");
	const char *name = github_short(repository, "full_name", NAME_MAX_SIZE);
	const char *action = github_text(body, "action");
	struct issue_key key = {.number = json_integer_value(json_object_get(
		json_object_get(body, "issue"), "number"))};
	json_t *former = NULL;
	char *text;
	int32_t ret;

	if (!github_is_repository_name(name) || key.number <= 0) {
		*ret_output = json_pack("{s:s}", "outcome", "the event names no issue");
		return MORTISE_OK;
	}
	snprintf(key.repository, sizeof(key.repository), "%s", name);
	ret = github_refresh_repository(call, repository, &former);
	if (ret == MORTISE_OK)
		ret = take_over_names(call, former, repository, &key);
	json_decref(former);
	text = github_key_text(&key);
	for (size_t i = 0; ret == MORTISE_OK && action && i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].action, action) == 0)
			ret = actions[i].handle(call, text, body);
	free(text);
	return ret;
}
