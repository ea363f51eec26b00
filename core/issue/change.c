/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/issue/change.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/slug.h"
#include "core/issue/outbound.h"
#include "core/issue/rules.h"
#include "core/issue/short_id.h"
#include "core/issue/snooze.h"
#include "core/storage/activity.h"
#include "core/storage/issue.h"
#include "core/storage/member.h"
#include "core/storage/project.h"
#include "core/storage/release.h"
#include "core/storage/snooze.h"
#include "core/storage/team.h"

/* ---- Finding ---- */

static int not_found(struct err *err)
{
	return err_set(err, MORTISE_E_NOT_FOUND, "The requested resource does not exist");
}

static int by_short_id(struct tx *tx, int64_t organization_id, const char *text,
	struct issue *ret_issue, struct err *err)
{
	cleanup_project struct project project = {0};
	cleanup_err struct err missing = {0};
	char slug[SHORT_ID_SLUG_SIZE];
	int64_t number, id;
	int result;

	/* A slug of digits would be taken for an id. */
	if (!short_id_parse(text, slug, &number) || slug_is_id(slug, &id))
		return not_found(err);
	result = project_find(tx, organization_id, slug, &project, &missing);
	if (result < 0)
		return result == MORTISE_E_NOT_FOUND ? not_found(err) : err_move(err, &missing);
	result = issue_find_number(tx, project.id, number, ret_issue, err);
	if (result == 0)
		return not_found(err);
	return result < 0 ? result : 0;
}

int issue_by_text(struct tx *tx, int64_t organization_id, const char *text,
	struct issue *ret_issue, struct err *err)
{
	int64_t id;
	int result;

	if (!slug_is_id(text, &id))
		return by_short_id(tx, organization_id, text, ret_issue, err);
	result = issue_get(tx, id, ret_issue, err);
	if (result == 0 && ret_issue->organization_id != organization_id) {
		issue_clear(ret_issue);
		return not_found(err);
	}
	return result;
}

/* ---- Activities ---- */

static int record(struct tx *tx, const struct issue *issue, const char *type, const char *ident,
	const json_t *data, const struct issue_actor *actor, struct err *err)
{
	int64_t id;

	return activity_insert(tx, &(struct activity_new){
		.issue_id = issue->id,
		.project_id = issue->project_id,
		.type = type,
		.account_id = actor->account_id,
		.origin = actor->origin,
		.ident = ident,
		.data = data,
		.now_us = actor->now_us,
	}, &id, err);
}

static struct outbound outbound_of(const struct issue *issue, const struct issue_actor *actor)
{
	return (struct outbound){
		.issue_id = issue->id,
		.integration_id = actor->integration_id,
		.origin = actor->origin,
		.now_us = actor->now_us,
	};
}

/* ---- Status ---- */

enum issue_strategy issue_strategy_parse(const char *text)
{
	if (text && strcmp(text, "resolve_current_release") == 0)
		return ISSUE_RESOLVE_IN_CURRENT_RELEASE;
	if (text && strcmp(text, "resolve_next_release") == 0)
		return ISSUE_RESOLVE_IN_NEXT_RELEASE;
	return ISSUE_RESOLVE_NOW;
}

int issue_strategy(struct tx *tx, const int64_t *issue_ids, size_t len,
	enum issue_strategy wanted, enum issue_strategy *ret_strategy, struct err *err)
{
	enum issue_strategy strategy = wanted;

	if (wanted != ISSUE_RESOLVE_IN_CURRENT_RELEASE && wanted != ISSUE_RESOLVE_IN_NEXT_RELEASE)
		len = 0;
	for (size_t i = 0; i < len && strategy == wanted; i++) {
		cleanup_issue struct issue issue = {0};
		cleanup_release_place struct release_place latest = {0};
		int result = issue_get(tx, issue_ids[i], &issue, err);

		if (result == 0)
			result = release_latest(tx, issue.project_id, &latest, err);
		if (result < 0)
			return result;
		if (result == 0)
			strategy = ISSUE_RESOLVE_NOW;
	}
	*ret_strategy = strategy;
	return 0;
}

/* A status, and what it means for the trackers: to them an issue is open or closed. */
static int move(struct tx *tx, const struct issue *issue, int status, const char *substatus,
	const struct issue_actor *actor, struct err *err)
{
	const struct outbound change = outbound_of(issue, actor);
	int result = issue_set_status(tx, issue->id, status, substatus,
		status == ISSUE_RESOLVED ? actor->now_us : 0, actor->now_us, err);

	if (result >= 0)
		result = snooze_delete(tx, issue->id, err);
	return result < 0 || status == ISSUE_IGNORED ? result : outbound_status(tx, &change, err);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Is this how the issue is resolved already? */
static int is_resolved_so(struct tx *tx, const struct issue *issue, const struct rules_plan *plan,
	struct err *err)
{
	cleanup_resolution struct resolution there = {0};
	const struct resolution *wanted = &plan->resolution;
	int result;

	if (issue->status != ISSUE_RESOLVED)
		return 0;
	result = resolution_get(tx, issue->id, &there, err);
	if (result < 0)
		return result;
	/* Resolving once more, in whatever way, takes nothing back that is known better. */
	if (!plan->by_release)
		return 1;
	return result == 1 && there.release_id == wanted->release_id &&
		there.type == wanted->type && same_text(there.anchor, wanted->anchor);
}

static int store_plan(struct tx *tx, const struct issue *issue, const struct rules_plan *plan,
	const struct issue_actor *actor, struct err *err)
{
	char ident[24];
	bool was_resolved = issue->status == ISSUE_RESOLVED;
	int result;

	snprintf(ident, sizeof(ident), "%" PRId64, issue->id);
	result = plan->by_release ? resolution_put(tx, &plan->resolution, err)
				  : resolution_delete(tx, issue->id, err);
	if (result >= 0)
		result = record(tx, issue, plan->activity, plan->by_release ? ident : NULL,
			plan->data, actor, err);
	if (result < 0 || was_resolved)
		return result;
	return move(tx, issue, ISSUE_RESOLVED, NULL, actor, err);
}

int issue_resolve(struct tx *tx, int64_t issue_id, const struct issue_resolve *resolve,
	const struct issue_actor *actor, bool *ret_changed, struct err *err)
{
	cleanup_issue struct issue issue = {0};
	cleanup_rules_plan struct rules_plan plan = {0};
	int result = issue_get(tx, issue_id, &issue, err);

	if (result == 0)
		result = rules_plan(tx, &issue, resolve, actor, &plan, err);
	if (result == 0)
		result = is_resolved_so(tx, &issue, &plan, err);
	if (result < 0)
		return result;
	*ret_changed = result == 0;
	return result == 1 ? 0 : store_plan(tx, &issue, &plan, actor, err);
}

int issue_unresolve(struct tx *tx, int64_t issue_id, enum issue_reopen reopen,
	const json_t *data, const struct issue_actor *actor, bool *ret_changed,
	struct err *err)
{
	bool regressed = reopen == ISSUE_REOPEN_REGRESSED;
	cleanup_issue struct issue issue = {0};
	int result = issue_get(tx, issue_id, &issue, err);

	if (result < 0)
		return result;
	*ret_changed = issue.status != ISSUE_UNRESOLVED;
	if (!*ret_changed)
		return 0;
	result = resolution_delete(tx, issue.id, err);
	if (result >= 0)
		result = record(tx, &issue, regressed ? ACTIVITY_SET_REGRESSION
			: ACTIVITY_SET_UNRESOLVED, NULL, data, actor, err);
	if (result < 0)
		return result;
	return move(tx, &issue, ISSUE_UNRESOLVED, regressed ? "regressed" : "ongoing", actor, err);
}

bool issue_substatus_fits(int status, const char *substatus)
{
	static const struct {
		int status;
		const char *name;
	} known[] = {
		{ISSUE_UNRESOLVED, "new"},
		{ISSUE_UNRESOLVED, "ongoing"},
		{ISSUE_UNRESOLVED, "escalating"},
		{ISSUE_UNRESOLVED, "regressed"},
		{ISSUE_IGNORED, "archived_until_escalating"},
		{ISSUE_IGNORED, "archived_forever"},
		{ISSUE_IGNORED, ISSUE_SNOOZED},
	};

	for (size_t i = 0; i < lengthof(known); i++)
		if (known[i].status == status && strcmp(known[i].name, substatus) == 0)
			return true;
	return false;
}

int issue_ignore(struct tx *tx, int64_t issue_id, const char *substatus, const json_t *data,
	const struct issue_actor *actor, bool *ret_changed, struct err *err)
{
	const char *wanted = substatus ? substatus : "archived_until_escalating";
	cleanup_issue struct issue issue = {0};
	int result = issue_get(tx, issue_id, &issue, err);

	if (result < 0)
		return result;
	if (!issue_substatus_fits(ISSUE_IGNORED, wanted))
		return err_field(err, "substatus", "An ignored issue has substatus "
			"archived_until_escalating or archived_forever.");
	*ret_changed = issue.status != ISSUE_IGNORED ||
		(substatus && !same_text(issue.substatus, substatus));
	if (!*ret_changed)
		return 0;
	result = resolution_delete(tx, issue.id, err);
	if (result >= 0)
		result = record(tx, &issue, ACTIVITY_SET_IGNORED, NULL, data, actor, err);
	if (result < 0)
		return result;
	return move(tx, &issue, ISSUE_IGNORED, wanted, actor, err);
}

int issue_set_substatus(struct tx *tx, int64_t issue_id, const char *substatus,
	const struct issue_actor *actor, bool *ret_changed, struct err *err)
{
	cleanup_issue struct issue issue = {0};
	int result = issue_get(tx, issue_id, &issue, err);

	if (result < 0)
		return result;
	if (!issue_substatus_fits(issue.status, substatus))
		return err_field(err, "substatus", "An issue that is %s cannot be \"%s\".",
			issue_status_name(issue.status), substatus);
	*ret_changed = !same_text(issue.substatus, substatus);
	return !*ret_changed ? 0 : issue_set_status(tx, issue.id, issue.status, substatus,
		issue.resolved_at_us, actor->now_us, err);
}

/* ---- Assignee ---- */

/* Who it is, into the activity's data, if he may have the issue. */
static int describe_account(struct tx *tx, const struct issue *issue, int64_t account_id,
	json_t *data, struct err *err)
{
	cleanup_member struct member member = {0};
	cleanup_err struct err missing = {0};
	char id[24];
	int result = member_find(tx, issue->organization_id, account_id, &member, &missing);

	if (result == MORTISE_E_NOT_FOUND)
		return err_field(err, "assignedTo", "The user is no member of this organization.");
	if (result < 0)
		return err_move(err, &missing);
	snprintf(id, sizeof(id), "%" PRId64, account_id);
	json_object_set_new(data, "assignee", json_string(id));
	json_object_set_new(data, "assigneeEmail", json_string(member.email));
	json_object_set_new(data, "assigneeName", json_string(member.name));
	json_object_set_new(data, "assigneeType", json_string("user"));
	return 0;
}

static int describe_team(struct tx *tx, const struct issue *issue, int64_t team_id, json_t *data,
	struct err *err)
{
	cleanup_team struct team team = {0};
	cleanup_err struct err missing = {0};
	char id[24];
	int result;

	snprintf(id, sizeof(id), "%" PRId64, team_id);
	result = team_find(tx, issue->organization_id, id, &team, &missing);
	if (result == MORTISE_E_NOT_FOUND)
		return err_field(err, "assignedTo", "This organization has no such team.");
	if (result == 0)
		result = team_has_project(tx, team_id, issue->project_id, &missing);
	if (result == 0)
		return err_field(err, "assignedTo", "The team \"%s\" is not on the project "
			"\"%s\": add it there first.", team.slug, issue->project_slug);
	if (result < 0)
		return err_move(err, &missing);
	json_object_set_new(data, "assignee", json_string(id));
	json_object_set_new(data, "assigneeName", json_string(team.slug));
	json_object_set_new(data, "assigneeType", json_string("team"));
	return 0;
}

int issue_assign(struct tx *tx, int64_t issue_id, int64_t account_id, int64_t team_id,
	const json_t *data, const struct issue_actor *actor, bool *ret_changed,
	struct err *err)
{
	cleanup_json json_t *words = data ? json_deep_copy(data) : json_object();
	cleanup_issue struct issue issue = {0};
	struct outbound change;
	int result = issue_get(tx, issue_id, &issue, err);

	if (result < 0)
		return result;
	*ret_changed = issue.assignee_account_id != account_id || issue.assignee_team_id != team_id;
	if (!*ret_changed)
		return 0;
	if (account_id > 0)
		result = describe_account(tx, &issue, account_id, words, err);
	else if (team_id > 0)
		result = describe_team(tx, &issue, team_id, words, err);
	if (result == 0)
		result = issue_set_assignee(tx, issue.id, account_id, team_id, actor->now_us, err);
	if (result == 0)
		result = record(tx, &issue, account_id > 0 || team_id > 0 ? ACTIVITY_ASSIGNED
			: ACTIVITY_UNASSIGNED, NULL, words, actor, err);
	change = outbound_of(&issue, actor);
	return result < 0 ? result : outbound_assignee(tx, &change, err);
}
