/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * CODEOWNERS of projects.  What is kept is the text; rules, owners and errors are worked out
 * when they are shown, so they follow each change of members, teams, external actors and
 * code mappings at once.  Request workers.
 *
 * "expand" names what is shown besides: codeMapping, ownershipSyntax, errors, schema,
 * codeOwnersUrl (which asks the provider); what was just stored is always shown with its
 * syntax, schema and errors.
 */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "core/api/body.h"
#include "core/api/code_mapping_json.h"
#include "core/api/mapping_source.h"
#include "core/api/owner_json.h"
#include "core/api/routes.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/owner/codeowners.h"
#include "core/owner/resolve.h"
#include "core/owner/rule.h"
#include "core/owner/source.h"
#include "core/storage/audit.h"
#include "core/storage/code_mapping.h"
#include "core/storage/codeowners.h"
#include "core/storage/project.h"
#include "core/storage/store.h"

#define FILE_DEADLINE_MS 10000
#define PROJECTS_AT_ONCE 100

enum expand {
	EXPAND_MAPPING = 1,
	EXPAND_SYNTAX = 2,
	EXPAND_ERRORS = 4,
	EXPAND_SCHEMA = 8,
	EXPAND_URL = 16,
};
#define EXPAND_STORED (EXPAND_SYNTAX | EXPAND_ERRORS | EXPAND_SCHEMA)

static unsigned expand_of(const char *names)
{
	static const char *const words[] = {"codeMapping", "ownershipSyntax", "errors", "schema",
		"codeOwnersUrl"};
	unsigned expand = 0;

	while (*names) {
		size_t size = strcspn(names, ",");

		for (size_t i = 0; i < lengthof(words); i++)
			if (strlen(words[i]) == size && strncmp(words[i], names, size) == 0)
				expand |= 1u << i;
		names += size + (names[size] == ',');
	}
	return expand;
}

static unsigned expand_wanted(const struct api_call *call)
{
	const char *name, *value;
	unsigned expand = 0;

	for (size_t i = 0; http_query_at(call->request, i, &name, &value); i++)
		if (strcmp(name, "expand") == 0)
			expand |= expand_of(value);
	return expand;
}

/* ---- One of them ---- */

static int add_people(struct tx *tx, const struct owner_place *place,
	const struct codeowners *codeowners, const struct code_mapping *mapping,
	unsigned expand, json_t *shown, struct err *err)
{
	cleanup_owner_rules struct owner_rules rules = {0};
	cleanup_owner_people struct owner_people people = {0};
	int result;

	owner_people_init(&people);
	(void)codeowners_parse(&rules, codeowners->raw, mapping->stack_root, mapping->source_root);
	result = owner_people_add(tx, place, &rules, &people, err);
	if (result < 0)
		return result;
	if (expand & EXPAND_SYNTAX)
		json_object_set_new(shown, "ownershipSyntax",
			owner_syntax_json(codeowners->raw, mapping, &people));
	if (expand & EXPAND_ERRORS)
		json_object_set(shown, "errors", people.errors);
	if (expand & EXPAND_SCHEMA)
		json_object_set_new(shown, "schema", owner_schema_json(&rules, &people));
	return 0;
}

static int codeowners_json(struct tx *tx, const struct api_call *call,
	const struct codeowners *codeowners, unsigned expand, json_t **ret_shown, struct err *err)
{
	const struct owner_place place = {call->principal.organization_id, codeowners->project_id};
	cleanup_code_mapping struct code_mapping mapping = {0};
	cleanup_json json_t *shown = NULL;
	int result = code_mapping_get(tx, place.organization_id, codeowners->code_mapping_id,
		&mapping, err);

	if (result < 0)
		return result;
	shown = json_pack("{s:o, s:s, s:o, s:o, s:o, s:s}", "id", api_id_json(codeowners->id),
		"raw", codeowners->raw, "dateCreated", api_time(codeowners->added_at_us),
		"dateUpdated", api_time(codeowners->updated_at_us), "codeMappingId",
		api_id_json(mapping.id), "provider", mapping.provider ? mapping.provider : "unknown");
	if (expand & EXPAND_MAPPING)
		json_object_set_new(shown, "codeMapping", code_mapping_json(call->daemon, &mapping));
	if (expand & EXPAND_STORED)
		result = add_people(tx, &place, codeowners, &mapping, expand, shown, err);
	if (result == 0)
		*ret_shown = steal(&shown);
	return result;
}

/* ---- Where the file stands ---- */

struct find_mapping {
	const struct api_call *call;
	int64_t id;
	struct code_mapping mapping;
};

static int find_mapping_in(struct tx *tx, void *arg, struct err *err)
{
	struct find_mapping *find = arg;
	const struct principal *principal = &find->call->principal;

	code_mapping_clear(&find->mapping);
	if (code_mapping_get(tx, principal->organization_id, find->id, &find->mapping, err) < 0)
		return err->code;
	return access_project(tx, principal, find->mapping.project_id, err);
}

static int find_file(const struct api_call *call, int64_t mapping_id, int64_t deadline_ms,
	struct source_file *ret_file, struct err *err)
{
	cleanup_mapping_source struct mapping_source source = {0};
	struct find_mapping find = {.call = call, .id = mapping_id};
	int result = store_read(call->daemon->store, find_mapping_in, &find, err);

	if (result == 0)
		result = mapping_source_read(call, &find.mapping, &source, err);
	if (result == 0)
		result = mapping_source_codeowners(&source, &find.mapping, deadline_ms, ret_file, err);
	code_mapping_clear(&find.mapping);
	return result;
}

/* All of them together wait for providers no longer than one may. */
static void add_urls(const struct api_call *call, json_t *list)
{
	int64_t until_ms = clock_mono_ms() + FILE_DEADLINE_MS;
	json_t *shown;
	size_t i;

	json_array_foreach(list, i, shown) {
		cleanup_source_file struct source_file file = {0};
		cleanup_err struct err err = {0};
		int64_t left_ms = until_ms - clock_mono_ms();
		const char *id = json_string_value(json_object_get(shown, "codeMappingId"));

		if (left_ms > 0)
			(void)find_file(call, strtoll(id, NULL, 10), left_ms, &file, &err);
		json_object_set_new(shown, "codeOwnersUrl", json_string(file.url ? file.url : "unknown"));
	}
}

/* ---- The list ---- */

struct list {
	const struct api_call *call;
	unsigned expand;
	json_t *items;
};

static int list_in(struct tx *tx, void *arg, struct err *err)
{
	struct list *list = arg;
	struct codeowners *rows;
	size_t len;
	int result = codeowners_list(tx, list->call->project.id, &rows, &len, err);

	if (result < 0)
		return result;
	json_decref(list->items);
	list->items = json_array();
	for (size_t i = len; i > 0 && result == 0; i--) {
		json_t *shown = NULL;

		result = codeowners_json(tx, list->call, &rows[i - 1], list->expand, &shown, err);
		if (result == 0)
			json_array_append_new(list->items, shown);
	}
	codeowners_list_free(rows, len);
	return result;
}

static int list(struct api_call *call, struct err *err)
{
	struct list list = {.call = call, .expand = expand_wanted(call)};

	if (store_read(call->daemon->store, list_in, &list, err) < 0) {
		json_decref(list.items);
		return err->code;
	}
	if (list.expand & EXPAND_URL)
		add_urls(call, list.items);
	call->reply = list.items;
	return 0;
}

/* ---- Changing them ---- */

struct change {
	const struct api_call *call;
	int64_t id;                    /* 0: a new one */
	const char *raw;               /* NULL: as it is */
	int64_t code_mapping_id;       /* 0: as it is */
	int64_t now_us;
	json_t *shown;
};

static int read_change(struct api_call *call, unsigned required, struct change *change,
	struct err *err)
{
	struct body in = {call->body, .err = err};
	cleanup_owner_rules struct owner_rules rules = {0};

	change->raw = body_text(&in, "raw", CODEOWNERS_LEN_MAX, required);
	change->code_mapping_id = body_id(&in, "codeMappingId", required);
	if (change->raw && !codeowners_parse(&rules, change->raw, "", ""))
		err_field(err, "raw", "This file has more than %d rules and owners.", OWNER_RULES_MAX);
	return err->code;
}

/* It must be one of the project. */
static int check_mapping(struct tx *tx, const struct change *change, struct err *err)
{
	cleanup_code_mapping struct code_mapping mapping = {0};
	cleanup_err struct err problem = {0};
	int result = code_mapping_get(tx, change->call->principal.organization_id,
		change->code_mapping_id, &mapping, &problem);

	if (result < 0 && result != MORTISE_E_NOT_FOUND)
		return err_move(err, &problem);
	if (result < 0 || mapping.project_id != change->call->project.id)
		return err_field(err, "codeMappingId",
			"This code mapping does not exist in the project.");
	return 0;
}

static int audit(struct tx *tx, const struct change *change, const char *event, int64_t id,
	struct err *err)
{
	cleanup_json json_t *data = json_pack("{s:I}", "project",
		(json_int_t)change->call->project.id);

	return audit_insert(tx, &(struct audit_new){
		.organization_id = change->call->principal.organization_id,
		.origin = change->call->principal.origin,
		.event = event,
		.kind = "codeowners",
		.id = id,
		.data = data,
		.now_us = change->now_us,
	}, err);
}

/* What the store says of the mapping is said of the field. */
static int field_of_mapping(struct err *problem, struct err *err)
{
	if (problem->code == MORTISE_E_CONFLICT || problem->code == MORTISE_E_LIMIT)
		return err_field(err, "codeMappingId", "%s", err_text(problem));
	return err_move(err, problem);
}

/* Show what is stored now: not in the write, which others wait for. */
static int show_in(struct tx *tx, void *arg, struct err *err)
{
	struct change *change = arg;
	cleanup_codeowners struct codeowners codeowners = {0};
	int result = codeowners_get(tx, change->call->project.id, change->id, &codeowners, err);

	json_decref(change->shown);
	change->shown = NULL;
	return result < 0 ? result : codeowners_json(tx, change->call, &codeowners,
		expand_wanted(change->call) | EXPAND_STORED, &change->shown, err);
}

static int create_in(struct tx *tx, void *arg, struct err *err)
{
	struct change *change = arg;
	cleanup_err struct err problem = {0};
	int result = check_mapping(tx, change, err);

	if (result < 0)
		return result;
	if (codeowners_insert(tx, change->call->project.id, change->code_mapping_id, change->raw,
		    change->now_us, &change->id, &problem) < 0)
		return field_of_mapping(&problem, err);
	return audit(tx, change, "codeowners.add", change->id, err);
}

static int update_in(struct tx *tx, void *arg, struct err *err)
{
	struct change *change = arg;
	cleanup_codeowners struct codeowners old = {0};
	cleanup_err struct err problem = {0};
	int result = codeowners_get(tx, change->call->project.id, change->id, &old, err);

	if (result == 0 && change->code_mapping_id)
		result = check_mapping(tx, change, err);
	if (result < 0)
		return result;
	if (codeowners_update(tx, old.id,
		    change->code_mapping_id ? change->code_mapping_id : old.code_mapping_id,
		    change->raw ? change->raw : old.raw, change->now_us, &problem) < 0)
		return field_of_mapping(&problem, err);
	return audit(tx, change, "codeowners.edit", old.id, err);
}

static int delete_in(struct tx *tx, void *arg, struct err *err)
{
	struct change *change = arg;
	int result = codeowners_delete(tx, change->call->project.id, change->id, err);

	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "The requested resource does not exist");
	return result < 0 ? result : audit(tx, change, "codeowners.remove", change->id, err);
}

static int write(struct api_call *call, store_fn *fn, struct change *change, struct err *err)
{
	change->call = call;
	change->now_us = clock_now_us();
	return store_write(call->daemon->store, fn, change, err);
}

/* What was stored is the reply. */
static int answer(struct api_call *call, struct change *change, struct err *err)
{
	int result = store_read(call->daemon->store, show_in, change, err);

	if (result == 0 && expand_wanted(call) & EXPAND_URL) {
		cleanup_json json_t *one = json_pack("[O]", change->shown);

		add_urls(call, one);
	}
	if (result == 0)
		call->reply = steal(&change->shown);
	json_decref(change->shown);
	return result;
}

static int create(struct api_call *call, struct err *err)
{
	struct change change = {0};

	if (read_change(call, BODY_REQUIRED, &change, err) < 0 ||
		write(call, create_in, &change, err) < 0)
		return err->code;
	call->status = 201;
	return answer(call, &change, err);
}

static int update(struct api_call *call, struct err *err)
{
	struct change change = {0};

	if (api_id(call, "codeowners", &change.id, err) < 0 ||
		read_change(call, 0, &change, err) < 0 || write(call, update_in, &change, err) < 0)
		return err->code;
	return answer(call, &change, err);
}

static int delete(struct api_call *call, struct err *err)
{
	struct change change = {0};

	if (api_id(call, "codeowners", &change.id, err) < 0)
		return err->code;
	return write(call, delete_in, &change, err);
}

/* ---- What names mean, for all projects ---- */

struct associations {
	const struct api_call *call;
	const char *provider;          /* NULL: any */
	json_t *projects;
};

/* What the files of one project name; '*ret_any' is whether one counts. */
static int add_files(struct tx *tx, const struct associations *a, int64_t project_id,
	struct owner_people *people, bool *ret_any, struct err *err)
{
	const struct owner_place place = {a->call->principal.organization_id, project_id};
	struct codeowners *rows;
	size_t len;
	int result = codeowners_list(tx, project_id, &rows, &len, err);

	*ret_any = false;
	if (result < 0)
		return result;
	for (size_t i = 0; i < len && result == 0; i++) {
		cleanup_code_mapping struct code_mapping mapping = {0};
		cleanup_owner_rules struct owner_rules rules = {0};

		result = code_mapping_get(tx, place.organization_id, rows[i].code_mapping_id,
			&mapping, err);
		if (result < 0 || (a->provider && (!mapping.provider ||
			strcmp(mapping.provider, a->provider) != 0)))
			continue;
		*ret_any = true;
		(void)codeowners_parse(&rules, rows[i].raw, "", "");
		result = owner_people_add(tx, &place, &rules, people, err);
	}
	codeowners_list_free(rows, len);
	return result;
}

static int add_project(struct tx *tx, const struct associations *a, int64_t project_id,
	struct err *err)
{
	cleanup_project struct project project = {0};
	cleanup_owner_people struct owner_people people = {0};
	cleanup_err struct err out_of_reach = {0};
	cleanup_free char *id = xasprintf("%" PRId64, project_id);
	bool any = false;
	int result = access_project(tx, &a->call->principal, project_id, &out_of_reach);

	if (result < 0)
		return result == MORTISE_E_FORBIDDEN ? 0 : err_move(err, &out_of_reach);
	result = project_find(tx, a->call->principal.organization_id, id, &project, err);
	owner_people_init(&people);
	if (result == 0)
		result = add_files(tx, a, project_id, &people, &any, err);
	if (result == 0 && any)
		json_object_set_new(a->projects, project.slug, json_pack("{s:O, s:O}",
			"associations", people.associations, "errors", people.errors));
	return result;
}

static int associations_in(struct tx *tx, void *arg, struct err *err)
{
	struct associations *a = arg;
	int64_t ids[PROJECTS_AT_ONCE], after = 0;
	size_t len;
	int result;

	json_decref(a->projects);
	a->projects = json_object();
	do {
		result = codeowners_projects(tx, a->call->principal.organization_id, after,
			PROJECTS_AT_ONCE, ids, &len, err);
		for (size_t i = 0; result == 0 && i < len; i++) {
			result = add_project(tx, a, ids[i], err);
			after = ids[i];
		}
	} while (result == 0 && len == PROJECTS_AT_ONCE);
	return result;
}

static int associations(struct api_call *call, struct err *err)
{
	struct associations a = {.call = call, .provider = api_query(call, "provider", NULL)};
	int result = store_read(call->daemon->store, associations_in, &a, err);

	if (result < 0)
		json_decref(a.projects);
	else
		call->reply = a.projects;
	return result;
}

/* ---- The file in the repository ---- */

/* Whatever a provider says no with is 400 here. */
static int file_refused(struct api_call *call, const struct err *err)
{
	if (err->code == MORTISE_E_NOT_FOUND || err->code == MORTISE_E_INTERNAL ||
		err->refused)
		return err->code;
	call->status = 400;
	call->reply = json_pack("{s:s}", "detail", err_text(err));
	return 0;
}

static int file(struct api_call *call, struct err *err)
{
	cleanup_source_file struct source_file file = {0};
	int64_t id;

	if (api_id(call, "mapping", &id, err) < 0)
		return err->code;
	if (find_file(call, id, FILE_DEADLINE_MS, &file, err) < 0)
		return file_refused(call, err);
	call->reply = json_pack("{s:s, s:s, s:s}", "filepath", file.path, "html_url", file.url,
		"raw", file.content);
	return 0;
}

#define PROJECT "/api/0/projects/{org}/{project}/codeowners/"

const struct api_route api_codeowners_routes[] = {
	{"GET", PROJECT, SCOPES_P_GET, 0, list},
	{"POST", PROJECT, SCOPES_P_POST, API_BODY | API_LARGE, create},
	{"PUT", PROJECT "{codeowners}/", SCOPES_P_POST, API_BODY | API_LARGE, update},
	{"DELETE", PROJECT "{codeowners}/", SCOPES_P_DELETE, 0, delete},
	{"GET", "/api/0/organizations/{org}/codeowners-associations/", SCOPES_L_GET, 0,
		associations},
	{"GET", "/api/0/organizations/{org}/code-mappings/{mapping}/codeowners/", SCOPES_I_GET, 0,
		file},
	{0},
};
