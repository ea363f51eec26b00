/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Links: an integration in an organization (table organization_integration).
 * Inside a transaction; functions that change something belong in a write closure.
 */
#ifndef MORTISE_STORAGE_LINK_H
#define MORTISE_STORAGE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/storage/integration.h"
#include "core/storage/tx.h"

/* A deletion that has been running for longer than this is taken as stuck. */
#define LINK_STUCK_DELETION_US (INT64_C(3600) * 1000000)

struct link {
	int64_t id;
	int64_t organization_id;
	int64_t integration_id;
	json_t *config;            /* always an object */
	unsigned char uid[INTEGRATION_UID_SIZE];
	void *secrets;             /* sealed for "organization_integration.secrets"; or NULL */
	size_t secrets_size;
	int64_t default_identity_id;    /* 0: none */
	int status;                /* enum integration_status */
	int64_t grace_period_end_us;    /* 0: none */
	int64_t added_at_us, updated_at_us;
};

struct link_add {
	int64_t organization_id, integration_id;
	int64_t default_identity_id;    /* 0: leave what is there */
	const unsigned char *uid;  /* for a new row */
	int64_t now_us;
};

/* E_NOT_FOUND if there is none.  Free with link_clear. */
int link_get(struct tx *tx, int64_t id, struct link *ret_link, struct err *err);
int link_find(struct tx *tx, int64_t organization_id, int64_t integration_id,
	struct link *ret_link, struct err *err);
/* Bind an integration to an organization.  A link that waits for its deletion, or
 * whose deletion is stuck, becomes active again; E_CONFLICT while it is being deleted. */
int link_add(struct tx *tx, const struct link_add *add, int64_t *ret_id, bool *ret_created,
	struct err *err);
/* The links of an organization that are not being deleted, by name and id; 'provider' may be
 * NULL.  Free with link_list_free. */
struct link_name {
	int64_t id, integration_id;
	char *name, *provider;     /* of the integration */
};
int link_list(struct tx *tx, int64_t organization_id, const char *provider,
	const struct keyset *place, struct link_name **ret_list, size_t *ret_len,
	struct err *err);
void link_list_free(struct link_name *list, size_t len);
/* The next active links of an integration, by id, after 'after_id'. */
int link_list_active(struct tx *tx, int64_t integration_id, int64_t after_id, size_t max,
	struct link *ret_links, size_t *ret_len, struct err *err);
/* The next active links of a provider's active integrations, by id, after 'after_id'. */
struct link_id {
	int64_t id, integration_id;
};
int link_list_provider(struct tx *tx, const char *provider, int64_t after_id, size_t max,
	struct link_id *ret_links, size_t *ret_len, struct err *err);
/* The next active or disabled links of an organization, by integration, after one. */
int link_list_standing(struct tx *tx, int64_t organization_id, int64_t after_integration_id,
	size_t max, struct link_id *ret_links, size_t *ret_len, struct err *err);
/* Does the organization have an active link to an integration of this provider?
 * With 'pending': one that waits for, or is in, its deletion. */
int link_exists(struct tx *tx, int64_t organization_id, const char *provider, bool pending,
	bool *ret_exists, struct err *err);
/* Has the integration another link than this one, active or disabled? */
int link_has_sibling(struct tx *tx, int64_t integration_id, int64_t id, bool *ret_has,
	struct err *err);
/* All are 1 for changed, 0 for no such row or nothing to change, or negative. */
int link_set_config(struct tx *tx, int64_t id, const json_t *config, int64_t now_us,
	struct err *err);
int link_patch_config(struct tx *tx, int64_t id, const json_t *patch, int64_t now_us,
	struct err *err);
/* Active or disabled → pending deletion. */
int link_begin_deletion(struct tx *tx, int64_t id, int64_t now_us, struct err *err);
/* Pending deletion → in progress; the deleting job calls it right before it deletes. */
int link_claim_deletion(struct tx *tx, int64_t id, int64_t now_us, struct err *err);
/* Remove the row and the identity behind it; only while its deletion is in progress. */
int link_delete(struct tx *tx, int64_t id, struct err *err);
/* The next links that wait for deletion, or whose deletion is stuck, by id. */
int link_list_deletable(struct tx *tx, int64_t after_id, int64_t now_us, size_t max,
	int64_t *ret_ids, size_t *ret_len, struct err *err);

void link_clear(struct link *link);
#define cleanup_link __attribute__((__cleanup__(link_clear)))

#endif
