/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/audit.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/mem.h"

SQL(audit_sql_insert, "INSERT INTO audit_log (organization_id, origin, event, target, data, "
	"added_at) VALUES ($1, $2, $3, $4, $5, $6)");

/* Each filter is the front of an index that ends with the id; with both, that of the origin
 * is walked. */
#define ROWS                                                                             \
	"SELECT id, origin, event, target, data, added_at FROM audit_log "               \
	"WHERE organization_id = $1 "
#define ON(id, limit) "AND id < " id " ORDER BY id DESC LIMIT " limit
#define BACK(id, limit) "AND id > " id " ORDER BY id LIMIT " limit

SQL(audit_sql_list, ROWS ON("$2", "$3"));
SQL(audit_sql_list_back, ROWS BACK("$2", "$3"));
SQL(audit_sql_list_origin, ROWS "AND origin = $2 " ON("$3", "$4"));
SQL(audit_sql_list_origin_back, ROWS "AND origin = $2 " BACK("$3", "$4"));
SQL(audit_sql_list_event, ROWS "AND event = $2 " ON("$3", "$4"));
SQL(audit_sql_list_event_back, ROWS "AND event = $2 " BACK("$3", "$4"));
SQL(audit_sql_list_both, ROWS "AND origin = $2 AND event = $3 " ON("$4", "$5"));
SQL(audit_sql_list_both_back, ROWS "AND origin = $2 AND event = $3 " BACK("$4", "$5"));
SQL(audit_sql_next_event, "SELECT MIN(event) FROM audit_log WHERE organization_id = $1 "
	"AND event > $2");

#define EVENTS_MAX 200

int audit_insert(struct tx *tx, const struct audit_new *audit, struct err *err)
{
	cleanup_free char *target = audit->id ? xasprintf("%s:%" PRId64, audit->kind, audit->id)
		: xstrdup(audit->kind);
	cleanup_free char *data = json_is_object(audit->data)
		? json_dumps(audit->data, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	int result = tx_exec(tx, &audit_sql_insert, err, "issssi", audit->organization_id,
		audit->origin, audit->event, target, data ? data : "{}", audit->now_us);

	return result < 0 ? result : 0;
}

static void row_read(struct query *query, struct audit *ret_row)
{
	*ret_row = (struct audit){
		.id = query_int(query, 0),
		.origin = xstrdup(query_text(query, 1)),
		.event = xstrdup(query_text(query, 2)),
		.target = xstrdup(query_text(query, 3)),
		.data = xstrdup(query_text(query, 4)),
		.added_at_us = query_int(query, 5),
	};
}

static int list_begin(struct query *query, struct tx *tx, int64_t organization_id,
	const char *origin, const char *event, const struct keyset *place, struct err *err)
{
	if (origin && event)
		return query_begin(query, tx, place->back ? &audit_sql_list_both_back
			: &audit_sql_list_both, err, "issii", organization_id, origin, event,
			place->id, place->limit);
	if (origin)
		return query_begin(query, tx, place->back ? &audit_sql_list_origin_back
			: &audit_sql_list_origin, err, "isii", organization_id, origin, place->id,
			place->limit);
	if (event)
		return query_begin(query, tx, place->back ? &audit_sql_list_event_back
			: &audit_sql_list_event, err, "isii", organization_id, event, place->id,
			place->limit);
	return query_begin(query, tx, place->back ? &audit_sql_list_back : &audit_sql_list, err,
		"iii", organization_id, place->id, place->limit);
}

int audit_list(struct tx *tx, int64_t organization_id, const char *origin, const char *event,
	const struct keyset *place, struct audit **ret_list, size_t *ret_len, struct err *err)
{
	struct audit *list = xcalloc((size_t)place->limit, sizeof(*list));
	struct query query;
	size_t len = 0;
	int result = list_begin(&query, tx, organization_id, origin, event, place, err);

	while (result >= 0 && (result = query_next(&query)) == 1)
		row_read(&query, &list[len++]);
	query_end(&query);
	if (result < 0) {
		audit_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

void audit_list_free(struct audit *list, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		free(list[i].origin);
		free(list[i].event);
		free(list[i].target);
		free(list[i].data);
	}
	free(list);
}

/* From each event to the next one in the index: as many steps as there are events, however
 * long the log is. */
int audit_events(struct tx *tx, int64_t organization_id, json_t **ret_events, struct err *err)
{
	cleanup_json json_t *events = json_array();
	const char *last = "";

	while (json_array_size(events) < EVENTS_MAX) {
		struct query query;
		int result = query_first(&query, tx, &audit_sql_next_event, err, "is",
			organization_id, last);
		const char *next = result == 1 ? query_text(&query, 0) : NULL;

		if (next)
			json_array_append_new(events, json_string(next));
		query_end(&query);
		if (result < 0)
			return result;
		if (!next)
			break;
		last = json_string_value(json_array_get(events, json_array_size(events) - 1));
	}
	*ret_events = steal(&events);
	return 0;
}
