/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/api_token.h"

#include "core/base/err.h"
#include "core/base/mem.h"

#define COLUMNS                                                                   \
	"id, organization_id, account_id, name, last_characters, scopes, added_at, " \
	"expires_at, revoked_at, used_at"

SQL(api_token_sql_insert, "INSERT INTO api_token (hash, organization_id, account_id, name, "
	"last_characters, scopes, added_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
	"RETURNING id");
SQL(api_token_sql_find, "SELECT " COLUMNS " FROM api_token WHERE hash = $1");
SQL(api_token_sql_get, "SELECT " COLUMNS " FROM api_token WHERE id = $1");
SQL(api_token_sql_revoke,
	"UPDATE api_token SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL");
SQL(api_token_sql_rename, "UPDATE api_token SET name = $1 WHERE id = $2");
#define LIST_ACCOUNT                                                                      \
	"SELECT " COLUMNS " FROM api_token WHERE account_id = $1 "                         \
	"AND ($2 = 0 OR organization_id = $2) AND revoked_at IS NULL "
#define LIST_OWN                                                                          \
	"SELECT " COLUMNS " FROM api_token WHERE organization_id = $1 "                    \
	"AND account_id IS NULL AND revoked_at IS NULL "
SQL(api_token_sql_list_account, LIST_ACCOUNT "AND id > $3 ORDER BY id LIMIT $4");
SQL(api_token_sql_list_account_back, LIST_ACCOUNT "AND id < $3 ORDER BY id DESC LIMIT $4");
SQL(api_token_sql_list_own, LIST_OWN "AND id > $2 ORDER BY id LIMIT $3");
SQL(api_token_sql_list_own_back, LIST_OWN "AND id < $2 ORDER BY id DESC LIMIT $3");
SQL(api_token_sql_prune_revoked, "DELETE FROM api_token WHERE id IN "
	"(SELECT id FROM api_token WHERE revoked_at < $1 LIMIT $2)");
SQL(api_token_sql_prune_expired, "DELETE FROM api_token WHERE id IN "
	"(SELECT id FROM api_token WHERE expires_at < $1 LIMIT $2)");
SQL(api_token_sql_touch, "UPDATE api_token SET used_at = $1 WHERE id = $2");
SQL(api_token_sql_list, "SELECT " COLUMNS " FROM api_token WHERE organization_id = $1 "
	"ORDER BY id LIMIT $2");
SQL(api_token_sql_list_all, "SELECT " COLUMNS " FROM api_token ORDER BY id LIMIT $1");

int api_token_insert(struct tx *tx, const struct api_token_new *token, int64_t *ret_id,
	struct err *err)
{
	return tx_insert(tx, &api_token_sql_insert, ret_id, err, "siossiio", token->hash,
		token->organization_id, token->account_id ? &token->account_id : NULL, token->name,
		token->last_characters, (int64_t)token->scopes, token->now_us,
		token->expires_at_us ? &token->expires_at_us : NULL);
}

static void row_read(struct query *query, struct api_token *ret_token)
{
	*ret_token = (struct api_token){
		.id = query_int(query, 0),
		.organization_id = query_int(query, 1),
		.account_id = query_int(query, 2),
		.name = xstrdup(query_text(query, 3)),
		.last_characters = xstrdup(query_text(query, 4)),
		.scopes = (uint64_t)query_int(query, 5),
		.added_at_us = query_int(query, 6),
		.expires_at_us = query_int(query, 7),
		.revoked_at_us = query_int(query, 8),
		.used_at_us = query_int(query, 9),
	};
}

static int row_take(struct query *query, int result, struct api_token *ret_token,
	struct err *err)
{
	if (result == 1)
		row_read(query, ret_token);
	query_end(query);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no such token");
	return result < 0 ? result : 0;
}

int api_token_find(struct tx *tx, const char *hash, struct api_token *ret_token, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &api_token_sql_find, err, "s", hash);

	return row_take(&query, result, ret_token, err);
}

int api_token_get(struct tx *tx, int64_t id, struct api_token *ret_token, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &api_token_sql_get, err, "i", id);

	return row_take(&query, result, ret_token, err);
}

int api_token_revoke(struct tx *tx, int64_t id, int64_t now_us, struct err *err)
{
	return tx_exec(tx, &api_token_sql_revoke, err, "ii", now_us, id);
}

int api_token_rename(struct tx *tx, int64_t id, const char *name, struct err *err)
{
	int result = tx_exec(tx, &api_token_sql_rename, err, "si", name, id);

	return result < 0 ? result : 0;
}

int api_token_touch(struct tx *tx, int64_t id, int64_t now_us, struct err *err)
{
	int result = tx_exec(tx, &api_token_sql_touch, err, "ii", now_us, id);

	return result < 0 ? result : 0;
}

/* Take the rows of a query that has begun with 'result'. */
static int list_read(struct query *query, int result, int64_t limit, struct api_token **ret_list,
	size_t *ret_len)
{
	struct api_token *list = xcalloc((size_t)limit, sizeof(*list));
	size_t len = 0;

	while (result >= 0 && (result = query_next(query)) == 1)
		row_read(query, &list[len++]);
	query_end(query);
	if (result < 0) {
		api_token_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

int api_token_list(struct tx *tx, int64_t organization_id, int64_t limit,
	struct api_token **ret_list, size_t *ret_len, struct err *err)
{
	struct query query;
	int result = organization_id
		? query_begin(&query, tx, &api_token_sql_list, err, "ii", organization_id, limit)
		: query_begin(&query, tx, &api_token_sql_list_all, err, "i", limit);

	return list_read(&query, result, limit, ret_list, ret_len);
}

int api_token_list_standing(struct tx *tx, int64_t organization_id, int64_t account_id,
	const struct keyset *place, struct api_token **ret_list, size_t *ret_len,
	struct err *err)
{
	struct query query;
	int result = account_id
		? query_begin(&query, tx, place->back ? &api_token_sql_list_account_back
			: &api_token_sql_list_account, err, "iiii", account_id, organization_id,
			place->id, place->limit)
		: query_begin(&query, tx, place->back ? &api_token_sql_list_own_back
			: &api_token_sql_list_own, err, "iii", organization_id, place->id,
			place->limit);

	return list_read(&query, result, place->limit, ret_list, ret_len);
}

int api_token_prune(struct tx *tx, int64_t before_us, int64_t max, struct err *err)
{
	int revoked = tx_exec(tx, &api_token_sql_prune_revoked, err, "ii", before_us, max);
	int expired = revoked < 0 ? revoked
		: tx_exec(tx, &api_token_sql_prune_expired, err, "ii", before_us, max);

	return expired < 0 ? expired : revoked + expired;
}

void api_token_clear(struct api_token *token)
{
	free(token->name);
	free(token->last_characters);
	*token = (struct api_token){0};
}

void api_token_list_free(struct api_token *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		api_token_clear(&list[i]);
	free(list);
}
