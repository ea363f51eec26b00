/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The dispatcher thread: looks which providers have work that may start, picks as much
 * as there are free workers in one write, and hands it to the job workers.
 *
 * It is woken by jobs_wake and by the end of a run, sleeps until the next row is due,
 * and looks once a second at least.  A look is a read; only when there is something to
 * do does it write.  A provider has at most half of the workers.
 */
#include "config.h"

#include <string.h>
#include <time.h>

#include <sodium.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/pool.h"
#include "core/base/priority.h"
#include "core/daemon/daemon.h"
#include "core/job/job_private.h"
#include "core/storage/schedule.h"
#include "core/storage/store.h"

#define FALLBACK_MS 1000
#define PICK_MAX 64
#define STARVED_MS 5

struct candidate {
	char *provider;
	int64_t due_us;
	size_t max;                    /* how many may start now */
};

struct look {
	int64_t now_us;
	struct candidate candidates[JOB_PROVIDERS_MAX];
	size_t len;
	int64_t schedule_us;           /* when the next schedule is due */
	int64_t lease_us;              /* when the first lease ends; monotonic */
};

struct pick {
	struct look *look;
	unsigned turn;
	int64_t mono_us, lease_until_us;
	char leases[PICK_MAX][33];
	size_t free;                   /* workers */
	/* Set anew at each run: */
	struct job_row rows[PICK_MAX];
	size_t len;
};

struct start {
	struct jobs *jobs;
	struct job_row row;
	char lease[33];
};

struct timespec jobs_in(int64_t ms)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += ms / 1000;
	at.tv_nsec += ms % 1000 * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	return at;
}

/* ---- Looking ---- */

static void clear_candidates(struct look *look)
{
	for (size_t i = 0; i < look->len; i++)
		free(look->candidates[i].provider);
	look->len = 0;
}

static int look_in(struct tx *tx, void *arg, struct err *err)
{
	struct look *look = arg;
	cleanup_free char *from = xstrdup("");
	int result = schedule_next(tx, &look->schedule_us, err);

	if (result == 0)
		result = job_next_lease_end(tx, &look->lease_us, err);
	clear_candidates(look);
	while (result == 0 && look->len < JOB_PROVIDERS_MAX) {
		struct candidate *candidate = &look->candidates[look->len];
		char *provider;

		result = job_next_provider(tx, from, &provider, err);
		if (result < 0 || !provider)
			break;
		look->len++;
		candidate->provider = provider;
		result = job_next_due(tx, provider, &candidate->due_us, err);
		/* The smallest text behind this one. */
		free(from);
		from = xasprintf("%s\x01", provider);
	}
	return result;
}

static struct job_load *load_of(struct jobs *jobs, const char *provider)
{
	for (size_t i = 0; i < jobs->load_len; i++)
		if (strcmp(jobs->loads[i].provider, provider) == 0)
			return &jobs->loads[i];
	if (jobs->load_len == JOB_PROVIDERS_MAX)
		return NULL;
	jobs->loads[jobs->load_len] = (struct job_load){.provider = xstrdup(provider)};
	return &jobs->loads[jobs->load_len++];
}

/* May work of this provider start?  Also that of one which nobody registers any more:
 * the run will say so. */
static bool is_runnable(struct jobs *jobs, const char *provider)
{
	const struct reg_provider *found;

	if (*provider == '\0')
		return true;
	found = providers_find(jobs->daemon->providers, provider);
	if (!found)
		return true;
	registration_unref(found->registration);
	return providers_runnable(jobs->daemon->providers, provider);
}

/* How many of each provider may start; returns the sum, at most the free workers. */
static size_t set_quotas(struct jobs *jobs, struct look *look, size_t *ret_free)
{
	size_t sum = 0;

	for (size_t i = 0; i < look->len; i++) {
		struct candidate *candidate = &look->candidates[i];

		candidate->max = candidate->due_us <= look->now_us &&
			is_runnable(jobs, candidate->provider) ? PICK_MAX : 0;
	}
	pthread_mutex_lock(&jobs->lock);
	*ret_free = jobs->ending ? 0 : (size_t)(jobs->workers - jobs->running);
	if (*ret_free > PICK_MAX)
		*ret_free = PICK_MAX;
	for (size_t i = 0; i < look->len; i++) {
		struct candidate *candidate = &look->candidates[i];
		const struct job_load *load = load_of(jobs, candidate->provider);
		int limit = *candidate->provider ? (jobs->workers + 1) / 2 : jobs->workers;

		if (!load || load->running >= limit)
			candidate->max = 0;
		else if (candidate->max > (size_t)(limit - load->running))
			candidate->max = (size_t)(limit - load->running);
		sum += candidate->max;
	}
	pthread_mutex_unlock(&jobs->lock);
	return sum < *ret_free ? sum : *ret_free;
}

/* ---- Picking ---- */

static void clear_rows(struct pick *pick)
{
	for (size_t i = 0; i < pick->len; i++)
		job_row_clear(&pick->rows[i]);
	pick->len = 0;
}

static int pick_of(struct tx *tx, struct pick *pick, const struct candidate *candidate,
	struct err *err)
{
	size_t left = pick->free - pick->len;
	size_t max = candidate->max < left ? candidate->max : left;
	int64_t now_us = pick->look->now_us, ids[PICK_MAX];
	size_t len = 0;
	int result = max == 0 ? 0 :
		job_list_due(tx, candidate->provider, now_us, max, ids, &len, err);

	for (size_t i = 0; result >= 0 && i < len; i++) {
		result = job_lease(tx, ids[i], pick->leases[pick->len], pick->lease_until_us,
			now_us, err);
		if (result >= 0)
			result = job_row_get(tx, ids[i], &pick->rows[pick->len], err);
		if (result >= 0)
			pick->len++;
	}
	return result < 0 ? result : 0;
}

static int pick_in(struct tx *tx, void *arg, struct err *err)
{
	struct pick *pick = arg;
	struct look *look = pick->look;
	int result = job_expire_leases(tx, pick->mono_us, err);

	clear_rows(pick);
	if (result >= 0)
		result = jobs_fire_schedules(tx, look->now_us, err);
	for (size_t i = 0; result >= 0 && i < look->len; i++)
		result = pick_of(tx, pick, &look->candidates[(i + pick->turn) % look->len], err);
	return result < 0 ? result : 0;
}

static void run_started(void *arg)
{
	struct start *start = arg;
	struct jobs *jobs = start->jobs;
	cleanup_free char *provider = xstrdup(start->row.provider);

	job_run_leased(jobs, &start->row, start->lease);
	free(start);
	pthread_mutex_lock(&jobs->lock);
	jobs->running--;
	load_of(jobs, provider)->running--;
	jobs->woken = jobs->freed = true;
	pthread_cond_signal(&jobs->wake);
	pthread_cond_broadcast(&jobs->ended);
	pthread_mutex_unlock(&jobs->lock);
}

static void start_picked(struct jobs *jobs, struct pick *pick)
{
	for (size_t i = 0; i < pick->len; i++) {
		struct start *start = new(struct start);

		start->jobs = jobs;
		start->row = pick->rows[i];
		pick->rows[i] = (struct job_row){0};
		memcpy(start->lease, pick->leases[i], sizeof(start->lease));
		pthread_mutex_lock(&jobs->lock);
		jobs->running++;
		load_of(jobs, start->row.provider)->running++;
		pthread_mutex_unlock(&jobs->lock);
		/* The queue has a place for each worker, so this cannot be refused. */
		if (pool_submit(jobs->pool, run_started, start, NULL) < 0)
			abort();
	}
	pick->len = 0;
}

static void make_leases(struct pick *pick)
{
	for (size_t i = 0; i < pick->free; i++) {
		unsigned char token[16];

		randombytes_buf(token, sizeof(token));
		sodium_bin2hex(pick->leases[i], sizeof(pick->leases[i]), token, sizeof(token));
	}
}

static void pick_and_start(struct jobs *jobs, struct look *look, size_t free_workers)
{
	struct pick *pick = new(struct pick);
	cleanup_err struct err err = {0};

	pick->look = look;
	pick->turn = jobs->turn++;
	pick->free = free_workers;
	pick->mono_us = clock_mono_ms() * 1000;
	pick->lease_until_us = pick->mono_us + jobs->lease_ms * 1000;
	make_leases(pick);
	if (store_write(jobs->daemon->store, pick_in, pick, &err) < 0)
		log_limited(MORTISE_LOG_WARNING, "job.pick_failed", LOG_TEXT("reason", err_text(&err)));
	else
		start_picked(jobs, pick);
	clear_rows(pick);
	free(pick);
}

/* Is something due that may not start before a run ends? */
static bool is_starved(const struct look *look)
{
	for (size_t i = 0; i < look->len; i++)
		if (look->candidates[i].due_us <= look->now_us && look->candidates[i].max == 0)
			return true;
	return false;
}

/* One round; returns how long to sleep at most. */
static int64_t look_and_pick(struct jobs *jobs, bool *ret_starved)
{
	struct look look = {.now_us = clock_now_us()};
	cleanup_err struct err err = {0};
	int64_t sleep_us = FALLBACK_MS * 1000;
	size_t free_workers, wanted;

	*ret_starved = false;
	if (store_read(jobs->daemon->store, look_in, &look, &err) < 0) {
		log_limited(MORTISE_LOG_WARNING, "job.look_failed", LOG_TEXT("reason", err_text(&err)));
		clear_candidates(&look);
		return FALLBACK_MS;
	}
	wanted = set_quotas(jobs, &look, &free_workers);
	*ret_starved = wanted == 0 && is_starved(&look);
	if (wanted > 0 || look.schedule_us <= look.now_us || look.lease_us < clock_mono_ms() * 1000)
		pick_and_start(jobs, &look, free_workers);
	for (size_t i = 0; i < look.len; i++) {
		int64_t left_us = look.candidates[i].due_us - look.now_us;

		if (left_us > 0 && left_us < sleep_us)
			sleep_us = left_us;
	}
	clear_candidates(&look);
	return sleep_us / 1000 + 1;
}

/* Wait for a wake-up, at most 'ms'.  While work is due that found no worker, news of
 * more work alone are heard after a little.  False: the daemon ends. */
static bool wait_for_wake(struct jobs *jobs, int64_t ms, bool starved)
{
	struct timespec until = jobs_in(ms), soon = jobs_in(STARVED_MS);
	int result = 0;
	bool go_on;

	pthread_mutex_lock(&jobs->lock);
	while (starved && !jobs->freed && !jobs->ending && result == 0)
		result = pthread_cond_timedwait(&jobs->wake, &jobs->lock, &soon);
	result = 0;
	while (!jobs->freed && !jobs->woken && !jobs->ending && result == 0)
		result = pthread_cond_timedwait(&jobs->wake, &jobs->lock, &until);
	jobs->woken = jobs->freed = false;
	go_on = !jobs->ending;
	pthread_mutex_unlock(&jobs->lock);
	return go_on;
}

void *jobs_dispatch(void *arg)
{
	struct jobs *jobs = arg;
	bool starved;
	int64_t sleep_ms;

	pthread_setname_np(pthread_self(), "job-dispatcher");
	priority_stand_back();
	do {
		jobs_clock_look(jobs);
		jobs_sync_schedules(jobs);
		sleep_ms = look_and_pick(jobs, &starved);
	} while (wait_for_wake(jobs, sleep_ms, starved));
	return NULL;
}
