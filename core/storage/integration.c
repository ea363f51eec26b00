/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/integration.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/merge_patch.h"
#include "core/storage/link.h"

#define COLUMNS                                                                       \
	"i.id, i.provider, i.external_id, i.owner_organization_id, i.name, i.metadata, " \
	"i.uid, i.secrets, i.status, i.status_reason, i.gate_until, i.added_at, i.updated_at"

SQL(integration_sql_get, "SELECT " COLUMNS " FROM integration i WHERE i.id = $1");
SQL(integration_sql_find, "SELECT " COLUMNS " FROM integration i WHERE i.provider = $1 "
	"AND i.external_id = $2 AND i.owner_organization_id = $3");
SQL(integration_sql_find_subject, "SELECT id FROM integration WHERE provider = $1 "
	"AND external_id = $2 ORDER BY owner_organization_id, id LIMIT $3");
SQL(integration_sql_insert, "INSERT INTO integration (provider, external_id, "
	"owner_organization_id, name, metadata, uid, secrets, added_at, updated_at) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT DO NOTHING RETURNING id");
SQL(integration_sql_refresh, "UPDATE integration SET name = $1, metadata = $2, status = 0, "
	"status_reason = NULL, updated_at = $3 WHERE id = $4");
SQL(integration_sql_announce, "UPDATE integration SET announced_at = $1 WHERE id = $2");
SQL(integration_sql_announced, "SELECT id FROM integration WHERE provider = $1 "
	"AND external_id = $2 AND owner_organization_id = 0 AND status = 0 AND announced_at > $3");
SQL(integration_sql_reseal, "UPDATE integration SET uid = $1, secrets = $2 WHERE id = $3");
SQL(integration_sql_set_status, "UPDATE integration SET status = $1, status_reason = $2, "
	"updated_at = $3 WHERE id = $4 AND (status <> $1 OR status_reason IS DISTINCT FROM $2)");
SQL(integration_sql_set_name, "UPDATE integration SET name = $1, updated_at = $2 "
	"WHERE id = $3 AND name <> $1");
SQL(integration_sql_set_metadata, "UPDATE integration SET metadata = $1, updated_at = $2 "
	"WHERE id = $3");
SQL(integration_sql_debug, "SELECT debug_data FROM integration WHERE id = $1");
SQL(integration_sql_set_debug, "UPDATE integration SET debug_data = $1 WHERE id = $2");
SQL(integration_sql_move_gates, "UPDATE integration SET gate_until = gate_until - $1 "
	"WHERE gate_until > $2");
SQL(integration_sql_set_gate, "UPDATE integration SET gate_until = $1 "
	"WHERE id = $2 AND gate_until < $1");
SQL(integration_sql_first_secrets, "UPDATE integration SET secrets = $1, updated_at = $2 "
	"WHERE id = $3 AND secrets IS NULL");
SQL(integration_sql_set_secrets, "UPDATE integration SET secrets = $1, updated_at = $2 "
	"WHERE id = $3 AND secrets = $4");
SQL(integration_sql_rename_links, "UPDATE organization_integration SET name = $1 "
	"WHERE integration_id = $2 AND name <> $1");
SQL(integration_sql_list_all, "SELECT " COLUMNS " FROM integration i WHERE i.id > $1 "
	"ORDER BY i.id LIMIT $2");

const char *integration_status_name(int status)
{
	static const char *const names[] = {
		[INTEGRATION_ACTIVE] = "active",
		[INTEGRATION_DISABLED] = "disabled",
		[INTEGRATION_PENDING_DELETION] = "pending_deletion",
		[INTEGRATION_DELETION_IN_PROGRESS] = "deletion_in_progress",
	};

	return status >= 0 && (size_t)status < lengthof(names) ? names[status] : "unknown";
}

static json_t *object_column(struct query *query, int column)
{
	const char *text = query_text(query, column);
	json_t *json = text ? json_loads(text, 0, NULL) : NULL;

	if (json_is_object(json))
		return json;
	json_decref(json);
	return json_object();
}

static void read_row(struct query *query, struct integration *integration)
{
	struct blob uid = query_blob(query, 6);
	struct blob secrets = query_blob(query, 7);

	*integration = (struct integration){
		.id = query_int(query, 0),
		.provider = xstrdup(query_text(query, 1)),
		.external_id = xstrdup(query_text(query, 2)),
		.owner_organization_id = query_int(query, 3),
		.name = xstrdup(query_text(query, 4)),
		.metadata = object_column(query, 5),
		.secrets = secrets.size > 0 ? xmemdup(secrets.data, secrets.size) : NULL,
		.secrets_size = secrets.size,
		.status = (int)query_int(query, 8),
		.status_reason = xstrdup(query_text(query, 9)),
		.gate_until_us = query_int(query, 10),
		.added_at_us = query_int(query, 11),
		.updated_at_us = query_int(query, 12),
	};
	if (uid.size == sizeof(integration->uid))
		memcpy(integration->uid, uid.data, uid.size);
}

/* Take the one row of a begun query, or none, and end it. */
static int read_one(struct query *query, int result, struct integration *ret_integration)
{
	if (result == 1)
		read_row(query, ret_integration);
	query_end(query);
	return result;
}

int integration_get(struct tx *tx, int64_t id, struct integration *ret_integration,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &integration_sql_get, err, "i", id);

	result = read_one(&query, result, ret_integration);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no integration %" PRId64, id);
	return result < 0 ? result : 0;
}

int integration_find(struct tx *tx, const char *provider, const char *external_id,
	int64_t owner_organization_id, struct integration *ret_integration, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &integration_sql_find, err, "ssi", provider,
		external_id, owner_organization_id);

	result = read_one(&query, result, ret_integration);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "%s has no integration \"%s\"", provider,
			external_id);
	return result < 0 ? result : 0;
}

int integration_find_subject(struct tx *tx, const char *provider, const char *external_id,
	size_t max, int64_t *ret_ids, size_t *ret_len, struct err *err)
{
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &integration_sql_find_subject, err, "ssi", provider,
		external_id, (int64_t)max);

	while (result >= 0 && (result = query_next(&query)) == 1)
		ret_ids[len++] = query_int(&query, 0);
	query_end(&query);
	if (result < 0)
		return result;
	*ret_len = len;
	return 0;
}

/* The links repeat the name, by which lists are sorted. */
static int rename_links(struct tx *tx, int64_t id, const char *name, struct err *err)
{
	return tx_exec(tx, &integration_sql_rename_links, err, "si", name, id);
}

static int refresh(struct tx *tx, const struct integration_put *put,
	const struct integration *there, struct err *err)
{
	cleanup_json json_t *merged = put->merge ? merge_patch(there->metadata, put->metadata) : NULL;
	cleanup_free char *text = json_dumps(merged ? merged : put->metadata,
		JSON_COMPACT | JSON_SORT_KEYS);
	int result = tx_exec(tx, &integration_sql_refresh, err, "ssii", put->name, text,
		put->now_us, there->id);

	if (result >= 0)
		result = rename_links(tx, there->id, put->name, err);
	if (result >= 0 && put->secrets.data) {
		struct blob uid = {put->uid, INTEGRATION_UID_SIZE};

		result = tx_exec(tx, &integration_sql_reseal, err, "bbi", &uid, &put->secrets,
			there->id);
	}
	return result < 0 ? result : 0;
}

int integration_put(struct tx *tx, const struct integration_put *put, int64_t *ret_id,
	bool *ret_created, struct err *err)
{
	cleanup_integration struct integration there = {0};
	cleanup_err struct err missing = {0};
	cleanup_free char *text = json_dumps(put->metadata, JSON_COMPACT | JSON_SORT_KEYS);
	struct blob uid = {put->uid, INTEGRATION_UID_SIZE};
	int result = integration_find(tx, put->provider, put->external_id,
		put->owner_organization_id, &there, &missing);

	if (result == MORTISE_E_NOT_FOUND) {
		err_clear(&missing);
		result = tx_insert(tx, &integration_sql_insert, ret_id, &missing, "ssissbbi",
			put->provider, put->external_id, put->owner_organization_id, put->name,
			text, &uid, put->secrets.data ? &put->secrets : NULL, put->now_us);
		if (result == 0) {
			*ret_created = true;
			return 0;
		}
		/* Another node was faster: its row is there now. */
		if (result == MORTISE_E_NOT_FOUND) {
			err_clear(&missing);
			result = integration_find(tx, put->provider, put->external_id,
				put->owner_organization_id, &there, &missing);
		}
	}
	if (result < 0)
		return err_move(err, &missing);
	result = refresh(tx, put, &there, err);
	if (result < 0)
		return result;
	*ret_id = there.id;
	*ret_created = false;
	return 0;
}

int integration_announce(struct tx *tx, int64_t id, int64_t now_us, struct err *err)
{
	int result = tx_exec(tx, &integration_sql_announce, err, "ii", now_us, id);

	return result < 0 ? result : 0;
}

int integration_announced(struct tx *tx, const char *provider, const char *external_id,
	int64_t since_us, bool *ret_announced, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &integration_sql_announced, err, "ssi", provider,
		external_id, since_us);

	query_end(&query);
	if (result < 0)
		return result;
	*ret_announced = result == 1;
	return 0;
}

int integration_set_status(struct tx *tx, int64_t id, int status, const char *reason,
	int64_t now_us, struct err *err)
{
	return tx_exec(tx, &integration_sql_set_status, err, "isii", (int64_t)status, reason,
		now_us, id);
}

int integration_set_name(struct tx *tx, int64_t id, const char *name, int64_t now_us,
	struct err *err)
{
	int result = tx_exec(tx, &integration_sql_set_name, err, "sii", name, now_us, id);
	int renamed = result > 0 ? rename_links(tx, id, name, err) : 0;

	return renamed < 0 ? renamed : result;
}

int integration_patch(struct tx *tx, int64_t id, const json_t *patch, int64_t now_us,
	struct err *err)
{
	cleanup_integration struct integration there = {0};
	cleanup_err struct err missing = {0};
	cleanup_json json_t *merged = NULL;
	cleanup_free char *text = NULL;
	int result = integration_get(tx, id, &there, &missing);

	if (result == MORTISE_E_NOT_FOUND)
		return 0;
	if (result < 0)
		return err_move(err, &missing);
	merged = merge_patch(there.metadata, patch);
	if (json_equal(merged, there.metadata))
		return 0;
	text = json_dumps(merged, JSON_COMPACT | JSON_SORT_KEYS);
	return tx_exec(tx, &integration_sql_set_metadata, err, "sii", text, now_us, id);
}

int integration_patch_debug(struct tx *tx, int64_t id, const json_t *patch, struct err *err)
{
	cleanup_json json_t *there = NULL;
	cleanup_json json_t *merged = NULL;
	cleanup_free char *text = NULL;
	struct query query;
	int result = query_first(&query, tx, &integration_sql_debug, err, "i", id);

	if (result == 1)
		there = json_loads(query_text(&query, 0), 0, NULL);
	query_end(&query);
	if (result <= 0)
		return result;
	merged = merge_patch(there, patch);
	text = json_dumps(merged, JSON_COMPACT | JSON_SORT_KEYS);
	return tx_exec(tx, &integration_sql_set_debug, err, "si", text, id);
}

int integration_move_gates_back(struct tx *tx, int64_t by_us, int64_t now_us, struct err *err)
{
	return tx_exec(tx, &integration_sql_move_gates, err, "ii", by_us, now_us);
}

int integration_set_gate(struct tx *tx, int64_t id, int64_t until_us, struct err *err)
{
	return tx_exec(tx, &integration_sql_set_gate, err, "ii", until_us, id);
}

int integration_set_secrets(struct tx *tx, int64_t id, struct blob before, struct blob sealed,
	int64_t now_us, struct err *err)
{
	int result = before.data ? tx_exec(tx, &integration_sql_set_secrets, err, "biib", &sealed,
						  now_us, id, &before)
				 : tx_exec(tx, &integration_sql_first_secrets, err, "bii", &sealed,
						  now_us, id);

	if (result == 0)
		return err_set(err, MORTISE_E_CONFLICT,
			"the secrets of integration %" PRId64 " changed meanwhile", id);
	return result;
}

int integration_list(struct tx *tx, int64_t organization_id, const char *provider,
	const struct keyset *place, struct integration **ret_integrations,
	struct link **ret_links, size_t *ret_len, struct err *err)
{
	struct integration *integrations;
	struct link_name *names;
	struct link *links;
	size_t len;
	int result = link_list(tx, organization_id, provider, place, &names, &len, err);

	if (result < 0)
		return result;
	integrations = xcalloc(len + 1, sizeof(*integrations));
	links = xcalloc(len + 1, sizeof(*links));
	for (size_t i = 0; i < len && result == 0; i++) {
		result = link_get(tx, names[i].id, &links[i], err);
		if (result == 0)
			result = integration_get(tx, names[i].integration_id, &integrations[i],
				err);
	}
	link_list_free(names, len);
	if (result < 0) {
		integration_list_free(integrations, links, len);
		return result;
	}
	*ret_integrations = integrations;
	*ret_links = links;
	*ret_len = len;
	return 0;
}

void integration_list_free(struct integration *integrations, struct link *links, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (integrations)
			integration_clear(&integrations[i]);
		if (links)
			link_clear(&links[i]);
	}
	free(integrations);
	free(links);
}

int integration_list_all(struct tx *tx, int64_t after_id, int64_t limit,
	struct integration **ret_integrations, size_t *ret_len, struct err *err)
{
	struct integration *integrations = xcalloc((size_t)limit, sizeof(*integrations));
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &integration_sql_list_all, err, "ii", after_id, limit);

	while (result >= 0 && (result = query_next(&query)) == 1)
		read_row(&query, &integrations[len++]);
	query_end(&query);
	if (result < 0) {
		integration_list_free(integrations, NULL, len);
		return result;
	}
	*ret_integrations = integrations;
	*ret_len = len;
	return 0;
}

void integration_clear(struct integration *integration)
{
	free(integration->provider);
	free(integration->external_id);
	free(integration->name);
	json_decref(integration->metadata);
	free(integration->secrets);
	free(integration->status_reason);
	*integration = (struct integration){0};
}
