/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Where and when a release was brought into use.  Inside a transaction. */
#ifndef MORTISE_STORAGE_DEPLOY_H
#define MORTISE_STORAGE_DEPLOY_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct err;
struct keyset;
struct tx;

#define DEPLOYS_KEPT 1000      /* of one release: the newest */

struct deploy {
	int64_t id, organization_id;
	char *environment;
	char *name, *url;          /* or NULL */
	json_t *projects;          /* ids of the projects it was for */
	int64_t started_at_us;     /* 0: not said */
	int64_t finished_at_us;
};

struct deploy_new {
	int64_t organization_id, release_id;
	const char *environment;
	const char *name, *url;    /* or NULL */
	const json_t *projects;
	int64_t started_at_us;     /* 0: not said */
	int64_t finished_at_us, now_us;
};

/* The oldest of the release beyond DEPLOYS_KEPT go. */
int deploy_insert(struct tx *tx, const struct deploy_new *deploy, int64_t *ret_id,
	struct err *err);
int deploy_get(struct tx *tx, int64_t id, struct deploy *ret_deploy, struct err *err);
/* Of a release; those that ended last come first. */
int deploy_list(struct tx *tx, int64_t release_id, const struct keyset *place,
	struct deploy **ret_list, size_t *ret_len, struct err *err);
/* The one that ended last: 1, or 0 if there is none. */
int deploy_last(struct tx *tx, int64_t release_id, struct deploy *ret_deploy, struct err *err);
int deploy_count(struct tx *tx, int64_t release_id, int64_t *ret_len, struct err *err);
void deploy_clear(struct deploy *deploy);
#define cleanup_deploy __attribute__((__cleanup__(deploy_clear)))
void deploy_list_free(struct deploy *list, size_t len);

#endif
