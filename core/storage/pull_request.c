/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/pull_request.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/commit_private.h"
#include "core/storage/keyset.h"

#define PULL_REQUESTS                                                                   \
	"SELECT p.id, p.organization_id, p.repository_id, p.number, p.title, p.body, "  \
	"p.merge_commit_sha, p.added_at, p.updated_at, " AUTHOR_COLUMNS " "             \
	"FROM pull_request p LEFT JOIN commit_author a ON a.id = p.author_id "

/* IS DISTINCT FROM, which SQLite 3.40 has too, so that what is the same writes nothing. */
SQL(pull_request_sql_put, "INSERT INTO pull_request (organization_id, repository_id, number, title, "
	"body, author_id, merge_commit_sha, added_at, updated_at) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) "
	"ON CONFLICT (repository_id, number) DO UPDATE SET title = excluded.title, "
	"body = excluded.body, author_id = excluded.author_id, "
	"merge_commit_sha = excluded.merge_commit_sha, updated_at = excluded.updated_at "
	"WHERE pull_request.title IS DISTINCT FROM excluded.title "
	"OR pull_request.body IS DISTINCT FROM excluded.body "
	"OR pull_request.author_id IS DISTINCT FROM excluded.author_id "
	"OR pull_request.merge_commit_sha IS DISTINCT FROM excluded.merge_commit_sha");
SQL(pull_request_sql_get, PULL_REQUESTS "WHERE p.id = $1");
SQL(pull_request_sql_find, PULL_REQUESTS "WHERE p.repository_id = $1 AND p.number = $2");
SQL(pull_request_sql_find_merged, PULL_REQUESTS "WHERE p.repository_id = $1 "
	"AND p.merge_commit_sha = $2 LIMIT 1");
SQL(pull_request_sql_list, PULL_REQUESTS "WHERE p.repository_id = $1 AND (p.added_at, p.id) < ($2, $3) "
	"ORDER BY p.added_at DESC, p.id DESC LIMIT $4");
SQL(pull_request_sql_list_back, PULL_REQUESTS "WHERE p.repository_id = $1 AND (p.added_at, p.id) > ($2, $3) "
	"ORDER BY p.added_at, p.id LIMIT $4");

int pull_request_put(struct tx *tx, const struct pull_request_put *put, struct err *err)
{
	return tx_exec(tx, &pull_request_sql_put, err, "iisssosi", put->organization_id,
		put->repository_id, put->number, put->title, put->body,
		put->author_id > 0 ? &put->author_id : NULL, put->merge_commit_sha, put->now_us);
}

static void read_row(struct query *query, struct pull_request *pull_request)
{
	*pull_request = (struct pull_request){
		.id = query_int(query, 0),
		.organization_id = query_int(query, 1),
		.repository_id = query_int(query, 2),
		.number = xstrdup(query_text(query, 3)),
		.title = xstrdup(query_text(query, 4)),
		.body = xstrdup(query_text(query, 5)),
		.merge_commit_sha = xstrdup(query_text(query, 6)),
		.added_at_us = query_int(query, 7),
		.updated_at_us = query_int(query, 8),
		.author = commit_author_read(query, 9),
	};
}

static int read_one(struct query *query, int result, struct pull_request *ret_pull_request)
{
	if (result == 1)
		read_row(query, ret_pull_request);
	query_end(query);
	return result;
}

int pull_request_get(struct tx *tx, int64_t id, struct pull_request *ret_pull_request,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &pull_request_sql_get, err, "i", id);

	return read_one(&query, result, ret_pull_request);
}

int pull_request_find(struct tx *tx, int64_t repository_id, const char *number,
	struct pull_request *ret_pull_request, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &pull_request_sql_find, err, "is", repository_id,
		number);

	return read_one(&query, result, ret_pull_request);
}

int pull_request_find_merged(struct tx *tx, int64_t repository_id, const char *merge_commit_sha,
	struct pull_request *ret_pull_request, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &pull_request_sql_find_merged, err, "is",
		repository_id, merge_commit_sha);

	return read_one(&query, result, ret_pull_request);
}

int pull_request_list(struct tx *tx, int64_t repository_id, const struct keyset *place,
	struct pull_request **ret_list, size_t *ret_len, struct err *err)
{
	struct pull_request *list = NULL;
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx,
		place->back ? &pull_request_sql_list_back : &pull_request_sql_list, err, "iiii", repository_id,
		place->number, place->id, place->limit);

	while (result >= 0 && (result = query_next(&query)) == 1) {
		list = xrealloc(list, (len + 1) * sizeof(*list));
		read_row(&query, &list[len++]);
	}
	query_end(&query);
	if (result < 0) {
		pull_request_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

void pull_request_clear(struct pull_request *pull_request)
{
	free(pull_request->number);
	free(pull_request->title);
	free(pull_request->body);
	free(pull_request->merge_commit_sha);
	commit_author_clear(&pull_request->author);
	*pull_request = (struct pull_request){0};
}

void pull_request_list_free(struct pull_request *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		pull_request_clear(&list[i]);
	free(list);
}
