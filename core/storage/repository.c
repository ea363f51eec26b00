/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Changing repositories. */
#include "config.h"
#include "core/storage/repository.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/merge_patch.h"
#include "core/storage/integration.h"

SQL(repository_sql_insert_named, "INSERT INTO repository (organization_id, provider, name, "
	"added_at, updated_at) VALUES ($1, '', $2, $3, $3) RETURNING id");
SQL(repository_sql_insert, "INSERT INTO repository (organization_id, provider, external_id, name, "
	"url, branch, config, integration_id, added_at, updated_at) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) ON CONFLICT DO NOTHING RETURNING id");
SQL(repository_sql_update, "UPDATE repository SET name = $1, url = $2, branch = $3, config = $4, "
	"integration_id = $5, status = $6, updated_at = $7 WHERE id = $8");
SQL(repository_sql_in_use, "SELECT 1 FROM organization_integration l "
	"JOIN integration i ON i.id = l.integration_id "
	"WHERE l.organization_id = $1 AND l.integration_id = $2 AND l.status = 0 AND i.status = 0");
SQL(repository_sql_set_status, "UPDATE repository SET status = $1, updated_at = $2 "
	"WHERE id = $3 AND status IN (0, 1) AND status <> $1");
SQL(repository_sql_relink, "UPDATE repository SET provider = $1, integration_id = $2, "
	"updated_at = $3 WHERE id = $4");
SQL(repository_sql_set_settings, "UPDATE repository SET settings = $1, updated_at = $2 "
	"WHERE id = $3");
SQL(repository_sql_set_status_all, "UPDATE repository SET status = $1, updated_at = $2 "
	"WHERE organization_id = $3 AND integration_id = $4 AND status IN (0, 1) AND status <> $1");
/* What waits for its deletion, has waited since updated_at. */
SQL(repository_sql_unlink_all, "UPDATE repository SET integration_id = NULL, "
	"updated_at = CASE WHEN status = 2 THEN updated_at ELSE $1 END "
	"WHERE organization_id = $2 AND integration_id = $3");
SQL(repository_sql_set_languages, "UPDATE repository SET languages = $1, updated_at = $2 "
	"WHERE id = $3");

static char *dump(const json_t *json)
{
	return json_dumps(json, JSON_COMPACT);
}

/* Does another integration that works have this repository?  One that is disabled there
 * may have moved to another account: who may enable it takes it. */
static int is_foreign(struct tx *tx, const struct repository *there,
	const struct repository_put *put, struct err *err)
{
	struct query query;
	int result;

	if (there->integration_id == 0 || there->integration_id == put->integration_id ||
		(put->mode == REPOSITORY_ENABLE && there->status == INTEGRATION_DISABLED))
		return 0;
	result = query_first(&query, tx, &repository_sql_in_use, err, "ii", put->organization_id,
		there->integration_id);
	query_end(&query);
	return result;
}

static int insert(struct tx *tx, const struct repository_put *put, int64_t *ret_id,
	struct err *err)
{
	cleanup_json json_t *config = merge_patch(NULL, put->config);
	cleanup_free char *text = json_is_object(config) ? dump(config) : xstrdup("{}");

	return tx_insert(tx, &repository_sql_insert, ret_id, err, "issssssii", put->organization_id,
		put->provider, put->external_id, put->name, put->url, put->branch, text,
		put->integration_id, put->now_us);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static int update(struct tx *tx, const struct repository *there, const struct repository_put *put,
	struct err *err)
{
	bool enable = put->mode == REPOSITORY_ENABLE;
	const char *url = put->url ? put->url : there->url;
	const char *branch = put->branch ? put->branch : there->branch;
	int64_t integration_id = enable ? put->integration_id : there->integration_id;
	int status = enable ? INTEGRATION_ACTIVE : there->status;
	bool enabled = status != there->status || integration_id != there->integration_id;
	cleanup_json json_t *config = put->config ? merge_patch(there->config, put->config)
						  : json_incref(there->config);
	cleanup_free char *text = NULL;
	int result;

	if (!enabled && same_text(put->name, there->name) && same_text(url, there->url) &&
		same_text(branch, there->branch) && json_equal(config, there->config))
		return REPOSITORY_UNCHANGED;
	text = dump(config);
	result = tx_exec(tx, &repository_sql_update, err, "ssssoiii", put->name, url, branch, text,
		integration_id > 0 ? &integration_id : NULL, (int64_t)status, put->now_us, there->id);
	if (result < 0)
		return result;
	return enabled ? REPOSITORY_ENABLED : REPOSITORY_CHANGED;
}

int repository_put(struct tx *tx, const struct repository_put *put, int64_t *ret_id,
	struct err *err)
{
	cleanup_repository struct repository there = {0};
	int result = repository_find(tx, put->organization_id, put->provider, put->external_id, &there,
		err);

	if (result < 0)
		return result;
	if (result == 0) {
		if (put->mode == REPOSITORY_REFRESH)
			return REPOSITORY_ABSENT;
		result = insert(tx, put, ret_id, err);
		return result < 0 ? result : REPOSITORY_CREATED;
	}
	if (there.status != INTEGRATION_ACTIVE && there.status != INTEGRATION_DISABLED)
		return REPOSITORY_ABSENT;
	result = is_foreign(tx, &there, put, err);
	if (result != 0)
		return result < 0 ? result : REPOSITORY_FOREIGN;
	*ret_id = there.id;
	return update(tx, &there, put, err);
}

int repository_add(struct tx *tx, const struct repository_put *put, int64_t *ret_id,
	struct err *err)
{
	cleanup_repository struct repository there = {0};
	struct repository_put enable = *put;
	int result = repository_find(tx, put->organization_id, put->provider, put->external_id, &there,
		err);

	if (result == 1)
		result = repository_keep(tx, there.id, put->now_us, err);
	if (result < 0)
		return result;
	enable.mode = REPOSITORY_ENABLE;
	return repository_put(tx, &enable, ret_id, err);
}

int repository_set_status(struct tx *tx, int64_t id, int status, int64_t now_us, struct err *err)
{
	return tx_exec(tx, &repository_sql_set_status, err, "iii", (int64_t)status, now_us, id);
}

int repository_relink(struct tx *tx, int64_t id, const char *provider, int64_t integration_id,
	int64_t now_us, struct err *err)
{
	return tx_exec(tx, &repository_sql_relink, err, "siii", provider, integration_id, now_us, id);
}

int repository_set_settings(struct tx *tx, int64_t id, const json_t *settings, int64_t now_us,
	struct err *err)
{
	cleanup_free char *text = dump(settings);

	return tx_exec(tx, &repository_sql_set_settings, err, "sii", text, now_us, id);
}

int repository_set_status_all(struct tx *tx, int64_t organization_id, int64_t integration_id,
	int status, int64_t now_us, struct err *err)
{
	return tx_exec(tx, &repository_sql_set_status_all, err, "iiii", (int64_t)status, now_us,
		organization_id, integration_id);
}

int repository_unlink_all(struct tx *tx, int64_t organization_id, int64_t integration_id,
	int64_t now_us, struct err *err)
{
	return tx_exec(tx, &repository_sql_unlink_all, err, "iii", now_us, organization_id,
		integration_id);
}

static bool has_text(const json_t *list, const char *text)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (same_text(json_string_value(item), text))
			return true;
	return false;
}

int repository_add_languages(struct tx *tx, const struct repository *repository,
	const json_t *names, int64_t now_us, struct err *err)
{
	cleanup_json json_t *all = json_copy(repository->languages);
	cleanup_free char *text = NULL;
	json_t *name;
	size_t i;
	int result;

	json_array_foreach(names, i, name)
		if (json_is_string(name) && !has_text(all, json_string_value(name)))
			json_array_append(all, name);
	if (json_array_size(all) == json_array_size(repository->languages))
		return 0;
	text = dump(all);
	result = tx_exec(tx, &repository_sql_set_languages, err, "sii", text, now_us, repository->id);
	return result < 0 ? result : 1;
}

int repository_insert_named(struct tx *tx, int64_t organization_id, const char *name,
	int64_t now_us, int64_t *ret_id, struct err *err)
{
	return tx_insert(tx, &repository_sql_insert_named, ret_id, err, "isi", organization_id,
		name, now_us);
}
