/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/team.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/slug.h"
#include "core/storage/like.h"

#define COLUMNS                                                              \
	"t.id, t.organization_id, t.slug, t.name, t.added_at, "              \
	"(SELECT COUNT(*) FROM team_member c WHERE c.team_id = t.id)"

SQL(team_sql_insert, "INSERT INTO team (organization_id, slug, name, added_at) "
	"VALUES ($1, $2, $3, $4) RETURNING id");
SQL(team_sql_get, "SELECT " COLUMNS " FROM team t "
	"WHERE t.organization_id = $1 AND t.id = $2 AND t.status = 0");
SQL(team_sql_find, "SELECT " COLUMNS " FROM team t "
	"WHERE t.organization_id = $1 AND t.slug = $2 AND t.status = 0");
SQL(team_sql_update, "UPDATE team SET slug = $1, name = $2 WHERE id = $3 AND status = 0");
/* No slug can begin like that, so the old one is free. */
SQL(team_sql_begin_deletion, "UPDATE team SET status = 2, slug = '~' || id "
	"WHERE id = $1 AND status = 0");

/* A page by slug, which is one team's only; $3: 0 any, 1 with a name at a provider, 2
 * without. */
#define LIST                                                                              \
	"SELECT " COLUMNS " FROM team t WHERE t.organization_id = $1 "                     \
	"AND t.status = 0 AND ($2 = 0 OR EXISTS (SELECT 1 FROM team_member m "             \
	"WHERE m.team_id = t.id AND m.member_id = $2)) "                                   \
	"AND ($3 = 0 OR ($3 = 1) = EXISTS (SELECT 1 FROM external_actor x "                \
	"WHERE x.organization_id = t.organization_id AND x.team_id = t.id)) "              \
	"AND ($4 = '' OR lower(t.name) LIKE $4 ESCAPE '\\' OR t.slug LIKE $4 ESCAPE '\\') "
#define OF_PROJECT                                                                        \
	"SELECT " COLUMNS " FROM team t JOIN project_team p ON p.team_id = t.id "          \
	"WHERE p.project_id = $1 AND t.status = 0 "

SQL(team_sql_list, LIST "AND t.slug > $5 ORDER BY t.slug LIMIT $6");
SQL(team_sql_list_back, LIST "AND t.slug < $5 ORDER BY t.slug DESC LIMIT $6");
SQL(team_sql_list_project, OF_PROJECT "AND t.slug > $2 ORDER BY t.slug LIMIT $3");
SQL(team_sql_list_project_back, OF_PROJECT "AND t.slug < $2 ORDER BY t.slug DESC LIMIT $3");

/* The row comes from a join over the organization, so a foreign id adds nothing. */
SQL(team_sql_add_member, "INSERT INTO team_member (team_id, member_id) "
	"SELECT t.id, m.id FROM team t JOIN member m ON m.organization_id = t.organization_id "
	"WHERE t.id = $1 AND m.id = $2 AND t.status = 0 ON CONFLICT DO NOTHING");
SQL(team_sql_has_member, "SELECT role FROM team_member WHERE team_id = $1 AND member_id = $2");
SQL(team_sql_set_role, "UPDATE team_member SET role = $1 WHERE team_id = $2 AND member_id = $3 "
	"AND role <> $1");
SQL(team_sql_add_project, "INSERT INTO project_team (project_id, team_id) "
	"SELECT p.id, t.id FROM team t JOIN project p ON p.organization_id = t.organization_id "
	"WHERE t.id = $1 AND p.id = $2 AND t.status = 0 AND p.status = 0 ON CONFLICT DO NOTHING");
SQL(team_sql_has_project, "SELECT 1 FROM project_team WHERE team_id = $1 AND project_id = $2");
SQL(team_sql_remove_member, "DELETE FROM team_member WHERE team_id = $1 AND member_id = $2");
SQL(team_sql_remove_project, "DELETE FROM project_team WHERE team_id = $1 AND project_id = $2");

static int taken(const char *slug, struct err *err)
{
	return err_set(err, MORTISE_E_CONFLICT,
		"there is a team \"%s\" in this organization already", slug);
}

int team_insert(struct tx *tx, int64_t organization_id, const char *slug, const char *name,
	int64_t now_us, int64_t *ret_id, struct err *err)
{
	cleanup_err struct err clash = {0};
	int result = slug_check(slug, "slug", err);

	if (result < 0)
		return result;
	result = tx_insert(tx, &team_sql_insert, ret_id, &clash, "issi", organization_id, slug,
		name, now_us);
	if (result == MORTISE_E_CONFLICT)
		return taken(slug, err);
	return result < 0 ? err_move(err, &clash) : 0;
}

int team_update(struct tx *tx, const struct team *team, struct err *err)
{
	cleanup_err struct err clash = {0};
	int result = slug_check(team->slug, "slug", err);

	if (result < 0)
		return result;
	result = tx_exec(tx, &team_sql_update, &clash, "ssi", team->slug, team->name, team->id);
	if (result == MORTISE_E_CONFLICT)
		return taken(team->slug, err);
	return result < 0 ? err_move(err, &clash) : 0;
}

int team_begin_deletion(struct tx *tx, int64_t id, struct err *err)
{
	return tx_exec(tx, &team_sql_begin_deletion, err, "i", id);
}

static void row_read(struct query *query, struct team *ret_team)
{
	*ret_team = (struct team){
		.id = query_int(query, 0),
		.organization_id = query_int(query, 1),
		.slug = xstrdup(query_text(query, 2)),
		.name = xstrdup(query_text(query, 3)),
		.added_at_us = query_int(query, 4),
		.member_len = query_int(query, 5),
	};
}

static int row_take(struct query *query, int result, struct team *ret_team, struct err *err)
{
	if (result == 1)
		row_read(query, ret_team);
	query_end(query);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no such team");
	return result < 0 ? result : 0;
}

int team_get(struct tx *tx, int64_t organization_id, int64_t id, struct team *ret_team,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &team_sql_get, err, "ii", organization_id, id);

	return row_take(&query, result, ret_team, err);
}

int team_find(struct tx *tx, int64_t organization_id, const char *id_or_slug,
	struct team *ret_team, struct err *err)
{
	struct query query;
	int64_t id;
	int result;

	if (slug_is_id(id_or_slug, &id))
		return team_get(tx, organization_id, id, ret_team, err);
	result = query_first(&query, tx, &team_sql_find, err, "is", organization_id, id_or_slug);
	return row_take(&query, result, ret_team, err);
}

/* Take the rows of a query that has begun with 'result'. */
static int list_read(struct query *query, int result, int64_t limit, struct team **ret_list,
	size_t *ret_len)
{
	struct team *list = xcalloc((size_t)limit, sizeof(*list));
	size_t len = 0;

	while (result >= 0 && (result = query_next(query)) == 1)
		row_read(query, &list[len++]);
	query_end(query);
	if (result < 0) {
		team_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

int team_list_project(struct tx *tx, int64_t project_id, const struct keyset *place,
	struct team **ret_list, size_t *ret_len, struct err *err)
{
	struct query query;
	int result = query_begin(&query, tx, place->back ? &team_sql_list_project_back
		: &team_sql_list_project, err, "isi", project_id, place->text, place->limit);

	return list_read(&query, result, place->limit, ret_list, ret_len);
}

int team_list(struct tx *tx, const struct team_page *page, struct team **ret_list,
	size_t *ret_len, struct err *err)
{
	const struct keyset *place = page->place;
	cleanup_free char *pattern = like_pattern(page->query);
	struct query query;
	int result = query_begin(&query, tx, place->back ? &team_sql_list_back : &team_sql_list,
		err, "iiissi", page->organization_id, page->member_id, (int64_t)page->external,
		pattern, place->text, place->limit);

	return list_read(&query, result, place->limit, ret_list, ret_len);
}

/* Add a pair; when nothing was added, is it there already? */
static int pair_add(struct tx *tx, const struct sql *add, const struct sql *has, int64_t team_id,
	int64_t other_id, const char *what, struct err *err)
{
	struct query query;
	int result = tx_exec(tx, add, err, "ii", team_id, other_id);

	if (result != 0)
		return result < 0 ? result : 0;
	result = query_first(&query, tx, has, err, "ii", team_id, other_id);
	query_end(&query);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND,
			"the team and the %s are not of one organization", what);
	return result < 0 ? result : 0;
}

int team_add_member(struct tx *tx, int64_t team_id, int64_t member_id, struct err *err)
{
	return pair_add(tx, &team_sql_add_member, &team_sql_has_member, team_id, member_id,
		"member", err);
}

int team_add_project(struct tx *tx, int64_t team_id, int64_t project_id, struct err *err)
{
	return pair_add(tx, &team_sql_add_project, &team_sql_has_project, team_id, project_id,
		"project", err);
}

int team_remove_member(struct tx *tx, int64_t team_id, int64_t member_id, struct err *err)
{
	return tx_exec(tx, &team_sql_remove_member, err, "ii", team_id, member_id);
}

int team_remove_project(struct tx *tx, int64_t team_id, int64_t project_id, struct err *err)
{
	return tx_exec(tx, &team_sql_remove_project, err, "ii", team_id, project_id);
}

int team_member_role(struct tx *tx, int64_t team_id, int64_t member_id, const char **ret_role,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &team_sql_has_member, err, "ii", team_id, member_id);

	if (result == 1)
		*ret_role = strcmp(query_text(&query, 0), TEAM_ADMIN) == 0 ? TEAM_ADMIN
									   : TEAM_CONTRIBUTOR;
	query_end(&query);
	return result;
}

int team_set_member_role(struct tx *tx, int64_t team_id, int64_t member_id, const char *role,
	struct err *err)
{
	return tx_exec(tx, &team_sql_set_role, err, "sii", role, team_id, member_id);
}

int team_has_project(struct tx *tx, int64_t team_id, int64_t project_id, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &team_sql_has_project, err, "ii", team_id, project_id);

	query_end(&query);
	return result;
}

void team_clear(struct team *team)
{
	free(team->slug);
	free(team->name);
	*team = (struct team){0};
}

void team_list_free(struct team *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		team_clear(&list[i]);
	free(list);
}
