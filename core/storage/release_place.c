/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The place of a release among those of a project, by date and by semantic version. */
#include "config.h"
#include "core/storage/release.h"

#include "core/base/err.h"
#include "core/base/mem.h"

#define COLUMNS "rp.release_id, r.version, rp.semver, rp.status, rp.ordered_at"
#define FROM_PLACE "FROM release_project rp JOIN release r ON r.id = rp.release_id "

SQL(release_sql_place, "SELECT " COLUMNS " " FROM_PLACE
	"WHERE rp.project_id = $1 AND rp.release_id = $2");
SQL(release_sql_latest, "SELECT " COLUMNS " " FROM_PLACE
	"WHERE rp.project_id = $1 AND rp.status = 0 "
	"ORDER BY rp.ordered_at DESC, rp.release_id DESC LIMIT 1");
SQL(release_sql_highest, "SELECT " COLUMNS " " FROM_PLACE
	"WHERE rp.project_id = $1 AND rp.status = 0 AND rp.semver IS NOT NULL "
	"ORDER BY rp.semver DESC, rp.release_id DESC LIMIT 1");
SQL(release_sql_after, "SELECT " COLUMNS " " FROM_PLACE
	"WHERE rp.project_id = $1 AND rp.status = 0 AND (rp.ordered_at, rp.release_id) > ($2, $3) "
	"ORDER BY rp.ordered_at, rp.release_id LIMIT 1");
SQL(release_sql_above, "SELECT " COLUMNS " " FROM_PLACE
	"WHERE rp.project_id = $1 AND rp.status = 0 AND rp.semver > $2 "
	"AND rp.semver IS NOT NULL ORDER BY rp.semver, rp.release_id LIMIT 1");
SQL(release_sql_last_seen, "SELECT " COLUMNS " FROM event e "
	"JOIN release_project rp ON rp.project_id = $1 AND rp.release_id = e.release_id "
	"JOIN release r ON r.id = rp.release_id WHERE e.issue_id = $2 AND rp.status = 0 "
	"ORDER BY e.occurred_at DESC, e.id DESC LIMIT 1");
SQL(release_sql_newest, "SELECT rp.semver IS NOT NULL FROM release_project rp "
	"WHERE rp.project_id = $1 AND rp.status = 0 "
	"ORDER BY rp.ordered_at DESC, rp.release_id DESC LIMIT $2");

static int read_one(struct query *query, int result, struct release_place *ret_place)
{
	if (result == 1)
		*ret_place = (struct release_place){
			.release_id = query_int(query, 0),
			.version = xstrdup(query_text(query, 1)),
			.semver = xstrdup(query_text(query, 2)),
			.status = (int)query_int(query, 3),
			.ordered_at_us = query_int(query, 4),
		};
	query_end(query);
	return result;
}

int release_place_get(struct tx *tx, int64_t project_id, int64_t release_id,
	struct release_place *ret_place, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &release_sql_place, err, "ii", project_id, release_id);

	return read_one(&query, result, ret_place);
}

int release_latest(struct tx *tx, int64_t project_id, struct release_place *ret_place,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &release_sql_latest, err, "i", project_id);

	return read_one(&query, result, ret_place);
}

int release_highest(struct tx *tx, int64_t project_id, struct release_place *ret_place,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &release_sql_highest, err, "i", project_id);

	return read_one(&query, result, ret_place);
}

int release_after(struct tx *tx, int64_t project_id, const struct release_place *place,
	struct release_place *ret_place, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &release_sql_after, err, "iii", project_id,
		place->ordered_at_us, place->release_id);

	return read_one(&query, result, ret_place);
}

int release_above(struct tx *tx, int64_t project_id, const char *semver,
	struct release_place *ret_place, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &release_sql_above, err, "is", project_id, semver);

	return read_one(&query, result, ret_place);
}

int release_last_seen(struct tx *tx, int64_t project_id, int64_t issue_id,
	struct release_place *ret_place, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &release_sql_last_seen, err, "ii", project_id, issue_id);

	return read_one(&query, result, ret_place);
}

int release_newest(struct tx *tx, int64_t project_id, size_t max, bool *ret_semver,
	size_t *ret_len, struct err *err)
{
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &release_sql_newest, err, "ii", project_id,
		(int64_t)max);

	while (result >= 0 && (result = query_next(&query)) == 1)
		ret_semver[len++] = query_int(&query, 0) != 0;
	query_end(&query);
	if (result < 0)
		return result;
	*ret_len = len;
	return 0;
}

void release_place_clear(struct release_place *place)
{
	free(place->version);
	free(place->semver);
	*place = (struct release_place){0};
}
