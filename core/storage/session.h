/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * How people sign in: one-time links, and the browser sessions they begin.  Only keyed
 * hashes are here.  Inside a transaction.
 */
#ifndef MORTISE_STORAGE_SESSION_H
#define MORTISE_STORAGE_SESSION_H

#include <stdint.h>

#include "core/storage/tx.h"

/* Whom a link signs in.  One that an organization gave out opens that one only. */
struct login {
	int64_t account_id;
	int64_t organization_id;   /* 0: all that the account is a member of */
};

struct session {
	int64_t id;
	struct login login;
	char *csrf_hash;
	int64_t expires_at_us;
};

int login_link_insert(struct tx *tx, const char *hash, const struct login *login, int64_t now_us,
	int64_t expires_at_us, struct err *err);
/* Whose link it is; E_NOT_FOUND as login_link_take. */
int login_link_find(struct tx *tx, const char *hash, int64_t now_us, struct login *ret_login,
	struct err *err);
/* Use a link up.  E_NOT_FOUND if it is unknown, used or expired. */
int login_link_take(struct tx *tx, const char *hash, int64_t now_us, struct login *ret_login,
	struct err *err);

int session_insert(struct tx *tx, const char *hash, const char *csrf_hash,
	const struct login *login, int64_t now_us, int64_t expires_at_us, int64_t *ret_id,
	struct err *err);
/* E_NOT_FOUND if there is none; the caller looks at its expiry. */
int session_find(struct tx *tx, const char *hash, struct session *ret_session, struct err *err);
int session_delete(struct tx *tx, int64_t id, struct err *err);
void session_clear(struct session *session);
#define cleanup_session __attribute__((__cleanup__(session_clear)))

/* Delete up to 'max' links, or sessions, that ended before 'before_us'; how many. */
int login_link_prune(struct tx *tx, int64_t before_us, int64_t max, struct err *err);
int session_prune(struct tx *tx, int64_t before_us, int64_t max, struct err *err);

#endif
