/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The task "sync_assignee_inbound": who an external issue is assigned to changed, and the
 * issues of one organization that are linked to it follow.
 *
 * The event tells all assignees, not which of them is new.  Each is looked for among the
 * external users of this integration (the upstream's id first, then the name in any case),
 * then by mail address; several accounts may be meant by one name.  An issue goes to the
 * first of them who works on its project, unless it is one of theirs already.  If there
 * is none the issue keeps whom it has, which its activity tells.  Nobody upstream ends an
 * account's assignment; a team's stays, as trackers are not told of teams.  Late events and
 * our own echo are left out as for a status.
 */
#include "config.h"
#include "core/sync/sync_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/issue/change.h"
#include "core/storage/external_actor.h"
#include "core/storage/issue_link.h"
#include "core/storage/member.h"
#include "core/storage/store.h"

#define LINKS_AT_ONCE 100
#define PEOPLE_MAX 100
#define ACTORS_MAX 10
#define NAMES_MAX 512

/* ---- Who is meant ---- */

static const char *text_of(const json_t *person, const char *name)
{
	const char *text = json_string_value(json_object_get(person, name));

	return text && *text ? text : NULL;
}

static void add_person(struct sync *sync, int64_t account_id)
{
	for (size_t i = 0; i < sync->people_len; i++)
		if (sync->people[i] == account_id)
			return;
	if (sync->people_len < PEOPLE_MAX)
		sync->people[sync->people_len++] = account_id;
}

static int find_by_email(struct tx *tx, struct sync *sync, const char *email, struct err *err)
{
	cleanup_account struct account account = {0};
	cleanup_err struct err missing = {0};
	int result = account_find(tx, email, &account, &missing);

	if (result == 0)
		add_person(sync, account.id);
	return result < 0 && result != MORTISE_E_NOT_FOUND ? err_move(err, &missing) : 0;
}

static int find_person(struct tx *tx, struct sync *sync, const json_t *person, struct err *err)
{
	struct external_actor_key key = {
		.organization_id = sync->link.organization_id,
		.integration_id = sync->integration.id,
		.name = text_of(person, "name"),
		.external_id = text_of(person, "external_id"),
	};
	const char *email = text_of(person, "email");
	int64_t accounts[ACTORS_MAX];
	size_t len;
	int result = external_actor_accounts(tx, &key, ACTORS_MAX, accounts, &len, err);

	if (result < 0)
		return result;
	for (size_t i = 0; i < len; i++)
		add_person(sync, accounts[i]);
	return len == 0 && email ? find_by_email(tx, sync, email, err) : 0;
}

static int find_people_in(struct tx *tx, void *arg, struct err *err)
{
	struct sync *sync = arg;
	const json_t *people = json_object_get(sync->run->payload, "assignees");
	json_t *person;
	size_t i;
	int result = 0;

	sync->people_len = 0;
	json_array_foreach(people, i, person)
		if (result == 0)
			result = find_person(tx, sync, person, err);
	return result;
}

/* The first who works on the issue's project; 0: none does. */
static int choose(struct tx *tx, const struct sync *sync, const struct issue *issue,
	int64_t *ret_account_id, struct err *err)
{
	int result = 0;

	*ret_account_id = 0;
	for (size_t i = 0; result == 0 && i < sync->people_len; i++) {
		result = member_works_on(tx, issue->organization_id, sync->people[i],
			issue->project_id, err);
		if (result == 1)
			*ret_account_id = sync->people[i];
	}
	return result < 0 ? result : 0;
}

static bool is_meant(const struct sync *sync, int64_t account_id)
{
	for (size_t i = 0; i < sync->people_len; i++)
		if (sync->people[i] == account_id)
			return true;
	return false;
}

/* ---- The issues ---- */

/* How many of them could follow. */
struct count {
	size_t issues, found;
};

/* What the event means for an issue: 1 with whom it goes to (0: nobody), 0 to leave it. */
static int plan(struct tx *tx, const struct sync *sync, const struct issue *issue,
	struct count *count, int64_t *ret_account_id, struct err *err)
{
	const json_t *people = json_object_get(sync->run->payload, "assignees");

	count->issues++;
	*ret_account_id = 0;
	if (json_array_size(people) == 0) {
		count->found++;
		return issue->assignee_account_id > 0;
	}
	if (issue->assignee_account_id > 0 && is_meant(sync, issue->assignee_account_id)) {
		count->found++;
		return 0;
	}
	if (choose(tx, sync, issue, ret_account_id, err) < 0)
		return err->code;
	count->found += *ret_account_id > 0;
	return *ret_account_id > 0;
}

typedef int each_fn(struct tx *tx, struct sync *sync, const struct issue *issue, void *arg,
	struct err *err);

static int for_each_issue(struct tx *tx, struct sync *sync, each_fn *each, void *arg,
	struct err *err)
{
	int64_t after = 0;
	size_t len;
	int result;

	do {
		struct issue_link *links;

		result = issue_link_list_linked(tx, ISSUE_LINK_EXTERNAL, sync->external.id, after,
			LINKS_AT_ONCE, &links, &len, err);
		if (result < 0)
			return result;
		for (size_t i = 0; result == 0 && i < len; i++) {
			cleanup_issue struct issue issue = {0};

			after = links[i].id;
			result = issue_get(tx, links[i].issue_id, &issue, err);
			if (result == 0)
				result = each(tx, sync, &issue, arg, err);
		}
		free(links);
	} while (result == 0 && len == LINKS_AT_ONCE);
	return result;
}

static int count_one(struct tx *tx, struct sync *sync, const struct issue *issue, void *arg,
	struct err *err)
{
	int64_t account_id;
	int result = plan(tx, sync, issue, arg, &account_id, err);

	return result < 0 ? result : 0;
}

static int assign_one(struct tx *tx, struct sync *sync, const struct issue *issue, void *arg,
	struct err *err)
{
	const struct issue_actor *actor = arg;
	cleanup_json json_t *words = sync_words(sync);
	struct count count = {0};
	int64_t account_id;
	bool changed;
	int result = plan(tx, sync, issue, &count, &account_id, err);

	if (result != 1)
		return result;
	return issue_assign(tx, issue->id, account_id, 0, words, actor, &changed, err);
}

static int apply(struct tx *tx, struct sync *sync, int64_t now_us, struct err *err)
{
	int64_t time_us = sync_time_us(sync->run->payload);
	struct issue_actor actor = {.integration_id = sync->integration.id, .now_us = now_us};
	char origin[40];
	int result = 0;

	snprintf(origin, sizeof(origin), "integration:%" PRId64, sync->integration.id);
	actor.origin = origin;
	if (!sync->is_echo)
		result = sync_known_set_assignee(tx, sync->external.id, sync->account_id, err);
	if (result >= 0 && !sync->is_echo)
		result = external_issue_set_wrote_assignee(tx, sync->external.id, NULL, now_us, err);
	if (result >= 0 && !sync->is_echo)
		result = for_each_issue(tx, sync, assign_one, &actor, err);
	if (result >= 0 && time_us > 0)
		result = external_issue_mark_assignee(tx, sync->external.id, time_us, err);
	return result < 0 ? result : 0;
}

/* ---- The task ---- */

struct look {
	struct sync *sync;
	struct count count;            /* set anew at each run */
};

static int look_in(struct tx *tx, void *arg, struct err *err)
{
	struct look *look = arg;
	int result = find_people_in(tx, look->sync, err);

	look->count = (struct count){0};
	return result < 0 ? result :
		for_each_issue(tx, look->sync, count_one, &look->count, err);
}

static int nobody_found(const struct sync *sync, struct err *err)
{
	const json_t *people = json_object_get(sync->run->payload, "assignees");
	cleanup_buf struct buf names = BUF(NAMES_MAX);
	json_t *person;
	size_t i;

	json_array_foreach(people, i, person) {
		const char *name = text_of(person, "name");

		if (i < 3)
			buf_printf(&names, "%s%s", i > 0 ? ", " : "", name ? name :
				text_of(person, "email") ? "an address" : "an account");
	}
	return err_set(err, MORTISE_E_NO_TARGET, "assignee not found: %s %s; add an external user "
		"for the member meant, or the member to a team of the project", buf_text(&names),
		sync->people_len > 0 ? "does not work on the issue's project"
				     : "is no member here");
}

static bool is_echo(const struct sync *sync)
{
	const char *now = json_string_value(json_object_get(sync->run->payload, "assignee"));

	return now && sync->external.wrote_assignee && strcmp(now, sync->external.wrote_assignee) == 0;
}

/* Whom the tracker has now, as far as it is one person of ours. */
static int64_t known(const struct sync *sync)
{
	const json_t *people = json_object_get(sync->run->payload, "assignees");

	if (json_array_size(people) == 0)
		return 0;
	return json_array_size(people) == 1 && sync->people_len == 1 ? sync->people[0]
								     : SYNC_STRANGER;
}

int sync_assignee_inbound(struct job_run *run, void *arg, struct err *err)
{
	struct look look = {0};
	struct sync *sync;
	int64_t time_us = sync_time_us(run->payload);
	int result = sync_begin(run, SYNC_INBOUND_ASSIGNEE, &sync, err);

	(void)arg;
	if (result != 1)
		return result;
	if (time_us > 0 && time_us < sync->external.assignee_at_us)
		return sync_skip(run, "older than what was applied already");
	sync->apply = apply;
	sync->apply_halted = true;
	sync->is_echo = is_echo(sync);
	if (sync->is_echo)
		return sync_skip(run, "our own change of %s came back", sync->external.key);
	sync->people = xcalloc(PEOPLE_MAX, sizeof(*sync->people));
	look.sync = sync;
	result = store_read(run->daemon->store, look_in, &look, err);
	if (result < 0) {
		sync->apply = NULL;
		return result;
	}
	sync->account_id = known(sync);
	if (look.count.found < look.count.issues)
		return nobody_found(sync, err);
	sync_did(run, "the issues of %s have its assignee", sync->external.key);
	return 0;
}
