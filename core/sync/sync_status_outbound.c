/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The task "sync_status_outbound": tell one tracker whether the issue is resolved.  An
 * archived issue is neither, so nothing is told.  What was written is remembered, so that
 * the tracker's own event about it is known for an echo; a tracker that was told so
 * already, or told us, gets no call, which bounds every loop.
 *
 * Other issues that are linked to the same external issue follow at once, if statuses come
 * in from this tracker: what it reports of our own change is an echo, and not listened to.
 */
#include "config.h"
#include "core/sync/sync_private.h"

#include "core/base/mem.h"

static int remember(struct tx *tx, struct sync *sync, int64_t now_us, struct err *err)
{
	const char *wrote = json_string_value(json_object_get(sync->output, "wrote"));
	int64_t time_us = sync_time_us(sync->output);
	int result = sync_known_set_resolved(tx, sync->external.id, sync->resolved, err);

	if (result >= 0 && wrote)
		result = external_issue_set_wrote_status(tx, sync->external.id, wrote, now_us, err);
	/* What happened there before is older than what we wrote. */
	if (result >= 0 && time_us > 0)
		result = external_issue_mark_status(tx, sync->external.id, time_us, err);
	if (result >= 0 && wrote && sync_switched(sync, SYNC_INBOUND_STATUS))
		result = sync_follow(tx, sync, now_us, err);
	return result < 0 ? result : 0;
}

int sync_status_outbound(struct job_run *run, void *arg, struct err *err)
{
	struct sync *sync;
	const char *word, *wrote;
	int result = sync_begin(run, SYNC_OUTBOUND_STATUS, &sync, err);

	(void)arg;
	if (result != 1)
		return result;
	if (sync->issue.status == ISSUE_IGNORED)
		return sync_skip(run, "the issue is archived, which trackers are not told");
	sync->resolved = sync->issue.status == ISSUE_RESOLVED;
	word = sync->resolved ? "resolved" : "unresolved";
	if (sync->known.resolved == sync->resolved)
		return sync_skip(run, "%s is %s already", sync->external.key, word);
	result = sync_call(sync, TRACKER_STATUS_OUT, json_pack("{s:s, s:b, s:O}", "key",
		sync->external.key, "resolved", sync->resolved, "metadata",
		sync->external.metadata), err);
	if (result < 0)
		return result;
	wrote = json_string_value(json_object_get(sync->output, "wrote"));
	if (wrote)
		sync_did(run, "%s was told \"%s\": %s", sync->external.key, wrote, word);
	else
		sync_did(run, "%s is %s already", sync->external.key, word);
	sync->action = sync->resolved ? SYNC_RESOLVE : SYNC_UNRESOLVE;
	sync->apply = remember;
	return 0;
}
