/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/release.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/json_column.h"
#include "core/storage/keyset.h"
#include "core/storage/like.h"
#include "core/storage/part.h"

#define COLUMNS                                                                       \
	"r.id, r.organization_id, r.version, r.semver, r.status, r.ref, r.url, r.data, " \
	"r.released_at, r.added_at"

SQL(release_sql_insert, "INSERT INTO release (organization_id, version, semver, added_at) "
	"VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING id");
SQL(release_sql_get, "SELECT " COLUMNS " FROM release r WHERE r.id = $1");
SQL(release_sql_find, "SELECT " COLUMNS " FROM release r "
	"WHERE r.organization_id = $1 AND r.version = $2");
SQL(release_sql_add_project, "INSERT INTO release_project (release_id, project_id, status, "
	"ordered_at, semver) SELECT r.id, p.id, r.status, COALESCE(r.released_at, r.added_at), "
	"r.semver FROM release r JOIN project p ON p.organization_id = r.organization_id "
	"WHERE r.id = $1 AND p.id = $2 ON CONFLICT DO NOTHING");
SQL(release_sql_update, "UPDATE release SET status = $1, ref = $2, url = $3, data = $4, "
	"released_at = $5 WHERE id = $6");
SQL(release_sql_update_places, "UPDATE release_project SET status = $1, "
	"ordered_at = (SELECT COALESCE(r.released_at, r.added_at) FROM release r "
	"WHERE r.id = $2) WHERE release_id = $2");
SQL(release_sql_named, "SELECT issue_id FROM issue_resolution WHERE release_id = $1 LIMIT 1");
SQL(release_sql_delete_commits, "DELETE FROM release_commit WHERE release_id = $1");
SQL(release_sql_delete_refs, "DELETE FROM release_ref WHERE release_id = $1");
SQL(release_sql_delete_deploys, "DELETE FROM deploy WHERE release_id = $1");
SQL(release_sql_delete_places, "DELETE FROM release_project WHERE release_id = $1");
SQL(release_sql_delete, "DELETE FROM release WHERE id = $1");
/* A list of project ids is text: ",3,7,". */
#define REACHED(member, release)                                                      \
	"(" member " = 0 OR EXISTS (SELECT 1 FROM release_project o "                    \
	"WHERE o.release_id = " release " AND " PART_REACHES(member, "o.project_id") ")) "
#define WANTED(query)                                                                 \
	"AND (" query " = '' OR lower(r.version) LIKE " query " ESCAPE '\\') "
#define OF_ORGANIZATION                                                               \
	"SELECT " COLUMNS " FROM release r WHERE r.organization_id = $1 AND r.status = $2 " \
	WANTED("$3") "AND ($4 = '' OR EXISTS (SELECT 1 FROM release_project w "          \
	"WHERE w.release_id = r.id AND $4 LIKE '%,' || w.project_id || ',%')) "          \
	"AND " REACHED("$5", "r.id")
#define OF_PROJECT                                                                    \
	"SELECT " COLUMNS " FROM release_project rp JOIN release r ON r.id = rp.release_id " \
	"WHERE rp.project_id = $1 AND rp.status = $2 " WANTED("$3")
SQL(release_sql_list, OF_ORGANIZATION "AND (r.added_at, r.id) < ($6, $7) "
	"ORDER BY r.added_at DESC, r.id DESC LIMIT $8");
SQL(release_sql_list_back, OF_ORGANIZATION "AND (r.added_at, r.id) > ($6, $7) "
	"ORDER BY r.added_at, r.id LIMIT $8");
SQL(release_sql_list_project, OF_PROJECT "AND (rp.ordered_at, rp.release_id) < ($4, $5) "
	"ORDER BY rp.ordered_at DESC, rp.release_id DESC LIMIT $6");
SQL(release_sql_list_project_back, OF_PROJECT "AND (rp.ordered_at, rp.release_id) > ($4, $5) "
	"ORDER BY rp.ordered_at, rp.release_id LIMIT $6");
/* A search ends after 1,000 releases. */
SQL(release_sql_previous, "SELECT " COLUMNS " FROM (SELECT b.id FROM release b "
	"WHERE b.organization_id = $1 AND (b.added_at, b.id) < ($2, $3) "
	"ORDER BY b.added_at DESC, b.id DESC LIMIT 1000) older "
	"JOIN release r ON r.id = older.id "
	"WHERE EXISTS (SELECT 1 FROM release_commit rc WHERE rc.release_id = r.id) "
	"AND EXISTS (SELECT 1 FROM release_project mine JOIN release_project other "
	"ON other.project_id = mine.project_id AND other.release_id = r.id "
	"WHERE mine.release_id = $3) ORDER BY r.added_at DESC, r.id DESC LIMIT 1");
SQL(release_sql_reached, "SELECT 1 FROM release r WHERE r.id = $1 AND " REACHED("$2", "r.id"));
SQL(release_sql_projects, "SELECT p.id, p.slug, p.name, p.platform FROM release_project rp "
	"JOIN project p ON p.id = rp.project_id WHERE rp.release_id = $1 ORDER BY p.id LIMIT 100");

static void row_read(struct query *query, struct release *ret_release)
{
	*ret_release = (struct release){
		.id = query_int(query, 0),
		.organization_id = query_int(query, 1),
		.version = xstrdup(query_text(query, 2)),
		.semver = xstrdup(query_text(query, 3)),
		.status = (int)query_int(query, 4),
		.ref = xstrdup(query_text(query, 5)),
		.url = xstrdup(query_text(query, 6)),
		.data = json_column(query, 7),
		.released_at_us = query_int(query, 8),
		.added_at_us = query_int(query, 9),
	};
}

static int read_one(struct query *query, int result, struct release *ret_release)
{
	if (result == 1)
		row_read(query, ret_release);
	query_end(query);
	return result;
}

int release_put(struct tx *tx, const struct release_new *release, int64_t *ret_id,
	struct err *err)
{
	cleanup_release struct release there = {0};
	cleanup_err struct err missing = {0};
	int result = release_find(tx, release->organization_id, release->version, &there, err);

	if (result < 0)
		return result;
	if (result == 1) {
		*ret_id = there.id;
		return 0;
	}
	result = tx_insert(tx, &release_sql_insert, ret_id, &missing, "issi",
		release->organization_id, release->version, release->semver, release->now_us);
	return result < 0 ? err_move(err, &missing) : 1;
}

int release_get(struct tx *tx, int64_t id, struct release *ret_release, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &release_sql_get, err, "i", id);

	result = read_one(&query, result, ret_release);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no such release");
	return result < 0 ? result : 0;
}

int release_find(struct tx *tx, int64_t organization_id, const char *version,
	struct release *ret_release, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &release_sql_find, err, "is", organization_id, version);

	return read_one(&query, result, ret_release);
}

int release_add_project(struct tx *tx, int64_t release_id, int64_t project_id, struct err *err)
{
	return tx_exec(tx, &release_sql_add_project, err, "ii", release_id, project_id);
}

int release_update(struct tx *tx, const struct release_update *update, struct err *err)
{
	cleanup_free char *data = json_column_text(update->data);
	int result = tx_exec(tx, &release_sql_update, err, "isssoi", (int64_t)update->status,
		update->ref, update->url, data,
		update->released_at_us > 0 ? &update->released_at_us : NULL, update->id);

	if (result >= 0)
		result = tx_exec(tx, &release_sql_update_places, err, "ii",
			(int64_t)update->status, update->id);
	return result < 0 ? result : 0;
}

int release_delete(struct tx *tx, int64_t id, struct err *err)
{
	static const struct sql *const steps[] = {&release_sql_delete_commits,
		&release_sql_delete_refs, &release_sql_delete_deploys,
		&release_sql_delete_places, &release_sql_delete};
	struct query query;
	int result = query_first(&query, tx, &release_sql_named, err, "i", id);

	query_end(&query);
	if (result == 1)
		return err_set(err, MORTISE_E_CONFLICT, "This release is referenced by resolved "
			"issues and cannot be removed; archive it instead.");
	for (size_t i = 0; i < lengthof(steps) && result >= 0; i++)
		result = tx_exec(tx, steps[i], err, "i", id);
	return result < 0 ? result : 0;
}

/* Begin the statement that a page needs; the pattern is borrowed until its end. */
static int list_begin(struct query *query, struct tx *tx, const struct release_page *page,
	const char *pattern, struct err *err)
{
	const struct keyset *place = page->place;

	if (page->project_id)
		return query_begin(query, tx, place->back ? &release_sql_list_project_back
			: &release_sql_list_project, err, "iisiii", page->project_id,
			(int64_t)page->status, pattern, place->number, place->id, place->limit);
	return query_begin(query, tx, place->back ? &release_sql_list_back : &release_sql_list,
		err, "iissiiii", page->organization_id, (int64_t)page->status, pattern,
		page->projects ? page->projects : "", page->member_id, place->number, place->id,
		place->limit);
}

int release_list(struct tx *tx, const struct release_page *page, struct release **ret_list,
	size_t *ret_len, struct err *err)
{
	cleanup_free char *pattern = like_pattern(page->query);
	struct release *list = xcalloc((size_t)page->place->limit, sizeof(*list));
	struct query query;
	size_t len = 0;
	int result = list_begin(&query, tx, page, pattern, err);

	while (result >= 0 && (result = query_next(&query)) == 1)
		row_read(&query, &list[len++]);
	query_end(&query);
	if (result < 0) {
		release_list_free(list, len);
		return result;
	}
	*ret_list = list;
	*ret_len = len;
	return 0;
}

int release_previous(struct tx *tx, const struct release *release, struct release *ret_release,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &release_sql_previous, err, "iii",
		release->organization_id, release->added_at_us, release->id);

	return read_one(&query, result, ret_release);
}

int release_is_reached(struct tx *tx, int64_t release_id, int64_t member_id, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &release_sql_reached, err, "ii", release_id,
		member_id);

	query_end(&query);
	return result;
}

int release_projects(struct tx *tx, int64_t release_id, json_t **ret_projects, struct err *err)
{
	cleanup_json json_t *projects = json_array();
	struct query query;
	int result = query_begin(&query, tx, &release_sql_projects, err, "i", release_id);

	while (result >= 0 && (result = query_next(&query)) == 1)
		json_array_append_new(projects, json_pack("{s:I, s:s, s:s, s:s?}", "id",
			(json_int_t)query_int(&query, 0), "slug", query_text(&query, 1), "name",
			query_text(&query, 2), "platform", query_text(&query, 3)));
	query_end(&query);
	if (result < 0)
		return result;
	*ret_projects = steal(&projects);
	return 0;
}

void release_clear(struct release *release)
{
	free(release->version);
	free(release->semver);
	free(release->ref);
	free(release->url);
	json_decref(release->data);
	*release = (struct release){0};
}

void release_list_free(struct release *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		release_clear(&list[i]);
	free(list);
}
