/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/link.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/merge_patch.h"

#define LINK_COLUMNS                                                               \
	"l.id, l.organization_id, l.integration_id, l.config, l.uid, l.secrets, "  \
	"l.default_identity_id, l.status, l.grace_period_end, l.added_at, l.updated_at"

SQL(link_sql_get, "SELECT " LINK_COLUMNS " FROM organization_integration l WHERE l.id = $1");
SQL(link_sql_find, "SELECT " LINK_COLUMNS " FROM organization_integration l "
	"WHERE l.organization_id = $1 AND l.integration_id = $2");
SQL(link_sql_insert, "INSERT INTO organization_integration (organization_id, integration_id, "
	"default_identity_id, uid, added_at, updated_at, name, provider) "
	"SELECT $1, $2, $3, $4, $5, $5, i.name, i.provider FROM integration i WHERE i.id = $2 "
	"ON CONFLICT DO NOTHING RETURNING id");
SQL(link_sql_set_identity, "UPDATE organization_integration SET default_identity_id = $1, "
	"updated_at = $2 WHERE id = $3");
/* Compare and set: the deleting job may claim the row at the same time. */
SQL(link_sql_reinstall, "UPDATE organization_integration SET status = 0, updated_at = $1 "
	"WHERE id = $2 AND (status IN (1, 2) OR (status = 3 AND updated_at < $3))");
SQL(link_sql_list_active, "SELECT " LINK_COLUMNS " FROM organization_integration l "
	"WHERE l.integration_id = $1 AND l.status = 0 AND l.id > $2 ORDER BY l.id LIMIT $3");
SQL(link_sql_list_provider, "SELECT l.id, l.integration_id FROM organization_integration l "
	"JOIN integration i ON i.id = l.integration_id "
	"WHERE i.provider = $1 AND i.status = 0 AND l.status = 0 AND l.id > $2 "
	"ORDER BY l.id LIMIT $3");
SQL(link_sql_list_standing, "SELECT id, integration_id FROM organization_integration "
	"WHERE organization_id = $1 AND integration_id > $2 AND status IN (0, 1) "
	"ORDER BY integration_id LIMIT $3");
SQL(link_sql_exists, "SELECT 1 FROM organization_integration l "
	"JOIN integration i ON i.id = l.integration_id "
	"WHERE l.organization_id = $1 AND i.provider = $2 AND l.status = 0 LIMIT 1");
SQL(link_sql_exists_pending, "SELECT 1 FROM organization_integration l "
	"JOIN integration i ON i.id = l.integration_id "
	"WHERE l.organization_id = $1 AND i.provider = $2 AND l.status IN (2, 3) LIMIT 1");
SQL(link_sql_sibling, "SELECT 1 FROM organization_integration "
	"WHERE integration_id = $1 AND id <> $2 AND status IN (0, 1) LIMIT 1");
SQL(link_sql_set_config, "UPDATE organization_integration SET config = $1, updated_at = $2 "
	"WHERE id = $3");
SQL(link_sql_begin_deletion, "UPDATE organization_integration SET status = 2, updated_at = $1 "
	"WHERE id = $2 AND status IN (0, 1)");
SQL(link_sql_claim_deletion, "UPDATE organization_integration SET status = 3, updated_at = $1 "
	"WHERE id = $2 AND (status = 2 OR (status = 3 AND updated_at < $3))");
SQL(link_sql_delete, "DELETE FROM organization_integration WHERE id = $1 AND status = 3");
SQL(link_sql_delete_identity, "DELETE FROM identity WHERE id = $1 AND NOT EXISTS "
	"(SELECT 1 FROM organization_integration WHERE default_identity_id = $1)");
SQL(link_sql_list_deletable, "SELECT id FROM organization_integration WHERE id > $1 "
	"AND (status = 2 OR (status = 3 AND updated_at < $2)) ORDER BY id LIMIT $3");

#define NAMED "SELECT l.id, l.integration_id, l.name, l.provider "                           \
	"FROM organization_integration l WHERE l.organization_id = $1 AND l.status <> 3 "
#define AFTER NAMED "AND (l.name, l.id) > ($2, $3) "
#define BEFORE NAMED "AND (l.name, l.id) < ($2, $3) "
#define FORWARDS "ORDER BY l.name, l.id LIMIT "
#define BACK "ORDER BY l.name DESC, l.id DESC LIMIT "
SQL(link_sql_list, AFTER FORWARDS "$4");
SQL(link_sql_list_back, BEFORE BACK "$4");
SQL(link_sql_list_of, AFTER "AND l.provider = $4 " FORWARDS "$5");
SQL(link_sql_list_of_back, BEFORE "AND l.provider = $4 " BACK "$5");

static json_t *object_text(const char *text)
{
	json_t *json = text ? json_loads(text, 0, NULL) : NULL;

	if (json_is_object(json))
		return json;
	json_decref(json);
	return json_object();
}

static void link_read_row(struct query *query, int column, struct link *link)
{
	struct blob uid = query_blob(query, column + 4);
	struct blob secrets = query_blob(query, column + 5);

	*link = (struct link){
		.id = query_int(query, column),
		.organization_id = query_int(query, column + 1),
		.integration_id = query_int(query, column + 2),
		.config = object_text(query_text(query, column + 3)),
		.secrets = secrets.size > 0 ? xmemdup(secrets.data, secrets.size) : NULL,
		.secrets_size = secrets.size,
		.default_identity_id = query_int(query, column + 6),
		.status = (int)query_int(query, column + 7),
		.grace_period_end_us = query_int(query, column + 8),
		.added_at_us = query_int(query, column + 9),
		.updated_at_us = query_int(query, column + 10),
	};
	if (uid.size == sizeof(link->uid))
		memcpy(link->uid, uid.data, uid.size);
}

static int read_one(struct query *query, int result, struct link *ret_link)
{
	if (result == 1)
		link_read_row(query, 0, ret_link);
	query_end(query);
	return result;
}

int link_get(struct tx *tx, int64_t id, struct link *ret_link, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &link_sql_get, err, "i", id);

	result = read_one(&query, result, ret_link);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND,
			"there is no organization integration %" PRId64, id);
	return result < 0 ? result : 0;
}

int link_find(struct tx *tx, int64_t organization_id, int64_t integration_id,
	struct link *ret_link, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &link_sql_find, err, "ii", organization_id,
		integration_id);

	result = read_one(&query, result, ret_link);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND,
			"organization %" PRId64 " does not have integration %" PRId64,
			organization_id, integration_id);
	return result < 0 ? result : 0;
}

/* The link exists: make it active, unless it is being deleted right now. */
static int reinstall(struct tx *tx, const struct link_add *add, const struct link *there,
	struct err *err)
{
	int result;

	if (there->status != INTEGRATION_ACTIVE) {
		result = tx_exec(tx, &link_sql_reinstall, err, "iii", add->now_us, there->id,
			add->now_us - LINK_STUCK_DELETION_US);
		if (result < 0)
			return result;
		if (result == 0)
			return err_set(err, MORTISE_E_CONFLICT,
				"this integration is being deleted from the organization; try again "
				"in a few minutes");
	}
	if (add->default_identity_id > 0 && add->default_identity_id != there->default_identity_id) {
		result = tx_exec(tx, &link_sql_set_identity, err, "iii", add->default_identity_id,
			add->now_us, there->id);
		if (result < 0)
			return result;
	}
	return 0;
}

int link_add(struct tx *tx, const struct link_add *add, int64_t *ret_id, bool *ret_created,
	struct err *err)
{
	cleanup_link struct link there = {0};
	cleanup_err struct err missing = {0};
	struct blob uid = {add->uid, INTEGRATION_UID_SIZE};
	int result = link_find(tx, add->organization_id, add->integration_id, &there, &missing);

	if (result == MORTISE_E_NOT_FOUND) {
		err_clear(&missing);
		result = tx_insert(tx, &link_sql_insert, ret_id, &missing, "iiobi",
			add->organization_id, add->integration_id,
			add->default_identity_id > 0 ? &add->default_identity_id : NULL, &uid,
			add->now_us);
		if (result == 0) {
			*ret_created = true;
			return 0;
		}
		/* Another node was faster: its row is there now. */
		if (result == MORTISE_E_NOT_FOUND) {
			err_clear(&missing);
			result = link_find(tx, add->organization_id, add->integration_id, &there,
				&missing);
		}
	}
	if (result < 0)
		return err_move(err, &missing);
	result = reinstall(tx, add, &there, err);
	if (result < 0)
		return result;
	*ret_id = there.id;
	*ret_created = false;
	return 0;
}

int link_list_active(struct tx *tx, int64_t integration_id, int64_t after_id, size_t max,
	struct link *ret_links, size_t *ret_len, struct err *err)
{
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &link_sql_list_active, err, "iii", integration_id,
		after_id, (int64_t)max);

	while (result >= 0 && (result = query_next(&query)) == 1)
		link_read_row(&query, 0, &ret_links[len++]);
	query_end(&query);
	if (result < 0) {
		while (len > 0)
			link_clear(&ret_links[--len]);
		return result;
	}
	*ret_len = len;
	return 0;
}

/* Rows of an id and an integration; 'result' is that of query_begin. */
static int link_read_ids(struct query *query, int result, struct link_id *ret_links,
	size_t *ret_len)
{
	size_t len = 0;

	while (result >= 0 && (result = query_next(query)) == 1)
		ret_links[len++] = (struct link_id){query_int(query, 0), query_int(query, 1)};
	query_end(query);
	*ret_len = len;
	return result < 0 ? result : 0;
}

int link_list_provider(struct tx *tx, const char *provider, int64_t after_id, size_t max,
	struct link_id *ret_links, size_t *ret_len, struct err *err)
{
	struct query query;
	int result = query_begin(&query, tx, &link_sql_list_provider, err, "sii", provider,
		after_id, (int64_t)max);

	return link_read_ids(&query, result, ret_links, ret_len);
}

int link_list_standing(struct tx *tx, int64_t organization_id, int64_t after_integration_id,
	size_t max, struct link_id *ret_links, size_t *ret_len, struct err *err)
{
	struct query query;
	int result = query_begin(&query, tx, &link_sql_list_standing, err, "iii", organization_id,
		after_integration_id, (int64_t)max);

	return link_read_ids(&query, result, ret_links, ret_len);
}

int link_exists(struct tx *tx, int64_t organization_id, const char *provider, bool pending,
	bool *ret_exists, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, pending ? &link_sql_exists_pending : &link_sql_exists,
		err, "is", organization_id, provider);

	query_end(&query);
	if (result < 0)
		return result;
	*ret_exists = result == 1;
	return 0;
}

int link_has_sibling(struct tx *tx, int64_t integration_id, int64_t id, bool *ret_has,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &link_sql_sibling, err, "ii", integration_id, id);

	query_end(&query);
	if (result < 0)
		return result;
	*ret_has = result == 1;
	return 0;
}

int link_set_config(struct tx *tx, int64_t id, const json_t *config, int64_t now_us,
	struct err *err)
{
	cleanup_free char *text = json_dumps(config, JSON_COMPACT | JSON_SORT_KEYS);

	return tx_exec(tx, &link_sql_set_config, err, "sii", text, now_us, id);
}

int link_patch_config(struct tx *tx, int64_t id, const json_t *patch, int64_t now_us,
	struct err *err)
{
	cleanup_link struct link there = {0};
	cleanup_err struct err missing = {0};
	cleanup_json json_t *merged = NULL;
	int result = link_get(tx, id, &there, &missing);

	if (result == MORTISE_E_NOT_FOUND)
		return 0;
	if (result < 0)
		return err_move(err, &missing);
	merged = merge_patch(there.config, patch);
	if (json_equal(merged, there.config))
		return 0;
	return link_set_config(tx, id, merged, now_us, err);
}

int link_begin_deletion(struct tx *tx, int64_t id, int64_t now_us, struct err *err)
{
	return tx_exec(tx, &link_sql_begin_deletion, err, "ii", now_us, id);
}

int link_claim_deletion(struct tx *tx, int64_t id, int64_t now_us, struct err *err)
{
	return tx_exec(tx, &link_sql_claim_deletion, err, "iii", now_us, id,
		now_us - LINK_STUCK_DELETION_US);
}

int link_delete(struct tx *tx, int64_t id, struct err *err)
{
	cleanup_link struct link there = {0};
	cleanup_err struct err missing = {0};
	int result = link_get(tx, id, &there, &missing);

	if (result == MORTISE_E_NOT_FOUND)
		return 0;
	if (result < 0)
		return err_move(err, &missing);
	result = tx_exec(tx, &link_sql_delete, err, "i", id);
	if (result == 1 && there.default_identity_id > 0) {
		int deleted = tx_exec(tx, &link_sql_delete_identity, err, "i",
			there.default_identity_id);

		if (deleted < 0)
			return deleted;
	}
	return result;
}

int link_list_deletable(struct tx *tx, int64_t after_id, int64_t now_us, size_t max,
	int64_t *ret_ids, size_t *ret_len, struct err *err)
{
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &link_sql_list_deletable, err, "iii", after_id,
		now_us - LINK_STUCK_DELETION_US, (int64_t)max);

	while (result >= 0 && (result = query_next(&query)) == 1)
		ret_ids[len++] = query_int(&query, 0);
	query_end(&query);
	if (result < 0)
		return result;
	*ret_len = len;
	return 0;
}

void link_clear(struct link *link)
{
	json_decref(link->config);
	free(link->secrets);
	*link = (struct link){0};
}

int link_list(struct tx *tx, int64_t organization_id, const char *provider,
	const struct keyset *place, struct link_name **ret_list, size_t *ret_len, struct err *err)
{
	static const struct sql *const statements[2][2] = {
		{&link_sql_list, &link_sql_list_back}, {&link_sql_list_of, &link_sql_list_of_back},
	};
	const struct sql *sql = statements[provider != NULL][place->back];
	struct link_name *list = xcalloc((size_t)place->limit, sizeof(*list));
	struct query query;
	size_t len = 0;
	int result = provider ? query_begin(&query, tx, sql, err, "isisi", organization_id,
					place->text, place->id, provider, place->limit)
			      : query_begin(&query, tx, sql, err, "isii", organization_id,
					place->text, place->id, place->limit);

	while (result >= 0 && (result = query_next(&query)) == 1)
		list[len++] = (struct link_name){
			.id = query_int(&query, 0),
			.integration_id = query_int(&query, 1),
			.name = xstrdup(query_text(&query, 2)),
			.provider = xstrdup(query_text(&query, 3)),
		};
	query_end(&query);
	if (result < 0) {
		link_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

void link_list_free(struct link_name *list, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		free(list[i].name);
		free(list[i].provider);
	}
	free(list);
}
