/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The aggregate `pipeline`: installs in progress.  Inside a transaction.
 *
 * Rows are moved with pipeline_row_move only, which wants the claim; what moves are
 * legal is core/pipeline/machine.h's.
 */
#ifndef MORTISE_STORAGE_PIPELINE_H
#define MORTISE_STORAGE_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct tx;

#define PIPELINE_UID_SIZE 16

/* Text members are owned; pipeline_row_clear frees them. */
struct pipeline_row {
	int64_t id;
	unsigned char uid[PIPELINE_UID_SIZE];
	int64_t organization_id;
	char *principal;           /* "user:7" or "token:3" */
	char *provider;            /* key of the provider */
	char *kind;                /* "install" or "reauth" */
	char *status;              /* see machine.h */
	int64_t step;
	char *signature;           /* of the provider's steps when it began */
	char *state_hash;          /* of the state that was sent out; NULL: none */
	void *sealed;              /* sealed state, or NULL */
	size_t sealed_size;
	char *claim;               /* NULL: free */
	int64_t claim_until;
	char *error;
	int64_t integration_id;    /* reauth: the one to authorize again; later the result */
	int64_t added_at, updated_at, expires_at;
};

void pipeline_row_clear(struct pipeline_row *row);

/* 'row->id' is set; status and step are taken as they stand. */
int pipeline_row_insert(struct tx *tx, struct pipeline_row *row, struct err *err);
/* E_NOT_FOUND if there is none. */
int pipeline_row_get(struct tx *tx, int64_t id, struct pipeline_row *ret_row, struct err *err);
/* The newest live (active or finishing) row of this principal in the organization. */
int pipeline_row_find_live(struct tx *tx, int64_t organization_id, const char *principal,
	struct pipeline_row *ret_row, struct err *err);

/* Take the claim of a row that still stands at 'status', 'step' and 'state_hash' (NULL:
 * none), whose claim is free or ran out.  E_CONFLICT if it does not. */
int pipeline_row_claim(struct tx *tx, const struct pipeline_row *row, const char *claim,
	int64_t claim_until, int64_t now_us, struct err *err);
/* Write the moved row (status, step, state, claim, error, integration, times), if 'held'
 * is still its claim; NULL: if it has none that runs.  E_CONFLICT otherwise. */
int pipeline_row_move(struct tx *tx, const struct pipeline_row *row, const char *held,
	struct err *err);
/* The sealed state of an ended pipeline is not needed any more. */
int pipeline_row_forget(struct tx *tx, int64_t id, struct err *err);

/* Ids of up to 'max' live rows: those of one provider, organization and principal, or
 * those that expired before 'now_us' and that nobody has claimed.  The number of ids, or
 * a negative code. */
int pipeline_row_rivals(struct tx *tx, int64_t organization_id, const char *provider,
	const char *principal, int64_t *ret_ids, int max, struct err *err);
int pipeline_row_expired(struct tx *tx, int64_t now_us, int64_t *ret_ids, int max,
	struct err *err);
/* At the start of the only daemon no request moves anything; returns how many seemed to. */
int pipeline_row_end_claims(struct tx *tx, struct err *err);
/* Delete up to 'max' rows that ended before 'before_us'; the number deleted. */
int pipeline_row_prune(struct tx *tx, int64_t before_us, int max, struct err *err);

/* Newest first, without their sealed state: call 'fn' for each of at most 'max' rows. */
int pipeline_row_each(struct tx *tx, int max,
	void (*fn)(const struct pipeline_row *row, void *arg), void *arg, struct err *err);

#endif
