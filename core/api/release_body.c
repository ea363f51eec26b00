/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/release_body.h"

#include <inttypes.h>
#include <string.h>

#include "core/access/access.h"
#include "core/api/body.h"
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

#define TEXT_MAX 250           /* characters of a ref or a name */
#define URL_MAX_LEN 2048
#define SHA_MAX 64
#define MESSAGE_MAX 65536
#define PROJECTS_MAX 100
#define REFS_MAX 50
#define FILES_MAX 1000

/* ---- Reading ---- */

static void check_file(const json_t *file, struct err *err)
{
	static const char *const changes[] = {"A", "M", "D", NULL};
	const struct body in = {file, "commits", err};

	(void)body_text(&in, "path", URL_MAX_LEN, BODY_REQUIRED);
	(void)body_choice(&in, "type", changes, BODY_REQUIRED);
}

static void check_commit(const json_t *commit, struct err *err)
{
	const struct body in = {commit, "commits", err};
	const json_t *files = body_list(&in, "patch_set", JSON_OBJECT, FILES_MAX, 0);
	const json_t *file;
	size_t i;

	(void)body_text(&in, "id", SHA_MAX, BODY_REQUIRED);
	(void)body_text(&in, "repository", TEXT_MAX, BODY_BLANK);
	(void)body_text(&in, "message", MESSAGE_MAX, BODY_BLANK);
	(void)body_text(&in, "author_name", TEXT_MAX, BODY_BLANK);
	(void)body_text(&in, "author_email", TEXT_MAX, BODY_BLANK);
	(void)body_time(&in, "timestamp");
	json_array_foreach(files, i, file)
		check_file(file, err);
}

static void check_ref(const json_t *ref, struct err *err)
{
	const struct body in = {ref, "refs", err};

	(void)body_text(&in, "repository", TEXT_MAX, BODY_REQUIRED);
	(void)body_text(&in, "commit", 2 * SHA_MAX + 2, BODY_REQUIRED);
	(void)body_text(&in, "previousCommit", SHA_MAX, BODY_BLANK);
}

/* What older clients send in place of "refs". */
static void check_head(const json_t *head, struct err *err)
{
	const struct body in = {head, "headCommits", err};

	(void)body_text(&in, "repository", TEXT_MAX, BODY_REQUIRED);
	(void)body_text(&in, "currentId", SHA_MAX, BODY_REQUIRED);
	(void)body_text(&in, "previousId", SHA_MAX, BODY_BLANK);
}

static void check_all(const json_t *list, void check(const json_t *item, struct err *err),
	struct err *err)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		check(item, err);
}

static void read_status(const struct body *in, struct release_body *out)
{
	static const char *const names[] = {"open", "archived", NULL};
	int choice = body_choice(in, "status", names, 0);

	out->has_status = choice >= 0;
	out->status = choice == 1 ? RELEASE_ARCHIVED : RELEASE_OPEN;
}

static void read_url(const struct body *in, struct release_body *out)
{
	out->has_url = body_member(in, "url") != NULL;
	out->url = body_text(in, "url", URL_MAX_LEN, BODY_BLANK);
	if (out->url && !*out->url)
		out->url = NULL;
	if (out->url && strncmp(out->url, "https://", 8) != 0 && strncmp(out->url, "http://", 7) != 0)
		err_field(in->err, "url", "Must begin with https:// or http://.");
}

int release_body_read(const json_t *body, struct release_body *ret_body, struct err *err)
{
	const struct body in = {body, NULL, err};
	struct release_body out = {
		.version = body_text(&in, "version", RELEASE_VERSION_MAX, BODY_BLANK),
		.projects = body_list(&in, "projects", JSON_STRING, PROJECTS_MAX, 0),
		.has_ref = body_member(&in, "ref") != NULL,
		.ref = body_text(&in, "ref", TEXT_MAX, BODY_BLANK),
		.has_released = body_member(&in, "dateReleased") != NULL,
		.released_at_us = body_time(&in, "dateReleased"),
		.commits = body_list(&in, "commits", JSON_OBJECT, RELEASE_COMMITS_MAX, 0),
		.refs = body_list(&in, "refs", JSON_OBJECT, REFS_MAX, 0),
		.heads = body_list(&in, "headCommits", JSON_OBJECT, REFS_MAX, 0),
	};

	read_url(&in, &out);
	read_status(&in, &out);
	check_all(out.commits, check_commit, err);
	check_all(out.refs, check_ref, err);
	check_all(out.heads, check_head, err);
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

/* "previous..commit" is both in one, as the command line tool writes it. */
static void split_range(const char *given, char **ret_from, char **ret_to)
{
	const char *dots = strstr(given, "..");

	*ret_from = dots && dots > given ? xstrndup(given, (size_t)(dots - given)) : NULL;
	*ret_to = xstrdup(dots ? dots + 2 : given);
}

/* Where a repository stands. */
struct stand {
	const char *name, *commit;
	const char *previous;      /* or NULL: where it stood in the release before */
};

/* The commit before the first one; 0: as far back as is known.  One that has not come in is
 * older than what has, for repositories are followed from the day they are connected. */
static int find_start(struct tx *tx, const struct stand *stand, const char *in_range,
	const struct release *release, const struct repository *repository, int64_t *ret_id,
	struct err *err)
{
	cleanup_free char *before = NULL;
	cleanup_commit struct commit commit = {0};
	const char *from = in_range ? in_range : stand->previous;
	int result;

	*ret_id = 0;
	if (!from || !*from) {
		if (release_ref_previous(tx, release->id, repository->id, &before, err) < 0)
			return err->code;
		from = before;
	}
	if (!from)
		return 0;
	result = commit_find_short(tx, repository->id, from, &commit, err);
	*ret_id = commit.id;
	return result < 0 ? result : 0;
}

static int take_stand(struct tx *tx, const struct stand *stand, const struct release *release,
	int64_t *ids, size_t *len, struct err *err)
{
	cleanup_repository struct repository repository = {0};
	cleanup_free char *from = NULL;
	cleanup_free char *to = NULL;
	cleanup_commit struct commit commit = {0};
	int64_t from_id;
	size_t found = 0;
	int result = repository_find_name(tx, release->organization_id, stand->name, &repository,
		err);

	if (result != 1)
		return result < 0 ? result : err_field(err, "refs",
			"There is no repository \"%s\".", stand->name);
	split_range(stand->commit, &from, &to);
	result = commit_find_short(tx, repository.id, to, &commit, err);
	if (result != 1)
		return result < 0 ? result : unknown_commit(to, repository.name, err);
	if (find_start(tx, stand, from, release, &repository, &from_id, err) < 0 ||
		release_ref_put(tx, release->id, repository.id, commit.sha, err) < 0)
		return err->code;
	result = release_ref_commits(tx, from_id, commit.id, RELEASE_COMMITS_MAX - *len, ids + *len,
		&found, err);
	*len += found;
	return result;
}

static int take_ref(struct tx *tx, const json_t *ref, const struct release *release,
	int64_t *ids, size_t *len, struct err *err)
{
	const struct body in = {ref, "refs", err};

	return take_stand(tx, &(struct stand){
		.name = body_text(&in, "repository", TEXT_MAX, 0),
		.commit = body_text(&in, "commit", 2 * SHA_MAX + 2, 0),
		.previous = body_text(&in, "previousCommit", SHA_MAX, BODY_BLANK),
	}, release, ids, len, err);
}

static int take_head(struct tx *tx, const json_t *head, const struct release *release,
	int64_t *ids, size_t *len, struct err *err)
{
	const struct body in = {head, "headCommits", err};

	return take_stand(tx, &(struct stand){
		.name = body_text(&in, "repository", TEXT_MAX, 0),
		.commit = body_text(&in, "currentId", SHA_MAX, 0),
		.previous = body_text(&in, "previousId", SHA_MAX, BODY_BLANK),
	}, release, ids, len, err);
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
	json_array_foreach(body->heads, i, item)
		if (result == 0)
			result = take_head(tx, item, release, ids, len, err);
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

	if (!body->commits && !body->refs && !body->heads)
		return 0;
	ids = xcalloc(RELEASE_COMMITS_MAX, sizeof(*ids));
	result = collect(tx, body, release, actor, ids, &len, err);
	return result < 0 ? result : release_take_commits(tx, release, ids, len, actor, err);
}

static int apply_projects(struct tx *tx, const struct release_body *body,
	const struct release *release, const struct principal *principal, struct err *err)
{
	json_t *name;
	size_t i;

	json_array_foreach(body->projects, i, name) {
		cleanup_project struct project project = {0};
		cleanup_err struct err missing = {0};
		int result = access_project_find(tx, principal, json_string_value(name), &project,
			&missing);

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
	const struct release *release, const struct principal *principal,
	const struct issue_actor *actor, struct err *err)
{
	if (apply_projects(tx, body, release, principal, err) < 0 ||
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
