/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Whom a webhook speaks of: the integrations of a subject, their active links, and the
 * keys to verify with, kept in a small table with the secrets in locked memory.
 *
 * An entry counts only under the generation in which it was read, so that what was read
 * before a change is never used after it, and for half a minute at most, in case another
 * node made the change.  Intake workers; subject_table_forget from any thread.
 */
#ifndef MORTISE_WEBHOOK_SUBJECT_H
#define MORTISE_WEBHOOK_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/webhook/set.h"

struct daemon;
struct err;
struct scheme_key;
struct subject_table;

#define SUBJECT_INTEGRATIONS_MAX 8
#define SUBJECT_KEYS_MAX 2

/* The values of one slot: current and previous. */
struct subject_keys {
	struct scheme_key *keys[SUBJECT_KEYS_MAX];
	size_t len;
};

/* An active link. */
struct subject_link {
	int64_t id, organization_id;
	/* Here and below: of each slot of the webhook that lies here. */
	struct subject_keys keys[TOKEN_REGISTERED_MAX];
};

struct subject_integration {
	int64_t id;
	bool active;
	struct subject_keys keys[TOKEN_REGISTERED_MAX];
	struct subject_link *links;
	size_t link_len;
};

struct subject {
	char *name;                    /* PROVIDER/WEBHOOK/SUBJECT */
	struct subject_keys keys[TOKEN_REGISTERED_MAX];
	struct subject_integration integrations[SUBJECT_INTEGRATIONS_MAX];
	size_t len;
};

struct subject_table *subject_table_new(struct daemon *daemon);
void subject_table_free(struct subject_table *table);
void subject_table_forget(struct subject_table *table);
/* What is known of 'external_id' ("": the provider's own keys), with a reference.
 * E_SETTINGS when the provider's slot is not configured. */
int subject_get(struct subject_table *table, const struct webhook_set *set,
	const struct webhook_plan *plan, const char *external_id, const struct subject **ret_subject,
	struct err *err);
void subject_unref(const struct subject *subject);

#endif
