/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The rows of the job queue: order, leases, ends.  Inside a transaction; functions that
 * change something belong in a write closure.
 *
 * A row is `held` while an earlier item of its key, or a barrier, is unfinished.  It is
 * decided when the row is inserted and again when another one ends, so that picking
 * looks only at rows that may run: its cost grows neither with finished rows nor with
 * waiting ones.
 */
#ifndef MORTISE_STORAGE_JOB_H
#define MORTISE_STORAGE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/storage/tx.h"

enum job_status {
	JOB_WAITING = 0,
	JOB_RUNNING = 1,
	JOB_DONE = 2,
	JOB_HALTED = 3,
	JOB_DEAD = 4,
};

struct job_row {
	int64_t id;
	char *task, *provider;     /* provider: "" for tasks of the core */
	int version;
	int64_t integration_id, link_id, webhook_id;
	char *object;              /* or NULL */
	char *order_key;           /* NULL: unordered */
	int64_t behind;            /* the unfinished one before it in its key; 0: none */
	bool barrier, held, solo;
	char *payload;             /* JSON */
	char *cursor;              /* JSON of the last checkpoint, or NULL */
	char *origin;
	int status;                /* enum job_status */
	int attempts, faults, strikes;
	int64_t not_before_us, added_us;
	int64_t started_us, finished_us;       /* 0: not yet */
	char *code, *outcome;      /* of the last run, or NULL */
	/* Of the integration and the link: */
	char *external_id;         /* NULL: no such integration (any more) */
	int64_t organization_id;   /* 0: no such link (any more) */
};

struct job_add {
	const char *task, *provider, *object, *order_key, *payload, *cursor, *origin;
	int version;
	int64_t integration_id, link_id, webhook_id;
	bool barrier;              /* needs integration_id and order_key */
	int64_t not_before_us, now_us;
};

int job_row_add(struct tx *tx, const struct job_add *add, int64_t *ret_id, struct err *err);
/* E_NOT_FOUND if there is none.  Free with job_row_clear. */
int job_row_get(struct tx *tx, int64_t id, struct job_row *ret_row, struct err *err);
void job_row_clear(struct job_row *row);
#define cleanup_job_row __attribute__((__cleanup__(job_row_clear)))
/* Is an item of this key unfinished? */
int job_key_busy(struct tx *tx, const char *order_key, bool *ret_busy, struct err *err);
/* The one of this key that waits is due now. */
int job_key_hurry(struct tx *tx, const char *order_key, int64_t now_us, struct err *err);

/* ---- Picking ---- */

/* The next provider, at or after 'from', that has a row which is not held; NULL if there
 * is none. */
int job_next_provider(struct tx *tx, const char *from, char **ret_provider, struct err *err);
/* When a provider's first row is due; INT64_MAX if it has none. */
int job_next_due(struct tx *tx, const char *provider, int64_t *ret_due_us, struct err *err);
/* Up to 'max' rows of a provider that may start now.  Rows of an integration whose gate
 * is closed are moved behind it on the way. */
int job_list_due(struct tx *tx, const char *provider, int64_t now_us, size_t max,
	int64_t *ret_ids, size_t *ret_len, struct err *err);
/* Leases end by the monotonic clock: no daemon takes over those of another. */
int job_lease(struct tx *tx, int64_t id, const char *lease, int64_t until_us, int64_t now_us,
	struct err *err);
/* Rows whose lease has ended wait again, one attempt older; returns how many. */
int job_expire_leases(struct tx *tx, int64_t mono_us, struct err *err);
/* When the first lease ends; INT64_MAX if nothing runs. */
int job_next_lease_end(struct tx *tx, int64_t *ret_end_us, struct err *err);
/* At the start of the only daemon nothing runs; returns how many did. */
int job_end_leases(struct tx *tx, struct err *err);

/* When the newest row was added; 0 if there is none. */
int job_newest(struct tx *tx, int64_t *ret_added_us, struct err *err);
/* The clock was set back by 'by_us', to 'now_us': so is what waits. */
int job_move_back(struct tx *tx, int64_t by_us, int64_t now_us, struct err *err);

/* ---- Running and ending; all return 0 rows when the lease is lost ---- */

struct job_end {
	int64_t id;
	const char *lease;
	int status;                /* JOB_WAITING: tried again at not_before_us */
	int64_t not_before_us, now_us;
	int attempts, faults, strikes;
	bool solo;
	const char *code, *outcome;
};

/* End a run.  1, or 0 if the lease is lost.  After an end other than waiting call
 * job_release in the same transaction, before anything is added. */
int job_end(struct tx *tx, const struct job_end *end, struct err *err);
int job_save_cursor(struct tx *tx, int64_t id, const char *lease, const char *cursor,
	int64_t lease_until_us, struct err *err);
/* The row has ended: let go what waited for it. */
int job_release(struct tx *tx, const struct job_row *row, struct err *err);

/* ---- For the operator ---- */

/* Rows below id 'before' (0: all), newest first.  'status' -1: any; 'task' NULL: any.
 * Free each, then the array. */
int job_list(struct tx *tx, int status, const char *task, int64_t before, size_t max,
	struct job_row **ret_rows, size_t *ret_len, struct err *err);
/* A waiting row is due at 'now_us'; its place stays.  1, or 0 if it does not wait. */
int job_hurry(struct tx *tx, int64_t id, int64_t now_us, struct err *err);
/* A halted or dead row goes to the end of its key, under a new id; the old row is gone.
 * E_CONFLICT if it is neither. */
int job_revive(struct tx *tx, int64_t id, int64_t now_us, int64_t *ret_id, struct err *err);
/* End a waiting row as halted.  1, or 0 if it does not wait. */
int job_halt_waiting(struct tx *tx, int64_t id, const char *outcome, int64_t now_us,
	struct err *err);
/* Forget an ended row.  1, or 0 if it has not ended. */
int job_forget(struct tx *tx, int64_t id, struct err *err);
/* The rows of a webhook, oldest first; at most 'max' ids. */
int job_list_webhook(struct tx *tx, int64_t webhook_id, size_t max, int64_t *ret_ids,
	size_t *ret_len, struct err *err);

#endif
