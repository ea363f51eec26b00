/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/codeowners.h"

#include "core/base/err.h"
#include "core/base/mem.h"

#define COLUMNS "SELECT id, project_id, code_mapping_id, raw, added_at, updated_at FROM codeowners "
/* Without a row, a project's files are kept in step. */
#define FOLLOWING \
	"FROM code_mapping m JOIN codeowners c ON c.code_mapping_id = m.id " \
	"LEFT JOIN ownership o ON o.project_id = m.project_id " \
	"WHERE m.repository_id = $1 AND m.id > $2 AND coalesce(o.codeowners_auto_sync, 1) = 1 " \
	"ORDER BY m.id LIMIT $3"

SQL(codeowners_sql_get, COLUMNS "WHERE project_id = $1 AND id = $2");
SQL(codeowners_sql_list, COLUMNS "WHERE project_id = $1 ORDER BY id LIMIT $2");
SQL(codeowners_sql_find, COLUMNS "WHERE code_mapping_id = $1");
SQL(codeowners_sql_count, "SELECT count(*) FROM codeowners WHERE project_id = $1");
SQL(codeowners_sql_insert, "INSERT INTO codeowners (project_id, code_mapping_id, raw, added_at, "
	"updated_at) VALUES ($1, $2, $3, $4, $4) RETURNING id");
/* The time is a version, too: it grows with each change. */
SQL(codeowners_sql_update, "UPDATE codeowners SET code_mapping_id = $1, raw = $2, updated_at = "
	"CASE WHEN updated_at < $3 THEN $3 ELSE updated_at + 1 END WHERE id = $4");
SQL(codeowners_sql_delete, "DELETE FROM codeowners WHERE project_id = $1 AND id = $2");
SQL(codeowners_sql_uses_mapping, "SELECT 1 FROM codeowners WHERE code_mapping_id = $1");
SQL(codeowners_sql_following, "SELECT m.id " FOLLOWING);
SQL(codeowners_sql_projects, "SELECT p.id FROM project p WHERE p.organization_id = $1 "
	"AND p.id > $2 AND p.status = 0 "
	"AND EXISTS (SELECT 1 FROM codeowners c WHERE c.project_id = p.id) ORDER BY p.id LIMIT $3");

static void take_row(struct query *query, struct codeowners *ret_codeowners)
{
	*ret_codeowners = (struct codeowners){
		.id = query_int(query, 0),
		.project_id = query_int(query, 1),
		.code_mapping_id = query_int(query, 2),
		.raw = xstrdup(query_text(query, 3)),
		.added_at_us = query_int(query, 4),
		.updated_at_us = query_int(query, 5),
	};
}

int codeowners_get(struct tx *tx, int64_t project_id, int64_t id,
	struct codeowners *ret_codeowners, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &codeowners_sql_get, err, "ii", project_id, id);

	if (result == 1)
		take_row(&query, ret_codeowners);
	query_end(&query);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "The requested resource does not exist");
	return result < 0 ? result : 0;
}

int codeowners_find(struct tx *tx, int64_t code_mapping_id, struct codeowners *ret_codeowners,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &codeowners_sql_find, err, "i", code_mapping_id);

	if (result == 1)
		take_row(&query, ret_codeowners);
	query_end(&query);
	return result;
}

int codeowners_list(struct tx *tx, int64_t project_id, struct codeowners **ret_list,
	size_t *ret_len, struct err *err)
{
	struct codeowners *list = xcalloc(CODEOWNERS_MAX, sizeof(*list));
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &codeowners_sql_list, err, "ii", project_id,
		(int64_t)CODEOWNERS_MAX);

	while (result >= 0 && (result = query_next(&query)) == 1)
		take_row(&query, &list[len++]);
	query_end(&query);
	if (result < 0) {
		codeowners_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

static int clash(struct err *problem, struct err *err)
{
	if (problem->code == MORTISE_E_CONFLICT)
		return err_set(err, MORTISE_E_CONFLICT,
			"this code mapping has CODEOWNERS already: change those, or delete them first");
	return err_move(err, problem);
}

int codeowners_insert(struct tx *tx, int64_t project_id, int64_t code_mapping_id,
	const char *raw, int64_t now_us, int64_t *ret_id, struct err *err)
{
	cleanup_err struct err problem = {0};
	struct query query;
	int result = query_first(&query, tx, &codeowners_sql_count, err, "i", project_id);
	int64_t len = result == 1 ? query_int(&query, 0) : 0;

	query_end(&query);
	if (result < 0)
		return result;
	if (len >= CODEOWNERS_MAX)
		return err_set(err, MORTISE_E_LIMIT,
			"a project has at most %d CODEOWNERS files: delete one first", CODEOWNERS_MAX);
	result = tx_insert(tx, &codeowners_sql_insert, ret_id, &problem, "iisi", project_id,
		code_mapping_id, raw, now_us);
	return result < 0 ? clash(&problem, err) : 0;
}

int codeowners_update(struct tx *tx, int64_t id, int64_t code_mapping_id, const char *raw,
	int64_t now_us, struct err *err)
{
	cleanup_err struct err problem = {0};
	int result = tx_exec(tx, &codeowners_sql_update, &problem, "isii", code_mapping_id, raw,
		now_us, id);

	return result < 0 ? clash(&problem, err) : 0;
}

int codeowners_delete(struct tx *tx, int64_t project_id, int64_t id, struct err *err)
{
	return tx_exec(tx, &codeowners_sql_delete, err, "ii", project_id, id);
}

int codeowners_uses_mapping(struct tx *tx, int64_t code_mapping_id, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &codeowners_sql_uses_mapping, err, "i",
		code_mapping_id);

	query_end(&query);
	return result;
}

/* ---- Lists of ids ---- */

static int take_ids(struct query *query, int result, size_t max, int64_t *ret_ids,
	size_t *ret_len)
{
	size_t len = 0;

	while (result >= 0 && len < max && (result = query_next(query)) == 1)
		ret_ids[len++] = query_int(query, 0);
	query_end(query);
	*ret_len = len;
	return result < 0 ? result : 0;
}

int codeowners_following(struct tx *tx, int64_t repository_id, int64_t after, size_t max,
	int64_t *ret_mapping_ids, size_t *ret_len, struct err *err)
{
	struct query query;
	int result = query_begin(&query, tx, &codeowners_sql_following, err, "iii", repository_id,
		after, (int64_t)max);

	return take_ids(&query, result, max, ret_mapping_ids, ret_len);
}

int codeowners_follows(struct tx *tx, int64_t repository_id, struct err *err)
{
	int64_t id;
	size_t len;
	int result = codeowners_following(tx, repository_id, 0, 1, &id, &len, err);

	return result < 0 ? result : len > 0;
}

int codeowners_projects(struct tx *tx, int64_t organization_id, int64_t after, size_t max,
	int64_t *ret_project_ids, size_t *ret_len, struct err *err)
{
	struct query query;
	int result = query_begin(&query, tx, &codeowners_sql_projects, err, "iii",
		organization_id, after, (int64_t)max);

	return take_ids(&query, result, max, ret_project_ids, ret_len);
}

void codeowners_clear(struct codeowners *codeowners)
{
	free(codeowners->raw);
	*codeowners = (struct codeowners){0};
}

void codeowners_list_free(struct codeowners *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		codeowners_clear(&list[i]);
	free(list);
}
