/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What was filled into the form, as Jira wants it: each field by its schema, with one table
 * for each flavor.
 *
 * Where the table of Jira Server would send an object for a date or another plain value,
 * which Jira refuses, the value goes as it is.
 */
#include "form.h"

#include "wiki.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- The tables ---- */

static const struct transform_rule cloud_transforms[] = {
	{.system = "labels", .transform = AS_LABELS, .bare = true},
	{.custom = CUSTOM_TEMPO, .transform = AS_NUMBER, .bare = true},
	{.custom = CUSTOM_SPRINT, .transform = AS_NUMBER, .bare = true, .whole = true},
	{.custom = CUSTOM_RANK, .transform = AS_ID, .bare = true},
	{.custom = CUSTOM_TEXTAREA, .transform = AS_TEXT, .bare = true},
	{.system = "description", .transform = AS_TEXT},
	{.system = "environment", .transform = AS_TEXT},
	{.type = "user", .transform = AS_USER},
	{.type = "issuetype", .transform = AS_ID},
	{.type = "project", .transform = AS_ID},
	{.type = "priority", .transform = AS_ID},
	{.type = "version", .transform = AS_ID},
	{.type = "component", .transform = AS_ID},
	{.type = "securitylevel", .transform = AS_ID},
	{.type = "option", .transform = AS_VALUE},
	{.type = "issuelink", .transform = AS_KEY},
	{.type = "number", .transform = AS_NUMBER},
	{0},
};

static const struct transform_rule server_transforms[] = {
	{.system = "labels", .transform = AS_LABELS, .bare = true},
	{.system = "description", .transform = AS_TEXT},
	{.type = "user", .transform = AS_USER},
	{.type = "issuelink", .transform = AS_KEY},
	{.custom = CUSTOM_EPIC_LINK, .transform = AS_IS},
	{.custom = CUSTOM_SPRINT, .transform = AS_NUMBER, .bare = true, .whole = true},
	{.type = "option", .transform = AS_VALUE},
	{.custom = CUSTOM_TEXTAREA, .transform = AS_IS},
	{.type = "number", .transform = AS_NUMBER, .lenient = true},
	{.custom = CUSTOM_TEMPO, .transform = AS_NUMBER, .bare = true, .lenient = true},
	{.custom = CUSTOM_SELECT, .transform = AS_ID},
	{.type = "string", .transform = AS_IS},
	{.type = "date", .transform = AS_IS},
	{.type = "datetime", .transform = AS_IS},
	{0},
};

static char *propose_markdown(const char *markdown)
{
	return strdup(markdown);
}

const struct form_rules cloud_form_rules = {
	.types = "issueTypes",
	.fields = "fields",
	.searches_projects = true,
	.probes_projects = true,
	.knows_teams = true,
	.bad_sprint = MORTISE_E_FIELD,
	.propose = propose_markdown,
	.transforms = cloud_transforms,
	.otherwise = AS_IS,
};

const struct form_rules server_form_rules = {
	.types = "values",
	.fields = "values",
	.comments_links = true,
	.keeps_description = true,
	.bad_sprint = MORTISE_E_SETTINGS,
	.propose = wiki_from_markdown,
	.transforms = server_transforms,
	.otherwise = AS_ID,
};

static bool applies(const char *wanted, const char *text)
{
	return !wanted || strcmp(wanted, text) == 0;
}

static const struct transform_rule *find_rule(const struct form_rules *rules,
	const json_t *field)
{
	const char *type = jira_field_schema(field, "type");
	const struct transform_rule *rule = rules->transforms;

	if (strcmp(type, "array") == 0)
		type = jira_field_schema(field, "items");
	while ((rule->system || rule->custom || rule->type) &&
		!(applies(rule->system, jira_field_key(field)) && applies(rule->type, type) &&
			applies(rule->custom, jira_field_schema(field, "custom"))))
		rule++;
	return rule;
}

/* ---- One value ---- */

struct submit {
	struct mortise_call *call;
	const struct flavor *flavor;
	const json_t *input;       /* what was filled in */
	json_t *fields;            /* what is sent */
};

/* "7", "7.5" or a number; NULL: it is none. */
static json_t *number_of(json_t *value, bool whole)
{
	const char *text = json_string_value(value);
	char *end = NULL;
	long long integer;
	double real;

	if (json_is_integer(value) || (json_is_real(value) && !whole))
		return json_incref(value);
	if (!text || !*text)
		return NULL;
	errno = 0;
	if (!strchr(text, '.')) {
		integer = strtoll(text, &end, 10);
		return *end || errno ? NULL : json_integer(integer);
	}
	real = strtod(text, &end);
	return *end || whole || !isfinite(real) ? NULL : json_real(real);
}

/* "a, b" → ["a", "b"] */
static json_t *labels_of(json_t *value)
{
	const char *text = json_string_value(value);
	json_t *labels = json_array();

	if (!text) {
		json_decref(labels);
		return json_incref(value);
	}
	while (*text) {
		size_t size = strcspn(text, ","), start = strspn(text, " \t\r\n"), end = size;

		while (end > start && strchr(" \t\r\n", text[end - 1]))
			end--;
		if (end > start)
			json_array_append_new(labels, json_stringn(text + start, end - start));
		text += size + (text[size] == ',');
	}
	return labels;
}

static int32_t fail_number(const struct submit *submit, const json_t *field,
	const struct transform_rule *rule)
{
	const char *name = jira_text(field, "name");
	char *shown = jira_cut(name && *name ? name : jira_field_key(field), 64);
	int32_t ret;

	if (rule->whole && submit->flavor->form->bad_sprint != MORTISE_E_FIELD)
		ret = host->fail(submit->call, submit->flavor->form->bad_sprint, "Invalid sprint: choose "
			"one that the search offers, or give its number");
	else
		ret = host->field_error(submit->call, shown, "Give a number.");
	free(shown);
	return ret;
}

/* What is an object already was given as Jira wants it. */
static int32_t transform_one(const struct submit *submit, const json_t *field,
	const struct transform_rule *rule, json_t *value, json_t **ret_value)
{
	enum transform transform = rule->system || rule->custom || rule->type ? rule->transform
		: submit->flavor->form->otherwise;
	const char *member = transform == AS_USER ? submit->flavor->user_id
		: transform == AS_ID ? "id" : transform == AS_VALUE ? "value"
		: transform == AS_KEY ? "key" : NULL;

	*ret_value = NULL;
	if (json_is_object(value))
		*ret_value = json_incref(value);
	else if (member)
		*ret_value = json_pack("{s:O}", member, value);
	else if (transform == AS_LABELS)
		*ret_value = labels_of(value);
	else if (transform == AS_TEXT && json_is_string(value))
		*ret_value = submit->flavor->write_text(json_string_value(value));
	else if (transform == AS_NUMBER)
		*ret_value = number_of(value, rule->whole);
	else
		*ret_value = json_incref(value);
	if (!*ret_value && transform == AS_NUMBER && rule->lenient)
		*ret_value = json_incref(value);
	if (!*ret_value && transform == AS_NUMBER)
		return fail_number(submit, field, rule);
	return MORTISE_OK;
}

/* Of a list each item; one value where Jira wants a list becomes a list. */
static int32_t transform_list(const struct submit *submit, const json_t *field,
	const struct transform_rule *rule, json_t *value, json_t **ret_value)
{
	json_t *items = json_is_array(value) ? json_incref(value) : json_pack("[O]", value);
	json_t *list = json_array(), *item, *made;
	size_t i;
	int32_t ret = MORTISE_OK;

	json_array_foreach(items, i, item) {
		if (ret == MORTISE_OK)
			ret = transform_one(submit, field, rule, item, &made);
		if (ret == MORTISE_OK)
			json_array_append_new(list, made);
	}
	json_decref(items);
	if (ret == MORTISE_OK)
		*ret_value = list;
	else
		json_decref(list);
	return ret;
}

/* ---- All of them ---- */

static bool is_empty(const json_t *value)
{
	return !value || json_is_null(value) || (json_is_string(value) && !json_string_length(value)) ||
		(json_is_array(value) && json_array_size(value) == 0);
}

static int32_t submit_field(const struct submit *submit, const json_t *field)
{
	const char *key = jira_field_key(field);
	const struct transform_rule *rule;
	json_t *value, *made = NULL;
	bool kept;

	if (!key)
		return MORTISE_OK;
	value = json_object_get(submit->input, strcmp(key, "summary") == 0 ? "title" : key);
	kept = submit->flavor->form->keeps_description && strcmp(key, "description") == 0;
	if (is_empty(value) && !(kept && value))
		return MORTISE_OK;
	rule = find_rule(submit->flavor->form, field);
	if (strcmp(jira_field_schema(field, "type"), "array") == 0 && !rule->bare)
		TRY(transform_list(submit, field, rule, value, &made));
	else
		TRY(transform_one(submit, field, rule, value, &made));
	json_object_set_new(submit->fields, key, made);
	return MORTISE_OK;
}

/* The id of a project or an issue type, which goes into an address; NULL: it is none. */
static const char *id_of(const json_t *input, const char *name)
{
	const char *id = jira_short(input, name, KEY_MAX_SIZE);

	return id && id[strspn(id, "0123456789")] == '\0' ? id : NULL;
}

static int32_t check_input(const struct submit *submit)
{
	const char *title = jira_text(submit->input, "title");
	int32_t ret = MORTISE_OK;

	if (!id_of(submit->input, "issuetype"))
		ret = host->field_error(submit->call, "issuetype", "Issue type is required.");
	if (!id_of(submit->input, "project"))
		ret = host->field_error(submit->call, "project", "Jira project is required.");
	if (!title || title[strspn(title, " \t\r\n")] == '\0')
		ret = host->field_error(submit->call, "title", "Give a title.");
	if (submit->flavor->form->keeps_description && !json_object_get(submit->input, "description"))
		ret = host->field_error(submit->call, "description", "Give a description.");
	return ret;
}

static int32_t submit_fields(const struct submit *submit)
{
	const char *project = id_of(submit->input, "project");
	const char *type = id_of(submit->input, "issuetype");
	json_t *metadata = NULL, *field;
	size_t i;
	int32_t ret = jira_metadata_fields(submit->call, submit->flavor, project, type, &metadata);

	if (ret == MORTISE_OK && json_array_size(metadata) == 0)
		ret = host->fail(submit->call, MORTISE_E_SETTINGS, "Could not fetch what an issue can be "
			"created with: check what our account may do in this project of %s",
			submit->flavor->name);
	json_array_foreach(metadata, i, field)
		if (ret == MORTISE_OK)
			ret = submit_field(submit, field);
	json_decref(metadata);
	json_object_set_new(submit->fields, "issuetype", json_pack("{s:s}", "id", type));
	json_object_set_new(submit->fields, "project", json_pack("{s:s}", "id", project));
	return ret;
}

int32_t jira_issue_create(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, json_t **ret_output)
{
	struct submit submit = {.call = call, .flavor = flavor,
		.input = json_object_get(input, "fields")};
	int32_t ret = check_input(&submit);

	if (ret != MORTISE_OK)
		return ret;
	submit.fields = json_object();
	ret = submit_fields(&submit);
	if (ret == MORTISE_OK)
		ret = jira_issue_make(call, flavor, submit.fields, jira_text(input, "reference"),
			ret_output);
	json_decref(submit.fields);
	return ret;
}
