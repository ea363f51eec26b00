/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/release_body.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/issue/change.h"
#include "core/issue/commit.h"
#include "core/issue/release_version.h"
#include "core/storage/commit.h"
#include "core/storage/project.h"
#include "core/storage/release.h"
#include "core/storage/release_commit.h"
#include "core/storage/repository.h"

#define TEXT_MAX 250           /* bytes of a ref or a name */
#define URL_MAX 2048
#define SHA_MAX 64
#define MESSAGE_MAX 65536
#define PROJECTS_MAX 100
#define REFS_MAX 50
#define FILES_MAX 1000

/* ---- Reading ---- */

/* A text of at most 'max' bytes, or NULL for null and none. */
static const char *read_text(const json_t *object, const char *name, size_t max,
	const char *field, struct err *err)
{
	const json_t *given = json_object_get(object, name);
	const char *text = json_string_value(given);

	if (!given || json_is_null(given))
		return NULL;
	if (!text || strlen(text) > max)
		err_field(err, field, "\"%s\" must be a text of at most %zu bytes.", name, max);
	return text;
}

static const char *need_text(const json_t *object, const char *name, size_t max,
	const char *field, struct err *err)
{
	const char *text = read_text(object, name, max, field, err);

	if (!text || !*text)
		err_field(err, field, "\"%s\" is required.", name);
	return text;
}

static int64_t read_time(const json_t *object, const char *name, const char *field,
	struct err *err)
{
	const char *text = read_text(object, name, TEXT_MAX, field, err);
	int64_t time_us = 0;

	if (text && (!clock_parse(text, &time_us) || time_us <= 0))
		err_field(err, field, "\"%s\" must be a time like 2026-05-01T10:00:00Z.", name);
	return time_us;
}

/* A list of at most 'max' items of one type. */
static json_t *read_list(const json_t *body, const char *name, json_type type, size_t max,
	struct err *err)
{
	json_t *list = json_object_get(body, name);
	json_t *item;
	size_t i;

	if (!list || json_is_null(list))
		return NULL;
	if (!json_is_array(list) || json_array_size(list) > max) {
		err_field(err, name, "Must be a list of at most %zu items.", max);
		return NULL;
	}
	json_array_foreach(list, i, item)
		if (json_typeof(item) != type) {
			err_field(err, name, "Each item must be %s.",
				type == JSON_OBJECT ? "an object" : "a text");
			return NULL;
		}
	return list;
}

static void check_file(const json_t *file, struct err *err)
{
	const char *type = need_text(file, "type", 1, "commits", err);

	(void)need_text(file, "path", URL_MAX, "commits", err);
	if (type && !strchr("AMD", *type))
		err_field(err, "commits", "The \"type\" of a file is A, M or D.");
}

static void check_commit(const json_t *commit, struct err *err)
{
	const json_t *files = read_list(commit, "patch_set", JSON_OBJECT, FILES_MAX, err);
	json_t *file;
	size_t i;

	(void)need_text(commit, "id", SHA_MAX, "commits", err);
	(void)read_text(commit, "repository", TEXT_MAX, "commits", err);
	(void)read_text(commit, "message", MESSAGE_MAX, "commits", err);
	(void)read_text(commit, "author_name", TEXT_MAX, "commits", err);
	(void)read_text(commit, "author_email", TEXT_MAX, "commits", err);
	(void)read_time(commit, "timestamp", "commits", err);
	json_array_foreach(files, i, file)
		check_file(file, err);
}

static void check_ref(const json_t *ref, struct err *err)
{
	(void)need_text(ref, "repository", TEXT_MAX, "refs", err);
	(void)need_text(ref, "commit", 2 * SHA_MAX + 2, "refs", err);
	(void)read_text(ref, "previousCommit", SHA_MAX, "refs", err);
}

static void read_status(const json_t *body, struct release_body *out, struct err *err)
{
	const char *status = read_text(body, "status", TEXT_MAX, "status", err);

	out->has_status = status != NULL;
	if (!status)
		return;
	out->status = strcmp(status, "archived") == 0 ? RELEASE_ARCHIVED : RELEASE_OPEN;
	if (strcmp(status, "archived") != 0 && strcmp(status, "open") != 0)
		err_field(err, "status", "A release is open or archived.");
}

static void read_url(const json_t *body, struct release_body *out, struct err *err)
{
	out->has_url = json_object_get(body, "url") != NULL;
	out->url = read_text(body, "url", URL_MAX, "url", err);
	if (out->url && strncmp(out->url, "https://", 8) != 0 && strncmp(out->url, "http://", 7) != 0)
		err_field(err, "url", "Must begin with https:// or http://.");
}

int release_body_read(const json_t *body, struct release_body *ret_body, struct err *err)
{
	struct release_body out = {
		.version = read_text(body, "version", RELEASE_VERSION_MAX, "version", err),
		.projects = read_list(body, "projects", JSON_STRING, PROJECTS_MAX, err),
		.has_ref = json_object_get(body, "ref") != NULL,
		.ref = read_text(body, "ref", TEXT_MAX, "ref", err),
		.has_released = json_object_get(body, "dateReleased") != NULL,
		.released_at_us = read_time(body, "dateReleased", "dateReleased", err),
		.commits = read_list(body, "commits", JSON_OBJECT, RELEASE_COMMITS_MAX, err),
		.refs = read_list(body, "refs", JSON_OBJECT, REFS_MAX, err),
	};
	json_t *item;
	size_t i;

	read_url(body, &out, err);
	read_status(body, &out, err);
	json_array_foreach(out.commits, i, item)
		check_commit(item, err);
	json_array_foreach(out.refs, i, item)
		check_ref(item, err);
	*ret_body = out;
	return err->code;
}

/* ---- Commits by list ---- */

/* A repository that no integration knows is made by its name alone. */
static int find_repository(struct tx *tx, int64_t organization_id, const char *name,
	int64_t now_us, int64_t *ret_id, struct err *err)
{
	cleanup_free char *own = xasprintf("organization-%" PRId64, organization_id);
	cleanup_repository struct repository repository = {0};
	const char *wanted = name && *name ? name : own;
	int result = repository_find_name(tx, organization_id, wanted, &repository, err);

	if (result == 0)
		return repository_insert_named(tx, organization_id, wanted, now_us, ret_id, err);
	*ret_id = repository.id;
	return result < 0 ? result : 0;
}

static int insert_commit(struct tx *tx, const json_t *given, struct commit_new *commit,
	int64_t *ret_id, struct err *err)
{
	const char *email = json_string_value(json_object_get(given, "author_email"));
	const json_t *file;
	size_t i;
	int result = 0;

	if (email)
		result = commit_author_put(tx, &(struct commit_author_put){
			.organization_id = commit->organization_id,
			.email = email,
			.name = json_string_value(json_object_get(given, "author_name")),
			.rename = true,
		}, &commit->author_id, err);
	if (result >= 0)
		result = commit_insert(tx, commit, ret_id, err);
	json_array_foreach(json_object_get(given, "patch_set"), i, file)
		if (result >= 0)
			result = commit_file_insert(tx, *ret_id,
				json_string_value(json_object_get(file, "type")),
				json_string_value(json_object_get(file, "path")), err);
	return result < 0 ? result : 0;
}

/* A commit of the body as a row: the known one, or a new one with its links. */
static int take_commit(struct tx *tx, const json_t *given, int64_t organization_id,
	const struct issue_actor *actor, int64_t *ret_id, struct err *err)
{
	const char *message = json_string_value(json_object_get(given, "message"));
	const char *time = json_string_value(json_object_get(given, "timestamp"));
	cleanup_commit struct commit known = {0};
	struct commit_new commit = {
		.organization_id = organization_id,
		.sha = json_string_value(json_object_get(given, "id")),
		.message = message ? message : "",
		.committed_at_us = actor->now_us,
		.now_us = actor->now_us,
	};
	int result = find_repository(tx, organization_id,
		json_string_value(json_object_get(given, "repository")), actor->now_us,
		&commit.repository_id, err);

	if (result == 0)
		result = commit_find(tx, commit.repository_id, commit.sha, &known, err);
	if (result != 0) {
		*ret_id = known.id;
		return result < 0 ? result : 0;
	}
	if (time)
		(void)clock_parse(time, &commit.committed_at_us);
	result = insert_commit(tx, given, &commit, ret_id, err);
	if (result == 0)
		result = commit_link_issues(tx, *ret_id, actor, err);
	return result < 0 ? result : 0;
}

/* ---- Commits by where the repositories stand ---- */

static int unknown_commit(const char *sha, const char *repository, struct err *err)
{
	return err_field(err, "refs", "The commit \"%s\" of \"%s\" has not come in yet: is the "
		"repository connected?  Else give \"commits\" instead.", sha, repository);
}

/* The row of a commit, 0 for no hash.  E_FIELD if it is not there. */
static int find_commit(struct tx *tx, const struct repository *repository, const char *sha,
	int64_t *ret_id, struct err *err)
{
	cleanup_commit struct commit commit = {0};
	int result;

	*ret_id = 0;
	if (!sha)
		return 0;
	result = commit_find(tx, repository->id, sha, &commit, err);
	*ret_id = commit.id;
	if (result == 0)
		return unknown_commit(sha, repository->name, err);
	return result < 0 ? result : 0;
}

/* "previous..commit" is both in one, as the command line tool writes it. */
static void split_range(const char *given, char **ret_from, char **ret_to)
{
	const char *dots = strstr(given, "..");

	*ret_from = dots && dots > given ? xstrndup(given, (size_t)(dots - given)) : NULL;
	*ret_to = xstrdup(dots ? dots + 2 : given);
}

static int take_ref(struct tx *tx, const json_t *ref, const struct release *release,
	int64_t *ids, size_t *len, struct err *err)
{
	const char *name = json_string_value(json_object_get(ref, "repository"));
	const char *previous = json_string_value(json_object_get(ref, "previousCommit"));
	cleanup_repository struct repository repository = {0};
	cleanup_free char *from = NULL;
	cleanup_free char *to = NULL;
	int64_t from_id, to_id;
	size_t found = 0;
	int result = repository_find_name(tx, release->organization_id, name, &repository, err);

	if (result != 1)
		return result < 0 ? result : err_field(err, "refs",
			"There is no repository \"%s\".", name);
	split_range(json_string_value(json_object_get(ref, "commit")), &from, &to);
	if (previous && *previous && !from)
		from = xstrdup(previous);
	if (!from)
		result = release_ref_previous(tx, release->id, repository.id, &from, err);
	if (result < 0 || find_commit(tx, &repository, from, &from_id, err) < 0 ||
		find_commit(tx, &repository, to, &to_id, err) < 0 ||
		release_ref_put(tx, release->id, repository.id, to, err) < 0)
		return err->code;
	result = release_ref_commits(tx, from_id, to_id, RELEASE_COMMITS_MAX - *len, ids + *len,
		&found, err);
	*len += found;
	return result;
}

/* ---- Applying ---- */

/* One that is named twice counts once. */
static void add_id(int64_t *ids, size_t *len, int64_t id)
{
	for (size_t i = 0; i < *len; i++)
		if (ids[i] == id)
			return;
	ids[(*len)++] = id;
}

static int collect(struct tx *tx, const struct release_body *body, const struct release *release,
	const struct issue_actor *actor, int64_t *ids, size_t *len, struct err *err)
{
	json_t *item;
	size_t i;
	int result = 0;

	json_array_foreach(body->refs, i, item)
		if (result == 0)
			result = take_ref(tx, item, release, ids, len, err);
	if (!body->commits)
		return result;
	/* A list says exactly which. */
	*len = 0;
	json_array_foreach(body->commits, i, item) {
		int64_t id = 0;

		if (result == 0)
			result = take_commit(tx, item, release->organization_id, actor, &id, err);
		if (result == 0)
			add_id(ids, len, id);
	}
	return result;
}

static int apply_commits(struct tx *tx, const struct release_body *body,
	const struct release *release, const struct issue_actor *actor, struct err *err)
{
	cleanup_free int64_t *ids = NULL;
	size_t len = 0;
	int result;

	if (!body->commits && !body->refs)
		return 0;
	ids = xcalloc(RELEASE_COMMITS_MAX, sizeof(*ids));
	result = collect(tx, body, release, actor, ids, &len, err);
	return result < 0 ? result : release_take_commits(tx, release, ids, len, actor, err);
}

static int apply_projects(struct tx *tx, const struct release_body *body,
	const struct release *release, struct err *err)
{
	json_t *name;
	size_t i;

	json_array_foreach(body->projects, i, name) {
		cleanup_project struct project project = {0};
		cleanup_err struct err missing = {0};
		int result = project_find(tx, release->organization_id, json_string_value(name),
			&project, &missing);

		if (result == MORTISE_E_NOT_FOUND)
			return err_field(err, "projects", "There is no project \"%s\".",
				json_string_value(name));
		if (result < 0)
			return err_move(err, &missing);
		if (release_add_project(tx, release->id, project.id, err) < 0)
			return err->code;
	}
	return 0;
}

int release_body_apply(struct tx *tx, const struct release_body *body,
	const struct release *release, const struct issue_actor *actor, struct err *err)
{
	if (apply_projects(tx, body, release, err) < 0 ||
		release_update(tx, &(struct release_update){
			.id = release->id,
			.status = body->has_status ? body->status : release->status,
			.ref = body->has_ref ? body->ref : release->ref,
			.url = body->has_url ? body->url : release->url,
			.data = release->data,
			.released_at_us = body->has_released ? body->released_at_us
							     : release->released_at_us,
		}, err) < 0)
		return err->code;
	return apply_commits(tx, body, release, actor, err);
}
