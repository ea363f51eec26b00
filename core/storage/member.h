/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Accounts (people who sign in) and their membership in organizations.  Inside a
 * transaction.
 */
#ifndef MORTISE_STORAGE_MEMBER_H
#define MORTISE_STORAGE_MEMBER_H

#include <stddef.h>
#include <stdint.h>

#include "core/storage/external_actor.h"
#include "core/storage/keyset.h"
#include "core/storage/tx.h"

struct account {
	int64_t id;
	char *email, *name;
	int64_t added_at_us;
};

struct member {
	int64_t id, organization_id, account_id;
	char *role;                /* "owner", "manager", "admin", "member" */
	char *email, *name;        /* of the account */
	int64_t added_at_us;
};

/* An existing account with this address (any case) is taken; its name stays. */
int account_put(struct tx *tx, const char *email, const char *name, int64_t now_us,
	int64_t *ret_id, struct err *err);
int account_get(struct tx *tx, int64_t id, struct account *ret_account, struct err *err);
int account_find(struct tx *tx, const char *email, struct account *ret_account, struct err *err);
void account_clear(struct account *account);
#define cleanup_account __attribute__((__cleanup__(account_clear)))

/* Add a member, or change the role of one. */
int member_put(struct tx *tx, int64_t organization_id, int64_t account_id, const char *role,
	int64_t now_us, int64_t *ret_id, struct err *err);
/* A new member; E_CONFLICT if the account is one. */
int member_insert(struct tx *tx, int64_t organization_id, int64_t account_id, const char *role,
	int64_t now_us, int64_t *ret_id, struct err *err);
/* E_CONFLICT if it is the only owner and would be none any more. */
int member_set_role(struct tx *tx, const struct member *member, const char *role,
	struct err *err);
int member_leave_teams(struct tx *tx, const struct member *member, struct err *err);
/* Out of its teams and the organization, with its names at providers; its tokens of the
 * organization are revoked.  E_CONFLICT for the only owner.  What is assigned to it, and
 * what it wrote, stays. */
int member_remove(struct tx *tx, const struct member *member, int64_t now_us, struct err *err);
/* 1 if there is no other owner, 0 if not. */
int member_is_only_owner(struct tx *tx, const struct member *member, struct err *err);
/* The membership of an account; E_NOT_FOUND if it has none. */
int member_find(struct tx *tx, int64_t organization_id, int64_t account_id,
	struct member *ret_member, struct err *err);
int member_get(struct tx *tx, int64_t organization_id, int64_t id, struct member *ret_member,
	struct err *err);
/* The members with this address (any case), or else with exactly this name: '*ret_len' of
 * them, 2 for several; '*ret_account_id' is one of them. */
int member_find_named(struct tx *tx, int64_t organization_id, const char *text,
	int64_t *ret_account_id, size_t *ret_len, struct err *err);
/* All that is set must hold; in the order in which they joined. */
struct member_page {
	int64_t organization_id;
	enum external_filter external;
	int64_t team_id;           /* in the team; 0: any */
	int64_t project_id;        /* in a team that works on the project; 0: any */
	const char *role;          /* NULL: any */
	const char *query;         /* name or address contain it, in any case; NULL: all */
	const struct keyset *place;
};
int member_list(struct tx *tx, const struct member_page *page, struct member **ret_list,
	size_t *ret_len, struct err *err);
/* Is the account in a team of the project, or a member while the project has no team?
 * 1 or 0. */
int member_works_on(struct tx *tx, int64_t organization_id, int64_t account_id,
	int64_t project_id, struct err *err);
void member_clear(struct member *member);
void member_list_free(struct member *list, size_t len);
#define cleanup_member __attribute__((__cleanup__(member_clear)))

#endif
