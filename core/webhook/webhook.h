/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Webhooks: /extensions/{slug}/…, as plugins registered them.
 *
 * A stored webhook is verified on an intake worker, handed to the store writer and
 * answered when its commit is durable; the job "webhook" runs its handler later.  An
 * inline one is verified the same way, then runs its handler on a request worker,
 * commits the effects and is answered.
 *
 * Keys and the rows they belong to are kept in a small table, secrets in locked
 * memory.  Whoever commits a change to an integration, a link or their secrets calls
 * webhooks_forget afterwards.
 */
#ifndef MORTISE_WEBHOOK_WEBHOOK_H
#define MORTISE_WEBHOOK_WEBHOOK_H

#include <stdint.h>

#include <jansson.h>

struct daemon;
struct err;
struct http_route;
struct webhooks;

/* Adds its route to daemon->http and its task to daemon->jobs. */
struct webhooks *webhooks_new(struct daemon *daemon);
/* Whom a request below /extensions/SLUG/ is for that is no webhook's (admit, handler, arg);
 * copied, before listening.  The handler is called on an intake worker. */
void webhooks_set_others(struct webhooks *webhooks, const struct http_route *others);
void webhooks_free(struct webhooks *webhooks);
/* After a commit that changed this integration, its links or its secrets.  Any thread. */
void webhooks_forget(struct webhooks *webhooks, int64_t integration_id);
/* After one that changed anything else: settings, many integrations.  Any thread. */
void webhooks_forget_all(struct webhooks *webhooks);

/* ---- For the operator; '*ret_result' is a new object ----
 *
 * A webhook is {"id","provider","webhook","event","subject","integration","object",
 * "delivery","received","status"}; status is that of its newest job ("waiting" "running"
 * "done" "halted" "dead") or "pruned".
 */
/* {"status"?, "provider"?, "before"? (id), "limit"? (100)} → {"webhooks": […]}, newest
 * first. */
int webhook_admin_list(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err);
/* {"id"} → {"webhook": {…, "headers", "size", "jobs": [as job_admin_show]}}. */
int webhook_admin_show(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err);
/* {"id"} → {"jobs": [id]}: append a new item for each job it had, marked as replay. */
int webhook_admin_replay(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err);

#endif
