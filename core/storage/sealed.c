/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/sealed.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"

/* The three statements of one sealed column. */
#define SEALED(prefix, table, column)                                                        \
	SQL(prefix##_list, "SELECT id, uid, " #column " FROM " #table                        \
			   " WHERE id > $1 AND " #column " IS NOT NULL ORDER BY id LIMIT $2"); \
	SQL(prefix##_replace, "UPDATE " #table " SET " #column " = $1 WHERE id = $2 AND "    \
			      #column " = $3");                                              \
	SQL(prefix##_keys, "SELECT substr(" #column ", 1, 4), min(id) FROM " #table          \
			   " WHERE " #column " IS NOT NULL GROUP BY 1")

SEALED(sealed_integration, integration, secrets);
SEALED(sealed_link, organization_integration, secrets);
SEALED(sealed_identity, identity, sealed);
SEALED(sealed_pipeline, pipeline, sealed_state);
SEALED(sealed_daemon, daemon_secret, sealed);
SEALED(sealed_forwarder, data_forwarder, secrets);
SEALED(sealed_enrolment, data_forwarder_project, secrets);

static const struct {
	const char *name;
	const struct sql *list, *replace, *keys;
} columns[] = {
	{"integration.secrets", &sealed_integration_list, &sealed_integration_replace,
		&sealed_integration_keys},
	{"organization_integration.secrets", &sealed_link_list, &sealed_link_replace,
		&sealed_link_keys},
	{"identity.sealed", &sealed_identity_list, &sealed_identity_replace,
		&sealed_identity_keys},
	{"pipeline.sealed_state", &sealed_pipeline_list, &sealed_pipeline_replace,
		&sealed_pipeline_keys},
	{"daemon_secret.sealed", &sealed_daemon_list, &sealed_daemon_replace,
		&sealed_daemon_keys},
	{"data_forwarder.secrets", &sealed_forwarder_list, &sealed_forwarder_replace,
		&sealed_forwarder_keys},
	{"data_forwarder_project.secrets", &sealed_enrolment_list, &sealed_enrolment_replace,
		&sealed_enrolment_keys},
};

SQL(daemon_secret_add, "INSERT INTO daemon_secret (name, uid, sealed) VALUES ($1, $2, $3) "
		       "ON CONFLICT DO NOTHING");
SQL(daemon_secret_find, "SELECT id, uid, sealed FROM daemon_secret WHERE name = $1");

const char *sealed_column(size_t index)
{
	return index < lengthof(columns) ? columns[index].name : NULL;
}

static void take_row(struct query *query, struct sealed_row *ret_row)
{
	struct blob uid = query_blob(query, 1), sealed = query_blob(query, 2);

	ret_row->id = query_int(query, 0);
	memset(ret_row->uid, 0, sizeof(ret_row->uid));
	if (uid.size == sizeof(ret_row->uid))
		memcpy(ret_row->uid, uid.data, uid.size);
	ret_row->sealed = xmemdup(sealed.data, sealed.size);
	ret_row->size = sealed.size;
}

int sealed_list(struct tx *tx, size_t column, int64_t after, size_t max,
	struct sealed_row *ret_rows, size_t *ret_len, struct err *err)
{
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, columns[column].list, err, "ii", after, (int64_t)max);

	while (result == 0 && len < max) {
		int next = query_next(&query);

		if (next <= 0) {
			result = next;
			break;
		}
		take_row(&query, &ret_rows[len++]);
	}
	query_end(&query);
	*ret_len = len;
	return result;
}

int sealed_replace(struct tx *tx, size_t column, int64_t id, const struct blob *before,
	const struct blob *after, struct err *err)
{
	int changed = tx_exec(tx, columns[column].replace, err, "bib", after, id, before);

	return changed < 0 ? changed : 0;
}

int sealed_list_keys(struct tx *tx, size_t column, struct sealed_key *ret_keys, size_t max,
	size_t *ret_len, struct err *err)
{
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, columns[column].keys, err, ""), next = 0;

	while (result == 0 && len < max && (next = query_next(&query)) == 1) {
		struct blob id = query_blob(&query, 0);
		const unsigned char *bytes = id.data;

		if (id.size == 4)
			ret_keys[len++] = (struct sealed_key){
				.id = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
					(uint32_t)bytes[2] << 8 | bytes[3],
				.column = column,
				.first = query_int(&query, 1),
			};
	}
	query_end(&query);
	*ret_len = len;
	return next < 0 ? next : result;
}

int daemon_secret_insert(struct tx *tx, const char *name, const unsigned char uid[16],
	const struct blob *sealed, struct err *err)
{
	struct blob uid_blob = {uid, 16};
	int changed = tx_exec(tx, &daemon_secret_add, err, "sbb", name, &uid_blob, sealed);

	return changed < 0 ? changed : 0;
}

int daemon_secret_get(struct tx *tx, const char *name, struct sealed_row *ret_row,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &daemon_secret_find, err, "s", name);

	if (result == 1) {
		take_row(&query, ret_row);
		result = 0;
	} else if (result == 0) {
		result = err_set(err, MORTISE_E_NOT_FOUND, "no secret %s", name);
	}
	query_end(&query);
	return result;
}
