/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* One run of a job, from its leased row to its end.  Made and freed by the dispatcher, run
 * on a job worker. */
#include "config.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/job/job_private.h"

static const struct job_task *find_task(const struct jobs *jobs, const char *name)
{
	for (size_t i = 0; i < jobs->task_len; i++)
		if (strcmp(jobs->tasks[i].name, name) == 0)
			return &jobs->tasks[i];
	return NULL;
}

static int run_task(struct job_run *run, struct job_policy *policy, struct err *err)
{
	const struct job_task *task = find_task(run->jobs, run->task);

	run->deadline_ms = JOB_DEADLINE_MS;
	if (!task && job_is_plugin_task(run->task))
		return job_run_plugin_task(run, policy, err);
	if (!task)
		return err_set(err, MORTISE_E_UNSUPPORTED,
			"no part of this version has a task \"%s\"", run->task);
	*policy = task->policy;
	if (policy->deadline_ms > 0)
		run->deadline_ms = policy->deadline_ms;
	return task->fn(run, task->arg, err);
}

struct job_work *job_work_new(struct jobs *jobs, struct job_row *row_take, const char *lease)
{
	struct job_work *work = new(struct job_work);
	const struct job_row *row = &work->row;

	work->jobs = jobs;
	work->row = *row_take;
	*row_take = (struct job_row){0};
	work->run = (struct job_run){
		.daemon = jobs->daemon,
		.id = row->id,
		.task = row->task,
		.version = row->version,
		.attempt = row->attempts + 1,
		.integration_id = row->integration_id,
		.link_id = row->link_id,
		.webhook_id = row->webhook_id,
		.object = row->object,
		.origin = row->origin,
		.solo = row->solo,
		.provider = row->provider,
		.external_id = row->external_id,
		.organization_id = row->organization_id,
		.jobs = jobs,
		.row = &work->row,
		.policy = &work->policy,
	};
	memcpy(work->run.lease, lease, sizeof(work->run.lease));
	jobs_clock_stamp(work);
	pthread_mutex_lock(&jobs->lock);
	jobs->unsettled++;
	pthread_mutex_unlock(&jobs->lock);
	return work;
}

void job_work_run(struct job_work *work)
{
	struct job_run *run = &work->run;
	int code;

	run->started_ms = clock_mono_ms();
	run->payload = json_loads(work->row.payload, 0, NULL);
	run->cursor = work->row.cursor ? json_loads(work->row.cursor, JSON_DECODE_ANY, NULL) : NULL;
	if (json_is_object(run->payload))
		code = run_task(run, &work->policy, &work->err);
	else
		code = err_set(&work->err, MORTISE_E_LIMIT, "the payload is not a JSON object");
	job_work_decide(work, code);
}

void job_work_free(struct job_work *work)
{
	struct jobs *jobs = work->jobs;
	struct job_run *run = &work->run;

	if (run->provider_ref)
		registration_unref(run->provider_ref->registration);
	if (run->settle_free)
		run->settle_free(run->settle_arg);
	json_decref(run->payload);
	json_decref(run->cursor);
	json_decref(run->effects);
	free(run->outcome);
	free(run->subject);
	err_clear(&work->err);
	job_row_clear(&work->row);
	free(work);
	pthread_mutex_lock(&jobs->lock);
	if (--jobs->unsettled == 0 && jobs->ending)
		pthread_cond_broadcast(&jobs->ended);
	pthread_mutex_unlock(&jobs->lock);
}
