/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Code mappings of an organization: list, create, update, delete.  Whoever may see a
 * project may map its code; what others have is not listed.
 *
 * Where Sentry's documents leave it open: without "project" a list shows all projects
 * within reach, as with -1; a project may be named by its slug, too; what is missing or
 * not there is said as everywhere, in JSON.  A mapping that a person changes counts as
 * made by that person.  One that CODEOWNERS use stays in its project.
 */
#include "config.h"
#include "core/api/routes.h"

#include <string.h>

#include "core/api/body.h"
#include "core/api/code_mapping_change.h"
#include "core/api/code_mapping_json.h"
#include "core/api/cursor.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/slug.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/storage/code_mapping.h"
#include "core/storage/keyset.h"
#include "core/storage/link.h"
#include "core/storage/store.h"

#define PROJECTS_MAX 100

/* ---- List ---- */

struct list {
	const struct api_call *call;
	struct keyset place;
	const char *integration;   /* as it was asked for; or NULL */
	int64_t project_ids[PROJECTS_MAX];
	struct code_mapping *rows;
	size_t len;
};

static int find_integration(struct tx *tx, const struct list *list, int64_t *ret_id,
	struct err *err)
{
	cleanup_link struct link link = {0};
	cleanup_err struct err missing = {0};
	int result = MORTISE_E_NOT_FOUND;

	*ret_id = 0;
	if (!list->integration)
		return 0;
	if (slug_is_id(list->integration, ret_id))
		result = link_find(tx, list->call->principal.organization_id, *ret_id, &link,
			&missing);
	if (result == MORTISE_E_NOT_FOUND)
		return err_set(err, result, "this organization has no such integration");
	return result < 0 ? err_move(err, &missing) : 0;
}

static bool has_id(const int64_t *ids, size_t len, int64_t id)
{
	for (size_t i = 0; i < len; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* The projects that are asked for; 0 if that is all of them. */
static int find_projects(struct tx *tx, struct list *list, size_t *ret_len, struct err *err)
{
	const struct api_call *call = list->call;
	const char *name, *value;

	*ret_len = 0;
	for (size_t i = 0; http_query_at(call->request, i, &name, &value); i++) {
		cleanup_project struct project project = {0};

		if (strcmp(name, "project") != 0 || !*value)
			continue;
		if (strcmp(value, "-1") == 0) {
			*ret_len = 0;
			return 0;
		}
		if (access_project_find(tx, &call->principal, value, &project, err) < 0)
			return err->code;
		if (has_id(list->project_ids, *ret_len, project.id))
			continue;
		if (*ret_len == PROJECTS_MAX)
			return err_set(err, MORTISE_E_FIELD, "name at most %d projects at once, or "
				"-1 for all", PROJECTS_MAX);
		list->project_ids[(*ret_len)++] = project.id;
	}
	return 0;
}

static int list_in(struct tx *tx, void *arg, struct err *err)
{
	struct list *list = arg;
	struct code_mapping_page page = {
		.organization_id = list->call->principal.organization_id,
		.member_id = access_reach(&list->call->principal),
		.place = &list->place,
	};

	code_mapping_list_free(list->rows, list->len);
	list->rows = NULL;
	list->len = 0;
	if (find_integration(tx, list, &page.integration_id, err) < 0)
		return err->code;
	if (page.integration_id == 0 && find_projects(tx, list, &page.project_len, err) < 0)
		return err->code;
	page.project_ids = page.project_len > 0 ? list->project_ids : NULL;
	return code_mapping_list(tx, &page, &list->rows, &list->len, err);
}

static int code_mappings(struct api_call *call, struct err *err)
{
	struct list list = {.call = call,
		.integration = api_query(call, "integrationId", "integration_id")};
	struct cursor_mark first = {0}, last = {0};
	size_t shown;
	int result;

	if (api_keyset_read(call, KEYSET_UP, &list.place, err) < 0)
		return err->code;
	result = store_read(call->daemon->store, list_in, &list, err);
	if (result < 0) {
		code_mapping_list_free(list.rows, list.len);
		return code_mapping_refused(call, err);
	}
	shown = api_keyset_shown(&list.place, list.len);
	call->reply = json_array();
	for (size_t i = 0; i < shown; i++) {
		const struct code_mapping *row = &list.rows[api_keyset_row(&list.place, shown, i)];

		last.id = row->id;
		if (i == 0)
			first.id = row->id;
		json_array_append_new(call->reply, code_mapping_json(call->daemon, row));
	}
	api_keyset_answer(call, &list.place, list.len, shown > 0 ? &first : NULL,
		shown > 0 ? &last : NULL);
	code_mapping_list_free(list.rows, list.len);
	return 0;
}

/* ---- One ---- */

struct change {
	const struct api_call *call;
	int64_t id;                /* PUT, DELETE */
	struct code_mapping_wanted wanted;
	struct code_mapping mapping;   /* what is stored then; set anew at each run */
	int64_t now_us;
};

static int read_change(struct change *change, struct err *err)
{
	const struct body in = {.object = change->call->body, .err = err};
	struct code_mapping_wanted *wanted = &change->wanted;

	wanted->integration_id = body_id(&in, "integrationId", BODY_REQUIRED);
	wanted->project_id = body_id(&in, "projectId", BODY_REQUIRED);
	wanted->repository_id = body_id(&in, "repositoryId", BODY_REQUIRED);
	code_mapping_read_roots(&in, wanted);
	code_mapping_read_branch(&in, wanted);
	return err->code;
}

static int create_in(struct tx *tx, void *arg, struct err *err)
{
	struct change *change = arg;

	code_mapping_clear(&change->mapping);
	if (code_mapping_check(tx, change->call, &change->wanted, err) < 0)
		return err->code;
	return code_mapping_create(tx, change->call, &change->wanted, change->now_us,
		&change->mapping, err);
}

/* The row of the URL, if its project is within reach. */
static int load(struct tx *tx, struct change *change, struct err *err)
{
	const struct principal *principal = &change->call->principal;

	code_mapping_clear(&change->mapping);
	if (code_mapping_get(tx, principal->organization_id, change->id, &change->mapping, err) < 0)
		return err->code;
	return access_project(tx, principal, change->mapping.project_id, err);
}

static int update_in(struct tx *tx, void *arg, struct err *err)
{
	struct change *change = arg;

	if (load(tx, change, err) < 0 ||
		code_mapping_check(tx, change->call, &change->wanted, err) < 0)
		return err->code;
	return code_mapping_change(tx, change->call, &change->wanted, change->now_us,
		&change->mapping, err);
}

static int delete_in(struct tx *tx, void *arg, struct err *err)
{
	struct change *change = arg;
	int result = load(tx, change, err);

	if (result == 0)
		result = code_mapping_delete(tx, change->mapping.organization_id, change->id, err);
	if (result <= 0)
		return result;
	return code_mapping_audit(tx, change->call, "code_mapping.remove", &change->mapping,
		change->now_us, err);
}

/* Store what was read, and answer with 'status', or with why not. */
static int answer(struct change *change, struct api_call *call, store_fn *fn, int status,
	struct err *err)
{
	int result;

	change->now_us = clock_now_us();
	result = store_write(call->daemon->store, fn, change, err);
	if (result == 0) {
		call->status = status;
		if (status != 204)
			call->reply = code_mapping_json(call->daemon, &change->mapping);
	} else {
		result = code_mapping_refused(call, err);
	}
	code_mapping_clear(&change->mapping);
	return result;
}

static int create(struct api_call *call, struct err *err)
{
	struct change change = {.call = call};

	return read_change(&change, err) < 0 ? err->code
		: answer(&change, call, create_in, 201, err);
}

static int update(struct api_call *call, struct err *err)
{
	struct change change = {.call = call};

	if (api_id(call, "mapping", &change.id, err) < 0 || read_change(&change, err) < 0)
		return err->code;
	return answer(&change, call, update_in, 200, err);
}

static int delete(struct api_call *call, struct err *err)
{
	struct change change = {.call = call};

	return api_id(call, "mapping", &change.id, err) < 0 ? err->code
		: answer(&change, call, delete_in, 204, err);
}

#define CODE_MAPPINGS "/api/0/organizations/{org}/code-mappings/"

const struct api_route api_code_mapping_routes[] = {
	{"GET", CODE_MAPPINGS, SCOPES_L_GET, 0, code_mappings},
	{"POST", CODE_MAPPINGS, SCOPES_L_POST, API_BODY, create},
	{"PUT", CODE_MAPPINGS "{mapping}/", SCOPES_L_POST, API_BODY, update},
	{"DELETE", CODE_MAPPINGS "{mapping}/", SCOPES_L_DELETE, 0, delete},
	{0},
};
