/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The end of a run, and its checkpoints: one transaction each, behind the fence that
 * the row still runs under this lease.  Job worker; checkpoints on a host-call thread.
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

#define WRITE_AGAIN_MS 500

struct finish {
	struct job_run *run;
	struct job_end end;
	struct effect_context context;
	const json_t *effects;         /* NULL: none are applied */
	int64_t gate_us;
	bool identity_gone;
	/* Set anew at each run: */
	bool lost;
};

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
static int mark_identity(struct tx *tx, const struct finish *finish, struct err *err)
{
	cleanup_integration struct integration integration = {0};
	int result = integration_get(tx, finish->run->integration_id, &integration, err);

	if (result < 0)
		return result;
	result = integration_set_status(tx, integration.id, integration.status,
		"its credentials are no longer valid; install it again", finish->end.now_us, err);
	return result < 0 ? result : 0;
}

static int finish_in(struct tx *tx, void *arg, struct err *err)
{
	struct finish *finish = arg;
	const struct job_row *row = finish->run->row;
	int result = job_end(tx, &finish->end, err);

	finish->lost = result == 0;
	if (result <= 0)
		return result;
	result = finish->end.status != JOB_WAITING ? job_release(tx, row, err) : 0;
	if (result == 0 && finish->effects)
		result = effects_apply(tx, &finish->context, finish->effects, err);
	if (result == 0 && finish->end.status != JOB_WAITING && finish->run->settle)
		result = finish->run->settle(tx, finish->run, &finish->end, err);
	if (result == 0 && finish->end.status == JOB_DONE)
		result = ledger_settle_job(tx, row->id, finish->end.now_us, err);
	if (result >= 0 && finish->gate_us > 0 && row->external_id)
		result = integration_set_gate(tx, row->integration_id, finish->gate_us, err);
	if (result >= 0 && finish->identity_gone)
		result = mark_identity(tx, finish, err);
	return result < 0 ? result : 0;
}

/* Write until the store takes it, as long as the lease stands: the reply is applied
 * again without a second call. */
static int write_end(struct finish *finish, struct err *err)
{
	struct job_run *run = finish->run;
	int64_t until_ms = run->started_ms + run->jobs->lease_ms;

	for (;;) {
		int result;

		err_clear(err);
		result = store_write(run->daemon->store, finish_in, finish, err);
		if (result != MORTISE_E_RETRY || clock_mono_ms() > until_ms ||
			!jobs_rest(run->jobs, WRITE_AGAIN_MS))
			return result;
	}
}

static bool is_ending(struct jobs *jobs)
{
	bool ending;

	pthread_mutex_lock(&jobs->lock);
	ending = jobs->ending;
	pthread_mutex_unlock(&jobs->lock);
	return ending;
}

static void decide(struct finish *finish, int code, bool refused, const struct err *err)
{
	struct job_run *run = finish->run;
	struct job_verdict verdict = {
		.code = code,
		.retry_at_ms = err->retry_at_ms,
		.death = code == 0 ? CALL_DEATH_NONE : run->death,
		.refused = refused,
		.ending = is_ending(run->jobs),
	};

	job_decide(run->policy, run->row, &verdict, clock_now_us(), randombytes_random(),
		&finish->end, &finish->gate_us);
	finish->end.code = err_meaning(code)->name;
	finish->end.outcome = code == 0 ? run->outcome : err_text(err);
	finish->identity_gone = code == MORTISE_E_IDENTITY && run->row->external_id;
	finish->effects = code == 0 ? run->effects : NULL;
}

static void log_end(const struct finish *finish, int code)
{
	static const char *const events[] = {
		[JOB_WAITING] = "job.retried",
		[JOB_DONE] = "job.done",
		[JOB_HALTED] = "job.halted",
		[JOB_DEAD] = "job.dead",
	};
	const struct job_run *run = finish->run;
	int level = code == 0 ? MORTISE_LOG_DEBUG : err_meaning(code)->log_level;

	if (finish->end.status == JOB_DEAD && level > MORTISE_LOG_WARNING)
		level = MORTISE_LOG_WARNING;
	log_at(level, events[finish->end.status], LOG_INT("job", run->id),
		LOG_TEXT("task", run->task), LOG_INT("integration", run->integration_id),
		LOG_INT("webhook", run->webhook_id), LOG_INT("attempt", run->attempt),
		LOG_TEXT("code", finish->end.code),
		LOG_INT("elapsed_ms", clock_mono_ms() - run->started_ms));
}

/* Commit one way to end; returns what the store said. */
static int end_with(struct finish *finish, int code, bool refused, struct err *err)
{
	cleanup_err struct err store_err = {0};
	int result;

	decide(finish, code, refused, err);
	result = write_end(finish, &store_err);
	if (result == 0 && finish->lost) {
		log_warning("job.lost", LOG_INT("job", finish->run->id),
			LOG_TEXT("task", finish->run->task));
	} else if (result == 0) {
		log_end(finish, code);
		if (finish->identity_gone)
			log_warning("integration.credentials_invalid",
				LOG_INT("integration", finish->run->integration_id),
				LOG_INT("job", finish->run->id));
		if (finish->effects)
			forget_integrations(finish->run, finish->effects);
	} else {
		err_clear(err);
		err_move(err, &store_err);
	}
	return result;
}

/* What a reply wants cannot be written, and would not be the next time. */
static void refuse_effects(struct finish *finish, struct err *err)
{
	finish->run->settle = NULL;
	log_error("plugin.refused", LOG_INT("job", finish->run->id),
		LOG_TEXT("task", finish->run->task), LOG_TEXT("reason", err_text(err)));
	(void)end_with(finish, MORTISE_E_INTERNAL, true, err);
}

static int check_effects(struct finish *finish, struct err *err)
{
	struct job_run *run = finish->run;

	if (json_array_size(run->effects) == 0) {
		json_decref(run->effects);
		run->effects = NULL;
		return 0;
	}
	if (run->scope.kind == 0)
		return err_set(err, MORTISE_E_INTERNAL, "this task may not have effects");
	return effects_check(&finish->context, run->effects, err);
}

void job_finish(struct job_run *run, int result, struct err *err)
{
	struct finish finish = {
		.run = run,
		.end = {.id = run->id, .lease = run->lease},
		.context = {.scope = &run->scope, .vault = run->daemon->vault,
			.now_us = clock_now_us(), .job_id = run->id},
	};
	int written;

	if (result == 0 && check_effects(&finish, err) < 0) {
		refuse_effects(&finish, err);
		return;
	}
	written = end_with(&finish, result, false, err);
	/* Unwritten after all, it is left to the end of its lease. */
	if (written == MORTISE_E_RETRY)
		log_error("job.unwritten", LOG_INT("job", run->id), LOG_TEXT("task", run->task),
			LOG_TEXT("reason", err_text(err)));
	else if (written < 0)
		refuse_effects(&finish, err);
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
