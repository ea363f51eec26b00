/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The task "prune": retention, once an hour, in steps that hold the writer shortly.  It
 * rests after each: else every commit would have one, and what comes in waits for it.
 * That leaves two million webhooks an hour.
 */
#include "config.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/job/job_private.h"
#include "core/storage/ledger.h"
#include "core/storage/prune.h"
#include "core/storage/store.h"

#define REST_MS 20
#define DAY_US (INT64_C(24) * 3600 * 1000000)

struct pruning {
	struct prune_cutoffs cutoffs;
	int64_t webhook_after;
	struct prune_step step;
};

static int prune_in(struct tx *tx, void *arg, struct err *err)
{
	struct pruning *pruning = arg;

	return store_prune_step(tx, &pruning->cutoffs, pruning->webhook_after, &pruning->step, err);
}

int job_prune_run(struct job_run *run, void *arg, struct err *err)
{
	const struct settings *settings = run->daemon->settings;
	int64_t now_us = clock_now_us(), deleted = 0;
	int64_t until_ms = run->started_ms + run->deadline_ms - 1000;
	struct pruning pruning = {
		.cutoffs = {
			.webhooks_us = now_us - settings->retention_webhooks * DAY_US,
			.jobs_us = now_us - settings->retention_jobs * DAY_US,
			.ledger_us = now_us - LEDGER_KEEP_US,
			.events_us = now_us - settings->retention_events * DAY_US,
			.issues_us = now_us - settings->retention_issues * DAY_US,
			.audit_us = now_us - settings->retention_audit * DAY_US,
			.now_us = now_us,
		},
	};

	(void)arg;
	/* What is left at the deadline, or when the daemon ends, goes the next hour. */
	do {
		int result = store_write(run->daemon->store, prune_in, &pruning, err);

		if (result < 0)
			return result;
		deleted += pruning.step.deleted;
		pruning.webhook_after = pruning.step.webhook_id;
	} while (!pruning.step.ended && clock_mono_ms() < until_ms &&
		jobs_rest(run->jobs, REST_MS));
	if (deleted > 0)
		log_info("store.pruned", LOG_INT("rows", deleted));
	return 0;
}
