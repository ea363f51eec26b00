/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Deleting a repository, and what belongs to one that was hidden, in steps that hold the
 * writer shortly.  Releases keep their other commits; issues that its commits resolved
 * stay resolved.
 */
#include "config.h"
#include "core/storage/repository.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/code_mapping.h"
#include "core/storage/integration.h"

#define STEP 100

SQL(repository_sql_begin_deletion, "UPDATE repository SET status = 2, updated_at = $1 "
	"WHERE id = $2 AND status IN (0, 1)");
SQL(repository_sql_keep, "UPDATE repository SET status = 1, updated_at = $1 "
	"WHERE id = $2 AND status = 2");
SQL(repository_sql_claim, "UPDATE repository SET status = 3 "
	"WHERE id = $1 AND (status = 3 OR (status = 2 AND updated_at = $2))");
SQL(repository_sql_status, "SELECT status FROM repository WHERE id = $1");
SQL(repository_sql_has_commits, "SELECT 1 FROM scm_commit WHERE repository_id = $1 LIMIT 1");

#define PULL_REQUESTS                                                                \
	"(SELECT id FROM pull_request WHERE repository_id = $1 ORDER BY added_at, id LIMIT $2)"
#define COMMITS "(SELECT id FROM scm_commit WHERE repository_id = $1 ORDER BY added_at, id LIMIT $2)"

SQL(repository_sql_purge_pull_links, "DELETE FROM issue_link WHERE linked_type = 2 "
	"AND linked_id IN " PULL_REQUESTS);
SQL(repository_sql_purge_pulls, "DELETE FROM pull_request WHERE id IN " PULL_REQUESTS);
SQL(repository_sql_purge_commit_links, "DELETE FROM issue_link WHERE linked_type = 1 "
	"AND linked_id IN " COMMITS);
SQL(repository_sql_purge_files, "DELETE FROM commit_file WHERE commit_id IN " COMMITS);
SQL(repository_sql_purge_released, "DELETE FROM release_commit WHERE commit_id IN " COMMITS);
SQL(repository_sql_purge_commits, "DELETE FROM scm_commit WHERE id IN " COMMITS);
SQL(repository_sql_purge_refs, "DELETE FROM release_ref WHERE (release_id, repository_id) IN "
	"(SELECT release_id, repository_id FROM release_ref WHERE repository_id = $1 LIMIT $2)");
SQL(repository_sql_delete, "DELETE FROM repository WHERE id = $1");

int repository_begin_deletion(struct tx *tx, int64_t id, int64_t now_us, struct err *err)
{
	return tx_exec(tx, &repository_sql_begin_deletion, err, "ii", now_us, id);
}

int repository_keep(struct tx *tx, int64_t id, int64_t now_us, struct err *err)
{
	return tx_exec(tx, &repository_sql_keep, err, "ii", now_us, id);
}

int repository_claim_deletion(struct tx *tx, int64_t id, int64_t since_us, struct err *err)
{
	return tx_exec(tx, &repository_sql_claim, err, "ii", id, since_us);
}

int repository_has_commits(struct tx *tx, int64_t id, bool *ret_has, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &repository_sql_has_commits, err, "i", id);

	query_end(&query);
	*ret_has = result == 1;
	return result < 0 ? result : 0;
}

/* Statements that each remove what belongs to the same rows, and those rows at last.  1: as
 * many as there are in a step, so there may be more. */
static int purge_rows(struct tx *tx, const struct sql *const *statements, int64_t id,
	struct err *err)
{
	int result = 0;

	for (; *statements && result >= 0; statements++)
		result = tx_exec(tx, *statements, err, "ii", id, (int64_t)STEP);
	return result < 0 ? result : result == STEP;
}

static int read_status(struct tx *tx, int64_t id, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &repository_sql_status, err, "i", id);

	if (result == 1)
		result = (int)query_int(&query, 0);
	else if (result == 0)
		result = INTEGRATION_ACTIVE;
	query_end(&query);
	return result;
}

int repository_purge_step(struct tx *tx, int64_t id, struct err *err)
{
	static const struct sql *const pull_requests[] = {
		&repository_sql_purge_pull_links, &repository_sql_purge_pulls, NULL};
	static const struct sql *const commits[] = {&repository_sql_purge_commit_links,
		&repository_sql_purge_files, &repository_sql_purge_released,
		&repository_sql_purge_commits, NULL};
	static const struct sql *const refs[] = {&repository_sql_purge_refs, NULL};
	int status = read_status(tx, id, err);
	int result;

	if (status < 0 || status == INTEGRATION_ACTIVE || status == INTEGRATION_PENDING_DELETION)
		return status < 0 ? status : 0;
	result = code_mapping_delete_repository(tx, id, err);
	if (result == 0)
		result = purge_rows(tx, pull_requests, id, err);
	if (result == 0)
		result = purge_rows(tx, commits, id, err);
	if (result != 0 || status == INTEGRATION_DISABLED)
		return result;
	result = purge_rows(tx, refs, id, err);
	if (result == 0)
		result = tx_exec(tx, &repository_sql_delete, err, "i", id);
	return result < 0 ? result : 0;
}
