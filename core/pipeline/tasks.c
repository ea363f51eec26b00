/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What pipelines leave to the job queue: the provider's work after an install, undoing
 * what a failed one made upstream, and ending those that nobody finished.  Job workers.
 */
#include "config.h"
#include "core/pipeline/pipeline.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/job/job.h"
#include "core/pipeline/run.h"
#include "core/storage/ledger.h"
#include "core/storage/store.h"

#define UNDO_DEADLINE_MS 25000
#define SWEEP_EVERY_MS 60000
#define SWEEP_STEP 100
#define DAY_US (INT64_C(24) * 3600 * 1000000)

/* ---- After the install ---- */

static int post_install(struct job_run *run, void *arg, struct err *err)
{
	const char *key = json_string_value(json_object_get(run->payload, "provider"));
	const struct reg_provider *provider = key
		? providers_find(run->daemon->providers, key) : NULL;
	cleanup_json json_t *input = json_pack("{s:O?}", "post_install",
		json_object_get(run->payload, "post_install"));
	cleanup_json json_t *output = NULL;

	(void)arg;
	run->provider_ref = provider;
	if (!provider)
		return err_set(err, MORTISE_E_UNSUPPORTED, "no plugin registers the provider "
			"\"%s\" any more; load its plugin, then retry the job", key ? key : "");
	if (!run->external_id || run->organization_id == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "it was removed again");
	run->scope = (struct call_scope){
		.kind = MORTISE_SCOPE_INSTALL,
		.provider = provider,
		.integration_id = run->integration_id,
		.link_id = run->link_id,
		.organization_id = run->organization_id,
		.external_id = run->external_id,
		.origin = run->origin,
	};
	return provider_call(run->daemon->providers, &(struct call_request){
		.scope = run->scope,
		.callback = "post_install",
		.input = input,
		.deadline_ms = run->deadline_ms,
		.job = run,
		.solo = run->solo,
		.ret_death = &run->death,
	}, &output, &run->effects, err);
}

/* ---- Undoing ---- */

struct undo {
	int64_t id;
	json_t *made;
};

static int made_in(struct tx *tx, void *arg, struct err *err)
{
	struct undo *undo = arg;
	char owner[48];

	json_decref(undo->made);
	undo->made = NULL;
	snprintf(owner, sizeof(owner), "pipeline:%" PRId64, undo->id);
	return ledger_list(tx, owner, &undo->made, err);
}

static int forget_in(struct tx *tx, void *arg, struct err *err)
{
	const struct undo *undo = arg;

	return pipeline_row_forget(tx, undo->id, err);
}

static int undo_call(struct job_run *job, struct pipeline_run *run, const struct undo *undo,
	struct err *err)
{
	cleanup_json json_t *input = json_pack("{s:O}", "made", undo->made);
	cleanup_json json_t *output = NULL;
	cleanup_json json_t *effects = NULL;

	return provider_call(job->daemon->providers, &(struct call_request){
		.scope = pipeline_run_scope(run),
		.callback = "undo",
		.input = input,
		.deadline_ms = UNDO_DEADLINE_MS,
		.solo = job->solo,
		.ret_death = &job->death,
	}, &output, &effects, err);
}

static int undo(struct job_run *job, void *arg, struct err *err)
{
	cleanup_run struct pipeline_run run = {0};
	struct undo what = {.id = json_integer_value(json_object_get(job->payload, "pipeline"))};
	int result;

	(void)arg;
	if (pipeline_run_load_any(&run, job->daemon, what.id, err) < 0 ||
		store_read(job->daemon->store, made_in, &what, err) < 0)
		return err->code;
	if (run.provider && run.provider->provider.undo && json_object_size(what.made) > 0)
		result = undo_call(job, &run, &what, err);
	else
		result = 0;
	json_decref(what.made);
	return result < 0 ? result : store_write(job->daemon->store, forget_in, &what, err);
}

/* ---- Sweeping ---- */

struct sweep {
	int64_t now_us, keep_us;
	int ended;
	bool job;
};

static int expire_in(struct tx *tx, void *arg, struct err *err)
{
	struct sweep *sweep = arg;
	int64_t ids[SWEEP_STEP];
	int len = pipeline_row_expired(tx, sweep->now_us, ids, SWEEP_STEP, err);

	sweep->ended = len;
	sweep->job = false;
	for (int i = 0; i < len; i++) {
		struct pipeline_row row = {0};
		bool job = false;
		int result = pipeline_row_get(tx, ids[i], &row, err);

		if (result == 0)
			result = pipeline_end_in(tx, &row, PIPELINE_EXPIRED, NULL, NULL,
				sweep->now_us, &job, err);
		pipeline_row_clear(&row);
		if (result < 0)
			return result;
		sweep->job |= job;
	}
	return len < 0 ? len : 0;
}

static int prune_in(struct tx *tx, void *arg, struct err *err)
{
	struct sweep *sweep = arg;
	int result = pipeline_row_prune(tx, sweep->now_us - sweep->keep_us, SWEEP_STEP, err);

	sweep->ended = result;
	return result < 0 ? result : 0;
}

static int sweep(struct job_run *job, void *arg, struct err *err)
{
	struct sweep sweep = {
		.now_us = clock_now_us(),
		.keep_us = job->daemon->settings->retention_jobs * DAY_US,
	};
	int64_t expired = 0;

	(void)arg;
	do {
		if (store_write(job->daemon->store, expire_in, &sweep, err) < 0)
			return err->code;
		expired += sweep.ended;
		if (sweep.job)
			jobs_wake(job->daemon->jobs);
	} while (sweep.ended == SWEEP_STEP);
	do {
		if (store_write(job->daemon->store, prune_in, &sweep, err) < 0)
			return err->code;
	} while (sweep.ended == SWEEP_STEP);
	if (expired > 0)
		log_info("pipeline.swept", LOG_INT("expired", expired));
	return 0;
}

/* Of requests that ended with an earlier daemon. */
static int end_claims(struct tx *tx, void *arg, struct err *err)
{
	int result = pipeline_row_end_claims(tx, err);

	(void)arg;
	return result < 0 ? result : 0;
}

int pipelines_setup(struct daemon *daemon, struct err *err)
{
	static const struct job_policy install_policy = {.deadline_ms = 60000};
	static const struct job_policy undo_policy = {.attempts = 5, .deadline_ms = 60000};
	static const struct job_policy sweep_policy = {.attempts = 1};

	jobs_add_task(daemon->jobs, "pipeline.post_install", &install_policy, post_install, NULL);
	jobs_add_task(daemon->jobs, "pipeline.undo", &undo_policy, undo, NULL);
	jobs_add_task(daemon->jobs, "pipeline.sweep", &sweep_policy, sweep, NULL);
	if (store_write(daemon->store, end_claims, NULL, err) < 0)
		return err->code;
	return jobs_add_schedule(daemon->jobs, "pipeline.sweep", SWEEP_EVERY_MS, err);
}
