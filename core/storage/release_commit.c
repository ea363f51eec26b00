/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/release_commit.h"

#include "core/base/err.h"
#include "core/base/mem.h"

SQL(release_commit_sql_clear, "DELETE FROM release_commit WHERE release_id = $1");
SQL(release_commit_sql_add, "INSERT INTO release_commit (release_id, position, commit_id) "
	"VALUES ($1, $2, $3)");
#define LIST                                                                              \
	"SELECT c.id, c.repository_id, c.sha, c.message, r.name, a.name, a.email, "        \
	"c.committed_at, rc.position FROM release_commit rc "                              \
	"JOIN scm_commit c ON c.id = rc.commit_id "                                        \
	"JOIN repository r ON r.id = c.repository_id "                                     \
	"LEFT JOIN commit_author a ON a.id = c.author_id WHERE rc.release_id = $1 "
SQL(release_commit_sql_list, LIST "AND rc.position > $2 ORDER BY rc.position LIMIT $3");
SQL(release_commit_sql_list_back, LIST
	"AND rc.position < $2 ORDER BY rc.position DESC LIMIT $3");
/* Of the newest 50 commits, so that a list of releases costs little. */
SQL(release_commit_sql_authors, "SELECT DISTINCT a.id, a.name, a.email "
	"FROM (SELECT commit_id FROM release_commit WHERE release_id = $1 "
	"ORDER BY position LIMIT 50) rc JOIN scm_commit c ON c.id = rc.commit_id "
	"JOIN commit_author a ON a.id = c.author_id ORDER BY a.id");
SQL(release_file_sql_list, "SELECT c.sha, c.message, a.name, a.email, f.path, f.change, "
	"c.committed_at FROM release_commit rc JOIN scm_commit c ON c.id = rc.commit_id "
	"JOIN commit_file f ON f.commit_id = c.id LEFT JOIN commit_author a ON a.id = c.author_id "
	"WHERE rc.release_id = $1 ORDER BY rc.position, f.path, f.change LIMIT $2 OFFSET $3");
SQL(release_commit_sql_count, "SELECT COUNT(*) FROM release_commit WHERE release_id = $1");
SQL(release_commit_sql_find, "SELECT release_id FROM release_commit WHERE commit_id = $1 "
	"ORDER BY release_id DESC LIMIT 1");
/* A pull request reaches a release with the commit that merged it. */
SQL(release_commit_sql_pending, "SELECT CASE WHEN l.linked_type = 1 THEN EXISTS "
	"(SELECT 1 FROM release_commit rc WHERE rc.commit_id = l.linked_id) "
	"ELSE EXISTS (SELECT 1 FROM pull_request p JOIN scm_commit c "
	"ON c.repository_id = p.repository_id AND c.sha = p.merge_commit_sha "
	"JOIN release_commit rc ON rc.commit_id = c.id WHERE p.id = l.linked_id) END "
	"FROM issue_link l WHERE l.issue_id = $1 AND l.linked_type IN (1, 2) "
	"AND l.relationship = 1 ORDER BY l.added_at DESC, l.id DESC LIMIT 1");
SQL(release_commit_sql_resolving, "SELECT linked_id FROM issue_link WHERE issue_id = $1 "
	"AND linked_type = 1 AND relationship = 1 ORDER BY added_at DESC, id DESC LIMIT 1");
SQL(release_ref_sql_put, "INSERT INTO release_ref (release_id, repository_id, commit_sha) "
	"VALUES ($1, $2, $3) ON CONFLICT (release_id, repository_id) "
	"DO UPDATE SET commit_sha = excluded.commit_sha");
SQL(release_ref_sql_previous, "SELECT commit_sha FROM release_ref WHERE repository_id = $1 "
	"AND release_id < $2 ORDER BY release_id DESC LIMIT 1");
SQL(release_ref_sql_commits, "SELECT c.id FROM scm_commit t JOIN scm_commit c "
	"ON c.repository_id = t.repository_id AND (c.added_at, c.id) <= (t.added_at, t.id) "
	"WHERE t.id = $1 ORDER BY c.added_at DESC, c.id DESC LIMIT $2");
SQL(release_ref_sql_commits_after, "SELECT c.id FROM scm_commit t "
	"JOIN scm_commit f ON f.id = $1 JOIN scm_commit c "
	"ON c.repository_id = t.repository_id AND (c.added_at, c.id) <= (t.added_at, t.id) "
	"AND (c.added_at, c.id) > (f.added_at, f.id) "
	"WHERE t.id = $2 ORDER BY c.added_at DESC, c.id DESC LIMIT $3");

int release_commits_set(struct tx *tx, int64_t release_id, const int64_t *commit_ids, size_t len,
	struct err *err)
{
	int result = tx_exec(tx, &release_commit_sql_clear, err, "i", release_id);

	for (size_t i = 0; i < len && result >= 0; i++)
		result = tx_exec(tx, &release_commit_sql_add, err, "iii", release_id, (int64_t)i,
			commit_ids[i]);
	return result < 0 ? result : 0;
}

int release_commit_list(struct tx *tx, int64_t release_id, const struct keyset *place,
	struct release_commit **ret_list, size_t *ret_len, struct err *err)
{
	struct release_commit *list = xcalloc((size_t)place->limit, sizeof(*list));
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx,
		place->back ? &release_commit_sql_list_back : &release_commit_sql_list, err, "iii",
		release_id, place->number, place->limit);

	while (result >= 0 && (result = query_next(&query)) == 1)
		list[len++] = (struct release_commit){
			.commit_id = query_int(&query, 0),
			.repository_id = query_int(&query, 1),
			.sha = xstrdup(query_text(&query, 2)),
			.message = xstrdup(query_text(&query, 3)),
			.repository_name = xstrdup(query_text(&query, 4)),
			.author_name = xstrdup(query_text(&query, 5)),
			.author_email = xstrdup(query_text(&query, 6)),
			.committed_at_us = query_int(&query, 7),
			.position = query_int(&query, 8),
		};
	query_end(&query);
	if (result < 0) {
		release_commit_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

void release_commit_list_free(struct release_commit *list, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		free(list[i].sha);
		free(list[i].message);
		free(list[i].repository_name);
		free(list[i].author_name);
		free(list[i].author_email);
	}
	free(list);
}

int release_commit_authors(struct tx *tx, int64_t release_id, json_t **ret_authors,
	struct err *err)
{
	cleanup_json json_t *authors = json_array();
	struct query query;
	int result = query_begin(&query, tx, &release_commit_sql_authors, err, "i", release_id);

	while (result >= 0 && (result = query_next(&query)) == 1)
		json_array_append_new(authors, json_pack("{s:s?, s:s}", "name",
			query_text(&query, 1), "email", query_text(&query, 2)));
	query_end(&query);
	if (result < 0)
		return result;
	*ret_authors = steal(&authors);
	return 0;
}

int release_file_list(struct tx *tx, int64_t release_id, int64_t offset, int64_t limit,
	struct release_file **ret_list, size_t *ret_len, struct err *err)
{
	struct release_file *list = xcalloc((size_t)limit, sizeof(*list));
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &release_file_sql_list, err, "iii", release_id, limit,
		offset);

	while (result >= 0 && (result = query_next(&query)) == 1)
		list[len++] = (struct release_file){
			.sha = xstrdup(query_text(&query, 0)),
			.message = xstrdup(query_text(&query, 1)),
			.author_name = xstrdup(query_text(&query, 2)),
			.author_email = xstrdup(query_text(&query, 3)),
			.path = xstrdup(query_text(&query, 4)),
			.change = xstrdup(query_text(&query, 5)),
			.committed_at_us = query_int(&query, 6),
		};
	query_end(&query);
	if (result < 0) {
		release_file_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

void release_file_list_free(struct release_file *list, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		free(list[i].sha);
		free(list[i].message);
		free(list[i].author_name);
		free(list[i].author_email);
		free(list[i].path);
		free(list[i].change);
	}
	free(list);
}

/* One number.  1: '*ret_value' is set, 0: no row. */
static int number(struct query *query, int result, int64_t *ret_value)
{
	if (result == 1)
		*ret_value = query_int(query, 0);
	query_end(query);
	return result;
}

int release_commit_count(struct tx *tx, int64_t release_id, int64_t *ret_len, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &release_commit_sql_count, err, "i", release_id);

	result = number(&query, result, ret_len);
	return result < 0 ? result : 0;
}

int release_commit_find(struct tx *tx, int64_t commit_id, int64_t *ret_release_id,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &release_commit_sql_find, err, "i", commit_id);

	return number(&query, result, ret_release_id);
}

int release_commit_pending(struct tx *tx, int64_t issue_id, struct err *err)
{
	struct query query;
	int64_t released = 1;
	int result = query_first(&query, tx, &release_commit_sql_pending, err, "i", issue_id);

	result = number(&query, result, &released);
	return result < 0 ? result : !released;
}

int release_commit_resolving(struct tx *tx, int64_t issue_id, int64_t *ret_commit_id,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &release_commit_sql_resolving, err, "i", issue_id);

	return number(&query, result, ret_commit_id);
}

int release_ref_put(struct tx *tx, int64_t release_id, int64_t repository_id, const char *sha,
	struct err *err)
{
	int result = tx_exec(tx, &release_ref_sql_put, err, "iis", release_id, repository_id, sha);

	return result < 0 ? result : 0;
}

int release_ref_previous(struct tx *tx, int64_t release_id, int64_t repository_id,
	char **ret_sha, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &release_ref_sql_previous, err, "ii", repository_id,
		release_id);

	if (result == 1)
		*ret_sha = xstrdup(query_text(&query, 0));
	query_end(&query);
	return result;
}

int release_ref_commits(struct tx *tx, int64_t after_commit_id, int64_t to_commit_id,
	size_t max, int64_t *ret_ids, size_t *ret_len, struct err *err)
{
	struct query query;
	size_t len = 0;
	int result = after_commit_id > 0
		? query_begin(&query, tx, &release_ref_sql_commits_after, err, "iii",
			after_commit_id, to_commit_id, (int64_t)max)
		: query_begin(&query, tx, &release_ref_sql_commits, err, "ii", to_commit_id,
			(int64_t)max);

	while (result >= 0 && (result = query_next(&query)) == 1)
		ret_ids[len++] = query_int(&query, 0);
	query_end(&query);
	if (result < 0)
		return result;
	*ret_len = len;
	return 0;
}
