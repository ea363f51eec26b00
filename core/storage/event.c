/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/event.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/pack.h"
#include "core/storage/dictionary.h"

/* Larger than any that is taken in. */
#define BODY_MAX ((size_t)8 << 20)
/* Of one issue, at once: what a lowered setting leaves over goes with the next events. */
#define SURPLUS_MAX 8

#define COLUMNS                                                                         \
	"e.id, e.issue_id, e.project_id, e.event_id, e.occurred_at, e.received_at, "    \
	"e.release_id, e.environment "
#define WITH_BODY                                                                       \
	"SELECT " COLUMNS ", b.encoding, b.size, b.body FROM event e "                  \
	"JOIN event_body b ON b.event_row_id = e.id "

/* An issue has few events, so they are sorted where they are found. */
SQL(event_sql_known, "SELECT 1 FROM issue_hash h JOIN event e ON e.issue_id = h.issue_id "
	"WHERE h.project_id = $1 AND h.hash = $2 AND e.event_id = $3");
SQL(event_sql_insert, "INSERT INTO event (issue_id, project_id, event_id, occurred_at, "
	"received_at, release_id, environment, weight) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
	"RETURNING id");
SQL(event_sql_body, "INSERT INTO event_body (event_row_id, encoding, size, body) "
	"VALUES ($1, $2, $3, $4)");
SQL(event_sql_surplus, "SELECT id FROM event WHERE issue_id = $1 AND id <= (SELECT id FROM event "
	"WHERE issue_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2) AND id <> (SELECT id FROM event "
	"WHERE issue_id = $1 ORDER BY weight DESC, id DESC LIMIT 1) LIMIT $3");
SQL(event_sql_delete_body, "DELETE FROM event_body WHERE event_row_id = $1");
SQL(event_sql_delete, "DELETE FROM event WHERE id = $1");
SQL(event_sql_latest, WITH_BODY "WHERE e.issue_id = $1 ORDER BY e.id DESC LIMIT 1");
SQL(event_sql_oldest, WITH_BODY "WHERE e.issue_id = $1 ORDER BY e.id LIMIT 1");
SQL(event_sql_recommended, WITH_BODY
	"WHERE e.issue_id = $1 ORDER BY e.weight DESC, e.id DESC LIMIT 1");
SQL(event_sql_find, WITH_BODY "WHERE e.issue_id = $1 AND e.event_id = $2");
SQL(event_sql_find_in_project, WITH_BODY "WHERE e.project_id = $1 AND e.event_id = $2 "
	"ORDER BY e.id DESC LIMIT 1");
SQL(event_sql_list, "SELECT " COLUMNS "FROM event e WHERE e.issue_id = $1 "
	"ORDER BY e.id DESC LIMIT $2 OFFSET $3");
SQL(event_sql_before, "SELECT event_id FROM event WHERE issue_id = $1 AND id < $2 "
	"ORDER BY id DESC LIMIT 1");
SQL(event_sql_after, "SELECT event_id FROM event WHERE issue_id = $1 AND id > $2 "
	"ORDER BY id LIMIT 1");

#define OLD_EVENTS                                                                      \
	"(SELECT id FROM event WHERE received_at < $1 ORDER BY received_at, id LIMIT $2)"
SQL(event_sql_prune_bodies, "DELETE FROM event_body WHERE event_row_id IN " OLD_EVENTS);
SQL(event_sql_prune, "DELETE FROM event WHERE id IN " OLD_EVENTS);

int event_known(struct tx *tx, int64_t project_id, const char *hash, const char *event_id,
	bool *ret_known, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &event_sql_known, err, "iss", project_id, hash,
		event_id);

	query_end(&query);
	if (result < 0)
		return result;
	*ret_known = result == 1;
	return 0;
}

static int drop_surplus(struct tx *tx, int64_t issue_id, int keep, struct err *err)
{
	int64_t ids[SURPLUS_MAX];
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &event_sql_surplus, err, "iii", issue_id,
		(int64_t)keep, (int64_t)SURPLUS_MAX);

	while (result >= 0 && len < SURPLUS_MAX && (result = query_next(&query)) == 1)
		ids[len++] = query_int(&query, 0);
	query_end(&query);
	for (size_t i = 0; result >= 0 && i < len; i++) {
		result = tx_exec(tx, &event_sql_delete_body, err, "i", ids[i]);
		if (result >= 0)
			result = tx_exec(tx, &event_sql_delete, err, "i", ids[i]);
	}
	return result < 0 ? result : 0;
}

int event_insert(struct tx *tx, const struct event_new *event, int keep, int64_t *ret_id,
	struct err *err)
{
	const int64_t *release_id = event->release_id != 0 ? &event->release_id : NULL;
	struct blob body = {event->body->data, event->body->data_size};
	int result = tx_insert(tx, &event_sql_insert, ret_id, err, "iisiiosi", event->issue_id,
		event->project_id, event->event_id, event->occurred_us, event->received_us,
		release_id, event->environment, (int64_t)event->weight);

	if (result == 0)
		result = tx_exec(tx, &event_sql_body, err, "iiib", *ret_id,
			(int64_t)event->body->encoding, (int64_t)event->body->size, &body);
	return result < 0 ? result : drop_surplus(tx, event->issue_id, keep, err);
}

static void row_read(struct query *query, struct event *ret_event)
{
	*ret_event = (struct event){
		.id = query_int(query, 0),
		.issue_id = query_int(query, 1),
		.project_id = query_int(query, 2),
		.occurred_us = query_int(query, 4),
		.received_us = query_int(query, 5),
		.release_id = query_int(query, 6),
		.environment = xstrdup(query_text(query, 7)),
	};
	snprintf(ret_event->event_id, sizeof(ret_event->event_id), "%s", query_text(query, 3));
}

static int body_read(struct query *query, struct event *event, struct err *err)
{
	struct blob stored = query_blob(query, 10);
	struct dictionary_body body = {(int)query_int(query, 8), query_int(query, 9), stored.data,
		stored.size};
	cleanup_free char *text = NULL;
	int result = dictionary_unpack(query->tx, &body, BODY_MAX, &text, err);

	if (result == 0) {
		event->body = json_loads(text, 0, NULL);
		if (!event->body)
			result = err_set(err, MORTISE_E_LIMIT, "damaged where it is stored");
	}
	if (result < 0)
		err_prefix(err, "event %" PRId64 ": its body is ", event->id);
	return result;
}

/* The row of a statement that has begun. */
static int read_one(struct query *query, int result, struct event *ret_event, struct err *err)
{
	struct event event = {0};

	if (result == 1) {
		row_read(query, &event);
		result = body_read(query, &event, err);
	} else if (result == 0) {
		result = err_set(err, MORTISE_E_NOT_FOUND,
			"the issue has no such event (any more)");
	}
	query_end(query);
	if (result < 0) {
		event_clear(&event);
		return result;
	}
	*ret_event = event;
	return 0;
}

int event_get(struct tx *tx, int64_t issue_id, enum event_which which, struct event *ret_event,
	struct err *err)
{
	static const struct sql *const statements[] = {
		[EVENT_LATEST] = &event_sql_latest,
		[EVENT_OLDEST] = &event_sql_oldest,
		[EVENT_RECOMMENDED] = &event_sql_recommended,
	};
	struct query query;
	int result = query_first(&query, tx, statements[which], err, "i", issue_id);

	return read_one(&query, result, ret_event, err);
}

int event_find(struct tx *tx, int64_t issue_id, const char *event_id, struct event *ret_event,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &event_sql_find, err, "is", issue_id, event_id);

	return read_one(&query, result, ret_event, err);
}

int event_find_in_project(struct tx *tx, int64_t project_id, const char *event_id,
	struct event *ret_event, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &event_sql_find_in_project, err, "is", project_id,
		event_id);

	return read_one(&query, result, ret_event, err);
}

int event_list(struct tx *tx, int64_t issue_id, int64_t offset, int64_t limit,
	struct event **ret_list, size_t *ret_len, struct err *err)
{
	struct event *list = xcalloc((size_t)limit, sizeof(*list));
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &event_sql_list, err, "iii", issue_id, limit, offset);

	while (result >= 0 && (result = query_next(&query)) == 1)
		row_read(&query, &list[len++]);
	query_end(&query);
	if (result < 0) {
		event_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

static int neighbour(struct tx *tx, const struct sql *sql, const struct event *event,
	char ret_id[static EVENT_ID_SIZE], struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, sql, err, "ii", event->issue_id, event->id);

	snprintf(ret_id, EVENT_ID_SIZE, "%s", result == 1 ? query_text(&query, 0) : "");
	query_end(&query);
	return result < 0 ? result : 0;
}

int event_neighbours(struct tx *tx, const struct event *event,
	char ret_before[static EVENT_ID_SIZE], char ret_after[static EVENT_ID_SIZE],
	struct err *err)
{
	int result = neighbour(tx, &event_sql_before, event, ret_before, err);

	return result < 0 ? result : neighbour(tx, &event_sql_after, event, ret_after, err);
}

static int body_of(struct tx *tx, int64_t issue_id, enum event_which which, json_t **ret_body,
	struct err *err)
{
	cleanup_event struct event event = {0};
	int result = event_get(tx, issue_id, which, &event, err);

	if (result == 0)
		*ret_body = steal(&event.body);
	return result;
}

int event_latest(struct tx *tx, int64_t issue_id, json_t **ret_body, struct err *err)
{
	return body_of(tx, issue_id, EVENT_LATEST, ret_body, err);
}

int event_recommended(struct tx *tx, int64_t issue_id, json_t **ret_body, struct err *err)
{
	return body_of(tx, issue_id, EVENT_RECOMMENDED, ret_body, err);
}

void event_clear(struct event *event)
{
	free(event->environment);
	json_decref(event->body);
	*event = (struct event){0};
}

void event_list_free(struct event *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		event_clear(&list[i]);
	free(list);
}

int event_prune(struct tx *tx, int64_t before_us, int64_t limit, struct err *err)
{
	int result = tx_exec(tx, &event_sql_prune_bodies, err, "ii", before_us, limit);

	return result < 0 ? result : tx_exec(tx, &event_sql_prune, err, "ii", before_us, limit);
}
