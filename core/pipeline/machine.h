/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The states of a pipeline and the only way to move: one table of legal moves and one
 * function.  Store writer thread, but for the names and the table.
 */
#ifndef MORTISE_PIPELINE_MACHINE_H
#define MORTISE_PIPELINE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct pipeline_row;
struct tx;

#define PIPELINE_LIFE_US (INT64_C(3600) * 1000000)     /* renewed by every write */
#define PIPELINE_CLAIM_US (INT64_C(90) * 1000000)      /* 60 s of work and a margin */

enum pipeline_state {
	PIPELINE_ACTIVE,       /* step k waits for its answer */
	PIPELINE_FINISHING,    /* all answers are there; the provider builds */
	PIPELINE_COMPLETE,
	PIPELINE_FAILED,
	PIPELINE_EXPIRED,
	PIPELINE_CANCELLED,
	PIPELINE_STATE_LEN
};

const char *pipeline_state_name(enum pipeline_state state);
/* PIPELINE_STATE_LEN if it is none of ours. */
enum pipeline_state pipeline_state_parse(const char *name);
bool pipeline_state_live(enum pipeline_state state);
/* May a pipeline of 'step_len' steps go from 'from' at 'from_step' to 'to' at 'to_step'? */
bool pipeline_move_legal(enum pipeline_state from, int64_t from_step, enum pipeline_state to,
	int64_t to_step, int64_t step_len);

struct pipeline_move {
	enum pipeline_state to;
	int64_t to_step;
	int64_t step_len;
	const char *held;      /* the claim of who moves it; NULL: it must be free */
	bool keep_claim;       /* go on under the same claim, with a new end */
	const char *error;     /* failed: why */
	const char *state_hash;/* of the state sent out with the step; NULL: none */
	const void *sealed;    /* sealed state; NULL: forget it */
	size_t sealed_size;
	int64_t integration_id;/* 0: leave it */
	int64_t life_us;       /* of what goes on; 0: PIPELINE_LIFE_US */
	int64_t now_us;
};

/* Move the stored row; 'row' is how it stood.  An illegal move is E_INTERNAL; a claim
 * that is gone, E_CONFLICT. */
int pipeline_advance(struct tx *tx, const struct pipeline_row *row,
	const struct pipeline_move *move, struct err *err);

#endif
