/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Releases of an organization and of a project: listed, made, changed and deleted. */
#include "config.h"
#include "core/api/routes.h"

#include <inttypes.h>
#include <string.h>

#include "core/api/cursor.h"
#include "core/api/issue_json.h"
#include "core/api/release_body.h"
#include "core/api/release_json.h"
#include "core/api/release_path.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/issue/release_version.h"
#include "core/job/job.h"
#include "core/storage/audit.h"
#include "core/storage/release.h"
#include "core/storage/store.h"

/* One request. */
struct ask {
	const struct api_call *call;
	struct release_body body;
	struct issue_actor actor;
	json_t *json;
	bool created;
	/* Of a list: */
	int status;                /* RELEASE_ */
	struct keyset place;
	size_t len;
	struct cursor_mark marks[2];       /* of the first row that is shown, and the last */
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

/* ---- Lists ---- */

static struct cursor_mark mark_of(const struct release *release, bool of_project)
{
	return (struct cursor_mark){
		.number = of_project && release->released_at_us > 0 ? release->released_at_us
								    : release->added_at_us,
		.id = release->id,
	};
}

static int list_in(struct tx *tx, void *arg, struct err *err)
{
	struct ask *ask = arg;
	cleanup_release_choice struct release_choice projects = {0};
	struct release *rows;
	size_t shown;
	int result = release_path_projects(tx, ask->call, &projects, err);

	if (result < 0 || release_list(tx, &(struct release_page){
		.organization_id = ask->call->principal.organization_id,
		.project_id = projects.id,
		.projects = projects.list,
		.member_id = access_reach(&ask->call->principal),
		.status = ask->status,
		.query = api_query(ask->call, "query", NULL),
		.place = &ask->place,
	}, &rows, &ask->len, err) < 0)
		return err->code;
	json_decref(ask->json);
	ask->json = json_array();
	shown = api_keyset_shown(&ask->place, ask->len);
	for (size_t i = 0; i < shown && result == 0; i++) {
		const struct release *row = &rows[api_keyset_row(&ask->place, shown, i)];
		json_t *item;

		result = release_json(tx, row, &item, err);
		if (result == 0)
			json_array_append_new(ask->json, item);
		ask->marks[i > 0] = mark_of(row, projects.id != 0);
	}
	if (shown == 1)
		ask->marks[1] = ask->marks[0];
	release_list_free(rows, ask->len);
	return result;
}

static int list(struct api_call *call, struct err *err)
{
	const char *status = api_query(call, "status", NULL);
	struct ask ask = {.call = call};
	bool empty;
	int result;

	if (status && strcmp(status, "open") != 0 && strcmp(status, "archived") != 0)
		return err_field(err, "status", "A release is open or archived.");
	ask.status = status && strcmp(status, "archived") == 0 ? RELEASE_ARCHIVED : RELEASE_OPEN;
	result = api_keyset_read(call, KEYSET_DOWN, &ask.place, err);
	if (result == 0)
		result = store_read(call->daemon->store, list_in, &ask, err);
	empty = json_array_size(ask.json) == 0;
	if (result == 0)
		api_keyset_answer(call, &ask.place, ask.len, empty ? NULL : &ask.marks[0],
			empty ? NULL : &ask.marks[1]);
	return answer(call, &ask, result);
}

/* ---- One ---- */

static int get_in(struct tx *tx, void *arg, struct err *err)
{
	struct ask *ask = arg;
	cleanup_release struct release release = {0};

	json_decref(ask->json);
	ask->json = NULL;
	if (release_path_find(tx, ask->call, &release, err) < 0)
		return err->code;
	return release_json(tx, &release, &ask->json, err);
}

static int get(struct api_call *call, struct err *err)
{
	struct ask ask = {.call = call};

	return answer(call, &ask, store_read(call->daemon->store, get_in, &ask, err));
}

/* As it is now. */
static int show(struct tx *tx, struct ask *ask, int64_t id, struct err *err)
{
	cleanup_release struct release release = {0};

	json_decref(ask->json);
	ask->json = NULL;
	if (release_get(tx, id, &release, err) < 0)
		return err->code;
	return release_json(tx, &release, &ask->json, err);
}

static int audit(struct tx *tx, const struct ask *ask, const struct release *release,
	const char *event, struct err *err)
{
	cleanup_json json_t *data = json_pack("{s:s}", "version", release->version);

	return audit_insert(tx, &(struct audit_new){
		.organization_id = ask->call->principal.organization_id,
		.origin = ask->actor.origin,
		.event = event,
		.kind = "release",
		.id = release->id,
		.data = data,
		.now_us = ask->actor.now_us,
	}, err);
}

/* Making a release that is there changes it; then it has its projects already. */
static int need_projects(struct tx *tx, const struct ask *ask, int64_t id, struct err *err)
{
	int result = 0;

	if (ask->call->project.id || json_array_size(ask->body.projects) > 0)
		return 0;
	if (!ask->created)
		result = release_is_reached(tx, id, access_reach(&ask->call->principal), err);
	if (result == 0)
		return err_field(err, "projects", "Name at least one project.");
	return result < 0 ? result : 0;
}

static int post_in(struct tx *tx, void *arg, struct err *err)
{
	struct ask *ask = arg;
	cleanup_free char *key = release_version_key(ask->body.version);
	cleanup_release struct release release = {0};
	int64_t of_path = ask->call->project.id;
	int64_t id;
	int result = release_put(tx, &(struct release_new){
		.organization_id = ask->call->principal.organization_id,
		.version = ask->body.version,
		.semver = key,
		.now_us = ask->actor.now_us,
	}, &id, err);

	ask->created = result == 1;
	if (result < 0 || need_projects(tx, ask, id, err) < 0 ||
		(of_path && release_add_project(tx, id, of_path, err) < 0) ||
		release_get(tx, id, &release, err) < 0 ||
		release_body_apply(tx, &ask->body, &release, &ask->call->principal,
			&ask->actor, err) < 0 ||
		audit(tx, ask, &release, ask->created ? "release.create" : "release.edit", err) < 0)
		return err->code;
	return show(tx, ask, id, err);
}

static int write_run(struct api_call *call, struct ask *ask, store_fn *fn, struct err *err)
{
	int result = store_write(call->daemon->store, fn, ask, err);

	if (result == 0 && (ask->body.commits || ask->body.refs || ask->body.heads))
		jobs_wake(call->daemon->jobs);
	return answer(call, ask, result);
}

/* Making one that is there is fine, and says so: 208. */
static int post(struct api_call *call, struct err *err)
{
	struct ask ask = {.call = call, .actor = issue_actor_of(call)};
	int result = release_body_read(call->body, &ask.body, err);

	if (!ask.body.version)
		result = err_field(err, "version", "This field is required.");
	else if (result == 0)
		result = release_version_check(ask.body.version, err);
	if (result < 0)
		return result;
	result = write_run(call, &ask, post_in, err);
	call->status = ask.created ? 201 : 208;
	return result;
}

static int put_in(struct tx *tx, void *arg, struct err *err)
{
	struct ask *ask = arg;
	cleanup_release struct release release = {0};

	if (release_path_find(tx, ask->call, &release, err) < 0 ||
		release_body_apply(tx, &ask->body, &release, &ask->call->principal,
			&ask->actor, err) < 0 ||
		audit(tx, ask, &release, "release.edit", err) < 0)
		return err->code;
	return show(tx, ask, release.id, err);
}

static int put(struct api_call *call, struct err *err)
{
	struct ask ask = {.call = call, .actor = issue_actor_of(call)};
	int result = release_body_read(call->body, &ask.body, err);

	return result < 0 ? result : write_run(call, &ask, put_in, err);
}

static int delete_in(struct tx *tx, void *arg, struct err *err)
{
	struct ask *ask = arg;
	cleanup_release struct release release = {0};

	if (release_path_find(tx, ask->call, &release, err) < 0 ||
		release_delete(tx, release.id, err) < 0)
		return err->code;
	return audit(tx, ask, &release, "release.delete", err);
}

static int delete(struct api_call *call, struct err *err)
{
	struct ask ask = {.call = call, .actor = issue_actor_of(call)};

	return store_write(call->daemon->store, delete_in, &ask, err);
}

#define ROUTES(path)                                                                     \
	{"GET", path, SCOPES_R_GET, 0, list},                                      \
	{"POST", path, SCOPES_R_POST, API_BODY, post},                             \
	{"GET", path "{version}/", SCOPES_R_GET, 0, get},                          \
	{"PUT", path "{version}/", SCOPES_R_POST, API_BODY, put},                  \
	{"DELETE", path "{version}/", SCOPES_R_DELETE, 0, delete}

const struct api_route api_release_routes[] = {
	ROUTES("/api/0/organizations/{org}/releases/"),
	ROUTES("/api/0/projects/{org}/{project}/releases/"),
	{0},
};
