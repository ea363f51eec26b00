/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/used_token.h"

#include "core/storage/tx.h"

#define KEEP_US (INT64_C(3600) * 1000000)

SQL(used_token_sql_insert, "INSERT INTO used_token (hash, expires_at) VALUES ($1, $2) "
	"ON CONFLICT (hash) DO NOTHING");
SQL(used_token_sql_find, "SELECT 1 FROM used_token WHERE hash = $1");
SQL(used_token_sql_prune, "DELETE FROM used_token WHERE hash IN "
	"(SELECT hash FROM used_token WHERE expires_at < $1 LIMIT $2)");

int used_token_insert(struct tx *tx, const char *hash, int64_t expires_at_us, bool *ret_fresh,
	struct err *err)
{
	int result = tx_exec(tx, &used_token_sql_insert, err, "si", hash, expires_at_us);

	if (result < 0)
		return result;
	*ret_fresh = result > 0;
	return 0;
}

int used_token_find(struct tx *tx, const char *hash, bool *ret_used, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &used_token_sql_find, err, "s", hash);

	query_end(&query);
	if (result < 0)
		return result;
	*ret_used = result == 1;
	return 0;
}

int used_token_prune(struct tx *tx, int64_t now_us, int64_t max, struct err *err)
{
	return tx_exec(tx, &used_token_sql_prune, err, "ii", now_us - KEEP_US, max);
}
