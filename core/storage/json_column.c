/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/json_column.h"

#include "core/base/mem.h"
#include "core/storage/tx.h"

json_t *json_column(struct query *query, int column)
{
	const char *text = query_text(query, column);
	json_t *json = text ? json_loads(text, 0, NULL) : NULL;

	if (json_is_object(json))
		return json;
	json_decref(json);
	return json_object();
}

char *json_column_text(const json_t *object)
{
	return object ? json_dumps(object, JSON_COMPACT) : xstrdup("{}");
}
