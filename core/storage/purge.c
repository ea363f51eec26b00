/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/purge.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/external_project.h"
#include "core/storage/issue.h"
#include "core/storage/link.h"

#define STEP 200               /* rows at once */
#define PARENTS 20             /* rows at once that have others below them */
#define ISSUES 10              /* each may take a thousand rows along */

/* ---- What is deleted ---- */

SQL(purge_organization_state, "SELECT 1 FROM organization WHERE id = $1 AND status <> 0");
SQL(purge_project_state, "SELECT 1 FROM project WHERE id = $1 AND status <> 0");
SQL(purge_team_state, "SELECT 1 FROM team WHERE id = $1 AND status <> 0");
SQL(purge_organization_list, "SELECT id FROM organization WHERE id > $1 AND status <> 0 "
	"ORDER BY id LIMIT $2");
SQL(purge_project_list, "SELECT id FROM project WHERE id > $1 AND status <> 0 "
	"ORDER BY id LIMIT $2");
SQL(purge_team_list, "SELECT id FROM team WHERE id > $1 AND status <> 0 ORDER BY id LIMIT $2");

/* One table: 'sql' deletes the first 'rows' ($2) rows of an owner ($1). */
struct purge {
	const struct sql *sql;
	int64_t rows;
};

/* ---- A project ---- */

SQL(purge_issues, "SELECT id FROM issue WHERE project_id = $1 ORDER BY number LIMIT $2");
SQL(purge_codeowners, "DELETE FROM codeowners WHERE id IN (SELECT id FROM codeowners "
	"WHERE project_id = $1 ORDER BY id LIMIT $2)");
SQL(purge_code_mappings, "DELETE FROM code_mapping WHERE id IN (SELECT id FROM code_mapping "
	"WHERE project_id = $1 LIMIT $2)");
SQL(purge_ownership, "DELETE FROM ownership WHERE project_id IN (SELECT project_id "
	"FROM ownership WHERE project_id = $1 LIMIT $2)");
SQL(purge_enrolments, "DELETE FROM data_forwarder_project WHERE id IN (SELECT id "
	"FROM data_forwarder_project WHERE project_id = $1 LIMIT $2)");
SQL(purge_form_defaults, "DELETE FROM form_default WHERE (account_id, project_id, provider) IN "
	"(SELECT account_id, project_id, provider FROM form_default WHERE project_id = $1 "
	"LIMIT $2)");
SQL(purge_release_projects, "DELETE FROM release_project WHERE (project_id, release_id) IN "
	"(SELECT project_id, release_id FROM release_project WHERE project_id = $1 LIMIT $2)");
SQL(purge_project_teams, "DELETE FROM project_team WHERE (project_id, team_id) IN "
	"(SELECT project_id, team_id FROM project_team WHERE project_id = $1 LIMIT $2)");
SQL(purge_keys, "DELETE FROM project_key WHERE id IN (SELECT id FROM project_key "
	"WHERE project_id = $1 ORDER BY id LIMIT $2)");
SQL(purge_counter, "DELETE FROM project_counter WHERE project_id IN (SELECT project_id "
	"FROM project_counter WHERE project_id = $1 LIMIT $2)");
SQL(purge_project, "DELETE FROM project WHERE id IN (SELECT id FROM project WHERE id = $1 "
	"LIMIT $2)");

static const struct purge of_project[] = {
	{&purge_codeowners, STEP},
	{&purge_code_mappings, STEP},
	{&purge_ownership, STEP},
	{&purge_enrolments, STEP},
	{&purge_form_defaults, STEP},
	{&purge_release_projects, STEP},
	{&purge_project_teams, STEP},
	{&purge_keys, STEP},
	{&purge_counter, STEP},
	{&purge_project, STEP},
	{0},
};

/* ---- A team ---- */

SQL(purge_assignments, "UPDATE issue SET assignee_team_id = NULL, assigned_at = NULL "
	"WHERE id IN (SELECT id FROM issue WHERE assignee_team_id = $1 LIMIT $2)");
SQL(purge_team_names, "DELETE FROM external_actor WHERE id IN (SELECT id FROM external_actor "
	"WHERE team_id = $1 LIMIT $2)");
SQL(purge_team_members, "DELETE FROM team_member WHERE (team_id, member_id) IN "
	"(SELECT team_id, member_id FROM team_member WHERE team_id = $1 LIMIT $2)");
SQL(purge_team_projects, "DELETE FROM project_team WHERE (project_id, team_id) IN "
	"(SELECT project_id, team_id FROM project_team WHERE team_id = $1 LIMIT $2)");
SQL(purge_team, "DELETE FROM team WHERE id IN (SELECT id FROM team WHERE id = $1 LIMIT $2)");

static const struct purge of_team[] = {
	{&purge_assignments, STEP},
	{&purge_team_names, STEP},
	{&purge_team_members, STEP},
	{&purge_team_projects, STEP},
	{&purge_team, STEP},
	{0},
};

/* ---- An organization, when its projects, teams and links are gone ---- */

#define RELEASES "(SELECT id FROM release WHERE organization_id = $1 ORDER BY version LIMIT $2)"
#define COMMITS "(SELECT id FROM scm_commit WHERE organization_id = $1 ORDER BY id LIMIT $2)"

SQL(purge_deploys, "DELETE FROM deploy WHERE id IN (SELECT id FROM deploy "
	"WHERE organization_id = $1 ORDER BY id LIMIT $2)");
SQL(purge_release_commits, "DELETE FROM release_commit WHERE release_id IN " RELEASES);
SQL(purge_release_refs, "DELETE FROM release_ref WHERE release_id IN " RELEASES);
SQL(purge_releases, "DELETE FROM release WHERE id IN " RELEASES);
SQL(purge_pull_requests, "DELETE FROM pull_request WHERE id IN (SELECT id FROM pull_request "
	"WHERE organization_id = $1 ORDER BY id LIMIT $2)");
SQL(purge_commit_files, "DELETE FROM commit_file WHERE commit_id IN " COMMITS);
SQL(purge_commits, "DELETE FROM scm_commit WHERE id IN " COMMITS);
SQL(purge_repositories, "DELETE FROM repository WHERE id IN (SELECT id FROM repository "
	"WHERE organization_id = $1 LIMIT $2)");
SQL(purge_authors, "DELETE FROM commit_author WHERE id IN (SELECT id FROM commit_author "
	"WHERE organization_id = $1 LIMIT $2)");
SQL(purge_external_issues, "DELETE FROM external_issue WHERE id IN (SELECT id "
	"FROM external_issue WHERE organization_id = $1 LIMIT $2)");
SQL(purge_names, "DELETE FROM external_actor WHERE id IN (SELECT id FROM external_actor "
	"WHERE organization_id = $1 LIMIT $2)");
SQL(purge_forwarders, "DELETE FROM data_forwarder WHERE id IN (SELECT id FROM data_forwarder "
	"WHERE organization_id = $1 LIMIT $2)");
SQL(purge_pipelines, "DELETE FROM pipeline WHERE id IN (SELECT id FROM pipeline "
	"WHERE organization_id = $1 ORDER BY id LIMIT $2)");
SQL(purge_integrations, "DELETE FROM integration WHERE id IN (SELECT id FROM integration "
	"WHERE owner_organization_id = $1 ORDER BY id LIMIT $2)");
SQL(purge_tokens, "DELETE FROM api_token WHERE id IN (SELECT id FROM api_token "
	"WHERE organization_id = $1 ORDER BY id LIMIT $2)");
SQL(purge_login_links, "DELETE FROM login_link WHERE hash IN (SELECT hash FROM login_link "
	"WHERE organization_id = $1 ORDER BY hash LIMIT $2)");
SQL(purge_sessions, "DELETE FROM session WHERE id IN (SELECT id FROM session "
	"WHERE organization_id = $1 ORDER BY id LIMIT $2)");
SQL(purge_members, "DELETE FROM member WHERE id IN (SELECT id FROM member "
	"WHERE organization_id = $1 LIMIT $2)");
SQL(purge_audit, "DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log "
	"WHERE organization_id = $1 ORDER BY id LIMIT $2)");
SQL(purge_organization, "DELETE FROM organization WHERE id IN (SELECT id FROM organization "
	"WHERE id = $1 LIMIT $2)");

static const struct purge of_organization[] = {
	{&purge_deploys, STEP},
	{&purge_release_commits, PARENTS},
	{&purge_release_refs, PARENTS},
	{&purge_releases, PARENTS},
	{&purge_pull_requests, STEP},
	{&purge_commit_files, PARENTS},
	{&purge_commits, PARENTS},
	{&purge_repositories, STEP},
	{&purge_authors, STEP},
	{&purge_external_issues, STEP},
	{&purge_names, STEP},
	{&purge_forwarders, STEP},
	{&purge_pipelines, STEP},
	{&purge_integrations, STEP},
	{&purge_tokens, STEP},
	{&purge_login_links, STEP},
	{&purge_sessions, STEP},
	{&purge_members, STEP},
	{&purge_audit, STEP},
	{&purge_organization, STEP},
	{0},
};

SQL(purge_organization_projects, "SELECT id FROM project WHERE organization_id = $1 LIMIT $2");
SQL(purge_organization_teams, "SELECT id FROM team WHERE organization_id = $1 LIMIT $2");
SQL(purge_organization_links, "SELECT id FROM organization_integration "
	"WHERE organization_id = $1 LIMIT $2");
SQL(purge_claim_link, "UPDATE organization_integration SET status = 3, updated_at = $1 "
	"WHERE id = $2");

/* ---- Steps ---- */

/* The first column of a statement's rows. */
static int read_ids(struct tx *tx, const struct sql *sql, int64_t of, int64_t max,
	int64_t *ret_ids, size_t *ret_len, struct err *err)
{
	struct query query;
	size_t len = 0;
	int result = query_begin(&query, tx, sql, err, "ii", of, max);

	while (result >= 0 && (result = query_next(&query)) == 1)
		ret_ids[len++] = query_int(&query, 0);
	query_end(&query);
	*ret_len = len;
	return result < 0 ? result : 0;
}

/* Table after table, until a step's worth of rows is gone: 1; or all are: 0. */
static int purge_tables(struct tx *tx, const struct purge *tables, int64_t id, struct err *err)
{
	int64_t deleted = 0;

	for (; tables->sql; tables++) {
		int result = tx_exec(tx, tables->sql, err, "ii", id, tables->rows);

		if (result < 0)
			return result;
		deleted += result;
		/* A full table's worth: more of it may be left, before what it belongs to. */
		if (result >= tables->rows || deleted >= STEP)
			return 1;
	}
	return 0;
}

static int step_project(struct tx *tx, int64_t id, struct err *err)
{
	int64_t issues[ISSUES];
	size_t len;
	int result = read_ids(tx, &purge_issues, id, ISSUES, issues, &len, err);

	for (size_t i = 0; i < len && result == 0; i++)
		result = issue_delete(tx, issues[i], err);
	if (result < 0)
		return result;
	return len == ISSUES ? 1 : purge_tables(tx, of_project, id, err);
}

/* The link with its map of statuses, and the identity that nobody else uses. */
static int delete_link(struct tx *tx, int64_t id, int64_t now_us, struct err *err)
{
	int result = external_project_clear_map(tx, id, err);

	if (result >= 0)
		result = tx_exec(tx, &purge_claim_link, err, "ii", now_us, id);
	if (result >= 0)
		result = link_delete(tx, id, err);
	return result < 0 ? result : 0;
}

static int step_organization(struct tx *tx, int64_t id, int64_t now_us, struct err *err)
{
	int64_t ids[PARENTS];
	size_t len;
	int result = read_ids(tx, &purge_organization_projects, id, 1, ids, &len, err);

	if (result == 0 && len == 1)
		return step_project(tx, ids[0], err) < 0 ? err->code : 1;
	if (result == 0)
		result = read_ids(tx, &purge_organization_teams, id, 1, ids, &len, err);
	if (result == 0 && len == 1)
		return purge_tables(tx, of_team, ids[0], err) < 0 ? err->code : 1;
	if (result == 0)
		result = read_ids(tx, &purge_organization_links, id, PARENTS, ids, &len, err);
	for (size_t i = 0; i < len && result == 0; i++)
		result = delete_link(tx, ids[i], now_us, err);
	if (result < 0)
		return result;
	return len == PARENTS ? 1 : purge_tables(tx, of_organization, id, err);
}

int purge_step(struct tx *tx, enum purge_kind kind, int64_t id, int64_t now_us, struct err *err)
{
	static const struct sql *const states[] = {
		[PURGE_ORGANIZATION] = &purge_organization_state,
		[PURGE_PROJECT] = &purge_project_state,
		[PURGE_TEAM] = &purge_team_state,
	};
	struct query query;
	int result = query_first(&query, tx, states[kind], err, "i", id);

	query_end(&query);
	if (result != 1)
		return result;
	switch (kind) {
	case PURGE_ORGANIZATION:
		return step_organization(tx, id, now_us, err);
	case PURGE_PROJECT:
		return step_project(tx, id, err);
	case PURGE_TEAM:
		return purge_tables(tx, of_team, id, err);
	}
	return 0;
}

int purge_list(struct tx *tx, enum purge_kind kind, int64_t after_id, size_t max,
	int64_t *ret_ids, size_t *ret_len, struct err *err)
{
	static const struct sql *const lists[] = {
		[PURGE_ORGANIZATION] = &purge_organization_list,
		[PURGE_PROJECT] = &purge_project_list,
		[PURGE_TEAM] = &purge_team_list,
	};

	return read_ids(tx, lists[kind], after_id, (int64_t)max, ret_ids, ret_len, err);
}
