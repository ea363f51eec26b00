/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The rules of resolving by release: which release a strategy means, and whether an
 * event of some release shows that a resolved issue is back.  They only read.  Private to
 * core/issue; store writer thread, or any in a read.
 *
 * Decided where the specification leaves a choice:
 *   - "Newest" and "later" compare the time a release came out, else the time it was
 *     added, everywhere, with the id for ties; never the one here and the other there.
 *   - What a project's versions look like is read anew each time: ten rows of an index.
 *   - A resolution in the next release is not rewritten when that release arrives, which
 *     could be a million rows; what it turned out to be is looked up when it is shown
 *     (rules_next), and the anchor decides regressions.
 *   - The activity's data is made for each issue by itself.
 */
#ifndef MORTISE_ISSUE_RULES_H
#define MORTISE_ISSUE_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/storage/resolution.h"

struct err;
struct issue;
struct issue_actor;
struct issue_resolve;
struct release_place;
struct tx;

/* Do the versions of this project's releases count, rather than their dates?  Of the ten
 * newest releases: with one or two the newest decides; with up to nine any of the newest
 * three; with ten it takes one of the newest three and three in all. */
int rules_follow_semver(struct tx *tx, int64_t project_id, bool *ret_follows, struct err *err);

struct rules_plan {
	bool by_release;           /* 'resolution' is to be stored */
	struct resolution resolution;
	const char *activity;      /* ACTIVITY_SET_RESOLVED… */
	json_t *data;              /* of the activity; owned */
};

/* What a strategy means for one issue.  E_FIELD if it needs what is not there. */
int rules_plan(struct tx *tx, const struct issue *issue, const struct issue_resolve *resolve,
	const struct issue_actor *actor, struct rules_plan *ret_plan, struct err *err);
void rules_plan_clear(struct rules_plan *plan);
#define cleanup_rules_plan __attribute__((__cleanup__(rules_plan_clear)))

/* Is a resolved issue still resolved, seen in this release (0: unknown)?  'ret_follows':
 * was it decided by version. */
int rules_hold(struct tx *tx, const struct issue *issue, int64_t release_id, bool *ret_holds,
	bool *ret_follows, struct err *err);

/* The release that a resolution in the next release waited for: 1 it is there, 0 not yet. */
int rules_next(struct tx *tx, const struct issue *issue, const struct resolution *resolution,
	struct release_place *ret_place, struct err *err);

#endif
