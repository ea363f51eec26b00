/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The forms that create an issue or link one.
 *
 * What a form may hold is bounded (100 fields, 1 MiB), and what Jira says of a project is
 * not: fields that are not required go first, then choices.
 */
#include "form.h"

#include "wiki.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 96          /* beside those that every form has */
#define CHOICES_MAX 2000
#define FORM_MAX 1000000       /* bytes as JSON */
#define LABEL_MAX 200
#define PROBES_MAX 10          /* projects that are tried */
#define TITLE_CHARACTERS 255   /* what Jira takes */

/* ---- Small things ---- */

char *jira_user_label(const json_t *user)
{
	const char *name = jira_text(user, "displayName"), *email = jira_text(user, "emailAddress");
	const char *username = jira_text(user, "name");
	char *label = NULL;

	if (asprintf(&label, "%s%s%s%s%s%s", name ? name : "", name && email ? " - " : "",
		email ? email : "", username ? name || email ? " (" : "" : "", username ? username : "",
		username && (name || email) ? ")" : "") < 0)
		return NULL;
	return label;
}

/* What was asked for in the query, else what was used last. */
static const char *asked_for(const json_t *input, const char *name)
{
	const char *text = jira_short(json_object_get(input, "params"), name, KEY_MAX_SIZE);

	return text ? text : jira_short(json_object_get(input, "defaults"), name, KEY_MAX_SIZE);
}

static const json_t *find_by_id(const json_t *list, const char *id)
{
	return id ? jira_project_find(list, id) : NULL;
}

/* ---- What is created where ---- */

struct choice {
	json_t *projects, *types;
	const char *project, *type; /* ids, in the lists */
};

static void choice_clear(struct choice *choice)
{
	json_decref(choice->projects);
	json_decref(choice->types);
}

static int32_t read_projects(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, struct choice *choice)
{
	json_t *wanted = json_pack("[s*, s*]",
		jira_short(json_object_get(input, "params"), "project", KEY_MAX_SIZE),
		jira_short(json_object_get(input, "defaults"), "project", KEY_MAX_SIZE));
	int32_t ret = jira_projects(call, flavor, wanted, &choice->projects);

	json_decref(wanted);
	if (ret == MORTISE_E_CANCELLED || ret == MORTISE_E_RATE)
		return ret;
	if (ret != MORTISE_OK)
		return host->fail(call, ret, "Could not fetch the list of projects: check that %s can be "
			"reached, and what our account may see there", flavor->name);
	if (json_array_size(choice->projects) == 0)
		return host->fail(call, MORTISE_E_SETTINGS, "Could not fetch the list of projects: our "
			"account sees none in %s; check its permissions", flavor->name);
	return MORTISE_OK;
}

/* Nothing can be made in this project, but perhaps in another. */
static bool is_no_metadata(int32_t ret)
{
	return ret == MORTISE_E_NOT_FOUND || ret == MORTISE_E_SETTINGS || ret == MORTISE_E_FORBIDDEN;
}

static int32_t probe(struct mortise_call *call, const struct flavor *flavor,
	const json_t *project, struct choice *choice)
{
	const char *id = jira_short(project, "id", KEY_MAX_SIZE);
	json_t *types = NULL;
	int32_t ret = id ? jira_issue_types(call, flavor, id, &types) : MORTISE_OK;

	if (ret == MORTISE_OK && json_array_size(types) > 0) {
		choice->project = id;
		choice->types = json_incref(types);
	}
	json_decref(types);
	return is_no_metadata(ret) ? MORTISE_OK : ret;
}

/* The one that was asked for, else the first in which something can be made. */
static int32_t probe_projects(struct mortise_call *call, const struct flavor *flavor,
	const json_t *asked, struct choice *choice)
{
	json_t *project;
	size_t i;

	if (asked)
		TRY(probe(call, flavor, asked, choice));
	json_array_foreach(choice->projects, i, project)
		if (!choice->types && project != asked && i < PROBES_MAX)
			TRY(probe(call, flavor, project, choice));
	if (!choice->types)
		return host->fail(call, MORTISE_E_SETTINGS, "%s offers nothing that could be created: give "
			"our account the permission to create issues in a project", flavor->name);
	return MORTISE_OK;
}

/* The project alone is the choice; what it can be used for may be unknown: then there are
 * no types. */
static int32_t take_project(struct mortise_call *call, const struct flavor *flavor,
	const json_t *asked, struct choice *choice)
{
	int32_t ret;

	choice->project = jira_short(asked ? asked : json_array_get(choice->projects, 0), "id",
		KEY_MAX_SIZE);
	if (!choice->project)
		return host->fail(call, MORTISE_E_UPSTREAM, "%s gave a project without an id; try again "
			"later", flavor->name);
	ret = jira_issue_types(call, flavor, choice->project, &choice->types);
	return ret == MORTISE_E_CANCELLED ? ret : MORTISE_OK;
}

static int32_t choose(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, struct choice *choice)
{
	const json_t *asked, *type;

	TRY(read_projects(call, flavor, input, choice));
	asked = find_by_id(choice->projects, asked_for(input, "project"));
	if (flavor->form->probes_projects)
		TRY(probe_projects(call, flavor, asked, choice));
	else
		TRY(take_project(call, flavor, asked, choice));
	type = find_by_id(choice->types,
		jira_text(json_object_get(input, "params"), "issuetype"));
	if (!type)
		type = find_by_id(choice->types,
			jira_text(json_object_get(input, "defaults"), "issuetype"));
	choice->type = jira_short(type ? type : json_array_get(choice->types, 0), "id", KEY_MAX_SIZE);
	return MORTISE_OK;
}

/* ---- The fields that every form has ---- */

static json_t *project_field(const struct flavor *flavor, const struct choice *choice)
{
	const struct form_rules *rules = flavor->form;
	json_t *choices = json_array(), *project, *field;
	size_t i;

	json_array_foreach(choice->projects, i, project) {
		const char *id = jira_short(project, "id", KEY_MAX_SIZE);
		const char *key = jira_short(project, "key", KEY_MAX_SIZE);
		char *whole = rules->searches_projects ? jira_project_label(project) : NULL;
		char *label = jira_cut(whole ? whole : key ? key : "", LABEL_MAX);

		/* The chosen one is there even if the list is too long. */
		if (id && key && (json_array_size(choices) < CHOICES_MAX - 1 ||
			strcmp(id, choice->project) == 0) && json_array_size(choices) < CHOICES_MAX)
			json_array_append_new(choices, json_pack("[s, s]", id, label));
		free(label);
		free(whole);
	}
	field = json_pack("{s:s, s:s, s:s, s:b, s:b, s:s, s:o}", "name", "project", "label",
		"Jira Project", "type", "select", "required", 1, "updatesForm", 1, "default",
		choice->project, "choices", choices);
	if (rules->searches_projects)
		json_object_set_new(field, "url", json_string("/search/"));
	return field;
}

/* Jira counts characters in a summary, and takes one line. */
static char *make_title(const char *title)
{
	size_t size = 0, characters = 0;
	char *line;

	for (; title[size]; size++)
		if (((unsigned char)title[size] & 0xc0) != 0x80 && ++characters > TITLE_CHARACTERS)
			break;
	line = strndup(title, size);
	for (char *c = line; c && *c; c++)
		if ((unsigned char)*c < 0x20)
			*c = ' ';
	return line;
}

/* Without an issue of ours (a rule makes issues out of what is not there yet) nothing is
 * proposed. */
static void add_texts(const struct flavor *flavor, const json_t *issue, json_t *fields)
{
	const char *title = jira_text(issue, "title");
	const char *description = jira_text(issue, "description");
	char *line = title ? make_title(title) : NULL;
	char *text = description ? flavor->form->propose(description) : NULL;

	json_array_append_new(fields, json_pack("{s:s, s:s, s:s, s:b, s:s*}", "name", "title",
		"label", "Title", "type", "string", "required", 1, "default", line));
	json_array_append_new(fields, json_pack("{s:s, s:s, s:s, s:b, s:i, s:s*}", "name",
		"description", "label", "Description", "type", "textarea", "autosize", 1, "maxRows", 10,
		"default", text));
	free(line);
	free(text);
}

static json_t *type_field(const struct choice *choice)
{
	json_t *choices = jira_choices(choice->types, CHOICES_MAX);

	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:s*, s:o}", "name", "issuetype", "label",
		"Issue Type", "type", "select", "required", json_array_size(choices) > 0, "updatesForm",
		1, "default", choice->type, "choices", choices);
}

/* ---- The fields that Jira names ---- */

static void add_words(json_t *set, const char *list)
{
	while (list && *list) {
		size_t size = strcspn(list, ",");
		size_t start = strspn(list, " ,");

		if (size > start)
			json_object_setn_new(set, list + start, size - start, json_true());
		list += size + (list[size] == ',');
	}
}

/* Names of fields that are not shown: {name: true}. */
static int32_t read_ignored(struct mortise_call *call, const json_t *input, json_t **ret_set)
{
	static const char own[] = "project,title,description,issuetype,summary,issuelinks";
	json_t *list = NULL, *name;
	size_t i;
	int32_t ret = jira_read(call, MORTISE_READ_CONFIG, "pointer", "/issues_ignored_fields",
		&list);

	if (ret != MORTISE_OK && ret != MORTISE_E_NOT_FOUND)
		return ret;
	*ret_set = json_object();
	add_words(*ret_set, own);
	add_words(*ret_set, jira_text(json_object_get(input, "params"), "ignored"));
	json_array_foreach(list, i, name)
		if (json_is_string(name))
			json_object_set_new(*ret_set, json_string_value(name), json_true());
	json_decref(list);
	return MORTISE_OK;
}

static int weight(const char *key)
{
	static const struct {
		const char *key;
		int weight;
	} weights[] = {{"priority", -150}, {"fixVersions", -125}, {"components", -100},
		{"security", -50}};

	EACH(i, weights)
		if (strcmp(weights[i].key, key) == 0)
			return weights[i].weight;
	return 0;
}

static int compare_fields(const void *a, const void *b)
{
	const char *first = jira_field_key(*(const json_t *const *)a);
	const char *second = jira_field_key(*(const json_t *const *)b);
	int order = weight(first) - weight(second);

	return order ? order : strcmp(first, second);
}

/* Those that are shown, each once, in their order; a new list. */
static json_t *pick_fields(const json_t *metadata, const struct form_rules *rules,
	json_t *ignored)
{
	size_t size = json_array_size(metadata), len = 0;
	json_t **fields = calloc(size + 1, sizeof(json_t *));
	json_t *picked = json_array(), *field;
	size_t i;

	json_array_foreach(metadata, i, field) {
		const char *key = jira_field_key(field), *name = jira_text(field, "name");
		json_t *form = fields ? jira_field_form(field, rules, 0) : NULL;

		if (form && !json_object_get(ignored, key) && !(name && json_object_get(ignored, name))) {
			fields[len++] = field;
			json_object_set_new(ignored, key, json_true());
		}
		json_decref(form);
	}
	if (len > 1)
		qsort(fields, len, sizeof(json_t *), compare_fields);
	for (i = 0; i < len; i++)
		json_array_append(picked, fields[i]);
	free(fields);
	return picked;
}

/* Too many: what is not required goes, from the end. */
static void drop_fields(json_t *picked)
{
	for (size_t i = json_array_size(picked); i-- > 0 && json_array_size(picked) > FIELDS_MAX;)
		if (!json_is_true(json_object_get(json_array_get(picked, i), "required")))
			json_array_remove(picked, i);
	while (json_array_size(picked) > FIELDS_MAX)
		json_array_remove(picked, FIELDS_MAX);
}

static json_t *make_fields(const json_t *picked, const struct form_rules *rules)
{
	json_t *fields = json_array(), *field;
	size_t i;

	json_array_foreach(picked, i, field)
		json_array_append_new(fields, jira_field_form(field, rules, CHOICES_MAX));
	return fields;
}

static void cut_choices(json_t *field, size_t max)
{
	json_t *choices = json_object_get(field, "choices");

	if (json_array_size(choices) <= max)
		return;
	while (json_array_size(choices) > max)
		json_array_remove(choices, json_array_size(choices) - 1);
	json_object_set_new(field, "help", json_sprintf(JIRA_ONLY_FIRST, max));
}

/* Fewer and fewer choices in each, until they fit. */
static void fit(json_t *fields)
{
	json_t *field;
	size_t i;

	for (size_t max = CHOICES_MAX / 4; max > 0 &&
		json_dumpb(fields, NULL, 0, JSON_COMPACT) > FORM_MAX; max /= 4)
		json_array_foreach(fields, i, field)
			cut_choices(field, max);
}

/* ---- What is better known elsewhere ---- */

/* A list of Jira's as the choices of a field; it keeps its own if that cannot be had. */
static int32_t set_choices(struct mortise_call *call, const struct flavor *flavor,
	const char *path, const char *project, json_t *field)
{
	json_t *params = project ? json_pack("{s:s}", "project", project) : NULL;
	json_t *list = NULL;
	int32_t ret = jira_get(call, flavor, &(struct request){.path = path, .params = params},
		&list);

	if (ret == MORTISE_OK && json_is_array(list))
		json_object_set_new(field, "choices", jira_choices(list, CHOICES_MAX));
	json_decref(params);
	json_decref(list);
	return ret == MORTISE_E_CANCELLED ? ret : MORTISE_OK;
}

/* The user who was the reporter last time is proposed if he is still there. */
static int32_t set_reporter(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, json_t *field)
{
	const char *id = jira_short(json_object_get(input, "defaults"), "reporter", KEY_MAX_SIZE);
	json_t *query = id ? json_pack("{s:s}", flavor->user_key, id) : NULL, *user = NULL;
	int32_t ret = id ? jira_get(call, flavor, &(struct request){.path = "/user", .query = query},
		&user) : MORTISE_E_NOT_FOUND;

	json_decref(query);
	json_object_set_new(field, "default", json_string(""));
	if (ret == MORTISE_OK && jira_short(user, flavor->user_id, KEY_MAX_SIZE)) {
		char *whole = jira_user_label(user);
		char *label = jira_cut(whole ? whole : id, LABEL_MAX);

		json_object_set_new(field, "choices", json_pack("[[s, s]]", id, label));
		json_object_set_new(field, "default", json_string(id));
		free(label);
		free(whole);
	}
	json_decref(user);
	return ret == MORTISE_E_CANCELLED ? ret : MORTISE_OK;
}

static int32_t complete_fields(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, const char *project, json_t *fields)
{
	json_t *field;
	size_t i;

	json_array_foreach(fields, i, field) {
		const char *name = jira_text(field, "name");

		if (strcmp(name, "priority") == 0)
			TRY(set_choices(call, flavor, "/priority", NULL, field));
		else if (strcmp(name, "fixVersions") == 0)
			TRY(set_choices(call, flavor, "/project/{project}/versions", project, field));
		else if (strcmp(name, "reporter") == 0)
			TRY(set_reporter(call, flavor, input, field));
	}
	return MORTISE_OK;
}

static int32_t add_metadata(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, const struct choice *choice, json_t *fields)
{
	json_t *metadata = NULL, *ignored = NULL, *picked = NULL, *made = NULL;
	int32_t ret = read_ignored(call, input, &ignored);

	if (ret == MORTISE_OK)
		ret = jira_metadata_fields(call, flavor, choice->project, choice->type, &metadata);
	if (ret == MORTISE_OK) {
		picked = pick_fields(metadata, flavor->form, ignored);
		drop_fields(picked);
		made = make_fields(picked, flavor->form);
		ret = complete_fields(call, flavor, input, choice->project, made);
		json_array_extend(fields, made);
	}
	json_decref(made);
	json_decref(picked);
	json_decref(metadata);
	json_decref(ignored);
	return ret;
}

/* ---- The forms ---- */

static json_t *error_field(const struct flavor *flavor)
{
	return json_pack("{s:s, s:s, s:o}", "name", "error", "type", "blank", "help",
		json_sprintf("Could not fetch what can be created in this project: check what our account "
			"may do in %s, or choose another project.", flavor->name));
}

static int32_t create_form(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, json_t *fields)
{
	struct choice choice = {0};
	int32_t ret = choose(call, flavor, input, &choice);

	if (ret == MORTISE_OK)
		json_array_append_new(fields, project_field(flavor, &choice));
	if (ret == MORTISE_OK && !choice.type) {
		json_array_append_new(fields, error_field(flavor));
	} else if (ret == MORTISE_OK) {
		add_texts(flavor, json_object_get(input, "issue"), fields);
		json_array_append_new(fields, type_field(&choice));
		ret = add_metadata(call, flavor, input, &choice, fields);
		fit(fields);
	}
	choice_clear(&choice);
	return ret;
}

/* "Linked Mortise Issue: [SHOP-1|https://…?referrer=jira_server]" */
static int32_t link_comment(struct mortise_call *call, const struct flavor *flavor,
	const json_t *issue, char **ret_text)
{
	const char *short_id = jira_text(issue, "short_id"), *url = jira_text(issue, "url");
	char *product = NULL, *address = NULL, *link = NULL;

	*ret_text = NULL;
	if (!short_id || !url)
		return MORTISE_OK;
	TRY(jira_product(call, &product));
	if (asprintf(&address, "%s%sreferrer=%s", url, strchr(url, '?') ? "&" : "?",
		flavor->provider) < 0)
		address = NULL;
	link = address ? wiki_link(short_id, address) : NULL;
	if (!link || asprintf(ret_text, "Linked %s Issue: %s", product, link) < 0)
		*ret_text = NULL;
	free(link);
	free(address);
	free(product);
	return MORTISE_OK;
}

static int32_t link_form(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, json_t *fields)
{
	char *comment = NULL;

	json_array_append_new(fields, json_pack("{s:s, s:s, s:s, s:b, s:s, s:s, s:[]}", "name",
		"externalIssue", "label", "Issue", "type", "select", "required", 1, "default", "", "url",
		"/search/", "choices"));
	if (!flavor->form->comments_links)
		return MORTISE_OK;
	TRY(link_comment(call, flavor, json_object_get(input, "issue"), &comment));
	json_array_append_new(fields, json_pack("{s:s, s:s, s:s, s:b, s:b, s:i, s:s}", "name",
		"comment", "label", "Comment", "type", "textarea", "required", 0, "autosize", 1,
		"maxRows", 10, "default", comment ? comment : ""));
	free(comment);
	return MORTISE_OK;
}

int32_t jira_issue_form(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, json_t **ret_output)
{
	const char *action = jira_text(input, "action");
	json_t *fields = json_array();
	int32_t ret = action && strcmp(action, "link") == 0
		? link_form(call, flavor, input, fields) : create_form(call, flavor, input, fields);

	if (ret == MORTISE_OK)
		*ret_output = json_pack("{s:O}", "fields", fields);
	json_decref(fields);
	return ret;
}
