/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/commit.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/commit_private.h"
#include "core/storage/keyset.h"

#define SHORT_SIZE_MIN 7       /* digits of a hash that may stand for it */

#define COMMITS                                                                        \
	"SELECT c.id, c.organization_id, c.repository_id, c.sha, c.message, "          \
	"c.committed_at, c.added_at, " AUTHOR_COLUMNS " FROM scm_commit c "            \
	"LEFT JOIN commit_author a ON a.id = c.author_id "

SQL(commit_sql_exists, "SELECT 1 FROM scm_commit WHERE repository_id = $1 AND sha = $2");
SQL(commit_sql_insert, "INSERT INTO scm_commit (organization_id, repository_id, sha, message, "
	"author_id, committed_at, added_at) VALUES ($1, $2, $3, $4, $5, $6, $7) "
	"ON CONFLICT DO NOTHING RETURNING id");
SQL(commit_sql_file_insert, "INSERT INTO commit_file (commit_id, path, change) VALUES ($1, $2, $3) "
	"ON CONFLICT DO NOTHING");
SQL(commit_sql_get, COMMITS "WHERE c.id = $1");
SQL(commit_sql_find, COMMITS "WHERE c.repository_id = $1 AND c.sha = $2");
SQL(commit_sql_find_short, COMMITS "WHERE c.repository_id = $1 AND c.sha >= $2 AND c.sha < $3 "
	"ORDER BY c.sha LIMIT 2");
SQL(commit_sql_list, COMMITS "WHERE c.repository_id = $1 AND (c.added_at, c.id) < ($2, $3) "
	"ORDER BY c.added_at DESC, c.id DESC LIMIT $4");
SQL(commit_sql_list_back, COMMITS "WHERE c.repository_id = $1 AND (c.added_at, c.id) > ($2, $3) "
	"ORDER BY c.added_at, c.id LIMIT $4");
SQL(commit_sql_files, "SELECT change, path FROM commit_file WHERE commit_id = $1 "
	"ORDER BY path, change");

int commit_exists(struct tx *tx, int64_t repository_id, const char *sha, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &commit_sql_exists, err, "is", repository_id, sha);

	query_end(&query);
	return result;
}

int commit_insert(struct tx *tx, const struct commit_new *commit, int64_t *ret_id,
	struct err *err)
{
	cleanup_err struct err known = {0};
	int result = tx_insert(tx, &commit_sql_insert, ret_id, &known, "iissoii",
		commit->organization_id, commit->repository_id, commit->sha, commit->message,
		commit->author_id > 0 ? &commit->author_id : NULL, commit->committed_at_us,
		commit->now_us);

	if (result == MORTISE_E_NOT_FOUND)
		return 0;
	return result < 0 ? err_move(err, &known) : 1;
}

int commit_file_insert(struct tx *tx, int64_t commit_id, const char *change, const char *path,
	struct err *err)
{
	return tx_exec(tx, &commit_sql_file_insert, err, "iss", commit_id, path, change);
}

static void read_row(struct query *query, struct commit *commit)
{
	*commit = (struct commit){
		.id = query_int(query, 0),
		.organization_id = query_int(query, 1),
		.repository_id = query_int(query, 2),
		.sha = xstrdup(query_text(query, 3)),
		.message = xstrdup(query_text(query, 4)),
		.committed_at_us = query_int(query, 5),
		.added_at_us = query_int(query, 6),
		.author = commit_author_read(query, 7),
	};
}

static int read_one(struct query *query, int result, struct commit *ret_commit)
{
	if (result == 1)
		read_row(query, ret_commit);
	query_end(query);
	return result;
}

int commit_get(struct tx *tx, int64_t id, struct commit *ret_commit, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &commit_sql_get, err, "i", id);

	return read_one(&query, result, ret_commit);
}

int commit_find(struct tx *tx, int64_t repository_id, const char *sha, struct commit *ret_commit,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &commit_sql_find, err, "is", repository_id, sha);

	return read_one(&query, result, ret_commit);
}

int commit_find_short(struct tx *tx, int64_t repository_id, const char *sha,
	struct commit *ret_commit, struct err *err)
{
	size_t size = strlen(sha);
	cleanup_free char *end = NULL;
	struct query query;
	int result = commit_find(tx, repository_id, sha, ret_commit, err);

	if (result != 0 || size < SHORT_SIZE_MIN || strspn(sha, "0123456789abcdef") != size)
		return result;
	end = xasprintf("%sg", sha);
	result = query_first(&query, tx, &commit_sql_find_short, err, "iss", repository_id, sha,
		end);
	if (result == 1) {
		read_row(&query, ret_commit);
		result = query_next(&query);
		if (result != 0)
			commit_clear(ret_commit);
		result = result < 0 ? result : result == 0;
	}
	query_end(&query);
	return result;
}

int commit_list(struct tx *tx, int64_t repository_id, const struct keyset *place,
	struct commit **ret_list, size_t *ret_len, struct err *err)
{
	struct commit *list = NULL;
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx,
		place->back ? &commit_sql_list_back : &commit_sql_list, err, "iiii", repository_id,
		place->number, place->id, place->limit);

	while (result >= 0 && (result = query_next(&query)) == 1) {
		list = xrealloc(list, (len + 1) * sizeof(*list));
		read_row(&query, &list[len++]);
	}
	query_end(&query);
	if (result < 0) {
		commit_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

int commit_files(struct tx *tx, int64_t commit_id, json_t **ret_files, struct err *err)
{
	cleanup_json json_t *files = json_array();
	struct query query;
	int result = query_begin(&query, tx, &commit_sql_files, err, "i", commit_id);

	while (result >= 0 && (result = query_next(&query)) == 1)
		json_array_append_new(files, json_pack("[s,s]", query_text(&query, 0),
			query_text(&query, 1)));
	query_end(&query);
	if (result < 0)
		return result;
	*ret_files = steal(&files);
	return 0;
}

void commit_clear(struct commit *commit)
{
	free(commit->sha);
	free(commit->message);
	commit_author_clear(&commit->author);
	*commit = (struct commit){0};
}

void commit_list_free(struct commit *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		commit_clear(&list[i]);
	free(list);
}
