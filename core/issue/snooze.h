/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Ignoring an issue for a while: until a time, until it was seen so many times more, or by
 * so many users more.  What comes first reopens it.  The time is kept by a job; counts are
 * compared when an event comes in.  Store writer thread, but for snooze_setup.
 */
#ifndef MORTISE_ISSUE_SNOOZE_H
#define MORTISE_ISSUE_SNOOZE_H

#include <stdbool.h>
#include <stdint.h>

struct daemon;
struct err;
struct issue;
struct issue_actor;
struct snooze;
struct tx;

#define ISSUE_SNOOZED "archived_until_condition_met"   /* the substatus */

/* 'until' holds the counts that the issue must reach.  jobs_wake() after the commit. */
int issue_snooze(struct tx *tx, const struct issue *issue, const struct snooze *until,
	const struct issue_actor *actor, struct err *err);
/* An event came in; 'issue' is as it was before.  It may be over now. */
int issue_snooze_check(struct tx *tx, const struct issue *issue, const struct issue_actor *actor,
	struct err *err);
/* Add the task, before jobs run. */
void snooze_setup(struct daemon *daemon);

#endif
