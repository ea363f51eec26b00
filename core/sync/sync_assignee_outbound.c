/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The task "sync_assignee_outbound": tell one tracker whom the issue is assigned to, or
 * that it is nobody's.  Teams are not synced: an issue that goes to a team leaves the
 * tracker as it is.
 */
#include "config.h"
#include "core/sync/sync_private.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/storage/external_actor.h"
#include "core/storage/member.h"
#include "core/storage/store.h"

struct who {
	const struct sync *sync;
	json_t *user;                  /* set anew at each run */
};

/* The account, with what it is called at this integration. */
static int who_in(struct tx *tx, void *arg, struct err *err)
{
	struct who *who = arg;
	const struct sync *sync = who->sync;
	cleanup_external_actor struct external_actor actor = {0};
	cleanup_account struct account account = {0};
	int result = account_get(tx, sync->issue.assignee_account_id, &account, err);

	json_decref(who->user);
	who->user = NULL;
	if (result == 0)
		result = external_actor_of_account(tx, sync->link.organization_id,
			sync->integration.id, account.id, &actor, err);
	if (result < 0)
		return result;
	who->user = json_pack("{s:s, s:s, s:s*, s:s*}", "email", account.email, "name",
		account.name, "external_name", actor.name, "external_id", actor.external_id);
	return 0;
}

static int remember(struct tx *tx, struct sync *sync, int64_t now_us, struct err *err)
{
	const char *wrote = json_string_value(json_object_get(sync->output, "wrote"));
	int64_t time_us = sync_time_us(sync->output);
	int result = sync_known_set_assignee(tx, sync->external.id, sync->account_id, err);

	if (result >= 0 && wrote)
		result = external_issue_set_wrote_assignee(tx, sync->external.id, wrote, now_us,
			err);
	if (result >= 0 && time_us > 0)
		result = external_issue_mark_assignee(tx, sync->external.id, time_us, err);
	return result < 0 ? result : 0;
}

int sync_assignee_outbound(struct job_run *run, void *arg, struct err *err)
{
	struct sync *sync;
	struct who who = {0};
	int result = sync_begin(run, SYNC_OUTBOUND_ASSIGNEE, &sync, err);

	(void)arg;
	if (result != 1)
		return result;
	if (sync->issue.assignee_team_id > 0)
		return sync_skip(run, "the issue is assigned to a team, which trackers are not told");
	sync->account_id = sync->issue.assignee_account_id;
	if (sync->known.assignee_id == sync->account_id)
		return sync_skip(run, "%s has this assignee already", sync->external.key);
	who.sync = sync;
	if (sync->account_id > 0 && store_read(run->daemon->store, who_in, &who, err) < 0) {
		json_decref(who.user);
		return err->code;
	}
	result = sync_call(sync, TRACKER_ASSIGNEE_OUT, json_pack("{s:s, s:b, s:o, s:O}", "key",
		sync->external.key, "assign", sync->account_id > 0, "user",
		who.user ? who.user : json_null(), "metadata", sync->external.metadata), err);
	if (result < 0)
		return result;
	sync_did(run, sync->account_id > 0 ? "%s was assigned" : "%s is nobody's",
		sync->external.key);
	sync->apply = remember;
	return 0;
}
