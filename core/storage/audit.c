/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/audit.h"

SQL(audit_sql_insert, "INSERT INTO audit_log (organization_id, origin, event, target, data, "
	"added_at) VALUES ($1, $2, $3, $4, $5, $6)");

int audit_insert(struct tx *tx, const struct audit_new *audit, struct err *err)
{
	int result = tx_exec(tx, &audit_sql_insert, err, "issssi", audit->organization_id,
		audit->origin, audit->event, audit->target, audit->data ? audit->data : "{}",
		audit->now_us);

	return result < 0 ? result : 0;
}
