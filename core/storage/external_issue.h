/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Issues of a tracker that an organization knows of: one row per organization,
 * integration and key.  Rows outlive the integration's link to the organization.
 * Inside a transaction; what changes something belongs in a write closure.
 */
#ifndef MORTISE_STORAGE_EXTERNAL_ISSUE_H
#define MORTISE_STORAGE_EXTERNAL_ISSUE_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/storage/tx.h"

#define EXTERNAL_ISSUE_KEY_MAX 256     /* bytes */

struct external_issue {
	int64_t id, organization_id, integration_id;
	char *key;
	char *title, *description;     /* or NULL */
	char *display_name, *url;      /* or NULL */
	json_t *metadata;              /* always an object */
	int64_t status_at_us;          /* the upstream's time of the newest change applied */
	int64_t assignee_at_us;
	char *wrote_status;            /* what we wrote there last, or NULL; and when */
	int64_t wrote_status_at_us;
	char *wrote_assignee;
	int64_t wrote_assignee_at_us;
	char *gone;                    /* "deleted", "moved", "private"; NULL while it is there */
	int64_t added_at_us;
};

/* How it is shown: its display name, else its key. */
const char *external_issue_name(const struct external_issue *issue);

/* E_NOT_FOUND if the organization has none.  Free with external_issue_clear. */
int external_issue_get(struct tx *tx, int64_t organization_id, int64_t id,
	struct external_issue *ret_issue, struct err *err);
int external_issue_find(struct tx *tx, int64_t organization_id, int64_t integration_id,
	const char *key, struct external_issue *ret_issue, struct err *err);
/* Those with this key in the organizations of an integration, by id, after 'after_id'. */
int external_issue_list_key(struct tx *tx, int64_t integration_id, const char *key,
	int64_t after_id, size_t max, struct external_issue **ret_list, size_t *ret_len,
	struct err *err);
/* Those that an issue is linked to, by id, after 'after_id'. */
int external_issue_list_issue(struct tx *tx, int64_t issue_id, int64_t after_id, size_t max,
	struct external_issue **ret_list, size_t *ret_len, struct err *err);

struct external_issue_put {
	int64_t organization_id, integration_id;
	const char *key;
	const char *title, *description, *display_name, *url;  /* NULL: leave what is there */
	const json_t *metadata;        /* NULL: leave what is there */
	int64_t now_us;
};

/* Make it, or refresh the one that is there, which is then no longer gone.  1: made, 0: it
 * was there. */
int external_issue_put(struct tx *tx, const struct external_issue_put *put, int64_t *ret_id,
	struct err *err);
/* It has another key; NULL url and display name are forgotten.  E_CONFLICT if the
 * organization knows that key already. */
int external_issue_move(struct tx *tx, int64_t id, const char *key, const char *url,
	const char *display_name, struct err *err);
/* 'reason' or NULL for being there again.  1: changed, 0: not. */
int external_issue_set_gone(struct tx *tx, int64_t id, const char *reason, struct err *err);
/* What we wrote upstream last. */
int external_issue_set_wrote_status(struct tx *tx, int64_t id, const char *status,
	int64_t now_us, struct err *err);
int external_issue_set_wrote_assignee(struct tx *tx, int64_t id, const char *assignee,
	int64_t now_us, struct err *err);
/* Move the mark forward to the upstream's time; never back. */
int external_issue_mark_status(struct tx *tx, int64_t id, int64_t time_us, struct err *err);
int external_issue_mark_assignee(struct tx *tx, int64_t id, int64_t time_us, struct err *err);
/* Delete it with the records of its comments, unless an issue is still linked to it.
 * 1: deleted, 0: it is in use, or is not there. */
int external_issue_delete_unused(struct tx *tx, int64_t id, struct err *err);

void external_issue_clear(struct external_issue *issue);
void external_issue_list_free(struct external_issue *list, size_t len);
#define cleanup_external_issue __attribute__((__cleanup__(external_issue_clear)))

#endif
