/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Slots: the names by which registrations speak of secrets.
 *
 *   provider:NAME      the file that providers.KEY.NAME_file names; read once
 *   integration:NAME   in the sealed JSON object of the integration's row
 *   install:NAME       in that of the link's row
 *   state:NAME         of the pipeline that the call belongs to
 *
 * A value in a sealed object is a string, or {"current", "previous"} while it is
 * being changed.  Any thread but the loop; reads the store.  Never logs.
 */
#ifndef MORTISE_VAULT_SLOT_H
#define MORTISE_VAULT_SLOT_H

#include <stddef.h>

#include <jansson.h>

#include "core/vault/vault.h"

struct call_scope;
struct daemon;
struct err;

#define SLOT_INTEGRATION_COLUMN "integration.secrets"
#define SLOT_LINK_COLUMN "organization_integration.secrets"

/* The current value.  E_SETTINGS when a provider's slot is not configured or its file
 * cannot be read, E_NOT_FOUND when nothing is in the slot, E_UNSUPPORTED when this
 * scope has no such slots. */
int slot_read(struct daemon *daemon, const struct call_scope *scope, const char *slot,
	struct secret **ret_secret, struct err *err);
/* Current and previous value; '*ret_previous' is NULL if there is none. */
int slot_read_both(struct daemon *daemon, const struct call_scope *scope, const char *slot,
	struct secret **ret_current, struct secret **ret_previous, struct err *err);
/* Forget what was read from files: the next read looks again. */
void slots_reload(void);

/* Seal an object of secrets for the row 'uid'; the blob is malloc'ed.  An empty object
 * gives NULL. */
void secrets_seal(struct vault *vault, const char *column,
	const unsigned char uid[VAULT_UID_SIZE], const json_t *secrets,
	unsigned char **ret_sealed, size_t *ret_size);
/* Open it again; NULL with size 0 gives an empty object. */
int secrets_unseal(struct vault *vault, const char *column,
	const unsigned char uid[VAULT_UID_SIZE], const void *sealed, size_t sealed_size,
	json_t **ret_secrets, struct err *err);

#endif
