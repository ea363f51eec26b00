/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/issue/seen.h"

#include <assert.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/issue/change.h"
#include "core/issue/release_version.h"
#include "core/issue/rules.h"
#include "core/issue/snooze.h"
#include "core/storage/activity.h"
#include "core/storage/issue.h"
#include "core/storage/issue_hour.h"
#include "core/storage/release.h"

#define CLOCKS_DIFFER_US (INT64_C(300) * 1000000)

static struct issue_actor actor_of(const struct issue_seen *seen)
{
	return (struct issue_actor){.origin = seen->origin, .now_us = seen->now_us};
}

/* A copy of at most 'max' characters; NULL gives NULL. */
static char *cut(const char *text, size_t max)
{
	const unsigned char *at = (const unsigned char *)text, *end;
	size_t size = 1;

	if (!text)
		return NULL;
	end = at + strlen(text);
	for (size_t len = 0; at < end && len < max && size > 0; len++) {
		size = utf8_size(at, end);
		at += size;
	}
	return xstrndup(text, (size_t)(at - (const unsigned char *)text));
}

/* The release that it was seen in, of the project now if it was not; 0: none. */
static int find_release(struct tx *tx, const struct issue_seen *seen, int64_t *ret_id,
	struct err *err)
{
	cleanup_free char *key = NULL;
	int result;

	*ret_id = 0;
	if (!seen->release)
		return 0;
	key = release_version_key(seen->release);
	result = release_put(tx, &(struct release_new){
		.organization_id = seen->organization_id,
		.version = seen->release,
		.semver = key,
		.now_us = seen->now_us,
	}, ret_id, err);
	if (result >= 0)
		result = release_add_project(tx, *ret_id, seen->project_id, err);
	return result < 0 ? result : 0;
}

/* 1: known. */
static int find_issue(struct tx *tx, const struct issue_seen *seen, struct issue *ret_issue,
	struct err *err)
{
	int result = 0;

	for (size_t i = 0; i < seen->hash_len && result == 0; i++)
		result = issue_find_hash(tx, seen->project_id, seen->hashes[i], ret_issue, err);
	return result;
}

static int make_issue(struct tx *tx, const struct issue_seen *seen, int64_t release_id,
	int64_t *ret_id, struct err *err)
{
	cleanup_free char *title = cut(seen->title, ISSUE_TITLE_MAX);
	cleanup_free char *culprit = cut(seen->culprit, ISSUE_CULPRIT_MAX);
	int64_t activity_id;
	int result = issue_insert(tx, &(struct issue_new){
		.organization_id = seen->organization_id,
		.project_id = seen->project_id,
		.title = title,
		.culprit = culprit,
		.type = seen->type,
		.level = seen->level ? seen->level : ISSUE_ERROR,
		.platform = seen->platform,
		.logger = seen->logger,
		.url = seen->url,
		.metadata = seen->metadata,
		.first_seen_at_us = seen->seen_at_us,
		.release_id = release_id,
		.now_us = seen->now_us,
	}, ret_id, err);

	for (size_t i = 0; i < seen->hash_len && result == 0; i++)
		result = issue_hash_add(tx, seen->project_id, seen->hashes[i], *ret_id, err);
	return result < 0 ? result : activity_insert(tx, &(struct activity_new){
		.issue_id = *ret_id,
		.project_id = seen->project_id,
		.type = ACTIVITY_FIRST_SEEN,
		.origin = seen->origin,
		.now_us = seen->now_us,
	}, &activity_id, err);
}

static int describe(struct tx *tx, const struct issue_seen *seen, int64_t issue_id,
	struct err *err)
{
	cleanup_free char *title = cut(seen->title, ISSUE_TITLE_MAX);
	cleanup_free char *culprit = cut(seen->culprit, ISSUE_CULPRIT_MAX);

	return issue_describe(tx, &(struct issue_describe){
		.issue_id = issue_id,
		.title = title,
		.culprit = culprit,
		.type = seen->type,
		.platform = seen->platform,
		.url = seen->url,
		.level = seen->level,
		.metadata = seen->metadata,
		.now_us = seen->now_us,
	}, err);
}

/* What people see of a regression: where, and what it contradicts. */
static int regression_data(struct tx *tx, const struct issue_seen *seen, const struct issue *issue,
	bool follows, json_t **ret_data, struct err *err)
{
	cleanup_resolution struct resolution resolution = {0};
	cleanup_release struct release release = {0};
	json_t *data = json_object();
	int result = resolution_get(tx, issue->id, &resolution, err);

	*ret_data = data;
	if (seen->event_id)
		json_object_set_new(data, "event_id", json_string(seen->event_id));
	json_object_set_new(data, "version", json_string(seen->release ? seen->release : ""));
	if (result != 1)
		return result;
	json_object_set_new(data, "follows_semver", json_boolean(follows));
	if (resolution.anchor) {
		json_object_set_new(data, "resolved_in_version", json_string(resolution.anchor));
		return 0;
	}
	result = resolution.release_id > 0 ? release_get(tx, resolution.release_id, &release, err)
					   : 0;
	if (result == 0 && release.version)
		json_object_set_new(data, "resolved_in_version", json_string(release.version));
	return result;
}

/* A sighting from before it was resolved came late, and says nothing; what differs by
 * less than clocks do is taken for new. */
static int check_regression(struct tx *tx, const struct issue_seen *seen, const struct issue *issue,
	int64_t release_id, bool *ret_regressed, struct err *err)
{
	const struct issue_actor actor = actor_of(seen);
	cleanup_json json_t *data = NULL;
	bool holds, follows;
	int result;

	*ret_regressed = false;
	if (issue->status != ISSUE_RESOLVED || seen->seen_at_us < issue->resolved_at_us - CLOCKS_DIFFER_US)
		return 0;
	result = rules_hold(tx, issue, release_id, &holds, &follows, err);
	if (result < 0 || holds)
		return result;
	result = regression_data(tx, seen, issue, follows, &data, err);
	return result < 0 ? result : issue_unresolve(tx, issue->id, ISSUE_REOPEN_REGRESSED, data,
		&actor, ret_regressed, err);
}

int issue_seen(struct tx *tx, const struct issue_seen *seen, struct issue_seen_result *ret_result,
	struct err *err)
{
	const struct issue_actor actor = actor_of(seen);
	struct issue_seen_result out = {0};
	cleanup_issue struct issue issue = {0};
	int result = find_release(tx, seen, &out.release_id, err);

	assert(seen->hash_len > 0 && seen->hash_len <= ISSUE_HASHES_MAX);
	if (result == 0)
		result = find_issue(tx, seen, &issue, err);
	if (result < 0)
		return result;
	out.created = result == 0;
	if (out.created) {
		result = make_issue(tx, seen, out.release_id, &out.issue_id, err);
	} else {
		out.issue_id = issue.id;
		result = seen->describe ? describe(tx, seen, issue.id, err) : 0;
	}
	if (result >= 0)
		result = issue_count(tx, &(struct issue_count){
			.issue_id = out.issue_id,
			.times = seen->times > 0 ? seen->times : 1,
			.seen_at_us = seen->seen_at_us,
			.release_id = out.release_id,
			.user = seen->user,
			.now_us = seen->now_us,
		}, err);
	if (result >= 0)
		result = issue_hour_add(tx, out.issue_id, seen->times > 0 ? seen->times : 1,
			seen->now_us, err);
	if (result >= 0 && !out.created)
		result = check_regression(tx, seen, &issue, out.release_id, &out.regressed, err);
	if (result >= 0 && !out.created)
		result = issue_snooze_check(tx, &issue, &actor, err);
	if (result < 0)
		return result;
	*ret_result = out;
	return 0;
}
