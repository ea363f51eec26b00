/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * How a request moves a pipeline: load, check the answer, claim, take it, walk to the
 * next step that has something to ask, save.  Request workers.
 */
#include "config.h"
#include "core/pipeline/pipeline.h"

#include <string.h>

#include <sodium.h>

#include "core/access/access.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/job/job.h"
#include "core/pipeline/finish.h"
#include "core/pipeline/start.h"
#include "core/pipeline/step.h"
#include "core/storage/store.h"

/* ---- What the API shows ---- */

static json_t *run_info(const struct pipeline_run *run)
{
	const struct reg_step *step = pipeline_run_step(run);
	const struct step_kind *kind = NULL;
	json_t *data = json_object_get(run->shown, "data");
	json_t *info = json_pack("{s:I, s:i, s:i, s:s, s:s, s:s}", "id", (json_int_t)run->row.id,
		"stepIndex", (int)run->row.step, "totalSteps", (int)run->provider->step_len,
		"provider", run->row.provider, "providerSlug", reg_slug(run->provider),
		"pipelineStatus", run->row.status);

	if (step && step_kind_find(step, &kind, NULL) == 0) {
		json_object_set_new(info, "step", json_string(step->step.name));
		json_object_set_new(info, "kind", json_string(kind->name));
		json_object_set_new(info, "dataKey", json_string(step_data_key(kind, step)));
		if (step->step.answer_key)
			json_object_set_new(info, "answerKey",
				json_string(step->step.answer_key));
	} else {
		json_object_set_new(info, "step", json_null());
	}
	json_object_set_new(info, "data", data ? json_deep_copy(data) : json_object());
	return info;
}

static void reply_shown(const struct pipeline_run *run, enum pipeline_outcome outcome,
	struct pipeline_reply *ret_reply)
{
	*ret_reply = (struct pipeline_reply){
		.outcome = outcome,
		.info = run_info(run),
		.pipeline_id = run->row.id,
	};
}

/* ---- Walking ---- */

/* Under the claim: the provider builds, and everything is made in one transaction. */
static int run_finish(struct pipeline_run *run, struct pipeline_reply *ret_reply,
	struct err *err)
{
	int64_t link_id;

	if (pipeline_finish(run, &link_id, err) < 0)
		return err->code;
	*ret_reply = (struct pipeline_reply){
		.outcome = PIPELINE_COMPLETED,
		.pipeline_id = run->row.id,
		.link_id = link_id,
	};
	return 0;
}

/* What was shown, and what came with it, does not count any more. */
static void run_unshow(struct pipeline_run *run)
{
	json_object_clear(run->shown);
	run->state_hash[0] = '\0';
	run->life_us = 0;
}

/* Give the claim back after a failure that leaves the step waiting; 'err' keeps the
 * failure's own words. */
static void run_release(struct pipeline_run *run)
{
	cleanup_err struct err ignored = {0};

	json_array_clear(run->effects);
	/* If this fails the claim runs out by itself. */
	(void)pipeline_run_save(run, pipeline_run_state(run), run->row.step, false, &ignored);
}

/* Fill run->shown for the step; 1 to skip it. */
static int step_enter(struct pipeline_run *run, const struct reg_step *step, struct err *err)
{
	const struct step_kind *kind;
	cleanup_json json_t *data = json_object();
	cleanup_json json_t *private = json_object();
	int result;

	if (step_skipped(run, step))
		return 1;
	if (step_kind_find(step, &kind, err) < 0)
		return err->code;
	result = kind->enter(run, step, data, private, err);
	if (result != 0) {
		run->state_hash[0] = '\0';
		return result;
	}
	json_object_set(run->shown, "data", data);
	json_object_set(run->shown, "private", private);
	return 0;
}

/* Under the claim, from the current step on: show the first one that has something to
 * ask, or finish. */
static int run_walk(struct pipeline_run *run, enum pipeline_outcome outcome,
	struct pipeline_reply *ret_reply, struct err *err)
{
	int64_t at = run->row.step;

	run_unshow(run);
	for (; (size_t)at < run->provider->step_len; at++) {
		int result = step_enter(run, &run->provider->steps[at], err);

		if (result == 1)
			continue;
		if (result < 0) {
			run_release(run);
			return result;
		}
		if (pipeline_run_save(run, PIPELINE_ACTIVE, at, false, err) < 0)
			return err->code;
		reply_shown(run, outcome, ret_reply);
		return 0;
	}
	if (pipeline_run_save(run, PIPELINE_FINISHING, at, true, err) < 0)
		return err->code;
	return run_finish(run, ret_reply, err);
}

/* ---- Starting ---- */

int pipeline_start(struct daemon *daemon, const struct principal *principal,
	const char *provider, const json_t *initial, int64_t integration_id,
	struct pipeline_reply *ret_reply, struct err *err)
{
	cleanup_run struct pipeline_run run = {.daemon = daemon};

	if (pipeline_run_begin(&run, principal, provider, initial, integration_id, err) < 0 ||
		pipeline_run_claim(&run, err) < 0)
		return err->code;
	return run_walk(&run, PIPELINE_SHOWN, ret_reply, err);
}

/* ---- Showing and answering ---- */

static bool run_is_shown(const struct pipeline_run *run)
{
	return json_object_get(run->shown, "data") != NULL;
}

int pipeline_show(struct daemon *daemon, const struct principal *principal, int64_t id,
	struct pipeline_reply *ret_reply, struct err *err)
{
	cleanup_run struct pipeline_run run = {0};

	if (pipeline_run_load(&run, daemon, principal, id, err) < 0)
		return err->code;
	if (run_is_shown(&run) || pipeline_run_state(&run) == PIPELINE_FINISHING) {
		reply_shown(&run, PIPELINE_SHOWN, ret_reply);
		return 0;
	}
	/* What this step shows could not be had when it was reached, or its state has been
	 * used up. */
	if (pipeline_run_claim(&run, err) < 0)
		return err->code;
	return run_walk(&run, PIPELINE_SHOWN, ret_reply, err);
}

/* Credentials go to the origin that a user typed, so no callback may put another there. */
static int check_typed(const struct pipeline_run *run, const json_t *more, struct err *err)
{
	for (size_t i = 0; i < run->provider->step_len; i++) {
		const struct reg_step *step = &run->provider->steps[i];

		for (size_t j = 0; j < step->field_len; j++) {
			const struct mortise_field *field = &step->fields[j];
			const char *key = step->step.save_as ? step->step.save_as : field->name;

			if ((field->flags & MORTISE_FIELD_ORIGIN) && json_object_get(more, key))
				return err_set(err, MORTISE_E_INTERNAL,
					"a check of %s changed \"%s\", where the address stands that "
					"the user typed", run->row.provider, key);
		}
	}
	return 0;
}

/* Give the answer to the provider's check callback, if the step has one.  1: the step
 * keeps waiting. */
static int answer_verify(struct pipeline_run *run, const struct reg_step *step, json_t *clean,
	struct err *err)
{
	cleanup_free char *callback = xasprintf("step:%s:check", step->step.name);
	cleanup_json json_t *input = NULL;
	cleanup_json json_t *output = NULL;
	json_t *more;

	if (!step->step.check)
		return 0;
	input = json_pack("{s:O, s:O}", "answer", clean, "state", run->state);
	if (pipeline_run_call(run, callback, input, STEP_CHECK_DEADLINE_MS, &output, err) < 0)
		return err->code;
	more = json_object_get(output, "state");
	if (more && !json_is_object(more))
		return err_set(err, MORTISE_E_INTERNAL,
			"the check of step \"%s\" of %s gave a state that is no object",
			step->step.name, run->row.provider);
	if (check_typed(run, more, err) < 0)
		return err->code;
	json_object_update(run->state, more);
	return json_is_true(json_object_get(output, "stay")) ? 1 : 0;
}

/* Under the claim: take the answer and have it checked.  A failure leaves state and
 * secrets as they were; what was sent out with a step that leaves is used up. */
static int answer_take(struct pipeline_run *run, const struct reg_step *step,
	const struct step_kind *kind, json_t *clean, struct err *err)
{
	cleanup_json json_t *state = json_deep_copy(run->state);
	cleanup_json json_t *secrets = json_deep_copy(run->secrets);
	int result = kind->take(run, step, clean, err);

	if (result == 0) {
		step_fields_fill(step->fields, step->field_len, run->secrets);
		result = answer_verify(run, step, clean, err);
	}
	if (result < 0) {
		json_decref(run->state);
		run->state = steal(&state);
		json_decref(run->secrets);
		run->secrets = steal(&secrets);
		if (kind->leaves)
			run_unshow(run);
		run_release(run);
	}
	return result;
}

/* The provider accepted the answer: commit that first, so that nothing later can lose a
 * code that was exchanged. */
static int run_next(struct pipeline_run *run, struct pipeline_reply *ret_reply,
	struct err *err)
{
	int64_t next = run->row.step + 1;
	bool last = (size_t)next >= run->provider->step_len;

	run_unshow(run);
	if (pipeline_run_save(run, last ? PIPELINE_FINISHING : PIPELINE_ACTIVE, next, true,
		    err) < 0)
		return err->code;
	log_info("pipeline.advanced", LOG_INT("pipeline", run->row.id),
		LOG_TEXT("provider", run->row.provider), LOG_INT("step", next));
	if (last)
		return run_finish(run, ret_reply, err);
	return run_walk(run, PIPELINE_ADVANCED, ret_reply, err);
}

static int run_answer(struct pipeline_run *run, const json_t *answer,
	struct pipeline_reply *ret_reply, struct err *err)
{
	const struct reg_step *step = pipeline_run_step(run);
	const struct step_kind *kind;
	cleanup_json json_t *clean = NULL;
	int result;

	if (!step || step_kind_find(step, &kind, err) < 0)
		return err_set(err, MORTISE_E_INTERNAL, "this install stands at no step");
	if (!run_is_shown(run))
		return err_set(err, MORTISE_E_CONFLICT,
			"this step has not been shown yet, or its last answer was used up; reload it");
	result = kind->check(run, step, answer, &clean, err);
	if (result == 1)
		reply_shown(run, PIPELINE_STAYS, ret_reply);
	if (result != 0)
		return result < 0 ? result : 0;
	if (pipeline_run_claim(run, err) < 0)
		return err->code;
	result = answer_take(run, step, kind, clean, err);
	if (result < 0)
		return result;
	if (result == 1)
		return run_walk(run, PIPELINE_STAYS, ret_reply, err);
	return run_next(run, ret_reply, err);
}

int pipeline_answer(struct daemon *daemon, const struct principal *principal, int64_t id,
	const json_t *answer, struct pipeline_reply *ret_reply, struct err *err)
{
	cleanup_run struct pipeline_run run = {0};

	if (pipeline_run_load(&run, daemon, principal, id, err) < 0)
		return err->code;
	if (pipeline_run_state(&run) == PIPELINE_ACTIVE)
		return run_answer(&run, answer, ret_reply, err);
	/* All answers are there: an earlier attempt to build ended on the way. */
	if (pipeline_run_claim(&run, err) < 0)
		return err->code;
	return run_finish(&run, ret_reply, err);
}

/* ---- Ending and listing ---- */

int pipeline_cancel(struct daemon *daemon, const struct principal *principal, int64_t id,
	struct err *err)
{
	cleanup_run struct pipeline_run run = {0};
	int result;

	if (principal)
		result = pipeline_run_load(&run, daemon, principal, id, err);
	else
		result = pipeline_run_load_any(&run, daemon, id, err);
	if (result < 0)
		return result;
	if (!pipeline_state_live(pipeline_run_state(&run)))
		return err_set(err, MORTISE_E_CONFLICT, "this install has ended already (%s)",
			run.row.status);
	return pipeline_run_end(&run, PIPELINE_CANCELLED, NULL, err);
}

struct describe {
	int limit;
	json_t *list;
};

static void describe_row(const struct pipeline_row *row, void *arg)
{
	struct describe *describe = arg;
	char added[CLOCK_TEXT_SIZE], expires[CLOCK_TEXT_SIZE];

	json_array_append_new(describe->list, json_pack(
		"{s:I, s:I, s:s, s:s, s:s, s:s, s:I, s:s?, s:s, s:s}", "id", (json_int_t)row->id,
		"organization", (json_int_t)row->organization_id, "provider", row->provider,
		"kind", row->kind, "principal", row->principal, "status", row->status, "step",
		(json_int_t)row->step, "error", row->error, "added",
		clock_format(row->added_at, added), "expires",
		clock_format(row->expires_at, expires)));
}

static int describe_in(struct tx *tx, void *arg, struct err *err)
{
	struct describe *describe = arg;

	json_decref(describe->list);
	describe->list = json_array();
	return pipeline_row_each(tx, describe->limit, describe_row, describe, err);
}

int pipeline_describe(struct daemon *daemon, int limit, json_t **ret_list, struct err *err)
{
	struct describe describe = {.limit = limit};

	if (store_read(daemon->store, describe_in, &describe, err) < 0) {
		json_decref(describe.list);
		return err->code;
	}
	*ret_list = describe.list;
	return 0;
}
