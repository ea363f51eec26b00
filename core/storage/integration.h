/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Integrations: one install at an upstream, shared by its organizations when its
 * ownership was proved, of one organization when it was only claimed.
 *
 * 'provider' is always the row key (reg_row_key), never the registry key.  Inside
 * a transaction; functions that change something belong in a write closure.
 */
#ifndef MORTISE_STORAGE_INTEGRATION_H
#define MORTISE_STORAGE_INTEGRATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/storage/keyset.h"
#include "core/storage/tx.h"

struct link;

#define INTEGRATION_UID_SIZE 16

/* Also of links and repositories. */
enum integration_status {
	INTEGRATION_ACTIVE = 0,
	INTEGRATION_DISABLED = 1,
	INTEGRATION_PENDING_DELETION = 2,
	INTEGRATION_DELETION_IN_PROGRESS = 3,
};

struct integration {
	int64_t id;
	char *provider;
	char *external_id;
	int64_t owner_organization_id;  /* 0: proved, shared */
	char *name;
	json_t *metadata;          /* always an object */
	unsigned char uid[INTEGRATION_UID_SIZE];
	void *secrets;             /* sealed for "integration.secrets" and uid; NULL: none */
	size_t secrets_size;
	int status;                /* enum integration_status */
	char *status_reason;       /* or NULL */
	int64_t gate_until_us;
	int64_t added_at_us, updated_at_us;
};

struct integration_put {
	const char *provider, *external_id;
	int64_t owner_organization_id;
	const char *name;
	const json_t *metadata;    /* object */
	bool merge;                /* into existing metadata (RFC 7396); else it replaces it */
	const unsigned char *uid;  /* of the row if it is new; and what 'secrets' is sealed with */
	struct blob secrets;       /* sealed; data NULL: leave what is there */
	int64_t now_us;
};

/* "active" "disabled" "pending_deletion" "deletion_in_progress". */
const char *integration_status_name(int status);

/* E_NOT_FOUND if there is none.  Free with integration_clear. */
int integration_get(struct tx *tx, int64_t id, struct integration *ret_integration,
	struct err *err);
int integration_find(struct tx *tx, const char *provider, const char *external_id,
	int64_t owner_organization_id, struct integration *ret_integration, struct err *err);
/* The rows that a webhook about 'external_id' may mean, the proved one first; at most
 * 'max' ids. */
int integration_find_subject(struct tx *tx, const char *provider, const char *external_id,
	size_t max, int64_t *ret_ids, size_t *ret_len, struct err *err);
/* Create, or refresh name and metadata and make active again.  With secrets, the
 * row's uid becomes 'uid': both are written together. */
int integration_put(struct tx *tx, const struct integration_put *put, int64_t *ret_id,
	bool *ret_created, struct err *err);
/* A life cycle event of the upstream put it. */
int integration_announce(struct tx *tx, int64_t id, int64_t now_us, struct err *err);
/* Was a proved one put so after 'since_us', and is active? */
int integration_announced(struct tx *tx, const char *provider, const char *external_id,
	int64_t since_us, bool *ret_announced, struct err *err);
/* All are 1 for changed, 0 for no such row or nothing to change, or negative. */
int integration_set_status(struct tx *tx, int64_t id, int status, const char *reason,
	int64_t now_us, struct err *err);
int integration_set_name(struct tx *tx, int64_t id, const char *name, int64_t now_us,
	struct err *err);
/* Merge patch (RFC 7396) into the metadata. */
int integration_patch(struct tx *tx, int64_t id, const json_t *patch, int64_t now_us,
	struct err *err);
/* Merge patch into the debug data: what an operator may want to know of the upstream,
 * never a secret. */
int integration_patch_debug(struct tx *tx, int64_t id, const json_t *patch, struct err *err);
/* Nothing of this integration starts before 'until_us'; never moves back. */
int integration_set_gate(struct tx *tx, int64_t id, int64_t until_us, struct err *err);
/* The clock was set back by 'by_us', to 'now_us': so are the gates that are closed. */
int integration_move_gates_back(struct tx *tx, int64_t by_us, int64_t now_us, struct err *err);
/* Replace the sealed secrets if they are still 'before' (data NULL: none yet);
 * E_CONFLICT if somebody was faster, then read them again. */
int integration_set_secrets(struct tx *tx, int64_t id, struct blob before, struct blob sealed,
	int64_t now_us, struct err *err);

/* The integrations of an organization whose link is not being deleted, by name and the
 * id of the link; 'provider' may be NULL.  Arrays of the same length, to be freed with
 * integration_list_free. */
int integration_list(struct tx *tx, int64_t organization_id, const char *provider,
	const struct keyset *place, struct integration **ret_integrations,
	struct link **ret_links, size_t *ret_len, struct err *err);
void integration_list_free(struct integration *integrations, struct link *links, size_t len);
/* All integrations of the daemon by id, for the admin socket; no link. */
int integration_list_all(struct tx *tx, int64_t after_id, int64_t limit,
	struct integration **ret_integrations, size_t *ret_len, struct err *err);

void integration_clear(struct integration *integration);
#define cleanup_integration __attribute__((__cleanup__(integration_clear)))

#endif
