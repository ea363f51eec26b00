/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Storing a verified webhook: its row, its body and its jobs are one commit, and the
 * reply leaves when that is durable.  A success status means: on disk.
 *
 * Intake or request worker; the closure runs on the store writer, and so does the reply.
 */
#include "config.h"

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/pack.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/job/job.h"
#include "core/storage/dictionary.h"
#include "core/storage/job.h"
#include "core/storage/store.h"
#include "core/storage/webhook.h"
#include "core/webhook/webhook_private.h"

/* Jobs of a repeated webhook that are looked at. */
#define JOBS_MAX 1024

struct accept {
	struct intake *intake;
	struct webhook_add add;
	char *headers;
	char *group;                   /* order of what has no integration yet */
	struct packed body;
	bool learn;                    /* there are enough bodies to learn from */
	/* Set anew at each run: */
	bool known;
	bool replayed;
	int64_t webhook_id;
};

/* ---- The transaction ---- */

/* A repeat of what ended as a dead letter runs it again. */
static int revive_dead(struct tx *tx, const struct accept *accept, int64_t webhook_id,
	struct err *err)
{
	int64_t ids[JOBS_MAX], id;
	size_t len;
	int result = job_list_webhook(tx, webhook_id, lengthof(ids), ids, &len, err);

	for (size_t i = 0; result == 0 && i < len; i++) {
		cleanup_job_row struct job_row row = {0};

		result = job_row_get(tx, ids[i], &row, err);
		if (result == 0 && row.status == JOB_DEAD)
			result = job_revive(tx, ids[i], accept->add.received_us, &id, err);
	}
	return result;
}

/* An item of a subject that was stored before its integration existed may still wait:
 * what follows keeps behind it. */
static int choose_order(struct tx *tx, const struct accept *accept, struct job_new *job,
	struct err *err)
{
	cleanup_free char *key = xasprintf("%s/", accept->group);
	bool busy;
	int result = job_key_busy(tx, key, &busy, err);

	if (result < 0)
		return result;
	if (busy || job->integration_id == 0) {
		job->integration_id = 0;
		job->object = NULL;
		job->order_group = accept->group;
	}
	return 0;
}

static int add_job(struct tx *tx, const struct accept *accept,
	const struct webhook_target *target, struct err *err)
{
	const struct intake *intake = accept->intake;
	struct job_new job = {
		.task = WEBHOOK_TASK,
		.provider = accept->add.provider,
		.integration_id = target->integration_id,
		.link_id = intake->subject_scope ? 0 : target->link_id,
		.object = accept->add.object,
		.barrier = intake->event && intake->event->flags & MORTISE_EVENT_BARRIER,
		.webhook_id = accept->webhook_id,
		.now_us = accept->add.received_us,
	};
	char origin[40];
	int64_t id;
	int result = 0;

	snprintf(origin, sizeof(origin), "integration:%lld", (long long)target->integration_id);
	job.origin = target->integration_id != 0 ? origin : "system";
	if (intake->subject_scope)
		result = choose_order(tx, accept, &job, err);
	return result < 0 ? result : job_insert(tx, &job, &id, err);
}

static int accept_in(struct tx *tx, void *arg, struct err *err)
{
	struct accept *accept = arg;
	int result;

	accept->replayed = false;
	result = webhook_add(tx, &accept->add, &accept->webhook_id, &accept->known, err);
	if (result < 0)
		return result;
	if (accept->known)
		return revive_dead(tx, accept, accept->webhook_id, err);
	result = token_use_up(tx, &accept->intake->use, err);
	accept->replayed = result == MORTISE_E_CONFLICT;
	for (size_t i = 0; result == 0 && i < accept->intake->target_len; i++)
		result = add_job(tx, accept, &accept->intake->targets[i], err);
	if (result == 0 && accept->learn)
		result = job_learn_queue(tx, accept->add.received_us, err);
	return result;
}

/* ---- */

static void accept_free(struct accept *accept)
{
	free(accept->headers);
	free(accept->group);
	packed_clear(&accept->body);
	free(accept);
}

static void refuse(struct accept *accept, const struct err *err)
{
	log_limited(MORTISE_LOG_ERROR, "webhook.not_stored",
		LOG_TEXT("provider", accept->add.provider), LOG_TEXT("reason", err_text(err)));
	intake_end(accept->intake, WEBHOOK_OVERLOADED);
	accept_free(accept);
}

static void accepted(int result, struct err *err, void *arg)
{
	struct accept *accept = arg;
	struct jobs *jobs = accept->intake->webhooks->daemon->jobs;

	if (accept->replayed) {
		intake_end(accept->intake, WEBHOOK_REPLAYED);
		accept_free(accept);
		return;
	}
	if (result < 0) {
		refuse(accept, err);
		return;
	}
	jobs_wake(jobs);
	intake_end(accept->intake, accept->known ? WEBHOOK_DUPLICATE : WEBHOOK_ACCEPTED);
	accept_free(accept);
}

static void pack_body(struct accept *accept)
{
	const struct intake *intake = accept->intake;
	const struct dictionary_kind kind = {DICTIONARY_WEBHOOKS, accept->add.provider};
	struct store *store = intake->webhooks->daemon->store;

	pack(intake->data ? intake->data : "", intake->size,
		dictionaries_current(store_dictionaries(store), &kind, &accept->learn),
		&accept->body);
}

static struct accept *accept_new(struct intake *intake)
{
	struct accept *accept = new(struct accept);
	cleanup_json json_t *headers = intake_headers(intake);
	const struct webhook_target *first = &intake->targets[0];

	accept->intake = intake;
	accept->headers = json_dumps(headers, JSON_COMPACT);
	accept->group = xasprintf("%s:%s", intake->set->provider->provider.key,
		intake->external_id);
	accept->add = (struct webhook_add){
		.key_owner = intake->key_owner,
		.delivery_id = *intake->delivery_id ? intake->delivery_id : NULL,
		.provider = intake->set->provider->provider.key,
		.webhook = intake->plan->name,
		.event = intake->event_name,
		.subject = *intake->external_id ? intake->external_id : NULL,
		.subject_scope = intake->subject_scope,
		.integration_id = first->integration_id,
		.object = *intake->object ? intake->object : NULL,
		.headers = accept->headers,
		.received_us = intake->received_us,
	};
	pack_body(accept);
	accept->add.encoding = accept->body.encoding;
	accept->add.size = (int64_t)accept->body.size;
	accept->add.body = (struct blob){accept->body.data, accept->body.data_size};
	return accept;
}

void webhook_accept(struct intake *intake)
{
	struct accept *accept = accept_new(intake);
	cleanup_err struct err err = {0};

	if (store_write_async(intake->webhooks->daemon->store, accept_in, accept,
		    accept->add.body.size + 1024, accepted, &err) < 0)
		refuse(accept, &err);
}
