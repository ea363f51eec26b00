/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Work between the dispatcher and the job workers: what has been picked and is ready, by
 * provider, and runs that have ended.
 *
 * A worker that has ended a run goes on with the next piece at once; the dispatcher writes
 * the ends of several in one commit, with what is picked in their place.  A provider has
 * at most half of the workers, and its ready work is bounded; providers take turns.
 */
#include "config.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/pool.h"
#include "core/job/job_private.h"

/* Ready rows of a provider, beside those that run. */
#define AHEAD 32
/* So many ends are worth a commit of their own. */
#define DONE_ENOUGH 32

static int limit_of(const struct jobs *jobs, const struct job_load *load)
{
	return *load->provider ? (jobs->workers + 1) / 2 : jobs->workers;
}

/* Under lock, as the next ones.  NULL: there are too many. */
static struct job_load *load_of(struct jobs *jobs, const char *provider)
{
	struct job_load *load;

	for (size_t i = 0; i < jobs->load_len; i++)
		if (strcmp(jobs->loads[i].provider, provider) == 0)
			return &jobs->loads[i];
	if (jobs->load_len == JOB_PROVIDERS_MAX)
		return NULL;
	load = &jobs->loads[jobs->load_len++];
	load->provider = xstrdup(provider);
	STAILQ_INIT(&load->ready);
	return load;
}

/* Its lease counts from when it was picked. */
static bool is_stale(const struct job_work *work)
{
	return clock_mono_ms() - work->picked_ms > work->jobs->ready_max_ms;
}

static void add_done(struct jobs *jobs, struct job_work *work)
{
	work->load->done_len++;
	if (jobs->done_len++ == 0) {
		jobs->done_ms = clock_mono_ms();
		pthread_cond_signal(&jobs->wake);
	}
	STAILQ_INSERT_TAIL(&jobs->done, work, link);
}

size_t jobs_ready_room(struct jobs *jobs, const char *provider)
{
	const struct job_load *load;
	size_t room = 0;

	pthread_mutex_lock(&jobs->lock);
	load = load_of(jobs, provider);
	if (load && !jobs->ending) {
		size_t most = (size_t)limit_of(jobs, load) + AHEAD;
		size_t len = (size_t)load->running + load->ready_len;

		room = len < most ? most - len : 0;
	}
	pthread_mutex_unlock(&jobs->lock);
	return room;
}

/* ---- Workers ---- */

/* The next piece for a worker; NULL: none may start now. */
static struct job_work *take_ready(struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->load_len && !jobs->ending; i++) {
		size_t at = (jobs->next_load + i) % jobs->load_len;
		struct job_load *load = &jobs->loads[at];
		struct job_work *work = STAILQ_FIRST(&load->ready);

		if (!work || load->running >= limit_of(jobs, load) || is_stale(work))
			continue;
		STAILQ_REMOVE_HEAD(&load->ready, link);
		load->ready_len--;
		load->running++;
		jobs->running++;
		jobs->next_load = (unsigned)at + 1;
		return work;
	}
	return NULL;
}

/* The dispatcher should write while there is still something to run. */
static bool is_hungry(const struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->load_len; i++) {
		const struct job_load *load = &jobs->loads[i];

		if (load->done_len > 0 && load->ready_len <= (size_t)limit_of(jobs, load) / 2)
			return true;
	}
	return jobs->done_len >= DONE_ENOUGH;
}

static void note_end(struct jobs *jobs, struct job_work *work)
{
	work->load->running--;
	jobs->running--;
	add_done(jobs, work);
	if (!jobs->hungry && is_hungry(jobs)) {
		jobs->hungry = true;
		pthread_cond_signal(&jobs->wake);
	}
}

/* A worker has ended 'work' (NULL: none yet); what it does next, or NULL: it is free. */
static struct job_work *go_on(struct jobs *jobs, struct job_work *work)
{
	struct job_work *next;

	pthread_mutex_lock(&jobs->lock);
	if (work)
		note_end(jobs, work);
	next = take_ready(jobs);
	if (!next)
		jobs->busy--;
	pthread_mutex_unlock(&jobs->lock);
	return next;
}

static void work_off(void *arg)
{
	struct jobs *jobs = arg;
	struct job_work *work = NULL;

	while ((work = go_on(jobs, work)))
		job_work_run(work);
}

/* As many workers as there is work that may start. */
static void start_workers(struct jobs *jobs)
{
	int idle = jobs->busy - jobs->running;

	for (size_t i = 0; i < jobs->load_len; i++) {
		const struct job_load *load = &jobs->loads[i];
		int free_len = limit_of(jobs, load) - load->running;

		idle -= load->ready_len < (size_t)free_len ? (int)load->ready_len : free_len;
	}
	for (; idle < 0 && jobs->busy < jobs->workers && !jobs->ending; idle++) {
		jobs->busy++;
		/* The queue has a place for each worker, so this cannot be refused. */
		if (pool_submit(jobs->pool, work_off, jobs, NULL) < 0)
			abort();
	}
}

/* ---- The dispatcher ---- */

void jobs_ready_put(struct jobs *jobs, struct job_work_list *works)
{
	struct job_work *work;

	pthread_mutex_lock(&jobs->lock);
	while ((work = STAILQ_FIRST(works))) {
		STAILQ_REMOVE_HEAD(works, link);
		/* It was counted when there was room for it. */
		work->load = load_of(jobs, work->row.provider);
		STAILQ_INSERT_TAIL(&work->load->ready, work, link);
		work->load->ready_len++;
	}
	jobs->hungry = is_hungry(jobs);
	start_workers(jobs);
	pthread_mutex_unlock(&jobs->lock);
}

static void give_back_of(struct jobs *jobs, struct job_load *load, int64_t integration_id)
{
	struct job_work_list kept = STAILQ_HEAD_INITIALIZER(kept);
	struct job_work *work;

	while ((work = STAILQ_FIRST(&load->ready))) {
		STAILQ_REMOVE_HEAD(&load->ready, link);
		if (jobs->ending || is_stale(work) ||
			(integration_id != 0 && work->row.integration_id == integration_id)) {
			load->ready_len--;
			job_work_give_back(work);
			add_done(jobs, work);
		} else {
			STAILQ_INSERT_TAIL(&kept, work, link);
		}
	}
	STAILQ_CONCAT(&load->ready, &kept);
}

void jobs_ready_give_back(struct jobs *jobs, int64_t integration_id)
{
	pthread_mutex_lock(&jobs->lock);
	for (size_t i = 0; i < jobs->load_len; i++)
		give_back_of(jobs, &jobs->loads[i], integration_id);
	pthread_mutex_unlock(&jobs->lock);
}

size_t jobs_ready_take_done(struct jobs *jobs, struct job_work_list *list)
{
	size_t len;

	pthread_mutex_lock(&jobs->lock);
	len = jobs->done_len;
	STAILQ_CONCAT(list, &jobs->done);
	for (size_t i = 0; i < jobs->load_len; i++)
		jobs->loads[i].done_len = 0;
	jobs->done_len = 0;
	jobs->hungry = false;
	pthread_mutex_unlock(&jobs->lock);
	return len;
}
