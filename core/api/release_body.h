/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What a request says of a release: read from the body and checked before anything is
 * written, then applied in the request's transaction.  Private to core/api.
 */
#ifndef MORTISE_API_RELEASE_BODY_H
#define MORTISE_API_RELEASE_BODY_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

struct err;
struct issue_actor;
struct principal;
struct release;
struct tx;

struct release_body {
	const char *version;       /* or NULL */
	json_t *projects;          /* slugs or ids; or NULL */
	bool has_ref, has_url, has_released, has_status;
	const char *ref, *url;     /* NULL: none any more */
	int64_t released_at_us;    /* 0: not finalized */
	int status;                /* RELEASE_ */
	json_t *commits, *refs;    /* checked lists, or NULL */
	json_t *heads;             /* "headCommits", refs by an older name */
};

/* Borrows from 'body'.  E_FIELD with every wrong field. */
int release_body_read(const json_t *body, struct release_body *ret_body, struct err *err);
/* Change a release that is there; E_FORBIDDEN for a project beyond the principal's reach.
 * jobs_wake() after the commit, if it has commits. */
int release_body_apply(struct tx *tx, const struct release_body *body,
	const struct release *release, const struct principal *principal,
	const struct issue_actor *actor, struct err *err);

#endif
