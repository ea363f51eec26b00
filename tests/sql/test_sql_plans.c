/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Every statement of the program is one that SQLite takes on the schema, and finds its
 * rows by an index: a scan is a mistake unless it stands in the list below.
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <unistd.h>

#include <sqlite3.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/storage/store.h"
#include "core/storage/tx.h"

extern const struct sql __start_mortise_sql[];
extern const struct sql __stop_mortise_sql[];

/* What any statement may walk: tables and indexes that stay small. */
static const char *const small[] = {
	"SCAN CONSTANT ROW",
	"SCAN daemon_secret",
	"SCAN delivery_fold",
	"SCAN dictionary",
	"SCAN plugin",
	"SCAN schedule",
	/* Only what runs now. */
	"SCAN job USING INDEX job_running",
	"SCAN j USING INDEX job_running",
};

/* Statements that may walk a table, with the reason. */
static const struct {
	const char *name, *why;
} scans[] = {
	{"api_token_sql_list_all", "in the order of ids, a page at a time"},
	{"integration_sql_move_gates", "after the clock was set back"},
	{"issue_sql_old", "over the organizations; the issues of each by an index"},
	{"job_sql_key_hurry", "over the unfinished jobs of one key"},
	{"job_sql_list_waiting", "for the operator, a page at a time"},
	{"job_sql_move_back", "after the clock was set back"},
	{"job_sql_newest", "in the order of ids, the newest only"},
	{"pipeline_each_sql", "in the order of ids, the newest only"},
	{"sealed_enrolment_keys", "once at start"},
	{"sealed_forwarder_keys", "once at start"},
	{"release_commit_sql_authors", "50 commits of a release, taken from an index"},
	{"release_sql_previous", "1,000 releases, taken from an index"},
	{"sealed_identity_keys", "once at start"},
	{"sealed_integration_keys", "once at start"},
	{"sealed_link_keys", "once at start"},
	{"sealed_pipeline_keys", "once at start"},
};

struct fixture {
	char dir[32];
	sqlite3 *db;
};

static int setup(void **state)
{
	struct fixture *fixture = new(struct fixture);
	struct store_settings settings = {.url = "sqlite:test.db", .state_dir = fixture->dir};
	cleanup_free char *path = NULL;
	struct store *store;
	struct err err = {0};

	log_setup(MORTISE_LOG_ERROR - 1, LOG_LOGFMT);
	strcpy(fixture->dir, "/tmp/mortise-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->dir));
	if (store_open(&settings, &store, &err) < 0)
		fail_msg("%s", err_text(&err));
	store_close(store);
	path = xasprintf("%s/test.db", fixture->dir);
	assert_int_equal(sqlite3_open(path, &fixture->db), SQLITE_OK);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	cleanup_free char *command = xasprintf("rm -r %s", fixture->dir);

	sqlite3_close(fixture->db);
	assert_int_equal(system(command), 0);
	free(fixture);
	return 0;
}

static bool may_scan(const char *name)
{
	for (size_t i = 0; i < lengthof(scans); i++)
		if (strcmp(scans[i].name, name) == 0)
			return true;
	return false;
}

static bool is_small(const char *detail)
{
	for (size_t i = 0; i < lengthof(small); i++) {
		size_t size = strlen(small[i]);

		if (strncmp(detail, small[i], size) == 0 && (!detail[size] || detail[size] == ' '))
			return true;
	}
	return false;
}

/* How many scans the plan of a statement has; each is printed. */
static int count_scans(sqlite3 *db, const struct sql *sql)
{
	cleanup_free char *text = xasprintf("EXPLAIN QUERY PLAN %s", sql->text);
	sqlite3_stmt *statement;
	int found = 0;

	if (sqlite3_prepare_v2(db, text, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql->name, sqlite3_errmsg(db));
	while (sqlite3_step(statement) == SQLITE_ROW) {
		const char *detail = (const char *)sqlite3_column_text(statement, 3);

		if (strncmp(detail, "SCAN ", 5) != 0 || is_small(detail))
			continue;
		found++;
		if (!may_scan(sql->name))
			print_message("# %s: %s\n", sql->name, detail);
	}
	sqlite3_finalize(statement);
	return found;
}

static bool sorts(sqlite3 *db, const struct sql *sql)
{
	cleanup_free char *text = xasprintf("EXPLAIN QUERY PLAN %s", sql->text);
	sqlite3_stmt *statement;
	bool found = false;

	if (sqlite3_prepare_v2(db, text, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql->name, sqlite3_errmsg(db));
	while (sqlite3_step(statement) == SQLITE_ROW)
		found |= strstr((const char *)sqlite3_column_text(statement, 3), "ORDER BY") != NULL;
	sqlite3_finalize(statement);
	return found;
}

static void every_statement_finds_its_rows_by_an_index(void **state)
{
	struct fixture *fixture = *state;
	int scanning = 0;

	assert_true(__stop_mortise_sql - __start_mortise_sql > 100);
	for (const struct sql *sql = __start_mortise_sql; sql < __stop_mortise_sql; sql++)
		scanning += count_scans(fixture->db, sql) > 0 && !may_scan(sql->name);
	assert_int_equal(scanning, 0);
}

/* Pages, and the ends of an order, cost what they show: their rows come in the order of an
 * index and are not sorted first. */
static void what_is_asked_for_in_order_is_not_sorted(void **state)
{
	static const char *const ordered[] = {"issue_sql_list_organization_new",
		"issue_sql_list_organization_seen", "issue_sql_list_project_new",
		"issue_sql_list_project_seen", "issue_sql_list_organization_new_back",
		"issue_sql_list_organization_seen_back", "issue_sql_list_project_new_back",
		"issue_sql_list_project_seen_back", "activity_sql_list", "activity_sql_list_back", "release_sql_above",
		"release_sql_after", "release_sql_highest", "release_sql_latest",
		"release_sql_list", "release_sql_list_back", "release_sql_list_project",
		"release_sql_list_project_back", "release_sql_newest",
		"deploy_sql_list", "deploy_sql_list_back", "deploy_sql_last",
		"resolution_sql_list", "resolution_sql_list_back",
		"release_commit_sql_list", "release_commit_sql_list_back", "release_ref_sql_commits",
		"release_ref_sql_commits_after", "release_ref_sql_previous",
		"commit_sql_list", "commit_sql_list_back", "pull_request_sql_list",
		"pull_request_sql_list_back", "repository_sql_list_active",
		"repository_sql_list_active_back", "code_mapping_sql_list",
		"code_mapping_sql_list_back", "code_mapping_sql_integration",
		"code_mapping_sql_integration_back", "code_mapping_sql_project",
		"code_mapping_sql_project_back", "code_mapping_sql_list_project",
		"issue_sql_hashes", "issue_sql_hashes_back", "api_token_sql_list_account",
		"api_token_sql_list_account_back", "api_token_sql_list_own",
		"api_token_sql_list_own_back",
		"member_sql_list", "member_sql_list_back", "member_sql_list_team",
		"member_sql_list_team_back", "organization_sql_list", "organization_sql_list_back",
		"project_key_sql_list", "project_key_sql_list_back", "project_sql_list",
		"project_sql_list_back", "team_sql_list", "team_sql_list_back"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < lengthof(ordered); i++) {
		const struct sql *sql = __start_mortise_sql;

		while (sql < __stop_mortise_sql && strcmp(sql->name, ordered[i]) != 0)
			sql++;
		if (sql == __stop_mortise_sql)
			fail_msg("there is no %s", ordered[i]);
		if (sorts(fixture->db, sql))
			fail_msg("%s sorts", sql->name);
	}
}

/* A statement that scans no more leaves the list. */
static void the_list_of_scans_holds_no_more_than_is_true(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < lengthof(scans); i++)
		for (const struct sql *sql = __start_mortise_sql; sql < __stop_mortise_sql; sql++)
			if (strcmp(sql->name, scans[i].name) == 0 &&
				count_scans(fixture->db, sql) == 0)
				fail_msg("%s scans nothing", sql->name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_statement_finds_its_rows_by_an_index, setup,
			teardown),
		cmocka_unit_test_setup_teardown(what_is_asked_for_in_order_is_not_sorted, setup,
			teardown),
		cmocka_unit_test_setup_teardown(the_list_of_scans_holds_no_more_than_is_true, setup,
			teardown),
	};

	return cmocka_run_group_tests_name("sql_plans", tests, NULL, NULL);
}
