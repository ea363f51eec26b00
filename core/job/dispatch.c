/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The dispatcher thread: ends runs that are over and picks work for the workers, both in
 * one turn (turn.c).
 *
 * It is woken by jobs_wake, and by workers that run out of work; ends wait a little for
 * others as long as there is work.  It sleeps until the next row is due, and looks once a
 * second at least.  A look is a read; only when there is something to do does it write.
 */
#include "config.h"

#include <string.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/priority.h"
#include "core/daemon/daemon.h"
#include "core/job/job_private.h"
#include "core/storage/store.h"

#define FALLBACK_MS 1000
#define FAILED_MS 500
/* How long news of work wait while there is no room for it. */
#define STARVED_MS 5
/* How long an end waits for others while there is work. */
#define DONE_WAIT_MS 5
/* Of one turn: the writer has others to serve. */
#define ENDS_MAX 64
#define EFFECTS_MAX 256

/* When the dispatcher has something to do; monotonic. */
struct pause {
	int64_t until_ms;
	int64_t news_ms;               /* if there is news */
};

struct timespec jobs_at(int64_t mono_ms)
{
	return (struct timespec){.tv_sec = mono_ms / 1000, .tv_nsec = mono_ms % 1000 * 1000000};
}

struct timespec jobs_in(int64_t ms)
{
	return jobs_at(clock_mono_ms() + ms);
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

/* How many of each provider may be picked.  Is there anything to pick? */
static bool set_quotas(struct jobs *jobs, struct job_look *look)
{
	bool any = false;

	for (size_t i = 0; i < look->len; i++) {
		struct job_candidate *candidate = &look->candidates[i];
		bool runnable = is_runnable(jobs, candidate->provider);

		candidate->max = runnable ? jobs_ready_room(jobs, candidate->provider) : 0;
		any = any || (candidate->max > 0 && candidate->due_us <= look->now_us);
	}
	return any;
}

/* Ends let others go, perhaps of a provider all of whose rows were held. */
static void expect_followers(struct job_look *look, const struct job_work_list *ends)
{
	const struct job_work *work;

	STAILQ_FOREACH(work, ends, link) {
		const char *provider = work->row.provider;
		size_t i = 0;

		while (i < look->len && strcmp(look->candidates[i].provider, provider) != 0)
			i++;
		if (i == JOB_PROVIDERS_MAX)
			continue;
		if (i == look->len)
			look->candidates[look->len++].provider = xstrdup(provider);
		look->candidates[i].due_us = look->now_us;
	}
}

/* How many of the ends one turn writes. */
static size_t count_ends(const struct job_work_list *ends)
{
	const struct job_work *work;
	size_t len = 0, effects = 0;

	STAILQ_FOREACH(work, ends, link) {
		effects += json_array_size(work->effects);
		if (len == ENDS_MAX || (len > 0 && effects > EFFECTS_MAX))
			break;
		len++;
	}
	return len;
}

/* What has ended, and what the store did not take the last time. */
static void collect_ends(struct jobs *jobs, struct job_turn *turn)
{
	jobs_ready_give_back(jobs, 0);
	if (clock_mono_ms() >= jobs->write_again_ms || !jobs_rest(jobs, 0))
		STAILQ_CONCAT(&turn->ends, &jobs->unwritten);
	jobs_ready_take_done(jobs, &turn->ends);
	turn->end_len = count_ends(&turn->ends);
}

/* How long there is nothing to do, by the last look. */
static struct pause make_pause(struct jobs *jobs, const struct job_turn *turn)
{
	const struct job_look *look = &turn->look;
	int64_t now_ms = clock_mono_ms(), sleep_us = FALLBACK_MS * 1000;
	struct pause pause = {.news_ms = now_ms};

	for (size_t i = 0; i < look->len; i++) {
		int64_t left_us = look->candidates[i].due_us - look->now_us;

		if (left_us <= 0 && look->candidates[i].max == 0)
			pause.news_ms = now_ms + STARVED_MS;
		else if (left_us < sleep_us)
			sleep_us = left_us > 0 ? left_us + 1000 : 0;
	}
	pause.until_ms = STAILQ_EMPTY(&turn->ends) ? now_ms + sleep_us / 1000 : now_ms;
	if (!STAILQ_EMPTY(&jobs->unwritten) && jobs->write_again_ms < pause.until_ms)
		pause.until_ms = jobs->write_again_ms;
	return pause;
}

static struct pause look_and_write(struct jobs *jobs, struct job_turn *turn)
{
	struct job_look *look = &turn->look;
	cleanup_err struct err err = {0};
	bool wanted;

	collect_ends(jobs, turn);
	look->now_us = turn->next.now_us = clock_now_us();
	if (turn->end_len == 0 && store_read(jobs->daemon->store, jobs_look, look, &err) < 0) {
		log_limited(MORTISE_LOG_WARNING, "job.look_failed", LOG_TEXT("reason", err_text(&err)));
		return (struct pause){.until_ms = clock_mono_ms() + FALLBACK_MS, .news_ms = INT64_MAX};
	}
	expect_followers(look, &turn->ends);
	wanted = set_quotas(jobs, look);
	turn->picks = wanted || look->schedule_us <= look->now_us ||
		look->lease_us < clock_mono_ms() * 1000;
	if ((turn->picks || turn->end_len > 0) && !jobs_turn_write(jobs, turn))
		return (struct pause){.until_ms = clock_mono_ms() + FAILED_MS, .news_ms = INT64_MAX};
	(void)set_quotas(jobs, look);
	return make_pause(jobs, turn);
}

/* When to wake, as things are; under lock. */
static int64_t wake_ms(const struct jobs *jobs, const struct pause *pause)
{
	int64_t at_ms = pause->until_ms;

	/* At the end only what runs is waited for. */
	if (jobs->hungry || (jobs->ending && (jobs->unsettled == 0 ||
		jobs->unsettled > (size_t)jobs->running)))
		return 0;
	if (jobs->woken && pause->news_ms < at_ms)
		at_ms = pause->news_ms;
	if (jobs->done_len > 0 && jobs->done_ms + DONE_WAIT_MS < at_ms)
		at_ms = jobs->done_ms + DONE_WAIT_MS;
	return at_ms;
}

/* False: the daemon ends, and all is written. */
static bool wait_for_wake(struct jobs *jobs, const struct pause *pause)
{
	int64_t at_ms;
	bool go_on;

	pthread_mutex_lock(&jobs->lock);
	while ((at_ms = wake_ms(jobs, pause)) > clock_mono_ms()) {
		struct timespec until = jobs_at(at_ms);

		pthread_cond_timedwait(&jobs->wake, &jobs->lock, &until);
	}
	jobs->woken = false;
	go_on = !jobs->ending || jobs->unsettled > 0;
	pthread_mutex_unlock(&jobs->lock);
	return go_on;
}

void *jobs_dispatch(void *arg)
{
	struct jobs *jobs = arg;
	struct job_turn *turn = new(struct job_turn);
	struct pause pause;

	pthread_setname_np(pthread_self(), "job-dispatcher");
	priority_stand_back();
	STAILQ_INIT(&turn->ends);
	do {
		jobs_clock_look(jobs);
		jobs_sync_schedules(jobs);
		pause = look_and_write(jobs, turn);
	} while (wait_for_wake(jobs, &pause));
	jobs_look_clear(&turn->look);
	jobs_look_clear(&turn->next);
	free(turn);
	return NULL;
}
