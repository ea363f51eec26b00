/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What the tasks of core/sync/ share.  Job workers; what ends a job, on the store writer. */
#ifndef MORTISE_SYNC_SYNC_PRIVATE_H
#define MORTISE_SYNC_SYNC_PRIVATE_H

#include <stdbool.h>

#include "core/job/job.h"
#include "core/storage/external_issue.h"
#include "core/storage/integration.h"
#include "core/storage/issue.h"
#include "core/storage/link.h"
#include "core/storage/sync_target.h"
#include "core/tracker/tracker.h"

#define SYNC_STATUS_OUTBOUND "sync_status_outbound"

/* What a link's configuration switches. */
enum sync_attribute {
	SYNC_COMMENT,
	SYNC_OUTBOUND_STATUS,
	SYNC_INBOUND_STATUS,
	SYNC_OUTBOUND_ASSIGNEE,
	SYNC_INBOUND_ASSIGNEE,
};

struct sync;

/* Store what a run brought, in the transaction that ends it. */
typedef int sync_apply_fn(struct tx *tx, struct sync *sync, int64_t now_us, struct err *err);

/* One run of one of the tasks. */
struct sync {
	struct job_run *run;
	enum sync_attribute attribute;
	int64_t issue_id;              /* outbound */
	int64_t external_issue_id;
	int64_t note_id;               /* comments */
	/* As they were when it began: */
	struct integration integration;
	struct link link;
	struct external_issue external;
	struct issue issue;            /* outbound */
	struct sync_known known;
	const struct reg_provider *provider;   /* owned by the run */
	/* Set by the task: */
	sync_apply_fn *apply;          /* or NULL */
	bool apply_halted;             /* also when the job ends as halted */
	json_t *output;                /* of the tracker's callback */
	/* What comes of them, per task: */
	int resolved;
	int64_t account_id;
	enum sync_action { SYNC_NOTHING, SYNC_RESOLVE, SYNC_UNRESOLVE } action;
	bool is_echo;
	int64_t *people;               /* accounts that may be the assignee; owned */
	size_t people_len;
};

/* ---- guard.c ---- */

/* Begin a task for an issue and an external issue, with all checks that every task has.
 * 1: go on; 0: there is nothing to do, and the outcome says why.  '*ret_sync' belongs to
 * the run. */
int sync_begin(struct job_run *run, enum sync_attribute attribute, struct sync **ret_sync,
	struct err *err);
/* The outcome of a run that has nothing to do; returns 0. */
int sync_skip(struct job_run *run, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The outcome of a run that did something. */
void sync_did(struct job_run *run, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Ask the tracker; 'input_take' is consumed, the answer is sync->output. */
int sync_call(struct sync *sync, enum tracker_callback callback, json_t *input_take,
	struct err *err);
/* Is an attribute switched on for this link? */
bool sync_switched(const struct sync *sync, enum sync_attribute attribute);
/* {"provider","provider_key","integration_id"}: what activities of a tracker carry. */
json_t *sync_words(const struct sync *sync);
/* The upstream's time in an answer or payload; 0: it has none. */
int64_t sync_time_us(const json_t *json);

/* ---- follow.c ---- */

/* The external issue was resolved or unresolved, as sync->action says: so are the issues
 * that are linked to it, but for sync->issue_id. */
int sync_follow(struct tx *tx, struct sync *sync, int64_t now_us, struct err *err);

/* ---- note.c ---- */

/* What both comment tasks begin with: 1 with the note as the callback's input
 * ({"key","note":{…}}), 0 or negative as sync_begin. */
struct note {
	json_t *input;
	char *external_id;             /* of the copy that is there; or NULL */
};
int sync_note(struct sync *sync, struct note *ret_note, struct err *err);

/* ---- The tasks ---- */

job_fn sync_create_comment, sync_update_comment, sync_kick_off_status_syncs,
	sync_status_outbound, sync_assignee_outbound, sync_status_inbound,
	sync_assignee_inbound;

#endif
