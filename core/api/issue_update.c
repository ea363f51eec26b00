/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/issue_update.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/api/body.h"
#include "core/api/call.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/slug.h"
#include "core/issue/short_id.h"
#include "core/issue/snooze.h"
#include "core/storage/audit.h"
#include "core/storage/commit.h"
#include "core/storage/issue.h"
#include "core/storage/member.h"
#include "core/storage/repository.h"
#include "core/storage/snooze.h"
#include "core/storage/team.h"

#define MINUTE_US INT64_C(60000000)
#define SNOOZE_MINUTES_MAX (366 * 24 * 60)
#define SNOOZE_COUNT_MAX 1000000000

/* ---- Reading ---- */

static json_t *member(const json_t *body, const char *name, const char *alias)
{
	json_t *value = json_object_get(body, name);

	return value ? value : json_object_get(body, alias);
}

static void read_status(const json_t *body, struct issue_update *update, struct err *err)
{
	const json_t *given = json_object_get(body, "status");
	const char *text = json_string_value(given);

	if (!given)
		return;
	if (text && strcmp(text, "resolvedInNextRelease") == 0) {
		update->status = ISSUE_RESOLVED;
		update->strategy = ISSUE_RESOLVE_IN_NEXT_RELEASE;
	} else if (text && (strcmp(text, "muted") == 0 || strcmp(text, "archived") == 0)) {
		update->status = ISSUE_IGNORED;
	} else if (text) {
		update->status = issue_status_parse(text);
	}
	if (update->status < 0)
		err_field(err, "status", "A status is resolved, resolvedInNextRelease, unresolved "
			"or ignored.");
}

static void read_in_commit(const json_t *value, struct issue_update *update, struct err *err)
{
	update->commit = json_string_value(json_object_get(value, "commit"));
	update->repository = json_string_value(json_object_get(value, "repository"));
	update->strategy = ISSUE_RESOLVE_IN_COMMIT;
	if (!update->commit || !update->repository)
		err_field(err, "inCommit", "Give \"commit\", its hash, and \"repository\", a name.");
}

static void read_detail(const char *name, const json_t *value, struct issue_update *update,
	struct err *err)
{
	if (json_is_null(value))
		return;
	if (strcmp(name, "inRelease") == 0) {
		update->version = json_string_value(value);
		update->strategy = ISSUE_RESOLVE_IN_RELEASE;
		if (!update->version)
			err_field(err, name, "Give the version of a release, or \"latest\".");
		else if (strcmp(update->version, "latest") == 0)
			update->strategy = ISSUE_RESOLVE_IN_CURRENT_RELEASE;
	} else if (strcmp(name, "inNextRelease") == 0) {
		update->strategy = ISSUE_RESOLVE_IN_NEXT_RELEASE;
		if (!json_is_true(value))
			err_field(err, name, "Must be true.");
	} else if (strcmp(name, "inCommit") == 0) {
		read_in_commit(value, update, err);
	} else {
		err_field(err, "statusDetails", "\"%s\" is not supported: use inRelease, "
			"inNextRelease or inCommit; or, to ignore it for a while, ignoreDuration, "
			"ignoreUntil, ignoreCount or ignoreUserCount.", name);
	}
}

/* How long it is ignored; members of the body itself are an older form. */
static void read_snooze(const json_t *object, struct issue_update *update, struct err *err)
{
	static const char *const durations[] = {"ignoreDuration", "snoozeDuration"};
	static const char *const windows[] = {"ignoreWindow", "ignoreUserWindow"};
	const struct body in = {object, NULL, err};
	int64_t until_us = body_time(&in, "ignoreUntil");

	for (size_t i = 0; i < lengthof(durations); i++)
		if (update->snooze_us == 0)
			update->snooze_us = MINUTE_US *
				body_int(&in, durations[i], 1, SNOOZE_MINUTES_MAX, 0);
	if (until_us)
		update->snooze_until_us = until_us;
	update->snooze_times = body_int(&in, "ignoreCount", 1, SNOOZE_COUNT_MAX,
		update->snooze_times);
	update->snooze_users = body_int(&in, "ignoreUserCount", 1, SNOOZE_COUNT_MAX,
		update->snooze_users);
	for (size_t i = 0; i < lengthof(windows); i++)
		if (body_member(&in, windows[i]) && !body_is_null(&in, windows[i]))
			err_field(err, windows[i], "Is not supported: give a count, a number of "
				"users or a time.");
}

static bool is_snooze(const char *name)
{
	return strncmp(name, "ignore", 6) == 0;
}

static void read_details(const json_t *body, struct issue_update *update, struct err *err)
{
	json_t *details = member(body, "statusDetails", "status_details");
	json_t *value;
	const char *name;
	size_t len = 0;

	if (!details || json_is_null(details))
		return;
	if (!json_is_object(details)) {
		err_field(err, "statusDetails", "Must be an object.");
		return;
	}
	json_object_foreach(details, name, value) {
		if (is_snooze(name))
			continue;
		len++;
		read_detail(name, value, update, err);
	}
	if (len > 1)
		err_field(err, "statusDetails", "An issue is resolved in one way only.");
	read_snooze(details, update, err);
	if (update->strategy != ISSUE_RESOLVE_NOW && update->status != ISSUE_RESOLVED)
		err_field(err, "statusDetails", "How an issue is resolved needs \"status\": "
			"\"resolved\".");
}

static bool has_snooze(const struct issue_update *update)
{
	return update->snooze_us || update->snooze_until_us || update->snooze_times ||
		update->snooze_users;
}

static void read_substatus(const json_t *body, struct issue_update *update, struct err *err)
{
	const json_t *given = json_object_get(body, "substatus");

	if (!given || json_is_null(given))
		return;
	update->substatus = json_string_value(given);
	if (!update->substatus || (!issue_substatus_fits(ISSUE_UNRESOLVED, update->substatus) &&
					  !issue_substatus_fits(ISSUE_IGNORED, update->substatus)))
		err_field(err, "substatus", "A substatus is new, ongoing, escalating, regressed, "
			"archived_until_escalating, archived_until_condition_met or "
			"archived_forever.");
	else if (strcmp(update->substatus, ISSUE_SNOOZED) == 0 && !has_snooze(update))
		err_field(err, "substatus", "Say in \"statusDetails\" until when: ignoreDuration, "
			"ignoreUntil, ignoreCount or ignoreUserCount.");
	else if (update->status >= 0 && !issue_substatus_fits(update->status, update->substatus))
		err_field(err, "substatus", "An issue that is %s cannot be \"%s\".",
			issue_status_name(update->status), update->substatus);
}

static void read_assignee(const json_t *body, struct issue_update *update, struct err *err)
{
	json_t *given = member(body, "assignedTo", "assigned_to");

	if (!given)
		return;
	update->assign = true;
	update->assignee = json_string_value(given);
	if (!json_is_string(given) && !json_is_null(given))
		err_field(err, "assignedTo", "Give \"user:ID\", \"team:ID\", an address, a name, "
			"or null.");
}

int issue_update_read(json_t *body, struct issue_update *ret_update, struct err *err)
{
	*ret_update = (struct issue_update){.status = -1};
	read_status(body, ret_update, err);
	read_details(body, ret_update, err);
	read_snooze(body, ret_update, err);
	if (has_snooze(ret_update) && ret_update->status != ISSUE_IGNORED)
		err_field(err, "statusDetails", "How long an issue is ignored needs \"status\": "
			"\"ignored\".");
	read_substatus(body, ret_update, err);
	read_assignee(body, ret_update, err);
	return err->code;
}

/* ---- People ---- */

static int unknown_assignee(const char *field, const char *text, struct err *err)
{
	return err_field(err, field, "There is no member or team \"%s\" in this organization.",
		text);
}

static int find_team(struct tx *tx, int64_t organization_id, const char *text, const char *field,
	int64_t *ret_id, struct err *err)
{
	cleanup_team struct team team = {0};
	cleanup_err struct err missing = {0};
	int result = team_find(tx, organization_id, text, &team, &missing);

	if (result == MORTISE_E_NOT_FOUND)
		return unknown_assignee(field, text, err);
	if (result < 0)
		return err_move(err, &missing);
	*ret_id = team.id;
	return 0;
}

static int find_account(struct tx *tx, int64_t organization_id, const char *text,
	const char *field, int64_t *ret_id, struct err *err)
{
	cleanup_member struct member member = {0};
	cleanup_err struct err missing = {0};
	size_t len;
	int64_t id;
	int result;

	if (slug_is_id(text, &id)) {
		result = member_find(tx, organization_id, id, &member, &missing);
		if (result == MORTISE_E_NOT_FOUND)
			return unknown_assignee(field, text, err);
		if (result < 0)
			return err_move(err, &missing);
		*ret_id = id;
		return 0;
	}
	result = member_find_named(tx, organization_id, text, &id, &len, err);
	if (result < 0)
		return result;
	if (len == 0)
		return unknown_assignee(field, text, err);
	if (len > 1)
		return err_field(err, field, "Several members are named \"%s\": give an address.",
			text);
	*ret_id = id;
	return 0;
}

int issue_assignee_find(struct tx *tx, int64_t organization_id, const char *text, int64_t me,
	const char *field, int64_t *ret_account_id, int64_t *ret_team_id, struct err *err)
{
	*ret_account_id = *ret_team_id = 0;
	if (!text || !*text)
		return 0;
	if (strncmp(text, "team:", 5) == 0)
		return find_team(tx, organization_id, text + 5, field, ret_team_id, err);
	if (text[0] == '#')
		return find_team(tx, organization_id, text + 1, field, ret_team_id, err);
	if (strncmp(text, "user:", 5) == 0)
		text += 5;
	else if (strcmp(text, "me") == 0 && me > 0) {
		*ret_account_id = me;
		return 0;
	}
	return find_account(tx, organization_id, text, field, ret_account_id, err);
}

/* ---- Applying ---- */

static int find_commit(struct tx *tx, const struct issue_update *update,
	const struct issue *issue, int64_t *ret_id, struct err *err)
{
	cleanup_repository struct repository repository = {0};
	cleanup_commit struct commit commit = {0};
	int result = repository_find_name(tx, issue->organization_id, update->repository,
		&repository, err);

	if (result == 1)
		result = commit_find(tx, repository.id, update->commit, &commit, err);
	if (result == 0)
		return err_field(err, "inCommit", "There is no commit \"%s\" in a repository "
			"\"%s\".", update->commit, update->repository);
	*ret_id = commit.id;
	return result < 0 ? result : 0;
}

static int apply_snooze(struct tx *tx, const struct issue_update *update,
	const struct issue *issue, const struct issue_actor *actor, struct err *err)
{
	struct snooze until = {
		.until_us = update->snooze_us ? actor->now_us + update->snooze_us
					      : update->snooze_until_us,
		.times_seen = update->snooze_times ? issue->times_seen + update->snooze_times : 0,
		.users_seen = update->snooze_users ? issue->users_seen + update->snooze_users : 0,
	};

	if (until.until_us && until.until_us <= actor->now_us)
		return err_field(err, "ignoreUntil", "Must be in the future.");
	return issue_snooze(tx, issue, &until, actor, err);
}

static int apply_status(struct tx *tx, const struct issue_update *update,
	const struct issue *issue, const struct issue_actor *actor, bool *ret_changed,
	struct err *err)
{
	struct issue_resolve resolve = {.strategy = update->strategy, .version = update->version};
	int result = 0;

	*ret_changed = false;
	switch (update->status) {
	case ISSUE_RESOLVED:
		if (update->strategy == ISSUE_RESOLVE_IN_COMMIT)
			result = find_commit(tx, update, issue, &resolve.commit_id, err);
		return result < 0 ? result : issue_resolve(tx, issue->id, &resolve, actor,
			ret_changed, err);
	case ISSUE_UNRESOLVED:
		return issue_unresolve(tx, issue->id, ISSUE_REOPEN_ONGOING, NULL, actor,
			ret_changed, err);
	case ISSUE_IGNORED:
		if (has_snooze(update)) {
			*ret_changed = true;
			return apply_snooze(tx, update, issue, actor, err);
		}
		return issue_ignore(tx, issue->id, update->substatus, NULL, actor, ret_changed,
			err);
	default:
		return 0;
	}
}

int issue_update_apply(struct tx *tx, const struct issue_update *update,
	const struct issue *issue, const struct issue_actor *actor, bool *ret_changed,
	struct err *err)
{
	int64_t account_id, team_id;
	bool changed;
	int result = apply_status(tx, update, issue, actor, &changed, err);

	if (result < 0)
		return result;
	*ret_changed = changed;
	if (update->substatus && update->status != ISSUE_IGNORED) {
		result = issue_set_substatus(tx, issue->id, update->substatus, actor, &changed,
			err);
		*ret_changed = *ret_changed || changed;
	}
	if (result < 0 || !update->assign)
		return result;
	result = issue_assignee_find(tx, issue->organization_id, update->assignee,
		actor->account_id, "assignedTo", &account_id, &team_id, err);
	if (result == 0)
		result = issue_assign(tx, issue->id, account_id, team_id, NULL, actor, &changed,
			err);
	*ret_changed = *ret_changed || (result == 0 && changed);
	return result;
}

int issue_update_delete(struct tx *tx, const struct issue *issue, const struct issue_actor *actor,
	struct err *err)
{
	char short_id[SHORT_ID_SIZE];
	cleanup_json json_t *data = json_pack("{s:I, s:s}", "project",
		(json_int_t)issue->project_id, "shortId",
		short_id_format(issue->project_slug, issue->number, short_id));

	if (issue_delete(tx, issue->id, err) < 0)
		return err->code;
	return audit_insert(tx, &(struct audit_new){
		.organization_id = issue->organization_id,
		.origin = actor->origin,
		.event = "issue.delete",
		.kind = "issue",
		.id = issue->id,
		.data = data,
		.now_us = actor->now_us,
	}, err);
}
