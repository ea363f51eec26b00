/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What a PUT on one or many issues asks for: read from the body and checked before
 * anything is written, then applied to each issue in one transaction.  Request workers;
 * issue_update_apply and _delete on the store writer.  Private to core/api.
 */
#ifndef MORTISE_API_ISSUE_UPDATE_H
#define MORTISE_API_ISSUE_UPDATE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/issue/change.h"

struct api_call;
struct err;
struct issue;
struct tx;

struct issue_update {
	int status;                /* ISSUE_…; -1: leave it */
	enum issue_strategy strategy;
	const char *version;       /* of IN_RELEASE */
	const char *commit, *repository;   /* of IN_COMMIT: its hash and a name */
	const char *substatus;     /* or NULL */
	/* Ignored until then, whichever comes first; 0: never. */
	int64_t snooze_us;         /* from now */
	int64_t snooze_until_us;
	int64_t snooze_times, snooze_users;        /* more than now */
	bool assign;               /* 'assignee' is to be set */
	const char *assignee;      /* as the API names one; NULL: nobody */
};

/* Borrows from 'body'.  E_FIELD with every wrong field. */
int issue_update_read(json_t *body, struct issue_update *ret_update, struct err *err);
/* 'ret_changed' is set if anything was. */
int issue_update_apply(struct tx *tx, const struct issue_update *update,
	const struct issue *issue, const struct issue_actor *actor, bool *ret_changed,
	struct err *err);

/* Delete one.  What it was called stands in the audit log. */
int issue_update_delete(struct tx *tx, const struct issue *issue, const struct issue_actor *actor,
	struct err *err);

/* "user:7", "7", an address, a name, "team:3", "#slug"; "me" with 'me' > 0.  Both 0:
 * nobody, for NULL and "".  E_FIELD 'field' if there is no such member or team. */
int issue_assignee_find(struct tx *tx, int64_t organization_id, const char *text, int64_t me,
	const char *field, int64_t *ret_account_id, int64_t *ret_team_id, struct err *err);

#endif
