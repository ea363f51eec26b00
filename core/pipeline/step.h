/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The kinds of install steps: one table of three functions per kind.  Request workers;
 * private to core/pipeline.
 */
#ifndef MORTISE_PIPELINE_STEP_H
#define MORTISE_PIPELINE_STEP_H

#include <jansson.h>

#include "core/pipeline/run.h"

struct buf;

#define STEP_URL_MAX 8192
#define STEP_SHOW_DEADLINE_MS 10000
#define STEP_CHECK_DEADLINE_MS 25000

struct step_kind {
	int kind;                  /* MORTISE_STEP_ */
	const char *name;          /* as the API shows it */
	const char *data_key;      /* where its data stands unless the step says */
	/* Under the claim: fill 'data', which the API shows, and 'private', which is kept
	 * sealed.  1: there is nothing to ask, skip the step. */
	int (*enter)(struct pipeline_run *run, const struct reg_step *step, json_t *data,
		json_t *private, struct err *err);
	/* Before the claim: is the answer well formed and ours?  Changes nothing.  On 0,
	 * '*ret_clean' is what take gets.  1: what the step waits for has yet to happen. */
	int (*check)(const struct pipeline_run *run, const struct reg_step *step,
		const json_t *answer, json_t **ret_clean, struct err *err);
	/* Under the claim: put the answer into state and secrets.  'clean' goes on to the
	 * provider's check callback and must hold no secret when this returns. */
	int (*take)(struct pipeline_run *run, const struct reg_step *step, json_t *clean,
		struct err *err);
	/* What was shown holds a state that a failed attempt uses up. */
	bool leaves;
};

extern const struct step_kind step_form, step_choice, step_confirm, step_oauth2, step_redirect,
	step_oauth1, step_external;

/* E_INTERNAL for a kind that we do not know. */
int step_kind_find(const struct reg_step *step, const struct step_kind **ret_kind,
	struct err *err);
/* Does its skip_when say that it is not needed? */
bool step_skipped(const struct pipeline_run *run, const struct reg_step *step);
const char *step_data_key(const struct step_kind *kind, const struct reg_step *step);
const char *step_answer_key(const struct reg_step *step, const char *otherwise);
/* The redirect URL of this provider: public_url/extensions/SLUG/setup/; a new string. */
char *step_redirect_uri(const struct pipeline_run *run);
/* Put a parameter behind a URL, percent-encoded. */
void step_query_add(struct buf *url, const char *name, const char *value);

/* ---- Fields: forms, parameters that come back, arrivals ---- */

/* Check 'values' against 'fields' into '*ret_clean' (only declared ones, with defaults; a
 * boolean without one is false).  Adds an error for every wrong one; then E_FIELD.
 * Random ones are no input. */
int step_fields_check(const struct mortise_field *fields, size_t len, const json_t *values,
	json_t **ret_clean, struct err *err);
/* How the API shows them: [{"name","type","label",…}]; nobody is asked for random ones. */
json_t *step_fields_describe(const struct mortise_field *fields, size_t len);
/* Make the random ones that 'secrets' lacks. */
void step_fields_fill(const struct mortise_field *fields, size_t len, json_t *secrets);

#endif
