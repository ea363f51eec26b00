/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Organizations, members, teams, projects, tokens, sign-in links and sessions. */
#include "config.h"
#include "tests/unit/unit.h"

#include <unistd.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/storage/api_token.h"
#include "core/storage/member.h"
#include "core/storage/organization.h"
#include "core/storage/project.h"
#include "core/storage/session.h"
#include "core/storage/store.h"
#include "core/storage/team.h"

struct fixture {
	char dir[32];
	struct store *store;
};

static int setup(void **state)
{
	struct fixture *fixture = new(struct fixture);
	struct store_settings settings = {.url = "sqlite:test.db", .state_dir = fixture->dir};
	struct err err = {0};

	log_setup(MORTISE_LOG_ERROR - 1, LOG_LOGFMT);
	strcpy(fixture->dir, "/tmp/mortise-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->dir));
	if (store_open(&settings, &fixture->store, &err) < 0)
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

/* Run a closure as a write and have it succeed. */
static void run(struct fixture *fixture, store_fn *fn, void *arg)
{
	cleanup_err struct err err = {0};

	if (store_write(fixture->store, fn, arg, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static int people_in(struct tx *tx, void *arg, struct err *err)
{
	int64_t acme, other, mona, again, member, team, project, foreign;
	cleanup_err struct err clash = {0};
	cleanup_organization struct organization found = {0};
	cleanup_member struct member role = {0};
	struct organization *mine;
	struct team *teams;
	size_t len;

	(void)arg;
	if (organization_insert(tx, "acme", "Acme", 1, &acme, err) < 0 ||
		organization_insert(tx, "other", "Other", 1, &other, err) < 0 ||
		account_put(tx, "Mona@Example.com", "Mona", 1, &mona, err) < 0 ||
		account_put(tx, "mona@example.COM", "Somebody", 1, &again, err) < 0 ||
		member_put(tx, acme, mona, "member", 1, &member, err) < 0 ||
		member_put(tx, acme, mona, "owner", 1, &member, err) < 0 ||
		team_insert(tx, acme, "core", "Core", 1, &team, err) < 0 ||
		project_insert(tx, acme, "shop", "Shop", NULL, 1, &project, err) < 0 ||
		project_insert(tx, other, "shop", "Shop", "c", 1, &foreign, err) < 0 ||
		team_add_member(tx, team, member, err) < 0 ||
		team_add_member(tx, team, member, err) < 0 ||
		team_add_project(tx, team, project, err) < 0)
		return err->code;
	assert_int_equal(mona, again);
	assert_int_equal(organization_insert(tx, "acme", "Twice", 1, &again, &clash),
		MORTISE_E_CONFLICT);
	err_clear(&clash);
	assert_int_equal(team_add_project(tx, team, foreign, &clash), MORTISE_E_NOT_FOUND);
	err_clear(&clash);
	assert_int_equal(member_find(tx, other, mona, &role, &clash), MORTISE_E_NOT_FOUND);

	assert_int_equal(organization_find(tx, "acme", &found, err), 0);
	assert_int_equal(found.id, acme);
	assert_int_equal(member_find(tx, acme, mona, &role, err), 0);
	assert_string_equal(role.role, "owner");
	assert_string_equal(role.email, "mona@example.com");
	assert_int_equal(organization_list(tx, mona, &KEYSET_FIRST(10), &mine, &len, err), 0);
	assert_int_equal(len, 1);
	organization_list_free(mine, len);
	assert_int_equal(team_list_project(tx, project, &KEYSET_FIRST(10), &teams, &len, err), 0);
	assert_int_equal(len, 1);
	assert_int_equal(teams[0].member_len, 1);
	team_list_free(teams, len);
	return 0;
}

static void people_belong_to_their_organization_only(void **state)
{
	run(*state, people_in, NULL);
}

static int links_in(struct tx *tx, void *arg, struct err *err)
{
	cleanup_err struct err refused = {0};
	struct login login = {0}, taken = {0};
	int64_t session_id;
	struct session session = {0};

	(void)arg;
	if (account_put(tx, "a@example.com", NULL, 1, &login.account_id, err) < 0 ||
		organization_insert(tx, "links", "Links", 1, &login.organization_id, err) < 0 ||
		login_link_insert(tx, "one", &login, 100, 200, err) < 0 ||
		login_link_insert(tx, "two", &login, 100, 200, err) < 0 ||
		login_link_take(tx, "one", 150, &taken, err) < 0)
		return err->code;
	assert_int_equal(taken.account_id, login.account_id);
	assert_int_equal(taken.organization_id, login.organization_id);
	if (session_insert(tx, "s", "c", &taken, 150, 900, &session_id, err) < 0 ||
		session_find(tx, "s", &session, err) < 0)
		return err->code;
	assert_int_equal(session.login.organization_id, login.organization_id);
	session_clear(&session);
	assert_int_equal(login_link_take(tx, "one", 151, &taken, &refused), MORTISE_E_NOT_FOUND);
	err_clear(&refused);
	assert_int_equal(login_link_take(tx, "two", 200, &taken, &refused), MORTISE_E_NOT_FOUND);
	err_clear(&refused);
	assert_int_equal(login_link_take(tx, "three", 150, &taken, &refused), MORTISE_E_NOT_FOUND);
	return 0;
}

static void sign_in_link_works_once_and_in_time(void **state)
{
	run(*state, links_in, NULL);
}

static int tokens_in(struct tx *tx, void *arg, struct err *err)
{
	struct api_token_new token = {
		.hash = "h",
		.name = "ci",
		.last_characters = "abcd",
		.scopes = 5,
		.now_us = 10,
	};
	cleanup_api_token struct api_token found = {0};
	int64_t id;

	(void)arg;
	if (organization_insert(tx, "acme", "Acme", 1, &token.organization_id, err) < 0 ||
		api_token_insert(tx, &token, &id, err) < 0)
		return err->code;
	assert_int_equal(api_token_revoke(tx, id, 20, err), 1);
	assert_int_equal(api_token_revoke(tx, id, 30, err), 0);
	assert_int_equal(api_token_find(tx, "h", &found, err), 0);
	assert_int_equal(found.revoked_at_us, 20);
	assert_int_equal(found.account_id, 0);
	assert_int_equal(found.expires_at_us, 0);
	assert_int_equal(found.scopes, 5);
	return 0;
}

static void revoked_token_keeps_its_row(void **state)
{
	run(*state, tokens_in, NULL);
}

static int owners_in(struct tx *tx, void *arg, struct err *err)
{
	cleanup_member struct member mona = {0};
	cleanup_member struct member lisa = {0};
	cleanup_err struct err refused = {0};
	int64_t acme, account, id;

	(void)arg;
	if (organization_insert(tx, "acme", "Acme", 1, &acme, err) < 0 ||
		account_put(tx, "mona@example.com", NULL, 1, &account, err) < 0 ||
		member_insert(tx, acme, account, "owner", 1, &id, err) < 0 ||
		member_get(tx, acme, id, &mona, err) < 0 ||
		account_put(tx, "lisa@example.com", NULL, 1, &account, err) < 0 ||
		member_insert(tx, acme, account, "member", 1, &id, err) < 0 ||
		member_get(tx, acme, id, &lisa, err) < 0)
		return err->code;
	assert_int_equal(member_is_only_owner(tx, &mona, err), 1);
	assert_int_equal(member_is_only_owner(tx, &lisa, err), 0);
	assert_int_equal(member_set_role(tx, &mona, "manager", &refused), MORTISE_E_CONFLICT);
	err_clear(&refused);
	assert_int_equal(member_remove(tx, &mona, 2, &refused), MORTISE_E_CONFLICT);
	assert_int_equal(member_set_role(tx, &mona, "owner", err), 0);
	assert_int_equal(member_set_role(tx, &lisa, "owner", err), 0);
	return member_remove(tx, &mona, 2, err);
}

static void the_only_owner_stays(void **state)
{
	run(*state, owners_in, NULL);
}

static int leaving_in(struct tx *tx, void *arg, struct err *err)
{
	struct api_token_new token = {.hash = "h", .name = "own", .last_characters = "abcd",
		.scopes = 1, .now_us = 1};
	cleanup_api_token struct api_token kept = {0};
	cleanup_member struct member lisa = {0};
	cleanup_team struct team after = {0};
	cleanup_err struct err missing = {0};
	int64_t team, member;

	(void)arg;
	if (organization_insert(tx, "acme", "Acme", 1, &token.organization_id, err) < 0 ||
		account_put(tx, "lisa@example.com", NULL, 1, &token.account_id, err) < 0 ||
		member_insert(tx, token.organization_id, token.account_id, "member", 1, &member,
			err) < 0 ||
		team_insert(tx, token.organization_id, "core", "Core", 1, &team, err) < 0 ||
		team_add_member(tx, team, member, err) < 0 ||
		api_token_insert(tx, &token, &(int64_t){0}, err) < 0 ||
		member_get(tx, token.organization_id, member, &lisa, err) < 0 ||
		member_remove(tx, &lisa, 7, err) < 0 ||
		api_token_find(tx, "h", &kept, err) < 0 ||
		team_get(tx, token.organization_id, team, &after, err) < 0)
		return err->code;
	assert_int_equal(kept.revoked_at_us, 7);
	assert_int_equal(after.member_len, 0);
	assert_int_equal(member_get(tx, token.organization_id, member, &lisa, &missing),
		MORTISE_E_NOT_FOUND);
	return 0;
}

static void who_leaves_takes_tokens_and_teams_along(void **state)
{
	run(*state, leaving_in, NULL);
}

static int freed_in(struct tx *tx, void *arg, struct err *err)
{
	cleanup_project struct project found = {0};
	cleanup_err struct err missing = {0};
	char slug[SLUG_SIZE];
	int64_t acme, first, second;

	(void)arg;
	if (organization_insert(tx, "acme", "Acme", 1, &acme, err) < 0 ||
		project_insert(tx, acme, "shop", "Shop", NULL, 1, &first, err) < 0 ||
		project_free_slug(tx, acme, "shop", slug, err) < 0)
		return err->code;
	assert_string_equal(slug, "shop-2");
	assert_int_equal(project_begin_deletion(tx, first, err), 1);
	assert_int_equal(project_begin_deletion(tx, first, err), 0);
	assert_int_equal(project_get(tx, acme, first, &found, &missing), MORTISE_E_NOT_FOUND);
	return project_insert(tx, acme, "shop", "Shop", NULL, 1, &second, err);
}

static void what_is_being_deleted_frees_its_slug(void **state)
{
	run(*state, freed_in, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(people_belong_to_their_organization_only, setup,
			teardown),
		cmocka_unit_test_setup_teardown(sign_in_link_works_once_and_in_time, setup, teardown),
		cmocka_unit_test_setup_teardown(revoked_token_keeps_its_row, setup, teardown),
		cmocka_unit_test_setup_teardown(the_only_owner_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(who_leaves_takes_tokens_and_teams_along, setup,
			teardown),
		cmocka_unit_test_setup_teardown(what_is_being_deleted_frees_its_slug, setup, teardown),
	};

	return cmocka_run_group_tests_name("storage_people", tests, NULL, NULL);
}
