/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Code mappings, and what goes with them. */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/issue_scene.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/code_mapping.h"
#include "core/storage/project.h"
#include "core/storage/repository.h"

SQL(test_mapping_owners, "INSERT INTO codeowners (project_id, code_mapping_id, raw, added_at, "
	"updated_at) VALUES ($1, $2, '* @acme', 1, 1)");
SQL(test_mapping_count, "SELECT (SELECT count(*) FROM code_mapping), "
	"(SELECT count(*) FROM codeowners)");

#define INTEGRATION 3

static int64_t add_repository(struct tx *tx, const struct scene *scene, const char *name)
{
	int64_t id;

	assert_int_equal(repository_insert_named(tx, scene->organization_id, name, 1, &id, NULL), 0);
	return id;
}

static int add(struct tx *tx, const struct scene *scene, int64_t repository_id, const char *root,
	int64_t *ret_id, struct err *err)
{
	cleanup_code_mapping struct code_mapping mapping = {
		.organization_id = scene->organization_id,
		.project_id = scene->project_id,
		.repository_id = repository_id,
		.integration_id = INTEGRATION,
		.stack_root = xstrdup(root),
		.source_root = xstrdup("src/"),
	};

	return code_mapping_insert(tx, &mapping, 5, ret_id, err);
}

static void expect_left(struct tx *tx, int mappings, int owners)
{
	struct query query;

	assert_int_equal(query_first(&query, tx, &test_mapping_count, NULL, ""), 1);
	assert_int_equal(query_int(&query, 0), mappings);
	assert_int_equal(query_int(&query, 1), owners);
	query_end(&query);
}

static int read_and_change(struct tx *tx, void *arg, struct err *err)
{
	const struct scene *scene = arg;
	int64_t repository_id = add_repository(tx, scene, "acme/shop"), id;
	cleanup_code_mapping struct code_mapping mapping = {0}, changed = {0}, none = {0};
	cleanup_err struct err gone = {0};

	assert_int_equal(add(tx, scene, repository_id, "app/", &id, err), 0);
	assert_int_equal(code_mapping_get(tx, scene->organization_id, id, &mapping, err), 0);
	assert_string_equal(mapping.project_slug, "shop");
	assert_string_equal(mapping.repository_name, "acme/shop");
	assert_null(mapping.provider);
	assert_null(mapping.branch);
	assert_false(mapping.generated);
	free(mapping.source_root);
	mapping.source_root = xstrdup("");
	mapping.branch = xstrdup("main");
	assert_int_equal(code_mapping_update(tx, &mapping, 9, err), 0);
	assert_int_equal(code_mapping_find(tx, scene->project_id, "app/", &changed, err), 1);
	assert_string_equal(changed.source_root, "");
	assert_string_equal(changed.branch, "main");
	assert_int_equal(changed.added_at_us, 5);
	assert_int_equal(changed.updated_at_us, 9);
	assert_int_equal(code_mapping_find(tx, scene->project_id, "app", &none, err), 0);
	assert_int_equal(project_begin_deletion(tx, scene->project_id, err), 1);
	assert_int_equal(code_mapping_get(tx, scene->organization_id, id, &none, &gone),
		MORTISE_E_NOT_FOUND);
	assert_int_equal(code_mapping_find(tx, scene->project_id, "app/", &none, err), 0);
	return 0;
}

static void a_mapping_is_read_with_the_names_around_it(void **state)
{
	scene_do(*state, read_and_change, *state);
}

static int clash(struct tx *tx, void *arg, struct err *err)
{
	const struct scene *scene = arg;
	int64_t repository_id = add_repository(tx, scene, "acme/shop"), first, second, other;
	cleanup_code_mapping struct code_mapping mapping = {0};
	cleanup_err struct err taken = {0}, moved = {0}, foreign = {0};

	assert_int_equal(add(tx, scene, repository_id, "app/", &first, err), 0);
	assert_int_equal(add(tx, scene, repository_id, "app/", &other, &taken), MORTISE_E_CONFLICT);
	assert_int_equal(add(tx, scene, repository_id, "App/", &second, err), 0);
	assert_int_equal(code_mapping_get(tx, scene->organization_id, second, &mapping, err), 0);
	mapping.stack_root[0] = 'a';
	assert_int_equal(code_mapping_update(tx, &mapping, 9, &moved), MORTISE_E_CONFLICT);
	assert_int_equal(code_mapping_get(tx, scene->organization_id + 1, first, &mapping, &foreign),
		MORTISE_E_NOT_FOUND);
	assert_int_equal(code_mapping_delete(tx, scene->organization_id + 1, first, err), 0);
	assert_int_equal(code_mapping_delete(tx, scene->organization_id, first, err), 1);
	assert_int_equal(code_mapping_delete(tx, scene->organization_id, first, err), 0);
	expect_left(tx, 1, 0);
	return 0;
}

static void a_stack_root_is_there_once_in_a_project(void **state)
{
	scene_do(*state, clash, *state);
}

static int owned(struct tx *tx, void *arg, struct err *err)
{
	const struct scene *scene = arg;
	int64_t repository_id = add_repository(tx, scene, "acme/shop"), id;
	int64_t other_id = add_repository(tx, scene, "acme/till"), other;
	cleanup_err struct err used = {0};

	assert_int_equal(add(tx, scene, repository_id, "a/", &id, err), 0);
	assert_int_equal(add(tx, scene, other_id, "b/", &other, err), 0);
	assert_int_equal(tx_exec(tx, &test_mapping_owners, err, "ii", scene->project_id, id), 1);
	assert_int_equal(tx_exec(tx, &test_mapping_owners, err, "ii", scene->project_id, other), 1);
	assert_int_equal(code_mapping_delete(tx, scene->organization_id, id, &used),
		MORTISE_E_CONFLICT);
	assert_int_equal(code_mapping_delete_repository(tx, repository_id, err), 0);
	expect_left(tx, 1, 1);
	assert_int_equal(code_mapping_delete_integration(tx, scene->organization_id + 1, INTEGRATION,
		err), 0);
	expect_left(tx, 1, 1);
	assert_int_equal(code_mapping_delete_integration(tx, scene->organization_id, INTEGRATION, err),
		0);
	expect_left(tx, 0, 0);
	return 0;
}

static void codeowners_hold_a_mapping_but_not_its_repository(void **state)
{
	scene_do(*state, owned, *state);
}

static int fill(struct tx *tx, void *arg, struct err *err)
{
	const struct scene *scene = arg;
	int64_t repository_id = add_repository(tx, scene, "acme/shop"), id;
	cleanup_code_mapping struct code_mapping mapping = {0};
	cleanup_err struct err full = {0};
	struct code_mapping *list;
	size_t len;

	for (int i = 0; i < CODE_MAPPING_MAX; i++) {
		cleanup_free char *root = xasprintf("%d/", CODE_MAPPING_MAX - i);

		assert_int_equal(add(tx, scene, repository_id, root, &id, err), 0);
	}
	assert_int_equal(code_mapping_get(tx, scene->organization_id, id, &mapping, err), 0);
	assert_int_equal(code_mapping_update(tx, &mapping, 9, err), 0);
	assert_int_equal(add(tx, scene, repository_id, "more/", &id, &full), MORTISE_E_FIELD);
	assert_int_equal(code_mapping_list_project(tx, scene->project_id, &list, &len, err), 0);
	assert_int_equal(len, CODE_MAPPING_MAX);
	assert_string_equal(list[0].stack_root, "1000/");
	code_mapping_list_free(list, len);
	return 0;
}

static void a_project_has_room_for_so_many(void **state)
{
	scene_do(*state, fill, *state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_mapping_is_read_with_the_names_around_it,
			scene_setup, scene_teardown),
		cmocka_unit_test_setup_teardown(a_stack_root_is_there_once_in_a_project,
			scene_setup, scene_teardown),
		cmocka_unit_test_setup_teardown(codeowners_hold_a_mapping_but_not_its_repository,
			scene_setup, scene_teardown),
		cmocka_unit_test_setup_teardown(a_project_has_room_for_so_many, scene_setup,
			scene_teardown),
	};

	return cmocka_run_group_tests_name("storage_code_mapping", tests, NULL, NULL);
}
