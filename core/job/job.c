/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The queue's life: tasks, start, wake-up, checkpoint, drain. */
#include "config.h"
#include "core/job/job.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/pool.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/job/job_private.h"
#include "core/storage/schedule.h"
#include "core/storage/store.h"

#define WORKERS 24

struct jobs *jobs_new(struct daemon *daemon)
{
	struct jobs *jobs = new(struct jobs);
	pthread_condattr_t attributes;

	jobs->daemon = daemon;
	jobs->clock_offset_us = jobs_clock_offset();
	jobs->workers = daemon->settings->job_workers > 0 ? daemon->settings->job_workers : WORKERS;
	jobs->lease_ms = JOB_DEADLINE_MS + JOB_LEASE_EXTRA_MS;
	jobs->ready_max_ms = JOB_READY_MAX_MS;
	STAILQ_INIT(&jobs->unwritten);
	STAILQ_INIT(&jobs->done);
	jobs->pool = pool_new("job", POOL_BEHIND, jobs->workers, (size_t)jobs->workers);
	pthread_mutex_init(&jobs->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&jobs->wake, &attributes);
	pthread_cond_init(&jobs->ended, &attributes);
	pthread_condattr_destroy(&attributes);
	jobs_add_task(jobs, JOB_PRUNE, &(struct job_policy){.attempts = 3, .deadline_ms = 300000},
		job_prune_run, NULL);
	jobs_add_task(jobs, JOB_LEARN, &(struct job_policy){.attempts = 3}, job_learn_run, NULL);
	return jobs;
}

void jobs_add_task(struct jobs *jobs, const char *name, const struct job_policy *policy,
	job_fn *fn, void *arg)
{
	int64_t lease_ms = policy->deadline_ms + JOB_LEASE_EXTRA_MS;

	if (jobs->task_len == JOB_TASKS_MAX || jobs->started)
		abort();
	jobs->tasks[jobs->task_len++] = (struct job_task){name, *policy, fn, arg};
	if (lease_ms > jobs->lease_ms)
		jobs->lease_ms = lease_ms;
}

struct schedule {
	const char *name;
	int64_t every_ms, now_us;
};

static int put_schedule(struct tx *tx, void *arg, struct err *err)
{
	const struct schedule *schedule = arg;

	return schedule_put(tx, schedule->name, schedule->every_ms, schedule->now_us, err);
}

int jobs_add_schedule(struct jobs *jobs, const char *name, int64_t every_ms, struct err *err)
{
	struct schedule schedule = {name, every_ms, clock_now_us()};

	return store_write(jobs->daemon->store, put_schedule, &schedule, err);
}

static int end_leases(struct tx *tx, void *arg, struct err *err)
{
	*(int *)arg = job_end_leases(tx, err);
	return *(int *)arg < 0 ? *(int *)arg : 0;
}

int jobs_start(struct jobs *jobs, struct err *err)
{
	int interrupted = 0;
	int result = store_write(jobs->daemon->store, end_leases, &interrupted, err);

	if (result == 0)
		result = jobs_clock_start(jobs, err);
	if (result == 0)
		result = jobs_add_schedule(jobs, JOB_PRUNE, JOB_PRUNE_EVERY_MS, err);
	if (result == 0)
		result = jobs_add_schedule(jobs, JOB_LEARN, JOB_LEARN_EVERY_MS, err);
	if (result < 0)
		return result;
	if (interrupted > 0)
		log_notice("job.resumed", LOG_INT("count", interrupted));
	if (pthread_create(&jobs->dispatcher, NULL, jobs_dispatch, jobs) != 0)
		return err_set(err, MORTISE_E_RETRY, "jobs: no thread could be made");
	jobs->started = true;
	return 0;
}

void jobs_wake(struct jobs *jobs)
{
	pthread_mutex_lock(&jobs->lock);
	jobs->woken = true;
	pthread_cond_signal(&jobs->wake);
	pthread_mutex_unlock(&jobs->lock);
}

bool jobs_rest(struct jobs *jobs, int64_t ms)
{
	struct timespec until = jobs_in(ms);
	int result = 0;
	bool go_on;

	pthread_mutex_lock(&jobs->lock);
	while (!jobs->ending && result == 0)
		result = pthread_cond_timedwait(&jobs->ended, &jobs->lock, &until);
	go_on = !jobs->ending;
	pthread_mutex_unlock(&jobs->lock);
	return go_on;
}

int job_install(struct job_run *run, struct err *err)
{
	if (!run->external_id || run->organization_id == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "the integration was removed meanwhile");
	run->provider_ref = providers_find(run->daemon->providers, run->provider);
	if (!run->provider_ref)
		return err_set(err, MORTISE_E_UNSUPPORTED, "no plugin registers the provider \"%s\" "
			"any more; load its plugin, then retry the job", run->provider);
	return 0;
}

void jobs_pause(struct jobs *jobs)
{
	pthread_mutex_lock(&jobs->lock);
	jobs->ending = true;
	pthread_cond_signal(&jobs->wake);
	pthread_cond_broadcast(&jobs->ended);
	pthread_mutex_unlock(&jobs->lock);
}

size_t jobs_drain(struct jobs *jobs, int64_t deadline_ms)
{
	struct timespec until = jobs_in(deadline_ms > 0 ? deadline_ms : 0);
	size_t left;
	int result = 0;

	jobs_pause(jobs);
	pthread_mutex_lock(&jobs->lock);
	while (jobs->unsettled > 0 && result == 0)
		result = pthread_cond_timedwait(&jobs->ended, &jobs->lock, &until);
	left = jobs->unsettled;
	pthread_mutex_unlock(&jobs->lock);
	return left;
}

void jobs_free(struct jobs *jobs)
{
	if (!jobs)
		return;
	jobs_pause(jobs);
	/* The dispatcher ends when it has written what the workers leave. */
	pool_free(jobs->pool);
	if (jobs->started)
		pthread_join(jobs->dispatcher, NULL);
	for (size_t i = 0; i < jobs->load_len; i++)
		free(jobs->loads[i].provider);
	pthread_cond_destroy(&jobs->wake);
	pthread_cond_destroy(&jobs->ended);
	pthread_mutex_destroy(&jobs->lock);
	free(jobs->scheduled);
	free(jobs);
}
