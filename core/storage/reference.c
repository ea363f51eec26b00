/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/reference.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"

#define USED 0                 /* in place of the integration */

SQL(reference_sql_insert, "INSERT INTO reference (hash, provider, integration_id, expires_at) "
	"VALUES ($1, $2, $3, $4)");
SQL(reference_sql_find, "SELECT provider, integration_id, expires_at FROM reference "
	"WHERE hash = $1");
SQL(reference_sql_use, "UPDATE reference SET integration_id = 0 WHERE hash = $1 "
	"AND integration_id > 0");
SQL(reference_sql_prune, "DELETE FROM reference WHERE hash IN "
	"(SELECT hash FROM reference WHERE expires_at < $1 LIMIT $2)");

int reference_insert(struct tx *tx, const char *hash, const char *provider,
	int64_t integration_id, int64_t expires_at_us, struct err *err)
{
	int result = tx_exec(tx, &reference_sql_insert, err, "ssii", hash, provider,
		integration_id, expires_at_us);

	return result < 0 ? result : 0;
}

static int refused(const char *why, struct err *err)
{
	return err_set(err, MORTISE_E_NOT_FOUND,
		"This link %s; go back to where you found it and open it there again.", why);
}

int reference_find(struct tx *tx, const char *hash, const char *provider, int64_t now_us,
	int64_t *ret_integration_id, struct err *err)
{
	struct query query;
	int64_t integration_id = USED, expires_at_us = 0;
	bool ours = false;
	int result = query_first(&query, tx, &reference_sql_find, err, "s", hash);

	if (result == 1) {
		ours = strcmp(query_text(&query, 0), provider) == 0;
		integration_id = query_int(&query, 1);
		expires_at_us = query_int(&query, 2);
	}
	query_end(&query);
	if (result < 0)
		return result;
	if (result == 0)
		return refused("is not known here, or is older than a day", err);
	if (!ours)
		return refused("belongs to another provider", err);
	if (expires_at_us <= now_us)
		return refused("has expired", err);
	if (integration_id == USED)
		return refused("was used already", err);
	*ret_integration_id = integration_id;
	return 0;
}

int reference_take(struct tx *tx, const char *hash, const char *provider, int64_t now_us,
	int64_t *ret_integration_id, struct err *err)
{
	int result = reference_find(tx, hash, provider, now_us, ret_integration_id, err);

	if (result == 0)
		result = tx_exec(tx, &reference_sql_use, err, "s", hash);
	/* Another node was faster. */
	if (result == 0)
		return refused("was used already", err);
	return result < 0 ? result : 0;
}

int reference_prune(struct tx *tx, int64_t before_us, int64_t max, struct err *err)
{
	return tx_exec(tx, &reference_sql_prune, err, "ii", before_us, max);
}
