/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/repository_deletion.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/job/job.h"
#include "core/storage/job.h"
#include "core/storage/repository.h"
#include "core/storage/store.h"

#define DELETE "repository.delete"
#define HIDE "repository.hide"

/* A repository with a history is kept for so long, in case it was a mistake. */
#define GRACE_US (INT64_C(3600) * 1000000)

struct work {
	int64_t id, since_us;
	bool more;
};

static int claim_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	int result = repository_claim_deletion(tx, work->id, work->since_us, err);

	work->more = result == 1;
	return result < 0 ? result : 0;
}

static int step_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	int result = repository_purge_step(tx, work->id, err);

	work->more = result == 1;
	return result < 0 ? result : 0;
}

static int queue(struct tx *tx, const char *task, const struct work *work, const char *origin,
	int64_t not_before_us, int64_t now_us, struct err *err)
{
	char payload[96];
	int64_t job_id;

	snprintf(payload, sizeof(payload), "{\"repository\":%" PRId64 ",\"since\":%" PRId64 "}",
		work->id, work->since_us);
	return job_insert(tx, &(struct job_new){
		.task = task,
		.version = 1,
		.unordered = true,
		.payload = payload,
		.not_before_us = not_before_us,
		.now_us = now_us,
		.origin = origin,
	}, &job_id, err);
}

/* What is left goes on in a job of its own, so that one run stays short. */
static int go_on(struct tx *tx, struct job_run *run, const struct job_end *end, struct err *err)
{
	const struct work *work = run->settle_arg;

	if (end->status != JOB_DONE || !work->more)
		return 0;
	return queue(tx, run->task, work, run->origin, 0, end->now_us, err);
}

static int purge(struct job_run *run, struct work *work, struct err *err)
{
	int64_t until_ms = clock_mono_ms() + run->deadline_ms / 2;

	while (work->more && clock_mono_ms() < until_ms)
		if (store_write(run->daemon->store, step_in, work, err) < 0)
			return err->code;
	return 0;
}

static struct work *read_work(struct job_run *run)
{
	struct work *work = new(struct work);

	work->id = json_integer_value(json_object_get(run->payload, "repository"));
	work->since_us = json_integer_value(json_object_get(run->payload, "since"));
	run->settle = go_on;
	run->settle_arg = work;
	run->settle_free = free;
	return work;
}

static int delete_task(struct job_run *run, void *arg, struct err *err)
{
	struct work *work = read_work(run);

	(void)arg;
	if (store_write(run->daemon->store, claim_in, work, err) < 0)
		return err->code;
	if (!work->more)
		return 0;
	if (purge(run, work, err) < 0)
		return err->code;
	if (!work->more)
		log_info("repo.deleted", LOG_INT("repository", work->id));
	return 0;
}

static int hide_task(struct job_run *run, void *arg, struct err *err)
{
	struct work *work = read_work(run);

	(void)arg;
	work->more = true;
	return purge(run, work, err);
}

int repository_deletion_queue(struct tx *tx, int64_t id, const char *origin, int64_t now_us,
	struct err *err)
{
	const struct work work = {.id = id, .since_us = now_us};
	bool has_commits;

	if (repository_has_commits(tx, id, &has_commits, err) < 0)
		return err->code;
	return queue(tx, DELETE, &work, origin, has_commits ? now_us + GRACE_US : 0, now_us, err);
}

int repository_hiding_queue(struct tx *tx, int64_t id, const char *origin, int64_t now_us,
	struct err *err)
{
	const struct work work = {.id = id, .since_us = now_us};

	return queue(tx, HIDE, &work, origin, 0, now_us, err);
}

void repository_deletion_setup(struct daemon *daemon)
{
	static const struct job_policy policy = {.attempts = 10};

	jobs_add_task(daemon->jobs, DELETE, &policy, delete_task, NULL);
	jobs_add_task(daemon->jobs, HIDE, &policy, hide_task, NULL);
}
