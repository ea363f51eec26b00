/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The audit log: who did what in an organization.  Inside a transaction. */
#ifndef MORTISE_STORAGE_AUDIT_H
#define MORTISE_STORAGE_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/storage/keyset.h"
#include "core/storage/tx.h"

struct audit_new {
	int64_t organization_id;
	const char *origin;        /* "user:7", "token:3", "integration:5", "system" */
	const char *event;         /* "integration.add" */
	const char *kind;          /* of what was changed: "integration" */
	int64_t id;                /* 0: 'kind' says it all */
	const json_t *data;        /* an object; anything else is {} */
	int64_t now_us;
};

struct audit {
	int64_t id;
	char *origin, *event, *target, *data;
	int64_t added_at_us;
};

int audit_insert(struct tx *tx, const struct audit_new *audit, struct err *err);
/* By id, the newest first; 'origin' and 'event' NULL: any. */
int audit_list(struct tx *tx, int64_t organization_id, const char *origin, const char *event,
	const struct keyset *place, struct audit **ret_list, size_t *ret_len, struct err *err);
void audit_list_free(struct audit *list, size_t len);
/* The events that stand in the log of an organization, sorted: a new array. */
int audit_events(struct tx *tx, int64_t organization_id, json_t **ret_events, struct err *err);

#endif
