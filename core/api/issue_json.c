/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/issue_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/api/call.h"
#include "core/api/release_json.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/issue/rules.h"
#include "core/issue/short_id.h"
#include "core/storage/activity.h"
#include "core/storage/commit.h"
#include "core/storage/issue.h"
#include "core/storage/member.h"
#include "core/storage/project.h"
#include "core/storage/pull_request.h"
#include "core/storage/release.h"
#include "core/storage/release_commit.h"
#include "core/storage/repository.h"
#include "core/storage/snooze.h"
#include "core/storage/team.h"
#include "core/tracker/link.h"
#include "core/tracker/ticket.h"

#define ACTIVITIES_SHOWN 100

struct issue_actor issue_actor_of(const struct api_call *call)
{
	return (struct issue_actor){
		.origin = call->principal.origin,
		.account_id = call->principal.user_id,
		.now_us = clock_now_us(),
	};
}

/* ---- People ---- */

/* Who or what is gone is shown as nobody: 1 it is there, 0 it is not. */
static int found(int result, struct err *missing, struct err *err)
{
	if (result == MORTISE_E_NOT_FOUND)
		return 0;
	return result < 0 ? err_move(err, missing) : 1;
}

int user_json(struct tx *tx, int64_t account_id, json_t **ret_json, struct err *err)
{
	cleanup_account struct account account = {0};
	cleanup_err struct err missing = {0};
	int result = 0;

	if (account_id)
		result = found(account_get(tx, account_id, &account, &missing), &missing, err);
	if (result < 0)
		return result;
	*ret_json = result == 0 ? json_null() : json_pack("{s:o, s:s, s:s, s:s}", "id",
		api_id_json(account.id), "name", account.name, "username", account.email, "email",
		account.email);
	return 0;
}

static int team_json(struct tx *tx, const struct issue *issue, json_t **ret_json, struct err *err)
{
	cleanup_team struct team team = {0};
	cleanup_err struct err missing = {0};
	char id[24];
	int result;

	snprintf(id, sizeof(id), "%" PRId64, issue->assignee_team_id);
	result = found(team_find(tx, issue->organization_id, id, &team, &missing), &missing, err);
	if (result < 0)
		return result;
	*ret_json = result == 0 ? json_null() : json_pack("{s:s, s:s, s:s}", "type", "team", "id",
		id, "name", team.slug);
	return 0;
}

static int assignee_json(struct tx *tx, const struct issue *issue, json_t **ret_json,
	struct err *err)
{
	json_t *user;
	int result;

	if (issue->assignee_team_id)
		return team_json(tx, issue, ret_json, err);
	result = user_json(tx, issue->assignee_account_id, &user, err);
	if (result < 0)
		return result;
	if (json_is_object(user)) {
		json_object_del(user, "username");
		json_object_set_new(user, "type", json_string("user"));
	}
	*ret_json = user;
	return 0;
}

/* ---- Status ---- */

static int commit_json(struct tx *tx, int64_t id, json_t **ret_json, struct err *err)
{
	cleanup_commit struct commit commit = {0};
	cleanup_repository struct repository repository = {0};
	int result = commit_get(tx, id, &commit, err);

	*ret_json = json_null();
	if (result != 1)
		return result < 0 ? result : 0;
	result = repository_get(tx, commit.organization_id, commit.repository_id, &repository, err);
	if (result < 0)
		return result;
	*ret_json = json_pack("{s:s, s:s, s:o, s:{s:o, s:s}}", "id", commit.sha, "message",
		commit.message, "dateCreated", api_time(commit.committed_at_us), "repository", "id",
		api_id_json(repository.id), "name", repository.name);
	return 0;
}

static int pull_request_json(struct tx *tx, int64_t id, json_t **ret_json, struct err *err)
{
	cleanup_pull_request struct pull_request pull = {0};
	cleanup_repository struct repository repository = {0};
	int result = pull_request_get(tx, id, &pull, err);

	*ret_json = json_null();
	if (result != 1)
		return result < 0 ? result : 0;
	result = repository_get(tx, pull.organization_id, pull.repository_id, &repository, err);
	if (result < 0)
		return result;
	*ret_json = json_pack("{s:s, s:s?, s:o, s:{s:o, s:s}}", "id", pull.number, "title",
		pull.title, "dateCreated", api_time(pull.added_at_us), "repository", "id",
		api_id_json(repository.id), "name", repository.name);
	return 0;
}

/* {"inRelease": version} or {"inNextRelease": true}, with who did it. */
static int resolution_json(struct tx *tx, const struct issue *issue,
	const struct resolution *resolution, json_t *details, struct err *err)
{
	cleanup_release_place struct release_place place = {0};
	bool waits = resolution->type == RESOLUTION_IN_NEXT_RELEASE &&
		resolution->status == RESOLUTION_PENDING;
	json_t *actor;
	int result = waits ? rules_next(tx, issue, resolution, &place, err)
		: release_place_get(tx, issue->project_id, resolution->release_id, &place, err);

	if (result < 0 || user_json(tx, resolution->account_id, &actor, err) < 0)
		return err->code;
	if (result == 1)
		json_object_set_new(details, "inRelease", json_string(place.version));
	else
		json_object_set_new(details, "inNextRelease", json_true());
	json_object_set_new(details, "actor", actor);
	return 0;
}

/* What is still to come: {"ignoreUntil", "ignoreCount", "ignoreUserCount"}. */
static int snooze_json(struct tx *tx, const struct issue *issue, json_t *details, struct err *err)
{
	struct snooze snooze;
	int result = snooze_get(tx, issue->id, &snooze, err);

	if (result != 1)
		return result;
	if (snooze.until_us)
		json_object_set_new(details, "ignoreUntil", api_time(snooze.until_us));
	if (snooze.times_seen)
		json_object_set_new(details, "ignoreCount",
			json_integer(snooze.times_seen - issue->times_seen));
	if (snooze.users_seen)
		json_object_set_new(details, "ignoreUserCount",
			json_integer(snooze.users_seen - issue->users_seen));
	return 0;
}

static int status_details(struct tx *tx, const struct issue *issue, json_t *details,
	struct err *err)
{
	cleanup_resolution struct resolution resolution = {0};
	json_t *commit;
	int64_t commit_id;
	int result;

	if (issue->status == ISSUE_IGNORED)
		return snooze_json(tx, issue, details, err);
	if (issue->status != ISSUE_RESOLVED)
		return 0;
	result = resolution_get(tx, issue->id, &resolution, err);
	if (result == 1)
		return resolution_json(tx, issue, &resolution, details, err);
	if (result == 0)
		result = release_commit_resolving(tx, issue->id, &commit_id, err);
	if (result == 1 && (result = commit_json(tx, commit_id, &commit, err)) == 0)
		json_object_set_new(details, "inCommit", commit);
	return result < 0 ? result : 0;
}

/* ---- Issues ---- */

static int project_json(struct tx *tx, const struct issue *issue, json_t **ret_json,
	struct err *err)
{
	cleanup_project struct project project = {0};
	char id[24];
	int result;

	snprintf(id, sizeof(id), "%" PRId64, issue->project_id);
	result = project_find(tx, issue->organization_id, id, &project, err);
	if (result == 0)
		*ret_json = json_pack("{s:s, s:s, s:s, s:s?}", "id", id, "name", project.name,
			"slug", project.slug, "platform", project.platform);
	return result;
}

static json_t *plain_json(const struct issue *issue)
{
	char short_id[SHORT_ID_SIZE];

	return json_pack("{s:o, s:s, s:s, s:s, s:s?, s:s, s:s, s:s?, s:s, s:s?, s:s, s:s, s:O, "
		"s:o, s:I, s:o, s:o, s:n, s:b, s:b, s:b}",
		"id", api_id_json(issue->id),
		"shortId", short_id_format(issue->project_slug, issue->number, short_id),
		"title", issue->title, "culprit", issue->culprit, "logger", issue->logger,
		"level", issue_level_name(issue->level),
		"status", issue_status_name(issue->status), "substatus", issue->substatus,
		"type", issue->type, "platform", issue->platform,
		"issueType", "error", "issueCategory", "error", "metadata", issue->metadata,
		"count", json_sprintf("%" PRId64, issue->times_seen),
		"userCount", (json_int_t)issue->users_seen,
		"firstSeen", api_time(issue->first_seen_at_us),
		"lastSeen", api_time(issue->last_seen_at_us), "shareId",
		"isPublic", 0, "isBookmarked", 0, "isSubscribed", 0);
}

/* Members that are read from elsewhere. */
static int add_read(struct tx *tx, const struct api_call *call, const struct issue *issue,
	json_t *json, struct err *err)
{
	cleanup_free char *url = NULL;
	json_t *details = json_object();
	json_t *value = NULL;
	int64_t notes;

	json_object_set_new(json, "statusDetails", details);
	if (status_details(tx, issue, details, err) < 0 ||
		project_json(tx, issue, &value, err) < 0)
		return err->code;
	json_object_set_new(json, "project", value);
	if (ticket_issue_url(tx, call->daemon, issue, &url, err) < 0)
		return err->code;
	json_object_set_new(json, "permalink", json_string(url));
	if (assignee_json(tx, issue, &value, err) < 0)
		return err->code;
	json_object_set_new(json, "assignedTo", value);
	if (tracker_annotations(tx, issue->id, &value, err) < 0)
		return err->code;
	json_object_set_new(json, "annotations", value);
	if (activity_count(tx, issue->id, ACTIVITY_NOTE, &notes, err) < 0)
		return err->code;
	json_object_set_new(json, "numComments", json_integer(notes));
	return 0;
}

int issue_json(struct tx *tx, const struct api_call *call, const struct issue *issue,
	json_t **ret_json, struct err *err)
{
	cleanup_json json_t *json = plain_json(issue);
	int result = add_read(tx, call, issue, json, err);

	if (result == 0)
		*ret_json = steal(&json);
	return result;
}

static int issue_release(struct tx *tx, int64_t release_id, json_t **ret_json, struct err *err)
{
	cleanup_release struct release release = {0};
	cleanup_err struct err missing = {0};
	int result = 0;

	*ret_json = json_null();
	if (release_id)
		result = found(release_get(tx, release_id, &release, &missing), &missing, err);
	return result != 1 ? result : release_json(tx, &release, ret_json, err);
}

static int issue_activities(struct tx *tx, const struct issue *issue, json_t *list,
	struct err *err)
{
	struct activity *rows;
	size_t len;
	int result = activity_list(tx, issue->id, NULL, &KEYSET_NEWEST(ACTIVITIES_SHOWN), &rows,
		&len, err);

	if (result < 0)
		return result;
	for (size_t i = 0; i < len && result == 0; i++) {
		json_t *item;

		result = activity_json(tx, &rows[i], &item, err);
		if (result == 0)
			json_array_append_new(list, item);
	}
	activity_list_free(rows, len);
	return result;
}

int issue_json_details(struct tx *tx, const struct api_call *call, const struct issue *issue,
	json_t **ret_json, struct err *err)
{
	cleanup_json json_t *json = NULL;
	json_t *activities = json_array();
	json_t *value = NULL;

	if (issue_json(tx, call, issue, &json, err) < 0) {
		json_decref(activities);
		return err->code;
	}
	json_object_set_new(json, "activity", activities);
	if (issue_activities(tx, issue, activities, err) < 0 ||
		issue_release(tx, issue->first_release_id, &value, err) < 0)
		return err->code;
	json_object_set_new(json, "firstRelease", value);
	if (issue_release(tx, issue->last_release_id, &value, err) < 0)
		return err->code;
	json_object_set_new(json, "lastRelease", value);
	*ret_json = steal(&json);
	return 0;
}

/* ---- Activities ---- */

/* What the data only names by its row. */
static int expand(struct tx *tx, json_t *data, struct err *err)
{
	const json_t *commit = json_object_get(data, "commit");
	const json_t *pull = json_object_get(data, "pullRequest");
	json_t *value;

	if (json_is_integer(commit)) {
		if (commit_json(tx, json_integer_value(commit), &value, err) < 0)
			return err->code;
		json_object_set_new(data, "commit", value);
	}
	if (json_is_integer(pull)) {
		if (pull_request_json(tx, json_integer_value(pull), &value, err) < 0)
			return err->code;
		json_object_set_new(data, "pullRequest", value);
	}
	return 0;
}

int activity_json(struct tx *tx, const struct activity *activity, json_t **ret_json,
	struct err *err)
{
	cleanup_json json_t *data = json_copy(activity->data);
	json_t *user;

	if (expand(tx, data, err) < 0 ||
		user_json(tx, activity->account_id, &user, err) < 0)
		return err->code;
	*ret_json = json_pack("{s:o, s:o, s:s, s:O, s:o, s:o, s:s}", "id",
		api_id_json(activity->id), "user", user, "type", activity->type, "data", data,
		"dateCreated", api_time(activity->added_at_us), "dateUpdated",
		api_time(activity->updated_at_us), "origin", activity->origin);
	return 0;
}
