/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The settings of a link: what is synced with GitHub, and its form. */
#include "github.h"

#include <string.h>

#define ITEMS_MAX 2000
#define STATUS_MAP "sync_status_forward"

static const char *const strategies[][2] = {
	{"resolve", "Resolve"},
	{"resolve_current_release", "Resolve in Current Release"},
	{"resolve_next_release", "Resolve in Next Release"},
};

/* The switches behind the status map; "resolution_strategy" stands before the last. */
static const struct {
	const char *name, *label, *help;
} switches[] = {
	{"sync_status_reverse", "Sync GitHub Status to Issues",
		"When an issue is closed on GitHub, resolve what is linked to it; when it is reopened, "
		"unresolve that."},
	{"sync_reverse_assignment", "Sync GitHub Assignment to Issues",
		"When an issue is assigned on GitHub, assign what is linked to it to the same person."},
	{"sync_forward_assignment", "Sync Assignment to GitHub",
		"When an issue is assigned here, assign the linked one on GitHub to the same person."},
	{"sync_comments", "Sync Comments to GitHub",
		"Post comments that are made here on the linked issue, too."},
};

/* ---- The form ---- */

static json_t *selector(const char *placeholder)
{
	return json_pack("{s:s, s:[[s, s], [s, s]]}", "placeholder", placeholder, "choices", "open",
		"Open", "closed", "Closed");
}

static json_t *status_field(const json_t *names)
{
	json_t *items = json_array(), *name;
	size_t i;

	json_array_foreach(names, i, name)
		json_array_append_new(items, json_pack("{s:O, s:s}", "value", name, "label",
			github_short_name(json_string_value(name))));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:o}, s:{s:o, s:o}, s:{s:s, s:s}, "
		"s:s, s:b}", "name", STATUS_MAP, "type", "choice_mapper", "label",
		"Sync Status to GitHub", "help", "When an issue is resolved or unresolved here, close or "
		"reopen the one that is linked to it, as set here for its repository.", "addButtonText",
		"Add GitHub Repository", "addDropdown", "emptyMessage", "All repositories are set up",
		"noResultsMessage", "No such repository", "items", items, "mappedSelectors", "on_resolve",
		selector("Choose a status"), "on_unresolve", selector("Choose a status"), "columnLabels",
		"on_resolve", "When resolved", "on_unresolve", "When unresolved", "mappedColumnLabel",
		"GitHub Repository", "formatMessageValue", 0);
}

static json_t *strategy_field(void)
{
	json_t *choices = json_array();

	for (size_t i = 0; i < sizeof(strategies) / sizeof(strategies[0]); i++)
		json_array_append_new(choices, json_pack("[s, s]", strategies[i][0], strategies[i][1]));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "name", "resolution_strategy", "type",
		"select", "label", "Resolve", "default", "resolve", "help",
		"How an issue is resolved when the one on GitHub is closed.", "choices", choices);
}

/* The configuration, with the status map in place of the switch that stands for it. */
static json_t *make_data(json_t *config, json_t *projects)
{
	json_t *data = config ? json_copy(config) : json_object();
	json_t *map = json_object(), *project;
	const char *repository;

	json_object_foreach(projects, repository, project)
		json_object_set_new(map, repository, json_pack("{s:O*, s:O*}", "on_resolve",
			json_object_get(project, "resolved"), "on_unresolve",
			json_object_get(project, "unresolved")));
	json_object_set_new(data, STATUS_MAP, map);
	return data;
}

int32_t github_config_form(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	size_t last = sizeof(switches) / sizeof(switches[0]) - 1;
	json_t *names = NULL, *fields;
	int32_t ret = github_linked_repositories(call, ITEMS_MAX, &names);

	if (ret != MORTISE_OK)
		return ret;
	fields = json_pack("[o]", status_field(names));
	json_decref(names);
	for (size_t i = 0; i <= last; i++) {
		if (i == last)
			json_array_append_new(fields, strategy_field());
		json_array_append_new(fields, json_pack("{s:s, s:s, s:s, s:s}", "name", switches[i].name,
			"type", "boolean", "label", switches[i].label, "help", switches[i].help));
	}
	*ret_output = json_pack("{s:o, s:o}", "fields", fields, "data", make_data(
		json_object_get(input, "config"), json_object_get(input, "external_projects")));
	return MORTISE_OK;
}

/* ---- Saving ---- */

static bool is_status(const json_t *value)
{
	const char *text = json_string_value(value);

	return text && (strcmp(text, "open") == 0 || strcmp(text, "closed") == 0);
}

/* {repository: {"on_resolve", "on_unresolve"}} as the core keeps it. */
static int32_t take_map(struct mortise_call *call, json_t *map, json_t *projects)
{
	const char *repository;
	json_t *pair;

	json_object_foreach(map, repository, pair) {
		json_t *resolved = json_object_get(pair, "on_resolve");
		json_t *unresolved = json_object_get(pair, "on_unresolve");

		if (!github_is_repository_name(repository))
			return host->field_error(call, STATUS_MAP, "Give repositories as owner/name.");
		if (!is_status(resolved) || !is_status(unresolved))
			return host->field_error(call, STATUS_MAP, "Choose open or closed for %.200s, both "
				"when resolved and when unresolved.", repository);
		json_object_set_new(projects, repository, json_pack("{s:s, s:O, s:O}", "name",
			github_short_name(repository), "resolved", resolved, "unresolved", unresolved));
	}
	return MORTISE_OK;
}

static int32_t check_switches(struct mortise_call *call, const json_t *config)
{
	const json_t *strategy = json_object_get(config, "resolution_strategy");
	bool known = !strategy || json_is_null(strategy);

	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		const json_t *value = json_object_get(config, switches[i].name);

		if (value && !json_is_boolean(value))
			return host->field_error(call, switches[i].name, "Give true or false.");
	}
	for (size_t i = 0; !known && i < sizeof(strategies) / sizeof(strategies[0]); i++)
		known = json_is_string(strategy) &&
			strcmp(json_string_value(strategy), strategies[i][0]) == 0;
	return known ? MORTISE_OK : host->field_error(call, "resolution_strategy",
		"Choose one of the strategies that the form offers.");
}

/* Values that have no field here are kept as they come. */
int32_t github_config_save(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	json_t *config = json_object_get(input, "config");
	json_t *map = json_object_get(config, STATUS_MAP);
	json_t *projects = json_object(), *patch;
	int32_t ret = check_switches(call, config);

	if (ret == MORTISE_OK && map && !json_is_object(map) && !json_is_false(map))
		ret = host->field_error(call, STATUS_MAP, "Give a status for each repository.");
	if (ret == MORTISE_OK)
		ret = take_map(call, map, projects);
	if (ret == MORTISE_OK) {
		patch = json_copy(config);
		if (map)
			json_object_set_new(patch, STATUS_MAP, json_boolean(json_object_size(projects) > 0));
		*ret_output = json_pack("{s:o, s:O*}", "patch", patch, "external_projects",
			map ? projects : NULL);
	}
	json_decref(projects);
	return ret;
}
