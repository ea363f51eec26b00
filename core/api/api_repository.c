/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Reading repositories of an organization, their commits and pull requests. */
#include "config.h"
#include "core/api/routes.h"

#include <stdlib.h>
#include <string.h>

#include "core/api/cursor.h"
#include "core/api/repository_json.h"
#include "core/api/repository_unmigratable.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/slug.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/provider/provider.h"
#include "core/storage/commit.h"
#include "core/storage/pull_request.h"
#include "core/storage/repository.h"
#include "core/storage/store.h"
#include "core/upstream/template.h"

#define MAX_URL 8192

/* ---- Lists ---- */

struct list {
	const struct api_call *call;
	struct keyset place;
	struct repository_page wanted;
	int64_t repository_id;
	bool with_settings;
	struct repository repository;
	json_t *shown;             /* the repository as the API shows it, for each item */
	json_t *items;
	/* Of the page as it is shown: */
	size_t len;
	struct cursor_mark first, last;
	char *first_text, *last_text;  /* what the marks borrow */
};

static json_t *show(const struct list *list, const struct repository *repository)
{
	return list->with_settings ? repository_json_full(list->call->daemon, repository)
				   : repository_json(list->call->daemon, repository);
}

static bool wants_settings(const struct api_call *call)
{
	const char *name, *value;

	for (size_t i = 0; http_query_at(call->request, i, &name, &value); i++)
		if (strcmp(name, "expand") == 0 && strcmp(value, "settings") == 0)
			return true;
	return false;
}

/* Run a list in one read transaction and answer it. */
static int list_answer(struct api_call *call, store_fn *fn, struct list *list, struct err *err)
{
	int result = store_read(call->daemon->store, fn, list, err);

	if (result == 0) {
		bool empty = json_array_size(list->items) == 0;

		api_keyset_answer(call, &list->place, list->len, empty ? NULL : &list->first,
			empty ? NULL : &list->last);
		call->reply = json_incref(list->items);
	}
	repository_clear(&list->repository);
	json_decref(list->shown);
	json_decref(list->items);
	free(list->first_text);
	free(list->last_text);
	return result;
}

/* ---- Repositories ---- */

static void mark_names(struct list *list, const struct repository *first,
	const struct repository *last)
{
	free(list->first_text);
	free(list->last_text);
	list->first_text = xstrdup(first->name);
	list->last_text = xstrdup(last->name);
	list->first = (struct cursor_mark){.text = list->first_text, .id = first->id};
	list->last = (struct cursor_mark){.text = list->last_text, .id = last->id};
}

static int repositories_in(struct tx *tx, void *arg, struct err *err)
{
	struct list *list = arg;
	struct repository *rows;
	size_t shown;

	json_decref(list->items);
	list->items = json_array();
	if (repository_list(tx, &list->wanted, &rows, &list->len, err) < 0)
		return err->code;
	shown = api_keyset_shown(&list->place, list->len);
	for (size_t i = 0; i < shown; i++)
		json_array_append_new(list->items,
			show(list, &rows[api_keyset_row(&list->place, shown, i)]));
	if (shown > 0)
		mark_names(list, &rows[api_keyset_row(&list->place, shown, 0)],
			&rows[api_keyset_row(&list->place, shown, shown - 1)]);
	repository_list_free(rows, list->len);
	return 0;
}

static int repositories(struct api_call *call, struct err *err)
{
	const char *status = api_query(call, "status", NULL);
	const char *integration = api_query(call, "integration_id", "integrationId");
	struct list list = {.call = call, .with_settings = wants_settings(call)};

	if (api_keyset_read(call, KEYSET_TEXT, &list.place, err) < 0)
		return err->code;
	list.wanted = (struct repository_page){
		.organization_id = call->principal.organization_id,
		.query = api_query(call, "query", NULL),
		.inactive = status && strcmp(status, "deleted") == 0,
		.place = &list.place,
	};
	if (status && strcmp(status, "unmigratable") == 0)
		return repository_unmigratable(call, &call->reply, err);
	if ((status && strcmp(status, "active") != 0 && !list.wanted.inactive) ||
		(integration && !slug_is_id(integration, &list.wanted.integration_id))) {
		call->reply = json_array();
		api_keyset_answer(call, &list.place, 0, NULL, NULL);
		return 0;
	}
	return list_answer(call, repositories_in, &list, err);
}

static int one_in(struct tx *tx, void *arg, struct err *err)
{
	struct list *list = arg;

	repository_clear(&list->repository);
	if (repository_get(tx, list->call->principal.organization_id, list->repository_id,
		    &list->repository, err) < 0)
		return err->code;
	json_decref(list->shown);
	list->shown = show(list, &list->repository);
	return 0;
}

static int repository(struct api_call *call, struct err *err)
{
	struct list list = {.call = call, .with_settings = wants_settings(call)};
	int result = api_id(call, "repository", &list.repository_id, err);

	if (result == 0)
		result = store_read(call->daemon->store, one_in, &list, err);
	if (result == 0)
		call->reply = json_incref(list.shown);
	json_decref(list.shown);
	repository_clear(&list.repository);
	return result;
}

/* ---- Commits ---- */

static json_t *author_json(const struct commit_author *author)
{
	if (author->id == 0)
		return json_null();
	return json_pack("{s:s?, s:s?, s:s?}", "name", author->name, "email", author->email,
		"externalId", author->external_id);
}

static int commit_json(struct tx *tx, const struct list *list, const struct commit *commit,
	json_t **ret_json, struct err *err)
{
	cleanup_json json_t *files = NULL;
	json_t *patch = json_array();
	json_t *file;
	size_t i;

	if (commit_files(tx, commit->id, &files, err) < 0) {
		json_decref(patch);
		return err->code;
	}
	json_array_foreach(files, i, file)
		json_array_append_new(patch, json_pack("{s:O, s:O}", "type",
			json_array_get(file, 0), "path", json_array_get(file, 1)));
	*ret_json = json_pack("{s:s, s:s, s:o, s:o, s:o, s:O, s:o}", "id", commit->sha, "message",
		commit->message, "dateCreated", api_time(commit->committed_at_us), "dateAdded",
		api_time(commit->added_at_us), "author", author_json(&commit->author),
		"repository", list->shown, "patchSet", patch);
	return 0;
}

static int commits_in(struct tx *tx, void *arg, struct err *err)
{
	struct list *list = arg;
	struct commit *rows;
	size_t shown;
	int result = one_in(tx, list, err);

	if (result < 0 ||
		commit_list(tx, list->repository_id, &list->place, &rows, &list->len, err) < 0)
		return err->code;
	json_decref(list->items);
	list->items = json_array();
	shown = api_keyset_shown(&list->place, list->len);
	for (size_t i = 0; i < shown && result == 0; i++) {
		const struct commit *commit = &rows[api_keyset_row(&list->place, shown, i)];
		json_t *item;

		list->last = (struct cursor_mark){.number = commit->added_at_us, .id = commit->id};
		if (i == 0)
			list->first = list->last;
		result = commit_json(tx, list, commit, &item, err);
		if (result == 0)
			json_array_append_new(list->items, item);
	}
	commit_list_free(rows, list->len);
	return result;
}

static int commits(struct api_call *call, struct err *err)
{
	struct list list = {.call = call};

	if (api_id(call, "repository", &list.repository_id, err) < 0 ||
		api_keyset_read(call, KEYSET_DOWN, &list.place, err) < 0)
		return err->code;
	return list_answer(call, commits_in, &list, err);
}

/* ---- Pull requests ---- */

/* 'path' is what the repository's provider registered, or NULL. */
static json_t *pull_request_url(const struct repository *repository, const char *path,
	const char *number)
{
	cleanup_json json_t *params = json_pack("{s:s}", "key", number);
	cleanup_buf struct buf url = BUF(MAX_URL);

	if (!repository->url || !path)
		return json_null();
	buf_add_text(&url, repository->url);
	if (template_path(&url, path, params, NULL) < 0 || url.failed)
		return json_null();
	return json_string(buf_text(&url));
}

static json_t *pull_request_json(const struct list *list, const char *path,
	const struct pull_request *pull)
{
	return json_pack("{s:s, s:s?, s:s?, s:o, s:O, s:o, s:o, s:s?}", "id", pull->number, "title",
		pull->title, "message", pull->body, "dateCreated", api_time(pull->added_at_us),
		"repository", list->shown, "author", author_json(&pull->author), "externalUrl",
		pull_request_url(&list->repository, path, pull->number), "mergeCommitSha",
		pull->merge_commit_sha);
}

static int pull_requests_in(struct tx *tx, void *arg, struct err *err)
{
	struct list *list = arg;
	const struct reg_provider *provider;
	struct pull_request *rows;
	size_t shown;

	if (one_in(tx, list, err) < 0 ||
		pull_request_list(tx, list->repository_id, &list->place, &rows, &list->len, err) < 0)
		return err->code;
	json_decref(list->items);
	list->items = json_array();
	shown = api_keyset_shown(&list->place, list->len);
	provider = repository_provider_find(list->call->daemon, list->repository.provider);
	for (size_t i = 0; i < shown; i++) {
		const struct pull_request *pull = &rows[api_keyset_row(&list->place, shown, i)];

		list->last = (struct cursor_mark){.number = pull->added_at_us, .id = pull->id};
		if (i == 0)
			list->first = list->last;
		json_array_append_new(list->items, pull_request_json(list, provider
			? provider->repository_provider.pull_request_path : NULL, pull));
	}
	if (provider)
		registration_unref(provider->registration);
	pull_request_list_free(rows, list->len);
	return 0;
}

static int pull_requests(struct api_call *call, struct err *err)
{
	struct list list = {.call = call};

	if (api_id(call, "repository", &list.repository_id, err) < 0 ||
		api_keyset_read(call, KEYSET_DOWN, &list.place, err) < 0)
		return err->code;
	return list_answer(call, pull_requests_in, &list, err);
}

#define REPOSITORY "/api/0/organizations/{org}/repos/{repository}/"

const struct api_route api_repository_routes[] = {
	{"GET", "/api/0/organizations/{org}/repos/", SCOPES_L_GET, 0, repositories},
	{"GET", REPOSITORY, SCOPES_I_GET, 0, repository},
	{"GET", REPOSITORY "commits/", SCOPES_O_GET, 0, commits},
	{"GET", REPOSITORY "pull-requests/", SCOPES_O_GET, 0, pull_requests},
	{"GET", REPOSITORY "pullrequests/", SCOPES_O_GET, 0, pull_requests},
	{0},
};
