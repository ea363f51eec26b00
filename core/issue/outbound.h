/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What a change of an issue means for the trackers it is linked to: jobs, inserted in the
 * transaction of the change.  A change goes out to every linked tracker except the one
 * it came from.  Whether a tracker wants it is decided when its job runs (core/sync/),
 * from the settings of then.  Store writer thread; jobs_wake after the commit.
 */
#ifndef MORTISE_ISSUE_OUTBOUND_H
#define MORTISE_ISSUE_OUTBOUND_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct issue;
struct issue_actor;
struct tx;

/* It was resolved or unresolved. */
int outbound_status(struct tx *tx, const struct issue *issue, const struct issue_actor *actor,
	struct err *err);
/* It was assigned to an account, or to nobody.  Call it for teams, too: an issue that goes
 * from an account to a team leaves the account upstream as it is. */
int outbound_assignee(struct tx *tx, const struct issue *issue, const struct issue_actor *actor,
	struct err *err);
/* A note was added, or with 'edited' changed.  'activity_id' is the note. */
int outbound_note(struct tx *tx, const struct issue *issue, int64_t activity_id, bool edited,
	const struct issue_actor *actor, struct err *err);

#endif
