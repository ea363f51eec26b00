/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/legacy.h"

#include "core/base/err.h"
#include "core/base/mem.h"

SQL(legacy_issue_sql_insert, "INSERT INTO legacy_issue (organization_id, provider, base_url, "
	"issue_id, key, ignored_fields, added_at) VALUES ($1, $2, $3, $4, $5, $6, $7) "
	"ON CONFLICT DO NOTHING");
SQL(legacy_issue_sql_list, "SELECT id, organization_id, issue_id, provider, base_url, key, "
	"ignored_fields FROM legacy_issue WHERE organization_id = $1 AND provider = $2 AND id > $3 "
	"ORDER BY id LIMIT $4");
SQL(legacy_issue_sql_delete, "DELETE FROM legacy_issue WHERE id = $1");
SQL(legacy_repository_sql_exists, "SELECT 1 FROM repository WHERE organization_id = $1 "
	"AND name = $2 AND provider = $3");
SQL(legacy_repository_sql_insert, "INSERT INTO repository (organization_id, provider, external_id, "
	"name, url, added_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6) "
	"ON CONFLICT DO NOTHING");
SQL(legacy_repository_sql_list, "SELECT id FROM repository WHERE organization_id = $1 "
	"AND provider = $2 AND integration_id IS NULL AND status IN (0, 1) AND id > $3 "
	"ORDER BY id LIMIT $4");
/* Status 1: disabled; one that is being deleted stays so. */
SQL(legacy_repository_sql_take, "UPDATE repository SET provider = $1, external_id = $2, name = $3, "
	"url = coalesce($4, url), integration_id = $5, "
	"status = CASE WHEN status = 1 THEN 0 ELSE status END, updated_at = $6 "
	"WHERE id = $7 AND status IN (0, 1)");
SQL(legacy_repository_sql_other, "SELECT 1 FROM repository WHERE organization_id = "
	"(SELECT organization_id FROM repository WHERE id = $1) AND provider = $2 "
	"AND external_id = $3 AND id <> $1");

int legacy_issue_insert(struct tx *tx, const struct legacy_issue *issue, int64_t now_us,
	struct err *err)
{
	cleanup_free char *ignored = json_dumps(issue->ignored_fields, JSON_COMPACT);

	return tx_exec(tx, &legacy_issue_sql_insert, err, "ississi",
		issue->organization_id, issue->provider, issue->base_url, issue->issue_id,
		issue->key, ignored, now_us);
}

int legacy_issue_list(struct tx *tx, int64_t organization_id, const char *provider,
	int64_t after_id, size_t max, struct legacy_issue *ret_issues, size_t *ret_len,
	struct err *err)
{
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &legacy_issue_sql_list, err, "isii", organization_id,
		provider, after_id, (int64_t)max);

	while (result >= 0 && (result = query_next(&query)) == 1) {
		json_t *ignored = json_loads(query_text(&query, 6), 0, NULL);

		ret_issues[len++] = (struct legacy_issue){
			.id = query_int(&query, 0),
			.organization_id = query_int(&query, 1),
			.issue_id = query_int(&query, 2),
			.provider = xstrdup(query_text(&query, 3)),
			.base_url = xstrdup(query_text(&query, 4)),
			.key = xstrdup(query_text(&query, 5)),
			.ignored_fields = ignored ? ignored : json_array(),
		};
	}
	query_end(&query);
	for (size_t i = 0; result < 0 && i < len; i++)
		legacy_issue_clear(&ret_issues[i]);
	*ret_len = result < 0 ? 0 : len;
	return result < 0 ? result : 0;
}

int legacy_issue_delete(struct tx *tx, int64_t id, struct err *err)
{
	int result = tx_exec(tx, &legacy_issue_sql_delete, err, "i", id);

	return result < 0 ? result : 0;
}

void legacy_issue_clear(struct legacy_issue *issue)
{
	free(issue->provider);
	free(issue->base_url);
	free(issue->key);
	json_decref(issue->ignored_fields);
	*issue = (struct legacy_issue){0};
}

int legacy_repository_insert(struct tx *tx, const struct legacy_repository *repository,
	int64_t now_us, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &legacy_repository_sql_exists, err, "iss",
		repository->organization_id, repository->name, repository->provider);

	query_end(&query);
	if (result != 0)
		return result < 0 ? result : 0;
	return tx_exec(tx, &legacy_repository_sql_insert, err, "issssi",
		repository->organization_id, repository->provider, repository->external_id,
		repository->name, repository->url, now_us);
}

int legacy_repository_list(struct tx *tx, int64_t organization_id, const char *provider,
	int64_t after_id, size_t max, int64_t *ret_ids, size_t *ret_len, struct err *err)
{
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, &legacy_repository_sql_list, err, "isii",
		organization_id, provider, after_id, (int64_t)max);

	while (result >= 0 && (result = query_next(&query)) == 1)
		ret_ids[len++] = query_int(&query, 0);
	query_end(&query);
	*ret_len = len;
	return result < 0 ? result : 0;
}

int legacy_repository_take(struct tx *tx, const struct legacy_take *take, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &legacy_repository_sql_other, err, "iss",
		take->repository_id, take->provider, take->external_id);

	query_end(&query);
	if (result == 1)
		return err_set(err, MORTISE_E_CONFLICT, "the organization has the repository \"%s\" "
			"already", take->name);
	if (result == 0)
		result = tx_exec(tx, &legacy_repository_sql_take, err, "ssssiii", take->provider,
			take->external_id, take->name, take->url, take->integration_id, take->now_us,
			take->repository_id);
	return result < 0 ? result : 0;
}
