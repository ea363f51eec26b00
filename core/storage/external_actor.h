/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Upstream accounts of members and teams: `@mona` at GitHub is this account, `@acme/web`
 * this team.  Inside a transaction; functions that change something belong in a write
 * closure.
 */
#ifndef MORTISE_STORAGE_EXTERNAL_ACTOR_H
#define MORTISE_STORAGE_EXTERNAL_ACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/storage/tx.h"

struct external_actor_new {
	int64_t organization_id, integration_id;
	const char *provider;      /* row key */
	const char *name;          /* "@mona" */
	const char *external_id;   /* or NULL */
	const char *email;         /* of the member it belongs to */
	const char *source;        /* "commit_author" */
	int64_t now_us;
};

/* Remember the account of the member with this address.  1: new; 0: known already, or
 * there is no such member. */
int external_actor_add_by_email(struct tx *tx, const struct external_actor_new *actor,
	struct err *err);

struct external_actor {
	int64_t id, organization_id, integration_id;
	int64_t account_id;        /* 0: it is a team's */
	int64_t team_id;           /* 0: it is an account's */
	char *provider, *name;
	char *external_id;         /* or NULL */
};

/* E_NOT_FOUND if the organization has none.  Free with external_actor_clear. */
int external_actor_get(struct tx *tx, int64_t organization_id, int64_t id,
	struct external_actor *ret_actor, struct err *err);
/* The oldest of this organization, provider, integration and name; its external id must
 * be the same too if 'with_external_id' (then NULL is one).  1 or 0. */
int external_actor_find(struct tx *tx, const struct external_actor *wanted, bool with_external_id,
	struct external_actor *ret_actor, struct err *err);
/* E_CONFLICT if the account or team has this name at this provider already. */
int external_actor_insert(struct tx *tx, const struct external_actor *actor, int64_t now_us,
	int64_t *ret_id, struct err *err);
int external_actor_update(struct tx *tx, const struct external_actor *actor, int64_t now_us,
	struct err *err);
int external_actor_delete(struct tx *tx, int64_t organization_id, int64_t id, struct err *err);
/* An integration that the organization removed. */
int external_actor_forget(struct tx *tx, int64_t organization_id, int64_t integration_id,
	struct err *err);
void external_actor_clear(struct external_actor *actor);
#define cleanup_external_actor __attribute__((__cleanup__(external_actor_clear)))

/* The upstream accounts of one member, or of one team; by name. */
int external_actor_list_account(struct tx *tx, int64_t organization_id, int64_t account_id,
	struct external_actor **ret_list, size_t *ret_len, struct err *err);
int external_actor_list_team(struct tx *tx, int64_t organization_id, int64_t team_id,
	struct external_actor **ret_list, size_t *ret_len, struct err *err);
void external_actor_list_free(struct external_actor *list, size_t len);

/* Which members or teams a listing has: all, those with an external actor, the others. */
enum external_filter { EXTERNAL_ANY, EXTERNAL_SOME, EXTERNAL_NONE };

/* ---- Who is meant ---- */

struct external_actor_key {
	int64_t organization_id, integration_id;
	const char *name;          /* in any case, with or without "@"; or NULL */
	const char *external_id;   /* or NULL */
};

/* The accounts that an upstream account belongs to, the oldest row first: those with its
 * external id; if there are none, those with its name whose external id is not another. */
int external_actor_accounts(struct tx *tx, const struct external_actor_key *key, size_t max,
	int64_t *ret_account_ids, size_t *ret_len, struct err *err);
/* The rows of code hosts with this name, in any case, at whatever integration of the
 * organization; the oldest first, at most 10.  For CODEOWNERS. */
int external_actor_named(struct tx *tx, int64_t organization_id, const char *name,
	struct external_actor **ret_list, size_t *ret_len, struct err *err);
/* The upstream account of an account at an integration, the oldest row.  1 or 0. */
int external_actor_of_account(struct tx *tx, int64_t organization_id, int64_t integration_id,
	int64_t account_id, struct external_actor *ret_actor, struct err *err);

#endif
