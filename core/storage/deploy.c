/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/deploy.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/json_column.h"
#include "core/storage/keyset.h"
#include "core/storage/tx.h"

#define COLUMNS \
	"id, organization_id, environment, name, url, projects, started_at, finished_at"

SQL(deploy_sql_insert, "INSERT INTO deploy (organization_id, release_id, environment, name, url, "
	"projects, started_at, finished_at, added_at) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id");
SQL(deploy_sql_drop, "DELETE FROM deploy WHERE id IN (SELECT id FROM deploy "
	"WHERE release_id = $1 ORDER BY finished_at DESC, id DESC LIMIT 100 OFFSET $2)");
SQL(deploy_sql_get, "SELECT " COLUMNS " FROM deploy WHERE id = $1");
SQL(deploy_sql_list, "SELECT " COLUMNS " FROM deploy WHERE release_id = $1 "
	"AND (finished_at, id) < ($2, $3) ORDER BY finished_at DESC, id DESC LIMIT $4");
SQL(deploy_sql_list_back, "SELECT " COLUMNS " FROM deploy WHERE release_id = $1 "
	"AND (finished_at, id) > ($2, $3) ORDER BY finished_at, id LIMIT $4");
SQL(deploy_sql_last, "SELECT " COLUMNS " FROM deploy WHERE release_id = $1 "
	"ORDER BY finished_at DESC, id DESC LIMIT 1");
SQL(deploy_sql_count, "SELECT COUNT(*) FROM deploy WHERE release_id = $1");

static void row_read(struct query *query, struct deploy *ret_deploy)
{
	*ret_deploy = (struct deploy){
		.id = query_int(query, 0),
		.organization_id = query_int(query, 1),
		.environment = xstrdup(query_text(query, 2)),
		.name = xstrdup(query_text(query, 3)),
		.url = xstrdup(query_text(query, 4)),
		.projects = json_loads(query_text(query, 5), 0, NULL),
		.started_at_us = query_int(query, 6),
		.finished_at_us = query_int(query, 7),
	};
}

static int read_one(struct query *query, int result, struct deploy *ret_deploy)
{
	if (result == 1)
		row_read(query, ret_deploy);
	query_end(query);
	return result;
}

int deploy_insert(struct tx *tx, const struct deploy_new *deploy, int64_t *ret_id,
	struct err *err)
{
	cleanup_free char *projects = json_dumps(deploy->projects, JSON_COMPACT);
	int result = tx_insert(tx, &deploy_sql_insert, ret_id, err, "iissssoii",
		deploy->organization_id, deploy->release_id, deploy->environment, deploy->name,
		deploy->url, projects, deploy->started_at_us > 0 ? &deploy->started_at_us : NULL,
		deploy->finished_at_us, deploy->now_us);

	if (result >= 0)
		result = tx_exec(tx, &deploy_sql_drop, err, "ii", deploy->release_id,
			(int64_t)DEPLOYS_KEPT);
	return result < 0 ? result : 0;
}

int deploy_get(struct tx *tx, int64_t id, struct deploy *ret_deploy, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &deploy_sql_get, err, "i", id);

	result = read_one(&query, result, ret_deploy);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no such deploy");
	return result < 0 ? result : 0;
}

int deploy_list(struct tx *tx, int64_t release_id, const struct keyset *place,
	struct deploy **ret_list, size_t *ret_len, struct err *err)
{
	struct deploy *list = xcalloc((size_t)place->limit, sizeof(*list));
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, place->back ? &deploy_sql_list_back
		: &deploy_sql_list, err, "iiii", release_id, place->number, place->id,
		place->limit);

	while (result >= 0 && (result = query_next(&query)) == 1)
		row_read(&query, &list[len++]);
	query_end(&query);
	if (result < 0) {
		deploy_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

int deploy_last(struct tx *tx, int64_t release_id, struct deploy *ret_deploy, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &deploy_sql_last, err, "i", release_id);

	return read_one(&query, result, ret_deploy);
}

int deploy_count(struct tx *tx, int64_t release_id, int64_t *ret_len, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &deploy_sql_count, err, "i", release_id);

	if (result == 1)
		*ret_len = query_int(&query, 0);
	query_end(&query);
	return result < 0 ? result : 0;
}

void deploy_clear(struct deploy *deploy)
{
	free(deploy->environment);
	free(deploy->name);
	free(deploy->url);
	json_decref(deploy->projects);
	*deploy = (struct deploy){0};
}

void deploy_list_free(struct deploy *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		deploy_clear(&list[i]);
	free(list);
}
