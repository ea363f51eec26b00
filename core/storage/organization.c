/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/organization.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/slug.h"

SQL(organization_sql_insert,
	"INSERT INTO organization (slug, name, added_at) VALUES ($1, $2, $3) RETURNING id");
#define COLUMNS "o.id, o.slug, o.name, o.open_membership, o.added_at"

SQL(organization_sql_get,
	"SELECT " COLUMNS " FROM organization o WHERE o.id = $1 AND o.status = 0");
SQL(organization_sql_find,
	"SELECT " COLUMNS " FROM organization o WHERE o.slug = $1 AND o.status = 0");
SQL(organization_sql_update, "UPDATE organization SET slug = $1, name = $2, "
	"open_membership = $3 WHERE id = $4 AND status = 0");
/* No slug can begin like that, so the old one is free. */
SQL(organization_sql_begin_deletion, "UPDATE organization SET status = 2, slug = '~' || id "
	"WHERE id = $1 AND status = 0");

/* A page by slug. */
#define LIST "SELECT " COLUMNS " FROM organization o WHERE o.status = 0 "
#define LIST_MINE                                                                         \
	"SELECT " COLUMNS " FROM member m JOIN organization o ON o.id = m.organization_id " \
	"WHERE m.account_id = $1 AND o.status = 0 "
SQL(organization_sql_list, LIST "AND o.slug > $1 ORDER BY o.slug LIMIT $2");
SQL(organization_sql_list_back, LIST "AND o.slug < $1 ORDER BY o.slug DESC LIMIT $2");
SQL(organization_sql_list_mine, LIST_MINE "AND o.slug > $2 ORDER BY o.slug LIMIT $3");
SQL(organization_sql_list_mine_back, LIST_MINE
	"AND o.slug < $2 ORDER BY o.slug DESC LIMIT $3");

static int taken(const char *slug, struct err *err)
{
	return err_set(err, MORTISE_E_CONFLICT, "there is an organization \"%s\" already", slug);
}

int organization_insert(struct tx *tx, const char *slug, const char *name, int64_t now_us,
	int64_t *ret_id, struct err *err)
{
	cleanup_err struct err clash = {0};
	int result = slug_check(slug, "slug", err);

	if (result < 0)
		return result;
	result = tx_insert(tx, &organization_sql_insert, ret_id, &clash, "ssi", slug, name, now_us);
	if (result == MORTISE_E_CONFLICT)
		return taken(slug, err);
	return result < 0 ? err_move(err, &clash) : 0;
}

int organization_update(struct tx *tx, const struct organization *organization, struct err *err)
{
	cleanup_err struct err clash = {0};
	int result = slug_check(organization->slug, "slug", err);

	if (result < 0)
		return result;
	result = tx_exec(tx, &organization_sql_update, &clash, "ssii", organization->slug,
		organization->name, (int64_t)organization->open_membership, organization->id);
	if (result == MORTISE_E_CONFLICT)
		return taken(organization->slug, err);
	return result < 0 ? err_move(err, &clash) : 0;
}

int organization_begin_deletion(struct tx *tx, int64_t id, struct err *err)
{
	return tx_exec(tx, &organization_sql_begin_deletion, err, "i", id);
}

static void row_read(struct query *query, struct organization *ret_organization)
{
	*ret_organization = (struct organization){
		.id = query_int(query, 0),
		.slug = xstrdup(query_text(query, 1)),
		.name = xstrdup(query_text(query, 2)),
		.open_membership = query_int(query, 3) != 0,
		.added_at_us = query_int(query, 4),
	};
}

int organization_find(struct tx *tx, const char *id_or_slug, struct organization *ret_organization,
	struct err *err)
{
	struct query query;
	int64_t id;
	int result;

	if (slug_is_id(id_or_slug, &id))
		result = query_first(&query, tx, &organization_sql_get, err, "i", id);
	else
		result = query_first(&query, tx, &organization_sql_find, err, "s", id_or_slug);
	if (result == 1)
		row_read(&query, ret_organization);
	query_end(&query);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no organization \"%s\"",
			id_or_slug);
	return result < 0 ? result : 0;
}

int organization_list(struct tx *tx, int64_t account_id, const struct keyset *place,
	struct organization **ret_list, size_t *ret_len, struct err *err)
{
	struct organization *list = xcalloc((size_t)place->limit, sizeof(*list));
	struct query query;
	size_t len = 0;
	int result;

	if (account_id)
		result = query_begin(&query, tx, place->back ? &organization_sql_list_mine_back
			: &organization_sql_list_mine, err, "isi", account_id, place->text,
			place->limit);
	else
		result = query_begin(&query, tx, place->back ? &organization_sql_list_back
			: &organization_sql_list, err, "si", place->text, place->limit);
	while (result >= 0 && (result = query_next(&query)) == 1)
		row_read(&query, &list[len++]);
	query_end(&query);
	if (result < 0) {
		organization_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

void organization_clear(struct organization *organization)
{
	free(organization->slug);
	free(organization->name);
	*organization = (struct organization){0};
}

void organization_list_free(struct organization *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		organization_clear(&list[i]);
	free(list);
}
