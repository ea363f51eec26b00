/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Releases of an organization and of a project, and their commits. */
#include "config.h"
#include "core/api/routes.h"

#include <inttypes.h>
#include <string.h>

#include "core/api/cursor.h"
#include "core/api/issue_json.h"
#include "core/api/release_body.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/issue/release_version.h"
#include "core/job/job.h"
#include "core/storage/audit.h"
#include "core/storage/project.h"
#include "core/storage/release.h"
#include "core/storage/release_commit.h"
#include "core/storage/store.h"

/* Continuous integration makes releases, with scopes of its own. */
#define SCOPES_RELEASE_GET (SCOPES_P_GET | SCOPE_PROJECT_RELEASES | SCOPE_ORG_CI)
#define SCOPES_RELEASE_POST (SCOPES_P_POST | SCOPE_PROJECT_RELEASES | SCOPE_ORG_CI)
#define SCOPES_RELEASE_DELETE (SCOPES_P_DELETE | SCOPE_PROJECT_RELEASES)

/* One request. */
struct ask {
	const struct api_call *call;
	struct api_page page;
	struct release_body body;
	struct issue_actor actor;
	int status;                /* RELEASE_…, of a list */
	json_t *json;
	bool more, created;
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

/* The project of the path; 0 for none. */
static int find_project(struct tx *tx, const struct ask *ask, int64_t *ret_id, struct err *err)
{
	const struct api_call *call = ask->call;
	const char *name = api_query(call, "project", NULL);
	cleanup_project struct project project = {0};
	int result;

	*ret_id = call->project.id;
	if (*ret_id || !name || strcmp(name, "-1") == 0)
		return 0;
	result = access_project_find(tx, &call->principal, name, &project, err);
	*ret_id = project.id;
	return result;
}

/* The release of the path; below a project, one of that project. */
static int find_release(struct tx *tx, const struct ask *ask, struct release *ret_release,
	struct err *err)
{
	const char *version = http_param(ask->call->request, "version");
	cleanup_release_place struct release_place place = {0};
	int64_t project_id;
	int result = find_project(tx, ask, &project_id, err);

	if (result == 0)
		result = release_find(tx, ask->call->principal.organization_id, version,
			ret_release, err);
	if (result == 1 && project_id)
		result = release_place_get(tx, project_id, ret_release->id, &place, err);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "The requested resource does not exist");
	return result < 0 ? result : 0;
}

/* ---- Lists ---- */

static int list_in(struct tx *tx, void *arg, struct err *err)
{
	struct ask *ask = arg;
	struct release_page page = {
		.organization_id = ask->call->principal.organization_id,
		.status = ask->status,
		.query = api_query(ask->call, "query", NULL),
		.offset = ask->page.offset,
		.limit = ask->page.size + 1,
	};
	struct release *rows;
	size_t len, shown;
	int result = find_project(tx, ask, &page.project_id, err);

	if (result < 0 || release_list(tx, &page, &rows, &len, err) < 0)
		return err->code;
	json_decref(ask->json);
	ask->json = json_array();
	ask->more = (int64_t)len > ask->page.size;
	shown = ask->more ? (size_t)ask->page.size : len;
	for (size_t i = 0; i < shown && result == 0; i++) {
		json_t *item;

		result = release_json(tx, &rows[i], &item, err);
		if (result == 0)
			json_array_append_new(ask->json, item);
	}
	release_list_free(rows, len);
	return result;
}

static int page_run(struct api_call *call, struct ask *ask, store_fn *fn, struct err *err)
{
	int result = api_page_read(call, &ask->page, err);

	if (result == 0)
		result = store_read(call->daemon->store, fn, ask, err);
	if (result == 0)
		api_page_answer(call, &ask->page, ask->more);
	return answer(call, ask, result);
}

static int list(struct api_call *call, struct err *err)
{
	const char *status = api_query(call, "status", NULL);
	struct ask ask = {.call = call};

	if (status && strcmp(status, "open") != 0 && strcmp(status, "archived") != 0)
		return err_field(err, "status", "A release is open or archived.");
	ask.status = status && strcmp(status, "archived") == 0 ? RELEASE_ARCHIVED : RELEASE_OPEN;
	return page_run(call, &ask, list_in, err);
}

static int commits_in(struct tx *tx, void *arg, struct err *err)
{
	struct ask *ask = arg;
	cleanup_release struct release release = {0};
	struct release_commit *rows;
	size_t len, shown;

	if (find_release(tx, ask, &release, err) < 0 ||
		release_commit_list(tx, release.id, ask->page.offset, ask->page.size + 1, &rows,
			&len, err) < 0)
		return err->code;
	json_decref(ask->json);
	ask->json = json_array();
	ask->more = (int64_t)len > ask->page.size;
	shown = ask->more ? (size_t)ask->page.size : len;
	for (size_t i = 0; i < shown; i++)
		json_array_append_new(ask->json, json_pack("{s:s, s:s, s:o, s:o, s:{s:o, s:s}}",
			"id", rows[i].sha, "message", rows[i].message, "dateCreated",
			api_time(rows[i].committed_at_us), "author", rows[i].author_email
				? json_pack("{s:s?, s:s}", "name", rows[i].author_name, "email",
					rows[i].author_email) : json_null(), "repository", "id",
			api_id_json(rows[i].repository_id), "name", rows[i].repository_name));
	release_commit_list_free(rows, len);
	return 0;
}

static int commits(struct api_call *call, struct err *err)
{
	struct ask ask = {.call = call};

	return page_run(call, &ask, commits_in, err);
}

/* ---- One ---- */

static int get_in(struct tx *tx, void *arg, struct err *err)
{
	struct ask *ask = arg;
	cleanup_release struct release release = {0};

	json_decref(ask->json);
	ask->json = NULL;
	if (find_release(tx, ask, &release, err) < 0)
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

static int post_in(struct tx *tx, void *arg, struct err *err)
{
	struct ask *ask = arg;
	cleanup_free char *key = release_version_key(ask->body.version);
	cleanup_release struct release release = {0};
	int64_t id, project_id;
	int result = find_project(tx, ask, &project_id, err);

	if (result == 0)
		result = release_put(tx, &(struct release_new){
			.organization_id = ask->call->principal.organization_id,
			.version = ask->body.version,
			.semver = key,
			.now_us = ask->actor.now_us,
		}, &id, err);
	ask->created = result == 1;
	if (result < 0 || (project_id && release_add_project(tx, id, project_id, err) < 0) ||
		release_get(tx, id, &release, err) < 0 ||
		release_body_apply(tx, &ask->body, &release, &ask->actor, err) < 0)
		return err->code;
	return show(tx, ask, id, err);
}

static int write_run(struct api_call *call, struct ask *ask, store_fn *fn, struct err *err)
{
	int result = store_write(call->daemon->store, fn, ask, err);

	if (result == 0 && (ask->body.commits || ask->body.refs))
		jobs_wake(call->daemon->jobs);
	return answer(call, ask, result);
}

/* Making one that is there is fine, and says so: 208. */
static int post(struct api_call *call, struct err *err)
{
	struct ask ask = {.call = call, .actor = issue_actor_of(call)};
	bool of_project = call->project.id != 0;
	int result = release_body_read(call->body, &ask.body, err);

	if (!ask.body.version)
		result = err_field(err, "version", "This field is required.");
	else if (result == 0)
		result = release_version_check(ask.body.version, err);
	if (!of_project && (!ask.body.projects || json_array_size(ask.body.projects) == 0))
		result = err_field(err, "projects", "Name at least one project.");
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

	if (find_release(tx, ask, &release, err) < 0 ||
		release_body_apply(tx, &ask->body, &release, &ask->actor, err) < 0)
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
	cleanup_free char *target = NULL;

	if (find_release(tx, ask, &release, err) < 0 || release_delete(tx, release.id, err) < 0)
		return err->code;
	target = xasprintf("release:%" PRId64, release.id);
	return audit_insert(tx, &(struct audit_new){
		.organization_id = release.organization_id,
		.origin = ask->actor.origin,
		.event = "release.delete",
		.target = target,
		.now_us = ask->actor.now_us,
	}, err);
}

static int delete(struct api_call *call, struct err *err)
{
	struct ask ask = {.call = call, .actor = issue_actor_of(call)};

	return store_write(call->daemon->store, delete_in, &ask, err);
}

#define ROUTES(path)                                                                     \
	{"GET", path, SCOPES_RELEASE_GET, 0, list},                                      \
	{"POST", path, SCOPES_RELEASE_POST, API_BODY, post},                             \
	{"GET", path "{version}/", SCOPES_RELEASE_GET, 0, get},                          \
	{"PUT", path "{version}/", SCOPES_RELEASE_POST, API_BODY, put},                  \
	{"DELETE", path "{version}/", SCOPES_RELEASE_DELETE, 0, delete},                 \
	{"GET", path "{version}/commits/", SCOPES_RELEASE_GET, 0, commits}

const struct api_route api_release_routes[] = {
	ROUTES("/api/0/organizations/{org}/releases/"),
	ROUTES("/api/0/projects/{org}/{project}/releases/"),
	{0},
};
