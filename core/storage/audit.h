/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The audit log: who did what in an organization.  Inside a transaction. */
#ifndef MORTISE_STORAGE_AUDIT_H
#define MORTISE_STORAGE_AUDIT_H

#include <stdint.h>

#include "core/storage/tx.h"

struct audit_new {
	int64_t organization_id;
	const char *origin;        /* "user:7", "token:3", "integration:5", "system" */
	const char *event;         /* "integration.add" */
	const char *target;        /* "integration:5" */
	const char *data;          /* JSON object as text; NULL: {} */
	int64_t now_us;
};

int audit_insert(struct tx *tx, const struct audit_new *audit, struct err *err);

#endif
