/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The authors of commits and pull requests, one row per organization and address. */
#include "config.h"
#include "core/storage/commit.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/commit_private.h"

SQL(commit_author_sql_by_email, "SELECT " AUTHOR_COLUMNS " FROM commit_author a "
	"WHERE a.organization_id = $1 AND a.email = $2");
SQL(commit_author_sql_by_external_id, "SELECT " AUTHOR_COLUMNS " FROM commit_author a "
	"WHERE a.organization_id = $1 AND a.external_id = $2 ORDER BY a.id LIMIT 1");
SQL(commit_author_sql_insert, "INSERT INTO commit_author (organization_id, email, name, external_id) "
	"VALUES ($1, $2, $3, $4) RETURNING id");
SQL(commit_author_sql_update, "UPDATE commit_author SET name = $1, external_id = $2 WHERE id = $3");

/* 'text' up to 'max' characters. */
static char *cut(const char *text, size_t max)
{
	const char *at = text;

	for (size_t len = 0; *at; at++)
		if (((unsigned char)*at & 0xc0) != 0x80 && ++len > max)
			break;
	return xstrndup(text, (size_t)(at - text));
}

static bool is_longer(const char *text, size_t max)
{
	cleanup_free char *start = cut(text, max);

	return strlen(start) < strlen(text);
}

/* The address as it is kept, or NULL if there is no author. */
static char *clean_email(const char *email)
{
	cleanup_free char *local = NULL;

	if (!email || !email[0])
		return NULL;
	if (strchr(email, '@'))
		return is_longer(email, COMMIT_AUTHOR_EMAIL_MAX) ? NULL : xstrdup(email);
	local = cut(email, COMMIT_AUTHOR_LOCAL_MAX);
	return xasprintf("%s@localhost", local);
}

struct commit_author commit_author_read(struct query *query, int column)
{
	return (struct commit_author){
		.id = query_int(query, column),
		.organization_id = query_int(query, column + 1),
		.email = xstrdup(query_text(query, column + 2)),
		.name = xstrdup(query_text(query, column + 3)),
		.external_id = xstrdup(query_text(query, column + 4)),
	};
}

static int find(struct tx *tx, const struct sql *sql, int64_t organization_id, const char *key,
	struct commit_author *ret_author, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, sql, err, "is", organization_id, key);

	if (result == 1)
		*ret_author = commit_author_read(&query, 0);
	query_end(&query);
	return result;
}

int commit_author_find(struct tx *tx, int64_t organization_id, const char *external_id,
	struct commit_author *ret_author, struct err *err)
{
	return find(tx, &commit_author_sql_by_external_id, organization_id, external_id, ret_author,
		err);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Bring name and external id of an author that exists up to date. */
static int refresh(struct tx *tx, const struct commit_author *there, const char *name,
	const char *external_id, struct err *err)
{
	if (!name || !name[0])
		name = there->name;
	if (!external_id)
		external_id = there->external_id;
	if (same_text(name, there->name) && same_text(external_id, there->external_id))
		return 0;
	return tx_exec(tx, &commit_author_sql_update, err, "ssi", name, external_id, there->id);
}

static int find_any(struct tx *tx, const struct commit_author_put *put, const char *email,
	struct commit_author *ret_author, struct err *err)
{
	int result = 0;

	if (put->anonymous && put->external_id)
		result = commit_author_find(tx, put->organization_id, put->external_id, ret_author, err);
	if (result == 0)
		result = find(tx, &commit_author_sql_by_email, put->organization_id, email, ret_author,
			err);
	return result;
}

int commit_author_put(struct tx *tx, const struct commit_author_put *put, int64_t *ret_id,
	struct err *err)
{
	cleanup_free char *email = clean_email(put->email);
	cleanup_free char *name = put->name ? cut(put->name, COMMIT_AUTHOR_NAME_MAX) : NULL;
	const char *external_id = put->anonymous ? NULL : put->external_id;
	struct commit_author there = {0};
	int result;

	if (!email) {
		*ret_id = 0;
		return 0;
	}
	result = find_any(tx, put, email, &there, err);
	if (result == 0)
		return tx_insert(tx, &commit_author_sql_insert, ret_id, err, "isss",
			put->organization_id, email, name, external_id);
	if (result == 1) {
		*ret_id = there.id;
		result = refresh(tx, &there, put->rename ? name : NULL, external_id, err);
	}
	commit_author_clear(&there);
	return result < 0 ? result : 0;
}

void commit_author_clear(struct commit_author *author)
{
	free(author->email);
	free(author->name);
	free(author->external_id);
	*author = (struct commit_author){0};
}
