/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Status and assignee on their way to Jira, and what a change of status there means here.
 *
 * A status in Jira is reached by a transition of the project's workflow.  Which there are
 * depends on the status that the issue has now, so that they are asked for each time.
 */
#include "jira.h"

#include <stdlib.h>
#include <string.h>

static bool is_same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* PUT or POST something whose answer says nothing. */
static int32_t write_issue(struct mortise_call *call, const struct flavor *flavor,
	const struct request *request)
{
	struct mortise_answer answer;

	TRY(jira_send(call, flavor, request, &answer));
	host->answer_clear(&answer);
	return MORTISE_OK;
}

/* ---- Status, out ---- */

/* The status that the settings give to the issue's project; a new string. */
static int32_t read_target(struct mortise_call *call, const json_t *issue, bool resolved,
	char **ret_status)
{
	const json_t *project = json_object_get(json_object_get(issue, "fields"), "project");
	const char *id = jira_short(project, "id", KEY_MAX_SIZE);
	const char *name = jira_short(project, "key", KEY_MAX_SIZE);
	const char *status;
	json_t *mapping = NULL;
	int32_t ret = id ? jira_read(call, MORTISE_READ_MAPPING, "external_id", id, &mapping)
		: MORTISE_E_NOT_FOUND;

	status = jira_short(mapping, resolved ? "resolved" : "unresolved", KEY_MAX_SIZE);
	if (ret == MORTISE_E_NOT_FOUND || (ret == MORTISE_OK && !status))
		ret = host->fail(call, MORTISE_E_NO_TARGET, "the settings map no statuses for the project "
			"%s: add it to the status map of the integration", name ? name : "of the issue");
	else if (ret == MORTISE_OK)
		*ret_status = strdup(status);
	json_decref(mapping);
	return ret;
}

/* The id of the transition that leads to a status; a new string. */
static int32_t find_transition(struct mortise_call *call, const struct flavor *flavor,
	const json_t *issue, const char *status, char **ret_id)
{
	const char *now = jira_text(json_object_get(json_object_get(issue, "fields"), "status"),
		"name");
	json_t *params = json_pack("{s:O}", "key", json_object_get(issue, "key"));
	json_t *answer = NULL, *transition;
	const char *id = NULL;
	size_t i;
	int32_t ret = jira_get(call, flavor, &(struct request){.path = "/issue/{key}/transitions",
		.params = params, .flags = MORTISE_HTTP_NO_CACHE}, &answer);

	json_decref(params);
	json_array_foreach(json_object_get(answer, "transitions"), i, transition)
		if (!id && is_same(jira_text(json_object_get(transition, "to"), "id"), status))
			id = jira_short(transition, "id", KEY_MAX_SIZE);
	if (ret == MORTISE_OK && id)
		*ret_id = strdup(id);
	else if (ret == MORTISE_OK)
		ret = host->fail(call, MORTISE_E_NO_TARGET, "no transition leads %s from \"%.100s\" to the "
			"status %s that the settings name: add one to the workflow of its project in %s that "
			"our account may use, or choose another status in the settings",
			jira_text(issue, "key"), now ? now : "its status", status, flavor->name);
	json_decref(answer);
	return ret;
}

static int32_t take_transition(struct mortise_call *call, const struct flavor *flavor,
	const json_t *issue, const char *status)
{
	json_t *params, *body;
	char *id = NULL;
	int32_t ret;

	TRY(find_transition(call, flavor, issue, status, &id));
	params = json_pack("{s:O}", "key", json_object_get(issue, "key"));
	body = json_pack("{s:{s:s}}", "transition", "id", id);
	ret = write_issue(call, flavor, &(struct request){.method = "POST", .params = params,
		.path = "/issue/{key}/transitions", .body = body, .invalid = MORTISE_E_SETTINGS});
	json_decref(body);
	json_decref(params);
	free(id);
	return ret;
}

/* An issue that was moved answers under its old key with the new one. */
static int32_t check_key(struct mortise_call *call, const struct flavor *flavor,
	const json_t *issue, const char *asked)
{
	const char *key = jira_text(issue, "key");

	if (!jira_is_key(key))
		return host->fail(call, MORTISE_E_UPSTREAM, "%s did not say which issue it is; try again "
			"later", flavor->name);
	if (strcmp(key, asked) == 0)
		return MORTISE_OK;
	return jira_effect(call, MORTISE_EFFECT_ISSUE_MOVED, json_pack("{s:s, s:s}", "old_key", asked,
		"key", key));
}

int32_t jira_status_out(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, json_t **ret_output)
{
	const char *key, *now;
	json_t *issue = NULL;
	char *status = NULL;
	int32_t ret;

	TRY(jira_key_of_call(call, input, &key));
	TRY(jira_issue_read(call, flavor, key, "status,project", &issue));
	ret = check_key(call, flavor, issue, key);
	if (ret == MORTISE_OK)
		ret = read_target(call, issue, json_is_true(json_object_get(input, "resolved")), &status);
	now = jira_text(json_object_get(json_object_get(issue, "fields"), "status"), "id");
	if (ret == MORTISE_OK && !is_same(now, status)) {
		ret = take_transition(call, flavor, issue, status);
		if (ret == MORTISE_OK)
			*ret_output = json_pack("{s:s}", "wrote", status);
	}
	free(status);
	json_decref(issue);
	return ret;
}

/* ---- Status, in ---- */

static bool is_done(const json_t *statuses, const char *id)
{
	json_t *status;
	size_t i;

	json_array_foreach(statuses, i, status)
		if (is_same(jira_text(status, "id"), id))
			return is_same(jira_text(json_object_get(status, "statusCategory"), "key"), "done");
	return false;
}

/* From open to done, or back; what happens among the others means nothing. */
int32_t jira_status_action(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, json_t **ret_output)
{
	const json_t *change = json_object_get(input, "change");
	json_t *statuses = NULL;
	bool was_done, done;

	TRY(jira_get(call, flavor, &(struct request){.path = "/status"}, &statuses));
	if (!json_is_array(statuses)) {
		json_decref(statuses);
		return host->fail(call, MORTISE_E_UPSTREAM, "%s answered no list of statuses; try again "
			"later", flavor->name);
	}
	was_done = is_done(statuses, jira_text(change, "from"));
	done = is_done(statuses, jira_text(change, "to"));
	json_decref(statuses);
	*ret_output = json_pack("{s:s}", "action", done == was_done ? "none"
		: done ? "resolve" : "unresolve");
	return MORTISE_OK;
}

/* ---- Assignee, out ---- */

/* Is this the user with the address?  Jira may hide whose it is. */
static int32_t has_email(struct mortise_call *call, const struct flavor *flavor,
	const json_t *user, const char *email, bool *ret_has)
{
	const char *shown = jira_short(user, "emailAddress", KEY_MAX_SIZE);
	char *asked = NULL;
	int32_t ret;

	*ret_has = shown && strcasecmp(shown, email) == 0;
	if (shown || !flavor->user_email)
		return MORTISE_OK;
	ret = flavor->user_email(call, user, &asked);
	if (ret == MORTISE_E_FORBIDDEN || ret == MORTISE_E_NOT_FOUND)
		return MORTISE_OK;
	if (ret != MORTISE_OK)
		return ret;
	*ret_has = asked && strcasecmp(asked, email) == 0;
	free(asked);
	return MORTISE_OK;
}

/* The id of the one among 'users' who has the address; a new string, NULL: there is none. */
static int32_t pick_user(struct mortise_call *call, const struct flavor *flavor,
	const json_t *users, const char *email, char **ret_id)
{
	const char *id = NULL;
	json_t *user;
	size_t i;

	if (flavor->trusts_sole_user && json_array_size(users) == 1)
		id = jira_short(json_array_get(users, 0), flavor->user_id, KEY_MAX_SIZE);
	json_array_foreach(users, i, user) {
		bool has = false;

		if (id || !jira_short(user, flavor->user_id, KEY_MAX_SIZE))
			continue;
		TRY(has_email(call, flavor, user, email, &has));
		if (has)
			id = jira_text(user, flavor->user_id);
	}
	*ret_id = id ? strdup(id) : NULL;
	return MORTISE_OK;
}

static int32_t find_user(struct mortise_call *call, const struct flavor *flavor, const char *key,
	const json_t *user, char **ret_id)
{
	const char *email = jira_short(user, "email", KEY_MAX_SIZE);
	json_t *query, *users = NULL;
	char *id = NULL;
	int32_t ret;

	if (!email)
		return host->fail(call, MORTISE_E_NO_TARGET, "the user has no address by which to find the "
			"account in %s", flavor->name);
	query = json_pack("{s:s, s:s}", "issueKey", key, flavor->user_query, email);
	ret = jira_get(call, flavor, &(struct request){.path = "/user/assignable/search",
		.query = query}, &users);
	json_decref(query);
	if (ret == MORTISE_OK)
		ret = pick_user(call, flavor, users, email, &id);
	json_decref(users);
	if (ret == MORTISE_OK && !id)
		ret = host->fail(call, MORTISE_E_NO_TARGET, "no user whom %s may be assigned to in %s shows "
			"this user's address: use the same address there, and let the account show it", key,
			flavor->name);
	if (ret == MORTISE_OK)
		*ret_id = id;
	return ret;
}

/* 'id' NULL takes the assignee away.  Jira answers 401 where we may not assign. */
static int32_t put_assignee(struct mortise_call *call, const struct flavor *flavor,
	const char *key, const char *id)
{
	json_t *params = json_pack("{s:s}", "key", key);
	json_t *body = json_pack("{s:s?}", flavor->user_id, id);
	struct mortise_answer answer = {.size = sizeof(answer)};
	int32_t ret = jira_ask(call, flavor, &(struct request){.method = "PUT", .params = params,
		.path = "/issue/{key}/assignee", .body = body}, &answer);

	if (ret == MORTISE_OK && answer.status == 401)
		ret = host->fail(call, MORTISE_E_FORBIDDEN, "our account may not assign %s in %s: give it "
			"the permission to assign issues in this project", key, flavor->name);
	else if (ret == MORTISE_OK)
		ret = jira_check(call, flavor, &answer, MORTISE_E_NO_TARGET);
	host->answer_clear(&answer);
	json_decref(body);
	json_decref(params);
	return ret;
}

int32_t jira_assignee_out(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, json_t **ret_output)
{
	const char *key;
	char *id = NULL;
	int32_t ret;

	TRY(jira_key_of_call(call, input, &key));
	if (json_is_true(json_object_get(input, "assign")))
		TRY(find_user(call, flavor, key, json_object_get(input, "user"), &id));
	ret = put_assignee(call, flavor, key, id);
	if (ret == MORTISE_OK)
		*ret_output = json_pack("{s:s}", "wrote", id ? id : "");
	free(id);
	return ret;
}
