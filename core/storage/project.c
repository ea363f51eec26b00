/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/project.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/slug.h"
#include "core/storage/data_forwarder.h"
#include "core/storage/like.h"

#define COLUMNS "p.id, p.organization_id, p.slug, p.name, p.platform, p.added_at"
#define SLUGS_TRIED 1000       /* beyond that nobody finds a project by its slug anyway */

SQL(project_sql_insert, "INSERT INTO project (organization_id, slug, name, platform, added_at) "
	"VALUES ($1, $2, $3, $4, $5) RETURNING id");
SQL(project_sql_get, "SELECT " COLUMNS " FROM project p "
	"WHERE p.organization_id = $1 AND p.id = $2 AND p.status = 0");
SQL(project_sql_find, "SELECT " COLUMNS " FROM project p "
	"WHERE p.organization_id = $1 AND p.slug = $2 AND p.status = 0");
SQL(project_sql_update, "UPDATE project SET slug = $1, name = $2, platform = $3 "
	"WHERE id = $4 AND status = 0");
/* No slug can begin like that, so the old one is free. */
SQL(project_sql_begin_deletion, "UPDATE project SET status = 2, slug = '~' || id "
	"WHERE id = $1 AND status = 0");
SQL(project_sql_first_event, "SELECT first_seen_at FROM issue WHERE project_id = $1 "
	"ORDER BY number LIMIT 1");
/* A page by slug, which is one project's only. */
#define LIST                                                                              \
	"SELECT " COLUMNS " FROM project p WHERE p.organization_id = $1 "                  \
	"AND p.status = 0 AND ($2 = 0 OR EXISTS (SELECT 1 FROM project_team t "            \
	"WHERE t.project_id = p.id AND t.team_id = $2)) "                                  \
	"AND ($3 = 0 OR EXISTS (SELECT 1 FROM project_team t "                             \
	"JOIN team_member m ON m.team_id = t.team_id AND m.member_id = $3 "                \
	"JOIN team x ON x.id = t.team_id AND x.status = 0 WHERE t.project_id = p.id)) "    \
	"AND ($4 = '' OR lower(p.name) LIKE $4 ESCAPE '\\' OR p.slug LIKE $4 ESCAPE '\\') "

SQL(project_sql_list, LIST "AND p.slug > $5 ORDER BY p.slug LIMIT $6");
SQL(project_sql_list_back, LIST "AND p.slug < $5 ORDER BY p.slug DESC LIMIT $6");

static int taken(const char *slug, struct err *err)
{
	return err_set(err, MORTISE_E_CONFLICT,
		"there is a project \"%s\" in this organization already", slug);
}

int project_insert(struct tx *tx, int64_t organization_id, const char *slug, const char *name,
	const char *platform, int64_t now_us, int64_t *ret_id, struct err *err)
{
	cleanup_err struct err clash = {0};
	int result = slug_check(slug, "slug", err);

	if (result < 0)
		return result;
	result = tx_insert(tx, &project_sql_insert, ret_id, &clash, "isssi", organization_id, slug,
		name, platform, now_us);
	if (result == MORTISE_E_CONFLICT)
		return taken(slug, err);
	if (result < 0)
		return err_move(err, &clash);
	return data_forwarder_enroll(tx, organization_id, *ret_id, now_us, err);
}

int project_update(struct tx *tx, const struct project *project, struct err *err)
{
	cleanup_err struct err clash = {0};
	int result = slug_check(project->slug, "slug", err);

	if (result < 0)
		return result;
	result = tx_exec(tx, &project_sql_update, &clash, "sssi", project->slug, project->name,
		project->platform, project->id);
	if (result == MORTISE_E_CONFLICT)
		return taken(project->slug, err);
	return result < 0 ? err_move(err, &clash) : 0;
}

int project_begin_deletion(struct tx *tx, int64_t id, struct err *err)
{
	return tx_exec(tx, &project_sql_begin_deletion, err, "i", id);
}

static int is_taken(struct tx *tx, int64_t organization_id, const char *slug, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &project_sql_find, err, "is", organization_id, slug);

	query_end(&query);
	return result;
}

int project_free_slug(struct tx *tx, int64_t organization_id, const char *wanted,
	char ret_slug[static SLUG_SIZE], struct err *err)
{
	int result = 1;

	for (int i = 1; result == 1 && i < SLUGS_TRIED; i++) {
		slug_number(wanted, i, ret_slug);
		result = is_taken(tx, organization_id, ret_slug, err);
	}
	return result == 1 ? taken(wanted, err) : result;
}

int project_first_event(struct tx *tx, int64_t id, int64_t *ret_time_us, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &project_sql_first_event, err, "i", id);

	*ret_time_us = result == 1 ? query_int(&query, 0) : 0;
	query_end(&query);
	return result < 0 ? result : 0;
}

static void row_read(struct query *query, struct project *ret_project)
{
	*ret_project = (struct project){
		.id = query_int(query, 0),
		.organization_id = query_int(query, 1),
		.slug = xstrdup(query_text(query, 2)),
		.name = xstrdup(query_text(query, 3)),
		.platform = xstrdup(query_text(query, 4)),
		.added_at_us = query_int(query, 5),
	};
}

static int row_take(struct query *query, int result, struct project *ret_project,
	struct err *err)
{
	if (result == 1)
		row_read(query, ret_project);
	query_end(query);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no such project");
	return result < 0 ? result : 0;
}

int project_get(struct tx *tx, int64_t organization_id, int64_t id, struct project *ret_project,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &project_sql_get, err, "ii", organization_id, id);

	return row_take(&query, result, ret_project, err);
}

int project_find(struct tx *tx, int64_t organization_id, const char *id_or_slug,
	struct project *ret_project, struct err *err)
{
	struct query query;
	int64_t id;
	int result;

	if (slug_is_id(id_or_slug, &id))
		return project_get(tx, organization_id, id, ret_project, err);
	result = query_first(&query, tx, &project_sql_find, err, "is", organization_id, id_or_slug);
	return row_take(&query, result, ret_project, err);
}

int project_list(struct tx *tx, const struct project_page *page,
	struct project **ret_list, size_t *ret_len, struct err *err)
{
	cleanup_free char *pattern = like_pattern(page->query);
	const struct keyset *place = page->place;
	struct project *list = xcalloc((size_t)place->limit, sizeof(*list));
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx,
		place->back ? &project_sql_list_back : &project_sql_list, err, "iiissi",
		page->organization_id, page->team_id, page->member_id, pattern, place->text,
		place->limit);

	while (result >= 0 && (result = query_next(&query)) == 1)
		row_read(&query, &list[len++]);
	query_end(&query);
	if (result < 0) {
		project_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

void project_clear(struct project *project)
{
	free(project->slug);
	free(project->name);
	free(project->platform);
	*project = (struct project){0};
}

void project_list_free(struct project *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		project_clear(&list[i]);
	free(list);
}
