/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What a change of an issue means for the trackers it is linked to: jobs, inserted in the
 * transaction of the change.  A change goes out to every linked tracker except the one
 * it came from.  Whether a tracker wants it, and what is to be written there, is decided
 * when its job runs (core/sync/), from the issue and the settings of then.  Store writer
 * thread; jobs_wake after the commit.
 */
#ifndef MORTISE_ISSUE_OUTBOUND_H
#define MORTISE_ISSUE_OUTBOUND_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct tx;

/* An issue was changed, and by whom. */
struct outbound {
	int64_t issue_id;
	int64_t integration_id;    /* that the change came from; 0: none */
	const char *origin;        /* as activities have it */
	int64_t now_us;
};

/* The names of the jobs, which core/sync/ runs. */
#define OUTBOUND_STATUS "kick_off_status_syncs"
#define OUTBOUND_ASSIGNEE "sync_assignee_outbound"
#define OUTBOUND_NOTE_NEW "create_comment"
#define OUTBOUND_NOTE_EDITED "update_comment"

/* It was resolved or unresolved. */
int outbound_status(struct tx *tx, const struct outbound *change, struct err *err);
/* It was assigned to an account, or to nobody; for a team there is nothing to do. */
int outbound_assignee(struct tx *tx, const struct outbound *change, struct err *err);
/* A note was added, or with 'edited' changed.  'activity_id' is the note. */
int outbound_note(struct tx *tx, const struct outbound *change, int64_t activity_id, bool edited,
	struct err *err);
/* One job of 'task' for each external issue that the change goes out to. */
int outbound_each(struct tx *tx, const struct outbound *change, const char *task,
	int64_t activity_id, struct err *err);

#endif
