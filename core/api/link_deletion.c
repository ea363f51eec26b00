/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/link_deletion.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/job/job.h"
#include "core/storage/code_mapping.h"
#include "core/storage/external_actor.h"
#include "core/storage/external_project.h"
#include "core/storage/link.h"
#include "core/storage/repository.h"
#include "core/storage/store.h"
#include "core/webhook/webhook.h"

#define SWEEP_EVERY_MS (15 * 60 * 1000)
#define SWEEP_STEP 100

struct deletion {
	int64_t link_id, now_us;
	int64_t integration_id;
	bool deleted;
};

/* Claim and delete in one transaction: a link that was installed again is left alone, and
 * a half-deleted one is never seen.  Repositories stay, without their integration; so do
 * external issues and what is linked to them.  Who is who there is forgotten; code mappings
 * go, and the CODEOWNERS that were written for them. */
static int delete_in(struct tx *tx, void *arg, struct err *err)
{
	struct deletion *deletion = arg;
	cleanup_link struct link link = {0};
	int result = link_claim_deletion(tx, deletion->link_id, deletion->now_us, err);

	deletion->deleted = false;
	if (result <= 0)
		return result;
	if (link_get(tx, deletion->link_id, &link, err) < 0)
		return err->code;
	result = repository_unlink_all(tx, link.organization_id, link.integration_id,
		deletion->now_us, err);
	if (result < 0 || code_mapping_delete_integration(tx, link.organization_id,
				  link.integration_id, err) < 0)
		return err->code;
	deletion->integration_id = link.integration_id;
	result = external_actor_forget(tx, link.organization_id, link.integration_id, err);
	if (result < 0)
		return result;
	result = external_project_clear_map(tx, link.id, err);
	if (result < 0)
		return result;
	result = link_delete(tx, link.id, err);
	deletion->deleted = result == 1;
	return result < 0 ? result : 0;
}

static int delete_link(struct daemon *daemon, int64_t link_id, struct err *err)
{
	struct deletion deletion = {.link_id = link_id, .now_us = clock_now_us()};

	if (store_write(daemon->store, delete_in, &deletion, err) < 0)
		return err->code;
	if (deletion.deleted) {
		webhooks_forget(daemon->webhooks, deletion.integration_id);
		log_info("integration.deleted", LOG_INT("link", link_id),
			LOG_INT("integration", deletion.integration_id));
	}
	return 0;
}

static int delete_task(struct job_run *run, void *arg, struct err *err)
{
	json_t *link = json_object_get(run->payload, "link");

	(void)arg;
	return delete_link(run->daemon, json_integer_value(link), err);
}

/* Links whose job was lost, or whose deletion is stuck. */
struct sweep {
	int64_t after, now_us;
	int64_t ids[SWEEP_STEP];
	size_t len;
};

static int sweep_in(struct tx *tx, void *arg, struct err *err)
{
	struct sweep *sweep = arg;

	return link_list_deletable(tx, sweep->after, sweep->now_us, SWEEP_STEP, sweep->ids,
		&sweep->len, err);
}

static int sweep_task(struct job_run *run, void *arg, struct err *err)
{
	struct sweep sweep = {.now_us = clock_now_us()};

	(void)arg;
	do {
		if (store_read(run->daemon->store, sweep_in, &sweep, err) < 0)
			return err->code;
		for (size_t i = 0; i < sweep.len; i++) {
			sweep.after = sweep.ids[i];
			if (delete_link(run->daemon, sweep.after, err) < 0)
				return err->code;
		}
	} while (sweep.len == SWEEP_STEP);
	return 0;
}

int link_deletion_queue(struct tx *tx, const struct link *link, const char *origin,
	int64_t now_us, struct err *err)
{
	char payload[48];
	int64_t job_id;

	snprintf(payload, sizeof(payload), "{\"link\":%" PRId64 "}", link->id);
	return job_insert(tx, &(struct job_new){
		.task = "link.delete",
		.version = 1,
		.integration_id = link->integration_id,
		.link_id = link->id,
		.unordered = true,
		.payload = payload,
		.now_us = now_us,
		.origin = origin,
	}, &job_id, err);
}

int link_deletion_setup(struct daemon *daemon, struct err *err)
{
	static const struct job_policy delete_policy = {.attempts = 10};
	static const struct job_policy sweep_policy = {.attempts = 1};

	jobs_add_task(daemon->jobs, "link.delete", &delete_policy, delete_task, NULL);
	jobs_add_task(daemon->jobs, "link.sweep", &sweep_policy, sweep_task, NULL);
	return jobs_add_schedule(daemon->jobs, "link.sweep", SWEEP_EVERY_MS, err);
}
