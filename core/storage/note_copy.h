/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Where a note was copied to: its id at each tracker.  Inside a transaction. */
#ifndef MORTISE_STORAGE_NOTE_COPY_H
#define MORTISE_STORAGE_NOTE_COPY_H

#include <stdint.h>

#include "core/storage/tx.h"

/* 1 with a new string, or 0 if the note is not there. */
int note_copy_find(struct tx *tx, int64_t activity_id, int64_t external_issue_id,
	char **ret_external_id, struct err *err);
/* The id that is there already stays. */
int note_copy_insert(struct tx *tx, int64_t activity_id, int64_t external_issue_id,
	const char *external_id, int64_t now_us, struct err *err);
/* What was copied to one external issue counts for another, which it has become. */
int note_copy_move(struct tx *tx, int64_t from_external_issue_id, int64_t to_external_issue_id,
	struct err *err);

#endif
