/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/pipeline.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/tx.h"

#define COLUMNS                                                                 \
	"id, uid, organization_id, principal, provider, kind, status, step, "   \
	"signature, state_hash, sealed_state, claim, claim_until, error, "      \
	"integration_id, added_at, updated_at, expires_at"

SQL(pipeline_insert_sql,
	"INSERT INTO pipeline (uid, organization_id, principal, provider, kind, status, step, "
	"signature, sealed_state, integration_id, added_at, updated_at, expires_at) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id");
SQL(pipeline_get_sql, "SELECT " COLUMNS " FROM pipeline WHERE id = $1");
SQL(pipeline_find_live_sql,
	"SELECT " COLUMNS " FROM pipeline WHERE principal = $1 "
	"AND status IN ('active', 'finishing') AND organization_id = $2 ORDER BY id DESC LIMIT 1");
SQL(pipeline_claim_sql,
	"UPDATE pipeline SET claim = $1, claim_until = $2 WHERE id = $3 AND status = $4 "
	"AND step = $5 AND COALESCE(state_hash, '') = $6 AND (claim IS NULL OR claim_until < $7)");
SQL(pipeline_move_sql,
	"UPDATE pipeline SET status = $1, step = $2, state_hash = $3, sealed_state = $4, "
	"claim = $5, claim_until = $6, error = $7, integration_id = $8, updated_at = $9, "
	"expires_at = $10 WHERE id = $11 AND claim = $12");
SQL(pipeline_move_free_sql,
	"UPDATE pipeline SET status = $1, step = $2, state_hash = $3, sealed_state = $4, "
	"claim = $5, claim_until = $6, error = $7, integration_id = $8, updated_at = $9, "
	"expires_at = $10 WHERE id = $11 AND status IN ('active', 'finishing') "
	"AND (claim IS NULL OR claim_until < $12)");
SQL(pipeline_end_claims_sql, "UPDATE pipeline SET claim = NULL, claim_until = 0 "
	"WHERE status IN ('active', 'finishing') AND claim IS NOT NULL");
SQL(pipeline_forget_sql, "UPDATE pipeline SET sealed_state = NULL WHERE id = $1");
SQL(pipeline_rivals_sql,
	"SELECT id FROM pipeline WHERE principal = $1 AND status IN ('active', 'finishing') "
	"AND organization_id = $2 AND provider = $3 ORDER BY id LIMIT $4");
SQL(pipeline_expired_sql,
	"SELECT id FROM pipeline WHERE status IN ('active', 'finishing') AND expires_at < $1 "
	"AND (claim IS NULL OR claim_until < $2) ORDER BY expires_at LIMIT $3");
SQL(pipeline_prune_sql,
	"DELETE FROM pipeline WHERE id IN (SELECT id FROM pipeline WHERE "
	"status IN ('complete', 'failed', 'expired', 'cancelled') AND expires_at < $1 LIMIT $2)");
SQL(pipeline_each_sql, "SELECT " COLUMNS " FROM pipeline ORDER BY id DESC LIMIT $1");

void pipeline_row_clear(struct pipeline_row *row)
{
	free(row->principal);
	free(row->provider);
	free(row->kind);
	free(row->status);
	free(row->signature);
	free(row->state_hash);
	free(row->sealed);
	free(row->claim);
	free(row->error);
	*row = (struct pipeline_row){0};
}

static void row_read(struct query *query, struct pipeline_row *ret_row)
{
	struct blob uid = query_blob(query, 1);
	struct blob sealed = query_blob(query, 10);

	*ret_row = (struct pipeline_row){
		.id = query_int(query, 0),
		.organization_id = query_int(query, 2),
		.principal = xstrdup(query_text(query, 3)),
		.provider = xstrdup(query_text(query, 4)),
		.kind = xstrdup(query_text(query, 5)),
		.status = xstrdup(query_text(query, 6)),
		.step = query_int(query, 7),
		.signature = xstrdup(query_text(query, 8)),
		.state_hash = xstrdup(query_text(query, 9)),
		.claim = xstrdup(query_text(query, 11)),
		.claim_until = query_int(query, 12),
		.error = xstrdup(query_text(query, 13)),
		.integration_id = query_int(query, 14),
		.added_at = query_int(query, 15),
		.updated_at = query_int(query, 16),
		.expires_at = query_int(query, 17),
	};
	if (uid.size == sizeof(ret_row->uid))
		memcpy(ret_row->uid, uid.data, uid.size);
	if (sealed.size > 0) {
		ret_row->sealed = xmemdup(sealed.data, sealed.size);
		ret_row->sealed_size = sealed.size;
	}
}

/* Take the one row of a query that was begun with 'result'. */
static int row_take(struct query *query, int result, struct pipeline_row *ret_row,
	struct err *err)
{
	if (result == 1)
		row_read(query, ret_row);
	query_end(query);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "no such pipeline; start again");
	return result < 0 ? result : 0;
}

int pipeline_row_insert(struct tx *tx, struct pipeline_row *row, struct err *err)
{
	const struct blob uid = {row->uid, sizeof(row->uid)};
	const struct blob sealed = {row->sealed, row->sealed_size};

	return tx_insert(tx, &pipeline_insert_sql, &row->id, err, "bisss" "sisb" "oiii", &uid,
		row->organization_id, row->principal, row->provider, row->kind, row->status,
		row->step, row->signature, row->sealed ? &sealed : NULL,
		row->integration_id ? &row->integration_id : NULL, row->added_at,
		row->updated_at, row->expires_at);
}

int pipeline_row_get(struct tx *tx, int64_t id, struct pipeline_row *ret_row, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &pipeline_get_sql, err, "i", id);

	return row_take(&query, result, ret_row, err);
}

int pipeline_row_find_live(struct tx *tx, int64_t organization_id, const char *principal,
	struct pipeline_row *ret_row, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &pipeline_find_live_sql, err, "si", principal,
		organization_id);

	return row_take(&query, result, ret_row, err);
}

static int changed_one(int result, struct err *err)
{
	if (result < 0)
		return result;
	if (result == 0)
		return err_set(err, MORTISE_E_CONFLICT,
			"another request is moving this install, or has moved it; reload it");
	return 0;
}

int pipeline_row_claim(struct tx *tx, const struct pipeline_row *row, const char *claim,
	int64_t claim_until, int64_t now_us, struct err *err)
{
	return changed_one(tx_exec(tx, &pipeline_claim_sql, err, "siisisi", claim, claim_until,
		row->id, row->status, row->step, row->state_hash ? row->state_hash : "", now_us),
		err);
}

int pipeline_row_move(struct tx *tx, const struct pipeline_row *row, const char *held,
	struct err *err)
{
	const struct blob sealed = {row->sealed, row->sealed_size};
	const struct blob *state = row->sealed ? &sealed : NULL;
	const int64_t *integration = row->integration_id ? &row->integration_id : NULL;
	int result;

	if (held)
		result = tx_exec(tx, &pipeline_move_sql, err, "sisbsisoiiis", row->status,
			row->step, row->state_hash, state, row->claim, row->claim_until,
			row->error, integration, row->updated_at, row->expires_at, row->id, held);
	else
		result = tx_exec(tx, &pipeline_move_free_sql, err, "sisbsisoiiii", row->status,
			row->step, row->state_hash, state, row->claim, row->claim_until,
			row->error, integration, row->updated_at, row->expires_at, row->id,
			row->updated_at);
	return changed_one(result, err);
}

int pipeline_row_forget(struct tx *tx, int64_t id, struct err *err)
{
	int result = tx_exec(tx, &pipeline_forget_sql, err, "i", id);

	return result < 0 ? result : 0;
}

static int ids_take(struct query *query, int result, int64_t *ret_ids, int max)
{
	int len = 0;

	while (result == 0 && len < max && (result = query_next(query)) == 1) {
		ret_ids[len++] = query_int(query, 0);
		result = 0;
	}
	query_end(query);
	return result < 0 ? result : len;
}

int pipeline_row_rivals(struct tx *tx, int64_t organization_id, const char *provider,
	const char *principal, int64_t *ret_ids, int max, struct err *err)
{
	struct query query;
	int result = query_begin(&query, tx, &pipeline_rivals_sql, err, "sisi", principal,
		organization_id, provider, (int64_t)max);

	return ids_take(&query, result, ret_ids, max);
}

int pipeline_row_expired(struct tx *tx, int64_t now_us, int64_t *ret_ids, int max,
	struct err *err)
{
	struct query query;
	int result = query_begin(&query, tx, &pipeline_expired_sql, err, "iii", now_us, now_us,
		(int64_t)max);

	return ids_take(&query, result, ret_ids, max);
}

int pipeline_row_end_claims(struct tx *tx, struct err *err)
{
	return tx_exec(tx, &pipeline_end_claims_sql, err, "");
}

int pipeline_row_prune(struct tx *tx, int64_t before_us, int max, struct err *err)
{
	return tx_exec(tx, &pipeline_prune_sql, err, "ii", before_us, (int64_t)max);
}

int pipeline_row_each(struct tx *tx, int max,
	void (*fn)(const struct pipeline_row *row, void *arg), void *arg, struct err *err)
{
	struct query query;
	int result = query_begin(&query, tx, &pipeline_each_sql, err, "i", (int64_t)max);

	while (result == 0 && (result = query_next(&query)) == 1) {
		struct pipeline_row row;

		row_read(&query, &row);
		fn(&row, arg);
		pipeline_row_clear(&row);
		result = 0;
	}
	query_end(&query);
	return result < 0 ? result : 0;
}
