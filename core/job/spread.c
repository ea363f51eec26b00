/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * From the schedule of a task of install scope to a job for each link.  The jobs are
 * spread, so that an upstream does not meet all organizations at the same minute; a
 * link's place in that time is always the same.  Job worker.
 */
#include "config.h"

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/job/job_private.h"
#include "core/storage/link.h"
#include "core/storage/store.h"

#define STEP 100
/* 2^32 divided by the golden ratio: neighbours come to lie far apart. */
#define SCATTER UINT32_C(2654435761)

struct spread {
	const char *task, *object, *provider;
	int64_t every_ms, now_us;
	int64_t after;             /* the last link of the step before */
	struct link_id links[STEP];
	size_t len;
};

static int64_t place_of(int64_t link_id, int64_t every_ms)
{
	uint32_t scattered = (uint32_t)link_id * SCATTER;

	return (int64_t)(((uint64_t)scattered * (uint64_t)every_ms) >> 32);
}

/* One that still waits from the last time, or is being tried again, is enough. */
static int insert_one(struct tx *tx, const struct spread *spread, const struct link_id *link,
	struct err *err)
{
	struct job_new job = {
		.task = spread->task,
		.integration_id = link->integration_id,
		.link_id = link->id,
		.object = spread->object,
		.not_before_us = spread->now_us + place_of(link->id, spread->every_ms) * 1000,
		.now_us = spread->now_us,
	};
	cleanup_free char *key = job_order_key(&job);
	int64_t id;
	bool busy;
	int result = job_key_busy(tx, key, &busy, err);

	if (result < 0 || busy)
		return result;
	return job_insert(tx, &job, &id, err);
}

static int spread_in(struct tx *tx, void *arg, struct err *err)
{
	struct spread *spread = arg;
	int result = link_list_provider(tx, spread->provider, spread->after, STEP, spread->links,
		&spread->len, err);

	for (size_t i = 0; result == 0 && i < spread->len; i++)
		result = insert_one(tx, spread, &spread->links[i], err);
	return result;
}

int job_spread(struct job_run *run, const struct reg_provider *provider,
	const struct mortise_task *task, struct err *err)
{
	struct spread spread = {
		.task = run->task,
		.object = task->name,
		.provider = reg_row_key(provider),
		.every_ms = task->schedule_ms,
		.now_us = clock_now_us(),
	};
	int64_t links = 0;

	do {
		int result = store_write(run->daemon->store, spread_in, &spread, err);

		if (result < 0)
			return result;
		links += (int64_t)spread.len;
		spread.after = spread.len > 0 ? spread.links[spread.len - 1].id : 0;
	} while (spread.len == STEP);
	jobs_wake(run->daemon->jobs);
	run->outcome = xasprintf("for %lld links", (long long)links);
	return 0;
}
