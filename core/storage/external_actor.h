/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Upstream accounts of members and teams.  Inside a transaction. */
#ifndef MORTISE_STORAGE_EXTERNAL_ACTOR_H
#define MORTISE_STORAGE_EXTERNAL_ACTOR_H

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

#endif
