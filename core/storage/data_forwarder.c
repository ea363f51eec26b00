/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/data_forwarder.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/json_column.h"

#define COLUMNS "id, organization_id, name, provider, enabled, enroll_new_projects, config, uid, " \
		"secrets, added_at, updated_at"
#define PROJECT_COLUMNS "e.id, e.data_forwarder_id, e.project_id, e.enabled, e.overrides, e.uid, " \
			"e.secrets, p.slug, p.platform, e.added_at, e.updated_at"
#define FROM_PROJECT " FROM data_forwarder_project e JOIN project p ON p.id = e.project_id "

SQL(data_forwarder_sql_get, "SELECT " COLUMNS " FROM data_forwarder "
	"WHERE organization_id = $1 AND id = $2");
SQL(data_forwarder_sql_list, "SELECT " COLUMNS " FROM data_forwarder WHERE organization_id = $1 "
	"ORDER BY id LIMIT $2 OFFSET $3");
SQL(data_forwarder_sql_count, "SELECT count(*) FROM data_forwarder WHERE organization_id = $1");
SQL(data_forwarder_sql_insert, "INSERT INTO data_forwarder (organization_id, name, provider, enabled, "
	"enroll_new_projects, config, uid, secrets, added_at, updated_at) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) RETURNING id");
SQL(data_forwarder_sql_update, "UPDATE data_forwarder SET name = $1, provider = $2, enabled = $3, "
	"enroll_new_projects = $4, config = $5, secrets = $6, updated_at = $7 "
	"WHERE organization_id = $8 AND id = $9");
SQL(data_forwarder_sql_delete_projects,
	"DELETE FROM data_forwarder_project WHERE data_forwarder_id = $1");
SQL(data_forwarder_sql_delete, "DELETE FROM data_forwarder WHERE organization_id = $1 AND id = $2");
SQL(data_forwarder_sql_enrolling, "SELECT id FROM data_forwarder WHERE organization_id = $1 "
	"AND enabled = 1 AND enroll_new_projects = 1 AND provider IS NOT NULL");

SQL(data_forwarder_project_sql_find, "SELECT " PROJECT_COLUMNS FROM_PROJECT
	"WHERE e.data_forwarder_id = $1 AND e.project_id = $2");
SQL(data_forwarder_project_sql_list, "SELECT " PROJECT_COLUMNS FROM_PROJECT
	"WHERE e.data_forwarder_id = $1 AND p.status = 0 ORDER BY e.project_id");
SQL(data_forwarder_project_sql_enable, "INSERT INTO data_forwarder_project (data_forwarder_id, "
	"project_id, uid, added_at, updated_at) VALUES ($1, $2, $3, $4, $4) "
	"ON CONFLICT (data_forwarder_id, project_id) DO UPDATE SET enabled = 1, "
	"updated_at = excluded.updated_at WHERE data_forwarder_project.enabled = 0");
SQL(data_forwarder_project_sql_enroll, "INSERT INTO data_forwarder_project (data_forwarder_id, "
	"project_id, uid, added_at, updated_at) VALUES ($1, $2, $3, $4, $4) ON CONFLICT DO NOTHING");
SQL(data_forwarder_project_sql_disable, "UPDATE data_forwarder_project SET enabled = 0, "
	"updated_at = $1 WHERE data_forwarder_id = $2 AND project_id = $3 AND enabled = 1");
SQL(data_forwarder_project_sql_update, "UPDATE data_forwarder_project SET enabled = $1, "
	"overrides = $2, secrets = $3, updated_at = $4 "
	"WHERE data_forwarder_id = $5 AND project_id = $6");
SQL(data_forwarder_project_sql_delete, "DELETE FROM data_forwarder_project "
	"WHERE data_forwarder_id = $1 AND project_id = $2");

/* ---- Values ---- */

void forward_values_clear(struct forward_values *values)
{
	json_decref(values->open);
	free(values->sealed);
	*values = (struct forward_values){0};
}

/* The columns of a set: open, uid, sealed. */
static struct forward_values take_values(struct query *query, int column)
{
	struct blob uid = query_blob(query, column + 1), sealed = query_blob(query, column + 2);
	struct forward_values values = {.open = json_column(query, column)};

	if (uid.size == sizeof(values.uid))
		memcpy(values.uid, uid.data, uid.size);
	if (sealed.size > 0) {
		values.sealed = xmemdup(sealed.data, sealed.size);
		values.sealed_size = sealed.size;
	}
	return values;
}

static const struct blob *nullable(const struct blob *blob)
{
	return blob->data ? blob : NULL;
}

/* ---- Forwarders ---- */

static void take_row(struct query *query, struct data_forwarder *ret_forwarder)
{
	*ret_forwarder = (struct data_forwarder){
		.id = query_int(query, 0),
		.organization_id = query_int(query, 1),
		.name = xstrdup(query_text(query, 2)),
		.provider = xstrdup(query_text(query, 3)),
		.enabled = query_int(query, 4) != 0,
		.enroll_new_projects = query_int(query, 5) != 0,
		.config = take_values(query, 6),
		.added_at_us = query_int(query, 9),
		.updated_at_us = query_int(query, 10),
	};
}

int data_forwarder_get(struct tx *tx, int64_t organization_id, int64_t id,
	struct data_forwarder *ret_forwarder, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &data_forwarder_sql_get, err, "ii", organization_id, id);

	if (result == 1)
		take_row(&query, ret_forwarder);
	query_end(&query);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "The requested resource does not exist");
	return result < 0 ? result : 0;
}

int data_forwarder_list(struct tx *tx, int64_t organization_id, int64_t offset, int64_t limit,
	struct data_forwarder **ret_list, size_t *ret_len, struct err *err)
{
	struct data_forwarder *list = xcalloc((size_t)limit, sizeof(*list));
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &data_forwarder_sql_list, err, "iii", organization_id,
		limit, offset);

	while (result >= 0 && (result = query_next(&query)) == 1)
		take_row(&query, &list[len++]);
	query_end(&query);
	if (result < 0) {
		data_forwarder_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

int data_forwarder_count(struct tx *tx, int64_t organization_id, int64_t *ret_len,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &data_forwarder_sql_count, err, "i", organization_id);

	if (result == 1)
		*ret_len = query_int(&query, 0);
	query_end(&query);
	return result < 0 ? result : 0;
}

int data_forwarder_insert(struct tx *tx, const struct data_forwarder *forwarder, int64_t now_us,
	int64_t *ret_id, struct err *err)
{
	cleanup_free char *config = json_column_text(forwarder->config.open);
	struct blob uid = {forwarder->config.uid, sizeof(forwarder->config.uid)};
	struct blob sealed = {forwarder->config.sealed, forwarder->config.sealed_size};

	return tx_insert(tx, &data_forwarder_sql_insert, ret_id, err, "issiisbbi",
		forwarder->organization_id, forwarder->name, forwarder->provider,
		(int64_t)forwarder->enabled, (int64_t)forwarder->enroll_new_projects, config, &uid,
		nullable(&sealed), now_us);
}

int data_forwarder_update(struct tx *tx, const struct data_forwarder *forwarder, int64_t now_us,
	struct err *err)
{
	cleanup_free char *config = json_column_text(forwarder->config.open);
	struct blob sealed = {forwarder->config.sealed, forwarder->config.sealed_size};
	int result = tx_exec(tx, &data_forwarder_sql_update, err, "ssiisbiii", forwarder->name,
		forwarder->provider, (int64_t)forwarder->enabled,
		(int64_t)forwarder->enroll_new_projects, config, nullable(&sealed), now_us,
		forwarder->organization_id, forwarder->id);

	return result < 0 ? result : 0;
}

int data_forwarder_delete(struct tx *tx, int64_t organization_id, int64_t id, struct err *err)
{
	int result = tx_exec(tx, &data_forwarder_sql_delete_projects, err, "i", id);

	if (result >= 0)
		result = tx_exec(tx, &data_forwarder_sql_delete, err, "ii", organization_id, id);
	return result < 0 ? result : 0;
}

void data_forwarder_clear(struct data_forwarder *forwarder)
{
	free(forwarder->name);
	free(forwarder->provider);
	forward_values_clear(&forwarder->config);
	*forwarder = (struct data_forwarder){0};
}

void data_forwarder_list_free(struct data_forwarder *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data_forwarder_clear(&list[i]);
	free(list);
}

/* ---- Enrolments ---- */

static void take_project(struct query *query, struct data_forwarder_project *ret_row)
{
	*ret_row = (struct data_forwarder_project){
		.id = query_int(query, 0),
		.data_forwarder_id = query_int(query, 1),
		.project_id = query_int(query, 2),
		.enabled = query_int(query, 3) != 0,
		.overrides = take_values(query, 4),
		.slug = xstrdup(query_text(query, 7)),
		.platform = xstrdup(query_text(query, 8)),
		.added_at_us = query_int(query, 9),
		.updated_at_us = query_int(query, 10),
	};
}

int data_forwarder_project_find(struct tx *tx, int64_t data_forwarder_id, int64_t project_id,
	struct data_forwarder_project *ret_row, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &data_forwarder_project_sql_find, err, "ii",
		data_forwarder_id, project_id);

	if (result == 1)
		take_project(&query, ret_row);
	query_end(&query);
	return result;
}

int data_forwarder_project_list(struct tx *tx, int64_t data_forwarder_id,
	struct data_forwarder_project **ret_list, size_t *ret_len, struct err *err)
{
	struct data_forwarder_project *list = NULL;
	struct query query;
	size_t len = 0, room = 0;
	int result = query_begin(&query, tx, &data_forwarder_project_sql_list, err, "i",
		data_forwarder_id);

	while (result >= 0 && (result = query_next(&query)) == 1) {
		if (len == room) {
			room = room ? 2 * room : 16;
			list = xrealloc(list, room * sizeof(*list));
		}
		take_project(&query, &list[len++]);
	}
	query_end(&query);
	if (result < 0) {
		data_forwarder_project_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

static int add_row(struct tx *tx, const struct sql *sql, int64_t data_forwarder_id,
	int64_t project_id, int64_t now_us, struct err *err)
{
	unsigned char uid[16];
	struct blob uid_blob = {uid, sizeof(uid)};
	int result;

	randombytes_buf(uid, sizeof(uid));
	result = tx_exec(tx, sql, err, "iibi", data_forwarder_id, project_id, &uid_blob, now_us);
	return result < 0 ? result : 0;
}

int data_forwarder_project_enable(struct tx *tx, int64_t data_forwarder_id, int64_t project_id,
	int64_t now_us, struct err *err)
{
	return add_row(tx, &data_forwarder_project_sql_enable, data_forwarder_id, project_id, now_us,
		err);
}

int data_forwarder_project_disable(struct tx *tx, int64_t data_forwarder_id, int64_t project_id,
	int64_t now_us, struct err *err)
{
	int result = tx_exec(tx, &data_forwarder_project_sql_disable, err, "iii", now_us,
		data_forwarder_id, project_id);

	return result < 0 ? result : 0;
}

int data_forwarder_project_update(struct tx *tx, const struct data_forwarder_project *row,
	int64_t now_us, struct err *err)
{
	cleanup_free char *overrides = json_column_text(row->overrides.open);
	struct blob sealed = {row->overrides.sealed, row->overrides.sealed_size};
	int result = tx_exec(tx, &data_forwarder_project_sql_update, err, "isbiii",
		(int64_t)row->enabled, overrides, nullable(&sealed), now_us, row->data_forwarder_id,
		row->project_id);

	return result < 0 ? result : 0;
}

int data_forwarder_project_delete(struct tx *tx, int64_t data_forwarder_id, int64_t project_id,
	struct err *err)
{
	int result = tx_exec(tx, &data_forwarder_project_sql_delete, err, "ii", data_forwarder_id,
		project_id);

	return result < 0 ? result : 0;
}

void data_forwarder_project_clear(struct data_forwarder_project *row)
{
	free(row->slug);
	free(row->platform);
	forward_values_clear(&row->overrides);
	*row = (struct data_forwarder_project){0};
}

void data_forwarder_project_list_free(struct data_forwarder_project *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data_forwarder_project_clear(&list[i]);
	free(list);
}

int data_forwarder_enroll(struct tx *tx, int64_t organization_id, int64_t project_id,
	int64_t now_us, struct err *err)
{
	int64_t ids[DATA_FORWARDERS_MAX];
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &data_forwarder_sql_enrolling, err, "i",
		organization_id);

	while (result >= 0 && len < lengthof(ids) && (result = query_next(&query)) == 1)
		ids[len++] = query_int(&query, 0);
	query_end(&query);
	for (size_t i = 0; result >= 0 && i < len; i++)
		result = add_row(tx, &data_forwarder_project_sql_enroll, ids[i], project_id, now_us,
			err);
	return result < 0 ? result : 0;
}
