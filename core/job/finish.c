/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The end of a run, and its checkpoints: one transaction each, behind the fence that
 * the row still runs under this lease.  What an end is, is decided on the job worker; it
 * is written by the dispatcher, with others.  Checkpoints on a host-call thread.
 */
#include "config.h"

#include <string.h>

#include <sodium.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/job/job_private.h"
#include "core/storage/integration.h"
#include "core/storage/ledger.h"
#include "core/storage/store.h"
#include "core/webhook/webhook.h"

/* Effects that intake's table of integrations depends on. */
static bool touches_integrations(const json_t *effects)
{
	static const char *const types[] = {MORTISE_EFFECT_INTEGRATION_PUT,
		MORTISE_EFFECT_INTEGRATION_PATCH, MORTISE_EFFECT_INTEGRATION_STATUS,
		MORTISE_EFFECT_CONFIG_PATCH};
	size_t index;
	json_t *effect;

	json_array_foreach(effects, index, effect) {
		const char *type = json_string_value(json_object_get(effect, "type"));

		for (size_t i = 0; type && i < lengthof(types); i++)
			if (strcmp(type, types[i]) == 0)
				return true;
	}
	return false;
}

static void forget_integrations(struct job_run *run, const json_t *effects)
{
	if (run->daemon->webhooks && touches_integrations(effects))
		webhooks_forget_all(run->daemon->webhooks);
}

/* The operator is told with the integration, and the next install makes it right. */
static int mark_identity(struct tx *tx, const struct job_work *work, struct err *err)
{
	cleanup_integration struct integration integration = {0};
	int result = integration_get(tx, work->run.integration_id, &integration, err);

	if (result < 0)
		return result;
	result = integration_set_status(tx, integration.id, integration.status,
		"its credentials are no longer valid; install it again", work->end.now_us, err);
	return result < 0 ? result : 0;
}

int job_work_end(struct tx *tx, struct job_work *work, struct err *err)
{
	const struct job_row *row = &work->row;
	const struct job_end *end = &work->end;
	int result = job_end(tx, end, err);

	work->lost = result == 0;
	if (result <= 0)
		return result;
	result = end->status != JOB_WAITING ? job_release(tx, row, err) : 0;
	if (result == 0 && work->effects)
		result = effects_apply(tx, &work->context, work->effects, err);
	if (result == 0 && end->status != JOB_WAITING && work->run.settle)
		result = work->run.settle(tx, &work->run, end, err);
	if (result == 0 && end->status == JOB_DONE)
		result = ledger_settle_job(tx, row->id, end->now_us, err);
	if (result >= 0 && work->gate_us > 0 && row->external_id)
		result = integration_set_gate(tx, row->integration_id, work->gate_us, err);
	if (result >= 0 && work->identity_gone)
		result = mark_identity(tx, work, err);
	return result < 0 ? result : 0;
}

/* ---- What becomes of it ---- */

static bool is_ending(struct jobs *jobs)
{
	bool ending;

	pthread_mutex_lock(&jobs->lock);
	ending = jobs->ending;
	pthread_mutex_unlock(&jobs->lock);
	return ending;
}

static void set_end(struct job_work *work, int code)
{
	struct job_run *run = &work->run;
	struct job_verdict verdict = {
		.code = code,
		.retry_at_ms = work->err.retry_at_ms,
		.death = code == 0 ? CALL_DEATH_NONE : run->death,
		.refused = work->refused,
		.ending = is_ending(work->jobs),
	};

	work->code = code;
	work->end.id = run->id;
	work->end.lease = run->lease;
	job_decide(&work->policy, &work->row, &verdict, clock_now_us(), randombytes_random(),
		&work->end, &work->gate_us);
	work->end.code = err_meaning(code)->name;
	work->end.outcome = code == 0 ? run->outcome : err_text(&work->err);
	work->identity_gone = code == MORTISE_E_IDENTITY && work->row.external_id;
	work->effects = code == 0 ? run->effects : NULL;
}

void job_work_refuse(struct job_work *work, struct err *why)
{
	err_move(&work->err, why);
	work->refused = true;
	work->run.settle = NULL;
	log_error("plugin.refused", LOG_INT("job", work->run.id),
		LOG_TEXT("task", work->run.task), LOG_TEXT("reason", err_text(&work->err)));
	set_end(work, MORTISE_E_INTERNAL);
}

static int check_effects(struct job_work *work, struct err *err)
{
	struct job_run *run = &work->run;

	work->context = (struct effect_context){.scope = &run->scope,
		.vault = run->daemon->vault, .now_us = clock_now_us(), .job_id = run->id};
	if (json_array_size(run->effects) == 0) {
		json_decref(run->effects);
		run->effects = NULL;
		return 0;
	}
	if (run->scope.kind == 0)
		return err_set(err, MORTISE_E_INTERNAL, "this task may not have effects");
	return effects_check(&work->context, run->effects, err);
}

void job_work_decide(struct job_work *work, int code)
{
	cleanup_err struct err err = {0};

	jobs_clock_stamp(work);
	if (code == 0 && check_effects(work, &err) < 0)
		job_work_refuse(work, &err);
	else
		set_end(work, code);
}

/* The row is as it was before it was picked. */
void job_work_give_back(struct job_work *work)
{
	const struct job_row *row = &work->row;

	work->given_back = true;
	work->end = (struct job_end){
		.id = row->id,
		.lease = work->run.lease,
		.status = JOB_WAITING,
		.not_before_us = row->not_before_us,
		.attempts = row->attempts,
		.faults = row->faults,
		.strikes = row->strikes,
		.solo = row->solo,
		.code = row->code,
		.outcome = row->outcome,
	};
}

static void log_end(const struct job_work *work)
{
	static const char *const events[] = {
		[JOB_WAITING] = "job.retried",
		[JOB_DONE] = "job.done",
		[JOB_HALTED] = "job.halted",
		[JOB_DEAD] = "job.dead",
	};
	const struct job_run *run = &work->run;
	int level = work->code == 0 ? MORTISE_LOG_DEBUG : err_meaning(work->code)->log_level;

	if (work->end.status == JOB_DEAD && level > MORTISE_LOG_WARNING)
		level = MORTISE_LOG_WARNING;
	log_at(level, events[work->end.status], LOG_INT("job", run->id),
		LOG_TEXT("task", run->task), LOG_INT("integration", run->integration_id),
		LOG_INT("webhook", run->webhook_id), LOG_INT("attempt", run->attempt),
		LOG_TEXT("code", work->end.code),
		LOG_INT("elapsed_ms", clock_mono_ms() - run->started_ms));
}

void job_work_ended(struct job_work *work)
{
	if (work->lost) {
		log_warning("job.lost", LOG_INT("job", work->run.id), LOG_TEXT("task", work->run.task));
		return;
	}
	if (work->given_back)
		return;
	log_end(work);
	if (work->identity_gone)
		log_warning("integration.credentials_invalid",
			LOG_INT("integration", work->run.integration_id),
			LOG_INT("job", work->run.id));
	if (work->effects)
		forget_integrations(&work->run, work->effects);
	/* They would all be told to wait. */
	if (work->gate_us > 0)
		jobs_ready_give_back(work->jobs, work->run.integration_id);
}

/* ---- Checkpoints ---- */

struct checkpoint {
	struct job_run *run;
	struct effect_context context;
	const json_t *effects;
	char *cursor;
	int64_t lease_until_us;
};

static int checkpoint_in(struct tx *tx, void *arg, struct err *err)
{
	struct checkpoint *checkpoint = arg;
	struct job_run *run = checkpoint->run;
	int result = job_save_cursor(tx, run->id, run->lease, checkpoint->cursor,
		checkpoint->lease_until_us, err);

	if (result == 0)
		return err_set(err, MORTISE_E_CANCELLED,
			"job %lld no longer runs under this lease", (long long)run->id);
	if (result > 0)
		result = effects_apply(tx, &checkpoint->context, checkpoint->effects, err);
	if (result >= 0)
		result = ledger_settle_job(tx, run->id, checkpoint->context.now_us, err);
	return result < 0 ? result : 0;
}

/* What a checkpoint gives: another stretch, within the task's total. */
static int64_t next_stretch_ms(const struct job_run *run)
{
	int64_t total_ms = run->policy->total_ms > 0 ? run->policy->total_ms : run->deadline_ms;
	int64_t left_ms = run->started_ms + total_ms - clock_mono_ms();

	if (left_ms > run->deadline_ms)
		left_ms = run->deadline_ms;
	return left_ms > 0 ? left_ms : 0;
}

int job_checkpoint(struct job_run *run, const json_t *effects, const json_t *cursor,
	int64_t *ret_deadline_ms, struct err *err)
{
	int64_t stretch_ms = next_stretch_ms(run), now_us = clock_now_us();
	cleanup_free char *cursor_text = cursor && !json_is_null(cursor) ?
		json_dumps(cursor, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	struct checkpoint checkpoint = {
		.run = run,
		.context = {.scope = &run->scope, .vault = run->daemon->vault, .now_us = now_us,
			.job_id = run->id},
		.effects = effects,
		.cursor = cursor_text,
		.lease_until_us = (clock_mono_ms() + stretch_ms + JOB_LEASE_EXTRA_MS) * 1000,
	};
	int result = effects_check(&checkpoint.context, effects, err);

	if (result == 0)
		result = store_write(run->daemon->store, checkpoint_in, &checkpoint, err);
	if (result < 0)
		return result;
	forget_integrations(run, effects);
	jobs_wake(run->jobs);
	*ret_deadline_ms = stretch_ms;
	return 0;
}
