/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Tasks that plugins registered: "PROVIDER:NAME".  Job worker. */
#include "config.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/job/job_private.h"

bool job_is_plugin_task(const char *task)
{
	return strchr(task, ':') != NULL;
}

static void set_policy(const struct mortise_task *task, struct job_run *run,
	struct job_policy *ret_policy)
{
	*ret_policy = (struct job_policy){
		.attempts = (int)task->attempts,
		.delay_ms = task->delay_ms,
		.factor_percent = (int)task->factor_percent,
		.total_ms = task->total_ms,
	};
	/* Up to its total only with checkpoints; a shorter total counts at once. */
	if (task->total_ms > 0 && task->total_ms < JOB_DEADLINE_MS)
		run->deadline_ms = task->total_ms;
}

static int set_scope(struct job_run *run, const struct reg_provider *provider, int kind,
	struct err *err)
{
	run->scope = (struct call_scope){
		.kind = kind,
		.provider = provider,
		.origin = run->origin,
	};
	if (kind == MORTISE_SCOPE_PROVIDER)
		return 0;
	if (!run->external_id)
		return err_set(err, MORTISE_E_NOT_FOUND, "its integration is gone");
	run->scope.integration_id = run->integration_id;
	run->scope.external_id = run->external_id;
	if (kind != MORTISE_SCOPE_INSTALL)
		return 0;
	if (run->organization_id == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "its organization's link is gone");
	run->scope.link_id = run->link_id;
	run->scope.organization_id = run->organization_id;
	return 0;
}

static int call_task(struct job_run *run, const struct mortise_task *task, struct err *err)
{
	cleanup_free char *callback = xasprintf("task:%s", task->name);
	cleanup_json json_t *input = json_pack("{s:O, s:O?, s:i, s:i}", "payload", run->payload,
		"cursor", run->cursor, "attempt", run->attempt, "version", run->version);
	cleanup_json json_t *output = NULL;
	struct call_request request = {
		.scope = run->scope,
		.callback = callback,
		.input = input,
		.deadline_ms = run->deadline_ms,
		.job = run,
		.solo = run->solo,
		.ret_death = &run->death,
	};
	int result = provider_call(run->daemon->providers, &request, &output, &run->effects, err);

	if (result == 0)
		run->outcome = xstrdup(json_string_value(json_object_get(output, "outcome")));
	return result;
}

static int run_registered(struct job_run *run, const struct reg_provider *provider,
	const char *name, struct job_policy *ret_policy, struct err *err)
{
	const struct mortise_task *task = reg_task(provider, name);
	int result;

	if (!task)
		return err_set(err, MORTISE_E_UNSUPPORTED, "plugin \"%s\" %s no longer registers "
			"the task \"%s\"; load a version that does, then retry the job",
			provider->registration->plugin, provider->registration->version, run->task);
	if ((uint32_t)run->version > task->version && task->version > 0)
		return err_set(err, MORTISE_E_UNSUPPORTED, "the payload has version %d, plugin "
			"\"%s\" %s reads up to %u; load a newer plugin, then retry the job",
			run->version, provider->registration->plugin,
			provider->registration->version, task->version);
	set_policy(task, run, ret_policy);
	if (task->scope == MORTISE_SCOPE_INSTALL && task->schedule_ms > 0 && run->link_id == 0)
		return job_spread(run, provider, task, err);
	result = set_scope(run, provider, task->scope, err);
	return result < 0 ? result : call_task(run, task, err);
}

int job_run_plugin_task(struct job_run *run, struct job_policy *ret_policy, struct err *err)
{
	const char *colon = strchr(run->task, ':');
	cleanup_free char *key = xstrndup(run->task, (size_t)(colon - run->task));
	const struct reg_provider *provider = providers_find(run->daemon->providers, key);

	if (!provider)
		return err_set(err, MORTISE_E_UNSUPPORTED, "no plugin registers the provider "
			"\"%s\" any more, which had the task \"%s\"; load its plugin, then "
			"retry the job", key, run->task);
	run->provider_ref = provider;
	return run_registered(run, provider, colon + 1, ret_policy, err);
}
