/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Schedules: jobs inserted when their time has come, and the rows kept in step with
 * what plugins registered.  Dispatcher thread and store writer.
 */
#include "config.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/job/job_private.h"
#include "core/storage/schedule.h"
#include "core/storage/store.h"

#define SYNC_MS 5000
#define SCHEDULES_MAX 128
#define TEXT_MAX_SIZE 65536

struct plugin_schedule {
	char *name;                    /* "github:catch_up" */
	int64_t every_ms;
};

struct sync {
	struct plugin_schedule schedules[SCHEDULES_MAX];
	size_t len;
	int64_t now_us;
};

/* A task that is still unfinished is not started again. */
static int fire(struct tx *tx, const char *name, int64_t now_us, struct err *err)
{
	struct job_new job = {
		.task = name,
		.order_group = "schedule",
		.object = name,
		.now_us = now_us,
	};
	cleanup_free char *key = xasprintf("schedule/%s", name);
	int64_t id;
	bool busy;
	int result = job_key_busy(tx, key, &busy, err);

	if (result < 0 || busy)
		return result;
	return job_insert(tx, &job, &id, err);
}

int jobs_fire_schedules(struct tx *tx, int64_t now_us, struct err *err)
{
	for (;;) {
		cleanup_free char *name = NULL;
		int result = schedule_take(tx, now_us, &name, err);

		if (result < 0 || !name)
			return result;
		result = fire(tx, name, now_us, err);
		if (result < 0)
			return result;
	}
}

/* ---- What plugins want ---- */

static void add_tasks(struct sync *sync, const struct reg_provider *provider)
{
	for (size_t i = 0; i < provider->task_len && sync->len < SCHEDULES_MAX; i++) {
		const struct mortise_task *task = &provider->tasks[i];

		if (task->schedule_ms == 0)
			continue;
		sync->schedules[sync->len++] = (struct plugin_schedule){
			.name = xasprintf("%s:%s", provider->provider.key, task->name),
			.every_ms = task->schedule_ms,
		};
	}
}

static void collect(struct jobs *jobs, struct sync *sync)
{
	size_t len;
	const struct reg_provider **providers = providers_all(jobs->daemon->providers, &len);

	for (size_t i = 0; i < len; i++) {
		if (provider_configured(jobs->daemon, providers[i]))
			add_tasks(sync, providers[i]);
		registration_unref(providers[i]->registration);
	}
	free(providers);
}

static bool is_wanted(const struct sync *sync, const char *name)
{
	for (size_t i = 0; i < sync->len; i++)
		if (strcmp(sync->schedules[i].name, name) == 0)
			return true;
	return false;
}

static int remove_unwanted(struct tx *tx, const struct sync *sync, struct err *err)
{
	char *names[SCHEDULES_MAX];
	size_t len = 0;
	int result = schedule_list_plugin(tx, lengthof(names), names, &len, err);

	for (size_t i = 0; i < len; i++) {
		if (result == 0 && !is_wanted(sync, names[i]))
			result = schedule_remove(tx, names[i], err);
		free(names[i]);
	}
	return result;
}

static int sync_in(struct tx *tx, void *arg, struct err *err)
{
	const struct sync *sync = arg;
	int result = remove_unwanted(tx, sync, err);

	for (size_t i = 0; result == 0 && i < sync->len; i++)
		result = schedule_put(tx, sync->schedules[i].name, sync->schedules[i].every_ms,
			sync->now_us, err);
	return result;
}

/* "NAME EVERY\n" for each: what is compared with the last time. */
static char *as_text(const struct sync *sync)
{
	struct buf text = BUF(TEXT_MAX_SIZE);

	buf_add_text(&text, "");
	for (size_t i = 0; i < sync->len; i++)
		buf_printf(&text, "%s %lld\n", sync->schedules[i].name,
			(long long)sync->schedules[i].every_ms);
	return buf_steal(&text);
}

static void sync_changed(struct jobs *jobs, struct sync *sync, char **text)
{
	cleanup_err struct err err = {0};

	sync->now_us = clock_now_us();
	if (store_write(jobs->daemon->store, sync_in, sync, &err) < 0) {
		log_limited(MORTISE_LOG_WARNING, "job.schedule_failed",
			LOG_TEXT("reason", err_text(&err)));
		return;
	}
	free(jobs->scheduled);
	jobs->scheduled = steal(text);
}

void jobs_sync_schedules(struct jobs *jobs)
{
	struct sync sync = {0};
	cleanup_free char *text = NULL;

	if (jobs->scheduled && clock_mono_ms() - jobs->scheduled_ms < SYNC_MS)
		return;
	jobs->scheduled_ms = clock_mono_ms();
	collect(jobs, &sync);
	text = as_text(&sync);
	if (!jobs->scheduled || strcmp(jobs->scheduled, text) != 0)
		sync_changed(jobs, &sync, &text);
	for (size_t i = 0; i < sync.len; i++)
		free(sync.schedules[i].name);
}
