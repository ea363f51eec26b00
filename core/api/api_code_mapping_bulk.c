/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Many code mappings of one project and repository at once, as build tools send them: each
 * is made, or takes the place of the one of its stack root.  What is wrong with one is said
 * beside it and does not keep the others (207); what is wrong with the whole stores nothing.
 *
 * Where Sentry's documents leave it open: the address is POST …/code-mappings/bulk/; the
 * project may be named by its id, too; "provider" (as "integrations:github", or "github")
 * tells repositories of one name apart, of which there are several otherwise (409).
 */
#include "config.h"
#include "core/api/routes.h"

#include <string.h>

#include "core/api/body.h"
#include "core/api/code_mapping_change.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/storage/code_mapping.h"
#include "core/storage/repository.h"
#include "core/storage/store.h"

#define MAPPINGS_MAX 300
#define NAME_MAX_CHARACTERS 1024
#define SLUG_MAX_CHARACTERS 100
#define PROVIDER_MAX 64
#define SAME_NAME_MAX 10       /* repositories that are looked at */

struct bulk {
	const struct api_call *call;
	const char *project, *repository;
	const char *provider;      /* or NULL */
	const json_t *mappings;
	struct code_mapping_wanted wanted;     /* the branch; the rest at each run */
	int64_t now_us;
	/* Set anew at each run: */
	json_t *items;
	int created, updated, errors;
};

/* ---- What the whole is about ---- */

static bool is_of(const struct repository *repository, const char *provider)
{
	const char *key = strrchr(repository->provider, ':');

	return !provider || strcmp(repository->provider, provider) == 0 ||
		(key && strcmp(key + 1, provider) == 0);
}

/* The only one of its name that an integration has. */
static int find_repository(struct tx *tx, struct bulk *bulk, struct err *err)
{
	struct repository *rows;
	size_t len, found = 0;

	if (repository_list_name(tx, bulk->call->principal.organization_id, bulk->repository,
		    SAME_NAME_MAX, &rows, &len, err) < 0)
		return err->code;
	for (size_t i = 0; i < len; i++)
		if (rows[i].integration_id && is_of(&rows[i], bulk->provider)) {
			bulk->wanted.repository_id = rows[i].id;
			bulk->wanted.integration_id = rows[i].integration_id;
			found++;
		}
	repository_list_free(rows, len);
	if (found == 0)
		return err_set(err, MORTISE_E_NOT_FOUND,
			"no active repository of an integration has the name \"%.200s\"",
			bulk->repository);
	if (found > 1)
		return err_set(err, MORTISE_E_CONFLICT, "several repositories have the name "
			"\"%.200s\": give \"provider\", too", bulk->repository);
	return 0;
}

static int find_target(struct tx *tx, struct bulk *bulk, struct err *err)
{
	cleanup_project struct project project = {0};

	if (access_project_find(tx, &bulk->call->principal, bulk->project, &project, err) < 0 ||
		find_repository(tx, bulk, err) < 0)
		return err->code;
	bulk->wanted.project_id = project.id;
	return code_mapping_check(tx, bulk->call, &bulk->wanted, err);
}

/* ---- One after the other ---- */

/* The first text of an error, whatever its field. */
static const char *first_text(const struct err *err)
{
	const char *name;
	json_t *texts;

	json_object_foreach(err->fields, name, texts)
		return json_string_value(json_array_get(texts, 0));
	return err_text(err);
}

static json_t *shown_root(const json_t *object, const char *name)
{
	const struct body in = {.object = object};
	json_t *root = body_member(&in, name);

	return json_is_string(root) ? json_incref(root) : json_null();
}

/* 1: made, 0: changed. */
static int put_one(struct tx *tx, const struct bulk *bulk, const struct code_mapping_wanted *wanted,
	struct err *err)
{
	cleanup_code_mapping struct code_mapping mapping = {0};
	int result = code_mapping_find(tx, wanted->project_id, wanted->stack_root, &mapping, err);

	if (result < 0)
		return result;
	if (result == 1)
		return code_mapping_change(tx, bulk->call, wanted, bulk->now_us, &mapping, err);
	result = code_mapping_create(tx, bulk->call, wanted, bulk->now_us, &mapping, err);
	return result < 0 ? result : 1;
}

static int add_item(struct tx *tx, struct bulk *bulk, const json_t *object, struct err *err)
{
	struct code_mapping_wanted wanted = bulk->wanted;
	cleanup_err struct err wrong = {0};
	const struct body in = {.object = object, .err = &wrong};
	const char *status = "error";
	json_t *item;
	int result;

	code_mapping_read_roots(&in, &wanted);
	result = wrong.code < 0 ? wrong.code : put_one(tx, bulk, &wanted, &wrong);
	if (result < 0 && result != MORTISE_E_FIELD)
		return err_move(err, &wrong);
	if (result >= 0)
		status = result == 1 ? "created" : "updated";
	*(result < 0 ? &bulk->errors : result == 1 ? &bulk->created : &bulk->updated) += 1;
	item = json_pack("{s:o, s:o, s:s}", "stackRoot", shown_root(object, "stackRoot"),
		"sourceRoot", shown_root(object, "sourceRoot"), "status", status);
	if (result < 0)
		json_object_set_new(item, "detail", json_string(first_text(&wrong)));
	json_array_append_new(bulk->items, item);
	return 0;
}

static int bulk_in(struct tx *tx, void *arg, struct err *err)
{
	struct bulk *bulk = arg;
	json_t *object;
	size_t i;

	json_decref(bulk->items);
	bulk->items = json_array();
	bulk->created = bulk->updated = bulk->errors = 0;
	if (find_target(tx, bulk, err) < 0)
		return err->code;
	json_array_foreach(bulk->mappings, i, object)
		if (add_item(tx, bulk, object, err) < 0)
			return err->code;
	return 0;
}

static int read_bulk(struct bulk *bulk, struct err *err)
{
	const struct body in = {.object = bulk->call->body, .err = err};

	bulk->project = body_text(&in, "project", SLUG_MAX_CHARACTERS, BODY_REQUIRED);
	bulk->repository = body_text(&in, "repository", NAME_MAX_CHARACTERS, BODY_REQUIRED);
	bulk->provider = body_text(&in, "provider", PROVIDER_MAX, 0);
	bulk->mappings = body_list(&in, "mappings", JSON_OBJECT, MAPPINGS_MAX, BODY_REQUIRED);
	if (bulk->mappings && json_array_size(bulk->mappings) == 0)
		err_field(err, "mappings", "This list may not be empty.");
	code_mapping_read_branch(&in, &bulk->wanted);
	return err->code;
}

static int put_all(struct api_call *call, struct err *err)
{
	struct bulk bulk = {.call = call, .now_us = clock_now_us()};
	int result = read_bulk(&bulk, err);

	if (result == 0)
		result = store_write(call->daemon->store, bulk_in, &bulk, err);
	if (result == 0) {
		call->status = bulk.errors > 0 ? 207 : 200;
		call->reply = json_pack("{s:i, s:i, s:i, s:O}", "created", bulk.created, "updated",
			bulk.updated, "errors", bulk.errors, "mappings", bulk.items);
	} else {
		result = code_mapping_refused(call, err);
	}
	json_decref(bulk.items);
	return result;
}

const struct api_route api_code_mapping_bulk_routes[] = {
	{"POST", "/api/0/organizations/{org}/code-mappings/bulk/", SCOPES_L_POST | SCOPE_ORG_CI,
		API_BODY, put_all},
	{0},
};
