/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The task "sync_status_inbound": the status of an external issue changed, and the issues
 * of one organization that are linked to it follow.
 *
 * Three guards stand before that.  A change that is older than the newest one applied is
 * late, and nothing happens (equal times are ordered by the queue).  A change to the status
 * that we wrote last is our echo, whenever it comes.  For a change that says neither its
 * time nor its status stands the three-minute rule: one so soon after our own write is
 * taken for its echo.  (Sentry measures three minutes from the resolution, whoever made
 * it; then a ticket that somebody closes again soon is not heard.)
 */
#include "config.h"
#include "core/sync/sync_private.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"

#define ECHO_US (INT64_C(180) * 1000000)

static int apply(struct tx *tx, struct sync *sync, int64_t now_us, struct err *err)
{
	static const int known[] = {
		[SYNC_NOTHING] = SYNC_UNKNOWN,
		[SYNC_RESOLVE] = 1,
		[SYNC_UNRESOLVE] = 0,
	};
	int64_t time_us = sync_time_us(sync->run->payload);
	int result = 0;

	if (!sync->is_echo)
		result = sync_known_set_resolved(tx, sync->external.id, known[sync->action], err);
	if (result >= 0 && !sync->is_echo)
		result = external_issue_set_wrote_status(tx, sync->external.id, NULL, now_us, err);
	if (result >= 0 && !sync->is_echo)
		result = sync_follow(tx, sync, now_us, err);
	if (result >= 0 && time_us > 0)
		result = external_issue_mark_status(tx, sync->external.id, time_us, err);
	return result < 0 ? result : 0;
}

/* ---- What it is ---- */

static bool is_echo(const struct sync *sync, int64_t now_us)
{
	const json_t *payload = sync->run->payload;
	const char *status = json_string_value(json_object_get(payload, "status"));
	const char *wrote = sync->external.wrote_status;

	if (status)
		return wrote && strcmp(status, wrote) == 0;
	return sync_time_us(payload) == 0 && wrote &&
		now_us - sync->external.wrote_status_at_us < ECHO_US;
}

static int read_action(struct sync *sync, const json_t *change, struct err *err)
{
	const char *action = json_string_value(json_object_get(change, "action"));

	if (action && strcmp(action, "resolve") == 0)
		sync->action = SYNC_RESOLVE;
	else if (action && strcmp(action, "unresolve") == 0)
		sync->action = SYNC_UNRESOLVE;
	else if (!action || strcmp(action, "none") != 0)
		return err_set(err, MORTISE_E_INTERNAL, "a status change of %s has no action "
			"\"resolve\", \"unresolve\" or \"none\"", sync->integration.provider);
	return 0;
}

static int ask_action(struct sync *sync, struct err *err)
{
	json_t *change = json_object_get(sync->run->payload, "change");
	int result;

	if (!tracker_has(sync->provider, TRACKER_STATUS_ACTION))
		return read_action(sync, change, err);
	result = sync_call(sync, TRACKER_STATUS_ACTION, json_pack("{s:s, s:O, s:O}", "key",
		sync->external.key, "change", change, "metadata", sync->external.metadata), err);
	return result < 0 ? result : read_action(sync, sync->output, err);
}

int sync_status_inbound(struct job_run *run, void *arg, struct err *err)
{
	static const char *const words[] = {
		[SYNC_NOTHING] = "has a status that means nothing here",
		[SYNC_RESOLVE] = "is resolved, and its issues with it",
		[SYNC_UNRESOLVE] = "is unresolved, and its issues with it",
	};
	struct sync *sync;
	int64_t time_us = sync_time_us(run->payload);
	int result = sync_begin(run, SYNC_INBOUND_STATUS, &sync, err);

	(void)arg;
	if (result != 1)
		return result;
	if (time_us > 0 && time_us < sync->external.status_at_us)
		return sync_skip(run, "older than what was applied already");
	sync->is_echo = is_echo(sync, clock_now_us());
	sync->apply = apply;
	if (sync->is_echo)
		return sync_skip(run, "our own change of %s came back", sync->external.key);
	result = ask_action(sync, err);
	if (result < 0)
		return result;
	sync_did(run, "%s %s", sync->external.key, words[sync->action]);
	return 0;
}
