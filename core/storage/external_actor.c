/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/external_actor.h"

#include "core/base/err.h"
#include "core/base/mem.h"

SQL(external_actor_sql_members, "SELECT m.account_id FROM member m "
	"JOIN account a ON a.id = m.account_id "
	"WHERE m.organization_id = $1 AND lower(a.email) = lower($2) LIMIT 2");
SQL(external_actor_sql_insert, "INSERT INTO external_actor (organization_id, integration_id, provider, "
	"external_name, external_id, account_id, source, added_at, updated_at) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT DO NOTHING");

SQL(external_actor_sql_list_account, "SELECT id, integration_id, provider, external_name, external_id "
	"FROM external_actor WHERE organization_id = $1 AND account_id = $2 "
	"ORDER BY external_name, id LIMIT $3");

#define ACTORS_MAX 100

/* The one member with this address; 0 if there is none, or several. */
static int find_member(struct tx *tx, const struct external_actor_new *actor,
	int64_t *ret_account_id, struct err *err)
{
	struct query query;
	int64_t account_id = 0;
	int count = 0;
	int result = query_begin(&query, tx, &external_actor_sql_members, err, "is",
		actor->organization_id, actor->email);

	while (result >= 0 && (result = query_next(&query)) == 1) {
		account_id = query_int(&query, 0);
		count++;
	}
	query_end(&query);
	if (result < 0)
		return result;
	*ret_account_id = count == 1 ? account_id : 0;
	return 0;
}

int external_actor_add_by_email(struct tx *tx, const struct external_actor_new *actor,
	struct err *err)
{
	int64_t account_id;
	int result = find_member(tx, actor, &account_id, err);

	if (result < 0 || account_id == 0)
		return result;
	return tx_exec(tx, &external_actor_sql_insert, err, "iisssisi", actor->organization_id,
		actor->integration_id, actor->provider, actor->name, actor->external_id, account_id,
		actor->source, actor->now_us);
}

static void take_row(struct query *query, int64_t account_id, struct external_actor *ret_actor)
{
	*ret_actor = (struct external_actor){
		.id = query_int(query, 0),
		.integration_id = query_int(query, 1),
		.account_id = account_id,
		.provider = xstrdup(query_text(query, 2)),
		.name = xstrdup(query_text(query, 3)),
		.external_id = xstrdup(query_text(query, 4)),
	};
}

int external_actor_list_account(struct tx *tx, int64_t organization_id, int64_t account_id,
	struct external_actor **ret_list, size_t *ret_len, struct err *err)
{
	struct external_actor *list = xcalloc(ACTORS_MAX, sizeof(*list));
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &external_actor_sql_list_account, err, "iii",
		organization_id, account_id, (int64_t)ACTORS_MAX);

	while (result >= 0 && (result = query_next(&query)) == 1)
		take_row(&query, account_id, &list[len++]);
	query_end(&query);
	if (result < 0) {
		external_actor_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

void external_actor_list_free(struct external_actor *list, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		free(list[i].provider);
		free(list[i].name);
		free(list[i].external_id);
	}
	free(list);
}
