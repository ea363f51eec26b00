/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/issue.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/issue_private.h"
#include "core/storage/json_column.h"

SQL(issue_sql_number, "INSERT INTO project_counter (project_id, issues) VALUES ($1, 1) "
	"ON CONFLICT (project_id) DO UPDATE SET issues = project_counter.issues + 1 "
	"RETURNING issues");
SQL(issue_sql_insert, "INSERT INTO issue (organization_id, project_id, number, title, culprit, "
	"type, level, platform, logger, url, metadata, substatus, first_seen_at, last_seen_at, "
	"first_release_id, last_release_id, added_at, updated_at) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'new', $12, $12, $13, $13, "
	"$14, $14) RETURNING id");
SQL(issue_sql_get, "SELECT " ISSUE_COLUMNS " FROM issue i "
	"JOIN project p ON p.id = i.project_id WHERE i.id = $1 AND p.status = 0");
SQL(issue_sql_find_number, "SELECT " ISSUE_COLUMNS " FROM issue i "
	"JOIN project p ON p.id = i.project_id WHERE i.project_id = $1 AND i.number = $2 "
	"AND p.status = 0");
SQL(issue_sql_find_hash, "SELECT " ISSUE_COLUMNS " FROM issue_hash h "
	"JOIN issue i ON i.id = h.issue_id JOIN project p ON p.id = i.project_id "
	"WHERE h.project_id = $1 AND h.hash = $2");
SQL(issue_sql_hash_add, "INSERT INTO issue_hash (project_id, hash, issue_id) "
	"VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
SQL(issue_sql_hashes, "SELECT hash FROM issue_hash WHERE issue_id = $1 AND hash > $2 "
	"ORDER BY hash LIMIT $3");
SQL(issue_sql_hashes_back, "SELECT hash FROM issue_hash WHERE issue_id = $1 AND hash < $2 "
	"ORDER BY hash DESC LIMIT $3");
SQL(issue_sql_user_add, "INSERT INTO issue_user (issue_id, user_hash) SELECT id, $1 FROM issue "
	"WHERE id = $2 AND users_seen < $3 ON CONFLICT DO NOTHING");
/* What came late does not move the newest sighting back. */
SQL(issue_sql_count, "UPDATE issue SET times_seen = times_seen + $1, "
	"last_release_id = CASE WHEN $2 >= last_seen_at AND $3 > 0 THEN $3 "
	"ELSE last_release_id END, "
	"first_release_id = CASE WHEN first_release_id IS NULL AND $3 > 0 THEN $3 "
	"ELSE first_release_id END, "
	"first_seen_at = CASE WHEN $2 < first_seen_at THEN $2 ELSE first_seen_at END, "
	"last_seen_at = CASE WHEN $2 > last_seen_at THEN $2 ELSE last_seen_at END, "
	"users_seen = users_seen + $4, updated_at = $5 WHERE id = $6");
SQL(issue_sql_describe, "UPDATE issue SET title = COALESCE($1, title), "
	"culprit = COALESCE($2, culprit), type = COALESCE($3, type), "
	"platform = COALESCE($4, platform), url = COALESCE($5, url), "
	"level = CASE WHEN $6 > 0 THEN $6 ELSE level END, "
	"metadata = COALESCE($7, metadata), updated_at = $8 WHERE id = $9");
SQL(issue_sql_set_status, "UPDATE issue SET status = $1, substatus = $2, resolved_at = $3, "
	"updated_at = $4 WHERE id = $5");
SQL(issue_sql_set_assignee, "UPDATE issue SET assignee_account_id = $1, "
	"assignee_team_id = $2, assigned_at = $3, updated_at = $4 WHERE id = $5");

/* ---- Rows ---- */

void issue_row_read(struct query *query, struct issue *ret_issue)
{
	*ret_issue = (struct issue){
		.id = query_int(query, 0),
		.organization_id = query_int(query, 1),
		.project_id = query_int(query, 2),
		.number = query_int(query, 3),
		.project_slug = xstrdup(query_text(query, 4)),
		.title = xstrdup(query_text(query, 5)),
		.culprit = xstrdup(query_text(query, 6)),
		.type = xstrdup(query_text(query, 7)),
		.level = (int)query_int(query, 8),
		.platform = xstrdup(query_text(query, 9)),
		.logger = xstrdup(query_text(query, 10)),
		.url = xstrdup(query_text(query, 11)),
		.metadata = json_column(query, 12),
		.status = (int)query_int(query, 13),
		.substatus = xstrdup(query_text(query, 14)),
		.resolved_at_us = query_int(query, 15),
		.assignee_account_id = query_int(query, 16),
		.assignee_team_id = query_int(query, 17),
		.assigned_at_us = query_int(query, 18),
		.times_seen = query_int(query, 19),
		.users_seen = query_int(query, 20),
		.first_seen_at_us = query_int(query, 21),
		.last_seen_at_us = query_int(query, 22),
		.first_release_id = query_int(query, 23),
		.last_release_id = query_int(query, 24),
		.added_at_us = query_int(query, 25),
		.updated_at_us = query_int(query, 26),
	};
}

static const int64_t *or_null(const int64_t *id)
{
	return *id > 0 ? id : NULL;
}

int issue_insert(struct tx *tx, const struct issue_new *issue, int64_t *ret_id, struct err *err)
{
	cleanup_free char *metadata = json_column_text(issue->metadata);
	int64_t number;
	int result = tx_insert(tx, &issue_sql_number, &number, err, "i", issue->project_id);

	if (result < 0)
		return result;
	return tx_insert(tx, &issue_sql_insert, ret_id, err, "iiisssissssioi",
		issue->organization_id, issue->project_id, number, issue->title,
		issue->culprit ? issue->culprit : "", issue->type ? issue->type : "default",
		(int64_t)issue->level, issue->platform, issue->logger, issue->url, metadata,
		issue->first_seen_at_us, or_null(&issue->release_id), issue->now_us);
}

static int read_one(struct query *query, int result, struct issue *ret_issue)
{
	if (result == 1)
		issue_row_read(query, ret_issue);
	query_end(query);
	return result;
}

int issue_get(struct tx *tx, int64_t id, struct issue *ret_issue, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &issue_sql_get, err, "i", id);

	result = read_one(&query, result, ret_issue);
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "The requested resource does not exist");
	return result < 0 ? result : 0;
}

int issue_find_number(struct tx *tx, int64_t project_id, int64_t number, struct issue *ret_issue,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &issue_sql_find_number, err, "ii", project_id, number);

	return read_one(&query, result, ret_issue);
}

/* ---- Hashes ---- */

int issue_find_hash(struct tx *tx, int64_t project_id, const char *hash, struct issue *ret_issue,
	struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &issue_sql_find_hash, err, "is", project_id, hash);

	return read_one(&query, result, ret_issue);
}

int issue_hash_add(struct tx *tx, int64_t project_id, const char *hash, int64_t issue_id,
	struct err *err)
{
	int result = tx_exec(tx, &issue_sql_hash_add, err, "isi", project_id, hash, issue_id);

	return result < 0 ? result : 0;
}

int issue_hashes(struct tx *tx, int64_t issue_id, const struct keyset *place,
	json_t **ret_hashes, struct err *err)
{
	cleanup_json json_t *hashes = json_array();
	struct query query;
	int result = query_begin(&query, tx, place->back ? &issue_sql_hashes_back
		: &issue_sql_hashes, err, "isi", issue_id, place->text, place->limit);

	while (result >= 0 && (result = query_next(&query)) == 1)
		json_array_append_new(hashes, json_string(query_text(&query, 0)));
	query_end(&query);
	if (result < 0)
		return result;
	*ret_hashes = steal(&hashes);
	return 0;
}

/* ---- Changes ---- */

int issue_count(struct tx *tx, const struct issue_count *count, struct err *err)
{
	int users = count->user ? tx_exec(tx, &issue_sql_user_add, err, "sii", count->user,
		count->issue_id, (int64_t)ISSUE_USERS_MAX) : 0;
	int result = users < 0 ? users : tx_exec(tx, &issue_sql_count, err, "iiiiii",
		count->times, count->seen_at_us, count->release_id, (int64_t)users,
		count->now_us, count->issue_id);

	return result < 0 ? result : 0;
}

int issue_describe(struct tx *tx, const struct issue_describe *describe, struct err *err)
{
	cleanup_free char *metadata = describe->metadata ? json_column_text(describe->metadata)
							 : NULL;
	int result = tx_exec(tx, &issue_sql_describe, err, "sssssisii", describe->title,
		describe->culprit, describe->type, describe->platform, describe->url,
		(int64_t)describe->level, metadata, describe->now_us, describe->issue_id);

	return result < 0 ? result : 0;
}

int issue_set_status(struct tx *tx, int64_t id, int status, const char *substatus,
	int64_t resolved_at_us, int64_t now_us, struct err *err)
{
	int result = tx_exec(tx, &issue_sql_set_status, err, "isoii", (int64_t)status, substatus,
		or_null(&resolved_at_us), now_us, id);

	return result < 0 ? result : 0;
}

int issue_set_assignee(struct tx *tx, int64_t id, int64_t account_id, int64_t team_id,
	int64_t now_us, struct err *err)
{
	bool assigned = account_id > 0 || team_id > 0;
	int result = tx_exec(tx, &issue_sql_set_assignee, err, "oooii", or_null(&account_id),
		or_null(&team_id), assigned ? &now_us : NULL, now_us, id);

	return result < 0 ? result : 0;
}

void issue_clear(struct issue *issue)
{
	free(issue->project_slug);
	free(issue->title);
	free(issue->culprit);
	free(issue->type);
	free(issue->platform);
	free(issue->logger);
	free(issue->url);
	json_decref(issue->metadata);
	free(issue->substatus);
	*issue = (struct issue){0};
}

void issue_list_free(struct issue *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		issue_clear(&list[i]);
	free(list);
}

/* ---- Names ---- */

static const char *const statuses[] = {
	[ISSUE_UNRESOLVED] = "unresolved",
	[ISSUE_RESOLVED] = "resolved",
	[ISSUE_IGNORED] = "ignored",
};
/* By tens. */
static const char *const levels[] = {NULL, "debug", "info", "warning", "error", "fatal"};

int issue_status_parse(const char *text)
{
	for (size_t i = 0; i < lengthof(statuses); i++)
		if (strcmp(statuses[i], text) == 0)
			return (int)i;
	return -1;
}

const char *issue_status_name(int status)
{
	return status >= 0 && status < (int)lengthof(statuses) ? statuses[status] : "unresolved";
}

int issue_level_parse(const char *text)
{
	for (size_t i = 1; i < lengthof(levels); i++)
		if (strcmp(levels[i], text) == 0)
			return (int)i * 10;
	return 0;
}

const char *issue_level_name(int level)
{
	return level >= ISSUE_DEBUG && level <= ISSUE_FATAL ? levels[level / 10] : "error";
}
