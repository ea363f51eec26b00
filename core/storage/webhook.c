/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/webhook.h"

#include <inttypes.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/delivery.h"
#include "core/storage/dictionary.h"

/* Larger than any registration may allow. */
#define BODY_MAX ((size_t)32 << 20)

SQL(webhook_sql_insert, "INSERT INTO webhook (key_owner, delivery_id, provider, webhook, "
	"event, subject, subject_scope, integration_id, object, headers, received_at, "
	"encoding, size, body) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id");

#define WEBHOOK_COLUMNS                                                                    \
	"w.id, w.provider, w.webhook, w.event, w.subject, w.delivery_id, w.object, "        \
	"w.subject_scope, w.integration_id, w.headers, w.received_at, w.size, "             \
	"(SELECT status FROM job WHERE webhook_id = w.id ORDER BY id DESC LIMIT 1) "
#define WEBHOOK_FROM "FROM webhook w "
SQL(webhook_sql_get, "SELECT " WEBHOOK_COLUMNS WEBHOOK_FROM "WHERE w.id = $1");
SQL(webhook_sql_get_body, "SELECT encoding, size, body FROM webhook WHERE id = $1");
SQL(webhook_sql_list, "SELECT " WEBHOOK_COLUMNS WEBHOOK_FROM
	"WHERE ($1 = '' OR w.provider = $1) AND w.id < $2 ORDER BY w.id DESC LIMIT $3");
SQL(webhook_sql_list_status, "SELECT " WEBHOOK_COLUMNS WEBHOOK_FROM
	"WHERE ($1 = '' OR w.provider = $1) AND w.id < $2 AND (SELECT status FROM job "
	"WHERE webhook_id = w.id ORDER BY id DESC LIMIT 1) = $3 "
	"ORDER BY w.id DESC LIMIT $4");

int webhook_add(struct tx *tx, const struct webhook_add *add, int64_t *ret_id, bool *ret_known,
	struct err *err)
{
	int64_t known = 0, mark = 0;
	int result = 0;

	if (add->delivery_id) {
		mark = delivery_mark(add->key_owner, add->delivery_id);
		result = delivery_find(tx, mark, add->key_owner, add->delivery_id, &known, err);
	}
	*ret_known = known != 0;
	*ret_id = known;
	if (result < 0 || known != 0)
		return result;
	result = tx_insert(tx, &webhook_sql_insert, ret_id, err, "ssssssiissiiib", add->key_owner,
		add->delivery_id, add->provider, add->webhook, add->event, add->subject,
		(int64_t)add->subject_scope, add->integration_id, add->object, add->headers,
		add->received_us, (int64_t)add->encoding, add->size, &add->body);
	if (result == 0)
		result = delivery_add(tx, add->delivery_id ? &mark : NULL, *ret_id,
			add->received_us, err);
	return result < 0 ? result : 0;
}

static void read_row(struct query *query, struct webhook_row *row)
{
	*row = (struct webhook_row){
		.id = query_int(query, 0),
		.provider = xstrdup(query_text(query, 1)),
		.webhook = xstrdup(query_text(query, 2)),
		.event = xstrdup(query_text(query, 3)),
		.subject = xstrdup(query_text(query, 4)),
		.delivery_id = xstrdup(query_text(query, 5)),
		.object = xstrdup(query_text(query, 6)),
		.subject_scope = query_int(query, 7) != 0,
		.integration_id = query_int(query, 8),
		.headers = xstrdup(query_text(query, 9)),
		.received_us = query_int(query, 10),
		.size = query_int(query, 11),
		.newest_status = query_is_null(query, 12) ? -1 : (int)query_int(query, 12),
	};
}

void webhook_row_clear(struct webhook_row *row)
{
	free(row->provider);
	free(row->webhook);
	free(row->event);
	free(row->subject);
	free(row->delivery_id);
	free(row->object);
	free(row->headers);
	*row = (struct webhook_row){0};
}

int webhook_get(struct tx *tx, int64_t id, struct webhook_row *ret_row, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &webhook_sql_get, err, "i", id);

	if (result == 1)
		read_row(&query, ret_row);
	query_end(&query);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND,
			"webhook %" PRId64 " does not exist (any more)", id);
	return result < 0 ? result : 0;
}

int webhook_body_get(struct tx *tx, int64_t id, char **ret_body, size_t *ret_size,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &webhook_sql_get_body, err, "i", id);

	if (result == 0)
		result = err_set(err, MORTISE_E_NOT_FOUND,
			"webhook %" PRId64 " does not exist (any more)", id);
	if (result == 1) {
		struct blob data = query_blob(&query, 2);
		struct dictionary_body body = {(int)query_int(&query, 0), query_int(&query, 1),
			data.data, data.size};

		result = dictionary_unpack(tx, &body, BODY_MAX, ret_body, err);
		if (result < 0)
			err_prefix(err, "webhook %" PRId64 ": its body is ", id);
		*ret_size = (size_t)body.size;
	}
	query_end(&query);
	return result;
}

int webhook_list(struct tx *tx, const char *provider, int status, int64_t before, size_t max,
	struct webhook_row **ret_rows, size_t *ret_len, struct err *err)
{
	struct webhook_row *rows = xcalloc(max, sizeof(*rows));
	int64_t below = before > 0 ? before : INT64_MAX;
	struct query query;
	size_t len = 0;
	int result;

	if (status < 0)
		result = query_begin(&query, tx, &webhook_sql_list, err, "sii",
			provider ? provider : "", below, (int64_t)max);
	else
		result = query_begin(&query, tx, &webhook_sql_list_status, err, "siii",
			provider ? provider : "", below, (int64_t)status, (int64_t)max);
	while (result >= 0 && len < max && (result = query_next(&query)) == 1)
		read_row(&query, &rows[len++]);
	query_end(&query);
	if (result < 0) {
		while (len > 0)
			webhook_row_clear(&rows[--len]);
		free(rows);
		return result;
	}
	*ret_rows = rows;
	*ret_len = len;
	return 0;
}
