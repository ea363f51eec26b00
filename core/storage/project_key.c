/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/project_key.h"

#include <inttypes.h>
#include <string.h>

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"

enum { ACTIVE = 0, DISABLED = 1 };

#define COLUMNS "k.id, k.project_id, k.public_key, k.name, k.status, k.added_at"

SQL(project_key_sql_insert, "INSERT INTO project_key (project_id, public_key, name, added_at) "
	"VALUES ($1, $2, $3, $4) RETURNING id");
SQL(project_key_sql_find, "SELECT " COLUMNS ", p.organization_id FROM project_key k "
	"JOIN project p ON p.id = k.project_id JOIN organization o ON o.id = p.organization_id "
	"WHERE k.public_key = $1 AND p.status = 0 AND o.status = 0");
SQL(project_key_sql_get, "SELECT " COLUMNS " FROM project_key k WHERE k.public_key = $1 "
	"AND k.project_id = $2");
SQL(project_key_sql_update, "UPDATE project_key SET name = $1, status = $2 WHERE id = $3");
SQL(project_key_sql_delete, "DELETE FROM project_key WHERE public_key = $1 AND project_id = $2");
SQL(project_key_sql_list, "SELECT " COLUMNS " FROM project_key k WHERE k.project_id = $1 "
	"AND k.id > $2 ORDER BY k.id LIMIT $3");
SQL(project_key_sql_list_back, "SELECT " COLUMNS " FROM project_key k WHERE k.project_id = $1 "
	"AND k.id < $2 ORDER BY k.id DESC LIMIT $3");
SQL(project_key_sql_set_status, "UPDATE project_key SET status = $1 WHERE project_id = $2 "
	"AND public_key = $3");

void project_key_make(char ret_public_key[static PROJECT_KEY_SIZE])
{
	unsigned char bytes[(PROJECT_KEY_SIZE - 1) / 2];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2hex(ret_public_key, PROJECT_KEY_SIZE, bytes, sizeof(bytes));
}

int project_key_insert(struct tx *tx, int64_t project_id, const char *public_key,
	const char *name, int64_t now_us, int64_t *ret_id, struct err *err)
{
	int result = tx_insert(tx, &project_key_sql_insert, ret_id, err, "issi", project_id,
		public_key, name, now_us);

	return result < 0 ? result : 0;
}

static void row_read(struct query *query, struct project_key *ret_key)
{
	*ret_key = (struct project_key){
		.id = query_int(query, 0),
		.project_id = query_int(query, 1),
		.public_key = xstrdup(query_text(query, 2)),
		.name = xstrdup(query_text(query, 3)),
		.active = query_int(query, 4) == ACTIVE,
		.added_at_us = query_int(query, 5),
	};
}

int project_key_find(struct tx *tx, const char *public_key, struct project_key *ret_key,
	int64_t *ret_organization_id, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &project_key_sql_find, err, "s", public_key);

	if (result == 1) {
		row_read(&query, ret_key);
		*ret_organization_id = query_int(&query, 6);
	}
	query_end(&query);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "no project has this key");
	return result < 0 ? result : 0;
}

int project_key_get(struct tx *tx, int64_t project_id, const char *public_key,
	struct project_key *ret_key, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &project_key_sql_get, err, "si", public_key,
		project_id);

	if (result == 1)
		row_read(&query, ret_key);
	query_end(&query);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "the project has no such key");
	return result < 0 ? result : 0;
}

int project_key_update(struct tx *tx, const struct project_key *key, struct err *err)
{
	return tx_exec(tx, &project_key_sql_update, err, "sii", key->name,
		(int64_t)(key->active ? ACTIVE : DISABLED), key->id);
}

int project_key_delete(struct tx *tx, int64_t project_id, const char *public_key,
	struct err *err)
{
	return tx_exec(tx, &project_key_sql_delete, err, "si", public_key, project_id);
}

int project_key_list(struct tx *tx, int64_t project_id, const struct keyset *place,
	struct project_key **ret_list, size_t *ret_len, struct err *err)
{
	struct project_key *list = xcalloc((size_t)place->limit, sizeof(*list));
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx,
		place->back ? &project_key_sql_list_back : &project_key_sql_list, err, "iii",
		project_id, place->id, place->limit);

	while (result >= 0 && (result = query_next(&query)) == 1)
		row_read(&query, &list[len++]);
	query_end(&query);
	if (result < 0) {
		project_key_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

int project_key_disable(struct tx *tx, int64_t project_id, const char *public_key,
	struct err *err)
{
	int result = tx_exec(tx, &project_key_sql_set_status, err, "iis", (int64_t)DISABLED,
		project_id, public_key);

	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "the project has no key \"%s\"; "
			"`mortisectl project show` lists those it has", public_key);
	return result < 0 ? result : 0;
}

void project_key_clear(struct project_key *key)
{
	free(key->public_key);
	free(key->name);
	*key = (struct project_key){0};
}

void project_key_list_free(struct project_key *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		project_key_clear(&list[i]);
	free(list);
}

char *project_key_dsn(const char *public_url, const struct project_key *key)
{
	const char *host = strstr(public_url, "://");

	host = host ? host + strlen("://") : public_url;
	return xasprintf("%.*s%s@%s/%" PRId64, (int)(host - public_url), public_url,
		key->public_key, host, key->project_id);
}
