/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Deleting organizations, projects and teams.  Every table of the schema gets a row for
 * each of two organizations, made from what the schema itself says of its columns, so that
 * a table that comes new is in the test without being named.
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#include <sqlite3.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/organization.h"
#include "core/storage/project.h"
#include "core/storage/purge.h"
#include "core/storage/store.h"
#include "core/storage/team.h"
#include "tests/unit/scratch_store.h"

#define TABLES_MAX 100
#define OWNERS 2
#define STEPS_MAX 1000

struct scene {
	struct scratch_store scratch;
	sqlite3 *db;
	char *tables[TABLES_MAX];
	bool filled[TABLES_MAX];
	size_t len;
};

/* ---- Looking at the database ---- */

static int64_t number(struct scene *scene, const char *sql)
{
	sqlite3_stmt *statement;
	int64_t result;

	if (sqlite3_prepare_v2(scene->db, sql, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(scene->db));
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	result = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return result;
}

static sqlite3_stmt *rows(struct scene *scene, const char *pragma, const char *table)
{
	cleanup_free char *sql = xasprintf("SELECT * FROM pragma_%s('%s')", pragma, table);
	sqlite3_stmt *statement;

	assert_int_equal(sqlite3_prepare_v2(scene->db, sql, -1, &statement, NULL), SQLITE_OK);
	return statement;
}

static void look(struct scene *scene)
{
	cleanup_free char *path = xasprintf("%s/test.db", scene->scratch.dir);

	assert_int_equal(sqlite3_open(path, &scene->db), SQLITE_OK);
	sqlite3_busy_timeout(scene->db, 10000);
	sqlite3_exec(scene->db, "PRAGMA foreign_keys = ON", NULL, NULL, NULL);
}

static void list_tables(struct scene *scene)
{
	sqlite3_stmt *statement;

	assert_int_equal(sqlite3_prepare_v2(scene->db, "SELECT name FROM sqlite_master "
		"WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'schema_version' "
		"ORDER BY name", -1, &statement, NULL), SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		assert_true(scene->len < TABLES_MAX);
		scene->tables[scene->len++] =
			xstrdup((const char *)sqlite3_column_text(statement, 0));
	}
	sqlite3_finalize(statement);
}

static int table_index(const struct scene *scene, const char *name)
{
	for (size_t i = 0; i < scene->len; i++)
		if (strcmp(scene->tables[i], name) == 0)
			return (int)i;
	return -1;
}

/* ---- Filling it ---- */

/* The table that a column refers to, by a foreign key or by its name; -1: none. */
static int parent_of(struct scene *scene, const char *table, const char *column, bool *ret_key)
{
	sqlite3_stmt *keys = rows(scene, "foreign_key_list", table);
	cleanup_free char *stem = xstrdup(column);
	char *end = strstr(stem, "_id");
	int parent = -1;

	*ret_key = false;
	while (sqlite3_step(keys) == SQLITE_ROW)
		if (strcmp((const char *)sqlite3_column_text(keys, 3), column) == 0) {
			parent = table_index(scene, (const char *)sqlite3_column_text(keys, 2));
			*ret_key = true;
		}
	sqlite3_finalize(keys);
	if (parent < 0 && strcmp(column, "owner_organization_id") == 0)
		return table_index(scene, "organization");
	if (parent < 0 && end) {
		*end = '\0';
		parent = table_index(scene, stem);
	}
	return parent;
}

/* Each row of a table has the id of its owner: 1 or 2. */
static void add_value(struct buf *sql, const char *table, const char *column, const char *type,
	int owner)
{
	if (strcmp(column, "status") == 0)
		buf_add_text(sql, "0");
	else if (strncmp(type, "INT", 3) == 0)
		buf_printf(sql, "%d", owner);
	else if (strcmp(type, "BLOB") == 0)
		buf_printf(sql, "x'%032d'", owner);
	else
		buf_printf(sql, "'%.8s-%.8s-%d'", table, column, owner);
}

/* False if a table that it refers to is not filled yet. */
static bool can_fill(struct scene *scene, const char *table)
{
	sqlite3_stmt *columns = rows(scene, "table_info", table);
	bool can = true, is_key;

	while (sqlite3_step(columns) == SQLITE_ROW) {
		int parent = parent_of(scene, table,
			(const char *)sqlite3_column_text(columns, 1), &is_key);

		can = can && (!is_key || scene->filled[parent] ||
				     strcmp(scene->tables[parent], table) == 0);
	}
	sqlite3_finalize(columns);
	return can;
}

static void fill(struct scene *scene, const char *table, int owner)
{
	cleanup_buf struct buf names = BUF(4096);
	cleanup_buf struct buf values = BUF(4096);
	sqlite3_stmt *columns = rows(scene, "table_info", table);
	cleanup_free char *sql = NULL;
	char *fault = NULL;

	while (sqlite3_step(columns) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(columns, 1);
		const char *type = (const char *)sqlite3_column_text(columns, 2);

		buf_printf(&names, "%s%s", names.size > 0 ? ", " : "", name);
		if (values.size > 0)
			buf_add_text(&values, ", ");
		add_value(&values, table, name, type, owner);
	}
	sqlite3_finalize(columns);
	sql = xasprintf("INSERT INTO %s (%s) VALUES (%s)", table, buf_text(&names),
		buf_text(&values));
	if (sqlite3_exec(scene->db, sql, NULL, NULL, &fault) != SQLITE_OK)
		fail_msg("%s: %s", sql, fault);
}

static void fill_all(struct scene *scene)
{
	size_t left = scene->len;

	for (size_t turn = 0; left > 0; turn++) {
		assert_true(turn <= scene->len);
		for (size_t i = 0; i < scene->len; i++) {
			if (scene->filled[i] || !can_fill(scene, scene->tables[i]))
				continue;
			for (int owner = 1; owner <= OWNERS; owner++)
				fill(scene, scene->tables[i], owner);
			scene->filled[i] = true;
			left--;
		}
	}
}

static int setup(void **state)
{
	struct scene *scene = new(struct scene);

	scratch_store_open(&scene->scratch);
	look(scene);
	list_tables(scene);
	fill_all(scene);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	sqlite3_close(scene->db);
	scratch_store_close(&scene->scratch);
	for (size_t i = 0; i < scene->len; i++)
		free(scene->tables[i]);
	free(scene);
	return 0;
}

/* ---- Deleting ---- */

struct purging {
	enum purge_kind kind;
	int64_t id;
	bool begin;
	int result;
};

static int purge_in(struct tx *tx, void *arg, struct err *err)
{
	static int (*const begin[])(struct tx *tx, int64_t id, struct err *err) = {
		[PURGE_ORGANIZATION] = organization_begin_deletion,
		[PURGE_PROJECT] = project_begin_deletion,
		[PURGE_TEAM] = team_begin_deletion,
	};
	struct purging *purging = arg;

	purging->result = purging->begin ? begin[purging->kind](tx, purging->id, err)
					 : purge_step(tx, purging->kind, purging->id, 9, err);
	return purging->result < 0 ? purging->result : 0;
}

static int step(struct scene *scene, struct purging *purging)
{
	cleanup_err struct err err = {0};

	if (store_write(scene->scratch.store, purge_in, purging, &err) < 0)
		fail_msg("%s", err_text(&err));
	return purging->result;
}

static void purge(struct scene *scene, enum purge_kind kind, int64_t id)
{
	struct purging purging = {.kind = kind, .id = id, .begin = true};
	int steps = 0;

	assert_int_equal(step(scene, &purging), 1);
	assert_int_equal(step(scene, &purging), 0);
	purging.begin = false;
	while (step(scene, &purging) == 1)
		assert_true(++steps < STEPS_MAX);
}

/* Rows of a table whose 'column' says owner 'owner'; -1: it has no such column. */
static int64_t count(struct scene *scene, const char *table, const char *column, int owner)
{
	cleanup_free char *has = xasprintf("SELECT COUNT(*) FROM pragma_table_info('%s') "
		"WHERE name = '%s'", table, column);
	cleanup_free char *sql = xasprintf("SELECT COUNT(*) FROM %s WHERE %s = %d", table, column,
		owner);

	return number(scene, has) == 1 ? number(scene, sql) : -1;
}

static void expect_gone(struct scene *scene, const char *const *columns)
{
	size_t seen = 0;

	for (size_t i = 0; i < scene->len; i++)
		for (const char *const *column = columns; *column; column++) {
			int64_t mine = count(scene, scene->tables[i], *column, 1);
			int64_t other = count(scene, scene->tables[i], *column, 2);

			seen += mine >= 0;
			if (mine > 0 || other == 0)
				fail_msg("%s.%s: %lld rows of what was deleted, %lld of the other",
					scene->tables[i], *column, (long long)mine,
					(long long)other);
		}
	assert_true(seen > 5);
}

static void nothing_of_a_deleted_organization_remains(void **state)
{
	static const char *const columns[] = {"organization_id", "owner_organization_id",
		"project_id", "issue_id", "release_id", "repository_id", "team_id", "member_id",
		"link_id", NULL};
	struct scene *scene = *state;

	purge(scene, PURGE_ORGANIZATION, 1);
	/* Jobs end by themselves when their link is gone. */
	sqlite3_exec(scene->db, "UPDATE job SET link_id = 2", NULL, NULL, NULL);
	expect_gone(scene, columns);
	assert_int_equal(number(scene, "SELECT COUNT(*) FROM organization"), 1);
	assert_int_equal(number(scene, "SELECT COUNT(*) FROM identity"), 1);
	assert_int_equal(number(scene, "SELECT COUNT(*) FROM account"), 2);
}

static void nothing_of_a_deleted_project_remains(void **state)
{
	static const char *const columns[] = {"project_id", "issue_id", NULL};
	struct scene *scene = *state;

	purge(scene, PURGE_PROJECT, 1);
	expect_gone(scene, columns);
	assert_int_equal(number(scene, "SELECT COUNT(*) FROM project"), 1);
	assert_int_equal(number(scene, "SELECT COUNT(*) FROM release"), 2);
	assert_int_equal(number(scene, "SELECT COUNT(*) FROM team"), 2);
}

static void a_deleted_team_leaves_its_issues(void **state)
{
	static const char *const columns[] = {"team_id", "assignee_team_id", NULL};
	struct scene *scene = *state;
	size_t left = 0;

	purge(scene, PURGE_TEAM, 1);
	for (size_t i = 0; i < scene->len; i++)
		for (const char *const *column = columns; *column; column++)
			left += count(scene, scene->tables[i], *column, 1) > 0;
	assert_int_equal(left, 0);
	assert_int_equal(number(scene, "SELECT COUNT(*) FROM issue"), 2);
	assert_int_equal(number(scene, "SELECT COUNT(*) FROM project"), 2);
}

static void what_nobody_deletes_stays(void **state)
{
	struct scene *scene = *state;

	for (int kind = PURGE_ORGANIZATION; kind <= PURGE_TEAM; kind++)
		assert_int_equal(step(scene, &(struct purging){.kind = (enum purge_kind)kind,
			.id = 1}), 0);
	assert_int_equal(number(scene, "SELECT COUNT(*) FROM issue"), 2);
	assert_int_equal(number(scene, "SELECT COUNT(*) FROM team"), 2);
}

static void many_rows_go_in_small_steps(void **state)
{
	struct scene *scene = *state;
	struct purging purging = {.kind = PURGE_ORGANIZATION, .id = 1, .begin = true};
	int64_t before = 2000;
	int result;

	assert_int_equal(sqlite3_exec(scene->db, "WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL "
		"SELECT i + 1 FROM n WHERE i < 2008) INSERT INTO audit_log (organization_id, origin, "
		"event, target, added_at) SELECT 1, 'system', 'x', 'y', i FROM n", NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(step(scene, &purging), 1);
	purging.begin = false;
	do {
		int64_t left;

		result = step(scene, &purging);
		left = number(scene, "SELECT COUNT(*) FROM audit_log WHERE organization_id = 1");
		assert_true(before - left <= 200);
		before = left;
	} while (result == 1);
	assert_int_equal(before, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_of_a_deleted_organization_remains, setup,
			teardown),
		cmocka_unit_test_setup_teardown(nothing_of_a_deleted_project_remains, setup, teardown),
		cmocka_unit_test_setup_teardown(a_deleted_team_leaves_its_issues, setup, teardown),
		cmocka_unit_test_setup_teardown(what_nobody_deletes_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(many_rows_go_in_small_steps, setup, teardown),
	};

	return cmocka_run_group_tests_name("storage_purge", tests, NULL, NULL);
}
