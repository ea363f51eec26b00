/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The task "update_comment": a note was edited, so is its copy at one tracker.  A note
 * without a copy there is left alone: it was written before the tracker was linked, or its
 * copying failed, which the activity tells.
 */
#include "config.h"
#include "core/sync/sync_private.h"

#include "core/base/err.h"
#include "core/base/mem.h"

static int update(struct sync *sync, json_t *input_take, struct err *err)
{
	int result = sync_call(sync, TRACKER_COMMENT_UPDATE, input_take, err);

	if (result == 0)
		sync_did(sync->run, "%s has the note as it is now", sync->external.key);
	return result;
}

int sync_update_comment(struct job_run *run, void *arg, struct err *err)
{
	struct note note = {0};
	struct sync *sync;
	int result = sync_begin(run, SYNC_COMMENT, &sync, err);

	(void)arg;
	if (result == 1)
		result = sync_note(sync, &note, err);
	if (result == 1 && !note.external_id)
		result = sync_skip(run, "%s has no copy of the note", sync->external.key);
	else if (result == 1 && !tracker_has(sync->provider, TRACKER_COMMENT_UPDATE))
		result = sync_skip(run, "comments of %s cannot be edited",
			sync->provider->provider.name);
	if (result == 1)
		result = update(sync, steal(&note.input), err);
	json_decref(note.input);
	free(note.external_id);
	return result;
}
