/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/identity.h"

#include "core/base/err.h"
#include "core/base/mem.h"

#define UID_SIZE 16

SQL(identity_sql_by_external, "SELECT id, account_id FROM identity WHERE provider = $1 "
	"AND idp_external_id = $2 AND external_id = $3");
SQL(identity_sql_by_account, "SELECT id, account_id FROM identity WHERE provider = $1 "
	"AND idp_external_id = $2 AND account_id = $3");
SQL(identity_sql_insert, "INSERT INTO identity (provider, idp_external_id, external_id, "
	"account_id, scopes, uid, sealed, added_at, updated_at) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING id");
SQL(identity_sql_update, "UPDATE identity SET external_id = $1, scopes = $2, uid = $3, "
	"sealed = $4, status = 1, updated_at = $5 WHERE id = $6");
SQL(identity_sql_email_organization, "SELECT DISTINCT a.email FROM identity d "
	"JOIN account a ON a.id = d.account_id JOIN member m ON m.account_id = a.id "
	"WHERE d.provider = $1 AND d.external_id = $2 AND d.status = 1 "
	"AND m.organization_id = $3 LIMIT 2");
/* What is done with the answer reaches every organization of the integration: none may
 * learn from it who belongs to another. */
SQL(identity_sql_email_integration, "SELECT DISTINCT a.email FROM identity d "
	"JOIN account a ON a.id = d.account_id JOIN member m ON m.account_id = a.id "
	"JOIN organization_integration l ON l.organization_id = m.organization_id "
	"WHERE d.provider = $1 AND d.external_id = $2 AND d.status = 1 "
	"AND l.integration_id = $3 AND l.status = 0 "
	"AND NOT EXISTS (SELECT 1 FROM organization_integration o WHERE o.integration_id = $3 "
	"AND o.status = 0 AND NOT EXISTS (SELECT 1 FROM member k "
	"WHERE k.organization_id = o.organization_id AND k.account_id = a.id)) LIMIT 2");

struct found {
	int64_t id;            /* 0: none */
	int64_t account_id;
};

static int read_found(struct query *query, int result, struct found *found)
{
	if (result == 1)
		*found = (struct found){query_int(query, 0), query_int(query, 1)};
	query_end(query);
	return result < 0 ? result : 0;
}

int identity_link(struct tx *tx, const struct identity_link *link, int64_t *ret_id,
	struct err *err)
{
	struct found external = {0}, own = {0};
	struct blob uid = {link->uid, UID_SIZE};
	const struct blob *sealed = link->sealed.data ? &link->sealed : NULL;
	const char *scopes = link->scopes ? link->scopes : "";
	struct query query;
	int result = query_first(&query, tx, &identity_sql_by_external, err, "sss", link->provider,
		link->idp_external_id, link->external_id);

	result = read_found(&query, result, &external);
	if (result < 0)
		return result;
	if (external.id > 0 && external.account_id != link->account_id)
		return err_set(err, MORTISE_E_CONFLICT,
			"this %s account is linked to another user; sign in as that user or unlink "
			"it there",
			link->provider);
	result = query_first(&query, tx, &identity_sql_by_account, err, "ssi", link->provider,
		link->idp_external_id, link->account_id);
	result = read_found(&query, result, &own);
	if (result < 0)
		return result;
	if (own.id == 0)
		return tx_insert(tx, &identity_sql_insert, ret_id, err, "sssisbbi", link->provider,
			link->idp_external_id, link->external_id, link->account_id, scopes, &uid,
			sealed, link->now_us);
	result = tx_exec(tx, &identity_sql_update, err, "ssbbii", link->external_id, scopes, &uid,
		sealed, link->now_us, own.id);
	if (result < 0)
		return result;
	*ret_id = own.id;
	return 0;
}

int identity_find_email(struct tx *tx, const char *provider, const char *external_id,
	int64_t organization_id, int64_t integration_id, char **ret_email, struct err *err)
{
	cleanup_free char *email = NULL;
	struct query query;
	size_t len = 0;
	int result = organization_id > 0
		? query_begin(&query, tx, &identity_sql_email_organization, err, "ssi", provider,
			external_id, organization_id)
		: query_begin(&query, tx, &identity_sql_email_integration, err, "ssi", provider,
			external_id, integration_id);

	while (result >= 0 && (result = query_next(&query)) == 1) {
		free(email);
		email = xstrdup(query_text(&query, 0));
		len++;
	}
	query_end(&query);
	if (result < 0)
		return result;
	/* Two: several Apps or hosts know this id, and we cannot tell which is meant. */
	if (len != 1)
		return err_set(err, MORTISE_E_NOT_FOUND, "nobody linked this %s account", provider);
	*ret_email = steal(&email);
	return 0;
}
