/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* One run of a job, from its leased row to its end.  Job worker. */
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

void job_run_leased(struct jobs *jobs, struct job_row *row_take, const char *lease)
{
	struct job_row *row = row_take;
	cleanup_json json_t *payload = json_loads(row->payload, 0, NULL);
	cleanup_json json_t *cursor = row->cursor ?
		json_loads(row->cursor, JSON_DECODE_ANY, NULL) : NULL;
	cleanup_err struct err err = {0};
	struct job_policy policy = {0};
	struct job_run run = {
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
		.payload = payload,
		.cursor = cursor,
		.solo = row->solo,
		.provider = row->provider,
		.external_id = row->external_id,
		.organization_id = row->organization_id,
		.jobs = jobs,
		.row = row,
		.policy = &policy,
		.started_ms = clock_mono_ms(),
	};
	int result;

	memcpy(run.lease, lease, sizeof(run.lease));
	if (json_is_object(payload))
		result = run_task(&run, &policy, &err);
	else
		result = err_set(&err, MORTISE_E_LIMIT, "the payload is not a JSON object");
	job_finish(&run, result, &err);
	if (run.provider_ref)
		registration_unref(run.provider_ref->registration);
	if (run.settle_free)
		run.settle_free(run.settle_arg);
	json_decref(run.effects);
	free(run.outcome);
	free(run.subject);
	job_row_clear(row);
}
