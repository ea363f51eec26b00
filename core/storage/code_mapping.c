/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/code_mapping.h"

#include <inttypes.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/codeowners.h"
#include "core/storage/keyset.h"
#include "core/storage/part.h"

#define SELECT                                                                         \
	"SELECT m.id, m.organization_id, m.project_id, m.repository_id, m.integration_id, " \
	"m.stack_root, m.source_root, m.branch, m.generated, m.added_at, m.updated_at, " \
	"p.slug, r.name, i.provider FROM code_mapping m "                              \
	"JOIN project p ON p.id = m.project_id AND p.status = 0 "                      \
	"JOIN repository r ON r.id = m.repository_id "                                 \
	"LEFT JOIN integration i ON i.id = m.integration_id "

SQL(code_mapping_sql_get, SELECT "WHERE m.organization_id = $1 AND m.id = $2");
SQL(code_mapping_sql_find, SELECT "WHERE m.project_id = $1 AND m.stack_root = $2");
SQL(code_mapping_sql_list_project, SELECT "WHERE m.project_id = $1 ORDER BY m.id LIMIT $2");

/* A page in the order of ids. */
#define ORGANIZATION SELECT "WHERE m.organization_id = $1 AND " PART_REACHES("$2", "m.project_id")
#define INTEGRATION                                                                  \
	SELECT "WHERE m.integration_id = $1 AND m.organization_id = $2 AND "          \
	PART_REACHES("$3", "m.project_id")

SQL(code_mapping_sql_list, ORGANIZATION "AND m.id > $3 ORDER BY m.id LIMIT $4");
SQL(code_mapping_sql_list_back, ORGANIZATION "AND m.id < $3 ORDER BY m.id DESC LIMIT $4");
SQL(code_mapping_sql_integration, INTEGRATION "AND m.id > $4 ORDER BY m.id LIMIT $5");
SQL(code_mapping_sql_integration_back, INTEGRATION "AND m.id < $4 ORDER BY m.id DESC LIMIT $5");
SQL(code_mapping_sql_project, SELECT "WHERE m.project_id = $1 AND m.id > $2 ORDER BY m.id LIMIT $3");
SQL(code_mapping_sql_project_back, SELECT
	"WHERE m.project_id = $1 AND m.id < $2 ORDER BY m.id DESC LIMIT $3");

SQL(code_mapping_sql_count, "SELECT count(*) FROM code_mapping "
	"WHERE project_id = $1 AND id <> $2");
SQL(code_mapping_sql_insert, "INSERT INTO code_mapping (organization_id, project_id, "
	"repository_id, integration_id, stack_root, source_root, branch, generated, added_at, "
	"updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) RETURNING id");
SQL(code_mapping_sql_update, "UPDATE code_mapping SET project_id = $1, repository_id = $2, "
	"integration_id = $3, stack_root = $4, source_root = $5, branch = $6, generated = $7, "
	"updated_at = $8 WHERE id = $9");
SQL(code_mapping_sql_delete, "DELETE FROM code_mapping WHERE organization_id = $1 AND id = $2");
SQL(code_mapping_sql_disown_repository, "DELETE FROM codeowners WHERE code_mapping_id IN "
	"(SELECT id FROM code_mapping WHERE repository_id = $1)");
SQL(code_mapping_sql_delete_repository, "DELETE FROM code_mapping WHERE repository_id = $1");
SQL(code_mapping_sql_disown_integration, "DELETE FROM codeowners WHERE code_mapping_id IN "
	"(SELECT id FROM code_mapping WHERE integration_id = $1 AND organization_id = $2)");
SQL(code_mapping_sql_delete_integration, "DELETE FROM code_mapping "
	"WHERE integration_id = $1 AND organization_id = $2");

static void read_row(struct query *query, struct code_mapping *ret_mapping)
{
	*ret_mapping = (struct code_mapping){
		.id = query_int(query, 0),
		.organization_id = query_int(query, 1),
		.project_id = query_int(query, 2),
		.repository_id = query_int(query, 3),
		.integration_id = query_int(query, 4),
		.stack_root = xstrdup(query_text(query, 5)),
		.source_root = xstrdup(query_text(query, 6)),
		.branch = xstrdup(query_text(query, 7)),
		.generated = query_int(query, 8) != 0,
		.added_at_us = query_int(query, 9),
		.updated_at_us = query_int(query, 10),
		.project_slug = xstrdup(query_text(query, 11)),
		.repository_name = xstrdup(query_text(query, 12)),
		.provider = xstrdup(query_text(query, 13)),
	};
}

static int read_one(struct query *query, int result, struct code_mapping *ret_mapping)
{
	if (result == 1)
		read_row(query, ret_mapping);
	query_end(query);
	return result;
}

/* Add to a list, which is freed if that fails. */
static int read_list(struct query *query, int result, struct code_mapping **list, size_t *len)
{
	while (result >= 0 && (result = query_next(query)) == 1) {
		*list = xrealloc(*list, (*len + 1) * sizeof(**list));
		read_row(query, &(*list)[(*len)++]);
	}
	query_end(query);
	if (result < 0) {
		code_mapping_list_free(*list, *len);
		*list = NULL;
		*len = 0;
	}
	return result;
}

int code_mapping_get(struct tx *tx, int64_t organization_id, int64_t id,
	struct code_mapping *ret_mapping, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &code_mapping_sql_get, err, "ii", organization_id, id);

	result = read_one(&query, result, ret_mapping);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no code mapping %" PRId64, id);
	return result < 0 ? result : 0;
}

int code_mapping_find(struct tx *tx, int64_t project_id, const char *stack_root,
	struct code_mapping *ret_mapping, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &code_mapping_sql_find, err, "is", project_id,
		stack_root);

	return read_one(&query, result, ret_mapping);
}

int code_mapping_list_project(struct tx *tx, int64_t project_id, struct code_mapping **ret_list,
	size_t *ret_len, struct err *err)
{
	struct query query;
	int result = query_begin(&query, tx, &code_mapping_sql_list_project, err, "ii", project_id,
		(int64_t)CODE_MAPPING_MAX);

	*ret_list = NULL;
	*ret_len = 0;
	return read_list(&query, result, ret_list, ret_len);
}

/* ---- Pages ---- */

static int by_id(const void *left, const void *right)
{
	const struct code_mapping *a = left, *b = right;

	return (a->id > b->id) - (a->id < b->id);
}

static int by_id_down(const void *left, const void *right)
{
	return by_id(right, left);
}

/* The page of each project, and of these the first. */
static int list_projects(struct tx *tx, const struct code_mapping_page *page,
	struct code_mapping **ret_list, size_t *ret_len, struct err *err)
{
	const struct keyset *place = page->place;
	size_t max = (size_t)place->limit;
	int result = 0;

	for (size_t i = 0; i < page->project_len && result >= 0; i++) {
		struct query query;

		result = query_begin(&query, tx, place->back ? &code_mapping_sql_project_back
			: &code_mapping_sql_project, err, "iii", page->project_ids[i], place->id,
			place->limit);
		result = read_list(&query, result, ret_list, ret_len);
	}
	if (result < 0 || *ret_len == 0)
		return result;
	qsort(*ret_list, *ret_len, sizeof(**ret_list), place->back ? by_id_down : by_id);
	while (*ret_len > max)
		code_mapping_clear(&(*ret_list)[--*ret_len]);
	return 0;
}

int code_mapping_list(struct tx *tx, const struct code_mapping_page *page,
	struct code_mapping **ret_list, size_t *ret_len, struct err *err)
{
	const struct keyset *place = page->place;
	struct query query;
	int result;

	*ret_list = NULL;
	*ret_len = 0;
	if (page->project_ids)
		return list_projects(tx, page, ret_list, ret_len, err);
	if (page->integration_id)
		result = query_begin(&query, tx, place->back ? &code_mapping_sql_integration_back
			: &code_mapping_sql_integration, err, "iiiii", page->integration_id,
			page->organization_id, page->member_id, place->id, place->limit);
	else
		result = query_begin(&query, tx, place->back ? &code_mapping_sql_list_back
			: &code_mapping_sql_list, err, "iiii", page->organization_id,
			page->member_id, place->id, place->limit);
	return read_list(&query, result, ret_list, ret_len);
}

/* ---- Changing ---- */

/* 'clash' is what the statement said; a unique one means the stack root. */
static int taken(struct err *clash, const char *stack_root, struct err *err)
{
	if (clash->code == MORTISE_E_CONFLICT)
		return err_set(err, MORTISE_E_CONFLICT,
			"the project has a code mapping for the stack root \"%s\" already",
			stack_root);
	return err_move(err, clash);
}

/* Has the project room for this one, beside the others? */
static int check_count(struct tx *tx, const struct code_mapping *mapping, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &code_mapping_sql_count, err, "ii",
		mapping->project_id, mapping->id);
	int64_t len = result == 1 ? query_int(&query, 0) : 0;

	query_end(&query);
	if (result < 0)
		return result;
	if (len >= CODE_MAPPING_MAX)
		return err_set(err, MORTISE_E_FIELD, "a project has at most %d code mappings: "
			"delete some first", CODE_MAPPING_MAX);
	return 0;
}

int code_mapping_insert(struct tx *tx, const struct code_mapping *mapping, int64_t now_us,
	int64_t *ret_id, struct err *err)
{
	cleanup_err struct err clash = {0};
	int result = check_count(tx, mapping, err);

	if (result < 0)
		return result;
	result = tx_insert(tx, &code_mapping_sql_insert, ret_id, &clash, "iiiisssii",
		mapping->organization_id, mapping->project_id, mapping->repository_id,
		mapping->integration_id, mapping->stack_root, mapping->source_root, mapping->branch,
		(int64_t)mapping->generated, now_us);
	return result < 0 ? taken(&clash, mapping->stack_root, err) : 0;
}

int code_mapping_update(struct tx *tx, const struct code_mapping *mapping, int64_t now_us,
	struct err *err)
{
	cleanup_err struct err clash = {0};
	int result = check_count(tx, mapping, err);

	if (result < 0)
		return result;
	result = tx_exec(tx, &code_mapping_sql_update, &clash, "iiisssiii", mapping->project_id,
		mapping->repository_id, mapping->integration_id, mapping->stack_root,
		mapping->source_root, mapping->branch, (int64_t)mapping->generated, now_us,
		mapping->id);
	return result < 0 ? taken(&clash, mapping->stack_root, err) : 0;
}

int code_mapping_delete(struct tx *tx, int64_t organization_id, int64_t id, struct err *err)
{
	int result = codeowners_uses_mapping(tx, id, err);

	if (result == 1)
		return err_set(err, MORTISE_E_CONFLICT,
			"CODEOWNERS use this code mapping: delete those first");
	return result < 0 ? result
		: tx_exec(tx, &code_mapping_sql_delete, err, "ii", organization_id, id);
}

int code_mapping_delete_repository(struct tx *tx, int64_t repository_id, struct err *err)
{
	int result = tx_exec(tx, &code_mapping_sql_disown_repository, err, "i", repository_id);

	if (result >= 0)
		result = tx_exec(tx, &code_mapping_sql_delete_repository, err, "i", repository_id);
	return result < 0 ? result : 0;
}

int code_mapping_delete_integration(struct tx *tx, int64_t organization_id,
	int64_t integration_id, struct err *err)
{
	int result = tx_exec(tx, &code_mapping_sql_disown_integration, err, "ii", integration_id,
		organization_id);

	if (result >= 0)
		result = tx_exec(tx, &code_mapping_sql_delete_integration, err, "ii",
			integration_id, organization_id);
	return result < 0 ? result : 0;
}

void code_mapping_clear(struct code_mapping *mapping)
{
	free(mapping->stack_root);
	free(mapping->source_root);
	free(mapping->branch);
	free(mapping->project_slug);
	free(mapping->repository_name);
	free(mapping->provider);
	*mapping = (struct code_mapping){0};
}

void code_mapping_list_free(struct code_mapping *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		code_mapping_clear(&list[i]);
	free(list);
}
