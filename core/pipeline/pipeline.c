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
#include "core/pipeline/step.h"
#include "core/storage/integration.h"
#include "core/storage/link.h"
#include "core/storage/store.h"

#define MAX_RIVALS 16

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

	json_object_clear(run->shown);
	run->state_hash[0] = '\0';
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

struct start {
	struct pipeline_row row;
	const struct reg_provider *provider;
	int64_t now_us;
	bool job;
};

/* What must hold before a pipeline may start, as far as the store knows it. */
static int start_allowed(struct tx *tx, const struct start *start, struct err *err)
{
	bool installed = false;

	if (start->row.integration_id) {
		cleanup_link struct link link = {0};
		cleanup_integration struct integration integration = {0};

		if (link_find(tx, start->row.organization_id, start->row.integration_id, &link,
			    err) < 0 ||
			integration_get(tx, start->row.integration_id, &integration, err) < 0)
			return err->code;
		if (strcmp(integration.provider, reg_row_key(start->provider)) != 0)
			return err_set(err, MORTISE_E_NOT_FOUND,
				"this integration belongs to another provider");
		return 0;
	}
	if (!(start->provider->provider.flags & MORTISE_PROVIDER_SINGLE))
		return 0;
	if (link_exists(tx, start->row.organization_id, reg_row_key(start->provider), false,
		    &installed, err) < 0)
		return err->code;
	if (installed)
		return err_set(err, MORTISE_E_SETTINGS,
			"%s is installed already; this organization can have it once",
			start->provider->provider.name);
	return 0;
}

static int start_in(struct tx *tx, void *arg, struct err *err)
{
	struct start *start = arg;
	struct pipeline_row *row = &start->row;
	int64_t rivals[MAX_RIVALS];
	int len;

	start->job = false;
	if (start_allowed(tx, start, err) < 0)
		return err->code;
	len = pipeline_row_rivals(tx, row->organization_id, row->provider, row->principal, rivals,
		MAX_RIVALS, err);
	for (int i = 0; i < len; i++) {
		struct pipeline_row rival = {0};
		bool job;
		int result = pipeline_row_get(tx, rivals[i], &rival, err);

		/* The newest start wins, also over a request that is moving the old one: its
		 * claim is gone when it wants to save. */
		if (result == 0)
			result = pipeline_end_in(tx, &rival, PIPELINE_CANCELLED, rival.claim, NULL,
				start->now_us, &job, err);
		pipeline_row_clear(&rival);
		if (result < 0)
			return result;
		start->job |= job;
	}
	return len < 0 ? len : pipeline_row_insert(tx, row, err);
}

/* The state that a pipeline begins with: the provider's arrival parameters, no others. */
static int initial_state(const struct reg_provider *provider, const json_t *initial,
	json_t **ret_state, struct err *err)
{
	if (provider->arrival_len == 0 || !json_is_object(initial)) {
		*ret_state = json_object();
		return 0;
	}
	return step_fields_check(provider->arrivals, provider->arrival_len, initial, ret_state, err);
}

static int start_provider(struct daemon *daemon, const char *key,
	const struct reg_provider **ret_provider, struct err *err)
{
	const struct reg_provider *provider = providers_find(daemon->providers, key);
	const char *unset;

	/* An install that began at the provider knows only the name in the URL. */
	if (!provider)
		provider = providers_find_slug(daemon->providers, key);
	*ret_provider = provider;
	if (!provider)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no provider \"%s\"", key);
	if (!(provider->provider.flags & MORTISE_PROVIDER_CAN_ADD))
		return err_set(err, MORTISE_E_NOT_FOUND,
			"\"%s\" cannot be installed from here; start at its own site", key);
	unset = provider_unset(daemon, provider);
	if (unset)
		return err_set(err, MORTISE_E_SETTINGS, "%s is not configured: set providers.%s.%s%s",
			provider->provider.name, provider->provider.key, unset,
			reg_setting(provider, unset)->flags & MORTISE_SETTING_SECRET ? "_file" : "");
	return 0;
}

/* The row of a new pipeline, and the run that goes on with it. */
static int start_write(struct pipeline_run *run, const struct principal *principal,
	int64_t integration_id, struct err *err)
{
	cleanup_free unsigned char *sealed = NULL;
	size_t sealed_size;
	char signature[65];
	struct start start = {.provider = run->provider, .now_us = clock_now_us()};
	int result;

	randombytes_buf(run->row.uid, sizeof(run->row.uid));
	reg_step_signature(run->provider, signature);
	pipeline_run_seal(run, &sealed, &sealed_size);
	run->row.organization_id = principal->organization_id;
	run->row.principal = xstrdup(principal->origin);
	run->row.provider = xstrdup(run->provider->provider.key);
	run->row.kind = xstrdup(integration_id ? "reauth" : "install");
	run->row.status = xstrdup(pipeline_state_name(PIPELINE_ACTIVE));
	run->row.signature = xstrdup(signature);
	run->row.integration_id = integration_id;
	run->row.added_at = run->row.updated_at = start.now_us;
	run->row.expires_at = start.now_us + PIPELINE_LIFE_US;
	start.row = run->row;
	start.row.sealed = sealed;
	start.row.sealed_size = sealed_size;
	result = store_write(run->daemon->store, start_in, &start, err);
	if (result < 0)
		return result;
	run->row.id = start.row.id;
	if (start.job)
		jobs_wake(run->daemon->jobs);
	log_info("pipeline.started", LOG_INT("pipeline", run->row.id),
		LOG_TEXT("provider", run->row.provider), LOG_TEXT("kind", run->row.kind),
		LOG_INT("organization", run->row.organization_id));
	return 0;
}

int pipeline_start(struct daemon *daemon, const struct principal *principal,
	const char *provider, const json_t *initial, int64_t integration_id,
	struct pipeline_reply *ret_reply, struct err *err)
{
	cleanup_run struct pipeline_run run = {.daemon = daemon};

	if (start_provider(daemon, provider, &run.provider, err) < 0 ||
		initial_state(run.provider, initial, &run.state, err) < 0)
		return err->code;
	run.secrets = json_object();
	run.shown = json_object();
	run.effects = json_array();
	if (start_write(&run, principal, integration_id, err) < 0 ||
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

	if (result == 0)
		result = answer_verify(run, step, clean, err);
	if (result < 0) {
		json_decref(run->state);
		run->state = steal(&state);
		json_decref(run->secrets);
		run->secrets = steal(&secrets);
		if (kind->leaves) {
			json_object_clear(run->shown);
			run->state_hash[0] = '\0';
		}
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

	json_object_clear(run->shown);
	run->state_hash[0] = '\0';
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
	if (kind->check(run, step, answer, &clean, err) < 0 || pipeline_run_claim(run, err) < 0)
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
