/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Issues: finding the one that a user chose, and making one.
 *
 * What we make has a property (MARK) that nobody sees, with the name of the request that
 * made it.  If Jira's answer got lost, the newest issues of the project that have the same
 * summary are asked for theirs.
 */
#include "jira.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK "mortise.once"
#define CANDIDATES_MAX 20      /* issues that are asked for their mark */

/* ---- What Jira says of an issue ---- */

/* 'properties' is the name of one that is wanted, or NULL. */
static int32_t read_issue(struct mortise_call *call, const struct flavor *flavor, const char *key,
	const char *fields, const char *properties, json_t **ret_issue)
{
	json_t *params = json_pack("{s:s}", "key", key);
	json_t *query = json_pack("{s:s, s:s*}", "fields", fields, "properties", properties);
	int32_t ret = jira_get(call, flavor, &(struct request){.path = "/issue/{key}",
		.params = params, .query = query, .flags = MORTISE_HTTP_NO_CACHE}, ret_issue);

	json_decref(query);
	json_decref(params);
	return ret;
}

int32_t jira_issue_read(struct mortise_call *call, const struct flavor *flavor, const char *key,
	const char *fields, json_t **ret_issue)
{
	return read_issue(call, flavor, key, fields, NULL, ret_issue);
}

/* What create and get answer.  An issue that was moved answers with its new key. */
static int32_t describe(struct mortise_call *call, const struct flavor *flavor, const char *key,
	json_t **ret_output)
{
	json_t *issue = NULL;
	const json_t *fields;
	const char *summary;
	char *title, *description;

	TRY(jira_issue_read(call, flavor, key, "summary,description", &issue));
	if (!jira_is_key(jira_text(issue, "key"))) {
		json_decref(issue);
		return host->fail(call, MORTISE_E_UPSTREAM, "%s did not say which issue it is; try again "
			"later", flavor->name);
	}
	fields = json_object_get(issue, "fields");
	summary = jira_text(fields, "summary");
	title = jira_cut(summary ? summary : "", TITLE_MAX_SIZE);
	description = flavor->read_text(json_object_get(fields, "description"));
	*ret_output = json_pack("{s:O, s:s, s:s*}", "key", json_object_get(issue, "key"), "title",
		title, "description", description);
	free(description);
	free(title);
	json_decref(issue);
	return MORTISE_OK;
}

/* ---- Link ---- */

int32_t jira_issue_get(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, json_t **ret_output)
{
	const char *key = jira_text(json_object_get(input, "fields"), "externalIssue");

	if (!jira_is_key(key))
		return host->field_error(call, "externalIssue", "Give the key of an issue, like APP-7.");
	return describe(call, flavor, key, ret_output);
}

/* ---- Create ---- */

/* Jira drops blanks around a summary. */
static bool same_summary(const char *a, const char *b)
{
	size_t a_size, b_size;

	if (!a || !b)
		return false;
	a += strspn(a, " \t\r\n");
	b += strspn(b, " \t\r\n");
	for (a_size = strlen(a); a_size > 0 && strchr(" \t\r\n", a[a_size - 1]);)
		a_size--;
	for (b_size = strlen(b); b_size > 0 && strchr(" \t\r\n", b[b_size - 1]);)
		b_size--;
	return a_size == b_size && memcmp(a, b, a_size) == 0;
}

/* The issue of this key if it has the mark, else NULL.  One that is gone has none. */
static int32_t read_marked(struct mortise_call *call, const struct flavor *flavor,
	const char *key, const char *once, json_t **ret_found)
{
	json_t *issue = NULL;
	const char *mark;
	int32_t ret = read_issue(call, flavor, key, "summary", MARK, &issue);

	if (ret == MORTISE_E_NOT_FOUND)
		return MORTISE_OK;
	if (ret != MORTISE_OK)
		return ret;
	mark = jira_text(json_object_get(issue, "properties"), MARK);
	if (mark && strcmp(mark, once) == 0)
		*ret_found = issue;
	else
		json_decref(issue);
	return MORTISE_OK;
}

/* The newest issues of the project that a new one is for. */
static int32_t list_newest(struct mortise_call *call, const struct flavor *flavor,
	const json_t *fields, json_t **ret_answer)
{
	const char *id = jira_text(json_object_get(fields, "project"), "id");
	bool is_id = id && *id && id[strspn(id, "0123456789")] == '\0';
	json_t *query = json_pack("{s:s+++, s:s, s:i}", "jql", is_id ? "project = " : "",
		is_id ? id : "", is_id ? " AND " : "", "created >= \"-2d\" ORDER BY created DESC",
		"fields", "summary", "maxResults", 100);
	int32_t ret = jira_get(call, flavor, &(struct request){.path = flavor->search,
		.query = query, .flags = MORTISE_HTTP_NO_CACHE}, ret_answer);

	json_decref(query);
	return ret;
}

/* After a lost answer: the issue that carries the mark. */
static int32_t find_ticket(struct mortise_call *call, const struct flavor *flavor,
	const struct request *request, json_t **ret_found)
{
	const json_t *fields = json_object_get(request->body, "fields");
	const char *summary = jira_text(fields, "summary");
	json_t *answer = NULL, *issue, *found = NULL;
	size_t i, asked = 0;
	int32_t ret = list_newest(call, flavor, fields, &answer);

	json_array_foreach(json_object_get(answer, "issues"), i, issue) {
		const char *key = jira_text(issue, "key");

		if (ret != MORTISE_OK || found || asked == CANDIDATES_MAX || !jira_is_key(key) ||
			!same_summary(summary, jira_text(json_object_get(issue, "fields"), "summary")))
			continue;
		asked++;
		ret = read_marked(call, flavor, key, request->once, &found);
	}
	json_decref(answer);
	if (ret == MORTISE_OK)
		*ret_found = found;
	return ret;
}

int32_t jira_issue_make(struct mortise_call *call, const struct flavor *flavor,
	const json_t *fields, const char *reference, json_t **ret_output)
{
	char *once = jira_once("ticket", reference);
	json_t *body = json_pack("{s:O, s:[{s:s, s:s}]}", "fields", fields, "properties", "key", MARK,
		"value", once);
	json_t *made = NULL;
	int32_t ret = jira_make(call, flavor, &(struct request){.method = "POST", .path = "/issue",
		.body = body, .once = once, .invalid = MORTISE_E_FIELD}, find_ticket, &made);

	if (ret == MORTISE_OK && !jira_is_key(jira_text(made, "key")))
		ret = host->fail(call, MORTISE_E_UPSTREAM, "%s did not give the key of the new issue; look "
			"for it there, and link it", flavor->name);
	if (ret == MORTISE_OK)
		ret = describe(call, flavor, jira_text(made, "key"), ret_output);
	json_decref(made);
	json_decref(body);
	free(once);
	return ret;
}
