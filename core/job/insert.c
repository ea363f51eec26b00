/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* New jobs and their order keys.  Store writer thread. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/job/job_private.h"
#include "core/storage/job.h"

char *job_order_key(const struct job_new *job)
{
	const char *object = job->object ? job->object : "";

	if (job->unordered)
		return NULL;
	if (job->integration_id != 0 && job->link_id != 0)
		return xasprintf("%" PRId64 ":%" PRId64 "/%s", job->integration_id, job->link_id,
			object);
	if (job->integration_id != 0)
		return xasprintf("%" PRId64 "/%s", job->integration_id, object);
	if (job->order_group)
		return xasprintf("%s/%s", job->order_group, object);
	return NULL;
}

int job_insert_once(struct tx *tx, const struct job_new *job, struct err *err)
{
	cleanup_free char *key = job_order_key(job);
	int64_t id;
	bool busy;
	int result = job_key_busy(tx, key, &busy, err);

	if (result == 0 && busy)
		result = job_key_hurry(tx, key, job->now_us, err);
	else if (result == 0)
		result = job_insert(tx, job, &id, err);
	return result < 0 ? result : 0;
}

int job_insert(struct tx *tx, const struct job_new *job, int64_t *ret_id, struct err *err)
{
	const char *colon = strchr(job->task, ':');
	cleanup_free char *key = job_order_key(job);
	cleanup_free char *provider = job->provider ? xstrdup(job->provider) :
		xstrndup(job->task, colon ? (size_t)(colon - job->task) : 0);

	return job_row_add(tx, &(struct job_add){
		.task = job->task,
		.provider = provider,
		.version = job->version > 0 ? job->version : 1,
		.integration_id = job->integration_id,
		.link_id = job->link_id,
		.object = job->object,
		.order_key = key,
		.barrier = job->barrier && key && job->integration_id != 0,
		.webhook_id = job->webhook_id,
		.payload = job->payload ? job->payload : "{}",
		.origin = job->origin ? job->origin : "system",
		.not_before_us = job->not_before_us > 0 ? job->not_before_us : job->now_us,
		.now_us = job->now_us,
	}, ret_id, err);
}
