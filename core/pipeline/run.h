/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * One request's hold on a pipeline: the row, its opened state, the claim.  Request
 * workers; private to core/pipeline.
 */
#ifndef MORTISE_PIPELINE_RUN_H
#define MORTISE_PIPELINE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/pipeline/machine.h"
#include "core/provider/provider.h"
#include "core/storage/pipeline.h"

struct daemon;
struct err;
struct principal;

#define PIPELINE_CLAIM_SIZE 33

struct pipeline_run {
	struct daemon *daemon;
	struct pipeline_row row;
	const struct reg_provider *provider;   /* with a reference */
	json_t *state;             /* what the plugin may read */
	json_t *secrets;           /* slot → text */
	json_t *shown;             /* of the current step: {} until it was entered, then
				    * {"data": what the API shows, "private": {…}} */
	json_t *effects;           /* of this request's calls, applied with the next save */
	char state_hash[65];       /* of the state sent out with the step; "": none */
	int64_t life_us;           /* how long the step may wait; 0: as usual */
	char claim[PIPELINE_CLAIM_SIZE];       /* "": not claimed */
};

#define cleanup_run __attribute__((__cleanup__(pipeline_run_clear)))
void pipeline_run_clear(struct pipeline_run *run);

/* Load a live pipeline of 'principal' ('id' 0: its newest one) and open its state.
 * E_NOT_FOUND if there is none that can go on: it ended, expired, is somebody else's, or
 * the provider's steps changed; an expired or changed one is moved to its end. */
int pipeline_run_load(struct pipeline_run *run, struct daemon *daemon,
	const struct principal *principal, int64_t id, struct err *err);
/* The same for one whose principal does not matter; live or not. */
int pipeline_run_load_any(struct pipeline_run *run, struct daemon *daemon, int64_t id,
	struct err *err);

const struct reg_step *pipeline_run_step(const struct pipeline_run *run);
enum pipeline_state pipeline_run_state(const struct pipeline_run *run);

/* Take the claim; E_CONFLICT if somebody has it or the step was moved meanwhile. */
int pipeline_run_claim(struct pipeline_run *run, struct err *err);
/* Commit state, step, effects and the move; 'keep' goes on under the claim. */
int pipeline_run_save(struct pipeline_run *run, enum pipeline_state to, int64_t step, bool keep,
	struct err *err);
/* End it: failed with 'error', expired or cancelled.  What it made upstream is undone by
 * a job.  With an empty claim, nobody may hold one. */
int pipeline_run_end(struct pipeline_run *run, enum pipeline_state to, const char *error,
	struct err *err);
/* The same inside a transaction, for several rows; sets '*ret_job' if a job was queued. */
int pipeline_end_in(struct tx *tx, const struct pipeline_row *row, enum pipeline_state to,
	const char *held, const char *error, int64_t now_us, bool *ret_job, struct err *err);

/* The scope of its provider calls; borrows from 'run'. */
struct call_scope pipeline_run_scope(const struct pipeline_run *run);
/* Run a callback of the provider; its effects are kept for the next save. */
int pipeline_run_call(struct pipeline_run *run, const char *callback, json_t *input,
	int64_t deadline_ms, json_t **ret_output, struct err *err);
/* Seal what 'run' holds for a row. */
void pipeline_run_seal(const struct pipeline_run *run, unsigned char **ret_sealed,
	size_t *ret_size);
/* A new random state, 64 hex digits; its hash goes to the row with the next save. */
void pipeline_run_new_state(struct pipeline_run *run, char ret_state[65]);
/* Is 'state' the one that was sent out?  Constant time. */
bool pipeline_run_state_matches(const struct pipeline_run *run, const char *state);

#endif
