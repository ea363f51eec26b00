/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The ledger of guarded writes at the upstream.  An entry is named by
 * its owner ("integration:5", "pipeline:9") and the request's `once`.  It begins as an
 * intent, committed before the request is sent; it ends as an answer, or is taken back
 * when the request surely did nothing.
 *
 * Inside a transaction; functions that change something belong in a write closure.
 */
#ifndef MORTISE_STORAGE_LEDGER_H
#define MORTISE_STORAGE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/storage/tx.h"

#define LEDGER_KEEP_US (INT64_C(30) * 24 * 3600 * 1000000)

enum ledger_status { LEDGER_INTENT = 0, LEDGER_ANSWERED = 1, LEDGER_SETTLED = 2 };

struct ledger_entry {
	int status;                /* enum ledger_status */
	char *answer;              /* JSON text; NULL for an intent */
	int64_t added_at_us;
};

struct ledger_intent {
	const char *owner;
	const char *once;
	int64_t job_id;            /* 0: none */
	const char *lease;         /* of that job: without it the intent is refused; NULL: unchecked */
	int64_t now_us;
};

/* E_NOT_FOUND if there is none.  Free with ledger_entry_clear. */
int ledger_find(struct tx *tx, const char *owner, const char *once,
	struct ledger_entry *ret_entry, struct err *err);
void ledger_entry_clear(struct ledger_entry *entry);

/* Note that a request is about to be sent.  E_CONFLICT if an entry stands, E_CANCELLED
 * if the job no longer runs under this lease. */
int ledger_intend(struct tx *tx, const struct ledger_intent *intent, struct err *err);
/* The answer of an intent; E_NOT_FOUND if no intent stands. */
int ledger_answer(struct tx *tx, const char *owner, const char *once, const char *answer,
	struct err *err);
/* The request did nothing: forget the intent.  1, or 0 if none stood. */
int ledger_take_back(struct tx *tx, const char *owner, const char *once, struct err *err);
/* The write was found upstream: keep 'answer' for it, whether an intent stands or not. */
int ledger_settle(struct tx *tx, const struct ledger_intent *intent, const char *answer,
	struct err *err);
/* The answers of a job that is done are settled. */
int ledger_settle_job(struct tx *tx, int64_t job_id, int64_t now_us, struct err *err);
/* What an owner made or may have made: {once: answer, or null for an intent}. */
int ledger_list(struct tx *tx, const char *owner, json_t **ret_made, struct err *err);
/* Delete up to 'max' entries older than 'before_us'; returns how many. */
int ledger_prune(struct tx *tx, int64_t before_us, int64_t max, struct err *err);

#endif
