/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Job workers, but for deletion_queue. */
#include "config.h"
#include "core/api/deletion.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/api/install.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/job/job.h"
#include "core/storage/link.h"
#include "core/storage/store.h"
#include "core/webhook/webhook.h"

#define SWEEP_EVERY_MS (15 * 60 * 1000)
#define SWEEP_STEP 100
#define REST_MS 20             /* between steps: others write too */

static const char *const kinds[] = {
	[PURGE_ORGANIZATION] = "organization",
	[PURGE_PROJECT] = "project",
	[PURGE_TEAM] = "team",
};

struct deletion {
	enum purge_kind kind;
	int64_t id, now_us;
	const char *origin;
	bool more;
};

/* ---- What its integrations take back ---- */

struct standing {
	int64_t organization_id, after, now_us;
	struct link_id link;
	size_t len;
};

static int standing_in(struct tx *tx, void *arg, struct err *err)
{
	struct standing *standing = arg;

	return link_list_standing(tx, standing->organization_id, standing->after, 1,
		&standing->link, &standing->len, err);
}

/* It is not told again. */
static int told_in(struct tx *tx, void *arg, struct err *err)
{
	const struct standing *standing = arg;

	return link_begin_deletion(tx, standing->link.id, standing->now_us, err);
}

/* What its plugin would change here goes with the organization. */
static int uninstall(struct job_run *run, struct standing *standing, struct err *err)
{
	struct api_call call = {
		.daemon = run->daemon,
		.principal = {.organization_id = standing->organization_id},
	};
	cleanup_install struct install install = {0};
	cleanup_json json_t *effects = NULL;
	cleanup_err struct err refused = {0};

	snprintf(call.principal.origin, sizeof(call.principal.origin), "%s", run->origin);
	if (install_read_id(&call, standing->link.integration_id, &install, err) < 0)
		return err->code;
	if (install_uninstall(&call, &install, &effects, &refused) < 0)
		log_warning("integration.not_uninstalled",
			LOG_INT("integration", install.integration.id),
			LOG_TEXT("provider", install.integration.provider),
			LOG_TEXT("reason", err_text(&refused)));
	standing->now_us = clock_now_us();
	return store_write(run->daemon->store, told_in, standing, err);
}

/* One after the other while there is time; 'more' says whether some are left. */
static int uninstall_all(struct job_run *run, struct deletion *deletion, int64_t until_ms,
	struct err *err)
{
	struct standing standing = {.organization_id = deletion->id};

	do {
		if (store_read(run->daemon->store, standing_in, &standing, err) < 0 ||
			(standing.len > 0 && uninstall(run, &standing, err) < 0))
			return err->code;
		standing.after = standing.link.integration_id;
	} while (standing.len > 0 && clock_mono_ms() < until_ms && jobs_rest(run->jobs, 0));
	deletion->more = standing.len > 0;
	return 0;
}

/* ---- Its rows ---- */

static int step_in(struct tx *tx, void *arg, struct err *err)
{
	struct deletion *deletion = arg;
	int result = purge_step(tx, deletion->kind, deletion->id, deletion->now_us, err);

	deletion->more = result == 1;
	return result < 0 ? result : 0;
}

static int continue_in(struct tx *tx, void *arg, struct err *err)
{
	const struct deletion *deletion = arg;

	return deletion_queue(tx, deletion->kind, deletion->id, deletion->origin,
		deletion->now_us, err);
}

static int purge_all(struct job_run *run, struct deletion *deletion, int64_t until_ms,
	struct err *err)
{
	do {
		deletion->now_us = clock_now_us();
		if (store_write(run->daemon->store, step_in, deletion, err) < 0)
			return err->code;
	} while (deletion->more && clock_mono_ms() < until_ms && jobs_rest(run->jobs, REST_MS));
	return 0;
}

/* Step by step until it is gone, or this run has lasted long enough: then another goes on. */
static int delete_all(struct job_run *run, struct deletion *deletion, struct err *err)
{
	int64_t until_ms = run->started_ms + run->deadline_ms / 2;

	if (deletion->kind == PURGE_ORGANIZATION &&
		uninstall_all(run, deletion, until_ms, err) < 0)
		return err->code;
	if (!deletion->more && purge_all(run, deletion, until_ms, err) < 0)
		return err->code;
	deletion->now_us = clock_now_us();
	if (deletion->more)
		return store_write(run->daemon->store, continue_in, deletion, err);
	if (deletion->kind == PURGE_ORGANIZATION)
		webhooks_forget_all(run->daemon->webhooks);
	log_info("deletion.done", LOG_TEXT("kind", kinds[deletion->kind]),
		LOG_INT("id", deletion->id));
	return 0;
}

static int delete_task(struct job_run *run, void *arg, struct err *err)
{
	const char *kind = json_string_value(json_object_get(run->payload, "kind"));
	struct deletion deletion = {
		.id = json_integer_value(json_object_get(run->payload, "id")),
		.origin = run->origin,
	};

	(void)arg;
	for (size_t i = 0; kind && i < lengthof(kinds); i++)
		if (strcmp(kinds[i], kind) == 0) {
			deletion.kind = (enum purge_kind)i;
			return delete_all(run, &deletion, err);
		}
	return err_set(err, MORTISE_E_INTERNAL, "a job of deletion without its kind");
}

/* Those whose job was lost. */
struct sweep {
	enum purge_kind kind;
	int64_t after;
	int64_t ids[SWEEP_STEP];
	size_t len;
};

static int sweep_in(struct tx *tx, void *arg, struct err *err)
{
	struct sweep *sweep = arg;

	return purge_list(tx, sweep->kind, sweep->after, SWEEP_STEP, sweep->ids, &sweep->len, err);
}

static int sweep_kind(struct job_run *run, enum purge_kind kind, struct err *err)
{
	struct sweep sweep = {.kind = kind};

	do {
		if (store_read(run->daemon->store, sweep_in, &sweep, err) < 0)
			return err->code;
		for (size_t i = 0; i < sweep.len; i++) {
			struct deletion deletion = {
				.kind = kind,
				.id = sweep.ids[i],
				.origin = run->origin,
			};

			sweep.after = sweep.ids[i];
			if (delete_all(run, &deletion, err) < 0)
				return err->code;
		}
	} while (sweep.len == SWEEP_STEP);
	return 0;
}

static int sweep_task(struct job_run *run, void *arg, struct err *err)
{
	(void)arg;
	for (size_t i = 0; i < lengthof(kinds); i++)
		if (sweep_kind(run, (enum purge_kind)i, err) < 0)
			return err->code;
	return 0;
}

int deletion_queue(struct tx *tx, enum purge_kind kind, int64_t id, const char *origin,
	int64_t now_us, struct err *err)
{
	char payload[80];
	int64_t job_id;

	snprintf(payload, sizeof(payload), "{\"kind\":\"%s\",\"id\":%" PRId64 "}", kinds[kind], id);
	return job_insert(tx, &(struct job_new){
		.task = "deletion",
		.version = 1,
		.unordered = true,
		.payload = payload,
		.now_us = now_us,
		.origin = origin,
	}, &job_id, err);
}

int deletion_setup(struct daemon *daemon, struct err *err)
{
	static const struct job_policy delete_policy = {.attempts = 10};
	static const struct job_policy sweep_policy = {.attempts = 1};

	jobs_add_task(daemon->jobs, "deletion", &delete_policy, delete_task, NULL);
	jobs_add_task(daemon->jobs, "deletion.sweep", &sweep_policy, sweep_task, NULL);
	return jobs_add_schedule(daemon->jobs, "deletion.sweep", SWEEP_EVERY_MS, err);
}
