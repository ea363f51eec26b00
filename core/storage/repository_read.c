/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Reading repositories: one, a page for the API, a scan for a plugin. */
#include "config.h"
#include "core/storage/repository.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/keyset.h"
#include "core/storage/like.h"

#define COLUMNS                                                                       \
	"r.id, r.organization_id, r.provider, r.external_id, r.name, r.url, r.branch, " \
	"r.config, r.languages, r.integration_id, r.status, r.added_at, r.updated_at, r.settings"

SQL(repository_sql_get, "SELECT " COLUMNS " FROM repository r "
	"WHERE r.organization_id = $1 AND r.id = $2");
SQL(repository_sql_find, "SELECT " COLUMNS " FROM repository r "
	"WHERE r.organization_id = $1 AND r.provider = $2 AND r.external_id = $3");
SQL(repository_sql_find_name, "SELECT " COLUMNS " FROM repository r "
	"WHERE r.organization_id = $1 AND r.name = $2 AND r.status IN (0, 1) "
	"ORDER BY r.status, r.id DESC LIMIT 1");
SQL(repository_sql_list_name, "SELECT " COLUMNS " FROM repository r "
	"WHERE r.organization_id = $1 AND r.status = 0 AND r.name = $2 ORDER BY r.id LIMIT $3");
SQL(repository_sql_is_active, "SELECT 1 FROM repository "
	"WHERE organization_id = $1 AND status = 0 AND name = $2 AND provider = $3 LIMIT 1");

/* A page in the order of names, of those whose status is so. */
#define LIST(status)                                                                       \
	"SELECT " COLUMNS " FROM repository r WHERE r.organization_id = $1 "                \
	"AND ($2 = '' OR lower(r.name) LIKE $2 ESCAPE '\\') "                               \
	"AND ($3 = 0 OR r.integration_id = $3) AND r.status " status
#define FORWARDS " AND (r.name, r.id) > ($4, $5) ORDER BY r.name, r.id LIMIT $6"
#define BACK " AND (r.name, r.id) < ($4, $5) ORDER BY r.name DESC, r.id DESC LIMIT $6"

SQL(repository_sql_list_active, LIST("= 0") FORWARDS);
SQL(repository_sql_list_active_back, LIST("= 0") BACK);
SQL(repository_sql_list_inactive, LIST("IN (1, 2, 3)") FORWARDS);
SQL(repository_sql_list_inactive_back, LIST("IN (1, 2, 3)") BACK);

/* In one organization. */
SQL(repository_sql_scan_organization, "SELECT " COLUMNS " FROM repository r "
	"WHERE r.organization_id = $1 AND r.provider = $2 "
	"AND ($3 = 0 OR r.integration_id = $3) AND ($4 = 0 OR r.integration_id IS NULL) "
	"AND ($5 = '' OR r.external_id = $5) AND ($6 = '' OR r.name = $6) "
	"AND r.external_id > $7 AND r.status IN (0, 1) "
	"ORDER BY r.external_id, r.id LIMIT $8");
/* In every organization that has the integration. */
SQL(repository_sql_scan_integration, "SELECT " COLUMNS " FROM repository r "
	"JOIN organization_integration l ON l.organization_id = r.organization_id "
	"WHERE l.integration_id = $1 AND l.status = 0 AND r.provider = $2 "
	"AND ($3 = 0 OR r.integration_id IS NULL) "
	"AND ($4 = '' OR r.external_id = $4) AND ($5 = '' OR r.name = $5) "
	"AND r.external_id > $6 AND r.status IN (0, 1) "
	"ORDER BY r.external_id, r.id LIMIT $7");

static json_t *read_json(const char *text, json_type type)
{
	json_t *json = text ? json_loads(text, 0, NULL) : NULL;

	if (json && json_typeof(json) == type)
		return json;
	json_decref(json);
	return type == JSON_OBJECT ? json_object() : json_array();
}

static void read_row(struct query *query, struct repository *repository)
{
	*repository = (struct repository){
		.id = query_int(query, 0),
		.organization_id = query_int(query, 1),
		.provider = xstrdup(query_text(query, 2)),
		.external_id = xstrdup(query_text(query, 3)),
		.name = xstrdup(query_text(query, 4)),
		.url = xstrdup(query_text(query, 5)),
		.branch = xstrdup(query_text(query, 6)),
		.config = read_json(query_text(query, 7), JSON_OBJECT),
		.languages = read_json(query_text(query, 8), JSON_ARRAY),
		.integration_id = query_int(query, 9),
		.status = (int)query_int(query, 10),
		.added_at_us = query_int(query, 11),
		.updated_at_us = query_int(query, 12),
		.settings = query_is_null(query, 13) ? NULL
						     : read_json(query_text(query, 13), JSON_OBJECT),
	};
}

static int read_one(struct query *query, int result, struct repository *ret_repository)
{
	if (result == 1)
		read_row(query, ret_repository);
	query_end(query);
	return result;
}

static int read_list(struct query *query, int result, struct repository **ret_list,
	size_t *ret_len)
{
	struct repository *list = NULL;
	size_t len = 0;

	while (result >= 0 && (result = query_next(query)) == 1) {
		list = xrealloc(list, (len + 1) * sizeof(*list));
		read_row(query, &list[len++]);
	}
	query_end(query);
	if (result < 0) {
		repository_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

int repository_get(struct tx *tx, int64_t organization_id, int64_t id,
	struct repository *ret_repository, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &repository_sql_get, err, "ii", organization_id, id);

	result = read_one(&query, result, ret_repository);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no repository %" PRId64, id);
	return result < 0 ? result : 0;
}

int repository_find(struct tx *tx, int64_t organization_id, const char *provider,
	const char *external_id, struct repository *ret_repository, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &repository_sql_find, err, "iss", organization_id,
		provider, external_id);

	return read_one(&query, result, ret_repository);
}

int repository_find_name(struct tx *tx, int64_t organization_id, const char *name,
	struct repository *ret_repository, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &repository_sql_find_name, err, "is", organization_id,
		name);

	return read_one(&query, result, ret_repository);
}

int repository_list_name(struct tx *tx, int64_t organization_id, const char *name, int64_t max,
	struct repository **ret_list, size_t *ret_len, struct err *err)
{
	struct query query;
	int result = query_begin(&query, tx, &repository_sql_list_name, err, "isi",
		organization_id, name, max);

	return read_list(&query, result, ret_list, ret_len);
}

int repository_is_active(struct tx *tx, int64_t organization_id, const char *provider,
	const char *name, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &repository_sql_is_active, err, "iss",
		organization_id, name, provider);

	query_end(&query);
	return result;
}

int repository_scan(struct tx *tx, const struct repository_filter *filter,
	struct repository **ret_list, size_t *ret_len, struct err *err)
{
	const char *external_id = filter->external_id ? filter->external_id : "";
	const char *name = filter->name ? filter->name : "";
	const char *after = filter->after ? filter->after : "";
	struct query query;
	int result;

	if (filter->organization_id > 0)
		result = query_begin(&query, tx, &repository_sql_scan_organization, err, "isiisssi",
			filter->organization_id, filter->provider, filter->integration_id,
			(int64_t)filter->unlinked, external_id, name, after, filter->limit);
	else
		result = query_begin(&query, tx, &repository_sql_scan_integration, err, "isisssi",
			filter->integration_id, filter->provider, (int64_t)filter->unlinked,
			external_id, name, after, filter->limit);
	return read_list(&query, result, ret_list, ret_len);
}

int repository_list(struct tx *tx, const struct repository_page *page,
	struct repository **ret_list, size_t *ret_len, struct err *err)
{
	static const struct sql *const statements[2][2] = {
		{&repository_sql_list_active, &repository_sql_list_active_back},
		{&repository_sql_list_inactive, &repository_sql_list_inactive_back},
	};
	const struct keyset *place = page->place;
	cleanup_free char *pattern = like_pattern(page->query);
	struct query query;
	int result = query_begin(&query, tx, statements[page->inactive][place->back], err, "isisii",
		page->organization_id, pattern, page->integration_id, place->text, place->id,
		place->limit);

	return read_list(&query, result, ret_list, ret_len);
}

void repository_clear(struct repository *repository)
{
	free(repository->provider);
	free(repository->external_id);
	free(repository->name);
	free(repository->url);
	free(repository->branch);
	json_decref(repository->config);
	json_decref(repository->languages);
	json_decref(repository->settings);
	*repository = (struct repository){0};
}

void repository_list_free(struct repository *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		repository_clear(&list[i]);
	free(list);
}
