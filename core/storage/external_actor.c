/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/external_actor.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/member.h"

#define COLUMNS \
	"id, organization_id, integration_id, account_id, team_id, provider, external_name, external_id"

SQL(external_actor_sql_add, "INSERT INTO external_actor (organization_id, integration_id, provider, "
	"external_name, external_id, account_id, source, added_at, updated_at) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT DO NOTHING");
SQL(external_actor_sql_get, "SELECT " COLUMNS " FROM external_actor "
	"WHERE organization_id = $1 AND id = $2");
SQL(external_actor_sql_find, "SELECT " COLUMNS " FROM external_actor "
	"WHERE organization_id = $1 AND provider = $2 AND external_name = $3 "
	"AND integration_id = $4 ORDER BY id");
SQL(external_actor_sql_insert, "INSERT INTO external_actor (organization_id, integration_id, provider, "
	"external_name, external_id, account_id, team_id, added_at, updated_at) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING id");
SQL(external_actor_sql_update, "UPDATE external_actor SET integration_id = $1, provider = $2, "
	"external_name = $3, external_id = $4, account_id = $5, team_id = $6, updated_at = $7 "
	"WHERE organization_id = $8 AND id = $9");
SQL(external_actor_sql_delete, "DELETE FROM external_actor WHERE organization_id = $1 AND id = $2");
SQL(external_actor_sql_forget, "DELETE FROM external_actor WHERE organization_id = $1 "
	"AND integration_id = $2");
SQL(external_actor_sql_list_account, "SELECT " COLUMNS " FROM external_actor "
	"WHERE organization_id = $1 AND account_id = $2 ORDER BY external_name, id LIMIT $3");
SQL(external_actor_sql_list_team, "SELECT " COLUMNS " FROM external_actor "
	"WHERE organization_id = $1 AND team_id = $2 ORDER BY external_name, id LIMIT $3");
SQL(external_actor_sql_by_external_id, "SELECT account_id FROM external_actor "
	"WHERE organization_id = $1 AND integration_id = $2 AND external_id = $3 "
	"AND account_id IS NOT NULL ORDER BY id LIMIT $4");
SQL(external_actor_sql_by_name, "SELECT account_id FROM external_actor "
	"WHERE organization_id = $1 AND integration_id = $2 "
	"AND lower(external_name) IN (lower($3), lower($4)) "
	"AND account_id IS NOT NULL AND ($5 = '' OR external_id IS NULL OR external_id = $5) "
	"ORDER BY id LIMIT $6");
SQL(external_actor_sql_of_account, "SELECT " COLUMNS " FROM external_actor "
	"WHERE organization_id = $1 AND account_id = $2 AND integration_id = $3 ORDER BY id LIMIT 1");

SQL(external_actor_sql_named, "SELECT " COLUMNS " FROM external_actor "
	"WHERE organization_id = $1 AND lower(external_name) = lower($2) "
	"AND provider IN ('github', 'github_enterprise', 'gitlab') ORDER BY id LIMIT $3");

#define ACTORS_MAX 100
#define NAMED_MAX 10

/* The member with this address; 0 if there is none. */
static int find_member(struct tx *tx, const struct external_actor_new *actor,
	int64_t *ret_account_id, struct err *err)
{
	cleanup_account struct account account = {0};
	cleanup_member struct member member = {0};
	cleanup_err struct err missing = {0};
	int result = account_find(tx, actor->email, &account, &missing);

	*ret_account_id = 0;
	if (result == 0)
		result = member_find(tx, actor->organization_id, account.id, &member, &missing);
	if (result == 0)
		*ret_account_id = account.id;
	return result < 0 && result != MORTISE_E_NOT_FOUND ? err_move(err, &missing) : 0;
}

int external_actor_add_by_email(struct tx *tx, const struct external_actor_new *actor,
	struct err *err)
{
	int64_t account_id;
	int result = find_member(tx, actor, &account_id, err);

	if (result < 0 || account_id == 0)
		return result;
	return tx_exec(tx, &external_actor_sql_add, err, "iisssisi", actor->organization_id,
		actor->integration_id, actor->provider, actor->name, actor->external_id, account_id,
		actor->source, actor->now_us);
}

/* ---- One row ---- */

static void take_row(struct query *query, struct external_actor *ret_actor)
{
	*ret_actor = (struct external_actor){
		.id = query_int(query, 0),
		.organization_id = query_int(query, 1),
		.integration_id = query_int(query, 2),
		.account_id = query_int(query, 3),
		.team_id = query_int(query, 4),
		.provider = xstrdup(query_text(query, 5)),
		.name = xstrdup(query_text(query, 6)),
		.external_id = xstrdup(query_text(query, 7)),
	};
}

static int take_one(struct query *query, int result, struct external_actor *ret_actor)
{
	if (result == 1)
		take_row(query, ret_actor);
	query_end(query);
	return result;
}

int external_actor_get(struct tx *tx, int64_t organization_id, int64_t id,
	struct external_actor *ret_actor, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &external_actor_sql_get, err, "ii", organization_id, id);

	result = take_one(&query, result, ret_actor);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "The requested resource does not exist");
	return result < 0 ? result : 0;
}

static bool same_text(const char *one, const char *other)
{
	return one && other ? strcmp(one, other) == 0 : one == other;
}

int external_actor_find(struct tx *tx, const struct external_actor *wanted, bool with_external_id,
	struct external_actor *ret_actor, struct err *err)
{
	struct query query;
	int result = query_begin(&query, tx, &external_actor_sql_find, err, "issi",
		wanted->organization_id, wanted->provider, wanted->name, wanted->integration_id);

	while (result >= 0 && (result = query_next(&query)) == 1)
		if (!with_external_id || same_text(query_text(&query, 7), wanted->external_id))
			break;
	return take_one(&query, result, ret_actor);
}

/* An id as a parameter that may be null. */
static const int64_t *nullable(const int64_t *id)
{
	return *id ? id : NULL;
}

int external_actor_insert(struct tx *tx, const struct external_actor *actor, int64_t now_us,
	int64_t *ret_id, struct err *err)
{
	return tx_insert(tx, &external_actor_sql_insert, ret_id, err, "iisssooi",
		actor->organization_id, actor->integration_id, actor->provider, actor->name,
		actor->external_id, nullable(&actor->account_id), nullable(&actor->team_id), now_us);
}

int external_actor_update(struct tx *tx, const struct external_actor *actor, int64_t now_us,
	struct err *err)
{
	int result = tx_exec(tx, &external_actor_sql_update, err, "isssooiii", actor->integration_id,
		actor->provider, actor->name, actor->external_id, nullable(&actor->account_id),
		nullable(&actor->team_id), now_us, actor->organization_id, actor->id);

	return result < 0 ? result : 0;
}

int external_actor_delete(struct tx *tx, int64_t organization_id, int64_t id, struct err *err)
{
	int result = tx_exec(tx, &external_actor_sql_delete, err, "ii", organization_id, id);

	return result < 0 ? result : 0;
}

int external_actor_forget(struct tx *tx, int64_t organization_id, int64_t integration_id,
	struct err *err)
{
	int result = tx_exec(tx, &external_actor_sql_forget, err, "ii", organization_id,
		integration_id);

	return result < 0 ? result : 0;
}

void external_actor_clear(struct external_actor *actor)
{
	free(actor->provider);
	free(actor->name);
	free(actor->external_id);
	*actor = (struct external_actor){0};
}

/* ---- Lists ---- */

static int list(struct tx *tx, const struct sql *sql, int64_t organization_id, int64_t id,
	struct external_actor **ret_list, size_t *ret_len, struct err *err)
{
	struct external_actor *rows = xcalloc(ACTORS_MAX, sizeof(*rows));
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, sql, err, "iii", organization_id, id,
		(int64_t)ACTORS_MAX);

	while (result >= 0 && (result = query_next(&query)) == 1)
		take_row(&query, &rows[len++]);
	query_end(&query);
	if (result < 0) {
		external_actor_list_free(rows, len);
		return result;
	}
	*ret_list = rows;
	*ret_len = len;
	return 0;
}

int external_actor_named(struct tx *tx, int64_t organization_id, const char *name,
	struct external_actor **ret_list, size_t *ret_len, struct err *err)
{
	struct external_actor *actors = xcalloc(NAMED_MAX, sizeof(*actors));
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &external_actor_sql_named, err, "isi",
		organization_id, name, (int64_t)NAMED_MAX);

	while (result >= 0 && (result = query_next(&query)) == 1)
		take_row(&query, &actors[len++]);
	query_end(&query);
	if (result < 0) {
		external_actor_list_free(actors, len);
		return result;
	}
	*ret_list = actors;
	*ret_len = len;
	return 0;
}

int external_actor_list_account(struct tx *tx, int64_t organization_id, int64_t account_id,
	struct external_actor **ret_list, size_t *ret_len, struct err *err)
{
	return list(tx, &external_actor_sql_list_account, organization_id, account_id, ret_list,
		ret_len, err);
}

int external_actor_list_team(struct tx *tx, int64_t organization_id, int64_t team_id,
	struct external_actor **ret_list, size_t *ret_len, struct err *err)
{
	return list(tx, &external_actor_sql_list_team, organization_id, team_id, ret_list, ret_len,
		err);
}

void external_actor_list_free(struct external_actor *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		external_actor_clear(&list[i]);
	free(list);
}

/* ---- Who is meant ---- */

static int take_accounts(struct query *query, int result, int64_t *ret_account_ids, size_t *ret_len)
{
	size_t len = 0;

	while (result >= 0 && (result = query_next(query)) == 1)
		ret_account_ids[len++] = query_int(query, 0);
	query_end(query);
	*ret_len = len;
	return result < 0 ? result : 0;
}

static int accounts_by_name(struct tx *tx, const struct external_actor_key *key, size_t max,
	int64_t *ret_account_ids, size_t *ret_len, struct err *err)
{
	const char *bare = key->name[0] == '@' ? key->name + 1 : key->name;
	cleanup_free char *with_at = xasprintf("@%s", bare);
	struct query query;
	int result = query_begin(&query, tx, &external_actor_sql_by_name, err, "iisssi",
		key->organization_id, key->integration_id, bare, with_at,
		key->external_id ? key->external_id : "", (int64_t)max);

	return take_accounts(&query, result, ret_account_ids, ret_len);
}

int external_actor_accounts(struct tx *tx, const struct external_actor_key *key, size_t max,
	int64_t *ret_account_ids, size_t *ret_len, struct err *err)
{
	struct query query;
	int result = 0;

	*ret_len = 0;
	if (key->external_id) {
		result = query_begin(&query, tx, &external_actor_sql_by_external_id, err, "iisi",
			key->organization_id, key->integration_id, key->external_id, (int64_t)max);
		result = take_accounts(&query, result, ret_account_ids, ret_len);
	}
	if (result < 0 || *ret_len > 0 || !key->name || key->name[0] == '\0')
		return result;
	return accounts_by_name(tx, key, max, ret_account_ids, ret_len, err);
}

int external_actor_of_account(struct tx *tx, int64_t organization_id, int64_t integration_id,
	int64_t account_id, struct external_actor *ret_actor, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &external_actor_sql_of_account, err, "iii",
		organization_id, account_id, integration_id);

	return take_one(&query, result, ret_actor);
}
