/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The searches behind the forms: issues, users of a project, projects, and whatever else a
 * field may hold, as Jira's own search bar completes it.
 */
#include "form.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUERY_MAX_SIZE 200
#define LABEL_MAX_SIZE 300
#define OPTIONS_MAX 100

struct search {
	struct mortise_call *call;
	const struct flavor *flavor;
	const json_t *input;
	const char *field;
	char *text;
	json_t *options;
};

/* What Jira cannot tell is said in its words only in the log; credentials that are no longer
 * valid, and limits, stay what they are. */
static int32_t unable(const struct search *search, int32_t ret, const char *what)
{
	if (ret == MORTISE_E_CANCELLED || ret == MORTISE_E_RATE || ret == MORTISE_OK)
		return ret;
	return host->fail(search->call, ret == MORTISE_E_IDENTITY ? ret : MORTISE_E_SETTINGS,
		"Unable to fetch %s from %s", what, search->flavor->name);
}

static void add_option(const struct search *search, const char *label, const char *value)
{
	char *cut;

	if (!label || !value || strlen(value) > KEY_MAX_SIZE ||
		json_array_size(search->options) == OPTIONS_MAX)
		return;
	cut = jira_cut(label, LABEL_MAX_SIZE);
	json_array_append_new(search->options, json_pack("{s:s, s:s}", "label", cut, "value", value));
	free(cut);
}

/* ---- Issues ---- */

/* A text in quotes.  A backslash escapes in JQL, and so does it in what JQL searches for. */
static char *quote_jql(const char *text)
{
	char *quoted = calloc(2 * strlen(text) + 1, 1);
	char *out = quoted;

	for (; quoted && *text; text++) {
		if (*text == '"' || *text == '\\')
			*out++ = '\\';
		*out++ = *text;
	}
	return quoted;
}

/* Keys of projects that have no underscore are the usual ones. */
static char *make_jql(const char *text)
{
	char *quoted = quote_jql(text), *jql;

	if (!quoted || asprintf(&jql, jira_is_key(text) ? "id=\"%s\"" : "text ~ \"%s\"", quoted) < 0)
		jql = NULL;
	free(quoted);
	return jql;
}

static int32_t search_issues(const struct search *search)
{
	char *jql = make_jql(search->text);
	json_t *query = json_pack("{s:s*, s:s, s:i}", "jql", jql, "fields", "summary", "maxResults",
		PAGE_SIZE);
	json_t *found = NULL, *issue;
	size_t i;
	int32_t ret = jira_get(search->call, search->flavor, &(struct request){.query = query,
		.path = search->flavor->search, .flags = MORTISE_HTTP_NO_CACHE,
		.invalid = MORTISE_E_SETTINGS}, &found);

	json_array_foreach(json_object_get(found, "issues"), i, issue) {
		const char *key = jira_text(issue, "key");
		const char *summary = jira_text(json_object_get(issue, "fields"), "summary");
		char *label = NULL;

		if (jira_is_key(key) && asprintf(&label, "(%s) %s", key, summary ? summary : "") >= 0)
			add_option(search, label, key);
		free(label);
	}
	json_decref(found);
	json_decref(query);
	free(jql);
	return ret;
}

/* ---- Users ---- */

/* The key of the project that the form is about; a new string, NULL: it is not known. */
static int32_t read_project_key(const struct search *search, char **ret_key)
{
	const char *id = jira_short(json_object_get(search->input, "params"), "project",
		KEY_MAX_SIZE);
	json_t *wanted, *projects = NULL;
	const char *key;

	*ret_key = NULL;
	if (!id)
		return host->field_error(search->call, "project", "Choose a project first.");
	wanted = json_pack("[s]", id);
	if (jira_projects(search->call, search->flavor, wanted, &projects) == MORTISE_OK) {
		key = jira_short(jira_project_find(projects, id), "key", KEY_MAX_SIZE);
		*ret_key = key ? strdup(key) : NULL;
	}
	json_decref(projects);
	json_decref(wanted);
	return MORTISE_OK;
}

static int32_t search_users(const struct search *search)
{
	char *key = NULL;
	json_t *query, *found = NULL, *user;
	size_t i;
	int32_t ret;

	TRY(read_project_key(search, &key));
	query = json_pack("{s:s, s:s}", "project", key ? key : "", search->flavor->user_query,
		search->text);
	ret = jira_get(search->call, search->flavor, &(struct request){.query = query,
		.path = "/user/assignable/search"}, &found);
	json_array_foreach(found, i, user) {
		char *label = jira_user_label(user);

		add_option(search, label, jira_text(user, search->flavor->user_id));
		free(label);
	}
	json_decref(found);
	json_decref(query);
	free(key);
	return unable(search, ret, "users");
}

/* ---- Projects ---- */

static int32_t search_projects(const struct search *search)
{
	json_t *found = NULL, *project;
	size_t i;
	int32_t ret = jira_projects_search(search->call, search->flavor, search->text, &found);

	json_array_foreach(found, i, project) {
		char *label = jira_project_label(project);

		add_option(search, label, jira_text(project, "id"));
		free(label);
	}
	json_decref(found);
	return unable(search, ret, "projects");
}

/* ---- Anything else ---- */

/* In JQL "customfield_0123" is "cf[0123]". */
static char *jql_field(const char *field)
{
	static const char prefix[] = "customfield_";
	char *name;

	if (strncmp(field, prefix, sizeof(prefix) - 1) != 0)
		return strdup(field);
	if (asprintf(&name, "cf[%s]", field + sizeof(prefix) - 1) < 0)
		return NULL;
	return name;
}

/* Jira marks what matches: "<b>Spr</b>int 12". */
static char *strip_tags(const char *text)
{
	char *plain = calloc(strlen(text) + 1, 1);
	char *out = plain;

	while (plain && *text) {
		const char *end = *text == '<' ? strchr(text, '>') : NULL;

		if (end)
			text = end + 1;
		else
			*out++ = *text++;
	}
	return plain;
}

static int32_t search_values(const struct search *search)
{
	char *name = jql_field(search->field), *what = NULL;
	json_t *query = json_pack("{s:s*, s:s}", "fieldName", name, "fieldValue", search->text);
	json_t *found = NULL, *value;
	size_t i;
	int32_t ret = jira_get(search->call, search->flavor, &(struct request){.query = query,
		.path = "/jql/autocompletedata/suggestions"}, &found);

	json_array_foreach(json_object_get(found, "results"), i, value) {
		const char *shown = jira_short(value, "displayName", TITLE_MAX_SIZE);
		char *label = shown ? strip_tags(shown) : NULL;

		add_option(search, label, jira_text(value, "value"));
		free(label);
	}
	json_decref(found);
	json_decref(query);
	free(name);
	if (asprintf(&what, "autocomplete for %.64s", search->field) < 0)
		what = NULL;
	ret = unable(search, ret, what ? what : "values");
	free(what);
	return ret;
}

/* ---- Which ---- */

static int32_t run(const struct search *search)
{
	static const struct {
		const char *field;
		int32_t (*run)(const struct search *search);
	} searches[] = {
		{"externalIssue", search_issues}, {"parent", search_issues},
		{"assignee", search_users}, {"reporter", search_users},
	};

	EACH(i, searches)
		if (strcmp(searches[i].field, search->field) == 0)
			return searches[i].run(search);
	if (search->flavor->form->searches_projects && strcmp(search->field, "project") == 0)
		return search_projects(search);
	return search_values(search);
}

int32_t jira_issue_search(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, json_t **ret_output)
{
	struct search search = {.call = call, .flavor = flavor, .input = input,
		.field = jira_short(input, "field", KEY_MAX_SIZE)};
	const char *text = jira_text(input, "query");
	int32_t ret;

	if (!search.field)
		return host->field_error(call, "field", "field is a required parameter");
	if (!text || !*text)
		return host->field_error(call, "query", "query is a required parameter");
	search.text = jira_cut(text, QUERY_MAX_SIZE);
	search.options = json_array();
	ret = run(&search);
	if (ret == MORTISE_OK)
		*ret_output = json_pack("{s:O}", "options", search.options);
	json_decref(search.options);
	free(search.text);
	return ret;
}
