/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The projects of a Jira.  Jira Server gives all at once; Jira Cloud in pages, of which only
 * the first is shown: what is configured already is asked for by its ids, and the rest can
 * be searched for.
 */
#include "form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int32_t ask(struct mortise_call *call, const struct flavor *flavor, json_t *query_take,
	json_t **ret_projects)
{
	json_t *answer = NULL, *projects;
	int32_t ret = jira_get(call, flavor, &(struct request){.path = flavor->projects,
		.query = query_take}, &answer);

	json_decref(query_take);
	if (ret != MORTISE_OK)
		return ret;
	projects = json_is_array(answer) ? answer : json_object_get(answer, "values");
	if (json_is_array(projects))
		*ret_projects = json_incref(projects);
	else
		ret = host->fail(call, MORTISE_E_UPSTREAM, "%s answered no list of projects where one was "
			"expected; try again later", flavor->name);
	json_decref(answer);
	return ret;
}

json_t *jira_project_find(const json_t *projects, const char *id)
{
	json_t *project;
	size_t i;

	json_array_foreach(projects, i, project) {
		const char *own = jira_text(project, "id");

		if (own && id && strcmp(own, id) == 0)
			return project;
	}
	return NULL;
}

static bool is_number(const char *text)
{
	return text && *text && strlen(text) < 19 && text[strspn(text, "0123456789")] == '\0';
}

/* Those that the first page lacks.  What they cannot be had for is left to the caller:
 * there is a list already. */
static int32_t add_wanted(struct mortise_call *call, const struct flavor *flavor,
	const json_t *wanted, json_t *projects)
{
	json_t *missing = json_array(), *id, *more = NULL;
	size_t i;
	int32_t ret;

	json_array_foreach(wanted, i, id)
		if (is_number(json_string_value(id)) && json_array_size(missing) < PAGE_SIZE &&
			!jira_project_find(projects, json_string_value(id)))
			json_array_append(missing, id);
	if (json_array_size(missing) == 0) {
		json_decref(missing);
		return MORTISE_OK;
	}
	ret = ask(call, flavor, json_pack("{s:i, s:o}", "maxResults", PAGE_SIZE, "id", missing),
		&more);
	if (ret == MORTISE_OK)
		json_array_extend(projects, more);
	json_decref(more);
	return ret;
}

int32_t jira_projects(struct mortise_call *call, const struct flavor *flavor,
	const json_t *wanted, json_t **ret_projects)
{
	json_t *found = NULL;

	if (!flavor->form->searches_projects)
		return ask(call, flavor, NULL, ret_projects);
	TRY(ask(call, flavor, json_pack("{s:i}", "maxResults", PAGE_SIZE), &found));
	*ret_projects = json_copy(found);
	json_decref(found);
	if (add_wanted(call, flavor, wanted, *ret_projects) != MORTISE_OK)
		host->log(call, MORTISE_LOG_INFO, "jira.projects_incomplete", NULL);
	return MORTISE_OK;
}

int32_t jira_projects_search(struct mortise_call *call, const struct flavor *flavor,
	const char *text, json_t **ret_projects)
{
	return ask(call, flavor, json_pack("{s:i, s:s}", "maxResults", PAGE_SIZE, "query", text),
		ret_projects);
}

char *jira_project_label(const json_t *project)
{
	const char *key = jira_text(project, "key"), *name = jira_text(project, "name");
	char *label;

	if (asprintf(&label, "%s - %s", key ? key : "", name ? name : "") < 0)
		return NULL;
	return label;
}
