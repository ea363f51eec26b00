/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Deploys of a release: where it was brought into use, and when. */
#include "config.h"
#include "core/api/routes.h"

#include <inttypes.h>
#include <string.h>

#include "core/api/body.h"
#include "core/api/cursor.h"
#include "core/api/issue_json.h"
#include "core/api/release_json.h"
#include "core/api/release_path.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/issue/change.h"
#include "core/storage/audit.h"
#include "core/storage/deploy.h"
#include "core/storage/project.h"
#include "core/storage/release.h"
#include "core/storage/store.h"

#define ENVIRONMENT_MAX 64     /* characters, as in Sentry */
#define NAME_MAX_LEN 64
#define URL_MAX_LEN 2048
#define PROJECTS_MAX 100

/* One request. */
struct ask {
	const struct api_call *call;
	json_t *json;
	/* Of a new one: */
	struct deploy_new deploy;
	const json_t *projects;    /* slugs or ids; NULL: all of the release */
	struct issue_actor actor;
	/* Of a list: */
	struct keyset place;
	size_t len;
	struct cursor_mark first, last;
};

static int answer(struct api_call *call, struct ask *ask, int result)
{
	if (result < 0) {
		json_decref(ask->json);
		return result;
	}
	call->reply = ask->json;
	return 0;
}

/* ---- The list ---- */

static int append(struct tx *tx, struct ask *ask, const struct deploy *row, struct err *err)
{
	const struct cursor_mark mark = {.number = row->finished_at_us, .id = row->id};
	json_t *json;
	int result = deploy_json(tx, row, &json, err);

	if (result < 0)
		return result;
	if (json_array_size(ask->json) == 0)
		ask->first = mark;
	ask->last = mark;
	json_array_append_new(ask->json, json);
	return 0;
}

static int list_in(struct tx *tx, void *arg, struct err *err)
{
	struct ask *ask = arg;
	cleanup_release struct release release = {0};
	struct deploy *rows;
	size_t shown;
	int result = release_path_find(tx, ask->call, &release, err);

	if (result < 0 || deploy_list(tx, release.id, &ask->place, &rows, &ask->len, err) < 0)
		return err->code;
	json_decref(ask->json);
	ask->json = json_array();
	shown = api_keyset_shown(&ask->place, ask->len);
	for (size_t i = 0; i < shown && result == 0; i++)
		result = append(tx, ask, &rows[api_keyset_row(&ask->place, shown, i)], err);
	deploy_list_free(rows, ask->len);
	return result;
}

static int list(struct api_call *call, struct err *err)
{
	struct ask ask = {.call = call};
	bool empty;
	int result = api_keyset_read(call, KEYSET_DOWN, &ask.place, err);

	if (result == 0)
		result = store_read(call->daemon->store, list_in, &ask, err);
	empty = json_array_size(ask.json) == 0;
	if (result == 0)
		api_keyset_answer(call, &ask.place, ask.len, empty ? NULL : &ask.first,
			empty ? NULL : &ask.last);
	return answer(call, &ask, result);
}

/* ---- A new one ---- */

static int read_body(const struct api_call *call, struct ask *ask, struct err *err)
{
	struct body in = {.object = call->body, .err = err};
	struct deploy_new *deploy = &ask->deploy;

	deploy->environment = body_text(&in, "environment", ENVIRONMENT_MAX, BODY_REQUIRED);
	deploy->name = body_text(&in, "name", NAME_MAX_LEN, 0);
	deploy->url = body_text(&in, "url", URL_MAX_LEN, 0);
	deploy->started_at_us = body_time(&in, "dateStarted");
	deploy->finished_at_us = body_time(&in, "dateFinished");
	ask->projects = body_list(&in, "projects", JSON_STRING, PROJECTS_MAX, 0);
	if (deploy->environment && (strchr(deploy->environment, '/') ||
					   strchr(deploy->environment, '\n')))
		err_field(err, "environment", "May hold no slash and no line break.");
	if (deploy->url && strncmp(deploy->url, "https://", 8) != 0 &&
		strncmp(deploy->url, "http://", 7) != 0)
		err_field(err, "url", "Must begin with https:// or http://.");
	if (deploy->finished_at_us == 0)
		deploy->finished_at_us = ask->actor.now_us;
	if (deploy->started_at_us > deploy->finished_at_us)
		err_field(err, "dateStarted", "Is after the end.");
	return err->code;
}

/* The id of a project of the release that is named, into a list. */
static int take_project(struct tx *tx, const struct ask *ask, const struct release *release,
	const char *name, json_t *ids, struct err *err)
{
	cleanup_project struct project project = {0};
	cleanup_release_place struct release_place place = {0};
	cleanup_err struct err missing = {0};
	int result = access_project_find(tx, &ask->call->principal, name, &project, &missing);

	if (result == 0)
		result = release_place_get(tx, project.id, release->id, &place, &missing);
	if (result == MORTISE_E_NOT_FOUND || result == 0)
		return err_field(err, "projects", "The release has no project \"%s\".", name);
	if (result < 0)
		return err_move(err, &missing);
	json_array_append_new(ids, json_integer(project.id));
	return 0;
}

/* Those that are named, else the one of the path, else those of the release. */
static int take_projects(struct tx *tx, const struct ask *ask, const struct release *release,
	json_t *ids, struct err *err)
{
	cleanup_json json_t *all = NULL;
	const json_t *item;
	size_t i;

	json_array_foreach(ask->projects, i, item)
		if (take_project(tx, ask, release, json_string_value(item), ids, err) < 0)
			return err->code;
	if (json_array_size(ids) > 0)
		return 0;
	if (ask->call->project.id) {
		json_array_append_new(ids, json_integer(ask->call->project.id));
		return 0;
	}
	if (release_projects(tx, release->id, &all, err) < 0)
		return err->code;
	json_array_foreach(all, i, item)
		json_array_append(ids, json_object_get(item, "id"));
	return 0;
}

static int audit(struct tx *tx, const struct ask *ask, int64_t id, struct err *err)
{
	cleanup_json json_t *data = json_pack("{s:s, s:I}", "environment", ask->deploy.environment,
		"release", (json_int_t)ask->deploy.release_id);

	return audit_insert(tx, &(struct audit_new){
		.organization_id = ask->deploy.organization_id,
		.origin = ask->actor.origin,
		.event = "release.deploy",
		.kind = "deploy",
		.id = id,
		.data = data,
		.now_us = ask->actor.now_us,
	}, err);
}

static int post_in(struct tx *tx, void *arg, struct err *err)
{
	struct ask *ask = arg;
	cleanup_json json_t *ids = json_array();
	cleanup_release struct release release = {0};
	cleanup_deploy struct deploy deploy = {0};
	int64_t id;

	if (release_path_find(tx, ask->call, &release, err) < 0 ||
		take_projects(tx, ask, &release, ids, err) < 0)
		return err->code;
	ask->deploy.organization_id = release.organization_id;
	ask->deploy.release_id = release.id;
	ask->deploy.projects = ids;
	ask->deploy.now_us = ask->actor.now_us;
	if (deploy_insert(tx, &ask->deploy, &id, err) < 0 || audit(tx, ask, id, err) < 0 ||
		deploy_get(tx, id, &deploy, err) < 0)
		return err->code;
	json_decref(ask->json);
	ask->json = NULL;
	return deploy_json(tx, &deploy, &ask->json, err);
}

static int post(struct api_call *call, struct err *err)
{
	struct ask ask = {.call = call, .actor = issue_actor_of(call)};
	int result = read_body(call, &ask, err);

	if (result == 0)
		result = store_write(call->daemon->store, post_in, &ask, err);
	call->status = 201;
	return answer(call, &ask, result);
}

#define ROUTES(path)                                                                     \
	{"GET", path, SCOPES_R_GET, 0, list},                                            \
	{"POST", path, SCOPES_R_POST, API_BODY, post}

const struct api_route api_deploy_routes[] = {
	ROUTES("/api/0/organizations/{org}/releases/{version}/deploys/"),
	ROUTES("/api/0/projects/{org}/{project}/releases/{version}/deploys/"),
	{0},
};
