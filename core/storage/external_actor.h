/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Upstream accounts of members and teams.  Inside a transaction. */
#ifndef MORTISE_STORAGE_EXTERNAL_ACTOR_H
#define MORTISE_STORAGE_EXTERNAL_ACTOR_H

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

/* Remember the account of the one member with this address.  1: new; 0: known already,
 * or there is no such member, or several. */
int external_actor_add_by_email(struct tx *tx, const struct external_actor_new *actor,
	struct err *err);

struct external_actor {
	int64_t id, integration_id, account_id;
	char *provider, *name;
	char *external_id;         /* or NULL */
};

/* The upstream accounts of one member; by name. */
int external_actor_list_account(struct tx *tx, int64_t organization_id, int64_t account_id,
	struct external_actor **ret_list, size_t *ret_len, struct err *err);
void external_actor_list_free(struct external_actor *list, size_t len);

#endif
