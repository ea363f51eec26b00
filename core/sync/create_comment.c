/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The task "create_comment": copy a note to one tracker, once.  Each tracker's id of the
 * copy is kept, so that an edit reaches all of them (Sentry keeps only the last).
 */
#include "config.h"
#include "core/sync/sync_private.h"

#include "core/base/mem.h"
#include "core/storage/note_copy.h"

static int remember(struct tx *tx, struct sync *sync, int64_t now_us, struct err *err)
{
	return note_copy_insert(tx, sync->note_id, sync->external.id,
		json_string_value(json_object_get(sync->output, "external_id")), now_us, err);
}

static int create(struct sync *sync, json_t *input_take, struct err *err)
{
	int result = sync_call(sync, TRACKER_COMMENT_CREATE, input_take, err);

	if (result < 0)
		return result;
	sync_did(sync->run, "%s has the note as a comment", sync->external.key);
	sync->apply = remember;
	return 0;
}

int sync_create_comment(struct job_run *run, void *arg, struct err *err)
{
	struct note note = {0};
	struct sync *sync;
	int result = sync_begin(run, SYNC_COMMENT, &sync, err);

	(void)arg;
	if (result == 1)
		result = sync_note(sync, &note, err);
	if (result == 1 && note.external_id)
		result = sync_skip(run, "%s has the note already", sync->external.key);
	if (result == 1)
		result = create(sync, steal(&note.input), err);
	json_decref(note.input);
	free(note.external_id);
	return result;
}
