/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/external_project.h"

#include "core/base/err.h"
#include "core/base/mem.h"

#define COLUMNS "external_id, name, resolved_status, unresolved_status"

SQL(external_project_sql_find, "SELECT " COLUMNS " FROM external_project "
	"WHERE link_id = $1 AND external_id = $2");
SQL(external_project_sql_list, "SELECT " COLUMNS " FROM external_project "
	"WHERE link_id = $1 ORDER BY external_id LIMIT $2");
SQL(external_project_sql_clear, "DELETE FROM external_project WHERE link_id = $1");
SQL(external_project_sql_insert, "INSERT INTO external_project (link_id, " COLUMNS ", added_at) "
	"VALUES ($1, $2, $3, $4, $5, $6)");

static void read_row(struct query *query, struct external_project *ret_project)
{
	*ret_project = (struct external_project){
		.external_id = xstrdup(query_text(query, 0)),
		.name = xstrdup(query_text(query, 1)),
		.resolved = xstrdup(query_text(query, 2)),
		.unresolved = xstrdup(query_text(query, 3)),
	};
}

int external_project_find(struct tx *tx, int64_t link_id, const char *external_id,
	struct external_project *ret_project, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &external_project_sql_find, err, "is", link_id,
		external_id);

	if (result == 1)
		read_row(&query, ret_project);
	query_end(&query);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND,
			"the status map has no project \"%.256s\"", external_id);
	return result < 0 ? result : 0;
}

int external_project_list(struct tx *tx, int64_t link_id, struct external_project **ret_list,
	size_t *ret_len, struct err *err)
{
	struct external_project *list = xcalloc(EXTERNAL_PROJECTS_MAX, sizeof(*list));
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &external_project_sql_list, err, "ii", link_id,
		(int64_t)EXTERNAL_PROJECTS_MAX);

	while (result >= 0 && (result = query_next(&query)) == 1)
		read_row(&query, &list[len++]);
	query_end(&query);
	if (result < 0) {
		external_project_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

int external_project_clear_map(struct tx *tx, int64_t link_id, struct err *err)
{
	int result = tx_exec(tx, &external_project_sql_clear, err, "i", link_id);

	return result < 0 ? result : 0;
}

int external_project_insert(struct tx *tx, int64_t link_id, const struct external_project *project,
	int64_t now_us, struct err *err)
{
	int result = tx_exec(tx, &external_project_sql_insert, err, "issssi", link_id,
		project->external_id, project->name, project->resolved, project->unresolved, now_us);

	return result < 0 ? result : 0;
}

void external_project_clear(struct external_project *project)
{
	free(project->external_id);
	free(project->name);
	free(project->resolved);
	free(project->unresolved);
	*project = (struct external_project){0};
}

void external_project_list_free(struct external_project *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		external_project_clear(&list[i]);
	free(list);
}
