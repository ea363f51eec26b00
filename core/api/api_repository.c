/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Repositories of an organization, their commits and pull requests. */
#include "config.h"
#include "core/api/routes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/api/cursor.h"
#include "core/api/install.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/storage/audit.h"
#include "core/storage/commit.h"
#include "core/storage/pull_request.h"
#include "core/storage/repository.h"
#include "core/storage/store.h"
#include "core/upstream/template.h"

#define GET_DEADLINE_MS 10000
#define MAX_URL 8192

/* ---- Shapes ---- */

/* The provider that registered this repository provider id, with a reference. */
static const struct reg_provider *provider_of(struct daemon *daemon, const char *id)
{
	size_t len;
	const struct reg_provider **all = providers_all(daemon->providers, &len);
	const struct reg_provider *found = NULL;

	for (size_t i = 0; i < len; i++) {
		if (!found && all[i]->has_repository_provider &&
			strcmp(all[i]->repository_provider.id, id) == 0)
			found = all[i];
		else
			registration_unref(all[i]->registration);
	}
	free(all);
	return found;
}

static json_t *provider_json(struct daemon *daemon, const char *id)
{
	const struct reg_provider *provider;
	json_t *json;

	if (!id || !*id)
		return json_pack("{s:s, s:s}", "id", "unknown", "name", "Unknown Provider");
	provider = provider_of(daemon, id);
	json = json_pack("{s:s, s:s}", "id", id, "name",
		provider && provider->repository_provider.name
			? provider->repository_provider.name : id);
	if (provider)
		registration_unref(provider->registration);
	return json;
}

static json_t *repository_json(struct daemon *daemon, const struct repository *repository)
{
	const char *pending = json_string_value(json_object_get(repository->config,
		"pending_deletion_name"));
	const char *name = pending ? pending : repository->name;

	return json_pack("{s:o, s:s, s:s?, s:o, s:s, s:o, s:o, s:s, s:s?, s:s?, s:O}", "id",
		api_id_json(repository->id), "name", name, "url", repository->url, "provider",
		provider_json(daemon, repository->provider), "status",
		integration_status_name(repository->status), "dateCreated",
		api_time(repository->added_at_us), "integrationId",
		api_id_json(repository->integration_id), "externalSlug", name, "externalId",
		repository->external_id, "defaultBranch", repository->branch, "languages",
		repository->languages);
}

static json_t *author_json(const struct commit_author *author)
{
	if (author->id == 0)
		return json_null();
	return json_pack("{s:s?, s:s?, s:s?}", "name", author->name, "email", author->email,
		"externalId", author->external_id);
}

/* ---- Repositories ---- */

struct list {
	const struct api_call *call;
	struct api_page page;
	struct repository_page wanted;
	int64_t repository_id;
	struct repository repository;
	json_t *shown;             /* the repository as the API shows it, for each item */
	json_t *items;
	bool more;
};

static size_t list_take(struct list *list, size_t len)
{
	list->more = (int64_t)len > list->page.size;
	return list->more ? (size_t)list->page.size : len;
}

static int repositories_in(struct tx *tx, void *arg, struct err *err)
{
	struct list *list = arg;
	struct repository *rows;
	size_t len, shown;

	json_decref(list->items);
	list->items = json_array();
	if (repository_list(tx, &list->wanted, &rows, &len, err) < 0)
		return err->code;
	shown = list_take(list, len);
	for (size_t i = 0; i < shown; i++)
		json_array_append_new(list->items, repository_json(list->call->daemon, &rows[i]));
	repository_list_free(rows, len);
	return 0;
}

/* Run a list in one read transaction and answer it. */
static int list_answer(struct api_call *call, store_fn *fn, struct list *list, struct err *err)
{
	int result = store_read(call->daemon->store, fn, list, err);

	repository_clear(&list->repository);
	json_decref(list->shown);
	if (result < 0) {
		json_decref(list->items);
		return result;
	}
	api_page_answer(call, &list->page, list->more);
	call->reply = list->items;
	return 0;
}

static int repositories(struct api_call *call, struct err *err)
{
	const char *status = api_query(call, "status", NULL);
	const char *integration = api_query(call, "integration_id", "integrationId");
	struct list list = {.call = call};

	if (api_page_read(call, &list.page, err) < 0)
		return err->code;
	list.wanted = (struct repository_page){
		.organization_id = call->principal.organization_id,
		.query = api_query(call, "query", NULL),
		.integration_id = integration ? strtoll(integration, NULL, 10) : 0,
		.inactive = status && strcmp(status, "deleted") == 0,
		.offset = list.page.offset,
		.limit = list.page.size + 1,
	};
	if ((status && strcmp(status, "active") != 0 && !list.wanted.inactive) ||
		(integration && list.wanted.integration_id <= 0)) {
		call->reply = json_array();
		api_page_answer(call, &list.page, false);
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
	list->shown = repository_json(list->call->daemon, &list->repository);
	return 0;
}

static int repository(struct api_call *call, struct err *err)
{
	struct list list = {.call = call};
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
	size_t len, shown;
	int result = one_in(tx, list, err);

	if (result < 0 || commit_list(tx, list->repository_id, list->page.offset,
				  list->page.size + 1, &rows, &len, err) < 0)
		return err->code;
	json_decref(list->items);
	list->items = json_array();
	shown = list_take(list, len);
	for (size_t i = 0; i < shown && result == 0; i++) {
		json_t *item;

		result = commit_json(tx, list, &rows[i], &item, err);
		if (result == 0)
			json_array_append_new(list->items, item);
	}
	commit_list_free(rows, len);
	return result;
}

static int commits(struct api_call *call, struct err *err)
{
	struct list list = {.call = call};

	if (api_id(call, "repository", &list.repository_id, err) < 0 ||
		api_page_read(call, &list.page, err) < 0)
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
	size_t len, shown;

	if (one_in(tx, list, err) < 0 ||
		pull_request_list(tx, list->repository_id, list->page.offset, list->page.size + 1,
			&rows, &len, err) < 0)
		return err->code;
	json_decref(list->items);
	list->items = json_array();
	shown = list_take(list, len);
	provider = provider_of(list->call->daemon, list->repository.provider);
	for (size_t i = 0; i < shown; i++)
		json_array_append_new(list->items, pull_request_json(list, provider
			? provider->repository_provider.pull_request_path : NULL, &rows[i]));
	if (provider)
		registration_unref(provider->registration);
	pull_request_list_free(rows, len);
	return 0;
}

static int pull_requests(struct api_call *call, struct err *err)
{
	struct list list = {.call = call};

	if (api_id(call, "repository", &list.repository_id, err) < 0 ||
		api_page_read(call, &list.page, err) < 0)
		return err->code;
	return list_answer(call, pull_requests_in, &list, err);
}

/* ---- Adding one ---- */

/* How Sentry says that a repository could not be added. */
static void add_refused(struct api_call *call, int status, const char *type, const char *text)
{
	call->status = status;
	call->reply = json_pack("{s:s, s:{s:s}}", "error_type", type, "errors", "__all__", text);
}

static void add_failed(struct api_call *call, const struct err *err)
{
	switch (err->code) {
	case MORTISE_E_UPSTREAM:
	case MORTISE_E_RETRY:
	case MORTISE_E_RATE:
	case MORTISE_E_CANCELLED:
		http_reply_header(call->request, "Retry-After", "5");
		add_refused(call, 503, "service unavailable", err_text(err));
		return;
	case MORTISE_E_INTERNAL:
		add_refused(call, 500, "unknown", "Unknown error");
		return;
	default:
		add_refused(call, 400, "validation", err_text(err));
	}
}

struct add {
	const struct api_call *call;
	struct repository_put put;
	int64_t link_id;
	int64_t id;
	struct repository repository;
};

/* The integration may have been removed while its provider was asked. */
static int check_link(struct tx *tx, int64_t link_id, struct err *err)
{
	cleanup_link struct link link = {0};
	cleanup_err struct err missing = {0};
	int result = link_get(tx, link_id, &link, &missing);

	if (result < 0 && result != MORTISE_E_NOT_FOUND)
		return err_move(err, &missing);
	if (result < 0 || link.status != INTEGRATION_ACTIVE)
		return err_set(err, MORTISE_E_NOT_FOUND, "this integration was removed meanwhile");
	return 0;
}

static int add_in(struct tx *tx, void *arg, struct err *err)
{
	struct add *add = arg;
	cleanup_free char *target = NULL;
	cleanup_json json_t *data = json_pack("{s:s}", "name", add->put.name);
	cleanup_free char *text = json_dumps(data, JSON_COMPACT);

	repository_clear(&add->repository);
	if (check_link(tx, add->link_id, err) < 0 ||
		repository_create(tx, &add->put, &add->id, err) < 0 ||
		repository_get(tx, add->put.organization_id, add->id, &add->repository, err) < 0)
		return err->code;
	target = xasprintf("repository:%" PRId64, add->id);
	return audit_insert(tx, &(struct audit_new){
		.organization_id = add->put.organization_id,
		.origin = add->call->principal.origin,
		.event = "repository.add",
		.target = target,
		.data = text,
		.now_us = add->put.now_us,
	}, err);
}

/* What the provider says of the repository becomes a row. */
static int add_write(struct api_call *call, const struct install *install, const json_t *found,
	struct err *err)
{
	const json_t *id = json_object_get(found, "external_id");
	cleanup_free char *external_id = json_is_integer(id)
		? xasprintf("%" JSON_INTEGER_FORMAT, json_integer_value(id))
		: xstrdup(json_string_value(id));
	struct add add = {.call = call, .link_id = install->link.id, .put = {
		.organization_id = install->link.organization_id,
		.integration_id = install->integration.id,
		.provider = install->provider->repository_provider.id,
		.external_id = external_id,
		.name = json_string_value(json_object_get(found, "name")),
		.url = json_string_value(json_object_get(found, "url")),
		.branch = json_string_value(json_object_get(found, "branch")),
		.config = json_object_get(found, "config"),
		.mode = REPOSITORY_ENABLE,
		.now_us = clock_now_us(),
	}};
	int result;

	if (!external_id || !add.put.name)
		return err_set(err, MORTISE_E_INTERNAL, "%s described the repository without an id "
			"or a name", install->integration.provider);
	result = store_write(call->daemon->store, add_in, &add, err);
	if (result == 0) {
		call->status = 201;
		call->reply = repository_json(call->daemon, &add.repository);
	}
	repository_clear(&add.repository);
	return result;
}

static void add_exists(struct api_call *call)
{
	call->status = 400;
	call->reply = json_pack("{s:{s:s, s:s, s:{}}}", "detail", "code", "repo_exists", "message",
		"A repository with this configuration already exists.", "extra");
}

/* The integration that 'installation' names, if it is one of this provider. */
static int add_install(struct api_call *call, const char *provider, struct install *install,
	struct err *err)
{
	json_t *given = json_object_get(call->body, "installation");
	const char *text = json_string_value(given);
	int64_t id = json_is_integer(given) ? json_integer_value(given)
		: text ? strtoll(text, NULL, 10) : 0;

	if (install_read_id(call, id, install, err) < 0)
		return err->code;
	if (!install->provider || !install->provider->has_repository_provider ||
		strcmp(install->provider->repository_provider.id, provider) != 0 ||
		install->integration.status != INTEGRATION_ACTIVE ||
		install->link.status != INTEGRATION_ACTIVE)
		return err_set(err, MORTISE_E_NOT_FOUND,
			"no active integration of this provider has this id");
	return 0;
}

static int add_run(struct api_call *call, const struct install *install, const char *identifier,
	struct err *err)
{
	cleanup_json json_t *input = json_pack("{s:s}", "identifier", identifier);
	cleanup_json json_t *output = NULL;
	cleanup_json json_t *effects = NULL;
	int result = MORTISE_E_UNSUPPORTED;

	if (!install->provider->repository_provider.get)
		err_set(err, result, "this provider cannot add single repositories");
	else
		result = install_call(call, install, "repository:get", input, GET_DEADLINE_MS,
			&output, &effects, err);
	if (result == 0)
		result = add_write(call, install, output, err);
	if (result == MORTISE_E_CONFLICT)
		add_exists(call);
	else if (result < 0)
		add_failed(call, err);
	return 0;
}

static int add_repository(struct api_call *call, struct err *err)
{
	const char *id = json_string_value(json_object_get(call->body, "provider"));
	const char *identifier = json_string_value(json_object_get(call->body, "identifier"));
	const struct reg_provider *provider = id ? provider_of(call->daemon, id) : NULL;
	cleanup_install struct install install = {0};
	int result;

	if (!provider) {
		call->status = 400;
		call->reply = json_pack("{s:s}", "error_type", "validation");
		return 0;
	}
	registration_unref(provider->registration);
	if (!identifier || !*identifier)
		return err_field(err, "identifier", "This field is required.");
	result = add_install(call, id, &install, err);
	if (result == MORTISE_E_NOT_FOUND) {
		add_refused(call, 404, "not found", err_text(err));
		return 0;
	}
	return result < 0 ? result : add_run(call, &install, identifier, err);
}

#define REPOSITORY "/api/0/organizations/{org}/repos/{repository}/"

const struct api_route api_repository_routes[] = {
	{"GET", "/api/0/organizations/{org}/repos/", SCOPES_L_GET, 0, repositories},
	{"POST", "/api/0/organizations/{org}/repos/", SCOPES_L_POST, API_BODY, add_repository},
	{"GET", REPOSITORY, SCOPES_I_GET, 0, repository},
	{"GET", REPOSITORY "commits/", SCOPES_O_GET, 0, commits},
	{"GET", REPOSITORY "pull-requests/", SCOPES_O_GET, 0, pull_requests},
	{"GET", REPOSITORY "pullrequests/", SCOPES_O_GET, 0, pull_requests},
	{0},
};
