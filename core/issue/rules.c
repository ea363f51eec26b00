/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/issue/rules.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/issue/change.h"
#include "core/issue/release_version.h"
#include "core/storage/activity.h"
#include "core/storage/issue.h"
#include "core/storage/release.h"
#include "core/storage/release_commit.h"

#define NEWEST_LEN 10
#define NEWEST_FEW 3

int rules_follow_semver(struct tx *tx, int64_t project_id, bool *ret_follows, struct err *err)
{
	bool newest[NEWEST_LEN];
	size_t len, in_few = 0, in_all = 0;
	int result = release_newest(tx, project_id, NEWEST_LEN, newest, &len, err);

	if (result < 0)
		return result;
	for (size_t i = 0; i < len; i++) {
		in_all += newest[i];
		in_few += newest[i] && i < NEWEST_FEW;
	}
	if (len < NEWEST_FEW)
		*ret_follows = len > 0 && newest[0];
	else
		*ret_follows = in_few > 0 && (len < NEWEST_LEN || in_all >= NEWEST_FEW);
	return 0;
}

/* ---- Which release a strategy means ---- */

static int follow_in(struct tx *tx, int64_t project_id, const char *semver, bool *ret_follows,
	struct err *err)
{
	int result = rules_follow_semver(tx, project_id, ret_follows, err);

	*ret_follows = *ret_follows && semver;
	return result;
}

static int no_release(const char *field, struct err *err)
{
	return err_field(err, field, "The project has no release that is not archived: make one, "
		"or resolve the issue without a release.");
}

/* Where the issue was seen last, among the releases that are not archived.  1: found. */
static int last_seen_place(struct tx *tx, const struct issue *issue,
	struct release_place *ret_place, struct err *err)
{
	const int64_t ids[] = {issue->last_release_id, issue->first_release_id};
	int result = 0;

	for (size_t i = 0; i < lengthof(ids) && result == 0; i++) {
		/* Between the two lie those of the events that are kept. */
		if (i == 1)
			result = release_last_seen(tx, issue->project_id, issue->id, ret_place,
				err);
		if (result == 0 && ids[i] > 0)
			result = release_place_get(tx, issue->project_id, ids[i], ret_place, err);
		if (result == 1 && ret_place->status == RELEASE_ARCHIVED) {
			release_place_clear(ret_place);
			result = 0;
		}
	}
	return result;
}

static int plan_current(struct tx *tx, const struct issue *issue, struct rules_plan *plan,
	struct err *err)
{
	cleanup_release_place struct release_place latest = {0};
	int result = release_latest(tx, issue->project_id, &latest, err);

	if (result != 1)
		return result < 0 ? result : no_release("inRelease", err);
	plan->resolution.release_id = latest.release_id;
	plan->resolution.type = RESOLUTION_IN_RELEASE;
	plan->resolution.status = RESOLUTION_RESOLVED;
	json_object_set_new(plan->data, "version", json_string(latest.version));
	return 0;
}

/* In the order of versions: after the highest one. */
static int plan_next_by_version(struct tx *tx, const struct issue *issue, struct rules_plan *plan,
	struct err *err)
{
	cleanup_release_place struct release_place highest = {0};
	int result = release_highest(tx, issue->project_id, &highest, err);

	if (result != 1)
		return result < 0 ? result : no_release("inNextRelease", err);
	plan->resolution.anchor = xstrdup(highest.version);
	json_object_set_new(plan->data, "current_release_version", json_string(highest.version));
	return 0;
}

/* In the order of dates: after the one that the issue was seen in last. */
static int plan_next_by_date(struct tx *tx, const struct issue *issue, struct rules_plan *plan,
	struct err *err)
{
	cleanup_release_place struct release_place anchor = {0};
	cleanup_release_place struct release_place later = {0};
	int result = last_seen_place(tx, issue, &anchor, err);

	if (result != 1)
		return result;
	plan->resolution.anchor = xstrdup(anchor.version);
	result = release_after(tx, issue->project_id, &anchor, &later, err);
	if (result != 1)
		return result;
	plan->resolution.release_id = later.release_id;
	plan->resolution.status = RESOLUTION_RESOLVED;
	json_object_set_new(plan->data, "version", json_string(later.version));
	return 0;
}

static int plan_next(struct tx *tx, const struct issue *issue, struct rules_plan *plan,
	struct err *err)
{
	cleanup_release_place struct release_place latest = {0};
	bool follows;
	int result = release_latest(tx, issue->project_id, &latest, err);

	if (result != 1)
		return result < 0 ? result : no_release("inNextRelease", err);
	plan->resolution.release_id = latest.release_id;
	plan->resolution.type = RESOLUTION_IN_NEXT_RELEASE;
	plan->resolution.status = RESOLUTION_PENDING;
	json_object_set_new(plan->data, "inNextRelease", json_true());
	result = follow_in(tx, issue->project_id, latest.semver, &follows, err);
	if (result < 0)
		return result;
	return follows ? plan_next_by_version(tx, issue, plan, err)
		       : plan_next_by_date(tx, issue, plan, err);
}

static int plan_release(struct tx *tx, const struct issue *issue, const char *version,
	struct rules_plan *plan, struct err *err)
{
	cleanup_release struct release release = {0};
	cleanup_release_place struct release_place place = {0};
	int result = release_find(tx, issue->organization_id, version, &release, err);

	if (result == 1)
		result = release_place_get(tx, issue->project_id, release.id, &place, err);
	if (result != 1)
		return result < 0 ? result : err_field(err, "inRelease",
			"The project has no release \"%s\".", version);
	plan->resolution.release_id = release.id;
	plan->resolution.type = RESOLUTION_IN_RELEASE;
	plan->resolution.status = RESOLUTION_RESOLVED;
	json_object_set_new(plan->data, "version", json_string(version));
	return 0;
}

int rules_plan(struct tx *tx, const struct issue *issue, const struct issue_resolve *resolve,
	const struct issue_actor *actor, struct rules_plan *ret_plan, struct err *err)
{
	*ret_plan = (struct rules_plan){
		.by_release = true,
		.resolution = {
			.issue_id = issue->id,
			.account_id = actor->account_id,
			.added_at_us = actor->now_us,
		},
		.activity = ACTIVITY_SET_RESOLVED_IN_RELEASE,
		.data = resolve->data ? json_deep_copy(resolve->data) : json_object(),
	};
	switch (resolve->strategy) {
	case ISSUE_RESOLVE_IN_CURRENT_RELEASE:
		return plan_current(tx, issue, ret_plan, err);
	case ISSUE_RESOLVE_IN_NEXT_RELEASE:
		return plan_next(tx, issue, ret_plan, err);
	case ISSUE_RESOLVE_IN_RELEASE:
		return plan_release(tx, issue, resolve->version, ret_plan, err);
	case ISSUE_RESOLVE_IN_COMMIT:
		ret_plan->by_release = false;
		ret_plan->activity = ACTIVITY_SET_RESOLVED_IN_COMMIT;
		json_object_set_new(ret_plan->data, "commit", json_integer(resolve->commit_id));
		return 0;
	case ISSUE_RESOLVE_NOW:
		break;
	}
	ret_plan->by_release = false;
	ret_plan->activity = ACTIVITY_SET_RESOLVED;
	return 0;
}

void rules_plan_clear(struct rules_plan *plan)
{
	resolution_clear(&plan->resolution);
	json_decref(plan->data);
	*plan = (struct rules_plan){0};
}

/* ---- Is it back? ---- */

static bool is_later(const struct release_place *a, const struct release_place *b)
{
	return a->ordered_at_us != b->ordered_at_us ? a->ordered_at_us > b->ordered_at_us
						    : a->release_id > b->release_id;
}

/* The place of a release by its version.  1: found. */
static int place_of_version(struct tx *tx, const struct issue *issue, const char *version,
	struct release_place *ret_place, struct err *err)
{
	cleanup_release struct release release = {0};
	int result = release_find(tx, issue->organization_id, version, &release, err);

	return result != 1 ? result
			   : release_place_get(tx, issue->project_id, release.id, ret_place, err);
}

/* Resolved after 'anchor': what is not later than it shows nothing.  1: decided; 0: the
 * anchor is gone. */
static int hold_after(struct tx *tx, const struct issue *issue, const char *anchor,
	const struct release_place *seen, bool follows, bool *ret_holds, struct err *err)
{
	cleanup_free char *key = release_version_key(anchor);
	cleanup_release_place struct release_place place = {0};
	int result;

	if (follows && key) {
		*ret_holds = strcmp(seen->semver, key) <= 0;
		return 1;
	}
	result = place_of_version(tx, issue, anchor, &place, err);
	if (result == 1)
		*ret_holds = !is_later(seen, &place);
	return result;
}

static int hold_by_release(struct tx *tx, const struct issue *issue,
	const struct resolution *resolution, const struct release_place *seen, bool follows,
	bool *ret_holds, struct err *err)
{
	cleanup_release_place struct release_place place = {0};
	int result = release_place_get(tx, issue->project_id, resolution->release_id, &place, err);

	if (result < 0)
		return result;
	if (result == 0)
		*ret_holds = false;
	else if (resolution->type == RESOLUTION_IN_NEXT_RELEASE)
		*ret_holds = !is_later(seen, &place);
	else if (place.release_id == seen->release_id)
		*ret_holds = false;
	else if (follows && place.semver)
		*ret_holds = strcmp(seen->semver, place.semver) < 0;
	else
		*ret_holds = is_later(&place, seen);
	return 0;
}

static int hold_seen(struct tx *tx, const struct issue *issue, const struct resolution *resolution,
	const struct release_place *seen, bool *ret_holds, bool *ret_follows, struct err *err)
{
	int result = follow_in(tx, issue->project_id, seen->semver, ret_follows, err);

	if (result == 0 && resolution->anchor)
		result = hold_after(tx, issue, resolution->anchor, seen, *ret_follows, ret_holds,
			err);
	return result != 0 ? result : hold_by_release(tx, issue, resolution, seen, *ret_follows,
		ret_holds, err);
}

int rules_hold(struct tx *tx, const struct issue *issue, int64_t release_id, bool *ret_holds,
	bool *ret_follows, struct err *err)
{
	cleanup_resolution struct resolution resolution = {0};
	cleanup_release_place struct release_place seen = {0};
	int result = resolution_get(tx, issue->id, &resolution, err);

	*ret_holds = *ret_follows = false;
	if (result < 0)
		return result;
	if (result == 1) {
		result = release_place_get(tx, issue->project_id, release_id, &seen, err);
		if (result == 0)
			*ret_holds = true;
		else if (result == 1)
			result = hold_seen(tx, issue, &resolution, &seen, ret_holds, ret_follows,
				err);
	}
	if (result < 0 || *ret_holds || release_id == 0)
		return result < 0 ? result : 0;
	result = release_commit_pending(tx, issue->id, err);
	*ret_holds = result == 1;
	return result < 0 ? result : 0;
}

int rules_next(struct tx *tx, const struct issue *issue, const struct resolution *resolution,
	struct release_place *ret_place, struct err *err)
{
	cleanup_free char *key = resolution->anchor ? release_version_key(resolution->anchor) : NULL;
	cleanup_release_place struct release_place place = {0};
	bool follows;
	int result = follow_in(tx, issue->project_id, key, &follows, err);

	if (result < 0)
		return result;
	if (follows)
		return release_above(tx, issue->project_id, key, ret_place, err);
	if (resolution->anchor)
		result = place_of_version(tx, issue, resolution->anchor, &place, err);
	else
		result = release_place_get(tx, issue->project_id, resolution->release_id, &place,
			err);
	return result != 1 ? result
			   : release_after(tx, issue->project_id, &place, ret_place, err);
}
