/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What happens to an issue, whoever asks for it: people over the API, commits and
 * releases, trackers, new events.  Each function changes the row, keeps the resolution
 * right, writes the activity and queues what goes out to trackers, all in the caller's
 * transaction; a target that is in the wanted state already changes nothing and is no
 * activity.  jobs_wake() after the commit.  Store writer thread: no time, no randomness.
 */
#ifndef MORTISE_ISSUE_CHANGE_H
#define MORTISE_ISSUE_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct err;
struct issue;
struct tx;

struct issue_actor {
	const char *origin;        /* "user:7", "token:3", "integration:5", "system" */
	int64_t account_id;        /* 0: no person */
	int64_t integration_id;    /* that the change came from; 0: none */
	int64_t now_us;
};

/* The issue that an id or a short id names ("123", "SHOP-7A", in any case), with
 * E_NOT_FOUND if the organization has none.  Free with issue_clear. */
int issue_by_text(struct tx *tx, int64_t organization_id, const char *text,
	struct issue *ret_issue, struct err *err);

enum issue_strategy {
	ISSUE_RESOLVE_NOW,
	ISSUE_RESOLVE_IN_CURRENT_RELEASE,
	ISSUE_RESOLVE_IN_NEXT_RELEASE,
	ISSUE_RESOLVE_IN_RELEASE,
	ISSUE_RESOLVE_IN_COMMIT,
};

struct issue_resolve {
	enum issue_strategy strategy;
	const char *version;       /* IN_RELEASE: it must be one of the project's */
	int64_t commit_id;         /* IN_COMMIT: it must be of the organization */
	const json_t *data;        /* further members of the activity's data, or NULL */
};

/* E_FIELD if the strategy needs a release that is not there: ask issue_strategy first. */
int issue_resolve(struct tx *tx, int64_t issue_id, const struct issue_resolve *resolve,
	const struct issue_actor *actor, bool *ret_changed, struct err *err);
/* What of 'wanted' holds for all these issues together: if the project of even one has no
 * release that is not archived, resolving by current or next release is resolving now. */
int issue_strategy(struct tx *tx, const int64_t *issue_ids, size_t len,
	enum issue_strategy wanted, enum issue_strategy *ret_strategy, struct err *err);
/* "resolve", "resolve_current_release", "resolve_next_release"; anything else, NULL too,
 * is NOW. */
enum issue_strategy issue_strategy_parse(const char *text);

enum issue_reopen {
	ISSUE_REOPEN_ONGOING,      /* set_unresolved; substatus "ongoing" */
	ISSUE_REOPEN_REGRESSED,    /* set_regression; substatus "regressed" */
};

/* From resolved or ignored. */
int issue_unresolve(struct tx *tx, int64_t issue_id, enum issue_reopen reopen,
	const json_t *data, const struct issue_actor *actor, bool *ret_changed,
	struct err *err);
/* 'substatus': one of issue_substatus_fits(); NULL: "archived_until_escalating". */
int issue_ignore(struct tx *tx, int64_t issue_id, const char *substatus, const json_t *data,
	const struct issue_actor *actor, bool *ret_changed, struct err *err);
/* May an issue of this status have it? */
bool issue_substatus_fits(int status, const char *substatus);
/* Another substatus of the same status; a label, no activity. */
int issue_set_substatus(struct tx *tx, int64_t issue_id, const char *substatus,
	const struct issue_actor *actor, bool *ret_changed, struct err *err);

/* To a member of the organization, or a team on the issue's project; both 0: to nobody.
 * E_FIELD "assignedTo" for another. */
int issue_assign(struct tx *tx, int64_t issue_id, int64_t account_id, int64_t team_id,
	const json_t *data, const struct issue_actor *actor, bool *ret_changed,
	struct err *err);

#define ISSUE_NOTE_MAX 65536   /* bytes */

int issue_note_add(struct tx *tx, int64_t issue_id, const char *text,
	const struct issue_actor *actor, int64_t *ret_activity_id, struct err *err);
/* E_NOT_FOUND if the issue has no such note. */
int issue_note_edit(struct tx *tx, int64_t issue_id, int64_t activity_id, const char *text,
	const struct issue_actor *actor, bool *ret_changed, struct err *err);
/* Copies at trackers stay: deleting is not synced. */
int issue_note_delete(struct tx *tx, int64_t issue_id, int64_t activity_id, struct err *err);

#endif
