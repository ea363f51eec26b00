/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Deploys of a release: the newest are kept, in pages; hashes by their first digits. */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/commit.h"
#include "core/storage/deploy.h"
#include "core/storage/keyset.h"
#include "core/storage/release.h"
#include "core/storage/repository.h"
#include "core/storage/store.h"
#include "tests/unit/issue_scene.h"

#define EXTRA 3

struct deploys {
	struct scene *scene;
	int64_t release_id;
	int64_t count, newest_us, oldest_us;
	size_t paged;
};

static int insert_in(struct tx *tx, void *arg, struct err *err)
{
	const struct deploys *deploys = arg;
	cleanup_json json_t *projects = json_array();
	int64_t id;

	/* Not in the order of their ends: the first to be stored ended last. */
	for (int64_t i = 0; i < DEPLOYS_KEPT + EXTRA; i++)
		if (deploy_insert(tx, &(struct deploy_new){
			.organization_id = deploys->scene->organization_id,
			.release_id = deploys->release_id,
			.environment = "production",
			.projects = projects,
			.finished_at_us = SCENE_NOW - i,
			.now_us = SCENE_NOW,
		}, &id, err) < 0)
			return err->code;
	return 0;
}

static int look_in(struct tx *tx, void *arg, struct err *err)
{
	struct deploys *deploys = arg;
	struct keyset place = {.number = INT64_MAX, .id = INT64_MAX, .limit = 400};
	cleanup_deploy struct deploy last = {0};
	struct deploy *rows;
	size_t len;

	if (deploy_count(tx, deploys->release_id, &deploys->count, err) < 0 ||
		deploy_last(tx, deploys->release_id, &last, err) < 0)
		return err->code;
	deploys->newest_us = last.finished_at_us;
	deploys->paged = 0;
	do {
		if (deploy_list(tx, deploys->release_id, &place, &rows, &len, err) < 0)
			return err->code;
		if (len > 0) {
			place.number = deploys->oldest_us = rows[len - 1].finished_at_us;
			place.id = rows[len - 1].id;
		}
		deploys->paged += len;
		deploy_list_free(rows, len);
	} while (len > 0);
	return 0;
}

static int delete_in(struct tx *tx, void *arg, struct err *err)
{
	return release_delete(tx, ((struct deploys *)arg)->release_id, err);
}

static void the_deploys_that_ended_last_are_kept(void **state)
{
	struct deploys deploys = {.scene = *state};

	deploys.release_id = scene_release(deploys.scene, "shop@1", 0);
	scene_do(deploys.scene, insert_in, &deploys);
	scene_do(deploys.scene, look_in, &deploys);
	assert_int_equal(deploys.count, DEPLOYS_KEPT);
	assert_int_equal(deploys.paged, DEPLOYS_KEPT);
	assert_int_equal(deploys.newest_us, SCENE_NOW);
	assert_int_equal(deploys.oldest_us, SCENE_NOW - DEPLOYS_KEPT + 1);
}

static void the_deploys_of_a_release_go_with_it(void **state)
{
	struct deploys deploys = {.scene = *state};

	deploys.release_id = scene_release(deploys.scene, "shop@1", 0);
	scene_do(deploys.scene, insert_in, &deploys);
	scene_do(deploys.scene, delete_in, &deploys);
	scene_do(deploys.scene, look_in, &deploys);
	assert_int_equal(deploys.count, 0);
}

/* ---- Hashes ---- */

struct hashes {
	struct scene *scene;
	const char *asked;
	int found;
	char sha[41];
};

static const char *const known[] = {
	"1234567aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	"1234567abbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
	"89abcdefffffffffffffffffffffffffffffffff",
	"89abcde",
};

static int commits_in(struct tx *tx, void *arg, struct err *err)
{
	const struct hashes *hashes = arg;
	int64_t repository_id, id;

	if (repository_insert_named(tx, hashes->scene->organization_id, "shop", SCENE_NOW,
		    &repository_id, err) < 0)
		return err->code;
	for (size_t i = 0; i < lengthof(known); i++)
		if (commit_insert(tx, &(struct commit_new){
			.organization_id = hashes->scene->organization_id,
			.repository_id = repository_id,
			.sha = known[i],
			.message = "",
			.committed_at_us = SCENE_NOW,
			.now_us = SCENE_NOW,
		}, &id, err) < 0)
			return err->code;
	return 0;
}

static int find_in(struct tx *tx, void *arg, struct err *err)
{
	struct hashes *hashes = arg;
	cleanup_repository struct repository repository = {0};
	cleanup_commit struct commit commit = {0};

	if (repository_find_name(tx, hashes->scene->organization_id, "shop", &repository, err) < 0)
		return err->code;
	hashes->found = commit_find_short(tx, repository.id, hashes->asked, &commit, err);
	snprintf(hashes->sha, sizeof(hashes->sha), "%s", commit.sha ? commit.sha : "");
	return hashes->found < 0 ? hashes->found : 0;
}

static void the_first_digits_of_a_hash_find_it_if_only_one_fits(void **state)
{
	static const struct {
		const char *asked, *found;
	} cases[] = {
		{"1234567aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "1234567aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
		{"1234567aa", "1234567aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
		{"1234567ab", "1234567abbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"},
		{"1234567a", ""},
		{"1234567", ""},
		{"123456", ""},
		{"1234567c", ""},
		{"1234567%", ""},
		{"89abcdef", "89abcdefffffffffffffffffffffffffffffffff"},
		/* As it stands, before all that begin with it. */
		{"89abcde", "89abcde"},
		{"", ""},
	};
	struct hashes hashes = {.scene = *state};

	scene_do(hashes.scene, commits_in, &hashes);
	for (size_t i = 0; i < lengthof(cases); i++) {
		hashes.asked = cases[i].asked;
		scene_do(hashes.scene, find_in, &hashes);
		if (strcmp(hashes.sha, cases[i].found) != 0 ||
			hashes.found != (*cases[i].found != '\0'))
			fail_msg("case %zu: \"%s\" found \"%s\" (%d)", i, cases[i].asked, hashes.sha,
				hashes.found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_deploys_that_ended_last_are_kept, scene_setup,
			scene_teardown),
		cmocka_unit_test_setup_teardown(the_deploys_of_a_release_go_with_it, scene_setup,
			scene_teardown),
		cmocka_unit_test_setup_teardown(the_first_digits_of_a_hash_find_it_if_only_one_fits,
			scene_setup, scene_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
