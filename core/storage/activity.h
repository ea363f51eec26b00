/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What happened to an issue, notes included.  An issue keeps its newest ACTIVITY_MAX
 * activities; older ones go as new ones come.  Inside a transaction.
 */
#ifndef MORTISE_STORAGE_ACTIVITY_H
#define MORTISE_STORAGE_ACTIVITY_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/storage/keyset.h"
#include "core/storage/tx.h"

#define ACTIVITY_MAX 1000

/* Sentry's names. */
#define ACTIVITY_NOTE "note"
#define ACTIVITY_FIRST_SEEN "first_seen"
#define ACTIVITY_CREATE_ISSUE "create_issue"
#define ACTIVITY_ASSIGNED "assigned"
#define ACTIVITY_UNASSIGNED "unassigned"
#define ACTIVITY_SET_RESOLVED "set_resolved"
#define ACTIVITY_SET_RESOLVED_IN_RELEASE "set_resolved_in_release"
#define ACTIVITY_SET_RESOLVED_IN_COMMIT "set_resolved_in_commit"
#define ACTIVITY_SET_RESOLVED_IN_PULL_REQUEST "set_resolved_in_pull_request"
#define ACTIVITY_SET_UNRESOLVED "set_unresolved"
#define ACTIVITY_SET_REGRESSION "set_regression"
#define ACTIVITY_SET_IGNORED "set_ignored"

struct activity {
	int64_t id, issue_id, project_id;
	char *type;
	int64_t account_id;        /* who; 0: no person */
	char *origin;              /* "user:7", "token:3", "integration:5", "system" */
	char *ident;               /* or NULL */
	json_t *data;              /* always an object */
	int64_t added_at_us;
	int64_t updated_at_us;     /* 0: never */
};

struct activity_new {
	int64_t issue_id, project_id;
	const char *type;
	int64_t account_id;        /* 0: no person */
	const char *origin;
	const char *ident;         /* or NULL */
	const json_t *data;        /* or NULL */
	int64_t now_us;
};

int activity_insert(struct tx *tx, const struct activity_new *activity, int64_t *ret_id,
	struct err *err);
/* E_NOT_FOUND if the issue has none of this id. */
int activity_get(struct tx *tx, int64_t issue_id, int64_t id, struct activity *ret_activity,
	struct err *err);
/* Newest first; 'type' NULL: all. */
int activity_list(struct tx *tx, int64_t issue_id, const char *type, const struct keyset *place,
	struct activity **ret_list, size_t *ret_len, struct err *err);
int activity_count(struct tx *tx, int64_t issue_id, const char *type, int64_t *ret_len,
	struct err *err);
int activity_set_data(struct tx *tx, int64_t id, const json_t *data, int64_t now_us,
	struct err *err);
int activity_delete(struct tx *tx, int64_t id, struct err *err);

void activity_clear(struct activity *activity);
#define cleanup_activity __attribute__((__cleanup__(activity_clear)))
void activity_list_free(struct activity *list, size_t len);

#endif
