/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/form_default.h"

#include "core/base/err.h"
#include "core/base/mem.h"

SQL(form_default_sql_get, "SELECT defaults FROM form_default "
	"WHERE account_id = $1 AND project_id = $2 AND provider = $3");
SQL(form_default_sql_put, "INSERT INTO form_default (account_id, project_id, provider, defaults) "
	"VALUES ($1, $2, $3, $4) ON CONFLICT (account_id, project_id, provider) "
	"DO UPDATE SET defaults = excluded.defaults");

int form_default_get(struct tx *tx, int64_t account_id, int64_t project_id, const char *provider,
	json_t **ret_defaults, struct err *err)
{
	struct query query;
	json_t *found = NULL;
	int result = query_first(&query, tx, &form_default_sql_get, err, "iis", account_id,
		project_id, provider);

	if (result == 1)
		found = json_loads(query_text(&query, 0), 0, NULL);
	query_end(&query);
	if (result < 0)
		return result;
	*ret_defaults = found ? found : json_object();
	return 0;
}

int form_default_put(struct tx *tx, int64_t account_id, int64_t project_id, const char *provider,
	const json_t *defaults, struct err *err)
{
	cleanup_free char *text = json_dumps(defaults, JSON_COMPACT);
	int result = tx_exec(tx, &form_default_sql_put, err, "iiss", account_id, project_id,
		provider, text);

	return result < 0 ? result : 0;
}
