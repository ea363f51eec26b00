/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The task "kick_off_status_syncs": an issue was resolved or unresolved, so each tracker it
 * is linked to gets a job of its own, but for the one that the change came from.  That job
 * may fail and be tried again without holding the others.
 */
#include "config.h"
#include "core/sync/sync_private.h"

#include "core/base/mem.h"
#include "core/issue/outbound.h"
#include "core/storage/job.h"

static int insert_jobs(struct tx *tx, struct job_run *run, const struct job_end *end,
	struct err *err)
{
	if (end->status != JOB_DONE)
		return 0;
	return outbound_each(tx, &(struct outbound){
		.issue_id = json_integer_value(json_object_get(run->payload, "issue")),
		.integration_id = json_integer_value(json_object_get(run->payload, "from")),
		.origin = run->origin,
		.now_us = end->now_us,
	}, SYNC_STATUS_OUTBOUND, 0, err);
}

int sync_kick_off_status_syncs(struct job_run *run, void *arg, struct err *err)
{
	(void)arg;
	(void)err;
	run->settle = insert_jobs;
	run->outcome = xstrdup("each linked tracker has its job");
	return 0;
}
