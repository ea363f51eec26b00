/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The settings of a link: what is synced with Jira, and its form.
 *
 * The map of statuses names the projects of Jira and two statuses of each.  Jira Cloud tells
 * the statuses of one project; when it limits that, or time runs short, the list of all
 * statuses stands for every project, as it always does for Jira Server.
 */
#include "form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_MAP "sync_status_forward"
#define IGNORED "issues_ignored_fields"
#define ITEMS_MAX 2000
#define STATUSES_MAX 500
#define IGNORED_MAX 200        /* names of fields */
#define NAME_MAX 200
#define MAPPERS_MAX (512 << 10) /* bytes: the selectors of all projects */
#define TIME_LEFT_MS 5000      /* that must be left to ask for one more project's statuses */

static const char *const strategies[][2] = {
	{"resolve", "Resolve"},
	{"resolve_current_release", "Resolve in Current Release"},
	{"resolve_next_release", "Resolve in Next Release"},
};

/* The switches behind the status map, in their order.  Labels have the name of this side
 * and of Jira, in the order in which they say 'S' and 'J'. */
static const struct {
	const char *name, *label, *help;
} switches[] = {
	{"sync_forward_assignment", "Sync %S Assignment to %J",
		"When an issue is assigned here, assign the linked one in Jira to the same person."},
	{"sync_comments", "Sync %S Comments to %J",
		"Post comments that are made here on the linked issue, too."},
	{"sync_status_reverse", "Sync %J Status to %S",
		"When an issue is done in Jira, resolve what is linked to it; when it is open again, "
		"unresolve that."},
	{"sync_reverse_assignment", "Sync %J Assignment to %S",
		"When an issue is assigned in Jira, assign what is linked to it to the same person."},
};

struct config {
	struct mortise_call *call;
	const struct flavor *flavor;
	const json_t *input;
	char *product;
	json_t *projects;          /* NULL: they could not be had */
};

/* ---- Fields ---- */

/* "Sync %S Status to %J" with both names. */
static json_t *label_of(const struct config *config, const char *label)
{
	char *text = NULL;
	size_t size;
	json_t *made;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return json_string("");
	for (; *label; label++) {
		if (label[0] == '%')
			fputs(*++label == 'S' ? config->product : config->flavor->name, out);
		else
			fputc(*label, out);
	}
	fclose(out);
	made = json_string(text);
	free(text);
	return made;
}

static json_t *selector_pair(const json_t *statuses)
{
	json_t *choices = jira_choices(statuses, STATUSES_MAX);
	json_t *pair = json_pack("{s:{s:O, s:s}, s:{s:O, s:s}}", "on_resolve", "choices", choices,
		"placeholder", "Select a status", "on_unresolve", "choices", choices, "placeholder",
		"Select a status");

	json_decref(choices);
	return pair;
}

/* [{"id", "name"}] of one project. */
static int32_t read_statuses(const struct config *config, const char *project,
	json_t **ret_statuses)
{
	json_t *query = json_pack("{s:s}", "projectId", project);
	int32_t ret = jira_list(config->call, config->flavor, &(struct request){.query = query,
		.path = "/statuses/search"}, "values", STATUSES_MAX, ret_statuses);

	json_decref(query);
	return ret;
}

/* {project: selectors}; E_LIMIT when that is too much to ask for or to show. */
static int32_t project_selectors(const struct config *config, json_t *selectors)
{
	json_t *project;
	size_t i;

	json_array_foreach(config->projects, i, project) {
		const char *id = jira_short(project, "id", KEY_MAX_SIZE);
		json_t *statuses = NULL;
		int32_t ret;

		if (!id)
			continue;
		if (host->deadline(config->call) < TIME_LEFT_MS)
			return MORTISE_E_LIMIT;
		ret = read_statuses(config, id, &statuses);
		/* A project that is going away has none. */
		if (ret == MORTISE_E_NOT_FOUND || ret == MORTISE_E_SETTINGS)
			continue;
		if (ret != MORTISE_OK)
			return ret;
		json_object_set_new(selectors, id, selector_pair(statuses));
		json_decref(statuses);
	}
	return json_dumpb(selectors, NULL, 0, JSON_COMPACT) > MAPPERS_MAX ? MORTISE_E_LIMIT : MORTISE_OK;
}

/* The list of all comes first: once Jira limits, nothing more is asked of it for a while. */
static int32_t set_selectors(const struct config *config, json_t *field)
{
	json_t *selectors, *statuses = NULL;
	int32_t ret;

	TRY(jira_get(config->call, config->flavor, &(struct request){.path = "/status"}, &statuses));
	selectors = json_object();
	ret = config->flavor->project_statuses ? project_selectors(config, selectors)
		: MORTISE_E_LIMIT;
	if (ret == MORTISE_OK) {
		json_object_set(field, "mappedSelectors", selectors);
		json_object_set_new(field, "perItemMapping", json_true());
	} else if (ret == MORTISE_E_LIMIT || ret == MORTISE_E_RATE) {
		json_object_set_new(field, "mappedSelectors", selector_pair(statuses));
		ret = MORTISE_OK;
	}
	json_decref(selectors);
	json_decref(statuses);
	return ret;
}

static json_t *project_items(const json_t *projects)
{
	json_t *items = json_array(), *project;
	size_t i;

	json_array_foreach(projects, i, project) {
		const char *id = jira_short(project, "id", KEY_MAX_SIZE);
		const char *name = jira_text(project, "name");
		char *label = name ? jira_cut(name, NAME_MAX) : NULL;

		if (id && label && json_array_size(items) < ITEMS_MAX)
			json_array_append_new(items, json_pack("{s:s, s:s}", "value", id, "label", label));
		free(label);
	}
	return items;
}

static json_t *status_field(const struct config *config)
{
	json_t *add = json_sprintf("Add %s Project", config->flavor->name);
	json_t *column = json_sprintf("%s Project", config->flavor->name);

	return json_pack("{s:s, s:s, s:o, s:s, s:o, s:{s:s, s:s, s:o}, s:{}, s:{s:s, s:s}, s:o, s:b}",
		"name", STATUS_MAP, "type", "choice_mapper", "label",
		label_of(config, "Sync %S Status to %J"), "help", "When an issue is resolved or "
		"unresolved here, give the one that is linked to it the status that is set here for its "
		"project.", "addButtonText", add, "addDropdown", "emptyMessage",
		"All projects are set up", "noResultsMessage", "No such project", "items",
		project_items(config->projects), "mappedSelectors", "columnLabels", "on_resolve",
		"When resolved", "on_unresolve", "When unresolved", "mappedColumnLabel", column,
		"formatMessageValue", 0);
}

static json_t *strategy_field(void)
{
	json_t *choices = json_array();

	EACH(i, strategies)
		json_array_append_new(choices, json_pack("[s, s]", strategies[i][0], strategies[i][1]));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "name", "resolution_strategy", "type",
		"select", "label", "Resolve", "default", "resolve", "help",
		"How an issue is resolved when the one in Jira is done.", "choices", choices);
}

static json_t *ignored_field(void)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", IGNORED, "type", "textarea", "label",
		"Ignored Fields", "help", "Fields of Jira that the form for a new issue leaves out, by "
		"their keys, separated by commas; those that Jira requires, too.", "placeholder",
		"customfield_10041, components");
}

/* ---- Values ---- */

static bool has_project(const struct config *config, const char *id)
{
	return !config->projects || jira_project_find(config->projects, id);
}

/* "a, b" */
static json_t *join(const json_t *names)
{
	char *text = NULL;
	size_t i, size;
	json_t *name, *made;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return json_string("");
	json_array_foreach(names, i, name)
		fprintf(out, "%s%s", i ? ", " : "", json_is_string(name) ? json_string_value(name) : "");
	fclose(out);
	made = json_string(text);
	free(text);
	return made;
}

/* The configuration, with the map in place of the switch that stands for it, without
 * projects that Jira no longer has. */
static json_t *make_data(const struct config *config)
{
	json_t *given = json_object_get(config->input, "config");
	json_t *projects = json_object_get(config->input, "external_projects");
	json_t *data = given ? json_copy(given) : json_object();
	json_t *map = json_object(), *project;
	const char *id;

	json_object_foreach(projects, id, project)
		if (has_project(config, id))
			json_object_set_new(map, id, json_pack("{s:O*, s:O*}", "on_resolve",
				json_object_get(project, "resolved"), "on_unresolve",
				json_object_get(project, "unresolved")));
	json_object_set_new(data, STATUS_MAP, map);
	json_object_set_new(data, IGNORED, join(json_object_get(given, IGNORED)));
	return data;
}

/* ---- The form ---- */

/* What is configured must be among the projects that are shown. */
static int32_t read_projects(struct config *config)
{
	json_t *wanted = json_array(), *project;
	const char *id;
	int32_t ret;

	json_object_foreach(json_object_get(config->input, "external_projects"), id, project)
		json_array_append_new(wanted, json_string(id));
	ret = jira_projects(config->call, config->flavor, wanted, &config->projects);
	json_decref(wanted);
	return ret;
}

static int32_t make_form(struct config *config, json_t *fields)
{
	int32_t ret = read_projects(config);
	json_t *field = status_field(config);

	json_array_append_new(fields, field);
	if (ret == MORTISE_OK)
		ret = set_selectors(config, field);
	if (ret == MORTISE_E_CANCELLED)
		return ret;
	if (ret != MORTISE_OK) {
		json_object_set_new(field, "disabled", json_true());
		json_object_set_new(field, "disabledReason", json_sprintf("%s does not tell us its "
			"projects and statuses now. Try again later; if it stays like this, install the "
			"integration again.", config->flavor->name));
	}
	EACH(i, switches)
		json_array_append_new(fields, json_pack("{s:s, s:s, s:o, s:s}", "name", switches[i].name,
			"type", "boolean", "label", label_of(config, switches[i].label), "help",
			switches[i].help));
	json_array_append_new(fields, strategy_field());
	json_array_append_new(fields, ignored_field());
	return MORTISE_OK;
}

int32_t jira_config_form(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, json_t **ret_output)
{
	struct config config = {.call = call, .flavor = flavor, .input = input};
	json_t *fields = json_array();
	int32_t ret = jira_product(call, &config.product);

	if (ret == MORTISE_OK)
		ret = make_form(&config, fields);
	if (ret == MORTISE_OK)
		*ret_output = json_pack("{s:O, s:o}", "fields", fields, "data", make_data(&config));
	json_decref(fields);
	json_decref(config.projects);
	free(config.product);
	return ret;
}

/* ---- Saving ---- */

/* The id of a project or a status, which may come as a number or with blanks around it; a
 * new string, NULL: it is none. */
static char *id_of(const json_t *value)
{
	const char *text = json_string_value(value);
	size_t size;
	char *id;

	if (json_is_integer(value) && json_integer_value(value) > 0)
		return asprintf(&id, "%" JSON_INTEGER_FORMAT, json_integer_value(value)) < 0 ? NULL : id;
	if (!text)
		return NULL;
	text += strspn(text, " \t\r\n");
	for (size = strlen(text); size > 0 && strchr(" \t\r\n", text[size - 1]);)
		size--;
	return size > 0 && size <= KEY_MAX_SIZE ? strndup(text, size) : NULL;
}

static int32_t take_row(struct mortise_call *call, const char *given, const json_t *pair,
	json_t *projects)
{
	json_t *name = json_string(given);
	char *project = id_of(name);
	char *resolved = id_of(json_object_get(pair, "on_resolve"));
	char *unresolved = id_of(json_object_get(pair, "on_unresolve"));
	int32_t ret = MORTISE_OK;

	json_decref(name);
	if (!project)
		ret = host->field_error(call, STATUS_MAP, "A project has no id: choose it again.");
	else if (json_object_get(projects, project))
		ret = host->field_error(call, STATUS_MAP, "The project %.100s is there twice.", project);
	else if (!resolved || !unresolved)
		ret = host->field_error(call, STATUS_MAP, "Choose both statuses for project %.100s: when "
			"resolved, and when unresolved.", project);
	else
		json_object_set_new(projects, project, json_pack("{s:s, s:s}", "resolved", resolved,
			"unresolved", unresolved));
	free(project);
	free(resolved);
	free(unresolved);
	return ret;
}

/* {project: {"on_resolve", "on_unresolve"}} as the core keeps it. */
static int32_t take_map(struct mortise_call *call, json_t *map, json_t *projects)
{
	const char *project;
	json_t *pair;
	int32_t ret = MORTISE_OK;

	if (!json_is_object(map))
		return host->field_error(call, STATUS_MAP, "Give two statuses for each project.");
	json_object_foreach(map, project, pair)
		if (take_row(call, project, pair, projects) != MORTISE_OK)
			ret = MORTISE_E_FIELD;
	return ret;
}

static int32_t check_switches(struct mortise_call *call, const json_t *config)
{
	const json_t *strategy = json_object_get(config, "resolution_strategy");
	const char *chosen = json_string_value(strategy);
	bool known = !strategy || json_is_null(strategy);
	int32_t ret = MORTISE_OK;

	EACH(i, switches) {
		const json_t *value = json_object_get(config, switches[i].name);

		if (value && !json_is_boolean(value))
			ret = host->field_error(call, switches[i].name, "Give true or false.");
	}
	EACH(i, strategies)
		known = known || (chosen && strcmp(chosen, strategies[i][0]) == 0);
	return known ? ret : host->field_error(call, "resolution_strategy",
		"Choose one of the strategies that the form offers.");
}

static void add_name(json_t *names, const char *text, size_t size)
{
	size_t start = 0;

	while (start < size && strchr(" \t\r", text[start]))
		start++;
	while (size > start && strchr(" \t\r", text[size - 1]))
		size--;
	if (size > start)
		json_array_append_new(names, json_stringn(text + start, size - start));
}

/* The text of the form, separated by commas and lines, or a list. */
static int32_t take_ignored(struct mortise_call *call, const json_t *value, json_t **ret_names)
{
	const char *text = json_string_value(value);
	json_t *names = json_array(), *name;
	bool wrong = !text && !json_is_array(value);
	size_t i;

	json_array_foreach(value, i, name) {
		wrong = wrong || !json_is_string(name);
		if (json_is_string(name))
			add_name(names, json_string_value(name), json_string_length(name));
	}
	while (text && *text) {
		size_t size = strcspn(text, ",\n");

		add_name(names, text, size);
		text += size + (text[size] != '\0');
	}
	json_array_foreach(names, i, name)
		wrong = wrong || json_string_length(name) > NAME_MAX;
	if (wrong || json_array_size(names) > IGNORED_MAX) {
		json_decref(names);
		return host->field_error(call, IGNORED, "Give at most %d keys of fields, separated by "
			"commas.", IGNORED_MAX);
	}
	*ret_names = names;
	return MORTISE_OK;
}

/* Values that have no field here are kept as they come. */
int32_t jira_config_save(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, json_t **ret_output)
{
	json_t *config = json_object_get(input, "config");
	json_t *map = json_object_get(config, STATUS_MAP);
	json_t *ignored = json_object_get(config, IGNORED);
	json_t *projects = json_object(), *names = NULL, *patch;
	int32_t ret = check_switches(call, config);

	(void)flavor;
	if (map && take_map(call, map, projects) != MORTISE_OK)
		ret = MORTISE_E_FIELD;
	if (ignored && !json_is_null(ignored) && take_ignored(call, ignored, &names) != MORTISE_OK)
		ret = MORTISE_E_FIELD;
	if (ret == MORTISE_OK) {
		patch = json_copy(config);
		if (map)
			json_object_set_new(patch, STATUS_MAP, json_boolean(json_object_size(projects) > 0));
		if (names)
			json_object_set(patch, IGNORED, names);
		*ret_output = json_pack("{s:o, s:O*}", "patch", patch, "external_projects",
			map ? projects : NULL);
	}
	json_decref(names);
	json_decref(projects);
	return ret;
}
