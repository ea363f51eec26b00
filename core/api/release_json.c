/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/release_json.h"

#include <stdio.h>

#include "core/api/call.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/issue/release_version.h"
#include "core/storage/deploy.h"
#include "core/storage/project.h"
#include "core/storage/release.h"
#include "core/storage/release_commit.h"

/* ---- Commits ---- */

static json_t *author_json(const struct release_commit *commit)
{
	if (!commit->author_email)
		return json_null();
	return json_pack("{s:s?, s:s}", "name", commit->author_name, "email",
		commit->author_email);
}

json_t *release_commit_json(const struct release_commit *commit)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:{s:o, s:s}}", "id", commit->sha, "message",
		commit->message, "dateCreated", api_time(commit->committed_at_us), "author",
		author_json(commit), "repository", "id", api_id_json(commit->repository_id), "name",
		commit->repository_name);
}

static int last_commit_json(struct tx *tx, int64_t release_id, json_t **ret_json, struct err *err)
{
	struct release_commit *rows;
	size_t len;
	int result = release_commit_list(tx, release_id, &KEYSET_FIRST(1), &rows, &len, err);

	if (result < 0)
		return result;
	*ret_json = len > 0 ? release_commit_json(&rows[0]) : json_null();
	release_commit_list_free(rows, len);
	return 0;
}

/* ---- Deploys ---- */

/* Slugs of the projects that are still there. */
static int slugs_json(struct tx *tx, const struct deploy *deploy, json_t *slugs, struct err *err)
{
	const json_t *id;
	size_t i;

	json_array_foreach(deploy->projects, i, id) {
		cleanup_project struct project project = {0};
		cleanup_err struct err missing = {0};
		char text[24];
		int result;

		snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(id));
		result = project_find(tx, deploy->organization_id, text, &project, &missing);
		if (result == 0)
			json_array_append_new(slugs, json_string(project.slug));
		else if (result != MORTISE_E_NOT_FOUND)
			return err_move(err, &missing);
	}
	return 0;
}

int deploy_json(struct tx *tx, const struct deploy *deploy, json_t **ret_json, struct err *err)
{
	cleanup_json json_t *slugs = json_array();
	int result = slugs_json(tx, deploy, slugs, err);

	if (result == 0)
		*ret_json = json_pack("{s:o, s:s, s:s?, s:s?, s:o, s:o, s:O}", "id",
			api_id_json(deploy->id), "environment", deploy->environment, "name",
			deploy->name, "url", deploy->url, "dateStarted",
			api_time(deploy->started_at_us), "dateFinished",
			api_time(deploy->finished_at_us), "projects", slugs);
	return result;
}

static int last_deploy_json(struct tx *tx, int64_t release_id, json_t **ret_json, struct err *err)
{
	cleanup_deploy struct deploy deploy = {0};
	int result = deploy_last(tx, release_id, &deploy, err);

	*ret_json = NULL;
	if (result == 1)
		result = deploy_json(tx, &deploy, ret_json, err);
	if (result == 0 && !*ret_json)
		*ret_json = json_null();
	return result;
}

/* ---- Releases ---- */

static json_t *version_info(const struct release_version *parsed)
{
	return json_pack("{s:o, s:{s:s}, s:s, s:b}", "package", parsed->package_size > 0
		? json_stringn(parsed->package, parsed->package_size) : json_null(), "version",
		"raw", parsed->description, "description", parsed->description, "isSemver",
		(int)parsed->is_semver);
}

static json_t *plain_json(const struct release *release)
{
	struct release_version parsed;
	json_t *json;

	release_version_parse(release->version, &parsed);
	json = json_pack("{s:I, s:s, s:s, s:s, s:s?, s:s?, s:o, s:o, s:O, s:o, s:n, s:i, s:n, s:n}",
		"id", (json_int_t)release->id, "version", release->version, "shortVersion",
		parsed.description, "status",
		release->status == RELEASE_ARCHIVED ? "archived" : "open", "ref", release->ref,
		"url", release->url, "dateCreated", api_time(release->added_at_us), "dateReleased",
		api_time(release->released_at_us), "data", release->data, "versionInfo",
		version_info(&parsed), "owner", "newGroups", 0, "firstEvent", "lastEvent");
	release_version_clear(&parsed);
	return json;
}

int release_json(struct tx *tx, const struct release *release, json_t **ret_json,
	struct err *err)
{
	cleanup_json json_t *json = plain_json(release);
	json_t *value;
	int64_t count;

	if (release_projects(tx, release->id, &value, err) < 0)
		return err->code;
	json_object_set_new(json, "projects", value);
	if (release_commit_count(tx, release->id, &count, err) < 0)
		return err->code;
	json_object_set_new(json, "commitCount", json_integer(count));
	if (last_commit_json(tx, release->id, &value, err) < 0)
		return err->code;
	json_object_set_new(json, "lastCommit", value);
	if (release_commit_authors(tx, release->id, &value, err) < 0)
		return err->code;
	json_object_set_new(json, "authors", value);
	if (deploy_count(tx, release->id, &count, err) < 0)
		return err->code;
	json_object_set_new(json, "deployCount", json_integer(count));
	if (last_deploy_json(tx, release->id, &value, err) < 0)
		return err->code;
	json_object_set_new(json, "lastDeploy", value);
	*ret_json = steal(&json);
	return 0;
}
