/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Organizations: whom everything belongs to.  One that is being deleted is not found any
 * more (purge.h).  Inside a transaction. */
#ifndef MORTISE_STORAGE_ORGANIZATION_H
#define MORTISE_STORAGE_ORGANIZATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/storage/keyset.h"
#include "core/storage/tx.h"

struct organization {
	int64_t id;
	char *slug, *name;
	bool open_membership;      /* members may join any team, and reach every project */
	int64_t added_at_us;
};

/* E_FIELD for a slug that cannot be one, E_CONFLICT if it is taken. */
int organization_insert(struct tx *tx, const char *slug, const char *name, int64_t now_us,
	int64_t *ret_id, struct err *err);
/* By id or slug, as URLs name them; E_NOT_FOUND if there is none. */
int organization_find(struct tx *tx, const char *id_or_slug, struct organization *ret_organization,
	struct err *err);
/* Name, slug and membership anew; E_FIELD and E_CONFLICT as above. */
int organization_update(struct tx *tx, const struct organization *organization, struct err *err);
/* Free its slug, for purge_step to remove the rest: 1, or 0 if that has begun. */
int organization_begin_deletion(struct tx *tx, int64_t id, struct err *err);
/* Those that an account is a member of, or all with 'account_id' 0; by slug. */
int organization_list(struct tx *tx, int64_t account_id, const struct keyset *place,
	struct organization **ret_list, size_t *ret_len, struct err *err);
void organization_clear(struct organization *organization);
void organization_list_free(struct organization *list, size_t len);
#define cleanup_organization __attribute__((__cleanup__(organization_clear)))

#endif
