/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Retention: rows that are done are deleted in small steps once they are old, so that
 * no step holds the writer for long.  Inside a write transaction.
 */
#ifndef MORTISE_STORAGE_PRUNE_H
#define MORTISE_STORAGE_PRUNE_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct tx;

/* Rows that ended before these instants go, in microseconds since 1970. */
struct prune_cutoffs {
	int64_t webhooks_us;   /* received before, with no job still to run */
	int64_t jobs_us;       /* finished before */
	int64_t ledger_us;     /* added before */
	int64_t events_us;     /* received before */
	int64_t issues_us;     /* last seen before */
	int64_t audit_us;      /* added before; of tokens: ended before */
	int64_t now_us;        /* what has an end: links, sessions, references, tokens,
				* what an issue counts of late */
};

struct prune_step {
	int64_t deleted;       /* rows */
	int64_t webhook_id;    /* webhooks up to this one have been looked at */
	bool ended;            /* nothing is left */
};

/* Delete up to about 200 rows of each kind, of webhooks after 'webhook_after': 0 in the
 * first of a run of steps, then what the one before told. */
int store_prune_step(struct tx *tx, const struct prune_cutoffs *cutoffs, int64_t webhook_after,
	struct prune_step *ret_step, struct err *err);

#endif
