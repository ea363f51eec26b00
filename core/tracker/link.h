/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Linking an issue of ours to an issue of a tracker: everything that a link, a creation
 * and an unlink change, in one transaction each.  What comes from the tracker was fetched
 * and checked before.  Store writer thread.
 *
 * A comment that the form asks for is posted by a job after the commit: a link that is
 * there already posts none, and a tracker that is away does not lose it.
 */
#ifndef MORTISE_TRACKER_LINK_H
#define MORTISE_TRACKER_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/storage/external_issue.h"

struct call_scope;
struct daemon;
struct err;
struct issue_actor;
struct tx;

/* The task that calls `linked` (after_link.c); before jobs_start. */
#define TRACKER_AFTER_LINK "after_link"
void tracker_setup(struct daemon *daemon);

#define TRACKER_REFERENCE_SIZE 33
#define TRACKER_FIELDS_MAX (64 * 1024) /* bytes of a form's values, as JSON */

/* Names the next ticket that is made for an issue through a link, the same until one is
 * there: so a request that is sent again makes no second one.  32 hex digits. */
int tracker_reference(struct tx *tx, int64_t issue_id, int64_t link_id,
	char ret_reference[static TRACKER_REFERENCE_SIZE], struct err *err);

struct tracker_link {
	const struct call_scope *scope;        /* install scope */
	const struct issue_actor *actor;
	int64_t issue_id;
	bool made;                     /* the external issue was made, not found */
	const json_t *answer;          /* of create or get, checked */
	const char *url;               /* where it is; or NULL */
	const json_t *fields;          /* what was put into the form */
	const json_t *effects;         /* of the same call, or NULL */
	const char *comment_reference; /* for `linked`; NULL: it is not called */
	struct external_issue linked;  /* what came of it; clear it */
};

/* Store the external issue, the link, the activity, the defaults and the effects.
 * E_CONFLICT if the issue is linked to it already, E_NOT_FOUND if the issue or the
 * integration was removed meanwhile.  jobs_wake() after the commit.  A store_fn. */
int tracker_link_write(struct tx *tx, void *link, struct err *err);
/* Take the link away, and the external issue if nothing else is linked to it.
 * E_NOT_FOUND unless the issue is linked to this row of this integration. */
int tracker_unlink(struct tx *tx, int64_t organization_id, int64_t integration_id,
	int64_t issue_id, int64_t external_issue_id, struct err *err);

/* What an issue's `annotations` are: [{"url", "displayName"}] of its external issues that
 * have an address, as a new reference. */
int tracker_annotations(struct tx *tx, int64_t issue_id, json_t **ret_annotations,
	struct err *err);

#endif
