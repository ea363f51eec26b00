/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/plugin.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"

SQL(plugin_sql_get, "SELECT generation, version, registration, enabled FROM plugin "
	"WHERE name = $1");
SQL(plugin_sql_insert, "INSERT INTO plugin (name, generation, version, registration, changed_at) "
	"VALUES ($1, 1, $2, $3, $4)");
SQL(plugin_sql_update, "UPDATE plugin SET generation = $1, version = $2, registration = $3, "
	"changed_at = $4 WHERE name = $5");
SQL(plugin_sql_set_enabled, "UPDATE plugin SET enabled = $1, changed_at = $2 WHERE name = $3");

int plugin_get(struct tx *tx, const char *name, struct plugin_row *ret_row, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &plugin_sql_get, err, "s", name);

	if (result == 1)
		*ret_row = (struct plugin_row){
			.name = xstrdup(name),
			.generation = query_int(&query, 0),
			.version = xstrdup(query_text(&query, 1)),
			.registration = xstrdup(query_text(&query, 2)),
			.enabled = query_int(&query, 3) != 0,
		};
	query_end(&query);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "plugin \"%s\" was never loaded", name);
	return result < 0 ? result : 0;
}

int plugin_put(struct tx *tx, const char *name, const char *version, const char *registration,
	int64_t now_us, int64_t *ret_generation, struct err *err)
{
	cleanup_plugin_row struct plugin_row there = {0};
	cleanup_err struct err missing = {0};
	int64_t generation;
	int result = plugin_get(tx, name, &there, &missing);

	if (result == MORTISE_E_NOT_FOUND) {
		result = tx_exec(tx, &plugin_sql_insert, err, "sssi", name, version, registration,
			now_us);
		if (result < 0)
			return result;
		*ret_generation = 1;
		return 0;
	}
	if (result < 0)
		return err_move(err, &missing);
	generation = there.generation;
	if (strcmp(there.version, version) != 0 || strcmp(there.registration, registration) != 0) {
		generation++;
		result = tx_exec(tx, &plugin_sql_update, err, "issis", generation, version,
			registration, now_us, name);
		if (result < 0)
			return result;
	}
	*ret_generation = generation;
	return 0;
}

int plugin_set_enabled(struct tx *tx, const char *name, bool enabled, int64_t now_us,
	struct err *err)
{
	int result = tx_exec(tx, &plugin_sql_set_enabled, err, "iis", (int64_t)enabled, now_us,
		name);

	return result < 0 ? result : 0;
}

void plugin_row_clear(struct plugin_row *row)
{
	free(row->name);
	free(row->version);
	free(row->registration);
	*row = (struct plugin_row){0};
}
