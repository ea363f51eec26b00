/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Many issues: lists of an organization or a project, and changes of many at once, as
 * Sentry's command line tool and clients ask for them.  A change of many is one
 * transaction: all of them or none.
 */
#include "config.h"
#include "core/api/routes.h"

#include <string.h>

#include "core/api/cursor.h"
#include "core/api/issue_json.h"
#include "core/api/issue_query.h"
#include "core/api/issue_update.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/slug.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/job/job.h"
#include "core/storage/issue.h"
#include "core/storage/issue_list.h"
#include "core/storage/part.h"
#include "core/storage/project.h"
#include "core/storage/store.h"

/* How many issues one request changes; those that match beyond are for the next. */
#define MANY_MAX 1000

struct many {
	const struct api_call *call;
	enum issue_sort sort;
	const char *query;         /* with "is:unresolved" for a request without one */
	int64_t ids[MANY_MAX];     /* that the request names */
	size_t id_len;
	struct issue_actor actor;
	/* Of a change: */
	struct issue_update update;
	size_t matched;
	bool changed;
	/* Of a list: */
	struct keyset place;
	json_t *items;
	size_t len;                /* rows that were read */
	struct cursor_mark first, last;    /* of those that are shown */
};

/* ---- What is asked for ---- */

static int read_sort(const struct api_call *call, enum issue_sort *ret_sort, struct err *err)
{
	static const struct {
		const char *name;
		enum issue_sort sort;
	} sorts[] = {
		{"date", ISSUE_SORT_SEEN},
		{"new", ISSUE_SORT_NEW},
		{"freq", ISSUE_SORT_COUNT},
		{"user", ISSUE_SORT_USERS},
		{"priority", ISSUE_SORT_LEVEL},
	};
	const char *sort = api_query(call, "sort", NULL);

	*ret_sort = ISSUE_SORT_SEEN;
	for (size_t i = 0; sort && i < lengthof(sorts); i++)
		if (strcmp(sort, sorts[i].name) == 0) {
			*ret_sort = sorts[i].sort;
			return 0;
		}
	return !sort ? 0 : err_field(err, "sort", "\"%s\" is not supported: sort by date (last "
		"seen), new (first seen), freq (events), user or priority (level).", sort);
}

static int read_ids(const struct api_call *call, struct many *many, struct err *err)
{
	const char *name, *value;

	for (size_t i = 0; http_query_at(call->request, i, &name, &value); i++) {
		if (strcmp(name, "id") != 0)
			continue;
		if (many->id_len == MANY_MAX)
			return err_field(err, "id", "At most %d issues at once.", MANY_MAX);
		if (!slug_is_id(value, &many->ids[many->id_len++]))
			return err_field(err, "id", "\"%s\" is no id.", value);
	}
	return 0;
}

static int many_read(struct api_call *call, struct many *many, struct err *err)
{
	const char *query = http_query(call->request, "query");

	many->call = call;
	many->actor = issue_actor_of(call);
	keyset_start(KEYSET_DOWN, &many->place);
	many->place.limit = MANY_MAX;
	many->query = query ? query : "is:unresolved";
	if (read_sort(call, &many->sort, err) < 0)
		return err->code;
	return read_ids(call, many, err);
}

/* ---- Of which projects ---- */

struct projects {
	bool all;                  /* of the organization */
	int64_t *ids;              /* else these; owned */
	size_t len;
};

#define cleanup_projects __attribute__((__cleanup__(projects_clear)))
static void projects_clear(struct projects *projects)
{
	free(projects->ids);
	*projects = (struct projects){0};
}

static bool projects_have(const struct projects *projects, int64_t id)
{
	for (size_t i = 0; i < projects->len; i++)
		if (projects->ids[i] == id)
			return true;
	return projects->all;
}

static void projects_add(struct projects *projects, int64_t id)
{
	if (projects_have(projects, id))
		return;
	projects->ids = xrealloc(projects->ids, (projects->len + 1) * sizeof(*projects->ids));
	projects->ids[projects->len++] = id;
}

/* Those that `project` names, each an id or a slug, -1 for all. */
static int projects_named(struct tx *tx, const struct api_call *call, struct projects *projects,
	bool *ret_all, struct err *err)
{
	const char *name, *value;

	*ret_all = false;
	for (size_t i = 0; http_query_at(call->request, i, &name, &value); i++) {
		cleanup_project struct project project = {0};

		if (strcmp(name, "project") != 0 || !*value)
			continue;
		if (strcmp(value, "-1") == 0) {
			*ret_all = true;
			continue;
		}
		if (access_project_find(tx, &call->principal, value, &project, err) < 0)
			return err->code;
		projects_add(projects, project.id);
	}
	return 0;
}

/* That of the path, or those of the query, or all within reach. */
static int projects_find(struct tx *tx, const struct api_call *call, struct projects *projects,
	struct err *err)
{
	int64_t member_id = access_reach(&call->principal);
	bool all;

	if (call->project.id) {
		projects_add(projects, call->project.id);
		return 0;
	}
	if (projects_named(tx, call, projects, &all, err) < 0)
		return err->code;
	if (projects->len > 0 && !all)
		return 0;
	projects_clear(projects);
	projects->all = member_id == 0;
	return projects->all ? 0
		: part_projects(tx, member_id, &projects->ids, &projects->len, err);
}

/* `status` alone, as the command line tool sends it, is short for a query. */
static int add_status(const struct many *many, struct issue_query *query, struct err *err)
{
	const char *status = api_query(many->call, "status", NULL);
	int value;

	if (!status)
		return 0;
	value = strcmp(status, "muted") == 0 ? ISSUE_IGNORED : issue_status_parse(status);
	if (value < 0)
		return err_field(err, "status", "A status is unresolved, resolved or ignored.");
	query->filter.statuses = 1u << value;
	return 0;
}

static int query_make(struct tx *tx, const struct many *many, const struct projects *projects,
	struct issue_query *query, struct err *err)
{
	query->filter.organization_id = many->call->principal.organization_id;
	query->filter.of_projects = !projects->all;
	query->filter.project_ids = projects->ids;
	query->filter.project_len = projects->len;
	query->filter.sort = many->sort;
	if (issue_query_read(tx, many->query, &many->call->principal, query, err) < 0)
		return err->code;
	return add_status(many, query, err);
}

/* ---- Finding them ---- */

static void list_add(struct issue **list, size_t *len, struct issue *issue)
{
	*list = xrealloc(*list, (*len + 1) * sizeof(**list));
	(*list)[(*len)++] = *issue;
}

static bool is_wanted(const struct many *many, const struct projects *projects,
	const struct issue *issue)
{
	return issue->organization_id == many->call->principal.organization_id &&
		projects_have(projects, issue->project_id);
}

/* An issue that is named but not there is left out, as Sentry does. */
static int find_named(struct tx *tx, const struct many *many, const struct projects *projects,
	struct issue **list, size_t *len, struct err *err)
{
	int result = 0;

	for (size_t i = 0; i < many->id_len && result == 0; i++) {
		cleanup_err struct err missing = {0};
		struct issue issue = {0};

		result = issue_get(tx, many->ids[i], &issue, &missing);
		if (result == 0 && is_wanted(many, projects, &issue))
			list_add(list, len, &issue);
		else
			issue_clear(&issue);
		if (result < 0)
			result = result == MORTISE_E_NOT_FOUND ? 0 : err_move(err, &missing);
	}
	return result;
}

static int find_short_id(struct tx *tx, const struct many *many, const struct projects *projects,
	const struct issue_query *query, struct issue **list, size_t *len, struct err *err)
{
	cleanup_err struct err missing = {0};
	struct issue issue = {0};
	int result = issue_by_text(tx, many->call->principal.organization_id, query->short_id,
		&issue, &missing);

	if (result == MORTISE_E_NOT_FOUND)
		return 0;
	if (result < 0)
		return err_move(err, &missing);
	if (query->filter.place->id == INT64_MAX && is_wanted(many, projects, &issue))
		list_add(list, len, &issue);
	else
		issue_clear(&issue);
	return 0;
}

/* A page of them, or all that are named. */
static int find_many(struct tx *tx, const struct many *many, const struct keyset *place,
	struct issue **ret_list, size_t *ret_len, struct err *err)
{
	struct issue_query query = {.filter.place = place, .now_us = many->actor.now_us};
	cleanup_projects struct projects projects = {0};
	int result = projects_find(tx, many->call, &projects, err);

	*ret_list = NULL;
	*ret_len = 0;
	if (result == 0 && many->id_len > 0) {
		result = find_named(tx, many, &projects, ret_list, ret_len, err);
	} else if (result == 0) {
		result = query_make(tx, many, &projects, &query, err);
		if (result == 0 && query.short_id)
			result = find_short_id(tx, many, &projects, &query, ret_list, ret_len,
				err);
		else if (result == 0 && !query.impossible)
			result = issue_list(tx, &query.filter, ret_list, ret_len, err);
		issue_query_clear(&query);
	}
	if (result < 0)
		issue_list_free(*ret_list, *ret_len);
	return result;
}

/* ---- Lists ---- */

static int append(struct tx *tx, struct many *many, const struct issue *issue, struct err *err)
{
	const struct cursor_mark mark = {
		.number = issue_list_key(issue, many->sort),
		.id = issue->id,
	};
	json_t *item;
	int result = issue_json(tx, many->call, issue, &item, err);

	if (result < 0)
		return result;
	if (json_array_size(many->items) == 0)
		many->first = mark;
	many->last = mark;
	json_array_append_new(many->items, item);
	return 0;
}

static int list_in(struct tx *tx, void *arg, struct err *err)
{
	struct many *many = arg;
	struct issue *rows;
	size_t len, shown;
	int result = find_many(tx, many, &many->place, &rows, &len, err);

	if (result < 0)
		return result;
	json_decref(many->items);
	many->items = json_array();
	/* What is named is shown on one page. */
	shown = many->id_len > 0 ? len : api_keyset_shown(&many->place, len);
	many->len = many->id_len > 0 ? 0 : len;
	for (size_t i = 0; i < shown && result == 0; i++)
		result = append(tx, many, &rows[many->id_len > 0 ? i
			: api_keyset_row(&many->place, shown, i)], err);
	issue_list_free(rows, len);
	return result;
}

static int list(struct api_call *call, struct err *err)
{
	struct many *many = new(struct many);
	bool empty;
	int result = many_read(call, many, err);

	if (result == 0)
		result = api_keyset_read(call, KEYSET_DOWN, &many->place, err);
	if (result == 0)
		result = store_read(call->daemon->store, list_in, many, err);
	empty = json_array_size(many->items) == 0;
	if (result == 0) {
		api_keyset_answer(call, &many->place, many->len, empty ? NULL : &many->first,
			empty ? NULL : &many->last);
		call->reply = json_incref(many->items);
	}
	json_decref(many->items);
	free(many);
	return result;
}

/* ---- Changing many ---- */

static int change_in(struct tx *tx, void *arg, struct err *err)
{
	struct many *many = arg;
	struct issue *rows;
	size_t len;
	int result = find_many(tx, many, &many->place, &rows, &len, err);

	if (result < 0)
		return result;
	many->matched = len;
	many->changed = false;
	for (size_t i = 0; i < len && result == 0; i++) {
		bool changed;

		result = issue_update_apply(tx, &many->update, &rows[i], &many->actor, &changed,
			err);
		many->changed = many->changed || (result == 0 && changed);
	}
	issue_list_free(rows, len);
	return result;
}

/* What was asked for comes back, as Sentry answers. */
static json_t *change_json(const struct many *many)
{
	json_t *json = json_object();

	if (many->update.status >= 0) {
		json_object_set_new(json, "status",
			json_string(issue_status_name(many->update.status)));
		json_object_set_new(json, "statusDetails", many->update.strategy ==
			ISSUE_RESOLVE_IN_NEXT_RELEASE ? json_pack("{s:b}", "inNextRelease", 1)
			: many->update.version ? json_pack("{s:s}", "inRelease",
				many->update.version) : json_object());
	}
	if (many->update.substatus)
		json_object_set_new(json, "substatus", json_string(many->update.substatus));
	if (many->update.assign)
		json_object_set_new(json, "assignedTo", many->update.assignee
			? json_string(many->update.assignee) : json_null());
	return json;
}

static int change(struct api_call *call, struct err *err)
{
	struct many *many = new(struct many);
	int result = many_read(call, many, err);

	if (result == 0)
		result = issue_update_read(call->body, &many->update, err);
	if (result == 0)
		result = store_write(call->daemon->store, change_in, many, err);
	if (result == 0 && many->changed)
		jobs_wake(call->daemon->jobs);
	if (result == 0 && many->matched > 0)
		call->reply = change_json(many);
	free(many);
	return result;
}

/* ---- Deleting many ---- */

static int delete_in(struct tx *tx, void *arg, struct err *err)
{
	struct many *many = arg;
	struct issue *rows;
	size_t len;
	int result = find_many(tx, many, &many->place, &rows, &len, err);

	if (result < 0)
		return result;
	for (size_t i = 0; i < len && result == 0; i++)
		result = issue_update_delete(tx, &rows[i], &many->actor, err);
	issue_list_free(rows, len);
	return result;
}

/* Only what is named: a query that matched more than was meant cannot be taken back. */
static int delete(struct api_call *call, struct err *err)
{
	struct many *many = new(struct many);
	int result = many_read(call, many, err);

	if (result == 0 && many->id_len == 0)
		result = err_field(err, "id", "Name the issues to delete: ?id=1&id=2.");
	if (result == 0)
		result = store_write(call->daemon->store, delete_in, many, err);
	free(many);
	return result;
}

#define ROUTES(path)                                                                     \
	{"GET", path, SCOPES_G_GET, 0, list},                                            \
	{"PUT", path, SCOPES_G_POST, API_BODY, change},                                  \
	{"DELETE", path, SCOPES_G_DELETE, 0, delete}

const struct api_route api_issue_list_routes[] = {
	ROUTES("/api/0/organizations/{org}/issues/"),
	ROUTES("/api/0/projects/{org}/{project}/issues/"),
	{0},
};
