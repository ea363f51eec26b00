/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Create metadata: which types of issue a project has, what an issue of one type can be
 * created with, and each of that as a field of a form.
 *
 * Of an "autoCompleteUrl" only the presence counts: it may point anywhere.  Jira has fields
 * with more choices than a form takes; such a field offers the first, and says so.
 */
#include "form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_MAX 200          /* of a field or a choice */
#define FIELD_KEY_MAX 64       /* of a field of ours */

/* ---- What Jira says ---- */

int32_t jira_issue_types(struct mortise_call *call, const struct flavor *flavor,
	const char *project, json_t **ret_types)
{
	json_t *params = json_pack("{s:s}", "project", project);
	int32_t ret = jira_list(call, flavor, &(struct request){.params = params,
		.path = "/issue/createmeta/{project}/issuetypes"}, flavor->form->types, LIST_MAX,
		ret_types);

	json_decref(params);
	return ret;
}

int32_t jira_metadata_fields(struct mortise_call *call, const struct flavor *flavor,
	const char *project, const char *type, json_t **ret_fields)
{
	json_t *params = json_pack("{s:s, s:s}", "project", project, "type", type);
	int32_t ret = jira_list(call, flavor, &(struct request){.params = params,
		.path = "/issue/createmeta/{project}/issuetypes/{type}"}, flavor->form->fields, LIST_MAX,
		ret_fields);

	json_decref(params);
	return ret;
}

const char *jira_field_key(const json_t *field)
{
	const char *key = jira_short(field, "fieldId", FIELD_KEY_MAX);

	if (!key)
		key = jira_short(field, "key", FIELD_KEY_MAX);
	if (!key || key[strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_.-")])
		return NULL;
	return key;
}

const char *jira_field_schema(const json_t *field, const char *member)
{
	const char *text = jira_text(json_object_get(field, "schema"), member);

	return text ? text : "";
}

/* ---- Choices ---- */

/* The first of its names that a choice has, '*ret_value' is what is sent for it. */
static const char *choice_name(const json_t *choice, const char **ret_value)
{
	const char *name = jira_text(choice, "name");

	if (name) {
		*ret_value = jira_short(choice, "id", KEY_MAX_SIZE);
		return name;
	}
	name = jira_text(choice, "value");
	if (!name)
		name = jira_text(choice, "label");
	*ret_value = name;
	return name;
}

json_t *jira_choices(const json_t *values, size_t max)
{
	json_t *choices = json_array(), *choice;
	size_t i;

	json_array_foreach(values, i, choice) {
		const char *value = NULL;
		const char *name = choice_name(choice, &value);
		char *label;

		if (json_array_size(choices) == max)
			break;
		if (!name || !value || strlen(value) > KEY_MAX_SIZE)
			continue;
		label = jira_cut(name, LABEL_MAX);
		json_array_append_new(choices, json_pack("[s, s]", value, label));
		free(label);
	}
	return choices;
}

/* ---- Fields ---- */

static bool is(const char *text, const char *wanted)
{
	return strcmp(text, wanted) == 0;
}

static void set_select(json_t *form, const json_t *field, size_t choices_max)
{
	const json_t *values = json_object_get(field, "allowedValues");
	json_t *choices = jira_choices(values, choices_max);

	json_object_set_new(form, "type", json_string("select"));
	if (json_array_size(values) > choices_max)
		json_object_set_new(form, "help", json_sprintf(JIRA_ONLY_FIRST,
			json_array_size(choices)));
	json_object_set_new(form, "choices", choices);
}

static void set_search(json_t *form)
{
	json_object_set_new(form, "type", json_string("select"));
	json_object_set_new(form, "url", json_string("/search/"));
	json_object_set_new(form, "choices", json_array());
}

static bool is_searched(const json_t *field, const struct form_rules *rules)
{
	const char *type = jira_field_schema(field, "type");
	const char *items = jira_field_schema(field, "items");
	const char *custom = jira_field_schema(field, "custom");
	bool completes = json_is_string(json_object_get(field, "autoCompleteUrl"));

	return (completes && (is(type, "user") || is(items, "user"))) ||
		(completes && rules->knows_teams && (is(type, "team") || is(items, "team"))) ||
		is(custom, CUSTOM_SPRINT) || is(custom, CUSTOM_EPIC_LINK) || is(type, "issuelink");
}

/* The table of the specification; the first row that applies counts. */
static bool set_type(json_t *form, const json_t *field, const struct form_rules *rules,
	size_t choices_max)
{
	const char *type = jira_field_schema(field, "type");
	const char *items = jira_field_schema(field, "items");

	if (is(type, "securitylevel") || is(type, "priority") ||
		is(jira_field_schema(field, "custom"), CUSTOM_SELECT)) {
		set_select(form, field, choices_max);
	} else if (is_searched(field, rules)) {
		set_search(form);
	} else if (is(type, "timetracking") || is(items, "worklog") || is(items, "attachment")) {
		return false;
	} else if (is(type, "array") && !is(items, "string")) {
		set_select(form, field, choices_max);
		json_object_set_new(form, "multiple", json_true());
		json_object_set_new(form, "default", json_string(""));
	} else if (is(type, "option") && json_array_size(json_object_get(field, "allowedValues")) > 0) {
		set_select(form, field, choices_max);
		json_object_set_new(form, "default", json_string(""));
	}
	if (is(jira_field_schema(field, "custom"), CUSTOM_TEXTAREA))
		json_object_set_new(form, "type", json_string("textarea"));
	return true;
}

json_t *jira_field_form(const json_t *field, const struct form_rules *rules, size_t choices_max)
{
	const char *key = jira_field_key(field), *name = jira_text(field, "name");
	char *label;
	json_t *form;

	if (!key)
		return NULL;
	label = jira_cut(name ? name : key, LABEL_MAX);
	form = json_pack("{s:s, s:s, s:b, s:s}", "name", key, "label", label, "required",
		json_is_true(json_object_get(field, "required")), "type", "text");
	free(label);
	if (!set_type(form, field, rules, choices_max)) {
		json_decref(form);
		return NULL;
	}
	return form;
}
