/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What belongs to a release: its commits, the files that they changed, the release with
 * commits before it, and the issues that are resolved in it.
 */
#include "config.h"
#include "core/api/routes.h"

#include "core/api/cursor.h"
#include "core/api/issue_json.h"
#include "core/api/release_json.h"
#include "core/api/release_path.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/storage/issue.h"
#include "core/storage/release.h"
#include "core/storage/release_commit.h"
#include "core/storage/resolution.h"
#include "core/storage/store.h"

/* One request. */
struct ask {
	const struct api_call *call;
	json_t *json;
	struct keyset place;       /* of commits and issues */
	size_t len;                /* rows that were read of them */
	struct cursor_mark first, last;    /* of the commits that are shown */
	int64_t ids[API_PAGE_MAX + 1];     /* of issues */
	struct api_page page;      /* of files */
	bool more;
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

/* Begin a reply, a second time perhaps. */
static void reply_begin(struct ask *ask, json_t *json)
{
	json_decref(ask->json);
	ask->json = json;
}

/* ---- Commits, and files ---- */

static int commits_in(struct tx *tx, void *arg, struct err *err)
{
	struct ask *ask = arg;
	cleanup_release struct release release = {0};
	struct release_commit *rows;
	size_t shown;

	if (release_path_find(tx, ask->call, &release, err) < 0 ||
		release_commit_list(tx, release.id, &ask->place, &rows, &ask->len, err) < 0)
		return err->code;
	reply_begin(ask, json_array());
	shown = api_keyset_shown(&ask->place, ask->len);
	for (size_t i = 0; i < shown; i++) {
		const struct release_commit *row = &rows[api_keyset_row(&ask->place, shown, i)];

		json_array_append_new(ask->json, release_commit_json(row));
		ask->last = (struct cursor_mark){.number = row->position, .id = row->commit_id};
		if (i == 0)
			ask->first = ask->last;
	}
	release_commit_list_free(rows, ask->len);
	return 0;
}

static int commits(struct api_call *call, struct err *err)
{
	struct ask ask = {.call = call};
	int result = api_keyset_read(call, KEYSET_UP, &ask.place, err);

	if (result == 0)
		result = store_read(call->daemon->store, commits_in, &ask, err);
	if (result == 0)
		api_keyset_answer(call, &ask.place, ask.len, ask.len > 0 ? &ask.first : NULL,
			ask.len > 0 ? &ask.last : NULL);
	return answer(call, &ask, result);
}

static json_t *file_json(const struct release_file *file)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "id", file->sha, "filename", file->path,
		"type", file->change, "commitMessage", file->message, "dateCreated",
		api_time(file->committed_at_us), "author", file->author_email
			? json_pack("{s:s?, s:s}", "name", file->author_name, "email",
				file->author_email) : json_null());
}

static int files_in(struct tx *tx, void *arg, struct err *err)
{
	struct ask *ask = arg;
	cleanup_release struct release release = {0};
	struct release_file *rows;
	size_t len, shown;

	if (release_path_find(tx, ask->call, &release, err) < 0 ||
		release_file_list(tx, release.id, ask->page.offset, ask->page.size + 1, &rows, &len,
			err) < 0)
		return err->code;
	reply_begin(ask, json_array());
	ask->more = (int64_t)len > ask->page.size;
	shown = ask->more ? (size_t)ask->page.size : len;
	for (size_t i = 0; i < shown; i++)
		json_array_append_new(ask->json, file_json(&rows[i]));
	release_file_list_free(rows, len);
	return 0;
}

static int files(struct api_call *call, struct err *err)
{
	struct ask ask = {.call = call};
	int result = api_page_read(call, &ask.page, err);

	if (result == 0)
		result = store_read(call->daemon->store, files_in, &ask, err);
	if (result == 0)
		api_page_answer(call, &ask.page, ask.more);
	return answer(call, &ask, result);
}

/* ---- The release before ---- */

static int previous_in(struct tx *tx, void *arg, struct err *err)
{
	struct ask *ask = arg;
	cleanup_release struct release release = {0};
	cleanup_release struct release previous = {0};
	json_t *json = NULL;
	int result = release_path_find(tx, ask->call, &release, err);

	if (result == 0)
		result = release_previous(tx, &release, &previous, err);
	if (result == 1)
		result = release_json(tx, &previous, &json, err);
	if (result < 0)
		return result;
	reply_begin(ask, json ? json : json_object());
	return 0;
}

/* {} if there is none. */
static int previous_with_commits(struct api_call *call, struct err *err)
{
	struct ask ask = {.call = call};

	return answer(call, &ask, store_read(call->daemon->store, previous_in, &ask, err));
}

/* ---- Issues ---- */

static int append_issue(struct tx *tx, struct ask *ask, int64_t id, struct err *err)
{
	cleanup_issue struct issue issue = {0};
	json_t *json;
	int result = issue_get(tx, id, &issue, err);

	if (result == 0)
		result = issue_json(tx, ask->call, &issue, &json, err);
	if (result == 0)
		json_array_append_new(ask->json, json);
	return result;
}

static int resolved_in(struct tx *tx, void *arg, struct err *err)
{
	struct ask *ask = arg;
	cleanup_release struct release release = {0};
	cleanup_release_choice struct release_choice projects = {0};
	size_t shown;
	int result = release_path_find(tx, ask->call, &release, err);

	if (result == 0)
		result = release_path_projects(tx, ask->call, &projects, err);
	if (result == 0 && projects.list)
		result = err_field(err, "project", "Name one project, or none for all.");
	if (result == 0)
		result = resolution_list(tx, release.id, projects.id,
			access_reach(&ask->call->principal), &ask->place, ask->ids, &ask->len, err);
	if (result < 0)
		return result;
	reply_begin(ask, json_array());
	shown = api_keyset_shown(&ask->place, ask->len);
	for (size_t i = 0; i < shown && result == 0; i++)
		result = append_issue(tx, ask, ask->ids[api_keyset_row(&ask->place, shown, i)],
			err);
	return result;
}

static int resolved(struct api_call *call, struct err *err)
{
	struct ask ask = {.call = call};
	struct cursor_mark first = {0}, last = {0};
	size_t shown;
	int result = api_keyset_read(call, KEYSET_DOWN, &ask.place, err);

	if (result == 0)
		result = store_read(call->daemon->store, resolved_in, &ask, err);
	shown = api_keyset_shown(&ask.place, ask.len);
	if (result == 0 && shown > 0) {
		first.id = ask.ids[api_keyset_row(&ask.place, shown, 0)];
		last.id = ask.ids[api_keyset_row(&ask.place, shown, shown - 1)];
	}
	if (result == 0)
		api_keyset_answer(call, &ask.place, ask.len, shown > 0 ? &first : NULL,
			shown > 0 ? &last : NULL);
	return answer(call, &ask, result);
}

#define ROUTES(path)                                                                     \
	{"GET", path "commits/", SCOPES_R_GET, 0, commits},                              \
	{"GET", path "commitfiles/", SCOPES_R_GET, 0, files},                            \
	{"GET", path "previous-with-commits/", SCOPES_R_GET, 0, previous_with_commits},  \
	{"GET", path "resolved/", SCOPES_R_GET, 0, resolved}

const struct api_route api_release_part_routes[] = {
	ROUTES("/api/0/organizations/{org}/releases/{version}/"),
	ROUTES("/api/0/projects/{org}/{project}/releases/{version}/"),
	{0},
};
