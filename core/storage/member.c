/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/member.h"

#include <ctype.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/like.h"

#define MAX_EMAIL 254
#define MEMBER_COLUMNS \
	"m.id, m.organization_id, m.account_id, m.role, a.email, a.name, m.added_at"

SQL(account_sql_insert, "INSERT INTO account (email, name, added_at) VALUES ($1, $2, $3) "
	"ON CONFLICT DO NOTHING RETURNING id");
SQL(account_sql_get, "SELECT id, email, name, added_at FROM account WHERE id = $1");
SQL(account_sql_find, "SELECT id, email, name, added_at FROM account WHERE email = $1");
SQL(member_sql_put, "INSERT INTO member (organization_id, account_id, role, added_at) "
	"VALUES ($1, $2, $3, $4) ON CONFLICT (organization_id, account_id) "
	"DO UPDATE SET role = excluded.role RETURNING id");
SQL(member_sql_find, "SELECT " MEMBER_COLUMNS " FROM member m "
	"JOIN account a ON a.id = m.account_id WHERE m.organization_id = $1 AND m.account_id = $2");
SQL(member_sql_get, "SELECT " MEMBER_COLUMNS " FROM member m "
	"JOIN account a ON a.id = m.account_id WHERE m.organization_id = $1 AND m.id = $2");
SQL(member_sql_find_email, "SELECT m.account_id FROM account a "
	"JOIN member m ON m.account_id = a.id WHERE m.organization_id = $1 AND a.email = $2");
SQL(member_sql_find_name, "SELECT m.account_id FROM member m "
	"JOIN account a ON a.id = m.account_id WHERE m.organization_id = $1 AND a.name = $2 "
	"LIMIT 2");
/* A page in the order in which they joined; $2: 0 any, 1 with a name at a provider, 2
 * without. */
#define FILTERS                                                                           \
	"AND ($2 = 0 OR ($2 = 1) = EXISTS (SELECT 1 FROM external_actor x "                \
	"WHERE x.organization_id = m.organization_id AND x.account_id = m.account_id)) "   \
	"AND ($3 = 0 OR EXISTS (SELECT 1 FROM project_team p "                             \
	"JOIN team_member t ON t.team_id = p.team_id AND t.member_id = m.id "              \
	"JOIN team x ON x.id = p.team_id AND x.status = 0 WHERE p.project_id = $3)) "      \
	"AND ($4 = '' OR m.role = $4) "                                                    \
	"AND ($5 = '' OR a.email LIKE $5 ESCAPE '\\' OR lower(a.name) LIKE $5 ESCAPE '\\') "
#define LIST                                                                              \
	"SELECT " MEMBER_COLUMNS " FROM member m JOIN account a ON a.id = m.account_id "   \
	"WHERE m.organization_id = $1 " FILTERS
#define LIST_TEAM                                                                         \
	"SELECT " MEMBER_COLUMNS " FROM team_member g JOIN member m ON m.id = g.member_id " \
	"JOIN account a ON a.id = m.account_id WHERE m.organization_id = $1 " FILTERS

SQL(member_sql_list, LIST "AND m.id > $6 ORDER BY m.id LIMIT $7");
SQL(member_sql_list_back, LIST "AND m.id < $6 ORDER BY m.id DESC LIMIT $7");
SQL(member_sql_list_team, LIST_TEAM "AND g.member_id > $6 AND g.team_id = $7 "
	"ORDER BY g.member_id LIMIT $8");
SQL(member_sql_list_team_back, LIST_TEAM "AND g.member_id < $6 AND g.team_id = $7 "
	"ORDER BY g.member_id DESC LIMIT $8");
SQL(member_sql_insert, "INSERT INTO member (organization_id, account_id, role, added_at) "
	"VALUES ($1, $2, $3, $4) RETURNING id");
SQL(member_sql_other_owner, "SELECT 1 FROM member WHERE organization_id = $1 "
	"AND role = 'owner' AND id <> $2 LIMIT 1");
SQL(member_sql_set_role, "UPDATE member SET role = $1 WHERE id = $2");
SQL(member_sql_leave_teams, "DELETE FROM team_member WHERE member_id = $1");
SQL(member_sql_forget_names, "DELETE FROM external_actor WHERE organization_id = $1 "
	"AND account_id = $2");
SQL(member_sql_revoke_tokens, "UPDATE api_token SET revoked_at = $1 WHERE account_id = $2 "
	"AND organization_id = $3 AND revoked_at IS NULL");
SQL(member_sql_delete, "DELETE FROM member WHERE id = $1");
SQL(member_sql_works_on, "SELECT 1 FROM member m "
	"WHERE m.organization_id = $1 AND m.account_id = $2 AND ("
	"EXISTS (SELECT 1 FROM team_member t JOIN project_team p ON p.team_id = t.team_id "
	"WHERE t.member_id = m.id AND p.project_id = $3) "
	"OR NOT EXISTS (SELECT 1 FROM project_team p WHERE p.project_id = $3))");

/* ---- Accounts ---- */

static bool email_fits(const char *email)
{
	const char *at = strchr(email, '@');

	if (!at || at == email || !at[1] || strchr(at + 1, '@') || strlen(email) > MAX_EMAIL)
		return false;
	for (const char *c = email; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return false;
	return true;
}

/* Addresses are kept in lower case, so that one person has one account. */
static char *email_fold(const char *email)
{
	char *folded = xstrdup(email);

	for (char *c = folded; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return folded;
}

static void account_read(struct query *query, struct account *ret_account)
{
	*ret_account = (struct account){
		.id = query_int(query, 0),
		.email = xstrdup(query_text(query, 1)),
		.name = xstrdup(query_text(query, 2)),
		.added_at_us = query_int(query, 3),
	};
}

static int account_take(struct query *query, int result, struct account *ret_account)
{
	if (result == 1)
		account_read(query, ret_account);
	query_end(query);
	return result;
}

int account_put(struct tx *tx, const char *email, const char *name, int64_t now_us,
	int64_t *ret_id, struct err *err)
{
	cleanup_free char *folded = email_fold(email);
	cleanup_account struct account there = {0};
	cleanup_err struct err missing = {0};
	int result;

	if (!email_fits(email))
		return err_field(err, "email", "This is no mail address.");
	result = tx_insert(tx, &account_sql_insert, ret_id, &missing, "ssi", folded,
		name && *name ? name : folded, now_us);
	if (result == 0)
		return 0;
	if (result != MORTISE_E_NOT_FOUND)
		return err_move(err, &missing);
	if (account_find(tx, folded, &there, err) < 0)
		return err->code;
	*ret_id = there.id;
	return 0;
}

int account_get(struct tx *tx, int64_t id, struct account *ret_account, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &account_sql_get, err, "i", id);

	result = account_take(&query, result, ret_account);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no such user");
	return result < 0 ? result : 0;
}

int account_find(struct tx *tx, const char *email, struct account *ret_account, struct err *err)
{
	cleanup_free char *folded = email_fold(email);
	struct query query;
	int result = query_first(&query, tx, &account_sql_find, err, "s", folded);

	result = account_take(&query, result, ret_account);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no user with the address \"%s\"",
			email);
	return result < 0 ? result : 0;
}

void account_clear(struct account *account)
{
	free(account->email);
	free(account->name);
	*account = (struct account){0};
}

/* ---- Members ---- */

static void member_read(struct query *query, struct member *ret_member)
{
	*ret_member = (struct member){
		.id = query_int(query, 0),
		.organization_id = query_int(query, 1),
		.account_id = query_int(query, 2),
		.role = xstrdup(query_text(query, 3)),
		.email = xstrdup(query_text(query, 4)),
		.name = xstrdup(query_text(query, 5)),
		.added_at_us = query_int(query, 6),
	};
}

static int member_take(struct query *query, int result, struct member *ret_member,
	struct err *err)
{
	if (result == 1)
		member_read(query, ret_member);
	query_end(query);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no such member");
	return result < 0 ? result : 0;
}

int member_put(struct tx *tx, int64_t organization_id, int64_t account_id, const char *role,
	int64_t now_us, int64_t *ret_id, struct err *err)
{
	return tx_insert(tx, &member_sql_put, ret_id, err, "iisi", organization_id, account_id,
		role, now_us);
}

int member_insert(struct tx *tx, int64_t organization_id, int64_t account_id, const char *role,
	int64_t now_us, int64_t *ret_id, struct err *err)
{
	return tx_insert(tx, &member_sql_insert, ret_id, err, "iisi", organization_id, account_id,
		role, now_us);
}

int member_is_only_owner(struct tx *tx, const struct member *member, struct err *err)
{
	struct query query;
	int result;

	if (strcmp(member->role, "owner") != 0)
		return 0;
	result = query_first(&query, tx, &member_sql_other_owner, err, "ii",
		member->organization_id, member->id);
	query_end(&query);
	return result < 0 ? result : result == 0;
}

/* Somebody must be left who may do everything. */
static int keep_owner(struct tx *tx, const struct member *member, const char *what,
	struct err *err)
{
	int result = member_is_only_owner(tx, member, err);

	if (result == 1)
		return err_set(err, MORTISE_E_CONFLICT, "You cannot %s the only remaining owner "
			"of the organization: make somebody else an owner first.", what);
	return result;
}

int member_set_role(struct tx *tx, const struct member *member, const char *role,
	struct err *err)
{
	int result = strcmp(role, "owner") == 0 ? 0 : keep_owner(tx, member, "demote", err);

	if (result == 0)
		result = tx_exec(tx, &member_sql_set_role, err, "si", role, member->id);
	return result < 0 ? result : 0;
}

int member_leave_teams(struct tx *tx, const struct member *member, struct err *err)
{
	int result = tx_exec(tx, &member_sql_leave_teams, err, "i", member->id);

	return result < 0 ? result : 0;
}

int member_remove(struct tx *tx, const struct member *member, int64_t now_us, struct err *err)
{
	int result = keep_owner(tx, member, "remove", err);

	if (result == 0)
		result = member_leave_teams(tx, member, err);
	if (result >= 0)
		result = tx_exec(tx, &member_sql_forget_names, err, "ii", member->organization_id,
			member->account_id);
	if (result >= 0)
		result = tx_exec(tx, &member_sql_revoke_tokens, err, "iii", now_us,
			member->account_id, member->organization_id);
	if (result >= 0)
		result = tx_exec(tx, &member_sql_delete, err, "i", member->id);
	return result < 0 ? result : 0;
}

int member_find(struct tx *tx, int64_t organization_id, int64_t account_id,
	struct member *ret_member, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &member_sql_find, err, "ii", organization_id,
		account_id);

	return member_take(&query, result, ret_member, err);
}

int member_get(struct tx *tx, int64_t organization_id, int64_t id, struct member *ret_member,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &member_sql_get, err, "ii", organization_id, id);

	return member_take(&query, result, ret_member, err);
}

static int named(struct tx *tx, const struct sql *sql, int64_t organization_id, const char *text,
	int64_t *ret_account_id, size_t *ret_len, struct err *err)
{
	struct query query;
	int result = query_begin(&query, tx, sql, err, "is", organization_id, text);

	*ret_len = 0;
	while (result >= 0 && (result = query_next(&query)) == 1) {
		*ret_account_id = query_int(&query, 0);
		(*ret_len)++;
	}
	query_end(&query);
	return result < 0 ? result : 0;
}

int member_find_named(struct tx *tx, int64_t organization_id, const char *text,
	int64_t *ret_account_id, size_t *ret_len, struct err *err)
{
	cleanup_free char *folded = email_fold(text);
	int result = named(tx, &member_sql_find_email, organization_id, folded, ret_account_id,
		ret_len, err);

	return result < 0 || *ret_len > 0 ? result : named(tx, &member_sql_find_name,
		organization_id, text, ret_account_id, ret_len, err);
}

static int list_begin(struct query *query, struct tx *tx, const struct member_page *page,
	const char *pattern, struct err *err)
{
	const struct keyset *place = page->place;
	const char *role = page->role ? page->role : "";

	if (page->team_id > 0)
		return query_begin(query, tx, place->back ? &member_sql_list_team_back
			: &member_sql_list_team, err, "iiissiii", page->organization_id,
			(int64_t)page->external, page->project_id, role, pattern, place->id,
			page->team_id, place->limit);
	return query_begin(query, tx, place->back ? &member_sql_list_back : &member_sql_list, err,
		"iiissii", page->organization_id, (int64_t)page->external, page->project_id, role,
		pattern, place->id, place->limit);
}

int member_list(struct tx *tx, const struct member_page *page, struct member **ret_list,
	size_t *ret_len, struct err *err)
{
	cleanup_free char *pattern = like_pattern(page->query);
	struct member *list = xcalloc((size_t)page->place->limit, sizeof(*list));
	struct query query;
	size_t len = 0;
	int result = list_begin(&query, tx, page, pattern, err);

	while (result >= 0 && (result = query_next(&query)) == 1)
		member_read(&query, &list[len++]);
	query_end(&query);
	if (result < 0) {
		member_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

int member_works_on(struct tx *tx, int64_t organization_id, int64_t account_id,
	int64_t project_id, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &member_sql_works_on, err, "iii", organization_id,
		account_id, project_id);

	query_end(&query);
	return result;
}

void member_clear(struct member *member)
{
	free(member->role);
	free(member->email);
	free(member->name);
	*member = (struct member){0};
}

void member_list_free(struct member *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		member_clear(&list[i]);
	free(list);
}
