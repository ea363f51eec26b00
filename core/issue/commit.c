/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/issue/commit.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/issue/change.h"
#include "core/issue/keyword.h"
#include "core/storage/activity.h"
#include "core/storage/commit.h"
#include "core/storage/issue.h"
#include "core/storage/issue_link.h"
#include "core/storage/member.h"
#include "core/storage/pull_request.h"
#include "core/storage/release.h"
#include "core/storage/release_commit.h"
#include "core/storage/resolution.h"

#define LINKS_AT_ONCE 100

/* What resolves issues: a commit or a pull request. */
struct source {
	enum issue_link_type type;
	int64_t id, organization_id;
	const char *activity, *member;     /* of its data */
};

/* ---- Links ---- */

/* The author acts, if his address is that of a member. */
static int act_as_author(struct tx *tx, int64_t organization_id, const struct commit_author *author,
	struct issue_actor *actor, struct err *err)
{
	int64_t account_id;
	size_t len;
	int result;

	if (!author->email)
		return 0;
	result = member_find_named(tx, organization_id, author->email, &account_id, &len, err);
	if (result == 0 && len == 1)
		actor->account_id = account_id;
	return result;
}

/* 1: linked now, 0: it was, or there is no such issue. */
static int link_one(struct tx *tx, const struct source *source, const char *short_id,
	const struct issue_actor *actor, struct err *err)
{
	cleanup_issue struct issue issue = {0};
	cleanup_err struct err missing = {0};
	cleanup_json json_t *data = json_pack("{s:I}", source->member, (json_int_t)source->id);
	int64_t activity_id;
	int result = issue_by_text(tx, source->organization_id, short_id, &issue, &missing);

	if (result == MORTISE_E_NOT_FOUND)
		return 0;
	if (result < 0)
		return err_move(err, &missing);
	result = issue_link_insert(tx, &(struct issue_link){
		.issue_id = issue.id,
		.project_id = issue.project_id,
		.type = (int)source->type,
		.linked_id = source->id,
		.relationship = ISSUE_LINK_RESOLVES,
		.added_at_us = actor->now_us,
	}, err);
	if (result != 1)
		return result;
	result = activity_insert(tx, &(struct activity_new){
		.issue_id = issue.id,
		.project_id = issue.project_id,
		.type = source->activity,
		.account_id = actor->account_id,
		.origin = actor->origin,
		.data = data,
		.now_us = actor->now_us,
	}, &activity_id, err);
	return result < 0 ? result : 1;
}

static int link_all(struct tx *tx, const struct source *source,
	char ids[][SHORT_ID_SIZE], size_t len, const struct issue_actor *actor, struct err *err)
{
	int changed = 0;

	for (size_t i = 0; i < len; i++) {
		int result = link_one(tx, source, ids[i], actor, err);

		if (result < 0)
			return result;
		changed |= result;
	}
	return changed;
}

int commit_link_issues(struct tx *tx, int64_t commit_id, const struct issue_actor *actor,
	struct err *err)
{
	char ids[KEYWORD_IDS_MAX][SHORT_ID_SIZE];
	cleanup_commit struct commit commit = {0};
	struct issue_actor author = *actor;
	size_t len;
	int result = commit_get(tx, commit_id, &commit, err);

	if (result != 1)
		return result;
	len = keyword_ids(commit.message, ids);
	if (len == 0)
		return 0;
	result = act_as_author(tx, commit.organization_id, &commit.author, &author, err);
	return result < 0 ? result : link_all(tx, &(struct source){
		.type = ISSUE_LINK_COMMIT,
		.id = commit.id,
		.organization_id = commit.organization_id,
		.activity = ACTIVITY_SET_RESOLVED_IN_COMMIT,
		.member = "commit",
	}, ids, len, &author, err);
}

/* ---- Resolving ---- */

/* Is it resolved by some release already?  Then that one counts. */
static int is_released(struct tx *tx, const struct issue *issue, struct err *err)
{
	cleanup_resolution struct resolution there = {0};

	if (issue->status != ISSUE_RESOLVED)
		return 0;
	return resolution_get(tx, issue->id, &there, err);
}

/* In a release of another project the issue is not resolved. */
static int resolve_one(struct tx *tx, const struct release *release, int64_t issue_id,
	const struct issue_actor *actor, struct err *err)
{
	const struct issue_resolve resolve = {
		.strategy = ISSUE_RESOLVE_IN_RELEASE,
		.version = release->version,
	};
	cleanup_issue struct issue issue = {0};
	cleanup_release_place struct release_place place = {0};
	bool changed;
	int result = issue_get(tx, issue_id, &issue, err);

	if (result == 0)
		result = release_place_get(tx, issue.project_id, release->id, &place, err);
	if (result != 1)
		return result;
	result = is_released(tx, &issue, err);
	return result != 0 ? (result < 0 ? result : 0)
			   : issue_resolve(tx, issue_id, &resolve, actor, &changed, err);
}

/* All issues that one commit or pull request resolves. */
static int resolve_linked(struct tx *tx, const struct release *release, enum issue_link_type type,
	int64_t linked_id, const struct issue_actor *actor, struct err *err)
{
	struct issue_link *links;
	int64_t after = 0;
	size_t len;
	int result;

	do {
		result = issue_link_list_linked(tx, type, linked_id, after, LINKS_AT_ONCE, &links,
			&len, err);
		if (result < 0)
			return result;
		for (size_t i = 0; i < len && result == 0; i++) {
			after = links[i].id;
			if (links[i].relationship == ISSUE_LINK_RESOLVES)
				result = resolve_one(tx, release, links[i].issue_id, actor, err);
		}
		free(links);
	} while (result == 0 && len == LINKS_AT_ONCE);
	return result;
}

static int resolve_by_commit(struct tx *tx, const struct release *release, int64_t commit_id,
	const struct issue_actor *actor, struct err *err)
{
	cleanup_commit struct commit commit = {0};
	cleanup_pull_request struct pull_request pull = {0};
	struct issue_actor author = *actor;
	int result = commit_get(tx, commit_id, &commit, err);

	if (result != 1)
		return result;
	result = act_as_author(tx, commit.organization_id, &commit.author, &author, err);
	if (result == 0)
		result = resolve_linked(tx, release, ISSUE_LINK_COMMIT, commit_id, &author, err);
	if (result == 0)
		result = pull_request_find_merged(tx, commit.repository_id, commit.sha, &pull, err);
	return result != 1 ? result : resolve_linked(tx, release, ISSUE_LINK_PULL_REQUEST, pull.id,
		&author, err);
}

int release_take_commits(struct tx *tx, const struct release *release, const int64_t *commit_ids,
	size_t len, const struct issue_actor *actor, struct err *err)
{
	int result = release_commits_set(tx, release->id, commit_ids, len, err);

	for (size_t i = 0; i < len && result >= 0; i++)
		result = resolve_by_commit(tx, release, commit_ids[i], actor, err);
	return result < 0 ? result : 0;
}

/* ---- Pull requests ---- */

/* It is edited: what it no longer names is no longer linked.  1: one went. */
static int unlink_others(struct tx *tx, const struct source *source, char ids[][SHORT_ID_SIZE],
	size_t len, struct err *err)
{
	struct issue_link *links;
	size_t link_len;
	int changed = 0;
	int result = issue_link_list_linked(tx, source->type, source->id, 0, LINKS_AT_ONCE, &links,
		&link_len, err);

	if (result < 0)
		return result;
	for (size_t i = 0; i < link_len && result >= 0; i++) {
		cleanup_issue struct issue issue = {0};
		char short_id[SHORT_ID_SIZE];
		bool named = false;

		result = issue_get(tx, links[i].issue_id, &issue, err);
		if (result < 0)
			break;
		short_id_format(issue.project_slug, issue.number, short_id);
		for (size_t k = 0; k < len; k++)
			named = named || strcmp(ids[k], short_id) == 0;
		if (!named && links[i].relationship == ISSUE_LINK_RESOLVES) {
			result = issue_link_delete(tx, links[i].issue_id, source->type, source->id,
				err);
			changed = 1;
		}
	}
	free(links);
	return result < 0 ? result : changed;
}

/* Merged by a commit that has a release: what it resolves is resolved there. */
static int resolve_merged(struct tx *tx, const struct pull_request *pull,
	const struct issue_actor *actor, struct err *err)
{
	cleanup_commit struct commit commit = {0};
	cleanup_release struct release release = {0};
	int64_t release_id;
	int result;

	if (!pull->merge_commit_sha)
		return 0;
	result = commit_find(tx, pull->repository_id, pull->merge_commit_sha, &commit, err);
	if (result == 1)
		result = release_commit_find(tx, commit.id, &release_id, err);
	if (result != 1)
		return result;
	result = release_get(tx, release_id, &release, err);
	return result < 0 ? result : resolve_linked(tx, &release, ISSUE_LINK_PULL_REQUEST, pull->id,
		actor, err);
}

int pull_request_link_issues(struct tx *tx, int64_t pull_request_id,
	const struct issue_actor *actor, struct err *err)
{
	char ids[KEYWORD_IDS_MAX][SHORT_ID_SIZE];
	cleanup_pull_request struct pull_request pull = {0};
	cleanup_free char *text = NULL;
	struct issue_actor author = *actor;
	struct source source = {
		.type = ISSUE_LINK_PULL_REQUEST,
		.activity = ACTIVITY_SET_RESOLVED_IN_PULL_REQUEST,
		.member = "pullRequest",
	};
	size_t len;
	int gone, made;
	int result = pull_request_get(tx, pull_request_id, &pull, err);

	if (result != 1)
		return result;
	source.id = pull.id;
	source.organization_id = pull.organization_id;
	text = xasprintf("%s\n\n%s", pull.title ? pull.title : "", pull.body ? pull.body : "");
	len = keyword_ids(text, ids);
	gone = unlink_others(tx, &source, ids, len, err);
	if (gone < 0 || act_as_author(tx, pull.organization_id, &pull.author, &author, err) < 0)
		return err->code;
	made = link_all(tx, &source, ids, len, &author, err);
	if (made < 0 || resolve_merged(tx, &pull, &author, err) < 0)
		return err->code;
	return gone || made;
}
