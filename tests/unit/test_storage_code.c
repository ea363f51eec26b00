/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/storage/commit.h"
#include "core/storage/external_actor.h"
#include "core/storage/integration.h"
#include "core/storage/keyset.h"
#include "core/storage/link.h"
#include "core/storage/pull_request.h"
#include "core/storage/repository.h"
#include "core/storage/store.h"

#define PROVIDER "integrations:github"

SQL(test_code_organization, "INSERT INTO organization (id, slug, name, added_at) VALUES ($1, $2, $2, 1)");
SQL(test_code_account, "INSERT INTO account (id, email, name, added_at) VALUES ($1, $2, $2, 1)");
SQL(test_code_member, "INSERT INTO member (organization_id, account_id, role, added_at) "
	"VALUES ($1, $2, 'member', 1)");
SQL(test_code_release, "INSERT INTO release (organization_id, version, added_at) "
	"VALUES (1, '1.0', 1)");
SQL(test_code_released, "INSERT INTO release_commit (release_id, position, commit_id) "
	"VALUES (1, $1, $2)");
SQL(test_code_ref, "INSERT INTO release_ref (release_id, repository_id, commit_sha) "
	"VALUES (1, $1, '0')");
SQL(test_code_history, "SELECT (SELECT count(*) FROM scm_commit), "
	"(SELECT count(*) FROM commit_file), (SELECT count(*) FROM release_commit), "
	"(SELECT count(*) FROM pull_request), (SELECT count(*) FROM release_ref)");
SQL(test_code_count_actors, "SELECT count(*) FROM external_actor");

static const struct keyset newest_first = {.number = INT64_MAX, .id = INT64_MAX, .limit = 10};
static const struct keyset by_name = {.id = INT64_MIN, .limit = 10};

struct fixture {
	char dir[32];
	struct store *store;
};

/* Two organizations with one installation each, and a third one that has none. */
static int fill(struct tx *tx, void *arg, struct err *err)
{
	static const char *const slugs[] = {"one", "two", "three"};
	int result = 0;

	(void)arg;
	for (int64_t i = 1; i <= 3 && result >= 0; i++) {
		const unsigned char uid[INTEGRATION_UID_SIZE] = {(unsigned char)i};
		cleanup_free char *external_id = xasprintf("%d", (int)(100 + i));
		cleanup_json json_t *metadata = json_object();
		int64_t integration_id, link_id;
		bool created;

		result = tx_exec(tx, &test_code_organization, err, "is", i, slugs[i - 1]);
		if (result >= 0)
			result = integration_put(tx, &(struct integration_put){.provider = "github",
				.external_id = external_id, .name = "acme", .metadata = metadata,
				.uid = uid, .now_us = 1}, &integration_id, &created, err);
		if (result >= 0 && i < 3)
			result = link_add(tx, &(struct link_add){.organization_id = i,
				.integration_id = integration_id, .uid = uid, .now_us = 1}, &link_id,
				&created, err);
	}
	return result < 0 ? result : 0;
}

static int setup(void **state)
{
	struct fixture *fixture = new(struct fixture);
	cleanup_err struct err err = {0};
	struct store_settings settings = {.url = "sqlite:test.db", .state_dir = fixture->dir};

	log_setup(MORTISE_LOG_ERROR, LOG_LOGFMT);
	strcpy(fixture->dir, "/tmp/mortise-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->dir));
	if (store_open(&settings, &fixture->store, &err) < 0 ||
		store_write(fixture->store, fill, NULL, &err) < 0)
		fail_msg("%s", err_text(&err));
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	cleanup_free char *command = xasprintf("rm -r %s", fixture->dir);

	store_close(fixture->store);
	assert_int_equal(system(command), 0);
	free(fixture);
	return 0;
}

static void run(void **state, store_fn *fn, void *arg)
{
	struct fixture *fixture = *state;
	cleanup_err struct err err = {0};

	if (store_write(fixture->store, fn, arg, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static int put(struct tx *tx, int64_t organization_id, int64_t integration_id, const char *name,
	enum repository_mode mode, struct err *err)
{
	cleanup_json json_t *config = json_pack("{s:s}", "name", name);
	int64_t id;

	return repository_put(tx, &(struct repository_put){.organization_id = organization_id,
		.integration_id = integration_id, .provider = PROVIDER, .external_id = "5501",
		.name = name, .url = "https://github.com/acme/shop", .config = config, .mode = mode,
		.now_us = 7}, &id, err);
}

static struct repository find(struct tx *tx, int64_t organization_id)
{
	struct repository repository = {0};

	assert_int_equal(repository_find(tx, organization_id, PROVIDER, "5501", &repository, NULL), 1);
	return repository;
}

static int put_in_each_mode(struct tx *tx, void *arg, struct err *err)
{
	struct repository repository;

	(void)arg;
	assert_int_equal(put(tx, 1, 1, "acme/shop", REPOSITORY_REFRESH, err), REPOSITORY_ABSENT);
	assert_int_equal(put(tx, 1, 1, "acme/shop", REPOSITORY_CREATE, err), REPOSITORY_CREATED);
	assert_int_equal(put(tx, 1, 1, "acme/shop", REPOSITORY_CREATE, err), REPOSITORY_UNCHANGED);
	assert_int_equal(put(tx, 1, 1, "acme/store", REPOSITORY_REFRESH, err), REPOSITORY_CHANGED);
	repository = find(tx, 1);
	assert_string_equal(repository.name, "acme/store");
	assert_string_equal(json_string_value(json_object_get(repository.config, "name")), "acme/store");
	assert_int_equal(repository.integration_id, 1);
	assert_int_equal(repository_set_status(tx, repository.id, INTEGRATION_DISABLED, 8, err), 1);
	assert_int_equal(repository_set_status(tx, repository.id, INTEGRATION_DISABLED, 8, err), 0);
	repository_clear(&repository);
	/* A disabled one is renamed, but only "enable" makes it active again. */
	assert_int_equal(put(tx, 1, 1, "acme/shop", REPOSITORY_CREATE, err), REPOSITORY_CHANGED);
	repository = find(tx, 1);
	assert_int_equal(repository.status, INTEGRATION_DISABLED);
	repository_clear(&repository);
	assert_int_equal(put(tx, 1, 1, "acme/shop", REPOSITORY_ENABLE, err), REPOSITORY_ENABLED);
	return 0;
}

static void repository_follows_the_mode(void **state)
{
	run(state, put_in_each_mode, NULL);
}

static int take_from_another(struct tx *tx, void *arg, struct err *err)
{
	struct repository repository;

	(void)arg;
	/* Organization 2 has integration 2; integration 3 is linked nowhere. */
	assert_int_equal(put(tx, 2, 2, "acme/shop", REPOSITORY_CREATE, err), REPOSITORY_CREATED);
	assert_int_equal(put(tx, 2, 1, "acme/stolen", REPOSITORY_ENABLE, err), REPOSITORY_FOREIGN);
	repository = find(tx, 2);
	assert_int_equal(repository_set_status(tx, repository.id, INTEGRATION_DISABLED, 8, err), 1);
	assert_int_equal(put(tx, 2, 1, "acme/moved", REPOSITORY_CREATE, err), REPOSITORY_FOREIGN);
	assert_int_equal(put(tx, 2, 1, "acme/moved", REPOSITORY_ENABLE, err), REPOSITORY_ENABLED);
	repository_clear(&repository);
	assert_int_equal(repository_unlink_all(tx, 2, 1, 9, err), 1);
	assert_int_equal(put(tx, 2, 1, "acme/shop", REPOSITORY_ENABLE, err), REPOSITORY_ENABLED);
	repository = find(tx, 2);
	assert_int_equal(repository.integration_id, 1);
	assert_int_equal(repository_relink(tx, repository.id, PROVIDER, 3, 9, err), 1);
	repository_clear(&repository);
	assert_int_equal(put(tx, 2, 2, "acme/shop", REPOSITORY_ENABLE, err), REPOSITORY_ENABLED);
	return 0;
}

static void repository_of_another_integration_is_left_alone(void **state)
{
	run(state, take_from_another, NULL);
}

static int create_twice(struct tx *tx, void *arg, struct err *err)
{
	struct repository_put wanted = {.organization_id = 1, .integration_id = 1,
		.provider = PROVIDER, .external_id = "9", .name = "acme/web", .now_us = 1};
	int64_t id, again;

	(void)arg;
	assert_int_equal(repository_add(tx, &wanted, &id, err), REPOSITORY_CREATED);
	assert_int_equal(repository_add(tx, &wanted, &again, err), REPOSITORY_UNCHANGED);
	assert_int_equal(repository_set_status(tx, id, INTEGRATION_DISABLED, 2, err), 1);
	assert_int_equal(repository_add(tx, &wanted, &again, err), REPOSITORY_ENABLED);
	assert_int_equal(again, id);
	return 0;
}

static void repository_is_added_once_and_a_hidden_one_comes_back(void **state)
{
	run(state, create_twice, NULL);
}

static size_t count_list(struct tx *tx, const char *query, bool inactive)
{
	struct repository *list;
	size_t len;

	assert_int_equal(repository_list(tx, &(struct repository_page){.organization_id = 1,
		.query = query, .inactive = inactive, .place = &by_name}, &list, &len, NULL), 0);
	repository_list_free(list, len);
	return len;
}

static int list_all(struct tx *tx, void *arg, struct err *err)
{
	static const char *const names[] = {"acme/Shop", "acme/100%", "acme/web_x"};
	struct repository *list;
	size_t len;
	int64_t id = 0;

	(void)arg;
	for (size_t i = 0; i < lengthof(names); i++)
		assert_int_equal(repository_add(tx, &(struct repository_put){.organization_id = 1,
			.integration_id = 1, .provider = PROVIDER, .external_id = names[i],
			.name = names[i], .now_us = 1}, &id, err), REPOSITORY_CREATED);
	assert_int_equal(count_list(tx, NULL, false), 3);
	assert_int_equal(count_list(tx, "sHOP", false), 1);
	assert_int_equal(count_list(tx, "%", false), 1);
	assert_int_equal(count_list(tx, "b_x", false), 1);
	assert_int_equal(count_list(tx, "_x_", false), 0);
	repository_set_status(tx, id, INTEGRATION_DISABLED, 2, err);
	assert_int_equal(count_list(tx, NULL, false), 2);
	assert_int_equal(count_list(tx, NULL, true), 1);
	/* What a plugin may see: of its own integration in linked organizations. */
	assert_int_equal(repository_scan(tx, &(struct repository_filter){.integration_id = 1,
		.provider = PROVIDER, .after = "acme/100%", .limit = 10}, &list, &len, err), 0);
	assert_int_equal(len, 2);
	repository_list_free(list, len);
	assert_int_equal(repository_scan(tx, &(struct repository_filter){.integration_id = 2,
		.provider = PROVIDER, .limit = 10}, &list, &len, err), 0);
	assert_int_equal(len, 0);
	repository_list_free(list, len);
	return 0;
}

static void lists_show_what_was_asked_for(void **state)
{
	run(state, list_all, NULL);
}

static int64_t author(struct tx *tx, const char *email, const char *name, const char *external_id,
	bool anonymous)
{
	int64_t id = -1;

	assert_int_equal(commit_author_put(tx, &(struct commit_author_put){.organization_id = 1,
		.email = email, .name = name, .external_id = external_id, .anonymous = anonymous,
		.rename = !anonymous}, &id, NULL), 0);
	return id;
}

static int name_authors(struct tx *tx, void *arg, struct err *err)
{
	char long_name[200], long_email[100];
	struct commit_author found = {0};
	int64_t mona, nobody;

	(void)arg;
	memset(long_name, 'n', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	memset(long_email, 'e', sizeof(long_email) - 1);
	memcpy(long_email + sizeof(long_email) - 3, "@x", 3);
	assert_int_equal(author(tx, long_email, "Too Long", NULL, false), 0);
	assert_int_equal(author(tx, "", "Nobody", NULL, false), 0);
	mona = author(tx, "mona@acme.test", "Mona", "github:mona", false);
	assert_int_equal(author(tx, "mona@acme.test", long_name, NULL, false), mona);
	/* The hidden address leads to the author whose account it is. */
	assert_int_equal(author(tx, "9+mona@users.noreply.github.com", "Mona", "github:mona", true), mona);
	assert_int_equal(commit_author_find(tx, 1, "github:mona", &found, err), 1);
	assert_int_equal(strlen(found.name), 128);
	commit_author_clear(&found);
	/* An anonymous one never gets the account. */
	nobody = author(tx, "octo", "octo", "github:octo", true);
	assert_true(nobody > 0 && nobody != mona);
	assert_int_equal(commit_author_find(tx, 1, "github:octo", &found, err), 0);
	assert_int_equal(author(tx, "octo@localhost", "octo", NULL, false), nobody);
	return 0;
}

static void author_is_found_by_address_or_account(void **state)
{
	run(state, name_authors, NULL);
}

static int add_commits(struct tx *tx, void *arg, struct err *err)
{
	struct commit_new commit = {.organization_id = 1, .sha = "9f1c2e", .message = "fix cart",
		.committed_at_us = 5, .now_us = 10};
	struct commit *list;
	json_t *files;
	size_t len;
	int64_t id, again = 0;

	(void)arg;
	assert_int_equal(put(tx, 1, 1, "acme/shop", REPOSITORY_CREATE, err), REPOSITORY_CREATED);
	commit.repository_id = 1;
	commit.author_id = author(tx, "mona@acme.test", "Mona", NULL, false);
	assert_int_equal(commit_insert(tx, &commit, &id, err), 1);
	assert_int_equal(commit_insert(tx, &commit, &again, err), 0);
	assert_int_equal(commit_exists(tx, 1, "9f1c2e", err), 1);
	assert_int_equal(commit_exists(tx, 1, "77ab01", err), 0);
	assert_true(commit_file_insert(tx, id, "M", "b.py", err) >= 0);
	assert_true(commit_file_insert(tx, id, "M", "b.py", err) >= 0);
	assert_true(commit_file_insert(tx, id, "A", "a.py", err) >= 0);
	commit.sha = "77ab01";
	commit.author_id = 0;
	commit.now_us = 11;
	assert_int_equal(commit_insert(tx, &commit, &again, err), 1);
	assert_int_equal(commit_list(tx, 1, &newest_first, &list, &len, err), 0);
	assert_int_equal(len, 2);
	assert_string_equal(list[0].sha, "77ab01");
	assert_int_equal(list[0].author.id, 0);
	assert_string_equal(list[1].author.email, "mona@acme.test");
	commit_list_free(list, len);
	assert_int_equal(commit_files(tx, id, &files, err), 0);
	assert_int_equal(json_array_size(files), 2);
	assert_string_equal(json_string_value(json_array_get(json_array_get(files, 0), 1)), "a.py");
	json_decref(files);
	return 0;
}

static void known_commit_is_not_stored_twice(void **state)
{
	run(state, add_commits, NULL);
}

/* Two repositories with so many commits, each with a file, in a release, and a pull request. */
#define HISTORY 250

static void fill_history(struct tx *tx, int64_t repository_id)
{
	for (int i = 0; i < HISTORY; i++) {
		cleanup_free char *sha = xasprintf("%d", i);
		int64_t id;

		assert_int_equal(commit_insert(tx, &(struct commit_new){.organization_id = 1,
			.repository_id = repository_id, .sha = sha, .message = "m",
			.committed_at_us = 1, .now_us = i}, &id, NULL), 1);
		assert_int_equal(commit_file_insert(tx, id, "M", "a.py", NULL), 1);
		assert_int_equal(tx_exec(tx, &test_code_released, NULL, "ii",
			repository_id * HISTORY + i, id), 1);
	}
	assert_int_equal(pull_request_put(tx, &(struct pull_request_put){.organization_id = 1,
		.repository_id = repository_id, .number = "1", .now_us = 1}, NULL), 1);
	assert_int_equal(tx_exec(tx, &test_code_ref, NULL, "i", repository_id), 1);
}

static void expect_history(struct tx *tx, int64_t commits, int64_t pull_requests, int64_t refs)
{
	const int64_t expected[] = {commits, commits, commits, pull_requests, refs};
	struct query query;

	assert_int_equal(query_first(&query, tx, &test_code_history, NULL, ""), 1);
	for (int i = 0; i < (int)lengthof(expected); i++)
		assert_int_equal(query_int(&query, i), expected[i]);
	query_end(&query);
}

static int purge(struct tx *tx, int64_t id)
{
	int steps = 1;

	while (repository_purge_step(tx, id, NULL) == 1)
		steps++;
	return steps;
}

static int delete_in_steps(struct tx *tx, void *arg, struct err *err)
{
	struct repository kept;
	int64_t other;

	(void)arg;
	assert_int_equal(tx_exec(tx, &test_code_release, err, ""), 1);
	assert_int_equal(put(tx, 1, 1, "acme/shop", REPOSITORY_CREATE, err), REPOSITORY_CREATED);
	assert_int_equal(repository_insert_named(tx, 1, "acme/other", 1, &other, err), 0);
	fill_history(tx, 1);
	fill_history(tx, other);
	/* What is active keeps all. */
	assert_int_equal(purge(tx, 1), 1);
	expect_history(tx, 2 * HISTORY, 2, 2);
	/* So does what waits, and what was kept since. */
	assert_int_equal(repository_begin_deletion(tx, 1, 20, err), 1);
	assert_int_equal(repository_begin_deletion(tx, 1, 21, err), 0);
	assert_int_equal(purge(tx, 1), 1);
	assert_int_equal(repository_keep(tx, 1, 22, err), 1);
	assert_int_equal(repository_claim_deletion(tx, 1, 20, err), 0);
	assert_int_equal(repository_begin_deletion(tx, 1, 30, err), 1);
	assert_int_equal(repository_claim_deletion(tx, 1, 20, err), 0);
	/* The link may go meanwhile. */
	assert_int_equal(repository_unlink_all(tx, 1, 1, 31, err), 1);
	assert_int_equal(repository_claim_deletion(tx, 1, 30, err), 1);
	assert_int_equal(repository_keep(tx, 1, 32, err), 0);
	assert_true(purge(tx, 1) > HISTORY / 100);
	expect_history(tx, HISTORY, 1, 1);
	assert_int_equal(repository_find(tx, 1, PROVIDER, "5501", &kept, err), 0);
	/* What is hidden stays, and where its releases stood. */
	assert_int_equal(repository_set_status(tx, other, INTEGRATION_DISABLED, 40, err), 1);
	assert_true(purge(tx, other) > HISTORY / 100);
	expect_history(tx, 0, 0, 1);
	assert_int_equal(repository_find_name(tx, 1, "acme/other", &kept, err), 1);
	repository_clear(&kept);
	return 0;
}

static void a_repository_goes_in_steps_and_not_before_it_may(void **state)
{
	run(state, delete_in_steps, NULL);
}

static int put_pull_requests(struct tx *tx, void *arg, struct err *err)
{
	struct pull_request_put wanted = {.organization_id = 1, .number = "14", .title = "Fix cart",
		.now_us = 10};
	struct pull_request *list;
	size_t len;

	(void)arg;
	assert_int_equal(put(tx, 1, 1, "acme/shop", REPOSITORY_CREATE, err), REPOSITORY_CREATED);
	wanted.repository_id = 1;
	assert_int_equal(pull_request_put(tx, &wanted, err), 1);
	assert_int_equal(pull_request_put(tx, &wanted, err), 0);
	wanted.merge_commit_sha = "77ab01";
	assert_int_equal(pull_request_put(tx, &wanted, err), 1);
	/* Closed without a merge. */
	wanted.merge_commit_sha = NULL;
	assert_int_equal(pull_request_put(tx, &wanted, err), 1);
	assert_int_equal(pull_request_list(tx, 1, &newest_first, &list, &len, err), 0);
	assert_int_equal(len, 1);
	assert_string_equal(list[0].number, "14");
	assert_null(list[0].merge_commit_sha);
	pull_request_list_free(list, len);
	return 0;
}

static void pull_request_is_one_row_per_number(void **state)
{
	run(state, put_pull_requests, NULL);
}

static int add_actors(struct tx *tx, void *arg, struct err *err)
{
	struct external_actor_new actor = {.organization_id = 1, .integration_id = 1,
		.provider = "github", .name = "@mona", .email = "Mona@acme.test",
		.source = "commit_author", .now_us = 1};
	struct query query;

	(void)arg;
	assert_int_equal(external_actor_add_by_email(tx, &actor, err), 0);
	assert_int_equal(tx_exec(tx, &test_code_account, err, "is", (int64_t)1, "mona@acme.test"), 1);
	assert_int_equal(external_actor_add_by_email(tx, &actor, err), 0);
	assert_int_equal(tx_exec(tx, &test_code_member, err, "ii", (int64_t)1, (int64_t)1), 1);
	assert_int_equal(external_actor_add_by_email(tx, &actor, err), 1);
	assert_int_equal(external_actor_add_by_email(tx, &actor, err), 0);
	assert_int_equal(query_begin(&query, tx, &test_code_count_actors, err, ""), 0);
	assert_int_equal(query_next(&query), 1);
	assert_int_equal(query_int(&query, 0), 1);
	query_end(&query);
	return 0;
}

static void account_goes_to_the_one_member_with_its_address(void **state)
{
	run(state, add_actors, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(repository_follows_the_mode, setup, teardown),
		cmocka_unit_test_setup_teardown(repository_of_another_integration_is_left_alone, setup,
			teardown),
		cmocka_unit_test_setup_teardown(repository_is_added_once_and_a_hidden_one_comes_back,
			setup, teardown),
		cmocka_unit_test_setup_teardown(lists_show_what_was_asked_for, setup, teardown),
		cmocka_unit_test_setup_teardown(author_is_found_by_address_or_account, setup, teardown),
		cmocka_unit_test_setup_teardown(known_commit_is_not_stored_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(a_repository_goes_in_steps_and_not_before_it_may,
			setup, teardown),
		cmocka_unit_test_setup_teardown(pull_request_is_one_row_per_number, setup, teardown),
		cmocka_unit_test_setup_teardown(account_goes_to_the_one_member_with_its_address, setup,
			teardown),
	};

	return cmocka_run_group_tests_name("storage_code", tests, NULL, NULL);
}
