/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/session.h"

#include "core/base/err.h"
#include "core/base/mem.h"

SQL(login_link_sql_insert, "INSERT INTO login_link (hash, account_id, organization_id, added_at, "
	"expires_at) VALUES ($1, $2, $3, $4, $5)");
/* One statement, so that two requests with one link cannot both win. */
SQL(login_link_sql_take, "UPDATE login_link SET used_at = $1 WHERE hash = $2 "
	"AND used_at IS NULL AND expires_at > $1");
SQL(login_link_sql_account, "SELECT account_id, organization_id FROM login_link "
	"WHERE hash = $1");
SQL(login_link_sql_find, "SELECT account_id, organization_id FROM login_link WHERE hash = $1 "
	"AND used_at IS NULL AND expires_at > $2");
SQL(login_link_sql_prune, "DELETE FROM login_link WHERE hash IN "
	"(SELECT hash FROM login_link WHERE expires_at < $1 LIMIT $2)");
SQL(session_sql_insert, "INSERT INTO session (hash, csrf_hash, account_id, organization_id, "
	"added_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id");
SQL(session_sql_find,
	"SELECT id, account_id, organization_id, csrf_hash, expires_at FROM session WHERE hash = $1");
SQL(session_sql_delete, "DELETE FROM session WHERE id = $1");
SQL(session_sql_prune, "DELETE FROM session WHERE id IN "
	"(SELECT id FROM session WHERE expires_at < $1 LIMIT $2)");

static const int64_t *organization_of(const struct login *login)
{
	return login->organization_id > 0 ? &login->organization_id : NULL;
}

int login_link_insert(struct tx *tx, const char *hash, const struct login *login, int64_t now_us,
	int64_t expires_at_us, struct err *err)
{
	int result = tx_exec(tx, &login_link_sql_insert, err, "sioii", hash, login->account_id,
		organization_of(login), now_us, expires_at_us);

	return result < 0 ? result : 0;
}

static int link_refused(struct err *err)
{
	return err_set(err, MORTISE_E_NOT_FOUND,
		"this sign-in link is unknown, used or older than ten minutes; ask for a new one");
}

int login_link_find(struct tx *tx, const char *hash, int64_t now_us, struct login *ret_login,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &login_link_sql_find, err, "si", hash, now_us);

	if (result == 1)
		*ret_login = (struct login){query_int(&query, 0), query_int(&query, 1)};
	query_end(&query);
	if (result == 0)
		return link_refused(err);
	return result < 0 ? result : 0;
}

int login_link_take(struct tx *tx, const char *hash, int64_t now_us, struct login *ret_login,
	struct err *err)
{
	struct query query;
	int result = tx_exec(tx, &login_link_sql_take, err, "is", now_us, hash);

	if (result < 0)
		return result;
	if (result == 0)
		return link_refused(err);
	result = query_first(&query, tx, &login_link_sql_account, err, "s", hash);
	if (result == 1)
		*ret_login = (struct login){query_int(&query, 0), query_int(&query, 1)};
	query_end(&query);
	return result < 0 ? result : 0;
}

int session_insert(struct tx *tx, const char *hash, const char *csrf_hash,
	const struct login *login, int64_t now_us, int64_t expires_at_us, int64_t *ret_id,
	struct err *err)
{
	return tx_insert(tx, &session_sql_insert, ret_id, err, "ssioii", hash, csrf_hash,
		login->account_id, organization_of(login), now_us, expires_at_us);
}

int session_find(struct tx *tx, const char *hash, struct session *ret_session, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &session_sql_find, err, "s", hash);

	if (result == 1)
		*ret_session = (struct session){
			.id = query_int(&query, 0),
			.login = {query_int(&query, 1), query_int(&query, 2)},
			.csrf_hash = xstrdup(query_text(&query, 3)),
			.expires_at_us = query_int(&query, 4),
		};
	query_end(&query);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no such session");
	return result < 0 ? result : 0;
}

int session_delete(struct tx *tx, int64_t id, struct err *err)
{
	int result = tx_exec(tx, &session_sql_delete, err, "i", id);

	return result < 0 ? result : 0;
}

void session_clear(struct session *session)
{
	free(session->csrf_hash);
	*session = (struct session){0};
}

int login_link_prune(struct tx *tx, int64_t before_us, int64_t max, struct err *err)
{
	return tx_exec(tx, &login_link_sql_prune, err, "ii", before_us, max);
}

int session_prune(struct tx *tx, int64_t before_us, int64_t max, struct err *err)
{
	return tx_exec(tx, &session_sql_prune, err, "ii", before_us, max);
}
