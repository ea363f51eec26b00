/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What an operator sees of the queue and may do to it.  Workers.
 *
 * A job is {"id","task","status","integration","object","attempts","webhook",
 * "not_before","code","outcome","added","finished"}; status is "waiting" "held" (behind
 * an earlier item) "running" "done" "halted" "dead".  '*ret_result' is a new object.
 */
#ifndef MORTISE_JOB_JOB_ADMIN_H
#define MORTISE_JOB_JOB_ADMIN_H

#include <jansson.h>

struct daemon;
struct err;

/* {"status"?, "task"?, "before"? (id), "limit"? (100)} → {"jobs": […]}, newest first. */
int job_admin_list(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err);
/* {"id"} → {"job": {…, "origin","version","strikes","payload","cursor","started"}}. */
int job_admin_show(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err);
/* {"id"} → {"id"}: a waiting job is due at once and keeps its place; a dead or halted one
 * goes to the end of its key, under a new id.  E_CONFLICT for one that runs or is done. */
int job_admin_retry(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err);
/* {"id"} → {}: a waiting job ends as halted, "dropped by the operator", and its key goes
 * on; an ended one is forgotten.  E_CONFLICT for one that runs. */
int job_admin_drop(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err);

#endif
