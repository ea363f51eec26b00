/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/project.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/slug.h"

#define COLUMNS "id, organization_id, slug, name, platform, added_at"

SQL(project_sql_insert, "INSERT INTO project (organization_id, slug, name, platform, added_at) "
	"VALUES ($1, $2, $3, $4, $5) RETURNING id");
SQL(project_sql_get,
	"SELECT " COLUMNS " FROM project WHERE organization_id = $1 AND id = $2");
SQL(project_sql_find,
	"SELECT " COLUMNS " FROM project WHERE organization_id = $1 AND slug = $2");
SQL(project_sql_list, "SELECT " COLUMNS " FROM project WHERE organization_id = $1 "
	"ORDER BY slug LIMIT $2 OFFSET $3");

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
		return err_set(err, result,
			"there is a project \"%s\" in this organization already", slug);
	return result < 0 ? err_move(err, &clash) : 0;
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

int project_find(struct tx *tx, int64_t organization_id, const char *id_or_slug,
	struct project *ret_project, struct err *err)
{
	struct query query;
	int64_t id;
	int result;

	if (slug_is_id(id_or_slug, &id))
		result = query_first(&query, tx, &project_sql_get, err, "ii", organization_id, id);
	else
		result = query_first(&query, tx, &project_sql_find, err, "is", organization_id,
			id_or_slug);
	if (result == 1)
		row_read(&query, ret_project);
	query_end(&query);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no project \"%s\"", id_or_slug);
	return result < 0 ? result : 0;
}

int project_list(struct tx *tx, int64_t organization_id, int64_t offset, int64_t limit,
	struct project **ret_list, size_t *ret_len, struct err *err)
{
	struct project *list = xcalloc((size_t)limit, sizeof(*list));
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &project_sql_list, err, "iii", organization_id, limit,
		offset);

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
